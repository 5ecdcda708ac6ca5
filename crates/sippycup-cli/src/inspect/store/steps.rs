//! What gateways tell of exchanges.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use http::{request, response};
use serde_json::Value;
use sippycup_gateway::{End, Fault, Hints, Step};

use super::exchange::{Ended, Routed, Row};
use super::{Contents, Door, Exchange, Store, kept};
use crate::certain::Certain;
use crate::inspect::sender::Sent;
use crate::record::mask;

impl Store {
    /// Who is told of the exchanges of a front door.
    pub(crate) fn door(&self, door: Door) -> impl Fn(u64, Step<'_>) + Send + Sync + 'static {
        let (store, door) = (self.clone(), Arc::new(door));
        move |id, step| store.step(&door, id, step)
    }

    fn step(&self, door: &Arc<Door>, id: u64, step: Step<'_>) {
        let mut state = self.state();
        if let Step::Request(parts) = step {
            state.add(begun(Arc::clone(door), id, parts));
            if let Some(sent) = parts.extensions.get::<Sent>() {
                sent.began(id);
            }
        } else {
            state.change(id, |exchange| exchange.step(step));
        }
        if let Step::End(_) = step {
            state.functions.iter_mut().for_each(|function| function.forget(id));
        }
        drop(state);
        self.shared.changed.notify_waiters();
    }
}

fn begun(door: Arc<Door>, id: u64, parts: &request::Parts) -> Exchange {
    let target = parts.uri.to_string();
    let contents = Contents {
        method: parts.method.clone(),
        target: target.clone(),
        version: parts.version,
        headers: kept::headers(&parts.headers),
        ..Contents::default()
    };
    let row = Row {
        at: SystemTime::now(),
        began: Instant::now(),
        method: parts.method.as_str().chars().take(MOST_OF_A_METHOD).collect(),
        target: shown(target),
        door,
        asked: None,
        repeats: parts.extensions.get::<Sent>().and_then(|sent| sent.repeats),
        status: None,
        cold: false,
        streamed: false,
        fault: false,
        size: 0,
        authorizer: None,
        listener: None,
        ended: None,
    };
    Exchange { id, version: 0, row, contents: Some(Box::new(contents)), bytes: 0 }
}

/// A target as a list can show it.
fn shown(target: String) -> String {
    let mut target = Value::String(target);
    mask(&mut target);
    target.as_str().certain().chars().take(MOST_OF_A_TARGET).collect()
}

impl Exchange {
    fn step(&mut self, step: Step<'_>) {
        let now = self.now();
        match step {
            Step::Routed { route, .. } => {
                let answer = self.row.door.answers.iter().find(|(key, _)| key == route);
                self.row.listener = answer.map(|(_, answer)| answer.clone());
            }
            Step::Authorized(verdict) => self.row.authorizer = Some(verdict.to_string()),
            Step::Streaming { .. } => self.row.streamed = true,
            Step::Response(parts) => {
                self.row.status = Some(parts.status.as_u16());
                self.row.fault = parts.extensions.get::<Fault>().is_some();
            }
            Step::ResponsePiece(piece) => self.row.size += piece.len(),
            Step::End(end) => {
                let how = match end {
                    End::Whole => "whole",
                    End::Broken(_) => "broken",
                    _ => "abandoned",
                };
                self.row.ended = Some(Ended { after: now, how });
            }
            _ => {}
        }
        if let Some(contents) = &mut self.contents {
            contents.step(now, step);
        }
    }
}

impl Contents {
    fn step(&mut self, now: u64, step: Step<'_>) {
        let name = match step {
            Step::Routed { domain, mapping, stage, route, path } => {
                self.routed = Some(Routed {
                    domain: domain.to_owned(),
                    mapping: mapping.map(str::to_owned),
                    stage: stage.map(str::to_owned),
                    route: route.to_owned(),
                    path: path.to_owned(),
                });
                "routed"
            }
            Step::RequestBody(body) => {
                self.body.push(now, body);
                "body"
            }
            Step::RequestPiece(piece) => return self.body.push(now, piece),
            Step::Authorized(verdict) => {
                self.verdict = Some(verdict.clone());
                "authorized"
            }
            Step::Event(event) => {
                self.event = Some(Bytes::copy_from_slice(event));
                "event"
            }
            Step::Answer(json) => {
                self.answer = Some(Bytes::copy_from_slice(json));
                "answer"
            }
            Step::Streaming { prelude } => {
                self.stream = Some(prelude);
                "answer"
            }
            Step::AnswerPiece(piece) => return self.streamed.push(now, piece),
            Step::Failed(error) => {
                self.failed = Some(error.to_string());
                "failed"
            }
            Step::Response(parts) => {
                self.response(parts);
                "response"
            }
            Step::ResponsePiece(piece) => return self.response_body.push(now, piece),
            Step::End(end) => {
                if let End::Broken(error) = end {
                    self.broken = Some(error.to_string());
                }
                "end"
            }
            _ => return,
        };
        self.times.push((name, now));
    }

    fn response(&mut self, parts: &response::Parts) {
        self.response_headers = kept::headers(&parts.headers);
        self.fault = parts.extensions.get::<Fault>().map(ToString::to_string);
        let hints = parts.extensions.get::<Hints>();
        self.hints = hints.into_iter().flat_map(Hints::iter).map(str::to_owned).collect();
    }
}

const MOST_OF_A_METHOD: usize = 32;

const MOST_OF_A_TARGET: usize = 500;
