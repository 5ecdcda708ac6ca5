//! Rules of listeners: which target group a request reaches, and what the listener answers itself.

mod stickiness;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sippycup_gateway::{
    Action, Body, BoxError, Fault, FixedResponse, Gateway, Gateways, Kind, Listener, Redirect, Rule,
};
use tower::util::BoxCloneSyncService;
use tower::{ServiceExt, service_fn};

type Group = BoxCloneSyncService<Bytes, Bytes, BoxError>;

/// A function that answers with its own name and the event.
fn function(name: &str) -> Group {
    let name = name.to_owned();
    BoxCloneSyncService::new(service_fn(move |event: Bytes| {
        let name = name.clone();
        async move {
            let event: Value = serde_json::from_slice(&event)?;
            let body = json!({"group": name, "event": event}).to_string();
            let headers = json!({"content-type": "application/json"});
            let answer = if event.get("multiValueHeaders").is_some() {
                json!({"statusCode": 200, "multiValueHeaders": {}, "body": body, "isBase64Encoded": false})
            } else {
                json!({"statusCode": 200, "headers": headers, "body": body, "isBase64Encoded": false})
            };
            Ok(Bytes::from(answer.to_string()))
        }
    }))
}

fn balancer(kind: Kind, listener: &Listener, groups: &[&str]) -> Gateways<Group> {
    let group = |name: &&str| {
        Gateway::builder(kind).listener(listener.clone()).target_group(*name).build(function(name)).unwrap()
    };
    let mut built = groups.iter().map(group);
    let first = Gateways::new(built.next().unwrap());
    built.fold(first, Gateways::and)
}

async fn send(gateways: &Gateways<Group>, request: Request<Body>) -> Response<Body> {
    gateways.clone().oneshot(request).await.unwrap()
}

async fn json_of(response: Response<Body>) -> Value {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&body)))
}

fn get(target: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let request = Request::get(target);
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(Body::empty()).unwrap()
}

/// Whether a rule with such conditions takes a request.
async fn takes(rule: impl FnOnce(Rule) -> Rule, request: Request<Body>) -> bool {
    let rule = rule(Rule::new(1, Action::forward("yes")));
    let gateways = balancer(Kind::LoadBalancer, &Listener::new(Action::forward("no")).rule(rule), &["yes", "no"]);
    json_of(send(&gateways, request).await).await["group"] == "yes"
}

#[tokio::test]
async fn each_condition_compares_as_a_load_balancer_does() {
    for (patterns, path, is_taken) in [
        (vec!["/IMG/*"], "/img/x", false),
        (vec!["/img/*"], "/img", false),
        (vec!["/img/*"], "/img/a/b", true),
        (vec!["/img/*", "/css/*"], "/css/x?q=/img/", true),
        (vec!["/a%20b"], "/a%20b", true),
        (vec!["/a"], "/a?x=1", true),
    ] {
        let with = |rule: Rule| rule.path_pattern(patterns.clone());
        assert_eq!(takes(with, get(path, &[])).await, is_taken, "{patterns:?} {path}");
    }
    for (pattern, host, is_taken) in [
        ("*.EXAMPLE.com", "a.example.com", true),
        ("*.example.com", "example.com", false),
        ("*.example.com", "a.b.Example.COM:8080", true),
        ("?.example.com", "ab.example.com", false),
    ] {
        let request = get("/", &[("host", host)]);
        assert_eq!(takes(|rule| rule.host_header([pattern]), request).await, is_taken, "{pattern} {host}");
    }
    let header = |rule: Rule| rule.http_header("X-Tier", ["gold*"]);
    assert!(takes(header, get("/", &[("x-tier", "silver"), ("x-tier", "GOLDEN")])).await);
    assert!(!takes(header, get("/", &[("x-tier", "a gold")])).await);
    let method = |rule: Rule| rule.http_request_method(["PURGE"]);
    let request = |method: &str| Request::builder().method(method).uri("/").body(Body::empty()).unwrap();
    assert!(takes(method, request("PURGE")).await);
    assert!(!takes(method, request("purge")).await);
    for (pair, query, is_taken) in [
        (("version", "v1"), "/?VERSION=V1", true),
        (("version", "v1"), "/?version=v11", false),
        (("", "*beta*"), "/?a=1&b=a-beta-b", true),
        (("q", r"\*"), "/?q=*", true),
        (("q", r"\*"), "/?q=x", false),
        (("q", "a%20b"), "/?q=a%20b", true),
        (("q", "a*"), "/", false),
    ] {
        assert_eq!(takes(|rule| rule.query_string([pair]), get(query, &[])).await, is_taken, "{pair:?} {query}");
    }
    let source = |rule: Rule| rule.source_ip(["192.0.2.0/24"]);
    let from = |address: &str| {
        let mut request = get("/", &[("x-forwarded-for", "192.0.2.1")]);
        request.extensions_mut().insert(std::net::SocketAddr::new(address.parse::<IpAddr>().unwrap(), 1));
        request
    };
    assert!(takes(source, from("192.0.2.7")).await);
    assert!(!takes(source, from("198.51.100.1")).await, "what a client says of itself is no address");
    assert!(takes(|rule| rule.path_regex([r"^/v\d+/"]), get("/v12/x", &[])).await);
    assert!(takes(|rule| rule.host_regex([r"^a\d\.example\.com$"]), get("/", &[("host", "A1.example.com")])).await);
}

#[tokio::test]
async fn all_conditions_must_hold_and_the_lowest_priority_comes_first() {
    let both = |rule: Rule| rule.path_pattern(["/a*"]).http_request_method(["GET"]).http_header("x", ["1"]);
    assert!(takes(both, get("/ab", &[("x", "1")])).await);
    assert!(!takes(both, get("/ab", &[])).await);
    let listener = Listener::new(Action::forward("default"))
        .rule(Rule::new(20, Action::forward("second")).path_pattern(["/a/*"]))
        .rule(Rule::new(10, Action::forward("first")).path_pattern(["/a/b"]));
    let gateways = balancer(Kind::LoadBalancer, &listener, &["second", "first", "default"]);
    for (path, group) in [("/a/b", "first"), ("/a/c", "second"), ("/", "default")] {
        assert_eq!(json_of(send(&gateways, get(path, &[])).await).await["group"], group, "{path}");
    }
    let keys: Vec<_> = gateways.iter().flat_map(Gateway::routes).collect();
    assert_eq!(keys, ["rule 20: path-pattern /a/*", "rule 10: path-pattern /a/b", "default rule"]);
}

#[tokio::test]
async fn weights_are_thrown_once_for_a_request() {
    let listener = Listener::new(Action::weighted([("blue", 2), ("none", 0), ("green", 3)]));
    let mut groups = Vec::new();
    for thrown in [0, 1, 2, 4, 99] {
        let listener = listener.clone().chooser(move |sum| {
            assert_eq!(sum, 5);
            thrown
        });
        let gateways = balancer(Kind::LoadBalancer, &listener, &["none", "green", "blue"]);
        groups.push(json_of(send(&gateways, get("/", &[])).await).await["group"].take());
    }
    assert_eq!(groups, ["blue", "blue", "green", "green", "green"]);
    let thrown = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&thrown);
    let counting = listener.chooser(move |_| counted.fetch_add(1, Ordering::Relaxed));
    send(&balancer(Kind::LoadBalancer, &counting, &["green", "blue"]), get("/", &[])).await;
    assert_eq!(thrown.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn each_target_group_has_its_own_event() {
    let listener =
        Listener::new(Action::forward("one")).rule(Rule::new(1, Action::forward("many")).path_pattern(["/many"]));
    let group = |kind, name| {
        Gateway::builder(kind).listener(listener.clone()).target_group(name).build(function(name)).unwrap()
    };
    let gateways = Gateways::new(group(Kind::LoadBalancer, "one")).and(group(Kind::LoadBalancerMultiValue, "many"));
    for (path, name, key) in [("/", "one", "headers"), ("/many", "many", "multiValueHeaders")] {
        let answered = json_of(send(&gateways, get(path, &[])).await).await;
        let arn = answered["event"]["requestContext"]["elb"]["targetGroupArn"].as_str().unwrap();
        assert!(arn.contains(&format!(":targetgroup/{name}/")), "{arn}");
        assert!(answered["event"].get(key).is_some(), "{answered}");
    }
}

#[tokio::test]
async fn conditions_see_what_the_client_sent_and_the_target_what_the_transforms_make() {
    let listener = Listener::new(Action::forward("shop")).rule(
        Rule::new(1, Action::forward("shop"))
            .path_pattern(["/api/*"])
            .url_rewrite("^/api/(.*)$", "/$1")
            .host_header_rewrite(r"^(.*)\.example\.com$", "$1.internal.example"),
    );
    let gateways = balancer(Kind::LoadBalancer, &listener, &["shop"]);
    let answered = json_of(send(&gateways, get("/api/x?q=1", &[("host", "a.example.com")])).await).await;
    assert_eq!(answered["event"]["path"], "/x");
    assert_eq!(answered["event"]["queryStringParameters"], json!({"q": "1"}));
    assert_eq!(answered["event"]["headers"]["host"], "a.internal.example");
    let broken = Listener::new(Action::forward("shop"))
        .rule(Rule::new(1, Action::forward("shop")).path_pattern(["/a*"]).url_rewrite("^/", ""));
    let response = send(&balancer(Kind::LoadBalancer, &broken, &["shop"]), get("/abc", &[])).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let fault = response.extensions().get::<Fault>().unwrap().to_string();
    assert_eq!(fault, "rule 1: path-pattern /a*: the rewrite of the URL makes `abc` of `/abc`, which is no path");
}

#[tokio::test]
async fn a_listener_answers_itself() {
    let fixed = FixedResponse::new(503).content_type("application/json").message_body("{}");
    let redirect = |path: &str| Redirect::new(302).path(path);
    let listener = Listener::new(fixed)
        .rule(Rule::new(1, redirect("/new/#{path}")).path_pattern(["/a/*"]))
        .rule(Rule::new(2, redirect("/new#{path}")).path_pattern(["/b/*"]))
        .rule(Rule::new(3, Redirect::new(301).protocol("HTTPS").port("443")).path_pattern(["/c"]))
        .rule(Rule::new(4, Redirect::new(301).host("x.#{host}").query("from=#{path}&#{query}")).path_pattern(["/d*"]));
    let gateway = Gateway::builder(Kind::LoadBalancer)
        .forwarded("http", 9000)
        .listener(listener)
        .build(function("nobody"))
        .unwrap();
    let gateways = Gateways::new(gateway);
    for (target, host, status, location) in [
        ("/a/b?x=1", "h.example", 302, "http://h.example:9000/new/a/b?x=1"),
        ("/b/c", "h.example:80", 302, "http://h.example:9000/newb/c"),
        ("/c", "[::1]:9000", 301, "https://[::1]:443/c"),
        ("/d/#{host}?y", "h", 301, "http://x.h:9000/d/?from=d/&"),
        ("/d?#{host}", "h", 301, "http://x.h:9000/d?from=d&"),
    ] {
        let response = send(&gateways, get(target, &[("host", host)])).await;
        assert_eq!(response.status(), status, "{target}");
        assert_eq!(response.headers()["location"], location, "{target}");
        assert_eq!(response.headers()["server"], "awselb/2.0");
        assert!(response.extensions().get::<Fault>().is_none());
    }
    let response = send(&gateways, get("/else", &[])).await;
    assert_eq!(
        (response.status().as_u16(), response.headers()["content-type"].as_bytes()),
        (503, &b"application/json"[..])
    );
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "{}");
    // A page of another site gets nothing of it, nor does a method for proxies.
    let trace = Request::builder().method("TRACE").uri("/a/b").body(Body::empty()).unwrap();
    assert_eq!(send(&gateways, trace).await.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_target_group_that_is_not_there_answers_503() {
    let listener = Listener::new(Action::weighted([("gone", 1), ("here", 0)]));
    let response = send(&balancer(Kind::LoadBalancer, &listener, &["here"]), get("/", &[])).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.extensions().get::<Fault>().unwrap().to_string().contains("`gone` is not here"));
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(body.starts_with(b"<html>\r\n<head><title>503 Service Temporarily Unavailable</title>"));
    let nobody = Listener::new(Action::weighted([("here", 0)]));
    let response = send(&balancer(Kind::LoadBalancer, &nobody, &["here"]), get("/", &[])).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_service_of_lattice_has_rules_of_its_own() {
    let rule = |priority, group: &str| Rule::new(priority, Action::forward(group));
    let listener = Listener::new(FixedResponse::new(404))
        .rule(rule(1, "exact").path_exact("/Exact", true))
        .rule(rule(2, "loose").path_exact("/exact", false))
        .rule(rule(3, "prefix").path_prefix("/pre", false).method("GET"))
        .rule(
            rule(4, "header")
                .header_prefix("x-a", "Be", false)
                .header_contains("x-b", "mid", true)
                .header_exact("x-c", "c", true),
        );
    let gateways = balancer(Kind::VpcLatticeV2, &listener, &["exact", "loose", "prefix", "header"]);
    for (target, headers, group) in [
        ("/Exact", &[][..], "exact"),
        ("/EXACT", &[], "loose"),
        ("/Prefix/x", &[], "prefix"),
        ("/x", &[("x-a", "begin"), ("x-b", "a mid b"), ("x-c", "c")], "header"),
    ] {
        assert_eq!(json_of(send(&gateways, get(target, headers)).await).await["group"], group, "{target}");
    }
    let response = send(&gateways, get("/x", &[("x-a", "begin"), ("x-b", "MID"), ("x-c", "c")])).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(response.headers().get("server").is_none());
}

#[test]
fn what_aws_would_not_accept_is_refused_with_the_rule() {
    let rule = |priority| Rule::new(priority, Action::forward("a"));
    let with = |kind, rule| {
        let listener = Listener::new(Action::forward("a")).rule(rule);
        Gateway::builder(kind).listener(listener).build(()).map(drop).unwrap_err().to_string()
    };
    for (wrong, message) in [
        (rule(0).path_pattern(["/"]), "rule 0: expected a priority from 1 to 50000"),
        (rule(1), "rule 1: expected a condition"),
        (rule(1).path_pattern(["/a"; 6]), "rule 1: expected 5 values of conditions at most, found 6"),
        (rule(1).path_pattern(["/*/*/*"]).host_header(["*.*.?"]), "rule 1: expected 5 wildcards at most, found 6"),
        (rule(1).path_pattern(["/a"]).path_pattern(["/b"]), "rule 1: expected one condition path-pattern, found two"),
        (rule(1).path_pattern(["/a b"]), "rule 1: path-pattern: `/a b` is no path, of 128 characters at most"),
        (rule(1).path_pattern([""; 0]), "rule 1: path-pattern: expected a value"),
        (rule(1).host_header(["localhost"]), "rule 1: host-header: expected a dot in `localhost`"),
        (
            rule(1).http_request_method(["get"]),
            "rule 1: http-request-method: `get` is no method, of 128 characters at most",
        ),
        (
            rule(1).http_header("Host", ["a"]),
            "rule 1: expected the name of a header, of 40 characters at most and not `Host`, found `Host`",
        ),
        (
            rule(1).source_ip(["192.0.2.1"]),
            "rule 1: source-ip: expected a block of addresses like 192.0.2.0/24, found `192.0.2.1`",
        ),
        (rule(1).path_exact("/a", true), "rule 1: a load balancer has no condition `path exact /a`"),
        (Rule::new(1, Action::weighted([("a", 1000)])).path_pattern(["/a"]), "rule 1: expected weights from 0 to 999"),
        (
            Rule::new(1, Action::weighted([("a", 1); 6])).path_pattern(["/a"]),
            "rule 1: expected 1 to 5 target groups, found 6",
        ),
        (
            Rule::new(1, Redirect::new(301).query("a=1")).path_pattern(["/a"]),
            "rule 1: redirect: it leads to where the request came from: set one of protocol, host, port and path",
        ),
        (
            Rule::new(1, Action::forward("a").target_group_stickiness(Duration::from_secs(604_801)))
                .path_pattern(["/a"]),
            "rule 1: stickiness: expected 1 to 604800 whole seconds, found 604801s",
        ),
        (
            Rule::new(1, Action::from(FixedResponse::new(404)).target_group_stickiness(Duration::from_secs(1)))
                .path_pattern(["/a"]),
            "rule 1: stickiness is for actions that forward, and this action answers itself",
        ),
        (
            Rule::new(1, FixedResponse::new(301)).path_pattern(["/a"]),
            "rule 1: fixed response: expected a status of 2XX, 4XX or 5XX, found 301",
        ),
    ] {
        assert_eq!(with(Kind::LoadBalancer, wrong), message);
    }
    assert!(with(Kind::LoadBalancer, rule(1).path_regex(["(?=a)"])).contains("cannot use the regular expression"));
    assert!(with(Kind::LoadBalancer, rule(1).path_regex(["a".repeat(129)])).contains("128 characters at most"));
    assert_eq!(
        with(Kind::VpcLatticeV2, rule(1).path_pattern(["/a"])),
        "rule 1: VPC Lattice has no condition `path-pattern /a`"
    );
    let sticky = Action::forward("a").target_group_stickiness(Duration::from_secs(1));
    assert_eq!(
        with(Kind::VpcLatticeV2, Rule::new(1, sticky).method("GET")),
        "rule 1: VPC Lattice has no stickiness of target groups"
    );
    assert_eq!(with(Kind::VpcLatticeV2, rule(101).method("GET")), "rule 101: expected a priority from 1 to 100");
    assert_eq!(with(Kind::RestApi, rule(1).method("GET")), "a REST API has no listener and no target groups");
    let twice =
        Listener::new(Action::forward("a")).rule(rule(7).path_pattern(["/a"])).rule(rule(7).path_pattern(["/b"]));
    let error = Gateway::builder(Kind::LoadBalancer).listener(twice).build(()).unwrap_err();
    assert_eq!(error.to_string(), "rule 7: there is another one of this priority");
}

#[tokio::test]
async fn the_longest_expressions_are_matched_in_time() {
    // An engine that goes back would not end.
    let rule = |rule: Rule| rule.path_regex(["^/(a+)+$"]);
    assert!(!takes(rule, get(&format!("/{}b", "a".repeat(8_000)), &[])).await);
}
