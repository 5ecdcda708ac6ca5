//! Who is calling, where that is more than claims: a client certificate, or an IAM principal.

use std::fmt;

use http::HeaderMap;

use super::context::RequestContext;
use crate::uri::percent_decoded;

/// The certificate that the client showed, with
/// [mutual TLS](https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mutual-tls.html). API Gateway has
/// checked it against the trust store of the domain, but not whether it was revoked: check that with
/// [`serial_number`](Self::serial_number).
///
/// ```
/// # use sippycup_core::{ClientCertificate, EventSource, RequestContext};
/// let context = RequestContext::from_json(
///     EventSource::RestApi,
///     r#"{"identity":{"clientCert":{"clientCertPem":"-----BEGIN CERTIFICATE-----\n…","subjectDN":"CN=ada",
///         "issuerDN":"CN=ca","serialNumber":"a1:b2",
///         "validity":{"notBefore":"Nov 14 22:13:20 2023 GMT","notAfter":"Nov 13 22:13:20 2024 GMT"}}}}"#,
/// )?;
/// assert_eq!(ClientCertificate::from_context(&context).unwrap().subject(), Some("CN=ada"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    pem: Option<String>,
    subject: Option<String>,
    issuer: Option<String>,
    serial_number: Option<String>,
    not_before: Option<String>,
    not_after: Option<String>,
}

impl ClientCertificate {
    /// The certificate that API Gateway saw; `None` if it asked for none.
    ///
    /// It stands in `requestContext.identity.clientCert`, and in payload format 2.0 in
    /// `requestContext.authentication.clientCert`.
    #[must_use]
    pub fn from_context(context: &RequestContext) -> Option<Self> {
        let certificate = |place: &'static str| {
            let at = |name| context.text_at(&[place, "clientCert", name]);
            let valid = |name| context.text_at(&[place, "clientCert", "validity", name]);
            Self {
                pem: at("clientCertPem"),
                subject: at("subjectDN"),
                issuer: at("issuerDN"),
                serial_number: at("serialNumber"),
                not_before: valid("notBefore"),
                not_after: valid("notAfter"),
            }
            .known()
        };
        certificate("authentication").or_else(|| certificate("identity"))
    }

    /// The certificate that a load balancer says it saw: its headers `x-amzn-mtls-clientcert-…`, or
    /// `x-amzn-mtls-clientcert` where it passes the certificate through and does not check it.
    ///
    /// **Only behind a load balancer whose listener has mutual TLS.** Any other lets a client send these headers itself.
    /// That is why no extractor reads them. A certificate that was passed through is the claim of the client until the app
    /// has checked its chain.
    ///
    /// See [Mutual TLS with an Application Load Balancer](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html).
    #[must_use]
    pub fn from_trusted_load_balancer(headers: &HeaderMap) -> Option<Self> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let pem = header("x-amzn-mtls-clientcert-leaf").or_else(|| header("x-amzn-mtls-clientcert"));
        // `NotBefore=2023-09-21T01:50:17Z;NotAfter=2024-09-20T01:50:17Z`
        let validity = header("x-amzn-mtls-clientcert-validity").unwrap_or_default();
        let valid = |name: &str| validity.split(';').find_map(|part| part.trim().strip_prefix(name)).map(str::to_owned);
        Self {
            pem: pem.map(percent_decoded),
            subject: header("x-amzn-mtls-clientcert-subject").map(str::to_owned),
            issuer: header("x-amzn-mtls-clientcert-issuer").map(str::to_owned),
            serial_number: header("x-amzn-mtls-clientcert-serial-number").map(str::to_owned),
            not_before: valid("NotBefore="),
            not_after: valid("NotAfter="),
        }
        .known()
    }

    /// The certificate in PEM.
    #[must_use]
    pub fn pem(&self) -> Option<&str> {
        self.pem.as_deref()
    }

    /// The distinguished name of the client, such as `CN=ada,O=Example`.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// The distinguished name of whoever signed the certificate.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// The serial number, in hexadecimal digits; API Gateway puts colons between the bytes.
    #[must_use]
    pub fn serial_number(&self) -> Option<&str> {
        self.serial_number.as_deref()
    }

    /// From when on it is valid, as the front door writes times.
    #[must_use]
    pub fn not_before(&self) -> Option<&str> {
        self.not_before.as_deref()
    }

    /// Until when it is valid, as the front door writes times.
    #[must_use]
    pub fn not_after(&self) -> Option<&str> {
        self.not_after.as_deref()
    }

    /// A certificate of which nothing is known is none.
    fn known(self) -> Option<Self> {
        let known = self.pem.is_some() || self.subject.is_some() || self.serial_number.is_some();
        known.then_some(self)
    }
}

impl fmt::Debug for ClientCertificate {
    /// Shows nothing of it: it tells who somebody is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate").finish_non_exhaustive()
    }
}

/// Who signed the request, where AWS has checked the signature: IAM authorization of API Gateway, of function URLs and of
/// VPC Lattice.
///
/// ```
/// # use sippycup_core::{EventSource, IamPrincipal, RequestContext};
/// let context = RequestContext::from_json(
///     EventSource::HttpApi,
///     r#"{"http":{},"authorizer":{"iam":{"userArn":"arn:aws:iam::111122223333:user/ada","accountId":"111122223333"}}}"#,
/// )?;
/// assert_eq!(IamPrincipal::from_context(&context).unwrap().arn(), "arn:aws:iam::111122223333:user/ada");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct IamPrincipal {
    arn: String,
    account_id: Option<String>,
    user_id: Option<String>,
    access_key: Option<String>,
    organization_id: Option<String>,
    cognito_identity_id: Option<String>,
}

impl IamPrincipal {
    /// Who signed the request; `None` if nobody did, or if the front door asks for no signature.
    ///
    /// It stands in `requestContext.authorizer.iam` (payload format 2.0) or in `requestContext.identity`.
    #[must_use]
    pub fn from_context(context: &RequestContext) -> Option<Self> {
        let iam = |name| context.text_at(&["authorizer", "iam", name]);
        let identity = |name| context.text_at(&["identity", name]);
        let either = |name| iam(name).or_else(|| identity(name));
        let arn = iam("userArn").or_else(|| identity("userArn")).or_else(|| identity("principal"))?;
        Some(Self {
            arn,
            account_id: either("accountId"),
            user_id: iam("userId").or_else(|| identity("user")),
            access_key: either("accessKey"),
            organization_id: either("principalOrgId").or_else(|| identity("principalOrgID")),
            cognito_identity_id: context
                .text_at(&["authorizer", "iam", "cognitoIdentity", "identityId"])
                .or_else(|| identity("cognitoIdentityId")),
        })
    }

    /// The ARN of the user or of the role's session.
    #[must_use]
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// The account of the caller; VPC Lattice does not say it apart from the ARN.
    #[must_use]
    pub fn account_id(&self) -> Option<&str> {
        self.account_id.as_deref()
    }

    /// The unique id of the user, or of the role and its session, such as `AIDA…` or `AROA…:session`.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        self.user_id.as_deref()
    }

    /// The id of the access key that signed.
    #[must_use]
    pub fn access_key(&self) -> Option<&str> {
        self.access_key.as_deref()
    }

    /// The AWS organization of the caller's account.
    #[must_use]
    pub fn organization_id(&self) -> Option<&str> {
        self.organization_id.as_deref()
    }

    /// The identity of a Cognito identity pool, if the credentials are of one.
    #[must_use]
    pub fn cognito_identity_id(&self) -> Option<&str> {
        self.cognito_identity_id.as_deref()
    }
}

impl fmt::Debug for IamPrincipal {
    /// Shows nothing of it: it tells who somebody is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IamPrincipal").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::{Value, json};

    use super::*;
    use crate::source::EventSource;

    fn context(json: &Value) -> RequestContext {
        RequestContext::from_json(EventSource::HttpApi, &json.to_string()).unwrap()
    }

    #[test]
    fn a_certificate_is_found_where_either_format_has_it() {
        let certificate = json!({
            "clientCertPem": "pem\n", "subjectDN": "CN=a", "issuerDN": "CN=b", "serialNumber": "a1:b2",
            "validity": {"notBefore": "May 28 12:30:02 2019 GMT", "notAfter": "Aug  5 09:36:04 2021 GMT"},
        });
        for json in
            [json!({"identity": {"clientCert": certificate}}), json!({"authentication": {"clientCert": certificate}})]
        {
            let seen = ClientCertificate::from_context(&context(&json)).unwrap();
            assert_eq!((seen.pem(), seen.subject(), seen.issuer()), (Some("pem\n"), Some("CN=a"), Some("CN=b")));
            assert_eq!((seen.serial_number(), seen.not_after()), (Some("a1:b2"), Some("Aug  5 09:36:04 2021 GMT")));
            assert_eq!(format!("{seen:?}"), "ClientCertificate { .. }");
        }
        for json in [
            json!({}),
            json!({"authentication": null, "identity": {"sourceIp": "192.0.2.1"}}),
            json!({"identity": {"clientCert": null}}),
            json!({"identity": {"clientCert": {"issuerDN": "CN=b"}}}),
            json!({"clientCert": certificate}),
        ] {
            assert_eq!(ClientCertificate::from_context(&context(&json)), None, "{json}");
        }
    }

    #[test]
    fn headers_of_a_load_balancer_count_only_where_they_are_asked_for() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("x-amzn-mtls-clientcert-leaf", "-----BEGIN%20CERTIFICATE-----%0AMIIE+w/=%0A"),
            ("x-amzn-mtls-clientcert-subject", "CN=a,OU=b"),
            ("x-amzn-mtls-clientcert-issuer", "CN=ca"),
            ("x-amzn-mtls-clientcert-serial-number", "03A5B1"),
            ("x-amzn-mtls-clientcert-validity", "NotBefore=2023-09-21T01:50:17Z;NotAfter=2024-09-20T01:50:17Z"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let seen = ClientCertificate::from_trusted_load_balancer(&headers).unwrap();
        assert_eq!(seen.pem(), Some("-----BEGIN CERTIFICATE-----\nMIIE+w/=\n"));
        assert_eq!((seen.subject(), seen.serial_number()), (Some("CN=a,OU=b"), Some("03A5B1")));
        assert_eq!((seen.not_before(), seen.not_after()), (Some("2023-09-21T01:50:17Z"), Some("2024-09-20T01:50:17Z")));
        assert_eq!(ClientCertificate::from_context(&context(&json!({"elb": {}}))), None);
        assert_eq!(ClientCertificate::from_trusted_load_balancer(&HeaderMap::new()), None);
    }

    #[test]
    fn what_is_no_escape_stays() {
        for (encoded, decoded) in
            [("a%20b+", "a b+"), ("%", "%"), ("%4", "%4"), ("%zz%41", "%zzA"), ("%é", "%é"), ("", "")]
        {
            assert_eq!(percent_decoded(encoded), decoded);
        }
    }

    #[test]
    fn an_iam_principal_is_found_wherever_a_front_door_puts_it() {
        for (json, arn, account) in [
            (json!({"authorizer": {"iam": {"userArn": "arn:u", "accountId": "1"}}}), "arn:u", Some("1")),
            (json!({"identity": {"userArn": "arn:u", "accountId": "1", "user": "AIDA"}}), "arn:u", Some("1")),
            (json!({"identity": {"type": "AWS_IAM", "principal": "arn:p", "principalOrgID": "o-1"}}), "arn:p", None),
        ] {
            let seen = IamPrincipal::from_context(&context(&json)).unwrap();
            assert_eq!((seen.arn(), seen.account_id()), (arn, account), "{json}");
        }
        let of_identity = json!({"identity": {
            "userArn": "arn:u", "user": "AIDA", "accessKey": "AKIA", "principalOrgID": "o-1", "cognitoIdentityId": "c-1",
        }});
        let of_authorizer = json!({"authorizer": {"iam": {
            "userArn": "arn:u", "userId": "AIDA", "accessKey": "AKIA", "principalOrgId": "o-1",
            "cognitoIdentity": {"identityId": "c-1"},
        }}});
        for json in [of_identity, of_authorizer] {
            let seen = IamPrincipal::from_context(&context(&json)).unwrap();
            let shown = [seen.user_id(), seen.access_key(), seen.organization_id(), seen.cognito_identity_id()];
            assert_eq!(shown, ["AIDA", "AKIA", "o-1", "c-1"].map(Some), "{json}");
        }
        for json in [
            json!({}),
            json!({"identity": {"userArn": null, "sourceIp": "192.0.2.1"}}),
            json!({"authorizer": {"iam": {}}}),
            json!({"authorizer": {"userArn": "arn:of-a-lambda-authorizer"}}),
            json!({"authorizer": {"lambda": {"iam": {"userArn": "arn:x"}}}}),
        ] {
            assert_eq!(IamPrincipal::from_context(&context(&json)), None, "{json}");
        }
    }
}
