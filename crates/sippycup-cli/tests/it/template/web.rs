//! Web Functions: processes that speak HTTP themselves, without events.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::inspect::{ended, get, post, text, until};
use crate::{Running, directory, http, run, serve, sippycup};

#[test]
fn a_web_function_gets_requests_as_they_are_and_no_events() {
    let root = directory("web-function");
    std::fs::create_dir_all(root.join("web/src")).unwrap();
    std::fs::write(root.join("web/Cargo.toml"), "[package]\nname = \"web\"\nedition = \"2024\"\n[workspace]\n")
        .unwrap();
    std::fs::write(root.join("web/src/main.rs"), PROGRAM).unwrap();
    std::fs::write(root.join("template.yaml"), TEMPLATE).unwrap();
    let mut command = serve(&[
        "--template",
        "template.yaml",
        "--describe",
        "described.json",
        "--inspect=127.0.0.1:0",
        "--events",
        "events",
        "--watch",
    ]);
    command.current_dir(&root);
    let mut running = Running::spawn(command);
    running.until("described in ");
    assert!(
        running
            .seen
            .iter()
            .any(|line| line == "  Web: AuthType: signatures are not checked here: every request passes"),
        "{:?}",
        running.seen
    );
    let described: Value = serde_json::from_slice(&std::fs::read(root.join("described.json")).unwrap()).unwrap();
    let door = &described["frontDoors"][0];
    assert_eq!(
        (&door["logicalId"], &door["kind"], &door["endpoint"]),
        (&"Web".into(), &"web-function".into(), &"live".into())
    );
    let address = door["urls"][0].as_str().unwrap().strip_prefix("http://").unwrap().trim_end_matches('/').to_owned();

    let headers = "X-Real-IP: 1\r\nAuthorization: Bearer s3cret\r\nX-Forwarded-For: 192.0.2.1\r\nlambda-web-mine: 1\r\nX-Hop: 1\r\nX-Kept: 1\r\nContent-Length: 3\r\nConnection: close, x-hop\r\n\r\nabc";
    let response = http(&address, "POST /a%20b?x=1&x=2", headers);
    assert!(response.starts_with("HTTP/1.1 201 Created\r\n"), "{response}");
    let (head, told) = response.split_once("\r\n\r\n").unwrap();
    assert!(head.to_ascii_lowercase().contains("\r\nlambda-web-request-id: ") && head.contains("x-own: yes"), "{head}");
    assert!(!head.contains("x-hop-of-mine"), "{head}");
    assert!(told.contains("POST /a%20b?x=1&x=2 HTTP/1.1") && told.ends_with("abc") && told.contains("blue"), "{told}");
    assert!(
        told.contains("x-forwarded-for: 192.0.2.1, 127.0.0.1") && told.contains("lambda-web-endpoint-name: live"),
        "{told}"
    );
    for gone in ["x-real-ip", "lambda-web-mine", "x-hop", "connection"] {
        assert!(!told.to_ascii_lowercase().contains(&format!("{gone}: ")), "{gone}: {told}");
    }
    assert!(told.contains("x-kept: 1") && told.contains("lambda-web-request-id: "), "{told}");

    assert!(http(&address, "TRACE /", "").starts_with("HTTP/1.1 400 "));
    let slow = described["frontDoors"][1]["urls"][0].as_str().unwrap().strip_prefix("http://").unwrap();
    let slow = http(slow.trim_end_matches('/'), "GET /slow", "");
    assert!(
        slow.starts_with("HTTP/1.1 504 ") && slow.contains("lambda-web-error-type: Runtime.RequestTimeout"),
        "{slow}"
    );
    // Its process ends in the middle of a request, and is started anew for the next one.
    assert!(http(&address, "GET /end", "").starts_with("HTTP/1.1 502 "));
    assert!(http(&address, "GET /again", "").starts_with("HTTP/1.1 201 "));
    is_shown(&running, &address);
    is_recorded(&root);
    is_restarted(&mut running, &root, &address);
    running.signal("-INT");
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
    is_replayed(&root);
}

/// The inspector has its requests, its processes and their lines, and sends to it.
fn is_shown(running: &Running, address: &str) {
    let page = running.seen.iter().find_map(|line| line.split("inspect: http://").nth(1)).unwrap();
    let page = page.trim_end_matches('/');
    let one = ended(page, "/a%20b?x=1&x=2");
    assert_eq!((&one["kind"], &one["door"], &one["status"]), (&json!("web-function"), &json!("Web"), &json!(201)));
    assert_eq!((&one["body"]["base64"], &one["cold"]), (&json!("YWJj"), &json!(true)), "{one}");
    assert!(one["headers"].as_array().unwrap().contains(&json!(["x-real-ip", "1"])), "as the client sent it: {one}");
    let id = one["id"].clone();
    let one = until(page, &id, |one| {
        let worked = &one["invocations"][0];
        !worked["answered"].is_null() && worked["lines"][0][1] == "got POST /a%20b?x=1&x=2 HTTP/1.1"
    });
    assert!(one["event"].is_null() && one["responseBody"]["total"].as_u64() > Some(0), "{one}");
    assert_eq!(ended(page, "/end")["status"], 502);
    let (status, sent) = post(page, "/api/send", &json!({ "repeats": id }));
    assert_eq!(status, 200, "{sent}");
    until(page, &sent["id"], |one| one["status"] == 201 && !one["end"].is_null());
    let curl = text(page, &format!("/api/exchanges/{id}/as/curl"));
    assert!(curl.starts_with(&format!("curl -X POST 'http://{address}/a%20b?x=1&x=2'")), "{curl}");
    let served = get(page, "/api/served");
    let function = served["functions"].as_array().unwrap().iter().find(|function| function["name"] == "Web").unwrap();
    assert_eq!((&function["starts"], &function["ended"]), (&json!(2), &json!("exit status: 3")), "{function}");
    assert_eq!(function["environments"][0]["state"], "waiting");
}

/// Requests and responses are files, with credentials masked.
fn is_recorded(root: &Path) {
    let read = |name: &str| -> Value { serde_json::from_slice(&std::fs::read(root.join(name)).unwrap()).unwrap() };
    let request = read("events/Web/000001.request.json");
    assert_eq!((&request["method"], &request["target"]), (&json!("POST"), &json!("/a%20b?x=1&x=2")));
    assert_eq!(request["endpoint"], "live");
    assert_eq!((&request["body"], &request["isBase64Encoded"]), (&json!("abc"), &json!(false)));
    assert_eq!(request["headers"]["authorization"], json!(["Bearer (masked)"]), "{request}");
    let response = read("events/Web/000001.response.json");
    assert_eq!((&response["status"], &response["headers"]["x-own"]), (&json!(201), &json!(["yes"])));
    assert!(response["body"].as_str().unwrap().starts_with("blue\nPOST "), "{response}");
}

/// What was recorded is asked again, of the program that was changed since.
fn is_replayed(root: &Path) {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("web/target"), PathBuf::from);
    let program = target.join("debug/web");
    let events = root.join("events/Web");
    // Behind them are those that came while the process was started anew.
    for entry in std::fs::read_dir(&events).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.file_name().unwrap().to_str().unwrap();
        if name != "function.toml" && name > "000004" {
            std::fs::remove_file(entry).unwrap();
        }
    }
    let replay = |flags: &[&str]| {
        let mut command = sippycup(&[&["replay", events.to_str().unwrap()], flags].concat());
        command.arg("--").arg(&program);
        run(command)
    };
    let (code, out, err) = replay(&["--ignore", "body", "--ignore", "content-length"]);
    assert_eq!(code, 0, "{out} {err}");
    assert!(out.contains("000001: same\n") && out.contains("3 requests, 0 changed\n"), "{out}");
    let (code, out, _) = replay(&["--ignore", "content-length", "--env", "COLOR=red"]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("000001: changed, response before, response now\n"), "{out}");
    assert!(out.contains("changed red\\nPOST /a%20b?x=1&x=2"), "{out}");
    assert!(out.contains("lambda-web-endpoint-name: live"), "{out}");
    std::fs::write(events.join("000009.event.json"), "{}").unwrap();
    let (code, _, err) = replay(&[]);
    assert!(code == 2 && err.contains("recordings of two functions"), "{err}");
}

/// A change of its code is built, and the process started anew.
fn is_restarted(running: &mut Running, root: &Path, address: &str) {
    std::fs::write(root.join("web/src/main.rs"), PROGRAM.replace("{color}\\n", "changed {color}\\n")).unwrap();
    running.until("changed, restarting the function");
    let until = Instant::now() + Duration::from_secs(120);
    while !http(address, "GET /", "").contains("changed blue") {
        assert!(Instant::now() < until, "it is not started anew");
    }
}

#[test]
fn a_web_function_that_nobody_can_start_is_named() {
    let root = directory("web-none");
    std::fs::write(root.join("template.yaml"), TEMPLATE).unwrap();
    let (code, _, err) = run(serve(&["--template", root.join("template.yaml").to_str().unwrap()]));
    assert!(code == 2 && err.contains("template.yaml:3:3: resource `Web`: the function cannot be started: "), "{err}");
}

#[test]
fn the_example_is_served_and_a_process_that_ends_at_once_is_started_anew_once_for_a_request() {
    let template = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/web-function/template.yaml");
    let flags = ["--template", template, "--parameter", "Bucket=b", "--parameter", "Version=1"];
    let (code, _, err) = run(serve(&flags));
    assert!(code == 2 && err.contains("its code is in S3; say how it is started with --run Web='COMMAND'"), "{err}");
    let mut command = serve(&flags);
    command.args(["--run", "Web=exit 3"]);
    let mut running = Running::spawn(command);
    let line = running.until("web: http://");
    let address = line.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
    assert!(http(&address, "GET /", "").starts_with("HTTP/1.1 502 "));
    running.until("cannot be asked: it ended (exit status: 3) before it listened on ");
    let again = running.seen.iter().filter(|line| line.contains("is started anew")).count();
    assert_eq!(again, 1, "{:?}", running.seen);
}

const TEMPLATE: &str = "Transform: AWS::Serverless-2016-10-31
Resources:
  Web:
    Type: AWS::Serverless::WebFunction
    Metadata: {BuildMethod: rust-cargolambda}
    Properties:
      CodeUri: web
      Runtime: nodejs24.x
      AuthType: IamAuth
      EndpointName: live
      Environment: {Variables: {COLOR: blue}}
  Slow:
    Type: AWS::Serverless::WebFunction
    Metadata: {BuildMethod: rust-cargolambda}
    Properties: {CodeUri: web, Runtime: nodejs24.x, AuthType: ApplicationManaged, Timeout: 1}
";

const PROGRAM: &str = r#"
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

fn main() {
    let listener = TcpListener::bind(std::env::var("AWS_LAMBDA_HTTP_ENDPOINT").unwrap()).unwrap();
    for socket in listener.incoming() {
        std::thread::spawn(move || {
            let mut socket = socket.unwrap();
            let mut reader = BufReader::new(socket.try_clone().unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                if reader.read_line(&mut head).unwrap() == 0 { return }
            }
            println!("got {}", head.lines().next().unwrap());
            if head.starts_with("GET /end") { std::process::exit(3) }
            if head.starts_with("GET /slow") { std::thread::park() }
            let length = head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ").map(|n| n.parse().unwrap()));
            let mut body = vec![0; length.unwrap_or(0)];
            reader.read_exact(&mut body).unwrap();
            let color = std::env::var("COLOR").unwrap();
            let told = format!("{color}\n{head}{}", String::from_utf8(body).unwrap());
            write!(socket, "HTTP/1.1 201 Created\r\nX-Own: yes\r\nConnection: close, x-hop-of-mine\r\nX-Hop-Of-Mine: 1\r\nContent-Length: {}\r\n\r\n{told}", told.len()).unwrap();
        });
    }
}
"#;
