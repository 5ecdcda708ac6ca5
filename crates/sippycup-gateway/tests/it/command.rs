//! The command as its users meet it: started as a process, spoken to over TCP, judged by output and exit code.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;

use serde_json::{Value, json};

use crate::scripted::command_line;
use crate::support::alive;

/// A running command, interrupted when the test ends.
pub(crate) struct Running {
    child: Child,
    lines: mpsc::Receiver<String>,
    seen: Vec<String>,
}

impl Running {
    pub(crate) fn start(script: &str, flags: &[&str]) -> Self {
        let mut command = gateway(flags);
        command.arg("--").args(command_line()).env("SCRIPT", script);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            stderr
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| sender.send(line))
        });
        Self {
            child,
            lines,
            seen: Vec::new(),
        }
    }

    /// Waits for a line; what stood before it stays in `seen`.
    fn until(&mut self, part: &str) -> String {
        loop {
            let line = self
                .lines
                .recv()
                .unwrap_or_else(|_| panic!("nobody says `{part}`:\n{}", self.seen.join("\n")));
            self.seen.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
    }

    /// The address of the first URL that is printed.
    pub(crate) fn address(&mut self) -> String {
        let line = self.until("http://");
        line.split("http://")
            .nth(1)
            .unwrap()
            .split('/')
            .next()
            .unwrap()
            .to_owned()
    }

    fn signal(&self, signal: &str) {
        assert!(
            Command::new("kill")
                .args([signal, &self.child.id().to_string()])
                .status()
                .unwrap()
                .success()
        );
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

fn gateway(flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sippycup-gateway"));
    command
        .args(flags)
        .env_remove("AWS_LAMBDA_MAX_CONCURRENCY")
        .env_remove("NO_COLOR");
    if !flags.contains(&"--listen")
        && !flags.contains(&"--config")
        && !flags
            .iter()
            .any(|f| ["event", "invoke", "replay"].contains(f))
    {
        command.args(["--listen", "127.0.0.1:0"]);
    }
    command
}

fn run(mut command: Command) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    (
        status.code().unwrap(),
        String::from_utf8(stdout).unwrap(),
        String::from_utf8(stderr).unwrap(),
    )
}

fn http(address: &str, request_line: &str, more: &str) -> String {
    let mut socket = TcpStream::connect(address).unwrap();
    socket
        .write_all(
            format!(
                "{request_line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{more}\r\n"
            )
            .as_bytes(),
        )
        .unwrap();
    let mut response = String::new();
    socket.read_to_string(&mut response).unwrap();
    response
}

fn directory(name: &str) -> PathBuf {
    let directory =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

#[test]
fn it_prints_the_url_serves_and_logs_one_line_per_request() {
    let mut running = Running::start("path", &["--kind", "rest", "--base-path", "shop"]);
    let url = running.until("http://");
    assert!(
        url.contains("rest: http://127.0.0.1:") && url.ends_with("/shop/"),
        "{url}"
    );
    let address = url
        .split("http://")
        .nth(1)
        .unwrap()
        .split('/')
        .next()
        .unwrap()
        .to_owned();
    let response = http(&address, "GET /shop/x?y=1", "");
    assert!(
        response.starts_with("HTTP/1.1 200 OK") && response.ends_with("/shop/x"),
        "{response}"
    );
    let line = running.until("GET /shop/x?y=1");
    assert!(
        line.starts_with("GET /shop/x?y=1 200 ")
            && line.contains(" ms, event ")
            && line.contains(" B, answer "),
        "{line}"
    );
    let response = http(&address, "GET /elsewhere", "");
    assert!(response.starts_with("HTTP/1.1 403"), "{response}");
    running.until("GET /elsewhere 403");
    assert!(
        running
            .until("under no stage or mapping")
            .contains("paths begin with `/shop`")
    );
}

#[test]
fn an_interrupt_stops_the_function_too() {
    for signal in ["-INT", "-TERM"] {
        let mut running = Running::start("pid", &[]);
        let address = running.address();
        let pid = http(&address, "GET /", "")
            .lines()
            .last()
            .unwrap()
            .to_owned();
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
    socket
        .write_all(format!("GET /never HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes())
        .unwrap();
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
    socket
        .write_all(
            format!("GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes(),
        )
        .unwrap();
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
    let line = running.until(
        "the function ended before it asked for its first event (exit status: 3); its last output:",
    );
    assert!(line.starts_with("function | "), "{line}");
    running.until("    cannot find my configuration");
}

#[test]
fn one_process_with_parallel_polls_when_lambda_says_so() {
    let mut command = gateway(&[]);
    command
        .arg("--")
        .args(command_line())
        .env("SCRIPT", "barrier:5")
        .env("AWS_LAMBDA_MAX_CONCURRENCY", "5");
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
    let mut command = gateway(&["--attach=127.0.0.1:0"]);
    command.env("SCRIPT", "path");
    let mut running = Running::spawn(command);
    let line = running.until("AWS_LAMBDA_RUNTIME_API=");
    let api = line
        .split("AWS_LAMBDA_RUNTIME_API=")
        .nth(1)
        .unwrap()
        .to_owned();
    let address = running.address();
    let command = command_line();
    let mut function = Command::new(&command[0])
        .args(&command[1..])
        .env("SCRIPT", "path")
        .env("AWS_LAMBDA_RUNTIME_API", api)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    assert!(http(&address, "GET /hello", "").ends_with("/hello"));
    function.kill().unwrap();
    function.wait().unwrap();
}

#[test]
fn events_are_recorded_invoked_and_replayed() {
    let events = directory("events");
    let events = events.to_str().unwrap();
    let mut running = Running::start("path", &["--events", events]);
    let address = running.address();
    http(&address, "GET /one", "");
    http(&address, "GET /two", "");
    running.signal("-INT");
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
    let event: Value =
        serde_json::from_slice(&std::fs::read(format!("{events}/000001.event.json")).unwrap())
            .unwrap();
    assert_eq!(event["rawPath"], "/one");
    let answer: Value =
        serde_json::from_slice(&std::fs::read(format!("{events}/000002.answer.json")).unwrap())
            .unwrap();
    assert_eq!(answer["body"], "/two");

    let invoke = |script: &str| {
        let mut command = gateway(&["invoke", &format!("{events}/000001.event.json"), "--"]);
        command.args(command_line()).env("SCRIPT", script);
        run(command)
    };
    let (code, out, _) = invoke("path");
    assert_eq!(
        (
            code,
            serde_json::from_str::<Value>(&out).unwrap()["body"].clone()
        ),
        (0, json!("/one"))
    );
    let (code, out, _) = invoke("error");
    assert_eq!(
        (
            code,
            serde_json::from_str::<Value>(&out).unwrap()["errorType"].clone()
        ),
        (1, json!("ValueError"))
    );

    let replay = |script: &str| {
        let mut command = gateway(&["replay", events, "--"]);
        command.args(command_line()).env("SCRIPT", script);
        run(command)
    };
    let (code, out, _) = replay("path");
    assert_eq!(
        (code, out.as_str()),
        (0, "000001: same\n000002: same\n2 events, 0 changed\n")
    );
    std::fs::write(format!("{events}/000002.answer.json"), r#"{"statusCode":200,"headers":{"x-script":"yes"},"body":"/before","isBase64Encoded":false}"#).unwrap();
    let (code, out, _) = replay("path");
    assert_eq!(
        (code, out.as_str()),
        (
            1,
            "000001: same\n000002: changed, answer before, answer now\n  -   \"body\": \"/before\",\n  +   \"body\": \"/two\",\n2 events, 1 changed\n"
        )
    );
}

#[test]
fn an_event_is_printed() {
    let (code, out, err) = run(gateway(&[
        "event",
        "--kind",
        "alb",
        "POST /x?y=1",
        "-H",
        "a: b",
        "-d",
        "body",
    ]));
    let event: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{err}"));
    assert_eq!(code, 0);
    assert_eq!(
        (
            &event["httpMethod"],
            &event["path"],
            &event["queryStringParameters"]
        ),
        (&json!("POST"), &json!("/x"), &json!({"y": "1"}))
    );
    assert_eq!(
        (&event["headers"]["a"], &event["body"]),
        (&json!("b"), &json!("Ym9keQ=="))
    );
    let (_, out, _) = run(gateway(&[
        "event",
        "--kind",
        "rest",
        "GET /prod/x",
        "-H",
        "tEsT-HEADeR: v",
    ]));
    assert_eq!(
        serde_json::from_str::<Value>(&out).unwrap()["headers"]["tEsT-HEADeR"],
        "v"
    );
}

#[test]
fn a_source_change_restarts_the_function() {
    let source = directory("watched");
    std::fs::write(source.join("main.rs"), "1").unwrap();
    std::fs::create_dir(source.join("target")).unwrap();
    let built = source.join("target/built");
    let build = format!("--build=touch {}", built.display());
    let mut running = Running::start("pid", &[&format!("--watch={}", source.display()), &build]);
    let address = running.address();
    let before = http(&address, "GET /", "")
        .lines()
        .last()
        .unwrap()
        .to_owned();
    std::fs::write(source.join("main.rs"), "2").unwrap();
    running.until("main.rs changed, restarting the function");
    // The restart comes after the line; until then the old process answers.
    let after = loop {
        let pid = http(&address, "GET /", "")
            .lines()
            .last()
            .unwrap()
            .to_owned();
        if pid != before {
            break pid;
        }
    };
    assert_ne!(after, before);
    assert!(built.exists(), "the build ran first");
}

#[test]
fn a_configuration_serves_several_gateways_and_functions() {
    let root = directory("config");
    let command = |script: &str| {
        format!(
            "env = {{ SCRIPT = \"{script}\" }}\ncommand = {:?}\n",
            command_line()
        )
    };
    let config = format!(
        "listen = \"127.0.0.1:0\"\n\n[[function]]\nname = \"shop\"\n{}\n[[function]]\nname = \"blog\"\n{}\n\
         [[gateway]]\nkind = \"rest\"\nfunction = \"shop\"\nstage = \"prod\"\nvariables = {{ A = \"b\" }}\nroutes = [\"/{{proxy+}}\"]\n\
         domains = [{{ name = \"api.example.com\", mappings = [\"shop\", \"shop/v2\"] }}]\n\n\
         [[gateway]]\nkind = \"http\"\nfunction = \"blog\"\nstage = \"dev\"\ntimeout = 3.5\nclaims = {{ sub = \"42\" }}\n",
        command("path"),
        command("environment"),
    );
    let file = root.join("sippycup.toml");
    std::fs::write(&file, config).unwrap();
    let mut running = Running::spawn(gateway(&["--config", file.to_str().unwrap()]));
    let address = running.address();
    running.until("/dev/");
    let named = http(&address, "GET http://api.example.com/shop/v2/x", "");
    assert!(named.ends_with("/shop/v2/x"), "{named}");
    let by_path = http(&address, "GET /shop/y", "");
    assert!(by_path.ends_with("/shop/y"), "{by_path}");
    let blog = http(&address, "GET /dev/z", "");
    assert!(blog.contains("AWS_LAMBDA_FUNCTION_NAME=blog"), "{blog}");
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = gateway(&["--listen", &address, "--"]);
    command.args(command_line()).env("SCRIPT", "path");
    let (code, _, err) = run(command);
    assert_eq!(code, 1);
    assert!(
        err.contains(&format!("cannot listen on {address}"))
            && err.contains("choose another address with --listen"),
        "{err}"
    );
}

#[test]
fn wrong_flags_are_told_and_exit_with_2() {
    for (flags, message) in [
        (
            &["--kind", "soap", "--", "true"][..],
            "--kind: expected a kind of gateway (url, http-1.0, http, alb, alb-multi, rest, lattice-v1, lattice), found `soap`",
        ),
        (
            &["--colour", "--", "true"],
            "`--colour` is no flag; see --help",
        ),
        (
            &["--listen", "here", "--", "true"],
            "--listen: expected an address like 127.0.0.1:9000, found `here`",
        ),
        (
            &["--var", "novalue", "--", "true"],
            "--var: expected a name, `=` and a value, found `novalue`",
        ),
        (
            &["--concurrency", "0", "--", "true"],
            "--concurrency: expected at least 1",
        ),
        (
            &["--timeout", "-1", "--", "true"],
            "--timeout: expected a positive number of seconds",
        ),
        (
            &["--kind", "alb", "--stage", "prod", "--", "true"],
            "a load balancer has no stage",
        ),
        (
            &["--route", "x", "--", "true"],
            "route `x`: expected a path with a leading slash, or $default",
        ),
        (
            &["--claims", "[]", "--", "true"],
            "--claims: expected a JSON object",
        ),
        (
            &["--color", "blue", "--", "true"],
            "--color: expected auto, always or never, found `blue`",
        ),
        (
            &["cargo", "run"],
            "`cargo` is no flag; the function's command stands behind `--`",
        ),
        (
            &[],
            "expected the function's command behind `--`, or --attach, or --config; see --help",
        ),
        (
            &["--attach", "--", "true"],
            "a command behind `--`, --attach and --config exclude each other",
        ),
        (
            &["--", "no-such-program-anywhere"],
            "cannot start the function: no program `no-such-program-anywhere`",
        ),
        (
            &["--config", "no-such-file.toml"],
            "no-such-file.toml: No such file or directory",
        ),
        (
            &["--watch=no-such-directory", "--", "true"],
            "--watch: no-such-directory: No such file or directory",
        ),
        (
            &["event"],
            "event: expected a request line like 'GET /path'",
        ),
        (
            &["event", "GET x"],
            "event: expected a request line like 'GET /path', found `GET x`",
        ),
        (
            &["event", "--kind", "rest", "GET /x"],
            "the gateway refuses this request: `/x` is under no stage or mapping; paths begin with `/prod`",
        ),
        (
            &["invoke", "--", "true"],
            "expected an event file for invoke, a directory for replay",
        ),
        (
            &["invoke", "x.json"],
            "expected the function's command behind `--`",
        ),
        (
            &["invoke", "no-such-event.json", "--", "true"],
            "cannot read no-such-event.json",
        ),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sippycup-gateway"));
        command.args(flags);
        let (code, _, err) = run(command);
        assert!(err.contains(message), "{flags:?}: {err}");
        assert_eq!(code, 2, "{flags:?}: {err}");
    }
}

#[test]
fn wrong_configurations_are_told_with_line_and_key_and_exit_with_2() {
    let root = directory("wrong");
    let function = "[[function]]\nname = \"f\"\ncommand = [\"true\"]\n";
    for (text, parts) in [
        ("listen = 9000\n".to_owned(), &["line 1", "listen"][..]),
        (
            format!("{function}[[gateway]]\nkind = \"soap\"\nfunction = \"f\"\n"),
            &["line 5, `kind`: expected a kind of gateway"],
        ),
        (
            format!("{function}[[gateway]]\nkind = \"rest\"\nfunction = \"g\"\n"),
            &["line 6, `function`: there is no function `g`"],
        ),
        (
            format!(
                "{function}[[gateway]]\nkind = \"rest\"\nfunction = \"f\"\nroutes = [\n  \"/\",\n  \"x\",\n]\n"
            ),
            &["line 9, `routes`: route `x`: expected a path with a leading slash"],
        ),
        (
            format!("{function}[[gateway]]\nkind = \"alb\"\nfunction = \"f\"\nstage = \"prod\"\n"),
            &["line 7, `stage`: a load balancer has no stage"],
        ),
        (
            format!(
                "{function}[[gateway]]\nkind = \"rest\"\nfunction = \"f\"\nvariables = {{ \"a-b\" = \"c\" }}\n"
            ),
            &["line 7, `variables`: stage variable `a-b`"],
        ),
        (
            format!(
                "{function}[[gateway]]\nkind = \"rest\"\nfunction = \"f\"\ndomains = [{{ name = \"a b\" }}]\n"
            ),
            &["line 7, `domains`: domain `a b`: expected a host name"],
        ),
        (
            format!(
                "{function}[[gateway]]\nkind = \"rest\"\nfunction = \"f\"\nstagge = \"prod\"\n"
            ),
            &["line 7", "unknown field `stagge`"],
        ),
        (
            format!("{function}{function}[[gateway]]\nkind = \"rest\"\nfunction = \"f\"\n"),
            &["line 5, `name`: there is a function `f` already"],
        ),
        (
            "[[function]]\nname = \"f\"\n[[gateway]]\nkind = \"rest\"\nfunction = \"f\"\n"
                .to_owned(),
            &["line 2, `name`: the function needs either a command or an address"],
        ),
        (
            format!("gateway = []\n{function}"),
            &["line 1, `gateway`: expected at least one"],
        ),
        ("[[function]\n".to_owned(), &["line 1"]),
    ] {
        let file = root.join("sippycup.toml");
        std::fs::write(&file, &text).unwrap();
        let (code, _, err) = run(gateway(&["--config", file.to_str().unwrap()]));
        assert!(parts.iter().all(|part| err.contains(part)), "{text}\n{err}");
        assert_eq!(code, 2, "{text}\n{err}");
    }
}

#[test]
fn help_has_examples_and_colours_only_a_terminal() {
    let (code, out, _) = run(gateway(&["--help"]));
    assert_eq!(code, 0);
    assert!(
        out.contains("Examples:\n  sippycup-gateway -- cargo run"),
        "{out}"
    );
    for (flags, colored) in [(&[][..], false), (&["--color", "always"], true)] {
        let mut running = Running::start("path", flags);
        let address = running.address();
        http(&address, "GET /x", "");
        assert_eq!(running.until("GET /x").contains("\x1b[32m200"), colored);
    }
}
