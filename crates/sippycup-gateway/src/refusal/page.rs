//! What each kind of front door answers about each refusal: status, headers and body.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Response, StatusCode};

use super::reason::Refusal;
use crate::{Body, Kind};

impl Refusal {
    pub(super) fn page(self, kind: Kind) -> Page {
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

pub(super) fn answer<B>((status, content_type, body, error_type): Page<B>) -> Response<Body>
where
    B: Into<Bytes>,
{
    let body = body.into();
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

pub(super) type Page<B = String> = (StatusCode, &'static str, B, Option<&'static str>);

/// What a function URL answers to a client that is not allowed.
#[cfg(feature = "authorizers")]
const URL_FORBIDDEN: &str = r#"{"Message":"Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"}"#;

const JSON: &str = "application/json";
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
