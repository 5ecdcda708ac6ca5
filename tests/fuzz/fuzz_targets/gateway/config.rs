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
    match Plan::read(&path, &FLAGS) {
        Ok((_, listeners)) => listeners.into_iter().flat_map(|listener| listener.gateways).for_each(|(gateway, _)| {
            gateway.build(()).unwrap();
        }),
        Err(error) => drop(error.to_string()),
    }
}
