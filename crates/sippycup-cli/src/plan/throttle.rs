//! Throttles of single routes.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use sippycup_gateway::Throttle;

use super::values::Said;

/// How many requests may come to a route, or to each of several; in a file an entry of a table.
#[derive(Clone, Debug)]
pub(crate) struct RouteThrottle {
    /// `GET /items/{id}`, `* /items`, `*`.
    pub(crate) routes: String,
    pub(crate) throttle: Throttle,
}

impl RouteThrottle {
    /// Whether a route with this key is one of them.
    pub(crate) fn fits(&self, key: &str) -> bool {
        let ((method, path), (own_method, own_path)) = (parts(key), parts(&self.routes));
        let any_method = own_method == "*" || own_method.is_empty() && own_path == "*";
        (any_method || own_method == method) && ["*", path].contains(&own_path)
    }
}

/// A method, if there is one, and a path.
fn parts(text: &str) -> (&str, &str) {
    text.split_once(' ').map_or(("", text), |(method, path)| (method, path.trim()))
}

pub(super) fn in_file<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Said<RouteThrottle>>, D::Error> {
    let table = BTreeMap::<String, Said<String>>::deserialize(deserializer)?;
    let read = |(routes, Said { value, span }): (String, Said<String>)| {
        let throttle = value.parse().map_err(D::Error::custom)?;
        Ok(Said { value: RouteThrottle { routes, throttle }, span })
    };
    table.into_iter().map(read).collect()
}
