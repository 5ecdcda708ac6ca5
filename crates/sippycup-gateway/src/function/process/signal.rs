//! Signals to process groups.

#[derive(Clone, Copy)]
pub(super) enum Signal {
    Continue,
    Kill,
    Stop,
    Terminate,
}

#[cfg(unix)]
pub(super) fn signal(group: Option<u32>, signal: Signal) {
    let pid = group.and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    let signal = match signal {
        Signal::Continue => rustix::process::Signal::CONT,
        Signal::Kill => rustix::process::Signal::KILL,
        Signal::Stop => rustix::process::Signal::STOP,
        Signal::Terminate => rustix::process::Signal::TERM,
    };
    if let Some(pid) = pid {
        // A group that is gone already is what we want.
        let _ = rustix::process::kill_process_group(pid, signal);
    }
}

/// Elsewhere the process itself is ended when its handle is dropped.
#[cfg(not(unix))]
pub(super) fn signal(_group: Option<u32>, _signal: Signal) {}
