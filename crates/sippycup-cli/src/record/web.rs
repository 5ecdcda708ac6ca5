//! Recordings of Web Functions: they get no events, so that requests and responses themselves are written.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::response::Parts;
use http::{HeaderMap, Response};
use http_body_util::BodyExt;
use serde_json::{Map, Value, json};
use sippycup_gateway::{Body, Step};

use super::{Recorder, Recording};

impl Recorder {
    /// Who is told of the exchanges of a Web Function with an endpoint of this name.
    pub(crate) fn exchanges(self, endpoint: String) -> impl Fn(u64, Step<'_>) + Send + Sync + 'static {
        let open = Mutex::new(HashMap::new());
        move |id, step| {
            let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
            if let Step::End(_) = step {
                let over: Option<Exchange> = open.remove(&id);
                drop(open);
                if let Some(exchange) = over {
                    exchange.write();
                }
            } else if let Step::Request(parts) = step {
                let begun = json!({ "endpoint": endpoint, "method": parts.method.as_str(), "target": parts.uri.to_string(), "headers": headers(&parts.headers) });
                let recording = self.recording();
                open.insert(
                    id,
                    Exchange { recording, request: begun, body: Vec::new(), response: None, answer: Vec::new() },
                );
            } else if let Some(exchange) = open.get_mut(&id) {
                exchange.step(step);
            }
        }
    }
}

/// A response as recordings have it. Of one that breaks off, what has come.
pub(crate) async fn recorded_response(response: Response<Body>) -> Value {
    let (parts, mut body) = response.into_parts();
    let mut answer = Vec::new();
    while let Some(Ok(frame)) = body.frame().await {
        keep(&mut answer, frame.data_ref().map_or(&[], |data| &data[..]));
    }
    with_body(head(&parts), &answer)
}

/// What is written at its end.
struct Exchange {
    recording: Recording,
    request: Value,
    body: Vec<u8>,
    response: Option<Value>,
    answer: Vec<u8>,
}

impl Exchange {
    fn step(&mut self, step: Step<'_>) {
        match step {
            Step::RequestPiece(piece) => keep(&mut self.body, piece),
            Step::Response(parts) => {
                self.response = Some(head(parts));
            }
            Step::ResponsePiece(piece) => keep(&mut self.answer, piece),
            _ => {}
        }
    }

    fn write(self) {
        self.recording.write("request.json", with_body(self.request, &self.body).to_string().as_bytes());
        if let Some(response) = self.response {
            self.recording.write("response.json", with_body(response, &self.answer).to_string().as_bytes());
        }
    }
}

fn head(parts: &Parts) -> Value {
    json!({ "status": parts.status.as_u16(), "headers": headers(&parts.headers) })
}

/// The values of each header, in their order.
fn headers(headers: &HeaderMap) -> Value {
    let values =
        |name| headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into()).collect();
    let named = headers.keys().map(|name| (name.as_str().to_owned(), Value::Array(values(name))));
    Value::Object(named.collect::<Map<_, _>>())
}

/// Text as it is, bytes in base64.
fn with_body(mut message: Value, body: &[u8]) -> Value {
    let text = std::str::from_utf8(body);
    if let Value::Object(members) = &mut message {
        members.insert("isBase64Encoded".to_owned(), text.is_err().into());
        members.insert("body".to_owned(), text.map_or_else(|_| STANDARD.encode(body), str::to_owned).into());
    }
    message
}

/// Of a body that is larger than Lambda takes, the beginning.
fn keep(body: &mut Vec<u8>, piece: &[u8]) {
    let room = MOST.saturating_sub(body.len());
    body.extend_from_slice(piece.get(..room).unwrap_or(piece));
}

const MOST: usize = 6 << 20;
