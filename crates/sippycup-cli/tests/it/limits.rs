//! API keys, usage plans and throttles, of flags and of a file.

use crate::scripted::command_line;
use crate::{Running, assert_refused, directory, http, run, serve};

#[test]
fn keys_are_asked_for_and_requests_counted() {
    let mut running =
        Running::start("told", &["--kind", "rest", "--api-key", "a-key-of-twenty-letters", "--throttle", "0/2"]);
    let address = running.address();
    let key = "X-API-Key: a-key-of-twenty-letters\r\n";
    assert!(http(&address, "GET /prod/", "").starts_with("HTTP/1.1 403"));
    assert!(running.until("`X-API-Key`").contains("is missing or empty"));
    for status in ["200", "200", "429"] {
        let response = http(&address, "GET /prod/", key);
        assert!(response.starts_with(&format!("HTTP/1.1 {status}")), "{response}");
    }
    assert!(running.until("requests a second").contains("more than 0 requests a second, and 2 at the same time"));
    for (flags, part) in [
        (&["--api-key", "x"][..], "--api-key: an HTTP API has no API keys"),
        (&["--kind", "alb", "--throttle", "1/1"], "--throttle: a load balancer is not throttled"),
        (&["--throttle", "fast"], "expected requests a second and at the same time, such as `10/5`"),
    ] {
        assert_refused(flags, part);
    }
}

#[test]
fn a_usage_plan_of_a_file_counts_for_each_key() {
    let root = directory("usage-plan");
    let command = command_line();
    let text = format!(
        r#"
[[function]]
command = {command:?}
env = {{ SCRIPT = "told" }}

[[gateway]]
kind = "rest"
usage-plans = [{{ keys = ["a-key-of-twenty-letters", "another-key-of-letters", "the-third-key-of-letters"], quota = {{ limit = 1, period = "DAY" }} }}]
routes = ["/", "GET /slow"]
route-throttles = {{ "GET /slow" = "0/0" }}
"#
    );
    let file = root.join("sippycup.toml");
    std::fs::write(&file, &text).unwrap();
    let mut running = Running::spawn(serve(&["--config", file.to_str().unwrap()]));
    let address = running.address();
    for (key, status) in [
        ("a-key-of-twenty-letters", 200),
        ("a-key-of-twenty-letters", 429),
        ("another-key-of-letters", 200),
        ("a-key-that-nobody-knows", 403),
    ] {
        let response = http(&address, "GET /prod/", &format!("X-API-Key: {key}\r\n"));
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{key}: {response}");
    }
    let slow = http(&address, "GET /prod/slow", "X-API-Key: the-third-key-of-letters\r\n");
    assert!(slow.starts_with("HTTP/1.1 429 ") && slow.contains("Too Many Requests"), "{slow}");
    running.until("more than 0 requests a second to `GET /slow`");
    for (from, to, part) in [
        ("kind = \"rest\"", "kind = \"http\"", "`usage-plans`: an HTTP API has no API keys"),
        ("\"DAY\"", "\"YEAR\"", "unknown variant `YEAR`"),
        ("quota =", "route-throttles = { x = \"1/1\" }, quota =", "`usage-plans`: route `x`: expected a path"),
        ("\"GET /slow\" =", "\"GET /x\" =", "`route-throttles`: throttle of `GET /x`: there is no such route"),
        ("\"0/0\"", "\"fast\"", "`route-throttles`: expected requests a second"),
        ("quota =", "throttle = \"fast\", quota =", "`usage-plans`: expected requests a second"),
    ] {
        std::fs::write(&file, text.replace(from, to)).unwrap();
        let (code, _, err) = run(serve(&["--config", file.to_str().unwrap()]));
        assert!(code == 2 && err.contains(part), "{err}");
    }
}
