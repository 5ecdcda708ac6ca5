//! One request, and what the gateway finds out about it on the way to the function: who sends it, where it belongs, what it may.

pub(crate) mod identity;
pub(crate) mod names;
pub(crate) mod parameter;
pub(crate) mod query;
pub(crate) mod secured;
pub(crate) mod tenant;
pub(crate) mod verdict;
pub(crate) mod visitor;

use std::borrow::Cow;
use std::net::IpAddr;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method};

pub use self::identity::{Authorizer, ClientCertificate};
pub use self::names::HeaderNames;
pub(crate) use self::parameter::RequestParameter;
pub(crate) use self::secured::Secured;
pub(crate) use self::tenant::TenantSource;
pub use self::verdict::Verdict;
pub(crate) use self::visitor::{OverTcp, Visitor};
use crate::Kind;
use crate::front::FrontDoor;
use crate::location::{Located, Matched};
use crate::observe::Step;
use crate::stamp::Stamp;

/// One request with everything the gateway found out about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) front: &'a FrontDoor,
    /// As it was sent, but for the host of an absolute target and what the rules of a listener rewrite.
    pub(crate) parts: &'a Parts,
    pub(crate) accepted: &'a Accepted,
    pub(crate) body: &'a Bytes,
    pub(crate) passed: &'a Passed,
    pub(crate) stamp: &'a Stamp,
}

impl<'a> Call<'a> {
    pub(crate) const fn kind(&self) -> Kind {
        self.front.location.kind
    }

    /// The first value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<Cow<'a, str>> {
        self.parts.headers.get(name).map(text)
    }

    pub(crate) fn header_text(&self, name: &str) -> Option<String> {
        self.header(name).map(Cow::into_owned)
    }

    /// As the client spells them, if that is known.
    pub(crate) fn names(&self) -> Option<&'a HeaderNames> {
        self.parts.extensions.get()
    }

    pub(crate) fn secured(&self) -> Option<&'a Secured> {
        self.parts.extensions.get()
    }

    pub(crate) fn source_ip(&self) -> IpAddr {
        self.front.source_ip(&self.parts.extensions)
    }

    pub(crate) fn stage_variable(&self, name: &str) -> Option<String> {
        self.front.stage_variables.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }
}

/// Where a request belongs.
#[derive(Debug)]
pub(crate) struct Accepted {
    /// What is asked for: a client of a REST API can override the method of the request line.
    pub(crate) method: Method,
    pub(crate) located: Located,
    pub(crate) matched: Matched,
    pub(crate) visitor: Visitor,
}

impl Accepted {
    pub(crate) fn step<'a>(&'a self, front: &'a FrontDoor) -> Step<'a> {
        let Located { domain_name, mapping, route_path, .. } = &self.located;
        let stage = front.location.kind.is_api_gateway().then_some(&*front.location.stage);
        Step::Routed {
            domain: domain_name,
            mapping: mapping.as_deref(),
            stage,
            route: &self.matched.key,
            path: route_path,
        }
    }
}

/// What was found out about a request that may go on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Passed {
    pub(crate) authorizer: Option<Authorizer>,
    pub(crate) api_key: Option<String>,
    /// The API key that the authorizer names.
    #[cfg(feature = "authorizers")]
    pub(crate) usage_key: Option<String>,
    /// What the authorizer said, if there is one, also about a request that may not go on.
    pub(crate) verdict: Option<Verdict>,
}

/// A header value as JSON can hold it: what is not UTF-8 becomes U+FFFD.
pub(crate) fn text(value: &HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}
