//! An API that describes itself, and a page that fetches the description and calls what it names.

use axum::{Json, Router, extract::Path, http::StatusCode, response::Html, routing::get};
use serde_json::{Value, json};
use sippycup::BasePath;

use crate::{browser::Browser, same::same_everywhere};

fn app() -> Router {
    Router::new()
        .route("/docs/", get(async || Html("<a href=\"../openapi.json\">the API</a>")))
        .route("/openapi.json", get(description))
        .route("/cups/{id}", get(cup))
}

/// Paths are as the routes have them, behind the server's address.
async fn description(base: BasePath) -> Json<Value> {
    Json(json!({
        "openapi": "3.1.0",
        "info": {"title": "Cups", "version": "1"},
        "servers": [{"url": base.join("/")}],
        "paths": {"/cups/{id}": {"get": {"responses": {"200": {"description": "One cup."}}}}},
    }))
}

async fn cup(Path(id): Path<u32>) -> Result<Json<Value>, StatusCode> {
    if id == 7 { Ok(Json(json!({"id": id, "name": "☕"}))) } else { Err(StatusCode::NOT_FOUND) }
}

async fn visit(browser: &mut Browser) {
    let docs = browser.get("/docs/").await;
    let description: Value = serde_json::from_slice(&browser.click(&docs, "the API").await.body).unwrap();
    let server = description["servers"][0]["url"].as_str().unwrap();
    assert_eq!(server, format!("{}/", browser.door().base()));
    for path in description["paths"].as_object().unwrap().keys() {
        assert_eq!(browser.get(&path.replace("{id}", "7")).await.text(), "{\"id\":7,\"name\":\"☕\"}");
        browser.get(&path.replace("{id}", "8")).await;
        browser.get(&path.replace("{id}", "x")).await;
    }
}

#[test]
fn an_api_describes_paths_that_are_there() {
    same_everywhere(app, &visit);
}
