//! Lambda's request id as tower-http's.

use http::Request;
use tower_http::request_id::{MakeRequestId, RequestId};

use crate::LambdaContext;

/// Has [`SetRequestIdLayer`](tower_http::request_id::SetRequestIdLayer) of tower-http take Lambda's request id, so that
/// `x-request-id` is what stands in Lambda's log lines.
///
/// A request that has the header keeps it, as with every such layer; a client can send one. Where there is no invocation, the
/// request gets none.
///
/// ```
/// use http::{Request, Response};
/// use sippycup_lambda::LambdaRequestId;
/// use tower::{ServiceBuilder, service_fn};
/// use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};
///
/// let app = service_fn(async |_: Request<String>| Ok::<_, std::convert::Infallible>(Response::new(String::new())));
/// let app = ServiceBuilder::new()
///     .layer(SetRequestIdLayer::x_request_id(LambdaRequestId))
///     .layer(PropagateRequestIdLayer::x_request_id())
///     .service(app);
/// # drop(app);
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "a unit struct is made by its name, as tower-http's own")]
pub struct LambdaRequestId;

impl MakeRequestId for LambdaRequestId {
    fn make_request_id<B>(&mut self, request: &Request<B>) -> Option<RequestId> {
        let id = request.extensions().get::<LambdaContext>()?.request_id();
        if id.is_empty() { None } else { id.parse().ok().map(RequestId::new) }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue, Response};
    use sippycup_layer::{Body, SippyCup};
    use tower::{ServiceBuilder, ServiceExt, service_fn};
    use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};

    use super::*;

    async fn answer(header: &str, context: Option<LambdaContext>) -> String {
        let app = service_fn(async |_: Request<Body>| Ok::<_, Infallible>(Response::new(String::new())));
        let app = ServiceBuilder::new()
            .layer(SetRequestIdLayer::x_request_id(LambdaRequestId))
            .layer(PropagateRequestIdLayer::x_request_id())
            .service(app);
        let event = format!(r#"{{"httpMethod":"GET","path":"/","headers":{{{header}}},"requestContext":{{}}}}"#);
        let mut event = sippycup_core::ProxyEvent::from_bytes(Bytes::from(event)).unwrap();
        if let Some(context) = context {
            event.extensions_mut().insert(context);
        }
        let answer = SippyCup::new(app).into_event_service().oneshot(event).await.unwrap();
        String::from_utf8(answer.as_bytes().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn the_id_of_the_request_is_lambdas_unless_it_has_one() {
        let mut headers = HeaderMap::new();
        headers.insert("lambda-runtime-aws-request-id", HeaderValue::from_static("8476a536"));
        let context = LambdaContext::from_headers(&headers);
        assert!(answer("", Some(context.clone())).await.contains(r#""x-request-id":["8476a536"]"#));
        assert!(answer(r#""x-request-id":"mine""#, Some(context)).await.contains(r#""x-request-id":["mine"]"#));
        for nobody in [None, Some(LambdaContext::from_headers(&HeaderMap::new()))] {
            assert!(!answer("", nobody).await.contains("x-request-id"));
        }
    }
}
