//! The example as a process on a Managed Instance.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests are tests, but clippy's exemption knows only test functions"
)]

mod support;

#[tokio::test]
async fn requests_at_the_same_time_are_told_their_own_address() {
    support::assert_described(env!("CARGO_BIN_EXE_openapi"), &[]).await;
}
