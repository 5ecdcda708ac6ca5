//! The header names that gateways, browsers and clients send all the time.
//!
//! `http` finds the standard ones in a table of its own; the others would each be copied into an allocation.

use http::{HeaderName, header};

pub(crate) const X_AMZN_TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
pub(crate) const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
pub(crate) const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The name, if it is one of those, whatever its case.
pub(crate) fn known(name: &[u8]) -> Option<HeaderName> {
    let mut space = [0; MAX];
    let lower = space.get_mut(..name.len())?;
    for (lower, byte) in lower.iter_mut().zip(name) {
        *lower = byte.to_ascii_lowercase();
    }
    Some(match &*lower {
        b"accept" => header::ACCEPT,
        b"accept-charset" => header::ACCEPT_CHARSET,
        b"accept-encoding" => header::ACCEPT_ENCODING,
        b"accept-language" => header::ACCEPT_LANGUAGE,
        b"accept-ranges" => header::ACCEPT_RANGES,
        b"access-control-request-headers" => header::ACCESS_CONTROL_REQUEST_HEADERS,
        b"access-control-request-method" => header::ACCESS_CONTROL_REQUEST_METHOD,
        b"authorization" => header::AUTHORIZATION,
        b"cache-control" => header::CACHE_CONTROL,
        b"connection" => header::CONNECTION,
        b"content-encoding" => header::CONTENT_ENCODING,
        b"content-language" => header::CONTENT_LANGUAGE,
        b"content-length" => header::CONTENT_LENGTH,
        b"content-type" => header::CONTENT_TYPE,
        b"cookie" => header::COOKIE,
        b"date" => header::DATE,
        b"dnt" => header::DNT,
        b"etag" => header::ETAG,
        b"expect" => header::EXPECT,
        b"forwarded" => header::FORWARDED,
        b"from" => header::FROM,
        b"host" => header::HOST,
        b"if-match" => header::IF_MATCH,
        b"if-modified-since" => header::IF_MODIFIED_SINCE,
        b"if-none-match" => header::IF_NONE_MATCH,
        b"if-range" => header::IF_RANGE,
        b"if-unmodified-since" => header::IF_UNMODIFIED_SINCE,
        b"origin" => header::ORIGIN,
        b"pragma" => header::PRAGMA,
        b"range" => header::RANGE,
        b"referer" => header::REFERER,
        b"sec-websocket-extensions" => header::SEC_WEBSOCKET_EXTENSIONS,
        b"sec-websocket-key" => header::SEC_WEBSOCKET_KEY,
        b"sec-websocket-protocol" => header::SEC_WEBSOCKET_PROTOCOL,
        b"sec-websocket-version" => header::SEC_WEBSOCKET_VERSION,
        b"te" => header::TE,
        b"transfer-encoding" => header::TRANSFER_ENCODING,
        b"upgrade" => header::UPGRADE,
        b"upgrade-insecure-requests" => header::UPGRADE_INSECURE_REQUESTS,
        b"user-agent" => header::USER_AGENT,
        b"via" => header::VIA,
        b"cdn-loop" => const { HeaderName::from_static("cdn-loop") },
        b"cloudfront-forwarded-proto" => const { HeaderName::from_static("cloudfront-forwarded-proto") },
        b"cloudfront-is-desktop-viewer" => const { HeaderName::from_static("cloudfront-is-desktop-viewer") },
        b"cloudfront-is-mobile-viewer" => const { HeaderName::from_static("cloudfront-is-mobile-viewer") },
        b"cloudfront-is-smarttv-viewer" => const { HeaderName::from_static("cloudfront-is-smarttv-viewer") },
        b"cloudfront-is-tablet-viewer" => const { HeaderName::from_static("cloudfront-is-tablet-viewer") },
        b"cloudfront-viewer-asn" => const { HeaderName::from_static("cloudfront-viewer-asn") },
        b"cloudfront-viewer-country" => const { HeaderName::from_static("cloudfront-viewer-country") },
        b"idempotency-key" => const { HeaderName::from_static("idempotency-key") },
        b"priority" => const { HeaderName::from_static("priority") },
        b"sec-ch-ua" => const { HeaderName::from_static("sec-ch-ua") },
        b"sec-ch-ua-mobile" => const { HeaderName::from_static("sec-ch-ua-mobile") },
        b"sec-ch-ua-platform" => const { HeaderName::from_static("sec-ch-ua-platform") },
        b"sec-fetch-dest" => const { HeaderName::from_static("sec-fetch-dest") },
        b"sec-fetch-mode" => const { HeaderName::from_static("sec-fetch-mode") },
        b"sec-fetch-site" => const { HeaderName::from_static("sec-fetch-site") },
        b"sec-fetch-user" => const { HeaderName::from_static("sec-fetch-user") },
        b"sec-gpc" => const { HeaderName::from_static("sec-gpc") },
        b"traceparent" => const { HeaderName::from_static("traceparent") },
        b"tracestate" => const { HeaderName::from_static("tracestate") },
        b"x-amz-cf-id" => const { HeaderName::from_static("x-amz-cf-id") },
        b"x-amz-content-sha256" => const { HeaderName::from_static("x-amz-content-sha256") },
        b"x-amz-date" => const { HeaderName::from_static("x-amz-date") },
        b"x-amz-security-token" => const { HeaderName::from_static("x-amz-security-token") },
        b"x-amzn-lattice-identity" => const { HeaderName::from_static("x-amzn-lattice-identity") },
        b"x-amzn-lattice-network" => const { HeaderName::from_static("x-amzn-lattice-network") },
        b"x-amzn-lattice-target" => const { HeaderName::from_static("x-amzn-lattice-target") },
        b"x-amzn-tls-cipher-suite" => const { HeaderName::from_static("x-amzn-tls-cipher-suite") },
        b"x-amzn-tls-version" => const { HeaderName::from_static("x-amzn-tls-version") },
        b"x-amzn-trace-id" => X_AMZN_TRACE_ID,
        b"x-api-key" => const { HeaderName::from_static("x-api-key") },
        b"x-correlation-id" => const { HeaderName::from_static("x-correlation-id") },
        b"x-csrf-token" => const { HeaderName::from_static("x-csrf-token") },
        b"x-forwarded-for" => X_FORWARDED_FOR,
        b"x-forwarded-host" => const { HeaderName::from_static("x-forwarded-host") },
        b"x-forwarded-port" => const { HeaderName::from_static("x-forwarded-port") },
        b"x-forwarded-proto" => X_FORWARDED_PROTO,
        b"x-real-ip" => const { HeaderName::from_static("x-real-ip") },
        b"x-request-id" => const { HeaderName::from_static("x-request-id") },
        b"x-requested-with" => const { HeaderName::from_static("x-requested-with") },
        _ => return None,
    })
}

/// The longest of them.
const MAX: usize = 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_name_is_the_name() {
        for name in ["accept", "HOST", "X-Forwarded-For", "x-amzn-trace-id", "CloudFront-Is-SmartTV-Viewer"] {
            assert_eq!(known(name.as_bytes()).unwrap(), HeaderName::from_bytes(name.as_bytes()).unwrap());
        }
        for name in ["", "accepted", "x-forwarded-fo", "a name", "access-control-request-headers-and-more"] {
            assert_eq!(known(name.as_bytes()), None);
        }
    }
}
