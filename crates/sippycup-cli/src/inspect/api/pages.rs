//! The files of the page, which are in the program.

use http::Response;
use sippycup_gateway::Body;

use super::answer::answer;

pub(super) fn page(path: &str) -> Option<Response<Body>> {
    let (_, content_type, text) = FILES.iter().find(|(name, ..)| *name == path)?;
    Some(answer(content_type, text.as_bytes().to_vec()))
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

const FILES: [(&str, &str, &str); 12] = [
    ("/", "text/html; charset=utf-8", include_str!("../page/index.html")),
    ("/style.css", "text/css; charset=utf-8", include_str!("../page/style.css")),
    ("/icon.svg", "image/svg+xml", include_str!("../page/icon.svg")),
    ("/main.js", SCRIPT, include_str!("../page/main.js")),
    ("/list.js", SCRIPT, include_str!("../page/list.js")),
    ("/detail.js", SCRIPT, include_str!("../page/detail.js")),
    ("/show.js", SCRIPT, include_str!("../page/show.js")),
    ("/body.js", SCRIPT, include_str!("../page/body.js")),
    ("/multipart.js", SCRIPT, include_str!("../page/multipart.js")),
    ("/connections.js", SCRIPT, include_str!("../page/connections.js")),
    ("/send.js", SCRIPT, include_str!("../page/send.js")),
    ("/served.js", SCRIPT, include_str!("../page/served.js")),
];
