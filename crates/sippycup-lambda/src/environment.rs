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

/// How many invocations Lambda gives at once.
pub(crate) fn concurrency() -> NonZeroU16 {
    let Some(number) = env::var_os(CONCURRENCY) else { return NonZeroU16::MIN };
    number.to_str().and_then(|number| number.parse().ok()).unwrap_or_else(|| {
        log::warn("", format_args!("expected a number from 1 to 65535 in `{CONCURRENCY}`, found {number:?}"));
        NonZeroU16::MIN
    })
}

/// Whether the process goes on from a snapshot.
pub(crate) fn is_snapshot() -> bool {
    env::var_os(INITIALIZATION).is_some_and(|kind| kind == "snap-start")
}

#[cfg(not(feature = "local"))]
pub(crate) fn not_on_lambda() -> ServeError {
    ServeError::environment(format!(
        "not on Lambda (no `{RUNTIME_API}`), and built without feature `local` that would serve here"
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
const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";
/// See [Lambda Managed Instances](https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html).
const CONCURRENCY: &str = "AWS_LAMBDA_MAX_CONCURRENCY";
/// See [Defined runtime environment variables](https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html).
const INITIALIZATION: &str = "AWS_LAMBDA_INITIALIZATION_TYPE";
