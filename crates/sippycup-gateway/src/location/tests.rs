//! Where stage and base path appear, as a table.

use super::*;

fn location(kind: Kind, stage: &str, domain: Option<Domain>) -> Location {
    let mut domains: Vec<_> = domain.into_iter().collect();
    for domain in &mut domains {
        domain.finish(kind).unwrap();
    }
    Location {
        kind,
        stage: stage.to_owned(),
        default_name: "id.execute-api.eu-west-1.amazonaws.com".to_owned(),
        domains,
    }
}

fn paths(location: &Location, host: &str, path: &str) -> Option<[String; 3]> {
    location.locate(Some(host), path, &HeaderMap::new()).map(|l| [l.route_path, l.event_path, l.context_path])
}

#[test]
fn stage_and_base_path_appear_where_aws_puts_them() {
    let api = || Domain::new("api.example.com");
    let execute = "id.execute-api.eu-west-1.amazonaws.com";
    let domain = "api.example.com:443";
    for (kind, stage, mapped, host, path, expected) in [
        (Kind::RestApi, "prod", None, execute, "/prod/x", Some(["/x", "/x", "/prod/x"])),
        (Kind::RestApi, "prod", None, execute, "/prod", Some(["/", "/", "/prod"])),
        (Kind::RestApi, "prod", None, execute, "/prod//x", Some(["/x", "/x", "/prod//x"])),
        (Kind::RestApi, "prod", None, execute, "/production/x", None),
        (Kind::RestApi, "prod", Some(api()), domain, "/x", Some(["/x", "/x", "/x"])),
        (
            Kind::RestApi,
            "prod",
            Some(api().mapping_without_stage("")),
            domain,
            "/prod/x",
            Some(["/x", "/prod/x", "/prod/x"]),
        ),
        (Kind::RestApi, "prod", Some(api().mapping("shop")), domain, "/shop/x/", Some(["/x/", "/shop/x/", "/shop/x/"])),
        (Kind::RestApi, "prod", Some(api().mapping("shop")), domain, "/shop", Some(["/", "/shop", "/shop"])),
        (Kind::RestApi, "prod", Some(api().mapping("shop")), domain, "/shopping", None),
        (Kind::RestApi, "prod", Some(api().mapping("shop")), execute, "/prod/x", Some(["/x", "/x", "/prod/x"])),
        (
            Kind::RestApi,
            "prod",
            Some(api().mapping("v1").mapping("v1/nested")),
            domain,
            "/v1/nested/x",
            Some(["/x", "/v1/nested/x", "/v1/nested/x"]),
        ),
        (
            Kind::RestApi,
            "prod",
            Some(api().mapping_without_stage("shop")),
            domain,
            "/shop/prod/x",
            Some(["/x", "/shop/prod/x", "/shop/prod/x"]),
        ),
        (Kind::HttpApiV2, "$default", None, execute, "/x", Some(["/x", "/x", "/x"])),
        (Kind::HttpApiV2, "dev", None, execute, "/dev/x", Some(["/x", "/dev/x", "/dev/x"])),
        (Kind::HttpApiV2, "dev", None, execute, "/dev", Some(["/", "/dev/", "/dev/"])),
        (Kind::HttpApiV2, "dev", None, execute, "/development", None),
        (Kind::HttpApiV2, "dev", Some(api().mapping("key")), domain, "/key/x", Some(["/x", "/dev/x", "/dev/x"])),
        (Kind::HttpApiV2, "$default", Some(api().mapping("key")), domain, "/key/x", Some(["/x", "/x", "/x"])),
        (Kind::HttpApiV1, "dev", None, execute, "/dev/x", Some(["/x", "/dev/x", "/dev/x"])),
        (Kind::HttpApiV1, "dev", Some(api().mapping("key")), domain, "/key/x", Some(["/x", "/key/x", "/key/x"])),
        (Kind::LoadBalancer, "", None, "anything", "//x", Some(["//x", "//x", "//x"])),
    ] {
        let found = paths(&location(kind, stage, mapped), host, path);
        assert_eq!(found, expected.map(|e| e.map(str::to_owned)), "{kind} {stage} {host} {path}");
    }
}

#[test]
fn the_base_path_is_what_a_client_writes_first() {
    for (kind, stage, domain, expected) in [
        (Kind::RestApi, "prod", None, "/prod"),
        (Kind::RestApi, "prod", Some(Domain::new("a.b").mapping("/shop/")), "/shop"),
        (Kind::RestApi, "prod", Some(Domain::new("a.b").mapping_without_stage("shop")), "/shop/prod"),
        (Kind::HttpApiV2, "$default", None, ""),
        (Kind::HttpApiV2, "dev", None, "/dev"),
        (Kind::FunctionUrl, "$default", None, ""),
    ] {
        assert_eq!(location(kind, stage, domain).base_path(), expected, "{kind} {stage}");
    }
}
