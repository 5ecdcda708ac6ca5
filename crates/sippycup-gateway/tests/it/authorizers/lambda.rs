//! What functions are asked, what they may answer, and what is kept of it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use sippycup_gateway::{
    BoxError, Fault, GatewayBuilder, GatewayResponse, Kind, LambdaAuthorizer, QuotaPeriod, Throttle, UsagePlan, Verdict,
};
use tower::service_fn;

use super::{asked, at_that_time, refused, request};

/// What a function was asked, and what it answers.
#[derive(Clone, Default)]
struct Scripted {
    seen: Arc<Mutex<Vec<Value>>>,
}

impl Scripted {
    fn answering(
        &self,
        answer: Result<Value, &'static str>,
    ) -> impl tower::Service<Bytes, Response = Bytes, Error = BoxError, Future: Send> + Clone + Send + use<> {
        let seen = Arc::clone(&self.seen);
        service_fn(move |event: Bytes| {
            seen.lock().unwrap().push(serde_json::from_slice(&event).unwrap());
            let answer = answer.clone();
            async move { Ok::<_, BoxError>(Bytes::from(answer?.to_string())) }
        })
    }

    fn asked(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    fn last(&self) -> Value {
        self.seen.lock().unwrap().last().unwrap().clone()
    }
}

pub(super) fn policy(effect: &str, resource: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}]})
}

fn allowing(resource: &str) -> Value {
    json!({"principalId": "user|42", "policyDocument": policy("Allow", resource)})
}

const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5";

fn rest(authorizer: LambdaAuthorizer) -> GatewayBuilder {
    at_that_time(Kind::RestApi).guard(authorizer)
}

fn bearing(path: &str) -> crate::support::Request {
    request("GET", path, &[("authorization", "Bearer abc")])
}

#[tokio::test]
async fn a_token_authorizer_is_asked_three_things_and_its_context_is_text() {
    let function = Scripted::default();
    let mut answer = allowing(&format!("{ARN}/prod/*"));
    answer["context"] = json!({"str": "hello", "n": 1, "b": true, "z": null});
    let guard = LambdaAuthorizer::token(function.answering(Ok(answer))).name("Auth");
    let (response, event) = asked(rest(guard), bearing("/prod/items/42?q=1")).await;
    assert_eq!(
        function.last(),
        json!({"type": "TOKEN", "authorizationToken": "Bearer abc", "methodArn": format!("{ARN}/prod/GET/items/42")})
    );
    let mut authorizer = event.unwrap()["requestContext"]["authorizer"].clone();
    assert!(authorizer["integrationLatency"].is_u64());
    authorizer["integrationLatency"] = json!(0);
    assert_eq!(
        authorizer,
        json!({"str": "hello", "n": "1", "b": "true", "z": null, "principalId": "user|42", "integrationLatency": 0})
    );
    assert_eq!(response.extensions().get::<Verdict>().unwrap().to_string(), "Auth allows user|42");
}

#[tokio::test]
async fn a_request_authorizer_gets_empty_maps_where_the_function_gets_null_and_no_body() {
    let function = Scripted::default();
    let guard = LambdaAuthorizer::request(function.answering(Ok(allowing("*"))));
    let (_, event) = asked(rest(guard), request("GET", "/prod/", &[])).await;
    let seen = function.last();
    for key in ["queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables"] {
        assert_eq!(seen[key], json!({}), "{key}");
        assert_eq!(event.as_ref().unwrap()[key], Value::Null, "{key}");
    }
    assert_eq!((&seen["type"], &seen["methodArn"]), (&json!("REQUEST"), &json!(format!("{ARN}/prod/GET/"))));
    assert_eq!((&seen["resource"], &seen["path"], &seen["httpMethod"]), (&json!("/"), &json!("/"), &json!("GET")));
    assert_eq!(seen["requestContext"].get("authorizer"), None);
    for key in ["body", "isBase64Encoded", "version"] {
        assert_eq!(seen.get(key), None, "{key}");
    }
}

#[tokio::test]
async fn an_http_api_asks_in_either_format_and_passes_any_context_on() {
    let http = |guard: LambdaAuthorizer| at_that_time(Kind::HttpApiV2).guard(guard);
    let headers = [("x-user", "user1")];
    let sourced = |guard: LambdaAuthorizer| {
        guard.identity_source("$request.header.X-User").identity_source("$request.querystring.id")
    };
    let function = Scripted::default();
    let guard = sourced(LambdaAuthorizer::request(function.answering(Ok(allowing("*")))).payload_format_1(true));
    asked(http(guard), request("GET", "/items?id=123", &headers)).await;
    let seen = function.last();
    for (key, value) in
        [("version", "1.0"), ("type", "REQUEST"), ("identitySource", "user1,123"), ("authorizationToken", "user1,123")]
    {
        assert_eq!(seen[key], value);
    }
    assert_eq!(seen["methodArn"], format!("{ARN}/$default/GET/items"));

    let answer = json!({"isAuthorized": true, "context": {"any": ["json", 1, null]}});
    let guard = sourced(LambdaAuthorizer::request(function.answering(Ok(answer))).simple_responses(true));
    let (_, event) = asked(http(guard), request("GET", "/items?id=123", &headers)).await;
    let seen = function.last();
    assert_eq!((&seen["version"], &seen["identitySource"]), (&json!("2.0"), &json!(["user1", "123"])));
    assert_eq!((&seen["routeArn"], &seen["rawPath"]), (&json!(format!("{ARN}/$default/GET/items")), &json!("/items")));
    assert_eq!(seen.get("body"), None);
    assert_eq!(event.unwrap()["requestContext"]["authorizer"], json!({"lambda": {"any": ["json", 1, null]}}));
}

#[tokio::test]
async fn without_its_identity_sources_a_request_gets_401_and_nobody_is_asked() {
    let function = Scripted::default();
    let token = || LambdaAuthorizer::token(function.answering(Ok(allowing("*"))));
    let both = || {
        LambdaAuthorizer::request(function.answering(Ok(allowing("*"))))
            .identity_source("method.request.header.A")
            .identity_source("method.request.querystring.b")
            .ttl(Duration::ZERO)
    };
    for (guard, headers, target) in [
        (token(), &[][..], "/prod/"),
        (token(), &[("authorization", "")], "/prod/"),
        (token().validation("^Bearer .+"), &[("authorization", "Basic x")], "/prod/"),
        (both(), &[("a", "1")], "/prod/"),
        (both(), &[("a", "1")], "/prod/?B=1"),
        (both(), &[("a", "1")], "/prod/?b="),
        (both(), &[], "/prod/?b=1"),
    ] {
        let (status, told, body) = refused(rest(guard), request("GET", target, headers)).await;
        assert_eq!(
            (status, told.as_str(), body.as_str()),
            (401, "UnauthorizedException", r#"{"message":"Unauthorized"}"#)
        );
    }
    assert_eq!(function.asked(), 0);
    assert!(asked(rest(token().validation("^Bearer .+")), bearing("/prod/")).await.1.is_some());
    assert!(asked(rest(both()), request("GET", "/prod/?b=1", &[("A", "1")])).await.1.is_some());
}

#[tokio::test]
async fn each_failure_has_the_answer_of_its_kind() {
    let deny = |resource: &str| {
        json!({"principalId": "u", "policyDocument": {"Statement": [
            policy("Allow", "*")["Statement"][0], {"Action": "*", "Effect": "Deny", "Resource": resource},
        ]}})
    };
    let mut nested = allowing("*");
    nested["context"] = json!({"o": {"a": 1}});
    let conditional = json!({"principalId": "u", "policyDocument": {"Statement": {
        "Action": "*", "Effect": "Allow", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.1"}},
    }}});
    let config = (500, "AuthorizerConfigurationException", r#"{"message":null}"#);
    let denied = (403, "AccessDeniedException", r#"{"Message":"User is not authorized to access this resource"}"#);
    let explicit = (
        403,
        "AccessDeniedException",
        r#"{"Message":"User is not authorized to access this resource with an explicit deny"}"#,
    );
    for (answer, rest_answer, http_status) in [
        (Err("Unauthorized"), (401, "UnauthorizedException", r#"{"message":"Unauthorized"}"#), 500),
        (Err("unauthorized"), config, 500),
        (Err("Unauthorized: expired"), config, 500),
        (Ok(json!("Unauthorized")), config, 500),
        (Ok(json!({"statusCode": 401})), config, 500),
        (Ok(nested), config, 200),
        (Ok(conditional), config, 500),
        (Ok(allowing("arn:aws:execute-api:*:*:*/x/*")), denied, 403),
        (Ok(deny("*/GET/*")), explicit, 403),
        (Ok(deny("*/DELETE/*")), (200, "", "passed"), 200),
    ] {
        let guard = || LambdaAuthorizer::request(Scripted::default().answering(answer.clone()));
        let (response, _) = asked(rest(guard()), bearing("/prod/x")).await;
        let status = response.status().as_u16();
        let told = response.headers().get("x-amzn-errortype").map_or("", |value| value.to_str().unwrap()).to_owned();
        assert_eq!(response.extensions().get::<Fault>().is_some(), status != 200);
        let body = crate::support::text(response).await;
        assert_eq!((status, told.as_str(), body.as_str()), rest_answer, "{answer:?}");
        let (response, _) = asked(at_that_time(Kind::HttpApiV2).guard(guard()), bearing("/x")).await;
        assert_eq!(response.status(), http_status, "{answer:?}");
        let expected = match http_status {
            500 => r#"{"message":"Internal Server Error"}"#,
            403 => r#"{"message":"Forbidden"}"#,
            _ => "passed",
        };
        assert_eq!(crate::support::text(response).await, expected);
    }
}

#[tokio::test]
async fn a_simple_answer_that_is_no_boolean_is_never_access() {
    for (answer, status) in [
        (json!({"isAuthorized": false}), 403),
        (json!({"isAuthorized": "true"}), 500),
        (json!({"isAuthorized": "false"}), 500),
        (allowing("*"), 500),
    ] {
        let guard = LambdaAuthorizer::request(Scripted::default().answering(Ok(answer.clone()))).simple_responses(true);
        assert_eq!(refused(at_that_time(Kind::HttpApiV2).guard(guard), bearing("/")).await.0, status, "{answer}");
    }
}

#[tokio::test]
async fn a_kept_policy_answers_for_other_routes_too() {
    let function = Scripted::default();
    let guard = LambdaAuthorizer::token(function.answering(Ok(allowing(&format!("{ARN}/prod/GET/a")))));
    assert!(asked(rest(guard.clone()), bearing("/prod/a")).await.1.is_some());
    let (response, event) = asked(rest(guard.clone()), bearing("/prod/b")).await;
    assert_eq!(response.status(), 403);
    assert_eq!((event, function.asked()), (None, 1));
    let verdict = response.extensions().get::<Verdict>().unwrap();
    assert!(verdict.is_cached() && verdict.refusal().unwrap().contains("made for an earlier request"), "{verdict}");
    // A hit takes no time.
    let (_, event) = asked(rest(guard.clone()), bearing("/prod/a")).await;
    assert_eq!(event.unwrap()["requestContext"]["authorizer"]["integrationLatency"], 0);
    // Another caller, and another stage, are asked about.
    asked(rest(guard.clone()), request("GET", "/prod/a", &[("authorization", "Bearer other")])).await;
    asked(rest(guard.clone()).stage("dev"), bearing("/dev/a")).await;
    assert_eq!(function.asked(), 3);
}

#[tokio::test]
async fn a_kept_simple_answer_is_the_verdict_for_all_routes() {
    let function = Scripted::default();
    let guard = || {
        LambdaAuthorizer::request(function.answering(Ok(json!({"isAuthorized": true}))))
            .simple_responses(true)
            .identity_source("$request.header.Authorization")
    };
    let kept = guard().ttl(Duration::from_secs(60));
    for path in ["/a", "/b"] {
        assert!(asked(at_that_time(Kind::HttpApiV2).guard(kept.clone()), bearing(path)).await.1.is_some());
    }
    assert_eq!(function.asked(), 1);
    // An HTTP API keeps nothing unless it is asked to.
    let unkept = guard();
    for path in ["/a", "/b"] {
        asked(at_that_time(Kind::HttpApiV2).guard(unkept.clone()), bearing(path)).await;
    }
    assert_eq!(function.asked(), 3);
}

#[tokio::test]
async fn failures_are_not_kept_denials_are_and_without_a_source_nothing_is() {
    for (answer, sourced, times) in
        [(Err("down"), true, 2), (Ok(allowing("nothing")), true, 1), (Ok(allowing("*")), false, 2)]
    {
        let function = Scripted::default();
        let guard = LambdaAuthorizer::request(function.answering(answer)).ttl(Duration::from_secs(60));
        let guard = if sourced { guard.identity_source("method.request.header.Authorization") } else { guard };
        for _ in 0..2 {
            asked(rest(guard.clone()), bearing("/prod/a")).await;
        }
        assert_eq!(function.asked(), times);
    }
}

#[tokio::test(start_paused = true)]
async fn an_authorizer_that_does_not_answer_is_waited_for_in_vain() {
    let never = service_fn(|_: Bytes| std::future::pending::<Result<Bytes, BoxError>>());
    let began = tokio::time::Instant::now();
    let (status, ..) =
        refused(at_that_time(Kind::HttpApiV2).guard(LambdaAuthorizer::request(never)), bearing("/")).await;
    assert_eq!((status, began.elapsed().as_secs()), (500, 10));
    let (status, ..) =
        refused(rest(LambdaAuthorizer::request(never).timeout(Duration::from_secs(3))), bearing("/prod/")).await;
    assert_eq!((status, began.elapsed().as_secs()), (500, 13));
}

#[tokio::test]
async fn an_arn_that_is_too_long_for_a_policy_is_414() {
    let guard = LambdaAuthorizer::token(Scripted::default().answering(Ok(allowing("*"))));
    let (status, ..) = refused(rest(guard), bearing(&format!("/prod/{}", "x".repeat(1600)))).await;
    assert_eq!(status, 414);
}

#[test]
fn what_an_api_cannot_have_is_refused_when_it_is_built() {
    let function = || Scripted::default().answering(Ok(allowing("*")));
    for (kind, guard, part) in [
        (Kind::HttpApiV2, LambdaAuthorizer::token(function()), "an HTTP API has no TOKEN authorizers"),
        (Kind::FunctionUrl, LambdaAuthorizer::request(function()), "a function URL has no Lambda authorizers"),
        (Kind::RestApi, LambdaAuthorizer::request(function()).simple_responses(true), "payload format 2.0 only"),
        (Kind::RestApi, LambdaAuthorizer::request(function()).ttl(Duration::from_secs(3601)), "3,600 s at most"),
        (Kind::RestApi, LambdaAuthorizer::token(function()).validation("("), "identity validation expression `(`"),
        (
            Kind::RestApi,
            LambdaAuthorizer::request(function()).identity_source("method.request.path.id"),
            "identity source",
        ),
    ] {
        let error = at_that_time(kind).guard(guard).build(()).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[tokio::test]
async fn what_an_authorizer_refuses_has_a_gateway_response_with_what_it_said() {
    let told = |name: &str| {
        let template = "$context.error.responseType $context.error.message $context.authorizer.why $context.authorizer.principalId";
        GatewayResponse::new(name).template("text/plain", template)
    };
    let denied = json!({"principalId": "user|42", "policyDocument": policy("Deny", "*"), "context": {"why": "late"}});
    let implicit = json!({"principalId": "user|42", "policyDocument": policy("Allow", "no"), "context": {"why": 7}});
    for (answer, status, body) in [
        (
            Ok(denied),
            403,
            "ACCESS_DENIED User is not authorized to access this resource with an explicit deny late user|42",
        ),
        (Ok(implicit), 403, "ACCESS_DENIED User is not authorized to access this resource 7 user|42"),
        (Err("Unauthorized"), 401, "UNAUTHORIZED Unauthorized  "),
        (Err("down"), 500, "AUTHORIZER_CONFIGURATION_ERROR null  "),
    ] {
        let authorizer = LambdaAuthorizer::token(Scripted::default().answering(answer));
        let builder = rest(authorizer).gateway_response(told("DEFAULT_4XX")).gateway_response(told("DEFAULT_5XX"));
        let (found, _, text) = refused(builder, bearing("/prod/")).await;
        assert_eq!((found, text.as_str()), (status, body));
    }
    // Whom it let through is known to what comes later, and to nobody else.
    let authorizer = LambdaAuthorizer::token(Scripted::default().answering(Ok(allowing("*"))));
    let builder = rest(authorizer).throttle(Throttle::new(0.0, 0)).gateway_response(told("THROTTLED"));
    assert_eq!(refused(builder, bearing("/prod/")).await.2, "THROTTLED Too Many Requests  user|42");
}

#[tokio::test]
async fn a_route_with_a_key_and_an_authorizer_needs_both() {
    const KEY: &str = "a-key-of-twenty-letters";
    let scripted = Scripted::default();
    let guarded = || {
        let plan = UsagePlan::new().key(KEY);
        rest(LambdaAuthorizer::token(scripted.answering(Ok(allowing("*"))))).usage_plan(plan)
    };
    let with = |headers: &[(&str, &str)]| request("GET", "/prod/", headers);
    let (status, _, body) = refused(guarded(), with(&[("x-api-key", KEY)])).await;
    assert_eq!((status, &*body, scripted.asked()), (401, r#"{"message":"Unauthorized"}"#, 0));
    for wrong in [&[("authorization", "Bearer 1")][..], &[("authorization", "Bearer 1"), ("x-api-key", "another")]] {
        let (status, told, _) = refused(guarded(), with(wrong)).await;
        assert_eq!((status, &*told), (403, "ForbiddenException"));
    }
    let (response, event) = asked(guarded(), with(&[("authorization", "Bearer 1"), ("x-api-key", KEY)])).await;
    assert_eq!(response.status(), 200);
    let context = &event.unwrap()["requestContext"];
    assert_eq!(
        (&context["identity"]["apiKey"], &context["authorizer"]["principalId"]),
        (&KEY.into(), &"user|42".into())
    );
    // A key does not help whom the authorizer refuses.
    let denied = json!({"principalId": "u", "policyDocument": policy("Deny", "*")});
    let denying = rest(LambdaAuthorizer::token(scripted.answering(Ok(denied)))).usage_plan(UsagePlan::new().key(KEY));
    let (status, told, _) = refused(denying, with(&[("authorization", "Bearer 1"), ("x-api-key", KEY)])).await;
    assert_eq!((status, &*told), (403, "AccessDeniedException"));
}

#[tokio::test]
async fn an_authorizer_may_name_the_key_and_then_the_header_says_nothing() {
    const KEY: &str = "a-key-of-twenty-letters";
    let builder = |named: Value| {
        let mut answer = allowing("*");
        answer["usageIdentifierKey"] = named;
        let plan = UsagePlan::new().key(KEY).quota(1, QuotaPeriod::Month);
        rest(LambdaAuthorizer::token(Scripted::default().answering(Ok(answer))))
            .usage_plan(plan)
            .api_key_of_authorizer(true)
    };
    let with = || request("GET", "/prod/", &[("authorization", "Bearer 1"), ("x-api-key", KEY)]);
    for named in [Value::Null, "".into(), "another".into(), 5.into()] {
        let (status, told, body) = refused(builder(named), with()).await;
        assert_eq!((status, &*told, &*body), (403, "ForbiddenException", r#"{"message":"Forbidden"}"#));
    }
    let builder = builder(KEY.into());
    let (response, event) = asked(builder.clone(), with()).await;
    assert_eq!(
        (response.status().as_u16(), &event.unwrap()["requestContext"]["identity"]["apiKey"]),
        (200, &KEY.into())
    );
    assert_eq!(refused(builder, with()).await.0, 429);
}
