//! What a request shows to rules.

use std::net::IpAddr;

use http::request::Parts;
use http::{HeaderMap, Method};

use crate::location::host::named_host;

/// What a request shows to rules.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a Method,
    /// With or without a port, empty if there is none.
    pub(crate) host: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    /// The address of the connection.
    pub(crate) peer: IpAddr,
}

impl<'a> Asked<'a> {
    pub(crate) fn new(parts: &'a Parts, peer: IpAddr) -> Self {
        let path = if parts.uri.path().is_empty() { "/" } else { parts.uri.path() };
        Self {
            method: &parts.method,
            host: named_host(&parts.uri, &parts.headers),
            path,
            query: parts.uri.query().unwrap_or_default(),
            headers: &parts.headers,
            peer,
        }
    }
}
