//! Throttling: how many requests pass, to a whole gateway or to one route.
//!
//! Sources: "Throttle requests to your REST APIs for better throughput", whose limits of a stage "are applied at the API method level", and the same of HTTP APIs.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use crate::ConfigError;
use crate::location::{Matched, Route};
use crate::refusal::{Refusal, Refused};

/// A limit on requests: how many a second, and how many at the same time. Clones count together.
///
/// ```
/// use sippycup_gateway::Throttle;
///
/// let throttle: Throttle = "10/5".parse()?;
/// assert_eq!(throttle.to_string(), "10/5");
/// # Ok::<(), sippycup_gateway::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Throttle {
    rate: f64,
    burst: u32,
    /// By API keys and the keys of routes, as far as they count for themselves. There are no more than a gateway and its plans name.
    buckets: Arc<Mutex<HashMap<String, Bucket>>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Throttle {
    /// At most `rate` requests a second on average, and `burst` at once. With 0 for both, no request passes.
    #[must_use]
    pub fn new(rate: f64, burst: u32) -> Self {
        Self { rate: rate.max(0.0), burst, buckets: Arc::default() }
    }

    /// Requests a second.
    #[must_use]
    pub const fn rate(&self) -> f64 {
        self.rate
    }

    /// Requests at the same time.
    #[must_use]
    pub const fn burst(&self) -> u32 {
        self.burst
    }

    /// Whether a throttle that [`route_throttle`](crate::GatewayBuilder::route_throttle) takes for `routes` is for the route with this key.
    ///
    /// What is no such text is for no route.
    ///
    /// ```
    /// use sippycup_gateway::Throttle;
    ///
    /// assert!(Throttle::is_for("* /items/{id}", "GET /items/{id}"));
    /// assert!(!Throttle::is_for("GET *", "PUT /items/{id}"));
    /// ```
    #[must_use]
    pub fn is_for(routes: &str, key: &str) -> bool {
        Routes::parse(routes).is_ok_and(|routes| routes.fit(key))
    }

    /// Takes one request out of a bucket, if there is room for it.
    fn take(&self, bucket: &str) -> bool {
        let now = Instant::now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let full = Bucket { tokens: f64::from(self.burst), at: now };
        let Bucket { tokens, at } = buckets.get(bucket).copied().unwrap_or(full);
        let filled = tokens + self.rate * now.duration_since(at).as_secs_f64();
        let tokens = filled.min(f64::from(self.burst));
        let passes = tokens >= 1.0;
        let left = Bucket { tokens: if passes { tokens - 1.0 } else { tokens }, at: now };
        match buckets.get_mut(bucket) {
            Some(known) => *known = left,
            None => drop(buckets.insert(bucket.to_owned(), left)),
        }
        passes
    }

    /// Admits a request, if there is room for it. Each API key has the limit for itself, and so has each route; without both it is that of all together.
    pub(crate) fn admit(&self, key: Option<&str>, to: Option<&Matched>) -> Result<(), Refused> {
        let passes = match (key, to) {
            (Some(key), Some(route)) => self.take(&format!("{key} {}", route.key)),
            (Some(key), None) => self.take(key),
            (None, Some(route)) => self.take(&route.key),
            (None, None) => self.take(""),
        };
        if passes {
            return Ok(());
        }
        let to = to.map(|route| format!(" to `{}`", route.key)).unwrap_or_default();
        let reason = format!("more than {} requests a second{to}, and {} at the same time", self.rate, self.burst);
        Err(Refused::new(Refusal::Throttled, reason))
    }
}

impl fmt::Debug for Throttle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Throttle({self})")
    }
}

impl fmt::Display for Throttle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.rate, self.burst)
    }
}

impl FromStr for Throttle {
    type Err = ConfigError;

    /// # Errors
    ///
    /// If it is not two numbers with a slash between.
    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let read = text.split_once('/').and_then(|(rate, burst)| {
            let rate: f64 = rate.trim().parse().ok()?;
            (rate.is_finite() && rate >= 0.0).then_some(Self::new(rate, burst.trim().parse().ok()?))
        });
        read.ok_or_else(|| {
            ConfigError::new(format!("expected requests a second and at the same time, such as `10/5`, found `{text}`"))
        })
    }
}

/// The routes that have a throttle of their own.
#[derive(Clone, Debug, Default)]
pub(crate) struct RouteThrottles {
    all: Vec<(Routes, Throttle)>,
}

impl RouteThrottles {
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn add(&mut self, routes: &str, throttle: Throttle) -> Result<(), ConfigError> {
        let parsed = Routes::parse(routes)?;
        if self.all.iter().any(|(other, _)| *other == parsed) {
            return Err(ConfigError::new(format!("throttle of `{routes}`: there is one already")));
        }
        self.all.push((parsed, throttle));
        Ok(())
    }

    /// The most specific throttle for a route.
    pub(crate) fn find(&self, matched: &Matched) -> Option<&Throttle> {
        let fitting = self.all.iter().filter(|(routes, _)| routes.fit(&matched.key));
        fitting.max_by_key(|(routes, _)| (routes.path.is_some(), routes.method.is_some())).map(|(_, throttle)| throttle)
    }

    /// A throttle for a path that no route has is an error: it would limit nothing, and whoever writes it expects a limit.
    pub(crate) fn check(&self, routes: &[Route]) -> Result<(), ConfigError> {
        let is_missing = |wanted: &Routes| wanted.path.is_some() && !routes.iter().any(|r| wanted.fit(&r.key()));
        match self.all.iter().find(|(wanted, _)| is_missing(wanted)) {
            Some((wanted, _)) => Err(ConfigError::new(format!("throttle of `{wanted}`: there is no such route"))),
            None => Ok(()),
        }
    }
}

/// `GET /items/{id}`, `ANY /items`, `* /items`, `GET *`, `*`, or `$default`: a method and a path as in the key of a route, and `*` for any.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Routes {
    method: Option<String>,
    path: Option<String>,
}

impl Routes {
    fn parse(text: &str) -> Result<Self, ConfigError> {
        let (method, path) = text.split_once(' ').unwrap_or(("", text));
        let (any_method, any_path) = (method == "*", path.trim() == "*");
        // `*` is taken off first; the rest is read as the key of a route.
        let method = match method {
            "" | "*" => String::new(),
            method => format!("{method} "),
        };
        let route = Route::parse(&format!("{method}{}", if any_path { "/" } else { path.trim() }))?;
        let (own_method, own_path) = parts(&route);
        let any_method = any_method || any_path && method.is_empty() || route.is_default();
        Ok(Self { method: (!any_method).then_some(own_method), path: (!any_path).then_some(own_path) })
    }

    /// Whether a route with this key is one of these.
    fn fit(&self, key: &str) -> bool {
        let (method, path) = key.split_once(' ').unwrap_or(("", key));
        self.method.as_deref().is_none_or(|own| own == method) && self.path.as_deref().is_none_or(|own| own == path)
    }
}

impl fmt::Display for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.method, &self.path) {
            (Some(method), path) => write!(f, "{method} {}", path.as_deref().unwrap_or("*")),
            (None, Some(path)) if path.starts_with('/') => write!(f, "* {path}"),
            (None, path) => f.write_str(path.as_deref().unwrap_or("*")),
        }
    }
}

/// Method and path of the key of a route.
fn parts(route: &Route) -> (String, String) {
    let key = route.key();
    let (method, path) = key.split_once(' ').unwrap_or(("", &key));
    (method.to_owned(), path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_setting_of_a_route_is_taken() {
        let mut throttles = RouteThrottles::default();
        for (routes, rate) in [
            ("*", 1.0),
            ("GET *", 2.0),
            ("* /items/{id}", 3.0),
            ("GET /items/{id}", 4.0),
            ("/{proxy+}", 5.0),
            ("$default", 6.0),
        ] {
            throttles.add(routes, Throttle::new(rate, 1)).unwrap();
        }
        for (key, rate) in [
            ("GET /items/{id}", 4.0),
            ("PUT /items/{id}", 3.0),
            ("GET /items", 2.0),
            ("PUT /items", 1.0),
            ("ANY /{proxy+}", 5.0),
            ("GET /{proxy+}", 2.0),
            ("$default", 6.0),
        ] {
            let matched = Matched::by_key(key);
            assert_eq!(throttles.find(&matched).unwrap().rate(), rate, "{key}");
        }
    }

    #[test]
    fn what_names_no_route_is_refused() {
        for (routes, message) in [
            ("items", "route `items`: expected a path with a leading slash, or $default"),
            ("get /a", "route `get /a`: expected a method in upper case before the path"),
            ("", "route ``: expected a path with a leading slash, or $default"),
            ("GET $default", "route `GET $default`: $default takes no method"),
        ] {
            assert_eq!(Routes::parse(routes).unwrap_err().to_string(), message);
        }
        assert!(!Throttle::is_for("get /a", "get /a"));
        for routes in ["*", "GET *", "* /a", "GET /a/{b+}", "ANY /", "$default"] {
            assert_eq!(Routes::parse(routes).unwrap().to_string(), routes);
        }
        let mut throttles = RouteThrottles::default();
        throttles.add("* *", Throttle::new(1.0, 1)).unwrap();
        let error = throttles.add("*", Throttle::new(1.0, 1)).unwrap_err();
        assert_eq!(error.to_string(), "throttle of `*`: there is one already");
    }
}
