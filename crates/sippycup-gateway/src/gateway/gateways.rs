//! Several gateways on one address.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use tower_service::Service;

use crate::intake::asked_method;
use crate::location::Route;
use crate::location::host::named_host;
use crate::location::route;
use crate::rules::Asked;
use crate::web_socket::Api;
use crate::{Answer, Body, BoxError, Gateway, Kind, ResponseFuture};

/// Several gateways on one address: a tower service that gives each request to the gateway it is meant for.
///
/// That is the gateway whose custom domain the request names, with the longest mapping; else the one whose AWS host name it names. On any other host it is the one whose
/// stage or mapping the path begins with, the longest again; and if there is none, the first one, which says what is wrong. Of equals the first one is taken. A [`RoutingRule`](crate::RoutingRule) that
/// matches comes before the mappings of its domain, the one with the lowest priority first.
///
/// Gateways of one kind (of HTTP APIs either) with the same id, stage and domains are one API, each with some of its routes and a function of its own: of them the one with the
/// most specific route for the request is taken. Gateways with one [`Listener`](crate::Listener) are its target groups: its rules choose between them.
///
/// ```
/// use bytes::Bytes;
/// use http::{Method, Request};
/// use sippycup_gateway::{Body, BoxError, Domain, Gateway, Gateways, Kind};
/// use tower::{ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let shop = service_fn(async |_event: Bytes| Ok::<_, BoxError>(Bytes::from_static(br#"{"statusCode": 200}"#)));
/// let domain = Domain::new("api.example.com").mapping("shop");
/// let gateways = Gateways::new(Gateway::builder(Kind::RestApi).domain(domain).build(shop)?)
///     .and(Gateway::builder(Kind::HttpApiV2).stage("dev").build(shop)?);
///
/// let chosen = |path| gateways.choose(&Method::GET, "127.0.0.1:9000", path).kind();
/// assert_eq!(chosen("/shop/items"), Kind::RestApi);
/// assert_eq!(chosen("/dev/items"), Kind::HttpApiV2);
/// let response = gateways.oneshot(Request::get("/shop/items").body(Body::empty())?).await?;
/// assert_eq!(response.status(), 200);
/// # Ok::<(), BoxError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Gateways<F> {
    first: Gateway<F>,
    others: Arc<[Gateway<F>]>,
}

impl<F> Gateways<F> {
    /// One gateway, which gets everything until [`and`](Self::and) adds others.
    #[must_use]
    pub fn new(first: Gateway<F>) -> Self {
        Self { first, others: Arc::new([]) }
    }

    /// Adds a gateway.
    #[must_use]
    pub fn and(self, gateway: Gateway<F>) -> Self
    where
        F: Clone,
    {
        Self { others: self.others.iter().cloned().chain([gateway]).collect(), ..self }
    }

    /// Every gateway, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Gateway<F>> {
        std::iter::once(&self.first).chain(self.others.iter())
    }

    /// The gateway for a request without headers: `host` as in the header, with or without a port; empty if there is none.
    #[must_use]
    pub fn choose(&self, method: &Method, host: &str, path: &str) -> &Gateway<F> {
        self.meant(&Meant { method, host, path, headers: &HeaderMap::new() })
    }

    fn meant(&self, asked: &Meant<'_>) -> &Gateway<F> {
        let fit = |gateway: &Gateway<F>| gateway.location().fit(asked.host, asked.path, asked.headers);
        // `max_by_key` alone would take the last of equals.
        let first = self
            .others
            .iter()
            .fold((fit(&self.first), &self.first), |best, gateway| {
                let fit = fit(gateway);
                if fit > best.0 { (fit, gateway) } else { best }
            })
            .1;
        // Its rules look at more than this; any of its target groups asks them.
        if first.config().listener.is_some() {
            return first;
        }
        let parts = self.iter().filter(|gateway| gateway.location().is_same_api(first.location()));
        // Of several least ones `min_by` takes the first.
        let routed =
            parts.filter_map(|gateway| Some((gateway.route(asked)?, gateway))).min_by(|(a, _), (b, _)| a.precedence(b));
        routed.map_or(first, |(_, gateway)| gateway)
    }
}

/// What of a request says which gateway it is meant for.
#[derive(Clone, Copy, Debug)]
struct Meant<'a> {
    method: &'a Method,
    host: &'a str,
    path: &'a str,
    headers: &'a HeaderMap,
}

impl<'a> Meant<'a> {
    fn of<B>(request: &'a Request<B>) -> Self {
        let (method, headers) = (request.method(), request.headers());
        Self { method, host: named_host(request.uri(), headers), path: request.uri().path(), headers }
    }
}

impl<F> Gateway<F> {
    /// The route that a request reaches.
    fn route(&self, asked: &Meant<'_>) -> Option<&Route> {
        let located = self.config.front.location.locate(Some(asked.host), asked.path, asked.headers)?;
        route::find(self.kind(), &self.config.routes, asked.method, &located.route_path).map(|(route, _)| route)
    }
}

impl<F: Clone> Gateways<F> {
    /// The WebSocket API that a request is meant for, whole.
    pub(crate) fn api<B>(&self, request: &Request<B>) -> Api<F> {
        self.parts(self.meant(&Meant::of(request)))
    }

    /// All gateways that are one API with the chosen one, the first of them in front.
    fn parts(&self, chosen: &Gateway<F>) -> Api<F> {
        let mut parts = self.iter().filter(|gateway| gateway.location().is_same_api(chosen.location())).cloned();
        let first = parts.next().unwrap_or_else(|| chosen.clone());
        Api::new(first, parts.collect())
    }
}

impl<F, B> Service<Request<B>> for Gateways<F>
where
    F: Service<Bytes> + Clone + Send + 'static,
    F::Response: Into<Answer> + Send,
    F::Error: Into<BoxError>,
    F::Future: Send,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = ResponseFuture;

    /// Always ready, as each gateway is.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture {
        let asked = Meant::of(&request);
        let chosen = self.meant(&asked);
        let method = asked_method(chosen.kind(), request.method(), request.headers());
        let chosen = if method == *request.method() { chosen } else { self.meant(&Meant { method: &method, ..asked }) };
        if chosen.kind() == Kind::WebSocketApi {
            return ResponseFuture::of(self.parts(chosen), request);
        }
        let Some(listener) = &chosen.config().listener else { return chosen.clone().call(request) };
        let (mut parts, body) = request.into_parts();
        let peer = chosen.config().front.source_ip(&parts.extensions);
        let decision = listener.decide(&Asked::new(&parts, peer), || chosen.config().stamper.epoch_seconds());
        let is_meant = |gateway: &&Gateway<F>| {
            gateway.shares_listener(chosen)
                && decision.target_group.is_some()
                && gateway.config().front.target_group == decision.target_group
        };
        let mut target = self.iter().find(is_meant).unwrap_or(chosen).clone();
        parts.extensions.insert(decision);
        target.call(Request::from_parts(parts, body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GatewayBuilder;

    fn gateways(builders: [GatewayBuilder; 3]) -> Gateways<usize> {
        let mut built = builders.into_iter().enumerate().map(|(at, builder)| builder.build(at).unwrap());
        let first = Gateways::new(built.next().unwrap());
        built.fold(first, Gateways::and)
    }

    #[test]
    fn gateways_of_one_api_share_its_routes() {
        for kind in [Kind::RestApi, Kind::HttpApiV2] {
            let builder = || Gateway::builder(kind).stage("dev");
            let api = gateways([
                builder().route("GET /items"),
                builder().route("/{proxy+}"),
                builder().route("GET /items/{id}").route("/items"),
            ]);
            for (method, path, chosen) in [
                ("GET", "/dev/items", 0),
                ("POST", "/dev/items", 2),
                ("GET", "/dev/items/7", 2),
                ("PUT", "/dev/items/7", 1),
                ("GET", "/dev/else", 1),
                // Nobody has it, and the first one says so.
                ("GET", "/dev/", if kind == Kind::RestApi { 0 } else { 1 }),
                ("GET", "/", 0),
            ] {
                let found = api.choose(&method.parse().unwrap(), "127.0.0.1", path);
                assert_eq!(*found.get_ref(), chosen, "{kind} {method} {path}");
            }
        }
    }

    #[test]
    fn another_api_is_asked_for_nothing_that_the_first_one_has_no_route_for() {
        let rest = || Gateway::builder(Kind::RestApi).stage("dev").route("/items");
        let apis = gateways([rest(), Gateway::builder(Kind::HttpApiV2).stage("dev"), rest().api_id("another")]);
        for path in ["/dev/items", "/dev/else"] {
            assert_eq!(*apis.choose(&Method::GET, "127.0.0.1", path).get_ref(), 0, "{path}");
        }
    }

    #[tokio::test]
    async fn a_method_that_a_header_overrides_chooses_the_route() {
        use tower::{ServiceExt, service_fn};

        let function = |name: &'static str| {
            service_fn(move |_: Bytes| async move {
                Ok::<_, BoxError>(Bytes::from(format!(r#"{{"statusCode": 200, "headers": {{"x-name": "{name}"}}}}"#)))
            })
        };
        let rest = || Gateway::builder(Kind::RestApi);
        let boxed = |name| tower::util::BoxCloneService::new(function(name));
        let api = Gateways::new(rest().route("GET /x").build(boxed("get")).unwrap())
            .and(rest().route("DELETE /x").build(boxed("delete")).unwrap());
        let request = Request::get("/prod/x").header("x-http-method-override", "DELETE").body(Body::empty()).unwrap();
        let response = api.oneshot(request).await.unwrap();
        assert_eq!(response.headers()["x-name"], "delete");
    }
}
