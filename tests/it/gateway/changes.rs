//! What changes on the way between a client and an app, and why; everything else must arrive as it was sent.
//!
//! The rules are written a third time here, from AWS's documentation and recordings: a change that only one side
//! makes, or that nobody makes any more, fails a test ([`every_change_is_met`](super::requests)).

use sippycup_gateway::Kind::{
    self, FunctionUrl, HttpApiV1, HttpApiV2, LoadBalancer, LoadBalancerMultiValue, RestApi, VpcLatticeV1, VpcLatticeV2,
};

use super::message::{Message, Path, Query, Reply, Text, grouped};
use crate::support::{decoded, form_decoded};

/// One row of a table.
pub(super) struct Change<M> {
    pub(super) name: &'static str,
    pub(super) why: &'static str,
    pub(super) kinds: &'static [Kind],
    apply: fn(Kind, &mut M),
}

impl<M> Change<M> {
    pub(super) fn is_of(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }
}

/// What arrives of `message` through a front door of this kind; `without` leaves one change out.
pub(super) fn changed<M: Clone>(table: &[Change<M>], kind: Kind, message: &M, without: Option<&str>) -> M {
    let mut message = message.clone();
    for change in table.iter().filter(|change| change.is_of(kind) && Some(change.name) != without) {
        (change.apply)(kind, &mut message);
    }
    message
}

const ALL: &[Kind] = Kind::OF_REQUESTS;
const NOT_LOAD_BALANCER: &[Kind] = &[FunctionUrl, HttpApiV1, HttpApiV2, RestApi, VpcLatticeV1, VpcLatticeV2];

/// From client to app, in the order in which they happen.
pub(super) const ON_THE_WAY_IN: &[Change<Message>] = &[
    Change {
        name: "absolute target",
        why: "its authority is the host, whatever the header says (RFC 9112, 3.2.2); the app gets the origin form",
        kinds: ALL,
        apply: |_, message| {
            if let Some(authority) = message.authority.take() {
                message.set("host", authority);
            }
        },
    },
    Change {
        name: "host",
        why: "API Gateway, function URLs and Lattice put their own name where the client gave none",
        kinds: NOT_LOAD_BALANCER,
        apply: |kind, message| {
            let name = match kind {
                FunctionUrl => "a1b2c3d4e5.lambda-url.us-east-1.on.aws",
                VpcLatticeV1 | VpcLatticeV2 => "a1b2c3d4e5.vpc-lattice-svcs.us-east-1.on.aws",
                // Requests without a host reach the custom domain of the REST API that the tests use.
                RestApi => "api.example.com",
                _ => "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
            };
            message.headers.entry("host".to_owned()).or_insert_with(|| vec![name.into()]);
        },
    },
    Change {
        name: "method override",
        why: "X-HTTP-Method-Override is a REST API's method (important notes of API Gateway)",
        kinds: &[RestApi],
        apply: |_, message| {
            if let Some(method) = message.header("x-http-method-override") {
                message.method = method.lossy();
            }
        },
    },
    Change {
        name: "leading slashes",
        why: "a REST API makes one of them (recorded)",
        kinds: &[RestApi],
        apply: |_, message| {
            if let Path::Written(path) = &mut message.path {
                *path = format!("/{}", path.trim_start_matches('/'));
            }
        },
    },
    Change {
        name: "bytes that no URI has",
        why: "raw non-ASCII and quotes come as the escapes they stand for (RFC 3986, 2.1)",
        kinds: ALL,
        apply: |_, message| {
            if let Path::Written(path) = &mut message.path {
                *path = escaped(path);
            }
            if let Query::Written(Some(query)) = &mut message.query {
                *query = escaped(query);
            }
        },
    },
    Change {
        name: "decoded path",
        why: "payload format 2.0 has the path decoded: %2F is a slash, %25 a percent sign, %FF nothing any more (recorded)",
        kinds: &[HttpApiV2],
        apply: |_, message| {
            if let Path::Written(path) = &message.path {
                let text = Text(decoded(path)).lossy();
                // Older recordings have it encoded, so the app's side reads what looks like an escape as one.
                message.path = Path::Decoded(Text(decoded(&text)));
            }
        },
    },
    Change {
        name: "second question mark",
        why: "AWS's documentation shows `rawQueryString` with its `?`, the recordings do not: one in front is taken for it",
        kinds: &[FunctionUrl, HttpApiV2],
        apply: |_, message| {
            if let Query::Written(Some(query)) = &mut message.query
                && query.starts_with('?')
            {
                query.remove(0);
            }
        },
    },
    Change {
        name: "empty query",
        why: "`rawQueryString` does not tell a lone `?` from nothing",
        kinds: &[FunctionUrl, HttpApiV2],
        apply: |_, message| {
            if message.query == Query::Written(Some(String::new())) {
                message.query = Query::Written(None);
            }
        },
    },
    Change {
        name: "decoded query",
        why: "payload format 1.0 has the query decoded and grouped by key; values keep their order, keys do not, \
              and `flag` is `flag=` (recorded)",
        kinds: &[HttpApiV1, RestApi],
        apply: |kind, message| {
            // A plain semicolon separates too in a REST API (important notes of API Gateway).
            let separators = if kind == RestApi { "&;" } else { "&" };
            if let Query::Written(query) = &message.query {
                let read = |text: &str| Text(form_decoded(text)).lossy().into();
                message.query = Query::Decoded(grouped(query.as_deref(), separators, read));
            }
        },
    },
    Change {
        name: "grouped query",
        why: "load balancers and Lattice group the query by key, verbatim: keys lose their order, `flag` is `flag=`",
        kinds: &[LoadBalancer, LoadBalancerMultiValue, VpcLatticeV1, VpcLatticeV2],
        apply: |_, message| {
            if let Query::Written(query) = &message.query {
                message.query = Query::Grouped(grouped(query.as_deref(), "&", |text| Text::from(text)));
            }
        },
    },
    Change {
        name: "last query value",
        why: "one value for each key is all that a load balancer without multi-value headers and Lattice 1 have",
        kinds: &[LoadBalancer, VpcLatticeV1],
        apply: |_, message| {
            if let Query::Grouped(groups) = &mut message.query {
                groups.values_mut().for_each(|values| drop(values.drain(..values.len() - 1)));
            }
        },
    },
    Change {
        name: "hop-by-hop headers",
        why: "they are for the connection to the gateway alone (RFC 9110, 7.6.1)",
        kinds: ALL,
        apply: |_, message| {
            for name in [
                "connection",
                "expect",
                "keep-alive",
                "proxy-connection",
                "te",
                "trailer",
                "transfer-encoding",
                "upgrade",
            ] {
                message.headers.remove(name);
            }
        },
    },
    Change {
        name: "length",
        why: "HTTP APIs tell the length of the body always",
        kinds: &[HttpApiV1, HttpApiV2],
        apply: |_, message| message.set("content-length", message.body.0.len().to_string()),
    },
    Change {
        name: "headers a REST API keeps",
        why: "Content-Length and some others never reach the function, nor does a signature (recorded; important notes)",
        kinds: &[RestApi],
        apply: |_, message| {
            for name in
                ["content-length", "content-md5", "max-forwards", "proxy-authenticate", "server", "www-authenticate"]
            {
                message.headers.remove(name);
            }
            if message.header("authorization").is_some_and(|value| value.0.starts_with(b"AWS4-HMAC-SHA256")) {
                message.headers.remove("authorization");
            }
        },
    },
    Change {
        name: "not UTF-8",
        why: "JSON has no other place for such bytes of a header than U+FFFD",
        kinds: ALL,
        apply: |_, message| {
            for value in message.headers.values_mut().flatten() {
                *value = value.lossy().into();
            }
        },
    },
    Change {
        name: "forwarding headers",
        why: "every front door says where the request came from",
        kinds: ALL,
        apply: |_, message| {
            let client = match message.header("x-forwarded-for") {
                Some(sent) => format!("{}, {CLIENT}", sent.lossy()),
                None => CLIENT.to_owned(),
            };
            message.set("x-forwarded-for", client);
            message.set("x-forwarded-port", "443");
            message.set("x-forwarded-proto", "https");
        },
    },
    Change {
        name: "trace id",
        why: "every front door names its trace; load balancers put their own part in front of the client's",
        kinds: ALL,
        apply: |kind, message| {
            let balancer = matches!(kind, LoadBalancer | LoadBalancerMultiValue);
            let trace = match message.header(TRACE).map(Text::lossy) {
                None => "Root=…".to_owned(),
                Some(sent) if balancer => format!("Self=…;{sent}"),
                Some(sent) => sent,
            };
            message.set(TRACE, trace);
        },
    },
    Change {
        name: "TLS headers",
        why: "a function URL tells how the connection was secured (recorded)",
        kinds: &[FunctionUrl],
        apply: |_, message| {
            message.set("x-amzn-tls-version", "TLSv1.3");
            message.set("x-amzn-tls-cipher-suite", "TLS_AES_128_GCM_SHA256");
        },
    },
    Change {
        name: "Lattice's own headers",
        why: "Lattice names the network and itself (documented); what a client sends under these names is dropped",
        kinds: &[VpcLatticeV1, VpcLatticeV2],
        apply: |_, message| {
            message.set(
                "x-amzn-lattice-network",
                "SourceVpcArn=arn:aws:ec2:us-east-1:123456789012:vpc/vpc-0b8276c84697e7339",
            );
            message.set(
                "x-amzn-lattice-target",
                "ServiceArn=arn:aws:vpc-lattice:us-east-1:123456789012:service/svc-0a40eebed65f8d69c; \
                 ServiceNetworkArn=arn:aws:vpc-lattice:us-east-1:123456789012:servicenetwork/sn-0bf3f2882e9cc805a; \
                 TargetGroupArn=arn:aws:vpc-lattice:us-east-1:123456789012:targetgroup/tg-6d0ecf831eec9f09",
            );
        },
    },
    Change {
        name: "text that is none",
        why: "what the kind takes for text but is not UTF-8 has U+FFFD in it: JSON has no other place for it",
        kinds: ALL,
        apply: |kind, message| {
            if is_text(kind, message) {
                message.body = message.body.lossy().into();
            }
        },
    },
    Change {
        name: "cookies apart",
        why: "payload format 2.0 has each cookie by itself; they come back as one header, joined as browsers do (recorded)",
        kinds: &[HttpApiV2],
        apply: |_, message| {
            let Some(lines) = message.headers.remove("cookie") else { return };
            let text: Vec<_> = lines.iter().map(Text::lossy).collect();
            let cookies = text.iter().flat_map(|line| line.split(';')).map(str::trim);
            let cookies: Vec<_> = cookies.filter(|cookie| !cookie.is_empty()).collect();
            if !cookies.is_empty() {
                message.set("cookie", cookies.join("; "));
            }
        },
    },
    Change {
        name: "cookie lines",
        why: "a function URL has one cookie header",
        kinds: &[FunctionUrl],
        apply: |_, message| joined(message, "cookie", "; "),
    },
    Change {
        name: "joined headers",
        why: "one value for each name is all that payload format 2.0 and Lattice 1 have (recorded without a blank for 2.0)",
        kinds: &[FunctionUrl, HttpApiV2, VpcLatticeV1],
        apply: |kind, message| {
            let separator = if kind == VpcLatticeV1 { ", " } else { "," };
            for name in message.headers.keys().cloned().collect::<Vec<_>>() {
                joined(message, &name, separator);
            }
        },
    },
    Change {
        name: "last header value",
        why: "a load balancer without multi-value headers keeps the last",
        kinds: &[LoadBalancer],
        apply: |_, message| {
            message.headers.values_mut().for_each(|values| drop(values.drain(..values.len() - 1)));
        },
    },
    Change {
        name: "length of what arrives",
        why: "the body is complete in the event, however it was framed and whatever became of its text; an app finds its length as under hyper",
        kinds: ALL,
        apply: |_, message| {
            if !message.body.0.is_empty() || message.headers.contains_key("content-length") {
                message.set("content-length", message.body.0.len().to_string());
            }
        },
    },
];

/// From app to client, in the order in which they happen.
pub(super) const ON_THE_WAY_OUT: &[Change<Reply>] = &[
    Change {
        name: "no body",
        why: "HEAD, 204 and 304 have none (RFC 9110, 6.4.1)",
        kinds: ALL,
        apply: |_, reply| {
            if reply.head || [204, 304].contains(&reply.status) {
                reply.body = Text::default();
            }
        },
    },
    Change {
        name: "base64 as it is",
        why: "a REST API takes base64 off only if `binaryMediaTypes` match what the client accepts first (recorded)",
        kinds: &[RestApi],
        apply: |_, reply| {
            let mut codings = reply.headers.get("content-encoding").into_iter().flatten();
            let coded = codings.any(|coding| coding != &Text::from("identity"));
            let binary = std::str::from_utf8(&reply.body.0).is_err() || coded;
            // The REST API of the tests lists `image/*`.
            let accepted = reply.accept.as_deref().unwrap_or("*/*").split(',').next().unwrap_or_default().trim();
            if binary && !reply.body.0.is_empty() && !accepted.starts_with("image/") {
                let engine = base64::engine::general_purpose::STANDARD;
                reply.body = base64::Engine::encode(&engine, &reply.body.0).into();
            }
        },
    },
    Change {
        name: "hop-by-hop headers",
        why: "the gateway frames the answer itself; `Connection` names further headers that end there (RFC 9110, 7.6.1)",
        kinds: ALL,
        apply: |_, reply| {
            let named: Vec<_> = reply.headers.get("connection").into_iter().flatten().map(Text::lossy).collect();
            for name in named.iter().flat_map(|names| names.split(',')) {
                reply.headers.remove(&name.trim().to_ascii_lowercase());
            }
            for name in
                ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"]
            {
                reply.headers.remove(name);
            }
        },
    },
    Change {
        name: "length",
        why: "the gateway counts what it sends; of a HEAD it has seen no body, so it tells 0",
        kinds: ALL,
        apply: |_, reply| {
            reply.headers.remove("content-length");
            if ![204, 304].contains(&reply.status) {
                reply.headers.insert("content-length".to_owned(), vec![reply.body.0.len().to_string().into()]);
            }
        },
    },
    Change {
        name: "date and server",
        why: "a REST API has its own, and would send the app's under other names",
        kinds: &[RestApi],
        apply: |_, reply| {
            reply.headers.remove("date");
            reply.headers.remove("server");
        },
    },
    Change {
        name: "remapped headers",
        why: "a REST API renames WWW-Authenticate (important notes of API Gateway)",
        kinds: &[RestApi],
        apply: |_, reply| {
            if let Some(values) = reply.headers.remove("www-authenticate") {
                reply.headers.insert("x-amzn-remapped-www-authenticate".to_owned(), values);
            }
        },
    },
    Change {
        name: "content type",
        why: "API Gateway and function URLs do not leave it open (recorded)",
        kinds: &[FunctionUrl, HttpApiV1, HttpApiV2, RestApi],
        apply: |kind, reply| {
            let default =
                if matches!(kind, FunctionUrl | RestApi) { "application/json" } else { "text/plain; charset=utf-8" };
            reply.headers.entry("content-type".to_owned()).or_insert_with(|| vec![default.into()]);
        },
    },
    Change {
        name: "not UTF-8",
        why: "JSON has no other place for such a header value: it goes out as the text that it is in ISO-8859-1",
        kinds: ALL,
        apply: |_, reply| {
            for value in reply.headers.values_mut().flatten() {
                if std::str::from_utf8(&value.0).is_err() {
                    *value = value.0.iter().map(|byte| char::from(*byte)).collect::<String>().into();
                }
            }
        },
    },
    Change {
        name: "joined headers",
        why: "one value for each name is all these answers have room for; cookies have a place of their own, or names \
              that differ in their case",
        kinds: &[FunctionUrl, HttpApiV2, LoadBalancer, VpcLatticeV1, VpcLatticeV2],
        apply: |_, reply| {
            for (_, values) in reply.headers.iter_mut().filter(|(name, _)| *name != "set-cookie") {
                *values = vec![Text(values.iter().map(|value| &value.0[..]).collect::<Vec<_>>().join(&b", "[..]))];
            }
        },
    },
    Change {
        name: "request ids",
        why: "API Gateway and function URLs name their own request",
        kinds: &[FunctionUrl, HttpApiV1, HttpApiV2, RestApi],
        apply: |kind, reply| {
            for name in ids(kind) {
                reply.headers.insert((*name).to_owned(), vec!["…".into()]);
            }
        },
    },
];

/// What nobody can know beforehand, made comparable: the random part of trace ids, where `expected` has one.
pub(super) fn without_chance(message: &mut Message, expected: &Message) {
    let (Some(trace), Some(expected)) = (message.header(TRACE), expected.header(TRACE)) else { return };
    let (trace, expected) = (trace.lossy(), expected.lossy());
    let masked = match trace.split_once(';') {
        Some((own, sent)) if own.starts_with("Self=1-") && own.len() == 40 => format!("Self=…;{sent}"),
        None if trace.starts_with("Root=1-") && trace.len() == 40 => "Root=…".to_owned(),
        _ => return,
    };
    if expected.contains('…') {
        message.set(TRACE, masked);
    }
}

/// The same for a request that came through a Runtime API: the invocation's trace id, which has the root of the event's
/// and more, instead of the event's.
pub(super) fn without_invocation(message: &mut Message, expected: &Message) {
    let trace = message.header(TRACE).map(Text::lossy).unwrap_or_default();
    let expected = expected.header(TRACE).map(Text::lossy).unwrap_or_default();
    let parts: Vec<&str> = trace.split(';').collect();
    let [root, parent, sampled] = *parts else { panic!("{trace}") };
    let sent = expected.split(';').map(str::trim).find(|part| part.starts_with("Root=1-"));
    assert_eq!(root, sent.unwrap_or(root), "{trace} of {expected}");
    assert!(root.starts_with("Root=1-") && parent.starts_with("Parent=") && sampled.starts_with("Sampled="), "{trace}");
    message.set(TRACE, expected);
}

/// The same for the ids in a response.
pub(super) fn without_ids(kind: Kind, reply: &mut Reply) {
    for name in ids(kind) {
        if let Some(values) = reply.headers.get_mut(*name).filter(|values| values.len() == 1 && !values[0].0.is_empty())
        {
            *values = vec!["…".into()];
        }
    }
}

fn ids(kind: Kind) -> &'static [&'static str] {
    match kind {
        RestApi => &["x-amzn-requestid", "x-amz-apigw-id", TRACE],
        HttpApiV1 | HttpApiV2 => &["apigw-requestid"],
        FunctionUrl => &["x-amzn-requestid", TRACE],
        _ => &[],
    }
}

/// Whether the kind takes the body for text.
fn is_text(kind: Kind, message: &Message) -> bool {
    let content_type = message.header("content-type").map(|value| value.lossy().to_ascii_lowercase());
    // The REST API of the tests takes any type for binary, but a body without a type for JSON's text.
    let Some(content_type) = content_type else { return kind == RestApi };
    let (media_type, parameters) = content_type.split_once(';').unwrap_or((&content_type, ""));
    let of_both = media_type.starts_with("text/")
        || ["application/json", "application/javascript", "application/xml"].contains(&media_type);
    match kind {
        RestApi => false,
        FunctionUrl | HttpApiV1 | HttpApiV2 => {
            let utf_8 = !parameters.contains("charset") || parameters.contains("utf-8");
            (of_both || media_type == "application/graphql") && utf_8
        }
        _ => of_both && !message.headers.contains_key("content-encoding"),
    }
}

fn joined(message: &mut Message, name: &str, separator: &str) {
    if let Some(values) = message.headers.get_mut(name) {
        let joined = values.iter().map(|value| &value.0[..]).collect::<Vec<_>>().join(separator.as_bytes());
        *values = vec![Text(joined)];
    }
}

fn escaped(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_graphic() && !b"\"<>`".contains(byte);
    text.bytes().map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

const CLIENT: &str = "127.0.0.1";
const TRACE: &str = "x-amzn-trace-id";
