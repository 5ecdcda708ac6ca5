//! Load balancers: nothing is decoded, and the client is in `X-Forwarded-For`.

use crate::support::{fixture, request, text};

#[test]
fn with_multi_value_headers_keeps_all() {
    insta::assert_snapshot!(text(&request(fixture("alb/multi"))), @r#"
    POST /items/a%20b?u=https%3A%2F%2Fe.example&p=a%2Bb&p=a+b HTTP/1.1
    content-length: 4
    content-type: text/plain
    host: lb.shop.example
    x-forwarded-for: 203.0.113.9, 192.0.2.44
    x-forwarded-port: 80
    x-forwarded-proto: http
    x-tag: red
    x-tag: green

    ping
    ---
    source load_balancer
    base path ""
    public http://lb.shop.example/items/a%20b?u=https%3A%2F%2Fe.example&p=a%2Bb&p=a+b
    client 192.0.2.44
    stage -
    "#);
}

#[test]
fn with_single_headers_keeps_the_query_as_sent() {
    insta::assert_snapshot!(text(&request(fixture("alb/single"))), @r#"
    GET /items/a%20b?q=x+y&r=%e9 HTTP/1.1
    cookie: a=1; b=2
    host: lb.shop.example:8443
    x-forwarded-for: 192.0.2.44
    x-forwarded-port: 8443
    x-forwarded-proto: https
    x-tag: green
    ---
    source load_balancer
    base path ""
    public https://lb.shop.example:8443/items/a%20b?q=x+y&r=%e9
    client 192.0.2.44
    stage -
    "#);
}

#[test]
fn health_check_needs_no_host() {
    insta::assert_snapshot!(text(&request(fixture("alb/health_check"))), @r#"
    GET /health HTTP/1.1
    user-agent: ELB-HealthChecker/2.0
    ---
    source load_balancer
    base path ""
    public -
    client -
    stage -
    "#);
}
