//! What a request passes on its way to the function, in AWS's order: the authorizer, API keys with their plans, the throttles of the route and of all, the validator.

pub(crate) mod plans;
pub(crate) mod throttle;
pub(crate) mod validate;

use self::plans::UsagePlan;
use self::throttle::{RouteThrottles, Throttle};
use self::validate::RequestValidator;
use crate::observe::Exchange;
use crate::refusal::{Refusal, Refused};
use crate::request::{Call, Passed};
#[cfg(feature = "authorizers")]
use crate::rules::Decision;

/// What a gateway asks of requests. As it is made, it asks nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Admission {
    #[cfg(feature = "authorizers")]
    pub(crate) guard: Option<crate::Guard>,
    pub(crate) plans: Vec<UsagePlan>,
    /// Whether the authorizer names the API key.
    #[cfg(feature = "authorizers")]
    pub(crate) key_of_authorizer: bool,
    pub(crate) throttle: Option<Throttle>,
    pub(crate) route_throttles: RouteThrottles,
    pub(crate) validator: RequestValidator,
}

impl Admission {
    /// Lets a request pass, or refuses it as AWS does. `passed` has what was found out until then.
    #[cfg_attr(
        not(feature = "authorizers"),
        expect(clippy::unused_async, unused_variables, reason = "only authorizers are waited for")
    )]
    pub(crate) async fn admit(&self, call: &Call<'_>, passed: &mut Passed, exchange: &Exchange) -> Result<(), Refused> {
        #[cfg(feature = "authorizers")]
        if let Some(guard) = of_rule(call).or(self.guard.as_ref()) {
            guard.admit(call, passed, exchange).await?;
        }
        if !self.plans.is_empty() {
            let key = self.api_key(call, passed)?;
            plans::admit(&self.plans, &key, call)?;
            passed.api_key = Some(key);
        }
        let matched = &call.accepted.matched;
        if let Some(throttle) = self.route_throttles.find(matched) {
            throttle.admit(None, Some(matched))?;
        }
        if let Some(throttle) = &self.throttle {
            throttle.admit(None, None)?;
        }
        self.validator.admit(call)
    }

    /// The API key of a request: that of its header, or the one that the authorizer names.
    #[cfg_attr(
        not(feature = "authorizers"),
        expect(unused_variables, clippy::unused_self, reason = "only authorizers name keys")
    )]
    fn api_key(&self, call: &Call<'_>, passed: &Passed) -> Result<String, Refused> {
        #[cfg(feature = "authorizers")]
        if self.key_of_authorizer {
            let reason = "the authorizer names no API key in `usageIdentifierKey`";
            let named = passed.usage_key.clone().filter(|key| !key.is_empty());
            return named.ok_or_else(|| Refused::new(Refusal::UnknownKey, reason));
        }
        let sent = call.parts.headers.get("x-api-key").and_then(|key| key.to_str().ok()).filter(|key| !key.is_empty());
        let reason = "the header `X-API-Key` is missing or empty";
        sent.map(str::to_owned).ok_or_else(|| Refused::new(Refusal::UnknownKey, reason))
    }
}

/// The authorizer of the rule of a listener that sends the request here: it is asked instead of that of the gateway.
#[cfg(feature = "authorizers")]
fn of_rule<'a>(call: &Call<'a>) -> Option<&'a crate::Guard> {
    call.parts.extensions.get::<Decision>()?.action().own_guard()
}
