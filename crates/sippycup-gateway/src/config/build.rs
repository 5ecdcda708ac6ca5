//! A gateway of its settings: what was not said is as on AWS.

use std::sync::Arc;

use super::{GatewayBuilder, check};
use crate::front::FrontDoor;
use crate::health::Health;
use crate::location::Route;
use crate::{ConfigError, Gateway, Kind};

impl GatewayBuilder {
    /// The gateway in front of `function`, which answers event JSON with answer JSON.
    ///
    /// # Errors
    ///
    /// If AWS would not accept the configuration: a malformed route or base path, a stage variable outside the alphabet, a setting that the kind does not have.
    pub fn build<F>(mut self, function: F) -> Result<Gateway<F>, ConfigError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let kind = self.config.kind();
        for domain in &mut self.domains {
            domain.finish(kind)?;
        }
        self.check_settings(kind)?;
        self.check_patterns()?;
        self.check_listener(kind)?;
        if kind.is_api_gateway() {
            self.check_stage(kind)?;
        } else {
            self.check_plain(kind)?;
        }
        let FrontDoor { api_id, region, .. } = &self.config.front;
        for (what, name) in [("API id", api_id), ("region", region)] {
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')) {
                return Err(ConfigError::new(format!("{what} `{name}`: expected a part of a host name")));
            }
        }
        self.config.front.location.default_name = match kind {
            Kind::FunctionUrl => format!("{api_id}.lambda-url.{region}.on.aws"),
            Kind::LoadBalancer | Kind::LoadBalancerMultiValue => {
                format!("{api_id}.{region}.elb.amazonaws.com")
            }
            Kind::VpcLatticeV1 | Kind::VpcLatticeV2 => {
                format!("{api_id}.vpc-lattice-svcs.{region}.on.aws")
            }
            _ => format!("{api_id}.execute-api.{region}.amazonaws.com"),
        };
        if let (Some(listener), None) = (&self.config.listener, &self.config.front.target_group) {
            let groups = listener.target_groups();
            self.config.front.target_group =
                groups.first().filter(|_| groups.len() == 1).map(|group| (*group).to_owned());
        }
        let stage = if kind.has_default_stage() { "$default" } else { "prod" };
        self.config.front.location.stage = self.stage.unwrap_or_else(|| stage.to_owned());
        self.config.front.location.domains = self.domains;
        self.config.health = self.health_check.map(|check| Arc::new(Health::new(check)));
        self.config.timeout = self.timeout.unwrap_or_else(|| check::default_timeout(&self.config));
        if kind == Kind::WebSocketApi {
            self.config.web_socket.finish(&self.route_responses)?;
        } else if self.config.routes.is_empty() {
            let defaults: &[&str] = if kind == Kind::RestApi { &["/", "/{proxy+}"] } else { &["$default"] };
            self.config.routes = defaults.iter().map(|route| Route::parse(route)).collect::<Result<_, _>>()?;
        }
        self.config.admission.route_throttles.check(&self.config.routes)?;
        Ok(Gateway::from_config(Arc::new(self.config), function))
    }
}
