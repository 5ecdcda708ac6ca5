//! The app: every request is answered with itself, except those that bring a plan.

use std::{
    net::SocketAddr,
    time::{Duration, UNIX_EPOCH},
};

use axum::{
    Json, Router,
    extract::{ConnectInfo, Request},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, request::Parts};
use serde_json::{Value, json};
use sippycup::{
    BackgroundTasks, BasePath, ClientIp, EventSource, LambdaContext, PathParameters, PublicUri, RequestContext,
    StageVariables,
};

use crate::plan;

/// Any method, any path.
pub(crate) fn app() -> Router {
    Router::new().fallback(any)
}

#[expect(clippy::too_many_arguments, reason = "it shows everything there is to extract")]
async fn any(
    source: Option<EventSource>,
    base_path: BasePath,
    public_uri: Option<PublicUri>,
    client_ip: Option<ClientIp>,
    stage_variables: StageVariables,
    path_parameters: PathParameters,
    context: Option<RequestContext>,
    lambda: Option<LambdaContext>,
    tasks: Option<BackgroundTasks>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = match axum::body::to_bytes(body, usize::MAX).await {
        Ok(body) => body,
        Err(error) => return (http::StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    if parts.uri.path().ends_with("/__respond") {
        return plan::follow(&body, lambda, tasks).await;
    }
    let mut seen = seen(&parts, &body);
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    seen.extend([
        ("source".to_owned(), source.map_or("local", EventSource::as_str).into()),
        ("base_path".to_owned(), base_path.as_str().into()),
        ("public_uri".to_owned(), public_uri.map(|uri| uri.to_string()).into()),
        ("client_ip".to_owned(), client_ip.map(|ip| ip.ip().to_string()).into()),
        ("connect_info".to_owned(), peer.map(|ConnectInfo(peer)| peer.to_string()).into()),
        ("stage_variables".to_owned(), pairs(stage_variables.iter())),
        ("path_parameters".to_owned(), pairs(path_parameters.iter())),
        ("lambda_request_id".to_owned(), lambda.as_ref().map(LambdaContext::request_id).into()),
        ("lambda".to_owned(), lambda.as_ref().map(invocation).into()),
    ]);
    // The context goes out as its own text, so that nothing about it can change on the way.
    match context {
        Some(context) => {
            let seen = serde_json::to_string(&seen).unwrap_or_default();
            let seen = seen.strip_suffix('}').unwrap_or_default();
            let json = format!("{seen},\"request_context\":{}}}", context.json().get());
            ([(http::header::CONTENT_TYPE, "application/json")], json).into_response()
        }
        None => {
            seen.insert("request_context".to_owned(), Value::Null);
            Json(seen).into_response()
        }
    }
}

/// What `http` alone says.
fn seen(parts: &Parts, body: &Bytes) -> serde_json::Map<String, Value> {
    let seen = json!({
        "method": parts.method.as_str(),
        "uri": parts.uri.to_string(),
        "path": parts.uri.path(),
        "query": parts.uri.query(),
        "version": format!("{:?}", parts.version),
        "headers": headers(&parts.headers),
        "body_base64": base64_simd::STANDARD.encode_to_string(body),
    });
    match seen {
        Value::Object(seen) => seen,
        _ => serde_json::Map::new(),
    }
}

/// What Lambda says about the invocation.
fn invocation(context: &LambdaContext) -> Value {
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let deadline = context.deadline().and_then(|deadline| deadline.duration_since(UNIX_EPOCH).ok());
    json!({
        "request_id": context.request_id(),
        "deadline_ms": deadline.map(millis),
        "remaining_ms": context.remaining().map(millis),
        "arn": context.invoked_function_arn(),
        "trace_id": context.trace_id(),
        "tenant_id": context.tenant_id(),
    })
}

fn headers(headers: &HeaderMap) -> Vec<[String; 2]> {
    headers.iter().map(|(name, value)| [name.as_str().to_owned(), text(value)]).collect()
}

/// UTF-8, or one character for each byte.
fn text(value: &HeaderValue) -> String {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().iter().map(|byte| char::from(*byte)).collect(),
    }
}

fn pairs<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Value {
    pairs.map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    async fn answer(request: http::Request<Body>) -> (http::response::Parts, Bytes) {
        let (parts, body) = app().oneshot(request).await.unwrap().into_parts();
        (parts, body.collect().await.unwrap().to_bytes())
    }

    #[tokio::test]
    async fn shows_a_request_off_lambda() {
        let request = http::Request::post("/items/a%20b?q=1")
            .header("x-tag", "1")
            .header("x-tag", HeaderValue::from_bytes(b"caf\xe9").unwrap())
            .body(Body::from("hi"))
            .unwrap();
        let (parts, body) = answer(request).await;
        assert_eq!(parts.status, 200);
        let seen: Value = serde_json::from_slice(&body).unwrap();
        let expected = json!({
            "method": "POST", "uri": "/items/a%20b?q=1", "path": "/items/a%20b", "query": "q=1", "version": "HTTP/1.1",
            "headers": [["x-tag", "1"], ["x-tag", "café"]], "body_base64": "aGk=", "source": "local", "base_path": "",
            "public_uri": null, "client_ip": null, "connect_info": null, "stage_variables": {}, "path_parameters": {}, "request_context": null,
            "lambda_request_id": null, "lambda": null,
        });
        assert_eq!(seen, expected);
    }

    #[tokio::test]
    async fn follows_a_plan() {
        let plan = r#"{"status":201,"headers":[["set-cookie","a=1"],["set-cookie","b=2"],["x-latin","caf\u00e9"]],"body_base64":"aGk=","chunks_ms":0}"#;
        let (parts, body) = answer(http::Request::post("/a/__respond").body(Body::from(plan)).unwrap()).await;
        assert_eq!(parts.status, 201);
        assert_eq!(parts.headers.get_all("set-cookie").iter().count(), 2);
        assert_eq!(parts.headers["x-latin"].as_bytes(), b"caf\xe9");
        assert_eq!(body, "hi");
    }

    #[tokio::test]
    async fn a_plan_may_fail_after_some_bytes() {
        let plan = r#"{"status":200,"body_base64":"aGVsbG8=","fail_after":2}"#;
        let response = app().oneshot(http::Request::post("/__respond").body(Body::from(plan)).unwrap()).await.unwrap();
        let mut body = response.into_body();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "he");
        assert!(body.frame().await.unwrap().unwrap_err().to_string().contains("after 2 bytes"));
    }
}
