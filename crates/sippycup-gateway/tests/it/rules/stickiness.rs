//! Clients that stay with a target group.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use sippycup_gateway::{Action, FixedResponse, Gateway, Gateways, Kind, Listener, Rule};

use super::{balancer, function, get, json_of, send};

#[tokio::test]
async fn a_client_stays_with_its_target_group_until_the_time_of_its_cookie_is_over() {
    let now = Arc::new(AtomicU64::new(1_700_000_000));
    let turn = Arc::new(AtomicU32::new(0));
    let thrown = Arc::clone(&turn);
    let sticky = |groups: [&str; 2]| {
        Action::weighted(groups.map(|group| (group, 1))).target_group_stickiness(Duration::from_secs(60))
    };
    let listener = Listener::new(sticky(["blue", "green"]))
        .rule(Rule::new(1, sticky(["green", "red"])).path_pattern(["/red"]))
        .rule(Rule::new(2, Action::weighted([("red", 1), ("blue", 1)])).path_pattern(["/loose"]))
        .chooser(move |sum| thrown.fetch_add(1, Ordering::Relaxed) % sum);
    let group = |name| {
        let now = Arc::clone(&now);
        let clock = move || UNIX_EPOCH + Duration::from_secs(now.load(Ordering::Relaxed));
        let builder = Gateway::builder(Kind::LoadBalancer).listener(listener.clone()).target_group(name);
        builder.clock(clock).build(function(name)).unwrap()
    };
    let gateways = Gateways::new(group("blue")).and(group("green")).and(group("red"));
    // The target group, and the cookie if a new one came.
    let ask = async |path: &str, cookie: &str| {
        let response = send(&gateways, get(path, &[("cookie", cookie)])).await;
        let lines = response.headers().get_all("set-cookie").iter().map(|line| line.to_str().unwrap().to_owned());
        let lines: Vec<_> = lines.collect();
        assert!(matches!(lines.len(), 0 | 2), "{lines:?}");
        let group = json_of(response).await["group"].as_str().unwrap().to_owned();
        (group, lines.first().and_then(|line| line.split(';').next()).map(str::to_owned))
    };
    let (first, cookie) = ask("/", "a=1").await;
    let cookie = cookie.unwrap();
    assert_eq!(first, "blue");
    for _ in 0..3 {
        assert_eq!(ask("/", &format!("a=1; {cookie}")).await, ("blue".to_owned(), None));
    }
    // Others are chosen for by weight, in their turn.
    let (second, other) = ask("/", "AWSALBTG=blue").await;
    assert_eq!(second, "green");
    let other = other.unwrap();
    assert_eq!(ask("/", &other.replace("AWSALBTG", "AWSALBTGCORS")).await, ("green".to_owned(), None));
    // The cookie names a target group, and not a rule: one that the rule does not know is as none.
    assert_eq!(ask("/red", &other).await, ("green".to_owned(), None));
    let (_, new) = ask("/red", &cookie).await;
    assert!(new.is_some_and(|new| new != cookie));
    assert_eq!(ask("/loose", &cookie).await.1, None);
    now.fetch_add(60, Ordering::Relaxed);
    assert!(ask("/", &cookie).await.1.is_some_and(|new| new != cookie));
}

#[tokio::test]
async fn what_the_listener_answers_makes_nobody_stay() {
    let sticky = Action::forward("shop").target_group_stickiness(Duration::from_secs(1));
    let listener = Listener::new(sticky).rule(Rule::new(1, FixedResponse::new(404)).path_pattern(["/none"]));
    let gateways = balancer(Kind::LoadBalancerMultiValue, &listener, &["shop"]);
    assert!(!send(&gateways, get("/none", &[])).await.headers().contains_key("set-cookie"));
    let response = send(&gateways, get("/", &[])).await;
    let lines: Vec<_> = response.headers().get_all("set-cookie").iter().map(|line| line.to_str().unwrap()).collect();
    assert!(lines[0].starts_with("AWSALBTG=") && lines[0].ends_with(" GMT; Path=/"), "{lines:?}");
    assert!(lines[1].starts_with("AWSALBTGCORS=") && lines[1].ends_with("; SameSite=None; Secure"), "{lines:?}");
    assert_eq!(lines.len(), 2);
}
