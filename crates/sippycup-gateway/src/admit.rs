//! What a request passes on its way to the function, in AWS's order: the authorizer first.

use crate::Verdict;
use crate::config::Config;
use crate::encode::Call;
use crate::identity::Authorizer;
use crate::refusal::Refused;

/// What was found out about a request that may go on.
#[derive(Debug, Default)]
pub(crate) struct Passed {
    pub(crate) authorizer: Option<Authorizer>,
}

impl Config {
    /// Lets a request pass, or refuses it as AWS does. `verdict` is what the authorizer said, if there is one.
    #[cfg_attr(not(feature = "authorizers"), expect(clippy::unused_async, reason = "only authorizers are waited for"))]
    pub(crate) async fn admit(&self, call: &Call<'_>, verdict: &mut Option<Verdict>) -> Result<Passed, Refused> {
        let mut passed = Passed::default();
        #[cfg(feature = "authorizers")]
        if let Some(guard) = &self.guard {
            passed.authorizer = guard.admit(call, verdict).await?;
        }
        let _ = (&mut passed, call, verdict);
        Ok(passed)
    }
}
