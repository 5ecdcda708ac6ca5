//! tower-http's middleware, boxed services, services with a body of their own.

use std::{convert::Infallible, time::Duration};

use axum::{Router, body::Body as AxumBody, routing::any};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body::Body as _;
use serde_json::{Value, json};
use sippycup::{Body, BoxError, SippyCupLayer};
use tower::{Layer, ServiceBuilder, ServiceExt, service_fn, util::BoxCloneSyncService};
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer, cors::CorsLayer, limit::RequestBodyLimitLayer,
    map_request_body::MapRequestBodyLayer, normalize_path::NormalizePathLayer, trace::TraceLayer,
};

use crate::support::{answer, bytes_of, fixture, fixture_value};

fn router() -> Router {
    Router::new()
        .route("/panic", any(async || -> String { panic!("on purpose") }))
        .route("/text", any(async || "text ".repeat(100)))
        .route("/body", any(async |body: Bytes| body))
}

fn to(method: &str, path: &str) -> Value {
    let mut event = fixture_value("http_api_2/form_body");
    event["rawPath"] = path.into();
    event["requestContext"]["http"]["method"] = method.into();
    if method != "POST" {
        event["body"] = Value::Null;
        event["headers"]["content-length"] = "0".into();
    }
    event
}

#[tokio::test]
async fn a_stack_of_tower_http_runs_as_it_is() {
    let stack = ServiceBuilder::new()
        .layer(TraceLayer::new_for_http())
        .layer(CatchPanicLayer::new())
        .layer(CorsLayer::permissive())
        .layer(CompressionLayer::new())
        .layer(NormalizePathLayer::trim_trailing_slash())
        .layer(RequestBodyLimitLayer::new(4))
        .service(router());

    let trimmed = answer(stack.clone(), to("GET", "/text/").to_string()).await;
    assert_eq!(trimmed["body"], "text ".repeat(100));
    assert_eq!(trimmed["headers"]["access-control-allow-origin"], "*");

    let panicked = answer(stack.clone(), to("GET", "/panic").to_string()).await;
    assert_eq!(panicked["statusCode"], 500);

    let refused = answer(stack.clone(), to("POST", "/body").to_string()).await;
    assert_eq!(refused["statusCode"], 413);

    let mut preflight = to("OPTIONS", "/text");
    preflight["headers"]["origin"] = "https://shop.example".into();
    preflight["headers"]["access-control-request-method"] = "PUT".into();
    let allowed = answer(stack.clone(), preflight.to_string()).await;
    assert_eq!((&allowed["statusCode"], &allowed["body"]), (&json!(200), &json!("")));
    assert_eq!(allowed["headers"]["access-control-allow-methods"], "*");

    let mut zipped = to("GET", "/text");
    zipped["headers"]["accept-encoding"] = "gzip".into();
    let zipped = answer(stack, zipped.to_string()).await;
    assert_eq!((&zipped["isBase64Encoded"], &zipped["headers"]["content-encoding"]), (&json!(true), &json!("gzip")));
    let bytes = STANDARD.decode(zipped["body"].as_str().unwrap()).unwrap();
    assert!(bytes.starts_with(b"\x1f\x8b") && bytes.len() < 100);
}

#[tokio::test]
async fn errors_of_towers_own_middleware_fail_the_invocation() {
    let slow = service_fn(async |_: Request<Body>| {
        std::future::pending::<()>().await;
        Ok::<_, Infallible>(Response::new(String::new()))
    });
    let stack = ServiceBuilder::new().timeout(Duration::ZERO).service(slow);
    let error = bytes_of(SippyCupLayer::new(), stack, fixture("alb/multi")).await.unwrap_err();
    assert!(error.is_service());
    assert!(std::error::Error::source(&error).unwrap().is::<tower::timeout::error::Elapsed>());

    // Who wants an answer makes one.
    let fails = service_fn(async |_: Request<Body>| Err::<Response<String>, BoxError>("no".into()));
    let handled = fails.then(async |result: Result<Response<String>, BoxError>| {
        Ok::<_, BoxError>(result.unwrap_or_else(|error| {
            Response::builder().status(StatusCode::BAD_GATEWAY).body(error.to_string()).unwrap()
        }))
    });
    let seen = answer(handled, fixture("alb/multi")).await;
    assert_eq!((&seen["statusCode"], &seen["body"]), (&json!(502), &json!("no")));
}

#[tokio::test]
async fn a_boxed_service_is_a_service() {
    let boxed: BoxCloneSyncService<Request<Body>, Response<AxumBody>, Infallible> = BoxCloneSyncService::new(router());
    assert_eq!(answer(boxed, to("POST", "/body").to_string()).await["body"], "a=1&b=2");
}

#[tokio::test]
async fn a_service_fixed_on_another_body_takes_one_line() {
    let fixed = service_fn(async |request: Request<AxumBody>| {
        assert_eq!(request.body().size_hint().exact(), Some(7));
        let body = axum::body::to_bytes(request.into_body(), 100).await.unwrap();
        Ok::<_, Infallible>(Response::new(AxumBody::from(body)))
    });
    let mapped = MapRequestBodyLayer::new(AxumBody::new).layer(fixed);
    assert_eq!(answer(mapped, fixture("http_api_2/form_body")).await["body"], "a=1&b=2");
    let mapped = fixed.map_request(|request: Request<Body>| request.map(AxumBody::new));
    assert_eq!(answer(mapped, fixture("http_api_2/form_body")).await["body"], "a=1&b=2");
}

#[tokio::test]
async fn the_request_body_says_its_exact_size_and_ends() {
    let app = service_fn(async |request: Request<Body>| {
        let size = request.body().size_hint().exact();
        let end = request.body().is_end_stream();
        Ok::<_, Infallible>(Response::new(format!("{size:?} {end}")))
    });
    assert_eq!(answer(app, fixture("http_api_2/form_body")).await["body"], "Some(7) false");
    assert_eq!(answer(app, fixture("alb/health_check")).await["body"], "Some(0) true");
}

#[tokio::test]
async fn any_method_reaches_the_app() {
    let app = service_fn(async |request: Request<Body>| {
        let method: &Method = request.method();
        let response = Response::builder().header(header::ALLOW, method.as_str());
        Ok::<_, Infallible>(response.body(String::new()).unwrap())
    });
    for method in ["GET", "HEAD", "PROPFIND", "M-SEARCH", "get"] {
        assert_eq!(answer(app, to(method, "/").to_string()).await["headers"]["allow"], method);
    }
}
