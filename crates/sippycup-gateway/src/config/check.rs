//! What AWS would not accept of a gateway's settings.

use std::time::Duration;

use super::{Config, GatewayBuilder};
use crate::location::Route;
use crate::{ConfigError, Kind};

impl GatewayBuilder {
    /// Settings that the kind does not have: they would change nothing, and somebody expects that they do.
    pub(super) fn check_settings(&self, kind: Kind) -> Result<(), ConfigError> {
        let wrong = |what: &str| Err(ConfigError::new(format!("{} {what}", kind.name())));
        if kind != Kind::RestApi && !self.config.front.binary_media_types.is_empty() {
            return wrong("has no binary media types: it knows bytes by their content type");
        }
        if !kind.can_stream() && self.config.response_streaming {
            return wrong("cannot stream; a function URL or a REST API can");
        }
        if self.config.front.client_certificate.is_some()
            && (matches!(kind, Kind::FunctionUrl | Kind::WebSocketApi) || kind.is_load_balancer())
        {
            return wrong("shows no client certificate in its events");
        }
        if !self.config.admission.plans.is_empty() && kind != Kind::RestApi {
            return wrong("has no API keys");
        }
        if (self.config.admission.throttle.is_some() || !self.config.admission.route_throttles.is_empty())
            && kind != Kind::RestApi
            && !kind.is_http_api()
        {
            return wrong("is not throttled");
        }
        if self.config.tenant.is_some() && kind != Kind::RestApi {
            return wrong("cannot say for which tenant it invokes a function; a REST API can");
        }
        if let Some(check) = &self.health_check {
            if !kind.is_load_balancer() {
                return wrong("checks the health of no function");
            }
            check.check()?;
        }
        if !self.config.gateway_responses.is_empty() && kind != Kind::RestApi {
            return wrong("has no gateway responses");
        }
        if !self.config.admission.validator.is_empty() && kind != Kind::RestApi {
            return wrong("validates no requests");
        }
        if let Some(cors) = &self.config.cors {
            cors.check(kind)?;
        }
        #[cfg(feature = "authorizers")]
        self.check_guard(kind)?;
        match &self.config.front.authorizer {
            Some(authorizer) if !authorizer.is_of(kind) => wrong("has no such authorizer"),
            _ => Ok(()),
        }
    }

    /// Names that would match nothing, and somebody expects that they do.
    pub(super) fn check_patterns(&self) -> Result<(), ConfigError> {
        let is_token = |part: &str| !part.is_empty() && !part.contains(['/', ';', ',', ' ']);
        for name in &self.config.front.binary_media_types {
            if !name.split_once('/').is_some_and(|(kind, own)| is_token(kind) && is_token(own)) {
                return Err(ConfigError::new(format!(
                    "binary media type `{name}`: expected one such as image/png, image/* or */*"
                )));
            }
        }
        let is_of_names = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        for name in &self.config.allowed_hosts {
            if name.is_empty() || !name.strip_prefix('*').unwrap_or(name).bytes().all(is_of_names) {
                return Err(ConfigError::new(format!(
                    "allowed host `{name}`: expected a name such as shop.example.com or *.example.com, without scheme and port"
                )));
            }
        }
        Ok(())
    }

    pub(super) fn check_listener(&self, kind: Kind) -> Result<(), ConfigError> {
        let (listener, target_group) = (&self.config.listener, &self.config.front.target_group);
        if (listener.is_some() || target_group.is_some()) && !kind.is_load_balancer() && !kind.is_lattice() {
            return Err(ConfigError::new(format!("{} has no listener and no target groups", kind.name())));
        }
        if let Some(name) = target_group
            && (name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')))
        {
            return Err(ConfigError::new(format!(
                "target group `{name}`: expected a name of letters, digits, `-` and `_`"
            )));
        }
        let Some(listener) = listener else { return Ok(()) };
        listener.check(kind)?;
        match (target_group, listener.target_groups().as_slice()) {
            (None, [_, _, ..]) => Err(ConfigError::new(
                "the listener forwards to several target groups: expected the name of the one that this gateway is",
            )),
            _ => Ok(()),
        }
    }

    #[cfg(feature = "authorizers")]
    fn check_guard(&self, kind: Kind) -> Result<(), ConfigError> {
        match &self.config.admission.guard {
            Some(_) if self.config.front.authorizer.is_some() => {
                Err(ConfigError::new("there is an authorizer that runs, and the result of one that does not"))
            }
            Some(guard) => guard.check_kind(kind),
            None if !self.config.front.scopes.is_empty() => {
                Err(ConfigError::new("scopes are of tokens, and no authorizer reads one"))
            }
            None => Ok(()),
        }
    }

    pub(super) fn check_stage(&self, kind: Kind) -> Result<(), ConfigError> {
        if let Some(stage) = &self.stage {
            let named = !stage.is_empty()
                && stage.len() <= 128
                && stage.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
            let default = stage == "$default" && kind.is_http_api();
            if !named && !default {
                return Err(ConfigError::new(format!(
                    "stage `{stage}`: expected letters, digits, `_` and `-`, or $default on an HTTP API"
                )));
            }
        }
        if kind == Kind::RestApi && self.config.routes.iter().any(Route::is_default) {
            return Err(ConfigError::new("route `$default`: a REST API has none; its catch-all is `/{proxy+}`"));
        }
        if kind == Kind::RestApi
            && let Some(route) = self.config.routes.iter().find(|route| route.ends_with_slash())
        {
            let key = route.key();
            return Err(ConfigError::new(format!("route `{key}`: a resource of a REST API has no slash at its end")));
        }
        for (at, (name, value)) in self.config.front.stage_variables.iter().enumerate() {
            if self.config.front.stage_variables.iter().take(at).any(|(other, _)| other == name) {
                return Err(ConfigError::new(format!("stage variable `{name}`: it has a value already")));
            }
            if name.is_empty() || name.len() > 64 || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                return Err(ConfigError::new(format!(
                    "stage variable `{name}`: expected a name of up to 64 letters, digits and `_`"
                )));
            }
            let legal = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/?#&=,".contains(&b);
            if value.is_empty() || value.len() > 512 || !value.bytes().all(legal) {
                return Err(ConfigError::new(format!(
                    "stage variable `{name}`: expected a value of 1 to 512 letters, digits and -._~:/?#&=,"
                )));
            }
        }
        Ok(())
    }

    pub(super) fn check_plain(&self, kind: Kind) -> Result<(), ConfigError> {
        let wrong = |what: &str| Err(ConfigError::new(format!("{} has no {what}", kind.name())));
        if self.stage.is_some() {
            return wrong("stage");
        }
        if !self.config.front.stage_variables.is_empty() {
            return wrong("stage variables");
        }
        if !self.domains.is_empty() {
            return wrong("base path mappings");
        }
        if !self.config.routes.is_empty() {
            return wrong("routes");
        }
        Ok(())
    }
}

/// How long each kind waits for a function.
pub(super) fn default_timeout(config: &Config) -> Duration {
    Duration::from_secs(match config.kind() {
        Kind::FunctionUrl => 900,
        Kind::RestApi if config.response_streaming => 900,
        Kind::RestApi | Kind::WebSocketApi => 29,
        Kind::HttpApiV1 | Kind::HttpApiV2 => 30,
        Kind::LoadBalancer | Kind::LoadBalancerMultiValue | Kind::VpcLatticeV1 | Kind::VpcLatticeV2 => 60,
    })
}
