//! What the page asks for.

mod connections;
mod detail;
mod export;
mod guard;
mod list;
mod pages;
mod saw;
mod search;
mod send;
mod served;

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{SystemTime, UNIX_EPOCH};

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sippycup_gateway::Body;
use tower_service::Service;

use super::Sender;
use super::store::Store;
use guard::Guard;

/// The service behind the page.
#[derive(Clone, Debug)]
pub(super) struct Api {
    store: Store,
    sender: Sender,
    guard: Arc<Guard>,
}

impl Api {
    pub(super) fn new(store: Store, sender: Sender, allowed: &[String]) -> Self {
        Self { store, sender, guard: Arc::new(Guard::new(allowed)) }
    }

    async fn handle(self, request: Request<Body>) -> Response<Body> {
        if let Err(why) = self.guard.check(&request) {
            return said(StatusCode::FORBIDDEN, &why);
        }
        let path = request.uri().path().to_owned();
        let query = request.uri().query().unwrap_or_default().to_owned();
        let words: Vec<_> = path.split('/').skip(1).collect();
        match (request.method(), words.as_slice()) {
            (&Method::GET, ["api", "exchanges"]) => json_of(&list::changes(&self.store, &query).await),
            (&Method::GET, ["api", "search"]) => json_of(&search::search(&self.store, &query)),
            (&Method::GET, ["api", "served"]) => json_of(&served::served(&self.store)),
            (&Method::GET, ["api", "exchanges", id, rest @ ..]) => self.exchange(id, rest, &query),
            (&Method::POST, ["api", "send"]) => send::send(&self.store, &self.sender, request.into_body()).await,
            (&Method::GET, ["api", "connections"]) => json_of(&connections::changes(&self.store, &query).await),
            (&Method::POST, ["api", "connections"]) => {
                connections::act(&self.store, &self.sender, request.into_body()).await
            }
            (&Method::POST, ["api", "clear"]) => {
                self.store.clear();
                json_of(&json!({}))
            }
            (&Method::GET, _) => {
                pages::page(&path).unwrap_or_else(|| said(StatusCode::NOT_FOUND, "there is no such page"))
            }
            _ => said(
                StatusCode::METHOD_NOT_ALLOWED,
                "expected GET, or POST to /api/send, /api/connections or /api/clear",
            ),
        }
    }

    fn exchange(&self, id: &str, rest: &[&str], query: &str) -> Response<Body> {
        let secrets = parameter(query, "secrets") == Some("true");
        let state = self.store.state();
        let exchange = id.parse().ok().and_then(|id: u64| state.exchanges.get(&id));
        let Some(exchange) = exchange else { return said(StatusCode::NOT_FOUND, "this exchange is not kept any more") };
        match rest {
            [] => json_of(&detail::detail(exchange, secrets)),
            ["as", form] => match export::export(form, exchange, secrets) {
                Some(text) => answer("text/plain; charset=utf-8", text.into_bytes()),
                None => said(StatusCode::NOT_FOUND, "expected curl, rust or event, of an exchange that has it"),
            },
            _ => said(StatusCode::NOT_FOUND, "there is no such page"),
        }
    }
}

impl Service<Request<Body>> for Api {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let api = self.clone();
        Box::pin(async move { Ok(api.handle(request).await) })
    }
}

/// The value of a parameter of numbers and words, which need no escapes.
fn parameter<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

fn json_of(value: &Value) -> Response<Body> {
    answer("application/json", value.to_string().into_bytes())
}

/// What the page asks for, in JSON of so many bytes at most.
async fn wanted<T: DeserializeOwned>(body: Body, most: usize) -> Result<T, Response<Body>> {
    let Ok(body) = Limited::new(body, most).collect().await else {
        return Err(said(StatusCode::PAYLOAD_TOO_LARGE, &format!("expected no more than {} MB", most >> 20)));
    };
    serde_json::from_slice(&body.to_bytes()).map_err(|error| said(StatusCode::BAD_REQUEST, &error.to_string()))
}

/// Milliseconds since 1970.
fn millis(at: SystemTime) -> u64 {
    u64::try_from(at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}

fn said(status: StatusCode, why: &str) -> Response<Body> {
    let mut response = json_of(&json!({ "error": why }));
    *response.status_mut() = status;
    response
}

/// Every response says that nothing of it is for others: not for pages of other origins, not for frames, not for caches.
fn answer(content_type: &'static str, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("content-security-policy"), POLICY),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("x-frame-options"), "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The page is made of its own files alone; pictures of bodies are made by its script.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
