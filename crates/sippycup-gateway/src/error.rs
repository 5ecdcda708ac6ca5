//! The error of a gateway's configuration, and why a gateway answered itself.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Any error, boxed.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// A gateway that AWS could not have: a malformed template, a stage on a load balancer.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigError {
    message: String,
}

impl ConfigError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ConfigError").field(&self.message).finish()
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for ConfigError {}

/// Why a gateway answered itself instead of the function, or passed on an answer that is probably a mistake.
///
/// AWS tells its clients only `Internal server error`. The gateway knows the reason and puts it into the extensions of the response: tests can assert on it, the
/// command prints it.
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, StatusCode};
/// use sippycup_gateway::{Body, Fault, Gateway, Kind};
/// use tower::{ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let function = service_fn(async |_event: Bytes| Ok::<_, std::io::Error>(Bytes::from_static(br#"{"status": 200}"#)));
/// let gateway = Gateway::builder(Kind::RestApi).build(function)?;
/// let response = gateway.oneshot(Request::get("/prod/").body(Body::empty())?).await?;
///
/// assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
/// let fault = response.extensions().get::<Fault>().expect("the gateway answered itself");
/// assert_eq!(fault.to_string(), "malformed answer: a REST API knows no key `status`");
/// # Ok::<(), sippycup_gateway::BoxError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    reason: Arc<str>,
}

impl Fault {
    pub(crate) fn new(reason: &str) -> Self {
        Self { reason: reason.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl Error for Fault {}
