//! Function URLs: format 2.0 with paths as sent.

use crate::support::{fixture, request, text};

#[test]
fn has_one_cookie_header_and_its_path_as_sent() {
    insta::assert_snapshot!(text(&request(fixture("function_url/cookies"))), @r#"
    GET /files/a%20b%2Fc/?v=%31&v=2 HTTP/1.1
    accept: text/html, application/json
    content-length: 0
    host: k3zexample.lambda-url.eu-central-1.on.aws
    user-agent: probe/1.0
    x-amzn-trace-id: Root=1-6553f100-0000000000000000000000bb
    x-forwarded-for: 2001:db8::44
    x-forwarded-port: 443
    x-forwarded-proto: https
    x-tag: red,green
    x-amzn-tls-version: TLSv1.3
    x-amzn-tls-cipher-suite: TLS_AES_128_GCM_SHA256
    cookie: s=1; t=2
    ---
    source function_url
    base path ""
    public https://k3zexample.lambda-url.eu-central-1.on.aws/files/a%20b%2Fc/?v=%31&v=2
    client 2001:db8::44
    stage $default
    "#);
}

#[test]
fn with_iam_is_a_request_like_any_other() {
    insta::assert_snapshot!(text(&request(fixture("function_url/iam"))), @r#"
    POST /notes HTTP/1.1
    accept: text/html, application/json
    content-length: 5
    host: k3zexample.lambda-url.eu-central-1.on.aws
    user-agent: probe/1.0
    x-amzn-trace-id: Root=1-6553f100-0000000000000000000000bb
    x-forwarded-for: 2001:db8::44
    x-forwarded-port: 443
    x-forwarded-proto: https
    x-tag: red,green
    x-amzn-tls-version: TLSv1.3
    x-amzn-tls-cipher-suite: TLS_AES_128_GCM_SHA256
    content-type: text/plain

    hello
    ---
    source function_url
    base path ""
    public https://k3zexample.lambda-url.eu-central-1.on.aws/notes
    client 2001:db8::44
    stage $default
    "#);
}
