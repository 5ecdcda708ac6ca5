//! Where AWS's behaviour is easily missed: one line with the cause and with the setting that helps.

use std::fmt::Write;

use http::HeaderMap;
use http::header::{CONTENT_TYPE, LOCATION, UPGRADE};

use crate::location::Location;
use crate::{Kind, media_type};

/// What AWS changes in a request or a response without saying so, in the extensions of the response.
///
/// A gateway does as AWS does: it mangles bytes that are declared as text, it sends base64 as it is, it holds event streams back. No request is refused for that, so there is no
/// [`Fault`](crate::Fault). The developer should know all the same: each line has the cause, and the flag of the command and the setting of the builder that help.
///
/// ```
/// use bytes::Bytes;
/// use http::Request;
/// use sippycup_gateway::{Body, BoxError, Gateway, Hints, Kind};
/// use tower::{ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let image = br#"{"statusCode": 200, "body": "iVBORw0KGgo=", "isBase64Encoded": true}"#;
/// let function = service_fn(async |_event: Bytes| Ok::<_, BoxError>(Bytes::from_static(image)));
/// let gateway = Gateway::builder(Kind::RestApi).build(function)?;
/// let response = gateway.oneshot(Request::get("/prod/").body(Body::empty())?).await?;
///
/// let hints = response.extensions().get::<Hints>().expect("the client gets base64");
/// assert!(hints.iter().any(|hint| hint.contains("--binary")));
/// # Ok::<(), BoxError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, Default)]
pub struct Hints {
    lines: Vec<String>,
}

impl Hints {
    /// The lines, in the order in which things happened.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(crate) fn push(&mut self, line: String) {
        self.lines.push(line);
    }

    /// A preflight request goes to a route, and what CORS is configured for it is not said.
    pub(crate) fn preflight(&mut self, route: &str) {
        self.lines.push(format!(
            "the route `{route}` takes the preflight request, with its authorizer: routes of single methods leave it to the CORS of the API"
        ));
    }

    /// A redirect to a path that the gateway does not serve: the app does not know its base path.
    pub(crate) fn of_redirect(&mut self, at: &Location, host: Option<&str>, headers: &HeaderMap) {
        let Some(location) = headers.get(LOCATION).and_then(|location| location.to_str().ok()) else { return };
        let authority = |rest: &str| host.is_some_and(|host| rest.eq_ignore_ascii_case(host));
        let path = match location.split_once("://") {
            Some((_, rest)) => match rest.find('/').and_then(|at| rest.split_at_checked(at)) {
                Some((host, path)) if authority(host) => path,
                _ => return,
            },
            None if location.starts_with("//") => return,
            None => location,
        };
        let path = path.split_once(['?', '#']).map_or(path, |(path, _)| path);
        if !path.starts_with('/') || at.locate(host, path, &HeaderMap::new()).is_some() {
            return;
        }
        let base = at.base_path_on(host);
        let mut line = format!("the client is sent to `{path}`, and the gateway's paths begin with `{base}`: ");
        line.push_str(match at.kind {
            Kind::HttpApiV2 if !at.domains.is_empty() => {
                "payload format 2.0 does not tell a function its mapping, so that it must be stated"
            }
            _ => "the app must put its base path in front",
        });
        let _ = write!(
            line,
            "; for SippyCup with --var SIPPYCUP_SCRIPT_NAME_BASE={base} (`stage_variable`, `var.SIPPYCUP_SCRIPT_NAME_BASE`)"
        );
        self.lines.push(line);
    }

    /// What a request loses on its way to the function.
    pub(crate) fn of_request(&mut self, kind: Kind, headers: &HeaderMap, body: &[u8], base64: bool) {
        if let Some(protocol) = headers.get(UPGRADE) {
            let protocol = String::from_utf8_lossy(protocol.as_bytes());
            let mut line =
                format!("the request asks for an upgrade to `{protocol}`, which {} does not pass on", kind.name());
            if protocol.eq_ignore_ascii_case("websocket") {
                line.push_str("; on AWS the front door for that is a WebSocket API");
            }
            self.lines.push(line);
        }
        if base64 || std::str::from_utf8(body).is_ok() {
            return;
        }
        let content_type = headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()));
        let mut line = "the body of the request is not UTF-8, and the function gets U+FFFD for its bytes: ".to_owned();
        let _ = match (kind, content_type) {
            (Kind::RestApi, Some(content_type)) => write!(
                line,
                "`{content_type}` matches none of the API's binary media types; add it with --binary (`binary_media_type`)"
            ),
            (Kind::RestApi, None) => write!(
                line,
                "without a Content-Type it matches no binary media type; send one, and add it with --binary (`binary_media_type`)"
            ),
            (_, content_type) => write!(
                line,
                "`{}` is taken for text; send bytes as application/octet-stream",
                content_type.unwrap_or_default()
            ),
        };
        self.lines.push(line);
    }

    /// A REST API passes base64 on as it is.
    pub(crate) fn base64_text(&mut self, binary_media_types: &[String], accepted: &str) {
        let cause = if binary_media_types.is_empty() {
            "the API has no binary media types".to_owned()
        } else {
            format!("the first type that it accepts, `{accepted}`, matches none of the API's binary media types")
        };
        self.lines.push(format!(
            "the client gets the body as base64 text: {cause}; --binary '*/*' (`binary_media_type`) has every body decoded"
        ));
    }

    /// An answer in one piece that was meant as a stream.
    pub(crate) fn of_answer(&mut self, kind: Kind, streams: bool, headers: &HeaderMap) {
        let is_event_stream = |value: &http::HeaderValue| {
            value.to_str().is_ok_and(|value| media_type::matches_any(value, &["text/event-stream".to_owned()]))
        };
        if headers.get(CONTENT_TYPE).is_some_and(is_event_stream) {
            self.event_stream(kind, streams, "the event stream arrives in one piece, when it has ended");
        }
    }

    /// A client has waited for an event stream that did not end.
    pub(crate) fn timed_out(&mut self, kind: Kind, streams: bool, accepted: Option<&str>) {
        if accepted.is_some_and(|accepted| media_type::matches_any(accepted, &["text/event-stream".to_owned()])) {
            self.event_stream(
                kind,
                streams,
                "an event stream arrives in one piece, when it has ended, and this one did not end",
            );
        }
    }

    fn event_stream(&mut self, kind: Kind, streams: bool, what: &str) {
        let help = match kind.can_stream() {
            true if streams => {
                "the function does not stream its answers (with SippyCup `serve(app).streaming()`)".to_owned()
            }
            true => {
                "the gateway does not stream; --stream (`response_streaming`), and a function that streams".to_owned()
            }
            false => format!("{} cannot stream; a function URL or a REST API can (--kind url --stream)", kind.name()),
        };
        self.lines.push(format!("{what}: {help}"));
    }

    /// The answer is larger than the front door, or Lambda, takes.
    pub(crate) fn too_large(&mut self, kind: Kind) {
        self.lines.push(match kind {
            _ if kind.can_stream() => {
                "a streamed answer may be larger than a complete one: --stream (`response_streaming`), and a function that streams".to_owned()
            }
            _ if kind.is_load_balancer() => {
                "a load balancer takes 1 MB, the other front doors 6 MB and function URLs that stream 200 MB (--kind url --stream)".to_owned()
            }
            _ => format!(
                "{} takes 6 MB, base64 included; a function URL that streams takes 200 MB (--kind url --stream)",
                kind.name()
            ),
        });
    }
}
