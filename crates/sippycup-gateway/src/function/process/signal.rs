//! Signals to process groups, and to what has left them.

#[derive(Clone, Copy)]
pub(super) enum Signal {
    Continue,
    Kill,
    Stop,
    Terminate,
}

#[cfg(unix)]
mod unix {
    use rustix::process::{Pid, Signal as Unix, kill_process_group};

    use super::Signal;
    use crate::function::process::tree::{kill_descendants, pid, signal_descendants};

    /// Of a process that is gone what is left of its group, for nothing else can be found any more.
    pub(in super::super) fn signal_group(group: Option<u32>, signal: Signal) {
        if let Some(pid) = group.and_then(pid) {
            tell(pid, signal);
        }
    }

    /// The leader of the group must not have been waited for. It alone is asked to end, with its group: what it has started elsewhere is its own to tell.
    pub(in super::super) fn signal(group: Option<u32>, signal: Signal) {
        let Some((id, pid)) = group.and_then(|id| Some((id, pid(id)?))) else { return };
        match signal {
            // Before the group, which holds the tree together.
            Signal::Kill => kill_descendants(id),
            Signal::Continue => signal_descendants(pid, Unix::CONT),
            Signal::Stop | Signal::Terminate => {}
        }
        tell(pid, signal);
        if matches!(signal, Signal::Stop) {
            signal_descendants(pid, Unix::STOP);
        }
    }

    fn tell(pid: Pid, signal: Signal) {
        let signal = match signal {
            Signal::Continue => Unix::CONT,
            Signal::Kill => Unix::KILL,
            Signal::Stop => Unix::STOP,
            Signal::Terminate => Unix::TERM,
        };
        // A group that is gone already is what we want.
        let _ = kill_process_group(pid, signal);
    }
}

/// Elsewhere the process itself is ended when its handle is dropped.
#[cfg(not(unix))]
mod other {
    use super::Signal;

    pub(in super::super) fn signal_group(_group: Option<u32>, _signal: Signal) {}
    pub(in super::super) fn signal(_group: Option<u32>, _signal: Signal) {}
}

#[cfg(not(unix))]
pub(super) use other::{signal, signal_group};
#[cfg(unix)]
pub(super) use unix::{signal, signal_group};
