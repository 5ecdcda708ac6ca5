//! The gateway of a plan.

use serde_json::Value;
use sippycup_gateway::{Authorizer, ConfigError, Gateway, GatewayBuilder, Kind, UsagePlan};

use super::GatewayPlan;
use crate::plan::cors::CorsTable;
use crate::plan::values::{Object, Pair, Said, Wrong};

impl GatewayPlan {
    /// The gateway that the settings describe. Each is tried alone, so that an error has its name or its line.
    pub(crate) fn builder(&self) -> Result<GatewayBuilder, Wrong> {
        let mut attempt = Attempt(Gateway::builder(self.kind));
        if let Some(stage) = &self.stage {
            attempt.set(self.kind, |b| b.stage(&stage.value)).map_err(|e| stage.wrong("--stage", e))?;
        }
        for said in &self.variables {
            let Pair { name, value } = &said.value;
            attempt.set(self.kind, |b| b.stage_variable(name, value)).map_err(|e| said.wrong("--var", e))?;
        }
        for route in &self.routes {
            attempt.set(self.kind, |b| b.route(&route.value)).map_err(|e| route.wrong("--route", e))?;
        }
        if let Some((domain, said, flag)) = self.mapped() {
            attempt.set(self.kind, |b| b.domain(domain.clone())).map_err(|e| said.wrong(flag, e))?;
        }
        for table in &self.domains {
            attempt.set(self.kind, |b| b.domain(table.value.domain())).map_err(|e| table.wrong("", e))?;
        }
        for media_type in &self.binary {
            attempt
                .set(self.kind, |b| b.binary_media_type(&media_type.value))
                .map_err(|e| media_type.wrong("--binary", e))?;
        }
        if let Some(claims) = &self.claims {
            let scopes = self.scopes.as_ref().map(|scopes| scopes.value.clone());
            let authorizer = Authorizer::jwt(claims.value.0.clone(), scopes);
            attempt.set(self.kind, |b| b.authorizer(authorizer.clone())).map_err(|e| claims.wrong("--claims", e))?;
        }
        let of_flags = (!self.cors_origins.is_empty()).then(|| Said::from(CorsTable::of_origins(&self.cors_origins)));
        if let Some(cors) = self.cors.as_ref().or(of_flags.as_ref()) {
            let flag = if self.cors.is_some() { "" } else { "--cors" };
            attempt.set(self.kind, |b| b.cors(cors.value.cors())).map_err(|e| cors.wrong(flag, e))?;
        }
        if let Some(first) = self.api_keys.first() {
            let plan = self.api_keys.iter().fold(UsagePlan::new(), |plan, key| plan.key(&key.value));
            attempt.set(self.kind, |b| b.usage_plan(plan.clone())).map_err(|e| first.wrong("--api-key", e))?;
        }
        for said in &self.usage_plans {
            let plan = said.value.plan().map_err(|e| said.wrong("", e))?;
            attempt.set(self.kind, |b| b.usage_plan(plan.clone())).map_err(|e| said.wrong("", e))?;
        }
        if let Some(said) = &self.api_key_of_authorizer {
            attempt.set(self.kind, |b| b.api_key_of_authorizer(said.value)).map_err(|e| said.wrong("", e))?;
        }
        if let Some(throttle) = &self.throttle {
            attempt
                .set(self.kind, |b| b.throttle(throttle.value.clone()))
                .map_err(|e| throttle.wrong("--throttle", e))?;
        }
        for said in &self.route_throttles {
            // It means nothing without its route.
            let with = attempt.0.clone().route_throttle(&said.value.routes, said.value.throttle.clone());
            with.clone().build(()).map_err(|e| said.wrong("", e))?;
            attempt.0 = with;
        }
        self.guard(&mut attempt)?;
        for said in &self.gateway_responses {
            attempt.set(self.kind, |b| b.gateway_response(said.value.response())).map_err(|e| said.wrong("", e))?;
        }
        if let Some(said) = &self.request_validator {
            let validator = said.value.validator().map_err(|e| said.wrong("", e))?;
            attempt.set(self.kind, |b| b.request_validator(validator.clone())).map_err(|e| said.wrong("", e))?;
        }
        self.injected_signer(&mut attempt)?;
        match &self.scopes {
            Some(scopes) if self.claims.is_none() && self.authorizer.is_none() => {
                return Err(scopes.wrong("", "scopes are of claims or of an authorizer, and there are none"));
            }
            Some(scopes) if self.kind == Kind::RestApi && self.authorizer.is_none() => {
                return Err(scopes.wrong("", "the claims of a REST API have no scopes beside them"));
            }
            _ => {}
        }
        if let Some(said) = &self.lambda_authorizer {
            if self.claims.is_some() {
                return Err(
                    said.wrong("--lambda-authorizer", "there are claims already, and a route has one authorizer")
                );
            }
            let authorizer = lambda_authorizer(&said.value).map_err(|e| said.wrong("--lambda-authorizer", e))?;
            attempt
                .set(self.kind, |b| b.authorizer(authorizer.clone()))
                .map_err(|e| said.wrong("--lambda-authorizer", e))?;
        }
        self.set_web_socket(&mut attempt)?;
        self.signed_connections(&mut attempt)?;
        if let Some(tenant) = &self.tenant {
            attempt.set(self.kind, |b| b.tenant(&tenant.value)).map_err(|e| tenant.wrong("", e))?;
        }
        if let Some(check) = &self.health_check {
            attempt
                .set(self.kind, |b| b.health_check(check.value.check()))
                .map_err(|e| check.wrong("--health-check", e))?;
        }
        if let Some(api_id) = &self.api_id {
            attempt.set(self.kind, |b| b.api_id(&api_id.value)).map_err(|e| api_id.wrong("", e))?;
        }
        if let Some(stream) = &self.stream {
            attempt.set(self.kind, |b| b.response_streaming(stream.value)).map_err(|e| stream.wrong("--stream", e))?;
        }
        let mut builder = attempt.0;
        if let Some(source_ip) = self.source_ip {
            builder = builder.source_ip(source_ip);
        }
        if let Some(timeout) = self.timeout {
            builder = builder.timeout(timeout.0);
        }
        Ok(builder)
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
        attempt.0 = with(attempt.0.clone()).guard(guard);
        Ok(())
    }

    /// What only a WebSocket API has.
    fn set_web_socket(&self, attempt: &mut Attempt) -> Result<(), Wrong> {
        if let Some(said) = &self.route_selection {
            attempt
                .set(self.kind, |b| b.route_selection(&said.value))
                .map_err(|e| said.wrong("--route-selection", e))?;
        }
        for said in &self.route_responses {
            // It means nothing without its route.
            let with = attempt.0.clone().route_response(&said.value);
            with.clone().build(()).map_err(|e| said.wrong("--route-response", e))?;
            attempt.0 = with;
        }
        if let Some(said) = &self.idle_timeout {
            attempt.set(self.kind, |b| b.idle_timeout(said.value.0)).map_err(|e| said.wrong("--idle-timeout", e))?;
        }
        if let Some(said) = &self.connection_duration {
            attempt
                .set(self.kind, |b| b.connection_duration(said.value.0))
                .map_err(|e| said.wrong("--connection-duration", e))?;
        }
        Ok(())
    }
}

/// A builder that takes one setting after the other, or says what is wrong with one.
pub(in crate::plan) struct Attempt(GatewayBuilder);

impl Attempt {
    pub(in crate::plan) fn set(
        &mut self,
        kind: Kind,
        setting: impl Fn(GatewayBuilder) -> GatewayBuilder,
    ) -> Result<(), ConfigError> {
        setting(Gateway::builder(kind)).build(())?;
        // What is wrong only together with the settings before, such as a mapping that is there twice.
        let with = setting(self.0.clone());
        with.clone().build(())?;
        self.0 = with;
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
