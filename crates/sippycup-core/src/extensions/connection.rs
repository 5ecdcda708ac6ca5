//! The WebSocket connection that a message came over.

use std::fmt;

use super::context::RequestContext;
use crate::{base_path::BasePath, certain::Certain, source::EventSource};

/// The WebSocket connection that a message came over, and where messages to it are posted.
///
/// Only events of a WebSocket API have one. What an authorizer said of the caller is in
/// [`RequestContext::claims`].
///
/// ```
/// # use sippycup_core::{Connection, EventSource, RequestContext};
/// let context = RequestContext::from_json(
///     EventSource::WebSocket,
///     r#"{"connectionId":"L0SM9cOFvHcCIhw=","eventType":"MESSAGE","routeKey":"sendmessage","stage":"live",
///         "apiId":"w5example","domainName":"w5example.execute-api.eu-central-1.amazonaws.com"}"#,
/// )?;
/// let connection = Connection::from_context(&context).unwrap();
/// assert_eq!((connection.id(), connection.route_key()), ("L0SM9cOFvHcCIhw=", Some("sendmessage")));
/// assert_eq!(
///     connection.management_endpoint("eu-central-1").unwrap(),
///     "https://w5example.execute-api.eu-central-1.amazonaws.com/live"
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct Connection {
    context: RequestContext,
}

impl Connection {
    /// The connection of this event; `None` if it is none of a WebSocket API.
    #[must_use]
    pub fn from_context(context: &RequestContext) -> Option<Self> {
        let is_one = context.source() == EventSource::WebSocket && context.connection_id().is_some();
        is_one.then(|| Self { context: context.clone() })
    }

    /// The id, by which messages are posted to it.
    #[must_use]
    pub fn id(&self) -> &str {
        self.context.connection_id().certain()
    }

    /// `CONNECT`, `MESSAGE` or `DISCONNECT`.
    #[must_use]
    pub fn event_type(&self) -> Option<&str> {
        self.context.event_type()
    }

    /// The route that was selected: `$connect`, `$disconnect`, `$default` or one of the API's own.
    #[must_use]
    pub fn route_key(&self) -> Option<&str> {
        self.context.route_key()
    }

    /// The stage of the API.
    #[must_use]
    pub fn stage(&self) -> Option<&str> {
        self.context.stage()
    }

    /// The domain that the client connected to: the API's own or a custom one.
    #[must_use]
    pub fn domain_name(&self) -> Option<&str> {
        self.context.domain_name()
    }

    /// The endpoint URL for clients of the API Gateway Management API, such as `aws-sdk-apigatewaymanagementapi`, which
    /// puts `/@connections/` and the id behind it. `region` is that of the function: the variable `AWS_REGION`.
    ///
    /// It is the API's own domain and the stage, behind a custom domain too: there the URL has the key of a mapping in the
    /// place of the stage, and no event says which key that is. Where the API's own domain is disabled it is
    /// [`management_endpoint_under`](Self::management_endpoint_under). `None` if the event does not say which API or
    /// stage it is.
    ///
    /// See [Use @connections commands](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html).
    #[must_use]
    pub fn management_endpoint(&self, region: &str) -> Option<String> {
        let stage = self.stage()?;
        // So API Gateway calls those that it gives out: `id.execute-api.region.amazonaws.com`.
        let own = self.domain_name().filter(|domain| domain.split('.').nth(1) == Some("execute-api"));
        if let Some(domain) = own {
            return Some(format!("https://{domain}/{stage}"));
        }
        let api = self.context.api_id()?;
        let partition = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        Some(format!("https://{api}.execute-api.{region}.{partition}/{stage}"))
    }

    /// The endpoint URL behind a custom domain: the domain, and the key of the API mapping, which is the public base path
    /// where one is stated. `None` if the event does not say which domain it is.
    #[must_use]
    pub fn management_endpoint_under(&self, mapping: &BasePath) -> Option<String> {
        self.domain_name().map(|domain| format!("https://{domain}{mapping}"))
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("id", &self.id())
            .field("event_type", &self.event_type())
            .field("route_key", &self.route_key())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn connection(source: EventSource, context: &Value) -> Option<Connection> {
        Connection::from_context(&RequestContext::from_json(source, &context.to_string()).unwrap())
    }

    fn on(domain: &str) -> Connection {
        let context = json!({
            "connectionId": "c=", "eventType": "MESSAGE", "routeKey": "$default", "stage": "live", "apiId": "w5example",
            "domainName": domain,
        });
        connection(EventSource::WebSocket, &context).unwrap()
    }

    #[test]
    fn an_event_says_which_connection_and_what_has_happened_to_it() {
        let seen = on("ws.example.com");
        assert_eq!(seen.id(), "c=");
        assert_eq!((seen.event_type(), seen.route_key()), (Some("MESSAGE"), Some("$default")));
    }

    #[test]
    fn messages_are_posted_to_the_stage_of_the_apis_own_domain() {
        let own = "https://w5example.execute-api.eu-central-1.amazonaws.com/live";
        assert_eq!(on("w5example.execute-api.eu-central-1.amazonaws.com").management_endpoint("x").unwrap(), own);
        assert_eq!(on("ws.example.com").management_endpoint("eu-central-1").unwrap(), own);
        let china = on("ws.example.com").management_endpoint("cn-north-1").unwrap();
        assert_eq!(china, "https://w5example.execute-api.cn-north-1.amazonaws.com.cn/live");
    }

    #[test]
    fn behind_a_custom_domain_the_mapping_stands_in_the_place_of_the_stage() {
        let at = |mapping| on("ws.example.com").management_endpoint_under(&BasePath::from_static(mapping)).unwrap();
        assert_eq!(at("/chat"), "https://ws.example.com/chat");
        assert_eq!(at(""), "https://ws.example.com");
    }

    #[test]
    fn what_an_event_does_not_say_is_not_made_up() {
        let bare = connection(EventSource::WebSocket, &json!({"connectionId": "c"})).unwrap();
        assert_eq!((bare.stage(), bare.management_endpoint("x")), (None, None));
        assert_eq!(bare.management_endpoint_under(&BasePath::ROOT), None);
        assert!(connection(EventSource::WebSocket, &json!({"stage": "live"})).is_none());
        // Tests of the console have a connection id in events of REST APIs.
        assert!(connection(EventSource::RestApi, &json!({"connectionId": "c"})).is_none());
    }
}
