//! An app behind the local gateway, both ways: what is sent arrives, what the app answers comes back, through
//! every kind of front door, but for what the tables in [`changes`] name.
//!
//! The gateway writes events and reads answers without a line of the crates under test, so that an error
//! would have to be made twice to stay unseen.

mod changes;
mod command;
mod conform;
mod domains;
mod function_url;
mod message;
mod parity;
mod recorded;
mod requests;
mod responses;
mod validators;
mod written;

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use sippycup::{Body, SippyCup};
use sippycup_gateway::{Domain, Gateway, GatewayBuilder, Kind};
use tower::{Service, ServiceExt};

use crate::support::{block_on, recorded::recorded};

/// The front door whose paths are the app's own, and whose bodies are whatever the kind lets through.
fn plain(kind: Kind) -> GatewayBuilder {
    match kind {
        Kind::RestApi => Gateway::builder(kind).domain(Domain::new("api.example.com")).binary_media_type("*/*"),
        _ => Gateway::builder(kind),
    }
}

/// Sends a request through `gateway` to an app that answers with `reply`; gives what the app saw, if it was
/// asked, and what the client got.
fn exchange(
    gateway: &Gateway<()>,
    request: Request<Bytes>,
    reply: Response<Bytes>,
) -> (Option<Request<Bytes>>, Response<Bytes>) {
    let witness = Arc::new(Mutex::new(None));
    let gateway = gateway.with_function(SippyCup::new(app(Arc::clone(&witness), reply)));
    let response = block_on(async move {
        let (parts, body) = gateway.oneshot(request.map(Full::new)).await.unwrap().into_parts();
        Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
    });
    let seen = witness.lock().unwrap().take();
    (seen, response)
}

type Witness = Arc<Mutex<Option<Request<Bytes>>>>;

fn app(
    witness: Witness,
    reply: Response<Bytes>,
) -> impl Service<Request<Body>, Response = Response<Full<Bytes>>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
    tower::service_fn(move |request: Request<Body>| {
        let (witness, reply) = (Arc::clone(&witness), reply.clone());
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            *witness.lock().unwrap() = Some(Request::from_parts(parts, body));
            Ok(reply.map(Full::new))
        }
    })
}

/// A request as a client puts it together; names may repeat, values may be any bytes that HTTP allows.
struct Sent {
    id: String,
    method: String,
    target: Vec<u8>,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    chunked: bool,
}

impl Sent {
    fn new(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Self {
        let own = headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
        let host = ("Host".to_owned(), b"api.example.com".to_vec());
        Self {
            id: format!("{method} {target}"),
            method: method.to_owned(),
            target: target.as_bytes().to_vec(),
            headers: [host].into_iter().chain(own).collect(),
            body: body.to_vec(),
            chunked: false,
        }
    }

    /// One of the shared requests, which write one character for each byte.
    fn shared(request: &serde_json::Value) -> Self {
        let bytes = |text: &serde_json::Value| {
            text.as_str().unwrap().chars().map(|char| u8::try_from(u32::from(char)).unwrap()).collect::<Vec<_>>()
        };
        let headers = request["headers"].as_array().unwrap().iter();
        Self {
            id: request["id"].as_str().unwrap().to_owned(),
            method: request["method"].as_str().unwrap().to_owned(),
            target: bytes(&request["target"]),
            headers: headers.map(|pair| (pair[0].as_str().unwrap().to_owned(), bytes(&pair[1]))).collect(),
            body: base64::Engine::decode(
                &base64::engine::general_purpose::STANDARD,
                request["body_b64"].as_str().unwrap(),
            )
            .unwrap(),
            chunked: request["framing"] == "chunked",
        }
    }

    /// The headers with those that frame the body, as they go over the wire.
    fn framed(&self) -> Vec<(String, Vec<u8>)> {
        let mut headers = self.headers.clone();
        if self.chunked {
            headers.push(("Transfer-Encoding".to_owned(), b"chunked".to_vec()));
        } else if !self.body.is_empty() || ["POST", "PUT", "PATCH"].contains(&self.method.as_str()) {
            headers.push(("Content-Length".to_owned(), self.body.len().to_string().into_bytes()));
        }
        headers
    }

    /// As an HTTP/1.1 server reads it; `None` if the target is none.
    fn request(&self) -> Option<Request<Bytes>> {
        let mut request = Request::new(Bytes::from(self.body.clone()));
        *request.method_mut() = self.method.parse().unwrap();
        *request.uri_mut() = Uri::from_maybe_shared(self.target.clone()).ok()?;
        for (name, value) in self.framed() {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().append(name, HeaderValue::from_bytes(value.trim_ascii()).unwrap());
        }
        Some(request)
    }

    /// As bytes on the wire, for a connection that ends behind the response.
    fn wire(&self) -> Vec<u8> {
        let mut out = [self.method.as_bytes(), b" ", &self.target, b" HTTP/1.1\r\n"].concat();
        let mut headers = self.framed();
        let close = |headers: &[(String, Vec<u8>)]| {
            headers.iter().any(|(name, value)| name.eq_ignore_ascii_case("connection") && value.starts_with(b"close"))
        };
        if !close(&headers) {
            headers.push(("Connection".to_owned(), b"close".to_vec()));
        }
        for (name, value) in headers {
            out.extend([name.as_bytes(), b": ", &value, b"\r\n"].concat());
        }
        out.extend(b"\r\n");
        if self.chunked {
            // Two chunks, so that somebody has to put them together.
            let (one, two) = self.body.split_at(self.body.len() / 2);
            for chunk in [one, two].into_iter().filter(|chunk| !chunk.is_empty()) {
                out.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
                out.extend(chunk);
                out.extend(b"\r\n");
            }
            out.extend(b"0\r\n\r\n");
        } else {
            out.extend(&self.body);
        }
        out
    }
}

/// A handful that are always there; together they meet every change that a request can meet on its way.
fn own_requests() -> Vec<Sent> {
    let chunked =
        Sent { chunked: true, ..Sent::new("POST", "/chunked", &[("content-type", "text/plain")], b"in pieces") };
    let no_host = Sent { headers: Vec::new(), ..Sent::new("GET", "/no-host", &[], b"") };
    vec![
        Sent::new("GET", "/", &[], b""),
        Sent::new("GET", "/a/b%20c/?x=1&y=2&x=3", &[("accept", "*/*")], b""),
        Sent::new("GET", "//two//slashes/", &[], b""),
        Sent::new("GET", "/a%2Fb%252Fc%3Fd%23e%25/%FF/caf%c3%a9/100%", &[], b""),
        Sent::new("GET", "/caf\u{e9}\u{2615}?q=\u{e9}", &[], b""),
        Sent::new("GET", "/..;v=1/./{id}|^\\~!$&'()*+,;=:@", &[], b""),
        Sent::new("GET", "/q?flag&&a=b=c&=x&p=a+b%2Bc&u=%C3%A9&bad=%zz&last=%", &[], b""),
        Sent::new("GET", "/q?bytes=%FF", &[], b""),
        Sent::new("GET", "/q?a=1;b=2", &[], b""),
        Sent::new("GET", "/q?", &[], b""),
        Sent::new("GET", "/q??a=1?", &[], b""),
        Sent::new("GET", "http://other.example.com:8080/absolute?x=1", &[], b""),
        Sent::new("GET", "/repeats", &[("x-tag", "1"), ("x-tag", "2, 3"), ("x-tag", ""), ("accept", "text/html")], b""),
        Sent::new("GET", "/cookies", &[("cookie", "a=1;b=2; ;c=\"x y\""), ("cookie", "d=4")], b""),
        Sent {
            headers: vec![("X-Name".to_owned(), b"caf\xe9".to_vec()), ("X-Utf-8".to_owned(), "café ☕".into())],
            ..Sent::new("GET", "/not-ascii", &[], b"")
        },
        Sent::new("GET", "/hops", &[("te", "trailers"), ("keep-alive", "timeout=5"), ("x-own", "1")], b""),
        Sent::new(
            "GET",
            "/kept-back",
            &[("max-forwards", "3"), ("server", "me"), ("content-md5", "x"), ("authorization", "AWS4-HMAC-SHA256 x")],
            b"",
        ),
        Sent::new("GET", "/authorized", &[("authorization", "Bearer x.y.z")], b""),
        Sent::new("POST", "/override", &[("x-http-method-override", "PATCH"), ("content-type", "text/plain")], b"x"),
        Sent::new(
            "GET",
            "/forwarded",
            &[
                ("x-forwarded-for", "203.0.113.7, 198.51.100.2"),
                ("x-forwarded-proto", "http"),
                ("x-forwarded-port", "80"),
                ("x-forwarded-host", "www.example.com"),
                ("x-amzn-trace-id", "Root=1-67891233-abcdef012345678912345678"),
            ],
            b"",
        ),
        no_host,
        Sent::new("HEAD", "/head?x=1", &[], b""),
        Sent::new("PROPFIND", "/method", &[("depth", "1")], b""),
        Sent::new("DELETE", "/body", &[("content-type", "application/json")], br#"{"a":"\u00e9\n"}"#),
        Sent::new("POST", "/form", &[("content-type", "application/x-www-form-urlencoded")], b"a=1&b=two+words"),
        Sent::new("POST", "/text", &[("content-type", "text/plain")], "naïve ☕\r\n\0\u{7f}".as_bytes()),
        Sent::new("POST", "/not-text", &[("content-type", "text/plain; charset=utf-8")], b"caf\xe9"),
        Sent::new("POST", "/not-text", &[("content-type", "text/plain; charset=iso-8859-1")], b"caf\xe9"),
        Sent::new("POST", "/no-type", &[], b"\xff\x00\x80"),
        Sent::new("POST", "/bytes", &[("content-type", "application/octet-stream")], &(0..=255).collect::<Vec<u8>>()),
        Sent::new("POST", "/gzip", &[("content-type", "text/plain"), ("content-encoding", "gzip")], b"\x1f\x8b\x08\0"),
        Sent::new("POST", "/empty", &[("content-type", "application/json")], b""),
        chunked,
    ]
}

/// The requests that are shared between projects.
fn shared_requests() -> Vec<Sent> {
    recorded(SHARED_REQUESTS, "").iter().map(Sent::shared).collect()
}

/// A response as it came over a connection that ended behind it.
fn parsed(wire: &[u8]) -> (Response<()>, Vec<u8>) {
    let end = wire.windows(4).position(|four| four == b"\r\n\r\n").expect("a complete head");
    let (head, body) = (&wire[..end], wire[end + 4..].to_vec());
    let mut lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let status = &lines.next().unwrap()[b"HTTP/1.1 ".len()..][..3];
    let mut response = Response::new(());
    *response.status_mut() = http::StatusCode::from_bytes(status).unwrap();
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':').unwrap();
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        let name = HeaderName::from_bytes(name).unwrap();
        response.headers_mut().append(name, HeaderValue::from_bytes(value).unwrap());
    }
    (response, body)
}

const SHARED_REQUESTS: &str = "requests.json";
