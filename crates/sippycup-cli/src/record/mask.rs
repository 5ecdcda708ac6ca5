//! Recordings are shown to others and kept in repositories: what a client proves itself with is not for them.

use serde_json::Value;

/// Puts `(masked)` in the place of credentials: of headers that have them, of the values of cookies, and of API keys.
pub(crate) fn mask(json: &mut Value) {
    match json {
        Value::Object(members) => {
            for (name, value) in members {
                match name.to_ascii_lowercase().as_str() {
                    "cookie" => mask_each(value, &|text| text.split(';').map(named).collect::<Vec<_>>().join(";")),
                    "cookies" | "set-cookie" => mask_each(value, &with_attributes),
                    name if SECRETS.contains(&name) => mask_each(value, &with_scheme),
                    _ => mask(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(mask),
        _ => {}
    }
}

/// Whether a recorded text has been masked somewhere.
pub(crate) fn is_masked(text: &[u8]) -> bool {
    text.windows(MASK.len()).any(|window| window == MASK.as_bytes())
}

/// A text, or several, of one header.
fn mask_each(value: &mut Value, masked: &impl Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = masked(text),
        Value::Array(values) => values.iter_mut().for_each(|value| mask_each(value, masked)),
        // None of HTTP's.
        other => mask(other),
    }
}

/// `session=…`, whose name tells something and is no secret.
fn named(cookie: &str) -> String {
    match cookie.split_once('=') {
        Some((name, _)) => format!("{name}={MASK}"),
        None => cookie.to_owned(),
    }
}

fn with_attributes(cookie: &str) -> String {
    match cookie.split_once(';') {
        Some((cookie, attributes)) => format!("{};{attributes}", named(cookie)),
        None => named(cookie),
    }
}

/// `Bearer …`
fn with_scheme(text: &str) -> String {
    match text.split_once(' ') {
        Some((scheme, _)) => format!("{scheme} {MASK}"),
        None => MASK.to_owned(),
    }
}

const MASK: &str = "(masked)";

/// Members of headers, of `requestContext.identity`, and what a load balancer adds after OpenID Connect.
const SECRETS: [&str; 9] = [
    "apikey",
    "authorization",
    "authorizationtoken",
    "proxy-authorization",
    "x-amz-security-token",
    "x-amzn-oidc-accesstoken",
    "x-amzn-oidc-data",
    "x-api-key",
    "x-auth-token",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn credentials_are_masked_wherever_an_event_or_an_answer_has_them() {
        let mut event = json!({
            "headers": {"Authorization": "Bearer s3cret", "cookie": "a=s3cret; b=s3cret", "X-API-Key": "s3cret", "accept": "*/*"},
            "multiValueHeaders": {"AUTHORIZATION": ["s3cret"], "set-cookie": ["a=s3cret; Path=/; HttpOnly", "b=s3cret"]},
            "cookies": ["a=s3cret", "b=s3cret; Secure"],
            "requestContext": {"identity": {"apiKey": "s3cret", "sourceIp": "192.0.2.1"}, "authorizer": {"claims": {"sub": "42"}}},
            "body": "{\"cookie\":\"of the app\"}",
        });
        mask(&mut event);
        assert!(is_masked(event.to_string().as_bytes()));
        assert_eq!(
            event,
            json!({
                "headers": {"Authorization": "Bearer (masked)", "cookie": "a=(masked); b=(masked)", "X-API-Key": "(masked)", "accept": "*/*"},
                "multiValueHeaders": {"AUTHORIZATION": ["(masked)"], "set-cookie": ["a=(masked); Path=/; HttpOnly", "b=(masked)"]},
                "cookies": ["a=(masked)", "b=(masked); Secure"],
                "requestContext": {"identity": {"apiKey": "(masked)", "sourceIp": "192.0.2.1"}, "authorizer": {"claims": {"sub": "42"}}},
                "body": "{\"cookie\":\"of the app\"}",
            })
        );
    }
}
