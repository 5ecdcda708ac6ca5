//! The calls of a function before its first invocation: to wait for the restore of a snapshot, and to say that there
//! is no use in waiting.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode};
use tokio::time::timeout;

use super::{Error, RuntimeApi, connection::NoReply, outgoing::Outgoing, respond::ERROR_TYPE};
use crate::{json::object, log};

impl RuntimeApi {
    /// Says that the function is ready for its snapshot, and waits until it is restored. No connection is left: one of
    /// before the snapshot would be dead.
    ///
    /// See [Runtime hooks for custom runtimes](https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-custom.html).
    pub(crate) async fn restored(&mut self) -> Result<(), Error> {
        let path = self.connection.endpoint().path(&["/2018-06-01/runtime/restore/next"]);
        loop {
            let request = self.request(Method::GET, path.clone(), Outgoing::Whole(Bytes::new()));
            match self.connection.exchange(request, LIMIT).await {
                Ok(reply) if reply.status.is_success() => break,
                // An emulator, say, for which nothing is restored.
                Ok(reply) if reply.status == StatusCode::NOT_FOUND => break,
                Ok(reply) => self.odd("restore/next", &reply).await?,
                Err(NoReply::Broken) => self.broken().await?,
                Err(NoReply::Unreachable(error)) => return Err(self.unreachable(error)),
            }
        }
        self.patience.reset();
        self.connection.close();
        Ok(())
    }

    /// Reports why the function cannot start.
    ///
    /// `header` is the type as the Runtime API keeps it.
    pub(crate) async fn fail_init(&mut self, header: &'static str, error_type: &str, message: &str) {
        self.fail_start("/2018-06-01/runtime/init/error", header, error_type, message).await;
    }

    /// Reports why the function cannot go on after its snapshot was restored.
    pub(crate) async fn fail_restore(&mut self, error_type: &'static str, message: &str) {
        self.fail_start("/2018-06-01/runtime/restore/error", error_type, error_type, message).await;
    }

    /// The process ends anyway, so there is one try.
    async fn fail_start(&mut self, path: &str, header: &'static str, error_type: &str, message: &str) {
        let body = object(&[("errorType", error_type), ("errorMessage", message)]);
        let path = self.connection.endpoint().path(&[path]);
        let mut request = self.request(Method::POST, path, Outgoing::Whole(body.into()));
        request.headers_mut().insert(ERROR_TYPE, HeaderValue::from_static(header));
        match timeout(PATIENCE, self.connection.exchange(request, LIMIT)).await {
            Ok(Ok(reply)) if reply.status.is_success() => {}
            Ok(Ok(reply)) => log::warn("", format_args!("the Runtime API refused the report with {}", reply.status)),
            Ok(Err(_)) => log::warn("", format_args!("the connection broke before the Runtime API took the report")),
            Err(_) => log::warn("", format_args!("the Runtime API did not say that it took the report")),
        }
    }
}

const LIMIT: usize = 64 << 10;

/// Longer than Lambda takes to answer.
const PATIENCE: Duration = Duration::from_secs(3);
