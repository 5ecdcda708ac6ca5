//! What becomes of an answer of the app. Guards look at it when the app is done with it, so observers are not told before.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use http::StatusCode;

use super::exchange::Known;
use crate::{LambdaContext, guard::guard};

/// Of one invocation; of a request that no event was, nobody gives one.
#[derive(Default)]
pub(crate) struct Verdict(Mutex<State>);

#[derive(Default)]
struct State {
    /// Between the event and the verdict.
    is_open: bool,
    /// What the app is done with meanwhile.
    waiting: Option<Box<dyn Known>>,
    /// The status and the length of what goes out in the place of the app's answer.
    instead: Option<(StatusCode, usize)>,
    /// Whether an answer that has begun breaks off.
    is_broken: bool,
    /// Since when a request waits for its app to be ready.
    waits_since: Option<Instant>,
}

impl Verdict {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of a request that waits for its app.
    pub(crate) fn waits(&self) {
        self.state().waits_since.get_or_insert_with(Instant::now);
    }

    pub(super) fn waits_since(&self) -> Option<Instant> {
        self.state().waits_since
    }

    /// Takes note of an answer in the place of the app's.
    pub(crate) fn instead(&self, status: StatusCode, length: usize) {
        self.state().instead = Some((status, length));
    }

    /// Takes note of an answer that has begun and breaks off.
    pub(crate) fn broken(&self) {
        self.state().is_broken = true;
    }

    /// Keeps an exchange until the verdict; gives it back with all that is known if there is nothing to wait for.
    pub(super) fn keep(&self, mut known: Box<dyn Known>) -> Option<Box<dyn Known>> {
        let mut state = self.state();
        if state.is_open {
            state.waiting = Some(known);
            return None;
        }
        if state.is_broken {
            known.exchange().failed();
        }
        Some(known)
    }

    fn end(&self, has_failed: bool) {
        let mut state = self.state();
        state.is_open = false;
        let (waiting, instead) = (state.waiting.take(), state.instead.take());
        drop(state);
        let Some(mut known) = waiting else { return };
        let exchange = known.exchange();
        match (has_failed, instead) {
            (true, _) => exchange.lost(),
            (false, Some((status, length))) => exchange.replaced(status, length),
            (false, None) => {}
        }
        // A subscriber is none of ours.
        let _ = guard(|| known.tell());
    }
}

/// Has observers wait for the verdict; without one, the invocation was given up.
pub(crate) struct Pending(LambdaContext);

impl Pending {
    pub(crate) fn new(context: &LambdaContext) -> Self {
        context.verdict().state().is_open = true;
        Self(context.clone())
    }

    /// The answer goes out, or the invocation fails.
    pub(crate) fn end(self, has_failed: bool) {
        self.0.verdict().end(has_failed);
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.verdict().end(true);
    }
}
