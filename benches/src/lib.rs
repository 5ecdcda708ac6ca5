//! What SippyCup costs per event, with `lambda_http` on the same event in the same run.
//!
//! `cargo bench -p sippycup-benches` prints the tables and writes `RESULTS.md`; see there for what is measured
//! and how.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    missing_docs,
    missing_debug_implementations,
    clippy::must_use_candidate,
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    reason = "a bench that fails should stop, and nobody builds on this library"
)]

pub mod agree;
pub mod api;
pub mod app;
pub mod bodies;
pub mod callgrind;
pub mod case;
pub mod events;
pub mod floors;
pub mod invocation;
pub mod lambda;
pub mod meter;
pub mod mode;
pub mod ours;
pub mod plot;
pub mod process;
pub mod report;
pub mod theirs;
