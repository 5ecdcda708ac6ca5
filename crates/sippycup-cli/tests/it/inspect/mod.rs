//! The inspector over TCP: who is answered, what is masked, what can be sent.

mod browser;
mod connections;
mod guarded;

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::{Running, http, run, sippycup};

/// A command whose function answers with the path, and its addresses: of the front door, and of the inspector.
fn inspected(script: &str, flags: &[&str]) -> (Running, String, String) {
    let mut running = Running::start(script, &[&["--inspect=127.0.0.1:0"], flags].concat());
    let front = running.address();
    let line = running.until("inspect: http://");
    let page = line.split("http://").nth(1).unwrap().trim_end_matches('/').to_owned();
    (running, front, page)
}

/// A request with lines of its own, also `Host`; gives status, head and body.
fn ask(address: &str, request_line: &str, lines: &[&str], body: &str) -> (u16, String, String) {
    let mut socket = TcpStream::connect(address).unwrap();
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    let length = body.len();
    let head = format!("{request_line} HTTP/1.1\r\n{lines}Content-Length: {length}\r\nConnection: close\r\n\r\n");
    socket.write_all(head.as_bytes()).unwrap();
    socket.write_all(body.as_bytes()).unwrap();
    let mut response = String::new();
    socket.read_to_string(&mut response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_ascii_lowercase(), body.to_owned())
}

pub(super) fn get(page: &str, path: &str) -> Value {
    let (status, _, body) = ask(page, &format!("GET {path}"), &[&format!("Host: {page}")], "");
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap()
}

pub(super) fn text(page: &str, path: &str) -> String {
    let (status, _, body) = ask(page, &format!("GET {path}"), &[&format!("Host: {page}")], "");
    assert_eq!(status, 200, "{path}: {body}");
    body
}

/// As the page does.
pub(super) fn post(page: &str, path: &str, body: &Value) -> (u16, Value) {
    let host = format!("Host: {page}");
    let lines = [&*host, "Content-Type: application/json", "X-SippyCup-Inspect: 1"];
    let (status, _, body) = ask(page, &format!("POST {path}"), &lines, &body.to_string());
    (status, serde_json::from_str(&body).unwrap())
}

/// Asks for changes until there is a row that fits, as the page does.
fn row(page: &str, fits: impl Fn(&Value) -> bool) -> Value {
    let mut next = 0;
    loop {
        let changes = get(page, &format!("/api/exchanges?after={next}"));
        if let Some(row) = changes["rows"].as_array().unwrap().iter().find(|row| fits(row)) {
            return row.clone();
        }
        next = changes["next"].as_u64().unwrap();
    }
}

/// The details of the exchange with a target, when it is over.
pub(super) fn ended(page: &str, target: &str) -> Value {
    let row = row(page, |row| row["target"] == target && !row["end"].is_null());
    get(page, &format!("/api/exchanges/{}", row["id"]))
}

/// The details of an exchange as soon as they fit.
pub(super) fn until(page: &str, id: &Value, fits: impl Fn(&Value) -> bool) -> Value {
    let mut next = 0;
    loop {
        let one = get(page, &format!("/api/exchanges/{id}"));
        if fits(&one) {
            return one;
        }
        let changes = get(page, &format!("/api/exchanges?after={next}"));
        assert!(changes["next"].as_u64() > Some(next), "nothing more came: {one}");
        next = changes["next"].as_u64().unwrap();
    }
}

#[test]
fn a_request_is_shown_from_the_client_to_the_function_and_back() {
    let (_running, front, page) = inspected("path", &["--kind", "rest", "--base-path", "shop"]);
    let lines = format!("Host: {front}");
    ask(&front, "POST /shop/items?x=1", &[&lines, "Content-Type: text/plain", "X-Tag: a"], "hello");
    let one = ended(&page, "/shop/items?x=1");
    assert_eq!((one["method"].as_str(), one["status"].as_u64()), (Some("POST"), Some(200)));
    assert!(one["headers"].as_array().unwrap().contains(&json!(["x-tag", "a"])), "{one}");
    assert_eq!(one["body"]["base64"], "aGVsbG8=");
    assert_eq!((&one["routed"]["base"], &one["routed"]["path"]), (&json!("/shop"), &json!("/items")));
    assert_eq!(one["routed"]["route"], "ANY /{proxy+}");
    assert_eq!(one["event"]["body"], "hello");
    assert_eq!(
        (&one["saw"]["uri"], &one["saw"]["basePath"]),
        (&json!("/items?x=1"), &json!("/shop")),
        "{}",
        one["saw"]
    );
    assert_eq!(one["answer"]["statusCode"], 200);
    assert_eq!(one["responseBody"]["total"], "/shop/items".len());
    // The function is known to be done by another task than the one that answers the client.
    let one = until(&page, &one["id"], |one| !one["invocations"][0]["answered"].is_null());
    let invocation = &one["invocations"][0];
    assert_eq!((&invocation["function"], &invocation["cold"]), (&json!("function"), &json!(true)));
    let at = |name: &str| invocation[name].as_i64().unwrap();
    assert!(at("queued") <= at("invoked") && at("invoked") <= at("answered"), "{invocation}");
}

#[test]
fn what_the_gateway_answers_by_itself_has_its_reason() {
    let (_running, front, page) = inspected("path", &["--kind", "rest"]);
    http(&front, "GET /elsewhere", "");
    let one = ended(&page, "/elsewhere");
    assert_eq!(one["status"], 403);
    assert!(one["fault"].as_str().unwrap().contains("under no stage"), "{one}");
    assert!(one["event"].is_null() && one["invocations"] == json!([]));
}

#[test]
fn lines_of_a_function_stand_at_the_invocation_that_wrote_them() {
    let (_running, front, page) = inspected("say:hello", &[]);
    http(&front, "GET /one", "");
    let id = row(&page, |row| !row["end"].is_null())["id"].clone();
    // A pipe is read when it is read.
    let has_line =
        |one: &Value| one["invocations"][0]["lines"].as_array().unwrap().iter().any(|line| line[1] == "hello");
    until(&page, &id, has_line);
}

#[test]
fn credentials_are_masked_until_somebody_asks_for_them() {
    let (_running, front, page) = inspected("path", &[]);
    let more = "Authorization: Bearer s3cret\r\nCookie: a=s3cret\r\n";
    http(&front, "GET /cb?code=s3cret&x=1", more);
    let row = row(&page, |row| !row["end"].is_null());
    assert_eq!(row["target"], "/cb?code=(masked)&x=1");
    let id = &row["id"];
    for path in ["", "/as/curl", "/as/rust", "/as/event"] {
        let masked = text(&page, &format!("/api/exchanges/{id}{path}"));
        assert!(!masked.contains("s3cret") && masked.contains("(masked)"), "{path}: {masked}");
        let asked = text(&page, &format!("/api/exchanges/{id}{path}?secrets=true"));
        assert!(asked.contains("Bearer s3cret"), "{path}: {asked}");
    }
}

#[test]
fn a_request_is_sent_again_as_it_was_and_edited_with_what_is_masked() {
    let (_running, front, page) = inspected("echo", &[]);
    let lines = format!("Host: {front}");
    ask(&front, "POST /x?code=s3cret", &[&lines, "Authorization: Bearer s3cret", "Content-Type: text/plain"], "hello");
    let id = row(&page, |row| !row["end"].is_null())["id"].clone();
    let (status, sent) = post(&page, "/api/send", &json!({ "repeats": id }));
    assert_eq!(status, 200, "{sent}");
    let again = |sent: &Value| {
        row(&page, |row| row["id"] == sent["id"] && !row["end"].is_null());
        get(&page, &format!("/api/exchanges/{}?secrets=true", sent["id"]))
    };
    let one = again(&sent);
    assert_eq!((&one["repeats"], &one["event"]["body"]), (&id, &json!("hello")), "{one}");
    let edited = json!({
        "repeats": id, "method": "PUT", "target": "/x?code=(masked)", "body": "YnllIQ==",
        "headers": [["authorization", "Bearer (masked)"], ["content-type", "text/plain"], ["x-new", "1"]],
    });
    let one = again(&post(&page, "/api/send", &edited).1);
    assert_eq!((&one["method"], &one["target"]), (&json!("PUT"), &json!("/x?code=s3cret")), "{one}");
    assert_eq!(
        (&one["event"]["headers"]["authorization"], &one["event"]["headers"]["x-new"]),
        (&json!("Bearer s3cret"), &json!("1"))
    );
    assert_eq!(one["event"]["body"], "bye!");
}

#[test]
fn calls_of_the_invoke_api_are_shown_and_those_of_send() {
    let (running, _front, page) = inspected("say:hello", &["--invoke-api=127.0.0.1:0", "--name", "shop"]);
    let line = running.seen.iter().find(|line| line.contains("invoke: http://")).unwrap();
    let api = line.split("http://").nth(1).unwrap().to_owned();
    let (_, out, err) = run(sippycup(&["send", "sqs", "-d", "one", "--to", &api, "--name", "shop"]));
    assert!(out.contains("statusCode"), "{out} {err}");
    let path = "/2015-03-31/functions/shop/invocations";
    let one = ended(&page, path);
    assert_eq!((&one["kind"], &one["function"], &one["status"]), (&json!("invoke-api"), &json!("shop"), &json!(200)));
    assert_eq!((&one["event"]["Records"][0]["body"], &one["answer"]["statusCode"]), (&json!("one"), &json!(200)));
    let has_line = |one: &Value| {
        let lines = one["invocations"][0]["lines"].as_array();
        lines.is_some_and(|lines| lines.iter().any(|line| line[1] == "hello"))
    };
    let one = until(&page, &one["id"], has_line);
    let named = json!(["x-amzn-requestid", one["invocations"][0]["id"]]);
    assert!(one["responseHeaders"].as_array().unwrap().contains(&named), "{one}");
    // One that nobody waits for has the function's end, and is sent again as another.
    ask(&api, &format!("POST {path}"), &[&format!("Host: {api}"), "X-Amz-Invocation-Type: Event"], r#"{"a":1}"#);
    let later = row(&page, |row| row["status"] == 202 && !row["end"].is_null());
    let one = get(&page, &format!("/api/exchanges/{}", later["id"]));
    assert_eq!((&one["event"], &one["answer"]["statusCode"]), (&json!({ "a": 1 }), &json!(200)), "{one}");
    let (status, sent) = post(&page, "/api/send", &json!({ "repeats": later["id"] }));
    assert_eq!(status, 200, "{sent}");
    until(&page, &sent["id"], |one| one["status"] == 202 && one["answer"]["statusCode"] == 200);
    ask(&api, "POST /2015-03-31/functions/nobody/invocations", &[&format!("Host: {api}")], "{}");
    let one = ended(&page, "/2015-03-31/functions/nobody/invocations");
    assert!(one["event"].is_null() && one["fault"].as_str().unwrap().contains("Function not found"), "{one}");
    for (name, address, part) in [
        ("nobody", &*api, "answers 404: Function not found"),
        ("shop", &*page, "no Invoke API is there"),
        ("shop", "127.0.0.1:1", "nobody listens on 127.0.0.1:1"),
    ] {
        let (code, _, err) = run(sippycup(&["send", "sqs", "--to", address, "--name", name]));
        assert!(code == 1 && err.contains(part), "{code} {err}");
    }
}

#[test]
fn what_an_authorizer_said_is_shown() {
    let (_running, front, page) = inspected("path", &["--issuer", "https://login.example.com", "--audience", "shop"]);
    http(&front, "GET /refused", "");
    let (code, token, _) = run(sippycup(&["token", "--claims", r#"{"sub":"42"}"#]));
    assert_eq!(code, 0);
    http(&front, "GET /allowed", &format!("Authorization: Bearer {}\r\n", token.trim()));
    let one = ended(&page, "/refused");
    assert_eq!((&one["status"], &one["verdict"]["allowed"]), (&json!(401), &json!(false)), "{one}");
    assert!(one["verdict"]["refusal"].as_str().unwrap().contains("there is no token"), "{one}");
    assert!(row(&page, |row| row["target"] == "/refused")["authorizer"].as_str().unwrap().starts_with("jwt refuses"));
    let one = ended(&page, "/allowed");
    assert_eq!((&one["status"], &one["verdict"]["principal"]), (&json!(200), &json!("42")), "{one}");
    assert_eq!(one["authorizer"], "jwt allows 42");
    assert_eq!(one["event"]["headers"]["authorization"], "Bearer (masked)");
}

#[test]
fn contents_are_searched() {
    let (_running, front, page) = inspected("path", &[]);
    let lines = format!("Host: {front}");
    ask(&front, "POST /a", &[&lines, "Content-Type: text/plain"], "needle in a body");
    ask(&front, "POST /b", &[&lines, "X-Note: needle%20"], "");
    ended(&page, "/a");
    let id = |row: Value| row["id"].clone();
    let (a, b) = (id(row(&page, |row| row["target"] == "/a")), id(row(&page, |row| row["target"] == "/b")));
    for (text, expected) in
        [("needle", json!([a, b])), ("needle%20in", json!([a])), ("needle%2520", json!([b])), ("no%20such", json!([]))]
    {
        assert_eq!(get(&page, &format!("/api/search?text={text}"))["ids"], expected, "{text}");
    }
}

#[test]
fn bytes_that_are_no_text_are_sent_and_taken_elsewhere_whole() {
    let (_running, front, page) = inspected("path", &[]);
    let headers = json!([["content-type", "application/octet-stream"]]);
    let wanted =
        json!({ "method": "POST", "target": "/bytes", "headers": headers, "body": "/wAnXP4=", "address": front });
    assert_eq!(post(&page, "/api/send", &wanted).0, 200);
    let one = ended(&page, "/bytes");
    let event = |one: &Value| (one["event"]["body"].clone(), one["event"]["isBase64Encoded"].clone());
    assert_eq!(event(&one), (json!("/wAnXP4="), json!(true)), "{one}");
    let curl = text(&page, &format!("/api/exchanges/{}/as/curl", one["id"]));
    assert!(std::process::Command::new("sh").args(["-c", &format!("{curl} --silent")]).status().unwrap().success());
    let again = row(&page, |row| row["id"].as_u64() > one["id"].as_u64() && !row["end"].is_null());
    assert_eq!(event(&get(&page, &format!("/api/exchanges/{}", again["id"]))), event(&one), "{curl}");
    let test = text(&page, &format!("/api/exchanges/{}/as/rust", one["id"]));
    assert!(test.contains(r#"Body::from(b"\xff\x00\'\\\xfe".to_vec())"#), "{test}");
}

#[test]
fn what_cannot_be_sent_is_told() {
    let (_running, front, page) = inspected("path", &[]);
    for (wanted, part) in [
        (json!({}), "had to make room"),
        (json!({ "repeats": 7 }), "not kept any more"),
        (json!({ "method": "A B", "target": "/" }), "expected a method"),
        (json!({ "method": "GET", "target": "no path", "headers": [], "body": "" }), "expected a path"),
        (json!({ "method": "GET", "target": "/", "headers": [["a b", ""]], "body": "" }), "no name of a header"),
        (json!({ "method": "GET", "target": "/", "headers": [["a", "\n"]], "body": "" }), "none of a header"),
        (json!({ "method": "GET", "target": "/", "headers": [], "body": "%" }), "in base64"),
        (json!({ "method": "GET", "target": "/", "headers": [], "body": "" }), "the address of a front door"),
        (
            json!({ "method": "GET", "target": "/", "headers": [], "body": "", "address": "127.0.0.1:1" }),
            "not served any more",
        ),
        (json!({ "other": 1 }), "unknown field"),
    ] {
        let (status, said) = post(&page, "/api/send", &wanted);
        assert_eq!(status, 400, "{wanted}: {said}");
        assert!(said["error"].as_str().unwrap().contains(part), "{wanted}: {said}");
    }
    let wanted = json!({ "method": "GET", "target": "/new", "headers": [], "body": "", "address": front });
    assert_eq!(post(&page, "/api/send", &wanted).0, 200);
    assert_eq!(ended(&page, "/new")["status"], 200);
}

#[test]
fn an_exchange_can_be_taken_elsewhere_as_curl_a_test_or_an_event() {
    let (_running, front, page) =
        inspected("path", &["--kind", "rest", "--domain", "api.example.com", "--base-path", "shop"]);
    let lines = ["Host: api.example.com", "Content-Type: text/plain", "X-Quote: it's"];
    ask(&front, "POST /shop/items/7?x=1", &lines, "it's \"me\"");
    let id = row(&page, |row| !row["end"].is_null())["id"].clone();
    let curl = text(&page, &format!("/api/exchanges/{id}/as/curl"));
    let output = std::process::Command::new("sh").args(["-c", &format!("{curl} --silent")]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "/shop/items/7", "{curl}");
    let sent = ended(&page, "/shop/items/7?x=1");
    let again = row(&page, |row| row["id"].as_u64() > id.as_u64() && !row["end"].is_null());
    let again = get(&page, &format!("/api/exchanges/{}", again["id"]));
    assert_eq!(
        (&again["event"]["body"], &again["event"]["headers"]["X-Quote"]),
        (&sent["event"]["body"], &sent["event"]["headers"]["X-Quote"])
    );
    // The same text is compiled and run with an app, in the tests of all crates.
    assert_eq!(text(&page, &format!("/api/exchanges/{id}/as/rust")), include_str!("exported.rs"));
    let event: Value = serde_json::from_str(&text(&page, &format!("/api/exchanges/{id}/as/event"))).unwrap();
    assert_eq!(event["path"], "/shop/items/7");
}

#[test]
fn front_doors_and_functions_are_told() {
    let (_running, front, page) = inspected("path", &["--kind", "rest", "--route", "GET /items", "--route", "/"]);
    http(&front, "GET /prod/items", "");
    ended(&page, "/prod/items");
    let served = get(&page, "/api/served");
    let door = &served["described"]["frontDoors"][0];
    assert_eq!((&door["stage"], &door["routes"][0]["route"]), (&json!("prod"), &json!("GET /items")), "{served}");
    assert_eq!(door["hosts"][0]["basePath"], "/prod");
    let function = &served["functions"][0];
    assert_eq!(
        (&function["name"], &function["invocations"], &function["starts"]),
        (&json!("function"), &json!(1), &json!(1))
    );
    assert_eq!(function["environments"][0]["state"], "waiting");
    if cfg!(target_os = "linux") {
        assert!(function["environments"][0]["memory"].as_u64().unwrap() > 100_000, "{function}");
    }
}
