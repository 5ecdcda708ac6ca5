//! The environment variables, read once.

use std::{env, num::NonZeroU16, sync::Arc};

use http::uri::Authority;
use sippycup_core::{BASE_PATH_VARIABLE, BasePath};
use sippycup_layer::SippyCupLayer;

use crate::{ServeError, log, runtime_api::Endpoint};

/// Where the Runtime API is; `None` off Lambda.
pub(crate) fn runtime_api() -> Result<Option<Arc<Endpoint>>, ServeError> {
    let Some(address) = env::var_os(RUNTIME_API) else { return Ok(None) };
    let endpoint = address.to_str().and_then(Endpoint::parse);
    let endpoint = endpoint.ok_or_else(|| {
        ServeError::environment(format!("expected a host and port in `{RUNTIME_API}`, found {address:?}"))
    })?;
    Ok(Some(Arc::new(endpoint)))
}

/// Whether Lambda started the process.
#[cfg(any(feature = "logging", feature = "metrics"))]
pub(crate) fn is_lambda() -> bool {
    [RUNTIME_API, HTTP_ENDPOINT].into_iter().any(|name| env::var_os(name).is_some())
}

/// Whether Lambda starts environments as invocations come, and not before.
pub(crate) fn is_on_demand() -> bool {
    env::var_os(INITIALIZATION).is_none_or(|kind| kind == "on-demand")
}

/// How many invocations Lambda gives at the same time.
pub(crate) fn concurrency() -> NonZeroU16 {
    let Some(number) = env::var_os(CONCURRENCY) else { return NonZeroU16::MIN };
    number.to_str().and_then(|number| number.parse().ok()).unwrap_or_else(|| {
        log::warn("", format_args!("expected a number from 1 to 65535 in `{CONCURRENCY}`, found {number:?}"));
        NonZeroU16::MIN
    })
}

/// Whether the process continues from a snapshot.
pub(crate) fn is_snapshot() -> bool {
    env::var_os(INITIALIZATION).is_some_and(|kind| kind == "snap-start")
}

/// Where a Web Function must listen; `None` elsewhere.
pub(crate) fn http_endpoint() -> Result<Option<String>, ServeError> {
    listener(HTTP_ENDPOINT)
}

/// Where a server without a front door must listen.
pub(crate) fn listen() -> Result<Option<String>, ServeError> {
    listener(LISTEN)
}

fn listener(name: &str) -> Result<Option<String>, ServeError> {
    let Some(address) = env::var_os(name) else { return Ok(None) };
    let text = address.to_str().filter(|text| {
        text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
    });
    let text = text.ok_or_else(|| {
        ServeError::environment(format!("expected a host and port like `0.0.0.0:8080` in `{name}`, found {address:?}"))
    })?;
    Ok(Some(text.to_owned()))
}

/// The process must listen and cannot.
#[cfg(not(feature = "server"))]
pub(crate) fn no_server(address: &str) -> ServeError {
    ServeError::environment(format!(
        "expected feature `server`, without which nothing can listen on {address} as `{HTTP_ENDPOINT}` or `{LISTEN}` says"
    ))
}

#[cfg(not(feature = "local"))]
pub(crate) fn nowhere() -> ServeError {
    ServeError::environment(format!(
        "not on Lambda (no `{RUNTIME_API}`), and built without feature `local` that would serve here; with feature `server` the app listens where `{LISTEN}` says"
    ))
}

/// The layer with the base path and the public host of the environment, where it states them.
pub(crate) fn with_variables(mut layer: SippyCupLayer) -> Result<SippyCupLayer, ServeError> {
    if let Ok(path) = env::var(BASE_PATH_VARIABLE) {
        layer = layer.base_path_fallback(BasePath::from_lossy(&path));
    }
    if let Ok(host) = env::var(PUBLIC_HOST_VARIABLE) {
        let host = host.parse::<Authority>().map_err(|_| {
            ServeError::environment(format!("expected a host like `shop.example.com` in `{PUBLIC_HOST_VARIABLE}`"))
        })?;
        layer = layer.public_host_fallback(host);
    }
    Ok(layer)
}

/// States the public host, for deployments behind a CDN or another proxy.
const PUBLIC_HOST_VARIABLE: &str = "SIPPYCUP_PUBLIC_HOST";
/// See [Web Functions](https://docs.aws.amazon.com/lambda/latest/dg/web-functions-revisions-env-vars.html).
const HTTP_ENDPOINT: &str = "AWS_LAMBDA_HTTP_ENDPOINT";
const LISTEN: &str = "SIPPYCUP_LISTEN";
const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";
/// See [Lambda Managed Instances](https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html).
const CONCURRENCY: &str = "AWS_LAMBDA_MAX_CONCURRENCY";
/// See [Defined runtime environment variables](https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html).
const INITIALIZATION: &str = "AWS_LAMBDA_INITIALIZATION_TYPE";
