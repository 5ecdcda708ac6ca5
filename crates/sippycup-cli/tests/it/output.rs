//! Whatever happens to what the command writes, it serves.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Stdio};

use crate::scripted::command_line;
use crate::{Running, http, run, serve, sippycup};

/// The command at work, and what it writes, read as far as the address stands in it.
fn started() -> (Running, BufReader<ChildStderr>, String) {
    let mut command = serve(&["--"]);
    command.args(command_line()).env("SCRIPT", "path").stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child: Child = command.spawn().unwrap();
    let mut stderr = BufReader::with_capacity(1, child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("http://") {
        line.clear();
        assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "it ended without an address");
    }
    let address = line.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
    (Running::silent(child), stderr, address)
}

#[test]
fn it_serves_with_a_closed_standard_error() {
    let (_running, stderr, address) = started();
    drop(stderr);
    for i in 0..5 {
        assert!(http(&address, &format!("GET /{i}"), "").ends_with(&format!("/{i}")), "{i}");
    }
}

#[test]
fn it_serves_with_a_standard_error_that_nobody_reads() {
    let (mut running, mut stderr, address) = started();
    // Two megabytes of lines, where a pipe takes 64 KB.
    let long = "x".repeat(2000);
    for i in 0..1000 {
        assert!(http(&address, &format!("GET /{long}/{i}"), "").ends_with(&format!("/{i}")), "{i}");
    }
    // Whoever reads after all is told that something is missing, and the command ends in order.
    let reader = std::thread::spawn(move || {
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).unwrap();
        rest
    });
    running.signal("-INT");
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
    let rest = reader.join().unwrap();
    assert!(rest.contains("lines are lost: nobody read them in time"), "{}", rest.len());
    assert!(rest.ends_with("stopping\n"), "{}", rest.len());
}

#[test]
fn it_ends_although_nobody_reads_its_last_lines() {
    let (mut running, _stderr, address) = started();
    let long = "x".repeat(2000);
    for i in 0..100 {
        assert!(http(&address, &format!("GET /{long}/{i}"), "").ends_with(&format!("/{i}")), "{i}");
    }
    running.signal("-INT");
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_reader_of_results_who_has_seen_enough_is_no_failure() {
    for arguments in [&["event", "/x"][..], &["completions", "bash"]] {
        let mut child = sippycup(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{arguments:?}");
    }
}

#[test]
fn nothing_of_clients_or_functions_reaches_the_terminal_raw() {
    let mut running =
        Running::start("say:\u{1b}[31mred\u{1b}[0m\u{1b}[2J\u{9b}1m\u{202e}\u{7f}", &["--name", "a\u{202e}b"]);
    let address = running.address();
    http(&address, "GET /\u{202e}?\u{9b}31m", "");
    let line = running.until("GET /");
    assert!(line.starts_with(r"GET /\u{202e}?\u{9b}31m 200 "), "{line}");
    assert!(
        running.seen.iter().any(|line| line == r"a\u{202e}b | red\u{1b}[2J\u{9b}1m\u{202e}\u{7f}"),
        "{:?}",
        running.seen
    );
}

#[test]
fn json_of_an_event_is_harmless_for_a_terminal() {
    let (code, out, err) =
        run(sippycup(&["event", "--kind", "url", "POST /x", "-H", "content-type: text/plain", "-d", "\u{9b}\u{202e}"]));
    assert_eq!(code, 0, "{err}");
    assert!(out.contains(r#""\u009b\u202e""#), "{out}");
}

#[test]
fn a_stream_that_breaks_is_told_with_its_reason_and_breaks_for_the_client() {
    let mut command = serve(&["--kind", "url", "--stream", "--"]);
    let sign = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    command.args(command_line()).env("SCRIPT", "stream-fails").env("GO_ON", sign.local_addr().unwrap().to_string());
    let mut running = Running::spawn(command);
    let address = running.address();
    let mut client = TcpStream::connect(&address).unwrap();
    write!(client, "GET /stream HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut response = String::new();
    // The function fails when the client has its first bytes, so that nothing can overtake them.
    while !response.contains("first") {
        let mut bytes = [0; 1024];
        let read = client.read(&mut bytes).unwrap();
        assert_ne!(read, 0, "{response}");
        response.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
    sign.accept().unwrap().0.write_all(b"!").unwrap();
    // Some systems say that the connection was reset.
    let _reset = client.read_to_string(&mut response);
    assert!(response.starts_with("HTTP/1.1 201") && response.contains("first"), "{response}");
    assert!(!response.ends_with("0\r\n\r\n"), "{response}");
    running.until("GET /stream 201 ");
    running.until("GET /stream broke off after ");
    running.until("  Middle: in the middle");
}

#[test]
fn what_bites_in_silence_is_told_in_one_line() {
    let mut running = Running::start("path", &["--kind", "rest"]);
    let address = running.address();
    http(&address, "GET /prod/x", "Upgrade: websocket\r\n");
    running.until("GET /prod/x 200 ");
    let hint = running.until("hint:");
    assert!(hint.contains("an upgrade to `websocket`, which a REST API does not pass on"), "{hint}");
}
