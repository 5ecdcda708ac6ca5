//! The gateway against what AWS says, and against everything that can go wrong.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests are tests, but clippy's exemption knows only test functions"
)]

mod answers;
#[cfg(feature = "authorizers")]
mod authorizers;
mod cors;
mod events;
mod function;
mod gateway_responses;
mod health;
mod hints;
mod hostile;
mod invoke_api;
mod limits;
mod observe;
mod plans;
mod routing_rules;
mod rules;
mod scripted;
mod streams;
mod support;
mod tcp;
mod tenants;
#[cfg(feature = "tls")]
mod tls;
mod validators;
mod web_socket;
