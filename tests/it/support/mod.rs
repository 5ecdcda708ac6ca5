//! Loads fixtures, drives an app with one event, and shows requests as text.

pub(crate) mod recorded;

use std::{fmt::Write as _, fs, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use serde_json::Value;
use sippycup::{
    BasePath, BinaryPolicy, Body, BoxError, ClientIp, Error, EventError, EventOptions, EventSource, PathParameters,
    ProxyEvent, PublicUri, RequestContext, SippyCupLayer, StageVariables,
};
use tower::{Layer, Service, ServiceExt};

/// One event of `fixtures/`, without its ending: `alb/multi`.
pub(crate) fn fixture(name: &str) -> Bytes {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(format!("{name}.json"));
    Bytes::from(fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// The same as a value that can be changed.
pub(crate) fn fixture_value(name: &str) -> Value {
    serde_json::from_slice(&fixture(name)).unwrap()
}

/// The fixtures of one folder, by name.
pub(crate) fn fixtures_in(folder: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder);
    let mut names: Vec<_> = fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| format!("{folder}/{}", path.file_stem().unwrap().to_str().unwrap()))
        .collect();
    names.sort();
    assert!(!names.is_empty());
    names
}

/// The fixtures that are HTTP.
pub(crate) fn http_fixtures() -> Vec<String> {
    ["alb", "function_url", "http_api_1", "http_api_2", "rest_api", "vpc_lattice", "web_socket"]
        .into_iter()
        .flat_map(fixtures_in)
        .collect()
}

/// The request that an event becomes.
pub(crate) fn try_request(event: impl Into<Bytes>, options: &EventOptions) -> Result<Request<Bytes>, EventError> {
    ProxyEvent::from_bytes(event)?.into_request(options)
}

/// The same for an event that must become one, with the default options.
#[track_caller]
pub(crate) fn request(event: impl Into<Bytes>) -> Request<Bytes> {
    try_request(event, &EventOptions::default()).unwrap()
}

/// Why an event does not become a request.
#[track_caller]
pub(crate) fn refusal(event: impl Into<Bytes>) -> String {
    try_request(event, &EventOptions::default()).unwrap_err().to_string()
}

/// The values of a header as text.
#[track_caller]
pub(crate) fn values<'h>(headers: &'h HeaderMap, name: &str) -> Vec<&'h str> {
    headers.get_all(name).iter().map(|value| std::str::from_utf8(value.as_bytes()).unwrap()).collect()
}

/// The base path that the app would find.
pub(crate) fn base<B>(request: &Request<B>) -> &str {
    request.extensions().get::<BasePath>().unwrap().as_str()
}

/// The public URI, if there is one.
pub(crate) fn public<B>(request: &Request<B>) -> Option<String> {
    request.extensions().get::<PublicUri>().map(ToString::to_string)
}

/// A request as text: what HTTP says, then what only the extensions say.
pub(crate) fn text(request: &Request<Bytes>) -> String {
    let mut out = format!("{} {} {:?}\n", request.method(), request.uri(), request.version());
    for (name, value) in request.headers() {
        writeln!(out, "{name}: {}", String::from_utf8_lossy(value.as_bytes())).unwrap();
    }
    match std::str::from_utf8(request.body()) {
        Ok("") => {}
        Ok(body) => writeln!(out, "\n{body}").unwrap(),
        Err(_) => writeln!(out, "\nbase64 {}", STANDARD.encode(request.body())).unwrap(),
    }
    let extensions = request.extensions();
    writeln!(out, "---").unwrap();
    writeln!(out, "source {}", extensions.get::<EventSource>().unwrap()).unwrap();
    writeln!(out, "base path {:?}", base(request)).unwrap();
    writeln!(out, "public {}", public(request).as_deref().unwrap_or("-")).unwrap();
    let ip = extensions.get::<ClientIp>().map(|ip| ip.ip().to_string());
    writeln!(out, "client {}", ip.as_deref().unwrap_or("-")).unwrap();
    for (name, value) in extensions.get::<StageVariables>().unwrap().iter() {
        writeln!(out, "stage variable {name}={value}").unwrap();
    }
    for (name, value) in extensions.get::<PathParameters>().unwrap().iter() {
        writeln!(out, "path parameter {name}={value}").unwrap();
    }
    let context = extensions.get::<RequestContext>().unwrap();
    writeln!(out, "stage {}", context.stage().unwrap_or("-")).unwrap();
    out
}

/// A query as pairs, percent-decoded, `+` read as a space: what every form parser sees.
pub(crate) fn pairs(query: Option<&str>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let parts = query.into_iter().flat_map(|query| query.split('&')).filter(|pair| !pair.is_empty());
    parts
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (form_decoded(key), form_decoded(value))
        })
        .collect()
}

/// Percent-decoded, with `+` as a space.
pub(crate) fn form_decoded(text: &str) -> Vec<u8> {
    decoded(&text.replace('+', " "))
}

/// Percent-decoded; a `%` that is no escape stays.
pub(crate) fn decoded(text: &str) -> Vec<u8> {
    let mut rest = text.as_bytes();
    let mut out = Vec::new();
    while let Some((byte, behind)) = rest.split_first() {
        let digits = behind.first_chunk::<2>().filter(|two| *byte == b'%' && two.iter().all(u8::is_ascii_hexdigit));
        match digits {
            Some(two) => {
                out.push(u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap());
                rest = &behind[2..];
            }
            None => {
                out.push(*byte);
                rest = behind;
            }
        }
    }
    out
}

/// Drives `app` behind `layer` with one event and gives the answer's bytes.
pub(crate) async fn bytes_of<S, B>(layer: SippyCupLayer, app: S, event: impl Into<Bytes>) -> Result<Bytes, Error>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    B: http_body::Body,
    B::Error: Into<BoxError>,
{
    layer.layer(app).oneshot(event.into()).await
}

/// The same with the default layer, as JSON.
pub(crate) async fn answer<S, B>(app: S, event: impl Into<Bytes>) -> Value
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    B: http_body::Body,
    B::Error: Into<BoxError>,
{
    let bytes = bytes_of(SippyCupLayer::new(), app, event).await.unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

/// How an event's source wants `response` written.
#[track_caller]
pub(crate) fn encoded(event: impl Into<Bytes>, response: Response<Bytes>) -> Value {
    encoded_with(event, response, &BinaryPolicy::default())
}

/// The same with media types of one's own.
#[track_caller]
pub(crate) fn encoded_with(event: impl Into<Bytes>, response: Response<Bytes>, policy: &BinaryPolicy) -> Value {
    let event = ProxyEvent::from_bytes(event).unwrap();
    let format = event.response_format(&EventOptions::default()).unwrap();
    serde_json::from_slice(format.encode(response, policy).unwrap().as_bytes()).unwrap()
}

/// Runs a future to its end on a runtime of its own.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
