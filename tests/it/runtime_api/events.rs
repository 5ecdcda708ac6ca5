//! Events that come in odd ways, or not at all.

use super::*;

/// Does it to a poll that waits, and checks that everything works afterwards.
macro_rules! row {
    ($api:ident, $polls:expr, $variables:expr, $row:block) => {
        for polls in $polls {
            let mut $api = Api::start(polls, $variables).await;
            $row
            $api.works().await;
        }
    };
}

#[tokio::test]
async fn an_event_may_come_in_any_framing() {
    row!(api, POLLS, &[], {
        let json = http_api("/framed");
        let chunked = |size: usize| {
            let chunks = json.as_bytes().chunks(size);
            let chunk = |chunk: &[u8]| format!("{:x};a=b\r\n{}\r\n", chunk.len(), String::from_utf8_lossy(chunk));
            let chunks: String = chunks.map(chunk).collect();
            move |id: &str| {
                let head = format!("HTTP/1.1 200 OK\r\n{}Transfer-Encoding: chunked\r\n\r\n", head(id));
                format!("{head}{chunks}0\r\nX-Trailer: 1\r\n\r\n").into_bytes()
            }
        };
        let early = |id: &str| {
            [b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n".to_vec(), event(id, &json)].concat()
        };
        for (size, reply) in [
            (usize::MAX, Box::new(|id: &str| event(id, &json)) as Box<dyn Fn(&str) -> Vec<u8>>),
            (1, Box::new(|id| event(id, &json))),
            (7, Box::new(|id| event(id, &json))),
            (usize::MAX, Box::new(chunked(10))),
            (3, Box::new(chunked(1))),
            (usize::MAX, Box::new(early)),
            (5, Box::new(early)),
        ] {
            let id = api.id();
            let mut next = api.next().await;
            next.send_pieces(&reply(&id), size).await;
            next.keep();
            let report = api.report().await;
            assert_eq!(report.assert_answers(&id)["uri"], "/framed");
            report.accept().await;
            api.all_wait().await;
        }
    });
}

#[tokio::test]
async fn a_connection_that_is_closed_after_each_reply_is_opened_again() {
    row!(api, POLLS, &[], {
        for (end, length) in [("Connection: close\r\n", true), ("", true), ("", false)] {
            let id = api.id();
            let json = http_api("/closed");
            let mut next = api.next().await;
            let length = if length { format!("Content-Length: {}\r\n", json.len()) } else { String::new() };
            next.send(format!("HTTP/1.1 200 OK\r\n{}{end}{length}\r\n{json}", head(&id)).as_bytes()).await;
            drop(next);
            let mut report = api.report().await;
            report.assert_answers(&id);
            report.send(ACCEPTED).await;
            drop(report);
            api.all_wait().await;
        }
        // What only HTTP/1.0 can do.
        let id = api.id();
        let mut next = api.next().await;
        next.send(format!("HTTP/1.0 200 OK\r\n{}\r\n{}", head(&id), http_api("/old")).as_bytes()).await;
        drop(next);
        let report = api.report().await;
        report.assert_answers(&id);
        report.accept().await;
    });
}

#[tokio::test]
async fn a_connection_that_breaks_before_there_is_an_id_is_asked_again() {
    row!(api, POLLS, &[], {
        let whole = event("lost", &http_api("/lost"));
        let head = whole.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        for sent in [0, 1, 20, head, head + 3] {
            let mut next = api.next().await;
            next.send(&whole[..sent]).await;
            drop(next);
            api.all_wait().await;
            let mut next = api.next().await;
            next.send(&whole[..sent]).await;
            next.reset();
            api.all_wait().await;
        }
    });
}

#[tokio::test]
async fn an_event_that_breaks_off_fails_its_invocation() {
    row!(api, POLLS, &[], {
        let json = http_api("/broken");
        for sent in [0, 1, json.len() - 1] {
            let id = api.id();
            let whole = event(&id, &json);
            let sent = &whole[..whole.len() - json.len() + sent];
            let mut next = api.next().await;
            next.send(sent).await;
            drop(next);
            let report = api.report().await;
            report.assert_fails(&id, "Event", "cannot read event: expected all of it, found the end of the connection");
            assert_eq!(report.headers["lambda-runtime-invocation-id"], format!("of-{id}"));
            report.accept().await;
            api.all_wait().await;

            // With a reset go the bytes that were not read, perhaps the id too.
            let mut next = api.next().await;
            next.send(sent).await;
            next.reset();
            let call = api.any().await;
            if call.is_next() {
                api.waiting.push(call);
            } else {
                call.assert_fails(&id, "Event", "cannot read event");
                call.accept().await;
            }
            api.all_wait().await;
        }
        // The last chunk is missing.
        let id = api.id();
        let mut next = api.next().await;
        next.send(
            format!("HTTP/1.1 200 OK\r\n{}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n", head(&id)).as_bytes(),
        )
        .await;
        drop(next);
        let report = api.report().await;
        report.assert_fails(&id, "Event", "found the end of the connection");
        report.accept().await;
    });
}

#[tokio::test]
async fn a_length_that_is_too_short_costs_that_event() {
    row!(api, POLLS, &[], {
        let id = api.id();
        let json = http_api("/short");
        let mut next = api.next().await;
        next.send(format!("HTTP/1.1 200 OK\r\n{}Content-Length: 20\r\n\r\n{json}", head(&id)).as_bytes()).await;
        next.keep();
        let report = api.report().await;
        report.assert_fails(&id, "Event", "cannot decode event");
        report.accept().await;
    });
}

#[tokio::test]
async fn an_event_of_300_megabytes_is_neither_kept_nor_waited_for() {
    row!(api, POLLS, &[], {
        let megabyte = vec![b'x'; 1 << 20];
        let id = api.id();
        let mut next = api.next().await;
        next.send(format!("HTTP/1.1 200 OK\r\n{}Content-Length: 314572800\r\n\r\n", head(&id)).as_bytes()).await;
        next.send(&megabyte).await;
        let report = api.report().await;
        report.assert_fails(&id, "Event", "expected at most 32 MB, found more");
        report.accept().await;
        drop(next);
        api.all_wait().await;

        let id = api.id();
        let mut next = api.next().await;
        next.send(format!("HTTP/1.1 200 OK\r\n{}Transfer-Encoding: chunked\r\n\r\n", head(&id)).as_bytes()).await;
        for _ in 0..300 {
            next.send(b"100000\r\n").await;
            next.send(&megabyte).await;
            next.send(b"\r\n").await;
        }
        let report = api.report().await;
        report.assert_fails(&id, "Event", "expected at most 32 MB, found more");
        report.accept().await;
        drop(next);
        api.all_wait().await;
        assert!(api.peak() < 120_000, "{} KB", api.peak());
    });
}

#[tokio::test]
async fn an_event_of_six_megabytes_is_an_event() {
    row!(api, [1], &[], {
        let id = api.id();
        let mut json: Value = serde_json::from_str(&http_api("/large")).unwrap();
        json["body"] = "b".repeat(6_000_000).into();
        let json = json.to_string();
        for size in [usize::MAX, 100_000] {
            let mut next = api.next().await;
            next.send_pieces(&event(&id, &json), size).await;
            next.keep();
            let report = api.report().await;
            report.assert_answers(&id);
            report.accept().await;
        }
    });
}

#[tokio::test]
async fn what_is_no_event_is_asked_for_again() {
    row!(api, POLLS, &[], {
        for reply in [
            b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(),
            status("404 Not Found", "NotFound"),
            status("400 Bad Request", "InvalidRequestID"),
            status("429 Too Many Requests", "Throttled"),
            status("502 Bad Gateway", "Proxy"),
            status("503 Service Unavailable", "Proxy"),
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".to_vec(),
            event_with("Lambda-Runtime-Aws-Request-Id: \r\n", "{}"),
            event_with("Lambda-Runtime-Deadline-Ms: 1\r\n", &http_api("/")),
            // Not HTTP at all.
            b"what do you want?\r\n\r\n".to_vec(),
            b"\0\0\0\0".to_vec(),
            b"HTTP/1.1 OK\r\n\r\n".to_vec(),
            b"HTTP/3 200 OK\r\n\r\n".to_vec(),
            b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n".to_vec(),
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".to_vec(),
        ] {
            api.next().await.reply(&reply).await;
            api.all_wait().await;
        }
    });
}

#[tokio::test]
async fn a_refusal_of_next_ends_the_process_with_a_line_that_says_why() {
    for polls in POLLS {
        for code in ["403 Forbidden", "500 Internal Server Error"] {
            let mut api = Api::start(polls, &[]).await;
            api.next().await.reply(&status(code, "InvalidStateTransition")).await;
            let (ended, said) = api.ends().await;
            assert_eq!(ended, Some(1));
            let wanted = format!("expected the Runtime API to accept `next`, found status {code}: {{");
            assert!(said.contains(&wanted) && said.contains("said on purpose"), "{said}");
            assert!(!said.contains("panicked"), "{said}");
        }
    }
}

#[tokio::test]
async fn headers_are_as_good_as_missing_when_they_are_odd() {
    row!(api, POLLS, &[], {
        for (headers, name, wanted) in [
            ("", "has_deadline", json!(false)),
            ("Lambda-Runtime-Deadline-Ms: soon\r\n", "has_deadline", json!(false)),
            ("Lambda-Runtime-Deadline-Ms: -1\r\n", "has_deadline", json!(false)),
            ("Lambda-Runtime-Deadline-Ms: 600000\r\n", "has_deadline", json!(false)),
            ("Lambda-Runtime-Deadline-Ms: 18446744073709551615\r\n", "has_deadline", json!(true)),
            ("Lambda-Runtime-Deadline-Ms: 18446744073709551616\r\n", "has_deadline", json!(false)),
            ("Lambda-Runtime-Deadline-Ms: 4102444800000\r\n", "has_deadline", json!(true)),
            ("", "arn", Value::Null),
            ("", "trace", Value::Null),
            ("Lambda-Runtime-Trace-Id: Root=1-2;Sampled=1\r\n", "trace", json!("Root=1-2;Sampled=1")),
            ("Lambda-Runtime-Trace-Id: Root=\u{e9}\r\n", "trace", Value::Null),
            ("Lambda-Runtime-Client-Context: not json\r\n", "client_context", Value::Null),
            (
                "Lambda-Runtime-Client-Context: {\"custom\":{\"a\":1},\"client\":[\"x\"],\"env\":null}\r\n",
                "client_context",
                json!({"custom": {"a": 1}, "client": ["x"], "env": null}),
            ),
            ("Lambda-Runtime-Client-Context: {\"a\":\"caf\u{e9}\"}\r\n", "client_context", json!({"a": "caf\u{e9}"})),
            ("Lambda-Runtime-Cognito-Identity: {\r\n", "identity", Value::Null),
            (
                "Lambda-Runtime-Cognito-Identity: {\"cognitoIdentityId\":\"1\"}\r\n",
                "identity",
                json!({"cognitoIdentityId": "1"}),
            ),
            ("Lambda-Runtime-Aws-Tenant-Id: blue\r\n", "tenant", json!("blue")),
            // It is a variable of the whole process.
            ("Lambda-Runtime-Trace-Id: Root=1-2\r\n", "trace_variable", Value::Null),
        ] {
            let id = api.id();
            let headers = format!("Lambda-Runtime-Aws-Request-Id: {id}\r\n{headers}");
            api.next().await.reply(&event_with(&headers, &http_api("/"))).await;
            let report = api.report().await;
            assert_eq!(report.assert_answers(&id)[name], wanted, "{headers}");
            assert!(!report.headers.contains_key("lambda-runtime-invocation-id"));
            report.accept().await;
            api.all_wait().await;
        }
    });
}

#[tokio::test]
async fn garbage_among_the_headers_costs_at_most_another_question() {
    row!(api, POLLS, &[], {
        for garbage in [
            (0..120).map(|number| format!("X-Number-{number}: {number}\r\n")).collect(),
            (0..3_000).map(|number| format!("X-Number-{number}: {number}\r\n")).collect(),
            "no colon\r\n".to_owned(),
            "bad name: 1\r\n".to_owned(),
            "space : 1\r\n".to_owned(),
            "X-Folded: 1\r\n  2\r\n".to_owned(),
            "\u{1}\u{2}: 1\r\n".to_owned(),
            "X-Control: \u{1}\r\n".to_owned(),
            format!("X-Long: {}\r\n", "l".repeat(100_000)),
        ] {
            let id = api.id();
            let reply = event_with(&format!("{garbage}{}", head(&id)), &http_api("/garbage"));
            api.next().await.reply(&reply).await;
            // Lambda gives the same event to whoever asks again before there is an answer.
            let report = loop {
                let call = api.any().await;
                if !call.is_next() {
                    break call;
                }
                call.reply(&reply).await;
            };
            report.assert_answers(&id);
            report.accept().await;
            api.all_wait().await;
        }
    });
}

#[tokio::test]
async fn a_head_that_never_ends_is_given_up() {
    row!(api, POLLS, &[], {
        let mut next = api.next().await;
        next.send(b"HTTP/1.1 200 OK\r\n").await;
        for number in 0..20_000 {
            next.send(format!("X-Number-{number}: {}\r\n", "n".repeat(100)).as_bytes()).await;
        }
        api.all_wait().await;
    });
}

#[tokio::test]
async fn an_id_goes_back_as_it_came() {
    row!(api, POLLS, &[], {
        for (id, path) in [("with space", "with%20space"), ("a/../b", "a%2F..%2Fb"), ("q?a=1#f%", "q%3Fa%3D1%23f%25")] {
            api.next()
                .await
                .reply(&event_with(&format!("Lambda-Runtime-Aws-Request-Id: {id}\r\n"), &http_api("/")))
                .await;
            let report = api.report().await;
            assert_eq!(report.line, format!("POST /2018-06-01/runtime/invocation/{path}/response HTTP/1.1"));
            assert_eq!(report.seen()["id"], id);
            report.accept().await;
            api.all_wait().await;
        }
        for path in ["/", "/error"] {
            let (id, report) = api.invoke(path).await;
            assert_eq!(report.headers["lambda-runtime-invocation-id"], format!("of-{id}"));
            report.accept().await;
            api.all_wait().await;
        }
    });
}

#[tokio::test]
async fn a_runtime_api_that_is_gone_for_a_while_is_waited_for() {
    for polls in POLLS {
        let mut api = Api::start(polls, &[]).await;
        let next = api.next().await;
        api.goes_and_comes_back(next).await;
        api.works().await;
        api.until("cannot connect to the Runtime API at 127.0.0.1:").await;
    }
}

#[tokio::test]
async fn a_runtime_api_that_stays_away_is_given_up() {
    let api = Api::start(16, &[]).await;
    api.accepting.abort();
    let mut api = api;
    let _ = (&mut api.accepting).await;
    api.waiting.clear();
    let (ended, said) = api.ends().await;
    assert_eq!(ended, Some(1));
    assert!(said.contains("expected the Runtime API at `127.0.0.1:") && said.contains("found nobody"), "{said}");
}
