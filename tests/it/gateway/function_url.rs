//! Function URLs as they were recorded in November 2025: all cases of the file, those about access and
//! configuration with the reason why there is nothing to check.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sippycup_gateway::{Answer, Body, BoxError, Gateway, Kind};
use tower::ServiceExt;

use super::recorded::observed_members;
use crate::support::{
    block_on,
    recorded::{checked, recorded_by_name},
};

#[test]
#[cfg_attr(not(shared), ignore = "needs ../shared")]
fn recorded_function_urls_behave_as_recorded() {
    const FILE: &str = "gold/localstack_function_url_2025-11-24.json";
    let cases = recorded_by_name(FILE, "/cases");
    for (name, case) in &cases {
        let content = &case["recorded-content"];
        let (_, test) = name.rsplit_once("::").unwrap();
        if let Some(name) = test.strip_prefix("test_lambda_url_invocation[") {
            answered(name.trim_end_matches(']'), &content["lambda_url_invocation"]);
            continue;
        }
        match test {
            "test_request_id_invoke_url" => named_by_its_id(content),
            "test_function_url_with_response_streaming" => streamed(content),
            "test_lambda_url_echo_http_fixture_default" => {
                event("/pa2%Fth/1?q=query&multiQuery=foo&multiQuery=%2Fbar", content);
            }
            "test_lambda_url_echo_http_fixture_trim_x_headers" => event("/path/1?q=query", content),
            "test_lambda_url_form_payload" => event("/test/value", content),
            "test_lambda_url_invocation_exception" => {
                assert_eq!(content, &json!({}), "its 502 was asserted, not recorded");
                assert_eq!(respond(Err("it broke".into())).status(), 502);
            }
            "test_lambda_permission_url_invocation" | "test_lambda_url_persists_after_alias_delete" => {
                assert!(content.to_string().contains("Forbidden."), "{test}: who may call is not the gateway's to say");
            }
            "test_lambda_url_invalid_invoke_mode" | "test_lambda_update_function_url_config" => {
                assert!(content.to_string().contains("RESPONSE_STREAM"), "{test}: about the API that configures URLs");
            }
            _ => assert_eq!(content, &json!({}), "{test}: something was recorded"),
        }
    }
    checked(FILE, "/cases", cases.len());
}

/// What the functions of the recordings answered, with the blanks that Python writes.
fn answered(name: &str, recorded: &Value) {
    let answer = match name {
        "boolean" => "true",
        "dict" => r#"{"hello": "world"}"#,
        "float" => "3.1",
        "http-response" => r#"{"statusCode": 200, "body": "body123"}"#,
        "http-response-json" => r#"{"statusCode": 200, "body": "{\"hello\": \"world\"}"}"#,
        "integer" => "3",
        "list-mixed" => r#"["hello", 3, true]"#,
        "string" => r#""hello""#,
        other => panic!("{other}"),
    };
    let response = respond(Ok(answer.to_owned()));
    assert_eq!(json!(response.status().as_u16()), recorded["statuscode"], "{name}");
    for (header, value) in recorded["headers"].as_object().unwrap() {
        assert_eq!(response.headers()[header].to_str().unwrap(), value, "{name} {header}");
    }
    match &recorded["content"] {
        Value::String(text) => assert_eq!(response.body(), text, "{name}"),
        json => assert_eq!(&serde_json::from_str::<Value>(response.body()).unwrap(), json, "{name}"),
    }
}

fn named_by_its_id(recorded: &Value) {
    let function = tower::service_fn(async |event: Bytes| {
        let event: Value = serde_json::from_slice(&event)?;
        let id = event["requestContext"]["requestId"].clone();
        let answer = json!({"statusCode": 200, "headers": {"id": id}, "body": "hi"});
        Ok::<_, BoxError>(Bytes::from(answer.to_string()))
    });
    let response = ask(Gateway::builder(Kind::FunctionUrl).build(function).unwrap());
    assert_eq!(response.headers()["x-amzn-requestid"], response.headers()["id"]);
    assert_eq!(response.body(), recorded["lambda_url_invocation"]["content"].as_str().unwrap());
}

fn streamed(recorded: &Value) {
    let function = tower::service_fn(async |_event: Bytes| {
        Ok::<_, Infallible>(Answer::streaming(Body::from("Hello, world!"), false))
    });
    let response = ask(Gateway::builder(Kind::FunctionUrl).response_streaming(true).build(function).unwrap());
    assert_eq!(json!(response.status().as_u16()), recorded["response_status"]);
    assert_eq!(response.body(), recorded["response_data"].as_str().unwrap());
}

fn event(target: &str, recorded: &Value) {
    observed_members(target, &json!({"sent_target": target, "observed": recorded["url_response"]}));
}

fn respond(answer: Result<String, BoxError>) -> Response<String> {
    let answer = answer.map_err(|error| error.to_string());
    let function = tower::service_fn(move |_event: Bytes| {
        let answer = answer.clone();
        async move { answer.map(Bytes::from).map_err(BoxError::from) }
    });
    ask(Gateway::builder(Kind::FunctionUrl).build(function).unwrap())
}

fn ask<F>(gateway: Gateway<F>) -> Response<String>
where
    F: tower::Service<Bytes, Response: Into<Answer> + Send, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + 'static,
{
    block_on(async {
        let (parts, body) = gateway.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Response::from_parts(parts, String::from_utf8(body.to_vec()).unwrap())
    })
}
