//! `run` and `serve` as a program writes them.

use std::{convert::Infallible, error::Error};

use axum::{Router, middleware::from_fn, routing::get};
use http::{Request, Response};
use sippycup::{
    App, BasePath, Body, BoxError, ServeError, SippyCupLayer,
    axum::AxumApp,
    gateway::{Gateway, Kind},
};
use tower::{Layer, service_fn};
use warp::Filter;

async fn ends_in_anyhow(app: impl App) -> anyhow::Result<()> {
    sippycup::run(app).await?;
    Ok(())
}

async fn ends_in_an_error_in_a_box(app: impl App) -> Result<(), Box<dyn Error>> {
    sippycup::serve(app).await?;
    Ok(())
}

async fn ends_in_a_box_error(app: impl App) -> Result<(), BoxError> {
    sippycup::serve(app).streaming().await?;
    Ok(())
}

async fn ends_in_its_own_error(app: impl App) -> Result<(), ServeError> {
    sippycup::run(app).await
}

#[test]
fn the_error_is_at_home_in_every_main() {
    let router = || Router::new().route("/", get(""));
    // Compiled, and not awaited: they would serve.
    drop(ends_in_anyhow(router()));
    drop(ends_in_an_error_in_a_box(router()));
    drop(ends_in_a_box_error(router()));
    drop(ends_in_its_own_error(router()));
}

#[test]
fn any_http_service_is_an_app() {
    fn is_app(_: &impl App) {}
    is_app(&Router::<()>::new());
    is_app(&service_fn(async |_: Request<Body>| Ok::<_, BoxError>(Response::new(String::new()))));
    is_app(&AxumApp::new(
        from_fn(async |_: axum::extract::Request, _: axum::middleware::Next| "").layer(Router::new()),
    ));
    is_app(&warp::service(warp::any().map(|| "")));
}

#[test]
fn every_state_of_the_builder_is_sent_and_shown() {
    fn sent(future: impl IntoFuture<IntoFuture: Send + 'static>) -> impl IntoFuture {
        future
    }
    let app = service_fn(async |_: Request<Body>| Ok::<_, Infallible>(Response::new(String::new())));
    let serve = sippycup::serve(app).layer(SippyCupLayer::new().base_path(BasePath::from_static("/shown")));
    assert!(format!("{serve:?}").contains("/shown"));
    let serve = serve.locally(Gateway::builder(Kind::RestApi)).streaming();
    let shown = format!("{serve:?}");
    assert!(shown.contains("/shown") && shown.contains("gateway: Some"), "{shown}");
    drop(sent(serve));
    assert_eq!(format!("{:?}", sippycup::serve(app).into_future()), "ServeFuture { .. }");
}
