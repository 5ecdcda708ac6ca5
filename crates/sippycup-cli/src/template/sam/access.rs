//! `Auth` of APIs and events: which authorizer guards a route.

use crate::plan::UsageTable;
use crate::template::document::{Fault, Node};
use crate::template::model::authorizers::of_sam;
use crate::template::model::keys;
use crate::template::model::{Access, Family, Guard, Sort};
use crate::template::scope::Scope;

/// `Auth` of an API.
#[derive(Debug, Default)]
pub(super) struct Auth {
    authorizers: Vec<Guard>,
    /// What guards a route that says nothing.
    default: Option<Guard>,
    key: bool,
    /// Whether it also guards the preflight requests that `Cors` of a REST API answers.
    preflight: bool,
    key_preflight: bool,
    /// The usage plan that SAM makes, and whether all APIs share it.
    usage: Option<(bool, UsageTable)>,
}

impl Auth {
    pub(super) fn read(scope: &Scope<'_>, id: &str, family: Family, auth: Option<&Node>) -> Result<Self, Fault> {
        let Some(auth) = auth.map(|auth| scope.chosen(auth)).transpose()?.flatten() else { return Ok(Self::default()) };
        if auth.get("ResourcePolicy").is_some() {
            scope.notes.borrow_mut().pass(id, "Auth.ResourcePolicy", "resource policies are not checked here");
        }
        let usage = auth.get("UsagePlan").map(|node| scope.value(node)).transpose()?.flatten();
        let usage = match &usage {
            Some(plan) => match plan.get("CreateUsagePlan").and_then(Node::as_text) {
                Some("PER_API") => Some((false, keys::limits(plan)?)),
                Some("SHARED") => Some((true, keys::limits(plan)?)),
                Some("NONE") => None,
                _ => return Err(plan.unlike("a usage plan with `CreateUsagePlan`: PER_API, SHARED or NONE")),
            },
            None => None,
        };
        let flag = |key: &str, default: bool| match auth.get(key) {
            Some(flag) => scope.value(flag)?.map_or(Ok(default), |flag| flag.boolean()),
            None => Ok(default),
        };
        let mut read = Self {
            key: flag("ApiKeyRequired", false)?,
            preflight: flag("AddDefaultAuthorizerToCorsPreflight", true)?,
            key_preflight: flag("AddApiKeyRequiredToCorsPreflight", true)?,
            usage,
            ..Self::default()
        };
        for entry in auth.get("Authorizers").map(Node::entries).unwrap_or_default() {
            let has = |key: &str| entry.value.get(key).is_some();
            let sort = match family {
                Family::Rest if has("UserPoolArn") => Sort::Cognito,
                Family::Http if has("JwtConfiguration") => Sort::Jwt,
                _ if has("FunctionArn") => Sort::Lambda,
                Family::Rest => return Err(entry.value.unlike("an authorizer with `UserPoolArn` or `FunctionArn`")),
                Family::Http | Family::WebSocket => {
                    return Err(entry.value.unlike("an authorizer with `JwtConfiguration` or `FunctionArn`"));
                }
            };
            let scopes = scopes(scope, entry.value.get("AuthorizationScopes"))?;
            let plan = of_sam(scope, family, &entry.key, &entry.value)?.map(Box::new);
            read.authorizers.push(Guard { name: entry.key.clone(), sort, scopes, key: false, plan });
        }
        if let Some(name) = auth.get("DefaultAuthorizer")
            && let Some(name) = scope.value(name)?
        {
            read.default = Some(read.named(&name)?);
        }
        Ok(read)
    }

    /// Who may use a route, by `Auth` of its event.
    pub(super) fn of_event(&self, scope: &Scope<'_>, family: Family, auth: Option<&Node>) -> Result<Access, Fault> {
        let auth = auth.map(|auth| scope.chosen(auth)).transpose()?.flatten();
        let part = |key: &str| {
            auth.and_then(|auth| auth.get(key)).map(|node| scope.value(node)).transpose().map(Option::flatten)
        };
        let mut guard = match part("Authorizer")? {
            Some(name) if name.as_text() == Some("NONE") => {
                if family == Family::Http && self.default.is_none() {
                    return Err(name.fault("`NONE` takes away the default authorizer, and the API has none"));
                }
                None
            }
            Some(name) => Some(self.named(&name)?),
            None => self.default.clone(),
        };
        let own = scopes(scope, auth.and_then(|auth| auth.get("AuthorizationScopes")))?;
        if let (Some(guard), false) = (&mut guard, own.is_empty()) {
            guard.scopes = own;
        }
        let key = match part("ApiKeyRequired")? {
            Some(flag) => flag.boolean()?,
            None => self.key,
        };
        Ok(Guard::access(guard, key))
    }

    /// The usage plan of this API alone.
    pub(super) fn own_usage(&self) -> Option<&UsageTable> {
        self.usage.as_ref().filter(|(shared, _)| !shared).map(|(_, table)| table)
    }

    /// The usage plan that all APIs with one share.
    pub(super) fn shared_usage(&self) -> Option<&UsageTable> {
        self.usage.as_ref().filter(|(shared, _)| *shared).map(|(_, table)| table)
    }

    /// Who may ask what `Cors` of a REST API answers.
    pub(super) fn of_preflight(&self) -> Access {
        let guard = self.default.clone().filter(|_| self.preflight);
        Guard::access(guard, self.key && self.key_preflight)
    }

    fn named(&self, node: &Node) -> Result<Guard, Fault> {
        let name = node.string()?;
        if name == "AWS_IAM" {
            return Ok(Guard { name: name.to_owned(), sort: Sort::Iam, scopes: Vec::new(), key: false, plan: None });
        }
        let found = self.authorizers.iter().find(|guard| guard.name == name).cloned();
        found.ok_or_else(|| {
            let known: Vec<_> = self.authorizers.iter().map(|guard| guard.name.as_str()).chain(["AWS_IAM"]).collect();
            node.fault(format_args!("expected an authorizer of the API ({}), found `{name}`", known.join(", ")))
        })
    }
}

fn scopes(scope: &Scope<'_>, node: Option<&Node>) -> Result<Vec<String>, Fault> {
    let Some(list) = node.map(|node| scope.value(node)).transpose()?.flatten() else { return Ok(Vec::new()) };
    list.items().iter().map(|item| item.string().map(str::to_owned)).collect()
}
