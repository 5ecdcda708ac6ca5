//! REST APIs: paths as sent, queries decoded, both header maps.

use crate::support::{fixture, request, text};

#[test]
fn on_its_own_domain_keeps_the_encoding_and_every_value() {
    insta::assert_snapshot!(text(&request(fixture("rest_api/execute_api"))), @r#"
    GET /orders/caf%C3%A9%2Fno.1/?tag=C%23%20%26%20co&tag=.NET&plus=1%2B1&empty= HTTP/1.1
    accept: */*
    cookie: theme=dark; lang=de
    host: q7hx2example.execute-api.eu-central-1.amazonaws.com
    user-agent: probe/1.0
    x-amzn-trace-id: Root=1-6553f100-0000000000000000000000aa
    x-forwarded-for: 192.0.2.44, 198.51.100.7
    x-forwarded-port: 443
    x-forwarded-proto: https
    x-tag: red
    x-tag: green
    ---
    source rest_api
    base path "/live"
    public https://q7hx2example.execute-api.eu-central-1.amazonaws.com/live/orders/caf%C3%A9%2Fno.1/?tag=C%23%20%26%20co&tag=.NET&plus=1%2B1&empty=
    client 192.0.2.44
    path parameter proxy=orders/caf%C3%A9%2Fno.1
    stage live
    "#);
}

#[test]
fn behind_a_mapping_loses_the_base_path() {
    insta::assert_snapshot!(text(&request(fixture("rest_api/mapped_domain"))), @r#"
    PATCH /orders/7%20b HTTP/1.1
    content-type: application/json
    host: api.shop.example
    x-forwarded-proto: https
    content-length: 23

    {"note":"grüße 👋"}
    ---
    source rest_api
    base path "/store/v2"
    public https://api.shop.example/store/v2/orders/7%20b
    client 192.0.2.44
    stage variable TABLE=orders-live
    path parameter id=7%20b
    stage live
    "#);
}

#[test]
fn behind_an_empty_mapping_is_at_the_root() {
    insta::assert_snapshot!(text(&request(fixture("rest_api/empty_mapping"))), @r#"
    GET /driver HTTP/1.1
    host: api.fleet.example
    ---
    source rest_api
    base path ""
    public https://api.fleet.example/driver
    client 192.0.2.44
    stage variable SIPPYCUP_SCRIPT_NAME_BASE=/
    stage live
    "#);
}

#[test]
fn from_the_console_has_nothing_but_a_path() {
    insta::assert_snapshot!(text(&request(fixture("rest_api/console_test"))), @r#"
    GET /reports/q1 HTTP/1.1
    ---
    source rest_api
    base path ""
    public https://testPrefix.testDomainName/reports/q1
    client -
    path parameter proxy=q1
    stage test-invoke-stage
    "#);
}

#[test]
fn with_a_binary_body_has_its_bytes() {
    insta::assert_snapshot!(text(&request(fixture("rest_api/binary_body"))), @r#"
    PUT /upload HTTP/1.1
    content-type: image/png
    host: q7hx2example.execute-api.eu-central-1.amazonaws.com
    content-length: 10

    base64 iVBORw0KGgoA/w==
    ---
    source rest_api
    base path "/live"
    public https://q7hx2example.execute-api.eu-central-1.amazonaws.com/live/upload
    client 192.0.2.44
    stage live
    "#);
}
