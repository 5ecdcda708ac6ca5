//! What processes find in their environment.

use crate::function::settings::Settings;
use crate::stamp::Stamper;

/// The environment of a function on Lambda (developer guide, "Defined runtime environment variables"). What the developer has set for region and handler stays.
pub(super) fn of_function(settings: &Settings, runtime_api: &str) -> Vec<(String, String)> {
    let inherited = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    let directory = settings.directory.clone().or_else(|| std::env::current_dir().ok()).unwrap_or_default();
    let stream = Stamper::default().stamp().uuid.replace('-', "");
    let region = inherited("AWS_REGION", &settings.region);
    let start = if settings.snap_start { "snap-start" } else { "on-demand" };
    let mut variables: Vec<(String, String)> = [
        ("AWS_DEFAULT_REGION", region.clone()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", settings.memory.to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", settings.name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", start.to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", settings.name)),
        ("AWS_LAMBDA_LOG_STREAM_NAME", format!("[$LATEST]{stream}")),
        ("AWS_LAMBDA_RUNTIME_API", runtime_api.to_owned()),
        ("AWS_REGION", region),
        ("LAMBDA_TASK_ROOT", directory.display().to_string()),
        ("TZ", inherited("TZ", ":UTC")),
        ("_HANDLER", settings.handler()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    if let Some(polls) = settings.max_concurrency {
        variables.push(("AWS_LAMBDA_MAX_CONCURRENCY".to_owned(), polls.to_string()));
    }
    variables.extend(settings.environment.iter().cloned());
    variables
}

/// The same without what Lambda keeps from extensions (developer guide, "Using the Lambda Extensions API to create extensions").
pub(super) fn of_extension(settings: &Settings, runtime_api: &str) -> Vec<(String, String)> {
    let mut variables = of_function(settings, runtime_api);
    variables.retain(|(name, _)| !NOT_OF_EXTENSIONS.contains(&name.as_str()));
    variables
}

pub(super) const NOT_OF_EXTENSIONS: [&str; 10] = [
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "_AWS_XRAY_DAEMON_ADDRESS",
    "_AWS_XRAY_DAEMON_PORT",
    "_HANDLER",
];
