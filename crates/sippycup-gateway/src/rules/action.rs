//! Actions of rules.

#[cfg(feature = "authorizers")]
use std::sync::Arc;
use std::time::Duration;

use http::Response;

use super::asked::Asked;
use super::fixed_response::FixedResponse;
use super::redirect::{Place, Redirect};
use super::stickiness::Stickiness;
use crate::{Body, ConfigError, Kind};

/// What happens to a request: it is forwarded to a target group, or the listener answers it.
///
/// ```
/// use sippycup_gateway::{Action, FixedResponse, Redirect};
///
/// let forward = Action::forward("shop");
/// let canary = Action::weighted([("shop", 95), ("shop-next", 5)]);
/// let answer = Action::from(FixedResponse::new(503).content_type("text/plain").message_body("closed"));
/// let redirect = Action::from(Redirect::new(301).protocol("HTTPS").port("443"));
/// # let _ = (forward, canary, answer, redirect);
/// ```
#[derive(Clone, Debug)]
pub struct Action {
    kind: ActionKind,
    stickiness: Option<Stickiness>,
    #[cfg(feature = "authorizers")]
    guard: Option<Arc<crate::Guard>>,
}

#[derive(Clone, Debug)]
enum ActionKind {
    Fixed(FixedResponse),
    Forward(Vec<(String, u16)>),
    Redirect(Redirect),
}

impl Action {
    /// Forwards to one target group.
    #[must_use]
    pub fn forward(target_group: impl Into<String>) -> Self {
        Self::weighted([(target_group, 1)])
    }

    /// Forwards to target groups by their weights, from 0 to 999: each gets its share of all requests.
    #[must_use]
    pub fn weighted<N: Into<String>>(target_groups: impl IntoIterator<Item = (N, u16)>) -> Self {
        let groups = target_groups.into_iter().map(|(name, weight)| (name.into(), weight));
        Self::of(ActionKind::Forward(groups.collect()))
    }

    /// Makes the target groups sticky (load balancers only): after its first request, a client is sent to the same target group for this time, 1 to 604,800 whole seconds.
    /// By default each request is sent by the weights.
    ///
    /// The first response has two cookies, `AWSALBTG` and `AWSALBTGCORS`. A request with one of them goes to the target group that it names, if the action forwards to that one
    /// and the cookie has not expired. A cookie that this listener has not made is ignored. Sources: "TargetGroupStickinessConfig" of the API of Elastic Load Balancing, "Action
    /// types for listener rules".
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use sippycup_gateway::Action;
    ///
    /// let canary = Action::weighted([("shop", 95), ("shop-next", 5)]).target_group_stickiness(Duration::from_secs(3600));
    /// # let _ = canary;
    /// ```
    #[must_use]
    pub const fn target_group_stickiness(mut self, duration: Duration) -> Self {
        self.stickiness = Some(Stickiness::new(duration));
        self
    }

    /// The authorizer that a request passes first: the `jwt-validation` action of a load balancer, which stands before the routing action of the same rule or of the default
    /// action. It is asked instead of that of the gateway, and for requests of this rule only. Source: "Verify JWTs using an Application Load Balancer".
    ///
    /// ```
    /// use sippycup_gateway::{Action, JwtAuthorizer, Listener, Rule};
    ///
    /// let validated = Action::forward("admin").guard(JwtAuthorizer::new("https://login.example.com"));
    /// let listener = Listener::new(Action::forward("shop")).rule(Rule::new(1, validated).path_pattern(["/admin/*"]));
    /// # let _ = listener;
    /// ```
    #[cfg(feature = "authorizers")]
    #[must_use]
    pub fn guard(mut self, guard: impl Into<crate::Guard>) -> Self {
        self.guard = Some(Arc::new(guard.into()));
        self
    }

    const fn of(kind: ActionKind) -> Self {
        Self {
            kind,
            stickiness: None,
            #[cfg(feature = "authorizers")]
            guard: None,
        }
    }

    #[cfg(feature = "authorizers")]
    pub(crate) fn own_guard(&self) -> Option<&crate::Guard> {
        self.guard.as_deref()
    }

    /// Those that it forwards to, with their weights; none if the listener answers.
    pub(super) fn target_groups(&self) -> &[(String, u16)] {
        match &self.kind {
            ActionKind::Forward(groups) => groups,
            ActionKind::Fixed(_) | ActionKind::Redirect(_) => &[],
        }
    }

    pub(super) const fn stickiness(&self) -> Option<Stickiness> {
        self.stickiness
    }

    /// What the listener answers itself, as text.
    pub(crate) fn answer(&self) -> Option<String> {
        match &self.kind {
            ActionKind::Fixed(fixed) => Some(format!("fixed-response {}", fixed.status_code)),
            ActionKind::Forward(_) => None,
            ActionKind::Redirect(redirect) => Some(format!("redirect {}", redirect.status_code)),
        }
    }

    pub(crate) const fn is_forward(&self) -> bool {
        matches!(self.kind, ActionKind::Forward(_))
    }

    pub(super) fn choose(&self, chooser: &dyn Fn(u32) -> u32) -> Option<&str> {
        let groups = self.target_groups();
        let sum = groups.iter().map(|(_, weight)| u32::from(*weight)).sum();
        let mut rest = if sum > 0 && groups.len() > 1 { chooser(sum).min(sum - 1) } else { 0 };
        let chosen = groups.iter().find(|(_, weight)| {
            let is_here = rest < u32::from(*weight);
            rest = rest.saturating_sub(u32::from(*weight));
            is_here
        });
        chosen.map(|(name, _)| &**name)
    }

    pub(super) fn check(&self, kind: Kind) -> Result<(), ConfigError> {
        let wrong = |what: &str| Err(ConfigError::new(what));
        #[cfg(feature = "authorizers")]
        if let Some(guard) = &self.guard {
            if !kind.is_load_balancer() {
                return Err(ConfigError::new(format!("{} has no actions that read tokens", kind.name())));
            }
            guard.check_kind(kind)?;
        }
        if let Some(stickiness) = self.stickiness {
            if !kind.is_load_balancer() {
                return Err(ConfigError::new(format!("{} has no stickiness of target groups", kind.name())));
            }
            if !self.is_forward() {
                return wrong("stickiness is for actions that forward, and this action answers itself");
            }
            stickiness.check()?;
        }
        match &self.kind {
            ActionKind::Forward(groups) => {
                let most = if kind.is_lattice() { 10 } else { 5 };
                if groups.is_empty() || groups.len() > most {
                    return Err(ConfigError::new(format!(
                        "expected 1 to {most} target groups, found {}",
                        groups.len()
                    )));
                }
                if groups.iter().any(|(name, _)| name.is_empty()) {
                    return wrong("expected the name of a target group");
                }
                if groups.iter().any(|(_, weight)| *weight > 999) {
                    return wrong("expected weights from 0 to 999");
                }
                Ok(())
            }
            ActionKind::Fixed(fixed) => fixed.check(kind),
            ActionKind::Redirect(_) if kind.is_lattice() => wrong("a service of VPC Lattice has no redirects"),
            ActionKind::Redirect(redirect) => redirect.check(),
        }
    }

    /// The answer of the listener itself.
    pub(crate) fn response(&self, kind: Kind, asked: &Asked<'_>, place: Place<'_>) -> Option<Response<Body>> {
        match &self.kind {
            ActionKind::Fixed(fixed) => Some(fixed.response(kind)),
            ActionKind::Forward(_) => None,
            ActionKind::Redirect(redirect) => Some(redirect.response(asked, place)),
        }
    }
}

impl From<FixedResponse> for Action {
    fn from(fixed: FixedResponse) -> Self {
        Self::of(ActionKind::Fixed(fixed))
    }
}

impl From<Redirect> for Action {
    fn from(redirect: Redirect) -> Self {
        Self::of(ActionKind::Redirect(redirect))
    }
}
