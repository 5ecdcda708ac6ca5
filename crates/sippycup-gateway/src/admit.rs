//! What a request passes on its way to the function, in AWS's order: the authorizer, API keys with their plans, the throttle of the stage, the validator.

use crate::Verdict;
use crate::config::Config;
use crate::encode::Call;
use crate::identity::Authorizer;
use crate::plans;
use crate::refusal::Refused;

/// What was found out about a request that may go on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Passed {
    pub(crate) authorizer: Option<Authorizer>,
    pub(crate) api_key: Option<String>,
    /// What the authorizer said, if there is one, also about a request that may not go on.
    pub(crate) verdict: Option<Verdict>,
}

impl Config {
    /// Lets a request pass, or refuses it as AWS does. `passed` has what was found out until then.
    #[cfg_attr(not(feature = "authorizers"), expect(clippy::unused_async, reason = "only authorizers are waited for"))]
    pub(crate) async fn admit(&self, call: &Call<'_>, passed: &mut Passed) -> Result<(), Refused> {
        #[cfg(feature = "authorizers")]
        if let Some(guard) = &self.guard {
            passed.authorizer = guard.admit(call, &mut passed.verdict).await?;
        }
        if !self.plans.is_empty() {
            let key = call.headers.get("x-api-key").and_then(|key| key.to_str().ok());
            passed.api_key = Some(plans::admit(&self.plans, key, &self.location.stage)?);
        }
        if let Some(throttle) = &self.throttle {
            throttle.admit()?;
        }
        self.validator.admit(call)
    }
}
