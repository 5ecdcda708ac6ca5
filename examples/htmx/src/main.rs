//! A site that the server renders, with htmx, below any base path. Run with `cargo run -p htmx`.

use axum::{
    Form, Router,
    http::{HeaderMap, HeaderName},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use serde::Deserialize;
use sippycup::{BasePath, ServeError, SippyCupLayer};

#[cfg(test)]
mod tests;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ServeError> {
    sippycup::serve(app()).layer(layer()).await
}

/// htmx goes where this header says, and it is a path of the app like a `Location`.
fn layer() -> SippyCupLayer {
    SippyCupLayer::new().rewrite_headers([HX_REDIRECT])
}

fn app() -> Router {
    Router::new().route("/", get(index)).route("/greet", get(greet).post(sign))
}

/// Links inside of a page are the app's own: one `<base>` takes all of them below the base path.
async fn index(base: BasePath) -> Html<String> {
    let root = base.join("/");
    Html(format!(
        r##"<!doctype html><title>Guests</title><base href="{root}"><script src="https://unpkg.com/htmx.org@2"></script>
<button hx-get="greet" hx-target="#here">Greet</button><p id="here"></p>
<form hx-post="greet" method="post" action="greet"><input name="name" required><button>Sign</button></form>"##
    ))
}

async fn greet() -> &'static str {
    "Hello."
}

#[derive(Deserialize)]
struct Guest {
    name: String,
}

/// With htmx a header, without it a redirect: both lead to the same page.
async fn sign(headers: HeaderMap, Form(guest): Form<Guest>) -> Response {
    let page = if guest.name.is_empty() { "/" } else { "/greet" };
    if headers.contains_key(HX_REQUEST) {
        ([(HX_REDIRECT, page)]).into_response()
    } else {
        Redirect::to(page).into_response()
    }
}

const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");
const HX_REQUEST: HeaderName = HeaderName::from_static("hx-request");
