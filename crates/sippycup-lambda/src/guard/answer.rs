//! Answers in the place of the app's.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use sippycup_core::EventSource;

/// An answer as the front door itself gives it when a function fails: an API of API Gateway in JSON, a load balancer in
/// HTML, the others in plain text.
pub(super) fn in_form(source: EventSource, status: StatusCode) -> Response<Bytes> {
    let reason = status.canonical_reason().unwrap_or("Error");
    let (content_type, body) = match source {
        EventSource::RestApi | EventSource::WebSocket => {
            let message = match status {
                StatusCode::GATEWAY_TIMEOUT => "Endpoint request timed out",
                StatusCode::INTERNAL_SERVER_ERROR => "Internal server error",
                _ => reason,
            };
            ("application/json", format!(r#"{{"message": "{message}"}}"#))
        }
        EventSource::HttpApi => ("application/json", format!(r#"{{"message":"{reason}"}}"#)),
        EventSource::LoadBalancer => {
            let title = format!("{} {reason}", status.as_u16());
            let body = format!(
                "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
            );
            ("text/html", body)
        }
        _ => ("text/plain; charset=utf-8", reason.to_owned()),
    };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_the_form_of_the_front_door() {
        for (source, status, content_type, body) in [
            (EventSource::RestApi, 504, "application/json", r#"{"message": "Endpoint request timed out"}"#),
            (EventSource::RestApi, 500, "application/json", r#"{"message": "Internal server error"}"#),
            (EventSource::HttpApi, 504, "application/json", r#"{"message":"Gateway Timeout"}"#),
            (EventSource::FunctionUrl, 500, "text/plain; charset=utf-8", "Internal Server Error"),
            (EventSource::VpcLattice, 599, "text/plain; charset=utf-8", "Error"),
        ] {
            let response = in_form(source, StatusCode::from_u16(status).unwrap());
            assert_eq!(response.headers()[CONTENT_TYPE], content_type);
            assert_eq!((response.status().as_u16(), &response.body()[..]), (status, body.as_bytes()), "{source}");
        }
        let html = in_form(EventSource::LoadBalancer, StatusCode::PAYLOAD_TOO_LARGE).into_body();
        assert!(html.starts_with(b"<html>\r\n<head><title>413 Payload Too Large</title>"), "{html:?}");
    }
}
