//! A principal who signs requests.

use std::fmt;

use ring::hmac::{HMAC_SHA256, Key, Tag, sign, verify};

use super::signature::Signature;
use crate::{Authorizer, ConfigError};

/// An access key with its secret, and whose it is. Nothing is read from AWS's own files.
///
/// ```
/// use sippycup_gateway::IamCredentials;
///
/// let credentials = IamCredentials::new("ASIAEXAMPLE", "secret")
///     .session_token("token")
///     .principal("arn:aws:sts::123456789012:assumed-role/admin/ann");
/// assert_eq!(format!("{credentials:?}"), r#"IamCredentials { access_key_id: "ASIAEXAMPLE", .. }"#);
/// ```
#[derive(Clone)]
pub struct IamCredentials {
    access_key_id: String,
    secret: String,
    session_token: Option<String>,
    principal: String,
    user_id: Option<String>,
}

impl IamCredentials {
    /// Long-lived credentials of the user `arn:aws:iam::123456789012:user/local`.
    #[must_use]
    pub fn new(access_key_id: impl Into<String>, secret_access_key: impl Into<String>) -> Self {
        Self {
            access_key_id: access_key_id.into(),
            secret: secret_access_key.into(),
            session_token: None,
            principal: "arn:aws:iam::123456789012:user/local".to_owned(),
            user_id: None,
        }
    }

    /// The token that must come with the signatures of temporary credentials; default none.
    #[must_use]
    pub fn session_token(mut self, token: impl Into<String>) -> Self {
        self.session_token = Some(token.into());
        self
    }

    /// The ARN of a user, of the root user or of an assumed role: `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`. Events show it with its account.
    #[must_use]
    pub fn principal(mut self, arn: impl Into<String>) -> Self {
        self.principal = arn.into();
        self
    }

    /// The unique id of the principal; default one made of the access key: `AIDA…`, or `AROA…:SESSION` of a role.
    #[must_use]
    pub fn user_id(mut self, id: impl Into<String>) -> Self {
        self.user_id = Some(id.into());
        self
    }

    /// What events show of the principal with these credentials, for a gateway that checks no signature.
    #[must_use]
    pub fn authorizer(&self) -> Authorizer {
        let account = self.principal.split(':').nth(4).unwrap_or_default();
        Authorizer::iam(&self.access_key_id, account, &self.principal, self.id(account))
    }

    fn id(&self, account: &str) -> String {
        if let Some(id) = &self.user_id {
            return id.clone();
        }
        let rest = self.access_key_id.get(4..).unwrap_or_default();
        let resource = self.principal.splitn(6, ':').nth(5).unwrap_or_default();
        match resource.split_once('/') {
            None => account.to_owned(),
            Some(("assumed-role", role)) => {
                let session = role.rsplit_once('/').map_or(role, |(_, session)| session);
                format!("AROA{rest}:{session}")
            }
            Some(_) => format!("AIDA{rest}"),
        }
    }

    pub(super) fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    pub(super) fn session(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    pub(super) fn principal_arn(&self) -> &str {
        &self.principal
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let wrong = |what: &str| Err(ConfigError::new(format!("credentials of IAM: expected {what}")));
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if self.access_key_id.is_empty() || !self.access_key_id.bytes().all(is_word) {
            return wrong("an access key id of letters and digits");
        }
        if self.secret.is_empty() {
            return wrong("a secret access key");
        }
        let parts: Vec<_> = self.principal.splitn(6, ':').collect();
        match parts.as_slice() {
            ["arn", _, "iam" | "sts", "", account, resource]
                if account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()) && !resource.is_empty() =>
            {
                Ok(())
            }
            _ => wrong("a principal such as `arn:aws:iam::123456789012:user/ann`"),
        }
    }

    /// Whether a signature of this text is theirs. It takes as long to find out that it is not.
    pub(super) fn has_signed(&self, signature: &Signature, text: &str) -> bool {
        let Some(sent) = bytes(&signature.signature) else { return false };
        let scope = &signature.scope;
        let mut key = sign(&Key::new(HMAC_SHA256, format!("AWS4{}", self.secret).as_bytes()), scope.date.as_bytes());
        for part in [&scope.region, &scope.service, &scope.terminator] {
            key = next(&key, part);
        }
        verify(&Key::new(HMAC_SHA256, key.as_ref()), text.as_bytes(), &sent).is_ok()
    }
}

impl fmt::Debug for IamCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IamCredentials").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

fn next(key: &Tag, part: &str) -> Tag {
    sign(&Key::new(HMAC_SHA256, key.as_ref()), part.as_bytes())
}

/// What lower-case hexadecimal digits say.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let read = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
    rest.is_empty().then(|| read.collect()).flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::Kind;

    #[test]
    fn who_signs_is_shown_with_the_ids_that_aws_gives_such_a_principal() {
        for (arn, id) in [
            ("arn:aws:iam::111122223333:user/team/ann", "AIDA1234"),
            ("arn:aws:sts::111122223333:assumed-role/admin/ann", "AROA1234:ann"),
            ("arn:aws:iam::111122223333:root", "111122223333"),
        ] {
            let credentials = IamCredentials::new("AKIA1234", "s").principal(arn);
            credentials.check().unwrap();
            let shown: Value = credentials.authorizer().context(Kind::HttpApiV2).unwrap();
            assert_eq!(shown["iam"]["userId"], id);
            assert_eq!(shown["iam"]["userArn"], arn);
            assert_eq!(shown["iam"]["accountId"], "111122223333");
            assert_eq!(shown["iam"]["accessKey"], json!("AKIA1234"));
        }
    }

    #[test]
    fn credentials_that_cannot_be_meant_are_refused_without_their_secret() {
        let good = || IamCredentials::new("AKIA", "secret");
        for wrong in [
            IamCredentials::new("", "secret"),
            IamCredentials::new("AK/IA", "secret"),
            IamCredentials::new("AKIA", ""),
            good().principal("ann"),
            good().principal("arn:aws:iam::12:user/ann"),
            good().principal("arn:aws:s3::123456789012:user/ann"),
        ] {
            let error = wrong.check().unwrap_err().to_string();
            assert!(error.starts_with("credentials of IAM: expected ") && !error.contains("secret\""), "{error}");
        }
        good().check().unwrap();
    }

    #[test]
    fn only_lower_case_digits_are_a_signature() {
        assert_eq!(bytes("00ff7a"), Some(vec![0, 255, 0x7a]));
        for text in ["0", "0F", "0g", "ü"] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }
}
