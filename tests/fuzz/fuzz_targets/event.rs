//! Events against serde_json: what is read must be what serde_json reads, and what is answered must be what it
//! reads back. It says nothing of URIs, whose rules are the front doors' and not JSON's.

#![no_main]

use std::{fmt, sync::LazyLock};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use libfuzzer_sys::fuzz_target;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};
use sippycup_core::{
    BinaryPolicy, EventError, EventOptions, EventSource, PathParameters, ProxyEvent, RequestContext, ResponseFormat,
    StageVariables,
};

const SOURCES: [EventSource; 6] = [
    EventSource::FunctionUrl,
    EventSource::HttpApi,
    EventSource::LoadBalancer,
    EventSource::RestApi,
    EventSource::VpcLattice,
    EventSource::WebSocket,
];

fuzz_target!(|data: &[u8]| {
    if let Some(event) = read(data) {
        request(data, event);
    }
    // Most inputs are no event, and every one is a body.
    answer(data, FORMATS[data.len() % FORMATS.len()]);
});

/// Every way to write an answer, and one without a body.
static FORMATS: LazyLock<Vec<ResponseFormat>> = LazyLock::new(|| {
    let format = |json: &'static str, source| {
        let event = ProxyEvent::from_bytes(json).unwrap();
        event.response_format(&EventOptions::default().source(source)).unwrap()
    };
    let mut formats: Vec<_> = SOURCES.iter().map(|source| format("{}", *source)).collect();
    formats.push(format(r#"{"path":"/"}"#, EventSource::HttpApi));
    formats.push(format(r#"{"multiValueHeaders":{}}"#, EventSource::LoadBalancer));
    formats.push(format(r#"{"httpMethod":"HEAD"}"#, EventSource::RestApi));
    formats
});

/// Reads the bytes as an event, which they are exactly if they are JSON and UTF-8.
fn read(data: &[u8]) -> Option<ProxyEvent> {
    // Does not recurse, so there is no depth that it refuses. It does not look at the strings either.
    let valid = serde_json::from_slice::<IgnoredAny>(data).is_ok() && std::str::from_utf8(data).is_ok();
    match ProxyEvent::from_bytes(Bytes::copy_from_slice(data)) {
        Ok(event) if valid => Some(event),
        Ok(event) => {
            // A body in base64 is not looked at before it is decoded. Of all sources a WebSocket asks the least of
            // an event, so that hardly anything else is in the way.
            let result = event.into_request(&EventOptions::default().source(EventSource::WebSocket));
            assert!(result.is_err(), "made a request of what is no JSON in UTF-8");
            None
        }
        Err(error) => {
            assert!(error.is_not_json(), "{error}");
            // Half a surrogate pair is a mistake only in strings that are read: names, headers, the body.
            assert!(!valid || has_surrogate(data), "did not read JSON: {error}");
            assert!(serde_json::from_slice::<Value>(data).is_err(), "did not read what has a value: {error}");
            None
        }
    }
}

fn has_surrogate(data: &[u8]) -> bool {
    data.windows(4).any(|escape| matches!(escape, [b'\\', b'u', b'd' | b'D', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F']))
}

fn request(data: &[u8], event: ProxyEvent) {
    let mut options = EventOptions::default();
    if event.source().is_none() {
        let error = event.response_format(&options).unwrap_err();
        assert!(error.is_not_http(), "{error}");
        // A request all the same: what is to be compared does not depend on the source.
        options = options.source(SOURCES[data.len() % SOURCES.len()]);
    }
    answer(data, event.response_format(&options).unwrap());

    let result = event.into_request(&options);
    if let Err(error) = &result {
        // Looks for the place once more.
        let _message = error.to_string();
    }
    // What has no value for serde_json (half a surrogate pair, 1e999, more than 127 levels) is not compared.
    if serde_json::from_slice::<Value>(data).is_ok() {
        compare(&serde_json::from_slice(data).unwrap_or_default(), &result);
    }
}

fn compare(event: &Members<'_>, result: &Result<Request<Bytes>, EventError>) {
    let body = body(event);
    let request = match result {
        Ok(request) => request,
        Err(error) => {
            assert!(!error.is_not_json(), "{error}");
            assert!(body.is_none() || !error.to_string().contains("base64"), "{error}");
            return;
        }
    };
    assert_eq!(Some(&**request.body()), body.as_deref(), "body");
    if let Some(mut headers) = headers(event) {
        // The body is whole and counted, whatever the client said of it.
        headers.remove(header::TRANSFER_ENCODING);
        if headers.contains_key(header::CONTENT_LENGTH) || !request.body().is_empty() {
            headers.insert(header::CONTENT_LENGTH, request.body().len().into());
        }
        assert_eq!(request.headers(), &headers);
    }
    let context = event.last("requestContext").map_or("null", RawValue::get);
    assert_eq!(request.extensions().get::<RequestContext>().unwrap().json().get(), context);
    let variables = request.extensions().get::<StageVariables>().unwrap();
    assert!(variables.iter().eq(event.texts("stageVariables").iter().map(|(name, value)| (&**name, &**value))));
    let parameters = request.extensions().get::<PathParameters>().unwrap();
    assert!(parameters.iter().eq(event.texts("pathParameters").iter().map(|(name, value)| (&**name, &**value))));
}

/// The request's body; `None` if it is not the base64 that the event says it is.
fn body(event: &Members<'_>) -> Option<Vec<u8>> {
    let Some(body) = event.last("body") else { return Some(Vec::new()) };
    let Some(text) = text(body) else {
        return Some(if body.get() == "null" { Vec::new() } else { body.get().into() });
    };
    let flag = event.0.iter().rfind(|(name, _)| ["isBase64Encoded", "is_base64_encoded"].contains(&&**name));
    // Taken as it stands: nobody writes it with escapes.
    if !flag.is_some_and(|(_, flag)| flag.get().trim_matches('"').eq_ignore_ascii_case("true")) {
        return Some(text.into());
    }
    let unbroken: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD.decode(unbroken).ok()
}

/// The request's headers; `None` where a member stands twice or a header has no value, which leaves open which of
/// the two maps counts.
fn headers(event: &Members<'_>) -> Option<HeaderMap> {
    if ["headers", "multiValueHeaders"].iter().any(|name| event.all(name).count() > 1) {
        return None;
    }
    let mut headers = HeaderMap::new();
    for (name, value) in event.object("multiValueHeaders").0 {
        append(&mut headers, &name, value);
        if HeaderName::from_bytes(name.as_bytes()).is_ok_and(|name| !headers.contains_key(name)) {
            return None;
        }
    }
    let multi = headers.clone();
    for (name, value) in event.object("headers").0 {
        if HeaderName::from_bytes(name.as_bytes()).is_ok_and(|name| !multi.contains_key(name)) {
            append(&mut headers, &name, value);
        }
    }
    if !headers.contains_key(header::COOKIE) {
        let mut cookies = String::new();
        for cookie in event.last("cookies").and_then(items).unwrap_or_default().into_iter().filter_map(text) {
            if !cookies.is_empty() {
                cookies.push_str("; ");
            }
            cookies.push_str(&cookie);
        }
        if !cookies.is_empty()
            && let Ok(value) = HeaderValue::from_str(&cookies)
        {
            headers.append(header::COOKIE, value);
        }
    }
    Some(headers)
}

fn append(headers: &mut HeaderMap, name: &str, value: &RawValue) {
    let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { return };
    for text in items(value).unwrap_or_else(|| vec![value]).into_iter().filter_map(text) {
        if let Ok(value) = HeaderValue::from_bytes(text.as_bytes()) {
            headers.append(&name, value);
        }
    }
}

/// Writes an answer and has serde_json read it.
fn answer(data: &[u8], format: ResponseFormat) {
    let mut response = Response::new(Bytes::copy_from_slice(data));
    let value = HeaderValue::from_bytes(data).ok();
    if let Some(value) = &value {
        response.headers_mut().append("x-data", value.clone());
        response.headers_mut().append(header::SET_COOKIE, value.clone());
    }
    let prelude = format.encode_prelude(StatusCode::OK, response.headers()).unwrap();
    let answer = format.encode(response, &BinaryPolicy::default()).unwrap();
    let answer: Value = serde_json::from_slice(answer.as_bytes()).unwrap();
    assert_eq!(answer["statusCode"], 200);
    check_headers(&answer, value.as_ref());

    let body = answer["body"].as_str().unwrap();
    match answer["isBase64Encoded"].as_bool().unwrap() {
        _ if format.is_bodiless(StatusCode::OK) => assert_eq!(body, ""),
        true => {
            assert!(std::str::from_utf8(data).is_err(), "text went out as base64");
            assert_eq!(STANDARD.decode(body).unwrap(), data);
        }
        false => assert_eq!(body.as_bytes(), data),
    }

    let prelude = prelude.strip_suffix(&[0; 8]).unwrap();
    check_headers(&serde_json::from_slice(prelude).unwrap(), value.as_ref());
}

/// Both headers have this value, wherever the format has them.
fn check_headers(answer: &Value, value: Option<&HeaderValue>) {
    // What is not UTF-8 cannot stand in JSON and goes out as ISO-8859-1.
    let value = value.map(|value| match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().iter().copied().map(char::from).collect(),
    });
    let (multi, single) = (&answer["multiValueHeaders"], &answer["headers"]);
    let found = |name: &str| multi[name][0].as_str().or(single[name].as_str()).map(str::to_owned);
    assert_eq!(found("x-data"), value);
    assert_eq!(answer["cookies"][0].as_str().map(str::to_owned).or_else(|| found("set-cookie")), value);
}

/// An object's members in their order, with those whose names stand there twice: a map would hide them.
#[derive(Default)]
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Members<'a> {
    fn all(&self, name: &str) -> impl DoubleEndedIterator<Item = &'a RawValue> {
        self.0.iter().filter(move |(other, _)| other == name).map(|(_, value)| *value)
    }

    fn last(&self, name: &str) -> Option<&'a RawValue> {
        self.all(name).next_back()
    }

    /// The members of a member; none if it is no object.
    fn object(&self, name: &str) -> Self {
        self.last(name).and_then(|value| serde_json::from_str(value.get()).ok()).unwrap_or_default()
    }

    /// The same, with those alone that are text.
    fn texts(&self, name: &str) -> Vec<(String, String)> {
        self.object(name).0.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Collect).map(Self)
    }
}

/// The value as text if it is a string, or the number or boolean that some writer put there instead.
fn text(value: &RawValue) -> Option<String> {
    match value.get().as_bytes()[0] {
        b'"' => Some(serde_json::from_str(value.get()).unwrap()),
        b'{' | b'[' | b'n' => None,
        _ => Some(value.get().into()),
    }
}

fn items(value: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(value.get()).ok()
}
