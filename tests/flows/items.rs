//! A JSON API: create, read, replace, delete, with locations and entity tags.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use http::Method;
use serde::{Deserialize, Serialize};

use crate::{browser::Browser, same::same_everywhere};

#[derive(Clone, Deserialize, Serialize)]
struct Item {
    name: String,
}

type Items = Arc<Mutex<BTreeMap<usize, Item>>>;

fn app() -> Router {
    Router::new()
        .route("/items", get(list).post(create))
        .route("/items/{id}", get(read).put(replace).delete(remove))
        .with_state(Items::default())
}

#[derive(Deserialize)]
struct Filter {
    #[serde(default)]
    name: String,
}

async fn list(State(items): State<Items>, Query(filter): Query<Filter>) -> Json<Vec<Item>> {
    Json(items.lock().unwrap().values().filter(|item| item.name.contains(&filter.name)).cloned().collect())
}

async fn create(State(items): State<Items>, Json(item): Json<Item>) -> impl IntoResponse {
    let mut items = items.lock().unwrap();
    let id = items.len() + 1;
    items.insert(id, item.clone());
    (StatusCode::CREATED, [(header::LOCATION, format!("/items/{id}"))], Json(item))
}

async fn read(State(items): State<Items>, Path(id): Path<usize>, headers: HeaderMap) -> Response {
    let items = items.lock().unwrap();
    let Some(item) = items.get(&id) else { return StatusCode::NOT_FOUND.into_response() };
    let tag = format!("\"{}\"", item.name.len());
    if headers.get(header::IF_NONE_MATCH).is_some_and(|seen| seen.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    ([(header::ETAG, tag)], Json(item.clone())).into_response()
}

async fn replace(State(items): State<Items>, Path(id): Path<usize>, Json(item): Json<Item>) -> StatusCode {
    items.lock().unwrap().insert(id, item);
    StatusCode::NO_CONTENT
}

async fn remove(State(items): State<Items>, Path(id): Path<usize>) -> StatusCode {
    if items.lock().unwrap().remove(&id).is_some() { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}

async fn visit(browser: &mut Browser) {
    let json = [("content-type", "application/json")];
    let page = browser.send(Method::POST, "/items", &json, "{\"name\":\"tea ☕\"}".as_bytes()).await;
    let location = page.headers[header::LOCATION].to_str().unwrap().to_owned();
    let own = location.strip_prefix(&browser.door().base()).unwrap().to_owned();
    assert_eq!(own, "/items/1");
    let page = browser.get(&own).await;
    let tag = page.headers[header::ETAG].to_str().unwrap().to_owned();
    assert_eq!(browser.send(Method::GET, &own, &[("if-none-match", &tag)], b"").await.status, 304);
    browser.send(Method::PUT, &own, &json, b"{\"name\":\"milk\"}").await;
    assert_eq!(browser.get("/items?name=il&x").await.text(), "[{\"name\":\"milk\"}]");
    assert_eq!(browser.get("/items?name=%E2%98%95").await.text(), "[]");
    browser.send(Method::HEAD, &own, &[], b"").await;
    browser.send(Method::DELETE, &own, &[], b"").await;
    browser.send(Method::DELETE, &own, &[], b"").await;
    browser.send(Method::POST, "/items", &json, b"{\"name\":").await;
    browser.send(Method::POST, "/items", &[], b"{}").await;
    browser.send(Method::PATCH, "/items", &json, b"{}").await;
    browser.get("/items/x").await;
}

#[test]
fn a_json_api_creates_reads_replaces_and_deletes() {
    same_everywhere(app, &visit);
}
