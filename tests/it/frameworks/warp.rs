//! warp: its service wants a body that is `Sync`.

use serde_json::{Value, json};
use warp::Filter;

use crate::support::{answer, fixture, fixture_value, http_fixtures};

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

#[tokio::test]
async fn a_limit_on_the_announced_length_works_behind_every_front_door() {
    let app = || {
        let limited = warp::any().and(warp::body::content_length_limit(3)).and(warp::body::bytes());
        warp::service(limited.map(|body: bytes::Bytes| http::Response::new(body)))
    };
    for name in http_fixtures() {
        for (body, base64, announced, status) in [
            ("abc", false, None, 200),
            ("YWJj", true, None, 200),
            // As long as before the front door put U+FFFD in place of what is not UTF-8.
            ("a\u{fffd}", false, Some("2"), 413),
            ("abcd", false, Some("1"), 413),
            ("abc", false, Some("+3"), 200),
            ("", false, Some("9"), 200),
        ] {
            let mut event = fixture_value(&name);
            // An event of a WebSocket has a method of its own type.
            event["httpMethod"] = "POST".into();
            for map in ["headers", "multiValueHeaders"] {
                if let Some(headers) = event[map].as_object_mut() {
                    let lists = map == "multiValueHeaders" || headers.values().any(Value::is_array);
                    headers.retain(|name, _| !name.eq_ignore_ascii_case("content-length"));
                    if let Some(length) = announced {
                        let value = if lists { json!([length]) } else { length.into() };
                        headers.insert("Content-Length".to_owned(), value);
                    }
                }
            }
            let flag = if event.get("is_base64_encoded").is_some() { "is_base64_encoded" } else { "isBase64Encoded" };
            (event["body"], event[flag]) = (body.into(), base64.into());
            if body.is_empty() && !event.to_string().contains("Content-Length") {
                continue;
            }
            assert_eq!(answer(app(), event.to_string()).await["statusCode"], status, "{name}: {body} {announced:?}");
        }
    }
}
