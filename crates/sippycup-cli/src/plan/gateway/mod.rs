//! The settings of a gateway: here all of them as fields, in `builder` and `signatures` what they make, in the other files the tables that a file has for some.

mod authorizer;
mod builder;
mod cors;
mod credentials;
mod domain;
mod gateway_response;
mod health;
pub(super) mod rule;
mod signatures;
mod throttle;
mod usage;
mod validator;

use std::net::IpAddr;

use bytes::Bytes;
use clap::{Arg, Args};
use serde::Deserialize;
use sippycup_gateway::{Kind, Throttle};

use super::values::{self, Listen, Object, Pair, Said, Seconds};
use crate::error::UsageError;
pub(crate) use authorizer::{AuthorizerPlan, ClaimTable, PayloadFormat, Sort};
pub(crate) use cors::CorsTable;
use credentials::CredentialsTable;
pub(crate) use domain::{DomainTable, RoutingRuleTable};
pub(crate) use gateway_response::GatewayResponseTable;
pub(crate) use health::HealthCheckPlan;
pub(crate) use rule::{
    ActionPlan, FixedTable, GuardedRules, HeaderMatchTable, HeaderTable, MatchTable, QueryTable, RedirectTable,
    RewriteTable, RulePlan, TargetGroup,
};
pub(crate) use throttle::RouteThrottle;
pub(crate) use usage::{Period, QuotaTable, UsageTable};
pub(crate) use validator::ValidatorTable;

/// One front door. Each field is a flag, a key of `[[gateway]]`, or both.
#[derive(Args, Clone, Debug, Deserialize)]
#[command(next_help_heading = "Front door")]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct GatewayPlan {
    /// Which front door
    #[arg(long, value_name = "KIND", default_value = "http", value_parser = values::kind())]
    #[serde(deserialize_with = "values::kind_in_file")]
    pub(crate) kind: Kind,

    /// Stage; default `prod` for a REST or WebSocket API, `$default` for an HTTP API
    #[arg(long, value_name = "NAME")]
    pub(crate) stage: Option<Said<String>>,

    /// Stage variable; repeatable
    #[arg(long = "var", value_name = "NAME=VALUE")]
    #[serde(deserialize_with = "values::pairs_in_file")]
    pub(crate) variables: Vec<Said<Pair>>,

    /// Resource or route: `/items/{id}`, `GET /{proxy+}`, `$default`; for a WebSocket API the key of a route; repeatable; default everything
    #[arg(long = "route", value_name = "ROUTE")]
    pub(crate) routes: Vec<Said<String>>,

    /// Custom domain; requests to this machine count as requests to it
    #[arg(long, value_name = "NAME")]
    pub(crate) domain: Option<Said<String>>,

    /// Base path or API mapping on the domain; repeatable
    #[arg(long = "base-path", value_name = "PATH")]
    #[serde(rename = "base-path")]
    pub(crate) base_paths: Vec<Said<String>>,

    /// The mappings name no stage: the client writes it (REST APIs)
    #[arg(long, num_args = 0, default_missing_value = "true")]
    pub(crate) stage_in_path: Option<Said<bool>>,

    /// One of the `binaryMediaTypes` (REST APIs); repeatable
    #[arg(long, value_name = "TYPE")]
    pub(crate) binary: Vec<Said<String>>,

    /// Claims of a Cognito or JWT authorizer, as a JSON object
    #[arg(long, value_name = "JSON")]
    pub(crate) claims: Option<Said<Object>>,

    /// Context of a Lambda authorizer, as a JSON object; `principalId` in it
    #[arg(long, value_name = "JSON", conflicts_with = "claims")]
    pub(crate) lambda_authorizer: Option<Said<Object>>,

    /// Only tokens of this issuer and those of `sippycup token` pass (HTTP and REST APIs, load balancers)
    #[arg(long, value_name = "URL", conflicts_with_all = ["claims", "lambda_authorizer"])]
    #[serde(skip)]
    pub(crate) issuer: Option<Said<String>>,

    /// Audience, one of which a token must have; repeatable
    #[arg(long, value_name = "NAME", requires = "issuer")]
    #[serde(skip)]
    pub(crate) audience: Vec<String>,

    /// Scope, one of which a token must have; repeatable
    #[arg(long = "scope", value_name = "SCOPE", requires = "issuer")]
    #[serde(skip)]
    pub(crate) token_scopes: Vec<String>,

    /// Keys of issuers: a JSON Web Key Set, or the URL of one or of a discovery document on this machine
    #[arg(long, value_name = "FILE|URL")]
    #[serde(skip)]
    pub(crate) jwks: Option<Said<String>>,

    /// Access key that requests may be signed with (IAM); repeatable
    #[arg(long = "iam-key", value_name = "ID=SECRET", conflicts_with_all = ["claims", "lambda_authorizer", "issuer"])]
    #[serde(skip)]
    pub(crate) iam_keys: Vec<Said<String>>,

    /// The same, with the keys of a profile of ~/.aws/credentials
    #[arg(long, value_name = "NAME", conflicts_with_all = ["claims", "lambda_authorizer", "issuer"])]
    #[serde(skip)]
    pub(crate) iam_profile: Option<Said<String>>,

    /// The ARN of the IAM principal that the keys belong to; without keys every request passes as that principal, without a signature
    #[arg(long, value_name = "ARN", conflicts_with_all = ["claims", "lambda_authorizer", "issuer"])]
    pub(crate) iam_principal: Option<Said<String>>,

    /// Calls of `/@connections` need a signature with one of these keys, as on AWS, and to connect needs none (WebSocket APIs)
    #[arg(long, num_args = 0, default_missing_value = "true")]
    #[serde(skip)]
    pub(crate) sign_connections: Option<Said<bool>>,

    /// Origin whose pages may send requests, with any method and header; repeatable (HTTP APIs, function URLs)
    #[arg(long = "cors", value_name = "ORIGIN")]
    #[serde(skip)]
    pub(crate) cors_origins: Vec<String>,

    /// API key, one of which a request must have in `X-API-Key`; repeatable (REST APIs)
    #[arg(long = "api-key", value_name = "KEY")]
    pub(crate) api_keys: Vec<Said<String>>,

    /// How many requests pass a second, and how many at the same time; more get 429 (REST and HTTP APIs): `10/5`
    #[arg(long, value_name = "RATE/BURST")]
    #[serde(deserialize_with = "values::throttle_in_file")]
    pub(crate) throttle: Option<Said<Throttle>>,

    /// Ask the function for this path every 35 s, as a load balancer does whose target group has a health check; default none
    #[arg(long, value_name = "PATH")]
    pub(crate) health_check: Option<Said<HealthCheckPlan>>,

    /// The client's address; default the real one
    #[arg(long, value_name = "IP")]
    pub(crate) source_ip: Option<IpAddr>,

    /// Response streaming (REST APIs, function URLs)
    #[arg(long, num_args = 0, default_missing_value = "true")]
    pub(crate) stream: Option<Said<bool>>,

    /// Events say `https` and port 443, as behind a proxy that speaks TLS; default `http` and the port that listens
    #[arg(long)]
    pub(crate) https: bool,

    /// How long the front door waits for the function; default 29 (rest, ws), 30 (http), 60 (alb, lattice), 900 (url)
    #[arg(id = "gateway-timeout", long, value_name = "SECONDS")]
    pub(crate) timeout: Option<Seconds>,

    /// What chooses the route of a message; default `$request.body.action` (WebSocket APIs)
    #[arg(long, value_name = "EXPRESSION")]
    pub(crate) route_selection: Option<Said<String>>,

    /// Route with a route response, so that clients get the answer of the function; repeatable (WebSocket APIs)
    #[arg(long = "route-response", value_name = "ROUTE")]
    #[serde(rename = "route-responses")]
    pub(crate) route_responses: Vec<Said<String>>,

    /// How long a connection may be silent; default 600 (WebSocket APIs)
    #[arg(long, value_name = "SECONDS")]
    pub(crate) idle_timeout: Option<Said<Seconds>>,

    /// How old a connection may become; default 7200 (WebSocket APIs)
    #[arg(long, value_name = "SECONDS")]
    pub(crate) connection_duration: Option<Said<Seconds>>,

    // In files only.
    #[arg(skip)]
    pub(crate) function: Option<Said<String>>,
    #[arg(skip)]
    pub(crate) listen: Option<Listen>,
    #[arg(skip)]
    pub(crate) domains: Vec<Said<DomainTable>>,
    #[arg(skip)]
    pub(crate) scopes: Option<Said<Vec<String>>>,
    #[arg(skip)]
    pub(crate) cors: Option<Said<CorsTable>>,
    #[arg(skip)]
    pub(crate) authorizer: Option<Said<AuthorizerPlan>>,
    /// Access keys that calls of `/@connections` are signed with.
    #[arg(skip)]
    pub(crate) connection_credentials: Option<Said<Vec<CredentialsTable>>>,
    #[arg(skip)]
    pub(crate) api_id: Option<Said<String>>,
    /// Where the tenant of an invocation stands, as an expression of `integration.request.header.X-Amz-Tenant-Id`.
    #[arg(skip)]
    pub(crate) tenant: Option<Said<String>>,
    #[arg(skip)]
    pub(crate) gateway_responses: Vec<Said<GatewayResponseTable>>,
    #[arg(skip)]
    #[serde(deserialize_with = "throttle::in_file")]
    pub(crate) route_throttles: Vec<Said<RouteThrottle>>,
    #[arg(skip)]
    pub(crate) usage_plans: Vec<Said<UsageTable>>,
    /// The authorizer names the API key.
    #[arg(skip)]
    pub(crate) api_key_of_authorizer: Option<Said<bool>>,
    #[arg(skip)]
    pub(crate) request_validator: Option<Said<ValidatorTable>>,
    #[arg(skip)]
    pub(crate) rules: Vec<Said<RulePlan>>,
    #[arg(skip)]
    pub(crate) default_action: Option<Said<ActionPlan>>,
    #[arg(skip)]
    pub(crate) target_groups: Vec<Said<TargetGroup>>,

    // In templates only.
    #[arg(skip)]
    #[serde(skip)]
    pub(crate) origin: Option<Origin>,
}

/// The front door of a template that a gateway is a part of: an API has one for each function, and for each other way to answer.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// Logical id of the API or of the function URL.
    pub(crate) id: String,
    /// Front doors that would hide each other listen on ports of their own: how many behind the first one.
    pub(crate) port: u16,
    /// What every event gets instead of an invocation.
    pub(crate) answer: Option<Bytes>,
    /// The authorizer of its routes, and what it does here.
    pub(crate) authorizer: Option<String>,
}

impl Default for GatewayPlan {
    fn default() -> Self {
        values::defaults()
    }
}

impl GatewayPlan {
    /// Whether its requests are sent on by rules.
    pub(super) fn is_listener(&self) -> bool {
        !self.rules.is_empty() || self.default_action.is_some() || !self.target_groups.is_empty()
    }

    /// The authorizer that runs, of the file or of flags.
    pub(super) fn authorizer(&self) -> Option<Said<AuthorizerPlan>> {
        let jwks = self.jwks.as_ref().map(|jwks| jwks.value.clone());
        let signs_calls_only = self.sign_connections.as_ref().is_some_and(|said| said.value);
        let signed = || self.iam().ok().flatten().filter(|_| !signs_calls_only).map(Said::from);
        match (&self.authorizer, &self.issuer) {
            (Some(said), _) => Some(said.clone()),
            (None, Some(issuer)) => {
                let (issuer, audience) = (Some(issuer.value.clone()), self.audience.clone());
                Some(AuthorizerPlan { issuer, audience, jwks, ..AuthorizerPlan::default() }.into())
            }
            (None, None) => signed(),
        }
    }

    /// Hides the flags that change nothing in an event.
    pub(crate) fn only_of_events(arg: Arg) -> Arg {
        let hidden = [
            "api_keys",
            "audience",
            "connection_duration",
            "cors_origins",
            "gateway-timeout",
            "health_check",
            "https",
            "iam_keys",
            "iam_profile",
            "idle_timeout",
            "issuer",
            "jwks",
            "route_response",
            "route_responses",
            "route_selection",
            "sign_connections",
            "stream",
            "throttle",
            "token_scopes",
        ]
        .contains(&arg.get_id().as_str());
        arg.hide(hidden)
    }

    /// Refuses what no event shows.
    pub(crate) fn check_event(&self) -> Result<(), UsageError> {
        let wrong =
            |flag: &str| Err(UsageError::new(format!("{flag}: no event shows it; it belongs to `sippycup serve`")));
        match (&self.timeout, &self.stream) {
            _ if self.issuer.is_some() || self.jwks.is_some() => wrong("--issuer"),
            _ if self.health_check.is_some() => wrong("--health-check"),
            _ if !self.iam_keys.is_empty() || self.iam_profile.is_some() => wrong("--iam-key"),
            (Some(_), _) => wrong("--gateway-timeout"),
            (_, Some(_)) => wrong("--stream"),
            (None, None) => Ok(()),
        }
    }
}
