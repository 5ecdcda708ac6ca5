//! Whatever comes back, to whatever the function asks: it lives, and the next invocation is right.

use tokio::io::AsyncWrite;

use super::*;

/// How a connection ends behind what was sent.
#[derive(Clone, Copy, Debug)]
enum End {
    Close,
    Reset,
    /// Nothing more is said, but all is read.
    Half,
}

const ENDS: [End; 3] = [End::Close, End::Reset, End::Half];

impl Api {
    /// Waits until every poll waits again, and takes what is reported of this invocation meanwhile.
    async fn settle(&mut self, id: &str) {
        while self.waiting.len() < self.polls {
            let call = self.any().await;
            if call.is_next() {
                self.waiting.push(call);
            } else {
                assert!(call.line.contains(id), "{} {}", call.line, String::from_utf8_lossy(&call.body));
                call.accept().await;
            }
        }
        self.works().await;
        // With each turn another poll is hit.
        self.waiting.rotate_left(1);
    }
}

impl Call {
    async fn end(mut self, end: End) {
        match end {
            End::Close => drop(self),
            End::Reset => self.reset(),
            End::Half => {
                let _ = self.stream.shutdown().await;
                tokio::spawn(async move { tokio::io::copy(&mut self.stream, &mut Nowhere).await });
            }
        }
    }
}

/// Where bytes go that nobody looks at.
struct Nowhere;

impl AsyncWrite for Nowhere {
    fn poll_write(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        bytes: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        std::task::Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }
}

/// Replies that are wrong in some way; `good` is one that is not.
fn replies(id: &str, good: &[u8]) -> Vec<Vec<u8>> {
    let head = head(id);
    let with = |rest: &str| format!("HTTP/1.1 200 OK\r\n{head}{rest}").into_bytes();
    vec![
        b"".to_vec(),
        b"H".to_vec(),
        b"HTTP/1.1 200".to_vec(),
        b"\r\n\r\n\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        b"HTTP/1.1 999 Beyond\r\nContent-Length: 0\r\n\r\n".to_vec(),
        b"HTTP/1.1 099 Below\r\n\r\n".to_vec(),
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nx".to_vec(),
        b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n".to_vec(),
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello".to_vec(),
        b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello".to_vec(),
        [b"HTTP/1.1 100 Continue\r\n\r\n".repeat(1_000), good.to_vec()].concat(),
        // Twice, or with something behind it.
        good.repeat(2),
        [good, ACCEPTED].concat(),
        [good, b"\0"].concat(),
        [good, &status("500 Internal Server Error", "Late")].concat(),
        // Lengths.
        with("Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
        with("Content-Length: 2, 2\r\n\r\n{}"),
        with("Content-Length: -1\r\n\r\n{}"),
        with("Content-Length: 18446744073709551615\r\n\r\n{}"),
        with("Content-Length: 18446744073709551616\r\n\r\n{}"),
        with("Content-Length: 0x2\r\n\r\n{}"),
        with("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
        with("Transfer-Encoding: gzip\r\n\r\n{}"),
        with("Transfer-Encoding: chunked, identity\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
        with("Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}\r\n"),
        with("Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n{}\r\n"),
        with("Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n"),
        with("Transfer-Encoding: chunked\r\n\r\n2\r\n{}0\r\n\r\n"),
        with(&format!("Transfer-Encoding: chunked\r\n\r\n2;{}\r\n{{}}\r\n0\r\n\r\n", "e".repeat(1 << 20))),
        with(&format!("Transfer-Encoding: chunked\r\n\r\n{}2\r\n{{}}\r\n0\r\n\r\n", "0".repeat(1 << 20))),
        with(&format!("Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n{}\r\n", "T: t\r\n".repeat(1 << 17))),
        // What is in it.
        with("Content-Length: 0\r\n\r\n"),
        with("Content-Length: 4\r\n\r\nnull"),
        [with("Content-Length: 1\r\n\r\n"), vec![0xff]].concat(),
        with(&format!("Content-Length: 1000000\r\n\r\n{}", "[".repeat(1_000_000))),
        "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: \u{e9}\r\nContent-Length: 2\r\n\r\n{}".into(),
        format!("HTTP/1.1 200 OK\r\n{head}{head}Content-Length: 2\r\n\r\n{{}}").into(),
    ]
}

#[tokio::test]
async fn whatever_comes_instead_of_an_event_the_next_invocation_is_right() {
    for (polls, options) in [(1, ""), (16, "stream,threads")] {
        let mut api = Api::start(polls, &[("RUDE", options)]).await;
        for number in 0..replies("", b"").len() {
            for end in ENDS {
                let id = api.id();
                let good = event(&id, &http_api("/"));
                let mut next = api.next().await;
                next.send(&replies(&id, &good)[number]).await;
                next.end(end).await;
                api.settle(&id).await;
            }
        }
    }
}

#[tokio::test]
async fn whatever_comes_instead_of_a_reply_the_next_invocation_is_right() {
    for (polls, options, paths) in [
        (1, "", ["/", "/error"]),
        (16, "stream,threads", ["/streamed", "/body-error"]),
        (16, "", ["/size/2000000", "/"]),
    ] {
        let mut api = Api::start(polls, &[("RUDE", options)]).await;
        for number in 0..replies("", b"").len() {
            for (end, path) in ENDS.into_iter().zip(paths.into_iter().cycle().skip(number)) {
                let (id, mut report) = api.invoke(path).await;
                report.send(&replies(&id, ACCEPTED)[number]).await;
                report.end(end).await;
                api.settle(&id).await;
            }
        }
    }
}

#[tokio::test]
async fn a_reply_that_comes_before_the_answer_is_read_is_a_reply_or_a_broken_connection() {
    for (polls, options) in [(1, ""), (1, "stream"), (16, "stream,threads")] {
        let mut api = Api::start(polls, &[("RUDE", options)]).await;
        for reply in
            [ACCEPTED.to_vec(), status("413 Request Entity Too Large", "A"), status("410 Gone", "B"), Vec::new()]
        {
            for end in ENDS {
                let id = api.id();
                let mut next = api.next().await;
                next.send(&event(&id, &http_api("/size/5000000"))).await;
                let mut some = [0; 1000];
                next.stream.read_exact(&mut some).await.unwrap();
                next.send(&reply).await;
                next.end(end).await;
                api.settle(&id).await;
            }
        }
    }
}

#[tokio::test]
async fn a_reply_without_an_end_is_not_kept() {
    for path in ["/", "/error"] {
        let mut api = Api::start(1, &[]).await;
        let (_, mut report) = api.invoke(path).await;
        report.send(b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n").await;
        let chunk = [b"100000\r\n".to_vec(), vec![b'x'; 1 << 20], b"\r\n".to_vec()].concat();
        // The connection is closed some time, and another asks for the next event.
        while let Ok(()) = report.stream.get_mut().write_all(&chunk).await {}
        api.works().await;
        assert!(api.peak() < 40_000, "{} KB", api.peak());
    }
}

#[tokio::test]
async fn what_never_ends_holds_no_other_poll_up() {
    let mut api = Api::start(16, &[]).await;
    let mut held = Vec::new();
    for number in 0..15 {
        let id = api.id();
        let whole = event(&id, &http_api("/"));
        let mut next = api.next().await;
        match number % 5 {
            // Nothing, half a head, half a body.
            0 => held.push(next),
            1 => {
                next.send(&whole[..20]).await;
                held.push(next);
            }
            2 => {
                next.send(&whole[..whole.len() - 1]).await;
                held.push(next);
            }
            // No reply to the answer, half of one.
            cut => {
                next.reply(&whole).await;
                let mut report = api.report().await;
                report.assert_answers(&id);
                report.send(&ACCEPTED[..[0, ACCEPTED.len() - 1][cut - 3]]).await;
                held.push(report);
            }
        }
    }
    api.polls = 1;
    for _ in 0..5 {
        api.works().await;
    }
}

#[tokio::test]
async fn an_event_that_is_given_twice_is_answered_twice() {
    let mut api = Api::start(16, &[]).await;
    let id = api.id();
    for _ in 0..2 {
        api.next().await.reply(&event(&id, &http_api("/"))).await;
    }
    for reply in [ACCEPTED.to_vec(), status("403 Forbidden", "InvalidStateTransition")] {
        let report = api.report().await;
        report.assert_answers(&id);
        report.reply(&reply).await;
    }
    api.works().await;
}

#[tokio::test]
async fn a_deadline_that_is_over_costs_what_is_done_after_the_answer_and_not_the_answer() {
    for polls in POLLS {
        let mut api = Api::start(polls, &[("RUDE", "after-hangs")]).await;
        for path in ["/", "/background/hang"] {
            let id = api.id();
            let over = std::time::SystemTime::now() - Duration::from_secs(10);
            let over = over.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
            let headers = format!("Lambda-Runtime-Aws-Request-Id: {id}\r\nLambda-Runtime-Deadline-Ms: {over}\r\n");
            api.next().await.reply(&event_with(&headers, &http_api(path))).await;
            let report = api.report().await;
            report.assert_answers(&id);
            report.accept().await;
            api.all_wait().await;
            api.until("`after_invocation` was not done after 0ns, and is dropped").await;
        }
    }
}

#[tokio::test]
async fn whatever_comes_instead_of_a_restore_the_process_goes_on_or_ends_with_a_line() {
    let variables = [("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start"), ("RUDE", "hooks,stream")];
    let good = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    for (number, reply) in replies("", good).into_iter().enumerate() {
        let mut api = Api::begin(16, &variables).await;
        let mut restore = api.any().await;
        assert!(restore.line.contains("/restore/next"), "{}", restore.line);
        restore.send(&reply).await;
        restore.end(ENDS[number % 3]).await;
        // It may ask once more.
        let mut call = api.any().await;
        while call.line.contains("/restore/next") {
            call.reply(good).await;
            call = api.any().await;
        }
        api.waiting.push(call);
        api.works().await;
        api.until("after the second").await;
    }
}

#[tokio::test]
async fn a_runtime_api_that_is_gone_for_a_while_during_the_restore_is_waited_for() {
    let mut api = Api::begin(16, &[("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start"), ("RUDE", "hooks")]).await;
    let restore = api.any().await;
    api.goes_and_comes_back(restore).await;
    let restore = api.any().await;
    assert!(restore.line.contains("/restore/next"), "{}", restore.line);
    restore.reply(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    api.works().await;
}

#[tokio::test]
async fn an_answer_waits_for_a_runtime_api_that_is_gone_for_a_while() {
    for polls in POLLS {
        let mut api = Api::start(polls, &[]).await;
        let (id, report) = api.invoke("/").await;
        api.goes_and_comes_back(report).await;
        let report = api.report().await;
        report.assert_answers(&id);
        report.accept().await;
        api.works().await;
    }
}

#[tokio::test]
async fn an_extension_that_is_never_registered_holds_nothing_up() {
    let mut api = Api::begin(16, &[("RUDE", "shutdown")]).await;
    let _register = api.any().await;
    api.works().await;
    api.until("`on_shutdown` will not be called: no extension could be registered, there was no reply").await;
    api.terminate().await;
    assert_eq!(api.ends().await.0, Some(0));
}

/// The most memory that the process ever held, in kilobytes.
fn peak(api: &Api) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", api.function.id().unwrap())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Six million levels of nesting: an error has a position, and to find it takes no memory for each level.
#[tokio::test]
async fn an_event_that_is_nothing_but_brackets_costs_no_more_memory_than_any_of_its_size() {
    let length = 6_000_000;
    let mut peaks = Vec::new();
    for event in ["x".repeat(length), "[".repeat(length), "{\"a\":".repeat(length / 5), "[{\"a\":".repeat(length / 6)] {
        let mut api = Api::start(1, &[]).await;
        let id = api.id();
        api.next().await.reply(&event_with(&head(&id), &event)).await;
        let report = api.report().await;
        assert!(report.line.ends_with(&format!("/{id}/error HTTP/1.1")), "{}", report.line);
        assert!(report.body.len() < 1_000, "{} bytes", report.body.len());
        report.accept().await;
        api.all_wait().await;
        peaks.push(peak(&api));
        api.works().await;
    }
    assert!(peaks.iter().all(|peak| peak.abs_diff(peaks[0]) < 8_000), "{peaks:?} KB");
}
