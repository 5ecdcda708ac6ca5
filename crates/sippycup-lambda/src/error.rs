//! Why `run` and `serve` end.

use std::{error, fmt};

use sippycup_layer::BoxError;

/// The app cannot be run, or cannot go on running.
///
/// A failed invocation is no `ServeError`: it ends that invocation and no other. What caused the error is its
/// [`source`](error::Error::source).
///
/// `?` turns it into `Box<dyn Error>`, [`BoxError`] and `anyhow::Error`. As the error of `main` it prints itself with
/// all its causes.
pub struct ServeError {
    kind: Kind,
    message: String,
    source: Option<BoxError>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Kind {
    App,
    Environment,
    #[cfg(feature = "local")]
    Local,
    #[cfg(feature = "metrics")]
    Metrics,
    RuntimeApi,
    #[cfg(feature = "server")]
    Server,
    Shutdown,
    Start,
}

impl ServeError {
    pub(crate) fn app(error: sippycup_layer::Error) -> Self {
        Self::new(Kind::App, "the app will never be ready again").because(error)
    }

    /// The signals that end a process cannot be waited for.
    #[cfg(feature = "shutdown")]
    pub(crate) fn signals(error: std::io::Error) -> Self {
        Self::new(Kind::Shutdown, "cannot listen for signals").because(error)
    }

    /// What was to be run could not be built.
    pub(crate) fn start(error: BoxError) -> Self {
        Self::new(Kind::Start, "the app cannot start").because(error)
    }

    /// A hook of the app's failed.
    pub(crate) fn hook(name: &str, said: String) -> Self {
        Self::new(Kind::App, format!("`{name}` failed")).because(said)
    }

    /// `clone` of the app panics.
    pub(crate) fn clone(said: String) -> Self {
        Self::new(Kind::App, "the app cannot be cloned").because(said)
    }

    pub(crate) fn environment(message: impl Into<String>) -> Self {
        Self::new(Kind::Environment, message)
    }

    #[cfg(feature = "local")]
    pub(crate) fn local(message: impl Into<String>) -> Self {
        Self::new(Kind::Local, message)
    }

    #[cfg(feature = "metrics")]
    pub(crate) fn metrics(error: impl Into<BoxError>) -> Self {
        Self::new(Kind::Metrics, "the metrics do not fit").because(error)
    }

    pub(crate) fn runtime_api(error: BoxError) -> Self {
        Self::new(Kind::RuntimeApi, "the Runtime API gives no more invocations").because(error)
    }

    #[cfg(feature = "server")]
    pub(crate) fn server(message: impl Into<String>) -> Self {
        Self::new(Kind::Server, message)
    }

    pub(crate) fn shutdown(error: impl Into<BoxError>) -> Self {
        Self::new(Kind::Shutdown, "the tokio runtime shut down").because(error)
    }

    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    pub(crate) fn because(mut self, error: impl Into<BoxError>) -> Self {
        self.source = Some(error.into());
        self
    }

    /// Whether the app ended it: its `poll_ready` failed, after which a tower service is not called again, or a hook did.
    #[must_use]
    pub fn is_app(&self) -> bool {
        self.kind == Kind::App
    }

    /// Whether environment variables are missing or wrong.
    ///
    /// Without feature `local` this is also what a process gets that is not on Lambda.
    #[must_use]
    pub fn is_environment(&self) -> bool {
        self.kind == Kind::Environment
    }

    /// Whether the app could not be served on this machine: the port is taken, or the settings of the gateway
    /// contradict each other.
    #[cfg(feature = "local")]
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.kind == Kind::Local
    }

    /// Whether the process could not listen where `SIPPYCUP_LISTEN` or Lambda wants it, or cannot go on listening.
    #[cfg(feature = "server")]
    #[must_use]
    pub fn is_server(&self) -> bool {
        self.kind == Kind::Server
    }

    /// Whether CloudWatch would not take the metrics: their namespace, or a dimension.
    #[cfg(feature = "metrics")]
    #[must_use]
    pub fn is_metrics(&self) -> bool {
        self.kind == Kind::Metrics
    }

    /// Whether what [`start`](crate::start()) was given failed.
    #[must_use]
    pub fn is_start(&self) -> bool {
        self.kind == Kind::Start
    }

    /// Whether Lambda's Runtime API could not be reached, or did not answer as it should.
    #[must_use]
    pub fn is_runtime_api(&self) -> bool {
        self.kind == Kind::RuntimeApi
    }
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Written for `main`, which shows its error this way and no other.
impl fmt::Debug for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.message.clone();
        let mut cause = error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        f.debug_tuple("ServeError").field(&text).finish()
    }
}

impl error::Error for ServeError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_deref().map(|error| error as _)
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn an_error_is_of_one_kind_and_shows_what_caused_it() {
        let cause = || std::io::Error::other("connection refused");
        let event = sippycup_core::ProxyEvent::from_bytes("{").unwrap_err();
        let kinds =
            |error: &ServeError| [error.is_app(), error.is_environment(), error.is_runtime_api(), error.is_start()];
        assert_eq!(kinds(&ServeError::app(event.into())), [true, false, false, false]);
        assert_eq!(kinds(&ServeError::environment("expected `A`")), [false, true, false, false]);
        assert_eq!(kinds(&ServeError::shutdown(cause())), [false; 4]);
        assert_eq!(kinds(&ServeError::start(cause().into())), [false, false, false, true]);
        let error = ServeError::runtime_api(cause().into());
        assert_eq!(kinds(&error), [false, false, true, false]);
        assert_eq!(error.source().unwrap().to_string(), "connection refused");
        assert_eq!(
            format!("{error} {error:?}"),
            "the Runtime API gives no more invocations \
             ServeError(\"the Runtime API gives no more invocations: connection refused\")"
        );
    }

    #[cfg(feature = "local")]
    #[test]
    fn an_error_of_this_machine_is_of_its_own_kind() {
        assert!(ServeError::local("cannot listen").is_local());
        assert!(!ServeError::environment("expected `A`").is_local());
    }

    #[cfg(feature = "metrics")]
    #[test]
    fn an_error_of_the_metrics_is_of_its_own_kind() {
        assert!(ServeError::metrics("expected a namespace").is_metrics());
        assert!(!ServeError::environment("expected `A`").is_metrics());
    }

    #[cfg(feature = "server")]
    #[test]
    fn an_error_of_the_server_is_of_its_own_kind() {
        assert!(ServeError::server("cannot listen").is_server());
        assert!(!ServeError::environment("expected `A`").is_server());
    }
}
