//! `lambda_runtime`'s context of an invocation, for apps that read it.

use std::{
    env,
    sync::{Arc, LazyLock},
};

use lambda_runtime::{Config, Context};

use crate::LambdaContext;

/// The one that `lambda_runtime` has made, where it polls. Else the same, except that nothing that is missing or broken is
/// an error.
pub(crate) fn context(ours: &LambdaContext) -> Context {
    ours.take_theirs().map_or_else(|| made(ours), |theirs| *theirs)
}

fn made(ours: &LambdaContext) -> Context {
    let owned = |value: Option<&str>| value.map(str::to_owned);
    let mut context = Context::default();
    context.request_id = ours.request_id().to_owned();
    context.deadline = ours.deadline_ms().unwrap_or_default();
    context.invoked_function_arn = owned(ours.invoked_function_arn()).unwrap_or_default();
    context.xray_trace_id = owned(ours.trace_id());
    context.client_context = ours.client_context().and_then(|json| serde_json::from_str(json.get()).ok());
    context.identity = ours.identity().and_then(|json| serde_json::from_str(json.get()).ok());
    context.tenant_id = owned(ours.tenant_id());
    context.env_config = CONFIG.clone();
    context
}

static CONFIG: LazyLock<Arc<Config>> = LazyLock::new(|| {
    let variable = |name| env::var(name).unwrap_or_default();
    Arc::new(Config {
        function_name: variable("AWS_LAMBDA_FUNCTION_NAME"),
        memory: variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").parse().unwrap_or_default(),
        version: variable("AWS_LAMBDA_FUNCTION_VERSION"),
        log_stream: variable("AWS_LAMBDA_LOG_STREAM_NAME"),
        log_group: variable("AWS_LAMBDA_LOG_GROUP_NAME"),
    })
});
