//! Authorizers that run, each trap of AWS's in turn. The key in `rsa_key.txt` was made for these tests and is used for nothing else.

mod balancer;
mod iam;
mod jwt;
mod keys;
mod lambda;
mod web_socket;

use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::Response;
use ring::rand::SystemRandom;
use ring::signature::{self, EcdsaKeyPair, KeyPair, RsaKeyPair, RsaPublicKeyComponents};
use serde_json::{Value, json};
use sippycup_gateway::{Body, BoxError, Gateway, GatewayBuilder, Kind};
use tower::service_fn;

use crate::support::{Request, ask, text};

/// The time at which all tokens are read.
const NOW: u64 = 1_700_000_000;

const ISSUER: &str = "https://login.example.com";

/// A gateway that lives at that time.
fn at_that_time(kind: Kind) -> GatewayBuilder {
    Gateway::builder(kind).clock(|| UNIX_EPOCH + Duration::from_secs(NOW))
}

/// What a test's issuer signs with.
enum Signer {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

impl Signer {
    fn rsa() -> Self {
        let text: String = include_str!("rsa_key.txt").split_whitespace().collect();
        Self::Rsa(RsaKeyPair::from_der(&STANDARD.decode(text).unwrap()).unwrap())
    }

    fn ec() -> Self {
        let (algorithm, random) = (&signature::ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let key = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self::Ec(EcdsaKeyPair::from_pkcs8(algorithm, key.as_ref(), &random).unwrap())
    }

    fn jwk(&self, id: &str) -> Value {
        match self {
            Self::Rsa(key) => {
                let RsaPublicKeyComponents { n, e } = RsaPublicKeyComponents::<Vec<u8>>::from(key.public());
                json!({"kty": "RSA", "use": "sig", "kid": id, "n": URL_SAFE_NO_PAD.encode(n), "e": URL_SAFE_NO_PAD.encode(e)})
            }
            Self::Ec(key) => {
                let point = key.public_key().as_ref();
                json!({"kty": "EC", "crv": "P-256", "kid": id, "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..])})
            }
        }
    }

    fn jwks(&self, id: &str) -> String {
        json!({"keys": [self.jwk(id)]}).to_string()
    }

    fn sign(&self, id: &str, claims: &Value) -> String {
        let algorithm = match self {
            Self::Rsa(_) => "RS256",
            Self::Ec(_) => "ES256",
        };
        self.sign_as(&json!({"alg": algorithm, "kid": id, "typ": "JWT"}), claims)
    }

    fn sign_as(&self, header: &Value, claims: &Value) -> String {
        let signed = unsigned(header, claims);
        let random = SystemRandom::new();
        let signature = match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&signature::RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
                signature
            }
            Self::Ec(key) => key.sign(&random, signed.as_bytes()).unwrap().as_ref().to_vec(),
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// The two parts of a token that are signed.
fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn request(method: &str, target: &str, headers: &[(&str, &str)]) -> Request {
    let request = http::Request::builder().method(method).uri(target);
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(Bytes::new()).unwrap()
}

/// The response, and the event if the function was asked.
async fn asked(builder: GatewayBuilder, request: Request) -> (Response<Body>, Option<Value>) {
    let seen = Arc::new(Mutex::new(None));
    let function = {
        let seen = Arc::clone(&seen);
        service_fn(move |event: Bytes| {
            *seen.lock().unwrap() = Some(serde_json::from_slice(&event).unwrap());
            async {
                Ok::<_, BoxError>(Bytes::from_static(
                    br#"{"statusCode": 200, "headers": {}, "body": "passed", "isBase64Encoded": false}"#,
                ))
            }
        })
    };
    let response = ask(builder.build(function).unwrap(), request).await;
    let event = seen.lock().unwrap().take();
    (response, event)
}

/// Status, the headers that tell why, and body of a refusal.
async fn refused(builder: GatewayBuilder, request: Request) -> (u16, String, String) {
    let (response, event) = asked(builder, request).await;
    assert!(event.is_none(), "{event:#?}");
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let told = header("www-authenticate").or_else(|| header("x-amzn-errortype")).unwrap_or_default();
    (response.status().as_u16(), told, text(response).await)
}
