//! Health checks of load balancers: what a target group asks its function, and what it makes of the answers.

mod check;
mod settings;

use std::fmt;
use std::sync::{Mutex, PoisonError};

pub use settings::HealthCheck;

/// The health of a function, as its target group knows it: one of the [states](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html#target-health-states)
/// that AWS has.
///
/// It is only told: requests reach an unhealthy function too. A target group has one function, and "if a target group contains only unhealthy registered targets, the load balancer routes requests to
/// all those targets".
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TargetHealth {
    /// No health check has succeeded yet, and not enough have failed.
    Initial,
    /// Requests can be answered.
    Healthy,
    /// As many health checks in a row have failed as the [unhealthy threshold](HealthCheck::unhealthy_threshold) says.
    Unhealthy(HealthFailure),
}

impl TargetHealth {
    /// AWS's word: `initial`, `healthy` or `unhealthy`.
    #[must_use]
    pub const fn state(&self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Healthy => "healthy",
            Self::Unhealthy(_) => "unhealthy",
        }
    }

    /// AWS's reason code; a healthy target has none. `Elb.InitialHealthChecking`, `Target.ResponseCodeMismatch`, `Target.Timeout`.
    #[must_use]
    pub const fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Initial => Some("Elb.InitialHealthChecking"),
            Self::Healthy => None,
            Self::Unhealthy(failure) => Some(failure.reason()),
        }
    }
}

impl fmt::Display for TargetHealth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.state())?;
        match self {
            Self::Unhealthy(failure) => write!(f, ": {failure}"),
            Self::Initial | Self::Healthy => Ok(()),
        }
    }
}

/// Why a health check failed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HealthFailure(Cause);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Cause {
    /// The status, and the reason if the load balancer made the response.
    Status(u16, Option<String>),
    Timeout,
}

impl HealthFailure {
    /// AWS's reason code.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match &self.0 {
            Cause::Status(..) => "Target.ResponseCodeMismatch",
            Cause::Timeout => "Target.Timeout",
        }
    }

    /// The status that did not match, if there was one.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match &self.0 {
            Cause::Status(status, _) => Some(*status),
            Cause::Timeout => None,
        }
    }
}

impl fmt::Display for HealthFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As AWS describes them.
        match &self.0 {
            Cause::Status(status, None) => write!(f, "health checks failed with these codes: [{status}]"),
            Cause::Status(status, Some(reason)) => {
                write!(f, "health checks failed with these codes: [{status}], {reason}")
            }
            Cause::Timeout => f.write_str("request timed out"),
        }
    }
}

/// The state of one target group, which all clones of its gateway share.
#[derive(Debug)]
pub(crate) struct Health {
    check: HealthCheck,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    health: TargetHealth,
    /// How many checks in a row succeeded; 0 if the last one failed.
    successes: u32,
    failures: u32,
}

impl Health {
    pub(crate) const fn new(check: HealthCheck) -> Self {
        let state = State { health: TargetHealth::Initial, successes: 0, failures: 0 };
        Self { check, state: Mutex::new(state) }
    }

    pub(crate) fn now(&self) -> TargetHealth {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).health.clone()
    }

    /// Counts a check, and returns the new state.
    fn note(&self, outcome: Result<(), HealthFailure>) -> TargetHealth {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Ok(()) => {
                state.failures = 0;
                state.successes = state.successes.saturating_add(1);
                // "After your target is registered, it must pass one health check to be considered healthy."
                if state.health == TargetHealth::Initial || state.successes >= self.check.healthy_threshold {
                    state.health = TargetHealth::Healthy;
                }
            }
            Err(failure) => {
                state.successes = 0;
                state.failures = state.failures.saturating_add(1);
                if state.failures >= self.check.unhealthy_threshold {
                    state.health = TargetHealth::Unhealthy(failure);
                }
            }
        }
        state.health.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(check: HealthCheck, outcomes: &[u16]) -> Vec<&'static str> {
        let health = Health::new(check);
        let outcome = |status: u16| match status {
            200 => Ok(()),
            0 => Err(HealthFailure(Cause::Timeout)),
            status => Err(HealthFailure(Cause::Status(status, None))),
        };
        outcomes.iter().map(|status| health.note(outcome(*status)).state()).collect()
    }

    #[test]
    fn one_success_makes_a_new_target_healthy_and_several_an_unhealthy_one() {
        let check = HealthCheck::new("/").healthy_threshold(3).unhealthy_threshold(2);
        assert_eq!(states(check.clone(), &[200]), ["healthy"]);
        assert_eq!(states(check.clone(), &[404, 200]), ["initial", "healthy"]);
        assert_eq!(states(check.clone(), &[404, 0]), ["initial", "unhealthy"]);
        assert_eq!(
            states(check, &[500, 500, 200, 200, 500, 200, 200, 200, 500, 200, 500, 500]),
            [
                "initial",
                "unhealthy",
                "unhealthy",
                "unhealthy",
                "unhealthy",
                "unhealthy",
                "unhealthy",
                "healthy",
                "healthy",
                "healthy",
                "healthy",
                "unhealthy"
            ]
        );
    }

    #[test]
    fn a_state_is_told_in_the_words_of_aws() {
        let failed = TargetHealth::Unhealthy(HealthFailure(Cause::Status(404, None)));
        assert_eq!(failed.to_string(), "unhealthy: health checks failed with these codes: [404]");
        assert_eq!(failed.reason(), Some("Target.ResponseCodeMismatch"));
        let late = TargetHealth::Unhealthy(HealthFailure(Cause::Timeout));
        assert_eq!(
            (late.to_string().as_str(), late.reason()),
            ("unhealthy: request timed out", Some("Target.Timeout"))
        );
        assert_eq!((TargetHealth::Healthy.to_string().as_str(), TargetHealth::Healthy.reason()), ("healthy", None));
    }
}
