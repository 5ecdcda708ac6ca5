//! Answers of the app, and how they are sent.

use sippycup_core::ProxyResponse;

#[cfg(feature = "local")]
use crate::after::Finish;
use crate::{LambdaContext, runtime_api::Outgoing};

/// An answer, complete or streamed.
pub(crate) trait Answer: Send + 'static {
    /// Whether the front door must let answers be streamed.
    #[cfg(feature = "local")]
    const STREAMED: bool;

    /// For the Runtime API.
    fn into_outgoing(self, context: &LambdaContext) -> Outgoing;

    /// For the local gateway. `finish` goes when the answer is complete.
    #[cfg(feature = "local")]
    fn into_local(self, finish: Finish) -> sippycup_gateway::Answer;
}

impl Answer for ProxyResponse {
    #[cfg(feature = "local")]
    const STREAMED: bool = false;

    fn into_outgoing(self, _: &LambdaContext) -> Outgoing {
        Outgoing::Whole(self.into_bytes())
    }

    #[cfg(feature = "local")]
    fn into_local(self, _: Finish) -> sippycup_gateway::Answer {
        self.into_bytes().into()
    }
}
