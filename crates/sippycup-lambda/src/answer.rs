//! Answers of the app, and how they are sent.

use http::StatusCode;
use lambda_runtime_api_client::body::Body;
use sippycup_core::ProxyResponse;
use sippycup_layer::BoxError;

use crate::{
    failure::Failure,
    reply::{Invocation, RuntimeApi},
};

/// An answer, complete or streamed.
pub(crate) trait Answer: Send + 'static {
    /// Whether the front door must let answers be streamed.
    #[cfg(feature = "local")]
    const STREAMED: bool;

    /// Sends it to the Runtime API.
    fn send(self, api: &RuntimeApi, invocation: &Invocation) -> impl Future<Output = Result<(), BoxError>> + Send;

    /// Hands it to the local gateway.
    #[cfg(feature = "local")]
    fn into_local(self) -> sippycup_gateway::Answer;
}

impl Answer for ProxyResponse {
    #[cfg(feature = "local")]
    const STREAMED: bool = false;

    async fn send(self, api: &RuntimeApi, invocation: &Invocation) -> Result<(), BoxError> {
        let json = self.into_bytes();
        let length = json.len();
        let status = api.respond(invocation, &[], Body::from(json)).await?;
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            api.fail(invocation, &Failure::too_large(length)).await?;
        }
        Ok(())
    }

    #[cfg(feature = "local")]
    fn into_local(self) -> sippycup_gateway::Answer {
        self.into_bytes().into()
    }
}
