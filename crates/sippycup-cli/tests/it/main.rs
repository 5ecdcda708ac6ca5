//! The command as its users meet it: started as a process, spoken to over TCP, judged by output and exit code.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests are tests, but clippy's exemption knows only test functions"
)]

mod authorizers;
mod balancers;
mod clients;
mod inspect;
mod limits;
mod output;
mod processes;
mod project;
mod python;
mod record;
mod routing_rules;
#[path = "../../../sippycup-gateway/tests/it/scripted.rs"]
mod scripted;
mod services;
mod template;
mod tls;
mod usage;
mod work;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;

use scripted::command_line;
use tokio_tungstenite::tungstenite::{Message, client};

/// A function of a file that follows a script.
fn function_of_file(name: &str, script: &str) -> String {
    let command = command_line();
    format!("[[function]]\nname = {name:?}\ncommand = {command:?}\nenv = {{ SCRIPT = {script:?} }}\n")
}

/// The text that comes back to a message, or how the connection was refused.
fn web_socket(url: &str, message: &str) -> String {
    let address = url.split('/').nth(2).unwrap();
    let (mut socket, _) = match client(url, TcpStream::connect(address).unwrap()) {
        Ok(connected) => connected,
        Err(refused) => return refused.to_string(),
    };
    socket.send(Message::text(message)).unwrap();
    socket.read().unwrap().to_string()
}

/// A running command, interrupted when the test ends.
struct Running {
    child: Child,
    lines: mpsc::Receiver<String>,
    seen: Vec<String>,
}

impl Running {
    fn start(script: &str, flags: &[&str]) -> Self {
        let mut command = serve(flags);
        command.arg("--").args(command_line()).env("SCRIPT", script);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines, seen: Vec::new() }
    }

    /// One whose lines the test reads itself, or nobody.
    fn silent(child: Child) -> Self {
        Self { child, lines: mpsc::channel().1, seen: Vec::new() }
    }

    /// Waits for a line; what stood before it stays in `seen`.
    fn until(&mut self, part: &str) -> String {
        loop {
            let line = self.lines.recv().unwrap_or_else(|_| panic!("nobody says `{part}`:\n{}", self.seen.join("\n")));
            self.seen.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
    }

    /// The address of the first URL that is printed.
    fn address(&mut self) -> String {
        let line = self.until("http://");
        line.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned()
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Not SIGKILL: the command could not stop its function.
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            self.signal("-INT");
            let _ = self.child.wait();
        }
    }
}

fn sippycup(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sippycup"));
    command.args(arguments).env_remove("AWS_LAMBDA_MAX_CONCURRENCY").env_remove("NO_COLOR");
    // The user's own key is left alone.
    command.env(
        "SIPPYCUP_TOKEN_KEY",
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("token-{}.key", std::process::id())),
    );
    command
}

/// `sippycup serve`, on a free port.
fn serve(flags: &[&str]) -> Command {
    let mut command = sippycup(&["serve", "--listen", "127.0.0.1:0"]);
    command.args(flags);
    command
}

fn run(mut command: Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// `sippycup serve` does not start with these flags, and says why.
#[track_caller]
fn assert_refused(flags: &[&str], part: &str) {
    let mut command = serve(flags);
    command.args(["--", "true"]);
    let (code, _, err) = run(command);
    assert!(code == 2 && err.contains(part), "{err}");
}

fn http(address: &str, request_line: &str, more: &str) -> String {
    let mut socket = TcpStream::connect(address).unwrap();
    socket
        .write_all(format!("{request_line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{more}\r\n").as_bytes())
        .unwrap();
    let mut response = String::new();
    socket.read_to_string(&mut response).unwrap();
    response
}

/// Whether a process works; one that ended and waits to be noticed does not.
fn alive(pid: &str) -> bool {
    let state = Command::new("ps").args(["-o", "stat=", "-p", pid]).output().unwrap().stdout;
    state.first().is_some_and(|state| *state != b'Z')
}

fn directory(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

#[test]
fn it_prints_the_url_serves_and_logs_one_line_per_request() {
    let mut running = Running::start("path", &["--kind", "rest", "--base-path", "shop"]);
    let url = running.until("http://");
    assert!(url.contains("rest: http://127.0.0.1:") && url.ends_with("/shop/"), "{url}");
    let address = url.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let response = http(&address, "GET /shop/x?y=1", "");
    assert!(response.starts_with("HTTP/1.1 200 OK") && response.ends_with("/shop/x"), "{response}");
    let line = running.until("GET /shop/x?y=1");
    assert!(
        line.starts_with("GET /shop/x?y=1 200 ") && line.contains(" ms, event ") && line.contains(" B, answer "),
        "{line}"
    );
    let response = http(&address, "GET /elsewhere", "");
    assert!(response.starts_with("HTTP/1.1 403"), "{response}");
    running.until("GET /elsewhere 403");
    assert!(running.until("under no stage or mapping").contains("paths begin with `/shop`"));
}

#[test]
fn an_interrupt_stops_the_function_too() {
    for signal in ["-INT", "-TERM"] {
        let mut running = Running::start("pid", &[]);
        let address = running.address();
        let pid = http(&address, "GET /", "").lines().last().unwrap().to_owned();
        running.signal(signal);
        assert_eq!(running.child.wait().unwrap().code(), Some(0));
        assert!(!alive(&pid), "{pid} is still there");
    }
}

#[test]
fn a_client_that_disconnects_leaves_the_gateway_working() {
    let mut running = Running::start("never-once", &["--concurrency", "2"]);
    let address = running.address();
    let mut socket = TcpStream::connect(&address).unwrap();
    socket.write_all(format!("GET /never HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes()).unwrap();
    drop(socket);
    assert!(http(&address, "GET /next", "").ends_with("/next"));
}

#[test]
fn streams_arrive_before_they_end() {
    let sign = TcpListener::bind("127.0.0.1:0").unwrap();
    let go_on = format!("GO_ON={}", sign.local_addr().unwrap());
    let mut running = Running::start("stream", &["--kind", "url", "--stream", "--env", &go_on]);
    let address = running.address();
    let mut socket = TcpStream::connect(&address).unwrap();
    socket.write_all(format!("GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    let mut reader = BufReader::new(socket);
    let mut seen = String::new();
    while !seen.contains("first") {
        assert_ne!(reader.read_line(&mut seen).unwrap(), 0, "{seen}");
    }
    assert!(seen.starts_with("HTTP/1.1 201 Created"), "{seen}");
    sign.accept().unwrap().0.write_all(b"!").unwrap();
    let mut rest = String::new();
    reader.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("second"), "{rest}");
    assert!(running.until("GET / 201").contains("answer streamed"));
}

#[test]
fn a_function_that_died_is_told_with_its_output() {
    let mut running = Running::start("exit-at-start", &[]);
    running.until("function | cannot find my configuration");
    let line = running.until("the function ended before it asked for its first event (exit status: 3)");
    assert!(line.starts_with("function | "), "{line}");
    // It was said once, when it happened.
    running.signal("-INT");
    running.until("stopping");
    assert_eq!(running.seen.iter().filter(|line| line.contains("cannot find my configuration")).count(), 1);
}

#[test]
fn one_process_with_parallel_polls_when_lambda_says_so() {
    let mut command = serve(&[]);
    command.arg("--").args(command_line()).env("SCRIPT", "barrier:5").env("AWS_LAMBDA_MAX_CONCURRENCY", "5");
    let mut running = Running::spawn(command);
    let address = running.address();
    let requests: Vec<_> = (0..5)
        .map(|i| {
            let address = address.clone();
            std::thread::spawn(move || http(&address, &format!("GET /{i}"), ""))
        })
        .collect();
    for (i, request) in requests.into_iter().enumerate() {
        assert!(request.join().unwrap().ends_with(&format!("/{i}")));
    }
}

#[test]
fn an_attached_function_is_waited_for() {
    let mut command = serve(&["--attach=127.0.0.1:0"]);
    command.env("SCRIPT", "path");
    let mut running = Running::spawn(command);
    let line = running.until("AWS_LAMBDA_RUNTIME_API=");
    let api = line.split("AWS_LAMBDA_RUNTIME_API=").nth(1).unwrap().to_owned();
    let address = running.address();
    let waiting = {
        let address = address.clone();
        std::thread::spawn(move || http(&address, "GET /early", ""))
    };
    let line = running.until("a request waits");
    assert!(line.ends_with(&format!("start one with AWS_LAMBDA_RUNTIME_API={api}")), "{line}");
    let command = command_line();
    let mut function = Command::new(&command[0])
        .args(&command[1..])
        .env("SCRIPT", "path")
        .env("AWS_LAMBDA_RUNTIME_API", api)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    assert!(waiting.join().unwrap().ends_with("/early"));
    assert!(http(&address, "GET /hello", "").ends_with("/hello"));
    function.kill().unwrap();
    function.wait().unwrap();
}
