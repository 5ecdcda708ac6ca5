//! What a token must say before a load balancer, and before single rules of one.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use sippycup_gateway::{
    Action, DevelopmentKey, Fault, FixedResponse, Gateway, JwtAuthorizer, KeySet, Kind, Listener, Redirect, Rule, Step,
    Verdict,
};

use super::jwt::{bearing, claims, jwt};
use super::{ISSUER, NOW, Signer, asked, at_that_time, refused, request};

#[tokio::test]
async fn a_load_balancer_checks_the_issuer_but_no_audience_and_passes_the_request_on_as_it_is() {
    let signer = Signer::rsa();
    let balancer = || at_that_time(Kind::LoadBalancer).guard(jwt(&signer));
    let (response, event) = asked(balancer(), bearing(&signer.sign("1", &claims(&json!({"aud": "other"}))))).await;
    assert_eq!(response.status(), 200);
    let event = event.unwrap();
    assert!(event["headers"]["authorization"].as_str().unwrap().starts_with("Bearer "));
    assert_eq!(event["requestContext"].as_object().unwrap().len(), 1, "{event:#}");
    let (status, _, body) = refused(balancer(), request("GET", "/", &[])).await;
    assert!(status == 401 && body.contains("<title>401 Authorization Required</title>"), "{body}");
}

#[tokio::test]
async fn a_rule_reads_tokens_if_its_action_says_so_and_the_other_rules_are_open() {
    let signer = Signer::rsa();
    let good = signer.sign("1", &claims(&json!({})));
    let foreign = signer.sign("1", &claims(&json!({"iss": "https://other.example.com"})));
    let guarded = || Action::forward("shop").guard(jwt(&signer));
    let balancer = |rule: Action, default: Action| {
        let listener = Listener::new(default).rule(Rule::new(1, rule).path_pattern(["/admin/*"]));
        at_that_time(Kind::LoadBalancer).listener(listener).target_group("shop")
    };
    let of_rule = balancer(guarded(), Action::forward("shop"));
    let of_default = balancer(Action::forward("shop"), guarded());
    for (built, closed, open) in [(of_rule, "/admin/x", "/x"), (of_default, "/x", "/admin/x")] {
        let builder = || built.clone();
        let with = |path: &str, token: &str| request("GET", path, &[("authorization", &format!("Bearer {token}"))]);
        let (status, told, body) = refused(builder(), request("GET", closed, &[])).await;
        assert!(status == 401 && body.contains("<title>401 Authorization Required</title>"), "{body}");
        assert_eq!(told, "");
        for bad in [&foreign, "a.b.c", &format!("{good}x")] {
            assert_eq!(refused(builder(), with(closed, bad)).await.0, 401, "{bad}");
        }
        let (response, event) = asked(builder(), with(closed, &good)).await;
        assert!(response.status() == 200 && event.is_some());
        for request in [request("GET", open, &[]), with(open, &foreign)] {
            let (response, event) = asked(builder(), request).await;
            assert!(response.status() == 200 && event.is_some());
        }
    }
}

#[tokio::test]
async fn the_authorizer_of_an_action_is_asked_instead_of_that_of_the_gateway() {
    let signer = Signer::rsa();
    let own = Action::forward("shop")
        .guard(JwtAuthorizer::new("https://own.example.com").keys(KeySet::from_jwks(signer.jwks("1")).unwrap()));
    let listener = Listener::new(Action::forward("shop")).rule(Rule::new(1, own).path_pattern(["/own"]));
    let builder = || at_that_time(Kind::LoadBalancer).listener(listener.clone()).guard(jwt(&signer));
    let token = |issuer: &str| format!("Bearer {}", signer.sign("1", &claims(&json!({"iss": issuer}))));
    for (path, issuer, other) in
        [("/own", "https://own.example.com", ISSUER), ("/x", ISSUER, "https://own.example.com")]
    {
        let with = |issuer| request("GET", path, &[("authorization", &*token(issuer))]);
        assert_eq!(asked(builder(), with(issuer)).await.0.status(), 200);
        assert_eq!(refused(builder(), with(other)).await.0, 401);
    }
}

#[tokio::test]
async fn an_action_that_answers_itself_reads_tokens_first() {
    let signer = Signer::rsa();
    let listener = Listener::new(Action::from(Redirect::new(302).path("/new")).guard(jwt(&signer)))
        .rule(Rule::new(1, Action::from(FixedResponse::new(204)).guard(jwt(&signer))).path_pattern(["/fixed"]))
        .rule(Rule::new(2, FixedResponse::new(200)).path_pattern(["/open"]));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let steps = Arc::clone(&seen);
    let builder = at_that_time(Kind::LoadBalancer).listener(listener).observer(move |_, step| {
        if let Step::Authorized(verdict) = step {
            steps.lock().unwrap().push(verdict.to_string());
        }
    });
    let good = signer.sign("1", &claims(&json!({})));
    let expired = signer.sign("1", &claims(&json!({"exp": NOW})));
    for (path, token, status) in [
        ("/x", Some(&good), 302),
        ("/x", Some(&expired), 401),
        ("/x", None, 401),
        ("/fixed", Some(&good), 204),
        ("/fixed", Some(&expired), 401),
        ("/fixed", None, 401),
        ("/open", None, 200),
        ("/open", Some(&expired), 200),
    ] {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let headers: Vec<_> = bearer.iter().map(|bearer| ("authorization", &**bearer)).collect();
        let (response, event) = asked(builder.clone(), request("POST", path, &headers)).await;
        assert!(response.status() == status && event.is_none(), "{path} {token:?}: {}", response.status());
        assert_eq!(response.headers().contains_key("location"), status == 302);
        let refusal = response.extensions().get::<Verdict>().map(|verdict| verdict.refusal().is_some());
        assert_eq!(refusal, (path != "/open").then_some(status == 401));
    }
    let seen = seen.lock().unwrap();
    assert!(seen.len() == 6 && seen[0] == "jwt allows 42" && seen[1].starts_with("jwt refuses"), "{seen:?}");
}

#[tokio::test]
async fn a_load_balancer_asks_for_additional_claims_and_for_bearer() {
    let signer = Signer::rsa();
    let guard = || {
        jwt(&signer)
            .additional_claim("aud", "single-string", ["shop"])
            .additional_claim("roles", "string-array", ["admin", "user"])
            .additional_claim("scope", "space-separated-values", ["read"])
    };
    let balancer = || {
        let listener = Listener::new(Action::forward("shop").guard(guard()));
        at_that_time(Kind::LoadBalancer).listener(listener).target_group("shop")
    };
    let own = json!({"aud": "shop", "roles": ["user", "x", "admin"], "scope": "write read"});
    let token = |more: &Value| {
        let mut all = own.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        signer.sign("1", &claims(&all))
    };
    assert!(asked(balancer(), bearing(&token(&json!({})))).await.1.is_some());
    for wrong in [
        json!({"aud": "other"}),
        json!({"aud": ["shop"]}),
        json!({"roles": ["admin"]}),
        json!({"roles": "admin user"}),
        json!({"scope": "readwrite"}),
        json!({"scope": null}),
    ] {
        let (response, event) = asked(balancer(), bearing(&token(&wrong))).await;
        assert!(response.status() == 401 && event.is_none(), "{wrong}");
        let name = wrong.as_object().unwrap().keys().next().unwrap();
        let fault = response.extensions().get::<Fault>().unwrap().to_string();
        assert!(fault.ends_with(&format!("the values of the additional claim `{name}`")), "{fault}");
    }
    // Without `Bearer` an API reads it.
    for alone in [token(&json!({})), format!("bearer {}", token(&json!({}))), format!("Bearer  {}", token(&json!({})))]
    {
        assert_eq!(refused(balancer(), request("GET", "/", &[("authorization", &alone)])).await.0, 401);
    }
    // A token for development says all of it, or does not pass.
    let key = DevelopmentKey::new([7; 32]);
    let balancer = || at_that_time(Kind::LoadBalancer).guard(guard().development_key(key.clone()));
    for (claims, status) in [(own.clone(), 200), (json!({"sub": "42"}), 401)] {
        let mut claims = claims.as_object().unwrap().clone();
        claims.insert("exp".to_owned(), (NOW + 60).into());
        assert_eq!(asked(balancer(), bearing(&key.sign(&claims))).await.0.status(), status);
    }
}

#[tokio::test]
async fn a_load_balancer_takes_no_key_set_that_is_too_large() {
    let signer = Signer::rsa();
    let of = |count: usize| {
        let keys: Vec<_> = (1..=count).map(|id| signer.jwk(&id.to_string())).collect();
        let keys = KeySet::from_jwks(json!({"keys": keys}).to_string()).unwrap();
        JwtAuthorizer::new(ISSUER).audience("shop").keys(keys)
    };
    let token = bearing(&signer.sign("1", &claims(&json!({}))));
    for (kind, count, status) in
        [(Kind::LoadBalancer, 10, 200), (Kind::LoadBalancer, 11, 401), (Kind::HttpApiV2, 11, 200)]
    {
        assert_eq!(
            asked(at_that_time(kind).guard(of(count)), token.clone()).await.0.status(),
            status,
            "{kind} {count}"
        );
    }
}

#[test]
fn only_actions_of_a_load_balancer_read_tokens() {
    let jwt = || JwtAuthorizer::new(ISSUER);
    let eleven = (0..11).fold(jwt(), |jwt, at| jwt.additional_claim(at.to_string(), "single-string", ["x"]));
    for (kind, action, what) in [
        (Kind::VpcLatticeV2, Action::forward("shop").guard(jwt()), "VPC Lattice has no actions that read tokens"),
        (Kind::LoadBalancer, Action::forward("shop").guard(JwtAuthorizer::cognito(ISSUER)), "has no Cognito"),
        (Kind::LoadBalancer, Action::forward("shop").guard(eleven), "takes 10 additional claims, found 11"),
        (
            Kind::LoadBalancer,
            Action::from(FixedResponse::new(404)).guard(jwt().additional_claim("exp", "single-string", ["x"])),
            "additional claim `exp`",
        ),
    ] {
        let error = Gateway::builder(kind).listener(Listener::new(action)).build(()).unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
    }
    for kind in [Kind::HttpApiV2, Kind::RestApi] {
        let error = Gateway::builder(kind).guard(jwt().additional_claim("a", "single-string", ["x"])).build(());
        assert!(error.unwrap_err().to_string().contains("has no additional claims"));
    }
}
