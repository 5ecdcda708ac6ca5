//! Apps that are not ready for a request: it is told of as all others are.

use std::net::SocketAddr;

use super::{
    logging::{json_lines, secret, start},
    *,
};

/// Gives the function a request, and says what the log has of it and what is counted.
async fn told(polls: usize, options: &str, event: &str, last: &str) -> (String, Vec<Value>, Value) {
    let options = format!("logging,metrics,{options}");
    let variables = [&NAMED[..], &[("AWS_LAMBDA_LOG_FORMAT", "JSON"), ("SIPPYCUP_SCRIPT_NAME_BASE", "/shop")]].concat();
    let mut api = start(polls, &options, &variables).await;
    let id = api.id();
    api.next().await.reply(&event_with(&guards::hurried(&id), event)).await;
    let report = api.report().await;
    let answer = String::from_utf8(report.body.clone()).unwrap();
    report.accept().await;
    let lines = json_lines(&mut api, last).await;
    let metrics = timeout(LONG, api.written.next_line()).await.expect("a line in time").unwrap().unwrap();
    let requests = lines.into_iter().filter(|line| line["message"] == "request").collect::<Vec<_>>();
    assert!(requests.iter().all(|line| line["requestId"] == id), "{requests:?}");
    (answer, requests, serde_json::from_str(&metrics).unwrap())
}

#[tokio::test]
async fn a_request_that_the_app_was_not_ready_for_is_one_line_and_is_counted() {
    let event = secret("GET", "/shop/items/7", "");
    for (polls, loop_) in [(1, ""), (16, ""), (1, "runtime,"), (1, "stream,")] {
        for (options, status, says) in [
            ("guards,never-ready", json!(504), "Gateway Timeout"),
            ("guards,panics-for-ready", json!(500), "Internal Server Error"),
            ("panics-for-ready", Value::Null, "handler panicked: not ready"),
        ] {
            let (answer, requests, metrics) =
                told(polls, &format!("{loop_}{options}"), &event, "after the invocation").await;
            assert!(answer.contains(says), "{answer}");
            assert_eq!(requests.len(), 1, "{options}: {requests:?}");
            let line = &requests[0];
            assert_eq!(
                (&line["status"], &line["level"], &line["method"], &line["path"], &line["source"]),
                (&status, &json!("WARN"), &json!("GET"), &json!("/items/7"), &json!("http_api"))
            );
            assert_eq!(line["failed"], if status.is_null() { json!(true) } else { Value::Null });
            assert_eq!((&metrics["Requests"], &metrics["5xx"]), (&json!(1), &json!(1)), "{metrics}");
        }
    }
    // The process ends with it, or its poll does.
    for (polls, options) in [(1, "fails-to-be-ready"), (16, "fails-to-be-ready"), (1, "runtime,fails-to-be-ready")] {
        let (answer, requests, metrics) = told(polls, options, &event, "invocation failed").await;
        assert!(answer.contains("not ready on purpose"), "{answer}");
        assert_eq!(requests.len(), 1, "{options}: {requests:?}");
        assert_eq!((&requests[0]["failed"], &requests[0]["path"]), (&json!(true), &json!("/items/7")));
        assert_eq!(metrics["Requests"], 1, "{metrics}");
    }
}

/// Sends this to the function where it listens itself, and says the head of the answer and what the log has of the request.
async fn told_over_http(options: &str, request: &str) -> (String, Value) {
    let mut function = Command::new(env!("CARGO_BIN_EXE_observed"))
        .env_clear()
        .envs([("OBSERVED", options), ("AWS_LAMBDA_LOG_FORMAT", "JSON"), ("SIPPYCUP_LISTEN", "127.0.0.1:0")])
        .kill_on_drop(true)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(function.stderr.take().unwrap()).lines();
    let mut next = async || -> Value {
        let line = timeout(LONG, said.next_line()).await.expect("a line in time").unwrap().unwrap();
        assert!(!line.contains("hidden"), "{line}");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"))
    };
    let first = next().await["message"].as_str().unwrap().to_owned();
    let (_, address) = first.split_once("listening on http://").unwrap_or_else(|| panic!("{first}"));
    let address: SocketAddr = address.split(',').next().unwrap().parse().unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = String::new();
    BufReader::new(stream).read_line(&mut head).await.unwrap();
    loop {
        let line = next().await;
        // Nobody invoked it.
        assert_eq!(line["requestId"], Value::Null, "{line}");
        if line["message"] == "request" {
            return (head, line);
        }
    }
}

#[tokio::test]
async fn over_http_it_is_a_line_too_and_so_is_a_body_that_is_refused() {
    let request = "GET /items/7?token=hidden HTTP/1.1\r\nhost: a\r\nauthorization: hidden\r\n\r\n";
    for options in ["logging,fails-to-be-ready", "logging,panics-for-ready"] {
        let (head, line) = told_over_http(options, request).await;
        assert!(head.starts_with("HTTP/1.1 500 "), "{head}");
        assert_eq!(
            (&line["failed"], &line["path"], &line["source"]),
            (&json!(true), &json!("/items/7"), &json!("server"))
        );
    }
    let large = "POST /upload/7 HTTP/1.1\r\nhost: a\r\ncontent-length: 7000000\r\n\r\n";
    let broken = "POST /upload/7 HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nno number\r\n";
    for (request, status) in [(large, 413), (broken, 400)] {
        let (head, line) = told_over_http("logging", request).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        assert_eq!((&line["status"], &line["failed"]), (&json!(status), &Value::Null));
    }
}
