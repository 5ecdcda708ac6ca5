//! What the page asks for.

mod answer;
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

use http::{Method, Request, Response, StatusCode};
use serde_json::json;
use sippycup_gateway::Body;
use tower_service::Service;

use super::sender::Sender;
use super::store::Store;
use answer::{answer, json_of, parameter, said};
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
