//! Tells the tests whether the recordings that do not live in this repository are there. libtest counts a test
//! as ignored only if it was compiled so.

#![allow(clippy::expect_used, reason = "a build that cannot go on must stop")]

use std::{
    env,
    path::{self, PathBuf},
};

fn main() {
    println!("cargo::rustc-check-cfg=cfg(shared)");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=SIPPYCUP_SHARED");
    let root = env::var_os("SIPPYCUP_SHARED").map_or_else(|| PathBuf::from("../../shared"), PathBuf::from);
    let root = path::absolute(root).expect("a working directory");
    println!("cargo::rustc-env=SIPPYCUP_SHARED={}", root.display());
    // To watch a path that is not there would build everything anew each time. Who puts it there later says so
    // through the variable.
    if root.is_dir() {
        println!("cargo::rerun-if-changed={}", root.display());
        println!("cargo::rustc-cfg=shared");
    }
}
