//! Keys of an issuer: a set in a file, or one that a program on this machine gives out.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::{Request, Uri};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::rt::TokioIo;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::token::Token;
use crate::{BoxError, ConfigError};

/// The public keys of an issuer, as a JSON Web Key Set (RFC 7517). RSA keys, and EC keys on P-256 and P-384; others in the set are passed over.
///
/// ```
/// use sippycup_gateway::KeySet;
///
/// assert!(KeySet::from_jwks(r#"{"keys": []}"#).is_ok());
/// assert!(KeySet::from_url("http://127.0.0.1:8080/realms/shop/.well-known/openid-configuration").is_ok());
/// assert!(KeySet::from_url("https://login.example.com/jwks.json").is_err());
/// ```
#[derive(Clone)]
pub struct KeySet {
    source: Arc<Source>,
}

enum Source {
    Fixed(Arc<Keys>),
    Url { url: Uri, last: Mutex<Option<Fetched>> },
}

#[derive(Clone)]
struct Fetched {
    at: Instant,
    keys: Arc<Keys>,
}

struct Keys {
    known: Vec<Key>,
    /// Whether a load balancer takes a set of this size.
    is_small: bool,
}

struct Key {
    id: Option<String>,
    key: DecodingKey,
}

impl KeySet {
    /// The keys of a set in JSON.
    ///
    /// # Errors
    ///
    /// If it is no key set.
    pub fn from_jwks(json: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        let keys =
            read(json.as_ref()).map_err(|error| ConfigError::new(format!("expected a JSON Web Key Set: {error}")))?;
        Ok(Self { source: Arc::new(Source::Fixed(keys)) })
    }

    /// The keys that a program on this machine gives out: the URL of a set, or of a discovery document with `jwks_uri`. It is asked when the first token comes, again
    /// for a key that is not there, and after an hour. 1,500 ms and 150,000 bytes are the limits, as on AWS.
    ///
    /// # Errors
    ///
    /// If it is no `http` URL of a loopback name or address.
    pub fn from_url(url: &str) -> Result<Self, ConfigError> {
        let parsed = url.parse::<Uri>().ok().filter(is_loopback);
        let url = parsed.ok_or_else(|| {
            ConfigError::new(format!(
                "`{url}`: expected the URL of a key set on this machine, such as http://127.0.0.1:8080/jwks.json"
            ))
        })?;
        Ok(Self { source: Arc::new(Source::Url { url, last: Mutex::new(None) }) })
    }

    /// Whether one of the keys has signed a token. With `small`, the set must not be larger than a load balancer takes.
    ///
    /// # Errors
    ///
    /// Why not, in the words of an HTTP API.
    pub(super) async fn check(&self, token: &Token<'_>, small: bool) -> Result<(), String> {
        let Some(id) = token.key_id.as_deref() else { return Err("the token has no kid".to_owned()) };
        let with_id = |keys: &Arc<Keys>| keys.known.iter().any(|key| key.id.as_deref() == Some(id));
        let keys = match &*self.source {
            Source::Fixed(keys) => Arc::clone(keys),
            Source::Url { url, last } => {
                let known = last.lock().unwrap_or_else(PoisonError::into_inner).clone();
                match known.filter(|known| known.at.elapsed() < FRESH && with_id(&known.keys)) {
                    Some(known) => known.keys,
                    None => {
                        let keys = fetch(url).await.map_err(|_| "JWKS communication error".to_owned())?;
                        let fetched = Fetched { at: Instant::now(), keys: Arc::clone(&keys) };
                        *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(fetched);
                        keys
                    }
                }
            }
        };
        if small && !keys.is_small {
            return Err(format!("a load balancer takes key sets of {MOST} keys and {LIMIT} bytes at most"));
        }
        if !with_id(&keys) {
            return Err("the kid of the token is none of the key set".to_owned());
        }
        let mut keys = keys.known.iter().filter(|key| key.id.as_deref() == Some(id));
        if keys.any(|key| token.is_signed_by(&key.key)) {
            Ok(())
        } else {
            Err("crypto/rsa: verification error".to_owned())
        }
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.source {
            Source::Fixed(keys) => f.debug_struct("KeySet").field("keys", &keys.known.len()).finish(),
            Source::Url { url, .. } => f.debug_struct("KeySet").field("url", url).finish(),
        }
    }
}

fn read(json: &[u8]) -> Result<Arc<Keys>, serde_json::Error> {
    let set: JwkSet = serde_json::from_slice(json)?;
    let is_for_signatures =
        |jwk: &&Jwk| jwk.common.public_key_use.as_ref().is_none_or(|public| matches!(public, PublicKeyUse::Signature));
    let key = |jwk: &Jwk| {
        let key = DecodingKey::from_jwk(jwk).ok()?;
        // A secret in a public set would be one that everybody knows.
        let public = key.family() != jsonwebtoken::AlgorithmFamily::Hmac;
        public.then(|| Key { id: jwk.common.key_id.clone(), key })
    };
    let known = set.keys.iter().filter(is_for_signatures).filter_map(key).collect();
    Ok(Arc::new(Keys { known, is_small: set.keys.len() <= MOST && json.len() <= LIMIT }))
}

/// The key set at a URL, or at the `jwks_uri` of what is there.
async fn fetch(url: &Uri) -> Result<Arc<Keys>, BoxError> {
    let found = timeout(PATIENCE, get(url)).await??;
    let discovered: Value = serde_json::from_slice(&found)?;
    let Some(uri) = discovered.get("jwks_uri").and_then(Value::as_str) else { return Ok(read(&found)?) };
    let uri = uri.parse::<Uri>().ok().filter(is_loopback).ok_or("the key set is not on this machine")?;
    Ok(read(&timeout(PATIENCE, get(&uri)).await??)?)
}

async fn get(url: &Uri) -> Result<Bytes, BoxError> {
    let authority = url.authority().ok_or("a URL without an authority")?;
    let host = authority.host().trim_matches(['[', ']']);
    let stream = TcpStream::connect((host, authority.port_u16().unwrap_or(80))).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let target = url.path_and_query().map_or("/", |target| target.as_str());
    let request = Request::get(target).header(HOST, authority.as_str()).body(Empty::<Bytes>::new())?;
    let response = sender.send_request(request).await?;
    if !response.status().is_success() {
        return Err(format!("status {}", response.status()).into());
    }
    let body = Limited::new(response.into_body(), LIMIT).collect().await?.to_bytes();
    connection.abort();
    Ok(body)
}

fn is_loopback(url: &Uri) -> bool {
    let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
    let loopback = match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost") || host.to_ascii_lowercase().ends_with(".localhost"),
    };
    loopback && url.scheme_str() == Some("http")
}

const PATIENCE: Duration = Duration::from_millis(1500);
const LIMIT: usize = 150_000;

/// The most keys in a set that a load balancer takes ("Verify JWTs using an Application Load Balancer").
const MOST: usize = 10;

const FRESH: Duration = Duration::from_secs(3600);
