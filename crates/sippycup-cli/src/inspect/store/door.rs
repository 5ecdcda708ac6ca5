//! A front door, as the page needs to know it.

use std::net::SocketAddr;

use sippycup_gateway::{Gateway, RouteEntry};

use crate::plan::Origin;

/// A front door, as the page needs to know it.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) function: Option<String>,
    pub(crate) authorizer: Option<String>,
    /// The rules that the listener answers itself, by their keys, with the answers.
    pub(crate) answers: Vec<(String, String)>,
    /// Where it is.
    pub(crate) address: SocketAddr,
    /// Whether TLS is spoken there.
    pub(crate) secured: bool,
    /// The name that AWS gives it, and what its paths begin with there.
    pub(crate) default_domain: String,
    pub(crate) stage_path: String,
    /// The expression that makes it, in Rust.
    pub(crate) expression: String,
}

impl Door {
    /// The endpoint of a Web Function, which is before no gateway.
    pub(crate) fn of_web(id: &str, address: SocketAddr, secured: bool) -> Self {
        Self {
            name: id.to_owned(),
            kind: "web-function",
            function: Some(id.to_owned()),
            authorizer: None,
            answers: Vec::new(),
            address,
            secured,
            default_domain: String::new(),
            stage_path: String::new(),
            expression: String::new(),
        }
    }

    /// The Invoke API, which is before all functions.
    pub(crate) fn of_invoke_api(address: SocketAddr) -> Self {
        Self { kind: "invoke-api", function: None, ..Self::of_web("invoke", address, false) }
    }

    pub(crate) fn new(
        gateway: &Gateway<()>,
        function: Option<&str>,
        origin: Option<&Origin>,
        address: SocketAddr,
    ) -> Self {
        let kind = gateway.kind();
        let answered = |entry: &RouteEntry| Some((entry.key().to_owned(), entry.answer()?.to_owned()));
        Self {
            name: origin.map_or_else(|| kind.as_str().to_owned(), |origin| origin.id.clone()),
            kind: kind.as_str(),
            function: function.map(str::to_owned),
            authorizer: origin.and_then(|origin| origin.authorizer.clone()),
            answers: gateway.route_entries().iter().filter_map(answered).collect(),
            address,
            secured: false,
            default_domain: gateway.default_domain().to_owned(),
            stage_path: gateway.stage().map(|stage| format!("/{stage}")).unwrap_or_default(),
            expression: expression(gateway),
        }
    }
}

/// `Gateway::builder(Kind::RestApi).stage("prod").route("GET /items")`
fn expression(gateway: &Gateway<()>) -> String {
    let mut expression = format!("Gateway::builder(Kind::{:?})", gateway.kind());
    if let Some(stage) = gateway.stage() {
        expression.push_str(&format!("\n        .stage({stage:?})"));
    }
    let mut last = None;
    for (host, base) in gateway.host_paths().into_iter().filter(|(host, _)| *host != gateway.default_domain()) {
        if last != Some(host) {
            expression.push_str(if last.is_some() { ")" } else { "" });
            expression.push_str(&format!("\n        .domain(Domain::new({host:?})"));
            last = Some(host);
        }
        expression.push_str(&format!(".mapping({:?})", base.trim_matches('/')));
    }
    expression.push_str(if last.is_some() { ")" } else { "" });
    if gateway.kind().as_str() == "rest" || gateway.kind().as_str().starts_with("http") {
        for route in gateway.routes() {
            expression.push_str(&format!("\n        .route({route:?})"));
        }
    }
    expression
}
