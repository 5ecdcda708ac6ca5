//! The two calls that end an invocation. `lambda_runtime` itself asks for the next one.

use std::sync::Arc;

use http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::BodyExt;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use sippycup_layer::BoxError;

use super::streamed::Streamed;
use crate::{
    LambdaContext,
    failure::Failure,
    log,
    runtime_api::{ERROR_TYPE, Endpoint, INVOCATION_ID, Outgoing, STREAMING},
};

/// Connections to the [Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). The first opens
/// with the first answer, so none can go stale in a SnapStart snapshot.
pub(super) struct RuntimeApi {
    client: Client<HttpConnector, Outgoing>,
    endpoint: Arc<Endpoint>,
}

impl RuntimeApi {
    pub(super) fn new(endpoint: Arc<Endpoint>) -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http(), endpoint }
    }

    /// Sends the answer.
    pub(super) async fn respond(&self, context: &LambdaContext, answer: Outgoing) -> Result<(), BoxError> {
        let json = match answer {
            Outgoing::Pieces { .. } => {
                let answer = Outgoing::pieces(Box::pin(Streamed::new(answer, context)));
                return self.post(context, "response", &STREAMING, answer).await.map(drop);
            }
            Outgoing::Whole(json) => json,
        };
        let length = json.len();
        let status = self.post(context, "response", &[], Outgoing::Whole(json)).await?;
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            self.fail(context, &Failure::too_large(length)).await?;
        }
        Ok(())
    }

    /// Reports that there is no answer.
    pub(super) async fn fail(&self, context: &LambdaContext, failure: &Failure) -> Result<(), BoxError> {
        log::failed(failure, context);
        let headers = [(ERROR_TYPE, HeaderValue::from_static(failure.error_type.as_header()))];
        self.post(context, "error", &headers, Outgoing::Whole(failure.to_json().into())).await?;
        Ok(())
    }

    /// Not `async` as a whole: the future, of which every invocation has one, need not have room for all this.
    fn post<'c>(
        &self,
        context: &'c LambdaContext,
        what: &'static str,
        headers: &[(HeaderName, HeaderValue)],
        body: Outgoing,
    ) -> impl Future<Output = Result<StatusCode, BoxError>> + Send + use<'c> {
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.endpoint.uri_of(context.request_id(), what);
        let map = request.headers_mut();
        for (name, value) in headers {
            map.append(name, value.clone());
        }
        if let Some(id) = context.invocation_id() {
            map.append(INVOCATION_ID, id.clone());
        }
        let reply = self.client.request(request);
        async move {
            let response = reply.await?;
            let status = response.status();
            // The connection can only be used again when the answer was read.
            let body = response.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
            if !status.is_success() {
                let said = String::from_utf8_lossy(&body);
                log::warn(
                    context.request_id(),
                    format_args!("the Runtime API refused the {what} with {status}: {said}"),
                );
            }
            Ok(status)
        }
    }
}
