//! Signatures of IAM, made by a signer of the tests' own, and what AWS says of those that do not count.

use ring::digest::{SHA256, digest};
use ring::hmac::{HMAC_SHA256, Key, sign};
use serde_json::{Value, json};
use sippycup_gateway::{Gateway, GatewayBuilder, GatewayResponse, IamAuthorizer, IamCredentials, Kind, Verdict};

use super::{asked, at_that_time, refused, request};
use crate::support::Request;

pub(super) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
pub(super) const ARN: &str = "arn:aws:iam::111122223333:user/ann";
const HOST: &str = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com";

/// The time of the tests, and a day.
const DATE: &str = "20231114T221320Z";

fn guarded(kind: Kind) -> GatewayBuilder {
    let ann = IamCredentials::new("AKIAANN1", SECRET).principal(ARN);
    let role = IamCredentials::new("ASIAROLE", SECRET)
        .session_token("the token")
        .principal("arn:aws:sts::111122223333:assumed-role/admin/bob");
    at_that_time(kind).guard(IamAuthorizer::new(ann).and(role))
}

/// A request that somebody signs.
#[derive(Clone)]
pub(super) struct Signing<'a> {
    pub(super) method: &'a str,
    /// Path, and how it looks encoded once more.
    pub(super) path: (&'a str, &'a str),
    pub(super) query: &'a str,
    pub(super) service: &'a str,
    pub(super) region: &'a str,
    pub(super) key: &'a str,
    pub(super) secret: &'a str,
    pub(super) date: &'a str,
    pub(super) token: Option<&'a str>,
    pub(super) payload: Option<&'a str>,
    pub(super) body: &'a str,
}

pub(super) const PLAIN: Signing<'static> = Signing {
    method: "GET",
    path: ("/prod/items", "/prod/items"),
    query: "",
    service: "execute-api",
    region: "us-east-1",
    key: "AKIAANN1",
    secret: SECRET,
    date: DATE,
    token: None,
    payload: None,
    body: "",
};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Signing<'_> {
    fn day(&self) -> &str {
        self.date.get(..8).unwrap()
    }

    fn scope(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.day(), self.region, self.service)
    }

    /// `query` is in order already.
    fn signature(&self, query: &str, lines: &str, names: &str) -> String {
        let hash = self.payload.map_or_else(|| hex(digest(&SHA256, self.body.as_bytes()).as_ref()), str::to_owned);
        let canonical = format!("{}\n{}\n{query}\n{lines}\n{names}\n{hash}", self.method, self.path.1);
        let hash = hex(digest(&SHA256, canonical.as_bytes()).as_ref());
        let text = format!("AWS4-HMAC-SHA256\n{}\n{}\n{hash}", self.date, self.scope());
        let mut key = format!("AWS4{}", self.secret).into_bytes();
        for part in [self.day(), self.region, self.service, "aws4_request", &text] {
            key = sign(&Key::new(HMAC_SHA256, &key), part.as_bytes()).as_ref().to_vec();
        }
        hex(&key)
    }

    pub(super) fn request(&self) -> Request {
        let mut headers = vec![("host", HOST)];
        headers.extend(self.payload.map(|payload| ("x-amz-content-sha256", payload)));
        headers.push(("x-amz-date", self.date));
        headers.extend(self.token.map(|token| ("x-amz-security-token", token)));
        let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let signature = self.signature(self.query, &lines, &names);
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={names}, Signature={signature}",
            self.key,
            self.scope()
        );
        headers.push(("authorization", &authorization));
        let target = format!("{}?{}", self.path.0, self.query);
        let mut request = request(self.method, target.trim_end_matches('?'), &headers);
        *request.body_mut() = self.body.to_owned().into();
        request
    }

    fn presigned(&self, expires: u32) -> Request {
        let credential = format!("{}/{}", self.key, self.scope()).replace('/', "%2F");
        let query = format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}&X-Amz-Date={}&X-Amz-Expires={expires}&X-Amz-SignedHeaders=host",
            self.date
        );
        let signature = self.signature(&query, &format!("host:{HOST}\n"), "host");
        request("GET", &format!("{}?{query}&X-Amz-Signature={signature}", self.path.0), &[("host", HOST)])
    }
}

async fn passes(kind: Kind, request: Request) -> Value {
    let (response, event) = asked(guarded(kind), request).await;
    event.unwrap_or_else(|| panic!("{:?}", response.extensions().get::<Verdict>()))
}

#[tokio::test]
async fn each_kind_shows_who_has_signed_in_its_own_place() {
    let event = passes(Kind::RestApi, PLAIN.request()).await;
    let identity = &event["requestContext"]["identity"];
    for (member, value) in [
        ("accessKey", "AKIAANN1"),
        ("accountId", "111122223333"),
        ("caller", "AIDAANN1"),
        ("user", "AIDAANN1"),
        ("userArn", ARN),
    ] {
        assert_eq!(identity[member], value, "{member}");
    }
    assert_eq!(event["headers"].get("Authorization"), None, "a REST API keeps the signature to itself");

    let http = Signing { path: ("/items", "/items"), ..PLAIN };
    let event = passes(Kind::HttpApiV2, http.request()).await;
    let iam = json!({
        "accessKey": "AKIAANN1", "accountId": "111122223333", "callerId": "AIDAANN1", "cognitoIdentity": null,
        "principalOrgId": null, "userArn": ARN, "userId": "AIDAANN1",
    });
    assert_eq!(event["requestContext"]["authorizer"]["iam"], iam);
    let event = passes(Kind::HttpApiV1, http.request()).await;
    assert_eq!(event["requestContext"]["identity"]["userArn"], ARN);

    let event = passes(Kind::FunctionUrl, Signing { service: "lambda", ..http.clone() }.request()).await;
    assert_eq!(event["requestContext"]["authorizer"]["iam"], iam);
    assert_eq!(event["requestContext"]["accountId"], "111122223333");

    let lattice = Signing { service: "vpc-lattice-svcs", payload: Some("UNSIGNED-PAYLOAD"), body: "{}", ..http };
    let event = passes(Kind::VpcLatticeV2, lattice.request()).await;
    assert_eq!(event["requestContext"]["identity"]["principal"], ARN);
}

#[tokio::test]
async fn path_query_and_body_are_signed_as_they_are_sent() {
    for signing in [
        Signing { path: ("/prod/a%20b/%C3%BC", "/prod/a%2520b/%25C3%25BC"), ..PLAIN },
        Signing { path: ("/prod//x/", "/prod/x/"), ..PLAIN },
        Signing { query: "a=%C3%BC&b=&b=1&c=x%20y", ..PLAIN },
        Signing { method: "POST", body: "{\"a\": \"ü\"}", ..PLAIN },
        Signing { method: "POST", body: "x", payload: Some("UNSIGNED-PAYLOAD"), ..PLAIN },
        Signing { key: "ASIAROLE", token: Some("the token"), ..PLAIN },
        // A clock may be five minutes off.
        Signing { date: "20231114T220820Z", ..PLAIN },
        Signing { date: "20231114T221820Z", ..PLAIN },
    ] {
        passes(Kind::RestApi, signing.request()).await;
    }
    let mut overridden = PLAIN.request();
    overridden.headers_mut().insert("x-http-method-override", "DELETE".parse().unwrap());
    assert_eq!(passes(Kind::RestApi, overridden).await["httpMethod"], "DELETE", "what is signed is the request line");
    let session = passes(Kind::RestApi, Signing { key: "ASIAROLE", token: Some("the token"), ..PLAIN }.request()).await;
    assert_eq!(session["requestContext"]["identity"]["caller"], "AROAROLE:bob");
}

#[tokio::test]
async fn a_signature_in_the_query_is_good_as_long_as_it_says() {
    passes(Kind::RestApi, PLAIN.presigned(1)).await;
    passes(Kind::RestApi, Signing { date: "20231114T211320Z", ..PLAIN }.presigned(3600)).await;
    for (signing, expires, part) in [
        (
            Signing { date: "20231114T211319Z", ..PLAIN },
            3600,
            "Signature expired: 20231114T221319Z is now earlier than 20231114T221320Z",
        ),
        (
            Signing { date: "20231114T221821Z", ..PLAIN },
            3600,
            "Signature not yet current: 20231114T221821Z is still later than 20231114T221820Z",
        ),
        (PLAIN, 604_801, "X-Amz-Expires must be less than a week"),
    ] {
        let (status, error, body) = refused(guarded(Kind::RestApi), signing.presigned(expires)).await;
        assert_eq!((status, &*error), (403, "InvalidSignatureException"));
        assert!(body.contains(part), "{body}");
    }
    let target = PLAIN.presigned(60).uri().to_string();
    let cut = target.split("&X-Amz-Signature").next().unwrap();
    let (_, error, body) = refused(guarded(Kind::RestApi), request("GET", cut, &[("host", HOST)])).await;
    assert_eq!(error, "IncompleteSignatureException");
    assert!(body.contains("must include 'X-Amz-Signature'"), "{body}");
}

#[tokio::test]
async fn what_is_wrong_with_a_signature_is_told_in_the_words_of_aws() {
    let other = hex(digest(&SHA256, b"another").as_ref());
    for (signing, error, part) in [
        (
            Signing { secret: "another", ..PLAIN },
            "InvalidSignatureException",
            "The Canonical String for this request should have been\\n'GET\\n/prod/items\\n",
        ),
        (
            Signing { key: "AKIANOBODY", ..PLAIN },
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        ),
        (
            Signing { key: "ASIAROLE", ..PLAIN },
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        ),
        (Signing { key: "ASIAROLE", token: Some("old"), ..PLAIN }, "UnrecognizedClientException", "security token"),
        (Signing { token: Some("the token"), ..PLAIN }, "UnrecognizedClientException", "security token"),
        (
            Signing { service: "lambda", ..PLAIN },
            "InvalidSignatureException",
            "Credential should be scoped to correct service: 'execute-api'. ",
        ),
        (
            Signing { region: "eu-west-1", ..PLAIN },
            "InvalidSignatureException",
            "Credential should be scoped to a valid region, not 'eu-west-1'. ",
        ),
        (
            Signing { date: "20231114T220819Z", ..PLAIN },
            "InvalidSignatureException",
            "Signature expired: 20231114T220819Z is now earlier than 20231114T220820Z (20231114T221320Z - 5 min.)",
        ),
        (Signing { date: "20231114T221821Z", ..PLAIN }, "InvalidSignatureException", "Signature not yet current"),
        (Signing { date: "2023111T2213200Z", ..PLAIN }, "IncompleteSignatureException", "ISO-8601 'basic format'"),
        (Signing { payload: Some(&other), ..PLAIN }, "InvalidSignatureException", "does not match"),
        (
            Signing { payload: Some("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), ..PLAIN },
            "InvalidSignatureException",
            "not STREAMING-",
        ),
    ] {
        let (status, told, body) = refused(guarded(Kind::RestApi), signing.request()).await;
        assert_eq!((status, &*told), (403, error), "{body}");
        assert!(body.contains(part), "{body}");
        // Nothing of it reaches the client of an HTTP API, and a function URL says the first line.
        let http = Signing { path: ("/items", "/items"), ..signing.clone() };
        let (status, _, body) = refused(guarded(Kind::HttpApiV2), http.request()).await;
        assert_eq!((status, &*body), (403, r#"{"message":"Forbidden"}"#));
    }
    let url = Signing { path: ("/x", "/x"), service: "lambda", secret: "another", ..PLAIN };
    let (status, told, body) = refused(guarded(Kind::FunctionUrl), url.request()).await;
    assert_eq!((status, &*told), (403, "InvalidSignatureException"));
    assert!(
        body.starts_with(r#"{"message":"The request signature we calculated does not match"#)
            && !body.contains("Canonical"),
        "{body}"
    );
    let unsigned = Signing { secret: SECRET, payload: Some("UNSIGNED-PAYLOAD"), body: "x", ..url };
    assert_eq!(
        refused(guarded(Kind::FunctionUrl), unsigned.request()).await.0,
        403,
        "Lambda takes no unsigned payload"
    );
}

#[tokio::test]
async fn what_is_no_signature_is_told_apart_from_none() {
    let missing = r#"{"message":"Missing Authentication Token"}"#;
    for (value, error, part) in [
        (None, "MissingAuthenticationTokenException", missing),
        (
            Some("Bearer x"),
            "IncompleteSignatureException",
            "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '",
        ),
        (Some(""), "IncompleteSignatureException", "Invalid key=value pair"),
        (
            Some("AWS4-HMAC-SHA256 ,,"),
            "IncompleteSignatureException",
            "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date'",
        ),
        (
            Some("AWS4-ECDSA-P256-SHA256 Credential=a"),
            "IncompleteSignatureException",
            "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'.",
        ),
        (
            Some("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=00"),
            "IncompleteSignatureException",
            "existence of either",
        ),
    ] {
        let headers: Vec<_> = value.iter().map(|value| ("authorization", *value)).collect();
        let (status, told, body) = refused(guarded(Kind::RestApi), request("GET", "/prod/", &headers)).await;
        assert_eq!((status, &*told), (403, error), "{value:?}");
        assert!(body.contains(part), "{body}");
    }
    let (status, _, body) = refused(guarded(Kind::HttpApiV2), request("GET", "/", &[])).await;
    assert_eq!((status, &*body), (403, r#"{"message":"Forbidden"}"#));
    let (status, told, body) = refused(guarded(Kind::FunctionUrl), request("GET", "/", &[])).await;
    assert_eq!((status, &*told), (403, "AccessDeniedException"));
    assert!(body.starts_with(r#"{"Message":"Forbidden. For troubleshooting"#), "{body}");
    let (status, _, body) = refused(guarded(Kind::VpcLatticeV2), request("GET", "/x", &[])).await;
    assert_eq!(status, 403);
    assert!(body.starts_with("AccessDeniedException: User: anonymous is not authorized to perform: vpc-lattice-svcs:Invoke on resource: arn:aws:vpc-lattice:us-east-1:123456789012:service/svc-") && body.contains("/x because"), "{body}");
}

#[tokio::test]
async fn signatures_that_do_not_count_have_types_of_gateway_responses() {
    let told = || {
        let template = "$context.error.responseType $context.error.message";
        guarded(Kind::RestApi).gateway_response(GatewayResponse::new("DEFAULT_4XX").template("text/plain", template))
    };
    let (_, _, missing) = refused(told(), request("GET", "/prod/", &[])).await;
    assert_eq!(missing, "MISSING_AUTHENTICATION_TOKEN Missing Authentication Token");
    let wrong = Signing { secret: "another", ..PLAIN };
    let (_, told, invalid) = refused(told(), wrong.request()).await;
    assert_eq!(told, "InvalidSignatureException");
    assert!(invalid.starts_with("INVALID_SIGNATURE The request signature we calculated does not match"), "{invalid}");
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused_and_not_more() {
    for authorization in [
        &b"AWS4-HMAC-SHA256 Credential=\xff/\xfe/a/b/c, SignedHeaders=;;\xff, Signature=\xff"[..],
        b"\xff\xfe",
        b"AWS4-HMAC-SHA256 =,=,=",
    ] {
        let mut request = request("GET", "/prod/%FF%?%ff=%&&=+&X-Amz-Date", &[("x-amz-date", "20231114")]);
        let value = http::HeaderValue::from_bytes(authorization).unwrap();
        request.headers_mut().insert("authorization", value);
        assert_eq!(refused(guarded(Kind::RestApi), request).await.0, 403);
    }
}

#[test]
fn a_load_balancer_checks_no_signatures_and_credentials_are_whole() {
    let iam = || IamAuthorizer::new(IamCredentials::new("AKIA", "secret"));
    let error = Gateway::builder(Kind::LoadBalancer).guard(iam()).build(()).unwrap_err();
    assert!(error.to_string().ends_with("checks no signatures of IAM"), "{error}");
    let nobody = iam().and(IamCredentials::new("AKIA", ""));
    assert!(Gateway::builder(Kind::RestApi).guard(nobody).build(()).is_err());
}
