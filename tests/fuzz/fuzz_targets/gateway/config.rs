//! The file that describes gateways and functions.

use std::{env, fs, process, sync::LazyLock};

use clap::{Args, Command, FromArgMatches};

use crate::plan::Plan;

/// Read from a file as the command does; its errors show the line.
pub(crate) fn toml(text: &[u8]) {
    static FLAGS: LazyLock<Plan> = LazyLock::new(|| {
        let command = Plan::augment_args(Command::new("fuzz"));
        Plan::from_arg_matches(&command.get_matches_from(["fuzz"])).unwrap()
    });
    let path = env::temp_dir().join(format!("sippycup-fuzz-{}.toml", process::id()));
    fs::write(&path, text).unwrap();
    if let Err(error) = Plan::read(&path, &FLAGS) {
        let _ = error.to_string();
    }
}
