//! A login of axum-login: who is not logged in is sent to the form and comes back to where they were.

use std::convert::Infallible;

use axum::{
    Form, Router,
    extract::Query,
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use axum_login::{AuthManagerLayerBuilder, AuthSession, AuthUser, AuthnBackend, login_required};
use serde::Deserialize;
use tower_sessions::{MemoryStore, SessionManagerLayer};

use crate::{browser::Browser, same::same_everywhere};

#[derive(Clone, Debug)]
struct User;

impl AuthUser for User {
    type Id = u32;

    fn id(&self) -> u32 {
        7
    }

    fn session_auth_hash(&self) -> &[u8] {
        b"hunter42"
    }
}

#[derive(Clone)]
struct Backend;

#[derive(Clone, Deserialize)]
struct Credentials {
    password: String,
    next: Option<String>,
}

impl AuthnBackend for Backend {
    type User = User;
    type Credentials = Credentials;
    type Error = Infallible;

    async fn authenticate(&self, credentials: Credentials) -> Result<Option<User>, Infallible> {
        Ok((credentials.password == "hunter42").then_some(User))
    }

    async fn get_user(&self, id: &u32) -> Result<Option<User>, Infallible> {
        Ok((*id == User.id()).then_some(User))
    }
}

fn app() -> Router {
    let sessions = SessionManagerLayer::new(MemoryStore::default());
    Router::new()
        .route("/", get(async || "the members' page"))
        .route("/papers/{name}", get(async || "a members' paper"))
        .route_layer(login_required!(Backend, login_url = "/login"))
        .route("/login", get(form).post(login))
        .route("/logout", get(logout))
        .layer(AuthManagerLayerBuilder::new(Backend, sessions).build())
}

#[derive(Deserialize)]
struct Next {
    next: Option<String>,
}

async fn form(Query(Next { next }): Query<Next>) -> Html<String> {
    Html(format!("<input name=\"next\" value=\"{}\">", next.unwrap_or_default()))
}

async fn login(mut session: AuthSession<Backend>, Form(credentials): Form<Credentials>) -> Response {
    let next = credentials.next.clone().unwrap_or_else(|| "/".to_owned());
    let Some(user) = session.authenticate(credentials).await.unwrap() else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    session.login(&user).await.unwrap();
    Redirect::to(&next).into_response()
}

async fn logout(mut session: AuthSession<Backend>) -> Redirect {
    session.logout().await.unwrap();
    Redirect::to("/login")
}

async fn visit(browser: &mut Browser) {
    let page = browser.get("/papers/a%20b?page=2").await;
    let html = page.text();
    // With the base path, which the app was told: it is where the client must go.
    let next = html.split("value=\"").nth(1).unwrap().split('"').next().unwrap().replace('%', "%25");
    assert_eq!(browser.submit("/login", "password=guess").await.status, 401);
    let page = browser.submit("/login", &format!("password=hunter42&next={next}")).await;
    assert_eq!(page.text(), "a members' paper");
    assert_eq!(browser.get("/").await.text(), "the members' page");
    browser.get("/logout").await;
    browser.get("/").await;
    let page = browser.submit("/login", "password=hunter42").await;
    assert_eq!(page.text(), "the members' page");
}

#[test]
fn a_login_leads_back_to_the_page_that_asked_for_it() {
    same_everywhere(app, &visit);
}
