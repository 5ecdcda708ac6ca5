//! Which way a request came, as the public sees it.

use std::fmt;

/// The AWS front door an event came through, or the server that a request came to without an event.
///
/// | source | told by |
/// |---|---|
/// | `LoadBalancer` | `requestContext.elb` |
/// | `VpcLattice` | `raw_path` without a `requestContext` (v1), `requestContext.serviceNetworkArn` or `.serviceArn` (v2) |
/// | `WebSocket` | `requestContext.connectionId` and `.eventType` |
/// | `FunctionUrl` | `requestContext.http`, and a `requestContext.domainName` with `.lambda-url.` |
/// | `HttpApi` | `requestContext.http` (payload format 2.0), or `httpMethod` with `version` 1.0 |
/// | `RestApi` | `httpMethod` |
/// | `Server`, `WebFunction` | no event: the process listens itself |
///
/// `version` alone tells nothing: Lattice events say 2.0 too, and emulators put 1.0 into REST events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventSource {
    /// A [Lambda function URL](https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html).
    FunctionUrl,
    /// An [API Gateway HTTP API](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html), payload format 1.0 or 2.0.
    HttpApi,
    /// An [Application Load Balancer](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html), with or without multi-value headers.
    LoadBalancer,
    /// An [API Gateway REST API](https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html).
    RestApi,
    /// A [VPC Lattice service](https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html), event version 1 or 2.
    VpcLattice,
    /// An [API Gateway WebSocket API](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integrations.html).
    WebSocket,
    /// A server of its own, without a front door of Lambda and without an event: a container, or a
    /// [Lambda MicroVM](https://docs.aws.amazon.com/lambda/latest/dg/lambda-microvms.html).
    Server,
    /// A [Lambda Web Function](https://docs.aws.amazon.com/lambda/latest/dg/web-functions.html), which gets HTTP and no
    /// event.
    WebFunction,
}

impl EventSource {
    /// The name in snake case: `rest_api`, `http_api`, `function_url`, `load_balancer`, `vpc_lattice`,
    /// `web_socket`, `server` or `web_function`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FunctionUrl => "function_url",
            Self::HttpApi => "http_api",
            Self::LoadBalancer => "load_balancer",
            Self::RestApi => "rest_api",
            Self::Server => "server",
            Self::VpcLattice => "vpc_lattice",
            Self::WebFunction => "web_function",
            Self::WebSocket => "web_socket",
        }
    }
}

impl fmt::Display for EventSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
