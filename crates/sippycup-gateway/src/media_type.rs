//! Which content types travel as text, and which as base64.

/// Matches a content type or an `Accept` value against `binaryMediaTypes`: exactly, by `type/*`, or by `*/*`.
pub(crate) fn matches_any(value: &str, binary_media_types: &[String]) -> bool {
    let (wanted, _) = essence(value);
    binary_media_types.iter().any(|configured| match configured.split_once('/') {
        Some(("*", "*")) => true,
        Some((kind, "*")) => wanted.split_once('/').is_some_and(|(k, _)| k.eq_ignore_ascii_case(kind)),
        _ => configured.eq_ignore_ascii_case(wanted),
    })
}

/// The rule measured on HTTP APIs: some text types, and only in UTF-8.
pub(crate) fn is_http_api_text(content_type: &str) -> bool {
    let (media_type, parameters) = essence(content_type);
    let text = media_type.get(..5).is_some_and(|t| t.eq_ignore_ascii_case("text/"))
        || ["application/json", "application/xml", "application/javascript", "application/graphql"]
            .iter()
            .any(|t| t.eq_ignore_ascii_case(media_type));
    let charset = parameters.split(';').find_map(|p| {
        let (name, value) = p.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    text && charset.is_none_or(|c| c.eq_ignore_ascii_case("utf-8"))
}

/// The rule documented for load balancers.
pub(crate) fn is_load_balancer_text(content_type: &str) -> bool {
    let (media_type, _) = essence(content_type);
    media_type.get(..5).is_some_and(|t| t.eq_ignore_ascii_case("text/"))
        || ["application/json", "application/javascript", "application/xml"]
            .iter()
            .any(|t| t.eq_ignore_ascii_case(media_type))
}

fn essence(value: &str) -> (&str, &str) {
    let (media_type, parameters) = value.split_once(';').unwrap_or((value, ""));
    (media_type.trim(), parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_apis_send_only_utf8_text_as_text() {
        for (content_type, text) in [
            ("text/plain", true),
            ("TEXT/HTML; charset=UTF-8", true),
            ("text/csv", true),
            ("application/json;charset=\"utf-8\"", true),
            ("application/graphql", true),
            ("text/plain; charset=iso-8859-1", false),
            ("application/x-www-form-urlencoded", false),
            ("multipart/form-data; boundary=x", false),
            ("application/vnd.api+json", false),
            ("", false),
        ] {
            assert_eq!(is_http_api_text(content_type), text, "{content_type}");
        }
    }

    #[test]
    fn binary_media_types_match_exactly_or_by_wildcard() {
        let types = |t: &[&str]| t.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        assert!(matches_any("image/png", &types(&["image/*"])));
        assert!(matches_any("application/octet-stream; x=y", &types(&["application/octet-stream"])));
        assert!(matches_any("text/plain", &types(&["*/*"])));
        assert!(!matches_any("*/*", &types(&["image/png"])), "a wildcard in the request matches no specific type");
        assert!(!matches_any("imagex/png", &types(&["image/*"])));
    }
}
