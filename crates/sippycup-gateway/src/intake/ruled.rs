//! Requests to a listener: the rules say what happens to them.

#[cfg(feature = "authorizers")]
use bytes::Bytes;
use http::Response;
use http::request::Parts;

use super::Intake;
use crate::Body;
use crate::config::Config;
use crate::front::FrontDoor;
#[cfg(feature = "authorizers")]
use crate::location::Matched;
use crate::observe::Step;
use crate::refusal::{Refusal, Refused};
use crate::request::Visitor;
#[cfg(feature = "authorizers")]
use crate::request::{Accepted, Call, Passed};
use crate::rules::{Asked, Decision, Place};

impl Intake<'_> {
    /// The response of the listener itself, if the action of the rule is one that answers. The authorizer of the action is asked first.
    #[cfg_attr(
        not(feature = "authorizers"),
        expect(clippy::unused_async, unused_variables, reason = "only authorizers are waited for")
    )]
    pub(crate) async fn answer(&mut self, visitor: Visitor) -> Option<Response<Body>> {
        let config = self.config;
        let decision = config.decide(&mut self.parts)?;
        let FrontDoor { location, forwarded_proto, forwarded_port, .. } = &config.front;
        let (kind, name) = (location.kind, &*location.default_name);
        let place = Place { protocol: forwarded_proto, port: *forwarded_port, name };
        let asked = Asked::new(&self.parts, config.front.source_ip(&self.parts.extensions));
        let Some(response) = decision.action().response(kind, &asked, place) else {
            self.parts.extensions.insert(decision);
            return None;
        };
        let (route, path) = (&*decision.key(), self.parts.uri.path());
        self.exchange.tell(|| Step::Routed { domain: name, mapping: None, stage: None, route, path });
        #[cfg(feature = "authorizers")]
        let response = self.admitted(response, &decision, visitor).await.unwrap_or_else(|no| no.response(kind));
        Some(self.explained(response))
    }

    /// The response, if the action's authorizer lets the request through. That reads headers only, so the body is not waited for.
    #[cfg(feature = "authorizers")]
    async fn admitted(
        &mut self,
        response: Response<Body>,
        decision: &Decision,
        visitor: Visitor,
    ) -> Result<Response<Body>, Refused> {
        let Self { config, parts, stamp, exchange, passed, .. } = self;
        let Some(guard) = decision.action().own_guard() else { return Ok(response) };
        let (matched, method) = (Matched::by_key(decision.key()), parts.method.clone());
        let accepted = &Accepted { method, located: config.locate(parts)?, matched, visitor };
        let (body, unknown) = (&Bytes::new(), &Passed::default());
        let call = Call { front: &config.front, parts, accepted, body, passed: unknown, stamp };
        guard.admit(&call, passed, exchange).await?;
        Ok(response)
    }
}

impl Config {
    /// The key of the rule by which a listener forwards the request here, after its transforms; `None` if there is no listener.
    pub(super) fn forward(&self, parts: &mut Parts) -> Result<Option<String>, Refused> {
        let Some(mut decision) = self.decide(parts) else { return Ok(None) };
        let key = decision.key();
        let no_target = |reason: String| Err(Refused::new(Refusal::NoTarget, format!("{key}: {reason}")));
        match &decision.target_group {
            Some(group) if Some(group) == self.front.target_group.as_ref() => {}
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
        // Its authorizer is asked later.
        parts.extensions.insert(decision);
        Ok(Some(key))
    }

    /// What the rules say, or have said already.
    fn decide(&self, parts: &mut Parts) -> Option<Decision> {
        let listener = self.listener.as_ref()?;
        let said = parts.extensions.remove::<Decision>().filter(|decision| decision.listener.is(listener));
        let asked = || Asked::new(parts, self.front.source_ip(&parts.extensions));
        said.or_else(|| Some(listener.decide(&asked(), || self.stamper.epoch_seconds())))
    }
}
