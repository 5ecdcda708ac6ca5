//! The settings of a gateway.

use std::net::IpAddr;

use bytes::Bytes;
use clap::{Arg, Args};
use serde::Deserialize;
use serde_json::Value;
use sippycup_gateway::{Authorizer, ConfigError, Gateway, GatewayBuilder, Kind, Throttle, UsagePlan};

use super::authorizer::AuthorizerPlan;
use super::cors::CorsTable;
use super::domain::DomainTable;
use super::rule::{ActionPlan, RulePlan, TargetGroup};
use super::values::{self, Listen, Object, Pair, Said, Seconds, Wrong};
use crate::error::UsageError;

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

    /// Resource or route: `/items/{id}`, `GET /{proxy+}`, `$default`, of a WebSocket API its key; repeatable; default everything
    #[arg(long = "route", value_name = "ROUTE")]
    pub(crate) routes: Vec<Said<String>>,

    /// Custom domain; requests to this machine are taken for it
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

    /// Only tokens of this issuer pass, or of `sippycup token` (HTTP and REST APIs, load balancers)
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

    /// Whose the keys of IAM are; without keys every request passes as theirs, with no signature
    #[arg(long, value_name = "ARN", conflicts_with_all = ["claims", "lambda_authorizer", "issuer"])]
    pub(crate) iam_principal: Option<Said<String>>,

    /// Origin whose pages may ask, with any method and header; repeatable (HTTP APIs, function URLs)
    #[arg(long = "cors", value_name = "ORIGIN")]
    #[serde(skip)]
    pub(crate) cors_origins: Vec<String>,

    /// API key, one of which a request must have in `X-API-Key`; repeatable (REST APIs)
    #[arg(long = "api-key", value_name = "KEY")]
    pub(crate) api_keys: Vec<Said<String>>,

    /// More requests a second and at once than this get 429 (REST and HTTP APIs): `10/5`
    #[arg(long, value_name = "RATE/BURST")]
    #[serde(deserialize_with = "values::throttle_in_file")]
    pub(crate) throttle: Option<Said<Throttle>>,

    /// The client's address; default the real one
    #[arg(long, value_name = "IP")]
    pub(crate) source_ip: Option<IpAddr>,

    /// Response streaming (REST APIs, function URLs)
    #[arg(long, num_args = 0, default_missing_value = "true")]
    pub(crate) stream: Option<Said<bool>>,

    /// Events say `https` and port 443, as behind a proxy that speaks TLS; default `http` and the port that listens
    #[arg(long)]
    pub(crate) https: bool,

    /// How long the front door waits; default 29 (rest, ws), 30 (http), 60 (alb, lattice), 900 (url)
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
    #[arg(skip)]
    pub(crate) api_id: Option<Said<String>>,
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
    /// Those that would hide each other listen on ports of their own: so many behind the first one.
    pub(crate) door: u16,
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

    /// The gateway that the settings describe. Each is tried alone, so that an error has its name or its line.
    pub(crate) fn builder(&self) -> Result<GatewayBuilder, Wrong> {
        let mut attempt = Attempt(Gateway::builder(self.kind));
        if let Some(stage) = &self.stage {
            attempt.set(self.kind, |b| b.stage(&stage.value)).map_err(|e| stage.wrong("--stage", e))?;
        }
        for said in &self.variables {
            let Pair { name, value } = &said.value;
            attempt.set(self.kind, |b| b.stage_variable(name, value)).map_err(|e| said.wrong("--var", e))?;
        }
        for route in &self.routes {
            attempt.set(self.kind, |b| b.route(&route.value)).map_err(|e| route.wrong("--route", e))?;
        }
        if let Some((domain, said, flag)) = self.mapped() {
            attempt.set(self.kind, |b| b.domain(domain.clone())).map_err(|e| said.wrong(flag, e))?;
        }
        for table in &self.domains {
            attempt.set(self.kind, |b| b.domain(table.value.domain())).map_err(|e| table.wrong("", e))?;
        }
        for media_type in &self.binary {
            attempt
                .set(self.kind, |b| b.binary_media_type(&media_type.value))
                .map_err(|e| media_type.wrong("--binary", e))?;
        }
        if let Some(claims) = &self.claims {
            let scopes = self.scopes.as_ref().map(|scopes| scopes.value.clone());
            let authorizer = Authorizer::jwt(claims.value.0.clone(), scopes);
            attempt.set(self.kind, |b| b.authorizer(authorizer.clone())).map_err(|e| claims.wrong("--claims", e))?;
        }
        let of_flags = (!self.cors_origins.is_empty()).then(|| Said::from(CorsTable::of_origins(&self.cors_origins)));
        if let Some(cors) = self.cors.as_ref().or(of_flags.as_ref()) {
            let flag = if self.cors.is_some() { "" } else { "--cors" };
            attempt.set(self.kind, |b| b.cors(cors.value.cors())).map_err(|e| cors.wrong(flag, e))?;
        }
        if let Some(first) = self.api_keys.first() {
            let plan = self.api_keys.iter().fold(UsagePlan::new(), |plan, key| plan.key(&key.value));
            attempt.set(self.kind, |b| b.usage_plan(plan.clone())).map_err(|e| first.wrong("--api-key", e))?;
        }
        if let Some(throttle) = &self.throttle {
            attempt
                .set(self.kind, |b| b.throttle(throttle.value.clone()))
                .map_err(|e| throttle.wrong("--throttle", e))?;
        }
        self.guard(&mut attempt)?;
        self.injected_signer(&mut attempt)?;
        match &self.scopes {
            Some(scopes) if self.claims.is_none() && self.authorizer.is_none() => {
                return Err(scopes.wrong("", "scopes are of claims or of an authorizer, and there are none"));
            }
            Some(scopes) if self.kind == Kind::RestApi && self.authorizer.is_none() => {
                return Err(scopes.wrong("", "the claims of a REST API have no scopes beside them"));
            }
            _ => {}
        }
        if let Some(said) = &self.lambda_authorizer {
            if self.claims.is_some() {
                return Err(
                    said.wrong("--lambda-authorizer", "there are claims already, and a route has one authorizer")
                );
            }
            let authorizer = lambda_authorizer(&said.value).map_err(|e| said.wrong("--lambda-authorizer", e))?;
            attempt
                .set(self.kind, |b| b.authorizer(authorizer.clone()))
                .map_err(|e| said.wrong("--lambda-authorizer", e))?;
        }
        self.set_web_socket(&mut attempt)?;
        if let Some(api_id) = &self.api_id {
            attempt.set(self.kind, |b| b.api_id(&api_id.value)).map_err(|e| api_id.wrong("", e))?;
        }
        if let Some(stream) = &self.stream {
            attempt.set(self.kind, |b| b.response_streaming(stream.value)).map_err(|e| stream.wrong("--stream", e))?;
        }
        let mut builder = attempt.0;
        if let Some(source_ip) = self.source_ip {
            builder = builder.source_ip(source_ip);
        }
        if let Some(timeout) = self.timeout {
            builder = builder.timeout(timeout.0);
        }
        Ok(builder)
    }

    /// The authorizer that runs, of the file or of flags.
    pub(super) fn authorizer(&self) -> Option<Said<AuthorizerPlan>> {
        let jwks = self.jwks.as_ref().map(|jwks| jwks.value.clone());
        let signed = || self.iam().ok().flatten().map(Said::from);
        match (&self.authorizer, &self.issuer) {
            (Some(said), _) => Some(said.clone()),
            (None, Some(issuer)) => {
                let (issuer, audience) = (Some(issuer.value.clone()), self.audience.clone());
                Some(AuthorizerPlan { issuer, audience, jwks, ..AuthorizerPlan::default() }.into())
            }
            (None, None) => signed(),
        }
    }

    /// Tries the authorizer that runs, without its function and its keys; of it only the scopes are of the routes.
    fn guard(&self, attempt: &mut Attempt) -> Result<(), Wrong> {
        let flag = match (&self.issuer, self.iam()?) {
            (Some(_), _) => "--issuer",
            (None, Some(_)) if self.authorizer.is_none() => "--iam-key",
            (None, _) => "",
        };
        let Some(said) = self.authorizer() else {
            return match &self.jwks {
                Some(jwks) => Err(jwks.wrong("--jwks", "keys are of tokens of an issuer, and there is no --issuer")),
                None => Ok(()),
            };
        };
        if self.claims.is_some() || self.lambda_authorizer.is_some() {
            return Err(said
                .wrong(flag, "it would be asked, and there is what one has said already: a route has one authorizer"));
        }
        let guard = said.value.check().map_err(|error| said.wrong(flag, error))?;
        let scopes = self.scopes.as_ref().map_or(&self.token_scopes, |scopes| &scopes.value);
        let with = |builder: GatewayBuilder| scopes.iter().fold(builder, |builder, scope| builder.scope(scope));
        let guarded = |builder: GatewayBuilder| with(builder).guard(guard.clone());
        guarded(Gateway::builder(self.kind)).build(()).map_err(|error| said.wrong(flag, error))?;
        attempt.0 = with(attempt.0.clone()).guard(guard);
        Ok(())
    }

    /// What only a WebSocket API has.
    fn set_web_socket(&self, attempt: &mut Attempt) -> Result<(), Wrong> {
        if let Some(said) = &self.route_selection {
            attempt
                .set(self.kind, |b| b.route_selection(&said.value))
                .map_err(|e| said.wrong("--route-selection", e))?;
        }
        for said in &self.route_responses {
            // It means nothing without its route.
            let with = attempt.0.clone().route_response(&said.value);
            with.clone().build(()).map_err(|e| said.wrong("--route-response", e))?;
            attempt.0 = with;
        }
        if let Some(said) = &self.idle_timeout {
            attempt.set(self.kind, |b| b.idle_timeout(said.value.0)).map_err(|e| said.wrong("--idle-timeout", e))?;
        }
        if let Some(said) = &self.connection_duration {
            attempt
                .set(self.kind, |b| b.connection_duration(said.value.0))
                .map_err(|e| said.wrong("--connection-duration", e))?;
        }
        Ok(())
    }

    /// Hides the flags that change nothing in an event.
    pub(crate) fn only_of_events(arg: Arg) -> Arg {
        let hidden = [
            "api_keys",
            "audience",
            "connection_duration",
            "cors_origins",
            "gateway-timeout",
            "https",
            "iam_keys",
            "iam_profile",
            "idle_timeout",
            "issuer",
            "jwks",
            "route_response",
            "route_responses",
            "route_selection",
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
            _ if !self.iam_keys.is_empty() || self.iam_profile.is_some() => wrong("--iam-key"),
            (Some(_), _) => wrong("--gateway-timeout"),
            (_, Some(_)) => wrong("--stream"),
            (None, None) => Ok(()),
        }
    }
}

/// A builder that takes one setting after the other, or says what is wrong with one.
pub(super) struct Attempt(GatewayBuilder);

impl Attempt {
    pub(super) fn set(
        &mut self,
        kind: Kind,
        setting: impl Fn(GatewayBuilder) -> GatewayBuilder,
    ) -> Result<(), ConfigError> {
        setting(Gateway::builder(kind)).build(())?;
        // What is wrong only together with the settings before, such as a mapping that is there twice.
        let with = setting(self.0.clone());
        with.clone().build(())?;
        self.0 = with;
        Ok(())
    }
}

fn lambda_authorizer(Object(context): &Object) -> Result<Authorizer, &'static str> {
    let mut context = context.clone();
    let principal = match context.remove("principalId") {
        None => "user".to_owned(),
        Some(Value::String(principal)) => principal,
        Some(_) => return Err("`principalId`: expected a string"),
    };
    Ok(Authorizer::lambda(principal, context))
}
