//! Which part of a path is the gateway's: (source, stage, domain, mapping, what was stated) to
//! (base path, the app's path, public URI), and what that means for redirects and cookies.

use std::convert::Infallible;

use http::{HeaderName, Request, Response, header};
use serde_json::{Value, json};
use sippycup::{BasePath, Body, EventOptions, SippyCupLayer};
use tower::service_fn;

use crate::support::{base, bytes_of, public, try_request};

const OWN: &str = "q7.execute-api.eu-central-1.amazonaws.com";
const CUSTOM: &str = "api.shop.example";

/// What the event says, and what others said before it.
#[derive(Clone, Copy)]
struct Case {
    domain: &'static str,
    stage: &'static str,
    /// `resource`, or the route behind the method; empty for `$default`.
    template: &'static str,
    /// The first path parameter.
    parameter: Option<(&'static str, &'static str)>,
    path: &'static str,
    context_path: Option<&'static str>,
    variable: Option<&'static str>,
    builder: Option<&'static str>,
    environment: Option<&'static str>,
    mount: bool,
}

const CASE: Case = Case {
    domain: CUSTOM,
    stage: "live",
    template: "/{proxy+}",
    parameter: None,
    path: "/",
    context_path: None,
    variable: None,
    builder: None,
    environment: None,
    mount: false,
};

impl Case {
    fn options(&self) -> EventOptions {
        let mut options = EventOptions::default().mount_at_resource(self.mount);
        if let Some(path) = self.builder {
            options = options.base_path(BasePath::from_lossy(path));
        }
        if let Some(path) = self.environment {
            options = options.base_path_fallback(BasePath::from_lossy(path));
        }
        options
    }

    fn variables(&self) -> Value {
        self.variable.map_or(Value::Null, |path| json!({"SIPPYCUP_SCRIPT_NAME_BASE": path}))
    }

    fn parameters(&self) -> Value {
        self.parameter.map_or(Value::Null, |(name, value)| json!({name: value}))
    }

    fn rest(&self) -> String {
        json!({
            "httpMethod": "GET", "resource": self.template, "path": self.path, "pathParameters": self.parameters(),
            "stageVariables": self.variables(), "headers": {"Host": self.domain},
            "requestContext": {
                "stage": self.stage, "path": self.context_path, "domainName": self.domain, "resourcePath": self.template
            },
        })
        .to_string()
    }

    fn http_1(&self) -> String {
        let mut event: Value = serde_json::from_str(&self.rest()).unwrap();
        event["version"] = "1.0".into();
        event["requestContext"]["resourceId"] = format!("GET {}", self.template).into();
        event.to_string()
    }

    fn http_2(&self) -> String {
        let route = if self.template.is_empty() { "$default".to_owned() } else { format!("ANY {}", self.template) };
        json!({
            "version": "2.0", "routeKey": route, "rawPath": self.path, "rawQueryString": "",
            "pathParameters": self.parameters(), "stageVariables": self.variables(), "headers": {"host": self.domain},
            "requestContext": {
                "stage": self.stage, "domainName": self.domain, "http": {"method": "GET", "path": self.path}
            },
        })
        .to_string()
    }

    /// Base path, the app's path, public path.
    #[track_caller]
    fn found(&self, event: String) -> (String, String, String) {
        let request = try_request(event, &self.options()).unwrap();
        let public = public(&request).unwrap();
        let public = public.strip_prefix(&format!("https://{}", self.domain)).unwrap().to_owned();
        (base(&request).to_owned(), request.uri().path().to_owned(), public)
    }
}

type Row = (&'static str, Case, &'static str, &'static str, &'static str);

#[track_caller]
fn check(rows: Vec<Row>, event: impl Fn(&Case) -> String) {
    for (name, case, base, path, public) in rows {
        let found = case.found(event(&case));
        assert_eq!(found, (base.to_owned(), path.to_owned(), public.to_owned()), "{name}");
    }
}

#[test]
fn rest_api_proves_its_base_path() {
    let own = Case { domain: OWN, ..CASE };
    let rows: Vec<Row> = vec![
        (
            "own domain",
            Case { path: "/x", context_path: Some("/live/x"), parameter: Some(("proxy", "x")), ..own },
            "/live",
            "/x",
            "/live/x",
        ),
        (
            "own domain, root",
            Case { template: "/", path: "/", context_path: Some("/live/"), ..own },
            "/live",
            "/",
            "/live/",
        ),
        ("own domain, no context path", Case { path: "/x", ..own }, "/live", "/x", "/live/x"),
        (
            "own domain, trailing slash",
            Case { path: "/x/", context_path: Some("/live/x/"), ..own },
            "/live",
            "/x/",
            "/live/x/",
        ),
        (
            "own domain, slashes behind the stage",
            Case { template: "/hard", path: "/hard", context_path: Some("/live//hard"), ..own },
            "/live",
            "/hard",
            "/live/hard",
        ),
        (
            "own domain, segment like the stage",
            Case { path: "/live/x", context_path: Some("/live/live/x"), ..own },
            "/live",
            "/live/x",
            "/live/live/x",
        ),
        (
            "mapping",
            Case { path: "/v1/x", context_path: Some("/v1/x"), parameter: Some(("proxy", "x")), ..CASE },
            "/v1",
            "/x",
            "/v1/x",
        ),
        (
            "mapping, encoded",
            Case {
                path: "/a%2Bb/x%20y",
                context_path: Some("/a%2Bb/x%20y"),
                parameter: Some(("proxy", "x%20y")),
                ..CASE
            },
            "/a%2Bb",
            "/x%20y",
            "/a%2Bb/x%20y",
        ),
        (
            "mapping of two levels",
            Case { path: "/v1/n/x", context_path: Some("/v1/n/x"), parameter: Some(("proxy", "x")), ..CASE },
            "/v1/n",
            "/x",
            "/v1/n/x",
        ),
        ("mapping, root", Case { template: "/", path: "/v1", context_path: Some("/v1"), ..CASE }, "/v1", "/", "/v1"),
        (
            "mapping, root with a slash",
            Case { template: "/", path: "/v1/", context_path: Some("/v1/"), ..CASE },
            "/v1",
            "/",
            "/v1/",
        ),
        (
            "mapping without stage",
            Case { path: "/v1/live/x", context_path: Some("/v1/live/x"), parameter: Some(("proxy", "x")), ..CASE },
            "/v1/live",
            "/x",
            "/v1/live/x",
        ),
        (
            "empty mapping",
            Case { path: "/x", context_path: Some("/x"), parameter: Some(("proxy", "x")), ..CASE },
            "",
            "/x",
            "/x",
        ),
        (
            "empty mapping without stage",
            Case { path: "/live/x", context_path: Some("/live/x"), parameter: Some(("proxy", "x")), ..CASE },
            "/live",
            "/x",
            "/live/x",
        ),
        (
            "parameter",
            Case {
                template: "/users/{id}",
                path: "/v1/users/7",
                context_path: Some("/v1/users/7"),
                parameter: Some(("id", "7")),
                ..CASE
            },
            "/v1",
            "/users/7",
            "/v1/users/7",
        ),
        (
            "mapping called like the resource",
            Case { template: "/v1", path: "/v1/v1", context_path: Some("/v1/v1"), ..CASE },
            "/v1",
            "/v1",
            "/v1/v1",
        ),
        (
            "greedy without its value: never a longer guess",
            Case { path: "/a/b/c", context_path: Some("/a/b/c"), ..CASE },
            "",
            "/a/b/c",
            "/a/b/c",
        ),
        (
            "greedy with an empty value",
            Case {
                template: "/h/{proxy+}",
                path: "/v1/h/",
                context_path: Some("/v1/h/"),
                parameter: Some(("proxy", "")),
                ..CASE
            },
            "/v1",
            "/h/",
            "/v1/h/",
        ),
        (
            "template that does not match",
            Case {
                template: "/users/{id}",
                path: "/user/42/id/50",
                context_path: Some("/user/42/id/50"),
                parameter: Some(("id", "50")),
                ..CASE
            },
            "",
            "/user/42/id/50",
            "/user/42/id/50",
        ),
        (
            "context path is a template",
            Case { path: "/x", context_path: Some("/{proxy+}"), parameter: Some(("proxy", "x")), ..CASE },
            "",
            "/x",
            "/x",
        ),
    ];
    check(rows, Case::rest);
}

#[test]
fn what_was_stated_wins_over_what_the_event_proves() {
    let mapped = Case { path: "/v1/x", context_path: Some("/v1/x"), parameter: Some(("proxy", "x")), ..CASE };
    let direct =
        Case { path: "/x", context_path: Some("/live/x"), parameter: Some(("proxy", "x")), domain: OWN, ..CASE };
    let rows: Vec<Row> = vec![
        ("variable", Case { variable: Some("/v1"), ..mapped }, "/v1", "/x", "/v1/x"),
        ("variable, any spelling", Case { variable: Some("v1/"), ..mapped }, "/v1", "/x", "/v1/x"),
        ("variable, other than the mapping", Case { variable: Some("/cdn"), ..mapped }, "/cdn", "/x", "/cdn/x"),
        ("variable at the root", Case { variable: Some("/"), ..mapped }, "", "/x", "/x"),
        ("variable, empty, counts as the root", Case { variable: Some(""), ..direct }, "", "/x", "/x"),
        ("variable on the own domain", Case { variable: Some("/v1"), ..direct }, "/v1", "/x", "/v1/x"),
        ("environment", Case { environment: Some("/env"), ..direct }, "/env", "/x", "/env/x"),
        (
            "variable before environment",
            Case { variable: Some("/v1"), environment: Some("/env"), ..direct },
            "/v1",
            "/x",
            "/v1/x",
        ),
        (
            "builder before both",
            Case { builder: Some("/b"), variable: Some("/v1"), environment: Some("/env"), ..direct },
            "/b",
            "/x",
            "/b/x",
        ),
        ("builder at the root", Case { builder: Some("/"), variable: Some("/v1"), ..direct }, "", "/x", "/x"),
    ];
    check(rows, Case::rest);
}

#[test]
fn the_mapping_that_the_gateway_names_is_the_base_path_where_the_path_has_it() {
    let with_mapping = |case: &Case, key: &str, event: String| {
        let mut event: Value = serde_json::from_str(&event).unwrap();
        event["requestContext"]["customDomain"] = json!({"basePathMatched": key});
        case.found(event.to_string())
    };
    // Without the value of `proxy` the template matches behind every slash.
    let open = Case { path: "/shop/v1/x", context_path: Some("/shop/v1/x"), ..CASE };
    let known = Case { parameter: Some(("proxy", "v1/x")), ..open };
    let staged = Case { path: "/shop/live/x", context_path: Some("/shop/live/x"), ..known };
    for (name, case, key, base, path) in [
        ("one level", open, "shop", "/shop", "/v1/x"),
        ("two levels", open, "shop/v1", "/shop/v1", "/x"),
        ("no key", open, "(none)", "", "/shop/v1/x"),
        ("no key, whatever a template leaves over", known, "(none)", "", "/shop/v1/x"),
        ("a key that the path does not have", open, "sho", "", "/shop/v1/x"),
        ("as the template has it", known, "shop", "/shop", "/v1/x"),
        ("a stage behind it", Case { parameter: Some(("proxy", "x")), ..staged }, "shop", "/shop/live", "/x"),
        ("no key, a stage", Case { path: "/live/x", parameter: Some(("proxy", "x")), ..CASE }, "(none)", "/live", "/x"),
        ("a stage, whatever else could be", Case { path: "/live/a/b", ..CASE }, "sho", "/live", "/a/b"),
        ("against a template", Case { template: "/", ..open }, "shop", "/shop", "/v1/x"),
    ] {
        let public = case.path.to_owned();
        let expected = (base.to_owned(), path.to_owned(), public);
        assert_eq!(with_mapping(&case, key, case.rest()), expected, "{name}");
        if !base.ends_with("/live") {
            let default_stage = Case { stage: "$default", ..case };
            assert_eq!(with_mapping(&case, key, default_stage.http_1()), expected, "{name}");
        }
    }
    let http_2 = Case { stage: "$default", template: "", path: "/x", ..CASE };
    for (key, base) in [("shop", "/shop"), ("(none)", "")] {
        let found = with_mapping(&http_2, key, http_2.http_2());
        assert_eq!(found, (base.to_owned(), "/x".to_owned(), format!("{base}/x")));
    }
}

#[test]
fn what_is_stripped_is_what_the_path_carries() {
    let plain = Case { template: "", stage: "$default", ..CASE };
    let rows: Vec<Row> = vec![
        ("exactly the base path", Case { variable: Some("/dev"), path: "/dev", ..plain }, "/dev", "/", "/dev"),
        ("the base path and a slash", Case { variable: Some("/dev"), path: "/dev/", ..plain }, "/dev", "/", "/dev/"),
        ("once", Case { variable: Some("/a"), path: "/a/a/x", ..plain }, "/a", "/a/x", "/a/a/x"),
        (
            "only in front",
            Case { variable: Some("/base"), path: "/x/base/y", ..plain },
            "/base",
            "/x/base/y",
            "/base/x/base/y",
        ),
        ("whole segments", Case { variable: Some("/api"), path: "/apis/x", ..plain }, "/api", "/apis/x", "/api/apis/x"),
        ("whatever the encoding", Case { variable: Some("/a b"), path: "/a b/x", ..plain }, "/a%20b", "/x", "/a%20b/x"),
        ("slashes behind it stay", Case { variable: Some("/a"), path: "/a//x", ..plain }, "/a", "//x", "/a//x"),
        ("the case counts", Case { variable: Some("/A"), path: "/a/x", ..plain }, "/A", "/a/x", "/A/a/x"),
    ];
    check(rows, Case::http_2);
}

#[test]
fn http_api_2_carries_its_stage_everywhere_and_its_mapping_nowhere() {
    let own = Case { domain: OWN, template: "", ..CASE };
    let custom = Case { template: "", ..CASE };
    let rows: Vec<Row> = vec![
        ("default stage", Case { stage: "$default", path: "/x", ..own }, "", "/x", "/x"),
        ("named stage", Case { path: "/live/x", ..own }, "/live", "/x", "/live/x"),
        ("named stage, root", Case { path: "/live", ..own }, "/live", "/", "/live"),
        ("named stage, root with a slash", Case { path: "/live/", ..own }, "/live", "/", "/live/"),
        ("stage is a whole segment", Case { path: "/lively/x", ..own }, "", "/lively/x", "/lively/x"),
        ("custom domain", Case { path: "/live/x", ..custom }, "", "/x", "/x"),
        (
            "custom domain, stated",
            Case { path: "/live/x", variable: Some("/shop"), ..custom },
            "/shop",
            "/x",
            "/shop/x",
        ),
        (
            "custom domain, stated by the environment",
            Case { path: "/live/x", environment: Some("/shop"), ..custom },
            "/shop",
            "/x",
            "/shop/x",
        ),
        (
            "custom domain, default stage",
            Case { stage: "$default", path: "/x", variable: Some("/shop"), ..custom },
            "/shop",
            "/x",
            "/shop/x",
        ),
        (
            "a CDN left the base path in",
            Case { path: "/live/shop/x", builder: Some("/shop"), ..custom },
            "/shop",
            "/x",
            "/shop/x",
        ),
    ];
    check(rows, Case::http_2);
}

#[test]
fn http_api_1_shows_its_stage_and_its_mapping() {
    let rows: Vec<Row> = vec![
        (
            "named stage",
            Case {
                domain: OWN,
                path: "/live/x",
                context_path: Some("/live/x"),
                parameter: Some(("proxy", "x")),
                ..CASE
            },
            "/live",
            "/x",
            "/live/x",
        ),
        (
            "default stage",
            Case {
                domain: OWN,
                stage: "$default",
                path: "/x",
                context_path: Some("/x"),
                parameter: Some(("proxy", "x")),
                ..CASE
            },
            "",
            "/x",
            "/x",
        ),
        (
            "mapping",
            Case {
                stage: "$default",
                path: "/v1/x",
                context_path: Some("/v1/x"),
                parameter: Some(("proxy", "x")),
                ..CASE
            },
            "/v1",
            "/x",
            "/v1/x",
        ),
        (
            "encoded path, decoded parameters",
            Case {
                domain: OWN,
                template: "/i/{id}",
                path: "/live/i/a%20b",
                context_path: Some("/live/i/a b"),
                parameter: Some(("id", "a b")),
                ..CASE
            },
            "/live",
            "/i/a%20b",
            "/live/i/a%20b",
        ),
    ];
    check(rows, Case::http_1);
}

#[test]
fn mount_at_resource_counts_the_literal_part() {
    let own = Case { domain: OWN, mount: true, ..CASE };
    let rows: Vec<Row> = vec![
        (
            "greedy",
            Case {
                template: "/nested/{proxy+}",
                path: "/nested/x",
                context_path: Some("/live/nested/x"),
                parameter: Some(("proxy", "x")),
                ..own
            },
            "/live/nested",
            "/x",
            "/live/nested/x",
        ),
        (
            "parameter",
            Case {
                template: "/users/{id}",
                path: "/users/7",
                context_path: Some("/live/users/7"),
                parameter: Some(("id", "7")),
                ..own
            },
            "/live/users",
            "/7",
            "/live/users/7",
        ),
        (
            "parameter in the middle",
            Case {
                template: "/a/{id}/b/{proxy+}",
                path: "/a/7/b/x",
                context_path: Some("/live/a/7/b/x"),
                parameter: Some(("proxy", "x")),
                ..own
            },
            "/live/a",
            "/7/b/x",
            "/live/a/7/b/x",
        ),
        (
            "literal only",
            Case { template: "/nested", path: "/nested", context_path: Some("/live/nested"), ..own },
            "/live/nested",
            "/",
            "/live/nested",
        ),
        (
            "root",
            Case {
                template: "/{proxy+}",
                path: "/x",
                context_path: Some("/live/x"),
                parameter: Some(("proxy", "x")),
                ..own
            },
            "/live",
            "/x",
            "/live/x",
        ),
        (
            "mapping",
            Case {
                domain: CUSTOM,
                template: "/nested/{proxy+}",
                path: "/v1/nested/x",
                context_path: Some("/v1/nested/x"),
                parameter: Some(("proxy", "x")),
                ..own
            },
            "/v1/nested",
            "/x",
            "/v1/nested/x",
        ),
        (
            "stated",
            Case {
                domain: CUSTOM,
                variable: Some("/v1"),
                template: "/nested/{proxy+}",
                path: "/v1/nested/x",
                context_path: Some("/v1/nested/x"),
                parameter: Some(("proxy", "x")),
                ..own
            },
            "/v1/nested",
            "/x",
            "/v1/nested/x",
        ),
        (
            "off by default",
            Case {
                mount: false,
                template: "/nested/{proxy+}",
                path: "/nested/x",
                context_path: Some("/live/nested/x"),
                parameter: Some(("proxy", "x")),
                ..own
            },
            "/live",
            "/nested/x",
            "/live/nested/x",
        ),
    ];
    check(rows, Case::rest);
}

#[test]
fn a_template_proves_a_base_path_up_to_as_many_segments_as_are_looked_at() {
    let found = |template: String, path: String| {
        let case = Case { template: template.leak(), path: path.leak(), ..CASE };
        base(&try_request(case.rest(), &EventOptions::default()).unwrap()).to_owned()
    };
    for (parameters, expected) in [(1, "/shop"), (64, "/shop"), (65, "")] {
        let template = (0..parameters).map(|number| format!("/{{p{number}}}")).collect();
        assert_eq!(found(template, format!("/shop{}", "/x".repeat(parameters))), expected, "{parameters}");
    }
    // 512 places where the base path could end, and segments to look at behind each; a value would leave no choice.
    for (segments, expected) in [(16, "/shop"), (17, "")] {
        let template = format!("{}/{{proxy+}}", "/a".repeat(segments));
        let path = format!("/shop{}{}", "/a".repeat(segments), "/b".repeat(511 - segments));
        assert_eq!(found(template, path), expected, "{segments}");
    }
}

#[test]
fn the_other_sources_have_no_base_path_of_their_own() {
    for event in [
        json!({"requestContext": {"elb": {}}, "httpMethod": "GET", "path": "/prod/x", "headers": {"host": CUSTOM}}),
        json!({"raw_path": "/prod/x", "method": "GET", "headers": {"host": CUSTOM}}),
        json!({"path": "/prod/x", "method": "GET", "headers": {"host": [CUSTOM]}, "requestContext": {"serviceArn": "arn:x"}}),
        json!({
            "version": "2.0", "rawPath": "/prod/x", "headers": {"host": CUSTOM},
            "requestContext": {"stage": "$default", "domainName": "x.lambda-url.eu-west-1.on.aws", "http": {"method": "GET"}},
        }),
    ] {
        let plain = try_request(event.to_string(), &EventOptions::default()).unwrap();
        assert_eq!((base(&plain), plain.uri().path()), ("", "/prod/x"), "{event}");
        let options = EventOptions::default().base_path_fallback(BasePath::from_static("/prod"));
        let stated = try_request(event.to_string(), &options).unwrap();
        assert_eq!((base(&stated), stated.uri().path()), ("/prod", "/x"), "{event}");
        assert_eq!(public(&stated).unwrap(), format!("https://{CUSTOM}/prod/x"));
    }
}

#[test]
fn a_stated_base_path_is_compared_byte_for_byte_where_the_path_is_as_the_client_sent_it() {
    // Taken off, this would reach the app as `/admin`, past a firewall's rule on `/shop/admin*`.
    let options = EventOptions::default().base_path(BasePath::from_static("/shop"));
    let found = |event: Value| {
        let request = try_request(event.to_string(), &options).unwrap();
        let public = public(&request).unwrap();
        assert_eq!(base(&request), "/shop");
        (request.uri().path().to_owned(), public.strip_prefix(&format!("https://{CUSTOM}")).unwrap().to_owned())
    };
    let path = "/%73hop/admin";
    let case = Case { path, context_path: Some(path), parameter: Some(("proxy", "admin")), template: "", ..CASE };
    for event in [
        serde_json::from_str(&case.rest()).unwrap(),
        serde_json::from_str(&Case { stage: "$default", ..case }.http_1()).unwrap(),
        json!({"requestContext": {"elb": {}}, "httpMethod": "GET", "path": path, "headers": {"host": CUSTOM}}),
        json!({"raw_path": path, "method": "GET", "headers": {"host": CUSTOM}}),
        json!({"path": path, "method": "GET", "headers": {"host": [CUSTOM]}, "requestContext": {"serviceArn": "arn:x"}}),
        json!({
            "version": "2.0", "rawPath": path, "headers": {"host": CUSTOM},
            "requestContext": {"stage": "$default", "domainName": "x.lambda-url.eu-west-1.on.aws", "http": {"method": "GET"}},
        }),
    ] {
        assert_eq!(found(event.clone()), (path.to_owned(), format!("/shop{path}")), "{event}");
    }
    let http_2 = serde_json::from_str(&Case { stage: "$default", ..case }.http_2()).unwrap();
    assert_eq!(found(http_2), ("/admin".to_owned(), path.to_owned()));
}

#[test]
fn a_resource_that_is_mounted_is_compared_byte_for_byte_where_the_path_is_as_the_client_sent_it() {
    let path = "/n%65sted/admin";
    let case = Case {
        path,
        template: "/nested/{proxy+}",
        context_path: Some(path),
        parameter: Some(("proxy", "admin")),
        stage: "$default",
        mount: true,
        ..CASE
    };
    let as_it_is = ("".to_owned(), path.to_owned(), path.to_owned());
    assert_eq!(case.found(case.rest()), as_it_is);
    assert_eq!(case.found(case.http_1()), as_it_is);
    let below = Case { path: "/live/n%65sted/admin", stage: "live", domain: OWN, ..case };
    let stage_alone = ("/live".to_owned(), path.to_owned(), format!("/live{path}"));
    assert_eq!(below.found(below.http_1()), stage_alone);
    // The text of an HTTP API 2.0 path is decoded, so it does not tell how the client wrote it.
    assert_eq!(case.found(case.http_2()), ("/n%65sted".to_owned(), "/admin".to_owned(), path.to_owned()));
}

#[test]
fn a_stage_is_compared_byte_for_byte_where_the_path_is_as_the_client_sent_it() {
    let path = "/l%69ve/admin";
    for domain in [OWN, CUSTOM] {
        let case = Case { path, template: "", context_path: Some(path), domain, ..CASE };
        assert_eq!(case.found(case.http_1()), ("".to_owned(), path.to_owned(), path.to_owned()), "{domain}");
    }
    let http_2 = Case { path, template: "", domain: OWN, ..CASE };
    assert_eq!(http_2.found(http_2.http_2()), ("/l%69ve".to_owned(), "/admin".to_owned(), path.to_owned()));
}

#[test]
fn a_mapping_that_the_gateway_names_is_compared_byte_for_byte_where_the_path_is_as_the_client_sent_it() {
    let path = "/%73hop/admin";
    let case = Case { path, template: "", context_path: Some(path), ..CASE };
    let named = |event: String, key: &str| {
        let mut event: Value = serde_json::from_str(&event).unwrap();
        event["requestContext"]["customDomain"] = json!({"basePathMatched": key});
        event.to_string()
    };
    for event in [case.rest(), case.http_1()] {
        assert_eq!(case.found(named(event, "shop")), ("".to_owned(), path.to_owned(), path.to_owned()));
    }
    let plain = Case { path: "/shop/admin", context_path: Some("/shop/admin"), ..case };
    for event in [plain.rest(), plain.http_1()] {
        let found = plain.found(named(event, "shop"));
        assert_eq!(found, ("/shop".to_owned(), "/admin".to_owned(), "/shop/admin".to_owned()));
    }
}

#[test]
fn an_inferred_base_path_is_as_clean_as_a_stated_one() {
    let mapped = |path: &'static str| Case { path, context_path: Some(path), parameter: Some(("proxy", "x")), ..CASE };
    let own = |context_path: &'static str| Case {
        domain: OWN,
        path: "/x",
        context_path: Some(context_path),
        parameter: Some(("proxy", "x")),
        ..CASE
    };
    let rows: Vec<Row> = vec![
        ("backslash", mapped(r"/\evil.example/x"), "/%5Cevil.example", "/x", "/%5Cevil.example/x"),
        ("two slashes", mapped("//evil.example/x"), "/evil.example", "/x", "//evil.example/x"),
        ("braces", mapped("/a{b}|^/x"), "/a%7Bb%7D%7C%5E", "/x", "/a%7Bb%7D%7C%5E/x"),
        ("lone percent signs", mapped("/100%/x"), "/100%25", "/x", "/100%25/x"),
        ("control characters", own("/pr\0o\nd/x"), "/pr%00o%0Ad", "/x", "/pr%00o%0Ad/x"),
        ("what is no ASCII", own("/é /x"), "/%C3%A9%20", "/x", "/%C3%A9%20/x"),
    ];
    check(rows, Case::rest);
}

#[test]
fn a_value_that_a_greedy_parameter_took_is_cut_off_whatever_its_spelling() {
    for (path, value, app) in [
        ("/shop/a/b/c", "a/b/c", "/a/b/c"),
        ("/shop/a%2Fb/c", "a/b/c", "/a%2Fb/c"),
        ("/shop/a%2fb/c", "a%2fb/c", "/a%2fb/c"),
        ("/shop/a%2Fb/c", "a%2fb/c", "/a%2Fb/c"),
        ("/shop/a%252Fb", "a%2Fb", "/a%252Fb"),
        ("/shop/%2Fa", "/a", "/%2Fa"),
        ("/shop//a", "a", "//a"),
        ("/shop//a", "/a", "//a"),
        ("/shop/a/", "a", "/a/"),
        ("/shop/a/", "a/", "/a/"),
        ("/shop/a//", "a", "/a//"),
        ("/shop/a%2F", "a/", "/a%2F"),
        ("/shop/%2F", "/", "/%2F"),
        ("/shop/%FFa", "\u{fffd}a", "/%FFa"),
        ("/shop/%C3%A9", "é", "/%C3%A9"),
        ("/shop/", "", "/"),
        ("/shop", "", "/"),
    ] {
        let case = Case { path, context_path: Some(path), parameter: Some(("proxy", value)), ..CASE };
        assert_eq!(case.found(case.rest()), ("/shop".to_owned(), app.to_owned(), path.to_owned()), "{path} {value}");
    }
    // Of slashes that stand together, the base path ends in front of one that is no escape.
    let escaped = Case { path: "/shop%2F/a", context_path: None, parameter: Some(("proxy", "a")), ..CASE };
    assert_eq!(escaped.found(escaped.rest()).0, "/shop%2F");
    for (path, value) in [("/shopitems", "items"), ("/shop%2Fitems", "items"), ("/shop/x", "y"), ("/shop/ab", "b")] {
        let case = Case { path, context_path: Some(path), parameter: Some(("proxy", value)), ..CASE };
        assert_eq!(case.found(case.rest()).0, "", "{path} {value}");
    }
}

#[test]
fn join_and_strip_are_each_others_inverse() {
    for base in ["/shop", "/a/b", ""] {
        let base = BasePath::try_from(base).unwrap();
        for path in ["/", "/x", "/x/", "//x"] {
            assert_eq!(base.strip(&base.join(path)), Some(path));
        }
        assert_eq!(base.join("x"), base.join("/x"));
    }
}

/// The headers that an app's headers become, behind a mapping at `/shop`.
async fn sent(layer: SippyCupLayer, headers: &'static [(&str, &str)]) -> Value {
    let app = service_fn(async |_: Request<Body>| {
        let response = headers
            .iter()
            .fold(Response::builder().status(302), |response, (name, value)| response.header(*name, *value));
        Ok::<_, Infallible>(response.body(String::new()).unwrap())
    });
    let event = Case { path: "/shop/x", context_path: Some("/shop/x"), parameter: Some(("proxy", "x")), ..CASE }.rest();
    let answer = bytes_of(layer, app, event).await.unwrap();
    serde_json::from_slice::<Value>(&answer).unwrap()["multiValueHeaders"].clone()
}

#[tokio::test]
async fn redirects_on_the_own_host_get_the_base_path_once() {
    let location = async |layer: SippyCupLayer, location: &'static str| {
        let headers: &'static [(&str, &str)] =
            Box::leak(Box::new([("location", location), ("content-location", location)]));
        let sent = sent(layer, headers).await;
        assert_eq!(sent["location"], sent["content-location"]);
        sent["location"][0].as_str().unwrap().to_owned()
    };
    for (from, to) in [
        ("/login?next=/a#b", "/shop/login?next=/a#b"),
        ("/", "/shop/"),
        ("/shop", "/shop"),
        ("/shop/login", "/shop/login"),
        ("/shopping", "/shop/shopping"),
        ("https://api.shop.example/login", "https://api.shop.example/shop/login"),
        ("https://api.shop.example/shop/login", "https://api.shop.example/shop/login"),
        ("//api.shop.example/login", "//api.shop.example/shop/login"),
        ("https://elsewhere.example/login", "https://elsewhere.example/login"),
        ("https://api.shop.example.evil.example/login", "https://api.shop.example.evil.example/login"),
        ("https://api.shop.example@evil.example/login", "https://api.shop.example@evil.example/login"),
        ("//evil.example/login", "//evil.example/login"),
        ("login", "login"),
        ("../login", "../login"),
        ("?page=2", "?page=2"),
        ("mailto:a@shop.example", "mailto:a@shop.example"),
    ] {
        assert_eq!(location(SippyCupLayer::new(), from).await, to);
        assert_eq!(location(SippyCupLayer::new().rewrite_location(false), from).await, from);
        let root = SippyCupLayer::new().base_path(BasePath::ROOT);
        assert_eq!(location(root, from).await, from, "at the root nothing is rewritten");
    }
}

#[tokio::test]
async fn a_cookie_that_would_never_come_back_gets_the_base_path() {
    let cookies: &[(&str, &str)] = &[
        ("set-cookie", "a=1; Path=/; Secure"),
        ("set-cookie", "b=2; path=/x"),
        ("set-cookie", "c=3"),
        ("set-cookie", "d=/; Path=/shop"),
        ("set-cookie", "__Host-e=5; Path=/"),
    ];
    let by_default = sent(SippyCupLayer::new(), cookies).await;
    let expected = json!(["a=1; Path=/; Secure", "b=2; Path=/shop/x", "c=3", "d=/; Path=/shop", "__Host-e=5; Path=/"]);
    assert_eq!(by_default["set-cookie"], expected);
    let all = sent(SippyCupLayer::new().rewrite_cookie_path(true), cookies).await;
    let expected =
        json!(["a=1; Path=/shop; Secure", "b=2; Path=/shop/x", "c=3", "d=/; Path=/shop", "__Host-e=5; Path=/"]);
    assert_eq!(all["set-cookie"], expected);
    let none = sent(SippyCupLayer::new().rewrite_cookie_path(false), cookies).await;
    let expected = json!(["a=1; Path=/; Secure", "b=2; path=/x", "c=3", "d=/; Path=/shop", "__Host-e=5; Path=/"]);
    assert_eq!(none["set-cookie"], expected);
}

#[tokio::test]
async fn links_in_other_headers_get_the_base_path_on_request() {
    let headers: &[(&str, &str)] =
        &[("link", "</next>; rel=next"), ("hx-redirect", "/login"), ("refresh", "3; url=/x")];
    let off = sent(SippyCupLayer::new(), headers).await;
    assert_eq!(off["link"], json!(["</next>; rel=next"]));
    let names = [header::LINK, header::REFRESH, HeaderName::from_static("hx-redirect")];
    let on = sent(SippyCupLayer::new().rewrite_headers(names), headers).await;
    assert_eq!(
        (&on["link"], &on["hx-redirect"], &on["refresh"]),
        (&json!(["</shop/next>; rel=next"]), &json!(["/shop/login"]), &json!(["3; url=/shop/x"]))
    );
}
