//! A rate limit by the client's address, as limiters find it: in axum's `ConnectInfo`.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    http::{StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::{browser::Browser, same::same_everywhere};

type Clients = Arc<Mutex<BTreeMap<IpAddr, u32>>>;

fn app() -> Router {
    let limit = from_fn_with_state(Clients::default(), limit);
    Router::new().route("/", get(async || "hello")).layer(limit)
}

async fn limit(
    State(clients): State<Clients>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let count = *clients.lock().unwrap().entry(client.ip()).and_modify(|count| *count += 1).or_insert(1);
    if count > 2 {
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "60")], client.ip().to_string()).into_response();
    }
    next.run(request).await
}

async fn visit(browser: &mut Browser) {
    for status in [200, 200, 429, 429] {
        assert_eq!(browser.get("/").await.status, status);
    }
}

#[test]
fn a_rate_limit_knows_its_client() {
    same_everywhere(app, &visit);
}
