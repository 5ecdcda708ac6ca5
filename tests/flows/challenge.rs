//! A page behind a password of HTTP's own.

use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use http::Method;

use crate::{browser::Browser, same::same_everywhere};

fn app() -> Router {
    Router::new().route("/", get(page))
}

async fn page(headers: HeaderMap) -> Response {
    // ferris:hunter42
    if headers.get(header::AUTHORIZATION).is_some_and(|sent| sent == "Basic ZmVycmlzOmh1bnRlcjQy") {
        return "welcome".into_response();
    }
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Basic realm=\"cups\"")], "who?").into_response()
}

async fn visit(browser: &mut Browser) {
    assert_eq!(browser.get("/").await.status, 401);
    let password = [("authorization", "Basic ZmVycmlzOmh1bnRlcjQy")];
    assert_eq!(browser.send(Method::GET, "/", &password, b"").await.text(), "welcome");
}

#[test]
fn a_challenge_is_answered_with_a_password() {
    same_everywhere(app, &visit);
}
