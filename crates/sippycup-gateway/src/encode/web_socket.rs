//! The events of a WebSocket API.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::groups::{lasts, lists};
use crate::Kind;
use crate::front::FrontDoor;
use crate::request::Call;
use crate::stamp::Stamp;
use crate::web_socket::Known;

/// What all events of a connection will say of it.
pub(crate) fn known(call: &Call<'_>) -> Known {
    let mut signer = Map::new();
    if let Some(authorizer) = call.authorizer() {
        authorizer.identify(&mut signer);
    }
    Known {
        id: call.stamp.connection_id.clone(),
        domain_name: call.accepted.located.domain_name.clone(),
        connected_at: call.stamp.epoch_millis(),
        source_ip: call.source_ip(),
        user_agent: call.user_agent().map(std::borrow::Cow::into_owned),
        authorizer: call.authorizer().and_then(|authorizer| authorizer.context(Kind::WebSocketApi)),
        signer,
    }
}

/// The event of `$connect`, the only one with the headers and the query of the handshake.
pub(crate) fn connect(call: &Call<'_>, known: &Known) -> Map<String, Value> {
    let headers = call.event_headers();
    let query = call.decoded_query();
    let mut event = base(call.front, known, call.stamp, "$connect", "CONNECT");
    event.insert("headers".to_owned(), lasts(&headers));
    event.insert("multiValueHeaders".to_owned(), lists(&headers));
    if !query.is_empty() {
        event.insert("queryStringParameters".to_owned(), lasts(&query));
        event.insert("multiValueQueryStringParameters".to_owned(), lists(&query));
    }
    event
}

pub(crate) fn message(front: &FrontDoor, known: &Known, stamp: &Stamp, key: &str, id: &str, body: &str) -> Bytes {
    let mut event = base(front, known, stamp, key, "MESSAGE");
    add(&mut event, "messageId", id.into());
    event.insert("body".to_owned(), body.into());
    written(event)
}

pub(crate) fn disconnect(front: &FrontDoor, known: &Known, stamp: &Stamp, code: u16, reason: &str) -> Bytes {
    let mut event = base(front, known, stamp, "$disconnect", "DISCONNECT");
    add(&mut event, "disconnectStatusCode", code.into());
    add(&mut event, "disconnectReason", reason.into());
    // These and no others, as recorded.
    let headers = [("Host", &*known.domain_name), ("X-Forwarded-For", ""), ("x-api-key", ""), ("x-restapi", "")];
    let headers = headers.map(|(name, value)| (name.to_owned(), vec![value.to_owned()]));
    event.insert("headers".to_owned(), lasts(&headers));
    event.insert("multiValueHeaders".to_owned(), lists(&headers));
    written(event)
}

fn base(front: &FrontDoor, known: &Known, stamp: &Stamp, key: &str, event_type: &str) -> Map<String, Value> {
    let mut identity = known.signer.clone();
    identity.insert("sourceIp".to_owned(), known.source_ip.to_string().into());
    if let Some(agent) = &known.user_agent {
        identity.insert("userAgent".to_owned(), agent.as_str().into());
    }
    let mut context = json!({
        "apiId": front.api_id,
        "connectedAt": known.connected_at,
        "connectionId": known.id,
        "domainName": known.domain_name,
        "eventType": event_type,
        "extendedRequestId": stamp.extended_id,
        "identity": identity,
        "messageDirection": "IN",
        "requestId": stamp.extended_id,
        "requestTime": stamp.common_log_time(),
        "requestTimeEpoch": stamp.epoch_millis(),
        "routeKey": key,
        "stage": front.location.stage,
    });
    if let (Some(authorizer), Some(context)) = (&known.authorizer, context.as_object_mut()) {
        context.insert("authorizer".to_owned(), authorizer.clone());
    }
    let mut event = Map::new();
    event.insert("requestContext".to_owned(), context);
    event.insert("isBase64Encoded".to_owned(), false.into());
    if !front.stage_variables.is_empty() {
        let variables = front.stage_variables.iter().map(|(k, v)| (k.clone(), Value::from(v.as_str())));
        event.insert("stageVariables".to_owned(), variables.collect::<Map<_, _>>().into());
    }
    event
}

fn add(event: &mut Map<String, Value>, name: &str, value: Value) {
    if let Some(context) = event.get_mut("requestContext").and_then(Value::as_object_mut) {
        context.insert(name.to_owned(), value);
    }
}

pub(crate) fn written(event: Map<String, Value>) -> Bytes {
    Bytes::from(Value::Object(event).to_string())
}
