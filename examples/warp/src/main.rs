//! A warp filter. Run with `cargo run -p hello-warp`, or deploy it.

use std::convert::Infallible;

use sippycup::{BasePath, ServeError};
use warp::{Filter, Rejection, Reply};

#[cfg(test)]
mod tests;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ServeError> {
    sippycup::run(warp::service(app())).await
}

fn app() -> impl Filter<Extract = (impl Reply,), Error = Rejection> + Clone {
    let hello = warp::path!("hello" / String).and(warp::get()).map(|name| format!("Hello, {name}!"));
    let link = warp::path!("link").and(warp::get()).and(base_path()).map(|base: BasePath| base.join("/hello/you"));
    let echo = warp::path!("echo").and(warp::post()).and(warp::body::bytes()).map(Vec::<u8>::from);
    hello.or(link).or(echo)
}

/// What SippyCup put into the request's extensions; the root where it did not, as under plain hyper.
fn base_path() -> impl Filter<Extract = (BasePath,), Error = Infallible> + Clone {
    warp::ext::optional().map(Option::unwrap_or_default)
}
