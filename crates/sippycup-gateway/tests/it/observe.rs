//! Whoever looks on sees every step of an exchange, in order, and how it ended.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::BodyExt;
use sippycup_gateway::{
    Body, BoxError, Domain, End, ExchangeNumber, Fault, Function, Gateway, GatewayBuilder, Kind, Moment, Observed, Step,
};
use tower::{Service, service_fn};

use crate::scripted::command_line;
use crate::streams::{Body as Script, failure, with};
use crate::support::{answering, ask, get, text};

/// What somebody saw, one word for each step.
#[derive(Clone, Default)]
struct Seen {
    steps: Arc<Mutex<Vec<(u64, String)>>>,
}

impl Seen {
    fn watch(&self, builder: GatewayBuilder) -> GatewayBuilder {
        let steps = Arc::clone(&self.steps);
        builder.observer(move |exchange, step| steps.lock().unwrap().push((exchange, word(step))))
    }

    /// The steps of all exchanges, and forgets them.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.steps.lock().unwrap()).into_iter().map(|(_, step)| step).collect()
    }
}

fn word(step: Step<'_>) -> String {
    let shown = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
    match step {
        Step::Request(parts) => format!("request {} {}", parts.method, parts.uri),
        Step::Routed { domain, mapping, stage, route, path } => {
            format!("routed {domain} {} {} {route} {path}", mapping.unwrap_or("-"), stage.unwrap_or("-"))
        }
        Step::RequestPiece(piece) => format!("has {}", shown(piece)),
        Step::RequestBody(body) => format!("body {}", shown(body)),
        Step::Event(event) => {
            let event: serde_json::Value = serde_json::from_slice(event).unwrap();
            format!("event {}", event.as_object().unwrap().contains_key("requestContext"))
        }
        Step::Answer(json) => format!("answer {}", shown(json)),
        Step::Streaming { prelude } => format!("streaming {prelude}"),
        Step::AnswerPiece(piece) => format!("piece {}", shown(piece)),
        Step::Failed(error) => format!("failed {error}"),
        Step::Response(parts) => format!("response {}{}", parts.status.as_u16(), fault(parts)),
        Step::ResponsePiece(piece) => format!("sent {}", shown(piece)),
        Step::End(End::Whole) => "whole".to_owned(),
        Step::End(End::Broken(error)) => format!("broken {error}"),
        Step::End(End::Abandoned) => "abandoned".to_owned(),
        other => panic!("{other:?}"),
    }
}

fn fault(parts: &http::response::Parts) -> String {
    parts.extensions.get::<Fault>().map(|fault| format!(" {fault}")).unwrap_or_default()
}

#[tokio::test]
async fn each_step_is_told_once_and_in_order() {
    let seen = Seen::default();
    let domain = Domain::new("api.example.com").mapping("shop");
    let builder = seen.watch(Gateway::builder(Kind::RestApi).stage("dev").domain(domain).route("POST /items/{id}"));
    let answer = r#"{"statusCode":201,"body":"made"}"#;
    let gateway = builder.build(answering(answer)).unwrap();
    let request =
        Request::post("/shop/items/7").header("host", "api.example.com").body(Bytes::from_static(b"new")).unwrap();
    assert_eq!(text(ask(gateway, request).await).await, "made");
    assert_eq!(
        seen.take(),
        [
            "request POST /shop/items/7",
            "routed api.example.com shop dev POST /items/{id} /items/7",
            "body new",
            "event true",
            &format!("answer {answer}"),
            "response 201",
            "sent made",
            "whole",
        ]
    );
}

#[tokio::test]
async fn what_is_refused_ends_with_its_reason() {
    let seen = Seen::default();
    let gateway = seen.watch(Gateway::builder(Kind::RestApi)).build(answering("{}")).unwrap();
    text(ask(gateway, get("/elsewhere")).await).await;
    let steps = seen.take();
    assert_eq!(steps.first().unwrap(), "request GET /elsewhere");
    assert!(steps[1].starts_with("response 403 `/elsewhere` is under no stage"), "{steps:?}");
    assert_eq!(steps[2..], [r#"sent {"message":"Forbidden"}"#, "whole"]);
}

#[tokio::test]
async fn a_function_that_fails_is_told_before_the_response() {
    let seen = Seen::default();
    let function = service_fn(async |_: Bytes| Err::<Bytes, BoxError>("no disk".into()));
    let gateway = seen.watch(Gateway::builder(Kind::HttpApiV2)).build(function).unwrap();
    text(ask(gateway, get("/")).await).await;
    let steps = seen.take();
    assert_eq!(steps[4..6], ["failed no disk", "response 500 the function failed: no disk"], "{steps:?}");
}

#[tokio::test]
async fn a_response_without_a_body_ends_although_nobody_reads_it() {
    let seen = Seen::default();
    let gateway = seen.watch(Gateway::builder(Kind::HttpApiV2)).build(answering(r#"{"statusCode":204}"#)).unwrap();
    let response = ask(gateway, get("/")).await;
    assert_eq!(seen.take().last().unwrap(), "whole");
    drop(response);
    assert!(seen.take().is_empty());
}

#[tokio::test]
async fn pieces_of_a_stream_are_told_as_they_pass() {
    let seen = Seen::default();
    let builder = seen.watch(Gateway::builder(Kind::FunctionUrl).response_streaming(true));
    let script = Script::of(["one", "two"]).then(Frame::trailers(failure()));
    let (gateway, path) = with(builder, script);
    let mut body = ask(gateway, get(&path)).await.into_body();
    assert!(seen.take().contains(&"streaming true".to_owned()));
    for word in ["one", "two"] {
        body.frame().await.unwrap().unwrap();
        assert_eq!(seen.take(), [format!("piece {word}"), format!("sent {word}")]);
    }
    body.frame().await.unwrap().unwrap_err();
    assert_eq!(seen.take(), ["broken App.Error: no disk"]);
}

#[tokio::test]
async fn a_client_that_goes_away_is_told_before_and_while_the_response_comes() {
    let seen = Seen::default();
    let builder = || seen.watch(Gateway::builder(Kind::FunctionUrl).response_streaming(true));
    let (gateway, path) = with(builder(), Script::of(["one"]).then_nothing());
    let mut body = ask(gateway, get(&path)).await.into_body();
    body.frame().await.unwrap().unwrap();
    seen.take();
    drop(body);
    assert_eq!(seen.take(), ["abandoned"]);

    let hangs = service_fn(async |_: Bytes| std::future::pending::<Result<Bytes, BoxError>>().await);
    let mut response = Box::pin(ask(builder().build(hangs).unwrap(), get("/")));
    assert!(tokio::time::timeout(std::time::Duration::ZERO, &mut response).await.is_err());
    drop(response);
    assert_eq!(seen.take().last().unwrap(), "abandoned");
}

#[tokio::test]
async fn another_service_is_observed_too_and_nothing_is_told_after_the_end() {
    let seen = Seen::default();
    let steps = Arc::clone(&seen.steps);
    let told = move |exchange, step: Step<'_>| steps.lock().unwrap().push((exchange, word(step)));
    // It answers before it has read the request.
    let (bodies, mut unread) = tokio::sync::mpsc::unbounded_channel();
    let service = service_fn(move |request: Request<Body>| {
        let (parts, body) = request.into_parts();
        assert!(parts.extensions.get::<ExchangeNumber>().unwrap().get() > 0);
        bodies.send(body).unwrap();
        async { Ok::<_, std::convert::Infallible>(Response::new(Body::from("early"))) }
    });
    let mut observed = Observed::new(service, told);
    let request = |body: &'static str| Request::post("/items").body(Body::from(body)).unwrap();
    let response = observed.call(request("one")).await.unwrap();
    unread.recv().await.unwrap().collect().await.unwrap();
    assert_eq!(text(response).await, "early");
    assert_eq!(seen.take(), ["request POST /items", "response 200", "has one", "sent early", "whole"]);
    let response = observed.call(request("two")).await.unwrap();
    text(response).await;
    unread.recv().await.unwrap().collect().await.unwrap();
    assert_eq!(seen.take(), ["request POST /items", "response 200", "sent early", "whole"]);
}

#[tokio::test]
async fn invocations_are_told_with_their_exchange_and_lines_with_their_environment() {
    let seen = Seen::default();
    let moments = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&moments);
    let mut command = command_line().into_iter();
    let function = Function::builder().report(|_| {}).observer(move |moment| {
        told.lock().unwrap().push(match moment {
            Moment::Started { process, .. } => format!("Started {}", process.is_some()),
            Moment::Queued { exchange, .. } => format!("Queued {}", exchange.is_some()),
            Moment::Invoked { cold, .. } => format!("Invoked {cold}"),
            Moment::Line { line, .. } => format!("Line {line}"),
            other => format!("{other:?}").split(' ').next().unwrap().to_owned(),
        });
    });
    let function = function.env("SCRIPT", "say:hello").spawn(command.next().unwrap(), command).unwrap();
    let gateway = seen.watch(Gateway::builder(Kind::HttpApiV2)).build(function.clone()).unwrap();
    for path in ["/one", "/two"] {
        assert_eq!(text(ask(gateway.clone(), get(path)).await).await, path);
    }
    function.stop().await;
    let told = moments.lock().unwrap();
    let of = |word: &str| told.iter().filter(|moment| moment.starts_with(word)).cloned().collect::<Vec<_>>();
    assert_eq!(of("Start"), ["Starting", "Started true"], "{told:?}");
    assert_eq!(of("Ready"), ["Ready"]);
    assert_eq!(of("Queued"), ["Queued true", "Queued true"]);
    assert_eq!(of("Invoked"), ["Invoked true", "Invoked false"]);
    assert_eq!(of("Answered").len(), 2);
    assert!(of("Line").contains(&"Line hello".to_owned()), "{told:?}");
    assert_eq!(told.last().unwrap(), "Ended", "{told:?}");
}
