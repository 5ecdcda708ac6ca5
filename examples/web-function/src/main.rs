//! One binary for every kind of compute: it says where it runs.

use axum::{Router, routing::get};
use sippycup::{ClientIp, EventSource, LambdaContext, ServeError};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ServeError> {
    sippycup::run(app()).await
}

fn app() -> Router {
    Router::new().route("/", get(whereabouts))
}

async fn whereabouts(
    source: Option<EventSource>,
    client: Option<ClientIp>,
    invocation: Option<LambdaContext>,
) -> String {
    let source = source.map_or("plain hyper", EventSource::as_str);
    let client = client.map_or("nobody knows whom".to_owned(), |client| client.ip().to_string());
    let request_id = invocation.as_ref().map_or("none", LambdaContext::request_id);
    format!("on {source}, called by {client}, request id {request_id}\n")
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use sippycup::{Body as RequestBody, SippyCup};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn says_where_it_runs() {
        let mut request = axum::http::Request::new(RequestBody::empty());
        let forwarded_for = axum::http::HeaderValue::from_static("198.51.100.1, 192.0.2.7");
        request.headers_mut().insert("x-forwarded-for", forwarded_for);
        let service = SippyCup::new(app()).into_http_service(EventSource::WebFunction);
        let body: Body = service.oneshot(request).await.unwrap().into_body();
        assert_eq!(to_bytes(body, 1024).await.unwrap(), "on web_function, called by 192.0.2.7, request id none\n");
    }
}
