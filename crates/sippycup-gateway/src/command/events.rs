//! `event`: the event of a request, without a function.

use std::process::ExitCode;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri};

use super::UsageError;
use super::arguments::Flags;
use crate::{BoxError, HeaderNames};

pub(super) fn print(flags: &Flags) -> Result<ExitCode, BoxError> {
    let request = request(flags)?;
    let gateway = flags.gateway()?.build(())?;
    let event = gateway
        .event(&request)
        .map_err(|refused| UsageError::new(format!("the gateway refuses this request: {refused}")))?;
    let event: serde_json::Value = serde_json::from_slice(&event)?;
    println!("{}", serde_json::to_string_pretty(&event)?);
    Ok(ExitCode::SUCCESS)
}

fn request(flags: &Flags) -> Result<Request<Bytes>, BoxError> {
    let line = flags
        .subject
        .clone()
        .unwrap_or_default()
        .into_string()
        .map_err(|_| UsageError::new("event: expected UTF-8"))?;
    let (method, target) = line.split_once(' ').unwrap_or(("GET", &line));
    let wrong = || UsageError::new(format!("event: expected a request line like 'GET /path', found `{line}`"));
    let mut request = Request::new(body(flags)?);
    *request.method_mut() = Method::from_bytes(method.as_bytes()).map_err(|_| wrong())?;
    *request.uri_mut() =
        target.trim().parse::<Uri>().ok().filter(|uri| uri.path().starts_with('/')).ok_or_else(wrong)?;
    for (name, value) in &flags.headers {
        let wrong = |_| UsageError::new(format!("-H: `{name}: {value}` is no header"));
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|e| wrong(e.to_string()))?;
        request.headers_mut().append(key, HeaderValue::from_bytes(value.as_bytes()).map_err(|e| wrong(e.to_string()))?);
    }
    let names: HeaderNames = flags.headers.iter().map(|(name, _)| name.as_str()).collect();
    request.extensions_mut().insert(names);
    Ok(request)
}

fn body(flags: &Flags) -> Result<Bytes, BoxError> {
    let Some(data) = &flags.data else {
        return Ok(Bytes::new());
    };
    match data.to_str().and_then(|data| data.strip_prefix('@')) {
        Some(path) => {
            Ok(std::fs::read(path).map_err(|error| UsageError::new(format!("-d: cannot read {path}: {error}")))?.into())
        }
        None => Ok(data.clone().into_encoded_bytes().into()),
    }
}
