//! warp: its service wants a body that is `Sync`.

use serde_json::json;
use warp::Filter;

use crate::support::{answer, fixture, fixture_value};

#[tokio::test]
async fn a_filter_is_an_app() {
    let hello = warp::path!("hello" / String)
        .and(warp::query::<Vec<(String, String)>>())
        .map(|name: String, query: Vec<(String, String)>| format!("Hello, {name}! {query:?}"));
    let echo = warp::post().and(warp::body::bytes()).map(|body: bytes::Bytes| {
        http::Response::builder().header("x-length", body.len()).body(body.to_vec()).unwrap()
    });
    let app = warp::service(hello.or(echo));

    let mut event = fixture_value("http_api_2/default_stage");
    event["rawPath"] = "/hello/warp".into();
    event["rawQueryString"] = "a=1&a=2".into();
    let seen = answer(app, event.to_string()).await;
    assert_eq!(seen["body"], r#"Hello, warp! [("a", "1"), ("a", "2")]"#);

    let seen = answer(app, fixture("http_api_2/form_body")).await;
    assert_eq!((&seen["body"], &seen["headers"]["x-length"]), (&json!("a=1&b=2"), &json!("7")));

    event["requestContext"]["http"]["method"] = "PUT".into();
    event["rawPath"] = "/nowhere".into();
    assert_eq!(answer(app, event.to_string()).await["statusCode"], 405);
}
