//! The front door as its events, its authorizers and its refusals know it: where it is, and what it is called.

use std::net::{IpAddr, SocketAddr};

use crate::location::Location;
use crate::request::{Authorizer, ClientCertificate};

/// What is not about one request, and still stands in events.
#[derive(Clone, Debug)]
pub(crate) struct FrontDoor {
    pub(crate) location: Location,
    pub(crate) target_group: Option<String>,
    pub(crate) stage_variables: Vec<(String, String)>,
    pub(crate) binary_media_types: Vec<String>,
    /// What an authorizer found out, injected instead of asked.
    pub(crate) authorizer: Option<Authorizer>,
    pub(crate) client_certificate: Option<ClientCertificate>,
    /// Of which a token must have one.
    #[cfg(feature = "authorizers")]
    pub(crate) scopes: Vec<String>,
    pub(crate) source_ip: Option<IpAddr>,
    pub(crate) account_id: String,
    pub(crate) api_id: String,
    pub(crate) region: String,
    pub(crate) forwarded_proto: String,
    pub(crate) forwarded_port: u16,
}

impl FrontDoor {
    pub(crate) fn new(location: Location) -> Self {
        Self {
            location,
            target_group: None,
            stage_variables: Vec::new(),
            binary_media_types: Vec::new(),
            authorizer: None,
            client_certificate: None,
            #[cfg(feature = "authorizers")]
            scopes: Vec::new(),
            source_ip: None,
            account_id: "123456789012".to_owned(),
            api_id: "a1b2c3d4e5".to_owned(),
            region: "us-east-1".to_owned(),
            forwarded_proto: "https".to_owned(),
            forwarded_port: 443,
        }
    }

    /// What the ARNs of the API begin with.
    #[cfg(feature = "authorizers")]
    pub(crate) fn api_arn(&self) -> String {
        format!("arn:aws:execute-api:{}:{}:{}", self.region, self.account_id, self.api_id)
    }

    pub(crate) fn source_ip(&self, extensions: &http::Extensions) -> IpAddr {
        let peer = || extensions.get::<SocketAddr>().map(SocketAddr::ip);
        self.source_ip.or_else(peer).unwrap_or(IpAddr::from([127, 0, 0, 1]))
    }
}
