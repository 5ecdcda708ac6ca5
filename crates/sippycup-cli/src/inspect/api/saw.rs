//! What an app behind SippyCup gets of an event, with SippyCup's defaults.

use serde_json::{Value, json};
use sippycup_core::{BasePath, ClientIp, EventOptions, PathParameters, ProxyEvent, PublicUri, StageVariables};

/// The request as the app has it, or why there is none.
pub(super) fn saw(event: &[u8]) -> Value {
    let request = ProxyEvent::from_bytes(event.to_vec()).and_then(|event| event.into_request(&EventOptions::default()));
    let request = match request {
        Ok(request) => request,
        Err(error) => return json!({ "error": error.to_string() }),
    };
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers: Vec<_> = request.headers().iter().map(|(name, value)| json!({ name.as_str(): text(value) })).collect();
    let extensions = request.extensions();
    let parameters = extensions.get::<PathParameters>();
    let variables = extensions.get::<StageVariables>();
    json!({
        "method": request.method().as_str(),
        "uri": request.uri().to_string(),
        "headers": headers,
        "body": format!("{} bytes", request.body().len()),
        "basePath": extensions.get::<BasePath>().map(BasePath::as_str),
        "publicUri": extensions.get::<PublicUri>().map(ToString::to_string),
        "clientIp": extensions.get::<ClientIp>().map(|ip| ip.ip().to_string()),
        "pathParameters": parameters.map(|pairs| pairs.iter().map(|(name, value)| json!({ name: value })).collect::<Vec<_>>()),
        "stageVariables": variables.map(|pairs| pairs.iter().map(|(name, value)| json!({ name: value })).collect::<Vec<_>>()),
    })
}
