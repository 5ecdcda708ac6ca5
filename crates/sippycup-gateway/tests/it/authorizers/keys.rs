//! Keys that a program on this machine gives out.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use sippycup_gateway::{JwtAuthorizer, KeySet, Kind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{ISSUER, NOW, Signer, asked, at_that_time, refused, request};

/// An issuer that gives out a set for `kid` 1, and from the second time on for 2 as well; and how often it was asked.
async fn issuer() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (count, base) = (Arc::new(AtomicUsize::new(0)), url.clone());
    let asked = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut head = [0; 1024];
            let length = socket.read(&mut head).await.unwrap();
            let body = if head[..length].starts_with(b"GET /.well-known/openid-configuration ") {
                json!({"issuer": ISSUER, "jwks_uri": format!("{base}/keys")})
            } else {
                let signer = Signer::rsa();
                let mut keys = vec![signer.jwk("1")];
                if asked.fetch_add(1, Ordering::SeqCst) > 0 {
                    keys.push(signer.jwk("2"));
                }
                json!({ "keys": keys })
            };
            let body = body.to_string();
            let response = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            socket.write_all(response.as_bytes()).await.unwrap();
        }
    });
    (url, count)
}

fn bearing(id: &str) -> crate::support::Request {
    let claims = json!({"iss": ISSUER, "aud": "shop", "exp": NOW + 1});
    request("GET", "/", &[("authorization", &Signer::rsa().sign(id, &claims))])
}

#[tokio::test]
async fn keys_are_fetched_once_and_again_for_one_that_is_not_there() {
    let (url, count) = issuer().await;
    let keys = KeySet::from_url(&format!("{url}/.well-known/openid-configuration")).unwrap();
    let guarded =
        || at_that_time(Kind::HttpApiV2).guard(JwtAuthorizer::new(ISSUER).audience("shop").keys(keys.clone()));
    for _ in 0..3 {
        assert_eq!(asked(guarded(), bearing("1")).await.0.status(), 200);
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
    assert_eq!(asked(guarded(), bearing("2")).await.0.status(), 200);
    assert_eq!(count.load(Ordering::SeqCst), 2);
    assert_eq!(refused(guarded(), bearing("3")).await.0, 401);
}

#[tokio::test]
async fn an_issuer_that_does_not_answer_is_401_and_not_5xx() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let keys = KeySet::from_url(&format!("http://{gone}/keys")).unwrap();
    let guarded = at_that_time(Kind::HttpApiV2).guard(JwtAuthorizer::new(ISSUER).audience("shop").keys(keys));
    let (status, told, _) = refused(guarded, bearing("1")).await;
    assert_eq!(status, 401);
    assert!(told.contains("JWKS communication error"), "{told}");
}

#[test]
fn only_this_machine_is_asked_and_a_secret_is_no_public_key() {
    for url in [
        "http://login.example.com/keys",
        "https://127.0.0.1/keys",
        "http://127.0.0.1.example.com/",
        "file:///keys",
        "keys.json",
    ] {
        assert!(KeySet::from_url(url).is_err(), "{url}");
    }
    for url in ["http://localhost:8080/keys", "http://[::1]:8080/keys", "http://login.localhost/keys"] {
        assert!(KeySet::from_url(url).is_ok(), "{url}");
    }
    assert!(KeySet::from_jwks("{}").is_err());
    let secret =
        KeySet::from_jwks(r#"{"keys": [{"kty": "oct", "kid": "1", "k": "c2VjcmV0"}, {"kty": "new", "kid": "2"}]}"#);
    assert_eq!(format!("{:?}", secret.unwrap()), "KeySet { keys: 0 }");
}
