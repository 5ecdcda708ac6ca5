//! Static files of tower-http's `ServeDir`: folders, ranges, conditions, and what is not there.

use axum::Router;
use http::{Method, header::LAST_MODIFIED};
use tower_http::services::{ServeDir, ServeFile};

use crate::{browser::Browser, same::same_everywhere};

fn app() -> Router {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/flows/files");
    let not_found = ServeFile::new(format!("{folder}/404.html"));
    Router::new()
        .nest_service("/assets", ServeDir::new(folder))
        .fallback_service(ServeDir::new(format!("{folder}/site")).not_found_service(not_found))
}

async fn visit(browser: &mut Browser) {
    let page = browser.get("/guide").await;
    assert_eq!(page.text(), "<title>The guide</title>\n", "a folder's address gets its slash, then its page");
    let page = browser.get("/").await;
    browser.click(&page, "guide").await;
    browser.get("/assets/pixel.png").await;
    browser.get("/assets/none.css").await;
    browser.get("/none").await;
    browser.get("/%2e%2e/404.html").await;

    let range = |range| [("range", range)];
    let page = browser.send(Method::GET, "/assets/pixel.png", &range("bytes=1-3"), b"").await;
    assert_eq!((page.status.as_u16(), &page.body[..]), (206, &b"PNG"[..]));
    browser.send(Method::GET, "/assets/pixel.png", &range("bytes=9000-"), b"").await;
    let modified = page.headers[LAST_MODIFIED].to_str().unwrap().to_owned();
    let condition = [("if-modified-since", &*modified)];
    assert_eq!(browser.send(Method::GET, "/assets/pixel.png", &condition, b"").await.status, 304);
    browser.send(Method::HEAD, "/assets/pixel.png", &[], b"").await;
    browser.send(Method::POST, "/assets/pixel.png", &[], b"x").await;
}

#[test]
fn static_files_are_served_in_whole_in_parts_and_not_at_all() {
    same_everywhere(app, &visit);
}
