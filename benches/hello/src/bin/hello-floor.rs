//! The least that a function's process can be: one thread, one socket, a constant answer. No async runtime, no HTTP
//! library, no look at the event.

use std::{
    env,
    error::Error,
    io::{Read, Write},
    net::TcpStream,
};

const ANSWER: &str = r#"{"statusCode":200,"headers":{"content-type":"text/plain; charset=utf-8"},"cookies":[],"body":"Hello, world!","isBase64Encoded":false}"#;

fn main() -> Result<(), Box<dyn Error>> {
    let address = env::var("AWS_LAMBDA_RUNTIME_API")?;
    let mut api = RuntimeApi { stream: TcpStream::connect(&address)?, received: vec![0; 1 << 14], length: 0 };
    api.stream.set_nodelay(true)?;
    let next = format!("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: {address}\r\n\r\n");
    loop {
        let head = api.exchange(&next)?;
        let id = header(head, "lambda-runtime-aws-request-id").ok_or("no request id")?;
        let answer = format!(
            "POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nhost: {address}\r\ncontent-length: {}\r\n\r\n{ANSWER}",
            ANSWER.len()
        );
        api.exchange(&answer)?;
    }
}

struct RuntimeApi {
    stream: TcpStream,
    received: Vec<u8>,
    length: usize,
}

impl RuntimeApi {
    /// Sends a request, reads the whole reply and gives its head.
    fn exchange(&mut self, request: &str) -> Result<&str, Box<dyn Error>> {
        self.stream.write_all(request.as_bytes())?;
        self.length = 0;
        let end = loop {
            let searched = self.length.saturating_sub(END.len());
            self.receive()?;
            let new = self.received.get(searched..self.length).unwrap_or_default();
            if let Some(at) = new.windows(END.len()).position(|bytes| bytes == END) {
                break searched + at;
            }
        };
        let body = header(self.head(end)?, "content-length").map_or(Ok(0), str::parse::<usize>)?;
        while self.length < end + END.len() + body {
            self.receive()?;
        }
        self.head(end)
    }

    fn head(&self, end: usize) -> Result<&str, Box<dyn Error>> {
        Ok(str::from_utf8(self.received.get(..end).unwrap_or_default())?)
    }

    fn receive(&mut self) -> Result<(), Box<dyn Error>> {
        if self.length == self.received.len() {
            self.received.resize(self.length * 2, 0);
        }
        let read = self.stream.read(self.received.get_mut(self.length..).unwrap_or_default())?;
        self.length += read;
        if read == 0 { Err("the connection was closed".into()) } else { Ok(()) }
    }
}

fn header<'h>(head: &'h str, wanted: &str) -> Option<&'h str> {
    let mut headers = head.lines().filter_map(|line| line.split_once(':'));
    headers.find_map(|(name, value)| name.eq_ignore_ascii_case(wanted).then(|| value.trim()))
}

const END: &[u8] = b"\r\n\r\n";
