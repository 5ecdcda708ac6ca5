//! Templates over the running command. Each says itself, in comments at its beginning, what is expected of it:
//!
//! ```text
//! # run Shop, Cart                        functions that are started, as processes of this test binary
//! # flags --parameter Stage=dev           more flags
//! # Api GET /Prod/x -> 200 && Shop GET /x  front door, request, and parts of the response: see `told` of the scripted function
//! # Api POST /x | accept: a/b -> 200      with a header (`+` before another one), and the body `abc`
//! # Api WS /live {"action":"x"} -> x     a WebSocket API, a message, and parts of what comes back
//! # says warning: …                       a line before anything is served
//! # error 12:5: resource `Shop`: …        the template is refused, with this behind its path
//! ```

mod alone;
#[cfg(unix)]
mod cdk;
mod outputs;
mod terraform;
mod translated;
mod web;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::scripted::command_line;
use crate::{Running, directory, http, run, serve, web_socket};

/// A template as it is served.
struct Served {
    running: Running,
    described: Value,
}

impl Served {
    /// Serves a template; all functions tell what they are asked.
    fn start(template: &Path, functions: &[&str], flags: &[&str]) -> Self {
        // Many are of the same name, in folders of their own.
        let name: String =
            template.to_string_lossy().chars().rev().filter(|c| c.is_ascii_alphanumeric()).take(60).collect();
        let root = directory(&format!("described-{name}"));
        let file = root.join("described.json");
        let mut command = serve(&["--template", template.to_str().unwrap(), "--describe", file.to_str().unwrap()]);
        command.args(flags).env_remove("COLOR");
        for function in functions {
            command.args(["--run", &format!("{function}={}", line())]);
        }
        let mut running = Running::spawn(command);
        running.until("described in ");
        let described = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        std::fs::remove_dir_all(root).unwrap();
        Self { running, described }
    }

    /// Where a front door listens.
    fn address(&self, id: &str) -> String {
        let doors = self.described["frontDoors"].as_array().unwrap();
        let door =
            doors.iter().find(|door| door["logicalId"] == id).unwrap_or_else(|| panic!("no `{id}` in {doors:#?}"));
        let url = door["urls"][0].as_str().unwrap();
        url.split("://").nth(1).unwrap().split('/').next().unwrap().to_owned()
    }
}

/// The line of a shell that starts a function.
fn line() -> String {
    let words: Vec<_> = command_line().iter().map(|word| format!("'{word}'")).collect();
    format!("SCRIPT=told {}", words.join(" "))
}

/// What a template expects, by the first word of its comments.
fn expectations(text: &str) -> Vec<(&str, &str)> {
    let comments = text.trim_start_matches('\u{feff}').lines().map_while(|line| line.strip_prefix("# "));
    comments.filter_map(|comment| comment.split_once(' ')).map(|(first, rest)| (first, rest.trim())).collect()
}

/// What is wrong with a template; nothing if all is as expected.
fn check(template: &Path) -> String {
    let text = std::fs::read_to_string(template).unwrap();
    let expected = expectations(&text);
    assert!(!expected.is_empty(), "{}: it expects nothing", template.display());
    let of = |word: &'static str| expected.iter().filter(move |(first, _)| *first == word).map(|(_, rest)| *rest);
    let functions: Vec<_> = of("run").flat_map(|names| names.split(", ")).collect();
    let flags: Vec<_> = of("flags").flat_map(|flags| flags.split(' ')).collect();
    let mut wrong = String::new();
    let errors: Vec<_> = of("error").collect();
    if !errors.is_empty() {
        let mut command = serve(&["--template", template.to_str().unwrap()]);
        command.args(&flags);
        for function in &functions {
            command.args(["--run", &format!("{function}={}", line())]);
        }
        let (code, _, err) = run(command);
        let shown = err.replace(&format!("{}/", template.parent().unwrap().display()), "");
        for error in errors.iter().filter(|error| !shown.contains(**error)) {
            let _ = writeln!(wrong, "expected `{error}` in\n{shown}");
        }
        if code != 2 {
            let _ = writeln!(wrong, "expected exit code 2, found {code}:\n{shown}");
        }
        return wrong;
    }
    let served = Served::start(template, &functions, &flags);
    for said in of("says") {
        if !served.running.seen.iter().any(|line| line.contains(said)) {
            let _ = writeln!(wrong, "nobody says `{said}`:\n{}", served.running.seen.join("\n"));
        }
    }
    for (door, rest) in expected.iter().filter(|(_, rest)| rest.contains(" -> ")) {
        let (request, parts) = rest.split_once(" -> ").unwrap();
        if let Some((path, message)) = request.strip_prefix("WS ").and_then(|rest| rest.split_once(' ')) {
            let found = web_socket(&format!("ws://{}{path}", served.address(door)), message);
            for part in parts.split(" && ").filter(|part| !found.contains(*part)) {
                let _ = writeln!(wrong, "{request}: expected `{part}` in\n{found}");
            }
            continue;
        }
        let (request, header) = request.split_once(" | ").unwrap_or((request, ""));
        let body = format!("{}\r\nContent-Length: 3\r\n\r\nabc", header.replace(" + ", "\r\n"));
        let response = http(&served.address(door), request, if header.is_empty() { "" } else { &body });
        for part in parts.split(" && ") {
            let found = if part.bytes().all(|byte| byte.is_ascii_digit()) {
                response.starts_with(&format!("HTTP/1.1 {part} "))
            } else {
                // Header names are in title case before an HTTP API.
                response.contains(part) || response.to_ascii_lowercase().contains(part)
            };
            if !found {
                let _ = writeln!(wrong, "{request}: expected `{part}` in\n{response}");
            }
        }
    }
    wrong
}

#[test]
fn the_templates_of_the_examples_are_served() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let rest = "axum-hello/deploy/rest-api/template.yaml";
    for (template, function, flags, door, request, told) in [
        (
            rest,
            "Function",
            &[][..],
            "Api",
            "GET /prod/x",
            "GET /{proxy+} rest prod /x _HANDLER=bootstrap SIPPYCUP_SCRIPT_NAME_BASE=/prod",
        ),
        (
            rest,
            "Function",
            &["--parameter", "PublicPath=/"],
            "Api",
            "GET /prod/",
            "GET / rest prod / _HANDLER=bootstrap SIPPYCUP_SCRIPT_NAME_BASE=/",
        ),
        (
            "axum-hello/deploy/http-api/template.yaml",
            "Function",
            &[],
            "ServerlessHttpApi",
            "GET /x",
            "$default 2.0 $default /x",
        ),
        (
            "axum-hello/deploy/function-url/template.yaml",
            "Function",
            &[],
            "FunctionUrl",
            "GET /x",
            "$default 2.0 $default /x",
        ),
        ("streaming/template.yaml", "Function", &[], "FunctionUrl", "GET /x", "$default 2.0 $default /x"),
        ("events/template.yaml", "Function", &[], "ServerlessHttpApi", "GET /orders", "$default 2.0 $default /orders"),
        (
            "openapi/template.yaml",
            "Function",
            &[],
            "Api",
            "GET /prod/openapi.json",
            "GET /{proxy+} rest prod /openapi.json",
        ),
        (
            "telemetry/template.yaml",
            "Function",
            &[],
            "ServerlessHttpApi",
            "GET /items/7",
            "$default 2.0 $default /items/7",
        ),
        (
            "htmx/template.yaml",
            "Function",
            &["--parameter", "Certificate=arn:aws:acm:us-east-1:123456789012:certificate/x"],
            "Api",
            "GET /guests/greet",
            "GET /{proxy+} rest prod /guests/greet",
        ),
        (
            "authorizer-claims/template.yaml",
            "Function",
            &[
                "--parameter",
                "Issuer=https://issuer.example.com",
                "--parameter",
                "Audience=shop",
                "--claims",
                r#"{"sub": "1"}"#,
            ],
            "Api",
            "GET /me",
            "$default 2.0 $default /me",
        ),
    ] {
        let served = Served::start(&examples.join(template), &[function], flags);
        let response = http(&served.address(door), request, "");
        assert!(response.contains(&format!("{function} {told}")), "{template}: {response}");
    }
}

#[test]
fn two_apps_of_an_example_share_a_domain() {
    let template = "../../examples/axum-hello/deploy/custom-domain/template.yaml";
    let flags = ["--parameter", "Certificate=arn:aws:acm:us-east-1:123456789012:certificate/x"];
    let served = Served::start(&Path::new(env!("CARGO_MANIFEST_DIR")).join(template), &["Shop", "News"], &flags);
    let urls = served.described["frontDoors"].to_string();
    assert!(urls.contains("/shop/") && urls.contains("/news/"), "{urls}");
}

#[test]
fn json_is_a_template_too_and_what_is_served_is_described() {
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/template/templates/plain_url.json");
    let served = Served::start(&template, &["Shop"], &[]);
    let response = http(&served.address("Url"), "GET /x", "");
    assert!(response.contains("the-shop $default 2.0 $default /x"), "{response}");
    let Value::Object(described) = served.described else { panic!("an object") };
    assert_eq!(described["functions"][0]["logicalId"], "Shop");
    assert_eq!(described["functions"][0]["name"], "the-shop");
    assert_eq!(described["functions"][0]["timeout"], 3.0);
    let door = &described["frontDoors"][0];
    assert_eq!((&door["kind"], &door["stage"]), (&"url".into(), &Value::Null));
    assert_eq!(door["routes"][0]["function"], "the-shop");
}

fn templates() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/template/templates");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|path| !path.file_name().unwrap().to_str().unwrap().starts_with('_')).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    files
}

#[test]
fn every_template_is_served_or_refused_as_it_says_itself() {
    let templates = templates();
    assert!(templates.len() >= 25, "{templates:?}");
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let parts: Vec<_> = templates
            .chunks(templates.len().div_ceil(4))
            .map(|part| scope.spawn(|| part.iter().map(|path| (path, check(path))).collect::<Vec<_>>()))
            .collect();
        let checked = parts.into_iter().flat_map(|part| part.join().unwrap());
        checked
            .filter(|(_, wrong)| !wrong.is_empty())
            .map(|(path, wrong)| format!("{}:\n{wrong}", path.display()))
            .collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
