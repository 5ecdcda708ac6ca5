//! What SippyCup costs per event, with `lambda_http` on the same event in the same run.
//!
//! | command | what for |
//! |---|---|
//! | `cargo bench -p sippycup-benches` | all tables, printed and written to `RESULTS.md`; needs valgrind |
//! | the same with `--bench instructions` | one of `allocations`, `instructions`, `process`, `runtime`, `scale`, `time` |
//! | `… --bench instructions -- --check` | fails if a small case takes 2 % more than `instructions.txt` says |
//! | `… --bench instructions -- --update` | writes `instructions.txt` |
//! | `… --bench runtime -- --check`, `--update` | the same for a whole invocation of a process, with `runtime.txt` |
//! | `… --bench scale -- --check` | fails if an event of an odd shape costs more than its length accounts for |
//! | `cargo test -p sippycup-benches --benches` | everything once, unmeasured, for CI |
//!
//! Each table says below it what its columns are. Before anything is measured, both crates' answers to every
//! event are compared. With `SIPPYCUP_KEEP_CALLGRIND` set, callgrind's files stay in the temporary directory. What
//! criterion measures for `time` stays in `target/criterion`, and it prints what has changed since the run before.

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
pub mod hostile;
pub mod invocation;
pub mod lambda;
pub mod meter;
pub mod mode;
pub mod ours;
pub mod plot;
pub mod process;
pub mod report;
pub mod theirs;
