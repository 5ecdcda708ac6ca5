//! The load balancer's event: the query is not decoded, headers and query come in one of two shapes.

use serde_json::{Value, json};

use super::{Call, lasts, lists};
use crate::Kind;

pub(super) fn event(call: &Call<'_>) -> Value {
    let headers = call.event_headers();
    let query = call.raw_query();
    let (body, base64) = call.event_body();
    let config = call.config;
    let arn = format!(
        "arn:aws:elasticloadbalancing:{}:{}:targetgroup/{}/{}",
        config.region,
        config.account_id,
        config.target_group.as_ref().unwrap_or(&config.api_id),
        "6d0ecf831eec9f09"
    );
    let (headers_key, headers, query_key, query) = match config.location.kind {
        Kind::LoadBalancerMultiValue => {
            ("multiValueHeaders", lists(&headers), "multiValueQueryStringParameters", lists(&query))
        }
        _ => ("headers", lasts(&headers), "queryStringParameters", lasts(&query)),
    };
    json!({
        "requestContext": { "elb": { "targetGroupArn": arn } },
        "httpMethod": call.method.as_str(),
        "path": call.located.event_path,
        (query_key): query,
        (headers_key): headers,
        "body": body,
        "isBase64Encoded": base64,
    })
}
