//! What all that is served shares.

use sippycup_gateway::{BoxError, Terminal};
use tokio::sync::watch as signal;

use super::tls::Certificate;
use crate::inspect::Inspector;
use crate::plan::{FunctionPlan, Plan};
use crate::watch::{Watch, watch};

/// The plan, who is told, and when it ends.
pub(super) struct Common<'a> {
    pub(super) plan: &'a Plan,
    pub(super) terminal: Terminal,
    /// Several have names, one of flags needs none.
    pub(super) from_file: bool,
    pub(super) inspector: Option<&'a Inspector>,
    pub(super) certificate: Option<&'a Certificate>,
    pub(super) stopping: signal::Receiver<bool>,
}

impl Common<'_> {
    /// Until it should stop.
    pub(super) fn stopped(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        let mut stopping = self.stopping.clone();
        async move {
            let _ = stopping.wait_for(|stop| *stop).await;
        }
    }

    /// Watches the sources of a function, if that is wanted, and restarts it after each change.
    pub(super) fn watch(
        &self,
        function: &FunctionPlan,
        restart: impl Fn() + Send + 'static,
    ) -> Result<Option<Watch>, BoxError> {
        if function.watch.is_empty() {
            return Ok(None);
        }
        watch(function, self.plan.events.as_deref(), restart, self.terminal).map(Some)
    }
}
