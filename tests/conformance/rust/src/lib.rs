//! The mirror as an axum app: every request is answered with itself, `…/__respond` as its body says.

use axum::{
    Router,
    body::{Body, Bytes},
    http::{Request, Response, StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Plan {
    #[serde(default)]
    status: u16,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    body_base64: String,
    #[serde(default)]
    panic: bool,
}

pub fn app() -> Router {
    Router::new().fallback(mirror)
}

async fn mirror(request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    if parts.uri.path().ends_with("/__respond") {
        return respond(&body);
    }
    let headers: Vec<_> = parts
        .headers
        .iter()
        .map(|(name, value)| [name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()])
        .collect();
    let seen = json!({
        "method": parts.method.as_str(), "path": parts.uri.path(), "query": parts.uri.query(), "headers": headers,
        "body_base64": STANDARD.encode(&body),
    });
    let answer = Response::builder().header(CONTENT_TYPE, "application/json");
    answer.body(seen.to_string().into()).unwrap_or_default()
}

fn respond(plan: &Bytes) -> Response<Body> {
    let plan: Plan = match serde_json::from_slice(plan) {
        Ok(plan) => plan,
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    assert!(!plan.panic, "the plan says panic");
    let mut answer = Response::builder().status(plan.status);
    for (name, value) in plan.headers {
        answer = answer.header(name, value);
    }
    answer.body(STANDARD.decode(plan.body_base64).unwrap_or_default().into()).unwrap_or_default()
}
