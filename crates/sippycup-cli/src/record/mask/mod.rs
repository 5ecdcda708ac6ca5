//! Recordings are shown to others and kept in repositories: what a client proves itself with is not for them.

mod names;
mod text;

use serde_json::Value;

use names::{is_secret, is_secret_parameter};
use text::{MASK, cookie, cookie_with_attributes, credentials, parameters, user};

/// Puts `(masked)` in the place of credentials: of headers and members that have them, of the values of cookies, and of
/// parameters in queries, wherever an event or an answer has a query. A body is the app's, and stays.
pub(crate) fn mask(json: &mut Value) {
    mask_members(json, is_secret);
}

/// Whether a recorded text has been masked somewhere.
pub(crate) fn is_masked(text: &[u8]) -> bool {
    text.windows(MASK.len()).any(|window| window == MASK.as_bytes())
}

fn mask_members(json: &mut Value, is_secret: fn(&str) -> bool) {
    match json {
        Value::Object(members) => {
            for (name, value) in members {
                match name.to_ascii_lowercase().as_str() {
                    "body" if value.is_string() => {}
                    "cookie" => mask_each(value, &|text| text.split(';').map(cookie).collect::<Vec<_>>().join(";")),
                    "cookies" | "set-cookie" => mask_each(value, &cookie_with_attributes),
                    name if QUERIES.contains(&name) => mask_members(value, is_secret_parameter),
                    name if is_secret(name) => mask_each(value, &credentials),
                    _ => mask_members(value, is_secret),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| mask_members(value, is_secret)),
        Value::String(text) => *text = parameters(&user(text)),
        _ => {}
    }
}

/// A text, or several, of one header or parameter.
fn mask_each(value: &mut Value, masked: &impl Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = masked(text),
        Value::Array(values) => values.iter_mut().for_each(|value| mask_each(value, masked)),
        // None of HTTP's.
        other => mask(other),
    }
}

/// Members whose own members are parameters of a query, of all front doors.
const QUERIES: [&str; 3] = ["multivaluequerystringparameters", "query_string_parameters", "querystringparameters"];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn credentials_are_masked_wherever_an_event_or_an_answer_has_them() {
        let mut event = json!({
            "headers": {
                "Authorization": "Bearer s3cret", "cookie": "a=s3cret; b=s3cret", "X-API-Key": "s3cret", "accept": "*/*",
                "x-csrf-token": "s3cret", "X-XSRF-TOKEN": "s3cret", "X-Amz-Security-Token": "s3cret s3cret", "code": "of the app",
                "referer": "https://shop.example.com/cb?code=s3cret&page=2", "x-api-version": "2",
            },
            "multiValueHeaders": {"AUTHORIZATION": ["s3cret"], "set-cookie": ["a=s3cret; Path=/; HttpOnly", "b=s3cret"]},
            "cookies": ["a=s3cret", "b=s3cret; Secure"],
            "requestContext": {
                "identity": {"apiKey": "s3cret", "sourceIp": "192.0.2.1"},
                "authorizer": {"claims": {"sub": "42", "token_use": "id"}},
                "path": "/prod/cb;jsessionid=s3cret",
            },
            "body": "{\"cookie\":\"of the app\",\"x\":\"?code=of the app\"}",
        });
        mask(&mut event);
        assert!(is_masked(event.to_string().as_bytes()));
        assert_eq!(
            event,
            json!({
                "headers": {
                    "Authorization": "Bearer (masked)", "cookie": "a=(masked); b=(masked)", "X-API-Key": "(masked)", "accept": "*/*",
                    "x-csrf-token": "(masked)", "X-XSRF-TOKEN": "(masked)", "X-Amz-Security-Token": "(masked)", "code": "of the app",
                    "referer": "https://shop.example.com/cb?code=(masked)&page=2", "x-api-version": "2",
                },
                "multiValueHeaders": {"AUTHORIZATION": ["(masked)"], "set-cookie": ["a=(masked); Path=/; HttpOnly", "b=(masked)"]},
                "cookies": ["a=(masked)", "b=(masked); Secure"],
                "requestContext": {
                    "identity": {"apiKey": "(masked)", "sourceIp": "192.0.2.1"},
                    "authorizer": {"claims": {"sub": "42", "token_use": "id"}},
                    "path": "/prod/cb;jsessionid=(masked)",
                },
                "body": "{\"cookie\":\"of the app\",\"x\":\"?code=of the app\"}",
            })
        );
    }

    #[test]
    fn tokens_in_queries_are_masked_in_each_form_that_a_front_door_has() {
        let mut event = json!({
            "path": "/cb", "rawQueryString": "code=s3cret&a=1", "raw_path": "/cb?sig=s3cret",
            "queryStringParameters": {"code": "s3cret", "access%5Ftoken": "s3cret", "next": "/cb?key=s3cret", "a": "1"},
            "multiValueQueryStringParameters": {"code": ["s3cret", "s3cret"], "a": ["1"]},
            "query_string_parameters": {"X-Amz-Signature": "s3cret", "a": "1"},
        });
        mask(&mut event);
        let expected = json!({
            "path": "/cb", "rawQueryString": "code=(masked)&a=1", "raw_path": "/cb?sig=(masked)",
            "queryStringParameters": {"code": "(masked)", "access%5Ftoken": "(masked)", "next": "/cb?key=(masked)", "a": "1"},
            "multiValueQueryStringParameters": {"code": ["(masked)", "(masked)"], "a": ["1"]},
            "query_string_parameters": {"X-Amz-Signature": "(masked)", "a": "1"},
        });
        assert_eq!(event, expected);
        mask(&mut event);
        assert_eq!(event, expected, "what is masked stays");
    }
}
