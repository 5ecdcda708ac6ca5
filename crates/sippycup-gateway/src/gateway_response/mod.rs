//! Gateway responses of a REST API: what clients get where the API itself answers with an error.
//!
//! Sources: "Gateway responses for REST APIs in API Gateway", "Gateway response types for API Gateway".

mod template;
mod variable;

use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Response, StatusCode};

use template::Template;
use variable::{Values, Variable};

use crate::refusal::{ResponseType, Told};
use crate::request::Call;
use crate::request::names::is_hop_by_hop;
use crate::{Body, ConfigError};

/// What a REST API answers to one type of error, where it answers itself: status, headers and body.
///
/// An error whose type has no gateway response is answered by that of `DEFAULT_4XX` or `DEFAULT_5XX`, with all that it sets. Without these too, it is answered as AWS does by
/// default.
///
/// ```
/// use bytes::Bytes;
/// use http::Request;
/// use sippycup_gateway::{Body, BoxError, Gateway, GatewayResponse, Kind};
/// use tower::{ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let function = service_fn(async |_event: Bytes| Ok::<_, BoxError>(Bytes::from_static(br#"{"statusCode": 200}"#)));
/// let missing = GatewayResponse::new("MISSING_AUTHENTICATION_TOKEN")
///     .status_code(404)
///     .parameter("gatewayresponse.header.Access-Control-Allow-Origin", "'*'")
///     .template("application/json", r#"{"message":$context.error.messageString,"path":"$context.path"}"#);
/// let gateway = Gateway::builder(Kind::RestApi).route("/items").gateway_response(missing).build(function)?;
/// let response = gateway.oneshot(Request::get("/prod/else").body(Body::empty())?).await?;
/// assert_eq!(response.status(), 404);
/// assert_eq!(response.headers()["access-control-allow-origin"], "*");
/// # Ok::<(), BoxError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct GatewayResponse {
    response_type: ResponseType,
    status: Option<StatusCode>,
    headers: Vec<(HeaderName, Source)>,
    /// By content types.
    templates: Vec<(String, Template)>,
    error: Option<ConfigError>,
}

/// The value of a header.
#[derive(Clone, Debug)]
enum Source {
    Text(HeaderValue),
    Variable(Variable),
}

impl GatewayResponse {
    /// The response of a type, by AWS's name: `UNAUTHORIZED`, `DEFAULT_4XX`.
    pub fn new(response_type: &str) -> Self {
        let (response_type, error) = match ResponseType::parse(response_type) {
            Ok(response_type) => (response_type, None),
            Err(error) => (ResponseType::Default4xx, Some(error)),
        };
        Self { response_type, status: None, headers: Vec::new(), templates: Vec::new(), error }
    }

    /// The status, 200 to 599; default that of the type.
    pub fn status_code(mut self, status: u16) -> Self {
        match StatusCode::from_u16(status) {
            Ok(code) if (200..600).contains(&status) => self.status = Some(code),
            _ => self.fails(&format!("expected a status code of 200 to 599, found {status}")),
        }
        self
    }

    /// Adds a response parameter. The name is `gatewayresponse.header.NAME`; the value is a text in single quotes, `method.request.header.NAME`,
    /// `method.request.querystring.NAME`, `method.request.path.NAME`, `stageVariables.NAME`, or a member of `context`. A header whose value the request does not have is left out.
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        let Some(header) = name.strip_prefix("gatewayresponse.header.") else {
            self.fails(&format!("expected a parameter `gatewayresponse.header.NAME`, found `{}`", name.escape_debug()));
            return self;
        };
        let Ok(header) = HeaderName::from_bytes(header.as_bytes()) else {
            self.fails(&format!("expected the name of a header, found `{}`", header.escape_debug()));
            return self;
        };
        if header == CONTENT_LENGTH || is_hop_by_hop(header.as_str()) {
            self.fails(&format!("the header `{header}` is written by the gateway alone"));
            return self;
        }
        let text = value.strip_prefix('\'').and_then(|value| value.strip_suffix('\''));
        let source = match text {
            Some(text) => HeaderValue::from_str(text).ok().map(Source::Text),
            None => Variable::parse(value).map(Source::Variable),
        };
        match source {
            Some(source) => self.headers.push((header, source)),
            None => self.fails(&format!(
                "expected a value in single quotes, or an expression such as `method.request.header.NAME`, found `{}`",
                value.escape_debug()
            )),
        }
        self
    }

    /// Adds the template of the body for a content type: text with variables such as `$context.error.messageString`, `$context.error.responseType`, `$stageVariables.NAME` and
    /// `$method.request.header.NAME`. There is no template language: a directive such as `#set` is an error. Default `{"message":$context.error.messageString}`.
    ///
    /// Of several, clients get the first one that they name in `Accept`, else that of `application/json`, else the first one.
    pub fn template(mut self, content_type: &str, template: &str) -> Self {
        if HeaderValue::from_str(content_type).is_err() || content_type.is_empty() {
            self.fails(&format!("expected a content type, found `{}`", content_type.escape_debug()));
            return self;
        }
        match Template::parse(template) {
            Ok(template) => self.templates.push((content_type.to_owned(), template)),
            Err(error) => self.fails(&error.to_string()),
        }
        self
    }

    fn fails(&mut self, what: &str) {
        let name = self.response_type.name();
        self.error.get_or_insert_with(|| ConfigError::new(format!("gateway response `{name}`: {what}")));
    }

    fn apply(&self, response: &mut Response<Body>, call: &Call<'_>, told: &Told) {
        if let Some(status) = self.status {
            *response.status_mut() = status;
        }
        let values = Values::new(call, told, response.status().as_u16());
        if let Some((content_type, template)) = self.chosen(call) {
            let body = template.render(&values);
            if let Ok(content_type) = HeaderValue::from_str(content_type) {
                response.headers_mut().insert(CONTENT_TYPE, content_type);
            }
            response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
            *response.body_mut() = Body::from(body);
        }
        if matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
            response.headers_mut().remove(CONTENT_LENGTH);
            *response.body_mut() = Body::empty();
        }
        for (name, source) in &self.headers {
            let value = match source {
                Source::Text(value) => Some(value.clone()),
                Source::Variable(variable) => values.of(variable).and_then(|value| HeaderValue::from_str(&value).ok()),
            };
            if let Some(value) = value {
                response.headers_mut().insert(name.clone(), value);
            }
        }
    }

    fn chosen(&self, call: &Call<'_>) -> Option<&(String, Template)> {
        let accept = call.header_text(ACCEPT.as_str()).unwrap_or_default();
        let mut accepted = accept.split(',').map(|sort| sort.split_once(';').map_or(sort, |(sort, _)| sort).trim());
        let of = |sort: &str| self.templates.iter().find(|(known, _)| known.eq_ignore_ascii_case(sort));
        accepted.find_map(of).or_else(|| of("application/json")).or(self.templates.first())
    }
}

/// The gateway responses of an API, one of a type at most.
#[derive(Clone, Debug, Default)]
pub(crate) struct GatewayResponses {
    all: Vec<GatewayResponse>,
}

impl GatewayResponses {
    pub(crate) const fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.all.iter().map(|response| response.response_type.name())
    }

    pub(crate) fn add(&mut self, response: GatewayResponse) -> Result<(), ConfigError> {
        if let Some(error) = response.error {
            return Err(error);
        }
        if self.of(response.response_type).is_some() {
            let name = response.response_type.name();
            return Err(ConfigError::new(format!("gateway response `{name}`: there is one already")));
        }
        self.all.push(response);
        Ok(())
    }

    /// The response with what is configured for its type, in the place of AWS's own.
    pub(crate) fn apply(&self, response: &mut Response<Body>, call: &Call<'_>, told: &Told) {
        let default = ResponseType::default_of(response.status());
        if let Some(own) = self.of(told.response_type).or_else(|| self.of(default)) {
            own.apply(response, call, told);
        }
    }

    fn of(&self, response_type: ResponseType) -> Option<&GatewayResponse> {
        self.all.iter().find(|response| response.response_type == response_type)
    }
}
