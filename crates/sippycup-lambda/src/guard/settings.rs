//! Which guards there are.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use http::StatusCode;
use sippycup_layer::SippyCupLayer;

use super::watch::{self, Watch};
use crate::LambdaContext;

/// The guards that `Serve` was told of; none unless somebody asks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guards {
    settings: Arc<Settings>,
    /// Set with the first guard, and the only way to the code behind them: a function without one does not have it.
    begin: Option<Begin>,
}

/// What begins to watch over an invocation.
#[derive(Clone, Copy, Debug)]
struct Begin(fn(&Arc<Settings>, &LambdaContext) -> Box<dyn Watch>);

#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    /// How long before the deadline the app must be done.
    pub(super) margin: Option<Duration>,
    pub(super) panic_as_500: bool,
    pub(super) fail_on: Option<RangeInclusive<u16>>,
    pub(super) oversize_as: Option<StatusCode>,
    /// Knows how answers are written.
    pub(super) layer: SippyCupLayer,
}

impl Guards {
    /// Adds a guard.
    pub(super) fn add(&mut self, add: impl FnOnce(&mut Settings)) {
        add(Arc::make_mut(&mut self.settings));
        self.begin = Some(Begin(watch::begin));
    }

    /// The layer is only complete when the app starts.
    pub(crate) fn set_layer(&mut self, layer: &SippyCupLayer) {
        if self.begin.is_some() {
            Arc::make_mut(&mut self.settings).layer = layer.clone();
        }
    }

    /// Watches over an invocation; `None` without guards.
    pub(crate) fn watch(&self, context: &LambdaContext) -> Option<Box<dyn Watch>> {
        self.begin.map(|Begin(begin)| begin(&self.settings, context))
    }
}
