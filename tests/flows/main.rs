//! Apps as people write them, with the crates that they use, followed as a browser does: redirects, cookies, links
//! and forms, to the end. Each is the same on hyper and behind every front door, but for what [`same`] names.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that meets the unexpected must fail, its helpers too"
)]

mod browser;
mod challenge;
mod compression;
mod cookies;
mod doors;
mod events;
mod files;
mod forms;
mod items;
mod limits;
mod login;
mod openapi;
mod origins;
mod pages;
mod same;
mod sessions;
mod uploads;
