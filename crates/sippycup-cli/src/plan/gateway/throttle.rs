//! Throttles of single routes.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use sippycup_gateway::Throttle;

use crate::plan::values::Said;

/// How many requests may come to a route, or to each of several; in a file an entry of a table.
#[derive(Clone, Debug)]
pub(crate) struct RouteThrottle {
    /// `GET /items/{id}`, `* /items`, `*`.
    pub(crate) routes: String,
    pub(crate) throttle: Throttle,
}

pub(crate) fn in_file<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Said<RouteThrottle>>, D::Error> {
    let table = BTreeMap::<String, Said<String>>::deserialize(deserializer)?;
    let read = |(routes, Said { value, span }): (String, Said<String>)| {
        let throttle = value.parse().map_err(D::Error::custom)?;
        Ok(Said { value: RouteThrottle { routes, throttle }, span })
    };
    table.into_iter().map(read).collect()
}
