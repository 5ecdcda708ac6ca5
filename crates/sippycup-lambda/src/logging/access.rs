//! One line for each request.

use std::sync::atomic::{AtomicBool, Ordering};

use http::StatusCode;

use crate::{LambdaContext, observe::Exchange};

/// The lines of requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access(());

static IS_ON: AtomicBool = AtomicBool::new(false);

/// From now on there is a line for each request. Without this call there is none, for an app may write such lines itself.
pub(super) fn turn_on() {
    IS_ON.store(true, Ordering::Relaxed);
}

impl Access {
    pub(crate) fn if_on() -> Option<Self> {
        IS_ON.load(Ordering::Relaxed).then_some(Self(()))
    }

    #[expect(clippy::unused_self, reason = "who has one has lines")]
    pub(crate) fn write(self, exchange: &Exchange) {
        macro_rules! event {
            ($level:ident) => {
                tracing::$level!(
                    target: "sippycup::access",
                    method = exchange.method.as_str(),
                    path = exchange.path(),
                    route = exchange.route(),
                    status = exchange.status.map(|status| status.as_u16()),
                    failed = exchange.has_failed().then_some(true),
                    durationMs = exchange.duration().as_micros() as f64 / 1_000.0,
                    requestBytes = exchange.request_bytes,
                    responseBytes = exchange.response_bytes,
                    source = exchange.source.map(|source| source.as_str()),
                    coldStart = exchange.is_cold_start(),
                    remainingMs = remaining_ms(exchange.lambda.as_ref()),
                    "request"
                )
            };
        }
        match exchange.has_failed() || exchange.status.is_some_and(|status| status >= StatusCode::INTERNAL_SERVER_ERROR)
        {
            true => event!(warn),
            false => event!(info),
        }
    }
}

fn remaining_ms(lambda: Option<&LambdaContext>) -> Option<u64> {
    let remaining = lambda?.remaining()?;
    u64::try_from(remaining.as_millis()).ok()
}
