//! Proxy responses, kind by kind. The kinds differ in what they require, forgive and infer.

use bytes::Bytes;
use http::Response;

use super::parts::{Asked, Parts, status};
use crate::config::Config;
use crate::hint::Hints;
use crate::json::Json;
use crate::refusal::{Refusal, Refused};
use crate::{Body, Kind};

pub(super) fn decode(
    config: &Config,
    asked: &Asked,
    json: Bytes,
    hints: &mut Hints,
) -> Result<Response<Body>, Refused> {
    let kind = config.kind();
    if json.len() > config.answer_limit {
        let reason = format!("an answer of {} bytes, where {} are the limit", json.len(), config.answer_limit);
        hints.too_large(kind);
        return Err(Refused::new(Refusal::FunctionFailed, reason));
    }
    let infers = matches!(kind, Kind::FunctionUrl | Kind::HttpApiV2);
    let object = match Json::parse(&json) {
        Ok(Json::Object(object)) if !infers || object.iter().any(|(key, _)| key == "statusCode") => object,
        // Without a status code the whole payload is the body.
        Ok(Json::String(text)) if infers => return inferred(config, asked, text.into()),
        // A function URL writes the JSON anew, without blanks (recorded); an HTTP API passes it on as it is (recorded).
        Ok(_) if kind == Kind::FunctionUrl => return inferred(config, asked, compact(&json)),
        _ if infers => return inferred(config, asked, json),
        Ok(_) => return Err(Refused::malformed("expected an object")),
        Err(error) => {
            return Err(Refused::new(Refusal::NotJson, format!("malformed answer: no JSON: {error}")));
        }
    };
    let mut fields = Fields::read(kind, object)?;
    let headers = fields.headers(kind)?;
    let parts = Parts {
        status: fields.status,
        headers,
        body: fields.body.unwrap_or_default(),
        base64: fields.base64.unwrap_or_default(),
    };
    parts.into_response(config, asked, hints)
}

fn inferred(config: &Config, asked: &Asked, body: Bytes) -> Result<Response<Body>, Refused> {
    let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
    Parts { headers, ..Parts::default() }.with_body(config, asked, Some(body.len()), body.into())
}

#[derive(Default)]
struct Fields {
    status: Option<u16>,
    single: Option<Vec<(String, Json)>>,
    multi: Option<Vec<(String, Json)>>,
    cookies: Vec<Json>,
    body: Option<String>,
    base64: Option<bool>,
}

impl Fields {
    fn read(kind: Kind, object: Vec<(String, Json)>) -> Result<Self, Refused> {
        let mut fields = Self::default();
        for (key, value) in object {
            let wrong = |expected: &str| Refused::malformed(format!("expected {expected} at `{key}`"));
            match key.as_str() {
                "statusCode" if value == Json::Null && kind == Kind::RestApi => {}
                "statusCode" => fields.status = Some(status(value).ok_or_else(|| wrong("a status code"))?),
                "body" => {
                    fields.body = match value {
                        // A load balancer refuses null (reported).
                        Json::Null if !kind.is_load_balancer() => None,
                        Json::String(body) => Some(body),
                        _ => return Err(wrong("a string")),
                    }
                }
                "isBase64Encoded" => {
                    fields.base64 = match value {
                        Json::Bool(flag) => Some(flag),
                        Json::Null => None,
                        _ => return Err(wrong("a boolean")),
                    }
                }
                "headers" => fields.single = map(value).ok_or_else(|| wrong("an object"))?,
                "multiValueHeaders" if !matches!(kind, Kind::FunctionUrl | Kind::HttpApiV2) => {
                    fields.multi = map(value).ok_or_else(|| wrong("an object"))?;
                }
                "cookies" if matches!(kind, Kind::FunctionUrl | Kind::HttpApiV2) => match value {
                    Json::Array(cookies) => fields.cookies = cookies,
                    Json::Null => {}
                    _ => return Err(wrong("a list")),
                },
                _ if kind == Kind::RestApi => {
                    return Err(Refused::malformed(format!("a REST API knows no key `{key}`")));
                }
                _ => {}
            }
        }
        fields.require(kind)?;
        Ok(fields)
    }

    /// The load balancer's documentation lists what an answer must contain.
    fn require(&self, kind: Kind) -> Result<(), Refused> {
        let missing = |key: &str| Err(Refused::malformed(format!("`{key}` is missing")));
        if self.status.is_none() && !kind.is_api_gateway() {
            return missing("statusCode");
        }
        match kind {
            Kind::LoadBalancer | Kind::LoadBalancerMultiValue if self.base64.is_none() => missing("isBase64Encoded"),
            Kind::LoadBalancer if self.single.is_none() => missing("headers"),
            Kind::LoadBalancerMultiValue if self.multi.is_none() => missing("multiValueHeaders"),
            _ => Ok(()),
        }
    }

    /// Both maps in the order in which the kind sends them, cookies first.
    fn headers(&mut self, kind: Kind) -> Result<Vec<(String, String)>, Refused> {
        let mut headers = Vec::new();
        for cookie in std::mem::take(&mut self.cookies) {
            let cookie = cookie.into_text().ok_or_else(|| Refused::malformed("expected strings in `cookies`"))?;
            headers.push(("set-cookie".to_owned(), cookie));
        }
        // A load balancer takes strings only (reported); the other kinds write numbers and booleans as text.
        let text = |value: Json| match value {
            Json::String(value) => Some(value),
            _ if kind.is_load_balancer() => None,
            value => value.into_text(),
        };
        let mut single = Vec::new();
        for (name, value) in self.single.take().unwrap_or_default() {
            // The other kinds take a value of null for no header.
            if value == Json::Null && !kind.is_load_balancer() {
                continue;
            }
            let value =
                text(value).ok_or_else(|| Refused::malformed(format!("expected a string at `headers.{name}`")))?;
            single.push((name, value));
        }
        let mut multi = Vec::new();
        for (name, values) in self.multi.take().unwrap_or_default() {
            let wrong = || Refused::malformed(format!("expected a list of strings at `multiValueHeaders.{name}`"));
            let Json::Array(values) = values else {
                return Err(wrong());
            };
            for value in values {
                multi.push((name.clone(), text(value).ok_or_else(wrong)?));
            }
        }
        match kind {
            Kind::LoadBalancerMultiValue => headers.append(&mut multi),
            Kind::RestApi => {
                // The same pair in both maps is one header, under the spelling of the list.
                single.retain(|(name, value)| !multi.iter().any(|(n, v)| n.eq_ignore_ascii_case(name) && v == value));
                headers.append(&mut multi);
                headers.append(&mut single);
            }
            Kind::HttpApiV1 => {
                headers.append(&mut single);
                headers.append(&mut multi);
            }
            _ => headers.append(&mut single),
        }
        Ok(headers)
    }
}

/// JSON without the blanks between its tokens.
fn compact(json: &[u8]) -> Bytes {
    let (mut string, mut escaped) = (false, false);
    json.iter()
        .copied()
        .filter(|byte| {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if string => escaped = true,
                b'"' => string = !string,
                b' ' | b'\t' | b'\n' | b'\r' => return string,
                _ => {}
            }
            true
        })
        .collect()
}

/// An object, or null for none.
#[expect(clippy::option_option, reason = "`None` is a wrong type, `Some(None)` an absent map")]
fn map(value: Json) -> Option<Option<Vec<(String, Json)>>> {
    match value {
        Json::Null => Some(None),
        Json::Object(entries) => Some(Some(entries)),
        _ => None,
    }
}
