//! The file that describes gateways and functions.

use std::{env, fs, process, sync::LazyLock};

use clap::{Args, Command, FromArgMatches};

use crate::plan::Plan;

/// Read from a file as the command does; its errors show the line.
pub(crate) fn toml(text: &[u8]) {
    if names_a_host(text) {
        return;
    }
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

/// Whether an address in it is a name, which would be looked up in the network.
fn names_a_host(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    ["listen", "attach"].iter().any(|key| {
        let values = text.split(key).skip(1).filter_map(|rest| rest.lines().next());
        values.into_iter().any(|value| value.split('#').next().unwrap().contains(|c: char| c.is_alphabetic()))
    })
}
