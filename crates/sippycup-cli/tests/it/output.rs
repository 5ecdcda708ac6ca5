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
    assert!(rest.contains("lines are lost: they were not read in time"), "{}", rest.len());
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

#[test]
fn a_failure_is_told_once_and_below_its_request() {
    for (script, path, flags, fault) in [
        ("error", "/", &[][..], "ValueError: it broke"),
        (
            "die-once",
            "/die",
            &[],
            "Runtime.ExitError: the function ended while it worked on a request (exit status: 7)",
        ),
        ("never-once", "/never", &["--timeout", "2"], "Sandbox.Timedout: Task timed out after 2.00 seconds"),
        (
            "hang-at-start",
            "/",
            &["--timeout", "0.3"],
            "Sandbox.Timedout: no process was free within 0.3 s: none has asked for an event yet; if it is still being built, build it first",
        ),
    ] {
        let mut running = Running::start(script, flags);
        let address = running.address();
        http(&address, &format!("GET {path}"), "");
        running.until(&format!("GET {path} 500 "));
        assert_eq!(running.until(fault), format!("  the function failed: {fault}"));
        running.signal("-INT");
        running.until("stopping");
        let told = fault.split_once(": ").unwrap().1;
        assert_eq!(running.seen.iter().filter(|line| line.contains(told)).count(), 1, "{:?}", running.seen);
    }
}

#[test]
fn a_failure_for_which_no_request_waits_is_told_too() {
    let mut running = Running::start("init-error", &[]);
    let address = running.address();
    assert!(running.until("no database").starts_with("function | the function could not initialise: Init.NoDatabase"));
    http(&address, "GET /", "");
    running.until("GET / 500 ");
    assert_eq!(running.until("no database"), "  the function failed: Init.NoDatabase: no database");
    running.signal("-INT");
    running.until("stopping");
    assert_eq!(running.seen.iter().filter(|line| line.contains("no database")).count(), 2, "{:?}", running.seen);
}

#[test]
fn whoever_asks_outside_of_the_base_path_or_is_sent_there_reads_where_the_gateway_is() {
    for (flags, base) in [(&["--kind", "http", "--base-path", "shop"][..], "/shop"), (&["--kind", "rest"], "/prod")] {
        let mut running =
            Running::start(r#"answer:{"statusCode":302,"headers":{"location":"/login?next=1"},"body":""}"#, flags);
        let address = running.address();
        http(&address, "GET /items?a=1", "");
        running.until("  `/items` is under no stage or mapping; paths begin with ");
        assert_eq!(running.until("hint:"), format!("  hint: the gateway answers at http://{address}{base}/items?a=1"));
        http(&address, &format!("GET {base}/items"), "");
        let hint = running.until("hint:");
        assert!(
            hint.starts_with("  hint: the client is sent to `/login`, and the gateway's paths begin with"),
            "{hint}"
        );
        assert!(hint.contains(&format!("--var SIPPYCUP_SCRIPT_NAME_BASE={base}")), "{hint}");
    }
    // One that knows its base path needs no hint.
    let mut running = Running::start(
        r#"answer:{"statusCode":302,"headers":{"location":"/shop/login"},"body":""}"#,
        &["--kind", "http", "--base-path", "shop"],
    );
    let address = running.address();
    http(&address, "GET /shop/items", "");
    http(&address, "GET /shop/last", "");
    running.until("GET /shop/last ");
    assert!(!running.seen.iter().any(|line| line.contains("hint:")), "{:?}", running.seen);
}

#[test]
fn a_web_page_that_is_refused_without_an_origin_is_told_with_what_lets_it_pass() {
    let mut running = Running::start("path", &[]);
    let address = running.address();
    let page = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n";
    assert!(http(&address, "GET /picture", page).starts_with("HTTP/1.1 403 "));
    assert!(running.until("may not send requests here").ends_with("allow every page with `allow-host` `*`"));
    let mut running = Running::start("path", &["--allow-host", "*"]);
    let address = running.address();
    assert!(http(&address, "GET /picture", page).ends_with("/picture"));
    running.until("GET /picture 200 ");
}
