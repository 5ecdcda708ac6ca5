//! Messages to connections, through the API Gateway Management API.

use std::{env, sync::OnceLock};

use aws_sdk_apigatewaymanagement::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region},
    primitives::Blob,
};
use aws_smithy_http_client::{Builder, tls};
use sippycup::{BoxError, Connection};

/// A client of the Management API, made with the first message: only an event says which API it is.
pub(crate) struct Push {
    /// Where messages are posted, if not where the event says.
    endpoint: Option<String>,
    credentials: Credentials,
    client: OnceLock<Client>,
}

/// What became of a message.
pub(crate) enum Pushed {
    Arrived,
    /// The connection is no longer there.
    Gone,
}

impl Push {
    /// With the credentials of the function's role, which Lambda puts into the environment. The crate `aws-config` reads them
    /// from everywhere else too, and is as large as all the rest. `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI` is for a Management
    /// API that is not AWS's; `sippycup serve` sets it.
    pub(crate) fn of_the_function() -> Result<Self, BoxError> {
        let variable = |name: &str| env::var(name).map_err(|_| format!("expected the variable `{name}`"));
        let (key, secret) = (variable("AWS_ACCESS_KEY_ID")?, variable("AWS_SECRET_ACCESS_KEY")?);
        let credentials = Credentials::new(key, secret, env::var("AWS_SESSION_TOKEN").ok(), None, "environment");
        Ok(Self::new(env::var("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI").ok(), credentials))
    }

    pub(crate) fn new(endpoint: Option<String>, credentials: Credentials) -> Self {
        Self { endpoint, credentials, client: OnceLock::new() }
    }

    /// Posts a message to the connection with this id, of the API that `from` is a connection of.
    pub(crate) async fn post(&self, from: &Connection, id: &str, message: Vec<u8>) -> Result<Pushed, BoxError> {
        let client = match self.client.get() {
            Some(client) => client,
            None => {
                let client = self.client(from)?;
                self.client.get_or_init(|| client)
            }
        };
        let posted = client.post_to_connection().connection_id(id).data(Blob::new(message)).send().await;
        match posted.map_err(|error| error.into_service_error()) {
            Ok(_) => Ok(Pushed::Arrived),
            Err(error) if error.is_gone_exception() => Ok(Pushed::Gone),
            Err(error) => Err(error.into()),
        }
    }

    fn client(&self, from: &Connection) -> Result<Client, BoxError> {
        let region = env::var("AWS_REGION").unwrap_or_else(|_| "us-east-1".to_owned());
        let endpoint = self.endpoint.clone().or_else(|| from.management_endpoint(&region));
        let endpoint = endpoint.ok_or("expected an API and a stage in the event, found none")?;
        let http =
            Builder::new().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)).build_https();
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region))
            .credentials_provider(self.credentials.clone())
            .http_client(http)
            .endpoint_url(endpoint)
            .build();
        Ok(Client::from_conf(config))
    }
}
