//! Names of headers: their spelling, which `http` does not keep, and those that belong to one connection.

use std::sync::Arc;

/// How the header names of a message are spelled on the wire.
///
/// `http::HeaderMap` knows lower case only. REST APIs show functions the client's spelling (`tEsT-HEADeR`) and clients the function's. In the extensions of a request
/// this type tells a gateway how the client spelled its names; in the extensions of a response it says how the gateway spells them.
///
/// ```
/// use sippycup_gateway::HeaderNames;
///
/// let names: HeaderNames = ["tEsT-HEADeR", "Accept"].into_iter().collect();
/// assert_eq!(names.spelling("test-header"), Some("tEsT-HEADeR"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct HeaderNames {
    names: Arc<[String]>,
}

impl HeaderNames {
    /// The spelling of a name, if it was given.
    #[must_use]
    pub fn spelling(&self, name: &str) -> Option<&str> {
        self.names.iter().find(|n| n.eq_ignore_ascii_case(name)).map(String::as_str)
    }
}

impl<S: Into<String>> FromIterator<S> for HeaderNames {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        Self { names: names.into_iter().map(Into::into).collect() }
    }
}

/// Whether a header, given in lower case, is about one connection and stays with it (RFC 9110, 7.6.1).
pub(crate) fn is_hop_by_hop(name: &str) -> bool {
    matches!(
        name,
        "connection" | "keep-alive" | "proxy-connection" | "te" | "trailer" | "transfer-encoding" | "upgrade"
    )
}

/// `x-forwarded-for` as `X-Forwarded-For`.
pub(crate) fn title_case(name: &str) -> String {
    let mut start = true;
    name.chars()
        .map(|c| {
            let spelled = if start { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
            start = c == '-';
            spelled
        })
        .collect()
}
