//! The request half: from a request to the event that the function gets, or to what the front door says itself.
//!
//! ```text
//! greet ──► answer (the rules of a listener) ──► preflight (CORS) ──► event: accept, collect the body, admit, encode
//! ```
//!
//! `greet` and `event` can end it with a [`Refused`], the steps between them with a response.

mod accept;
mod body;
mod ruled;

use bytes::Bytes;
use http::Response;
use http::request::Parts;

pub(crate) use accept::asked_method;
use body::{collected, too_large};

use crate::config::Config;
use crate::cors::is_preflight;
use crate::hint::Hints;
use crate::location::Matched;
use crate::location::route;
use crate::observe::{Exchange, Step};
use crate::refusal::{Refusal, Refused, Told};
use crate::request::{Accepted, Call, Passed, Visitor};
use crate::stamp::Stamp;
use crate::{Body, BoxError};

/// A request on its way to the function, with what was found out about it.
pub(crate) struct Intake<'a> {
    pub(crate) config: &'a Config,
    pub(crate) exchange: &'a Exchange,
    pub(crate) stamp: &'a Stamp,
    pub(crate) parts: Parts,
    pub(crate) hints: Hints,
    pub(crate) passed: Passed,
}

impl<'a> Intake<'a> {
    pub(crate) fn new(config: &'a Config, parts: Parts, stamp: &'a Stamp, exchange: &'a Exchange) -> Self {
        Self { config, exchange, stamp, parts, hints: Hints::default(), passed: Passed::default() }
    }

    /// Refuses what reaches no stage, and finds out who asks.
    pub(crate) fn greet(&mut self) -> Result<Visitor, Refused> {
        self.config.greet(&mut self.parts)
    }

    /// The answer to a preflight request that is the gateway's own affair: a route that takes `OPTIONS` comes first.
    pub(crate) fn preflight(&mut self) -> Option<Response<Body>> {
        let headers = &self.parts.headers;
        let cors = self.config.cors.as_ref().filter(|_| is_preflight(&self.parts.method, headers))?;
        let kind = self.config.kind();
        let located = self.config.locate(&self.parts).ok()?;
        let route = || route::find(kind, &self.config.routes, &self.parts.method, &located.route_path);
        if let Some((_, matched)) = kind.is_http_api().then(route).flatten() {
            self.hints.preflight(&matched.key);
            return None;
        }
        Some(cors.preflight(kind, headers))
    }

    /// The event, and the tenant whose invocation it is.
    pub(crate) async fn event<B>(&mut self, visitor: Visitor, body: B) -> Result<(Bytes, Option<String>), Refused>
    where
        B: http_body::Body,
        B::Error: Into<BoxError>,
    {
        let Self { config, exchange, stamp, parts, hints, passed } = self;
        let accepted = &config.accept(parts, visitor)?;
        exchange.tell(|| accepted.step(&config.front));
        let body = &collected(body, config.request_limit).await?;
        exchange.tell(|| Step::RequestBody(body));
        let unknown = &Passed::default();
        let call = Call { front: &config.front, parts, accepted, body, passed: unknown, stamp };
        config.admission.admit(&call, passed, exchange).await?;
        let event = config.encode(&Call { passed, ..call }, hints)?;
        exchange.tell(|| Step::Event(&event));
        let tenant = config.tenant.as_ref().map_or(Ok(None), |tenant| tenant.of(&event))?;
        Ok((event, tenant))
    }

    /// The response with the gateway response that there is for it, if the gateway says it in its own words.
    pub(crate) fn customized(&self, mut response: Response<Body>) -> Response<Body> {
        let Self { config, parts, stamp, passed, .. } = self;
        let Some(told) = response.extensions_mut().remove::<Told>() else { return response };
        if config.gateway_responses.is_empty() {
            return response;
        }
        // Headers that are too many are refused before anybody looks where the request belongs.
        let (Ok(located), Ok(visitor)) = (config.locate(parts), config.visitor(parts)) else { return response };
        let method = asked_method(config.kind(), &parts.method, &parts.headers);
        let found = route::find(config.kind(), &config.routes, &method, &located.route_path);
        let matched = found.map_or_else(|| Matched::by_key(""), |(_, matched)| matched);
        let accepted = &Accepted { method, located, matched, visitor };
        let authorizer = told.authorizer.clone().or_else(|| passed.authorizer.clone());
        let (body, passed) = (&Bytes::new(), &Passed { authorizer, ..passed.clone() });
        let call = Call { front: &config.front, parts, accepted, body, passed, stamp };
        config.gateway_responses.apply(&mut response, &call, &told);
        response
    }

    /// The response with what the developer is told of it.
    pub(crate) fn explained(&mut self, mut response: Response<Body>) -> Response<Body> {
        let extensions = response.extensions_mut();
        self.passed.verdict.take().map(|verdict| extensions.insert(verdict));
        if !self.hints.is_empty() && extensions.get::<Hints>().is_none() {
            extensions.insert(std::mem::take(&mut self.hints));
        }
        response
    }
}

impl Config {
    /// The event of a request that may pass.
    pub(crate) fn encode(&self, call: &Call<'_>, hints: &mut Hints) -> Result<Bytes, Refused> {
        if call.body.len() > self.request_limit {
            return Err(too_large(self.request_limit));
        }
        hints.of_request(self.kind(), &call.parts.headers, call.body, call.is_binary());
        let event = call.encode();
        // A load balancer limits the body of the request, the other kinds what Lambda takes.
        if !self.kind().is_load_balancer() && event.len() > self.payload_limit {
            let reason = format!("an event of {} bytes, where {} are the limit", event.len(), self.payload_limit);
            return Err(Refused::new(Refusal::RequestTooLarge, reason));
        }
        Ok(event)
    }
}
