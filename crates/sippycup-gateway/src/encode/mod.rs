//! From a request to event JSON. Each submodule writes one payload format; here is what they share.

mod alb;
#[cfg(feature = "authorizers")]
mod authorizer;
mod groups;
mod lattice;
mod v1;
mod v2;
pub(crate) mod web_socket;

use std::borrow::Cow;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::request::names::{is_hop_by_hop, title_case};
use crate::request::query::decoded;
use crate::request::{Authorizer, Call, ClientCertificate, Secured, Visitor, text};
use crate::{Kind, media_type};

pub(crate) use alb::health_event;

impl Call<'_> {
    pub(crate) fn encode(&self) -> Bytes {
        let event = match self.kind() {
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
        let injected = self.front.authorizer.as_ref().filter(|_| self.accepted.visitor == Visitor::Known);
        self.passed.authorizer.as_ref().or(injected)
    }

    /// That of the handshake; what is injected instead as the authorizer is.
    fn client_certificate(&self) -> Option<&ClientCertificate> {
        #[cfg(feature = "tls")]
        if (self.kind() == Kind::RestApi || self.kind().is_http_api())
            && let Some(client) = self.secured().and_then(|secured| secured.client.as_deref())
        {
            return Some(&client.certificate);
        }
        self.front.client_certificate.as_ref().filter(|_| self.accepted.visitor == Visitor::Known)
    }

    fn user_agent(&self) -> Option<Cow<'_, str>> {
        self.header("user-agent")
    }

    /// `$context` of a REST API.
    pub(crate) fn rest_context(&self) -> Value {
        v1::context(self, true)
    }

    /// The headers the event shows: what the client sent, minus what the gateway keeps to itself, plus what it adds. Names are spelled, values grouped per name.
    fn event_headers(&self) -> Vec<(String, Vec<String>)> {
        let kind = self.kind();
        let mut headers: Vec<(String, Vec<String>)> = Vec::new();
        for name in self.parts.headers.keys() {
            if hidden(kind, name.as_str()) || self.is_signature(name.as_str()) {
                continue;
            }
            let values = self.parts.headers.get_all(name).iter().map(|v| text(v).into_owned());
            headers.push((name.as_str().to_owned(), values.collect()));
        }
        let mut set = |name: &str, value: String| match headers.iter_mut().find(|(n, _)| n == name) {
            Some((_, values)) => *values = vec![value],
            None => headers.push((name.to_owned(), vec![value])),
        };
        // A health check of a load balancer brings no host, and its event has none.
        if !kind.is_load_balancer() && !self.parts.headers.contains_key("host") {
            set("host", self.accepted.located.domain_name.clone());
        }
        if self.shows_content_length() {
            set("content-length", self.body.len().to_string());
        }
        let forwarded = match self.header("x-forwarded-for") {
            Some(sent) => format!("{sent}, {}", self.source_ip()),
            None => self.source_ip().to_string(),
        };
        set("x-forwarded-for", forwarded);
        set("x-forwarded-port", self.front.forwarded_port.to_string());
        set("x-forwarded-proto", self.front.forwarded_proto.clone());
        set("x-amzn-trace-id", self.stamp.trace(self.header("x-amzn-trace-id").as_deref(), kind.is_load_balancer()));
        #[cfg(feature = "tls")]
        if kind.is_load_balancer()
            && let Some(client) = self.secured().and_then(|secured| secured.client.as_deref())
        {
            client.headers.iter().for_each(|(name, value)| set(name, value.clone()));
        }
        if kind.is_lattice() {
            for (name, value) in lattice::own_headers(self) {
                set(name, value);
            }
        }
        if kind == Kind::FunctionUrl {
            let secured = self.secured().unwrap_or(&Secured::USUAL);
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
        self.kind() == Kind::RestApi
            && name == "authorization"
            && self.header(name).is_some_and(|value| value.starts_with("AWS4-HMAC-SHA256"))
    }

    fn shows_content_length(&self) -> bool {
        match self.kind() {
            Kind::RestApi | Kind::WebSocketApi => false,
            Kind::HttpApiV1 | Kind::HttpApiV2 => true,
            _ => !self.body.is_empty() || self.parts.headers.contains_key("content-length"),
        }
    }

    /// REST and 1.0 keep the client's spelling, except for the names that API Gateway writes itself.
    fn spelled(&self, name: &str) -> String {
        let own: &[&str] = match self.kind() {
            Kind::RestApi => &["authorization", "host", "user-agent"],
            Kind::HttpApiV1 => &["content-length", "content-type", "host", "user-agent"],
            // Over TCP the client's spelling is not known.
            Kind::WebSocketApi => {
                let kept = self.names().and_then(|names| names.spelling(name)).map(str::to_owned);
                return kept.unwrap_or_else(|| title_case(name).replace("Websocket", "WebSocket"));
            }
            _ => return name.to_owned(),
        };
        if own.contains(&name)
            || name.starts_with("x-forwarded-") && !name.ends_with("-host")
            || name == "x-amzn-trace-id"
        {
            return title_case(name);
        }
        self.names().and_then(|names| names.spelling(name)).unwrap_or(name).to_owned()
    }

    /// Whether the body goes into the event as base64.
    pub(crate) fn is_binary(&self) -> bool {
        let content_type = self.header("content-type");
        match self.kind() {
            _ if self.body.is_empty() => false,
            Kind::RestApi => {
                content_type.as_deref().is_some_and(|t| media_type::matches_any(t, &self.front.binary_media_types))
            }
            Kind::FunctionUrl | Kind::HttpApiV1 | Kind::HttpApiV2 => {
                !content_type.as_deref().is_some_and(media_type::is_http_api_text)
            }
            _ => {
                self.parts.headers.contains_key("content-encoding")
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
        let variables = &self.front.stage_variables;
        (!variables.is_empty())
            .then(|| variables.iter().map(|(k, v)| (k.clone(), Value::from(v.as_str()))).collect::<Map<_, _>>().into())
    }

    fn path_parameters(&self, decode: bool) -> Option<Value> {
        let parameters = &self.accepted.matched.parameters;
        let value = |v: &str| if decode { decoded(v) } else { v.to_owned() };
        (!parameters.is_empty())
            .then(|| parameters.iter().map(|(k, v)| (k.clone(), Value::from(value(v)))).collect::<Map<_, _>>().into())
    }
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
