//! A panic as one line of the log: the default hook writes several, and Lambda knows neither their level nor their invocation.

use std::panic::{self, PanicHookInfo};

use crate::failure::thrown;

/// From now on panics are events of `tracing`.
pub(super) fn tell() {
    panic::set_hook(Box::new(|panic| tracing::error!("{}", said(panic))));
}

fn said(panic: &PanicHookInfo<'_>) -> String {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    match thrown(panic.payload()) {
        Some(said) => format!("panicked at {place}: {said}"),
        None => format!("panicked at {place}"),
    }
}
