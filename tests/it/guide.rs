//! The tables of the guide that say what a base path is: each row, with a front door before the app and the app behind it.

use std::convert::Infallible;

use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::upgrade::OnUpgrade;
use sippycup::{BasePath, Body, SippyCup, SippyCupLayer};
use sippycup_gateway::{
    Action, Body as GatewayBody, Domain, Gateway, GatewayBuilder, Kind, Listener, RoutingRule, Rule,
};
use tower::{Layer, ServiceExt, service_fn};

use crate::support::block_on;

/// Path and base path as the app sees them, and its answer's headers as the client gets them.
async fn seen(gateway: &str, request: http::request::Builder) -> (String, Response<GatewayBody>) {
    seen_behind(gateway.parse().unwrap(), SippyCupLayer::new(), request).await
}

async fn seen_behind(
    gateway: GatewayBuilder,
    layer: SippyCupLayer,
    request: http::request::Builder,
) -> (String, Response<GatewayBody>) {
    let app = service_fn(async |request: Request<Body>| {
        let base = request.extensions().get::<BasePath>().map_or("none", BasePath::as_str);
        let mut response = Response::new(format!("{} {base}", request.uri().path()));
        for name in ["location", "set-cookie"] {
            if let Some(value) = request.headers().get(format!("x-{name}")) {
                response.headers_mut().insert(name, value.clone());
                *response.status_mut() = StatusCode::FOUND;
            }
        }
        Ok::<_, Infallible>(response)
    });
    let gateway = gateway.build(layer.layer(app)).unwrap();
    let response = gateway.oneshot(request.body(GatewayBody::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (String::from_utf8(body.into()).unwrap(), Response::from_parts(parts, GatewayBody::empty()))
}

const GUIDE: &str = include_str!("../../crates/sippycup/src/guide/base_paths.md");

/// The cells of a row that begins so.
#[track_caller]
fn row(first: &str) -> Vec<&'static str> {
    let begins = format!("| {first} | ");
    let row = GUIDE.lines().find(|line| line.starts_with(&begins)).unwrap_or_else(|| panic!("no row `{first}`"));
    row.trim_matches('|').split(" | ").map(str::trim).collect()
}

#[test]
fn the_base_path_of_every_front_door_is_what_the_guide_says() {
    let items = "`/items`";
    for (first, gateway, url, path, base) in [
        ("REST API, own domain, stage `prod`", "rest,stage=prod", "/prod/items", items, "`/prod`"),
        (
            "REST API, custom domain, mapping `shop` to a stage",
            "rest,base-path=shop",
            "/shop/items",
            "`/shop/items`",
            "`/shop`",
        ),
        (
            "REST API, custom domain, mapping `shop` without a stage",
            "rest,base-path=shop,stage-in-path",
            "/shop/prod/items",
            "`/shop/prod/items`",
            "`/shop/prod`",
        ),
        (
            "REST API, custom domain, mapping without a base path",
            "rest,domain=api.example.com",
            "/items",
            items,
            "none",
        ),
        ("HTTP API, own domain, stage `$default`", "http", "/items", items, "none"),
        ("HTTP API, own domain, stage `dev`", "http,stage=dev", "/dev/items", "`/dev/items`", "`/dev`"),
        (
            "HTTP API (1.0), custom domain, mapping `shop`, a route with a path (`ANY /{proxy+}`)",
            "http-1.0,base-path=shop,route=ANY /{proxy+}",
            "/shop/items",
            "`/shop/items`",
            "`/shop`",
        ),
        ("function URL, load balancer, VPC Lattice", "url", "/items", items, "none"),
        ("function URL, load balancer, VPC Lattice", "alb", "/items", items, "none"),
        ("function URL, load balancer, VPC Lattice", "lattice", "/items", items, "none"),
        ("function URL, load balancer, VPC Lattice", "lattice-v1", "/items", items, "none"),
    ] {
        assert_eq!(row(first)[1..], [path, base], "{first}");
        let seen = block_on(seen(gateway, Request::get(url).header("host", "api.example.com"))).0;
        let base = base.trim_matches('`').trim_start_matches("none");
        assert_eq!(seen, format!("/items {base}"), "{gateway}");
    }
}

#[test]
fn a_routing_rule_has_a_base_path_only_if_it_strips_it() {
    let items = "`/shop/items`";
    for (first, strip, base, seen) in [
        (
            "REST API, custom domain, routing rule with the base path `shop` that strips it",
            true,
            "`/shop`",
            "/items /shop",
        ),
        (
            "the same rule without `StripBasePath`, resource `/shop/items`",
            false,
            "none: `/shop` is a part of the app's routes",
            "/shop/items ",
        ),
    ] {
        assert_eq!(row(first)[1..], [items, base], "{first}");
        let rule = RoutingRule::new(1).base_path("shop").strip_base_path(strip);
        for resource in [if strip { "/items" } else { "/shop/items" }, "/{proxy+}"] {
            let domain = Domain::new("api.example.com").rule(rule.clone());
            let gateway = Gateway::builder(Kind::RestApi).domain(domain).route(resource);
            let request = Request::get("/shop/items").header("host", "api.example.com");
            assert_eq!(block_on(seen_behind(gateway, SippyCupLayer::new(), request)).0, seen, "{first}: {resource}");
        }
    }
}

#[test]
fn where_the_guide_says_that_a_base_path_must_be_stated_nothing_is_guessed() {
    for (first, gateway, seen_as) in [
        ("HTTP API (1.0), custom domain, mapping `shop`, route `$default`", "http-1.0,base-path=shop", "/shop/items "),
        ("HTTP API (2.0), custom domain, mapping `shop`, stage `dev`", "http,base-path=shop,stage=dev", "/items "),
    ] {
        assert!(row(first)[2].starts_with("**must be stated:**"), "{first}");
        let seen = block_on(seen(gateway, Request::get("/shop/items").header("host", "api.example.com"))).0;
        assert_eq!(seen, seen_as, "{gateway}");
    }
}

#[test]
fn what_is_put_back_is_what_the_guide_says() {
    for (header, value, says, client_gets) in [
        ("location", "/login", "`/shop/login`", "/shop/login"),
        ("location", "/shop/login", "the same: it has the prefix", "/shop/login"),
        ("location", "https://other.example/x", "the same: another host", "https://other.example/x"),
        ("location", "next", "the same: a relative URL works below any base path", "next"),
        (
            "set-cookie",
            "a=1; Path=/admin",
            "`Path=/shop/admin`: a browser would not send it otherwise",
            "a=1; Path=/shop/admin",
        ),
        (
            "set-cookie",
            "a=1; Path=/",
            "the same: it reaches the app, and a `__Host-` cookie must have it",
            "a=1; Path=/",
        ),
    ] {
        let name = if header == "location" { "Location" } else { "Set-Cookie" };
        assert_eq!(row(&format!("`{name}: {value}`"))[1], says);
        let request = Request::get("/shop/x").header("host", "api.example.com").header(format!("x-{header}"), value);
        let response = block_on(seen("rest,base-path=shop", request)).1;
        assert_eq!(response.headers()[header], client_gets, "{value}");
    }
}

#[test]
fn a_load_balancer_that_rewrites_the_path_hides_the_base_path_until_it_is_stated() {
    assert_eq!(row("load balancer with a rule that rewrites the path")[1], "the rewritten one");
    assert!(row("load balancer with a rule that rewrites the path")[2].starts_with("**must be stated**"));
    let rule = Rule::new(1, Action::forward("shop")).path_pattern(["/shop/*"]).url_rewrite("^/shop/(.*)$", "/$1");
    let listener = Listener::new(Action::forward("shop")).rule(rule);
    let gateway = Gateway::builder(Kind::LoadBalancer).listener(listener);
    for (layer, seen_as, location) in [
        (SippyCupLayer::new(), "/items ", "/login"),
        (SippyCupLayer::new().base_path(BasePath::from_static("/shop")), "/items /shop", "/shop/login"),
    ] {
        let request = Request::get("/shop/items").header("host", "lb.example.com").header("x-location", "/login");
        let (seen, response) = block_on(seen_behind(gateway.clone(), layer, request));
        assert_eq!((seen.as_str(), &response.headers()["location"]), (seen_as, &location.parse().unwrap()));
    }
}

#[test]
fn no_front_door_hands_a_connection_to_the_app() {
    assert!(
        include_str!("../../crates/sippycup/src/guide/features.md")
            .contains("* Upgrades, and so axum's `WebSocketUpgrade`")
    );
    // What every extractor of upgrades looks for, axum's `WebSocketUpgrade` too.
    let app = service_fn(async |request: Request<Body>| {
        Ok::<_, Infallible>(Response::new(format!("{:?}", request.extensions().get::<OnUpgrade>())))
    });
    for gateway in ["http", "http-1.0", "rest", "url", "alb", "alb-multi", "lattice", "lattice-v1"] {
        let gateway = gateway.parse::<GatewayBuilder>().unwrap();
        let gateway = gateway.build(SippyCup::new(app)).unwrap();
        let request = Request::get("/prod/")
            .header("host", "api.example.com")
            .header("connection", "Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        let response = block_on(gateway.oneshot(request.body(GatewayBody::empty()).unwrap())).unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(block_on(response.into_body().collect()).unwrap().to_bytes(), "None");
    }
}

/// What a panic says.
fn said(panics: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let panic = std::panic::catch_unwind(panics).unwrap_err();
    panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap()
}

#[test]
fn what_the_guide_quotes_is_what_is_said() {
    let symptoms = include_str!("../../crates/sippycup/src/guide/troubleshooting.md");
    let quotes = |text: &str| symptoms.lines().any(|line| line.starts_with(&format!("| `{text}")));
    let blocked = said(|| block_on(async { tokio::task::block_in_place(|| {}) }));
    assert!(quotes(&blocked), "{blocked}");
    let sent = said(|| {
        block_on(async {
            let (sender, _receiver) = tokio::sync::mpsc::channel(1);
            let _ = sender.blocking_send(());
        });
    });
    assert!(quotes(sent.split('.').next().unwrap()), "{sent}");
    let no_event = sippycup::ProxyEvent::from_bytes("{}").and_then(|event| event.into_request(&Default::default()));
    let no_event = format!("SippyCup.Event: {}", no_event.map(drop).unwrap_err());
    let (known, _) = no_event.split_once(',').unwrap();
    assert!(quotes(&format!("{known}, …`")), "{no_event}");
}
