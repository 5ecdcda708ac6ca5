//! What stands in a file, with its place: YAML and JSON as nodes, before anybody knows what they mean.

mod fault;
pub(crate) mod find;
mod node;
mod source;
pub(crate) mod yaml;

pub(crate) use fault::{Fault, Span};
pub(crate) use node::{Entry, Node, Shape};
pub(crate) use source::Sources;
