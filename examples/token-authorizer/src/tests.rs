use axum::body::{Body, to_bytes};
use sippycup::{EventSource, events::Handler};
use tower::ServiceExt;

use super::*;

async fn answer(event: Value) -> Result<Value, String> {
    let event = Event::from_bytes(event.to_string()).unwrap();
    assert_eq!(event.kind(), EventKind::Authorizer);
    let answer = authorize.handle(event).await.map_err(|error| error.to_string())?;
    Ok(serde_json::from_slice(&answer).unwrap())
}

fn token_event(token: &str) -> Value {
    let method = "arn:aws:execute-api:us-east-1:123456789012:api1/prod/GET/me";
    json!({"type": "TOKEN", "authorizationToken": token, "methodArn": method})
}

#[tokio::test]
async fn a_rest_api_gets_a_policy_for_the_whole_stage() {
    let answer = answer(token_event("Bearer token-of-ada")).await.unwrap();
    assert_eq!(answer["principalId"], "Ada");
    assert_eq!(answer["context"], json!({"name": "Ada"}));
    assert_eq!(
        answer["policyDocument"]["Statement"],
        json!([{
            "Action": "execute-api:Invoke",
            "Effect": "Allow",
            "Resource": "arn:aws:execute-api:us-east-1:123456789012:api1/prod/*",
        }])
    );
}

#[tokio::test]
async fn a_request_authorizer_reads_the_header() {
    let method = "arn:aws:execute-api:us-east-1:123456789012:api1/prod/GET/me";
    let event = json!({
        "type": "REQUEST", "methodArn": method, "httpMethod": "GET", "path": "/me", "requestContext": {},
        "headers": {"Authorization": "Bearer token-of-bob"},
    });
    assert_eq!(answer(event).await.unwrap()["principalId"], "Bob");
}

#[tokio::test]
async fn an_http_api_gets_yes_or_no() {
    for (token, wanted) in [
        ("Bearer token-of-ada", json!({"isAuthorized": true, "context": {"name": "Ada"}})),
        ("Bearer forged", json!({"isAuthorized": false})),
    ] {
        let event = json!({
            "version": "2.0", "type": "REQUEST", "routeArn": "arn:aws:execute-api:us-east-1:123456789012:api1/$default/GET/me",
            "identitySource": [token], "headers": {"authorization": token},
        });
        assert_eq!(answer(event).await.unwrap(), wanted);
    }
}

#[tokio::test]
async fn an_unknown_token_is_a_401_of_a_rest_api() {
    for token in ["Bearer forged", "token-of-ada", ""] {
        assert_eq!(answer(token_event(token)).await.unwrap_err(), "Unauthorized");
    }
}

#[tokio::test]
async fn the_app_knows_the_caller() {
    for (context, wanted) in [
        (json!({"authorizer": {"name": "Ada", "principalId": "Ada"}}), Ok("Hello, Ada!")),
        (json!({}), Err(StatusCode::FORBIDDEN)),
    ] {
        let context = RequestContext::from_json(EventSource::RestApi, &context.to_string()).unwrap();
        let mut request = axum::http::Request::get("/me").body(Body::empty()).unwrap();
        request.extensions_mut().insert(context);
        let response = app().oneshot(request).await.unwrap();
        match wanted {
            Ok(said) => assert_eq!(to_bytes(response.into_body(), usize::MAX).await.unwrap(), said),
            Err(status) => assert_eq!(response.status(), status),
        }
    }
}
