//! The front doors: one row for each way in which AWS writes HTTP events.
//!
//! What differs between them stands in the rows and nowhere else; an event and its answer hold on to theirs. A new
//! front door is a new row. Headers, cookies, body, stage variables and path parameters stand in the same members
//! everywhere.

use std::borrow::Cow;

use super::wire::Wire;
use crate::{
    base_path::Prefix,
    error::{EventError, found},
    extensions::Public,
    json::{Fault, Field, Kind},
    response::{Answer, Limits, Shape},
    source::EventSource,
    uri::Text,
};

/// How events of one front door are recognized, where their parts are, and how their answers are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialect {
    /// Its public name.
    pub(crate) source: EventSource,
    /// Whether an event came through this front door. The first row that answers `true` is taken.
    told_by: fn(&[u8], &Wire) -> bool,
    /// Which of the source's own formats an event has. The first row of the source counts; the last one takes any.
    fits: fn(&Wire) -> bool,
    pub(crate) method: Place,
    pub(crate) path: Place,
    /// How the path is spelled.
    pub(crate) path_text: Text,
    pub(crate) query: Query,
    pub(crate) client: Client,
    pub(crate) template: Template,
    /// What can be in front of the app's path.
    pub(crate) prefix: Prefix,
    /// How the public writes the request's URI.
    pub(crate) public: Public,
    /// How the answer is written.
    pub(crate) answer: Answer,
}

/// A member that no request can do without.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// What messages call it.
    pub(crate) name: &'static str,
    pub(crate) field: fn(&Wire) -> Field,
    /// What stands in for it where an event has none.
    pub(crate) or: fn(&[u8], &Wire) -> Option<&'static str>,
}

/// Where the query is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Query {
    /// In maps of keys and values, which the front door spells like this.
    Maps(Text),
    /// Behind the path as the client wrote it, or in maps with the client's spelling.
    PathOrMaps,
    /// In `rawQueryString` as the client wrote it, or, in older recordings, in maps that are decoded.
    RawOrMaps,
}

/// Where the path template is that matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Template {
    /// The API's resource: `/items/{id}`.
    Resource,
    /// Behind the method in the route key: `GET /items/{id}`.
    Route,
}

/// Who says where the client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    /// The request context.
    Context,
    /// `X-Forwarded-For`, to which the front door appends.
    ForwardedFor,
}

/// [REST API](https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format).
static REST: Dialect = Dialect {
    source: EventSource::RestApi,
    // Hand-made events may have no context. An event of which only the path or only the method is missing is better
    // told what is missing than what it is not.
    told_by: |_, wire| {
        let has_path = wire.path.is_some();
        let looks_like_one = has_path || wire.context.all.is_some() || has_multi_query(wire);
        (http_method(wire).is_some() && looks_like_one) || (wire.resource.is_some() && has_path)
    },
    fits: |_| true,
    method: HTTP_METHOD,
    path: Place {
        // The smallest of hand-made test events have a method and a query.
        or: |_, wire| (wire.context.all.is_none() && has_multi_query(wire)).then_some("/"),
        ..PATH
    },
    path_text: Text::Encoded,
    query: Query::Maps(Text::Decoded),
    client: Client::Context,
    template: Template::Resource,
    prefix: Prefix::Mapping,
    public: Public::Http,
    // A REST API sends these two on as `x-amzn-remapped-…` beside its own, and answers 502 to a key that it does
    // not know.
    answer: Answer {
        shape: Shape::Multi,
        described: false,
        prelude: Shape::Multi,
        kept: &["date", "server"],
        limits: Limits::of("a REST API").headers(API_HEADERS),
    },
};

/// [HTTP API, payload format 1.0](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
static HTTP_1: Dialect = Dialect {
    source: EventSource::HttpApi,
    told_by: is_http_api,
    fits: |_| true,
    method: HTTP_METHOD,
    path: PATH,
    path_text: Text::Encoded,
    query: Query::Maps(Text::Decoded),
    client: Client::Context,
    template: Template::Resource,
    prefix: Prefix::Stage { mapping: true },
    public: Public::Http,
    answer: Answer { shape: Shape::Multi, described: false, prelude: Shape::Multi, kept: &[], limits: HTTP_API },
};

/// [HTTP API, payload format 2.0](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
static HTTP_2: Dialect = Dialect {
    source: EventSource::HttpApi,
    told_by: is_http_api,
    fits: |wire| wire.context.http.is_some() || wire.path.is_none(),
    method: CONTEXT_METHOD,
    path: RAW_PATH,
    path_text: Text::Decoded,
    query: Query::RawOrMaps,
    client: Client::Context,
    template: Template::Route,
    prefix: Prefix::Stage { mapping: false },
    public: Public::Http,
    answer: Answer { limits: HTTP_API, ..COOKIES },
};

/// [Function URL](https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html).
static FUNCTION_URL: Dialect = Dialect {
    source: EventSource::FunctionUrl,
    told_by: |json, wire| {
        is_format_2(json, wire) && has_label(&wire.context.domain_name.text_or_empty(json), b"lambda-url")
    },
    fits: |_| true,
    method: CONTEXT_METHOD,
    path: RAW_PATH,
    path_text: Text::Encoded,
    query: Query::RawOrMaps,
    client: Client::Context,
    template: Template::Route,
    prefix: Prefix::None,
    public: Public::Http,
    answer: COOKIES,
};

/// [Load balancer](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#receive-event-from-load-balancer).
static ALB: Dialect = Dialect {
    source: EventSource::LoadBalancer,
    told_by: |_, wire| wire.context.elb.is_some(),
    fits: |_| true,
    method: HTTP_METHOD,
    path: PATH,
    path_text: Text::Encoded,
    query: Query::Maps(Text::Encoded),
    client: Client::ForwardedFor,
    template: Template::Resource,
    prefix: Prefix::None,
    public: Public::Http,
    answer: Answer { shape: Shape::Single, described: true, prelude: Shape::Cookies, kept: &[], limits: BALANCER },
};

/// [Load balancer, multi-value headers](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#multi-value-headers).
static ALB_MULTI: Dialect = Dialect {
    fits: |wire| wire.multi_headers.field.kind() == Kind::Object,
    answer: Answer { shape: Shape::Multi, ..ALB.answer },
    ..ALB
};

/// [VPC Lattice, event version 1](https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html#receive-event-from-service).
static LATTICE_1: Dialect = Dialect {
    fits: |wire| wire.lattice_path.is_some(),
    path: Place { name: "raw_path", field: |wire| wire.lattice_path, or: nothing },
    ..LATTICE_2
};

/// [VPC Lattice, event version 2](https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html#receive-event-from-service).
static LATTICE_2: Dialect = Dialect {
    source: EventSource::VpcLattice,
    told_by: is_lattice,
    fits: |_| true,
    method: Place { name: "method", field: |wire| wire.method, or: nothing },
    path: PATH,
    path_text: Text::Encoded,
    query: Query::PathOrMaps,
    client: Client::ForwardedFor,
    template: Template::Resource,
    prefix: Prefix::None,
    public: Public::Http,
    answer: Answer { shape: Shape::Single, described: true, prelude: Shape::Cookies, kept: &[], limits: LATTICE },
};

/// [WebSocket API](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integrations.html).
static WEB_SOCKET: Dialect = Dialect {
    source: EventSource::WebSocket,
    told_by: |_, wire| wire.context.connection_id.is_some() && wire.context.event_type.is_some(),
    fits: |_| true,
    method: Place {
        or: |json, wire| http_method(wire).is_none().then(|| by_event_type(json, wire, ["GET", "DELETE", "POST"])),
        ..HTTP_METHOD
    },
    path: Place {
        name: "requestContext.routeKey",
        field: |wire| wire.path.or(wire.context.route_key),
        or: |json, wire| Some(by_event_type(json, wire, ["$connect", "$disconnect", "$default"])),
    },
    // A route key is what the developer wrote.
    path_text: Text::Decoded,
    query: Query::Maps(Text::Decoded),
    client: Client::Context,
    template: Template::Resource,
    prefix: Prefix::StageOfUrl,
    public: Public::WebSocket,
    answer: Answer {
        shape: Shape::Single,
        described: false,
        prelude: Shape::Cookies,
        kept: &[],
        limits: Limits::of("a WebSocket API"),
    },
};

/// All rows, in the order in which they are asked.
static DIALECTS: [&Dialect; 9] =
    [&ALB_MULTI, &ALB, &LATTICE_1, &LATTICE_2, &WEB_SOCKET, &FUNCTION_URL, &HTTP_2, &HTTP_1, &REST];

impl Dialect {
    /// The row of the front door that an event came through; `None` if it is no event of HTTP.
    pub(crate) fn detect(json: &[u8], wire: &Wire) -> Option<&'static Self> {
        if wire.foreign.is_some() {
            return None;
        }
        DIALECTS.into_iter().find(|row| (row.fits)(wire) && (row.told_by)(json, wire))
    }

    /// The row of this source that fits an event, whatever the event looks like.
    pub(crate) fn of(source: EventSource, wire: &Wire) -> Option<&'static Self> {
        DIALECTS.into_iter().find(|row| row.source == source && (row.fits)(wire))
    }
}

impl Place {
    /// The text that stands there, or what stands in for it; an error if neither is there.
    #[inline(always)]
    pub(crate) fn text<'a>(&self, json: &'a [u8], wire: &Wire, expected: &str) -> Result<Cow<'a, [u8]>, EventError> {
        let field = (self.field)(wire);
        let text = field.text(json).map_err(|fault| EventError::json(json, fault))?;
        let stand_in = || (self.or)(json, wire).map(|text| Cow::Borrowed(text.as_bytes()));
        text.or_else(stand_in).ok_or_else(|| EventError::member(self.name, expected, found(field.kind())))
    }
}

impl Template {
    pub(crate) fn read<'a>(self, json: &'a [u8], wire: &Wire) -> Result<Option<Cow<'a, str>>, Fault> {
        if self == Self::Resource {
            return wire.resource.or(wire.context.resource_path).string(json);
        }
        let route = wire.route_key.or(wire.context.route_key).string(json)?;
        Ok(route.and_then(|route| route.split_once(' ').map(|(_, path)| Cow::Owned(path.to_owned()))))
    }
}

const HTTP_METHOD: Place = Place { name: "httpMethod", field: http_method, or: nothing };
const CONTEXT_METHOD: Place =
    Place { name: "requestContext.http.method", field: |wire| wire.context.method, or: nothing };
const PATH: Place = Place { name: "path", field: |wire| wire.path, or: nothing };
const RAW_PATH: Place = Place { name: "rawPath", field: |wire| wire.raw_path.or(wire.path), or: nothing };
const COOKIES: Answer = Answer {
    shape: Shape::Cookies,
    described: false,
    prelude: Shape::Cookies,
    kept: &[],
    limits: Limits::of("a function URL"),
};

const LATTICE: Limits = Limits::of("VPC Lattice");

/// See [Quotas for HTTP APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html).
const HTTP_API: Limits = Limits::of("an HTTP API").headers(API_HEADERS);

/// See [Quotas for REST APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html).
const API_HEADERS: usize = 10_240;

/// See [Lambda functions as targets](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html)
/// and, for the headers, [Listeners](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-listeners.html).
const BALANCER: Limits = Limits::of("a load balancer").json(1024 * 1024).headers(32 * 1024);

fn nothing(_: &[u8], _: &Wire) -> Option<&'static str> {
    None
}

fn http_method(wire: &Wire) -> Field {
    wire.http_method.or(wire.context.http_method)
}

/// Whether the event has the member for the query that nobody else's events have.
fn has_multi_query(wire: &Wire) -> bool {
    wire.path.is_none() && wire.multi_query.field.kind() != Kind::Missing
}

/// Which of three it is: for `CONNECT`, for `DISCONNECT`, for `MESSAGE` and all others.
fn by_event_type(json: &[u8], wire: &Wire, [connect, disconnect, message]: [&'static str; 3]) -> &'static str {
    match &*wire.context.event_type.text_or_empty(json) {
        b"CONNECT" => connect,
        b"DISCONNECT" => disconnect,
        _ => message,
    }
}

fn is_lattice(_: &[u8], wire: &Wire) -> bool {
    let version_1 = wire.lattice_path.is_some() && wire.context.all.is_none();
    version_1 || wire.context.service_network_arn.is_some() || wire.context.service_arn.is_some()
}

/// `version` 1.0 means an HTTP API, unless `resourceId` is a REST API's: there it is an opaque id, on an
/// HTTP API it is a route key (`GET /x`, `$default`).
fn is_http_api(json: &[u8], wire: &Wire) -> bool {
    if is_format_2(json, wire) {
        return true;
    }
    if http_method(wire).is_none() || !wire.version.is(json, b"1.0") {
        return false;
    }
    let id = wire.context.resource_id.text_or_empty(json);
    id.is_empty() || *id == *b"$default" || id.contains(&b' ')
}

/// Whether it has payload format 2.0. An event of which only the method is missing counts, as in [`REST`].
fn is_format_2(json: &[u8], wire: &Wire) -> bool {
    let no_method = || http_method(wire).is_none() && wire.raw_path.is_some() && wire.version.is(json, b"2.0");
    wire.context.all.is_some() && (wire.context.http.is_some() || no_method())
}

/// Whether a domain has this label behind its first: the names that AWS gives out are
/// `id.execute-api.region.amazonaws.com` and `id.lambda-url.region.on.aws`.
pub(crate) fn has_label(domain: &[u8], wanted: &[u8]) -> bool {
    domain.split(|byte| *byte == b'.').skip(1).any(|label| label == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_is_pinned_has_a_row_for_every_event() {
        for source in DIALECTS.map(|row| row.source) {
            let dialect = Dialect::of(source, &Wire::default()).unwrap();
            assert_eq!(dialect.source, source);
            let last = DIALECTS.into_iter().rfind(|row| row.source == source).unwrap();
            assert!((last.fits)(&Wire::default()), "{source}");
        }
    }
}
