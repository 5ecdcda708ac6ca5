//! Where the app's paths stand, for descriptions of its API.

use std::fmt;

use http::Extensions;

use super::public::PublicUri;
use crate::base_path::BasePath;

/// The URL in front of the app's paths: what the `servers` of an OpenAPI description name.
///
/// Absolute where the host is known (`https://api.example.com/prod`), else the base path (`/prod`), which clients resolve
/// against the URL of the description; `/` at the root. There is no slash at its end, as paths are appended to it.
///
/// ```
/// # use sippycup_core::{EventOptions, ProxyEvent, ServerUrl};
/// let event = ProxyEvent::from_bytes(
///     r#"{"httpMethod":"GET","path":"/openapi.json","resource":"/{proxy+}","headers":{"Host":"api.example.com"},
///         "requestContext":{"path":"/prod/openapi.json","stage":"prod"}}"#,
/// )?;
/// let request = event.into_request(&EventOptions::default())?;
/// assert_eq!(ServerUrl::from_extensions(request.extensions()).as_str(), "https://api.example.com/prod");
/// # Ok::<(), sippycup_core::EventError>(())
/// ```
///
/// With feature `axum` it is an extractor that never fails. For `utoipa`:
///
/// ```text
/// async fn openapi(server: ServerUrl) -> Json<utoipa::openapi::OpenApi> {
///     let mut openapi = Api::openapi();
///     openapi.servers = Some(vec![Server::new(server.as_str())]);
///     Json(openapi)
/// }
/// ```
///
/// For `aide` the line is `openapi.servers = vec![aide::openapi::Server { url: server.to_string(), ..Default::default() }]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl(String);

impl ServerUrl {
    /// The URL of a request with these extensions; `/` if they are not of SippyCup.
    #[must_use]
    pub fn from_extensions(extensions: &Extensions) -> Self {
        let base = extensions.get::<BasePath>().map_or("", BasePath::as_str);
        let public = extensions.get::<PublicUri>();
        let host = public.and_then(|uri| Some((uri.scheme_str()?, uri.authority()?)));
        Self(match host {
            Some((scheme, authority)) => format!("{scheme}://{authority}{base}"),
            None if base.is_empty() => "/".to_owned(),
            None => base.to_owned(),
        })
    }

    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ServerUrl> for String {
    fn from(url: ServerUrl) -> Self {
        url.0
    }
}

#[cfg(test)]
mod tests {
    use http::Uri;

    use super::*;

    #[test]
    fn what_is_known_stands_in_the_url_and_nothing_else() {
        for (public, base, url) in [
            (Some("https://a.example/prod/items?q=1"), "/prod", "https://a.example/prod"),
            (Some("http://a.example:81/items"), "", "http://a.example:81"),
            (Some("/items"), "/prod", "/prod"),
            (None, "/prod/shop", "/prod/shop"),
            (None, "", "/"),
        ] {
            let mut extensions = Extensions::new();
            extensions.insert(BasePath::from_static(base));
            if let Some(public) = public {
                extensions.insert(PublicUri::from_uri(Uri::from_static(public)));
            }
            assert_eq!(ServerUrl::from_extensions(&extensions).as_str(), url);
        }
        assert_eq!(ServerUrl::from_extensions(&Extensions::new()).to_string(), "/");
    }
}
