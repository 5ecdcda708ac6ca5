//! The routes of a gateway, with what happens to their requests.

use super::Gateway;
use crate::rules::Action;

/// A route of a gateway or a rule of a listener, and what happens to its requests: an item of [`Gateway::route_entries`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RouteEntry {
    key: String,
    answer: Option<String>,
    authorizer: Option<String>,
}

impl RouteEntry {
    /// Its key, as in [`Gateway::routes`].
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The answer of the listener itself, such as `fixed-response 404` or `redirect 301`; `None` if the requests go to a function.
    #[must_use]
    pub fn answer(&self) -> Option<&str> {
        self.answer.as_deref()
    }

    /// The name of the authorizer that runs first, if there is one (feature `authorizers`).
    #[must_use]
    pub fn authorizer(&self) -> Option<&str> {
        self.authorizer.as_deref()
    }
}

impl<F> Gateway<F> {
    /// The routes, with what happens to their requests, in the order of [`routes`](Self::routes).
    ///
    /// ```
    /// use sippycup_gateway::{Action, Gateway, Kind, Listener, Redirect, Rule};
    ///
    /// let listener = Listener::new(Action::forward("shop")).rule(Rule::new(1, Redirect::new(301).path("/new")).path_pattern(["/old"]));
    /// let gateway = Gateway::builder(Kind::LoadBalancer).listener(listener).target_group("shop").build(())?;
    /// let entries = gateway.route_entries();
    /// assert_eq!((entries[0].key(), entries[0].answer()), ("rule 1: path-pattern /old", Some("redirect 301")));
    /// assert_eq!((entries[1].key(), entries[1].answer()), ("default rule", None));
    /// # Ok::<(), sippycup_gateway::ConfigError>(())
    /// ```
    #[must_use]
    pub fn route_entries(&self) -> Vec<RouteEntry> {
        let Some(listener) = &self.config.listener else {
            let entry = |key| RouteEntry { key, answer: None, authorizer: self.guard_name() };
            return self.routes().into_iter().map(entry).collect();
        };
        let entry = |(key, action): (String, &Action)| {
            // The one of the gateway is asked only about requests that are forwarded.
            let of_gateway = || self.guard_name().filter(|_| action.is_forward());
            RouteEntry { key, answer: action.answer(), authorizer: guard_name(action).or_else(of_gateway) }
        };
        listener.entries(self.config.front.target_group.as_deref().unwrap_or_default()).map(entry).collect()
    }

    #[cfg(feature = "authorizers")]
    fn guard_name(&self) -> Option<String> {
        self.config.admission.guard.as_ref().map(|guard| guard.name().to_owned())
    }

    #[cfg(not(feature = "authorizers"))]
    #[expect(clippy::unused_self, reason = "only authorizers have names")]
    fn guard_name(&self) -> Option<String> {
        None
    }
}

#[cfg(feature = "authorizers")]
fn guard_name(action: &Action) -> Option<String> {
    action.own_guard().map(|guard| guard.name().to_owned())
}

#[cfg(not(feature = "authorizers"))]
fn guard_name(_: &Action) -> Option<String> {
    None
}
