//! A key of the gateway's own, for tokens that no other gateway accepts.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Header};
use ring::hmac;
use serde_json::{Map, Value};

use super::token::Token;
use crate::BoxError;

/// A secret with which tokens for development are signed: only gateways that know it trust them.
///
/// A claim `iss`, `aud` or `token_use` that a token of it does not have counts as what the authorizer expects. Everything else is checked as in any token.
///
/// ```
/// use serde_json::json;
/// use sippycup_gateway::DevelopmentKey;
///
/// let key = DevelopmentKey::new([7; 32]);
/// let token = key.sign(json!({"sub": "42", "exp": 4_000_000_000_u64}).as_object().expect("an object"));
/// assert_eq!(token.split('.').count(), 3);
/// ```
#[derive(Clone)]
pub struct DevelopmentKey {
    secret: Arc<[u8; 32]>,
}

impl DevelopmentKey {
    /// A key from 32 random bytes.
    #[must_use]
    pub fn new(secret: [u8; 32]) -> Self {
        Self { secret: Arc::new(secret) }
    }

    /// 32 random bytes, for a new key.
    ///
    /// # Errors
    ///
    /// If the system has none.
    pub fn random() -> Result<[u8; 32], BoxError> {
        let random = ring::rand::generate(&ring::rand::SystemRandom::new());
        random.map(ring::rand::Random::expose).map_err(|_| "the system gives no random numbers".into())
    }

    /// A token with these claims (HS256), as they are: `exp` is needed, in seconds since 1970, for a token without it has expired.
    #[must_use]
    pub fn sign(&self, claims: &Map<String, Value>) -> String {
        let header = Header { kid: Some(KEY_ID.to_owned()), ..Header::new(Algorithm::HS256) };
        let header = serde_json::to_vec(&header);
        debug_assert!(header.is_ok(), "a header is JSON: {header:?}");
        let header = URL_SAFE_NO_PAD.encode(header.unwrap_or_default());
        let claims = serde_json::to_vec(claims);
        debug_assert!(claims.is_ok(), "claims are JSON: {claims:?}");
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.unwrap_or_default()));
        let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &*self.secret), signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Whether a token says that it is one of this sort.
    pub(super) fn is_meant(token: &Token<'_>) -> bool {
        token.key_id.as_deref() == Some(KEY_ID) && token.algorithm() == Some(Algorithm::HS256)
    }

    pub(super) fn has_signed(&self, token: &Token<'_>) -> bool {
        Self::is_meant(token) && token.is_signed_by(&DecodingKey::from_secret(&*self.secret))
    }
}

impl fmt::Debug for DevelopmentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DevelopmentKey")
    }
}

const KEY_ID: &str = "sippycup-development";
