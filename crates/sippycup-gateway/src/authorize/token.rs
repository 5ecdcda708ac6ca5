//! Tokens: three parts, and whether the third one fits a key.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, DecodingKeyKind};
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A token as somebody sent it: nothing in it is believed before [`is_signed_by`](Token::is_signed_by).
#[derive(Debug)]
pub(super) struct Token<'t> {
    pub(super) algorithm: String,
    pub(super) key_id: Option<String>,
    pub(super) claims: Map<String, Value>,
    signed: &'t str,
    signature: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
}

impl<'t> Token<'t> {
    /// Reads a token in compact form.
    ///
    /// # Errors
    ///
    /// In the words of the library that API Gateway uses.
    pub(super) fn read(token: &'t str) -> Result<Self, String> {
        let segments = || SEGMENTS.to_owned();
        let (signed, signature) = token.rsplit_once('.').ok_or_else(segments)?;
        let (header, claims) =
            signed.split_once('.').filter(|(_, claims)| !claims.contains('.')).ok_or_else(segments)?;
        let header: Header = json(header)?;
        Ok(Self {
            algorithm: header.alg,
            key_id: header.kid,
            claims: json(claims)?,
            signed,
            signature: decoded(signature)?,
        })
    }

    /// The algorithm, if it is one that a signature can have: `none` is not.
    pub(super) fn algorithm(&self) -> Option<Algorithm> {
        self.algorithm.parse().ok()
    }

    /// Whether the key made the signature. A key is only good for the algorithms of its own sort.
    pub(super) fn is_signed_by(&self, key: &DecodingKey) -> bool {
        let Some(algorithm) = self.algorithm().filter(|algorithm| algorithm.family() == key.family()) else {
            return false;
        };
        let message = self.signed.as_bytes();
        match key.kind() {
            DecodingKeyKind::RsaModulusExponent { n, e } => {
                let parameters = match algorithm {
                    Algorithm::RS256 => &signature::RSA_PKCS1_2048_8192_SHA256,
                    Algorithm::RS384 => &signature::RSA_PKCS1_2048_8192_SHA384,
                    Algorithm::RS512 => &signature::RSA_PKCS1_2048_8192_SHA512,
                    _ => return false,
                };
                RsaPublicKeyComponents { n, e }.verify(parameters, message, &self.signature).is_ok()
            }
            DecodingKeyKind::SecretOrDer(bytes) => {
                let verified = match (key.family(), algorithm) {
                    (AlgorithmFamily::Hmac, Algorithm::HS256) => {
                        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, bytes);
                        return ring::hmac::verify(&key, message, &self.signature).is_ok();
                    }
                    (AlgorithmFamily::Ec, Algorithm::ES256) => {
                        UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, bytes)
                            .verify(message, &self.signature)
                    }
                    (AlgorithmFamily::Ec, Algorithm::ES384) => {
                        UnparsedPublicKey::new(&signature::ECDSA_P384_SHA384_FIXED, bytes)
                            .verify(message, &self.signature)
                    }
                    _ => return false,
                };
                verified.is_ok()
            }
        }
    }
}

/// What is said about a text that is no token.
pub(super) const SEGMENTS: &str = "token contains an invalid number of segments";

fn json<T: for<'de> Deserialize<'de>>(part: &str) -> Result<T, String> {
    serde_json::from_slice(&decoded(part)?).map_err(|_| "invalid character in the JSON of the token".to_owned())
}

fn decoded(part: &str) -> Result<Vec<u8>, String> {
    URL_SAFE_NO_PAD.decode(part).map_err(|error| match error {
        base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => {
            format!("illegal base64 data at input byte {at}")
        }
        _ => format!("illegal base64 data at input byte {}", part.len()),
    })
}
