//! Where a request came from and who sent it; gateways that AWS could not have.

use serde_json::{Value, json};
use sippycup_gateway::{Authorizer, ClientCertificate, Domain, Kind};

use super::{of, request};
use crate::support::{event, get};

#[test]
fn times_and_ids_are_written_as_each_kind_does() {
    let rest = event(of(Kind::RestApi), &get("/prod/"));
    let context = &rest["requestContext"];
    assert_eq!(
        (&context["requestTime"], &context["requestTimeEpoch"]),
        (&json!("14/Nov/2023:22:13:20 +0000"), &json!(1_700_000_000_123_u64))
    );
    assert_ne!(context["requestId"], context["extendedRequestId"]);
    let one = event(of(Kind::HttpApiV1), &get("/"));
    assert_eq!(one["requestContext"]["requestId"], one["requestContext"]["extendedRequestId"]);
    let two = event(of(Kind::HttpApiV2), &get("/"));
    assert_eq!(
        (&two["requestContext"]["time"], &two["requestContext"]["timeEpoch"]),
        (&json!("14/Nov/2023:22:13:20 +0000"), &json!(1_700_000_000_123_u64))
    );
    assert_eq!(two["headers"]["x-amzn-trace-id"], "Root=1-6553f100-0123456789abcdef01234567");
    let lattice = event(of(Kind::VpcLatticeV2), &get("/"));
    assert_eq!(lattice["requestContext"]["timeEpoch"], "1700000000123000", "microseconds, as text");
    let traced = event(of(Kind::LoadBalancer), &request("/", &[("x-amzn-trace-id", "Root=1-a-b")], ""));
    assert_eq!(traced["headers"]["x-amzn-trace-id"], "Self=1-6553f100-0123456789abcdef01234567;Root=1-a-b");
}

#[test]
fn a_method_override_is_obeyed_by_rest_alone() {
    let sent = [("x-http-method-override", "PATCH")];
    assert_eq!(event(of(Kind::RestApi), &request("/prod/", &sent, ""))["httpMethod"], "PATCH");
    assert_eq!(event(of(Kind::HttpApiV2), &request("/", &sent, ""))["requestContext"]["http"]["method"], "POST");
}

#[test]
fn custom_domains_show_in_names_and_paths() {
    let domain = || Domain::new("api.example.com").mapping("shop");
    let to = |target: &str| request(target, &[("host", "api.example.com")], "");
    let rest = event(
        of(Kind::RestApi).domain(domain()).stage_variable("SIPPYCUP_SCRIPT_NAME_BASE", "/shop"),
        &to("/shop/items/a%20b"),
    );
    assert_eq!(
        (&rest["path"], &rest["requestContext"]["path"]),
        (&json!("/shop/items/a%20b"), &json!("/shop/items/a%20b"))
    );
    assert_eq!((&rest["resource"], &rest["pathParameters"]), (&json!("/{proxy+}"), &json!({"proxy": "items/a%20b"})));
    assert_eq!(
        (&rest["requestContext"]["domainName"], &rest["requestContext"]["domainPrefix"]),
        (&json!("api.example.com"), &json!("api"))
    );
    assert_eq!(rest["requestContext"]["customDomain"], json!({"basePathMatched": "shop"}));
    let of_domain = |domain: Domain, kind: Kind, target: &str| {
        event(of(kind).stage("dev").domain(domain), &to(target))["requestContext"]["customDomain"].clone()
    };
    for (domain, kind, target, matched) in [
        (Domain::new("api.example.com"), Kind::RestApi, "/items", json!({"basePathMatched": "(none)"})),
        (domain().mapping("shop/v2"), Kind::RestApi, "/shop/v2/items", json!({"basePathMatched": "shop/v2"})),
        (domain().mapping(""), Kind::RestApi, "/other", json!({"basePathMatched": "(none)"})),
        (
            Domain::new("api.example.com").mapping_without_stage("shop"),
            Kind::RestApi,
            "/shop/dev/items",
            json!({"basePathMatched": "shop"}),
        ),
        (domain(), Kind::HttpApiV1, "/shop/items", Value::Null),
        (domain(), Kind::HttpApiV2, "/shop/items", Value::Null),
    ] {
        assert_eq!(of_domain(domain, kind, target), matched, "{kind} {target}");
    }
    let own = event(of(Kind::RestApi), &get("/prod/items"));
    assert_eq!(own["requestContext"].get("customDomain"), None, "absent on the API's own domain");
    assert_eq!(rest["stageVariables"], json!({"SIPPYCUP_SCRIPT_NAME_BASE": "/shop"}));
    let two = event(of(Kind::HttpApiV2).stage("dev").domain(domain()), &to("/shop/items"));
    assert_eq!((&two["rawPath"], &two["requestContext"]["stage"]), (&json!("/dev/items"), &json!("dev")));
}

#[test]
fn callers_show_where_the_kind_puts_them() {
    let certificate =
        ClientCertificate::new("PEM", "CN=client", "CN=ca").serial_number("01").validity("May 28 2019", "Aug 5 2021");
    let rest = event(
        of(Kind::RestApi)
            .client_certificate(certificate.clone())
            .authorizer(Authorizer::cognito([("sub", json!("42"))])),
        &get("/prod/"),
    );
    assert_eq!(rest["requestContext"]["identity"]["clientCert"]["subjectDN"], "CN=client");
    assert_eq!(rest["requestContext"]["authorizer"], json!({"claims": {"sub": "42"}}));
    let two = event(of(Kind::HttpApiV2).client_certificate(certificate), &get("/"));
    assert_eq!(two["requestContext"]["authentication"]["clientCert"]["validity"]["notAfter"], "Aug 5 2021");
    let url =
        event(of(Kind::FunctionUrl).authorizer(Authorizer::iam("AKIA", "111122223333", "arn:x", "AIDA")), &get("/"));
    assert_eq!(
        (&url["requestContext"]["accountId"], &url["requestContext"]["authorizer"]["iam"]["userId"]),
        (&json!("111122223333"), &json!("AIDA"))
    );
    assert_eq!(event(of(Kind::FunctionUrl), &get("/"))["requestContext"]["accountId"], "anonymous");
}

#[test]
fn an_absolute_target_names_the_host() {
    let event = event(of(Kind::HttpApiV2), &request("http://api.example.com/abs?x=1", &[("host", "other")], ""));
    assert_eq!((&event["headers"]["host"], &event["rawPath"]), (&json!("api.example.com"), &json!("/abs")));
}

#[test]
fn impossible_gateways_are_refused() {
    for (builder, message) in [
        (of(Kind::LoadBalancer).stage("prod"), "a load balancer has no stage"),
        (of(Kind::FunctionUrl).stage_variable("A", "b"), "a function URL has no stage variables"),
        (of(Kind::VpcLatticeV2).domain(Domain::new("a.b")), "VPC Lattice has no base path mappings"),
        (
            of(Kind::RestApi).stage("$default"),
            "stage `$default`: expected letters, digits, `_` and `-`, or $default on an HTTP API",
        ),
        (of(Kind::RestApi).route("$default"), "route `$default`: a REST API has none; its catch-all is `/{proxy+}`"),
        (
            of(Kind::HttpApiV2).binary_media_type("*/*"),
            "an HTTP API has no binary media types: it knows bytes by their content type",
        ),
        (of(Kind::HttpApiV2).response_streaming(true), "an HTTP API cannot stream; a function URL or a REST API can"),
        (
            of(Kind::LoadBalancer).response_streaming(true),
            "a load balancer cannot stream; a function URL or a REST API can",
        ),
        (
            of(Kind::FunctionUrl).authorizer(Authorizer::jwt([("sub", json!("1"))], None)),
            "a function URL has no such authorizer",
        ),
        (
            of(Kind::VpcLatticeV1).authorizer(Authorizer::lambda("me", [("tier", json!(1))])),
            "VPC Lattice has no such authorizer",
        ),
        (
            of(Kind::LoadBalancer).authorizer(Authorizer::iam("A", "1", "arn", "id")),
            "a load balancer has no such authorizer",
        ),
        (of(Kind::RestApi).route("x"), "route `x`: expected a path with a leading slash, or $default"),
        (
            of(Kind::RestApi).stage_variable("A", "a b"),
            "stage variable `A`: expected a value of 1 to 512 letters, digits and -._~:/?#&=,",
        ),
        (
            of(Kind::RestApi).stage_variable("A-B", "a"),
            "stage variable `A-B`: expected a name of up to 64 letters, digits and `_`",
        ),
        (of(Kind::RestApi).domain(Domain::new("a b")), "domain `a b`: expected a host name"),
        (
            of(Kind::RestApi).domain(Domain::new("a.b").mapping("x y")),
            "domain `a.b`: `x y` cannot be a base path: letters, digits and $-_.+!*'()/ only, 300 at most",
        ),
        (of(Kind::RestApi).domain(Domain::new("a.b").mapping("x").mapping("/x/")), "domain `a.b`: `x` is mapped twice"),
        (
            of(Kind::HttpApiV2).domain(Domain::new("a.b").mapping_without_stage("x")),
            "domain `a.b`: the mapping `x` of an HTTP API needs a stage",
        ),
    ] {
        assert_eq!(builder.build(()).unwrap_err().to_string(), message);
    }
}

#[test]
fn lattice_names_itself_and_its_caller_in_headers_that_clients_cannot_set() {
    let forged = [
        ("x-amzn-lattice-identity", "Principal=admin"),
        ("x-amzn-lattice-identity-tags", "principal=admin"),
        ("x-amzn-lattice-network", "SourceVpcArn=mine"),
        ("x-amzn-lattice-target", "ServiceArn=mine"),
    ];
    let header = |event: &Value, name: &str| {
        let value = &event["headers"][name];
        value.get(0).unwrap_or(value).as_str().map(str::to_owned)
    };
    for kind in [Kind::VpcLatticeV1, Kind::VpcLatticeV2] {
        let plain = event(of(kind), &request("/", &forged, ""));
        let arn = |what: &str| format!("arn:aws:vpc-lattice:us-east-1:123456789012:{what}");
        assert_eq!(
            header(&plain, "x-amzn-lattice-network").unwrap(),
            "SourceVpcArn=arn:aws:ec2:us-east-1:123456789012:vpc/vpc-0b8276c84697e7339"
        );
        assert_eq!(
            header(&plain, "x-amzn-lattice-target").unwrap(),
            format!(
                "ServiceArn={}; ServiceNetworkArn={}; TargetGroupArn={}",
                arn("service/svc-0a40eebed65f8d69c"),
                arn("servicenetwork/sn-0bf3f2882e9cc805a"),
                arn("targetgroup/tg-6d0ecf831eec9f09"),
            )
        );
        assert_eq!(header(&plain, "x-amzn-lattice-identity"), None, "{kind}: nobody signed");
        assert_eq!(header(&plain, "x-amzn-lattice-identity-tags"), None, "{kind}");
        let iam = Authorizer::iam("AKIA", "111122223333", "arn:aws:iam::111122223333:role/x", "AIDA");
        let signed = event(of(kind).authorizer(iam), &request("/", &forged, ""));
        assert_eq!(
            header(&signed, "x-amzn-lattice-identity").unwrap(),
            "Principal=arn:aws:iam::111122223333:role/x; PrincipalOrgID=; SessionName=; Type=AWS_IAM"
        );
        if kind == Kind::VpcLatticeV2 {
            assert_eq!(signed["requestContext"]["identity"]["type"], "AWS_IAM");
            assert_eq!(signed["requestContext"]["identity"]["principal"], "arn:aws:iam::111122223333:role/x");
        }
    }
    // Elsewhere they are headers like any other.
    assert_eq!(
        header(&event(of(Kind::LoadBalancer), &request("/", &forged, "")), "x-amzn-lattice-target").unwrap(),
        "ServiceArn=mine"
    );
}
