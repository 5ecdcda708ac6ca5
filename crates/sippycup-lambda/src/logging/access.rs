//! One line for each request.

use std::sync::{Arc, OnceLock};

use http::StatusCode;

use crate::{
    LambdaContext,
    observe::{Exchange, Observer},
};

/// Writes them.
#[derive(Debug)]
struct Access;

static ACCESS: OnceLock<Arc<dyn Observer>> = OnceLock::new();

/// From now on there is a line for each request. Without this call there is none, for an app may write such lines itself.
pub(super) fn turn_on() {
    ACCESS.get_or_init(|| Arc::new(Access));
}

/// What writes them, if they are on.
pub(crate) fn access() -> Option<Arc<dyn Observer>> {
    ACCESS.get().cloned()
}

impl Observer for Access {
    fn see(&self, exchange: &Exchange) {
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
