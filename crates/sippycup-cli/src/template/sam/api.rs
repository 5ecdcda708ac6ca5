//! `AWS::Serverless::Api` and `HttpApi`, also those that SAM makes for events that name none.

use super::access::Auth;
use super::{cors, globals};
use crate::plan::{CorsTable, Said, UsageTable};
use crate::template::document::{Entry, Fault, Node, Shape, Span};
use crate::template::model::gateway_responses::Responses;
use crate::template::model::keys;
use crate::template::model::throttles;
use crate::template::model::validators::Models;
use crate::template::model::{Api, Family, Mapping, Route, Routes, Stage, Usage, binary_media_types, said};
use crate::template::openapi::Body;
use crate::template::scope::notes::MUTUAL_TLS;
use crate::template::scope::{HTTP, REST, Scope};

/// The APIs of a template while events are added.
#[derive(Debug, Default)]
pub(super) struct Apis {
    drafts: Vec<Draft>,
}

/// An API that is not complete.
#[derive(Debug)]
pub(super) struct Draft {
    id: String,
    span: Span,
    family: Family,
    stage: Stage,
    pub(super) auth: Auth,
    routes: Routes,
    /// Whether a definition says which routes there are, and whether events add to it.
    body: Option<bool>,
    cors: Option<Node>,
    /// Of an HTTP API.
    http_cors: Option<Said<CorsTable>>,
    binary: Vec<Said<String>>,
    gateway_responses: Responses,
    pub(super) models: Models,
    /// Where API keys come from.
    key_source: Option<String>,
    mappings: Vec<Mapping>,
}

impl Apis {
    /// Adds the API that a resource describes.
    pub(super) fn add(&mut self, scope: &Scope<'_>, id: &str, resource: &Node, family: Family) -> Result<(), Fault> {
        let empty = Node::map(resource.span, Vec::new());
        let properties = resource.get("Properties").unwrap_or(&empty);
        self.drafts.push(Draft::read(scope, id, properties, family)?);
        Ok(())
    }

    /// The API that an event belongs to; `None` if the event makes no route there.
    pub(super) fn of_event(
        &mut self,
        scope: &Scope<'_>,
        reference: Option<&Node>,
        family: Family,
        event: &Entry,
    ) -> Result<Option<&mut Draft>, Fault> {
        let Some(reference) = reference else {
            let id = implicit_id(family);
            if !self.drafts.iter().any(|draft| draft.id == id) {
                let properties =
                    globals::of_implicit(scope.root, if family == Family::Rest { "Api" } else { "HttpApi" });
                let properties = properties.unwrap_or_else(|| Node::map(event.key_span, Vec::new()));
                self.drafts.push(Draft::read(scope, id, &properties, family)?);
            }
            return Ok(self.drafts.iter_mut().find(|draft| draft.id == id));
        };
        let what = if family == Family::Rest { "an `AWS::Serverless::Api`" } else { "an `AWS::Serverless::HttpApi`" };
        let chosen = scope.chosen(reference)?.unwrap_or(reference);
        let name = match chosen.as_intrinsic() {
            Some(("Ref", name)) => name.as_text(),
            _ => chosen.as_text(),
        };
        let Some(name) = name else { return Err(chosen.unlike(&format!("`Ref` of {what}"))) };
        if let Some(draft) = self.drafts.iter().position(|draft| draft.id == name && draft.family == family) {
            return Ok(self.drafts.get_mut(draft));
        }
        let plain = if family == Family::Rest { REST } else { HTTP };
        let declared =
            scope.section("Resources", name).and_then(|resource| resource.get("Type")).and_then(Node::as_text);
        if declared == Some(plain) {
            let message =
                format!("`{name}` is a plain {plain}, to which SAM adds no route: this event gives only a permission");
            scope.notes.borrow_mut().warn(reference.span, message);
            return Ok(None);
        }
        Err(chosen.fault(format_args!("expected `Ref` of {what} of this template, found `{name}`")))
    }

    /// All APIs, complete.
    pub(super) fn finish(self, scope: &Scope<'_>) -> Result<Vec<Api>, Fault> {
        let shared = self.drafts.iter().find_map(|draft| draft.auth.shared_usage());
        let shared = shared.map(|table| table.of_key(keys::made(scope, "ServerlessApiKey")));
        self.drafts.into_iter().map(|draft| draft.finish(scope, shared.as_ref())).collect()
    }
}

impl Draft {
    fn read(scope: &Scope<'_>, id: &str, properties: &Node, family: Family) -> Result<Self, Fault> {
        let own = |key: &str| properties.get(key).map(|node| scope.value(node)).transpose().map(Option::flatten);
        let stage = stage(id, properties, family, own("StageName")?)?;
        let mappings = mappings(scope, properties.get("Domain"), family, &stage.value)?;
        let variables = own(if family == Family::Rest { "Variables" } else { "StageVariables" })?;
        let variables = variables.iter().flat_map(Node::entries).map(|entry| {
            let value = entry.value.string()?;
            Ok((entry.key.clone(), said(entry.value.span, value)))
        });
        let throttles = match family {
            Family::Rest => throttles::of_methods(own("MethodSettings")?.as_ref())?,
            _ => throttles::of_routes(own("DefaultRouteSettings")?.as_ref(), own("RouteSettings")?.as_ref())?,
        };
        let mut draft = Self {
            id: id.to_owned(),
            span: properties.span,
            family,
            stage: Stage { name: stage, variables: variables.collect::<Result<_, Fault>>()?, throttles },
            auth: Auth::read(scope, id, family, properties.get("Auth"))?,
            routes: Routes::default(),
            body: None,
            cors: properties.get("Cors").cloned(),
            http_cors: None,
            binary: binary_media_types(own("BinaryMediaTypes")?.as_ref())?,
            gateway_responses: Responses::default(),
            models: Models::default(),
            key_source: own("ApiKeySourceType")?.as_ref().and_then(Node::as_text).map(str::to_owned),
            mappings,
        };
        draft.models.add_all(scope, properties.get("Models"))?;
        if let Some(body) = Body::of(scope, properties, "DefinitionBody", "DefinitionUri")? {
            draft.binary.extend(body.binary_media_types());
            if family == Family::Rest {
                draft.gateway_responses.add_all(scope, id, body.gateway_responses())?;
                draft.key_source = draft.key_source.or(body.key_source());
            }
            if family == Family::Http {
                draft.http_cors = body.cors(scope)?;
            }
            let default = draft.auth.of_event(scope, family, None)?;
            draft.routes = body.routes(scope, id, family, &default)?;
            draft.body = Some(own("MergeDefinitions")?.map(|merge| merge.boolean()).transpose()?.unwrap_or(false));
        }
        draft.gateway_responses.add_all(scope, id, properties.get("GatewayResponses"))?;
        if let Some(cors) = properties.get("CorsConfiguration") {
            check_cors(scope, cors)?;
            if family == Family::Http {
                draft.http_cors = crate::template::model::cors::read(scope, Some(cors))?;
            }
        }
        if properties.at(&["Domain", "MutualTlsAuthentication"]).is_some() {
            scope.notes.borrow_mut().pass(id, "Domain.MutualTlsAuthentication", MUTUAL_TLS);
        }
        for entry in properties.entries() {
            pass(scope, id, entry);
        }
        Ok(draft)
    }

    /// Limits a route of an event.
    pub(super) fn throttle(&mut self, route: &str, settings: &Node) -> Result<(), Fault> {
        throttles::add_route(&mut self.stage.throttles, route, settings)
    }

    /// Adds the route of an event.
    pub(super) fn add_event(
        &mut self,
        scope: &Scope<'_>,
        route: Route,
        function: &str,
        event: &Entry,
    ) -> Result<(), Fault> {
        let Some(merges) = self.body else { return self.routes.add(route, function) };
        let overrides = event
            .value
            .at(&["Properties", "Auth", "OverrideApiAuth"])
            .is_some_and(|flag| flag.boolean().is_ok_and(|flag| flag));
        let same = |other: &&mut Route| (&other.method, &other.path) == (&route.method, &route.path);
        if let Some(found) = self.routes.routes.iter_mut().find(same) {
            if overrides {
                found.access = route.access;
            }
            return Ok(());
        }
        if self.family == Family::Http || merges {
            return self.routes.add(route, function);
        }
        let message = format!(
            "the definition of `{}` has no `{}`, and events add nothing to it: AWS serves no such route",
            self.id,
            route.key()
        );
        scope.notes.borrow_mut().warn(route.span, message);
        Ok(())
    }

    fn finish(mut self, scope: &Scope<'_>, shared: Option<&UsageTable>) -> Result<Api, Fault> {
        let table = match self.auth.own_usage() {
            Some(table) => {
                let value = keys::made(scope, &format!("{}ApiKey", self.id));
                Some(table.of_key(value))
            }
            None => shared.cloned().filter(|_| self.auth.shared_usage().is_some()),
        };
        let stage = self.stage.name.value.clone();
        let usage = table.map(|table| Usage { stage, table }).into_iter().collect();
        if let (Some(cors), Family::Rest) = (self.cors.take(), self.family) {
            cors::add(scope, &cors, &self.auth, &mut self.routes, &self.id)?;
        }
        Ok(Api {
            id: self.id,
            span: self.span,
            family: self.family,
            stages: vec![self.stage],
            routes: self.routes.routes,
            binary: self.binary,
            gateway_responses: self.gateway_responses.all,
            usage,
            key_of_authorizer: self.key_source.is_some_and(|source| source == "AUTHORIZER"),
            mappings: self.mappings,
            socket: None,
            cors: self.http_cors,
        })
    }
}

pub(super) const fn implicit_id(family: Family) -> &'static str {
    match family {
        Family::Http | Family::WebSocket => "ServerlessHttpApi",
        Family::Rest => "ServerlessRestApi",
    }
}

fn stage(id: &str, properties: &Node, family: Family, name: Option<Node>) -> Result<Said<String>, Fault> {
    match (family, name) {
        (_, Some(name)) => {
            if let Shape::Scalar { text, plain: true } = &name.shape
                && text.parse::<f64>().is_ok()
            {
                return Err(name.fault(format_args!("expected a string, found the number {text}: put it in quotes")));
            }
            Ok(said(name.span, name.string()?))
        }
        (Family::Rest, None) if id == implicit_id(family) => Ok(said(properties.span, "Prod")),
        (Family::Rest, None) => Err(properties.fault("expected `StageName`")),
        (Family::Http | Family::WebSocket, None) => Ok(said(properties.span, "$default")),
    }
}

pub(super) fn mappings(
    scope: &Scope<'_>,
    domain: Option<&Node>,
    family: Family,
    stage: &str,
) -> Result<Vec<Mapping>, Fault> {
    let Some(domain) = domain.map(|domain| scope.chosen(domain)).transpose()?.flatten() else { return Ok(Vec::new()) };
    let own = |key: &str| domain.get(key).map(|node| scope.value(node)).transpose().map(Option::flatten);
    let name = own("DomainName")?.ok_or_else(|| domain.unlike("a domain with `DomainName`"))?;
    let keeps =
        family != Family::Rest || own("NormalizeBasePath")?.is_some_and(|flag| flag.boolean().is_ok_and(|flag| !flag));
    let paths = own("BasePath")?;
    let root = Node::text(domain.span, "");
    let paths = paths.as_ref().map_or(std::slice::from_ref(&root), Node::items);
    paths
        .iter()
        .map(|path| {
            let text = if path.is_null() { "" } else { path.string()? };
            let kept: String =
                if keeps { text.to_owned() } else { text.chars().filter(char::is_ascii_alphanumeric).collect() };
            if !keeps && kept != text && text != "/" {
                let message =
                    format!("SAM makes `{kept}` of the base path `{text}`, unless `NormalizeBasePath` is false");
                scope.notes.borrow_mut().warn(path.span, message);
            }
            Ok(Mapping {
                rule: None,
                domain: name.string()?.to_owned(),
                path: kept,
                stage: Some(stage.to_owned()),
                span: path.span,
            })
        })
        .collect()
}

/// The keys of `CorsConfiguration`.
fn check_cors(scope: &Scope<'_>, cors: &Node) -> Result<(), Fault> {
    let known = ["AllowCredentials", "AllowHeaders", "AllowMethods", "AllowOrigins", "ExposeHeaders", "MaxAge"];
    let Some(cors) = scope.chosen(cors)? else { return Ok(()) };
    match cors.entries().iter().find(|entry| cors.as_intrinsic().is_none() && !known.contains(&&*entry.key)) {
        Some(entry) => {
            Err(Fault::new(entry.key_span, format_args!("expected one of {}, found `{}`", known.join(", "), entry.key)))
        }
        None => Ok(()),
    }
}

/// Notes a property that changes nothing here, or something that is not done.
fn pass(scope: &Scope<'_>, id: &str, Entry { key, value, .. }: &Entry) {
    let why = match key.as_str() {
        "AccessLogSetting" | "AccessLogSettings" | "TracingEnabled" => "the lines of this command are the log",
        "CacheClusterEnabled" | "CacheClusterSize" => "answers are not cached here",
        "CanarySetting" => "there is one deployment here",
        "DefaultRouteSettings" | "MethodSettings" | "RouteSettings" if throttles::say_more(value) => {
            "only its throttles are looked at here"
        }
        "MinimumCompressionSize" => "nothing is compressed here",
        "Policy" => "resource policies are not checked here",
        "AlwaysDeploy"
        | "Description"
        | "DisableExecuteApiEndpoint"
        | "EndpointAccessMode"
        | "EndpointConfiguration"
        | "FailOnWarnings"
        | "Mode"
        | "Name"
        | "OpenApiVersion"
        | "PropagateTags"
        | "SecurityPolicy"
        | "Tags" => "changes no request",
        _ => return,
    };
    scope.notes.borrow_mut().pass(id, key, why);
}
