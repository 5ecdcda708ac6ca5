//! Events of services that are no front door: a queue's, a schedule's, an authorizer's.
//!
//! `event` prints one, `send` invokes a function with it and says what Lambda makes of the answer.

mod elsewhere;
mod send;
mod service;
mod shapes;
mod verdict;

pub(crate) use send::{Arguments as Send, send};
pub(crate) use service::{About, Service};
