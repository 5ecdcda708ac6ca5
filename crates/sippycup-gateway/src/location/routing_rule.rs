//! Routing rules of a custom domain.

use std::fmt;

use http::{HeaderMap, HeaderName};

use super::path::strip;
use crate::ConfigError;

/// A [routing rule](https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-routing-rules.html) of a custom domain: it sends the requests that it matches to the stage of the REST
/// API whose [`Domain`](crate::Domain) has it. Rules come before mappings, the one with the lowest priority first.
///
/// A rule without conditions matches every request.
///
/// ```
/// use bytes::Bytes;
/// use http::Request;
/// use sippycup_gateway::{Body, BoxError, Domain, Gateway, Gateways, Kind, RoutingRule};
/// use tower::{ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let function = |status: u16| {
///     tower::util::BoxCloneService::new(service_fn(move |_event: Bytes| async move {
///         Ok::<_, BoxError>(Bytes::from(format!(r#"{{"statusCode": {status}}}"#)))
///     }))
/// };
/// let api = |id: &str, rule| Gateway::builder(Kind::RestApi).api_id(id).domain(Domain::new("api.example.com").rule(rule));
/// let beta = RoutingRule::new(10).base_path("shop").header("x-version", "beta*").strip_base_path(true);
/// let all = RoutingRule::new(50);
/// let domain = Gateways::new(api("all", all).build(function(200))?).and(api("beta", beta).build(function(201))?);
///
/// let request = |version: &str| Request::get("/shop/cups").header("x-version", version).body(Body::empty());
/// assert_eq!(domain.clone().oneshot(request("beta-2")?).await?.status(), 201);
/// assert_eq!(domain.clone().oneshot(request("Beta-2")?).await?.status(), 200);
/// # Ok::<(), BoxError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
pub struct RoutingRule {
    pub(crate) priority: u32,
    base_path: Option<String>,
    headers: Vec<(String, String)>,
    strip: bool,
}

impl RoutingRule {
    /// A rule without conditions. The priority is from 1 to 1,000,000, and no other rule of the domain has the same.
    pub fn new(priority: u32) -> Self {
        Self { priority, base_path: None, headers: Vec::new(), strip: false }
    }

    /// `MatchBasePaths`: the path begins with this, in whole segments; upper and lower case differ.
    pub fn base_path(mut self, base_path: &str) -> Self {
        self.base_path = Some(base_path.trim_matches('/').to_owned());
        self
    }

    /// Adds one of `MatchHeaders`, of which there are two at most, and which must all match. Upper and lower case are the same in the name of the header, and differ in its value. `*` stands for any characters at
    /// the beginning of the value, at its end, or at both.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// `StripBasePath`: whether the routes of the API see the path without the base path, as behind a mapping; default no, and then the base path is the beginning of a resource's path.
    pub fn strip_base_path(mut self, strip: bool) -> Self {
        self.strip = strip;
        self
    }

    /// The base path that is taken off, and what of the path follows it, if the rule matches.
    pub(crate) fn find<'p>(&self, path: &'p str, headers: &HeaderMap) -> Option<(&str, &'p str)> {
        let base_path = self.base_path.as_deref().unwrap_or_default();
        let rest = strip(path, base_path)?;
        let has = |(name, value): &(String, String)| {
            headers.get_all(name).iter().any(|line| fits(value.as_bytes(), line.as_bytes()))
        };
        let found = if self.strip { (base_path, rest) } else { ("", path) };
        self.headers.iter().all(has).then_some(found)
    }

    /// What a client writes before the path that the routes see.
    pub(crate) fn prefix(&self) -> String {
        match &self.base_path {
            Some(base_path) if self.strip && !base_path.is_empty() => format!("/{base_path}"),
            _ => String::new(),
        }
    }

    /// What API Gateway would not accept.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let wrong = |what: String| Err(ConfigError::new(format!("routing rule {}: {what}", self.priority)));
        if !(1..=1_000_000).contains(&self.priority) {
            return wrong("expected a priority from 1 to 1000000".to_owned());
        }
        if let Some(base_path) = &self.base_path {
            let is_legal = |b: u8| b.is_ascii_alphanumeric() || b"$-_.+!*'()/".contains(&b);
            let is_path = !base_path.is_empty() && base_path.len() < 128 && !base_path.contains("//");
            if !is_path || !base_path.bytes().all(is_legal) {
                return wrong(format!(
                    "expected a base path of 127 letters, digits and $-_.+!*'()/ at most, found `{base_path}`"
                ));
            }
        }
        if self.strip && self.base_path.is_none() {
            return wrong("there is no base path to strip".to_owned());
        }
        if self.headers.len() > 2 {
            return wrong(format!("expected two headers at most, found {}", self.headers.len()));
        }
        for (name, value) in &self.headers {
            if HeaderName::from_bytes(name.as_bytes()).is_err() || name.len() >= 40 || is_reserved(name) {
                return wrong(format!("expected the name of a header that rules may look at, found `{name}`"));
            }
            let inner = value.strip_prefix('*').unwrap_or(value);
            let inner = inner.strip_suffix('*').unwrap_or(inner);
            let is_infix = value.len() > 1 && value.starts_with('*') && value.ends_with('*');
            let is_legal = |b: u8| b.is_ascii_alphanumeric() || b"?-!#$%&'.^_`|~".contains(&b);
            if value.is_empty() || value.len() >= if is_infix { 40 } else { 128 } || !inner.bytes().all(is_legal) {
                return wrong(format!(
                    "expected a value of `{name}` without blanks, with `*` at its beginning or end only, found `{value}`"
                ));
            }
        }
        Ok(())
    }
}

impl fmt::Display for RoutingRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "routing rule {}: ", self.priority)?;
        let path = self.base_path.as_ref().map(|path| format!("base path {path}"));
        let headers = self.headers.iter().map(|(name, value)| format!("header {name}: {value}"));
        let conditions: Vec<_> = path.into_iter().chain(headers).collect();
        f.write_str(if conditions.is_empty() { "any request" } else { "" })?;
        f.write_str(&conditions.join(", "))
    }
}

fn fits(glob: &[u8], value: &[u8]) -> bool {
    match glob {
        [b'*'] | [b'*', b'*'] => true,
        [b'*', inner @ .., b'*'] => value.windows(inner.len()).any(|part| part == inner),
        [b'*', end @ ..] => value.ends_with(end),
        [start @ .., b'*'] => value.starts_with(start),
        glob => value == glob,
    }
}

/// "The following headers aren't supported as conditions."
fn is_reserved(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let families = ["access-control-", "apigw-", "x-amz-", "x-amzn-"];
    families.iter().any(|family| name.starts_with(family)) || RESERVED.contains(&&*name)
}

const RESERVED: [&str; 20] = [
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-location",
    "forwarded",
    "keep-alive",
    "origin",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailers",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-apigw-api-id",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-restapi",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_rule_looks_at_whole_segments_and_at_the_case() {
        let rule = RoutingRule::new(1).base_path("/PetStoreShopper/");
        for (path, found) in [
            ("/PetStoreShopper/dogs", Some(("PetStoreShopper", "/dogs"))),
            ("/PetStoreShopper", Some(("PetStoreShopper", ""))),
            ("/petstoreshopper/dogs", None),
            ("/PetStoreShoppers", None),
            ("/x/PetStoreShopper", None),
        ] {
            let stripping = rule.clone().strip_base_path(true);
            assert_eq!(stripping.find(path, &HeaderMap::new()), found, "{path}");
            assert_eq!(rule.find(path, &HeaderMap::new()), found.map(|_| ("", path)), "{path}");
        }
    }

    #[test]
    fn names_of_headers_have_no_case_and_their_values_have_one() {
        for (glob, value, is_found) in [
            ("World*", "Worldly", true),
            ("World*", "world", false),
            ("*beta", "2-beta", true),
            ("*beta", "beta2", false),
            ("*v*", "x-v-1", true),
            ("*v*", "x", false),
            ("alpha", "alpha", true),
            ("alpha", "alphabet", false),
            ("*", "", true),
            ("**", "", true),
            // `*` is any characters, also those that are no ASCII.
            ("*", "caf\u{e9}", true),
            ("caf*", "caf\u{e9}", true),
            ("*f*", "caf\u{e9}", true),
        ] {
            let rule = RoutingRule::new(1).header("HELLO", glob);
            assert_eq!(rule.find("/", &headers(&[("hello", value)])).is_some(), is_found, "{glob} {value}");
            assert!(rule.find("/", &HeaderMap::new()).is_none());
        }
        let both = RoutingRule::new(1).header("a", "1").header("b", "2");
        assert!(both.find("/", &headers(&[("a", "1")])).is_none());
        assert!(both.find("/", &headers(&[("a", "0"), ("a", "1"), ("b", "2")])).is_some());
    }

    #[test]
    fn what_api_gateway_would_not_accept_is_refused() {
        let rule = || RoutingRule::new(1);
        for (rule, part) in [
            (RoutingRule::new(0), "priority from 1 to 1000000"),
            (RoutingRule::new(1_000_001), "priority from 1 to 1000000"),
            (rule().base_path("a b"), "expected a base path"),
            (rule().base_path("/"), "expected a base path"),
            (rule().base_path(&"a".repeat(128)), "expected a base path"),
            (rule().strip_base_path(true), "there is no base path to strip"),
            (rule().header("a", "1").header("b", "1").header("c", "1"), "expected two headers at most, found 3"),
            (rule().header("Authorization", "x"), "that rules may look at, found `Authorization`"),
            (rule().header("x-amz-date", "x"), "that rules may look at"),
            (rule().header("x-(a)", "x"), "that rules may look at"),
            (rule().header("a b", "x"), "that rules may look at"),
            (rule().header("a", "b*c"), "found `b*c`"),
            (rule().header("a", ""), "found ``"),
            (rule().header("a", format!("*{}*", "b".repeat(40))), "expected a value of `a`"),
        ] {
            let error = rule.check().map_or_else(|error| error.to_string(), |()| format!("{rule}: accepted"));
            assert!(error.contains(part), "{error}");
        }
        let longest =
            rule().header("x-version", format!("{}*", "b".repeat(126))).base_path("a/b").strip_base_path(true);
        assert_eq!(longest.check(), Ok(()));
    }
}
