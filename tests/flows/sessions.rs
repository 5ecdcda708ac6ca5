//! Sessions of tower-sessions, with the cookie wherever an app may put it.

use axum::{
    Form, Router,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use serde::Deserialize;
use sippycup::SippyCupLayer;
use tower_sessions::{MemoryStore, Session, SessionManagerLayer};

use crate::{
    browser::Browser,
    same::{same_everywhere, same_with},
};

#[derive(Deserialize)]
struct User {
    name: String,
}

/// Pages for those who have said their name, and a session that ends.
fn app(cookie: fn(SessionManagerLayer<MemoryStore>) -> SessionManagerLayer<MemoryStore>) -> Router {
    Router::new()
        .route("/admin", get(home))
        .route("/admin/enter", get(async || "who are you?").post(enter))
        .route("/admin/leave", get(leave))
        .layer(cookie(SessionManagerLayer::new(MemoryStore::default())))
}

async fn home(session: Session) -> Response {
    let Some(name) = session.get::<String>("name").await.unwrap() else {
        return Redirect::to("/admin/enter").into_response();
    };
    let visits = session.get::<u32>("visits").await.unwrap().unwrap_or_default() + 1;
    session.insert("visits", visits).await.unwrap();
    format!("{name}, visit {visits}").into_response()
}

async fn enter(session: Session, Form(user): Form<User>) -> Redirect {
    session.cycle_id().await.unwrap();
    session.insert("name", user.name).await.unwrap();
    Redirect::to("/admin")
}

async fn leave(session: Session) -> Redirect {
    session.flush().await.unwrap();
    Redirect::to("/admin")
}

async fn visit(browser: &mut Browser) {
    browser.get("/admin").await;
    assert_eq!(browser.submit("/admin/enter", "name=ferris").await.text(), "ferris, visit 1");
    assert_eq!(browser.get("/admin").await.text(), "ferris, visit 2");
    assert_eq!(browser.get("/admin/leave").await.text(), "who are you?");
    assert_eq!(browser.get("/admin").await.text(), "who are you?");
}

#[test]
fn a_session_lasts_whose_cookie_is_for_the_whole_host() {
    same_everywhere(|| app(|cookie| cookie), &visit);
    // For the app alone, where several share the host.
    same_with(&rewriting(), || app(|cookie| cookie), &visit);
}

#[test]
fn a_session_lasts_whose_cookie_no_other_host_can_set() {
    let app = || app(|cookie| cookie.with_name("__Host-id"));
    same_everywhere(app, &visit);
    same_with(&rewriting(), app, &visit);
}

#[test]
fn a_session_lasts_whose_cookie_is_for_a_part_of_the_app() {
    let app = || app(|cookie| cookie.with_path("/admin"));
    same_everywhere(app, &visit);
    same_with(&rewriting(), app, &visit);
}

fn rewriting() -> SippyCupLayer {
    SippyCupLayer::new().rewrite_cookie_path(true)
}
