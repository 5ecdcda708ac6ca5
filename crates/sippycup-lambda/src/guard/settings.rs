//! Which guards there are.

use std::{fmt, ops::RangeInclusive, sync::Arc, time::Duration};

use http::StatusCode;
use sippycup_core::EventSource;
use sippycup_layer::SippyCupLayer;

use super::watch::{self, Watch};
use crate::LambdaContext;

/// The guards that methods of `Serve` have turned on.
#[derive(Debug, Default)]
pub(crate) struct Guards {
    /// Set with the first guard, and the only way to the code behind them: a function without one does not have it.
    guarding: Option<Arc<dyn Guarding>>,
}

/// The settings, and the code behind them.
trait Guarding: fmt::Debug + Send + Sync {
    fn settings(&mut self) -> &mut Settings;

    fn set_up(&mut self, layer: &SippyCupLayer, beside: Option<EventSource>);

    /// Begins to watch over an invocation.
    fn begin(self: Arc<Self>, context: &LambdaContext) -> Box<dyn Watch>;
}

#[derive(Debug, Default)]
pub(super) struct Settings {
    /// How long before the deadline the app must be done.
    pub(super) margin: Option<Duration>,
    pub(super) panic_as_500: bool,
    pub(super) fail_on: Option<RangeInclusive<u16>>,
    pub(super) oversize_as: Option<StatusCode>,
    /// Knows how answers are written.
    pub(super) layer: SippyCupLayer,
    /// The front door whose events do not go to the app: they fail, as all others that do not.
    pub(super) beside: Option<EventSource>,
}

impl Guarding for Settings {
    fn settings(&mut self) -> &mut Settings {
        self
    }

    fn set_up(&mut self, layer: &SippyCupLayer, beside: Option<EventSource>) {
        self.layer = layer.clone();
        self.beside = beside;
    }

    fn begin(self: Arc<Self>, context: &LambdaContext) -> Box<dyn Watch> {
        watch::begin(self, context)
    }
}

impl Guards {
    /// Adds a guard.
    pub(super) fn add(&mut self, add: impl FnOnce(&mut Settings)) {
        if let Some(guarding) = unshared(self.guarding.get_or_insert_with(|| Arc::new(Settings::default()))) {
            add(guarding.settings());
        }
    }

    /// Tells what is only complete when the app starts.
    pub(crate) fn set_up(&mut self, layer: &SippyCupLayer, beside: Option<EventSource>) {
        if let Some(guarding) = self.guarding.as_mut().and_then(unshared) {
            guarding.set_up(layer, beside);
        }
    }

    /// Watches over an invocation, if there are guards.
    pub(crate) fn begin(&self, context: &mut LambdaContext) {
        if let Some(guarding) = &self.guarding {
            let watch = guarding.clone().begin(context);
            context.set_watch(watch);
        }
    }
}

fn unshared(guarding: &mut Arc<dyn Guarding>) -> Option<&mut (dyn Guarding + 'static)> {
    let guarding = Arc::get_mut(guarding);
    debug_assert!(guarding.is_some(), "nobody has them before the app is run");
    guarding
}
