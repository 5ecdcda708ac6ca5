//! The request half: which stage and route a request reaches, whether it is too large, and what its event is.

mod ruled;

use std::pin::pin;
#[cfg(feature = "authorizers")]
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response};
use http_body_util::BodyExt;

use crate::admit::Passed;
use crate::config::Config;
use crate::cors::is_preflight;
use crate::encode::Call;
use crate::gateway_response::Told;
use crate::hint::Hints;
use crate::location::{Located, Location, without_user};
use crate::names::HeaderNames;
use crate::observe::{Exchange, Step, on_behalf};
use crate::refusal::{Refusal, Refused};
use crate::route::{self, Matched};
use crate::secured::Secured;
use crate::stamp::Stamp;
use crate::visitor::{Names, OverTcp, Visitor};
use crate::{Body, BoxError, Kind};

/// The event of a request, and the tenant whose invocation it is.
pub(crate) async fn event<B>(
    config: &Config,
    parts: &mut Parts,
    body: B,
    stamp: &Stamp,
    hints: &mut Hints,
    exchange: &Exchange,
    passed: &mut Passed,
) -> Result<(Bytes, Option<String>), Refused>
where
    B: http_body::Body,
    B::Error: Into<BoxError>,
{
    let accepted = config.accept(parts)?;
    exchange.tell(|| accepted.step(config));
    let limit = config.request_limit;
    // What is announced as too large is refused before it is sent.
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large(limit));
    }
    let body = collected(body, limit).await?;
    exchange.tell(|| Step::RequestBody(&body));
    let unknown = Passed::default();
    let call = config.call(parts, &accepted, &body, stamp, &unknown);
    let admitted = on_behalf(exchange, config.admit(&call, passed)).await;
    if let Some(verdict) = &passed.verdict {
        exchange.tell(|| Step::Authorized(verdict));
    }
    admitted?;
    let event = config.encode(parts, &accepted, &body, stamp, hints, passed)?;
    exchange.tell(|| Step::Event(&event));
    let tenant = config.tenant_of(&event)?;
    Ok((event, tenant))
}

/// The method that a request asks for: clients of a REST API can override that of the request line.
pub(crate) fn asked_method(kind: Kind, method: &Method, headers: &HeaderMap) -> Method {
    let named = headers.get("x-http-method-override").filter(|_| kind == Kind::RestApi);
    named.and_then(|named| Method::from_bytes(named.as_bytes()).ok()).unwrap_or_else(|| method.clone())
}

/// A request that the function gets.
#[derive(Debug)]
pub(crate) struct Accepted {
    located: Located,
    matched: Matched,
    visitor: Visitor,
    #[cfg(feature = "authorizers")]
    sent_method: Method,
    /// Of the rule that sends the request here.
    #[cfg(feature = "authorizers")]
    guard: Option<Arc<crate::Guard>>,
}

impl Accepted {
    fn step<'a>(&'a self, config: &'a Config) -> Step<'a> {
        let Location { kind, stage, .. } = &config.location;
        Step::Routed {
            domain: &self.located.domain_name,
            mapping: self.located.mapping.as_deref(),
            stage: kind.is_api_gateway().then_some(stage),
            route: &self.matched.key,
            path: &self.located.route_path,
        }
    }
}

impl Config {
    /// Finds stage, mapping and route of a request, and changes what the gateway reads in another way than `http`.
    pub(crate) fn accept(&self, parts: &mut Parts) -> Result<Accepted, Refused> {
        let visitor = self.greet(parts)?;
        let kind = self.location.kind;
        #[cfg(feature = "authorizers")]
        let sent_method = parts.method.clone();
        if let Some(decision) = self.forward(parts)? {
            let located = self.locate(parts)?;
            let matched = Matched { template: String::new(), key: decision.key(), parameters: Vec::new() };
            return Ok(Accepted {
                located,
                matched,
                visitor,
                #[cfg(feature = "authorizers")]
                sent_method,
                #[cfg(feature = "authorizers")]
                guard: decision.action().own_guard(),
            });
        }
        parts.method = asked_method(kind, &parts.method, &parts.headers);
        let located = self.locate(parts)?;
        if kind == Kind::WebSocketApi {
            let matched = Matched { template: String::new(), key: "$connect".to_owned(), parameters: Vec::new() };
            return Ok(Accepted {
                located,
                matched,
                visitor,
                #[cfg(feature = "authorizers")]
                sent_method,
                #[cfg(feature = "authorizers")]
                guard: None,
            });
        }
        let find = if kind == Kind::RestApi { route::resource } else { route::route };
        let (_, matched) = find(&self.routes, &parts.method, &located.route_path).ok_or_else(|| {
            Refused::new(Refusal::NoRoute, format!("no route for {} {}", parts.method, located.route_path))
        })?;
        Ok(Accepted {
            located,
            matched,
            visitor,
            #[cfg(feature = "authorizers")]
            sent_method,
            #[cfg(feature = "authorizers")]
            guard: None,
        })
    }

    /// Refuses what reaches no stage: too many headers, methods for proxies, web pages that have no business here.
    pub(crate) fn greet(&self, parts: &mut Parts) -> Result<Visitor, Refused> {
        let kind = self.location.kind;
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
        if let Some(host) =
            parts.uri.authority().and_then(|authority| HeaderValue::from_str(without_user(authority)).ok())
        {
            parts.headers.insert(http::header::HOST, host);
        }
        self.visitor(parts)
    }

    /// Finds stage or mapping of a request.
    pub(crate) fn locate(&self, parts: &Parts) -> Result<Located, Refused> {
        let host = parts.headers.get(http::header::HOST).and_then(|h| h.to_str().ok());
        let path = parts.uri.path();
        let path = if path.is_empty() { "/" } else { path };
        self.location.locate(host, path, &parts.headers).ok_or_else(|| {
            let base = self.location.base_path_on(host);
            let reason = format!("`{path}` is under no stage or mapping; paths begin with `{base}`");
            let target = parts.uri.path_and_query().map_or(path, |target| target.as_str());
            // Over TCP it is what the listener speaks, whatever events say.
            let proto = match parts.extensions.get::<OverTcp>() {
                Some(OverTcp) if parts.extensions.get::<Secured>().is_some() => "https",
                Some(OverTcp) => "http",
                None => &self.forwarded_proto,
            };
            let host = host.unwrap_or(&self.location.default_name);
            Refused::new(Refusal::NoStage, reason)
                .hint(format!("the gateway answers at {proto}://{host}{base}{target}"))
        })
    }

    fn visitor(&self, parts: &Parts) -> Result<Visitor, Refused> {
        let is_own = |name: &str| self.location.is_own_name(name);
        let names = Names { allowed: &self.allowed_hosts, cors: self.cors.as_ref(), is_own };
        match parts.extensions.get::<OverTcp>() {
            Some(OverTcp) => {
                names.visitor(&parts.method, &parts.headers).map_err(|reason| Refused::new(Refusal::Foreign, reason))
            }
            None => Ok(Visitor::Known),
        }
    }

    /// The answer to a preflight request that is the gateway's own affair: a route that takes `OPTIONS` comes first.
    pub(crate) fn preflight(&self, parts: &Parts, hints: &mut Hints) -> Option<Response<Body>> {
        let cors = self.cors.as_ref().filter(|_| is_preflight(&parts.method, &parts.headers))?;
        let kind = self.location.kind;
        let host = parts.headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
        let located = self.location.locate(host, parts.uri.path(), &parts.headers)?;
        if let (true, Some((_, matched))) =
            (kind.is_http_api(), route::route(&self.routes, &parts.method, &located.route_path))
        {
            hints.preflight(&matched.key);
            return None;
        }
        self.visitor(parts).is_ok().then(|| cors.preflight(kind, &parts.headers))
    }

    pub(crate) fn encode(
        &self,
        parts: &Parts,
        accepted: &Accepted,
        body: &Bytes,
        stamp: &Stamp,
        hints: &mut Hints,
        passed: &Passed,
    ) -> Result<Bytes, Refused> {
        if body.len() > self.request_limit {
            return Err(too_large(self.request_limit));
        }
        let call = self.call(parts, accepted, body, stamp, passed);
        hints.of_request(self, &parts.headers, body, call.is_binary());
        let event = call.encode();
        // A load balancer limits the body of the request, the other kinds what Lambda takes.
        if !self.location.kind.is_load_balancer() && event.len() > self.payload_limit {
            return Err(Refused::new(
                Refusal::RequestTooLarge,
                format!("an event of {} bytes, where {} are the limit", event.len(), self.payload_limit),
            ));
        }
        Ok(event)
    }

    /// A response with the gateway response that there is for it, if the gateway says it in its own words.
    pub(crate) fn customized(
        &self,
        mut response: Response<Body>,
        parts: &Parts,
        stamp: &Stamp,
        passed: &Passed,
    ) -> Response<Body> {
        let Some(told) = response.extensions_mut().remove::<Told>() else { return response };
        if self.gateway_responses.is_empty() {
            return response;
        }
        // Headers that are too many are refused before anybody looks where the request belongs.
        let (Ok(located), Ok(visitor)) = (self.locate(parts), self.visitor(parts)) else { return response };
        let nothing = || Matched { template: String::new(), key: String::new(), parameters: Vec::new() };
        let matched = route::resource(&self.routes, &parts.method, &located.route_path);
        let matched = matched.map_or_else(nothing, |(_, matched)| matched);
        let accepted = Accepted {
            located,
            matched,
            visitor,
            #[cfg(feature = "authorizers")]
            sent_method: parts.method.clone(),
            #[cfg(feature = "authorizers")]
            guard: None,
        };
        let authorizer = told.authorizer.clone().or_else(|| passed.authorizer.clone());
        let (body, passed) = (Bytes::new(), Passed { authorizer, ..passed.clone() });
        self.gateway_responses.apply(&mut response, &self.call(parts, &accepted, &body, stamp, &passed), &told);
        response
    }

    fn call<'a>(
        &'a self,
        parts: &'a Parts,
        accepted: &'a Accepted,
        body: &'a Bytes,
        stamp: &'a Stamp,
        passed: &'a Passed,
    ) -> Call<'a> {
        Call {
            config: self,
            method: &parts.method,
            #[cfg(feature = "authorizers")]
            sent_method: &accepted.sent_method,
            #[cfg(feature = "authorizers")]
            path: parts.uri.path(),
            #[cfg(feature = "authorizers")]
            guard: accepted.guard.as_deref(),
            query: parts.uri.query(),
            headers: &parts.headers,
            names: parts.extensions.get::<HeaderNames>(),
            body,
            located: &accepted.located,
            matched: &accepted.matched,
            visitor: accepted.visitor,
            passed,
            source_ip: self.source_ip(&parts.extensions),
            secured: parts.extensions.get::<Secured>(),
            stamp,
        }
    }
}

/// The body of a request, if it is whole and not too large. A client that stops sending is not waited for.
async fn collected<B>(body: B, limit: usize) -> Result<Bytes, Refused>
where
    B: http_body::Body,
    B::Error: Into<BoxError>,
{
    let refused = |reason: String| Refused::new(Refusal::BadRequest, reason);
    let mut body = pin!(body);
    let mut collected = BytesMut::new();
    while let Some(frame) = tokio::time::timeout(PATIENCE, body.frame())
        .await
        .map_err(|_| refused(format!("nothing more came of the body for {} s", PATIENCE.as_secs())))?
    {
        let frame = frame
            .map_err(|error| refused(format!("the body of the request is malformed or broke off: {}", error.into())))?;
        if let Ok(data) = frame.into_data() {
            if data.remaining() > limit - collected.len() {
                return Err(too_large(limit));
            }
            collected.put(data);
        }
    }
    Ok(collected.freeze())
}

fn too_large(limit: usize) -> Refused {
    Refused::new(Refusal::RequestTooLarge, format!("the body has more than {limit} bytes"))
}

/// How long a client may send nothing of its body.
const PATIENCE: Duration = Duration::from_secs(60);
