//! Off Lambda, how a process ends that has something to do before: each signal brings it a step further.

use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    process::Command,
    time::{Duration, timeout},
};

#[tokio::test]
async fn a_second_signal_drops_what_is_under_way_and_a_third_what_is_done_at_the_end() {
    for (variable, address) in [("SIPPYCUP_LISTEN", "127.0.0.1:0"), ("PORT", "0")] {
        let sign = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_rude"))
            .env_clear()
            .env(variable, address)
            .env("RUDE", "shutdown,shutdown-hangs")
            .env("SIGN", sign.local_addr().unwrap().to_string())
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let id = Pid::from_raw(process.id().unwrap().try_into().unwrap()).unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let ends = async {
            let address = loop {
                let line = lines.next_line().await.unwrap().unwrap();
                if let Some((_, url)) = line.split_once("http://") {
                    break url.split(['/', ',']).next().unwrap().to_owned();
                }
            };
            let mut client = TcpStream::connect(&address).await.unwrap();
            client.write_all(b"GET /sign HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n").await.unwrap();
            // The app answers when it is told to, which it is not.
            let (_under_way, _) = sign.accept().await.unwrap();
            // Each waits for the process, as they are different.
            kill_process(id, Signal::INT).unwrap();
            kill_process(id, Signal::TERM).unwrap();
            while lines.next_line().await.unwrap().unwrap() != "the second goes" {}
            kill_process(id, Signal::INT).unwrap();
            let mut rest = Vec::new();
            while let Some(line) = lines.next_line().await.unwrap() {
                rest.push(line);
            }
            rest.retain(|line| !line.starts_with("GET /sign "));
            assert_eq!(rest, [""; 0], "the hook that hangs is not waited for");
            assert!(process.wait().await.unwrap().success());
            assert_eq!(client.read(&mut [0; 16]).await.unwrap_or(0), 0, "half an answer is none");
        };
        timeout(Duration::from_secs(60), ends).await.unwrap();
    }
}
