//! A request that came over HTTP, and not as an event.

use bytes::Bytes;
use http::{
    HeaderValue, Request, Uri,
    header::HOST,
    uri::{Authority, PathAndQuery},
};

use super::{
    names::{X_FORWARDED_FOR, X_FORWARDED_PROTO},
    options::{EventOptions, host_value},
};
use crate::{
    base_path::Located,
    certain::Certain,
    extensions::{ClientIp, PathParameters, Public, PublicUri, RequestContext, StageVariables, forwarded_for},
    source::EventSource,
};

impl EventOptions {
    /// Makes a request that came over HTTP the same for the app as one that came as an event.
    ///
    /// The URI becomes origin-form and loses the base path, and a host in it becomes the `Host`. In the extensions are then
    /// all that [`ProxyEvent::into_request`](crate::ProxyEvent::into_request) puts there. What only a gateway has is
    /// empty: stage variables and path parameters, and the JSON of the request context is `null`.
    ///
    /// `source` is [`Server`](EventSource::Server) or [`WebFunction`](EventSource::WebFunction); any other is
    /// treated as `Server`.
    ///
    /// | | `Server` | `WebFunction` |
    /// |---|---|---|
    /// | base path | what the options state | the same |
    /// | scheme of [`PublicUri`] | `x-forwarded-proto`, else `http` | `https` |
    /// | [`ClientIp`] | the one in the request's extensions, which is that of the connection | the last of `x-forwarded-for` |
    /// | … with [`forwarded_hops`](Self::forwarded_hops) above 0 | that entry of `x-forwarded-for` | the same |
    ///
    /// ```
    /// # use sippycup_core::{BasePath, EventOptions, EventSource, PublicUri};
    /// let options = EventOptions::default().base_path(BasePath::from_static("/shop"));
    /// let request = http::Request::get("/shop/items?a=1").header("host", "example.com").body(())?;
    /// let request = options.receive(request, EventSource::Server);
    /// assert_eq!(request.uri(), "/items?a=1");
    /// let public = request.extensions().get::<PublicUri>().unwrap();
    /// assert_eq!(public.to_string(), "http://example.com/shop/items?a=1");
    /// # Ok::<(), http::Error>(())
    /// ```
    #[must_use]
    pub fn receive<B>(&self, request: Request<B>, source: EventSource) -> Request<B> {
        let (mut parts, body) = request.into_parts();
        if let Some(host) = parts.uri.authority().and_then(host) {
            parts.headers.insert(HOST, host);
        }
        let public_host = self.host_of(&parts.headers);

        let whole = parts.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        // Nobody but the options says anything about the base path.
        let base = self.base_path.as_ref().or(self.base_path_fallback.as_ref()).cloned().unwrap_or_default();
        let Located { strip, base, written } = Located::stated(whole.path(), base);
        let exact_root = strip == whole.path().len();
        let target = without(&whole, strip);
        let proto = match source {
            EventSource::WebFunction => Some(&b"https"[..]),
            _ => Some(parts.headers.get(X_FORWARDED_PROTO).map_or(&b"http"[..], HeaderValue::as_bytes)),
        };
        let public = written.as_ref().unwrap_or(&base);
        let public = PublicUri::new(Public::Http, public_host, proto, public, &target, exact_root);
        parts.uri = Uri::from(target);

        let lines = || parts.headers.get_all(X_FORWARDED_FOR).iter().map(HeaderValue::as_bytes);
        let peer = parts.extensions.remove::<ClientIp>();
        let client_ip = match (self.forwarded_hops, source) {
            // The connection is Lambda's own.
            (Some(0), EventSource::WebFunction) => None,
            (None, EventSource::WebFunction) => forwarded_for(lines(), 1).map(ClientIp),
            (None | Some(0), _) => peer,
            (Some(hops), _) => forwarded_for(lines(), hops).map(ClientIp),
        };

        let extensions = &mut parts.extensions;
        extensions.insert(source);
        extensions.insert(base);
        extensions.insert(StageVariables::default());
        extensions.insert(PathParameters::default());
        extensions.insert(RequestContext::new(source, Bytes::from_static(b"null")));
        if let Some(public) = public {
            extensions.insert(public);
        }
        if let Some(ip) = client_ip {
            extensions.insert(ip);
        }
        Request::from_parts(parts, body)
    }
}

/// The host of a URI as a header, without the user that may stand in front of it.
fn host(authority: &Authority) -> Option<HeaderValue> {
    let text = authority.as_str();
    host_value(text.rsplit_once('@').map_or(text, |(_, host)| host))
}

/// The target without the first `strip` bytes; where nothing of the path is left it is `/`.
fn without(target: &PathAndQuery, strip: usize) -> PathAndQuery {
    let rest = target.as_str().get(strip..).certain();
    let parsed = match rest.as_bytes().first() {
        Some(b'/') if strip > 0 => PathAndQuery::try_from(rest),
        Some(b'/' | b'*') => return target.clone(),
        _ => PathAndQuery::try_from(format!("/{rest}")),
    };
    parsed.unwrap_or_else(|_| target.clone())
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;
    use crate::base_path::BasePath;

    fn receive(options: &EventOptions, source: EventSource, uri: &str, headers: &[(&str, &str)]) -> Request<()> {
        let mut request = Request::get(uri).body(()).unwrap();
        request.extensions_mut().insert(ClientIp(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        for (name, value) in headers {
            request
                .headers_mut()
                .append(http::HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap());
        }
        options.receive(request, source)
    }

    fn public(request: &Request<()>) -> Option<String> {
        request.extensions().get::<PublicUri>().map(ToString::to_string)
    }

    fn ip(request: &Request<()>) -> Option<String> {
        request.extensions().get::<ClientIp>().map(|ip| ip.ip().to_string())
    }

    #[test]
    fn the_base_path_that_is_stated_is_taken_off_where_it_is() {
        let options = EventOptions::default().base_path_fallback(BasePath::from_static("/shop"));
        for (uri, app, wanted) in [
            ("/shop/a%20b?q=1", "/a%20b?q=1", "http://x.example/shop/a%20b?q=1"),
            ("/shop", "/", "http://x.example/shop"),
            ("/shop?q", "/?q", "http://x.example/shop?q"),
            ("/shop/", "/", "http://x.example/shop/"),
            ("/shops/a", "/shops/a", "http://x.example/shop/shops/a"),
            ("/%73hop/a", "/%73hop/a", "http://x.example/shop/%73hop/a"),
            ("/a", "/a", "http://x.example/shop/a"),
        ] {
            let request = receive(&options, EventSource::Server, uri, &[("host", "x.example")]);
            assert_eq!(request.uri(), app);
            assert_eq!(public(&request).as_deref(), Some(wanted));
            assert_eq!(request.extensions().get::<BasePath>().unwrap().as_str(), "/shop");
        }
    }

    #[test]
    fn a_host_in_the_target_is_the_host() {
        for (uri, app) in
            [("http://x.example/a?b", "/a?b"), ("http://u:p@x.example/a?b", "/a?b"), ("http://x.example", "/")]
        {
            let request = receive(&EventOptions::default(), EventSource::Server, uri, &[("host", "other.example")]);
            assert_eq!(request.uri(), app);
            assert_eq!(request.headers()[HOST], "x.example");
            assert!(public(&request).unwrap().starts_with("http://x.example/"));
        }
        let request = receive(&EventOptions::default(), EventSource::Server, "http://x.example?b", &[]);
        assert_eq!(request.uri(), "/?b");
        let request = receive(&EventOptions::default(), EventSource::Server, "*", &[("host", "x.example")]);
        assert_eq!((request.uri().path(), public(&request)), ("*", None));
        assert_eq!(public(&receive(&EventOptions::default(), EventSource::Server, "/", &[])), None);
    }

    #[test]
    fn the_client_is_the_one_that_cannot_be_made_up() {
        let forged =
            [("host", "x.example"), ("x-forwarded-for", "192.0.2.9, 203.0.113.7"), ("x-forwarded-proto", "http")];
        let (none, one, two) = (
            EventOptions::default().forwarded_hops(0),
            EventOptions::default().forwarded_hops(1),
            EventOptions::default().forwarded_hops(2),
        );
        for (options, source, client, scheme) in [
            (&EventOptions::default(), EventSource::WebFunction, Some("203.0.113.7"), "https"),
            (&none, EventSource::WebFunction, None, "https"),
            (&two, EventSource::WebFunction, Some("192.0.2.9"), "https"),
            (&EventOptions::default(), EventSource::Server, Some("127.0.0.1"), "http"),
            (&one, EventSource::Server, Some("203.0.113.7"), "http"),
        ] {
            let request = receive(options, source, "/", &forged);
            assert_eq!(ip(&request).as_deref(), client);
            assert_eq!(public(&request).unwrap(), format!("{scheme}://x.example/"));
        }
        let behind_tls = receive(
            &EventOptions::default(),
            EventSource::Server,
            "/",
            &[("host", "x.example"), ("x-forwarded-proto", "https")],
        );
        assert_eq!(public(&behind_tls).unwrap(), "https://x.example/");
        assert_eq!(ip(&receive(&EventOptions::default(), EventSource::WebFunction, "/", &[])), None);
    }

    #[test]
    fn what_only_a_gateway_has_is_empty_and_there() {
        let request = receive(&EventOptions::default(), EventSource::Server, "/", &[]);
        let extensions = request.extensions();
        assert_eq!(extensions.get::<EventSource>(), Some(&EventSource::Server));
        let context = extensions.get::<RequestContext>().unwrap();
        assert_eq!((context.json().get(), context.source(), context.stage()), ("null", EventSource::Server, None));
        assert!(context.claims::<serde_json::Value>().unwrap().is_none());
        assert!(extensions.get::<StageVariables>().is_some() && extensions.get::<PathParameters>().is_some());
    }
}
