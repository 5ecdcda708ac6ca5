//! The command `sippycup serve` with the example `mirror` behind it, as two processes that meet over the
//! Runtime API: every request and every answer, through every kind.

use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Request, Response, Uri};
use serde_json::{Value, json};
use sippycup_gateway::Kind;

use super::{
    SHARED_REQUESTS, Sent,
    changes::{ON_THE_WAY_IN, ON_THE_WAY_OUT, changed, without_ids, without_invocation},
    message::{Headers, Message, Path, Query, Reply, Text},
    own_requests, parsed,
    responses::own_responses,
    shared_requests,
};
use crate::support::recorded::checked;

#[test]
fn nothing_is_lost_between_two_processes() {
    let programs = Programs::build();
    let requests = own_requests();
    for &kind in Kind::OF_REQUESTS {
        let gateway = programs.start(&flags(kind));
        let arrived = requests.iter().filter(|sent| arrives(&gateway, kind, sent)).count();
        assert_eq!(arrived, requests.len(), "{kind}");
        for (request, response) in own_responses() {
            comes_back(&gateway, kind, &request, &response);
        }
    }
    for (flags, prefix) in [
        (&["--kind", "rest", "--stage", "live"][..], "/live"),
        (&["--kind", "rest", "--base-path", "v1/shop"], "/v1/shop"),
        (&["--kind", "rest", "--stage", "live", "--base-path", "shop", "--stage-in-path"], "/shop/live"),
        (&["--kind", "http", "--stage", "live"], "/live"),
        (&["--kind", "http", "--base-path", "shop", "--var", "SIPPYCUP_SCRIPT_NAME_BASE=/shop"], "/shop"),
        (&["--kind", "http-1.0", "--stage", "live"], "/live"),
    ] {
        let allowed = [flags, &["--allow-host", "api.example.com"]].concat();
        redirects(&programs.start(&allowed), flags, prefix);
    }
}

#[test]
#[cfg_attr(not(shared), ignore = "needs ../shared")]
fn no_shared_request_is_lost_between_two_processes() {
    let programs = Programs::build();
    let requests = shared_requests();
    for &kind in Kind::OF_REQUESTS {
        let gateway = programs.start(&flags(kind));
        let arrived = requests.iter().filter(|sent| arrives(&gateway, kind, sent)).count();
        // One of them has `<` in its target, which no HTTP server takes.
        assert_eq!(arrived, requests.len() - 1, "{kind}");
        checked(SHARED_REQUESTS, "", requests.len());
    }
}

#[test]
fn what_fails_in_the_app_is_told_once() {
    let programs = Programs::build();
    let gateway = programs.start(&["--kind", "http", "--allow-host", "api.example.com"]);
    for (plan, told) in [
        (json!({"panic": true}), "SippyCup.Panic: handler panicked: the plan says panic"),
        (
            json!({"status": 200, "body_base64": "aGk=", "fail_after": 1}),
            "SippyCup.Body: response body failed: the plan says fail after 1 bytes",
        ),
    ] {
        let (response, _) = gateway.ask(&Sent::new("POST", "/__respond", &[], plan.to_string().as_bytes()).wire());
        assert_eq!(response.status(), 500);
        let (response, _) = gateway.ask(&Sent::new("GET", "/next", &[], b"").wire());
        assert_eq!(response.status(), 200);
        let said: Vec<_> = gateway.said.iter().take_while(|line| !line.starts_with("GET /next ")).collect();
        let lines: Vec<_> = said.iter().filter(|line| line.contains(told)).collect();
        assert_eq!(lines, [&format!("  the function failed: {told}")], "{said:?}");
    }
}

/// As `plain` has it: the paths are the app's, and bodies are binary.
fn flags(kind: Kind) -> Vec<&'static str> {
    let own = match kind {
        Kind::RestApi => vec!["--domain", "api.example.com", "--binary", "*/*"],
        _ => Vec::new(),
    };
    // The requests have names of their own, and some come from pages of others.
    let allowed = ["--kind", kind.as_str(), "--allow-host", "*"];
    allowed.into_iter().chain(own).collect()
}

/// Sends one request; false if it is none.
fn arrives(gateway: &Running, kind: Kind, sent: &Sent) -> bool {
    let id = format!("{kind} {}", sent.id);
    let (response, body) = gateway.ask(&sent.wire());
    if response.status() == 400 {
        assert!(sent.request().is_none(), "{id}: refused");
        return false;
    }
    assert_eq!(response.status(), 200, "{id}: {}", String::from_utf8_lossy(&body));
    if sent.method == "HEAD" {
        // The mirror has no body to show itself in; in one process this request was seen arriving.
        assert!(body.is_empty(), "{id}");
        return true;
    }
    let seen: Value = serde_json::from_slice(&body).unwrap();
    let expected = changed(ON_THE_WAY_IN, kind, &Message::of(&sent.request().unwrap()), None);
    let mut found = message(&seen).read_as(&expected);
    without_invocation(&mut found, &expected);
    assert_eq!(found, expected, "{id}");
    let source = match kind {
        Kind::FunctionUrl => "function_url",
        Kind::HttpApiV1 | Kind::HttpApiV2 => "http_api",
        Kind::LoadBalancer | Kind::LoadBalancerMultiValue => "load_balancer",
        Kind::RestApi => "rest_api",
        _ => "vpc_lattice",
    };
    assert_eq!(seen["source"], source, "{id}");
    assert_eq!(seen["version"], "HTTP/1.1", "{id}");
    assert_eq!(seen["client_ip"], "127.0.0.1", "{id}");
    assert_eq!(seen["base_path"], "", "{id}");
    true
}

/// What the mirror says that it saw.
fn message(seen: &Value) -> Message {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let uri: Uri = text(&seen["uri"]).parse().unwrap();
    assert_eq!((&seen["path"], &seen["query"]), (&json!(uri.path()), &json!(uri.query())));
    let mut headers = Headers::new();
    for header in seen["headers"].as_array().unwrap() {
        headers.entry(text(&header[0])).or_default().push(text(&header[1]).into());
    }
    Message {
        authority: uri.authority().map(ToString::to_string),
        method: text(&seen["method"]),
        path: Path::Written(uri.path().to_owned()),
        query: Query::Written(uri.query().map(str::to_owned)),
        headers,
        body: Text(STANDARD.decode(text(&seen["body_base64"])).unwrap()),
    }
}

/// Has the mirror answer with `response`.
fn comes_back(gateway: &Running, kind: Kind, request: &Request<Bytes>, response: &Response<Bytes>) {
    let accept = request.headers().get("accept").map(|accept| ("accept", accept.to_str().unwrap()));
    let headers: Vec<_> = accept.into_iter().chain([("content-type", "application/json")]).collect();
    let sent = Sent::new(request.method().as_str(), "/x/__respond", &headers, plan(response).to_string().as_bytes());
    let (got, body) = gateway.ask(&sent.wire());
    let mut got = Reply::of(&got.map(|()| Bytes::from(body)), request);
    // Of the connection: hyper's own date, and that the client asked for it to end.
    got.headers.remove("connection");
    if kind == Kind::RestApi || !response.headers().contains_key("date") {
        got.headers.remove("date");
    }
    without_ids(kind, &mut got);
    // With `*/*` a REST API has no base64 to leave as it is.
    let mut expected = changed(ON_THE_WAY_OUT, kind, &Reply::of(response, request), Some("base64 as it is"));
    // On the wire no value ends in a blank.
    expected.headers.values_mut().flatten().for_each(|value| value.0 = value.0.trim_ascii().to_vec());
    assert_eq!(got, expected, "{kind}");
}

/// What the mirror must be told to answer so; one character for each byte of a header.
fn plan(response: &Response<Bytes>) -> Value {
    let text = |value: &http::HeaderValue| value.as_bytes().iter().map(|byte| char::from(*byte)).collect::<String>();
    let headers: Vec<_> =
        response.headers().iter().map(|(name, value)| [name.as_str().to_owned(), text(value)]).collect();
    json!({"status": response.status().as_u16(), "headers": headers, "body_base64": STANDARD.encode(response.body())})
}

/// A redirect of the app, and where it leads.
fn redirects(gateway: &Running, flags: &[&str], prefix: &str) {
    let plan =
        json!({"status": 303, "headers": [["location", "/login?x=1"], ["set-cookie", "a=1"], ["set-cookie", "b=2"]]});
    let sent = Sent::new("POST", &format!("{prefix}/__respond"), &[], plan.to_string().as_bytes());
    let (response, _) = gateway.ask(&sent.wire());
    assert_eq!(response.status(), 303, "{flags:?}");
    assert_eq!(response.headers()["location"], format!("{prefix}/login?x=1"), "{flags:?}");
    assert_eq!(response.headers().get_all("set-cookie").iter().collect::<Vec<_>>(), ["a=1", "b=2"], "{flags:?}");
    let location = response.headers()["location"].to_str().unwrap();
    let (response, body) = gateway.ask(&Sent::new("GET", location, &[("cookie", "a=1; b=2")], b"").wire());
    assert_eq!(response.status(), 200, "{flags:?}");
    let seen: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&seen["uri"], &seen["base_path"]), (&json!("/login?x=1"), &json!(prefix)), "{flags:?}");
    assert_eq!(seen["public_uri"], format!("https://api.example.com{prefix}/login?x=1"), "{flags:?}");
    assert!(seen["headers"].as_array().unwrap().contains(&json!(["cookie", "a=1; b=2"])), "{flags:?}");
}

/// Where the two programs are.
pub(super) struct Programs {
    pub(super) gateway: PathBuf,
    pub(super) mirror: PathBuf,
}

impl Programs {
    /// Builds them with the profile and into the target directory of the tests, and asks cargo where it put them.
    pub(super) fn build() -> Self {
        let profile = env::current_exe().unwrap().parent().and_then(|deps| deps.parent()).unwrap().to_owned();
        let mut command = Command::new(env!("CARGO"));
        command.args(["build", "--message-format=json-render-diagnostics", "-p", "mirror", "-p", "sippycup-cli"]);
        command.arg("--target-dir").arg(profile.parent().unwrap()).current_dir(env!("CARGO_MANIFEST_DIR"));
        if profile.ends_with("release") {
            command.arg("--release");
        }
        let output = command.stderr(Stdio::inherit()).output().unwrap();
        assert!(output.status.success(), "cargo build");
        let artifacts: Vec<Value> =
            output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
        let program = |name: &str| {
            let artifact = artifacts
                .iter()
                .find(|artifact| artifact["target"]["name"] == name && artifact["target"]["kind"] == json!(["bin"]));
            PathBuf::from(artifact.and_then(|artifact| artifact["executable"].as_str()).expect(name))
        };
        Self { gateway: program("sippycup"), mirror: program("mirror") }
    }

    fn start(&self, flags: &[&str]) -> Running {
        let mut command = Command::new(&self.gateway);
        command.arg("serve").args(flags).args(["--https", "--listen", "127.0.0.1:0", "--"]).arg(&self.mirror);
        for variable in ["MIRROR_OPTIONS", "SIPPYCUP_SCRIPT_NAME_BASE", "AWS_LAMBDA_MAX_CONCURRENCY"] {
            command.env_remove(variable);
        }
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let mut said = Vec::new();
        let address = loop {
            let line = lines.next().unwrap_or_else(|| panic!("no address from {flags:?}:\n{}", said.join("\n")));
            if let Some(url) = line.split("http://").nth(1) {
                break url.split('/').next().unwrap().to_owned();
            }
            said.push(line);
        };
        // A full pipe would stop it.
        let (sender, said) = mpsc::channel();
        std::thread::spawn(move || lines.for_each(|line| drop(sender.send(line))));
        Running { child, address, said }
    }
}

/// The command at work, interrupted at the end, so that it ends its function too.
struct Running {
    child: Child,
    address: String,
    /// What it has written since.
    said: mpsc::Receiver<String>,
}

impl Running {
    fn ask(&self, wire: &[u8]) -> (Response<()>, Vec<u8>) {
        let mut connection = TcpStream::connect(&self.address).unwrap();
        connection.write_all(wire).unwrap();
        let mut response = Vec::new();
        connection.read_to_end(&mut response).unwrap();
        parsed(&response)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            let interrupted = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
            if !interrupted.is_ok_and(|status| status.success()) {
                let _ = self.child.kill();
            }
            let _ = self.child.wait();
        }
    }
}
