//! Where a request belongs, and whether it comes from where it may.

use http::header::HOST;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method};

use crate::Kind;
use crate::config::Config;
use crate::location::host::without_user;
use crate::location::route;
use crate::location::{Located, Matched};
use crate::refusal::{Refusal, Refused};
use crate::request::visitor::Names;
use crate::request::{Accepted, OverTcp, Secured, Visitor};

impl Config {
    /// Refuses what reaches no stage: too many headers, methods for proxies, web pages that have no business here.
    pub(crate) fn greet(&self, parts: &mut Parts) -> Result<Visitor, Refused> {
        let kind = self.kind();
        // TRACE: "Troubleshoot your Application Load Balancers".
        if parts.method == Method::CONNECT || kind.is_load_balancer() && parts.method == Method::TRACE {
            let reason = format!("{} is for proxies, not for functions", parts.method);
            return Err(Refused::new(Refusal::MethodNotAllowed, reason));
        }
        let size: usize = parts.headers.iter().map(|(k, v)| k.as_str().len() + v.len()).sum();
        if size > self.header_limit {
            return Err(Refused::new(
                Refusal::HeadersTooLarge,
                format!("{size} bytes of headers, where {} are the limit", self.header_limit),
            ));
        }
        // An absolute-form target names the host, whatever the header says (RFC 9112, 3.2.2).
        if let Some(host) = parts.uri.authority().map(|authority| HeaderValue::from_str(without_user(authority))) {
            debug_assert!(host.is_ok(), "a host is a header's value: {host:?}");
            host.ok().and_then(|host| parts.headers.insert(HOST, host));
        }
        self.visitor(parts)
    }

    /// Finds stage, mapping and route of a request that was greeted, and changes what the rules of a listener rewrite.
    pub(crate) fn accept(&self, parts: &mut Parts, visitor: Visitor) -> Result<Accepted, Refused> {
        let kind = self.kind();
        let rule = self.forward(parts)?;
        let method = asked_method(kind, &parts.method, &parts.headers);
        let located = self.locate(parts)?;
        let matched = match rule {
            Some(key) => Matched::by_key(key),
            None if kind == Kind::WebSocketApi => Matched::by_key("$connect"),
            None => {
                let found = route::find(kind, &self.routes, &method, &located.route_path);
                let reason = || format!("no route for {method} {}", located.route_path);
                found.ok_or_else(|| Refused::new(Refusal::NoRoute, reason()))?.1
            }
        };
        Ok(Accepted { method, located, matched, visitor })
    }

    /// Finds stage or mapping of a request.
    pub(crate) fn locate(&self, parts: &Parts) -> Result<Located, Refused> {
        let location = &self.front.location;
        let host = parts.headers.get(HOST).and_then(|h| h.to_str().ok());
        let path = parts.uri.path();
        let path = if path.is_empty() { "/" } else { path };
        location.locate(host, path, &parts.headers).ok_or_else(|| {
            let base = location.base_path_on(host);
            let reason = format!("`{path}` is under no stage or mapping; paths begin with `{base}`");
            let target = parts.uri.path_and_query().map_or(path, |target| target.as_str());
            // Over TCP it is what the listener speaks, whatever events say.
            let proto = match parts.extensions.get::<OverTcp>() {
                Some(OverTcp) if parts.extensions.get::<Secured>().is_some() => "https",
                Some(OverTcp) => "http",
                None => &self.front.forwarded_proto,
            };
            let host = host.unwrap_or(&location.default_name);
            Refused::new(Refusal::NoStage, reason)
                .hint(format!("the gateway answers at {proto}://{host}{base}{target}"))
        })
    }

    pub(super) fn visitor(&self, parts: &Parts) -> Result<Visitor, Refused> {
        let is_own = |name: &str| self.front.location.is_own_name(name);
        let names = Names { allowed: &self.allowed_hosts, cors: self.cors.as_ref(), is_own };
        match parts.extensions.get::<OverTcp>() {
            Some(OverTcp) => {
                names.visitor(&parts.method, &parts.headers).map_err(|reason| Refused::new(Refusal::Foreign, reason))
            }
            None => Ok(Visitor::Known),
        }
    }
}

/// The method that a request asks for: clients of a REST API can override that of the request line.
pub(crate) fn asked_method(kind: Kind, method: &Method, headers: &HeaderMap) -> Method {
    let named = headers.get("x-http-method-override").filter(|_| kind == Kind::RestApi);
    named.and_then(|named| Method::from_bytes(named.as_bytes()).ok()).unwrap_or_else(|| method.clone())
}
