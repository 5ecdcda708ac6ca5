//! What is known of a connection from its handshake on.

use std::net::IpAddr;

use serde_json::{Map, Value};

/// What every event of a connection says of it.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) id: String,
    pub(crate) domain_name: String,
    pub(crate) connected_at: u64,
    pub(crate) source_ip: IpAddr,
    pub(crate) user_agent: Option<String>,
    pub(crate) authorizer: Option<Value>,
    /// What `identity` has of the principal who signed the handshake.
    pub(crate) signer: Map<String, Value>,
}
