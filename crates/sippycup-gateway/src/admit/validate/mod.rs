//! Request validation of a REST API: required parameters, and bodies that fit a model.
//!
//! Sources: "Request validation for REST APIs in API Gateway", "Data models for REST APIs".

mod check;
mod equal;
mod schema;

use std::collections::BTreeSet;

use http::header::CONTENT_TYPE;
use serde_json::Value;

use crate::ConfigError;
use crate::refusal::{Refusal, Refused};
use crate::request::{Call, RequestParameter};
use schema::Schema;

/// What a REST API checks of a request before the function is asked: a request that lacks a required parameter, or whose body does not fit its model, gets 400.
///
/// ```
/// use bytes::Bytes;
/// use http::Request;
/// use serde_json::json;
/// use sippycup_gateway::{Body, BoxError, Gateway, Kind, RequestValidator};
/// use tower::{ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let item = json!({"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}});
/// let validator = RequestValidator::new()
///     .required_parameter("method.request.querystring.dry-run")
///     .model("application/json", "Item", item);
/// let function = service_fn(async |_event: Bytes| Ok::<_, BoxError>(Bytes::from_static(br#"{"statusCode": 200}"#)));
/// let gateway = Gateway::builder(Kind::RestApi).request_validator(validator).build(function)?;
///
/// let request = Request::post("/prod/items?dry-run=yes").body(Body::from(r#"{"name": 5}"#))?;
/// assert_eq!(gateway.clone().oneshot(request).await?.status(), 400);
/// let request = Request::post("/prod/items?dry-run=yes").body(Body::from(r#"{"name": "cup"}"#))?;
/// assert_eq!(gateway.oneshot(request).await?.status(), 200);
/// # Ok::<(), BoxError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct RequestValidator {
    /// In the order in which AWS names those that are missing.
    parameters: Vec<RequestParameter>,
    /// Names of models by content types.
    models: Vec<(String, String)>,
    schema: Schema,
    error: Option<ConfigError>,
}

impl RequestValidator {
    /// A validator that checks nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a parameter that a request must have, and that must not be blank: `method.request.header.X-Tag`, `method.request.querystring.q` or `method.request.path.id`.
    pub fn required_parameter(mut self, parameter: &str) -> Self {
        match RequestParameter::parse(parameter) {
            Some(found) => {
                self.parameters.push(found);
                self.parameters.sort();
                self.parameters.dedup();
            }
            None => self.fails(format!(
                "expected a required parameter such as `method.request.querystring.q`, found `{}`",
                parameter.escape_debug()
            )),
        }
        self
    }

    /// Adds the model of a content type: a JSON schema of draft 4 that a body of this type must fit. `$default` is the model of all content types that have none of their own.
    /// A body whose content type has no model is not checked; a request without a content type counts as one of `application/json`.
    ///
    /// A `pattern` has the syntax of the crate `regex-lite`. `format` is not checked.
    pub fn model(mut self, content_type: &str, name: &str, schema: Value) -> Self {
        if self.models.iter().any(|(known, _)| known.eq_ignore_ascii_case(content_type)) {
            self.fails(format!("the content type `{}` has a model already", content_type.escape_debug()));
        }
        self.models.push((content_type.to_owned(), name.to_owned()));
        self.named(name, schema)
    }

    /// Adds a model that others refer to: `{"$ref": "https://apigateway.amazonaws.com/restapis/API/models/NAME"}`, or `#/definitions/NAME`.
    pub fn named(mut self, name: &str, schema: Value) -> Self {
        self.schema.add(name, schema);
        self
    }

    /// Whether nothing is checked.
    pub(crate) fn is_empty(&self) -> bool {
        self.parameters.is_empty() && self.models.is_empty()
    }

    pub(crate) fn finish(&mut self) -> Result<(), ConfigError> {
        match &self.error {
            Some(error) => Err(error.clone()),
            None => self.schema.finish(),
        }
    }

    fn fails(&mut self, message: String) {
        self.error.get_or_insert_with(|| ConfigError::new(message));
    }

    /// Refuses a request that lacks a required parameter or whose body does not fit.
    pub(crate) fn admit(&self, call: &Call<'_>) -> Result<(), Refused> {
        let is_missing = |parameter: &&RequestParameter| parameter.of(call).is_none_or(|value| value.trim().is_empty());
        let missing: Vec<_> = self.parameters.iter().filter(is_missing).map(RequestParameter::name).collect();
        if !missing.is_empty() {
            let message = format!("Missing required request parameters: [{}]", missing.join(", "));
            let reason = format!("required and missing or blank: {}", missing.join(", "));
            return Err(Refused::new(Refusal::BadRequestParameters, reason).tell("BadRequestException", &message));
        }
        self.models_of(call).try_for_each(|model| self.fits(model, call.body))
    }

    fn fits(&self, model: &str, body: &[u8]) -> Result<(), Refused> {
        let wrong = |reason: String, validation: String| {
            Err(Refused::new(Refusal::BadRequestBody, reason).invalid("Invalid request body", validation))
        };
        // An empty body is checked as an empty object.
        let body: &[u8] = if body.is_empty() { b"{}" } else { body };
        let Ok(body) = serde_json::from_slice::<Value>(body) else {
            return wrong(format!("the body is no JSON, and its model `{model}` is about JSON"), String::new());
        };
        let found = check::violations(&self.schema, model, &body);
        let Some(first) = found.first() else { return Ok(()) };
        let texts: Vec<&str> = found.iter().map(|violation| violation.text.as_str()).collect();
        let reason = format!("the body does not fit the model `{model}`: `{}` at `{}`", first.keyword, first.pointer);
        wrong(reason, format!("[{}]", texts.join(", ")))
    }

    /// The models of the content types that a request names: if it names several, the function may use any of them.
    fn models_of(&self, call: &Call<'_>) -> impl Iterator<Item = &str> {
        let sent: Vec<_> = call
            .parts
            .headers
            .get_all(CONTENT_TYPE)
            .iter()
            .map(|sent| String::from_utf8_lossy(sent.as_bytes()))
            .collect();
        let of = |sort: &str| self.models.iter().find(|(known, _)| known.eq_ignore_ascii_case(sort));
        let model = |sent: &str| {
            let sort = sent.split_once(';').map_or(sent, |(sort, _)| sort).trim();
            of(sort).or_else(|| of("$default")).map(|(_, name)| name.as_str())
        };
        let found: BTreeSet<_> = match sent.is_empty() {
            true => model("application/json").into_iter().collect(),
            false => sent.iter().filter_map(|sent| model(sent)).collect(),
        };
        found.into_iter()
    }
}
