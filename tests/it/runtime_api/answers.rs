//! Answers that Lambda does not take, and replies that do not come.

use super::*;

/// One JSON answer, without the body's own length.
async fn overhead(api: &mut Api) -> usize {
    let (_, report) = api.invoke("/size/0").await;
    let length = report.body.len();
    report.accept().await;
    api.all_wait().await;
    length
}

#[tokio::test]
async fn a_reply_may_come_in_any_framing() {
    for polls in POLLS {
        let mut api = Api::start(polls, &[]).await;
        for (reply, size) in [
            (ACCEPTED, 1),
            (b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", 1000),
            (b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 2),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nDate: today\r\n\r\nOK", 1000),
            (b"HTTP/1.1 204 No Content\r\n\r\n", 1000),
        ] {
            for path in ["/", "/error"] {
                let (_, mut report) = api.invoke(path).await;
                report.send_pieces(reply, size).await;
                report.keep();
                api.all_wait().await;
            }
        }
        api.works().await;
    }
}

#[tokio::test]
async fn answers_of_every_size_go_over_one_connection() {
    let mut api = Api::start(1, &[]).await;
    let overhead = overhead(&mut api).await;
    let mut peers = Vec::new();
    // From small to large and back: they are written in different ways.
    for size in [0, 4_096 - overhead, 4_097 - overhead, 1, 5_000_000, 5_000_001, 2] {
        let (_, report) = api.invoke(&format!("/size/{size}")).await;
        assert_eq!(report.body.len(), size + overhead);
        peers.push(report.stream.get_ref().peer_addr().unwrap());
        report.accept().await;
        api.all_wait().await;
    }
    peers.dedup();
    assert_eq!(peers.len(), 1);
    api.works().await;
}

#[tokio::test]
async fn a_refused_answer_costs_its_invocation() {
    for polls in POLLS {
        let mut api = Api::start(polls, &[]).await;
        for path in ["/", "/error"] {
            for (code, says) in [
                ("400 Bad Request", "found status 400 Bad Request: {"),
                ("403 Forbidden", "found status 403 Forbidden: {"),
                ("404 Not Found", "found status 404 Not Found: {"),
                ("410 Gone", "came too late, Lambda has given the invocation up: {"),
                ("502 Bad Gateway", "found status 502 Bad Gateway: {"),
                ("503 Service Unavailable", "found status 503 Service Unavailable: {"),
            ] {
                let (id, report) = api.invoke(path).await;
                report.reply(&status(code, "Refused")).await;
                // No other answer: the next call is for an event.
                api.all_wait().await;
                let said = api.until(says).await.pop().unwrap();
                assert!(said.ends_with(&format!("(RequestId: {id})")) && said.contains("said on purpose"), "{said}");
            }
        }
        api.works().await;
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_reported_and_not_sent() {
    for polls in POLLS {
        let mut api = Api::start(polls, &[]).await;
        let overhead = overhead(&mut api).await;
        let largest = 6_291_556 - overhead;
        let (id, report) = api.invoke(&format!("/size/{largest}")).await;
        assert_eq!(report.line, format!("POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1"));
        assert_eq!(report.body.len(), 6_291_556);
        report.accept().await;
        api.all_wait().await;

        let (id, report) = api.invoke(&format!("/size/{}", largest + 1)).await;
        report.assert_fails(&id, "Response", "a response of 6291557 bytes");
        report.accept().await;
        api.works().await;
    }
}

#[tokio::test]
async fn an_answer_that_lambda_finds_too_large_is_reported() {
    for polls in POLLS {
        let mut api = Api::start(polls, &[]).await;
        for code in ["202 Accepted", "403 Forbidden", "400 Bad Request"] {
            let (id, report) = api.invoke("/size/1000").await;
            report.reply(&status("413 Request Entity Too Large", "RequestEntityTooLarge")).await;
            let report = api.report().await;
            report.assert_fails(&id, "Response", "a response of 1");
            // The Runtime API that AWS has takes no second answer.
            report.reply(&status(code, "InvalidStateTransition")).await;
            api.all_wait().await;
            api.until("found status 413").await;
        }
        api.works().await;
    }
}

#[tokio::test]
async fn an_internal_error_ends_the_process_with_a_line_that_says_why() {
    for polls in POLLS {
        for (path, what) in [("/", "response"), ("/error", "error")] {
            let mut api = Api::start(polls, &[]).await;
            let (_, report) = api.invoke(path).await;
            report.reply(&status("500 Internal Server Error", "InternalServerError")).await;
            let (ended, said) = api.ends().await;
            assert_eq!(ended, Some(1));
            let wanted = format!("expected the Runtime API to accept `{what}`, found status 500");
            assert!(said.contains(&wanted) && said.contains("said on purpose"), "{said}");
        }
    }
}

#[tokio::test]
async fn an_answer_without_a_reply_is_sent_once_more_and_not_again() {
    for polls in POLLS {
        let mut api = Api::start(polls, &[]).await;
        for path in ["/", "/error"] {
            for reply in [
                &b""[..],
                b"HTTP/1.1 2",
                b"HTTP/1.1 202 Accepted\r\n",
                b"gone\r\n\r\n",
                b"\0\0\0\0\0\0\0\0",
                b"HTTP/1.1 202 Accepted\r\nContent-Length: many\r\n\r\n",
            ] {
                for second in
                    [ACCEPTED.to_vec(), status("403 Forbidden", "A"), status("400 Bad Request", "B"), Vec::new()]
                {
                    let (id, mut report) = api.invoke(path).await;
                    report.send(reply).await;
                    let (line, first) = (report.line.clone(), std::mem::take(&mut report.body));
                    drop(report);
                    let mut report = api.report().await;
                    assert_eq!((&report.line, &report.body), (&line, &first));
                    assert_eq!(report.headers["lambda-runtime-invocation-id"], format!("of-{id}"));
                    if second.is_empty() {
                        report.send(reply).await;
                        drop(report);
                        let said = api.until("the connection broke before the Runtime API took the").await;
                        assert!(said.last().unwrap().contains(&id), "{said:?}");
                    } else {
                        report.reply(&second).await;
                    }
                    api.all_wait().await;
                }
            }
        }
        api.works().await;
        // That the first answer had arrived after all is no news.
        api.function.kill().await.unwrap();
        while let Some(line) = api.said.next_line().await.unwrap() {
            assert!(!line.contains("found status 40"), "{line}");
        }
    }
}

#[tokio::test]
async fn a_connection_that_is_reset_while_the_answer_is_sent_is_a_broken_one() {
    for polls in POLLS {
        let mut api = Api::start(polls, &[]).await;
        let id = api.id();
        let mut next = api.next().await;
        next.send(&event(&id, &http_api("/size/5000000"))).await;
        // The answer is on its way, and is not read.
        let mut some = [0; 1000];
        next.stream.read_exact(&mut some).await.unwrap();
        next.reset();
        let report = api.report().await;
        assert_eq!(report.line, format!("POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1"));
        assert!(report.body.len() > 5_000_000);
        report.accept().await;
        api.works().await;
    }
}

#[tokio::test]
async fn an_early_reply_is_a_reply() {
    for polls in POLLS {
        let mut api = Api::start(polls, &[]).await;
        for code in ["202 Accepted", "400 Bad Request"] {
            let id = api.id();
            let mut next = api.next().await;
            next.send(&event(&id, &http_api("/size/5000000"))).await;
            let mut some = [0; 1000];
            next.stream.read_exact(&mut some).await.unwrap();
            next.send(&status(code, "Early")).await;
            // The rest of the answer is not waited for: the next call comes over another connection.
            api.all_wait().await;
            drop(next);
        }
        api.works().await;
    }
}
