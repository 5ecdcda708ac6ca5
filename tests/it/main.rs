//! What SippyCup promises, checked from outside: one module for each question.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that meets the unexpected must fail, its helpers too"
)]

mod base_path;
mod baseline;
mod behind_proxies;
mod documentation;
mod ending;
mod event;
mod events;
mod exported;
mod frameworks;
mod gateway;
mod gold;
#[cfg(unix)]
mod graceful;
mod guide;
mod hostile;
mod incumbent;
mod lambda;
mod layer;
mod local;
mod response;
mod round_trip;
mod runtime_api;
mod serve;
mod server;
mod support;
mod traps;
mod wsgi;
