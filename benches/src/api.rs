//! The Runtime API on loopback, as far as answers go: takes each and says so.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    thread,
};

/// One HTTP request: its first line, its body's length.
pub struct Taken {
    pub line: String,
    pub body: u64,
}

/// Reads a request to its end; `None` when the peer has gone.
pub fn take(stream: &mut BufReader<TcpStream>) -> Option<Taken> {
    let mut line = String::new();
    if stream.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut body = 0;
    let mut header = String::new();
    loop {
        header.clear();
        stream.read_line(&mut header).ok()?;
        if header.trim_end().is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            body = value.trim().parse().ok()?;
        }
    }
    std::io::copy(&mut stream.by_ref().take(body), &mut std::io::sink()).ok()?;
    Some(Taken { line, body })
}

/// What Lambda says to an answer.
pub const ACCEPTED: &[u8] =
    b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"status\":\"OK\"}\n";

/// Takes answers until the process ends.
pub fn take_answers() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut stream = BufReader::new(stream);
                while take(&mut stream).is_some() {
                    if stream.get_mut().write_all(ACCEPTED).is_err() {
                        break;
                    }
                }
            });
        }
    });
    address
}

/// What Lambda sets for a function.
pub fn variables(api: SocketAddr) -> [(&'static str, String); 4] {
    [
        ("AWS_LAMBDA_RUNTIME_API", api.to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", "cups".to_owned()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512".to_owned()),
    ]
}
