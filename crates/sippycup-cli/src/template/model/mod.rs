//! What a template serves, whatever it is written in: every reader fills this, and the plan is made of it.

pub(crate) mod authorizers;
pub(crate) mod cors;
pub(crate) mod gateway_responses;
pub(crate) mod keys;
pub(crate) mod throttles;
pub(crate) mod url;
pub(crate) mod validators;

use std::collections::BTreeMap;

use sippycup_gateway::Kind;

use super::document::{Fault, Node, Span};
use crate::plan::{
    ActionPlan, AuthorizerPlan, CorsTable, GatewayResponseTable, HealthCheckPlan, RouteThrottle, RoutingRuleTable,
    RulePlan, Said, UsageTable, ValidatorTable,
};

#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) apis: Vec<Api>,
    pub(super) urls: Vec<Url>,
    pub(super) balancers: Vec<Balancer>,
}

/// A REST, HTTP or WebSocket API.
#[derive(Debug)]
pub(super) struct Api {
    pub(super) id: String,
    pub(super) span: Span,
    pub(super) family: Family,
    pub(super) stages: Vec<Stage>,
    pub(super) routes: Vec<Route>,
    pub(super) binary: Vec<Said<String>>,
    pub(super) mappings: Vec<Mapping>,
    /// Of an HTTP API.
    pub(super) cors: Option<Said<CorsTable>>,
    /// Of a REST API.
    pub(super) gateway_responses: Vec<Said<GatewayResponseTable>>,
    pub(super) usage: Vec<Usage>,
    /// Of a REST API: the authorizer names the API key.
    pub(super) key_of_authorizer: bool,
    /// What a WebSocket API has beside.
    pub(super) socket: Option<Socket>,
}

/// A usage plan of one stage.
#[derive(Clone, Debug)]
pub(super) struct Usage {
    pub(super) stage: String,
    pub(super) table: UsageTable,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Socket {
    /// The route selection expression.
    pub(super) selection: Option<Said<String>>,
    /// The keys of routes whose answers reach the client.
    pub(super) responses: Vec<Said<String>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Family {
    Http,
    Rest,
    WebSocket,
}

#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub(super) name: Said<String>,
    pub(super) variables: Vec<(String, Said<String>)>,
    /// Of REST and HTTP APIs.
    pub(super) throttles: Vec<Said<RouteThrottle>>,
}

impl Stage {
    /// A stage that has nothing but its name.
    pub(super) const fn named(name: Said<String>) -> Self {
        Self { name, variables: Vec::new(), throttles: Vec::new() }
    }

    /// `${stageVariables.name}` in a URI, as API Gateway fills it in for each request.
    pub(super) fn fill(&self, uri: &str) -> String {
        self.variables.iter().fold(uri.to_owned(), |uri, (name, value)| {
            uri.replace(&format!("${{stageVariables.{name}}}"), &value.value)
        })
    }
}

/// A base path of a custom domain, or a routing rule.
#[derive(Clone, Debug)]
pub(super) struct Mapping {
    pub(super) domain: String,
    pub(super) path: String,
    /// `None` where the client writes the stage.
    pub(super) stage: Option<String>,
    /// The rule, if it is one and no mapping.
    pub(super) rule: Option<RoutingRuleTable>,
    pub(super) span: Span,
}

#[derive(Clone, Debug)]
pub(super) struct Route {
    /// `GET`, or `ANY`; empty for `$default`.
    pub(super) method: String,
    /// `/items/{id}`, or `$default`.
    pub(super) path: String,
    pub(super) span: Span,
    pub(super) target: Target,
    pub(super) access: Access,
    pub(super) timeout: Option<f64>,
    /// What is mapped to the tenant of the invocation (REST APIs).
    pub(super) tenant: Option<String>,
    /// Payload format 1.0 of an HTTP API.
    pub(super) is_version_1: bool,
    /// Of a REST API.
    pub(super) validator: Option<Box<ValidatorTable>>,
}

impl Route {
    /// The route as the gateway reads it.
    pub(super) fn key(&self) -> String {
        if self.method.is_empty() { self.path.clone() } else { format!("{} {}", self.method, self.path) }
    }
}

/// What a route does.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// A function by its logical id.
    Function { id: String, stream: bool },
    /// A function that a URI names, once the variables of a stage are in it.
    Uri { uri: String, stream: bool },
    /// The same answer to everything, as a mock integration gives it.
    Answer(Reply),
    /// What only AWS can do.
    Missing(String),
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

/// Who may ask.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Access {
    Guarded(Guard),
    Open,
}

/// An authorizer. Where it cannot run, what it lets through must be said, or nobody passes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Guard {
    pub(super) name: String,
    pub(super) sort: Sort,
    pub(super) scopes: Vec<String>,
    /// Whether an API key must be there too.
    pub(super) key: bool,
    /// How it runs here, if it can; a function is named by its URI or ARN.
    pub(super) plan: Option<Box<AuthorizerPlan>>,
}

impl Guard {
    /// Who may use a route that has this guard, and for which an API key is needed or not.
    pub(super) fn access(guard: Option<Self>, key: bool) -> Access {
        match guard {
            Some(guard) => Access::Guarded(Self { key: key || guard.key, ..guard }),
            None if key => Access::Guarded(Self::api_key()),
            None => Access::Open,
        }
    }

    fn api_key() -> Self {
        Self { name: "api_key".to_owned(), sort: Sort::Key, scopes: Vec::new(), key: true, plan: None }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Sort {
    Cognito,
    Iam,
    Jwt,
    Key,
    Lambda,
}

impl Sort {
    /// The authorizer in a sentence.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Cognito => "a Cognito authorizer",
            Self::Iam => "an IAM signature",
            Self::Jwt => "a JWT authorizer",
            Self::Key => "an API key",
            Self::Lambda => "a Lambda authorizer",
        }
    }
}

/// A listener of a load balancer, or of a service of VPC Lattice.
#[derive(Debug)]
pub(super) struct Balancer {
    pub(super) id: String,
    pub(super) span: Span,
    /// Of a target group that says nothing else.
    pub(super) kind: Kind,
    pub(super) groups: Vec<Group>,
    pub(super) default_action: Said<ActionPlan>,
    pub(super) rules: Vec<Said<RulePlan>>,
}

/// A target group.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) target: Target,
    pub(super) health_check: Option<Said<HealthCheckPlan>>,
}

/// A function URL.
#[derive(Debug)]
pub(super) struct Url {
    pub(super) id: String,
    pub(super) span: Span,
    pub(super) target: Target,
    pub(super) stream: bool,
    pub(super) access: Access,
    pub(super) cors: Option<Said<CorsTable>>,
}

pub(super) fn said(span: Span, value: impl Into<String>) -> Said<String> {
    Said { value: value.into(), span: Some(span.start..span.end) }
}

/// Binary media types as SAM and CloudFormation write them: `image~1png` is `image/png`.
pub(super) fn binary_media_types(types: Option<&Node>) -> Result<Vec<Said<String>>, Fault> {
    let types = types.map(Node::items).unwrap_or_default();
    types.iter().map(|node| Ok(said(node.span, node.string()?.replace("~1", "/")))).collect()
}

/// The routes of an API, each once.
#[derive(Debug, Default)]
pub(super) struct Routes {
    pub(super) routes: Vec<Route>,
    /// Who made each.
    owners: Vec<String>,
}

impl Routes {
    pub(super) fn find(&self, method: &str, path: &str) -> Option<&Route> {
        self.routes.iter().find(|route| (&*route.method, &*route.path) == (method, path))
    }

    /// The same routes under a base path.
    pub(super) fn under(mut self, base: &str) -> Self {
        for route in self.routes.iter_mut().filter(|route| route.path.starts_with('/')) {
            route.path = format!("{base}{}", if route.path == "/" && !base.is_empty() { "" } else { &route.path });
        }
        self
    }

    /// Adds a route of somebody.
    ///
    /// # Errors
    ///
    /// If it is there already: the fault names both.
    pub(super) fn add(&mut self, route: Route, owner: &str) -> Result<(), Fault> {
        let same = |other: &Route| (&other.method, &other.path) == (&route.method, &route.path);
        if let Some(first) = self.routes.iter().position(same).and_then(|at| self.owners.get(at)) {
            let message = format!("`{}` is there twice, of `{first}` and of `{owner}`", route.key());
            return Err(Fault::new(route.span, message));
        }
        self.routes.push(route);
        self.owners.push(owner.to_owned());
        Ok(())
    }
}

/// Variables of a stage.
pub(crate) fn stage_variables(variables: Option<&Node>) -> Result<Vec<(String, Said<String>)>, Fault> {
    let entries = variables.map(Node::entries).unwrap_or_default();
    entries.iter().map(|entry| Ok((entry.key.clone(), said(entry.value.span, entry.value.string()?)))).collect()
}
