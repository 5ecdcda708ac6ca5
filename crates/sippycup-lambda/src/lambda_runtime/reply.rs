//! The two calls that end an invocation. `lambda_runtime` itself asks for the next one.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, uri::PathAndQuery};
use http_body_util::BodyExt;
use lambda_runtime_api_client::{PooledClient, body::Body, build_request};
use sippycup_layer::BoxError;

use crate::{
    LambdaContext,
    failure::Failure,
    log,
    runtime_api::{ERROR_TYPE, INVOCATION_ID, Outgoing, STREAMING},
};

/// A connection to the [Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). It
/// opens with the first answer, so none can go stale in a SnapStart snapshot.
#[derive(Clone)]
pub(super) struct RuntimeApi(Arc<Connection>);

struct Connection {
    client: PooledClient,
    /// The headers that `lambda_runtime` sends with every request.
    headers: HeaderMap,
}

impl RuntimeApi {
    /// Takes the address from the environment, which must have been checked.
    pub(super) fn new() -> Self {
        let template = build_request().body(());
        let headers = template.map(|request| request.into_parts().0.headers).unwrap_or_default();
        Self(Arc::new(Connection { client: PooledClient::builder().build(), headers }))
    }

    /// Sends the answer.
    pub(super) async fn respond(&self, context: &LambdaContext, answer: Outgoing) -> Result<(), BoxError> {
        let json = match answer {
            Outgoing::Pieces { .. } => {
                return self.post(context, "response", &STREAMING, Body::new(answer)).await.map(drop);
            }
            Outgoing::Whole(json) => json,
        };
        let length = json.len();
        let status = self.post(context, "response", &[], Body::from(json)).await?;
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            self.fail(context, &Failure::too_large(length)).await?;
        }
        Ok(())
    }

    /// Reports that there is no answer.
    pub(super) async fn fail(&self, context: &LambdaContext, failure: &Failure) -> Result<(), BoxError> {
        log::failed(failure, context);
        let headers = [(ERROR_TYPE, HeaderValue::from_static(failure.error_type.as_header()))];
        self.post(context, "error", &headers, Body::from(failure.to_json())).await?;
        Ok(())
    }

    /// Not `async` as a whole: the future, of which every invocation has one, need not have room for all this.
    fn post(
        &self,
        context: &LambdaContext,
        what: &'static str,
        headers: &[(HeaderName, HeaderValue)],
        body: Body,
    ) -> impl Future<Output = Result<StatusCode, BoxError>> + Send + use<> {
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        let map = request.headers_mut();
        map.clone_from(&self.0.headers);
        for (name, value) in headers {
            map.append(name, value.clone());
        }
        if let Some(id) = context.invocation_id() {
            map.append(INVOCATION_ID, id.clone());
        }
        let mut path = String::with_capacity(128);
        path.extend(["/2018-06-01/runtime/invocation/", context.request_id(), "/", what]);
        let reply = PathAndQuery::from_maybe_shared(Bytes::from(path)).map(|path| {
            *request.uri_mut() = path.into();
            self.0.client.call(request)
        });
        let context = context.clone();
        async move {
            let response = reply?.await?;
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
