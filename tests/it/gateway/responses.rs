//! App → SippyCup → gateway → client: the client gets what the app gave.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use proptest::{collection::vec, option, prelude::*, sample::select};
use sippycup_gateway::{Domain, Fault, Gateway, Kind};

use super::{
    changes::{ON_THE_WAY_OUT, changed, without_ids},
    exchange,
    message::Reply,
};

/// What the client must get, and what it got.
fn given_and_got(
    kind: Kind,
    request: &Request<Bytes>,
    given: &Response<Bytes>,
    without: Option<&str>,
) -> (Reply, Reply) {
    let builder = match kind {
        // A base path would be in every `Location`.
        Kind::RestApi => Gateway::builder(kind).domain(Domain::new("api.example.com")).binary_media_type("image/*"),
        _ => Gateway::builder(kind),
    };
    let gateway = builder.build(()).unwrap();
    let (seen, got) = exchange(&gateway, request.clone(), given.clone());
    assert!(seen.is_some(), "{kind}: {:?}", got.extensions().get::<Fault>());
    let expected = changed(ON_THE_WAY_OUT, kind, &Reply::of(given, request), without);
    let mut got = Reply::of(&got, request);
    without_ids(kind, &mut got);
    (expected, got)
}

fn response() -> impl Strategy<Value = Response<Bytes>> {
    let status =
        prop_oneof![2 => Just(200u16), 1 => select(&[201, 204, 301, 304, 404, 500, 503][..]), 1 => 200u16..600];
    let body = prop_oneof![
        2 => vec(any::<u8>(), 0..64),
        2 => any::<String>().prop_map(String::into_bytes),
        1 => Just(br#"{"a":"\u00e9\n\\"}"#.to_vec()),
    ];
    let cookie = "[a-z]{1,3}=[ -:<-~]{0,8}(; (Path=/[a-z]*|HttpOnly|Max-Age=5|Expires=Thu, 01 Jan 2026 00:00:00 GMT))?";
    let parts = (status, vec(header(), 0..8), vec(cookie, 0..5), body);
    parts.prop_map(|(status, headers, cookies, body)| {
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        let cookies = cookies.into_iter().map(|cookie| ("set-cookie".to_owned(), cookie.into_bytes()));
        for (name, value) in headers.into_iter().chain(cookies) {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            response.headers_mut().append(name, HeaderValue::from_bytes(&value).unwrap());
        }
        response
    })
}

fn header() -> impl Strategy<Value = (String, Vec<u8>)> {
    let value = prop_oneof![
        6 => "[!-~]([ -~\t]{0,10}[!-~])?".prop_map(String::into_bytes),
        1 => Just(Vec::new()),
        1 => Just("Torrejón ☕".as_bytes().to_vec()),
        1 => vec(0x80u8..=0xff, 1..4),
    ];
    prop_oneof![
        6 => ("x-[a-z0-9!#$&'*+.^_`|~-]{1,2}", value.clone()),
        4 => (select(KNOWN).prop_map(str::to_owned), value),
        1 => (Just("content-encoding".to_owned()), select(&["gzip", "identity"][..]).prop_map(|coding| coding.as_bytes().to_vec())),
        1 => (Just("connection".to_owned()), select(&["close", "keep-alive, X-Own", "etag"][..]).prop_map(|names| names.as_bytes().to_vec())),
    ]
}

/// Headers that somebody on the way may have an opinion on.
const KNOWN: &[&str] = &[
    "access-control-allow-origin",
    "cache-control",
    "content-length",
    "content-type",
    "date",
    "etag",
    "keep-alive",
    "link",
    "location",
    "retry-after",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "vary",
    "via",
    "www-authenticate",
    "x-own",
];

fn request() -> impl Strategy<Value = Request<Bytes>> {
    let method = select(&[Method::GET, Method::HEAD, Method::POST][..]);
    let accept = option::of(select(&["*/*", "image/png, */*", "text/html,image/png", "application/json"][..]));
    (method, accept).prop_map(|(method, accept)| asking(method, accept))
}

fn asking(method: Method, accept: Option<&'static str>) -> Request<Bytes> {
    let mut request = Request::new(Bytes::new());
    *request.method_mut() = method;
    request.headers_mut().extend(accept.map(|accept| (http::header::ACCEPT, HeaderValue::from_static(accept))));
    request
}

fn comes_back(kind: Kind, request: &Request<Bytes>, given: &Response<Bytes>) {
    let (expected, got) = given_and_got(kind, request, given, None);
    assert_eq!(got, expected, "{kind}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_response_comes_back_through_a_rest_api(request in request(), response in response()) {
        comes_back(Kind::RestApi, &request, &response);
    }

    /// With `*/*` a REST API keeps every byte, whatever the client accepts.
    #[test]
    fn any_body_comes_back_through_a_rest_api_that_is_told_to(request in request(), response in response()) {
        let gateway = Gateway::builder(Kind::RestApi).binary_media_type("*/*").build(()).unwrap();
        let mut request = request;
        *request.uri_mut() = "/prod/x".parse().unwrap();
        let (_, got) = exchange(&gateway, request.clone(), response.clone());
        prop_assert_eq!(got.status(), response.status());
        let bodiless = request.method() == Method::HEAD || [204, 304].contains(&response.status().as_u16());
        prop_assert_eq!(got.body(), if bodiless { &[][..] } else { response.body() });
    }

    #[test]
    fn any_response_comes_back_through_an_http_api_1(request in request(), response in response()) {
        comes_back(Kind::HttpApiV1, &request, &response);
    }

    #[test]
    fn any_response_comes_back_through_an_http_api_2(request in request(), response in response()) {
        comes_back(Kind::HttpApiV2, &request, &response);
    }

    #[test]
    fn any_response_comes_back_through_a_function_url(request in request(), response in response()) {
        comes_back(Kind::FunctionUrl, &request, &response);
    }

    #[test]
    fn any_response_comes_back_through_a_load_balancer(request in request(), response in response()) {
        comes_back(Kind::LoadBalancer, &request, &response);
    }

    #[test]
    fn any_response_comes_back_through_a_load_balancer_with_multi_value_headers(
        request in request(),
        response in response(),
    ) {
        comes_back(Kind::LoadBalancerMultiValue, &request, &response);
    }

    #[test]
    fn any_response_comes_back_through_lattice_1(request in request(), response in response()) {
        comes_back(Kind::VpcLatticeV1, &request, &response);
    }

    #[test]
    fn any_response_comes_back_through_lattice_2(request in request(), response in response()) {
        comes_back(Kind::VpcLatticeV2, &request, &response);
    }
}

/// A handful that together meet every change that a response can meet on its way.
pub(super) fn own_responses() -> Vec<(Request<Bytes>, Response<Bytes>)> {
    let get = || asking(Method::GET, Some("*/*"));
    let answer = |status: u16, headers: &[(&'static str, &[u8])], body: &'static [u8]| {
        let mut response = Response::new(Bytes::from_static(body));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        for (name, value) in headers {
            response.headers_mut().append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        response
    };
    vec![
        (get(), answer(200, &[("content-type", b"text/html")], b"<p>hello</p>")),
        (get(), answer(200, &[], b"no type")),
        (get(), answer(303, &[("location", b"/login"), ("set-cookie", b"a=1; Path=/"), ("set-cookie", b"b=2")], b"")),
        (get(), answer(200, &[("content-type", b"image/png")], b"\x89PNG\r\n\x1a\n\xff\x00")),
        (asking(Method::GET, Some("image/*")), answer(200, &[("content-type", b"image/png")], b"\x89PNG\xff")),
        (get(), answer(200, &[("content-encoding", b"gzip")], b"\x1f\x8b\x08")),
        (get(), answer(200, &[("vary", b"accept"), ("vary", b"origin"), ("x-tag", b"1"), ("x-tag", b"")], b"x")),
        (get(), answer(401, &[("www-authenticate", b"Basic realm=\"x\""), ("server", b"me"), ("date", b"x")], b"")),
        (get(), answer(200, &[("connection", b"close, x-own"), ("x-own", b"1"), ("content-length", b"7")], b"x")),
        (get(), answer(200, &[("x-name", b"caf\xe9"), ("x-utf-8", "café ☕".as_bytes())], b"x")),
        (asking(Method::HEAD, None), answer(200, &[("content-length", b"1234"), ("content-type", b"a/b")], b"1234")),
        (get(), answer(204, &[("etag", b"\"x\"")], b"not sent")),
        (get(), answer(304, &[("etag", b"\"x\"")], b"")),
        (get(), answer(599, &[], b"")),
    ]
}

/// A change that no response of ours meets would be an exception nobody needs.
#[test]
fn every_change_is_met() {
    for &kind in Kind::OF_REQUESTS {
        for (request, response) in own_responses() {
            comes_back(kind, &request, &response);
        }
        for change in ON_THE_WAY_OUT.iter().filter(|change| change.is_of(kind)) {
            let met = own_responses().iter().any(|(request, response)| {
                let (expected, got) = given_and_got(kind, request, response, Some(change.name));
                got != expected
            });
            assert!(met, "{kind}: nothing meets `{}` ({})", change.name, change.why);
        }
    }
}

/// As many cookies as a browser may have for a host, and in their order.
#[test]
fn fifty_cookies_come_back_through_every_kind() {
    for &kind in Kind::OF_REQUESTS {
        let mut response = Response::new(Bytes::new());
        for number in 0..50 {
            let cookie = format!("c{number}=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT");
            response.headers_mut().append("set-cookie", cookie.parse().unwrap());
        }
        comes_back(kind, &asking(Method::GET, None), &response);
    }
}

/// What HTTP's type can hold but no front door takes for the end of an exchange.
#[test]
fn a_status_that_ends_no_exchange_is_the_gateways_error() {
    for &kind in Kind::OF_REQUESTS {
        for status in [101, 600, 999] {
            let mut response = Response::new(Bytes::new());
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            let gateway = Gateway::builder(kind).build(()).unwrap();
            let mut request = asking(Method::GET, None);
            *request.uri_mut() = format!("{}/", gateway.base_path()).parse().unwrap();
            let (_, got) = exchange(&gateway, request, response);
            assert!(got.status().is_server_error(), "{kind} {status}");
            let fault = got.extensions().get::<Fault>().unwrap().to_string();
            assert_eq!(fault, "malformed answer: expected a status code at `statusCode`", "{kind} {status}");
        }
    }
}
