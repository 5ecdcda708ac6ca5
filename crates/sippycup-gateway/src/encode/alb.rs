//! The load balancer's event: the query is not decoded, headers and query come in one of two shapes.

use bytes::Bytes;
use serde_json::{Value, json};

use super::groups::{lasts, lists};
use crate::Kind;
use crate::front::FrontDoor;
use crate::request::Call;
use crate::request::query::raw_query;

pub(super) fn event(call: &Call<'_>) -> Value {
    let path = &call.accepted.located.event_path;
    written(
        call.front,
        call.accepted.method.as_str(),
        path,
        &raw_query(call.query()),
        &call.event_headers(),
        call.event_body(),
    )
}

/// What a health check brings: no host, no trace, and nobody's address.
pub(crate) fn health_event(front: &FrontDoor, path: &str, query: &str, user_agent: &str) -> Bytes {
    let headers = [("user-agent".to_owned(), vec![user_agent.to_owned()])];
    written(front, "GET", path, &raw_query(query), &headers, (String::new(), false)).to_string().into()
}

fn written(
    front: &FrontDoor,
    method: &str,
    path: &str,
    query: &[(String, Vec<String>)],
    headers: &[(String, Vec<String>)],
    (body, base64): (String, bool),
) -> Value {
    let arn = format!(
        "arn:aws:elasticloadbalancing:{}:{}:targetgroup/{}/{}",
        front.region,
        front.account_id,
        front.target_group.as_ref().unwrap_or(&front.api_id),
        "6d0ecf831eec9f09"
    );
    let (headers_key, headers, query_key, query) = match front.location.kind {
        Kind::LoadBalancerMultiValue => {
            ("multiValueHeaders", lists(headers), "multiValueQueryStringParameters", lists(query))
        }
        _ => ("headers", lasts(headers), "queryStringParameters", lasts(query)),
    };
    json!({
        "requestContext": { "elb": { "targetGroupArn": arn } },
        "httpMethod": method,
        "path": path,
        (query_key): query,
        (headers_key): headers,
        "body": body,
        "isBase64Encoded": base64,
    })
}
