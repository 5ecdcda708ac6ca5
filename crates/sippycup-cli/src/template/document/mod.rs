//! What stands in a file, with its place: YAML and JSON as nodes, before anybody knows what they mean.

pub(crate) mod fault;
pub(crate) mod find;
pub(crate) mod node;
pub(crate) mod source;
pub(crate) mod yaml;
