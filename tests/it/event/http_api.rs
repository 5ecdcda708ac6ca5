//! HTTP APIs: payload format 1.0 has encoded paths, 2.0 decoded ones.

use crate::support::{fixture, request, text};

#[test]
fn format_1_without_a_stage_keeps_its_path() {
    insta::assert_snapshot!(text(&request(fixture("http_api_1/default_stage"))), @r#"
    GET /search/a%20b?q=x%20y&q=a%2Bb&n=1 HTTP/1.1
    content-length: 0
    host: q7hx2example.execute-api.eu-central-1.amazonaws.com
    user-agent: probe/1.0
    accept: */*
    cookie: a=1; b=2
    ---
    source http_api
    base path ""
    public https://q7hx2example.execute-api.eu-central-1.amazonaws.com/search/a%20b?q=x%20y&q=a%2Bb&n=1
    client 192.0.2.44
    stage $default
    "#);
}

#[test]
fn format_1_with_a_named_stage_loses_it() {
    insta::assert_snapshot!(text(&request(fixture("http_api_1/named_stage"))), @r#"
    DELETE /items/a%20b HTTP/1.1
    content-length: 0
    host: q7hx2example.execute-api.eu-central-1.amazonaws.com
    user-agent: probe/1.0
    accept: */*
    cookie: a=1; b=2
    ---
    source http_api
    base path "/dev"
    public https://q7hx2example.execute-api.eu-central-1.amazonaws.com/dev/items/a%20b
    client 192.0.2.44
    path parameter id=a b
    stage dev
    "#);
}

#[test]
fn format_2_has_its_decoded_path_encoded_again() {
    insta::assert_snapshot!(text(&request(fixture("http_api_2/default_stage"))), @r#"
    GET /capture/space%20value/100%25/caf%C3%A9?plus=a+b&enc=a%2Bb&empty= HTTP/1.1
    accept: text/html, application/json
    content-length: 0
    host: h8example.execute-api.eu-central-1.amazonaws.com
    user-agent: probe/1.0
    x-amzn-trace-id: Root=1-6553f100-0000000000000000000000bb
    x-forwarded-for: 2001:db8::44
    x-forwarded-port: 443
    x-forwarded-proto: https
    x-tag: red,green
    cookie: session=abc; theme=dark
    ---
    source http_api
    base path ""
    public https://h8example.execute-api.eu-central-1.amazonaws.com/capture/space%20value/100%25/caf%C3%A9?plus=a+b&enc=a%2Bb&empty=
    client 2001:db8::44
    stage $default
    "#);
}

#[test]
fn format_2_with_a_named_stage_loses_it() {
    insta::assert_snapshot!(text(&request(fixture("http_api_2/named_stage"))), @r#"
    GET /items/7 HTTP/1.1
    accept: text/html, application/json
    content-length: 0
    host: h8example.execute-api.eu-central-1.amazonaws.com
    user-agent: probe/1.0
    x-amzn-trace-id: Root=1-6553f100-0000000000000000000000bb
    x-forwarded-for: 2001:db8::44
    x-forwarded-port: 443
    x-forwarded-proto: https
    x-tag: red,green
    ---
    source http_api
    base path "/dev"
    public https://h8example.execute-api.eu-central-1.amazonaws.com/dev/items/7
    client 2001:db8::44
    path parameter id=7
    stage dev
    "#);
}

#[test]
fn format_2_behind_a_mapping_takes_the_stage_variable() {
    insta::assert_snapshot!(text(&request(fixture("http_api_2/mapped_domain"))), @r#"
    GET /login HTTP/1.1
    accept: text/html, application/json
    content-length: 0
    host: api.shop.example
    user-agent: probe/1.0
    x-amzn-trace-id: Root=1-6553f100-0000000000000000000000bb
    x-forwarded-for: 2001:db8::44
    x-forwarded-port: 443
    x-forwarded-proto: https
    x-tag: red,green
    ---
    source http_api
    base path "/shop"
    public https://api.shop.example/shop/login
    client 2001:db8::44
    stage variable SIPPYCUP_SCRIPT_NAME_BASE=/shop
    path parameter proxy=login
    stage dev
    "#);
}

#[test]
fn format_2_has_forms_in_base64() {
    insta::assert_snapshot!(text(&request(fixture("http_api_2/form_body"))), @r#"
    POST /form HTTP/1.1
    accept: text/html, application/json
    content-length: 7
    host: h8example.execute-api.eu-central-1.amazonaws.com
    user-agent: probe/1.0
    x-amzn-trace-id: Root=1-6553f100-0000000000000000000000bb
    x-forwarded-for: 2001:db8::44
    x-forwarded-port: 443
    x-forwarded-proto: https
    x-tag: red,green
    content-type: application/x-www-form-urlencoded

    a=1&b=2
    ---
    source http_api
    base path ""
    public https://h8example.execute-api.eu-central-1.amazonaws.com/form
    client 2001:db8::44
    stage $default
    "#);
}
