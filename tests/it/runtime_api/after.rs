//! What is done between an answer and the next event.

use super::*;

/// Where the function waits for a sign.
pub(super) struct Signs(TcpListener);

impl Signs {
    pub(super) async fn listen() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        (Self(listener), address)
    }

    /// Somebody waits, and says who it is.
    pub(super) async fn asked(&self) -> (String, TcpStream) {
        let (mut stream, _) = timeout(LONG, self.0.accept()).await.expect("a question in time").unwrap();
        let mut who = [0; 4];
        stream.read_exact(&mut who).await.unwrap();
        (String::from_utf8_lossy(&who).into_owned(), stream)
    }
}

#[tokio::test]
async fn the_next_event_waits_for_tasks_and_then_for_hooks_and_the_client_for_none() {
    for (polls, options) in
        [(1, "after-sign"), (16, "after-sign"), (1, "after-sign,stream"), (16, "after-sign,threads,stream")]
    {
        let (signs, address) = Signs::listen().await;
        let mut api = Api::start(polls, &[("RUDE", options), ("SIGN", &address)]).await;
        for _ in 0..3 {
            let (id, report) = api.invoke("/background/sign").await;
            report.assert_answers(&id);
            // The answer is not complete before Lambda has it.
            assert!(timeout(Duration::ZERO, signs.0.accept()).await.is_err());
            report.accept().await;
            for who in ["task", "hook"] {
                let (asked, mut stream) = signs.asked().await;
                assert_eq!(asked, who);
                assert!(api.calls.try_recv().is_err(), "the next event was asked for");
                stream.write_all(b"!").await.unwrap();
                api.until("went on").await;
            }
            api.all_wait().await;
        }
    }
}

#[tokio::test]
async fn what_goes_wrong_after_an_answer_is_told_and_costs_nothing_else() {
    for (polls, options) in [(1, ""), (16, ""), (1, "stream")] {
        let mut api = Api::start(polls, &[("RUDE", &format!("after-panics,after-hangs,{options}"))]).await;
        for (path, says) in [
            ("/background/panic", vec!["a background task failed: handler panicked: in a task", "another task"]),
            (
                "/background/panic-fails",
                vec!["rude on purpose", "a background task failed: handler panicked: in a task", "another task"],
            ),
            ("/background/drop", vec!["a background task failed: handler panicked: in a task's drop"]),
            ("/background/nested", vec!["a task of a task"]),
            ("/", vec![]),
        ] {
            let (id, report) = api.invoke(path).await;
            report.accept().await;
            let hooks = [
                "`after_invocation` failed: handler panicked: after on purpose".to_owned(),
                format!("`after_invocation` was not done after 20ms, and is dropped (RequestId: {id})"),
            ];
            for says in says.into_iter().map(str::to_owned).chain(hooks) {
                let lines = api.until(&says).await;
                assert_eq!(lines.len(), 1, "{lines:?}");
            }
            api.all_wait().await;
        }
    }
}

#[tokio::test]
async fn tasks_end_before_the_deadline() {
    for polls in POLLS {
        let mut api = Api::start(polls, &[("RUDE", "after-says")]).await;
        let id = api.id();
        let deadline = std::time::SystemTime::now() + Duration::from_millis(400);
        let deadline = deadline.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
        let headers = format!("Lambda-Runtime-Aws-Request-Id: {id}\r\nLambda-Runtime-Deadline-Ms: {deadline}\r\n");
        api.next().await.reply(&event_with(&headers, &http_api("/background/hang"))).await;
        let report = api.report().await;
        report.assert_answers(&id);
        report.accept().await;
        let lines = api.until("after the invocation").await;
        let dropped =
            format!("1 background tasks were not done 100ms before the deadline, and are dropped (RequestId: {id})");
        assert!(lines[0].contains(&dropped), "{lines:?}");
        assert!(lines[1].contains("a background task failed: handler panicked: in a task's drop"), "{lines:?}");
        assert_eq!(lines.len(), 3, "{lines:?}");
        api.all_wait().await;
    }
}

#[tokio::test]
async fn hooks_end_before_the_deadline_whatever_their_limit_is() {
    for polls in POLLS {
        let mut api = Api::start(polls, &[("RUDE", "after-hangs,after-patient")]).await;
        let id = api.id();
        let (left, margin) = (Duration::from_millis(400), Duration::from_millis(100));
        let deadline = std::time::SystemTime::now() + left;
        let deadline = deadline.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
        let headers = format!("Lambda-Runtime-Aws-Request-Id: {id}\r\nLambda-Runtime-Deadline-Ms: {deadline}\r\n");
        api.next().await.reply(&event_with(&headers, &http_api("/"))).await;
        let report = api.report().await;
        report.assert_answers(&id);
        report.accept().await;
        let line = api.until("`after_invocation` was not done after ").await.pop().unwrap();
        let limit = line.split("after ").nth(1).unwrap().split(',').next().unwrap();
        let limit = limit.strip_suffix("ms").or(limit.strip_suffix("ns").map(|_| "0")).unwrap();
        assert!(limit.parse::<f64>().unwrap() <= (left - margin).as_secs_f64() * 1_000.0, "{line}");
        api.all_wait().await;
    }
}

#[tokio::test]
async fn what_is_done_after_an_answer_is_done_too_where_lambda_runtime_polls() {
    for options in ["theirs,after-sign", "theirs,after-sign,stream", "theirs,after-sign,threads"] {
        let (signs, address) = Signs::listen().await;
        let variables = [&NAMED[..], &[("RUDE", options), ("SIGN", &address)]].concat();
        let mut api = Api::start(1, &variables).await;
        for path in ["/background/sign", "/background/sign", "/background/panic-fails"] {
            let (id, report) = api.invoke(path).await;
            match path {
                "/background/sign" => drop(report.assert_answers(&id)),
                _ => report.assert_fails(&id, "Service", "rude on purpose"),
            }
            report.accept().await;
            let asking: &[&str] = if path == "/background/sign" { &["task", "hook"] } else { &["hook"] };
            for who in asking {
                let (asked, mut stream) = signs.asked().await;
                assert_eq!(asked, *who);
                assert!(api.calls.try_recv().is_err(), "the next event was asked for");
                stream.write_all(b"!").await.unwrap();
            }
            api.all_wait().await;
        }
    }
}
