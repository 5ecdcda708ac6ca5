//! axum: a `Router` that does not know where it runs.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Form, Json, Router,
    extract::{ConnectInfo, MatchedPath, OriginalUri, Path, Query, Request, State},
    http::{HeaderMap, StatusCode},
    middleware::{Next, from_fn, from_fn_with_state, map_request},
    response::{Redirect, Response},
    routing::{any, get, post},
};
use serde_json::{Value, json};
use sippycup::{
    BasePath, ClientCertificate, ClientIp, Connection, EventSource, IamPrincipal, PathParameters, PublicUri,
    RequestContext, SippyCupLayer, StageVariables, axum::AxumApp,
};
use tower::{Layer, ServiceBuilder, ServiceExt};
use tower_http::{normalize_path::NormalizePathLayer, trace::TraceLayer};

use crate::support::{answer, bytes_of, fixture, fixture_value, http_fixtures};

/// A REST event on the API's own domain, stage `live`. Its keys are sorted, since `Value` sorts them.
fn get_of(path: &str) -> String {
    let mut event = fixture_value("rest_api/execute_api");
    event["path"] = path.into();
    event["requestContext"]["path"] = format!("/live{path}").into();
    event["pathParameters"] = json!({"proxy": path.trim_matches('/')});
    event.to_string()
}

#[tokio::test]
async fn extractors_of_axum_find_what_they_look_for() {
    let app = Router::new()
        .route(
            "/items/{id}",
            get(async |Path(id): Path<String>, Query(query): Query<Vec<(String, String)>>, matched: MatchedPath| {
                Json(json!({"id": id, "query": query, "matched": matched.as_str()}))
            }),
        )
        .route("/form", post(async |Form(form): Form<Vec<(String, String)>>| Json(form)))
        .route("/json", any(async |Json(body): Json<Value>| Json(body)))
        .route("/go", get(async || Redirect::to("/items/1")));

    let seen = answer(app.clone(), get_of("/items/a%20b%2Fc")).await;
    let wanted = json!({
        "id": "a b/c", "query": [["empty", ""], ["plus", "1+1"], ["tag", "C# & co"], ["tag", ".NET"]],
        "matched": "/items/{id}",
    });
    assert_eq!(serde_json::from_str::<Value>(seen["body"].as_str().unwrap()).unwrap(), wanted);

    let form = answer(app.clone(), fixture("http_api_2/form_body")).await;
    assert_eq!(form["body"], r#"[["a","1"],["b","2"]]"#);

    let mut patch = fixture_value("rest_api/mapped_domain");
    patch["path"] = "/store/v2/json".into();
    patch["resource"] = "/json".into();
    patch["requestContext"]["path"] = "/store/v2/json".into();
    assert_eq!(answer(app.clone(), patch.to_string()).await["body"], "{\"note\":\"grüße 👋\"}");

    let redirect = answer(app.clone(), get_of("/go")).await;
    assert_eq!(redirect["statusCode"], 303);
    assert_eq!(redirect["multiValueHeaders"]["location"], json!(["/live/items/1"]));

    assert_eq!(answer(app, get_of("/nowhere")).await["statusCode"], 404);
}

#[tokio::test]
async fn original_uri_is_the_public_path_also_in_nested_routers() {
    let inner = Router::new()
        .route("/x", get(async |OriginalUri(uri): OriginalUri, request: Request| format!("{uri} {}", request.uri())));
    let app = Router::new().nest("/api", inner);
    let seen = answer(app.clone(), get_of("/api/x")).await;
    let query = "empty=&plus=1%2B1&tag=C%23%20%26%20co&tag=.NET";
    assert_eq!(seen["body"], format!("/live/api/x?{query} /x?{query}"));
    // At the root there is nothing in front.
    let root = SippyCupLayer::new().base_path(BasePath::ROOT);
    let seen: Value = serde_json::from_slice(&bytes_of(root, app, get_of("/api/x")).await.unwrap()).unwrap();
    assert_eq!(seen["body"], format!("/api/x?{query} /x?{query}"));
}

#[tokio::test]
async fn connect_info_is_the_client() {
    let app = Router::new().fallback(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string());
    for (event, peer) in [
        ("rest_api/execute_api", "192.0.2.44:0"),
        ("http_api_2/default_stage", "[2001:db8::44]:0"),
        ("function_url/cookies", "[2001:db8::44]:0"),
        ("alb/multi", "192.0.2.44:0"),
        ("vpc_lattice/v2", "10.213.229.10:0"),
        ("web_socket/message", "192.0.2.44:0"),
    ] {
        assert_eq!(answer(app.clone(), fixture(event)).await["body"], peer, "{event}");
    }
}

#[tokio::test]
async fn sippycups_extractors_are_extractors_behind_every_source() {
    async fn all(
        source: EventSource,
        base: BasePath,
        context: RequestContext,
        variables: StageVariables,
        parameters: PathParameters,
        uri: Option<PublicUri>,
        ip: Option<ClientIp>,
    ) -> String {
        assert_eq!(context.source(), source);
        format!(
            "{source} {base:?} {} {} {} {}",
            variables.iter().len(),
            parameters.iter().len(),
            uri.is_some(),
            ip.is_some()
        )
    }
    let app = Router::new().fallback(all);
    for event in http_fixtures() {
        let seen = answer(app.clone(), fixture(&event)).await;
        assert_eq!(seen["statusCode"], 200, "{event}: {seen}");
    }
    let seen = answer(app, fixture("rest_api/mapped_domain")).await;
    assert_eq!(seen["body"], "rest_api BasePath(\"/store/v2\") 1 1 true true");
}

#[tokio::test]
async fn off_lambda_extractors_are_absent_and_not_wrong() {
    let app = Router::new()
        .route(
            "/lenient",
            get(async |base: BasePath, variables: StageVariables, context: Option<RequestContext>| {
                format!("{base:?} {} {}", variables.is_empty(), context.is_none())
            }),
        )
        .route("/strict", get(async |_: RequestContext| ""));
    let ask = async |path: &str| {
        let request = Request::get(path).body(axum::body::Body::empty()).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    };
    assert_eq!(ask("/lenient").await, (StatusCode::OK, "BasePath(\"\") true true".to_owned()));
    let (status, said) = ask("/strict").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(said.contains("RequestContext") && said.contains("SippyCupLayer"), "{said}");
}

#[tokio::test]
async fn whoever_calls_is_an_extractor_where_the_front_door_says_so() {
    async fn seen(
        connection: Option<Connection>,
        certificate: Option<ClientCertificate>,
        principal: Option<IamPrincipal>,
    ) -> String {
        let endpoint = connection.and_then(|connection| connection.management_endpoint("eu-central-1"));
        let subject = certificate.as_ref().and_then(ClientCertificate::subject);
        format!("{endpoint:?} {subject:?} {:?}", principal.as_ref().map(IamPrincipal::arn))
    }
    let app = Router::new().fallback(seen);
    let mut mutual_tls = fixture_value("rest_api/execute_api");
    mutual_tls["requestContext"]["identity"]["clientCert"] = json!({"subjectDN": "CN=ada"});
    let mut passed_off = fixture_value("alb/single");
    passed_off["headers"]["x-amzn-mtls-clientcert-subject"] = "CN=mallory".into();
    for (event, wanted) in [
        (
            fixture_value("web_socket/message"),
            r#"Some("https://w9example.execute-api.eu-central-1.amazonaws.com/live") None None"#,
        ),
        (mutual_tls, r#"None Some("CN=ada") None"#),
        (fixture_value("alb/single"), "None None None"),
        (passed_off, "None None None"),
    ] {
        assert_eq!(answer(app.clone(), event.to_string()).await["body"], wanted);
    }
    let signed = answer(app, fixture("function_url/iam")).await;
    assert!(signed["body"].as_str().unwrap().starts_with("None None Some(\"arn:"), "{signed}");

    let strict = Router::new().fallback(async |_: Connection| "");
    let refused = answer(strict, fixture("rest_api/execute_api")).await;
    assert_eq!(refused["statusCode"], 500);
    assert!(refused["body"].as_str().unwrap().contains("no `Connection`"), "{refused}");
}

#[tokio::test]
async fn claims_are_found_for_every_authorizer() {
    let app = Router::new().fallback(async |context: RequestContext| {
        let claims: Option<Value> = context.claims().unwrap();
        Json(claims)
    });
    let sub = json!({"sub": "42"});
    let lambda = json!({"principalId": "u", "integrationLatency": 9, "sub": "42"});
    for (event, authorizer, wanted) in [
        ("rest_api/execute_api", json!({"claims": sub}), sub.clone()),
        ("rest_api/execute_api", lambda.clone(), lambda.clone()),
        ("http_api_1/default_stage", json!({"claims": sub, "scopes": ["a"]}), sub.clone()),
        ("http_api_2/default_stage", json!({"jwt": {"claims": sub, "scopes": null}}), sub.clone()),
        ("http_api_2/default_stage", json!({"lambda": sub}), sub.clone()),
        ("function_url/iam", json!({"iam": {"userId": "x"}}), json!({"userId": "x"})),
        ("web_socket/connect", lambda.clone(), lambda),
        ("http_api_1/default_stage", json!({"claims": null, "scopes": null}), Value::Null),
        ("rest_api/execute_api", Value::Null, Value::Null),
    ] {
        let mut event = fixture_value(event);
        event["requestContext"]["authorizer"] = authorizer;
        let seen = answer(app.clone(), event.to_string()).await;
        assert_eq!(serde_json::from_str::<Value>(seen["body"].as_str().unwrap()).unwrap(), wanted, "{event}");
    }
}

#[tokio::test]
async fn the_app_cannot_tell_from_http_alone() {
    let app = Router::new().fallback(async |request: Request| {
        assert!(request.uri().scheme().is_none() && request.uri().authority().is_none());
        format!("{:?} {}", request.version(), request.uri())
    });
    for event in http_fixtures() {
        let seen = answer(app.clone(), fixture(&event)).await;
        assert!(seen["body"].as_str().unwrap().starts_with("HTTP/1.1 /"), "{event}: {seen}");
    }
}

#[tokio::test]
async fn both_cookies_of_a_handler_go_out() {
    let app = Router::new().fallback(async || {
        let mut headers = HeaderMap::new();
        headers.append("set-cookie", "a=1".parse().unwrap());
        headers.append("set-cookie", "b=2".parse().unwrap());
        (headers, "x")
    });
    assert_eq!(answer(app, fixture("http_api_2/default_stage")).await["cookies"], json!(["a=1", "b=2"]));
}

/// Around the whole router, so it sees the path before the router does.
async fn unversioned(mut request: Request, next: Next) -> Response {
    if let Some(rest) = request.uri().path().strip_prefix("/v1") {
        *request.uri_mut() = rest.parse().unwrap();
    }
    next.run(request).await
}

async fn counted(State(count): State<Arc<AtomicUsize>>, request: Request, next: Next) -> Response {
    let before = count.fetch_add(1, Ordering::Relaxed);
    let mut response = next.run(request).await;
    response.headers_mut().insert("x-before", before.into());
    response
}

#[tokio::test]
async fn middleware_around_a_router_takes_one_word() {
    let router = || Router::new().route("/echo", post(async |body: String| body));
    let event = || {
        let mut event = fixture_value("http_api_2/form_body");
        event["rawPath"] = "/v1/echo".into();
        event.to_string()
    };
    let app = AxumApp::new(from_fn(unversioned).layer(router()));
    assert_eq!(answer(app, event()).await["body"], "a=1&b=2");

    let renamed = map_request(async |mut request: Request| {
        *request.uri_mut() = "/echo".parse().unwrap();
        request
    });
    assert_eq!(answer(AxumApp::new(renamed.layer(router())), event()).await["body"], "a=1&b=2");

    let count = Arc::new(AtomicUsize::new(0));
    let stack = ServiceBuilder::new()
        .layer(TraceLayer::new_for_http())
        .layer(from_fn_with_state(Arc::clone(&count), counted))
        .layer(NormalizePathLayer::trim_trailing_slash())
        .layer(from_fn(unversioned))
        .service(router());
    let app = AxumApp::new(stack);
    for before in ["0", "1"] {
        let seen = answer(app.clone(), event()).await;
        assert_eq!((&seen["body"], &seen["headers"]["x-before"]), (&json!("a=1&b=2"), &json!(before)));
    }
    assert_eq!(count.load(Ordering::Relaxed), 2);
}
