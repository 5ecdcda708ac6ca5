//! Observers: they are told what happens to a function.

use std::fmt;
use std::sync::Arc;

/// What happens to the environments and invocations of a function, as told to [`FunctionBuilder::observer`](super::FunctionBuilder::observer).
///
/// An environment is a process with a Runtime API of its own; each has a number. All functions that are started elsewhere are environment 0.
///
/// ```no_run
/// use sippycup_gateway::{Function, Moment};
///
/// # fn run() -> std::io::Result<()> {
/// let function = Function::builder().observer(|moment| match moment {
///     Moment::Invoked { invocation, cold: true, .. } => eprintln!("{invocation} is a cold start"),
///     Moment::Line { environment, line } => eprintln!("{environment} wrote {line}"),
///     _ => {}
/// });
/// function.spawn("cargo", ["run"])?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Moment<'a> {
    /// An environment begins to start.
    Starting {
        /// Its number.
        environment: u64,
    },
    /// The function's process is there. On Unix `process` is also the number of its process group.
    Started {
        /// Its number.
        environment: u64,
        /// The number of the process, if the system tells it.
        process: Option<u32>,
    },
    /// The function asks for its first event: its initialisation is over.
    Ready {
        /// Its number.
        environment: u64,
    },
    /// An event waits for a free environment.
    Queued {
        /// The id of the invocation, which Lambda calls its request id.
        invocation: &'a str,
        /// The number of the exchange that a [`Step`](crate::Step) has, if a gateway with an observer invoked the function.
        exchange: Option<u64>,
    },
    /// An environment has got the event.
    Invoked {
        /// Its number.
        environment: u64,
        /// The id of the invocation.
        invocation: &'a str,
        /// Whether it is the first one of the environment.
        cold: bool,
    },
    /// The answer is there to its last byte, or an error in its place.
    Answered {
        /// Its number.
        environment: u64,
        /// The id of the invocation.
        invocation: &'a str,
    },
    /// A line that the processes of an environment wrote.
    Line {
        /// Its number.
        environment: u64,
        /// Without its end.
        line: &'a str,
    },
    /// The environment is gone.
    Ended {
        /// Its number.
        environment: u64,
        /// `exit status: 0` and the like.
        how: &'a str,
    },
}

/// The observer, if there is one. Without one nothing is done for it.
#[derive(Clone, Default)]
pub(super) struct Observer {
    told: Option<Arc<dyn Told>>,
}

trait Told: Fn(Moment<'_>) + Send + Sync {}

impl<F: Fn(Moment<'_>) + Send + Sync> Told for F {}

impl Observer {
    pub(super) fn new(told: impl Fn(Moment<'_>) + Send + Sync + 'static) -> Self {
        Self { told: Some(Arc::new(told)) }
    }

    pub(super) fn tell(&self, moment: Moment<'_>) {
        if let Some(told) = &self.told {
            told(moment);
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").field("looks", &self.told.is_some()).finish()
    }
}
