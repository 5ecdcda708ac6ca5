//! The middleware as tower sees it.

use std::{
    convert::Infallible,
    error::Error as _,
    future,
    net::IpAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use sippycup::{
    BasePath, BinaryPolicy, Body, BoxError, ClientIp, Error, EventError, EventFuture, EventOptions, EventService,
    EventSource, InvalidBasePath, Pairs, PathParameters, ProxyEvent, ProxyResponse, PublicUri, RequestContext,
    ResponseError, ResponseFormat, ResponseFuture, SippyCup, SippyCupLayer, StageVariables, StreamFuture, StreamedBody,
    Streaming,
};
use sippycup_gateway::{Fault, Function, FunctionError, Gateway, GatewayBuilder, Server};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_test::mock;

use crate::support::{block_on, fixture};

type Mock = mock::Mock<Request<Body>, Response<Full<Bytes>>>;
type Handle = mock::Handle<Request<Body>, Response<Full<Bytes>>>;

fn mocked() -> (SippyCup<Mock>, Handle) {
    let (mock, handle) = mock::pair();
    (SippyCupLayer::new().layer(mock), handle)
}

/// Asks for readiness as any caller does: without a word about which of several services it means.
fn ready<Q, T: Service<Q>>(service: &mut T) -> Poll<Result<(), T::Error>> {
    let ready = pin!(service.ready());
    ready.poll(&mut Context::from_waker(std::task::Waker::noop())).map_ok(drop)
}

#[test]
fn readiness_is_the_apps() {
    let (mut service, mut handle) = mocked();
    let mut by_event = service.clone().into_event_service();
    let mut streaming = service.clone().into_streaming();
    let mut streaming_by_event = service.clone().into_streaming().into_event_service();
    handle.allow(0);
    assert!(ready(&mut service).is_pending());
    assert!(ready(&mut by_event).is_pending());
    assert!(ready(&mut streaming).is_pending());
    assert!(ready(&mut streaming_by_event).is_pending());
    handle.allow(4);
    assert!(matches!(ready(&mut service), Poll::Ready(Ok(()))));
    assert!(matches!(ready(&mut by_event), Poll::Ready(Ok(()))));
    assert!(matches!(ready(&mut streaming), Poll::Ready(Ok(()))));
    assert!(matches!(ready(&mut streaming_by_event), Poll::Ready(Ok(()))));
}

#[test]
fn an_app_that_fails_to_get_ready_is_a_failed_service() {
    let (mut service, mut handle) = mocked();
    handle.send_error("never again");
    let Poll::Ready(Err(error)) = ready(&mut service) else { panic!("it must fail") };
    assert!(error.is_service());
    assert_eq!(error.source().unwrap().to_string(), "never again");
}

#[tokio::test]
async fn the_app_gets_the_request_and_its_response_is_the_answer() {
    let (service, mut handle) = mocked();
    let app = async {
        let (request, respond) = handle.next_request().await.unwrap();
        assert_eq!(request.uri().path(), "/orders/7%20b");
        assert_eq!(request.method(), "PATCH");
        respond.send_response(Response::new(Full::from("done")));
    };
    let answer = service.oneshot(fixture("rest_api/mapped_domain"));
    let (answer, ()) = tokio::join!(answer, app);
    assert_eq!(serde_json::from_slice::<Value>(&answer.unwrap()).unwrap()["body"], "done");
}

#[tokio::test]
async fn an_app_that_fails_keeps_its_error_as_the_source() {
    let (service, mut handle) = mocked();
    let app = async {
        let (_, respond) = handle.next_request().await.unwrap();
        respond.send_error("broken");
    };
    let (answer, ()) = tokio::join!(service.oneshot(fixture("alb/single")), app);
    let error = answer.unwrap_err();
    assert!(error.is_service() && !error.is_event() && !error.is_body() && !error.is_response());
    assert!(error.as_event().is_none());
    assert_eq!(error.to_string(), "service failed");
    assert_eq!(error.source().unwrap().to_string(), "broken");
}

#[tokio::test]
async fn an_event_that_is_none_never_reaches_the_app() {
    let called = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&called);
    let app = service_fn(move |_: Request<Body>| {
        counter.fetch_add(1, Ordering::Relaxed);
        future::ready(Ok::<_, Infallible>(Response::new(String::new())))
    });
    for event in [fixture("not_http/sqs"), Bytes::from("{"), Bytes::from(r#"{"httpMethod":"GET","requestContext":{}}"#)]
    {
        let error = SippyCup::new(app.clone()).oneshot(event).await.unwrap_err();
        assert!(error.is_event() && !error.is_service());
        assert_eq!(error.as_event().unwrap().to_string(), error.to_string());
        assert!(error.to_string().starts_with("cannot decode event: "));
        assert!(error.source().is_none(), "its text must not stand twice in a chain");
    }
    assert_eq!(called.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_response_that_no_format_can_write_is_an_error_of_its_own() {
    let app = service_fn(async |_: Request<Body>| {
        let response =
            (0..513).fold(Response::builder(), |response, n| response.header("set-cookie", format!("c{n}=1")));
        Ok::<_, Infallible>(response.body(String::new()).unwrap())
    });
    let error = SippyCup::new(app).oneshot(fixture("alb/single")).await.unwrap_err();
    assert!(error.is_response() && !error.is_service());
    assert!(error.to_string().starts_with("cannot encode response: "), "{error}");
}

#[test]
#[should_panic(expected = "polled after completion")]
fn a_future_polled_after_its_end_says_so() {
    let mut service =
        SippyCup::new(service_fn(|_: Request<Body>| future::ready(Ok::<_, Infallible>(Response::new(String::new())))));
    let mut answer = pin!(service.call(fixture("not_http/sqs")));
    let mut cx = Context::from_waker(std::task::Waker::noop());
    assert!(answer.as_mut().poll(&mut cx).is_ready());
    let _panics = answer.poll(&mut cx);
}

#[tokio::test]
async fn an_event_that_its_caller_read_is_answered_with_a_response() {
    let app = service_fn(async |request: Request<Body>| {
        Ok::<_, Infallible>(Response::new(request.extensions().get::<u8>().map_or(0, |n| *n).to_string()))
    });
    let mut event: ProxyEvent = serde_json::from_slice(&fixture("alb/single")).unwrap();
    assert_eq!(event.source(), Some(EventSource::LoadBalancer));
    event.extensions_mut().insert(7_u8);
    let answer: ProxyResponse = SippyCup::new(app).into_event_service().oneshot(event).await.unwrap();
    let value = serde_json::to_value(&answer).unwrap();
    assert_eq!(value["body"], "7");
    assert_eq!(serde_json::to_vec(&answer).unwrap(), answer.as_bytes());
}

#[test]
fn what_the_event_gives_counts_whatever_was_put_into_its_extensions() {
    let event = r#"{"httpMethod":"GET","path":"/","stageVariables":{},"requestContext":{}}"#;
    let replaced = |event: &mut ProxyEvent| *event.extensions_mut() = http::Extensions::new();
    let foreign = |event: &mut ProxyEvent| {
        event.extensions_mut().insert(EventSource::VpcLattice);
        event.extensions_mut().insert(BasePath::from_static("/other"));
        event.extensions_mut().insert(StageVariables::from_iter([("other", "event")]));
        event.extensions_mut().insert(PathParameters::from_iter([("other", "event")]));
    };
    let foreign_base_path = |event: &mut ProxyEvent| _ = event.extensions_mut().insert(BasePath::from_static("/other"));
    let foreign_variables =
        |event: &mut ProxyEvent| _ = event.extensions_mut().insert(StageVariables::from_iter([("other", "event")]));
    for change in [replaced as fn(&mut ProxyEvent), foreign, foreign_base_path, foreign_variables] {
        let mut event = ProxyEvent::from_bytes(event).unwrap();
        change(&mut event);
        event.extensions_mut().insert("the invocation's own");
        let request = event.into_request(&EventOptions::default()).unwrap();
        let extensions = request.extensions();
        assert_eq!(extensions.get::<EventSource>(), Some(&EventSource::RestApi));
        assert_eq!(extensions.get::<BasePath>(), Some(&BasePath::ROOT));
        assert!(extensions.get::<StageVariables>().unwrap().is_empty());
        assert!(extensions.get::<PathParameters>().unwrap().is_empty());
        assert_eq!(extensions.get::<&str>(), Some(&"the invocation's own"));
    }
}

#[tokio::test]
async fn a_pinned_source_takes_every_event_for_its_own() {
    let app = service_fn(async |request: Request<Body>| {
        Ok::<_, Infallible>(Response::new(request.extensions().get::<EventSource>().unwrap().to_string()))
    });
    let event = Bytes::from(r#"{"httpMethod":"GET","path":"/x","requestContext":{}}"#);
    for source in [EventSource::RestApi, EventSource::HttpApi, EventSource::LoadBalancer] {
        let answer = SippyCupLayer::new().source(source).layer(app).oneshot(event.clone()).await.unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&answer).unwrap()["body"], source.as_str());
    }
    let pinned = SippyCupLayer::new().source(EventSource::VpcLattice).layer(app);
    assert!(pinned.oneshot(fixture("not_http/sqs")).await.unwrap_err().is_event());
}

#[tokio::test]
async fn a_base_path_is_where_the_layer_looks_for_it() {
    let app = service_fn(async |request: Request<Body>| {
        let base = request.extensions().get::<BasePath>().unwrap();
        Ok::<_, Infallible>(Response::new(format!("{base} {}", request.uri())))
    });
    let event = Bytes::from_static(
        br#"{"httpMethod":"GET","path":"/shop/x","resource":"/shop/{proxy+}","pathParameters":{"proxy":"x"},"requestContext":{}}"#,
    );
    let shop = BasePath::from_static("/shop");
    for (layer, wanted) in [
        (SippyCupLayer::new(), " /shop/x"),
        (SippyCupLayer::new().base_path(shop.clone()), "/shop /x"),
        (SippyCupLayer::new().base_path_fallback(shop), "/shop /x"),
        (SippyCupLayer::new().mount_at_resource(true), "/shop /x"),
    ] {
        let answer = layer.layer(app).oneshot(event.clone()).await.unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&answer).unwrap()["body"], wanted);
    }
}

#[tokio::test]
async fn the_client_is_the_hop_that_was_trusted() {
    let app = service_fn(async |request: Request<Body>| {
        let ip = request.extensions().get::<ClientIp>().map(|ip| ip.ip().to_string());
        Ok::<_, Infallible>(Response::new(ip.unwrap_or_default()))
    });
    for (hops, client) in [(0, ""), (1, "192.0.2.44"), (2, "203.0.113.9"), (3, "")] {
        let layer = SippyCupLayer::new().forwarded_hops(hops);
        let answer = layer.layer(app).oneshot(fixture("alb/multi")).await.unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&answer).unwrap()["body"], client);
    }
}

#[tokio::test]
async fn it_stacks_with_other_layers_on_either_side() {
    let app = service_fn(async |_: Request<Body>| Ok::<_, BoxError>(Response::new("x".to_owned())));
    let stack = ServiceBuilder::new()
        .load_shed()
        .concurrency_limit(1)
        .layer(SippyCupLayer::new().binary_policy(BinaryPolicy::default().base64_for(["*/*"])))
        .map_response(|mut response: Response<String>| {
            *response.status_mut() = StatusCode::ACCEPTED;
            response
        })
        .service(app);
    let answer: Bytes = stack.oneshot(fixture("alb/single")).await.unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!((answer["statusCode"].as_u64(), answer["body"].as_str()), (Some(202), Some("eA==")));
}

#[tokio::test]
async fn the_app_can_be_reached_and_taken_back() {
    let mut service = SippyCupLayer::default().layer(5);
    *service.get_mut() += 1;
    assert_eq!(*service.get_ref(), 6);
    assert_eq!(service.clone().into_inner(), 6);
}

#[test]
fn everything_is_what_a_runtime_asks_for() {
    fn is<T: Clone + Send + Sync + Unpin + 'static>() {}
    fn shared<T: Send + Sync + Unpin + 'static>() {}
    fn sent<T: Send>() {}
    type Ready = future::Ready<Result<Response<Full<Bytes>>, Infallible>>;
    is::<SippyCup<Body>>();
    is::<SippyCupLayer>();
    is::<Streaming<Body>>();
    is::<EventService<SippyCup<Body>>>();
    is::<EventService<Streaming<Body>>>();
    is::<Body>();
    is::<BasePath>();
    is::<BinaryPolicy>();
    is::<ClientIp>();
    is::<EventOptions>();
    is::<EventSource>();
    is::<InvalidBasePath>();
    is::<Pairs<'static>>();
    is::<PathParameters>();
    is::<ProxyResponse>();
    is::<PublicUri>();
    is::<RequestContext>();
    is::<ResponseFormat>();
    is::<StageVariables>();
    shared::<Error>();
    shared::<EventError>();
    shared::<ResponseError>();
    shared::<ProxyEvent>();
    shared::<StreamedBody<Body>>();
    sent::<ResponseFuture<Ready, Full<Bytes>>>();
    sent::<EventFuture<Ready, Full<Bytes>>>();
    sent::<StreamFuture<Ready>>();
    is::<Fault>();
    is::<Gateway<()>>();
    is::<GatewayBuilder>();
    is::<Function>();
    is::<FunctionError>();
    is::<Server>();
}

#[test]
fn values_of_an_event_are_equal_where_they_say_the_same() {
    assert_eq!(BasePath::try_from("shop".to_owned()), "/shop/".parse());
    assert_eq!(BasePath::try_from("a b"), BasePath::try_from("c?d".to_owned()));
    let uri = Uri::from_static("https://shop.example.com/items");
    assert_eq!(Uri::from(PublicUri::from(uri.clone())), uri);
    assert_eq!(PublicUri::from(uri.clone()), PublicUri::from(uri.clone()));
    assert_ne!(PublicUri::from(uri), PublicUri::from(Uri::from_static("https://shop.example.com/")));
    let ip = IpAddr::from([192, 0, 2, 1]);
    assert_eq!(IpAddr::from(ClientIp::from(ip)), ip);
}

#[test]
fn debug_output_keeps_the_events_secrets() {
    let event = ProxyEvent::from_bytes(
        r#"{"httpMethod":"GET","path":"/planted-secret","headers":{"authorization":"planted-secret"},
            "stageVariables":{"K":"planted-secret"},"pathParameters":{"p":"planted-secret"},
            "requestContext":{"authorizer":{"token":"planted-secret"}}}"#,
    )
    .unwrap();
    let mut shown = format!("{event:?}");
    let request = event.into_request(&EventOptions::default()).unwrap();
    let extensions = request.extensions();
    shown += &format!("{:?}", extensions.get::<RequestContext>().unwrap());
    shown += &format!("{:?}", extensions.get::<StageVariables>().unwrap());
    shown += &format!("{:?}", extensions.get::<StageVariables>().unwrap().iter());
    shown += &format!("{:?}", extensions.get::<PathParameters>().unwrap());
    assert!(!shown.contains("planted-secret"), "{shown}");
    assert!(shown.contains("RestApi"));
}

#[test]
fn a_request_body_is_made_of_what_tests_have_at_hand() {
    for body in [
        Body::from("hello"),
        Body::from("hello".to_owned()),
        Body::from(b"hello".to_vec()),
        Body::from(Bytes::from_static(b"hello")),
    ] {
        assert_eq!(block_on(body.collect()).unwrap().to_bytes(), "hello");
    }
    assert_eq!(block_on(Body::empty().collect()).unwrap().to_bytes(), "");
}
