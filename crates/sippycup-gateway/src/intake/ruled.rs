//! Requests to a listener: the rules say what happens to them.

#[cfg(feature = "authorizers")]
use bytes::Bytes;
use http::Response;
use http::request::Parts;

#[cfg(feature = "authorizers")]
use super::Accepted;
use crate::Body;
#[cfg(feature = "authorizers")]
use crate::admit::Passed;
use crate::config::Config;
use crate::location::Location;
use crate::observe::{Exchange, Step};
use crate::refusal::{Refusal, Refused};
#[cfg(feature = "authorizers")]
use crate::route::Matched;
use crate::rules::{Asked, Decision, Place};
use crate::stamp::Stamp;
#[cfg(feature = "authorizers")]
use crate::visitor::Visitor;

impl Config {
    /// The response of the listener itself, if the action of the rule is one that answers. The authorizer of the action is asked first.
    #[cfg_attr(
        not(feature = "authorizers"),
        expect(clippy::unused_async, unused_variables, reason = "only authorizers are waited for")
    )]
    pub(crate) async fn answer(&self, parts: &mut Parts, stamp: &Stamp, exchange: &Exchange) -> Option<Response<Body>> {
        self.listener.as_ref()?;
        // `accept` refuses such a request, with a reason.
        let visitor = self.greet(parts).ok()?;
        let decision = self.decide(parts)?;
        let Location { kind, default_name, .. } = &self.location;
        let place = Place { protocol: &self.forwarded_proto, port: self.forwarded_port, name: default_name };
        let response = decision.action().response(*kind, &Asked::new(parts, self.source_ip(&parts.extensions)), place);
        let Some(response) = response else {
            parts.extensions.insert(decision);
            return None;
        };
        let (route, path) = (&*decision.key(), parts.uri.path());
        exchange.tell(|| Step::Routed { domain: default_name, mapping: None, stage: None, route, path });
        #[cfg(feature = "authorizers")]
        let response = self.admitted(response, parts, &decision, visitor, stamp, exchange).await;
        Some(response)
    }

    /// The response, or the refusal of the action's authorizer. That reads headers only, so the body is not waited for.
    #[cfg(feature = "authorizers")]
    async fn admitted(
        &self,
        response: Response<Body>,
        parts: &Parts,
        decision: &Decision,
        visitor: Visitor,
        stamp: &Stamp,
        exchange: &Exchange,
    ) -> Response<Body> {
        let Some(guard) = decision.action().own_guard() else { return response };
        let (body, unknown, mut passed) = (Bytes::new(), Passed::default(), Passed::default());
        let admitted = async {
            let matched = Matched { template: String::new(), key: decision.key(), parameters: Vec::new() };
            let (located, sent_method) = (self.locate(parts)?, parts.method.clone());
            let accepted = Accepted { located, matched, visitor, sent_method, guard: None };
            guard.admit(&self.call(parts, &accepted, &body, stamp, &unknown), &mut passed).await
        };
        let mut response = match admitted.await {
            Ok(()) => response,
            Err(refused) => refused.response(self.location.kind),
        };
        if let Some(verdict) = passed.verdict {
            exchange.tell(|| Step::Authorized(&verdict));
            response.extensions_mut().insert(verdict);
        }
        response
    }

    /// The rule by which a listener forwards the request here, after its transforms; `None` if there is no listener.
    pub(super) fn forward(&self, parts: &mut Parts) -> Result<Option<Decision>, Refused> {
        let Some(mut decision) = self.decide(parts) else { return Ok(None) };
        let key = decision.key();
        let no_target = |reason: String| Err(Refused::new(Refusal::NoTarget, format!("{key}: {reason}")));
        match &decision.target_group {
            Some(group) if Some(group) == self.target_group.as_ref() => {}
            Some(group) => return no_target(format!("the target group `{group}` is not here")),
            None if decision.action().is_forward() => return no_target("no target group has a weight".to_owned()),
            None => return no_target("the listener answers itself, and no function gets an event".to_owned()),
        }
        if let Some(rule) = decision.rule() {
            rule.transform(parts).map_err(|reason| Refused::new(Refusal::Rewrite, format!("{key}: {reason}")))?;
        }
        if let Some(cookies) = decision.take_cookies() {
            parts.extensions.insert(cookies);
        }
        Ok(Some(decision))
    }

    /// What the rules say, or have said already.
    fn decide(&self, parts: &mut Parts) -> Option<Decision> {
        let listener = self.listener.as_ref()?;
        let said = parts.extensions.remove::<Decision>().filter(|decision| decision.listener.is(listener));
        let asked = || Asked::new(parts, self.source_ip(&parts.extensions));
        said.or_else(|| Some(listener.decide(&asked(), || self.stamper.epoch_seconds())))
    }
}
