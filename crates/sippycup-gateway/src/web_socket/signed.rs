//! Who calls the Management API: on AWS each call has a signature, and here too where somebody has given the keys.

use bytes::Bytes;
use http::request::Parts;

use crate::Guard;
use crate::config::Config;
use crate::observe::Exchange;
use crate::refusal::Refused;
use crate::request::{Accepted, Call, Passed};
use crate::stamp::Stamp;

/// The keys of an API that checks signatures, and the call that they are asked about.
#[derive(Debug)]
pub(super) struct Signers<'a> {
    pub(super) guard: &'a Guard,
    pub(super) accepted: &'a Accepted,
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
        let (front, passed, stamp) = (&config.front, &Passed::default(), self.stamp);
        let call = Call { front, parts, accepted: self.accepted, body: message, passed, stamp };
        self.guard.admit(&call, &mut Passed::default(), exchange).await
    }
}
