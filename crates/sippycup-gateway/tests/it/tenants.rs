//! Tenant isolation: whom an invocation is for, and what happens without anybody.

use http::{Request, StatusCode};
use sippycup_gateway::{Body, Fault, Function, Gateway, GatewayResponse, InvokeApi, Kind};
use tower::ServiceExt;

use crate::scripted::command_line;
use crate::support::{ask, get, text};

fn function(isolated: bool) -> Function {
    let command = command_line();
    let builder = Function::builder().env("SCRIPT", "tenant").tenant_isolation(isolated);
    builder.spawn(&command[0], &command[1..]).unwrap()
}

#[tokio::test]
async fn a_rest_api_maps_what_a_client_sends_to_the_tenant() {
    let with = |expression: &str, function: Function| {
        Gateway::builder(Kind::RestApi).tenant(expression).stage_variable("own", "red").build(function).unwrap()
    };
    let tenant = async |expression: &str, id: &str| {
        let mut request = get("/prod/x?tenant=green");
        request.headers_mut().insert("x-tenant-id", id.parse().unwrap());
        text(ask(with(expression, function(true)), request).await).await
    };
    assert_eq!(tenant("method.request.header.X-Tenant-Id", "blue").await, "blue");
    assert_eq!(tenant("method.request.querystring.tenant", "blue").await, "green");
    assert_eq!(tenant("stageVariables.own", "blue").await, "red");
    assert_eq!(tenant("'always'", "blue").await, "always");
    assert_eq!(text(ask(with("method.request.header.x", function(false)), get("/prod/x")).await).await, "nobody");
}

#[tokio::test]
async fn each_tenant_has_a_process_of_its_own_and_one_that_waits_makes_room_for_another() {
    let command = command_line();
    let builder = Function::builder().env("SCRIPT", "pid").tenant_isolation(true).concurrency(2);
    let function = builder.spawn(&command[0], &command[1..]).unwrap();
    let gateway = Gateway::builder(Kind::RestApi).tenant("method.request.header.x-tenant-id").build(function).unwrap();
    let process = async |id: &str| {
        let mut request = get("/prod/x");
        request.headers_mut().insert("x-tenant-id", id.parse().unwrap());
        text(ask(gateway.clone(), request).await).await
    };
    let (blue, green) = (process("blue").await, process("green").await);
    assert_ne!(blue, green);
    assert_eq!((process("green").await, process("blue").await), (green.clone(), blue.clone()));
    // The one that has waited longest is that of green.
    let red = process("red").await;
    assert!(red != blue && red != green, "{red}");
    assert_eq!(process("blue").await, blue);
    assert_ne!(process("green").await, green);
}

#[tokio::test]
async fn without_a_tenant_or_with_one_that_is_none_nothing_is_invoked() {
    let gateway = |kind| Gateway::builder(kind).build(function(true)).unwrap();
    let response = ask(gateway(Kind::RestApi), get("/prod/x")).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let fault = response.extensions().get::<Fault>().unwrap().to_string();
    assert!(
        fault.contains("not invoked: InvalidParameterValueException") && fault.contains("names no tenant"),
        "{fault}"
    );
    assert!(ask(gateway(Kind::FunctionUrl), get("/x")).await.status().is_server_error());

    let mapped = Gateway::builder(Kind::RestApi).tenant("method.request.header.x").build(function(true)).unwrap();
    let mut request = get("/prod/x");
    request.headers_mut().insert("x", "a;b".parse().unwrap());
    let response = ask(mapped, request).await;
    let fault = response.extensions().get::<Fault>().unwrap().to_string();
    assert!(response.status() == 500 && fault.starts_with("the tenant cannot be used: expected a tenant"), "{fault}");
    assert!(!fault.contains("a;b"), "{fault}");

    let told = GatewayResponse::new("API_CONFIGURATION_ERROR").status_code(503);
    let mapped = Gateway::builder(Kind::RestApi).tenant("method.request.header.x").gateway_response(told);
    let mut request = get("/prod/x");
    request.headers_mut().insert("x", "a;b".parse().unwrap());
    assert_eq!(ask(mapped.build(function(true)).unwrap(), request).await.status(), 503);
}

#[tokio::test]
async fn the_invoke_api_refuses_an_invocation_without_a_tenant() {
    let api = InvokeApi::new().function("shop", function(true));
    for (tenant, status) in [(None, 400), (Some("a;b"), 400), (Some("blue"), 200)] {
        let request = Request::post("/2015-03-31/functions/shop/invocations");
        let request = tenant.into_iter().fold(request, |request, id| request.header("x-amz-tenant-id", id));
        let response = api.clone().oneshot(request.body(Body::from("{}")).unwrap()).await.unwrap();
        assert_eq!(response.status(), status, "{tenant:?}");
        let code = response.headers().get("x-amzn-errortype").map(|code| code.to_str().unwrap().to_owned());
        assert_eq!(code.as_deref(), (status == 400).then_some("InvalidParameterValueException"));
        assert_eq!(text(response).await.contains("blue"), tenant == Some("blue"));
    }
}

#[tokio::test]
async fn only_a_rest_api_can_say_it_and_only_as_a_mapping() {
    let error = |kind, expression| Gateway::builder(kind).tenant(expression).build(()).unwrap_err().to_string();
    assert!(error(Kind::RestApi, "$request.header.x").starts_with("tenant: expected"));
    for kind in [Kind::HttpApiV2, Kind::FunctionUrl, Kind::LoadBalancer] {
        assert!(error(kind, "'a'").contains("cannot say for which tenant"), "{kind}");
    }
}
