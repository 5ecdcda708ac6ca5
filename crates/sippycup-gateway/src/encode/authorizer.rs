//! The events of Lambda authorizers: the event of the function without its body, and with the ARN that a policy is about ("Input to an API Gateway Lambda authorizer").

use serde_json::{Map, Value, json};

use super::{lattice, v1, v2, web_socket};
use crate::Kind;
use crate::request::Call;

impl Call<'_> {
    /// What a policy is about: the stage, the method, and the path as it was sent, not the template of the route.
    pub(crate) fn method_arn(&self) -> String {
        let front = self.front;
        let path = &self.accepted.located.route_path;
        let (stage, method) = (&front.location.stage, self.accepted.method.as_str());
        if self.kind() == Kind::WebSocketApi {
            return format!("{}/{stage}/$connect", front.api_arn());
        }
        format!("{}/{stage}/{method}{path}", front.api_arn())
    }

    /// The event of a TOKEN authorizer, which has three members.
    pub(crate) fn token_event(&self, token: &str) -> Value {
        json!({ "type": "TOKEN", "authorizationToken": token, "methodArn": self.method_arn() })
    }

    /// The event of a REQUEST authorizer of a REST API: what is empty is a map, and not null as a function gets it.
    pub(crate) fn request_event(&self) -> Value {
        let mut event = self.event_1();
        event.insert("methodArn".to_owned(), self.method_arn().into());
        event.into()
    }

    /// The event of the authorizer of a WebSocket API, which is that of `$connect` with two members more.
    pub(crate) fn connect_event(&self) -> Value {
        let mut event = web_socket::connect(self, &web_socket::known(self));
        event.remove("isBase64Encoded");
        event.insert("type".to_owned(), "REQUEST".into());
        event.insert("methodArn".to_owned(), self.method_arn().into());
        event.into()
    }

    /// Payload format 1.0 of an HTTP API.
    pub(crate) fn request_event_1(&self, sources: &[String]) -> Value {
        let mut event = self.event_1();
        for key in ["multiValueHeaders", "multiValueQueryStringParameters"] {
            event.remove(key);
        }
        event.insert("version".to_owned(), "1.0".into());
        event.insert("methodArn".to_owned(), self.method_arn().into());
        for key in ["identitySource", "authorizationToken"] {
            event.insert(key.to_owned(), sources.join(",").into());
        }
        event.into()
    }

    /// Payload format 2.0 of an HTTP API.
    pub(crate) fn request_event_2(&self, sources: &[String]) -> Value {
        let mut event = members(v2::event(self));
        for key in ["body", "isBase64Encoded"] {
            event.remove(key);
        }
        event.insert("type".to_owned(), "REQUEST".into());
        event.insert("routeArn".to_owned(), self.method_arn().into());
        if !sources.is_empty() {
            event.insert("identitySource".to_owned(), sources.into());
        }
        event.into()
    }

    fn event_1(&self) -> Map<String, Value> {
        let mut event = members(v1::event(self));
        for key in ["body", "isBase64Encoded", "version"] {
            event.remove(key);
        }
        for value in event.values_mut().filter(|value| value.is_null()) {
            *value = json!({});
        }
        event.insert("type".to_owned(), "REQUEST".into());
        event
    }

    /// What VPC Lattice says to somebody without a signature.
    pub(crate) fn anonymous(&self) -> String {
        lattice::anonymous(self)
    }

    /// A member of `$context`, as text.
    pub(crate) fn context_value(&self, path: &str) -> Option<String> {
        let pointer = format!("/{}", path.replace('.', "/"));
        let version_1 = || v1::context(self, self.kind() == Kind::RestApi);
        let found = match self.kind() {
            Kind::HttpApiV1 | Kind::HttpApiV2 => {
                let context = v2::context(self, false);
                context.pointer(&pointer).cloned().or_else(|| version_1().pointer(&pointer).cloned())
            }
            _ => version_1().pointer(&pointer).cloned(),
        };
        match found? {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

fn members(event: Value) -> Map<String, Value> {
    match event {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
