//! The answers of the gateway itself.

use std::fmt;

#[cfg(feature = "authorizers")]
use http::header::WWW_AUTHENTICATE;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Response, StatusCode};

use crate::gateway_response::{ResponseType, Told};
#[cfg(feature = "authorizers")]
use crate::identity::Authorizer;
use crate::{Body, Fault, Hints, Kind};

/// A request without a proper answer: what the client is told, and what the developer is told.
#[derive(Debug)]
pub(crate) struct Refused {
    refusal: Refusal,
    reason: String,
    hints: Hints,
    #[cfg(feature = "authorizers")]
    challenge: Option<HeaderValue>,
    told: Option<Box<Particular>>,
    /// What an authorizer has said about somebody whom it refuses.
    #[cfg(feature = "authorizers")]
    authorizer: Option<Box<Authorizer>>,
}

impl Refused {
    pub(crate) fn new(refusal: Refusal, reason: impl Into<String>) -> Self {
        Self {
            refusal,
            reason: reason.into(),
            hints: Hints::default(),
            #[cfg(feature = "authorizers")]
            challenge: None,
            told: None,
            #[cfg(feature = "authorizers")]
            authorizer: None,
        }
    }

    /// The same with `WWW-Authenticate`.
    #[cfg(feature = "authorizers")]
    pub(crate) fn challenge(mut self, challenge: &str) -> Self {
        self.challenge = HeaderValue::from_str(challenge).ok();
        self
    }

    /// The same with what the client is told. HTTP APIs do not tell it.
    pub(crate) fn tell(mut self, error_type: &'static str, message: &str) -> Self {
        self.told = Some(Box::new(Particular { error_type, message: message.to_owned(), validation: None }));
        self
    }

    /// The same with the message of an invalid body, and what a validator says about it.
    pub(crate) fn invalid(mut self, message: &str, validation: String) -> Self {
        let (error_type, message) = ("BadRequestException", message.to_owned());
        self.told = Some(Box::new(Particular { error_type, message, validation: Some(validation) }));
        self
    }

    /// The same with what an authorizer has said about who asks.
    #[cfg(feature = "authorizers")]
    pub(crate) fn about(mut self, authorizer: Option<Box<Authorizer>>) -> Self {
        self.authorizer = authorizer;
        self
    }

    /// The same with a line that says what helps.
    pub(crate) fn hint(mut self, line: String) -> Self {
        self.hints.push(line);
        self
    }

    /// The function's answer is not one that the kind understands.
    pub(crate) fn malformed(reason: impl fmt::Display) -> Self {
        Self::new(Refusal::Malformed, format!("malformed answer: {reason}"))
    }

    /// The same with one more reason.
    pub(crate) fn and(mut self, reason: &str) -> Self {
        self.reason.push_str("; ");
        self.reason.push_str(reason);
        self
    }

    pub(crate) fn into_fault(self) -> Fault {
        Fault::new(&self.reason)
    }

    fn page(&self, kind: Kind) -> Page {
        let (status, content_type, body, error_type) = self.refusal.page(kind);
        match self.told.as_deref() {
            Some(Particular { error_type, message, .. }) if kind.is_lattice() => {
                (status, content_type, format!("{error_type}: {message}"), None)
            }
            Some(Particular { error_type, message, .. }) if !kind.is_http_api() => {
                let body = serde_json::json!({ "message": message }).to_string();
                (status, content_type, body, Some(error_type))
            }
            _ => (status, content_type, body, error_type),
        }
    }

    /// What a gateway response may say instead of a page.
    fn told(&self, (_, _, body, error_type): &Page) -> Option<Told> {
        Some(Told {
            response_type: ResponseType::of(self.refusal, *error_type)?,
            message: message(body),
            validation: self.told.as_deref().and_then(|told| told.validation.clone()),
            #[cfg(feature = "authorizers")]
            authorizer: self.authorizer.as_deref().cloned(),
            #[cfg(not(feature = "authorizers"))]
            authorizer: None,
        })
    }

    pub(crate) fn response(&self, kind: Kind) -> Response<Body> {
        let page = self.page(kind);
        let told = if kind == Kind::RestApi { self.told(&page) } else { None };
        let mut response = answer(page);
        told.map(|told| response.extensions_mut().insert(told));
        #[cfg(feature = "authorizers")]
        if let Some(challenge) = &self.challenge {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge.clone());
        }
        response.extensions_mut().insert(Fault::new(&self.reason));
        if !self.hints.is_empty() {
            response.extensions_mut().insert(self.hints.clone());
        }
        response
    }
}

/// What is told about one request alone.
#[derive(Debug)]
struct Particular {
    /// The type of the error.
    error_type: &'static str,
    message: String,
    /// What a validator says about the body.
    validation: Option<String>,
}

/// The message of a page of a REST API. How keys and blanks are written around it is recorded, and differs.
fn message(body: &str) -> Option<String> {
    let page: serde_json::Value = serde_json::from_str(body).ok()?;
    page.get("message").or(page.get("Message"))?.as_str().map(str::to_owned)
}

/// What went wrong, in as many cases as clients can see a difference.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Refusal {
    /// An authorizer does not let the request through.
    #[cfg(feature = "authorizers")]
    AccessDenied,
    /// An authorizer failed.
    #[cfg(feature = "authorizers")]
    AuthorizerFailed,
    /// A signature that does not count.
    #[cfg(feature = "authorizers")]
    BadSignature,
    /// The request is no whole request.
    BadRequest,
    /// REST: the body does not fit its model.
    BadRequestBody,
    /// REST: a required parameter is missing.
    BadRequestParameters,
    /// REST: the answer's base64 could not be decoded.
    Configuration,
    /// A statement of a policy says no.
    #[cfg(feature = "authorizers")]
    ExplicitlyDenied,
    /// The answer is JSON, but no proxy response.
    Malformed,
    /// REST: no such stage or mapping.
    NoStage,
    /// No such resource or route.
    NoRoute,
    /// A listener forwards to no target group that is here.
    NoTarget,
    /// The answer is no JSON at all.
    NotJson,
    /// The function failed, or its process ended.
    FunctionFailed,
    HeadersTooLarge,
    /// Over TCP: a web page that may not send requests here. AWS has no such refusal.
    Foreign,
    /// A method that no front door of the kind passes on.
    MethodNotAllowed,
    /// REST: a key has used what its plan gives it.
    QuotaExceeded,
    RequestTooLarge,
    /// A rule of a listener rewrites a request into none.
    Rewrite,
    /// Too many requests in a short time.
    Throttled,
    TimedOut,
    /// REST: no API key that a usage plan of the stage has.
    UnknownKey,
    /// REST: a token of Cognito that was good once.
    #[cfg(feature = "authorizers")]
    TokenExpired,
    /// The authorizer does not know the client.
    #[cfg(feature = "authorizers")]
    Unauthorized,
    /// A request without a signature where one is needed.
    #[cfg(feature = "authorizers")]
    Unsigned,
    #[cfg(feature = "authorizers")]
    UriTooLong,
}

impl Refusal {
    fn page(self, kind: Kind) -> Page {
        match kind {
            Kind::RestApi | Kind::WebSocketApi => self.rest(),
            Kind::HttpApiV1 | Kind::HttpApiV2 => self.http_api(),
            Kind::FunctionUrl => self.function_url(),
            Kind::LoadBalancer | Kind::LoadBalancerMultiValue => self.load_balancer(),
            Kind::VpcLatticeV1 | Kind::VpcLatticeV2 => self.lattice(),
        }
    }

    fn rest(self) -> Page {
        let internal = Some("InternalServerErrorException");
        let (status, body, error_type) = match self {
            #[cfg(feature = "authorizers")]
            Self::AccessDenied => (
                StatusCode::FORBIDDEN,
                r#"{"Message":"User is not authorized to access this resource"}"#,
                Some("AccessDeniedException"),
            ),
            #[cfg(feature = "authorizers")]
            Self::ExplicitlyDenied => (
                StatusCode::FORBIDDEN,
                r#"{"Message":"User is not authorized to access this resource with an explicit deny"}"#,
                Some("AccessDeniedException"),
            ),
            #[cfg(feature = "authorizers")]
            Self::AuthorizerFailed => {
                (StatusCode::INTERNAL_SERVER_ERROR, r#"{"message":null}"#, Some("AuthorizerConfigurationException"))
            }
            #[cfg(feature = "authorizers")]
            Self::TokenExpired => (
                StatusCode::UNAUTHORIZED,
                r#"{"message":"The incoming token has expired"}"#,
                Some("UnauthorizedException"),
            ),
            #[cfg(feature = "authorizers")]
            Self::Unauthorized => {
                (StatusCode::UNAUTHORIZED, r#"{"message":"Unauthorized"}"#, Some("UnauthorizedException"))
            }
            #[cfg(feature = "authorizers")]
            Self::UriTooLong => (StatusCode::URI_TOO_LONG, r#"{"message":"Request URI too long"}"#, None),
            // What is wrong with a request is told about it alone.
            Self::BadRequest | Self::BadRequestBody | Self::BadRequestParameters => {
                (StatusCode::BAD_REQUEST, r#"{"message":"Bad Request"}"#, Some("BadRequestException"))
            }
            // Only listeners have targets and rewrites.
            Self::Configuration | Self::NoTarget | Self::Rewrite => {
                (StatusCode::INTERNAL_SERVER_ERROR, r#"{"message": "Internal server error"}"#, internal)
            }
            Self::FunctionFailed | Self::Malformed => {
                (StatusCode::BAD_GATEWAY, r#"{"message": "Internal server error"}"#, internal)
            }
            Self::HeadersTooLarge => {
                (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, r#"{"message":"Request Header Fields Too Large"}"#, None)
            }
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, r#"{"message":"Method Not Allowed"}"#, None),
            #[cfg(feature = "authorizers")]
            Self::BadSignature => {
                (StatusCode::FORBIDDEN, r#"{"message":"Forbidden"}"#, Some("InvalidSignatureException"))
            }
            #[cfg(feature = "authorizers")]
            Self::Unsigned => return Self::NoRoute.rest(),
            Self::NoRoute => (
                StatusCode::FORBIDDEN,
                r#"{"message":"Missing Authentication Token"}"#,
                Some("MissingAuthenticationTokenException"),
            ),
            Self::QuotaExceeded => {
                (StatusCode::TOO_MANY_REQUESTS, r#"{"message":"Limit Exceeded"}"#, Some("LimitExceededException"))
            }
            Self::Throttled => {
                (StatusCode::TOO_MANY_REQUESTS, r#"{"message":"Too Many Requests"}"#, Some("TooManyRequestsException"))
            }
            Self::Foreign | Self::NoStage | Self::UnknownKey => {
                (StatusCode::FORBIDDEN, r#"{"message":"Forbidden"}"#, Some("ForbiddenException"))
            }
            // Recorded without the blank and without an error type.
            Self::NotJson => (StatusCode::BAD_GATEWAY, r#"{"message":"Internal server error"}"#, None),
            Self::RequestTooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, r#"{"message":"Request Too Long"}"#, Some("RequestTooLargeException"))
            }
            Self::TimedOut => (StatusCode::GATEWAY_TIMEOUT, r#"{"message": "Endpoint request timed out"}"#, internal),
        };
        (status, JSON, body.to_owned(), error_type)
    }

    fn http_api(self) -> Page {
        let (status, body) = match self {
            #[cfg(feature = "authorizers")]
            Self::AccessDenied | Self::BadSignature | Self::ExplicitlyDenied | Self::Unsigned => {
                (StatusCode::FORBIDDEN, r#"{"message":"Forbidden"}"#)
            }
            #[cfg(feature = "authorizers")]
            Self::AuthorizerFailed => (StatusCode::INTERNAL_SERVER_ERROR, r#"{"message":"Internal Server Error"}"#),
            #[cfg(feature = "authorizers")]
            Self::TokenExpired | Self::Unauthorized => (StatusCode::UNAUTHORIZED, r#"{"message":"Unauthorized"}"#),
            #[cfg(feature = "authorizers")]
            Self::UriTooLong => (StatusCode::URI_TOO_LONG, r#"{"message":"Request URI too long"}"#),
            // Only a REST API has validators.
            Self::BadRequest | Self::BadRequestBody | Self::BadRequestParameters => {
                (StatusCode::BAD_REQUEST, r#"{"message":"Bad Request"}"#)
            }
            Self::Foreign | Self::UnknownKey => (StatusCode::FORBIDDEN, r#"{"message":"Forbidden"}"#),
            Self::QuotaExceeded | Self::Throttled => {
                (StatusCode::TOO_MANY_REQUESTS, r#"{"message":"Too Many Requests"}"#)
            }
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, r#"{"message":"Method Not Allowed"}"#),
            Self::Configuration
            | Self::FunctionFailed
            | Self::Malformed
            | Self::NotJson
            | Self::NoTarget
            | Self::Rewrite => (StatusCode::INTERNAL_SERVER_ERROR, r#"{"message":"Internal Server Error"}"#),
            Self::HeadersTooLarge => {
                (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, r#"{"message":"Request Header Fields Too Large"}"#)
            }
            Self::NoRoute | Self::NoStage => (StatusCode::NOT_FOUND, r#"{"message":"Not Found"}"#),
            Self::RequestTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, r#"{"message":"Request Entity Too Large"}"#),
            Self::TimedOut => (StatusCode::SERVICE_UNAVAILABLE, r#"{"message":"Service Unavailable"}"#),
        };
        (status, JSON, body.to_owned(), None)
    }

    fn function_url(self) -> Page {
        #[cfg(feature = "authorizers")]
        if matches!(self, Self::BadSignature | Self::Unsigned) {
            return (StatusCode::FORBIDDEN, JSON, URL_FORBIDDEN.to_owned(), Some("AccessDeniedException"));
        }
        let (status, body) = match self {
            Self::BadRequest => (StatusCode::BAD_REQUEST, r#"{"Message":"Bad Request"}"#),
            Self::Foreign => (StatusCode::FORBIDDEN, r#"{"Message":"Forbidden"}"#),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, r#"{"Message":"Method Not Allowed"}"#),
            Self::HeadersTooLarge => {
                (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, r#"{"Message":"Request Header Fields Too Large"}"#)
            }
            Self::RequestTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, r#"{"Message":"Request Entity Too Large"}"#),
            _ => (StatusCode::BAD_GATEWAY, "Internal Server Error"),
        };
        (status, JSON, body.to_owned(), None)
    }

    /// A load balancer answers in HTML.
    fn load_balancer(self) -> Page {
        let status = match self {
            #[cfg(feature = "authorizers")]
            Self::AccessDenied | Self::ExplicitlyDenied => StatusCode::FORBIDDEN,
            #[cfg(feature = "authorizers")]
            Self::TokenExpired | Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::BadRequest | Self::HeadersTooLarge => StatusCode::BAD_REQUEST,
            Self::Foreign => StatusCode::FORBIDDEN,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NoTarget => StatusCode::SERVICE_UNAVAILABLE,
            Self::RequestTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Rewrite => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_GATEWAY,
        };
        (status, "text/html", html_text(status), None)
    }

    fn lattice(self) -> Page {
        let status = match self {
            #[cfg(feature = "authorizers")]
            Self::BadSignature | Self::Unsigned => StatusCode::FORBIDDEN,
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Foreign => StatusCode::FORBIDDEN,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::NoTarget => StatusCode::SERVICE_UNAVAILABLE,
            Self::RequestTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TimedOut => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::BAD_GATEWAY,
        };
        (status, "text/plain; charset=utf-8", status.canonical_reason().unwrap_or_default().to_owned(), None)
    }
}

fn answer((status, content_type, body, error_type): Page) -> Response<Body> {
    let length = body.len();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    if let Some(error_type) = error_type {
        response.headers_mut().insert(ERROR_TYPE, HeaderValue::from_static(error_type));
    }
    response
}

/// A page of a load balancer.
pub(crate) fn html(status: StatusCode) -> Response<Body> {
    answer((status, "text/html", html_text(status), None))
}

fn html_text(status: StatusCode) -> String {
    let reason = match status {
        // In nginx's words.
        StatusCode::UNAUTHORIZED => "Authorization Required",
        StatusCode::SERVICE_UNAVAILABLE => "Service Temporarily Unavailable",
        status => status.canonical_reason().unwrap_or_default(),
    };
    let title = format!("{} {reason}", status.as_u16());
    format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    )
}

type Page = (StatusCode, &'static str, String, Option<&'static str>);

/// What a function URL answers to a client that is not allowed.
#[cfg(feature = "authorizers")]
const URL_FORBIDDEN: &str = r#"{"Message":"Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"}"#;

const JSON: &str = "application/json";
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
