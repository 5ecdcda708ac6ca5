//! What a token must say before each kind of API.

use serde_json::{Value, json};
use sippycup_gateway::{DevelopmentKey, GatewayBuilder, JwtAuthorizer, KeySet, Kind, Verdict};

use super::{ISSUER, NOW, Signer, asked, at_that_time, refused, request, unsigned};

pub(super) fn claims(more: &Value) -> Value {
    let mut claims = json!({"iss": ISSUER, "aud": "shop", "sub": "42", "exp": NOW + 60});
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|name, _| !more.get(name).is_some_and(Value::is_null) || name == "gone");
    claims
}

pub(super) fn jwt(signer: &Signer) -> JwtAuthorizer {
    JwtAuthorizer::new(ISSUER).audience("shop").keys(KeySet::from_jwks(signer.jwks("1")).unwrap())
}

fn http(signer: &Signer) -> GatewayBuilder {
    at_that_time(Kind::HttpApiV2).guard(jwt(signer))
}

pub(super) fn bearing(token: &str) -> crate::support::Request {
    request("GET", "/", &[("authorization", &format!("Bearer {token}"))])
}

const UNAUTHORIZED: &str = r#"{"message":"Unauthorized"}"#;

fn challenge(text: &str) -> String {
    format!(r#"Bearer scope="" error="invalid_token" error_description="{text}""#)
}

#[tokio::test]
async fn a_good_token_passes_with_or_without_its_scheme_and_its_claims_are_text() {
    let signer = Signer::rsa();
    let more = json!({"n": 1_700_000_000, "yes": true, "gone": null, "groups": ["admin", "x y"], "scope": "a b c"});
    let token = signer.sign("1", &claims(&more));
    for request in [bearing(&token), request("GET", "/", &[("authorization", &token)])] {
        let (response, event) = asked(http(&signer), request).await;
        assert_eq!(response.status(), 200);
        let event = event.unwrap();
        let jwt = &event["requestContext"]["authorizer"]["jwt"];
        assert_eq!(jwt["scopes"], Value::Null);
        let expected = json!({
            "iss": ISSUER, "aud": "shop", "sub": "42", "exp": (NOW + 60).to_string(), "n": "1700000000", "yes": "true",
            "groups": "[admin x y]", "scope": "a b c",
        });
        assert_eq!(jwt["claims"], expected);
        assert!(event["headers"]["authorization"].as_str().unwrap().ends_with(&token));
        let verdict = response.extensions().get::<Verdict>().unwrap();
        assert_eq!(verdict.to_string(), "jwt allows 42");
        assert_eq!(verdict.context().unwrap()["jwt"]["claims"]["sub"], "42");
    }
}

#[tokio::test]
async fn a_token_that_is_missing_or_wrong_gets_401_and_the_challenge_says_why() {
    let signer = Signer::rsa();
    let token = |more: Value| signer.sign("1", &claims(&more));
    for headers in [&[][..], &[("authorization", "")]] {
        let (status, told, body) = refused(http(&signer), request("GET", "/", headers)).await;
        assert_eq!((status, told.as_str(), body.as_str()), (401, "Bearer", UNAUTHORIZED));
    }
    let good = token(json!({}));
    let (signed, _) = good.rsplit_once('.').unwrap();
    for (token, text) in [
        ("not-a-token".to_owned(), "token contains an invalid number of segments"),
        (format!("{good}.x"), "token contains an invalid number of segments"),
        ("%.%.%".to_owned(), "illegal base64 data at input byte 0"),
        (format!("bearer {good}"), "illegal base64 data at input byte 6"),
        (token(json!({"aud": "other"})), "the token does not have a valid audience"),
        (token(json!({"aud": "other", "client_id": "shop"})), "the token does not have a valid audience"),
        (token(json!({"aud": null})), "the token does not have a valid audience"),
        (token(json!({"iss": format!("{ISSUER}/")})), "issuer does not match"),
        (token(json!({"iss": null})), "issuer does not match"),
        (token(json!({"exp": NOW})), "Token is expired"),
        (token(json!({"exp": null})), "Token is expired"),
        (token(json!({"nbf": NOW + 1})), "Token is not valid yet"),
        (token(json!({"iat": NOW + 1})), "Token used before issued"),
        (format!("{signed}.AAAA"), "crypto/rsa: verification error"),
        (signer.sign("2", &claims(&json!({}))), "the kid of the token is none of the key set"),
        (signer.sign_as(&json!({"alg": "RS256"}), &claims(&json!({}))), "the token has no kid"),
    ] {
        let (status, told, body) = refused(http(&signer), bearing(&token)).await;
        assert_eq!((status, told, body.as_str()), (401, challenge(text), UNAUTHORIZED), "{token}");
    }
}

#[tokio::test]
async fn client_id_counts_where_there_is_no_aud_and_aud_may_be_a_list() {
    let signer = Signer::rsa();
    for more in
        [json!({"aud": null, "client_id": "shop"}), json!({"aud": ["x", "shop"]}), json!({"iat": NOW, "nbf": NOW})]
    {
        let (response, _) = asked(http(&signer), bearing(&signer.sign("1", &claims(&more)))).await;
        assert_eq!(response.status(), 200, "{more}");
    }
    // A REST API knows no client_id.
    let rest = at_that_time(Kind::RestApi).guard(jwt(&signer));
    let token = format!("Bearer {}", signer.sign("1", &claims(&json!({"aud": null, "client_id": "shop"}))));
    let (status, told, _) = refused(rest, request("GET", "/prod/", &[("authorization", &token)])).await;
    assert_eq!((status, told.as_str()), (401, "UnauthorizedException"));
}

#[tokio::test]
async fn a_route_with_scopes_asks_for_one_of_them_and_shows_all_of_the_token() {
    let signer = Signer::rsa();
    let scoped = || http(&signer).scope("b").scope("w");
    for scopes in [json!({"scope": "a b c"}), json!({"scp": ["a", "b", "c"]})] {
        let (_, event) = asked(scoped(), bearing(&signer.sign("1", &claims(&scopes)))).await;
        let event = event.unwrap();
        assert_eq!(event["requestContext"]["authorizer"]["jwt"]["scopes"], json!(["a", "b", "c"]));
    }
    for scopes in [json!({"scope": "r"}), json!({})] {
        let (status, told, body) = refused(scoped(), bearing(&signer.sign("1", &claims(&scopes)))).await;
        assert_eq!((status, told.as_str(), body.as_str()), (403, "", r#"{"message":"Forbidden"}"#));
    }
}

#[tokio::test]
async fn an_elliptic_curve_is_for_rest_apis_only() {
    let signer = Signer::ec();
    let token = signer.sign("1", &claims(&json!({})));
    let (status, told, _) = refused(http(&signer), bearing(&token)).await;
    assert_eq!((status, told), (401, challenge("signing method ES256 is invalid")));
    let rest = at_that_time(Kind::RestApi).guard(jwt(&signer));
    let request = request("GET", "/prod/", &[("authorization", &format!("Bearer {token}"))]);
    let (response, event) = asked(rest, request).await;
    assert_eq!(response.status(), 200);
    assert_eq!(event.unwrap()["requestContext"]["authorizer"]["claims"]["sub"], "42");
}

#[tokio::test]
async fn an_unsigned_or_a_foreign_token_never_passes() {
    let signer = Signer::rsa();
    let (ours, theirs) = (DevelopmentKey::new([1; 32]), DevelopmentKey::new([2; 32]));
    let everything = || http_with(jwt(&signer).development_key(ours.clone()));
    let good = claims(&json!({}));
    let members = good.as_object().unwrap();
    let development = ours.sign(members);
    let (signed, signature) = development.rsplit_once('.').unwrap();
    let (header, _) = signed.split_once('.').unwrap();
    let other = unsigned(&json!({}), &claims(&json!({"sub": "root"}))).split_once('.').unwrap().1.to_owned();
    for token in [
        format!("{}.", unsigned(&json!({"alg": "none", "kid": "1"}), &good)),
        format!("{}.", unsigned(&json!({"alg": "none", "kid": "sippycup-development"}), &good)),
        format!("{}.{signature}", unsigned(&json!({"alg": "HS256", "kid": "1"}), &good)),
        format!("{header}.{other}.{signature}"),
        format!("{signed}."),
        theirs.sign(members),
        // The public key as the secret of another algorithm.
        format!("{}.AAAA", unsigned(&json!({"alg": "HS256", "kid": "1"}), &good)),
        Signer::ec().sign("1", &good),
    ] {
        for builder in [everything(), http_with(JwtAuthorizer::new(ISSUER).audience("shop"))] {
            let (status, told, _) = refused(builder, bearing(&token)).await;
            assert_eq!(status, 401, "{token}");
            assert!(told.contains("invalid_token"), "{told}");
        }
    }
    // Without keys nobody is believed, also not who is right.
    let (status, ..) =
        refused(http_with(JwtAuthorizer::new(ISSUER).audience("shop")), bearing(&signer.sign("1", &good))).await;
    assert_eq!(status, 401);
    assert_eq!(asked(everything(), bearing(&development)).await.0.status(), 200);
}

fn http_with(jwt: JwtAuthorizer) -> GatewayBuilder {
    at_that_time(Kind::HttpApiV2).guard(jwt)
}

#[tokio::test]
async fn a_development_token_says_what_is_asked_for_unless_it_says_something_else() {
    let key = DevelopmentKey::new([1; 32]);
    let sign = |claims: Value| key.sign(claims.as_object().unwrap());
    let guarded = || http_with(JwtAuthorizer::new(ISSUER).audience("shop").development_key(key.clone()));
    let (_, event) = asked(guarded(), bearing(&sign(json!({"sub": "42", "exp": NOW + 1})))).await;
    let claims = event.unwrap()["requestContext"]["authorizer"]["jwt"]["claims"].clone();
    assert_eq!(claims, json!({"sub": "42", "exp": (NOW + 1).to_string(), "iss": ISSUER, "aud": "shop"}));
    for wrong in
        [json!({"exp": NOW}), json!({"exp": NOW + 1, "iss": "x"}), json!({"exp": NOW + 1, "aud": "x"}), json!({})]
    {
        assert_eq!(refused(guarded(), bearing(&sign(wrong.clone()))).await.0, 401, "{wrong}");
    }
}

#[tokio::test]
async fn cognito_takes_an_id_token_without_scopes_and_an_access_token_with_them() {
    let signer = Signer::rsa();
    let keys = || KeySet::from_jwks(signer.jwks("1")).unwrap();
    let pool = || at_that_time(Kind::RestApi).guard(JwtAuthorizer::cognito(ISSUER).keys(keys()).name("Pool"));
    let ask = |more: Value| request("GET", "/prod/", &[("authorization", &signer.sign("1", &claims(&more)))]);
    let id = json!({"token_use": "id", "cognito:groups": ["admin", "x y"]});
    let (response, event) = asked(pool(), ask(id.clone())).await;
    let found = &event.unwrap()["requestContext"]["authorizer"]["claims"];
    assert_eq!(
        (&found["cognito:groups"], &found["exp"]),
        (&json!("admin,x y"), &json!("Tue Nov 14 22:14:20 UTC 2023"))
    );
    assert_eq!(response.extensions().get::<Verdict>().unwrap().to_string(), "Pool allows 42");
    let access = json!({"token_use": "access", "aud": null, "client_id": "x", "scope": "shop/read"});
    assert!(asked(pool().scope("shop/read"), ask(access.clone())).await.1.is_some());
    for (builder, more, body) in [
        (pool(), access.clone(), UNAUTHORIZED),
        (pool().scope("shop/read"), id.clone(), UNAUTHORIZED),
        // 401, and not 403 as an HTTP API.
        (pool().scope("shop/write"), access, UNAUTHORIZED),
        (pool(), json!({"token_use": "id", "exp": NOW - 1}), r#"{"message":"The incoming token has expired"}"#),
        (pool(), json!({"token_use": "id", "iss": "x"}), UNAUTHORIZED),
    ] {
        let (status, told, found) = refused(builder, ask(more)).await;
        assert_eq!((status, told.as_str(), found.as_str()), (401, "UnauthorizedException", body));
    }
    assert_eq!(refused(pool(), request("GET", "/prod/", &[])).await.0, 401);
}

#[tokio::test]
async fn of_two_tokens_in_one_request_none_is_read() {
    let signer = Signer::rsa();
    let good = format!("Bearer {}", signer.sign("1", &claims(&json!({}))));
    for (kind, path) in [(Kind::HttpApiV2, "/"), (Kind::RestApi, "/prod/"), (Kind::LoadBalancer, "/")] {
        for other in [&*good, "Bearer a.b.c", "Basic YTpi", ""] {
            for headers in [[good.as_str(), other], [other, good.as_str()]] {
                let request = request("GET", path, &headers.map(|value| ("authorization", value)));
                let (response, event) = asked(at_that_time(kind).guard(jwt(&signer)), request).await;
                assert!(response.status() == 401 && event.is_none(), "{kind} {other}");
            }
        }
    }
}

#[tokio::test]
async fn the_token_of_an_http_api_may_be_in_the_query() {
    let signer = Signer::rsa();
    let guard = || jwt(&signer).identity_source("$request.querystring.token");
    let token = signer.sign("1", &claims(&json!({})));
    let (response, _) = asked(http_with(guard()), request("GET", &format!("/?token={token}"), &[])).await;
    assert_eq!(response.status(), 200);
    let twice = request("GET", &format!("/?token={token}&token={token}"), &[]);
    assert_eq!(refused(http_with(guard()), twice).await.0, 401);
    let rest = at_that_time(Kind::RestApi).guard(guard()).build(()).unwrap_err();
    assert_eq!(rest.to_string(), "authorizer `jwt`: a REST API takes the token from a header");
    for kind in [Kind::WebSocketApi, Kind::FunctionUrl, Kind::VpcLatticeV2] {
        let error = at_that_time(kind).guard(jwt(&signer)).build(()).unwrap_err();
        assert!(error.to_string().ends_with("has no JWT authorizers"), "{error}");
    }
}
