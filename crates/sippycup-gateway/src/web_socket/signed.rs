//! Who calls the Management API: on AWS each call has a signature, and here too where somebody has given the keys.

use bytes::Bytes;
use http::request::Parts;

use super::api::Arrived;
use crate::Guard;
use crate::admit::Passed;
use crate::config::Config;
use crate::encode::Call;
use crate::names::HeaderNames;
use crate::observe::{Exchange, Step};
use crate::refusal::Refused;
use crate::route::Matched;
use crate::secured::Secured;
use crate::stamp::Stamp;

/// The keys of an API that checks signatures, and the call that they are asked about.
#[derive(Debug)]
pub(super) struct Signers<'a> {
    pub(super) guard: &'a Guard,
    pub(super) arrived: &'a Arrived,
    pub(super) stamp: &'a Stamp,
}

impl Signers<'_> {
    /// Refuses a call that none of them has signed.
    pub(super) async fn admit(
        &self,
        config: &Config,
        parts: &Parts,
        message: &Bytes,
        exchange: &Exchange,
    ) -> Result<(), Refused> {
        let nothing = Matched { template: String::new(), key: String::new(), parameters: Vec::new() };
        let unknown = Passed::default();
        let call = Call {
            config,
            method: &parts.method,
            sent_method: &parts.method,
            path: parts.uri.path(),
            guard: None,
            query: parts.uri.query(),
            headers: &parts.headers,
            names: parts.extensions.get::<HeaderNames>(),
            body: message,
            located: &self.arrived.located,
            matched: &nothing,
            visitor: self.arrived.visitor,
            passed: &unknown,
            source_ip: config.source_ip(&parts.extensions),
            secured: parts.extensions.get::<Secured>(),
            stamp: self.stamp,
        };
        let mut passed = Passed::default();
        let admitted = self.guard.admit(&call, &mut passed).await;
        if let Some(verdict) = &passed.verdict {
            exchange.tell(|| Step::Authorized(verdict));
        }
        admitted
    }
}
