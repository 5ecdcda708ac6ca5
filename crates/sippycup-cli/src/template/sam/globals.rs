//! `Globals`: what all resources of a type share.
//!
//! The rules are SAM's: the local scalar wins, maps are merged, lists are one behind the other, and of different shapes the local one wins. A function counts as a scalar.

use crate::template::document::{Entry, Fault, Node, Shape};

/// The template with its globals in the properties of each resource.
pub(in crate::template) fn merged(root: &Node) -> Result<Node, Fault> {
    let Some(globals) = root.get("Globals") else { return Ok(root.clone()) };
    for section in globals.entries() {
        check(section)?;
    }
    let mut root = root.clone();
    let Shape::Map(sections) = &mut root.shape else { return Ok(root) };
    let Some(resources) = sections.iter_mut().find(|entry| entry.key == "Resources") else { return Ok(root) };
    let Shape::Map(resources) = &mut resources.value.shape else { return Ok(root) };
    for Entry { value: resource, .. } in resources {
        let kind = resource.get("Type").and_then(Node::as_text).and_then(|kind| kind.strip_prefix("AWS::Serverless::"));
        let Some(section) = kind.and_then(|kind| globals.get(kind)) else { continue };
        let mut shared = section.clone();
        ignore(&mut shared, resource.get("IgnoreGlobals"))?;
        merge_into(resource, &shared);
    }
    Ok(root)
}

/// The globals of a type, for what no resource of the template stands for: the APIs that SAM makes.
pub(super) fn of_implicit(root: &Node, kind: &str) -> Option<Node> {
    root.get("Globals")?.get(kind).cloned()
}

fn check(section: &Entry) -> Result<(), Fault> {
    let known = |names: &[(&'static str, &'static [&'static str])]| {
        names.iter().find(|(name, _)| *name == section.key).map(|(_, keys)| *keys)
    };
    let Some(keys) = known(KEYS) else {
        if OTHERS.contains(&&*section.key) {
            return Ok(());
        }
        let names: Vec<_> = KEYS.iter().map(|(name, _)| *name).chain(OTHERS.iter().copied()).collect();
        return Err(Fault::new(
            section.key_span,
            format_args!("expected one of {}, found `{}`", names.join(", "), section.key),
        ));
    };
    match section.value.entries().iter().find(|entry| !keys.contains(&&*entry.key)) {
        Some(entry) => Err(Fault::new(
            entry.key_span,
            format_args!("`{}` cannot be in `Globals.{}`; what can be is {}", entry.key, section.key, keys.join(", ")),
        )),
        None => Ok(()),
    }
}

/// `IgnoreGlobals`: `'*'`, or a list of keys.
fn ignore(shared: &mut Node, ignored: Option<&Node>) -> Result<(), Fault> {
    let Some(ignored) = ignored else { return Ok(()) };
    let Shape::Map(entries) = &mut shared.shape else { return Ok(()) };
    if ignored.as_text() == Some("*") {
        entries.clear();
        return Ok(());
    }
    for key in ignored.items() {
        let name = key.string()?;
        if !KEYS.iter().any(|(_, keys)| keys.contains(&name)) {
            return Err(key.fault(format_args!("`IgnoreGlobals`: there is no global `{name}`")));
        }
        entries.retain(|entry| entry.key != name);
    }
    Ok(())
}

fn merge_into(resource: &mut Node, shared: &Node) {
    let span = resource.span;
    let Shape::Map(entries) = &mut resource.shape else { return };
    match entries.iter_mut().find(|entry| entry.key == "Properties") {
        Some(properties) => properties.value = merge(shared, &properties.value, ""),
        None => entries.push(Entry { key: "Properties".to_owned(), key_span: span, value: shared.clone() }),
    }
}

fn merge(global: &Node, local: &Node, key: &str) -> Node {
    match (&global.shape, &local.shape) {
        (Shape::Map(shared), Shape::Map(own)) if global.as_intrinsic().is_none() && local.as_intrinsic().is_none() => {
            let mut entries = own.clone();
            for entry in &mut entries {
                if let Some(shared) = shared.iter().find(|shared| shared.key == entry.key) {
                    entry.value = merge(&shared.value, &entry.value, &entry.key);
                }
            }
            entries.extend(shared.iter().filter(|shared| !own.iter().any(|own| own.key == shared.key)).cloned());
            Node::map(local.span, entries)
        }
        (Shape::List(shared), Shape::List(own)) if key != "Architectures" => {
            Node::list(local.span, shared.iter().chain(own).cloned().collect())
        }
        _ => local.clone(),
    }
}

/// Sections whose resources are no front door.
const OTHERS: &[&str] = &[
    "CapacityProvider",
    "LayerVersion",
    "MicrovmImage",
    "NetworkConnector",
    "SimpleTable",
    "StateMachine",
    "WebSocketApi",
];

/// What may be shared, as aws-sam-translator 1.115 has it.
const KEYS: &[(&str, &[&str])] = &[
    (
        "Api",
        &[
            "AccessLogSetting",
            "AlwaysDeploy",
            "Auth",
            "BinaryMediaTypes",
            "CacheClusterEnabled",
            "CacheClusterSize",
            "CanarySetting",
            "Cors",
            "DefinitionUri",
            "Domain",
            "EndpointAccessMode",
            "EndpointConfiguration",
            "GatewayResponses",
            "MergeDefinitions",
            "MethodSettings",
            "MinimumCompressionSize",
            "Name",
            "OpenApiVersion",
            "PropagateTags",
            "SecurityPolicy",
            "TracingEnabled",
            "Variables",
        ],
    ),
    (
        "Function",
        &[
            "Architectures",
            "AssumeRolePolicyDocument",
            "AutoPublishAlias",
            "AutoPublishAliasAllProperties",
            "CapacityProviderConfig",
            "CodeSigningConfigArn",
            "CodeUri",
            "DeadLetterQueue",
            "DeploymentPreference",
            "Description",
            "DurableConfig",
            "Environment",
            "EphemeralStorage",
            "EventInvokeConfig",
            "FileSystemConfigs",
            "FunctionScalingConfig",
            "FunctionUrlConfig",
            "Handler",
            "KmsKeyArn",
            "Layers",
            "LoggingConfig",
            "MemorySize",
            "PermissionsBoundary",
            "PropagateTags",
            "ProvisionedConcurrencyConfig",
            "PublishToLatestPublished",
            "RecursiveLoop",
            "ReservedConcurrentExecutions",
            "RolePath",
            "Runtime",
            "RuntimeManagementConfig",
            "SnapStart",
            "SourceKMSKeyArn",
            "Tags",
            "TenancyConfig",
            "Timeout",
            "Tracing",
            "VersionDeletionPolicy",
            "VpcConfig",
        ],
    ),
    (
        "HttpApi",
        &[
            "AccessLogSettings",
            "Auth",
            "CorsConfiguration",
            "DefaultRouteSettings",
            "Domain",
            "FailOnWarnings",
            "PropagateTags",
            "RouteSettings",
            "StageVariables",
            "Tags",
        ],
    ),
];
