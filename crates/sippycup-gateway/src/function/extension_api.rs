//! The Extensions API of one environment, and the answers to subscriptions to telemetry.

use std::time::UNIX_EPOCH;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::extensions::{Event, INVOKE, Refusal, Registration, SHUTDOWN};
use super::intake::{collect, drain};
use super::message::Message;
use super::runtime_api::{Closed, RuntimeApi, accepted, error, reported};
use crate::Body;
use crate::stamp::Stamper;

impl RuntimeApi {
    /// Serves what stands below `/2020-01-01/extension/`, and subscriptions; gives the request back if it is neither.
    pub(super) async fn extension(
        &self,
        request: Request<Incoming>,
    ) -> Result<Result<Response<Body>, Closed>, Request<Incoming>> {
        let path = request.uri().path();
        match (request.method(), path.strip_prefix("/2020-01-01/extension/").unwrap_or(path)) {
            (&Method::POST, "register") => Ok(self.register(request).await),
            (&Method::GET, "event/next") => Ok(self.event(request.headers()).await),
            (&Method::POST, "init/error" | "exit/error") => Ok(self.extension_error(request).await),
            (&Method::PUT, "/2022-07-01/telemetry") => Ok(Ok(no_telemetry(request, "Telemetry").await)),
            (&Method::PUT, "/2020-08-15/logs") => Ok(Ok(no_telemetry(request, "Logs").await)),
            _ => Err(request),
        }
    }

    async fn register(&self, request: Request<Incoming>) -> Result<Response<Body>, Closed> {
        let (parts, mut body) = request.into_parts();
        let body = collect(&mut body).await;
        let name = text(&parts.headers, "lambda-extension-name").unwrap_or_default().to_owned();
        if name.is_empty() {
            return Ok(refused(&Refusal::new("Extension.InvalidExtensionName", "Empty extension name")));
        }
        let wanted: Wanted = match serde_json::from_slice(&body) {
            Ok(wanted) => wanted,
            Err(error) => return Ok(refused(&Refusal::new("InvalidRequestFormat", error.to_string()))),
        };
        let (reply, registered) = oneshot::channel();
        let registration = Registration { name, events: wanted.events.unwrap_or_default() };
        let _ = self.pool.send(Message::Register { environment: self.environment, registration, reply });
        let id = match registered.await.map_err(|_| Closed)? {
            Ok(id) => id,
            Err(refusal) => {
                self.settings.report(&format!("the Runtime API refused an extension: {}", refusal.message));
                return Ok(refused(&refusal));
            }
        };
        let mut about = json!({
            "functionName": self.settings.name,
            "functionVersion": "$LATEST",
            "handler": self.settings.handler(),
        });
        let features = text(&parts.headers, "lambda-extension-accept-feature").unwrap_or_default();
        if features.split(',').any(|feature| feature.trim() == "accountId")
            && let Some(about) = about.as_object_mut()
        {
            about.insert("accountId".to_owned(), self.settings.account_id.clone().into());
        }
        answer(&about, [("lambda-extension-identifier", id.as_str())])
    }

    async fn event(&self, headers: &HeaderMap) -> Result<Response<Body>, Closed> {
        let extension = match identifier(headers) {
            Ok(extension) => extension,
            Err(refusal) => return Ok(refused(&refusal)),
        };
        let (hand, event) = oneshot::channel();
        let _ = self.pool.send(Message::ExtensionNext { environment: self.environment, extension, hand });
        let event = match event.await.map_err(|_| Closed)? {
            Ok(event) => event,
            Err(refusal) => return Ok(refused(&refusal)),
        };
        let own = Stamper::default().stamp().uuid;
        // AWS's pages and AWS's own interface do not agree on the name.
        let headers = ["lambda-extension-event-identifier", "lambda-extension-identifier"].map(|name| (name, &*own));
        answer(&self.event_json(event), headers)
    }

    fn event_json(&self, event: Event) -> Value {
        let millis = |at: std::time::SystemTime| {
            u64::try_from(at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
        };
        match event {
            Event::Invoke { id, deadline, trace_id } => json!({
                "eventType": INVOKE,
                "deadlineMs": millis(deadline),
                "requestId": id,
                "invokedFunctionArn": self.settings.arn(),
                "tracing": { "type": "X-Amzn-Trace-Id", "value": trace_id },
            }),
            Event::Shutdown { deadline, reason } => json!({
                "eventType": SHUTDOWN,
                "deadlineMs": millis(deadline),
                "shutdownReason": reason.as_str(),
            }),
        }
    }

    async fn extension_error(&self, request: Request<Incoming>) -> Result<Response<Body>, Closed> {
        let name = "lambda-extension-function-error-type";
        let known = identifier(request.headers());
        let typed = text(request.headers(), name).is_some();
        let error = reported(request, name).await;
        let extension = match known {
            Ok(extension) => extension,
            Err(refusal) => return Ok(refused(&refusal)),
        };
        if !typed {
            let message = "Lambda-Extension-Function-Error-Type not found";
            return Ok(refused(&Refusal::new("Extension.MissingHeader", message)));
        }
        let (reply, taken) = oneshot::channel();
        let _ = self.pool.send(Message::ExtensionError { environment: self.environment, extension, error, reply });
        let taken = taken.await.map_err(|_| Closed)?;
        Ok(taken.map_or_else(|refusal| refused(&refusal), |()| accepted()))
    }
}

/// The body of a registration.
#[derive(Deserialize)]
struct Wanted {
    events: Option<Vec<String>>,
}

/// What AWS's own emulator answers, so that extensions that subscribe go on.
async fn no_telemetry(request: Request<Incoming>, which: &str) -> Response<Body> {
    drain(&mut request.into_body()).await;
    error(StatusCode::ACCEPTED, &format!("{which}.NotSupported"), &format!("{which} API is not supported"))
}

fn identifier(headers: &HeaderMap) -> Result<String, Refusal> {
    let Some(id) = text(headers, "lambda-extension-identifier") else {
        let message = "Missing Lambda-Extension-Identifier header";
        return Err(Refusal::new("Extension.MissingExtensionIdentifier", message));
    };
    let is_uuid = id.len() == 36 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if !is_uuid {
        return Err(Refusal::new("Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier"));
    }
    Ok(id.to_owned())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn answer<const N: usize>(json: &Value, headers: [(&str, &str); N]) -> Result<Response<Body>, Closed> {
    let mut response = Response::builder().header(CONTENT_TYPE, "application/json");
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(Body::from(json.to_string())).map_err(|error| {
        debug_assert!(false, "an identifier is a header value: {error}");
        Closed
    })
}

fn refused(refusal: &Refusal) -> Response<Body> {
    error(StatusCode::FORBIDDEN, refusal.error_type, &refusal.message)
}
