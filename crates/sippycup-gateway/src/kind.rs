//! The front doors a gateway can stand in for.

use std::fmt;
use std::str::FromStr;

use crate::ConfigError;

/// A front door of AWS, with the payload format it speaks.
///
/// ```
/// use sippycup_gateway::Kind;
///
/// assert_eq!("rest".parse::<Kind>()?, Kind::RestApi);
/// assert_eq!(Kind::LoadBalancerMultiValue.to_string(), "alb-multi");
/// # Ok::<(), sippycup_gateway::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// A Lambda function URL (`url`).
    FunctionUrl,
    /// An HTTP API with payload format 1.0 (`http-1.0`).
    HttpApiV1,
    /// An HTTP API with payload format 2.0 (`http`).
    HttpApiV2,
    /// An Application Load Balancer, multi-value headers off (`alb`).
    LoadBalancer,
    /// An Application Load Balancer, multi-value headers on (`alb-multi`).
    LoadBalancerMultiValue,
    /// A REST API with Lambda proxy integration (`rest`).
    RestApi,
    /// VPC Lattice with event structure version 1 (`lattice-v1`).
    VpcLatticeV1,
    /// VPC Lattice with event structure version 2 (`lattice`).
    VpcLatticeV2,
    /// A WebSocket API (`ws`): connections instead of requests, and `/@connections/{id}`.
    WebSocketApi,
}

impl Kind {
    /// Every kind, in alphabetical order.
    pub const ALL: &'static [Self] = &[
        Self::FunctionUrl,
        Self::HttpApiV1,
        Self::HttpApiV2,
        Self::LoadBalancer,
        Self::LoadBalancerMultiValue,
        Self::RestApi,
        Self::VpcLatticeV1,
        Self::VpcLatticeV2,
        Self::WebSocketApi,
    ];

    /// Every kind that makes an event of a request and a response of the answer: all but a WebSocket API.
    pub const OF_REQUESTS: &'static [Self] = &[
        Self::FunctionUrl,
        Self::HttpApiV1,
        Self::HttpApiV2,
        Self::LoadBalancer,
        Self::LoadBalancerMultiValue,
        Self::RestApi,
        Self::VpcLatticeV1,
        Self::VpcLatticeV2,
    ];

    /// The short name, as on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FunctionUrl => "url",
            Self::HttpApiV1 => "http-1.0",
            Self::HttpApiV2 => "http",
            Self::LoadBalancer => "alb",
            Self::LoadBalancerMultiValue => "alb-multi",
            Self::RestApi => "rest",
            Self::VpcLatticeV1 => "lattice-v1",
            Self::VpcLatticeV2 => "lattice",
            Self::WebSocketApi => "ws",
        }
    }

    /// Whether it is an HTTP API, of either payload format.
    #[must_use]
    pub const fn is_http_api(self) -> bool {
        matches!(self, Self::HttpApiV1 | Self::HttpApiV2)
    }

    /// The kind in a sentence.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::FunctionUrl => "a function URL",
            Self::HttpApiV1 | Self::HttpApiV2 => "an HTTP API",
            Self::LoadBalancer | Self::LoadBalancerMultiValue => "a load balancer",
            Self::RestApi => "a REST API",
            Self::VpcLatticeV1 | Self::VpcLatticeV2 => "VPC Lattice",
            Self::WebSocketApi => "a WebSocket API",
        }
    }

    pub(crate) const fn can_stream(self) -> bool {
        matches!(self, Self::FunctionUrl | Self::RestApi)
    }

    pub(crate) const fn is_load_balancer(self) -> bool {
        matches!(self, Self::LoadBalancer | Self::LoadBalancerMultiValue)
    }

    pub(crate) const fn is_lattice(self) -> bool {
        matches!(self, Self::VpcLatticeV1 | Self::VpcLatticeV2)
    }

    pub(crate) const fn is_api_gateway(self) -> bool {
        matches!(self, Self::RestApi | Self::HttpApiV1 | Self::HttpApiV2 | Self::WebSocketApi)
    }

    pub(crate) const fn has_default_stage(self) -> bool {
        !matches!(self, Self::RestApi | Self::WebSocketApi)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = ConfigError;

    /// # Errors
    ///
    /// If the name is none of those listed at the variants.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Ok(match name {
            "alb" => Self::LoadBalancer,
            "alb-multi" => Self::LoadBalancerMultiValue,
            "http" | "http-2.0" => Self::HttpApiV2,
            "http-1.0" => Self::HttpApiV1,
            "lattice" | "lattice-v2" => Self::VpcLatticeV2,
            "lattice-v1" => Self::VpcLatticeV1,
            "rest" => Self::RestApi,
            "url" => Self::FunctionUrl,
            "ws" => Self::WebSocketApi,
            _ => {
                let known: Vec<_> = Self::ALL.iter().map(|kind| kind.as_str()).collect();
                return Err(ConfigError::new(format!(
                    "expected a kind of gateway ({}), found `{name}`",
                    known.join(", ")
                )));
            }
        })
    }
}
