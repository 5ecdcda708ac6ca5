//! `serve` without a command: a template or a cargo package in the current directory; and functions that cargo builds.

use std::path::Path;

use super::line;
use crate::{Running, directory, http, run, serve, sippycup};

#[test]
fn a_template_in_the_current_directory_is_served_alone() {
    let root = directory("alone-template");
    std::fs::write(root.join("template.yml"), TEMPLATE).unwrap();
    std::fs::write(root.join("Cargo.toml"), "this is never read").unwrap();
    let mut command = serve(&["--run", &format!("Shop={}", line())]);
    command.current_dir(&root);
    let mut running = Running::spawn(command);
    let address = running.address();
    assert!(running.seen.iter().any(|line| line == "serving template.yml"), "{:?}", running.seen);
    assert!(http(&address, "GET /items", "").contains("Shop GET /items 2.0 $default /items"));
    // What a template says itself is no flag beside it.
    for (flags, part) in [
        (&["--kind", "rest"][..], "'--kind <KIND>'"),
        (&["--timeout", "3"], "'--timeout <SECONDS>'"),
        (&["--env", "A=b"], "'--env <NAME=VALUE>'"),
    ] {
        let mut command = serve(flags);
        command.current_dir(&root);
        let (code, _, err) = run(command);
        assert!(
            code == 2 && err.contains(part) && err.contains("cannot be used with") && err.contains("--template"),
            "{err}"
        );
    }
}

#[test]
fn a_template_that_changes_is_served_anew_unless_it_cannot_be() {
    let root = directory("alone-changes");
    let template = root.join("template.yaml");
    std::fs::write(&template, TEMPLATE).unwrap();
    let flags = ["--template", template.to_str().unwrap(), "--watch", "--run", &format!("Shop={}", line())];
    let mut running = Running::spawn(serve(&flags));
    let address = running.address();
    assert!(http(&address, "GET /items", "").contains("Shop GET /items"));
    std::fs::write(&template, TEMPLATE.replace("Path: /items", "Path: !Ref Items")).unwrap();
    let said = running.until("changed, and what was there before is served on: ");
    assert!(
        said.contains("template.yaml:13:30: resource `Shop`") && said.contains("expected a literal string"),
        "{said}"
    );
    assert!(http(&address, "GET /items", "").contains("Shop GET /items"));
    std::fs::write(&template, TEMPLATE.replace("Path: /items", "Path: /things")).unwrap();
    running.until("template.yaml changed, serving it anew");
    let address = running.address();
    assert!(http(&address, "GET /things", "").contains("Shop GET /things"));
    assert!(http(&address, "GET /items", "").starts_with("HTTP/1.1 404 "));
    running.signal("-INT");
    running.until("stopping");
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
}

#[test]
fn what_is_no_template_is_told_by_its_name() {
    let root = directory("alone-terraform");
    for (bytes, said) in [
        (&b"PK\x03\x04and so on"[..], "`terraform show -json` prints the JSON"),
        (
            br#"{"format_version": "1.2", "planned_values": {}}"#,
            "there is no API and no function URL that can be served",
        ),
        (b"openapi: 3.0.1\n", "or an OpenAPI definition with `paths`"),
        (b"- a list\n", "expected a template of SAM or CloudFormation, with a map `Resources`"),
        (b"\xff\xfe", "this is no text in UTF-8"),
    ] {
        std::fs::write(root.join("tfplan.json"), bytes).unwrap();
        let (code, _, err) = run(serve(&["--template", root.join("tfplan.json").to_str().unwrap()]));
        assert!(code == 2 && err.contains(said), "{err}");
    }
}

#[test]
fn the_functions_of_a_template_are_built_and_run_by_cargo() {
    let root = directory("alone-cargo");
    package(&root.join("shop"));
    std::fs::write(root.join("template.yaml"), TEMPLATE).unwrap();
    let mut running = Running::spawn(serve(&["--template", root.join("template.yaml").to_str().unwrap()]));
    let line = running.until("building: cd ");
    assert!(line.ends_with(" && cargo build --bin shop-function"), "{line}");
    let address = running.address();
    let response = http(&address, "GET /items", "");
    assert!(response.starts_with("HTTP/1.1 200 ") && response.ends_with("built by cargo in shop"), "{response}");
}

#[cfg(unix)]
#[test]
fn the_functions_of_a_template_are_built_by_make() {
    let root = directory("alone-make");
    std::fs::create_dir(root.join("shop")).unwrap();
    let function = format!("#!/bin/sh\nexec {}\n", line().replace("SCRIPT=told", "env SCRIPT=told"));
    std::fs::write(root.join("shop/function.sh"), function).unwrap();
    std::fs::write(
        root.join("shop/Makefile"),
        "build-Shop:\n\tcp function.sh $(ARTIFACTS_DIR)/bootstrap\n\tchmod +x $(ARTIFACTS_DIR)/bootstrap\n",
    )
    .unwrap();
    let method = "  Shop:\n    Metadata: {BuildMethod: makefile}\n";
    std::fs::write(root.join("template.yaml"), TEMPLATE.replace("  Shop:\n", method)).unwrap();
    let mut command = serve(&["--template", "template.yaml"]);
    command.current_dir(&root);
    let mut running = Running::spawn(command);
    let said = running.until("building: mkdir -p ");
    assert!(said.contains(" && make build-Shop ARTIFACTS_DIR=") && said.ends_with("/.aws-sam/sippycup/Shop"), "{said}");
    let address = running.address();
    assert!(http(&address, "GET /items", "").contains("Shop GET /items 2.0 $default /items"));
}

#[test]
fn a_package_that_does_not_build_ends_the_command_with_what_cargo_says() {
    let root = directory("alone-broken");
    package(&root.join("shop"));
    std::fs::write(root.join("shop/src/main.rs"), "fn main() { nothing_of_this_name() }").unwrap();
    std::fs::write(root.join("template.yaml"), TEMPLATE).unwrap();
    let (code, _, err) = run(serve(&["--template", root.join("template.yaml").to_str().unwrap()]));
    assert!(
        code == 1 && err.contains("nothing_of_this_name") && err.contains("cargo build --bin shop-function` failed"),
        "{err}"
    );
}

#[test]
fn a_cargo_package_in_the_current_directory_is_served_alone() {
    let root = directory("alone-package");
    package(&root);
    let mut command = serve(&["--kind", "rest"]);
    command.current_dir(&root);
    let mut running = Running::spawn(command);
    running.until("serving the cargo package here, with `cargo run`");
    let address = running.address();
    assert!(http(&address, "GET /prod/", "").contains("built by cargo in"));
}

#[test]
fn where_there_is_nothing_the_command_says_what_it_expects() {
    let root = directory("alone-nothing");
    for flags in [&["serve"][..], &["serve", "--kind", "rest"]] {
        let mut command = sippycup(flags);
        command.current_dir(&root);
        let (code, _, err) = run(command);
        assert!(
            code == 2 && err.contains("expected the function's command behind `--`, or --attach, or --config"),
            "{err}"
        );
    }
    let mut command = sippycup(&["serve", "--parameter", "A=b", "--", "true"]);
    command.current_dir(&root);
    let (code, _, err) = run(command);
    assert!(code == 2 && err.contains("--parameter, --run and --env-vars are about a template"), "{err}");
}

/// A package without dependencies, whose function answers with the directory it was started in.
pub(super) fn package(root: &Path) {
    std::fs::create_dir_all(root.join("src")).unwrap();
    // Not a member of the workspace around it.
    std::fs::write(root.join("Cargo.toml"), "[package]\nname = \"shop-function\"\nedition = \"2024\"\n[workspace]\n")
        .unwrap();
    std::fs::write(root.join("src/main.rs"), FUNCTION).unwrap();
}

const TEMPLATE: &str = "\
Transform: AWS::Serverless-2016-10-31
Resources:
  Shop:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: shop/
      Handler: bootstrap
      Runtime: provided.al2023
      Timeout: 20
      Events:
        Items:
          Type: HttpApi
          Properties: {Path: /items, Method: get}
";

const FUNCTION: &str = r#"
use std::io::{Read, Write};
use std::net::TcpStream;

fn main() {
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let exchange = |head: String, body: &str| {
        let mut socket = TcpStream::connect(&api).unwrap();
        let length = body.len();
        write!(socket, "{head} HTTP/1.1\r\nHost: {api}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        answer
    };
    let here = std::env::current_dir().unwrap();
    let body = format!("built by cargo in {}", here.file_name().unwrap().to_str().unwrap());
    loop {
        let event = exchange("GET /2018-06-01/runtime/invocation/next".to_owned(), "");
        let id = event.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("lambda-runtime-aws-request-id").then(|| value.to_owned())
        });
        let answer = format!("{{\"statusCode\":200,\"headers\":{{}},\"body\":\"{body}\"}}");
        exchange(format!("POST /2018-06-01/runtime/invocation/{}/response", id.unwrap()), &answer);
    }
}
"#;
