//! What Lambda says about an invocation beside the event.

#[cfg(feature = "lambda-runtime")]
use std::sync::{Mutex, PoisonError};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::value::RawValue;
use tokio::task_local;

use crate::{background::Tasks, environment, guard::Watch};

/// The invocation that a request came with: its id, its deadline, who invoked it.
///
/// In the extensions of every request on Lambda, and of those that the local gateway makes; with feature `axum` an
/// extractor. In a Web Function it has the request id and nothing else. A clone is cheap.
///
/// ```
/// use sippycup_lambda::LambdaContext;
///
/// fn log_line(request: &http::Request<()>) -> String {
///     let invocation = request.extensions().get::<LambdaContext>();
///     format!("request {}", invocation.map_or("-", LambdaContext::request_id))
/// }
/// # assert_eq!(log_line(&http::Request::new(())), "request -");
/// ```
///
/// See the headers of
/// [Next invocation](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-next).
#[derive(Clone)]
pub struct LambdaContext(Arc<Values>);

#[derive(Default)]
struct Values {
    client_context: Option<HeaderValue>,
    deadline_ms: Option<u64>,
    identity: Option<HeaderValue>,
    invocation_id: Option<HeaderValue>,
    invoked_function_arn: Option<HeaderValue>,
    is_cold_start: bool,
    request_id: Option<HeaderValue>,
    tasks: Tasks,
    tenant_id: Option<HeaderValue>,
    /// `lambda_runtime`'s own, until the request has it. In a box, because it is larger than all the rest.
    #[cfg(feature = "lambda-runtime")]
    theirs: Mutex<Option<Box<lambda_runtime::Context>>>,
    trace_id: Option<HeaderValue>,
    #[cfg(any(feature = "logging", feature = "metrics"))]
    verdict: crate::observe::Verdict,
    /// `None` without guards.
    watch: Option<Box<dyn Watch>>,
}

impl LambdaContext {
    /// A context of your own, for tests of handlers that read one: from headers as the Runtime API sends them. Headers
    /// that are broken count as missing.
    ///
    /// ```
    /// # use http::{HeaderMap, HeaderValue};
    /// # use sippycup_lambda::LambdaContext;
    /// let mut headers = HeaderMap::new();
    /// headers.insert("lambda-runtime-aws-request-id", HeaderValue::from_static("8476a536-e9f4"));
    /// headers.insert("lambda-runtime-deadline-ms", HeaderValue::from_static("4102444800000"));
    /// let context = LambdaContext::from_headers(&headers);
    /// assert_eq!(context.request_id(), "8476a536-e9f4");
    /// assert!(context.remaining().is_some());
    /// assert_eq!(context.tenant_id(), None);
    /// ```
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let mut values = Values::default();
        headers.iter().for_each(|(name, value)| values.set(name, value.clone()));
        Self(Arc::new(values))
    }

    /// In an [`after_invocation`](crate::serve::Serve::after_invocation) hook, the invocation that has ended; `None`
    /// everywhere else, and in tasks that the hook spawns. An app finds its invocation in the request's extensions.
    #[must_use]
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Self::clone).ok()
    }

    /// Runs what is to know this invocation as the current one.
    pub(crate) fn within<F: Future>(context: &Self, runs: F) -> impl Future<Output = F::Output> + use<F> {
        CURRENT.scope(context.clone(), runs)
    }

    /// Takes the values out of the headers, of which none is left.
    pub(crate) fn take(headers: &mut HeaderMap) -> Self {
        Self(Arc::new(Values::take(headers)))
    }

    /// The same where `lambda_runtime` has made its own of them.
    #[cfg(feature = "lambda-runtime")]
    pub(crate) fn take_beside(headers: &mut HeaderMap, theirs: lambda_runtime::Context) -> Self {
        Self(Arc::new(Values { theirs: Mutex::new(Some(Box::new(theirs))), ..Values::take(headers) }))
    }

    /// `lambda_runtime`'s own, which is there once.
    #[cfg(feature = "lambda-runtime")]
    pub(crate) fn take_theirs(&self) -> Option<Box<lambda_runtime::Context>> {
        self.0.theirs.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The guards of the invocation; `None` if there are none.
    pub(crate) fn watch(&self) -> Option<&dyn Watch> {
        self.0.watch.as_deref()
    }

    pub(crate) fn set_watch(&mut self, watch: Box<dyn Watch>) {
        let values = Arc::get_mut(&mut self.0);
        debug_assert!(values.is_some(), "nobody has the context before the invocation begins");
        if let Some(values) = values {
            values.watch = Some(watch);
        }
    }

    /// What becomes of the invocation's answer.
    #[cfg(any(feature = "logging", feature = "metrics"))]
    pub(crate) fn verdict(&self) -> &crate::observe::Verdict {
        &self.0.verdict
    }

    /// The id of the invocation, which stands in Lambda's log lines too; empty if there is none, which AWS does not do.
    #[must_use]
    pub fn request_id(&self) -> &str {
        text(&self.0.request_id).unwrap_or_default()
    }

    /// When Lambda ends the invocation, by the clock of this machine. `None` if Lambda did not say so.
    ///
    /// Emulators send constants; a time more than an hour ago is not taken for a deadline.
    #[must_use]
    pub fn deadline(&self) -> Option<SystemTime> {
        let deadline = UNIX_EPOCH.checked_add(Duration::from_millis(self.0.deadline_ms?))?;
        match SystemTime::now().duration_since(deadline) {
            Ok(over) if over > STALE => None,
            _ => Some(deadline),
        }
    }

    /// How long it is until the [`deadline`](Self::deadline); zero if it is over.
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline().map(|deadline| deadline.duration_since(SystemTime::now()).unwrap_or_default())
    }

    /// The [`deadline`](Self::deadline) as an instant, for timers.
    #[must_use]
    pub fn deadline_instant(&self) -> Option<Instant> {
        Instant::now().checked_add(self.remaining()?)
    }

    /// Whether the caller of this invocation has waited until Lambda had started the environment: it is the process's
    /// first, and neither provisioned concurrency nor SnapStart nor a Managed Instance had it ready before.
    #[must_use]
    pub fn is_cold_start(&self) -> bool {
        self.0.is_cold_start
    }

    /// The ARN that the function was invoked by, with the qualifier (`:1`, `:alias`) that the caller used.
    #[must_use]
    pub fn invoked_function_arn(&self) -> Option<&str> {
        text(&self.0.invoked_function_arn)
    }

    /// The X-Ray tracing header of the invocation, such as `Root=1-…;Parent=…;Sampled=1`. It is the request's
    /// `x-amzn-trace-id` too.
    #[must_use]
    pub fn trace_id(&self) -> Option<&str> {
        text(&self.0.trace_id)
    }

    /// The tenant, of functions with
    /// [tenant isolation](https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation.html).
    #[must_use]
    pub fn tenant_id(&self) -> Option<&str> {
        text(&self.0.tenant_id)
    }

    /// What a caller of the Invoke API gave as client context, verbatim. `None` too if it is no JSON.
    #[must_use]
    pub fn client_context(&self) -> Option<&RawValue> {
        json(&self.0.client_context)
    }

    /// The Amazon Cognito identity that a mobile app invoked the function with, verbatim. `None` too if it is no JSON.
    #[must_use]
    pub fn identity(&self) -> Option<&RawValue> {
        json(&self.0.identity)
    }

    /// One of an invocation that did not come from Lambda.
    #[cfg(feature = "local")]
    pub(crate) fn local(request_id: String, deadline: SystemTime) -> Self {
        let deadline_ms = deadline.duration_since(UNIX_EPOCH).map(|since| since.as_millis() as u64).ok();
        let request_id = HeaderValue::try_from(request_id).ok();
        Self(Arc::new(Values { deadline_ms, request_id, ..Values::default() }))
    }

    /// The one of a request to a Web Function. Lambda sets the header and takes out what a client sent under such a name;
    /// it says nothing else.
    #[cfg(feature = "server")]
    pub(crate) fn of_web_function(headers: &HeaderMap) -> Option<Self> {
        let request_id = Some(headers.get("lambda-web-request-id")?.clone());
        Some(Self(Arc::new(Values { is_cold_start: is_cold_start(), request_id, ..Values::default() })))
    }

    /// The one of no invocation.
    #[cfg(feature = "server")]
    pub(crate) fn none() -> Self {
        Self(Arc::default())
    }

    #[cfg(feature = "lambda-runtime")]
    pub(crate) fn deadline_ms(&self) -> Option<u64> {
        self.0.deadline_ms
    }

    /// What to send back with the answer, as it came.
    pub(crate) fn invocation_id(&self) -> Option<&HeaderValue> {
        self.0.invocation_id.as_ref()
    }

    pub(crate) fn tasks(&self) -> &Tasks {
        &self.0.tasks
    }

    pub(crate) fn trace_header(&self) -> Option<&HeaderValue> {
        self.0.trace_id.as_ref()
    }
}

task_local! {
    static CURRENT: LambdaContext;
}

impl Values {
    fn take(headers: &mut HeaderMap) -> Self {
        let mut values = Self { is_cold_start: is_cold_start(), ..Self::default() };
        let mut last = None;
        for (name, value) in headers.drain() {
            last = name.or(last);
            if let Some(name) = &last {
                values.set(name, value);
            }
        }
        values
    }

    fn set(&mut self, name: &HeaderName, value: HeaderValue) {
        let place = match name.as_str() {
            "lambda-runtime-aws-request-id" => &mut self.request_id,
            "lambda-runtime-aws-tenant-id" => &mut self.tenant_id,
            "lambda-runtime-client-context" => &mut self.client_context,
            "lambda-runtime-cognito-identity" => &mut self.identity,
            "lambda-runtime-deadline-ms" => {
                self.deadline_ms = value.to_str().ok().and_then(|number| number.parse().ok());
                return;
            }
            "lambda-runtime-invocation-id" => &mut self.invocation_id,
            "lambda-runtime-invoked-function-arn" => &mut self.invoked_function_arn,
            "lambda-runtime-trace-id" => &mut self.trace_id,
            _ => return,
        };
        *place = Some(value);
    }
}

impl fmt::Debug for LambdaContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LambdaContext")
            .field("request_id", &self.request_id())
            .field("deadline", &self.deadline())
            .field("invoked_function_arn", &self.invoked_function_arn())
            .field("trace_id", &self.trace_id())
            .finish_non_exhaustive()
    }
}

/// Whether this is the first invocation, and its caller has waited for the start.
fn is_cold_start() -> bool {
    static IS_WARM: AtomicBool = AtomicBool::new(false);
    let is_first = !IS_WARM.load(Ordering::Relaxed) && !IS_WARM.swap(true, Ordering::Relaxed);
    is_first && environment::is_on_demand()
}

fn text(value: &Option<HeaderValue>) -> Option<&str> {
    value.as_ref()?.to_str().ok()
}

fn json(value: &Option<HeaderValue>) -> Option<&RawValue> {
    serde_json::from_slice(value.as_ref()?.as_bytes()).ok()
}

/// No invocation is as long, and no clock is as wrong.
const STALE: Duration = Duration::from_secs(60 * 60);

#[cfg(test)]
mod tests {
    use std::panic::{RefUnwindSafe, UnwindSafe};

    use super::*;

    #[test]
    fn a_context_can_be_used_where_panics_are_caught() {
        fn is<T: Send + Sync + UnwindSafe + RefUnwindSafe>() {}
        is::<LambdaContext>();
    }
}
