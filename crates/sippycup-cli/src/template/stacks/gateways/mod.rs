//! The gateways of a model: an API becomes one for each function and each other way to answer, all on the same address.

mod behind;

use std::collections::BTreeMap;

use sippycup_gateway::Kind;

use super::names::{Function, Names};
use crate::plan::{AuthorizerPlan, DomainTable, GatewayPlan, Pair, Said, Seconds, TargetGroup};
use crate::template::document::Fault;
use crate::template::model;
use crate::template::model::throttles;
use crate::template::model::{Access, Api, Balancer, Family, Model, Route, Sort, Stage, Target, Url};
use crate::template::scope::Scope;
use behind::{Behind, answer, said};

/// All gateways.
#[derive(Debug, Default)]
pub(crate) struct Gateways {
    pub(crate) plans: Vec<Said<GatewayPlan>>,
    /// What is behind them.
    pub(crate) functions: Vec<Function>,
    pub(crate) names: Names,
    /// The base paths on each port.
    taken: Vec<Vec<String>>,
    /// Domains with routing rules, which choose between APIs on one port.
    ruled: BTreeMap<String, Option<u16>>,
}

impl Gateways {
    /// No gateways yet; `names` are the functions that they can lead to.
    pub(crate) fn before(names: Names) -> Self {
        Self { names, ..Self::default() }
    }

    /// Adds those of a stack.
    pub(crate) fn add(&mut self, scope: &Scope<'_>, model: &Model, flags: &GatewayPlan) -> Result<(), Fault> {
        let mappings = model.apis.iter().flat_map(|api| &api.mappings);
        for mapping in mappings.filter(|mapping| mapping.rule.is_some()) {
            self.ruled.entry(mapping.domain.clone()).or_default();
        }
        for api in &model.apis {
            if api.routes.is_empty() {
                scope.notes.borrow_mut().pass(&api.id, "the API", "it has no route");
                continue;
            }
            if api.stages.is_empty() {
                scope.notes.borrow_mut().pass(&api.id, "the API", "it has no stage, and so no URL");
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
        let ruled = mapped.iter().find(|mapping| self.ruled.contains_key(&mapping.domain));
        let port = match ruled.map(|mapping| mapping.domain.clone()) {
            Some(domain) => self.port_of(domain),
            None => self.port(bases),
        };
        let domains = domains(&mapped);
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
        throttles::note_missing(scope, &api.id, &stage.throttles, &api.routes);
        let usage = api.usage.iter().filter(|usage| usage.stage == stage.name.value).map(|usage| usage.table.clone());
        for (behind, routes) in groups {
            let kind = match api.family {
                Family::Rest => Kind::RestApi,
                Family::Http if behind.is_version_1 => Kind::HttpApiV1,
                Family::Http => Kind::HttpApiV2,
                Family::WebSocket => Kind::WebSocketApi,
            };
            let span = Some(api.span.start..api.span.end);
            let keys: Vec<_> =
                routes.iter().map(|route| model::said(route.span, route_key(scope, api, route))).collect();
            let stream = behind.stream && kind == Kind::RestApi;
            let gateway = GatewayPlan {
                stage: Some(stage.name.clone()),
                variables: stage.variables.iter().map(variable).collect(),
                route_throttles: throttles::those_of(&stage.throttles, &keys),
                routes: keys,
                domains: domains.clone(),
                binary: api.binary.clone(),
                timeout: behind.timeout.map(|millis| Seconds(std::time::Duration::from_millis(millis))),
                stream: stream.then(|| Said::from(true)),
                tenant: behind.tenant.clone().map(Said::from),
                route_selection: api.socket.as_ref().and_then(|socket| socket.selection.clone()),
                route_responses: responses(api, &routes),
                cors: api.cors.clone(),
                gateway_responses: api.gateway_responses.clone(),
                usage_plans: usage.clone().filter(|_| behind.needs_key()).map(Said::from).collect(),
                api_key_of_authorizer: api.key_of_authorizer.then(|| Said::from(true)),
                request_validator: behind.validator.as_deref().cloned().map(Said::from),
                ..behind.gateway(kind, &scope.name_of(&api.id), port, flags)
            };
            self.plans.push(Said { value: gateway, span });
        }
        Ok(())
    }

    fn add_url(&mut self, scope: &Scope<'_>, url: &Url, flags: &GatewayPlan) -> Result<(), Fault> {
        let port = self.port(vec![String::new()]);
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
            ..behind.gateway(Kind::FunctionUrl, &scope.name_of(&url.id), port, flags)
        };
        self.plans.push(Said { value: gateway, span: Some(url.span.start..url.span.end) });
        Ok(())
    }

    fn add_balancer(&mut self, scope: &Scope<'_>, balancer: &Balancer, flags: &GatewayPlan) {
        let port = self.port(vec![String::new()]);
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
                health_check: group.health_check.clone(),
                answer: behind.answer.as_ref().map(answer),
            });
        }
        // Nothing is fetched from elsewhere, and so the command line has the keys.
        let jwks = flags.jwks.as_ref().map(|jwks| &jwks.value);
        let (mut rules, mut default_action) = (balancer.rules.clone(), balancer.default_action.clone());
        let actions = rules.iter_mut().map(|rule| &mut rule.value.action).chain([&mut default_action.value]);
        for authorizer in actions.filter_map(|action| action.authorizer.as_mut()) {
            authorizer.jwks = jwks.cloned();
        }
        let span = Some(balancer.span.start..balancer.span.end);
        let gateway = GatewayPlan {
            api_id: None,
            target_groups: groups.into_iter().map(Said::from).collect(),
            rules,
            default_action: Some(default_action),
            ..Behind::default().gateway(balancer.kind, &scope.name_of(&balancer.id), port, flags)
        };
        self.plans.push(Said { value: gateway, span });
    }

    /// The port of a domain with routing rules, for itself.
    fn port_of(&mut self, domain: String) -> u16 {
        if let Some(Some(port)) = self.ruled.get(&domain) {
            return *port;
        }
        let port = self.port(vec![String::new()]);
        self.ruled.insert(domain, Some(port));
        port
    }

    /// The first port on which nothing begins with these paths, or with what they begin with.
    fn port(&mut self, bases: Vec<String>) -> u16 {
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
            tenant: route.tenant.clone(),
            timeout: millis.and_then(|millis| u64::try_from(millis).ok()).filter(|millis| *millis > 0),
            is_keyed: api.usage.iter().any(|usage| usage.stage == stage.name.value && !usage.table.keys.is_empty()),
            ..Behind::default()
        };
        let authorizer = self.authorizer(scope, &route.access, stage, flags);
        behind.guard(scope, &api.id, &format!("`{}`", route.key()), &route.access, authorizer, flags);
        if behind.answer.is_some() {
            return behind;
        }
        behind.validator.clone_from(&route.validator);
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

    /// How the authorizer of a route runs, unless the command line gives its result. Its function is noted as needed.
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

    /// The name of the function of a target, which is noted as needed; `Err` with what is there instead.
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

/// Those of the routes that have a route response.
fn responses(api: &Api, routes: &[&Route]) -> Vec<Said<String>> {
    let responses = api.socket.iter().flat_map(|socket| &socket.responses);
    responses.filter(|key| routes.iter().any(|route| route.path == key.value)).cloned().collect()
}

/// The domains of a stage, each with what leads to it.
fn domains(mapped: &[&model::Mapping]) -> Vec<Said<DomainTable>> {
    let mut domains: BTreeMap<&str, Said<DomainTable>> = BTreeMap::new();
    for mapping in mapped {
        let table = domains.entry(&mapping.domain).or_insert_with(|| Said {
            value: DomainTable { name: mapping.domain.clone(), ..DomainTable::default() },
            span: Some(mapping.span.start..mapping.span.end),
        });
        let table = &mut table.value;
        match (&mapping.rule, &mapping.stage) {
            (Some(rule), _) => table.rules.push(rule.clone()),
            (None, Some(_)) => table.mappings.push(mapping.path.clone()),
            (None, None) => table.mappings_without_stage.push(mapping.path.clone()),
        }
    }
    domains.into_values().collect()
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
