//! What ends a process: the Runtime API is gone, or says that the process has to go.

use std::{error, fmt, io};

use http::StatusCode;

/// There will be no more invocations.
#[derive(Debug)]
pub(crate) enum Error {
    /// Connections open, but every one breaks.
    Broken { address: String },
    /// The Runtime API refused a call that every function needs.
    Refused { what: &'static str, status: StatusCode, said: String },
    /// The address refuses connections.
    Unreachable { address: String, error: io::Error },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken { address } => {
                write!(f, "expected an event from the Runtime API at `{address}`, found only connections that break")
            }
            Self::Refused { what, status, said } => {
                write!(f, "expected the Runtime API to accept `{what}`, found status {status}: {said}")
            }
            Self::Unreachable { address, .. } => {
                write!(f, "expected the Runtime API at `{address}`, found nobody")
            }
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Broken { .. } | Self::Refused { .. } => None,
            Self::Unreachable { error, .. } => Some(error),
        }
    }
}
