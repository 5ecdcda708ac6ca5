//! The `sippycup-gateway` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    sippycup_gateway::command::main()
}
