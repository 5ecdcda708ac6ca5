//! Usage plans of REST APIs.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde::Deserialize;
use sippycup_gateway::{QuotaPeriod, Throttle, UsagePlan};

/// API keys, and how many requests may be sent with each. Clones count together.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct UsageTable {
    pub(crate) keys: Vec<String>,
    pub(crate) quota: Option<QuotaTable>,
    /// Requests a second and at the same time: `10/5`.
    pub(crate) throttle: Option<String>,
    /// The same of single routes.
    pub(crate) route_throttles: BTreeMap<String, String>,
    #[serde(skip)]
    made: Arc<OnceLock<UsagePlan>>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct QuotaTable {
    pub(crate) limit: u64,
    pub(crate) period: Period,
    /// How many less in the first period.
    #[serde(default)]
    pub(crate) offset: u64,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Period {
    Day,
    Week,
    Month,
}

impl UsageTable {
    /// The same limits for one key, counted anew.
    pub(crate) fn of_key(&self, key: String) -> Self {
        Self { keys: vec![key], made: Arc::default(), ..self.clone() }
    }

    /// The same plan, which counts together with this one, for a stage with throttles of single routes.
    pub(crate) fn with_routes(&self, throttles: &[(String, Throttle)]) -> Self {
        let written = throttles.iter().map(|(routes, throttle)| (routes.clone(), throttle.to_string()));
        Self { route_throttles: written.collect(), ..self.clone() }
    }

    pub(crate) fn plan(&self) -> Result<UsagePlan, String> {
        let read = |text: &String| text.parse::<Throttle>().map_err(|error| error.to_string());
        let throttle = self.throttle.as_ref().map(read).transpose()?;
        let of_routes = self.route_throttles.iter().map(|(routes, text)| Ok((routes, read(text)?)));
        let of_routes = of_routes.collect::<Result<Vec<_>, String>>()?;
        let make = || {
            let mut plan = self.keys.iter().fold(UsagePlan::new(), |plan, key| plan.key(key));
            if let Some(QuotaTable { limit, period, offset }) = self.quota {
                plan = plan.quota(limit, period.of_quota()).quota_offset(offset);
            }
            match throttle {
                Some(throttle) => plan.throttle(throttle.rate(), throttle.burst()),
                None => plan,
            }
        };
        let add = |plan: UsagePlan, (routes, throttle): (&String, Throttle)| {
            plan.route_throttle(routes, throttle.rate(), throttle.burst())
        };
        Ok(of_routes.into_iter().fold(self.made.get_or_init(make).clone(), add))
    }
}

impl Period {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "DAY" => Some(Self::Day),
            "WEEK" => Some(Self::Week),
            "MONTH" => Some(Self::Month),
            _ => None,
        }
    }

    const fn of_quota(self) -> QuotaPeriod {
        match self {
            Self::Day => QuotaPeriod::Day,
            Self::Week => QuotaPeriod::Week,
            Self::Month => QuotaPeriod::Month,
        }
    }
}
