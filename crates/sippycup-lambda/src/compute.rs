//! Which kind of compute the process is on. It is decided once, by environment variables.

use std::sync::Arc;

use sippycup_core::EventSource;

#[cfg(feature = "server")]
use crate::server::Place;
use crate::{ServeError, environment, log, runtime_api::Endpoint};

/// Where requests come from.
#[derive(Debug)]
pub(crate) enum Compute {
    /// The process listens: a Web Function, or a container.
    #[cfg(feature = "server")]
    Server(Place),
    /// A function, or Managed Instances.
    RuntimeApi(Arc<Endpoint>),
    /// The local gateway.
    #[cfg(feature = "local")]
    Local,
}

impl Compute {
    /// The first variable that is set decides: a Web Function has a Runtime API too, and a function's own variables must
    /// not turn it into a server.
    pub(crate) fn decide() -> Result<Self, ServeError> {
        if let Some(address) = environment::http_endpoint()? {
            return Self::listen(EventSource::WebFunction, &address);
        }
        if let Some(endpoint) = environment::runtime_api()? {
            log::info(format_args!("Lambda function: events come from the Runtime API at {}", endpoint.address()));
            return Ok(Self::RuntimeApi(endpoint));
        }
        match environment::listen()? {
            Some(address) => Self::listen(EventSource::Server, &address),
            #[cfg(feature = "local")]
            None => Ok(Self::Local),
            #[cfg(not(feature = "local"))]
            None => Err(environment::nowhere()),
        }
    }

    #[cfg(feature = "server")]
    fn listen(source: EventSource, address: &str) -> Result<Self, ServeError> {
        Ok(Self::Server(Place::new(source, address)))
    }

    #[cfg(not(feature = "server"))]
    fn listen(_: EventSource, address: &str) -> Result<Self, ServeError> {
        Err(environment::no_server(address))
    }
}
