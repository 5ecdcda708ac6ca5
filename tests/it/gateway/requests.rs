//! Request → gateway → SippyCup → app: the app sees what was sent.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, Uri, header::LOCATION};
use proptest::{collection::vec, option, prelude::*, sample::select};
use sippycup::{BasePath, EventSource, PublicUri};
use sippycup_gateway::{Domain, Fault, Gateway, GatewayBuilder, Kind};

use super::{
    changes::{ON_THE_WAY_IN, changed, without_chance},
    exchange,
    message::{Message, Path, Query},
    own_requests, plain,
};
use crate::support::decoded;

/// What the app must see, and what it saw.
fn sent_and_seen(kind: Kind, sent: &Message, seen: &Request<Bytes>, without: Option<&str>) -> (Message, Message) {
    let expected = changed(ON_THE_WAY_IN, kind, sent, without);
    let mut seen = Message::of(seen).read_as(&expected);
    without_chance(&mut seen, &expected);
    (expected, seen)
}

/// A request as any client could send it, with whatever HTTP allows in its places.
fn request() -> impl Strategy<Value = Request<Bytes>> {
    let method = prop_oneof![
        4 => select(&["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"][..]).prop_map(str::to_owned),
        1 => "[A-Z]{1,12}",
    ];
    let body = prop_oneof![
        2 => Just(Vec::new()),
        1 => vec(any::<u8>(), 0..64),
        1 => any::<String>().prop_map(String::into_bytes),
    ];
    let parts = (method, path(), option::of(query()), vec(header(), 0..8), option::of(content_type()), body);
    parts.prop_map(|(method, path, query, headers, content_type, body)| {
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = method.parse().unwrap();
        *request.uri_mut() = target(&path, query.as_deref());
        let content_type = content_type.map(|value| ("content-type".to_owned(), value.as_bytes().to_vec()));
        let host = ("host".to_owned(), b"api.example.com".to_vec());
        for (name, value) in headers.into_iter().chain(content_type).chain([host]) {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().append(name, HeaderValue::from_bytes(&value).unwrap());
        }
        request
    })
}

fn target(path: &str, query: Option<&str>) -> Uri {
    let target = match query {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    Uri::from_maybe_shared(target).unwrap()
}

/// Escapes of everything that could be mistaken, raw what a URI bears, dots, empty segments.
fn path() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => "[a-zA-Z0-9._~!$&'()*+,;=:@|^\\\\{}\\[\\]-]{1,6}",
        6 => select(&["%20", "%C3%A9", "%e2%98%95", "%2F", "%25", "%2525", "%3F", "%23", "%5C", "%2B", "%FF", "%zz", "%"][..])
            .prop_map(str::to_owned),
        1 => select(&["..", ".", "é", "☕", "prod", "live", "shop", "v1"][..]).prop_map(str::to_owned),
    ];
    let segment = prop_oneof![8 => vec(piece, 1..4).prop_map(|pieces| pieces.concat()), 1 => Just(String::new())];
    vec(segment, 0..5).prop_map(|segments| format!("/{}", segments.join("/")))
}

/// No character raw and escaped: two spellings of a key are two keys, until one is escaped.
fn query() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => "[a-zA-Z0-9._~!$'()*+,:@/?|^\\\\{}\\[\\]-]{1,4}",
        6 => select(&["&", "=", "a=", "&b=", ";", "%26", "%3D", "%3B", "%20", "%2B", "%25", "%C3%A9", "%FF", "%zz", "%", "ü"][..])
            .prop_map(str::to_owned),
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn header() -> impl Strategy<Value = (String, Vec<u8>)> {
    let text = "[!-~]([ -~\t]{0,10}[!-~])?".prop_map(String::into_bytes);
    let value = prop_oneof![
        6 => text,
        1 => Just(Vec::new()),
        1 => Just("Torrejón ☕".as_bytes().to_vec()),
        1 => vec(0x80u8..=0xff, 1..4),
    ];
    let cookie = vec("[a-z]{1,3}=[a-zA-Z0-9!#$%&'()*+./:<=>?@^_`{|}~,\" -]{0,8}", 0..4);
    prop_oneof![
        6 => ("x-[a-z0-9!#$&'*+.^_`|~-]{1,2}", value.clone()),
        3 => (select(KNOWN).prop_map(str::to_owned), value),
        2 => (Just("cookie".to_owned()), (cookie, select(&["; ", ";"][..])).prop_map(|(cookies, separator)| cookies.join(separator).into_bytes())),
    ]
}

/// Headers that somebody on the way may have an opinion on.
const KNOWN: &[&str] = &[
    "accept",
    "accept-encoding",
    "authorization",
    "content-md5",
    "date",
    "expect",
    "forwarded",
    "if-none-match",
    "keep-alive",
    "max-forwards",
    "origin",
    "proxy-authenticate",
    "range",
    "referer",
    "server",
    "te",
    "trailer",
    "upgrade",
    "user-agent",
    "via",
    "www-authenticate",
    "x-forwarded-host",
];

fn content_type() -> impl Strategy<Value = &'static str> {
    select(
        &[
            "text/plain",
            "text/plain; charset=utf-8",
            "text/html; charset=iso-8859-1",
            "application/json",
            "application/xml",
            "application/javascript",
            "application/graphql",
            "application/octet-stream",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "image/png",
        ][..],
    )
}

fn arrives(kind: Kind, request: &Request<Bytes>) {
    let gateway = plain(kind).build(()).unwrap();
    let (seen, response) = exchange(&gateway, request.clone(), Response::default());
    let seen = seen.unwrap_or_else(|| panic!("{kind}: {:?}", response.extensions().get::<Fault>()));
    let (expected, seen) = sent_and_seen(kind, &Message::of(request), &seen, None);
    assert_eq!(seen, expected, "{kind}");
}

/// More on demand (`PROPTEST_CASES`), where nobody waits.
fn cases() -> u32 {
    ProptestConfig::default().cases
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_request_arrives_through_a_rest_api(request in request()) {
        arrives(Kind::RestApi, &request);
    }

    /// Without `binaryMediaTypes` a REST API takes every body for text.
    #[test]
    fn text_arrives_through_a_rest_api_with_defaults(request in request(), text: String) {
        let gateway = Gateway::builder(Kind::RestApi).domain(Domain::new("api.example.com")).build(()).unwrap();
        let (seen, _) = exchange(&gateway, request.clone(), Response::default());
        let lossy = String::from_utf8_lossy(request.body()).into_owned();
        prop_assert_eq!(seen.unwrap().into_body(), lossy);
        let (seen, _) = exchange(&gateway, request.map(|_| Bytes::from(text.clone())), Response::default());
        prop_assert_eq!(seen.unwrap().into_body(), text);
    }

    #[test]
    fn any_request_arrives_through_an_http_api_1(request in request()) {
        arrives(Kind::HttpApiV1, &request);
    }

    #[test]
    fn any_request_arrives_through_an_http_api_2(request in request()) {
        arrives(Kind::HttpApiV2, &request);
    }

    #[test]
    fn any_request_arrives_through_a_function_url(request in request()) {
        arrives(Kind::FunctionUrl, &request);
    }

    #[test]
    fn any_request_arrives_through_a_load_balancer(request in request()) {
        arrives(Kind::LoadBalancer, &request);
    }

    #[test]
    fn any_request_arrives_through_a_load_balancer_with_multi_value_headers(request in request()) {
        arrives(Kind::LoadBalancerMultiValue, &request);
    }

    #[test]
    fn any_request_arrives_through_lattice_1(request in request()) {
        arrives(Kind::VpcLatticeV1, &request);
    }

    #[test]
    fn any_request_arrives_through_lattice_2(request in request()) {
        arrives(Kind::VpcLatticeV2, &request);
    }

    /// Whatever stands between host and app, the app sees its own path, and knows its own address.
    #[test]
    fn any_request_arrives_through_any_door(request in request(), door in select(doors())) {
        let (Some(path), query) = (door.path(request.uri().path()), request.uri().query().map(str::to_owned)) else {
            return Ok(());
        };
        let request = {
            let mut request = request;
            *request.uri_mut() = target(&path, query.as_deref());
            request
        };
        let seen = door.arrives(&request);
        let target = seen.uri().path_and_query().unwrap();
        let public = format!("https://{}{}{target}", door.host, door.base);
        prop_assert_eq!(seen.extensions().get::<PublicUri>().unwrap().to_string(), public);
    }
}

/// A change that no request of ours meets would be an exception nobody needs.
#[test]
fn every_change_is_met() {
    let requests: Vec<_> = own_requests().iter().filter_map(super::Sent::request).collect();
    assert_eq!(requests.len(), own_requests().len(), "all of them are requests");
    for &kind in Kind::OF_REQUESTS {
        let gateway = plain(kind).build(()).unwrap();
        let seen: Vec<_> = requests
            .iter()
            .map(|request| exchange(&gateway, request.clone(), Response::default()).0.unwrap())
            .collect();
        for change in ON_THE_WAY_IN.iter().filter(|change| change.is_of(kind)) {
            let met = requests.iter().zip(&seen).any(|(request, seen)| {
                let (expected, seen) = sent_and_seen(kind, &Message::of(request), seen, Some(change.name));
                seen != expected
            });
            assert!(met, "{kind}: nothing meets `{}` ({})", change.name, change.why);
        }
    }
}

/// A front door with something between host and app.
#[derive(Clone, Debug)]
struct Door {
    name: &'static str,
    kind: Kind,
    builder: GatewayBuilder,
    host: &'static str,
    /// What the client writes in front of the app's path.
    prefix: &'static str,
    /// What the app finds as its base path.
    base: &'static str,
    /// Whether the event's `path` shows the prefix.
    carried: bool,
}

/// Every way in which stages and mappings can stand in front of an app.
fn doors() -> Vec<Door> {
    const OWN: &str = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com";
    const CUSTOM: &str = "shop.example.com";
    let rest = || Gateway::builder(Kind::RestApi).binary_media_type("*/*");
    let http_1 = || Gateway::builder(Kind::HttpApiV1);
    // Only a route with a template tells where a mapping ends.
    let routed = || http_1().route("/").route("/{proxy+}");
    let http_2 = || Gateway::builder(Kind::HttpApiV2);
    let mapped = |path: &str| Domain::new(CUSTOM).mapping(path);
    let open = |path: &str| Domain::new(CUSTOM).mapping_without_stage(path);
    let stated = |builder: GatewayBuilder, base: &str| builder.stage_variable("SIPPYCUP_SCRIPT_NAME_BASE", base);
    let door =
        |name, kind, builder, host, prefix, carried| Door { name, kind, builder, host, prefix, base: prefix, carried };
    vec![
        door("stage", Kind::RestApi, rest(), OWN, "/prod", false),
        door("stage called as a segment", Kind::RestApi, rest().stage("shop"), OWN, "/shop", false),
        door("mapping (none)", Kind::RestApi, rest().domain(mapped("")), CUSTOM, "", false),
        door("mapping", Kind::RestApi, rest().domain(mapped("shop")), CUSTOM, "/shop", true),
        door("mapping called as the stage", Kind::RestApi, rest().domain(mapped("prod")), CUSTOM, "/prod", true),
        door("mapping of two levels", Kind::RestApi, rest().domain(mapped("v1/shop")), CUSTOM, "/v1/shop", true),
        door(
            "longest of several mappings",
            Kind::RestApi,
            rest().domain(mapped("").mapping("v1").mapping("v1/shop")),
            CUSTOM,
            "/v1/shop",
            true,
        ),
        door("stage behind (none)", Kind::RestApi, rest().domain(open("")), CUSTOM, "/prod", true),
        door("stage behind a mapping", Kind::RestApi, rest().domain(open("shop")), CUSTOM, "/shop/prod", true),
        door("stage behind two levels", Kind::RestApi, rest().domain(open("v1/x")), CUSTOM, "/v1/x/prod", true),
        door("mapping, stated", Kind::RestApi, stated(rest().domain(mapped("shop")), "/shop"), CUSTOM, "/shop", true),
        door("$default", Kind::HttpApiV1, http_1(), OWN, "", false),
        door("stage", Kind::HttpApiV1, http_1().stage("live"), OWN, "/live", true),
        door("mapping", Kind::HttpApiV1, routed().domain(mapped("shop")), CUSTOM, "/shop", true),
        door("mapping of two levels", Kind::HttpApiV1, routed().domain(mapped("v1/shop")), CUSTOM, "/v1/shop", true),
        door(
            "mapping to a stage",
            Kind::HttpApiV1,
            routed().stage("live").domain(mapped("shop")),
            CUSTOM,
            "/shop",
            true,
        ),
        door(
            "mapping, stated",
            Kind::HttpApiV1,
            stated(http_1().domain(mapped("shop")), "/shop"),
            CUSTOM,
            "/shop",
            true,
        ),
        door("$default", Kind::HttpApiV2, http_2(), OWN, "", false),
        door("stage", Kind::HttpApiV2, http_2().stage("live"), OWN, "/live", true),
        door(
            "stage, with a template",
            Kind::HttpApiV2,
            http_2().stage("live").route("/{p+}").route("/"),
            OWN,
            "/live",
            true,
        ),
        door("mapping (none)", Kind::HttpApiV2, http_2().domain(mapped("")), CUSTOM, "", false),
        door(
            "mapping (none) to a stage",
            Kind::HttpApiV2,
            http_2().stage("live").domain(mapped("")),
            CUSTOM,
            "",
            false,
        ),
        door(
            "mapping, stated",
            Kind::HttpApiV2,
            stated(http_2().domain(mapped("shop")), "/shop"),
            CUSTOM,
            "/shop",
            false,
        ),
        door(
            "mapping of two levels to a stage, stated",
            Kind::HttpApiV2,
            stated(http_2().stage("live").domain(mapped("v1/shop")), "/v1/shop"),
            CUSTOM,
            "/v1/shop",
            false,
        ),
        door(
            "own name",
            Kind::FunctionUrl,
            Gateway::builder(Kind::FunctionUrl),
            "x.lambda-url.us-east-1.on.aws",
            "",
            false,
        ),
        door("any name", Kind::LoadBalancer, Gateway::builder(Kind::LoadBalancer), CUSTOM, "", false),
        door(
            "any name",
            Kind::LoadBalancerMultiValue,
            Gateway::builder(Kind::LoadBalancerMultiValue),
            CUSTOM,
            "",
            false,
        ),
        door("any name", Kind::VpcLatticeV1, Gateway::builder(Kind::VpcLatticeV1), CUSTOM, "", false),
        door("any name", Kind::VpcLatticeV2, Gateway::builder(Kind::VpcLatticeV2), CUSTOM, "", false),
    ]
}

impl Door {
    /// The app's path for which this door leaves no doubt; `None` if there is none near `path`.
    fn path(&self, path: &str) -> Option<String> {
        // Where a mapping is stated that the event does not show, a path that begins like it is taken for one that
        // does: a CDN in front may have left it in. An app's route of that name cannot be told from it.
        if self.kind == Kind::HttpApiV2 && !self.carried && !self.base.is_empty() {
            let text = String::from_utf8(decoded(path)).unwrap_or_default();
            if text.strip_prefix(self.base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
                return None;
            }
        }
        // With the prefix in front, leading slashes no longer lead; whether REST makes one of them was not recorded.
        Some(if self.carried { format!("/{}", path.trim_start_matches('/')) } else { path.to_owned() })
    }

    /// Sends a request for a path of the app through the door; it must arrive as through the plain one.
    #[track_caller]
    fn arrives(&self, request: &Request<Bytes>) -> Request<Bytes> {
        let (seen, _) = self.ask(request, Response::default());
        let seen = seen.unwrap_or_else(|| panic!("{} {}: not asked", self.kind, self.name));
        let mut sent = Message::of(request);
        sent.set("host", self.host);
        let (expected, message) = sent_and_seen(self.kind, &sent, &seen, None);
        assert_eq!(message, expected, "{} {}", self.kind, self.name);
        assert_eq!(seen.extensions().get::<BasePath>().unwrap().as_str(), self.base, "{} {}", self.kind, self.name);
        seen
    }

    fn ask(&self, request: &Request<Bytes>, reply: Response<Bytes>) -> (Option<Request<Bytes>>, Response<Bytes>) {
        let mut request = request.clone();
        let path = format!("{}{}", self.prefix, request.uri().path());
        *request.uri_mut() = target(&path, request.uri().query());
        request.headers_mut().insert("host", HeaderValue::from_static(self.host));
        exchange(&self.builder.clone().build(()).unwrap(), request, reply)
    }
}

fn get(target: &str) -> Request<Bytes> {
    Request::get(target).body(Bytes::new()).unwrap()
}

#[test]
fn every_source_is_known_by_its_events() {
    for &kind in Kind::OF_REQUESTS {
        let (seen, _) = exchange(&plain(kind).build(()).unwrap(), get("/"), Response::default());
        let source = match kind {
            Kind::FunctionUrl => EventSource::FunctionUrl,
            Kind::HttpApiV1 | Kind::HttpApiV2 => EventSource::HttpApi,
            Kind::LoadBalancer | Kind::LoadBalancerMultiValue => EventSource::LoadBalancer,
            Kind::RestApi => EventSource::RestApi,
            _ => EventSource::VpcLattice,
        };
        assert_eq!(seen.unwrap().extensions().get(), Some(&source), "{kind}");
    }
}

/// Where the app's path and what the gateway makes of it are spelled differently, the base path is found all the
/// same: in format 1.0 parameters are decoded, in a REST API nothing is.
#[test]
fn a_base_path_is_found_whatever_the_spelling_behind_it() {
    for door in doors() {
        for path in ["/%FF", "/%FF/%2525", "/%2Fx", "/%2F", "/%2F/x", "/x%2F/", "/x//", "/é☕", "/{id}", "/a%20b/"] {
            let mut request = get("/");
            *request.uri_mut() = target(path, None);
            door.arrives(&request);
        }
    }
}

/// The client may leave the slash behind the base path out; the app's root is `/` all the same.
#[test]
fn the_bare_base_path_is_the_root_of_the_app() {
    for door in doors().into_iter().filter(|door| !door.prefix.is_empty()) {
        let mut request = get("/");
        request.headers_mut().insert("host", HeaderValue::from_static(door.host));
        *request.uri_mut() = target(door.prefix, Some("x=1"));
        let (seen, _) = exchange(&door.builder.clone().build(()).unwrap(), request, Response::default());
        let seen = seen.unwrap_or_else(|| panic!("{} {}", door.kind, door.name));
        assert_eq!(seen.uri(), "/?x=1", "{} {}", door.kind, door.name);
        assert_eq!(seen.extensions().get::<BasePath>().unwrap().as_str(), door.base, "{} {}", door.kind, door.name);
        // An HTTP API writes the slash into its event, so the app cannot know that the client did not.
        let public = seen.extensions().get::<PublicUri>().unwrap().to_string();
        let public = public.replace("/?x=1", "?x=1");
        assert_eq!(public, format!("https://{}{}?x=1", door.host, door.prefix), "{} {}", door.kind, door.name);
    }
}

/// A redirect as the app writes it leads back into the app, through the same door.
#[test]
fn a_location_of_the_app_leads_back_to_the_app() {
    for door in doors() {
        let absolute = format!("https://{}/login", door.host);
        for (location, path) in [
            ("/login", "/login"),
            ("/", "/"),
            ("/a%20b/?next=/c#d", "/a%20b/"),
            ("/prod", "/prod"),
            (&*absolute, "/login"),
        ] {
            // The base path itself is taken for a link that the app has finished (`rewrite_location`).
            if !door.base.is_empty() && location == door.base {
                continue;
            }
            let reply = Response::builder().status(StatusCode::SEE_OTHER).header(LOCATION, location);
            let (_, response) = door.ask(&get("/form/x"), reply.body(Bytes::new()).unwrap());
            assert_eq!(response.status(), StatusCode::SEE_OTHER, "{} {}", door.kind, door.name);
            let to = response.headers()[LOCATION].to_str().unwrap();
            let to = to.strip_prefix("https://").map_or(to, |rest| {
                assert_eq!(rest.split('/').next(), Some(door.host));
                &rest[door.host.len()..]
            });
            let mut request = get(to.split('#').next().unwrap());
            request.headers_mut().insert("host", HeaderValue::from_static(door.host));
            let (seen, response) = exchange(&door.builder.clone().build(()).unwrap(), request, Response::default());
            let fault = response.extensions().get::<Fault>();
            let seen = seen.unwrap_or_else(|| panic!("{} {}: {location} → {to}: {fault:?}", door.kind, door.name));
            let wanted = Message { path: Path::Written(path.to_owned()), ..Message::of(&get("/")) };
            let expected = changed(ON_THE_WAY_IN, door.kind, &wanted, None);
            let found = Message::of(&seen).read_as(&Message { query: Query::Written(None), ..expected.clone() });
            assert_eq!(found.path, expected.path, "{} {}: {location} → {to}", door.kind, door.name);
            assert_eq!(seen.extensions().get::<BasePath>().unwrap().as_str(), door.base);
        }
    }
}

/// The one base path that no event proves: an HTTP API's mapping with payload format 2.0. It must be stated, as
/// the doors above do; left out, redirects lead out of the API.
#[test]
fn what_format_2_does_not_tell_must_be_stated() {
    let door = Door {
        name: "mapping, not stated",
        kind: Kind::HttpApiV2,
        builder: Gateway::builder(Kind::HttpApiV2).domain(Domain::new("shop.example.com").mapping("shop")),
        host: "shop.example.com",
        prefix: "/shop",
        base: "",
        carried: false,
    };
    door.arrives(&get("/form"));
    let reply = Response::builder().status(StatusCode::SEE_OTHER).header(LOCATION, "/login").body(Bytes::new());
    let (_, response) = door.ask(&get("/form"), reply.unwrap());
    assert_eq!(response.headers()[LOCATION], "/login");
    let mut request = get("/login");
    request.headers_mut().insert("host", HeaderValue::from_static(door.host));
    let (seen, response) = exchange(&door.builder.build(()).unwrap(), request, Response::default());
    assert!(seen.is_none());
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
}
