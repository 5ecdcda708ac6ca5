//! The guards, as methods of the builder.

use std::{ops::RangeInclusive, time::Duration};

use http::StatusCode;

use crate::serve::{Serve, Streamed};

/// Guards: off unless they are asked for, since each changes what a client gets. They are for events; where the process
/// listens itself they have no effect.
impl<S, A> Serve<S, A> {
    /// How long before the invocation's deadline the app is stopped, so that its client gets an answer. Default: never, and
    /// Lambda kills the process at the deadline.
    ///
    /// The app's future is dropped, also while it waits to be ready or for the rest of its body, and the answer is 504 in the
    /// front door's own form. Of a streamed answer that has begun, the rest is missing, as with every body that fails. The
    /// process goes on, and the log has a line. The invocation of an event that is not for the app fails.
    ///
    /// 100 to 250 ms are enough for most: the answer must reach Lambda before the deadline. It has limits. Code
    /// that blocks its thread cannot be interrupted. What the app has spawned goes on, and is frozen in the middle. A streamed
    /// body is stopped while it waits, and not while the client is slow to read it.
    /// The deadline is that of the function: API Gateway may have ended the request long before (29 or 30 seconds), so set the
    /// function's timeout below that. [`LambdaContext::remaining`](crate::LambdaContext::remaining) tells the app itself how
    /// much time it has.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use sippycup_lambda::{App, ServeError, serve};
    /// # async fn guarded(app: impl App) -> Result<(), ServeError> {
    /// serve(app).deadline_margin(Duration::from_millis(200)).await
    /// # }
    /// ```
    pub fn deadline_margin(mut self, margin: Duration) -> Self {
        self.options.around.guards.add(|guards| guards.margin = Some(margin));
        self
    }

    /// The status that answers instead of an answer that is larger than its front door takes. Default: the invocation
    /// fails, and Lambda's own 5xx says nothing of the reason.
    ///
    /// The limits are those of [`ProxyResponse::oversize`](sippycup_core::ProxyResponse::oversize): 6 MB of JSON, 1 MB behind
    /// a load balancer, and for the headers 10,240 bytes behind API Gateway. They are measured when the answer is encoded:
    /// base64 makes a binary body a third larger. Of a streamed answer only the headers are.
    ///
    /// The log has a line with size, limit and front door either way. What it costs: the invocation counts as a success, and
    /// no longer as an error in CloudWatch.
    ///
    /// ```no_run
    /// # use http::StatusCode;
    /// # use sippycup_lambda::{App, ServeError, serve};
    /// # async fn guarded(app: impl App) -> Result<(), ServeError> {
    /// serve(app).oversize_as(StatusCode::INSUFFICIENT_STORAGE).await
    /// # }
    /// ```
    pub fn oversize_as(mut self, status: StatusCode) -> Self {
        self.options.around.guards.add(|guards| guards.oversize_as = Some(status));
        self
    }

    /// Answers 500, in the front door's own form, where the app panics. Default: the invocation fails.
    ///
    /// A client sees little difference: a front door answers 500 or 502 to a failed invocation. What you gain is an answer
    /// without Lambda's retries, for events that are delivered again. What it costs: the invocation counts as a success, and
    /// no longer as an error in CloudWatch. The log has the panic either way. A panic in a streamed answer that has begun
    /// breaks the answer off, with this or without.
    pub fn panic_as_500(mut self) -> Self {
        self.options.around.guards.add(|guards| guards.panic_as_500 = true);
        self
    }

    /// Lets the invocation fail where the app answers with one of these statuses, so that CloudWatch counts it and alarms
    /// see it. Default: whatever the app answers is a success.
    ///
    /// **The client does not get the app's answer then**, but what the front door says of a failed function, such as 502 and
    /// `Internal server error`. Answers of other guards never fail.
    ///
    /// ```no_run
    /// # use sippycup_lambda::{App, ServeError, serve};
    /// # async fn guarded(app: impl App) -> Result<(), ServeError> {
    /// serve(app).fail_on(500..=599).await
    /// # }
    /// ```
    pub fn fail_on(mut self, statuses: RangeInclusive<u16>) -> Self {
        self.options.around.guards.add(|guards| guards.fail_on = Some(statuses));
        self
    }
}

impl<S> Serve<S, Streamed> {
    /// Sends one byte where a streamed answer has no body: [`SippyCupLayer::first_byte`], whatever
    /// [`layer`](Self::layer) is told. Default: nothing is sent.
    ///
    /// [`SippyCupLayer::first_byte`]: sippycup_layer::SippyCupLayer::first_byte
    pub fn first_byte(mut self) -> Self {
        self.options.first_byte = true;
        self
    }
}
