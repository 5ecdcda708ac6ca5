//! One case through one door.

use std::future::poll_fn;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sippycup_gateway::{Body, BoxError, Fault, Function, Gateway, Sizes};
use tower_service::Service;

use super::cases::{Answer, Case, Expect, Sent};
use super::doors::Door;
use super::got::{Got, excerpt};
use super::verdict::{self, Verdict};

/// A door before the mirror.
pub(crate) struct Exchange<'d> {
    door: &'d Door,
    gateway: Gateway<Function>,
}

impl<'d> Exchange<'d> {
    pub(crate) fn new(door: &'d Door, function: Function) -> Result<Self, BoxError> {
        Ok(Self { door, gateway: door.gateway(function)? })
    }

    /// Whether the mirror answers behind this door at all.
    pub(crate) async fn greet(&mut self) -> Result<(), String> {
        let greeting = Sent { method: "PUT", ..Sent::get("/greeting") };
        let got = self.send(&greeting).await.map_err(|error| error.to_string())?;
        let seen = seen(&got)?;
        // One that knows nothing of the door does not find them.
        if seen.get("method").is_none_or(|method| method != greeting.method)
            || verdict::is_elsewhere(self.door, &greeting, &seen)
        {
            return Err(format!("`PUT /greeting` arrives as `{}`", excerpt(seen.to_string().as_bytes())));
        }
        Ok(())
    }

    pub(crate) async fn run(&mut self, case: &Case) -> Result<Verdict, BoxError> {
        match &case.expect {
            Expect::Seen => {
                let got = self.send(&case.request).await?;
                Ok(match seen(&got) {
                    Ok(seen) => verdict::of_request(self.door, case, &seen),
                    Err(reason) => Verdict::Loss(reason),
                })
            }
            Expect::Answer(answer) => {
                let got = self.respond(&case.request, plan(answer)).await?;
                Ok(verdict::of_answer(self.door, answer, &got))
            }
            Expect::Status(status) => {
                let got = self.send(&case.request).await?;
                Ok(verdict::of_status(*status, &got))
            }
            Expect::Failure => {
                let got = self.respond(&case.request, json!({"panic": true})).await?;
                let after = self.send(&Sent::get("/after")).await?;
                Ok(verdict::of_failure(&got, seen(&after).err()))
            }
        }
    }

    async fn respond(&mut self, request: &Sent, plan: Value) -> Result<Got, BoxError> {
        let request = Sent { body: plan.to_string().into(), ..request.clone() };
        self.send(&request).await
    }

    async fn send(&mut self, sent: &Sent) -> Result<Got, BoxError> {
        let target = format!("{}{}", self.door.base, sent.target);
        let mut request = Request::builder().method(sent.method).uri(target).header("host", self.host());
        for (name, value) in &sent.headers {
            request = request.header(*name, *value);
        }
        if !sent.body.is_empty() {
            request = request.header("content-length", sent.body.len());
        }
        let request = request.body(Body::from(sent.body.clone()))?;
        poll_fn(|cx| Service::<Request<Body>>::poll_ready(&mut self.gateway, cx)).await?;
        let response: Response<Body> = self.gateway.call(request).await?;
        let (parts, body) = response.into_parts();
        let (body, broken) = match body.collect().await {
            Ok(body) => (body.to_bytes(), None),
            Err(error) => (Bytes::new(), Some(format!("the answer's body breaks off: {error}"))),
        };
        let fault = parts.extensions.get::<Fault>().map(ToString::to_string).or(broken);
        let streamed = parts.extensions.get::<Sizes>().is_some_and(|sizes| sizes.answer().is_none());
        Ok(Got { status: parts.status, headers: parts.headers, body, streamed, fault })
    }

    fn host(&self) -> String {
        let hosts = self.gateway.host_paths();
        hosts.first().map_or_else(|| "app.example.com".to_owned(), |(host, _)| (*host).to_owned())
    }
}

/// The mirror's own words, or what stands in the way of them.
fn seen(got: &Got) -> Result<Value, String> {
    if let Some(fault) = &got.fault {
        return Err(fault.clone());
    }
    if got.status != StatusCode::OK {
        return Err(format!("{} {}", got.status, excerpt(&got.body)));
    }
    match serde_json::from_slice::<Value>(&got.body) {
        Ok(seen) if seen.get("method").is_some() => Ok(seen),
        _ => Err(format!("the answer is not the mirror's: {}", excerpt(&got.body))),
    }
}

fn plan(answer: &Answer) -> Value {
    let mut plan = json!({
        "status": answer.status, "headers": answer.headers, "body_base64": STANDARD.encode(&answer.body),
    });
    if let (Some(millis), Value::Object(plan)) = (answer.chunks_ms, &mut plan) {
        plan.insert("chunks_ms".to_owned(), millis.into());
    }
    plan
}
