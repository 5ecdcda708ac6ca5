//! Which guards there are.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use http::StatusCode;
use sippycup_layer::SippyCupLayer;

use super::watch::{self, Watch};
use crate::LambdaContext;

/// The guards that methods of `Serve` have turned on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guards {
    settings: Arc<Settings>,
    /// Set with the first guard, and the only way to the code behind them: a function without one does not have it.
    code: Option<Code>,
    /// Told of what guards keep from the app, and of everything else that it is not ready for.
    #[cfg(any(feature = "logging", feature = "metrics"))]
    pub(crate) unready: crate::observe::Unready,
}

#[derive(Clone, Copy, Debug)]
struct Code {
    /// Begins to watch over an invocation.
    begin: fn(&Arc<Settings>, &LambdaContext) -> Box<dyn Watch>,
    set_layer: fn(&mut Arc<Settings>, &SippyCupLayer),
}

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
        self.code = Some(Code {
            begin: watch::begin,
            set_layer: |settings, layer| Arc::make_mut(settings).layer = layer.clone(),
        });
    }

    /// The layer is only complete when the app starts.
    pub(crate) fn set_layer(&mut self, layer: &SippyCupLayer) {
        if let Some(code) = self.code {
            (code.set_layer)(&mut self.settings, layer);
        }
    }

    /// Watches over an invocation; `None` without guards.
    pub(crate) fn watch(&self, context: &LambdaContext) -> Option<Box<dyn Watch>> {
        self.code.map(|code| (code.begin)(&self.settings, context))
    }
}
