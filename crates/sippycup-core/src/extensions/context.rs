//! What the gateway says about a request: `requestContext`, verbatim.

use std::{
    borrow::Cow,
    fmt,
    net::IpAddr,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::claims;
use crate::{
    json::{Field, Kind, Member, Members, member},
    source::EventSource,
};

/// The event's `requestContext`, exactly as AWS wrote it.
///
/// Everything is in [`json`](Self::json); [`deserialize`](Self::deserialize) brings it into a type of yours
/// (or of `aws_lambda_events`). The commonest members have a method each. Nothing is parsed before it is
/// asked for, and a clone shares the event's buffer.
///
/// ```
/// # use sippycup_core::{EventSource, RequestContext};
/// let context = RequestContext::from_json(
///     EventSource::RestApi,
///     r#"{"stage":"prod","identity":{"sourceIp":"192.0.2.1"},"authorizer":{"claims":{"sub":"42"}}}"#,
/// )?;
/// assert_eq!(context.stage(), Some("prod"));
///
/// #[derive(serde::Deserialize)]
/// struct Claims { sub: String }
/// let claims: Option<Claims> = context.claims()?;
/// assert_eq!(claims.unwrap().sub, "42");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct RequestContext {
    source: EventSource,
    json: Bytes,
    /// The values behind the accessors, in the order of [`TEXTS`]: read on first use.
    texts: OnceLock<Arc<[Option<String>; TEXTS.len()]>>,
}

impl RequestContext {
    /// A context of your own, for tests of handlers that read one.
    ///
    /// # Errors
    ///
    /// If the text is no JSON.
    pub fn from_json(source: EventSource, json: &str) -> serde_json::Result<Self> {
        let json: &RawValue = serde_json::from_str(json)?;
        Ok(Self::new(source, Bytes::copy_from_slice(json.get().as_bytes())))
    }

    /// `json` must be one JSON value, in UTF-8.
    pub(crate) fn new(source: EventSource, json: Bytes) -> Self {
        Self { source, json, texts: OnceLock::new() }
    }

    /// The front door the event came through.
    #[must_use]
    pub fn source(&self) -> EventSource {
        self.source
    }

    /// Everything AWS sent, untouched; `null` for VPC Lattice's first event version, which has no context.
    #[must_use]
    pub fn json(&self) -> &RawValue {
        let json = serde_json::from_slice(&self.json);
        debug_assert!(json.is_ok(), "a context was read as JSON: {json:?}");
        json.unwrap_or(RawValue::NULL)
    }

    /// Reads the context into a type of yours.
    ///
    /// # Errors
    ///
    /// If the JSON does not have the shape of `T`.
    pub fn deserialize<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_slice(&self.json)
    }

    /// What the authorizer said about the caller, wherever this kind of API puts it; `None` without an
    /// authorizer.
    ///
    /// | authorizer | what `T` is read from |
    /// |---|---|
    /// | JWT (HTTP API, 2.0) | `authorizer.jwt.claims` |
    /// | Cognito user pool; JWT (HTTP API, 1.0) | `authorizer.claims` |
    /// | Lambda (HTTP API, 2.0) | `authorizer.lambda` |
    /// | Lambda (REST API; HTTP API, 1.0; WebSocket API) | `authorizer`: `principalId` and the authorizer's own keys |
    /// | IAM (HTTP API 2.0, function URL) | `authorizer.iam` |
    /// | IAM (REST API; HTTP API, 1.0), IAM (VPC Lattice) | `identity` |
    ///
    /// Cognito and JWT claims are all strings, also numbers, booleans and lists:
    /// [`lenient_claims`](Self::lenient_claims) reads those into numbers, booleans and lists
    /// ([JWT authorizers](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html)).
    ///
    /// # Errors
    ///
    /// If the authorizer's data does not have the shape of `T`.
    pub fn claims<T: DeserializeOwned>(&self) -> serde_json::Result<Option<T>> {
        match self.claims_field() {
            Some(field) => serde_json::from_slice(field.raw(&self.json)).map(Some),
            None => Ok(None),
        }
    }

    /// As [`claims`](Self::claims), for types that ask for what a claim means and not for the text that the gateway
    /// made of it.
    ///
    /// | the type asks for | is read from |
    /// |---|---|
    /// | a number | digits in a string, also `1.7E9`; a date such as `Tue Apr 04 18:39:39 UTC 2023`, as seconds since 1970 |
    /// | a boolean | `"true"` and `"false"` |
    /// | a list | `"[a b]"` (HTTP APIs), `"a,b"` (REST APIs), `"a b"` (scopes); JSON in a string |
    /// | a struct or a map | JSON in a string (HTTP APIs) |
    /// | text | a number or a boolean |
    ///
    /// What the type takes as it comes (`serde_json::Value`, a field with `#[serde(flatten)]`, an enum that is untagged or
    /// has its tag inside) stays as it is. An item that has a comma or a space in it cannot be told from two, except in
    /// JSON.
    ///
    /// ```
    /// # use sippycup_core::{EventSource, RequestContext};
    /// #[derive(serde::Deserialize)]
    /// struct Claims {
    ///     exp: u64,
    ///     email_verified: bool,
    ///     #[serde(rename = "cognito:groups", default)]
    ///     groups: Vec<String>,
    /// }
    ///
    /// let context = RequestContext::from_json(
    ///     EventSource::HttpApi,
    ///     r#"{"http":{},"authorizer":{"jwt":{"claims":
    ///         {"exp":"1680633579","email_verified":"true","cognito:groups":"[admin staging]"}}}}"#,
    /// )?;
    /// let claims: Claims = context.lenient_claims()?.unwrap();
    /// assert_eq!((claims.exp, claims.email_verified), (1_680_633_579, true));
    /// assert_eq!(claims.groups, ["admin", "staging"]);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the authorizer's data, read like this, does not have the shape of `T`.
    pub fn lenient_claims<T: DeserializeOwned>(&self) -> serde_json::Result<Option<T>> {
        self.claims_field().map(|field| claims::from_slice(field.raw(&self.json))).transpose()
    }

    /// The AWS account that owns the API; `anonymous` on a function URL without authorization.
    #[must_use]
    pub fn account_id(&self) -> Option<&str> {
        self.text("accountId")
    }

    /// The API's identifier, or the function URL's.
    #[must_use]
    pub fn api_id(&self) -> Option<&str> {
        self.text("apiId")
    }

    /// The WebSocket connection, for the `@connections` API.
    #[must_use]
    pub fn connection_id(&self) -> Option<&str> {
        self.text("connectionId")
    }

    /// The domain the gateway was called under. Not what the client typed where a CDN stands in front.
    #[must_use]
    pub fn domain_name(&self) -> Option<&str> {
        self.text("domainName")
    }

    /// A WebSocket event's type: `CONNECT`, `MESSAGE` or `DISCONNECT`.
    #[must_use]
    pub fn event_type(&self) -> Option<&str> {
        self.text("eventType")
    }

    /// The gateway's id of this request. Lambda's own is in its `Context`.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.text("requestId")
    }

    /// The path template of the API resource or route that matched, such as `/items/{id}`.
    #[must_use]
    pub fn resource(&self) -> Option<&str> {
        self.text("resourcePath").or_else(|| Some(self.route_key()?.split_once(' ')?.1))
    }

    /// The route that matched on an HTTP or WebSocket API: `GET /items/{id}`, `$default`, `$connect`, ….
    #[must_use]
    pub fn route_key(&self) -> Option<&str> {
        self.text("routeKey")
    }

    /// The address of the caller as the gateway saw it. Load balancers and VPC Lattice do not say;
    /// [`ClientIp`](crate::ClientIp) also knows theirs.
    #[must_use]
    pub fn source_ip(&self) -> Option<IpAddr> {
        let json = &*self.json;
        let members = Members::of(json, Field::whole(json)).flatten();
        let callers = members.filter(|each| each.name.is(json, b"http") || each.name.is(json, b"identity"));
        callers.filter_map(|each| member(json, each.value, "sourceIp")?.string_or_none(json)?.parse().ok()).last()
    }

    /// The stage: a name, or `$default`.
    #[must_use]
    pub fn stage(&self) -> Option<&str> {
        self.text("stage")
    }

    /// The text that stands there, if it is one.
    pub(super) fn text_at(&self, path: &[&str]) -> Option<String> {
        let json = &*self.json;
        let value = path.iter().try_fold(Field::whole(json), |object, name| member(json, object, name))?;
        value.string_or_none(json).map(Cow::into_owned)
    }

    fn text(&self, name: &str) -> Option<&str> {
        let texts = self.texts.get_or_init(|| {
            let json = &*self.json;
            let mut texts = <[Option<String>; TEXTS.len()]>::default();
            for Member { name, value } in Members::of(json, Field::whole(json)).flatten() {
                if let Some((_, text)) = TEXTS.iter().zip(&mut texts).find(|(text, _)| name.is(json, text.as_bytes())) {
                    *text = value.string_or_none(json).map(Cow::into_owned);
                }
            }
            Arc::new(texts)
        });
        texts.get(TEXTS.iter().position(|text| *text == name)?)?.as_deref()
    }

    fn claims_field(&self) -> Option<Field> {
        let json = &*self.json;
        let of = |object: Field, name: &str| {
            member(json, object, name).filter(|field| Members::of(json, *field).next().is_some())
        };
        let all = Field::whole(json);
        let identity = || of(all, "identity").filter(|identity| is_iam(json, *identity));
        let Some(authorizer) = of(all, "authorizer") else { return identity() };
        if let Some(claims) = of(authorizer, "jwt").and_then(|jwt| of(jwt, "claims")) {
            return Some(claims);
        }
        // A Lambda authorizer may call one of its own keys `claims`; then there is a principal beside it.
        if member(json, authorizer, "principalId").is_none()
            && let Some(claims) = of(authorizer, "claims")
        {
            return Some(claims);
        }
        let format_2 = member(json, all, "http").is_some();
        if format_2 {
            return of(authorizer, "lambda").or_else(|| of(authorizer, "iam"));
        }
        // An HTTP API writes `{"claims":null,"scopes":null}` where nobody was authorized.
        let nobody = member(json, authorizer, "claims").is_some_and(|claims| claims.is_none());
        if nobody { identity() } else { Some(authorizer) }
    }
}

impl fmt::Debug for RequestContext {
    /// Shows the source only: the context has tokens and certificates in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestContext").field("source", &self.source).finish_non_exhaustive()
    }
}

/// `identity` is there on every request; an IAM caller has an ARN, an access key or (Lattice) a principal.
fn is_iam(json: &[u8], identity: Field) -> bool {
    ["userArn", "accessKey", "principal"]
        .iter()
        .any(|name| member(json, identity, name).is_some_and(|member| member.kind() == Kind::String))
}

/// The members that have an accessor which gives their text.
const TEXTS: [&str; 9] =
    ["accountId", "apiId", "connectionId", "domainName", "eventType", "requestId", "resourcePath", "routeKey", "stage"];

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn claims(context: &Value) -> Option<Value> {
        RequestContext::from_json(EventSource::RestApi, &context.to_string()).unwrap().claims().unwrap()
    }

    #[test]
    fn claims_are_found_for_every_authorizer() {
        let sub = json!({"sub": "1"});
        for (context, expected) in [
            (json!({"authorizer": {"claims": sub}}), Some(sub.clone())),
            (json!({"authorizer": {"claims": sub, "scopes": ["a"]}}), Some(sub.clone())),
            (json!({"http": {}, "authorizer": {"jwt": {"claims": sub, "scopes": null}}}), Some(sub.clone())),
            (json!({"http": {}, "authorizer": {"lambda": sub}}), Some(sub.clone())),
            (json!({"http": {}, "authorizer": {"jwt": {"claims": sub}, "lambda": {"a": 1}}}), Some(sub)),
            (json!({"http": {}, "authorizer": {"iam": {"userId": "x"}}}), Some(json!({"userId": "x"}))),
            (json!({"http": {}, "authorizer": {"iam": {}}}), None),
            (json!({"http": {}, "authorizer": {"lambda": null}}), None),
            (json!({"http": {}, "authorizer": {}}), None),
            (
                json!({"authorizer": {"principalId": "u", "integrationLatency": 9, "claims": "mine"}}),
                Some(json!({"principalId": "u", "integrationLatency": 9, "claims": "mine"})),
            ),
            (json!({"authorizer": {"claims": null, "scopes": null}, "identity": {"userArn": null}}), None),
            (
                json!({"identity": {"userArn": "arn:x", "sourceIp": "::1"}}),
                Some(json!({"userArn": "arn:x", "sourceIp": "::1"})),
            ),
            (json!({"identity": {"userArn": null, "sourceIp": "::1"}}), None),
            (json!({"authorizer": 5}), None),
            (json!({}), None),
        ] {
            assert_eq!(claims(&context), expected, "{context}");
        }
    }

    #[test]
    fn odd_types_do_not_hide_the_rest() {
        let context = RequestContext::from_json(
            EventSource::RestApi,
            r#" {"accountId":123,"stage":null,"apiId":"a\u0062","identity":{"sourceIp":"test-invoke-source-ip"},"requestId":"r","routeKey":"GET /a b"} "#,
        )
        .unwrap();
        assert_eq!(context.account_id(), Some("123"));
        assert_eq!(context.stage(), None);
        assert_eq!(context.api_id(), Some("ab"));
        assert_eq!(context.source_ip(), None);
        assert_eq!(context.request_id(), Some("r"));
        assert_eq!(context.resource(), Some("/a b"));
    }
}
