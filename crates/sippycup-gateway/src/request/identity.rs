//! Who calls: authorizer results and client certificates, injected instead of checked.

use serde_json::{Map, Value, json};

use crate::Kind;
use crate::stamp::java_date;

/// What an authorizer would have put into the event. The gateway injects it and checks nothing.
///
/// ```
/// use serde_json::json;
/// use sippycup_gateway::Authorizer;
///
/// let jwt = Authorizer::jwt([("sub", json!("42")), ("groups", json!(["admin", "user"]))], None);
/// let lambda = Authorizer::lambda("user|42", [("tier", json!("gold"))]);
/// # let _ = (jwt, lambda);
/// ```
#[derive(Clone, Debug)]
pub struct Authorizer {
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Claims { claims: Map<String, Value>, scopes: Option<Vec<String>> },
    Iam { access_key: String, account_id: String, user_arn: String, user_id: String },
    Lambda { principal: String, context: Map<String, Value>, latency: u64 },
}

impl Authorizer {
    /// Claims of a Cognito user pool (REST API): `"a,b"` for a list, a date text for `exp` and `iat`.
    pub fn cognito<K: Into<String>>(claims: impl IntoIterator<Item = (K, Value)>) -> Self {
        Self::jwt(claims, None)
    }

    /// Claims of a JWT authorizer (HTTP API): `"[a b]"` for a list, digits for `exp` and `iat`. `scopes` only if the route asks for some.
    ///
    /// The kind of the gateway decides how claims are written, not which of [`cognito`](Self::cognito) and `jwt` made them.
    pub fn jwt<K: Into<String>>(claims: impl IntoIterator<Item = (K, Value)>, scopes: Option<Vec<String>>) -> Self {
        let claims = claims.into_iter().map(|(k, v)| (k.into(), v)).collect();
        Self { source: Source::Claims { claims, scopes } }
    }

    /// The context a Lambda authorizer returned.
    pub fn lambda<K: Into<String>>(
        principal_id: impl Into<String>,
        context: impl IntoIterator<Item = (K, Value)>,
    ) -> Self {
        let context = context.into_iter().map(|(k, v)| (k.into(), v)).collect();
        Self { source: Source::Lambda { principal: principal_id.into(), context, latency: 0 } }
    }

    /// An IAM user whose signature was checked.
    pub fn iam(
        access_key: impl Into<String>,
        account_id: impl Into<String>,
        user_arn: impl Into<String>,
        user_id: impl Into<String>,
    ) -> Self {
        Self {
            source: Source::Iam {
                access_key: access_key.into(),
                account_id: account_id.into(),
                user_arn: user_arn.into(),
                user_id: user_id.into(),
            },
        }
    }

    /// How long a Lambda authorizer took: a function sees it in milliseconds.
    #[cfg(feature = "authorizers")]
    pub(crate) fn set_latency(&mut self, took: std::time::Duration) {
        if let Source::Lambda { latency, .. } = &mut self.source {
            *latency = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        }
    }

    /// Whether a kind has this sort of authorizer.
    pub(crate) fn is_of(&self, kind: Kind) -> bool {
        match self.source {
            Source::Claims { .. } => kind.is_api_gateway() && kind != Kind::WebSocketApi,
            Source::Lambda { .. } => kind.is_api_gateway(),
            Source::Iam { .. } => !kind.is_load_balancer(),
        }
    }

    /// `requestContext.authorizer`, or nothing where the caller shows in `identity` only.
    pub(crate) fn context(&self, kind: Kind) -> Option<Value> {
        let version_2 = matches!(kind, Kind::HttpApiV2 | Kind::FunctionUrl);
        Some(match &self.source {
            Source::Claims { claims, scopes } => {
                let written = |(name, value): (&String, &Value)| match kind {
                    Kind::RestApi => cognito_text(name, value),
                    _ => text(value),
                };
                let claims: Map<_, _> =
                    claims.iter().filter_map(|claim| Some((claim.0.clone(), Value::String(written(claim)?)))).collect();
                match kind {
                    Kind::RestApi => json!({ "claims": claims }),
                    Kind::HttpApiV1 => json!({ "claims": claims, "scopes": scopes }),
                    _ => json!({ "jwt": { "claims": claims, "scopes": scopes } }),
                }
            }
            Source::Lambda { context, .. } if version_2 => json!({ "lambda": context }),
            Source::Lambda { principal, context, latency } => {
                // What is null stays null, everything else is text.
                let mut flat: Map<_, _> = context.iter().map(|(k, v)| (k.clone(), text(v).into())).collect();
                flat.insert("principalId".to_owned(), principal.as_str().into());
                flat.insert("integrationLatency".to_owned(), (*latency).into());
                Value::Object(flat)
            }
            Source::Iam { access_key, account_id, user_arn, user_id } if version_2 => json!({ "iam": {
                "accessKey": access_key,
                "accountId": account_id,
                "callerId": user_id,
                "cognitoIdentity": null,
                "principalOrgId": null,
                "userArn": user_arn,
                "userId": user_id,
            } }),
            Source::Iam { .. } => return None,
        })
    }

    /// The members of `requestContext.identity` that an IAM caller fills in payload format 1.0.
    pub(crate) fn identify(&self, identity: &mut Map<String, Value>) {
        if let Source::Iam { access_key, account_id, user_arn, user_id } = &self.source {
            for (key, value) in [
                ("accessKey", access_key),
                ("accountId", account_id),
                ("caller", user_id),
                ("user", user_id),
                ("userArn", user_arn),
            ] {
                identity.insert(key.to_owned(), value.as_str().into());
            }
        }
    }

    /// The ARN of an IAM caller.
    pub(crate) fn principal(&self) -> Option<&str> {
        match &self.source {
            Source::Iam { user_arn, .. } => Some(user_arn),
            _ => None,
        }
    }

    pub(crate) fn account_id(&self) -> Option<&str> {
        match &self.source {
            Source::Iam { account_id, .. } => Some(account_id),
            _ => None,
        }
    }
}

/// The client certificate of mutual TLS, as API Gateway shows it to a function.
#[derive(Clone, Debug, Default)]
pub struct ClientCertificate {
    pem: String,
    subject: String,
    issuer: String,
    serial_number: String,
    not_before: String,
    not_after: String,
}

impl ClientCertificate {
    /// A certificate in PEM with its subject and issuer distinguished names.
    pub fn new(pem: impl Into<String>, subject_dn: impl Into<String>, issuer_dn: impl Into<String>) -> Self {
        Self { pem: pem.into(), subject: subject_dn.into(), issuer: issuer_dn.into(), ..Self::default() }
    }

    /// The serial number; default empty.
    #[must_use]
    pub fn serial_number(mut self, serial_number: impl Into<String>) -> Self {
        self.serial_number = serial_number.into();
        self
    }

    /// The validity, in AWS's spelling (`May 28 12:30:02 2019 GMT`); default empty.
    #[must_use]
    pub fn validity(mut self, not_before: impl Into<String>, not_after: impl Into<String>) -> Self {
        self.not_before = not_before.into();
        self.not_after = not_after.into();
        self
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "clientCertPem": self.pem,
            "subjectDN": self.subject,
            "issuerDN": self.issuer,
            "serialNumber": self.serial_number,
            "validity": { "notBefore": self.not_before, "notAfter": self.not_after },
        })
    }
}

/// A claim of a Cognito authorizer as REST APIs write it (captured): lists with commas, the two times of the token as dates.
fn cognito_text(name: &str, value: &Value) -> Option<String> {
    match (name, value) {
        ("exp" | "iat", Value::Number(seconds)) => Some(match seconds.as_u64() {
            Some(seconds) => java_date(seconds),
            None => seconds.to_string(),
        }),
        (_, Value::Array(items)) => Some(items.iter().filter_map(text).collect::<Vec<_>>().join(",")),
        _ => text(value),
    }
}

/// Claims of an HTTP API arrive as text: arrays in brackets without commas, objects as JSON, nulls not at all.
fn text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Array(items) => format!("[{}]", items.iter().filter_map(text).collect::<Vec<_>>().join(" ")),
        Value::Null => return None,
        Value::String(s) => s.clone(),
        other => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_shows_claims_in_its_own_place() {
        let claims = || {
            [
                ("sub", json!("42")),
                ("n", json!(7)),
                ("groups", json!(["admin", "poweruser"])),
                ("gone", json!(null)),
                ("o", json!({"a": 1})),
            ]
        };
        let text = json!({"sub": "42", "n": "7", "groups": "[admin poweruser]", "o": "{\"a\":1}"});
        assert_eq!(
            Authorizer::jwt(claims(), None).context(Kind::HttpApiV1),
            Some(json!({"claims": text, "scopes": null}))
        );
        assert_eq!(
            Authorizer::jwt(claims(), Some(vec!["read".to_owned()])).context(Kind::HttpApiV2),
            Some(json!({"jwt": {"claims": text, "scopes": ["read"]}}))
        );
    }

    #[test]
    fn a_rest_api_writes_the_claims_of_cognito_as_cognito_does() {
        let claims = || {
            [
                ("cognito:groups", json!(["admin", "x y"])),
                ("exp", json!(1_680_633_579)),
                ("iat", json!(1_680_629_979)),
                ("auth_time", json!(1_680_629_979)),
                ("email_verified", json!(true)),
            ]
        };
        let rest = json!({"claims": {
            "cognito:groups": "admin,x y",
            "exp": "Tue Apr 04 18:39:39 UTC 2023",
            "iat": "Tue Apr 04 17:39:39 UTC 2023",
            "auth_time": "1680629979",
            "email_verified": "true",
        }});
        for authorizer in [Authorizer::cognito(claims()), Authorizer::jwt(claims(), None)] {
            assert_eq!(authorizer.context(Kind::RestApi), Some(rest.clone()));
            let http = authorizer.context(Kind::HttpApiV2).unwrap();
            assert_eq!(http["jwt"]["claims"]["exp"], "1680633579");
            assert_eq!(http["jwt"]["claims"]["cognito:groups"], "[admin x y]");
        }
    }

    #[test]
    fn a_lambda_authorizer_is_flat_text_in_one_and_json_in_two() {
        let lambda = Authorizer::lambda("me", [("tier", json!(2))]);
        assert_eq!(
            lambda.context(Kind::RestApi),
            Some(json!({"principalId": "me", "tier": "2", "integrationLatency": 0}))
        );
        assert_eq!(lambda.context(Kind::HttpApiV2), Some(json!({"lambda": {"tier": 2}})));
    }

    #[test]
    fn an_iam_caller_is_identity_in_one_and_authorizer_in_two() {
        let iam = Authorizer::iam("AKIA", "123456789012", "arn:aws:iam::123456789012:user/x", "AIDA");
        assert_eq!(iam.context(Kind::RestApi), None);
        let mut identity = Map::new();
        iam.identify(&mut identity);
        assert_eq!(identity.get("userArn"), Some(&json!("arn:aws:iam::123456789012:user/x")));
        assert_eq!(iam.context(Kind::FunctionUrl).unwrap()["iam"]["callerId"], "AIDA");
    }
}
