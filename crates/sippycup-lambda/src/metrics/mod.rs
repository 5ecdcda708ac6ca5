//! Metrics of requests, in CloudWatch's embedded metric format: [`Metrics`].

mod emf;

use std::{fmt, sync::Arc};

use self::emf::Emf;
use crate::observe::Observer;

/// Counts every request in CloudWatch: for [`Serve::metrics`](crate::serve::Serve::metrics).
///
/// ```no_run
/// # use sippycup_lambda::{App, ServeError, serve};
/// use sippycup_lambda::metrics::Metrics;
///
/// # async fn with_metrics(app: impl App) -> Result<(), ServeError> {
/// serve(app).metrics(Metrics::new("shop").dimension("service", "orders").by_route()).await
/// # }
/// ```
///
/// On Lambda each request writes one line to standard output in the
/// [embedded metric format](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html),
/// from which CloudWatch makes metrics without a call of its API. Elsewhere nothing is written.
///
/// | metric | unit | what it is |
/// |---|---|---|
/// | `Requests` | `Count` | 1 |
/// | `4xx`, `5xx` | `Count` | 1 if the status is one; an invocation that fails, or a streamed answer that breaks off, is a `5xx` |
/// | `Latency` | `Milliseconds` | from the request to the end of the answer |
/// | `ColdStarts` | `Count` | 1 if it is a [cold start](crate::LambdaContext::is_cold_start) |
/// | `ResponseBytes` | `Bytes` | of the answer's body, without base64 |
///
/// They are of what the client gets: where a [guard](crate#guards) answers in the place of the app, of the guard's answer.
/// What is 0 is written too, so that an average is a rate. The line also has `requestId`, `method`, `status`, `route`, and
/// `timestamp` and `level`, by which Lambda lets it through whatever the function's log level is.
///
/// # What it costs
///
/// CloudWatch bills each metric with each combination of dimensions that has a value: six, and with
/// [`by_route`](Self::by_route) six more for every route. So a dimension is never something that a client chooses.
#[derive(Clone, Debug)]
#[must_use]
pub struct Metrics {
    namespace: String,
    dimensions: Vec<(String, String)>,
    by_route: bool,
}

impl Metrics {
    /// Metrics in this namespace: 1 to 255 ASCII letters, digits and `. - _ / # :` and spaces, of which some are not spaces.
    pub fn new(namespace: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), dimensions: Vec::new(), by_route: false }
    }

    /// A dimension of all of them. Default: none. There can be 29; a name has 1 to 250 printable ASCII characters, a value
    /// 1 to 1024, and neither is blank or begins with `:`.
    pub fn dimension(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.dimensions.push((name.into(), value.into()));
        self
    }

    /// Counts each route for itself too, with the dimension `route` beside the others. Default: it does not. Requests whose
    /// route is unknown ([`MatchedRoute`](crate::MatchedRoute)) are only counted with all.
    pub fn by_route(mut self) -> Self {
        self.by_route = true;
        self
    }

    /// What writes them, if somebody reads them.
    pub(crate) fn observer(self) -> Result<Option<Arc<dyn Observer>>, InvalidMetrics> {
        Ok(Emf::new(self)?.map(|emf| Arc::new(emf) as _))
    }

    /// Metrics that CloudWatch would drop unnoticed are an error.
    fn check(&self) -> Result<(), InvalidMetrics> {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || ". -_/#:".contains(c);
        if !is_text(&self.namespace, 255) || !self.namespace.chars().all(is_allowed) {
            return Err(InvalidMetrics("a namespace of 1 to 255 ASCII letters, digits and `. -_/#:`"));
        }
        if self.dimensions.len() > 29 {
            return Err(InvalidMetrics("at most 29 dimensions"));
        }
        for (at, (name, value)) in self.dimensions.iter().enumerate() {
            if !is_dimension(name, 250) {
                return Err(InvalidMetrics("a dimension whose name has 1 to 250 printable ASCII characters"));
            }
            if !is_dimension(value, 1024) {
                return Err(InvalidMetrics("a dimension whose value has 1 to 1024 printable ASCII characters"));
            }
            let before = self.dimensions.iter().take(at);
            if emf::TAKEN.contains(&name.as_str()) || before.into_iter().any(|(known, _)| known == name) {
                return Err(InvalidMetrics("dimensions with names of their own"));
            }
        }
        Ok(())
    }
}

/// What is wrong with a [`Metrics`].
#[derive(Debug)]
pub(crate) struct InvalidMetrics(&'static str);

impl fmt::Display for InvalidMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}", self.0)
    }
}

impl std::error::Error for InvalidMetrics {}

/// Whether CloudWatch takes it as the name or the value of a dimension.
fn is_dimension(text: &str, longest: usize) -> bool {
    is_text(text, longest) && !text.starts_with(':')
}

fn is_text(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len())
        && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        && !text.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cloudwatch_would_drop_is_refused() {
        let orders = || Metrics::new("shop").dimension("service", "orders");
        let many = (0..30).fold(Metrics::new("shop"), |metrics, at| metrics.dimension(format!("n{at}"), "v"));
        for (metrics, wrong) in [
            (Metrics::new("My/Shop #1:_-."), None),
            (orders(), None),
            (Metrics::new(""), Some("namespace")),
            (Metrics::new("  "), Some("namespace")),
            (Metrics::new("caf\u{e9}"), Some("namespace")),
            (Metrics::new("a*b"), Some("namespace")),
            (Metrics::new("n".repeat(256)), Some("namespace")),
            (orders().dimension("", "v"), Some("name has")),
            (orders().dimension(":n", "v"), Some("name has")),
            (orders().dimension("n".repeat(251), "v"), Some("name has")),
            (orders().dimension("n", ""), Some("value has")),
            (orders().dimension("n", "a\nb"), Some("value has")),
            (orders().dimension("n", "v".repeat(1025)), Some("value has")),
            (orders().dimension("service", "v"), Some("of their own")),
            (orders().dimension("route", "v"), Some("of their own")),
            (orders().dimension("_aws", "v"), Some("of their own")),
            (orders().dimension("Latency", "v"), Some("of their own")),
            (many, Some("29")),
        ] {
            let said = metrics.check().err().map(|error| error.to_string()).unwrap_or_default();
            assert!(wrong.map_or(said.is_empty(), |wrong| said.contains(wrong)), "{metrics:?}: {said}");
        }
    }
}
