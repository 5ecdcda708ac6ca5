//! Clients from PyPI. They are installed for it, so the tests run only where they are asked for: `.ci/run` does.

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::scripted::command_line;
use crate::{Running, directory, serve};

#[test]
#[ignore = "installs clients from PyPI"]
fn pypi_clients_of_web_socket_apis_lose_nothing() {
    let flags = ["--kind", "ws", "--stage", "live", "--route", "say", "--route-response", "say"];
    let mut running = Running::start("told", &flags);
    let line = running.until("ws://");
    let url = format!("ws://{}", line.split("ws://").nth(1).unwrap());
    run_python("clients.py", &["websockets", "boto3"], &[&url, "2000"]);
}

#[test]
#[ignore = "installs clients from PyPI"]
fn pypi_clients_of_the_invoke_api_are_answered() {
    // The middle of a stream is where the client has read its beginning.
    let go_on = TcpListener::bind("127.0.0.1:0").unwrap();
    let sign = go_on.local_addr().unwrap();
    std::thread::spawn(move || go_on.incoming().for_each(|socket| socket.unwrap().write_all(b"!").unwrap()));
    let function = |(name, script): (&str, &str)| {
        let timeout = if script == "never" { 1 } else { 30 };
        format!(
            "[[function]]\nname = \"{name}\"\ntimeout = {timeout}\nenv = {{ SCRIPT = \"{script}\", GO_ON = \"{sign}\" }}\ncommand = {:?}\n\n",
            command_line()
        )
    };
    let functions = [
        ("function", "path"),
        ("errors", "error"),
        ("times-out", "never"),
        ("dies", "die-once"),
        ("dies-at-start", "exit-at-start"),
        ("no-init", "init-error"),
        ("large", "large:6291557"),
        ("breaks-off", "stream-fails"),
        ("dies-in-stream", "stream-dies"),
    ];
    let front = "[[gateway]]\nfunction = \"function\"\n";
    let config = format!("listen = \"127.0.0.1:0\"\n\n{}{front}", functions.map(function).concat());
    let file = directory("invoke-api").join("sippycup.toml");
    std::fs::write(&file, config).unwrap();
    let mut running = Running::spawn(serve(&["--invoke-api=127.0.0.1:0", "--config", file.to_str().unwrap()]));
    let line = running.until("invoke: http://");
    let url = format!("http://{}", line.split("http://").nth(1).unwrap());
    let out = directory("invoked").join("out.json");
    let python = python("invoke.py", &["boto3", "awscli"]);
    let aws = python.with_file_name("aws");
    run_python("invoke.py", &["boto3", "awscli"], &[&url, aws.to_str().unwrap(), out.to_str().unwrap()]);
    // Nobody waited for it, so the developer is told.
    running.until("errors failed: ValueError: it broke");
}

#[test]
#[ignore = "installs clients from PyPI"]
fn pypi_clients_that_sign_pass_and_others_do_not() {
    for (kind, service, base) in [
        ("rest", "execute-api", "/prod"),
        ("http", "execute-api", ""),
        ("http-1.0", "execute-api", ""),
        ("url", "lambda", ""),
    ] {
        let mut running = Running::start("told", &["--kind", kind, "--iam-key", "AKIAANN1=s/e+c=ret"]);
        let url = format!("http://{}{base}", running.address());
        run_python("iam.py", &["botocore"], &[service, &url]);
    }
}

fn run_python(script: &str, packages: &[&str], arguments: &[&str]) {
    let python = python(script, packages);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it").join(script);
    let keys =
        [("AWS_ACCESS_KEY_ID", "AKIATEST"), ("AWS_SECRET_ACCESS_KEY", "secret"), ("AWS_DEFAULT_REGION", "us-east-1")];
    let ran = Command::new(python).arg(script).args(arguments).envs(keys).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

/// A Python that has these packages, for one script.
fn python(script: &str, packages: &[&str]) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(script.replace('.', "-"));
    let python = target.join("bin/python");
    if !target.join("bin/pip").exists() {
        let made = Command::new("python3").args(["-m", "venv"]).arg(&target).status();
        assert!(made.unwrap().success(), "python3 -m venv");
    }
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    assert!(Command::new(&python).args(install).args(packages).status().unwrap().success(), "pip install {packages:?}");
    python
}
