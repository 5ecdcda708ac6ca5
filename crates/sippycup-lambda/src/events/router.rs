//! One handler for each kind of event.

use std::fmt;

use super::{
    event::Event,
    handler::{Handler, HandlerFuture},
    kind::EventKind,
};

/// One handler for each kind of event.
///
/// An event without a handler fails the invocation, so that Lambda tries it again or hands it to a dead-letter
/// queue: it is not lost unnoticed. [`fallback`](Self::fallback) takes the events that no handler is for.
///
/// ```
/// use sippycup_lambda::{BoxError, events::{Event, EventKind, Router}};
///
/// async fn clean_up(_: Event) -> Result<(), BoxError> {
///     Ok(())
/// }
///
/// let router = Router::new()
///     .on(EventKind::Schedule, clean_up)
///     .on(EventKind::Sns, async |event: Event| Ok::<_, BoxError>(event.kind().as_str()));
/// # let _ = router;
/// ```
#[derive(Default)]
#[must_use = "a router handles nothing until it is given to `Serve::events`"]
pub struct Router {
    routes: Vec<(EventKind, Box<dyn Handler>)>,
    fallback: Option<Box<dyn Handler>>,
}

impl Router {
    /// A router without handlers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the handler for events of this kind. Of two handlers for one kind the last is taken.
    pub fn on(mut self, kind: EventKind, handler: impl Handler) -> Self {
        self.routes.retain(|(known, _)| *known != kind);
        self.routes.push((kind, Box::new(handler)));
        self
    }

    /// Adds the handler for all other events. Default: they fail the invocation.
    pub fn fallback(mut self, handler: impl Handler) -> Self {
        self.fallback = Some(Box::new(handler));
        self
    }
}

impl Handler for Router {
    fn handle(&self, event: Event) -> HandlerFuture {
        let kind = event.kind();
        let route = self.routes.iter().find(|(known, _)| *known == kind).map(|(_, handler)| handler);
        match route.or(self.fallback.as_ref()) {
            Some(handler) => handler.handle(event),
            None => {
                let known: Vec<_> = self.routes.iter().map(|(kind, _)| kind.as_str()).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                let message = format!("expected an event with a handler ({known}), found one of kind {kind}");
                HandlerFuture::new(async { Err::<(), _>(message) })
            }
        }
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { routes, fallback } = self;
        let kinds: Vec<_> = routes.iter().map(|(kind, _)| kind).collect();
        f.debug_struct("Router").field("kinds", &kinds).field("fallback", &fallback.is_some()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BoxError;

    async fn answer(router: &Router, json: &'static str) -> Result<String, String> {
        let event = Event::from_bytes(json).unwrap();
        let answer = router.handle(event).await.map_err(|error| error.to_string())?;
        Ok(String::from_utf8(answer.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn each_event_goes_to_the_handler_of_its_kind_and_the_rest_to_the_fallback() {
        let router = Router::new()
            .on(EventKind::Sqs, async |_| Ok::<_, BoxError>("replaced"))
            .on(EventKind::Sqs, async |_| Ok::<_, BoxError>(1))
            .on(EventKind::Schedule, async |_| Err::<(), _>("no time"));
        assert_eq!(answer(&router, SQS).await.unwrap(), "1");
        assert_eq!(answer(&router, SCHEDULE).await.unwrap_err(), "no time");
        assert_eq!(
            answer(&router, "{}").await.unwrap_err(),
            "expected an event with a handler (sqs, schedule), found one of kind unknown"
        );
        let router = router.fallback(async |event: Event| Ok::<_, BoxError>(event.kind().as_str()));
        assert_eq!(answer(&router, "{}").await.unwrap(), "\"unknown\"");
        assert_eq!(answer(&router, SQS).await.unwrap(), "1");
    }

    const SQS: &str = r#"{"Records":[{"eventSource":"aws:sqs"}]}"#;
    const SCHEDULE: &str = r#"{"detail-type":"Scheduled Event","source":"aws.events"}"#;
}
