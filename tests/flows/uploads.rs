//! Files of any bytes, sent as a form's parts and as a body, and fetched again.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Multipart, Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use http::Method;

use crate::{browser::Browser, same::same_everywhere};

type Files = Arc<Mutex<BTreeMap<String, Bytes>>>;

fn app() -> Router {
    Router::new()
        .route("/files", post(parts))
        .route("/files/{name}", get(fetch).put(put))
        .layer(DefaultBodyLimit::max(100_000))
        .with_state(Files::default())
}

async fn parts(State(files): State<Files>, mut form: Multipart) -> Response {
    let mut report = String::new();
    loop {
        let part = match form.next_field().await {
            Ok(Some(part)) => part,
            Ok(None) => return (StatusCode::CREATED, report).into_response(),
            Err(error) => return error.into_response(),
        };
        let name = part.file_name().map(str::to_owned);
        let content = part.bytes().await.unwrap();
        report += &format!("{name:?}: {} bytes\n", content.len());
        files.lock().unwrap().insert(name.unwrap_or_default(), content);
    }
}

async fn put(State(files): State<Files>, Path(name): Path<String>, content: Bytes) -> StatusCode {
    files.lock().unwrap().insert(name, content);
    StatusCode::NO_CONTENT
}

async fn fetch(State(files): State<Files>, Path(name): Path<String>) -> Response {
    let files = files.lock().unwrap();
    let Some(content) = files.get(&name) else { return StatusCode::NOT_FOUND.into_response() };
    let disposition = format!("attachment; filename=\"{}\"", name.escape_default());
    ([(header::CONTENT_TYPE, "image/png"), (header::CONTENT_DISPOSITION, &disposition)], content.clone())
        .into_response()
}

async fn visit(browser: &mut Browser) {
    let all: Vec<u8> = (0..=255).collect();
    let mut form =
        b"--cut\r\ncontent-disposition: form-data; name=\"a\"; filename=\"caf\xc3\xa9.png\"\r\n\r\n".to_vec();
    form.extend_from_slice(&all);
    form.extend_from_slice(b"\r\n--cut\r\ncontent-disposition: form-data; name=\"b\"\r\n\r\ntext\r\n--cut--\r\n");
    let multipart = [("content-type", "multipart/form-data; boundary=cut")];
    let page = browser.send(Method::POST, "/files", &multipart, &form).await;
    assert_eq!(page.text(), "Some(\"café.png\"): 256 bytes\nNone: 4 bytes\n");
    assert_eq!(browser.get("/files/caf%C3%A9.png").await.body, all);

    let binary = [("content-type", "application/octet-stream")];
    browser.send(Method::PUT, "/files/b.bin", &binary, &all).await;
    assert_eq!(browser.get("/files/b.bin").await.body, all);
    assert_eq!(browser.send(Method::PUT, "/files/c", &binary, &vec![7; 100_001]).await.status, 413);
    assert_eq!(browser.send(Method::POST, "/files", &multipart, b"--cut\r\n").await.status, 400);
    browser.get("/files/none").await;
}

#[test]
fn files_arrive_whole_and_come_back_whole() {
    same_everywhere(app, &visit);
}
