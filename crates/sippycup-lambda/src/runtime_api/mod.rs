//! The [Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html), as one poll uses it: over one
//! connection, one request after the other.

mod connection;
mod endpoint;
mod error;
#[cfg(feature = "shutdown")]
mod extension;
mod next;
mod outgoing;
mod respond;
mod restore;
mod socket;

use std::{io, sync::Arc};

use http::{HeaderMap, Method, Request, header::HOST, uri::PathAndQuery};

#[cfg(feature = "lambda-runtime")]
pub(crate) use self::respond::{INVOCATION_ID, STREAMING};
use self::{connection::Connection, socket::Wakers};
pub(crate) use self::{endpoint::Endpoint, error::Error, next::Delivery, outgoing::Outgoing, respond::ERROR_TYPE};
use crate::patience::Patience;

/// A client of the Runtime API.
pub(crate) struct RuntimeApi {
    connection: Connection,
    /// What went wrong in a row with `next`.
    patience: Patience,
    /// The path of `next`.
    next: PathAndQuery,
    /// An empty map with room in it. That of a reply becomes that of a request and, in hyper, of a reply again.
    spare: HeaderMap,
}

impl RuntimeApi {
    /// Lends a client to what `uses` it.
    pub(crate) async fn lend<F: Future>(endpoint: Arc<Endpoint>, uses: impl FnOnce(Self) -> F) -> F::Output {
        let wakers = Arc::new(Wakers::new());
        let next = endpoint.path(&["/2018-06-01/runtime/invocation/next"]);
        let connection = Connection::new(endpoint, wakers.clone());
        wakers.attend(uses(Self { connection, patience: Patience::default(), next, spare: HeaderMap::new() })).await
    }

    fn request(&mut self, method: Method, path: PathAndQuery, body: Outgoing) -> Request<Outgoing> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = path.into();
        let headers = request.headers_mut();
        *headers = std::mem::take(&mut self.spare);
        headers.insert(HOST, self.connection.endpoint().host().clone());
        request
    }

    /// Waits before the next try with another connection.
    async fn broken(&mut self) -> Result<(), Error> {
        let pause = self.patience.pause().await;
        pause.map_err(|_| Error::Broken { address: self.connection.endpoint().address().to_owned() })
    }

    fn unreachable(&self, error: io::Error) -> Error {
        Error::Unreachable { address: self.connection.endpoint().address().to_owned(), error }
    }
}
