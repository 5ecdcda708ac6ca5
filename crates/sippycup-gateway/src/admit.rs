//! What a request passes on its way to the function, in AWS's order: the authorizer, API keys with their plans, the throttles of the route and of all, the validator.

use crate::Verdict;
use crate::config::Config;
use crate::encode::Call;
use crate::identity::Authorizer;
use crate::plans;
use crate::refusal::{Refusal, Refused};

/// What was found out about a request that may go on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Passed {
    pub(crate) authorizer: Option<Authorizer>,
    pub(crate) api_key: Option<String>,
    /// The API key that the authorizer names.
    #[cfg(feature = "authorizers")]
    pub(crate) usage_key: Option<String>,
    /// What the authorizer said, if there is one, also about a request that may not go on.
    pub(crate) verdict: Option<Verdict>,
}

impl Config {
    /// Lets a request pass, or refuses it as AWS does. `passed` has what was found out until then.
    #[cfg_attr(not(feature = "authorizers"), expect(clippy::unused_async, reason = "only authorizers are waited for"))]
    pub(crate) async fn admit(&self, call: &Call<'_>, passed: &mut Passed) -> Result<(), Refused> {
        #[cfg(feature = "authorizers")]
        if let Some(guard) = call.guard.or(self.guard.as_ref()) {
            guard.admit(call, passed).await?;
        }
        if !self.plans.is_empty() {
            let key = self.api_key(call, passed)?;
            plans::admit(&self.plans, &key, call)?;
            passed.api_key = Some(key);
        }
        if let Some(throttle) = self.route_throttles.find(call.matched) {
            throttle.admit(None, Some(call.matched))?;
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
        let sent = call.headers.get("x-api-key").and_then(|key| key.to_str().ok()).filter(|key| !key.is_empty());
        let reason = "the header `X-API-Key` is missing or empty";
        sent.map(str::to_owned).ok_or_else(|| Refused::new(Refusal::UnknownKey, reason))
    }
}
