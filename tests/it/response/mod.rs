//! Responses as each source wants them.

mod baseline;
mod format;
mod streaming;
