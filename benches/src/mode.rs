//! What a bench target was asked for.

use std::env;

/// `cargo bench -p sippycup-benches`, with `-- --check` or `-- --test` behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mode {
    /// Measures everything and writes `RESULTS.md`.
    Full,
    /// Compares instruction counts with the committed ones, or with each other.
    Check,
    /// Measures everything and only writes the counts that [`Check`](Self::Check) compares with.
    Update,
    /// Runs everything once, to see that it runs.
    Test,
}

impl Mode {
    /// From the arguments. `cargo test` runs bench targets too, without the `--bench` that `cargo bench` adds.
    pub fn get() -> Self {
        let has = |wanted: &str| env::args().any(|argument| argument == wanted);
        match () {
            () if has("--check") => Self::Check,
            () if has("--update") => Self::Update,
            () if has("--test") || !has("--bench") => Self::Test,
            () => Self::Full,
        }
    }
}
