//! What a health check asks, how often, and which statuses mean that the function is healthy.

use std::ops::RangeInclusive;
use std::time::Duration;

use http::uri::PathAndQuery;

use crate::ConfigError;

/// The health check of a target group of a load balancer, which has none by default if its target is a function.
///
/// The function gets `GET` of the path in an event that has one header, `user-agent: ELB-HealthChecker/2.0`: no host, and no address of a client.
///
/// ```
/// use std::time::Duration;
///
/// use bytes::Bytes;
/// use sippycup_gateway::{BoxError, Gateway, HealthCheck, Kind, TargetHealth};
/// use tower::service_fn;
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let check = HealthCheck::new("/healthz").interval(Duration::from_secs(60)).matcher("200,204");
/// let function = service_fn(async |_event: Bytes| {
///     Ok::<_, BoxError>(Bytes::from_static(br#"{"statusCode": 204, "headers": {}, "body": "", "isBase64Encoded": false}"#))
/// });
/// let gateway = Gateway::builder(Kind::LoadBalancer).health_check(check).build(function)?;
/// assert_eq!(gateway.health(), Some(TargetHealth::Initial));
/// assert_eq!(gateway.check_health().await, Some(TargetHealth::Healthy));
/// # Ok::<(), BoxError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct HealthCheck {
    pub(super) path: String,
    pub(super) interval: Duration,
    pub(super) timeout: Duration,
    pub(super) healthy_threshold: u32,
    pub(super) unhealthy_threshold: u32,
    matcher: String,
    statuses: Vec<RangeInclusive<u16>>,
}

impl HealthCheck {
    /// A check of a path, which may have a query. All else is as AWS has it by default for functions.
    pub fn new(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            interval: Duration::from_secs(35),
            timeout: Duration::from_secs(30),
            healthy_threshold: 5,
            unhealthy_threshold: 2,
            matcher: "200".to_owned(),
            statuses: vec![200..=200],
        }
    }

    /// The time from the beginning of one check to that of the next; from 5 s to 300 s, and longer than the [timeout](Self::timeout); default 35 s.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// How long the function may take for its answer; from 2 s to 120 s; default 30 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How many checks in a row an unhealthy function must pass to be healthy; from 2 to 10; default 5. A new function must pass one.
    pub fn healthy_threshold(mut self, checks: u32) -> Self {
        self.healthy_threshold = checks;
        self
    }

    /// How many checks in a row must fail until the function is unhealthy; from 2 to 10; default 2.
    pub fn unhealthy_threshold(mut self, checks: u32) -> Self {
        self.unhealthy_threshold = checks;
        self
    }

    /// The statuses that mean that the function is healthy, from 200 to 499: `200`, `200,202` or `200-299`; default `200`.
    pub fn matcher(mut self, matcher: impl Into<String>) -> Self {
        self.matcher = matcher.into();
        self.statuses = statuses(&self.matcher).unwrap_or_default();
        self
    }

    pub(super) fn is_well(&self, status: u16) -> bool {
        self.statuses.iter().any(|statuses| statuses.contains(&status))
    }

    /// What AWS would not accept.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let wrong = |what: String| Err(ConfigError::new(format!("health check: {what}")));
        let is_path = self.path.starts_with('/') && self.path.len() <= 1024;
        if !is_path || self.path.contains('#') || self.path.parse::<PathAndQuery>().is_err() {
            return wrong(format!(
                "expected a path with a leading slash, 1024 characters at most, found `{}`",
                self.path
            ));
        }
        let times = [("interval", self.interval, 5, 300), ("timeout", self.timeout, 2, 120)];
        for (what, time, least, most) in times {
            if !(Duration::from_secs(least)..=Duration::from_secs(most)).contains(&time) {
                return wrong(format!("expected {what} from {least} s to {most} s, found {} s", time.as_secs_f64()));
            }
        }
        if self.interval <= self.timeout {
            return wrong(format!(
                "expected an interval longer than the timeout, found {} s and {} s",
                self.interval.as_secs_f64(),
                self.timeout.as_secs_f64()
            ));
        }
        let thresholds =
            [("healthy threshold", self.healthy_threshold), ("unhealthy threshold", self.unhealthy_threshold)];
        for (what, checks) in thresholds {
            if !(2..=10).contains(&checks) {
                return wrong(format!("expected {what} from 2 to 10, found {checks}"));
            }
        }
        if self.statuses.is_empty() {
            return wrong(format!(
                "expected statuses from 200 to 499 like 200, 200,202 or 200-299, found `{}`",
                self.matcher
            ));
        }
        Ok(())
    }
}

fn statuses(matcher: &str) -> Option<Vec<RangeInclusive<u16>>> {
    let status = |text: &str| text.parse::<u16>().ok().filter(|status| (200..=499).contains(status));
    let range = |part: &str| match part.split_once('-') {
        Some((first, last)) => Some(status(first)?..=status(last)?).filter(|range| !range.is_empty()),
        None => status(part).map(|status| status..=status),
    };
    matcher.split(',').map(str::trim).map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matcher_has_values_and_ranges() {
        for (matcher, well, ill) in [
            ("200", &[200][..], &[201, 404][..]),
            ("200,202", &[200, 202], &[201]),
            ("200-299, 404", &[200, 250, 299, 404], &[300, 403]),
        ] {
            let check = HealthCheck::new("/").matcher(matcher);
            check.check().unwrap();
            assert!(well.iter().all(|status| check.is_well(*status)), "{matcher}");
            assert!(!ill.iter().any(|status| check.is_well(*status)), "{matcher}");
        }
    }

    #[test]
    fn what_aws_would_not_accept_is_refused() {
        let seconds = Duration::from_secs;
        let check = || HealthCheck::new("/");
        for (check, found) in [
            (
                HealthCheck::new("healthz"),
                "expected a path with a leading slash, 1024 characters at most, found `healthz`",
            ),
            (HealthCheck::new(""), "expected a path with a leading slash, 1024 characters at most, found ``"),
            (HealthCheck::new("/a b"), "expected a path with a leading slash, 1024 characters at most, found `/a b`"),
            (HealthCheck::new("/a#b"), "expected a path with a leading slash, 1024 characters at most, found `/a#b`"),
            (check().interval(seconds(301)), "expected interval from 5 s to 300 s, found 301 s"),
            (check().timeout(seconds(1)), "expected timeout from 2 s to 120 s, found 1 s"),
            (check().interval(seconds(30)), "expected an interval longer than the timeout, found 30 s and 30 s"),
            (check().healthy_threshold(1), "expected healthy threshold from 2 to 10, found 1"),
            (check().unhealthy_threshold(11), "expected unhealthy threshold from 2 to 10, found 11"),
            (check().matcher("500"), "expected statuses from 200 to 499 like 200, 200,202 or 200-299, found `500`"),
            (check().matcher(""), "expected statuses from 200 to 499 like 200, 200,202 or 200-299, found ``"),
            (
                check().matcher("299-200"),
                "expected statuses from 200 to 499 like 200, 200,202 or 200-299, found `299-200`",
            ),
        ] {
            assert_eq!(check.check().unwrap_err().to_string(), format!("health check: {found}"));
        }
    }
}
