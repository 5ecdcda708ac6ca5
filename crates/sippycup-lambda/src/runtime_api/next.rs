//! Waiting for the next invocation.

use bytes::Bytes;
use http::{Method, StatusCode};

use super::{
    Error, RuntimeApi,
    connection::{NoReply, Reply},
    outgoing::Outgoing,
};
use crate::{context::LambdaContext, failure::Cut, log};

/// An invocation.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) context: LambdaContext,
    /// Its event, or why that is not here.
    pub(crate) event: Result<Bytes, Cut>,
}

impl RuntimeApi {
    /// Waits for the next invocation, for as long as it takes.
    pub(crate) async fn next(&mut self) -> Result<Delivery, Error> {
        loop {
            let request = self.request(Method::GET, self.next.clone(), Outgoing::Whole(Bytes::new()));
            match self.connection.exchange(request, EVENT_LIMIT).await {
                Ok(reply) if reply.status == StatusCode::OK => {
                    if let Some(delivery) = self.delivery(reply) {
                        self.patience.reset();
                        return Ok(delivery);
                    }
                    log::warn(
                        "",
                        format_args!("the Runtime API gave an invocation without an id; there is no way to answer it"),
                    );
                    self.patience.pause_again().await;
                }
                Ok(reply) => self.no_event(&reply).await?,
                Err(NoReply::Broken) => self.broken().await?,
                Err(NoReply::Unreachable(error)) => return Err(self.unreachable(error)),
            }
        }
    }

    fn delivery(&mut self, reply: Reply) -> Option<Delivery> {
        let Reply { mut headers, body, .. } = reply;
        let context = LambdaContext::take(&mut headers);
        self.spare = headers;
        (!context.request_id().is_empty()).then_some(Delivery { context, event: body })
    }

    async fn no_event(&mut self, reply: &Reply) -> Result<(), Error> {
        if reply.status == StatusCode::NO_CONTENT {
            // An emulator that does not keep connections open for long.
            self.patience.pause_again().await;
            return Ok(());
        }
        self.odd("next", reply).await
    }

    /// Waits before the next try, if it makes sense behind such a reply.
    pub(super) async fn odd(&mut self, what: &'static str, reply: &Reply) -> Result<(), Error> {
        let status = reply.status;
        let refused = || Error::Refused { what, status, said: reply.text() };
        if matches!(status, StatusCode::FORBIDDEN | StatusCode::INTERNAL_SERVER_ERROR) {
            return Err(refused());
        }
        if self.patience.is_new() {
            let said = reply.text();
            log::warn("", format_args!("expected the Runtime API to accept `{what}`, found status {status}: {said}"));
        }
        self.patience.pause().await.map_err(|_| refused())
    }
}

/// Five times what Lambda lets through today.
const EVENT_LIMIT: usize = 32 << 20;
