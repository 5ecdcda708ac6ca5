//! Routing rules of custom domains: which API a request reaches, and what its event shows.

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sippycup_gateway::{Body, BoxError, Domain, Gateway, GatewayBuilder, Gateways, Kind, RoutingRule};
use tower::util::BoxCloneSyncService;
use tower::{ServiceExt, service_fn};

type Function = BoxCloneSyncService<Bytes, Bytes, BoxError>;

/// A REST API whose function answers with its name and the event.
fn api(name: &str, domain: Domain) -> Gateway<Function> {
    let name = name.to_owned();
    let builder = Gateway::builder(Kind::RestApi).api_id(name.clone()).domain(domain);
    let function = service_fn(move |event: Bytes| {
        let name = name.clone();
        async move {
            let event: Value = serde_json::from_slice(&event)?;
            let body = json!({"api": name, "event": event}).to_string();
            Ok::<_, BoxError>(Bytes::from(json!({"statusCode": 200, "body": body}).to_string()))
        }
    });
    builder.build(BoxCloneSyncService::new(function)).unwrap()
}

fn domain() -> Domain {
    Domain::new("api.example.com")
}

async fn ask(apis: &Gateways<Function>, host: &str, path: &str, headers: &[(&str, &str)]) -> (String, Value) {
    let request = Request::get(path).header("host", host);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let response = apis.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    if response.status() != 200 {
        return (response.status().as_str().to_owned(), Value::Null);
    }
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let answer: Value = serde_json::from_slice(&body).unwrap();
    (answer["api"].as_str().unwrap().to_owned(), answer["event"].clone())
}

#[tokio::test]
async fn rules_come_before_mappings_and_in_the_order_of_their_priorities() {
    let beta = RoutingRule::new(20).base_path("shop").header("x-version", "beta*");
    let apis = Gateways::new(api("mapped", domain().mapping("")))
        .and(api("last", domain().rule(RoutingRule::new(30).base_path("shop").strip_base_path(true))))
        .and(api("beta", domain().rule(beta).mapping("only/beta")))
        .and(api("first", domain().rule(RoutingRule::new(10).header("x-stage", "old"))));
    // A request to this machine is meant for the domain.
    for host in ["api.example.com", "API.example.com:8443", "127.0.0.1:9000"] {
        for (path, headers, chosen) in [
            ("/shop/x", &[][..], "last"),
            ("/shop/x", &[("x-version", "beta-2")], "beta"),
            ("/shop/x", &[("x-version", "beta-2"), ("X-Stage", "old")], "first"),
            ("/shops", &[("x-version", "beta-2")], "mapped"),
            ("/only/beta/x", &[], "beta"),
            ("/x", &[], "mapped"),
        ] {
            assert_eq!(ask(&apis, host, path, headers).await.0, chosen, "{host} {path} {headers:?}");
        }
    }
    // The host of AWS itself knows no rules.
    let own = "last.execute-api.us-east-1.amazonaws.com";
    assert_eq!(ask(&apis, own, "/prod/x", &[("x-stage", "old")]).await.0, "last");
}

#[tokio::test]
async fn without_mappings_what_no_rule_matches_is_refused() {
    let rule = RoutingRule::new(1).base_path("shop").strip_base_path(true);
    let apis = Gateways::new(api("shop", domain().rule(rule)));
    assert_eq!(ask(&apis, "api.example.com", "/shop/x", &[]).await.0, "shop");
    assert_eq!(ask(&apis, "api.example.com", "/x", &[]).await.0, "403");
}

/// The table of "Routing rules to connect API stages to a custom domain name for REST APIs", and with it what an event shows of a path that is stripped, or not.
#[tokio::test]
async fn a_base_path_is_stripped_as_by_a_mapping_or_belongs_to_the_resource() {
    for (base_path, strip, target, resource) in [
        ("PetStoreShopper/dogs", true, "/PetStoreShopper/dogs", "/"),
        ("PetStoreShopper/dogs", false, "/PetStoreShopper/dogs", "/PetStoreShopper/dogs"),
        ("PetStoreShopper", true, "/PetStoreShopper/dogs", "/dogs"),
        ("PetStoreShopper", false, "/PetStoreShopper/dogs", "/PetStoreShopper/dogs"),
        ("PetStoreShopper", true, "/PetStoreShopper?birds=available", "/"),
        ("PetStoreShopper", false, "/PetStoreShopper?birds=available", "/PetStoreShopper"),
    ] {
        let rule = RoutingRule::new(1).base_path(base_path).strip_base_path(strip);
        let routes = ["/", "/dogs", "/PetStoreShopper", "/PetStoreShopper/dogs"];
        let with = |builder: GatewayBuilder| routes.iter().fold(builder, |builder, route| builder.route(route));
        let gateway = with(Gateway::builder(Kind::RestApi).domain(domain().rule(rule.clone()))).build(()).unwrap();
        let request = Request::get(target).header("host", "api.example.com").body(Bytes::new()).unwrap();
        let event: Value = serde_json::from_slice(&gateway.event(&request).unwrap()).unwrap();
        let path = target.split('?').next().unwrap();
        assert_eq!((&event["resource"], &event["path"]), (&resource.into(), &path.into()), "{rule}, strip {strip}");
        assert_eq!(event["requestContext"]["path"], path);
        let matched = if strip { base_path } else { "(none)" };
        assert_eq!(event["requestContext"]["customDomain"]["basePathMatched"], matched);
        assert_eq!(gateway.base_path(), if strip { format!("/{base_path}") } else { String::new() });
    }
}

#[test]
fn only_rest_apis_have_rules_and_each_its_own_priority() {
    let build = |kind, domain| Gateway::builder(kind).domain(domain).build(()).unwrap_err().to_string();
    let ruled = || domain().rule(RoutingRule::new(1));
    assert_eq!(build(Kind::HttpApiV2, ruled()), "domain `api.example.com`: an HTTP API has no routing rules");
    let twice = ruled().rule(RoutingRule::new(1).base_path("x"));
    assert_eq!(build(Kind::RestApi, twice), "domain `api.example.com`: there are two routing rules of priority 1");
    let gateway = Gateway::builder(Kind::RestApi).domain(ruled().rule(RoutingRule::new(7).header("a", "b")));
    assert_eq!(
        gateway.build(()).unwrap().routing_rules(),
        ["routing rule 1: any request", "routing rule 7: header a: b"]
    );
}
