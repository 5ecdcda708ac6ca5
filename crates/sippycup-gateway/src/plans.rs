//! API keys, usage plans and throttling: who has asked too often.
//!
//! Sources: "Usage plans and API keys for REST APIs", "Throttle requests to your REST APIs for better throughput".

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::ConfigError;
use crate::refusal::{Refusal, Refused};

/// A limit on requests: how many a second, and how many at the same time. Clones share what is left of it.
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
    bucket: Arc<Mutex<Option<Bucket>>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Throttle {
    /// `rate` requests a second in the long run, `burst` at once; both are 0 for none at all.
    #[must_use]
    pub fn new(rate: f64, burst: u32) -> Self {
        Self { rate: rate.max(0.0), burst, bucket: Arc::default() }
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

    /// Takes one request, if there is room for it.
    fn take(&self) -> bool {
        let now = Instant::now();
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let Bucket { tokens, at } = bucket.unwrap_or(Bucket { tokens: f64::from(self.burst), at: now });
        let filled = tokens + self.rate * now.duration_since(at).as_secs_f64();
        let tokens = filled.min(f64::from(self.burst));
        let passes = tokens >= 1.0;
        *bucket = Some(Bucket { tokens: if passes { tokens - 1.0 } else { tokens }, at: now });
        passes
    }

    pub(crate) fn admit(&self) -> Result<(), Refused> {
        let reason = || format!("more than {} requests a second, and {} at the same time", self.rate, self.burst);
        if self.take() { Ok(()) } else { Err(Refused::new(Refusal::Throttled, reason())) }
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

/// A usage plan of a REST API: keys, and how much each of them may ask. Clones share what was asked.
///
/// ```
/// use std::time::Duration;
/// use sippycup_gateway::{Gateway, Kind, UsagePlan};
///
/// let plan = UsagePlan::new().key("a-key-of-twenty-letters").quota(1000, Duration::from_secs(86_400));
/// assert!(Gateway::builder(Kind::RestApi).usage_plan(plan).build(()).is_ok());
/// ```
#[derive(Clone, Debug, Default)]
pub struct UsagePlan {
    keys: Vec<String>,
    stages: Vec<String>,
    quota: Option<(u64, Duration)>,
    throttle: Option<(f64, u32)>,
    used: Arc<Mutex<HashMap<String, Used>>>,
}

#[derive(Debug)]
struct Used {
    throttle: Option<Throttle>,
    since: Instant,
    count: u64,
}

impl UsagePlan {
    /// A plan without keys.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key, by its value.
    #[must_use]
    pub fn key(mut self, value: impl Into<String>) -> Self {
        self.keys.push(value.into());
        self
    }

    /// Adds a stage for which the keys are good; default all stages.
    #[must_use]
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.stages.push(stage.into());
        self
    }

    /// How many requests each key has in a period, which begins with its first one; default any number.
    #[must_use]
    pub const fn quota(mut self, requests: u64, period: Duration) -> Self {
        self.quota = Some((requests, period));
        self
    }

    /// How many requests each key has in a second, and at once; default any number.
    #[must_use]
    pub const fn throttle(mut self, rate: f64, burst: u32) -> Self {
        self.throttle = Some((rate, burst));
        self
    }

    fn has(&self, key: &str, stage: &str) -> bool {
        self.keys.iter().any(|known| known == key)
            && (self.stages.is_empty() || self.stages.iter().any(|known| known == stage))
    }

    /// Counts a request of a key.
    fn count(&self, key: &str) -> Result<(), Refused> {
        let now = Instant::now();
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let used = used.entry(key.to_owned()).or_insert_with(|| Used {
            throttle: self.throttle.map(|(rate, burst)| Throttle::new(rate, burst)),
            since: now,
            count: 0,
        });
        if let Some((limit, period)) = self.quota {
            if now.duration_since(used.since) >= period {
                (used.since, used.count) = (now, 0);
            }
            if used.count >= limit {
                let reason = format!("the API key has used its quota of {limit} requests in {} s", period.as_secs());
                return Err(Refused::new(Refusal::QuotaExceeded, reason));
            }
        }
        used.throttle.as_ref().map_or(Ok(()), Throttle::admit)?;
        used.count += 1;
        Ok(())
    }
}

/// Whether one of the plans lets a key pass.
pub(crate) fn admit(plans: &[UsagePlan], key: &str, stage: &str) -> Result<(), Refused> {
    let plan = plans.iter().find(|plan| plan.has(key, stage));
    let unknown = || Refused::new(Refusal::UnknownKey, "the API key is in no usage plan of this stage");
    plan.ok_or_else(unknown)?.count(key)
}
