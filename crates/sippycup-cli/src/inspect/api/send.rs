//! Requests that the page sends: one again as it was, or another one.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::{Value, json};
use sippycup_gateway::Body;
use tokio::sync::mpsc;

use super::answer::{json_of, said, wanted};
use crate::certain::Certain;
use crate::inspect::sender::{Sender, Sent};
use crate::inspect::store::{Contents, Exchange, Store};
use crate::record::{is_masked, mask};

/// What the page asks for. What it leaves out is as in the exchange that it repeats.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Wanted {
    repeats: Option<u64>,
    /// The address of the front door.
    address: Option<SocketAddr>,
    method: Option<String>,
    target: Option<String>,
    headers: Option<Vec<(String, String)>>,
    /// In base64.
    body: Option<String>,
}

/// Sends a request through a front door, and answers with the number of its exchange as soon as that has begun.
pub(super) async fn send(store: &Store, sender: &Sender, body: Body) -> Response<Body> {
    let wanted: Wanted = match wanted(body, LARGEST).await {
        Ok(wanted) => wanted,
        Err(response) => return response,
    };
    let (address, mut request) = match wanted.request(store) {
        Ok(request) => request,
        Err(why) => return said(StatusCode::BAD_REQUEST, &why),
    };
    let Some(front) = sender.listeners().get(&address).cloned() else {
        return said(StatusCode::BAD_REQUEST, "this front door is not served any more");
    };
    let (began, mut exchange) = mpsc::unbounded_channel();
    request.extensions_mut().insert(Sent { repeats: wanted.repeats, began });
    request.extensions_mut().insert(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    tokio::spawn(async move {
        let response = front.answer(request).await;
        let mut body = response.into_body();
        // The page reads what the store has seen.
        let read = async { while let Some(Ok(_)) = body.frame().await {} };
        let _ = tokio::time::timeout(LONGEST, read).await;
    });
    match exchange.recv().await {
        Some(id) => json_of(&json!({ "id": id })),
        None => said(StatusCode::BAD_GATEWAY, "no front door took the request"),
    }
}

impl Wanted {
    fn request(&self, store: &Store) -> Result<(SocketAddr, Request<Body>), String> {
        let state = store.state();
        let original = match self.repeats {
            Some(id) => Some(state.exchanges.get(&id).ok_or("the exchange to repeat is not kept any more")?),
            None => None,
        };
        let contents = original.and_then(|exchange| exchange.contents.as_deref());
        let address = self.address.or(original.map(|Exchange { row, .. }| row.door.address));
        let method = match &self.method {
            Some(method) => Method::from_bytes(method.as_bytes()).map_err(|_| "expected a method")?,
            None => contents.ok_or(GONE)?.method.clone(),
        };
        if ["DISCONNECT", "MESSAGE"].contains(&method.as_str()) {
            return Err("a message of a WebSocket API goes over its connection: it can be sent from there".to_owned());
        }
        let mut request = Request::new(self.body(contents)?);
        *request.method_mut() = method;
        *request.uri_mut() = self.target(contents)?;
        *request.headers_mut() = self.headers(contents)?;
        Ok((address.ok_or("expected the address of a front door")?, request))
    }

    fn target(&self, contents: Option<&Contents>) -> Result<Uri, String> {
        let target = match (&self.target, contents) {
            (Some(target), Some(contents)) if is_masked(target.as_bytes()) && *target == masked(&contents.target) => {
                &contents.target
            }
            (Some(target), _) => target,
            (None, contents) => &contents.ok_or(GONE)?.target,
        };
        // What `http` does not take as it is, a browser would encode.
        target.parse().map_err(|error| format!("expected a path like /items?x=1: {error}"))
    }

    fn headers(&self, contents: Option<&Contents>) -> Result<HeaderMap, String> {
        let Some(pairs) = &self.headers else { return Ok(contents.ok_or(GONE)?.headers.clone()) };
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name = HeaderName::from_bytes(name.trim().as_bytes())
                .map_err(|_| format!("`{name}` is no name of a header"))?;
            let at = headers.get_all(&name).iter().count();
            // What the page shows masked and nobody changed is sent as it was.
            let original = contents.and_then(|contents| contents.headers.get_all(&name).iter().nth(at));
            let value = match original.filter(|original| {
                is_masked(value.as_bytes())
                    && super::detail::header(name.as_str(), &String::from_utf8_lossy(original.as_bytes()), false)
                        == *value
            }) {
                Some(original) => original.clone(),
                None => HeaderValue::from_bytes(value.as_bytes())
                    .map_err(|_| format!("the value of `{name}` is none of a header"))?,
            };
            headers.append(name, value);
        }
        if self.body.is_some() {
            headers.remove(http::header::CONTENT_LENGTH);
            headers.remove(http::header::TRANSFER_ENCODING);
        }
        Ok(headers)
    }

    fn body(&self, contents: Option<&Contents>) -> Result<Body, String> {
        match &self.body {
            Some(body) => {
                let bytes = STANDARD.decode(body).map_err(|error| format!("expected a body in base64: {error}"))?;
                Ok(Body::from(bytes))
            }
            None => {
                let kept = &contents.ok_or(GONE)?.body;
                if kept.bytes().len() < kept.total() {
                    return Err("the body is too large: only its beginning is kept".to_owned());
                }
                Ok(Body::from(Bytes::copy_from_slice(kept.bytes())))
            }
        }
    }
}

fn masked(target: &str) -> String {
    let mut target = Value::String(target.to_owned());
    mask(&mut target);
    target.as_str().certain().to_owned()
}

const GONE: &str = "the contents of the exchange to repeat had to make room for later ones";

/// In bytes, of a request that describes another one.
const LARGEST: usize = 16 << 20;

/// How long a response may take that nobody but the store reads.
const LONGEST: Duration = Duration::from_secs(900);
