//! Payload format 1.0: REST APIs, and HTTP APIs that ask for it.

use serde_json::{Map, Value, json};

use super::groups::{lasts, lists};
use crate::Kind;
use crate::request::Call;
use crate::request::query::decoded;

pub(super) fn event(call: &Call<'_>) -> Value {
    let rest = call.kind() == Kind::RestApi;
    let query = call.decoded_query();
    let headers = call.event_headers();
    let (body, base64) = call.event_body();
    let mut event = json!({
        "resource": call.accepted.matched.template,
        "path": call.accepted.located.event_path,
        "httpMethod": call.accepted.method.as_str(),
        "headers": lasts(&headers),
        "multiValueHeaders": lists(&headers),
        "queryStringParameters": (!query.is_empty()).then(|| lasts(&query)),
        "multiValueQueryStringParameters": (!query.is_empty()).then(|| lists(&query)),
        "pathParameters": call.path_parameters(!rest),
        "stageVariables": call.stage_variables(),
        "requestContext": context(call, rest),
        "body": (!call.body.is_empty()).then_some(body),
        "isBase64Encoded": base64,
    });
    // Only the HTTP API says which format it speaks.
    if let (false, Some(event)) = (rest, event.as_object_mut()) {
        event.insert("version".to_owned(), "1.0".into());
    }
    event
}

pub(super) fn context(call: &Call<'_>, rest: bool) -> Value {
    let front = call.front;
    let path = &call.accepted.located.context_path;
    // A REST API knows two request ids, an HTTP API writes its one twice.
    let request_id = if rest { &call.stamp.uuid } else { &call.stamp.extended_id };
    let mut context = json!({
        "accountId": front.account_id,
        "apiId": front.api_id,
        "domainName": call.accepted.located.domain_name,
        "domainPrefix": call.accepted.located.domain_name.split('.').next(),
        "extendedRequestId": call.stamp.extended_id,
        "httpMethod": call.accepted.method.as_str(),
        "identity": identity(call, rest),
        "path": if rest { path.clone() } else { decoded(path) },
        "protocol": "HTTP/1.1",
        "requestId": request_id,
        "requestTime": call.stamp.common_log_time(),
        "requestTimeEpoch": call.stamp.epoch_millis(),
        "resourceId": if rest { resource_id(&call.accepted.matched.template) } else { call.accepted.matched.key.clone() },
        "resourcePath": call.accepted.matched.template,
        "stage": front.location.stage,
    });
    if let Some(context) = context.as_object_mut() {
        if rest {
            context.insert("deploymentId".to_owned(), front.api_id.chars().rev().take(6).collect::<String>().into());
            if let Some(key) = &call.accepted.located.mapping {
                let matched = if key.is_empty() { "(none)" } else { key };
                context.insert("customDomain".to_owned(), json!({ "basePathMatched": matched }));
            }
        }
        if let Some(authorizer) = call.authorizer().and_then(|a| a.context(call.kind())) {
            context.insert("authorizer".to_owned(), authorizer);
        }
    }
    context
}

fn identity(call: &Call<'_>, rest: bool) -> Value {
    let mut identity: Map<String, Value> = NULLS.iter().map(|key| ((*key).to_owned(), Value::Null)).collect();
    if !rest {
        identity.insert("cognitoAmr".to_owned(), Value::Null);
    }
    let user_agent = match call.user_agent() {
        None if rest => Value::Null,
        user_agent => user_agent.unwrap_or_default().into(),
    };
    identity.insert("userAgent".to_owned(), user_agent);
    identity.insert("sourceIp".to_owned(), call.source_ip().to_string().into());
    if let Some(authorizer) = call.authorizer() {
        authorizer.identify(&mut identity);
    }
    if let Some(key) = &call.passed.api_key {
        identity.insert("apiKey".to_owned(), key.as_str().into());
        identity.insert("apiKeyId".to_owned(), resource_id(key).into());
    }
    if let Some(certificate) = call.client_certificate() {
        identity.insert("clientCert".to_owned(), certificate.to_json());
    }
    identity.into()
}

/// Six letters and digits that stay the same for a template, as the ids of deployed resources do.
fn resource_id(template: &str) -> String {
    let hash = template
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (0..6)
        .scan(hash, |rest, _| {
            let digit = u32::try_from(*rest % 36).ok()?;
            *rest /= 36;
            char::from_digit(digit, 36)
        })
        .collect()
}

const NULLS: [&str; 10] = [
    "accessKey",
    "accountId",
    "caller",
    "cognitoAuthenticationProvider",
    "cognitoAuthenticationType",
    "cognitoIdentityId",
    "cognitoIdentityPoolId",
    "principalOrgId",
    "user",
    "userArn",
];
