//! A function that gets an event of a WebSocket API, where no response waits.

use bytes::Bytes;
use tower_service::Service;

use super::after;
use crate::observe::{Exchange, Step, on_behalf};
use crate::{Answer, BoxError, Gateway};

/// A function as the gateway needs it.
pub(crate) trait Invoke:
    Service<Bytes, Response: Into<Answer> + Send, Error: Into<BoxError>, Future: Send> + Clone + Send + 'static
{
}

impl<F> Invoke for F where
    F: Service<Bytes, Response: Into<Answer> + Send, Error: Into<BoxError>, Future: Send> + Clone + Send + 'static
{
}

/// Gives the function an event of a WebSocket API.
///
/// # Errors
///
/// Why there is no answer within the timeout.
pub(crate) async fn ask<F: Invoke>(
    mut gateway: Gateway<F>,
    exchange: &Exchange,
    event: Bytes,
) -> Result<Answer, String> {
    let timeout = gateway.config().timeout;
    exchange.tell(|| Step::Event(&event));
    match tokio::time::timeout_at(after(timeout), on_behalf(exchange, gateway.invoke(event))).await {
        Ok(Ok(answer)) => Ok(exchange.answer(answer)),
        Ok(Err(error)) => {
            exchange.tell(|| Step::Failed(&error));
            Err(format!("the function failed: {error}"))
        }
        Err(_) => Err(format!("no answer within {} s", timeout.as_secs_f32())),
    }
}
