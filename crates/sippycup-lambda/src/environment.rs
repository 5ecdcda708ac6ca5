//! The environment variables, read once.

use std::env;

use http::{Uri, uri::Authority};
use sippycup_core::{BASE_PATH_VARIABLE, BasePath};
use sippycup_layer::SippyCupLayer;

use crate::ServeError;

/// Whether this process is a Lambda function.
pub(crate) fn on_lambda() -> bool {
    env::var_os("AWS_LAMBDA_RUNTIME_API").is_some()
}

#[cfg(not(feature = "local"))]
pub(crate) fn not_on_lambda() -> ServeError {
    ServeError::environment(
        "not on Lambda (no `AWS_LAMBDA_RUNTIME_API`), and built without feature `local` that would serve here",
    )
}

/// Fails with all that is missing at once; `lambda_runtime` would panic at the first.
pub(crate) fn check() -> Result<(), ServeError> {
    let mut wrong = Vec::new();
    let api = env::var("AWS_LAMBDA_RUNTIME_API").ok().and_then(|api| api.parse::<Uri>().ok());
    if api.is_none_or(|api| api.authority().is_none()) {
        wrong.push("AWS_LAMBDA_RUNTIME_API (a host and port)");
    }
    for name in ["AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION"] {
        if env::var(name).is_err() {
            wrong.push(name);
        }
    }
    let memory = env::var("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").ok();
    if memory.is_none_or(|megabytes| megabytes.parse::<i32>().is_err()) {
        wrong.push("AWS_LAMBDA_FUNCTION_MEMORY_SIZE (a number)");
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(ServeError::environment(format!("not a Lambda environment: expected the variables {}", wrong.join(", "))))
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
