//! AWS's own Python runtime client behind the command. It comes from PyPI, so the test runs only where it is asked for: `.ci/run` does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[test]
#[ignore = "installs awslambdaric from PyPI"]
fn awslambdaric_runs_a_handler() {
    let client = runtime_client();
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python-function");
    std::fs::create_dir_all(&root).unwrap();
    std::fs::write(root.join("app.py"), HANDLER).unwrap();
    let mut gateway = Command::new(env!("CARGO_BIN_EXE_sippycup"))
        .args(["serve", "--listen", "127.0.0.1:0", "--", "python3", "-m", "awslambdaric", "app.handler"])
        .current_dir(&root)
        .env("PYTHONPATH", client)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(gateway.stderr.take().unwrap()).lines().map_while(Result::ok);
    let url = lines.find(|line| line.contains("http://")).unwrap();
    let address = url.split("http://").nth(1).unwrap().trim_end_matches('/').to_owned();
    // Nobody may be blocked by a full pipe.
    std::thread::spawn(move || lines.for_each(drop));

    let (head, body) = get(&address, "/ok");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(body, b"hello from arn:aws:lambda:us-east-1:123456789012:function:function");

    let (head, _) = get(&address, "/cookies");
    let cookies: Vec<_> = head.lines().filter_map(|l| l.strip_prefix("Set-Cookie: ")).collect();
    assert_eq!(cookies, ["a=1", "b=2"]);

    let (head, body) = get(&address, "/binary");
    assert!(head.contains("Content-Type: application/octet-stream"), "{head}");
    assert_eq!(body, (0..=255).collect::<Vec<u8>>());

    let (head, body) = get(&address, "/error");
    assert!(head.starts_with("HTTP/1.1 500"), "{head}");
    assert_eq!(body, br#"{"message":"Internal Server Error"}"#);

    let (_, body) = get(&address, "/ok");
    assert!(body.starts_with(b"hello"), "the process goes on after an error");
    Command::new("kill").args(["-INT", &gateway.id().to_string()]).status().unwrap();
    assert!(gateway.wait().unwrap().success());
}

/// Where the client is installed.
fn runtime_client() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("awslambdaric");
    if !target.join("awslambdaric").exists() {
        let installed = Command::new("python3")
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"])
            .arg(&target)
            .arg("awslambdaric")
            .stdout(Stdio::null())
            .status();
        assert!(installed.unwrap().success(), "`python3 -m pip install awslambdaric` does not work here");
    }
    target
}

fn get(address: &str, path: &str) -> (String, Vec<u8>) {
    let mut socket = TcpStream::connect(address).unwrap();
    socket
        .write_all(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes())
        .unwrap();
    let mut response = Vec::new();
    socket.read_to_end(&mut response).unwrap();
    let end = response.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let body = response.split_off(end + 4);
    (String::from_utf8(response).unwrap(), body)
}

const HANDLER: &str = r#"
import base64

def handler(event, context):
    path = event["rawPath"]
    if path == "/error":
        raise ValueError("on purpose")
    if path == "/cookies":
        return {"statusCode": 200, "cookies": ["a=1", "b=2"]}
    if path == "/binary":
        body = base64.b64encode(bytes(range(256))).decode()
        return {"statusCode": 200, "headers": {"content-type": "application/octet-stream"}, "body": body, "isBase64Encoded": True}
    return {"statusCode": 200, "body": "hello from " + context.invoked_function_arn}
"#;
