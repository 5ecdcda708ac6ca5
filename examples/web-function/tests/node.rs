//! `index.js` under Node.js, which Lambda starts Web Functions with.

#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "helpers of tests are tests, but clippy's exemption knows only test functions"
)]

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Stdio},
    sync::Mutex,
};

/// A program that is still being written by one test cannot be started while another one has just started something.
static ONE: Mutex<()> = Mutex::new(());

/// A package as it is uploaded: `index.js`, and the binary beside it.
fn package(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/index.js"), directory.join("index.js")).unwrap();
    directory
}

fn node(package: &Path) -> (Child, BufReader<ChildStderr>) {
    let mut node = Command::new("node")
        .arg(package.join("index.js"))
        // Beside what it has, since Lambda's variables are no business of others.
        .env("AWS_LAMBDA_HTTP_ENDPOINT", "127.0.0.1:0")
        .env("AWS_LAMBDA_INITIALIZATION_TYPE", "native-http")
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("`node`, of the package `nodejs`");
    let said = BufReader::new(node.stderr.take().unwrap());
    (node, said)
}

#[test]
#[ignore = "needs Node.js, which CI installs"]
fn node_starts_the_binary_hands_sigterm_on_and_ends_with_it() {
    let _alone = ONE.lock().unwrap();
    let package = package("serves");
    fs::copy(env!("CARGO_BIN_EXE_web-function"), package.join("web-function")).unwrap();
    let (mut node, mut said) = node(&package);
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    let (kind, address) = line.trim_end().split_once("listening on http://").unwrap();
    assert!(kind.contains("Lambda Web Function"), "{line}");
    let mut client = TcpStream::connect(address).unwrap();
    let request = "GET / HTTP/1.1\r\nhost: x.example\r\nx-forwarded-for: 198.51.100.1, 192.0.2.7\r\n\
                   lambda-web-request-id: 9f1c\r\nconnection: close\r\n\r\n";
    client.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("\r\n\r\non web_function, called by 192.0.2.7, request id 9f1c\n"), "{answer}");
    assert!(Command::new("kill").args(["-TERM", &node.id().to_string()]).status().unwrap().success());
    let mut rest = String::new();
    // Standard error is the binary's too, so this is the end of both.
    said.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("told to end"), "{rest}");
    assert_eq!(node.wait().unwrap().code(), Some(0));
}

#[test]
#[ignore = "needs Node.js, which CI installs"]
fn node_ends_as_the_binary_ends() {
    let _alone = ONE.lock().unwrap();
    for (name, script, code, told) in [
        ("fails", Some("#!/bin/sh\necho no configuration >&2\nexit 3\n"), 3, "no configuration"),
        ("is_killed", Some("#!/bin/sh\nkill -KILL $$\n"), 1, ""),
        ("is_absent", None, 1, "ENOENT"),
    ] {
        let package = package(name);
        if let Some(script) = script {
            let binary = package.join("web-function");
            fs::write(&binary, script).unwrap();
            fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let (mut node, mut said) = node(&package);
        let mut text = String::new();
        said.read_to_string(&mut text).unwrap();
        assert!(text.contains(told), "{name}: {text}");
        assert_eq!(node.wait().unwrap().code(), Some(code), "{name}");
    }
}
