//! The `sippycup-gateway` command.

fn main() {}
