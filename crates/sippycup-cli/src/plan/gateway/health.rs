//! The health check of a target group.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use sippycup_gateway::HealthCheck;

use crate::plan::values::Seconds;

/// A path, and in files and templates the other settings; what is not said is as on AWS.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, remote = "Self", rename_all = "kebab-case")]
pub(crate) struct HealthCheckPlan {
    pub(crate) path: Option<String>,
    pub(crate) interval: Option<Seconds>,
    pub(crate) timeout: Option<Seconds>,
    pub(crate) healthy_threshold: Option<u32>,
    pub(crate) unhealthy_threshold: Option<u32>,
    pub(crate) matcher: Option<String>,
}

impl HealthCheckPlan {
    pub(crate) fn check(&self) -> HealthCheck {
        let mut check = HealthCheck::new(self.path.as_deref().unwrap_or("/"));
        if let Some(Seconds(interval)) = self.interval {
            check = check.interval(interval);
        }
        if let Some(Seconds(timeout)) = self.timeout {
            check = check.timeout(timeout);
        }
        if let Some(checks) = self.healthy_threshold {
            check = check.healthy_threshold(checks);
        }
        if let Some(checks) = self.unhealthy_threshold {
            check = check.unhealthy_threshold(checks);
        }
        match &self.matcher {
            Some(matcher) => check.matcher(matcher),
            None => check,
        }
    }
}

impl FromStr for HealthCheckPlan {
    type Err = Infallible;

    fn from_str(path: &str) -> Result<Self, Infallible> {
        Ok(Self { path: Some(path.to_owned()), ..Self::default() })
    }
}

/// In TOML the path alone, or a table.
impl<'de> Deserialize<'de> for HealthCheckPlan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PathOrTable)
    }
}

struct PathOrTable;

impl<'de> Visitor<'de> for PathOrTable {
    type Value = HealthCheckPlan;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path, or a table with `path`")
    }

    fn visit_str<E>(self, path: &str) -> Result<HealthCheckPlan, E> {
        let Ok(plan) = path.parse();
        Ok(plan)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<HealthCheckPlan, A::Error> {
        HealthCheckPlan::deserialize(MapAccessDeserializer::new(map))
    }
}
