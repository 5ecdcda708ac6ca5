//! A test that the inspector wrote runs as it is, before an app. The command's tests check that it still writes this one.

use axum::Router;
use sippycup::PublicUri;

fn app() -> Router {
    Router::new().fallback(async |uri: PublicUri| uri.into_uri().path().to_owned())
}

include!("../../crates/sippycup-cli/tests/it/inspect/exported.rs");
