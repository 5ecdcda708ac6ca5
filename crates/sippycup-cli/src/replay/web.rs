//! Recordings of Web Functions: requests to their process, and how its responses differ from the recorded ones.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue, Method, Request};
use serde::Deserialize;
use sippycup_gateway::{Body, BoxError};
use tower_service::Service;

use super::{Arguments, Now, REQUEST, name_of};
use crate::error::UsageError;
use crate::plan::FunctionPlan;
use crate::record::recorded_response;
use crate::serve::WebFunction;
use crate::template::WebPlan;

/// Sends every request, and says how many responses have changed.
pub(super) async fn replay(
    arguments: &Arguments,
    plan: &FunctionPlan,
    requests: &[PathBuf],
) -> Result<usize, BoxError> {
    let read = |path: &Path| {
        let wrong = |error: &dyn std::fmt::Display| UsageError::new(format!("DIR: {}: {error}", path.display()));
        let content = fs::read(path).map_err(|error| wrong(&error))?;
        request(&content).map_err(|error| wrong(&error))
    };
    // All of them went to the same one.
    let first = requests.first().map(|path| read(path)).transpose()?;
    let endpoint = first.map(|(endpoint, _)| endpoint).unwrap_or_default();
    let plan = WebPlan { id: plan.name.value.clone(), function: plan.clone(), endpoint };
    let mut function = WebFunction::alone(plan, arguments.output.terminal()).await?;
    let mut changed = 0;
    for path in requests {
        let (_, request) = read(path)?;
        let Ok(response) = function.call(request).await;
        let content = recorded_response(response).await.to_string().into_bytes();
        let now = Now { kind: "response", content: content.into() };
        changed += usize::from(now.differs(arguments, &name_of(path, REQUEST))?);
    }
    function.stop();
    Ok(changed)
}

/// A request as it was recorded.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recorded {
    endpoint: String,
    method: String,
    target: String,
    headers: BTreeMap<String, Vec<String>>,
    body: String,
    is_base64_encoded: bool,
}

/// The endpoint, and what was asked of it.
fn request(json: &[u8]) -> Result<(String, Request<Body>), String> {
    let Recorded { endpoint, method, target, headers, body, is_base64_encoded } =
        serde_json::from_slice(json).map_err(|error| format!("expected a recorded request: {error}"))?;
    let body = match is_base64_encoded {
        true => STANDARD.decode(body).map_err(|error| format!("expected base64 at `body`: {error}"))?,
        false => body.into_bytes(),
    };
    let mut request = Request::new(Body::from(body));
    *request.method_mut() =
        Method::from_bytes(method.as_bytes()).map_err(|_| "expected a method at `method`".to_owned())?;
    *request.uri_mut() = target.parse().map_err(|error| format!("expected a target at `target`: {error}"))?;
    for (name, values) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| "expected names at `headers`".to_owned())?;
        for value in values {
            let value = HeaderValue::from_str(&value).map_err(|_| format!("expected values at `headers.{name}`"))?;
            request.headers_mut().append(&name, value);
        }
    }
    // What is masked has another length.
    request.headers_mut().remove(CONTENT_LENGTH);
    request.headers_mut().remove(TRANSFER_ENCODING);
    // HTTP/2 has none.
    if !request.headers().contains_key(HOST) {
        request.headers_mut().insert(HOST, HeaderValue::from_static("localhost"));
    }
    request.extensions_mut().insert(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    Ok((endpoint, request))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_request_is_read_or_refused_with_the_place() {
        let whole = r#"{"endpoint":"live","method":"PUT","target":"/a%20b?x=1","headers":{"a":["1","2"],"content-length":["9"]},"body":"/w==","isBase64Encoded":true}"#;
        let (endpoint, read) = request(whole.as_bytes()).unwrap();
        assert_eq!(endpoint, "live");
        assert_eq!((read.method().as_str(), read.uri().to_string()), ("PUT", "/a%20b?x=1".to_owned()));
        assert_eq!(read.headers().get_all("a").iter().collect::<Vec<_>>(), ["1", "2"]);
        assert!(!read.headers().contains_key("content-length") && read.headers()["host"] == "localhost");
        for (from, to, part) in [
            ("\"PUT\"", "\"P U\"", "expected a method at `method`"),
            ("/a%20b?x=1", "a b", "expected a target at `target`"),
            ("\"a\":", "\"a b\":", "expected names at `headers`"),
            ("\"1\"", "\"\\n\"", "expected values at `headers.a`"),
            ("/w==", "%", "expected base64 at `body`"),
            ("\"body\"", "\"other\"", "expected a recorded request: missing field `body`"),
        ] {
            let error = request(whole.replace(from, to).as_bytes()).unwrap_err();
            assert!(error.starts_with(part), "{error}");
        }
    }
}
