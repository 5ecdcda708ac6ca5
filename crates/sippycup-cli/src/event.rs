//! `event`: the event of a request, without a function.

use std::ffi::OsString;
use std::process::ExitCode;
use std::str::FromStr;

use bytes::Bytes;
use clap::Args;
use http::header::HOST;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use sippycup_gateway::{BoxError, Gateway, HeaderNames};

use crate::error::UsageError;
use crate::plan::{GatewayPlan, pair};
use crate::services::{About, Service};
use crate::terminal;

/// Print the event that a front door writes for a request, or another service for what happens there
#[derive(Args)]
#[command(
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    mut_args = GatewayPlan::only_of_events
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    service: Option<Service<About>>,

    /// Request line: `GET /path?query`, with the path as a client writes it: `/prod/items` of a REST API's stage; without a method it is GET
    #[arg(required = true)]
    request: Option<RequestLine>,

    /// Header of the request; repeatable
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    headers: Vec<Header>,

    /// Body of the request; `@FILE` reads a file
    #[arg(short, long, value_name = "BODY", allow_hyphen_values = true)]
    data: Option<OsString>,

    #[command(flatten)]
    gateway: GatewayPlan,
}

#[derive(Clone)]
struct RequestLine {
    method: Method,
    uri: Uri,
}

impl FromStr for RequestLine {
    type Err = UsageError;

    fn from_str(line: &str) -> Result<Self, UsageError> {
        let (method, target) = line.split_once(' ').unwrap_or(("GET", line));
        let method = Method::from_bytes(method.as_bytes()).ok();
        let uri = target.trim().parse::<Uri>().ok().filter(|uri| uri.path().starts_with('/'));
        match (method, uri) {
            (Some(method), Some(uri)) => Ok(Self { method, uri }),
            _ => Err(UsageError::new("expected a request line like `GET /path`")),
        }
    }
}

/// A header with its name as it was written.
#[derive(Clone)]
struct Header {
    written: String,
    name: HeaderName,
    value: HeaderValue,
}

impl FromStr for Header {
    type Err = UsageError;

    fn from_str(text: &str) -> Result<Self, UsageError> {
        let (written, value) = pair(text, ':')?;
        match (HeaderName::from_bytes(written.as_bytes()), HeaderValue::from_str(&value)) {
            (Ok(name), Ok(value)) => Ok(Self { written, name, value }),
            _ => Err(UsageError::new("expected the name and the value of a header")),
        }
    }
}

pub(crate) fn print(arguments: &Arguments) -> Result<ExitCode, BoxError> {
    if let Some(service) = &arguments.service {
        let (kind, about) = service.parts();
        terminal::print(&terminal::pretty(kind.event(about)?.to_string().as_bytes()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let gateway = arguments.gateway.builder().map_err(UsageError::from)?.build(())?;
    arguments.gateway.check_event()?;
    let request = arguments.request()?;
    let event = gateway.event(&request).map_err(|refused| {
        let tip = under_base_path(&gateway, &request).map(|line| format!("\n  tip: type '{line}'")).unwrap_or_default();
        UsageError::new(format!("the gateway refuses this request: {refused}{tip}"))
    })?;
    terminal::print(&terminal::pretty(&event))?;
    Ok(ExitCode::SUCCESS)
}

/// The same request line with the gateway's base path, if that is all that is missing.
fn under_base_path(gateway: &Gateway<()>, request: &Request<Bytes>) -> Option<String> {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let path = request.uri().path();
    let mut bases = gateway.base_paths().into_iter();
    let base = bases.find(|base| gateway.knows(host, &format!("{base}{path}")))?;
    (!gateway.knows(host, path)).then(|| format!("{} {base}{}", request.method(), request.uri()))
}

impl Arguments {
    fn request(&self) -> Result<Request<Bytes>, UsageError> {
        let mut request = Request::new(self.body()?);
        if let Some(RequestLine { method, uri }) = &self.request {
            *request.method_mut() = method.clone();
            *request.uri_mut() = uri.clone();
        }
        for header in &self.headers {
            request.headers_mut().append(&header.name, header.value.clone());
        }
        let names: HeaderNames = self.headers.iter().map(|header| header.written.as_str()).collect();
        request.extensions_mut().insert(names);
        Ok(request)
    }

    fn body(&self) -> Result<Bytes, UsageError> {
        let Some(data) = &self.data else {
            return Ok(Bytes::new());
        };
        match data.to_str().and_then(|data| data.strip_prefix('@')) {
            Some(path) => match std::fs::read(path) {
                Ok(body) => Ok(body.into()),
                Err(error) => Err(UsageError::new(format!("--data: cannot read {path}: {error}"))),
            },
            None => Ok(data.clone().into_encoded_bytes().into()),
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  sippycup event 'GET /items?q=1'
  sippycup event --kind alb 'POST /x?y=1' -H 'content-type: text/plain' -d hello
  sippycup event --kind rest --stage prod --domain api.example.com --base-path shop /shop/items
  sippycup event sqs -d one -d two";
