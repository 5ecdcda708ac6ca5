//! The gateways of a model: an API becomes one for each function and each other way to answer, all on the same address.

use std::collections::BTreeMap;

use serde_json::json;
use sippycup_gateway::Kind;

use super::model::{self, Access, Api, Balancer, Family, Guard, Model, Reply, Route, Sort, Stage, Target, Url};
use super::names::{Function, Names};
use super::references::api_id;
use super::scope::Scope;
use super::source::Fault;
use crate::plan::{AuthorizerPlan, DomainTable, GatewayPlan, Origin, Pair, Said, Seconds, TargetGroup};

/// All gateways.
#[derive(Debug, Default)]
pub(super) struct Doors {
    pub(super) gateways: Vec<Said<GatewayPlan>>,
    /// What is behind them.
    pub(super) functions: Vec<Function>,
    names: Names,
    /// The base paths on each port.
    taken: Vec<Vec<String>>,
}

impl Doors {
    /// None yet, before functions of these names.
    pub(super) fn before(names: Names) -> Self {
        Self { names, ..Self::default() }
    }

    /// Adds those of a stack.
    pub(super) fn add(&mut self, scope: &Scope<'_>, model: &Model, flags: &GatewayPlan) -> Result<(), Fault> {
        for api in &model.apis {
            if api.routes.is_empty() {
                scope.notes.borrow_mut().pass(&api.id, "the API", "it has no route");
                continue;
            }
            if api.stages.is_empty() {
                scope.notes.borrow_mut().pass(&api.id, "the API", "it has no stage, and so nobody can ask it");
            }
            for stage in &api.stages {
                self.add_api(scope, api, stage, flags)?;
            }
        }
        for url in &model.urls {
            self.add_url(scope, url, flags)?;
        }
        for balancer in &model.balancers {
            self.add_balancer(scope, balancer, flags);
        }
        Ok(())
    }

    fn add_api(&mut self, scope: &Scope<'_>, api: &Api, stage: &Stage, flags: &GatewayPlan) -> Result<(), Fault> {
        let here = |mapping: &&model::Mapping| mapping.stage.as_ref().is_none_or(|name| *name == stage.name.value);
        let mapped: Vec<_> = api.mappings.iter().filter(here).collect();
        let bases = match mapped.as_slice() {
            [] if stage.name.value == "$default" => vec![String::new()],
            [] => vec![stage.name.value.clone()],
            mapped => mapped.iter().map(|mapping| mapping.path.clone()).collect(),
        };
        let door = self.door(bases);
        let mut domains: BTreeMap<&str, Said<DomainTable>> = BTreeMap::new();
        for mapping in mapped {
            let table = domains.entry(&mapping.domain).or_insert_with(|| Said {
                value: DomainTable {
                    name: mapping.domain.clone(),
                    mappings: Vec::new(),
                    mappings_without_stage: Vec::new(),
                },
                span: Some(mapping.span.start..mapping.span.end),
            });
            let paths = if mapping.stage.is_some() {
                &mut table.value.mappings
            } else {
                &mut table.value.mappings_without_stage
            };
            paths.push(mapping.path.clone());
        }
        let variable = |(name, value): &(String, Said<String>)| Said {
            value: Pair { name: name.clone(), value: value.value.clone() },
            span: value.span.clone(),
        };
        // Routes that are answered alike are one gateway.
        let mut groups: Vec<(Behind, Vec<&Route>)> = Vec::new();
        for route in &api.routes {
            let behind = self.behind(scope, api, stage, route, flags);
            match groups.iter_mut().find(|(other, _)| *other == behind) {
                Some((_, routes)) => routes.push(route),
                None => groups.push((behind, vec![route])),
            }
        }
        for (behind, routes) in groups {
            let kind = match api.family {
                Family::Rest => Kind::RestApi,
                Family::Http if behind.is_version_1 => Kind::HttpApiV1,
                Family::Http => Kind::HttpApiV2,
                Family::WebSocket => Kind::WebSocketApi,
            };
            let span = Some(api.span.start..api.span.end);
            let stream = behind.stream && kind == Kind::RestApi;
            let gateway = GatewayPlan {
                stage: Some(stage.name.clone()),
                variables: stage.variables.iter().map(variable).collect(),
                routes: routes.iter().map(|route| model::said(route.span, route_key(scope, api, route))).collect(),
                domains: domains.values().cloned().collect(),
                binary: api.binary.clone(),
                timeout: behind.timeout.map(|millis| Seconds(std::time::Duration::from_millis(millis))),
                stream: stream.then(|| Said::from(true)),
                route_selection: api.socket.as_ref().and_then(|socket| socket.selection.clone()),
                route_responses: responses(api, &routes),
                cors: api.cors.clone(),
                ..behind.gateway(kind, &api.id, door, flags)
            };
            self.gateways.push(Said { value: gateway, span });
        }
        Ok(())
    }

    fn add_url(&mut self, scope: &Scope<'_>, url: &Url, flags: &GatewayPlan) -> Result<(), Fault> {
        let door = self.door(vec![String::new()]);
        let mut behind = Behind { stream: url.stream, ..Behind::default() };
        let signed = flags.iam().ok().flatten().filter(|_| url.access != Access::Open);
        behind.guard(scope, &url.id, "the URL", &url.access, signed, flags);
        if behind.answer.is_none() {
            let function = self.function(scope, &url.target, None);
            let name = function.map_err(|what| {
                Fault::new(url.span, format_args!("expected a function of this template, found {what}"))
            })?;
            behind.function = Some(name);
        }
        let stream = url.stream && behind.answer.is_none();
        let gateway = GatewayPlan {
            stream: stream.then(|| Said::from(true)),
            cors: url.cors.clone(),
            ..behind.gateway(Kind::FunctionUrl, &url.id, door, flags)
        };
        self.gateways.push(Said { value: gateway, span: Some(url.span.start..url.span.end) });
        Ok(())
    }

    fn add_balancer(&mut self, scope: &Scope<'_>, balancer: &Balancer, flags: &GatewayPlan) {
        let door = self.door(vec![String::new()]);
        let mut groups = Vec::new();
        for group in &balancer.groups {
            let mut behind = Behind::default();
            match &group.target {
                Target::Answer(reply) => behind.answer = Some(reply.clone()),
                Target::Missing(what) => behind.unanswered(scope, &balancer.id, what),
                Target::Function { .. } | Target::Uri { .. } => match self.function(scope, &group.target, None) {
                    Ok(name) => behind.function = Some(name),
                    Err(what) => behind.unanswered(scope, &balancer.id, &what),
                },
            }
            groups.push(TargetGroup {
                name: group.name.clone(),
                function: behind.function,
                kind: Some(group.kind),
                answer: behind.answer.as_ref().map(answer),
            });
        }
        let span = Some(balancer.span.start..balancer.span.end);
        let gateway = GatewayPlan {
            api_id: None,
            target_groups: groups.into_iter().map(Said::from).collect(),
            rules: balancer.rules.clone(),
            default_action: Some(balancer.default_action.clone()),
            ..Behind::default().gateway(balancer.kind, &balancer.id, door, flags)
        };
        self.gateways.push(Said { value: gateway, span });
    }

    /// The first port on which nothing begins with these paths, or with what they begin with.
    fn door(&mut self, bases: Vec<String>) -> u16 {
        let hides = |one: &str, other: &str| {
            one.is_empty() || one == other || other.strip_prefix(one).is_some_and(|rest| rest.starts_with('/'))
        };
        let clash = |taken: &Vec<String>| {
            taken.iter().any(|taken| bases.iter().any(|base| hides(taken, base) || hides(base, taken)))
        };
        let at = self.taken.iter().position(|taken| !clash(taken)).unwrap_or(self.taken.len());
        match self.taken.get_mut(at) {
            Some(taken) => taken.extend(bases),
            None => self.taken.push(bases),
        }
        u16::try_from(at).unwrap_or(u16::MAX)
    }

    fn behind(&mut self, scope: &Scope<'_>, api: &Api, stage: &Stage, route: &Route, flags: &GatewayPlan) -> Behind {
        let millis = route
            .timeout
            .map(|seconds| std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default().as_millis());
        let mut behind = Behind {
            is_version_1: route.is_version_1,
            timeout: millis.and_then(|millis| u64::try_from(millis).ok()).filter(|millis| *millis > 0),
            ..Behind::default()
        };
        let authorizer = self.authorizer(scope, &route.access, stage, flags);
        behind.guard(scope, &api.id, &format!("`{}`", route.key()), &route.access, authorizer, flags);
        if behind.answer.is_some() {
            return behind;
        }
        match &route.target {
            Target::Answer(reply) => behind.answer = Some(reply.clone()),
            Target::Missing(what) => behind.missing(scope, api, route, what),
            Target::Function { stream, .. } | Target::Uri { stream, .. } => {
                behind.stream = *stream;
                match self.function(scope, &route.target, Some(stage)) {
                    Ok(name) => behind.function = Some(name),
                    Err(what) => behind.missing(scope, api, route, &what),
                }
            }
        }
        behind
    }

    /// How the authorizer of a route runs, unless the command line says what it would say. Its function is one that is needed.
    fn authorizer(
        &mut self,
        scope: &Scope<'_>,
        access: &Access,
        stage: &Stage,
        flags: &GatewayPlan,
    ) -> Option<AuthorizerPlan> {
        let Access::Guarded(guard) = access else { return None };
        if guard.sort == Sort::Iam {
            return flags.iam().ok().flatten();
        }
        let mut plan = guard.plan.as_deref().filter(|_| !said(guard.sort, flags).1)?.clone();
        if let Some(uri) = &plan.function {
            let target = Target::Uri { uri: uri.clone(), stream: false };
            plan.function = Some(self.function(scope, &target, Some(stage)).ok()?);
        } else {
            plan.jwks = flags.jwks.as_ref().map(|jwks| jwks.value.clone());
        }
        Some(plan)
    }

    /// The name of the function of a target, which is one that is needed; `Err` with what is there instead.
    fn function(&mut self, scope: &Scope<'_>, target: &Target, stage: Option<&Stage>) -> Result<String, String> {
        let function = match target {
            Target::Function { id, .. } => Some(Function { stack: scope.index, id: id.clone() }),
            Target::Uri { uri, .. } => {
                let uri = stage.map_or_else(|| uri.clone(), |stage| stage.fill(uri));
                let found = self.names.find(scope.index, &uri).cloned();
                Some(found.ok_or_else(|| format!("`{uri}`, which is no function of this template"))?)
            }
            Target::Answer(_) | Target::Missing(_) => None,
        };
        let name = function.as_ref().and_then(|function| self.names.of(function)).map(str::to_owned);
        let (Some(function), Some(name)) = (function, name) else {
            return Err("a function that is not there".to_owned());
        };
        if !self.functions.contains(&function) {
            self.functions.push(function);
        }
        Ok(name)
    }
}

/// What all routes of a gateway have in common.
#[derive(Debug, Default, PartialEq)]
struct Behind {
    function: Option<String>,
    answer: Option<Reply>,
    stream: bool,
    is_version_1: bool,
    /// Milliseconds.
    timeout: Option<u64>,
    guard: Option<Guard>,
    /// How the guard runs.
    authorizer: Option<AuthorizerPlan>,
}

impl Behind {
    fn gateway(&self, kind: Kind, id: &str, door: u16, flags: &GatewayPlan) -> GatewayPlan {
        let is = |sorts: &[Sort]| {
            self.guard.as_ref().is_some_and(|guard| sorts.contains(&guard.sort)) && self.answer.is_none()
        };
        let claims = flags.claims.clone().filter(|_| is(&[Sort::Cognito, Sort::Jwt]));
        let scopes = self.guard.as_ref().map(|guard| guard.scopes.clone()).filter(|scopes| !scopes.is_empty());
        let authorizer = self.guard.as_ref().map(|guard| {
            let done = match (&self.authorizer, &self.answer) {
                (Some(_), _) => "runs here",
                (None, Some(_)) => "refuses every request",
                (None, None) => "replaced by what the command line says",
            };
            format!("{} ({}): {done}", guard.name, guard.sort.name())
        });
        GatewayPlan {
            kind,
            scopes: scopes
                .filter(|_| self.authorizer.is_some() || claims.is_some() && kind != Kind::RestApi)
                .map(Said::from),
            authorizer: self.authorizer.clone().map(Said::from),
            claims,
            lambda_authorizer: flags.lambda_authorizer.clone().filter(|_| is(&[Sort::Lambda])),
            iam_principal: flags.iam_principal.clone().filter(|_| is(&[Sort::Iam]) && self.authorizer.is_none()),
            function: self.function.clone().map(Said::from),
            api_id: Some(Said::from(api_id(id))),
            origin: Some(Origin { id: id.to_owned(), door, answer: self.answer.as_ref().map(answer), authorizer }),
            api_keys: match &self.guard {
                Some(guard) if guard.key && self.answer.is_none() => flags.api_keys.clone(),
                _ => Vec::new(),
            },
            throttle: flags.throttle.clone().filter(|_| kind != Kind::FunctionUrl),
            source_ip: flags.source_ip,
            https: flags.https,
            ..GatewayPlan::default()
        }
    }

    /// An authorizer lets nobody through, unless the command line says who it is.
    fn guard(
        &mut self,
        scope: &Scope<'_>,
        id: &str,
        route: &str,
        access: &Access,
        authorizer: Option<AuthorizerPlan>,
        flags: &GatewayPlan,
    ) {
        let Access::Guarded(guard) = access else { return };
        let (flag, given) = said(guard.sort, flags);
        let what = format!("{}, `{}`", guard.sort.name(), guard.name);
        self.guard = Some(guard.clone());
        if guard.key && guard.sort != Sort::Key && flags.api_keys.is_empty() {
            let why =
                format!("the API key beside {what} does not run here: every request is refused; --api-key gives it");
            scope.notes.borrow_mut().pass(id, route, &why);
            self.answer = Some(refusal(&format!("an API key beside {what} needs --api-key")));
            return;
        }
        self.authorizer = authorizer;
        if self.authorizer.is_some() {
            return;
        }
        if given && guard.sort == Sort::Key {
            return;
        }
        if given {
            let why = format!("{what}, is not asked: every request passes with what {flag} says");
            scope.notes.borrow_mut().pass(id, route, &why);
            return;
        }
        let hint = match guard.sort {
            Sort::Iam => {
                "; --iam-key or --iam-profile give the keys that sign, --iam-principal says whom it lets through"
                    .to_owned()
            }
            _ => format!("; {flag} says whom it lets through"),
        };
        let why = format!("{what}, does not run here: every request is refused{hint}");
        scope.notes.borrow_mut().pass(id, route, &why);
        self.answer = Some(refusal(&format!("{what}, does not run on this machine{hint}")));
    }

    fn unanswered(&mut self, scope: &Scope<'_>, id: &str, what: &str) {
        scope.notes.borrow_mut().pass(id, "the listener", &format!("it leads to {what}: it answers 501"));
        self.answer = Some(refusal(&format!("the listener leads to {what}, which does not run on this machine")));
    }

    fn missing(&mut self, scope: &Scope<'_>, api: &Api, route: &Route, what: &str) {
        scope.notes.borrow_mut().pass(&api.id, &format!("`{}`", route.key()), &format!("it is {what}: it answers 501"));
        self.answer = Some(refusal(&format!("{} is {what}, which does not run on this machine", route.key())));
    }
}

/// What the command line says instead of an authorizer: the flag, and whether it is there.
const fn said(sort: Sort, flags: &GatewayPlan) -> (&'static str, bool) {
    match sort {
        Sort::Cognito | Sort::Jwt => ("--claims", flags.claims.is_some()),
        Sort::Lambda => ("--lambda-authorizer", flags.lambda_authorizer.is_some()),
        Sort::Iam => ("--iam-principal", flags.iam_principal.is_some()),
        Sort::Key => ("--api-key", !flags.api_keys.is_empty()),
    }
}

/// Those of the routes that have a route response.
fn responses(api: &Api, routes: &[&Route]) -> Vec<Said<String>> {
    let responses = api.socket.iter().flat_map(|socket| &socket.responses);
    responses.filter(|key| routes.iter().any(|route| route.path == key.value)).cloned().collect()
}

/// A resource of a REST API has no slash at its end, and is found with one.
fn route_key(scope: &Scope<'_>, api: &Api, route: &Route) -> String {
    let key = route.key();
    match key.strip_suffix('/') {
        Some(trimmed) if api.family == Family::Rest && route.path.len() > 1 => {
            scope.notes.borrow_mut().warn(
                route.span,
                "a REST API makes no difference between a path and the same one with a slash at its end",
            );
            trimmed.to_owned()
        }
        _ => key,
    }
}

fn refusal(message: &str) -> Reply {
    let headers = BTreeMap::from([("Content-Type".to_owned(), "application/json".to_owned())]);
    Reply { status: 501, headers, body: json!({ "message": message }).to_string() }
}

fn answer(reply: &Reply) -> bytes::Bytes {
    // Load balancers want to hear that it is text.
    json!({ "statusCode": reply.status, "headers": reply.headers, "body": reply.body, "isBase64Encoded": false })
        .to_string()
        .into()
}
