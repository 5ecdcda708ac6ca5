//! An exchange in forms that can be used elsewhere: a line for curl, a test in Rust, the file of its event.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use serde_json::Value;

use super::detail::header;
use crate::certain::Certain;
use crate::inspect::store::{Contents, Exchange};
use crate::record::mask;

/// `None` if there is no such form, or the exchange has nothing of it.
pub(super) fn export(form: &str, exchange: &Exchange, secrets: bool) -> Option<String> {
    let contents = exchange.contents.as_ref()?;
    // Messages of a WebSocket API are no requests.
    let is_request = !["DISCONNECT", "MESSAGE"].contains(&contents.method.as_str());
    match form {
        "curl" if is_request => Some(curl(exchange, contents, secrets)),
        "event" => event(contents, secrets),
        // Before a Web Function there is no gateway.
        "rust" if is_request && !exchange.row.door.expression.is_empty() => Some(rust(exchange, contents, secrets)),
        _ => None,
    }
}

fn curl(exchange: &Exchange, contents: &Contents, secrets: bool) -> String {
    let Request { target, headers } = Request::of(contents, secrets);
    let address = exchange.row.door.address;
    let method = contents.method.as_str();
    let body = contents.body.bytes();
    let mut words = vec!["curl".to_owned()];
    match method {
        "GET" if body.is_empty() => {}
        "HEAD" => words.push("--head".to_owned()),
        _ => words.push(format!("-X {method}")),
    }
    // With a certificate that mostly signs itself.
    words.push(quoted(&match exchange.row.door.secured {
        true => format!("https://{address}{target}"),
        false => format!("http://{address}{target}"),
    }));
    if exchange.row.door.secured {
        words.push("--insecure".to_owned());
    }
    for (name, value) in headers {
        if name != HOST.as_str() || value != address.to_string() {
            // curl takes a semicolon for a value that is empty.
            let line = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
            words.push(format!("-H {}", quoted(&line)));
        }
    }
    let text = std::str::from_utf8(body).ok().filter(|text| !text.contains('\0'));
    match text {
        Some("") => words.join(" "),
        Some(text) => {
            // What begins with `@` would be read from a file by any other flag.
            words.push(format!("--data-raw {}", quoted(text)));
            words.join(" ")
        }
        None => format!("echo {} | base64 -d | {} --data-binary @-", STANDARD.encode(body), words.join(" ")),
    }
}

fn event(contents: &Contents, secrets: bool) -> Option<String> {
    let mut event: Value = serde_json::from_slice(contents.event.as_deref()?).ok()?;
    if !secrets {
        mask(&mut event);
    }
    Some(format!("{event:#}\n"))
}

fn rust(exchange: &Exchange, contents: &Contents, secrets: bool) -> String {
    let Request { target, headers } = Request::of(contents, secrets);
    let mut test = format!(
        "#[tokio::test]\nasync fn {}() -> Result<(), sippycup_gateway::BoxError> {{\n    use http_body_util::BodyExt;\n    \
         use sippycup_gateway::{{Body, {}Gateway, Kind}};\n    use tower::ServiceExt;\n\n    let gateway = {}\n        \
         .build(sippycup::SippyCup::new(app()))?;\n    let request = http::Request::builder()\n        .method({:?})\n        .uri({target:?})\n",
        name(contents.method.as_str(), &target),
        if exchange.row.door.expression.contains("Domain::") { "Domain, " } else { "" },
        exchange.row.door.expression,
        contents.method.as_str(),
    );
    for (name, value) in headers {
        test.push_str(&format!("        .header({name:?}, {value:?})\n"));
    }
    let body = contents.body.bytes();
    let body = match std::str::from_utf8(body) {
        Ok("") => "Body::empty()".to_owned(),
        Ok(text) => format!("Body::from({text:?})"),
        Err(_) => format!("Body::from(b\"{}\".to_vec())", body.escape_ascii()),
    };
    test.push_str(&format!("        .body({body})?;\n    let response = gateway.oneshot(request).await?;\n"));
    if let Some(status) = exchange.row.status {
        test.push_str(&format!("    assert_eq!(response.status(), {status});\n"));
    }
    test.push_str("    let body = response.into_body().collect().await?.to_bytes();\n");
    let answered = &contents.response_body;
    let expected = std::str::from_utf8(answered.bytes()).ok().filter(|_| answered.total() <= SHORT);
    match expected {
        Some(text) => test.push_str(&format!("    assert_eq!(body, {text:?});\n")),
        None => test.push_str(&format!("    assert_eq!(body.len(), {});\n", answered.total())),
    }
    test.push_str("    Ok(())\n}\n");
    test
}

/// What of a request can be sent again.
struct Request {
    target: String,
    headers: Vec<(String, String)>,
}

impl Request {
    fn of(contents: &Contents, secrets: bool) -> Self {
        let mut target = Value::String(contents.target.clone());
        if !secrets {
            mask(&mut target);
        }
        let headers =
            contents.headers.iter().filter(|(name, _)| ![CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING].contains(name));
        let shown = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), header(name.as_str(), &value, secrets))
        };
        Self { target: target.as_str().certain().to_owned(), headers: headers.map(shown).collect() }
    }
}

/// A word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// `get_shop_items_7`
fn name(method: &str, target: &str) -> String {
    let path = target.split('?').next().certain();
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let method: String = method.chars().filter(char::is_ascii_alphanumeric).collect();
    let words: Vec<_> = [method.as_str()].into_iter().chain(words).take(8).collect();
    format!("answers_{}", words.join("_").to_ascii_lowercase())
}

/// A body that a test can have in full.
const SHORT: usize = 2000;
