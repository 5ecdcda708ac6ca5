//! Gateway responses of REST APIs.

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use sippycup_gateway::{Body, Gateway, GatewayBuilder, GatewayResponse, Kind, QuotaPeriod, Throttle, UsagePlan};

use crate::support::{ask, get, respond, text};

const OK: &str = r#"{"statusCode": 200, "body": "passed"}"#;
const TYPE: &str = "$context.error.responseType";

/// A REST API that answers with the type of each error, and the statuses that it would have anyway.
fn told() -> GatewayBuilder {
    ["DEFAULT_4XX", "DEFAULT_5XX"].iter().fold(Gateway::builder(Kind::RestApi), |builder, name| {
        builder.gateway_response(GatewayResponse::new(name).template("text/plain", TYPE))
    })
}

async fn is(response: Response<Body>, status: u16, body: &str) {
    assert_eq!((response.status().as_u16(), text(response).await.as_str()), (status, body));
}

fn post(body: &'static str) -> Request<Bytes> {
    Request::post("/prod/").body(Bytes::from_static(body.as_bytes())).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_the_gateway_says_itself_has_its_type() {
    is(respond(told().route("/x"), get("/prod/y"), OK).await, 403, "MISSING_AUTHENTICATION_TOKEN").await;
    is(respond(told().request_limit(2), post("abc"), OK).await, 413, "REQUEST_TOO_LARGE").await;
    is(
        respond(told().header_limit(1), Request::get("/prod/").header("a", "b").body(Bytes::new()).unwrap(), OK).await,
        431,
        "DEFAULT_4XX",
    )
    .await;
    is(respond(told().throttle(Throttle::new(0.0, 0)), get("/prod/"), OK).await, 429, "THROTTLED").await;
    let plan = UsagePlan::new().key("a-key-of-twenty-letters").quota(0, QuotaPeriod::Day);
    is(respond(told().usage_plan(plan.clone()), get("/prod/"), OK).await, 403, "INVALID_API_KEY").await;
    let keyed = Request::get("/prod/").header("x-api-key", "a-key-of-twenty-letters").body(Bytes::new()).unwrap();
    is(respond(told().usage_plan(plan), keyed, OK).await, 429, "QUOTA_EXCEEDED").await;
    is(respond(told(), get("/prod/"), "no JSON").await, 502, "DEFAULT_5XX").await;
    is(respond(told(), get("/prod/"), r#"{"status": 200}"#).await, 502, "DEFAULT_5XX").await;
    let no_base64 = r#"{"statusCode": 200, "body": "?", "isBase64Encoded": true}"#;
    is(respond(told().binary_media_type("*/*"), get("/prod/"), no_base64).await, 500, "API_CONFIGURATION_ERROR").await;
    let failing = tower::service_fn(async |_: Bytes| Err::<Bytes, _>(std::io::Error::other("no")));
    is(ask(told().build(failing).unwrap(), get("/prod/")).await, 502, "INTEGRATION_FAILURE").await;
    let silent = tower::service_fn(|_: Bytes| std::future::pending::<Result<Bytes, std::io::Error>>());
    is(ask(told().build(silent).unwrap(), get("/prod/")).await, 504, "INTEGRATION_TIMEOUT").await;
}

#[tokio::test]
async fn what_a_function_says_and_what_is_under_no_stage_is_left_alone() {
    for status in [400, 403, 500] {
        let answer = json!({ "statusCode": status, "body": "mine" }).to_string();
        is(respond(told(), get("/prod/"), answer).await, status, "mine").await;
    }
    is(respond(told(), get("/elsewhere"), OK).await, 403, r#"{"message":"Forbidden"}"#).await;
}

#[tokio::test]
async fn a_type_without_its_own_response_has_the_default_one_whole() {
    let default = GatewayResponse::new("DEFAULT_4XX")
        .status_code(400)
        .parameter("gatewayresponse.header.X-From", "'default'")
        .template("application/json", r#"{"told":$context.error.messageString}"#);
    let own = GatewayResponse::new("INVALID_API_KEY").parameter("gatewayresponse.header.X-Own", "'own'");
    let builder = || {
        let plan = UsagePlan::new().key("a-key-of-twenty-letters");
        Gateway::builder(Kind::RestApi)
            .route("/x")
            .gateway_response(default.clone())
            .gateway_response(own.clone())
            .usage_plan(plan)
    };
    let response = respond(builder(), get("/prod/y"), OK).await;
    assert_eq!(response.headers()["x-from"], "default");
    assert_eq!(response.headers()["x-amzn-errortype"], "MissingAuthenticationTokenException");
    assert_eq!(response.headers()["content-length"], "39");
    is(response, 400, r#"{"told":"Missing Authentication Token"}"#).await;
    // Nothing of the default one is mixed in.
    let response = respond(builder(), get("/prod/x"), OK).await;
    assert_eq!(response.headers()["x-own"], "own");
    assert!(!response.headers().contains_key("x-from"));
    is(response, 403, r#"{"message":"Forbidden"}"#).await;
    // A failure of the function is none of 4XX.
    let response = respond(builder(), keyed("/prod/x"), "no JSON").await;
    is(response, 502, r#"{"message":"Internal server error"}"#).await;
}

fn keyed(target: &str) -> Request<Bytes> {
    Request::get(target).header("x-api-key", "a-key-of-twenty-letters").body(Bytes::new()).unwrap()
}

#[tokio::test]
async fn headers_and_bodies_have_values_of_the_request() {
    let response = GatewayResponse::new("DEFAULT_5XX")
        .status_code(599)
        .parameter("gatewayresponse.header.X-Origin", "method.request.header.Origin")
        .parameter("gatewayresponse.header.X-Id", "method.request.path.id")
        .parameter("gatewayresponse.header.X-Query", "method.request.querystring.q")
        .parameter("gatewayresponse.header.X-Stage", "stageVariables.LEVEL")
        .parameter("gatewayresponse.header.X-Request", "context.requestId")
        .parameter("gatewayresponse.header.X-Absent", "method.request.header.X-Absent")
        .template(
            "application/json",
            r#"{"error":$context.error.messageString,"text":"$context.error.message","status":$context.status,"id":"$method.request.path.id","ip":"$context.identity.sourceIp","user":"$context.identity.user","var":"$stageVariables.LEVEL","path":"$context.resourcePath","cost":"$5"}"#,
        );
    let builder = Gateway::builder(Kind::RestApi)
        .route("GET /items/{id}")
        .stage_variable("LEVEL", "debug")
        .gateway_response(response);
    let request = Request::get("/prod/items/7?q=a%0Db&q=2").header("origin", "https://a.example").body(Bytes::new());
    let response = respond(builder, request.unwrap(), "no JSON").await;
    assert_eq!(response.status(), 599);
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap());
    assert_eq!(header("x-origin"), Some("https://a.example"));
    assert_eq!(header("x-id"), Some("7"));
    assert_eq!(header("x-query"), None, "a line end can stand in no header");
    assert_eq!(header("x-stage"), Some("debug"));
    assert_eq!(header("x-request"), header("x-amzn-requestid"));
    assert_eq!(header("x-absent"), None);
    let body: Value = serde_json::from_str(&text(response).await).unwrap();
    assert_eq!(
        body,
        json!({
            "error": "Internal server error", "text": "Internal server error", "status": 599, "id": "7", "ip": "127.0.0.1", "user": "",
            "var": "debug", "path": "/items/{id}", "cost": "$5",
        })
    );
}

#[tokio::test]
async fn of_several_templates_a_client_gets_the_one_that_it_accepts() {
    let response = GatewayResponse::new("DEFAULT_4XX")
        .template("text/html", "<p>$context.error.message</p>")
        .template("application/json", "{}");
    for (accept, sort) in [
        (None, "application/json"),
        (Some("*/*"), "application/json"),
        (Some("image/png, text/HTML;q=0.5"), "text/html"),
    ] {
        let builder = Gateway::builder(Kind::RestApi).route("/x").gateway_response(response.clone());
        let mut request = get("/prod/y");
        accept.map(|accept| request.headers_mut().insert("accept", accept.parse().unwrap()));
        assert_eq!(respond(builder, request, OK).await.headers()["content-type"], sort, "{accept:?}");
    }
}

#[tokio::test]
async fn a_status_that_has_no_body_gets_none() {
    let response = GatewayResponse::new("DEFAULT_4XX").status_code(204).template("text/plain", "body");
    let builder = Gateway::builder(Kind::RestApi).route("/x").gateway_response(response);
    let response = respond(builder, get("/prod/y"), OK).await;
    assert!(!response.headers().contains_key("content-length"));
    is(response, 204, "").await;
}

#[test]
fn what_aws_would_not_take_is_refused_with_its_name() {
    let of = |response: GatewayResponse| {
        Gateway::builder(Kind::RestApi).gateway_response(response).build(()).unwrap_err().to_string()
    };
    let new = || GatewayResponse::new("THROTTLED");
    let once = Gateway::builder(Kind::RestApi).gateway_response(new()).gateway_response(new());
    assert_eq!(once.build(()).unwrap_err().to_string(), "gateway response `THROTTLED`: there is one already");
    let http = Gateway::builder(Kind::HttpApiV2).gateway_response(new());
    assert_eq!(http.build(()).unwrap_err().to_string(), "an HTTP API has no gateway responses");
    for (response, part) in [
        (GatewayResponse::new("TEAPOT"), "gateway response `TEAPOT`: expected one of ACCESS_DENIED, "),
        (new().status_code(100), "gateway response `THROTTLED`: expected a status code of 200 to 599, found 100"),
        (
            new().parameter("gatewayresponse.path.x", "'1'"),
            "expected a parameter `gatewayresponse.header.NAME`, found `gatewayresponse.path.x`",
        ),
        (new().parameter("gatewayresponse.header.a b", "'1'"), "expected the name of a header, found `a b`"),
        (
            new().parameter("gatewayresponse.header.Content-Length", "'1'"),
            "the header `content-length` is written by the gateway alone",
        ),
        (
            new().parameter("gatewayresponse.header.Transfer-Encoding", "'chunked'"),
            "`transfer-encoding` is written by the gateway alone",
        ),
        (
            new().parameter("gatewayresponse.header.A", "*"),
            "expected a value in single quotes, or an expression such as `method.request.header.NAME`, found `*`",
        ),
        (new().parameter("gatewayresponse.header.A", "method.request.body.x"), "found `method.request.body.x`"),
        (new().template("", "x"), "expected a content type, found ``"),
        (new().template("text/plain", "$input.body"), "found `$input.body`"),
    ] {
        let error = of(response);
        assert!(error.contains(part), "{error}");
    }
}
