//! The [Extensions API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html), as far as an internal
//! extension without events uses it. Lambda tells a process that it is to end only if there is an extension.

use http::{HeaderName, HeaderValue, Method, header::CONTENT_TYPE};

use super::{Error, RuntimeApi, connection::NoReply, outgoing::Outgoing};

/// What Lambda calls an extension by.
pub(crate) struct Registration(HeaderValue);

impl RuntimeApi {
    /// Registers the process as an extension; it must not have asked for an event.
    pub(crate) async fn register(&mut self) -> Result<Registration, String> {
        let path = self.connection.endpoint().path(&["/2020-01-01/extension/register"]);
        // On Managed Instances an extension that wants events is refused.
        let mut request = self.request(Method::POST, path, Outgoing::Whole(r#"{"events":[]}"#.into()));
        let headers = request.headers_mut();
        headers.insert(NAME, HeaderValue::from_static("sippycup"));
        // Emulators take nothing else for JSON.
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        match self.connection.exchange(request, LIMIT).await {
            Ok(mut reply) if reply.status.is_success() => {
                reply.headers.remove(IDENTIFIER).map(Registration).ok_or_else(|| "it gave no identifier".to_owned())
            }
            Ok(reply) => Err(format!("it said {}: {}", reply.status, reply.text())),
            Err(NoReply::Broken) => Err("the connection broke".to_owned()),
            Err(NoReply::Unreachable(error)) => Err(error.to_string()),
        }
    }

    /// Asks for the extension's events, of which there are none: an extension that does not ask is not ready. Ends if
    /// the Runtime API is gone.
    pub(crate) async fn hold(&mut self, registration: &Registration) -> Result<(), Error> {
        let path = self.connection.endpoint().path(&["/2020-01-01/extension/event/next"]);
        loop {
            let mut request = self.request(Method::GET, path.clone(), Outgoing::Whole(Default::default()));
            request.headers_mut().insert(IDENTIFIER, registration.0.clone());
            match self.connection.exchange(request, LIMIT).await {
                Ok(reply) if reply.status.is_success() => self.patience.pause_again().await,
                Ok(reply) => {
                    let (status, said) = (reply.status, reply.text());
                    return Err(Error::Refused { what: "extension/event/next", status, said });
                }
                Err(NoReply::Broken) => self.broken().await?,
                Err(NoReply::Unreachable(error)) => return Err(self.unreachable(error)),
            }
        }
    }
}

const IDENTIFIER: HeaderName = HeaderName::from_static("lambda-extension-identifier");
const NAME: HeaderName = HeaderName::from_static("lambda-extension-name");
const LIMIT: usize = 64 << 10;
