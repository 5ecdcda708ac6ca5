//! Lambda freezes the process as soon as it asks for the next event: what must be out by then is out.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that meets the unexpected must fail, its helpers too"
)]

mod collector;
mod simulator;
mod traces;
