//! The two calls that end an invocation. Polling for the next stays with `lambda_runtime`.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, uri::PathAndQuery};
use http_body_util::BodyExt;
use lambda_runtime::LambdaInvocation;
use lambda_runtime_api_client::{PooledClient, body::Body, build_request};
use sippycup_layer::BoxError;

use crate::failure::Failure;

/// A connection to the [Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). It
/// opens with the first answer, so that no SnapStart snapshot holds an open one.
#[derive(Clone)]
pub(crate) struct RuntimeApi(Arc<Connection>);

struct Connection {
    client: PooledClient,
    /// The headers that `lambda_runtime` sends with every request.
    headers: HeaderMap,
}

/// Which invocation an answer is for.
pub(crate) struct Invocation {
    request_id: String,
    /// Sent back unchanged: by it Lambda refuses answers to an invocation that has timed out.
    invocation_id: Option<HeaderValue>,
    pub(crate) trace_id: Option<HeaderValue>,
}

impl Invocation {
    pub(crate) fn new(invocation: &LambdaInvocation) -> Self {
        let (mut invocation_id, mut trace_id) = (None, None);
        // There are few headers: comparing each costs a third of looking up two names of this length.
        for (name, value) in &invocation.parts.headers {
            match name {
                _ if *name == INVOCATION_ID => invocation_id = Some(value.clone()),
                _ if *name == TRACE_ID => trace_id = Some(value.clone()),
                _ => {}
            }
        }
        Self { request_id: invocation.context.request_id.clone(), invocation_id, trace_id }
    }
}

impl RuntimeApi {
    /// Takes the address from the environment, which the caller has checked.
    pub(crate) fn new() -> Self {
        let template = build_request().body(());
        let headers = template.map(|request| request.into_parts().0.headers).unwrap_or_default();
        Self(Arc::new(Connection { client: PooledClient::builder().build(), headers }))
    }

    /// Sends the answer; `headers` are those of a streamed one.
    pub(crate) fn respond(
        &self,
        invocation: &Invocation,
        headers: &[(HeaderName, &'static str)],
        body: Body,
    ) -> impl Future<Output = Result<StatusCode, BoxError>> + Send + use<> {
        self.post(invocation, "response", headers, body)
    }

    /// Reports that there is no answer.
    pub(crate) async fn fail(&self, invocation: &Invocation, failure: &Failure) -> Result<(), BoxError> {
        let error_type = failure.error_type.as_str();
        tracing::error!(error_type, "invocation failed: {}", failure.message);
        self.post(invocation, "error", &[(ERROR_TYPE, error_type)], Body::from(failure.to_json())).await?;
        Ok(())
    }

    /// Not an `async fn`: the future, of which every invocation has one, would keep space for all this.
    fn post(
        &self,
        invocation: &Invocation,
        what: &'static str,
        headers: &[(HeaderName, &'static str)],
        body: Body,
    ) -> impl Future<Output = Result<StatusCode, BoxError>> + Send + use<> {
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        let map = request.headers_mut();
        map.reserve(self.0.headers.len() + headers.len() + 1);
        for (name, value) in &self.0.headers {
            map.append(name, value.clone());
        }
        for (name, value) in headers {
            map.append(name, HeaderValue::from_static(value));
        }
        if let Some(id) = &invocation.invocation_id {
            map.append(&INVOCATION_ID, id.clone());
        }
        let mut path = String::with_capacity(128);
        path.extend(["/2018-06-01/runtime/invocation/", &invocation.request_id, "/", what]);
        let reply = PathAndQuery::from_maybe_shared(Bytes::from(path)).map(|path| {
            *request.uri_mut() = path.into();
            self.0.client.call(request)
        });
        async move {
            let response = reply?.await?;
            let status = response.status();
            // The connection can only be used again after the reply was read.
            let body = response.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
            if !status.is_success() {
                let said = String::from_utf8_lossy(&body);
                tracing::error!(%status, "Runtime API refused the {what}: {said}");
            }
            Ok(status)
        }
    }
}

/// The type of the error; of a streamed answer a trailer.
pub(crate) const ERROR_TYPE: HeaderName = HeaderName::from_static("lambda-runtime-function-error-type");
const INVOCATION_ID: HeaderName = HeaderName::from_static("lambda-runtime-invocation-id");
const TRACE_ID: HeaderName = HeaderName::from_static("lambda-runtime-trace-id");
