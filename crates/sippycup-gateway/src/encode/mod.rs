//! From a request to event JSON. Each submodule writes one payload format; here is what they share.

mod alb;
#[cfg(feature = "authorizers")]
mod authorizer;
mod lattice;
mod v1;
mod v2;
pub(crate) mod web_socket;

use std::borrow::Cow;
use std::net::IpAddr;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::admit::Passed;
use crate::config::Config;
use crate::identity::{Authorizer, ClientCertificate};
use crate::location::Located;
use crate::names::{HeaderNames, is_hop_by_hop};
use crate::route::Matched;
use crate::secured::Secured;
use crate::stamp::Stamp;
use crate::visitor::Visitor;
use crate::{Kind, media_type};

pub(crate) use alb::health_event;

/// One request with everything the gateway found out about it.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) config: &'a Config,
    /// What is asked for, and what the request line has: a client of a REST API can override it.
    pub(crate) method: &'a Method,
    #[cfg(feature = "authorizers")]
    pub(crate) sent_method: &'a Method,
    /// As it was sent.
    #[cfg(feature = "authorizers")]
    pub(crate) path: &'a str,
    /// Of the rule of a listener, instead of that of the gateway.
    #[cfg(feature = "authorizers")]
    pub(crate) guard: Option<&'a crate::Guard>,
    pub(crate) query: Option<&'a str>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) names: Option<&'a HeaderNames>,
    pub(crate) body: &'a Bytes,
    pub(crate) located: &'a Located,
    pub(crate) matched: &'a Matched,
    pub(crate) visitor: Visitor,
    pub(crate) passed: &'a Passed,
    pub(crate) source_ip: IpAddr,
    pub(crate) secured: Option<&'a Secured>,
    pub(crate) stamp: &'a Stamp,
}

impl Call<'_> {
    pub(crate) fn encode(&self) -> Bytes {
        let event = match self.config.location.kind {
            Kind::FunctionUrl | Kind::HttpApiV2 => v2::event(self),
            Kind::HttpApiV1 | Kind::RestApi => v1::event(self),
            Kind::LoadBalancer | Kind::LoadBalancerMultiValue => alb::event(self),
            Kind::VpcLatticeV1 | Kind::VpcLatticeV2 => lattice::event(self),
            Kind::WebSocketApi => web_socket::connect(self, &web_socket::known(self)).into(),
        };
        Bytes::from(event.to_string())
    }

    /// What the authorizer found out; what is injected instead only if no web page of another site has chosen the request.
    fn authorizer(&self) -> Option<&Authorizer> {
        let injected = self.config.authorizer.as_ref().filter(|_| self.visitor == Visitor::Known);
        self.passed.authorizer.as_ref().or(injected)
    }

    /// That of the handshake; what is injected instead as the authorizer is.
    fn client_certificate(&self) -> Option<&ClientCertificate> {
        #[cfg(feature = "tls")]
        if (self.config.location.kind == Kind::RestApi || self.config.location.kind.is_http_api())
            && let Some(client) = self.secured.and_then(|secured| secured.client.as_deref())
        {
            return Some(&client.certificate);
        }
        self.config.client_certificate.as_ref().filter(|_| self.visitor == Visitor::Known)
    }

    fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        self.headers.get(name).map(text)
    }

    fn user_agent(&self) -> Option<Cow<'_, str>> {
        self.header("user-agent")
    }

    /// `$context` of a REST API.
    pub(crate) fn rest_context(&self) -> Value {
        v1::context(self, true)
    }

    /// The first value of a header.
    pub(crate) fn header_text(&self, name: &str) -> Option<String> {
        self.headers.get(name).map(|value| text(value).into_owned())
    }

    /// The first value of a key of the query; its case counts.
    pub(crate) fn query_value(&self, name: &str) -> Option<String> {
        self.query_values(name).next()
    }

    pub(crate) fn query_values(&self, name: &str) -> impl Iterator<Item = String> {
        self.query_pairs().filter(move |(key, _)| form_decoded(key) == name).map(|(_, value)| form_decoded(value))
    }

    /// The headers the event shows: what the client sent, minus what the gateway keeps to itself, plus what it adds. Names are spelled, values grouped per name.
    fn event_headers(&self) -> Vec<(String, Vec<String>)> {
        let kind = self.config.location.kind;
        let mut headers: Vec<(String, Vec<String>)> = Vec::new();
        for name in self.headers.keys() {
            if hidden(kind, name.as_str()) || self.is_signature(name.as_str()) {
                continue;
            }
            let values = self.headers.get_all(name).iter().map(|v| text(v).into_owned());
            headers.push((name.as_str().to_owned(), values.collect()));
        }
        let mut set = |name: &str, value: String| match headers.iter_mut().find(|(n, _)| n == name) {
            Some((_, values)) => *values = vec![value],
            None => headers.push((name.to_owned(), vec![value])),
        };
        // A health check of a load balancer brings no host, and its event has none.
        if !kind.is_load_balancer() && !self.headers.contains_key("host") {
            set("host", self.located.domain_name.clone());
        }
        if self.shows_content_length() {
            set("content-length", self.body.len().to_string());
        }
        let forwarded = match self.header("x-forwarded-for") {
            Some(sent) => format!("{sent}, {}", self.source_ip),
            None => self.source_ip.to_string(),
        };
        set("x-forwarded-for", forwarded);
        set("x-forwarded-port", self.config.forwarded_port.to_string());
        set("x-forwarded-proto", self.config.forwarded_proto.clone());
        set("x-amzn-trace-id", self.stamp.trace(self.header("x-amzn-trace-id").as_deref(), kind.is_load_balancer()));
        #[cfg(feature = "tls")]
        if kind.is_load_balancer()
            && let Some(client) = self.secured.and_then(|secured| secured.client.as_deref())
        {
            client.headers.iter().for_each(|(name, value)| set(name, value.clone()));
        }
        if kind.is_lattice() {
            for (name, value) in lattice::own_headers(self) {
                set(name, value);
            }
        }
        if kind == Kind::FunctionUrl {
            let secured = self.secured.unwrap_or(&Secured::USUAL);
            set("x-amzn-tls-version", secured.version.to_owned());
            set("x-amzn-tls-cipher-suite", secured.cipher_suite.to_owned());
        }
        for (name, _) in &mut headers {
            let spelled = self.spelled(name);
            *name = spelled;
        }
        headers
    }

    /// API Gateway's known issues: a REST API drops `Authorization` if it is a signature (Version 4).
    fn is_signature(&self, name: &str) -> bool {
        self.config.location.kind == Kind::RestApi
            && name == "authorization"
            && self.header(name).is_some_and(|value| value.starts_with("AWS4-HMAC-SHA256"))
    }

    fn shows_content_length(&self) -> bool {
        match self.config.location.kind {
            Kind::RestApi | Kind::WebSocketApi => false,
            Kind::HttpApiV1 | Kind::HttpApiV2 => true,
            _ => !self.body.is_empty() || self.headers.contains_key("content-length"),
        }
    }

    /// REST and 1.0 keep the client's spelling, except for the names that API Gateway writes itself.
    fn spelled(&self, name: &str) -> String {
        let own: &[&str] = match self.config.location.kind {
            Kind::RestApi => &["authorization", "host", "user-agent"],
            Kind::HttpApiV1 => &["content-length", "content-type", "host", "user-agent"],
            // Over TCP the client's spelling is not known.
            Kind::WebSocketApi => {
                let kept = self.names.and_then(|names| names.spelling(name)).map(str::to_owned);
                return kept.unwrap_or_else(|| crate::names::title_case(name).replace("Websocket", "WebSocket"));
            }
            _ => return name.to_owned(),
        };
        if own.contains(&name)
            || name.starts_with("x-forwarded-") && !name.ends_with("-host")
            || name == "x-amzn-trace-id"
        {
            return crate::names::title_case(name);
        }
        self.names.and_then(|names| names.spelling(name)).unwrap_or(name).to_owned()
    }

    /// Whether the body goes into the event as base64.
    pub(crate) fn is_binary(&self) -> bool {
        let content_type = self.header("content-type");
        match self.config.location.kind {
            _ if self.body.is_empty() => false,
            Kind::RestApi => {
                content_type.as_deref().is_some_and(|t| media_type::matches_any(t, &self.config.binary_media_types))
            }
            Kind::FunctionUrl | Kind::HttpApiV1 | Kind::HttpApiV2 => {
                !content_type.as_deref().is_some_and(media_type::is_http_api_text)
            }
            _ => {
                self.headers.contains_key("content-encoding")
                    || !content_type.as_deref().is_some_and(media_type::is_load_balancer_text)
            }
        }
    }

    /// Body and `isBase64Encoded`.
    fn event_body(&self) -> (String, bool) {
        if self.is_binary() {
            use base64::Engine as _;
            (base64::engine::general_purpose::STANDARD.encode(self.body), true)
        } else {
            (String::from_utf8_lossy(self.body).into_owned(), false)
        }
    }

    fn stage_variables(&self) -> Option<Value> {
        let variables = &self.config.stage_variables;
        (!variables.is_empty())
            .then(|| variables.iter().map(|(k, v)| (k.clone(), Value::from(v.as_str()))).collect::<Map<_, _>>().into())
    }

    fn path_parameters(&self, decode: bool) -> Option<Value> {
        let parameters = &self.matched.parameters;
        let value = |v: &str| if decode { decoded(v) } else { v.to_owned() };
        (!parameters.is_empty())
            .then(|| parameters.iter().map(|(k, v)| (k.clone(), Value::from(value(v)))).collect::<Map<_, _>>().into())
    }

    /// Key and value pairs of the query, still encoded, in order. A key without `=` has an empty value.
    fn query_pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        // API Gateway's known issues: a plain semicolon splits data in a REST API.
        pairs(self.query.unwrap_or_default(), self.config.location.kind == Kind::RestApi)
    }

    /// The query decoded and grouped per key, in order of the keys' first appearance.
    fn decoded_query(&self) -> Vec<(String, Vec<String>)> {
        grouped(self.query_pairs().map(|(k, v)| (form_decoded(k), form_decoded(v))))
    }

    /// The query as sent, grouped per key.
    fn raw_query(&self) -> Vec<(String, Vec<String>)> {
        raw_query(self.query.unwrap_or_default())
    }
}

fn pairs(query: &str, semicolon: bool) -> impl Iterator<Item = (&str, &str)> {
    query
        .split(move |c| c == '&' || semicolon && c == ';')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

fn raw_query(query: &str) -> Vec<(String, Vec<String>)> {
    grouped(pairs(query, false).map(|(k, v)| (k.to_owned(), v.to_owned())))
}

fn grouped(pairs: impl Iterator<Item = (String, String)>) -> Vec<(String, Vec<String>)> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for (key, value) in pairs {
        match groups.iter_mut().find(|(k, _)| *k == key) {
            Some((_, values)) => values.push(value),
            None => groups.push((key, vec![value])),
        }
    }
    groups
}

fn lasts(groups: &[(String, Vec<String>)]) -> Value {
    groups.iter().filter_map(|(k, v)| Some((k.clone(), Value::from(v.last()?.as_str())))).collect::<Map<_, _>>().into()
}

fn lists(groups: &[(String, Vec<String>)]) -> Value {
    groups.iter().map(|(k, v)| (k.clone(), Value::from(v.clone()))).collect::<Map<_, _>>().into()
}

fn joined(groups: &[(String, Vec<String>)], separator: &str) -> Value {
    groups.iter().map(|(k, v)| (k.clone(), Value::from(v.join(separator)))).collect::<Map<_, _>>().into()
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn form_decoded(text: &str) -> String {
    decoded(&text.replace('+', " "))
}

/// A header value as JSON can hold it: what is not UTF-8 becomes U+FFFD.
fn text(value: &HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

/// Headers that a function never sees.
fn hidden(kind: Kind, name: &str) -> bool {
    let rest_only = matches!(
        name,
        "content-length" | "content-md5" | "max-forwards" | "proxy-authenticate" | "server" | "www-authenticate"
    );
    is_hop_by_hop(name)
        || name == "expect"
        || matches!(kind, Kind::RestApi | Kind::WebSocketApi) && rest_only
        || kind.is_lattice() && lattice::is_own(name)
}
