//! Which route of the app a request took.

#[cfg(feature = "axum")]
mod axum;

use std::sync::{Arc, OnceLock};

use sippycup_core::{EventSource, RequestContext};

#[cfg(feature = "axum")]
pub use self::axum::{MatchedPathLayer, MatchedPathService};

/// A place in the request's extensions for the app's route that the request matched, as a template such as
/// `/items/{id}`: for the log, for metrics and for traces. What is told first stays.
///
/// With axum `MatchedPathLayer` fills it (feature `axum`). Without it the route is that of the API, if the API has routes
/// of its own and not one that catches all.
///
/// ```
/// use sippycup_lambda::MatchedRoute;
///
/// fn matched(request: &http::Request<()>) {
///     if let Some(route) = request.extensions().get::<MatchedRoute>() {
///         route.set("/items/{id}");
///     }
/// }
/// # matched(&http::Request::new(()));
/// ```
#[derive(Clone, Debug, Default)]
pub struct MatchedRoute(Arc<OnceLock<Box<str>>>);

impl MatchedRoute {
    /// Tells the route. Do not make it from what the client sent: every value is a metric of its own.
    pub fn set(&self, template: &str) {
        let _ = self.0.set(template.into());
    }

    /// The route, if it was told.
    #[must_use]
    pub fn get(&self) -> Option<&str> {
        self.0.get().map(|route| &**route)
    }
}

/// The route of the API, if it says more than that there is an app.
pub(crate) fn of_api(context: &RequestContext) -> Option<&str> {
    let route = match context.source() {
        EventSource::WebSocket => context.route_key(),
        _ => context.resource(),
    };
    route.filter(|route| *route != "$default" && *route != "/" && !route.contains("+}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_route_of_the_api_is_one_that_does_not_catch_all() {
        for (source, json, route) in [
            (EventSource::RestApi, r#"{"resourcePath":"/items/{id}"}"#, Some("/items/{id}")),
            (EventSource::RestApi, r#"{"resourcePath":"/{proxy+}"}"#, None),
            (EventSource::HttpApi, r#"{"routeKey":"GET /items/{id}"}"#, Some("/items/{id}")),
            (EventSource::HttpApi, r#"{"routeKey":"ANY /shop/{proxy+}"}"#, None),
            (EventSource::HttpApi, r#"{"routeKey":"$default"}"#, None),
            (EventSource::WebSocket, r#"{"routeKey":"sendmessage"}"#, Some("sendmessage")),
            (EventSource::WebSocket, r#"{"routeKey":"$connect"}"#, Some("$connect")),
            (EventSource::LoadBalancer, "{}", None),
        ] {
            assert_eq!(of_api(&RequestContext::from_json(source, json).unwrap()), route, "{json}");
        }
    }

    #[test]
    fn the_first_route_stays() {
        let route = MatchedRoute::default();
        assert_eq!(route.get(), None);
        route.set("/items/{id}");
        route.set("/other");
        assert_eq!(route.get(), Some("/items/{id}"));
    }
}
