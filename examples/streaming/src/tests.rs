//! The app behind a function URL that streams, as `template.yaml` has it, and behind one that does not.

use std::time::Duration;

use axum::http::{Request, Response};
use http_body_util::BodyExt;
use sippycup::SippyCup;
use sippycup::gateway::{Body, Gateway, Kind};
use tower::ServiceExt;

use super::app;

async fn ask(streams: bool, path: &str, pause: Duration) -> Response<Body> {
    let gateway = Gateway::builder(Kind::FunctionUrl).response_streaming(streams);
    let request = Request::get(path).body(Body::empty()).unwrap();
    let app = SippyCup::new(app(pause));
    if streams {
        gateway.build(app.into_streaming()).unwrap().oneshot(request).await.unwrap()
    } else {
        gateway.build(app).unwrap().oneshot(request).await.unwrap()
    }
}

#[tokio::test]
async fn the_first_event_arrives_although_the_second_is_not_made_for_a_year() {
    let mut body = ask(true, "/count/2", Duration::from_secs(365 * 24 * 3600)).await.into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first, "data: 1\n\n");
}

#[tokio::test]
async fn all_events_arrive_with_or_without_streaming() {
    for streams in [true, false] {
        let response = ask(streams, "/count/3", Duration::ZERO).await;
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, "data: 1\n\ndata: 2\n\ndata: 3\n\n", "{streams}");
    }
}
