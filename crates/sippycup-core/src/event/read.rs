//! An event that was read and is not yet a request.

use bytes::Bytes;
use http::HeaderMap;

use super::{headers::headers, wire::Wire};
use crate::{
    error::EventError,
    json::{Fault, LIMIT},
};

/// The bytes of an event, and where in them stands what it says.
#[derive(Default)]
pub(super) struct Read {
    pub(super) json: Bytes,
    pub(super) wire: Wire,
    pub(super) headers: HeaderMap,
}

impl Read {
    /// In a box because an event moves several times on its way to the app.
    pub(super) fn new(json: Bytes) -> Result<Box<Self>, EventError> {
        if json.len() >= LIMIT {
            return Err(EventError::member("$", "an event of less than 256 MiB", "more"));
        }
        let mut read = Box::<Self>::default();
        read.json = json;
        match read.walk() {
            Ok(()) => Ok(read),
            Err(fault) => Err(EventError::json(&read.json, fault)),
        }
    }

    fn walk(&mut self) -> Result<(), Fault> {
        self.wire.read(&self.json)?;
        self.headers = headers(&self.json, &self.wire)?;
        Ok(())
    }
}
