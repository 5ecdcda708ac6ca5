//! A guest book: a form that checks what it gets, a redirect behind it, and a message for the page after.

use std::sync::{Arc, Mutex};

use axum::{
    Form, Router,
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use axum_extra::extract::cookie::{Cookie, CookieJar};
use serde::Deserialize;

use crate::{browser::Browser, same::same_everywhere};

#[derive(Deserialize)]
struct Entry {
    name: String,
    text: String,
}

type Entries = Arc<Mutex<Vec<Entry>>>;

fn app() -> Router {
    Router::new().route("/", get(book)).route("/sign", get(form).post(sign)).with_state(Entries::default())
}

async fn book(State(entries): State<Entries>, jar: CookieJar) -> impl IntoResponse {
    let message = jar.get("message").map_or("no message", Cookie::value).to_owned();
    let entries: Vec<_> =
        entries.lock().unwrap().iter().map(|entry| format!("{}: {}", entry.name, entry.text)).collect();
    // Shown once.
    (jar.remove(cookie(String::new())), Html(format!("{message}\n{}", entries.join("\n"))))
}

async fn form() -> Html<&'static str> {
    Html("<form method=\"post\"><input name=\"name\"><textarea name=\"text\"></textarea></form>")
}

async fn sign(State(entries): State<Entries>, jar: CookieJar, Form(entry): Form<Entry>) -> Response {
    if entry.name.is_empty() {
        return (StatusCode::UNPROCESSABLE_ENTITY, "a name is needed").into_response();
    }
    entries.lock().unwrap().push(entry);
    (jar.add(cookie("thanks".to_owned())), Redirect::to("/")).into_response()
}

fn cookie(message: String) -> Cookie<'static> {
    Cookie::build(("message", message)).path("/").build()
}

async fn visit(browser: &mut Browser) {
    browser.get("/sign").await;
    let page = browser.submit("/sign", "name=Zo%C3%AB+%26+co&text=a%0Ab%25+%E2%98%95").await;
    assert_eq!(page.text(), "thanks\nZoë & co: a\nb% ☕");
    browser.submit("/sign", "name=&text=x").await;
    browser.submit("/sign", "name=only").await;
    browser.get("/").await;
}

#[test]
fn a_form_is_read_checked_and_followed_by_a_page_with_a_message() {
    same_everywhere(app, &visit);
}
