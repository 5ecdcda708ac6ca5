//! The inspector answers to this machine's names, and sends nothing for pages of other origins.

use serde_json::json;

use super::{ask, inspected};
use crate::{Running, assert_refused};

#[test]
fn every_answer_says_that_nothing_of_it_is_for_others() {
    let (_running, _, page) = inspected("path", &[]);
    let host = format!("Host: {page}");
    for path in [
        "/",
        "/style.css",
        "/main.js",
        "/list.js",
        "/detail.js",
        "/show.js",
        "/send.js",
        "/served.js",
        "/icon.svg",
        "/api/served",
        "/nowhere",
    ] {
        let (status, head, body) = ask(&page, &format!("GET {path}"), &[&host], "");
        assert_eq!(status == 200, path != "/nowhere", "{path}");
        assert!(head.contains("content-security-policy: default-src 'none'; script-src 'self'"), "{path}: {head}");
        for line in [
            "x-content-type-options: nosniff",
            "cross-origin-resource-policy: same-origin",
            "x-frame-options: deny",
            "cache-control: no-store",
        ] {
            assert!(head.contains(line), "{path}: {head}");
        }
        // Whatever the page needs is here.
        for elsewhere in ["http://", "https://", "url(", "@import"] {
            let found = body.replace("http://www.w3.org/2000/svg", "").contains(elsewhere);
            assert!(!found || path.starts_with("/api"), "{path} has {elsewhere}");
        }
    }
}

#[test]
fn a_name_that_somebody_made_point_here_gets_nothing() {
    let (_running, _, page) = inspected("path", &["--allow-host", "*"]);
    for path in ["/", "/api/exchanges", "/api/served"] {
        let (status, _, body) = ask(&page, &format!("GET {path}"), &["Host: evil.example:9900"], "");
        assert_eq!(status, 403, "{body}");
        assert!(body.contains("no name of this machine"), "{body}");
    }
}

#[test]
fn no_other_page_can_send_or_clear() {
    let (_running, front, page) = inspected("path", &[]);
    let host = format!("Host: {page}");
    let body = json!({ "method": "GET", "target": "/sent", "headers": [], "body": "", "address": front }).to_string();
    let (kind, mark) = ("Content-Type: application/json", "X-SippyCup-Inspect: 1");
    for path in ["/api/send", "/api/clear"] {
        for lines in [
            &[&*host, kind][..],
            &[&host, mark],
            &[&host, mark, "Content-Type: text/plain"],
            &[&host, mark, kind, "Origin: https://evil.example"],
            &[&host, mark, kind, "Origin: http://127.0.0.1:3000"],
            &[&host, mark, kind, "Sec-Fetch-Site: cross-site"],
            &[&host, mark, kind, "Sec-Fetch-Site: same-site"],
            &["Host: evil.example", mark, kind],
        ] {
            let (status, ..) = ask(&page, &format!("POST {path}"), lines, &body);
            assert_eq!(status, 403, "{path} {lines:?}");
        }
    }
    // A browser that asks before it sends is given no leave.
    let (status, head, _) = ask(
        &page,
        "OPTIONS /api/send",
        &[&host, "Origin: https://evil.example", "Access-Control-Request-Method: POST"],
        "",
    );
    assert!(status == 403 && !head.contains("access-control"), "{head}");
    let (_, _, changes) = ask(&page, "GET /api/exchanges?after=0", &[&host], "");
    assert!(!changes.contains("/sent"), "{changes}");
    let (status, _, said) = ask(&page, "POST /api/send", &[&host, mark, kind], &"x".repeat(17 << 20));
    assert_eq!(status, 413, "{said}");
}

#[test]
fn there_is_a_page_only_where_somebody_reads_its_address_or_asks_for_it() {
    for flags in [&[][..], &["--no-inspect"]] {
        let mut running = Running::start("path", flags);
        running.address();
        running.signal("-INT");
        running.until("stopping");
        assert!(!running.seen.iter().any(|line| line.contains("inspect:")), "{:?}", running.seen);
    }
}

#[test]
fn flags_that_cannot_be_meant_are_refused() {
    for (flags, part) in [
        (&["--inspect=0.0.0.0:0"][..], "expected a loopback address"),
        (&["--inspect=127.0.0.1:0", "--no-inspect"], "cannot be used with"),
    ] {
        assert_refused(flags, part);
    }
}
