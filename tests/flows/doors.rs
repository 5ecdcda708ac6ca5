//! Where an app can stand: on hyper itself, and behind every front door at every place.

use std::net::SocketAddr;

use axum::Router;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use sippycup::{SippyCup, SippyCupLayer, Streaming};
use sippycup_gateway::{Domain, Fault, Gateway, GatewayBuilder, Kind};
use tokio::net::{TcpListener, TcpStream};
use tower::{Layer, ServiceExt};

/// An app at its place.
pub(crate) enum Door {
    Hyper(SocketAddr),
    Buffered(Gateway<SippyCup<Router>>),
    Streamed(Gateway<Streaming<Router>>),
}

impl Door {
    /// The app on a port of this machine, as `axum::serve` puts it there.
    pub(crate) async fn hyper(app: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        // Ends with the runtime of the test.
        tokio::spawn(async move {
            axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await.unwrap();
        });
        Self::Hyper(address)
    }

    /// What a client writes before the app's own path.
    pub(crate) fn base(&self) -> String {
        match self {
            Self::Hyper(_) => String::new(),
            Self::Buffered(gateway) => gateway.base_path(),
            Self::Streamed(gateway) => gateway.base_path(),
        }
    }

    pub(crate) fn kind(&self) -> Option<Kind> {
        match self {
            Self::Hyper(_) => None,
            Self::Buffered(gateway) => Some(gateway.kind()),
            Self::Streamed(gateway) => Some(gateway.kind()),
        }
    }

    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Response<Bytes> {
        let response = match self {
            Self::Hyper(address) => {
                let stream = TcpStream::connect(address).await.unwrap();
                let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
                tokio::spawn(connection);
                let (parts, body) = sender.send_request(request).await.unwrap().into_parts();
                return Response::from_parts(parts, body.collect().await.unwrap().to_bytes());
            }
            Self::Buffered(gateway) => gateway.clone().oneshot(request).await.unwrap(),
            Self::Streamed(gateway) => gateway.clone().oneshot(request).await.unwrap(),
        };
        assert!(response.extensions().get::<Fault>().is_none(), "{:?}", response.extensions().get::<Fault>());
        let (parts, body) = response.into_parts();
        Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
    }
}

/// A front door, with a name for messages.
pub(crate) struct Place {
    pub(crate) name: &'static str,
    front_door: GatewayBuilder,
    streamed: bool,
}

impl Place {
    pub(crate) fn door(self, layer: &SippyCupLayer, app: Router) -> Door {
        let app = layer.layer(app);
        if self.streamed {
            let gateway = self.front_door.response_streaming(true).build(app.into_streaming());
            return Door::Streamed(gateway.unwrap());
        }
        Door::Buffered(self.front_door.build(app).unwrap())
    }
}

/// Root, stage and mapping, of every kind that has them.
pub(crate) fn places() -> Vec<Place> {
    let place = |name, front_door| Place { name, front_door, streamed: false };
    let rest = || Gateway::builder(Kind::RestApi).binary_media_type("*/*");
    let http_1 = || Gateway::builder(Kind::HttpApiV1);
    let http_2 = || Gateway::builder(Kind::HttpApiV2);
    let domain = || Domain::new(DOMAIN);
    // No event of an HTTP API shows the mapping where its route is `$default`, so the function is told.
    let told = |front_door: GatewayBuilder| front_door.stage_variable("SIPPYCUP_SCRIPT_NAME_BASE", "/shop");
    let streamed = |name, front_door| Place { name, front_door, streamed: true };
    vec![
        place("REST API, custom domain", rest().domain(domain())),
        place("REST API, stage", rest().stage("prod")),
        place("REST API, mapping", rest().domain(domain().mapping("shop"))),
        place("REST API, mapping of two levels", rest().domain(domain().mapping("shop/v1"))),
        streamed("REST API, stage, streamed", rest().stage("prod")),
        place("HTTP API 1.0", http_1()),
        place("HTTP API 1.0, stage", http_1().stage("dev")),
        place("HTTP API 1.0, mapping", told(http_1().domain(domain().mapping("shop")))),
        place("HTTP API 2.0", http_2()),
        place("HTTP API 2.0, stage", http_2().stage("dev")),
        place("HTTP API 2.0, mapping", told(http_2().domain(domain().mapping("shop")))),
        place("function URL", Gateway::builder(Kind::FunctionUrl)),
        streamed("function URL, streamed", Gateway::builder(Kind::FunctionUrl)),
        place("load balancer", Gateway::builder(Kind::LoadBalancer)),
        place("load balancer, multi-value", Gateway::builder(Kind::LoadBalancerMultiValue)),
        place("Lattice, events 1", Gateway::builder(Kind::VpcLatticeV1)),
        place("Lattice, events 2", Gateway::builder(Kind::VpcLatticeV2)),
    ]
}

/// The host that a client names. Gateways take any host for their own that is no other's.
pub(crate) const DOMAIN: &str = "shop.example.com";
