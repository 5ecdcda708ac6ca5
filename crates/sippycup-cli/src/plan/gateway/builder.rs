//! The gateway of a plan.

use serde_json::Value;
use sippycup_gateway::{Authorizer, ConfigError, Domain, Gateway, GatewayBuilder, Kind, UsagePlan};

use super::GatewayPlan;
use super::cors::CorsTable;
use super::throttle::RouteThrottle;
use crate::plan::values::{Object, Pair, Said, Wrong};

impl GatewayPlan {
    /// The gateway that the settings describe. Each is tried alone, so that an error has its name or its line.
    pub(crate) fn builder(&self) -> Result<GatewayBuilder, Wrong> {
        let mut attempt = Attempt::new(self.kind);
        attempt.each(&self.stage, "--stage", |b, stage| b.stage(stage))?;
        attempt.each(&self.variables, "--var", |b, Pair { name, value }| b.stage_variable(name, value))?;
        attempt.each(&self.routes, "--route", |b, route| b.route(route))?;
        if let Some((domain, said, flag)) = self.mapped() {
            attempt.set(|b| b.domain(domain.clone())).map_err(|e| said.wrong(flag, e))?;
        }
        attempt.each(&self.domains, "", |b, table| b.domain(table.domain()))?;
        attempt.each(&self.binary, "--binary", |b, media_type| b.binary_media_type(media_type))?;
        let scopes = self.scopes.as_ref().map(|scopes| scopes.value.clone());
        attempt.each(&self.claims, "--claims", |b, claims| {
            b.authorizer(Authorizer::jwt(claims.0.clone(), scopes.clone()))
        })?;
        match (&self.cors, &*self.cors_origins) {
            (None, []) => {}
            (None, origins) => {
                let cors = Said::from(CorsTable::of_origins(origins));
                attempt.each([&cors], "--cors", |b, cors| b.cors(cors.cors()))?;
            }
            (cors, _) => attempt.each(cors, "", |b, cors| b.cors(cors.cors()))?,
        }
        if let Some(first) = self.api_keys.first() {
            let plan = self.api_keys.iter().fold(UsagePlan::new(), |plan, key| plan.key(&key.value));
            attempt.set(|b| b.usage_plan(plan.clone())).map_err(|e| first.wrong("--api-key", e))?;
        }
        for said in &self.usage_plans {
            let plan = said.value.plan().map_err(|e| said.wrong("", e))?;
            attempt.each([said], "", |b, _| b.usage_plan(plan.clone()))?;
        }
        attempt.each(&self.api_key_of_authorizer, "", |b, of_authorizer| b.api_key_of_authorizer(*of_authorizer))?;
        attempt.each(&self.throttle, "--throttle", |b, throttle| b.throttle(throttle.clone()))?;
        attempt.each_of_route(&self.route_throttles, "", |b, RouteThrottle { routes, throttle }| {
            b.route_throttle(routes, throttle.clone())
        })?;
        self.guard(&mut attempt)?;
        attempt.each(&self.gateway_responses, "", |b, table| b.gateway_response(table.response()))?;
        if let Some(said) = &self.request_validator {
            let validator = said.value.validator().map_err(|e| said.wrong("", e))?;
            attempt.each([said], "", |b, _| b.request_validator(validator.clone()))?;
        }
        self.injected_signer(&mut attempt)?;
        self.injected_result(&mut attempt)?;
        attempt.each(&self.route_selection, "--route-selection", |b, expression| b.route_selection(expression))?;
        attempt.each_of_route(&self.route_responses, "--route-response", |b, route| b.route_response(route))?;
        attempt.each(&self.idle_timeout, "--idle-timeout", |b, timeout| b.idle_timeout(timeout.0))?;
        attempt.each(&self.connection_duration, "--connection-duration", |b, d| b.connection_duration(d.0))?;
        self.signed_connections(&mut attempt)?;
        attempt.each(&self.tenant, "", |b, tenant| b.tenant(tenant))?;
        attempt.each(&self.health_check, "--health-check", |b, check| b.health_check(check.check()))?;
        attempt.each(&self.api_id, "", |b, api_id| b.api_id(api_id))?;
        attempt.each(&self.stream, "--stream", |b, stream| b.response_streaming(*stream))?;
        let builder = attempt.builder;
        let builder = self.source_ip.into_iter().fold(builder, GatewayBuilder::source_ip);
        Ok(self.timeout.into_iter().fold(builder, |builder, timeout| builder.timeout(timeout.0)))
    }

    /// What an authorizer has found out, which is not asked.
    fn injected_result(&self, attempt: &mut Attempt) -> Result<(), Wrong> {
        match &self.scopes {
            Some(scopes) if self.claims.is_none() && self.authorizer.is_none() => {
                return Err(scopes.wrong("", "scopes are of claims or of an authorizer, and there are none"));
            }
            Some(scopes) if self.kind == Kind::RestApi && self.authorizer.is_none() => {
                return Err(scopes.wrong("", "the claims of a REST API have no scopes beside them"));
            }
            _ => {}
        }
        let Some(said) = &self.lambda_authorizer else { return Ok(()) };
        if self.claims.is_some() {
            return Err(said.wrong("--lambda-authorizer", "there are claims already, and a route has one authorizer"));
        }
        let authorizer = lambda_authorizer(&said.value).map_err(|e| said.wrong("--lambda-authorizer", e))?;
        attempt.each([said], "--lambda-authorizer", |b, _| b.authorizer(authorizer.clone()))
    }

    /// Tries the authorizer that runs, without its function and its keys; of it only the scopes are of the routes.
    fn guard(&self, attempt: &mut Attempt) -> Result<(), Wrong> {
        let flag = match (&self.issuer, self.iam()?) {
            (Some(_), _) => "--issuer",
            (None, Some(_)) if self.authorizer.is_none() => "--iam-key",
            (None, _) => "",
        };
        let Some(said) = self.authorizer() else {
            return match &self.jwks {
                Some(jwks) => Err(jwks.wrong("--jwks", "keys are of tokens of an issuer, and there is no --issuer")),
                None => Ok(()),
            };
        };
        if self.claims.is_some() || self.lambda_authorizer.is_some() {
            return Err(said.wrong(
                flag,
                "there is the result of an authorizer already, and this one would run: a route has one authorizer",
            ));
        }
        let guard = said.value.check().map_err(|error| said.wrong(flag, error))?;
        let scopes = self.scopes.as_ref().map_or(&self.token_scopes, |scopes| &scopes.value);
        let with = |builder: GatewayBuilder| scopes.iter().fold(builder, |builder, scope| builder.scope(scope));
        let guarded = |builder: GatewayBuilder| with(builder).guard(guard.clone());
        guarded(Gateway::builder(self.kind)).build(()).map_err(|error| said.wrong(flag, error))?;
        attempt.builder = with(attempt.builder.clone()).guard(guard);
        Ok(())
    }

    /// The domain of `domain`, `base-path` and `stage-in-path`. A base path without a domain gets a domain of any name.
    fn mapped(&self) -> Option<(Domain, Said<()>, &'static str)> {
        let at = |said: &Said<String>| Said { value: (), span: said.span.clone() };
        let stage_in_path = self.stage_in_path.as_ref().filter(|said| said.value);
        let (place, flag) = match (&self.domain, self.base_paths.first(), stage_in_path) {
            (_, _, Some(said)) => (Said { value: (), span: said.span.clone() }, "--stage-in-path"),
            (_, Some(path), None) => (at(path), "--base-path"),
            (Some(name), None, None) => (at(name), "--domain"),
            (None, None, None) => return None,
        };
        let domain = Domain::new(self.domain.as_ref().map_or("api.example.com", |name| &name.value));
        let mapped = |domain: Domain, path: &str| {
            if stage_in_path.is_some() { domain.mapping_without_stage(path) } else { domain.mapping(path) }
        };
        let domain = match self.base_paths.as_slice() {
            [] => mapped(domain, ""),
            paths => paths.iter().fold(domain, |domain, path| mapped(domain, &path.value)),
        };
        Some((domain, place, flag))
    }
}

/// A builder that takes one setting after the other, or says what is wrong with one.
pub(super) struct Attempt {
    kind: Kind,
    builder: GatewayBuilder,
}

impl Attempt {
    fn new(kind: Kind) -> Self {
        Self { kind, builder: Gateway::builder(kind) }
    }

    /// Sets what was said, once or several times, by a flag or in a file.
    fn each<'s, T: 's>(
        &mut self,
        said: impl IntoIterator<Item = &'s Said<T>>,
        flag: &'static str,
        setting: impl Fn(GatewayBuilder, &T) -> GatewayBuilder,
    ) -> Result<(), Wrong> {
        self.said(said, flag, |attempt, value| attempt.set(|builder| setting(builder, value)))
    }

    /// The same of settings that mean nothing without their routes.
    fn each_of_route<'s, T: 's>(
        &mut self,
        said: impl IntoIterator<Item = &'s Said<T>>,
        flag: &'static str,
        setting: impl Fn(GatewayBuilder, &T) -> GatewayBuilder,
    ) -> Result<(), Wrong> {
        self.said(said, flag, |attempt, value| attempt.add(|builder| setting(builder, value)))
    }

    fn said<'s, T: 's>(
        &mut self,
        said: impl IntoIterator<Item = &'s Said<T>>,
        flag: &'static str,
        take: impl Fn(&mut Self, &T) -> Result<(), ConfigError>,
    ) -> Result<(), Wrong> {
        said.into_iter().try_for_each(|said| take(self, &said.value).map_err(|error| said.wrong(flag, error)))
    }

    pub(super) fn set(&mut self, setting: impl Fn(GatewayBuilder) -> GatewayBuilder) -> Result<(), ConfigError> {
        setting(Gateway::builder(self.kind)).build(())?;
        // What is wrong only together with the settings before, such as a mapping that is there twice.
        self.add(setting)
    }

    fn add(&mut self, setting: impl Fn(GatewayBuilder) -> GatewayBuilder) -> Result<(), ConfigError> {
        let with = setting(self.builder.clone());
        with.clone().build(())?;
        self.builder = with;
        Ok(())
    }
}

fn lambda_authorizer(Object(context): &Object) -> Result<Authorizer, &'static str> {
    let mut context = context.clone();
    let principal = match context.remove("principalId") {
        None => "user".to_owned(),
        Some(Value::String(principal)) => principal,
        Some(_) => return Err("`principalId`: expected a string"),
    };
    Ok(Authorizer::lambda(principal, context))
}
