//! A Lambda function that follows a script, on plain sockets: this test binary, started again as a process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::exit;
use std::sync::{Arc, Barrier};
use std::thread;

/// The function as a command line. What it does stands in its environment variable `SCRIPT`.
pub(crate) fn command_line() -> Vec<String> {
    let program = std::env::current_exe().unwrap().to_str().unwrap().to_owned();
    [&program, "scripted::function_process", "--exact", "--ignored", "--nocapture"].map(str::to_owned).into()
}

#[test]
#[ignore = "the process behind other tests"]
fn function_process() {
    let script = std::env::var("SCRIPT").expect("started by another test");
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let (script, argument) = script.split_once(':').unwrap_or((&script, ""));
    match script {
        "exit-at-start" => {
            eprintln!("cannot find my configuration");
            exit(3);
        }
        "init-error" => {
            let body = r#"{"errorMessage":"no database","errorType":"Init.NoDatabase"}"#;
            post(&api, "init/error", "", body.as_bytes());
            exit(1);
        }
        "hang-at-start" => loop {
            thread::park();
        },
        // Nobody is answered before everybody has asked.
        "barrier" => {
            let polls: usize = argument.parse().unwrap();
            let barrier = Arc::new(Barrier::new(polls));
            let threads: Vec<_> = (0..polls)
                .map(|_| {
                    let (api, barrier) = (api.clone(), Arc::clone(&barrier));
                    thread::spawn(move || {
                        loop {
                            let event = next(&api);
                            barrier.wait();
                            answer(&api, &event.id, &ok(&event.path()));
                        }
                    })
                })
                .collect();
            threads.into_iter().for_each(|t| t.join().unwrap());
        }
        "terminated" => on_terminate("asked to end"),
        "terminated-internal" => {
            on_terminate("asked to end");
            hold_event(&api, &register(&api, "inner", "[]").1);
        }
        "deaf-internal" => {
            on_terminate("");
            hold_event(&api, &register(&api, "inner", "[]").1);
        }
        "extension" | "extension-dies" | "extension-fails" | "extension-stays" => extension(&api, script),
        "requests" => {
            for (method, path, headers, body) in REQUESTS {
                say_exchange(&api, method, path, headers, body);
            }
        }
        "say" => println!("{argument}"),
        "abort" => std::process::abort(),
        // A connection that lives as long as the process, which nothing but a signal ends.
        "hold" => {
            let _connection = TcpStream::connect(std::env::var("GO_ON").unwrap()).unwrap();
            loop {
                thread::park();
            }
        }
        "fail-on-sign" => {
            println!("error: expected one of many things");
            wait_for_sign();
            exit(101);
        }
        "flood" => {
            let piece = [b'x'; 1 << 16];
            let mut stdout = std::io::stdout().lock();
            for _ in 0..argument.parse::<usize>().unwrap() {
                stdout.write_all(&piece).unwrap();
            }
            writeln!(stdout).unwrap();
        }
        "restore" => {
            let (head, _) = exchange(&api, "GET", "restore/next", "", b"");
            println!("restored: {}", head.lines().next().unwrap());
        }
        _ => {}
    }
    loop {
        let event = next(&api);
        match script {
            "die-once" if event.path() == "/die" => exit(7),
            "never" => loop {
                thread::park();
            },
            "never-once" if event.path() == "/never" => {
                println!("never");
                loop {
                    thread::park();
                }
            }
            "skip" if event.path() == "/skip" => continue,
            "twice" => {
                answer(&api, &event.id, &ok("first"));
                let (head, body) =
                    exchange(&api, "POST", &format!("invocation/{}/response", event.id), "", ok("second").as_bytes());
                println!("second answer: {} {}", head.lines().next().unwrap(), String::from_utf8(body).unwrap());
            }
            "answer" => answer(&api, &event.id, argument),
            "echo" => {
                let own = event.header("lambda-runtime-invocation-id").unwrap();
                for (what, id) in [("response", "another"), ("error", "another"), ("response", &own)] {
                    let path = format!("invocation/{}/{what}", event.id);
                    let echo = format!("Lambda-Runtime-Invocation-Id: {id}\r\n");
                    say_exchange(&api, "POST", &path, &echo, &ok("mine"));
                }
            }
            "requests" => {
                say_exchange(&api, "POST", REGISTER, "Lambda-Extension-Name: late\r\n", "{}");
                say_exchange(&api, "POST", "init/error", "", "{}");
                answer(&api, &event.id, &ok("done"));
            }
            "garbage" => answer(&api, &event.id, "{not json"),
            "large" => {
                let large = vec![b'x'; argument.parse().unwrap()];
                let (head, _) = exchange(&api, "POST", &format!("invocation/{}/response", event.id), "", &large);
                println!("large answer: {}", head.lines().next().unwrap());
                let error = format!("invocation/{}/error", event.id);
                for what in ["error", "another error"] {
                    let (head, _) = exchange(&api, "POST", &error, "", br#"{"errorType":"TooLarge"}"#);
                    println!("{what} after it: {}", head.lines().next().unwrap());
                }
            }
            "large-error" => {
                let large = format!(r#"{{"errorType":"Large","errorMessage":"{}"}}"#, "x".repeat(8 << 20));
                post(&api, &format!("invocation/{}/error", event.id), "", large.as_bytes());
            }
            "begins" => {
                let mut socket = TcpStream::connect(&api).unwrap();
                let id = &event.id;
                let head = format!(
                    "POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nHost: {api}\r\nContent-Length: 9\r\n\r\n{{"
                );
                socket.write_all(head.as_bytes()).unwrap();
                loop {
                    thread::park();
                }
            }
            "hangs-after" => {
                answer(&api, &event.id, &ok(&std::process::id().to_string()));
                loop {
                    thread::park();
                }
            }
            "works-after" => {
                answer(&api, &event.id, &ok(&std::process::id().to_string()));
                if event.path() == "/work" {
                    wait_for_sign();
                }
            }
            "error" => {
                let body = r#"{"errorMessage":"it broke","errorType":"ValueError","stackTrace":[]}"#;
                post(
                    &api,
                    &format!("invocation/{}/error", event.id),
                    "Lambda-Runtime-Function-Error-Type: ValueError\r\n",
                    body.as_bytes(),
                );
            }
            "stream-closed" | "stream-on" if event.path() != "/stream" => {
                answer(&api, &event.id, &ok(&event.path()));
            }
            _ if script.starts_with("stream") => stream(&api, &event.id, script),
            "environment" => {
                let names = [
                    "AWS_LAMBDA_FUNCTION_NAME",
                    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                    "AWS_LAMBDA_FUNCTION_VERSION",
                    "AWS_LAMBDA_LOG_GROUP_NAME",
                    "AWS_LAMBDA_LOG_STREAM_NAME",
                    "AWS_REGION",
                    "_HANDLER",
                    "LAMBDA_TASK_ROOT",
                    "AWS_LAMBDA_INITIALIZATION_TYPE",
                ];
                let found: Vec<_> = names.iter().map(|n| format!("{n}={}", std::env::var(n).unwrap())).collect();
                answer(&api, &event.id, &ok(&format!("{}\\n{}", found.join("\\n"), event.head.replace("\r\n", "\\n"))));
            }
            // Something else each time.
            "clock" => {
                let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis();
                let body = format!(r#"{{\"id\":\"{}\",\"at\":{now},\"took\":{}}}"#, event.id, std::process::id());
                let cookie = format!("session={}; Path=/", std::process::id());
                let json = format!(r#"{{"statusCode":200,"headers":{{}},"cookies":["{cookie}"],"body":"{body}"}}"#);
                answer(&api, &event.id, &json);
            }
            "settings" => {
                let seen = ["AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "COLOR"]
                    .map(|name| std::env::var(name).unwrap_or_default());
                answer(&api, &event.id, &ok(&seen.join(" ")));
            }
            "forwarded" => {
                let header = |name: &str| {
                    event.json["headers"][name].as_str().or(event.json["headers"][name.to_lowercase()].as_str())
                };
                let seen = ["X-Forwarded-Proto", "X-Forwarded-Port"].map(|name| header(name).unwrap());
                answer(&api, &event.id, &ok(&seen.join(" ")));
            }
            // Which function was asked, through which route, and what its settings are.
            "told" => answer(&api, &event.id, &event.policy().unwrap_or_else(|| ok(&event.told()))),
            "tenant" => answer(
                &api,
                &event.id,
                &ok(&event.header("lambda-runtime-aws-tenant-id").unwrap_or_else(|| "nobody".to_owned())),
            ),
            "pid" => answer(&api, &event.id, &ok(&std::process::id().to_string())),
            "gate" => {
                if event.path() == "/gate" {
                    wait_for_sign();
                }
                answer(&api, &event.id, &ok(&std::process::id().to_string()));
            }
            _ => answer(&api, &event.id, &ok(&event.path())),
        }
    }
}

struct Event {
    id: String,
    head: String,
    json: serde_json::Value,
}

impl Event {
    fn header(&self, name: &str) -> Option<String> {
        header(&self.head, name)
    }

    /// `NAME ROUTE VERSION STAGE PATH`, with what is set of `COLOR`, the handler and the variables of the stage behind it.
    fn told(&self) -> String {
        let text = |pointer: &str| self.json.pointer(pointer).and_then(|value| value.as_str()).map(str::to_owned);
        let resource = || Some(format!("{} {}", text("/requestContext/httpMethod")?, text("/resource")?));
        let mut told = vec![
            std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap(),
            text("/routeKey").or_else(resource).or_else(|| text("/requestContext/routeKey")).unwrap_or_default(),
            text("/version").unwrap_or_else(|| "rest".to_owned()),
            text("/requestContext/stage").unwrap_or_default(),
            self.path(),
        ];
        for name in ["COLOR", "_HANDLER"] {
            told.extend(std::env::var(name).ok().map(|value| format!("{name}={value}")));
        }
        if let Some(variables) = self.json["stageVariables"].as_object() {
            told.extend(variables.iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap())));
        }
        for pointer in ["/requestContext/authorizer/claims/sub", "/requestContext/authorizer/jwt/claims/sub"] {
            told.extend(text(pointer).map(|sub| format!("sub={sub}")));
        }
        for pointer in ["/requestContext/authorizer/principalId", "/requestContext/authorizer/lambda/by"] {
            told.extend(text(pointer).map(|by| format!("by={by}")));
        }
        if self.json["isBase64Encoded"] == true {
            told.push("base64".to_owned());
        }
        told.join(" ").replace('\\', "\\\\").replace('"', "\\\"")
    }

    /// What an authorizer answers: everything is allowed, unless somebody asks with `deny`.
    fn policy(&self) -> Option<String> {
        let arn = self.json.get("methodArn").or(self.json.get("routeArn"))?;
        let effect = if self.json.to_string().contains("deny") { "Deny" } else { "Allow" };
        let name = std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap();
        let by = format!("{name}:{}", arn.as_str().unwrap().splitn(6, ':').last().unwrap());
        let statement = format!(r#"{{"Action":"execute-api:Invoke","Effect":"{effect}","Resource":"*"}}"#);
        Some(format!(
            r#"{{"principalId":"{by}","policyDocument":{{"Statement":[{statement}]}},"context":{{"by":"{by}"}},"isAuthorized":{}}}"#,
            effect == "Allow"
        ))
    }

    fn path(&self) -> String {
        let path = self.json.get("rawPath").or(self.json.get("path")).and_then(|p| p.as_str());
        path.unwrap_or_default().to_owned()
    }
}

fn ok(body: &str) -> String {
    format!(r#"{{"statusCode":200,"headers":{{"x-script":"yes"}},"body":"{body}","isBase64Encoded":false}}"#)
}

fn next(api: &str) -> Event {
    let (head, body) = exchange(api, "GET", "invocation/next", "", b"");
    let Some(id) = header(&head, "lambda-runtime-aws-request-id") else {
        println!("no event: {head}");
        exit(0);
    };
    Event { id, head, json: serde_json::from_slice(&body).unwrap_or_default() }
}

fn header(head: &str, name: &str) -> Option<String> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
}

/// Says this when it is asked to end, and ends; goes on if there is nothing to say.
#[cfg(unix)]
fn on_terminate(text: &'static str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let terminate = tokio::signal::unix::SignalKind::terminate();
    let mut signals = runtime.block_on(async { tokio::signal::unix::signal(terminate).unwrap() });
    thread::spawn(move || {
        loop {
            runtime.block_on(signals.recv());
            if !text.is_empty() {
                println!("{text}");
                exit(0);
            }
        }
    });
}

#[cfg(not(unix))]
fn on_terminate(_: &'static str) {}

/// Gives the answer's head and the identifier.
fn register(api: &str, name: &str, events: &str) -> (String, String) {
    let body = format!(r#"{{"events":{events}}}"#);
    let (head, _) = exchange(api, "POST", REGISTER, &format!("Lambda-Extension-Name: {name}\r\n"), body.as_bytes());
    let identifier = header(&head, "lambda-extension-identifier").unwrap();
    (head, identifier)
}

/// Asks for the next event of an extension; the answer may never come.
fn hold_event(api: &str, identifier: &str) {
    let (api, header) = (api.to_owned(), format!("Lambda-Extension-Identifier: {identifier}\r\n"));
    thread::spawn(move || exchange(&api, "GET", EVENT, &header, b""));
}

/// An extension beside a function: says each event.
fn extension(api: &str, script: &str) -> ! {
    let (_, identifier) = register(api, "outer", r#"["INVOKE","SHUTDOWN"]"#);
    let own = format!("Lambda-Extension-Identifier: {identifier}\r\n");
    loop {
        let (_, event) = exchange(api, "GET", EVENT, &own, b"");
        println!("outer: {}", String::from_utf8(event.clone()).unwrap());
        let is_end = serde_json::from_slice::<serde_json::Value>(&event).unwrap()["eventType"] == "SHUTDOWN";
        match script {
            "extension-dies" => exit(4),
            "extension-fails" => {
                let failed = format!("{own}Lambda-Extension-Function-Error-Type: Extension.NoDisk\r\n");
                say_exchange(api, "POST", "/2020-01-01/extension/exit/error", &failed, r#"{"errorMessage":"full"}"#);
                say_exchange(api, "GET", EVENT, &own, "");
                exit(5);
            }
            // The end is no reason to end.
            "extension-stays" => {}
            _ if is_end => exit(0),
            _ => {}
        }
    }
}

fn say_exchange(api: &str, method: &str, path: &str, headers: &str, body: &str) {
    let (head, body) = exchange(api, method, path, headers, body.as_bytes());
    let status = head.split(' ').nth(1).unwrap_or_default();
    println!("{} {status} {}", path.rsplit('/').next().unwrap(), String::from_utf8(body).unwrap());
}

const REGISTER: &str = "/2020-01-01/extension/register";
const EVENT: &str = "/2020-01-01/extension/event/next";

/// What is asked before the first event: method, path, headers, body.
const REQUESTS: [(&str, &str, &str, &str); 14] = [
    ("POST", REGISTER, "", "{}"),
    ("POST", REGISTER, "Lambda-Extension-Name: a\r\n", "{not json"),
    ("POST", REGISTER, "Lambda-Extension-Name: a\r\n", r#"{"events":["SHUTDOWN"]}"#),
    ("POST", REGISTER, "Lambda-Extension-Name: a\r\n", r#"{"events":["WAKE"]}"#),
    (
        "POST",
        REGISTER,
        "Lambda-Extension-Name: a\r\nLambda-Extension-Accept-Feature: x, accountId\r\n",
        r#"{"events":null}"#,
    ),
    ("POST", REGISTER, "Lambda-Extension-Name: a\r\n", "{}"),
    ("POST", REGISTER, "Lambda-Extension-Name: b\r\n", "{}"),
    ("GET", EVENT, "", ""),
    ("GET", EVENT, "Lambda-Extension-Identifier: x\r\n", ""),
    ("GET", EVENT, "Lambda-Extension-Identifier: 00000000-0000-4000-8000-000000000001\r\n", ""),
    (
        "POST",
        "/2020-01-01/extension/exit/error",
        "Lambda-Extension-Identifier: 00000000-0000-4000-8000-000000000001\r\n",
        "{}",
    ),
    ("PUT", "/2022-07-01/telemetry", "", "{}"),
    ("PUT", "/2020-08-15/logs", "", "{}"),
    ("GET", "restore/next", "", ""),
];

fn answer(api: &str, id: &str, body: &str) {
    post(api, &format!("invocation/{id}/response"), "", body.as_bytes());
}

fn post(api: &str, path: &str, headers: &str, body: &[u8]) {
    let (head, _) = exchange(api, "POST", path, headers, body);
    assert!(head.starts_with("HTTP/1.1 202"), "{head}");
}

fn exchange(api: &str, method: &str, path: &str, headers: &str, body: &[u8]) -> (String, Vec<u8>) {
    let Ok(mut socket) = TcpStream::connect(api) else { exit(0) };
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/2018-06-01/runtime/{path}") };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {api}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n",
        body.len()
    );
    socket.write_all(head.as_bytes()).unwrap();
    // Clients that cannot write everything fail, so everything must be read.
    socket.write_all(body).unwrap();
    read(socket)
}

fn read(socket: TcpStream) -> (String, Vec<u8>) {
    let mut reader = BufReader::new(socket);
    let mut head = String::new();
    while reader.read_line(&mut head).unwrap_or_default() > 2 {}
    let mut body = Vec::new();
    let _ = reader.read_to_end(&mut body);
    (head, body)
}

/// Sends a prelude and a first chunk, waits for the sign to go on, and ends as the script says.
fn stream(api: &str, id: &str, script: &str) {
    let mut socket = TcpStream::connect(api).unwrap();
    let content_type = if script == "stream-raw" {
        "application/octet-stream"
    } else {
        "application/vnd.awslambda.http-integration-response"
    };
    let head = format!(
        "POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nHost: {api}\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n\
         Content-Type: {content_type}\r\nTransfer-Encoding: chunked\r\nTrailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\
         Connection: close\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).unwrap();
    let prelude: &[u8] = if script == "stream-raw" {
        b""
    } else {
        b"{\"statusCode\":201,\"headers\":{\"x-a\":\"b\"},\"cookies\":[\"c=1\",\"d=2\"]}\0\0\0\0\0\0\0\0"
    };
    // The prelude and its delimiter may come in any pieces.
    for piece in prelude.chunks(40) {
        chunk(&mut socket, piece);
    }
    chunk(&mut socket, b"first");
    if script == "stream-flood" {
        // Until the connection ends.
        while write!(socket, "100000\r\n").and_then(|()| socket.write_all(&[b'x'; 1 << 20])).is_ok() {
            let _ = socket.write_all(b"\r\n");
        }
    }
    if script == "stream-closed" {
        read(socket);
        return;
    }
    if script.ends_with("-on") || script.ends_with("-flood") {
        loop {
            thread::park();
        }
    }
    wait_for_sign();
    match script {
        "stream-dies" => exit(9),
        "stream-fails" => {
            // base64 of {"errorMessage":"in the middle"}
            let trailers = "0\r\nLambda-Runtime-Function-Error-Type: Middle\r\nLambda-Runtime-Function-Error-Body: eyJlcnJvck1lc3NhZ2UiOiJpbiB0aGUgbWlkZGxlIn0=\r\n\r\n";
            socket.write_all(trailers.as_bytes()).unwrap();
        }
        _ => {
            chunk(&mut socket, b"second");
            socket.write_all(b"0\r\n\r\n").unwrap();
        }
    }
    let (head, _) = read(socket);
    if script == "stream-say" {
        println!("streamed to its end: {head}");
    }
}

/// The test decides when a function goes on, not a clock.
fn wait_for_sign() {
    let mut sign = TcpStream::connect(std::env::var("GO_ON").unwrap()).unwrap();
    sign.read_exact(&mut [0]).unwrap();
}

fn chunk(socket: &mut TcpStream, data: &[u8]) {
    socket.write_all(format!("{:x}\r\n", data.len()).as_bytes()).unwrap();
    socket.write_all(data).unwrap();
    socket.write_all(b"\r\n").unwrap();
}
