//! Lambda authorizers: functions that say who is let through.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use regex_lite::Regex;
use serde_json::Value;
use tower_service::Service;

use super::answer::{Answer, Form};
use super::asked::{Asked, Denied, Why};
use super::cache::Cache;
use super::source::Source;
use crate::request::Call;
use crate::{BoxError, ConfigError, Kind};

/// An authorizer that is a function: TOKEN or REQUEST of a REST API, REQUEST of an HTTP API with payload format 1.0 or 2.0.
///
/// A request without one of the identity sources gets 401, and the function is not asked. Its answer is kept for the TTL, by the values of all sources, for all gateways that have
/// a clone of this authorizer. What is kept is the policy: it is evaluated for each request, and so one that allows only `methodArn` refuses the next route.
///
/// ```
/// use bytes::Bytes;
/// use http::Request;
/// use sippycup_gateway::{Body, BoxError, Gateway, Kind, LambdaAuthorizer, Verdict};
/// use tower::{ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let authorizer = service_fn(async |_event: Bytes| Ok::<_, BoxError>(Bytes::from_static(br#"{"isAuthorized": false}"#)));
/// let authorizer = LambdaAuthorizer::request(authorizer).simple_responses(true).identity_source("$request.header.X-Key");
/// let function = service_fn(async |_event: Bytes| Ok::<_, BoxError>(Bytes::from_static(br#"{"statusCode": 200}"#)));
/// let gateway = Gateway::builder(Kind::HttpApiV2).guard(authorizer).build(function)?;
///
/// let request = Request::get("/").header("x-key", "1").body(Body::empty())?;
/// let response = gateway.oneshot(request).await?;
/// assert_eq!(response.status(), 403);
/// let verdict = response.extensions().get::<Verdict>().expect("an authorizer was asked");
/// assert_eq!(verdict.refusal(), Some("`isAuthorized` is false"));
/// # Ok::<(), BoxError>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct LambdaAuthorizer {
    name: String,
    function: Arc<dyn Fn(Bytes) -> Answering + Send + Sync>,
    cache: Arc<Cache>,
    is_token: bool,
    sources: Vec<Source>,
    validation: Option<Regex>,
    payload_1: bool,
    simple: bool,
    ttl: Option<Duration>,
    timeout: Option<Duration>,
    error: Option<ConfigError>,
}

/// A function at work: the bytes of its answer.
struct Answering(Pin<Box<dyn Future<Output = Result<Bytes, BoxError>> + Send>>);

impl LambdaAuthorizer {
    /// A TOKEN authorizer of a REST API: the function gets one header, `method.request.header.Authorization` unless another one is the identity source.
    pub fn token<F>(function: F) -> Self
    where
        F: Service<Bytes> + Clone + Send + 'static,
        F::Response: Into<crate::Answer> + Send,
        F::Error: Into<BoxError>,
        F::Future: Send,
    {
        Self { is_token: true, sources: vec![Source::Header("Authorization".to_owned())], ..Self::request(function) }
    }

    /// A REQUEST authorizer, which gets the whole request but its body.
    pub fn request<F>(function: F) -> Self
    where
        F: Service<Bytes> + Clone + Send + 'static,
        F::Response: Into<crate::Answer> + Send,
        F::Error: Into<BoxError>,
        F::Future: Send,
    {
        // A service need not be `Sync`, and is only cloned here.
        let function = Mutex::new(function);
        let call = move |event: Bytes| {
            let mut function = function.lock().unwrap_or_else(PoisonError::into_inner).clone();
            Answering(Box::pin(async move {
                poll_fn(|cx| function.poll_ready(cx)).await.map_err(Into::into)?;
                let answer: crate::Answer = function.call(event).await.map_err(Into::into)?.into();
                Ok(answer.into_body().collect().await?.to_bytes())
            }))
        };
        Self {
            name: "lambda".to_owned(),
            function: Arc::new(call),
            cache: Arc::default(),
            is_token: false,
            sources: Vec::new(),
            validation: None,
            payload_1: false,
            simple: false,
            ttl: None,
            timeout: None,
            error: None,
        }
    }

    /// Its name in log lines and messages; default `lambda`.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Adds an identity source: `method.request.header.X-Key`, `$request.querystring.key`, `$stageVariables.v`, `$context.routeKey`; of a TOKEN authorizer it is the only one.
    #[must_use]
    pub fn identity_source(mut self, source: &str) -> Self {
        match Source::parse(source) {
            Ok(source) if self.is_token => self.sources = vec![source],
            Ok(source) => self.sources.push(source),
            Err(error) => self.error = self.error.or(Some(error)),
        }
        self
    }

    /// `identityValidationExpression`: a token that does not match this as a whole gets 401, and the function is not asked. Only TOKEN authorizers look at it.
    #[must_use]
    pub fn validation(mut self, expression: &str) -> Self {
        match Regex::new(&format!("^(?:{expression})$")) {
            Ok(expression) => self.validation = Some(expression),
            Err(error) => {
                let error = ConfigError::new(format!("identity validation expression `{expression}`: {error}"));
                self.error = self.error.or(Some(error));
            }
        }
        self
    }

    /// Whether the authorizer of an HTTP API gets payload format 1.0; default no.
    #[must_use]
    pub const fn payload_format_1(mut self, payload_format_1: bool) -> Self {
        self.payload_1 = payload_format_1;
        self
    }

    /// `enableSimpleResponses`: the function answers `isAuthorized` instead of a policy (HTTP APIs, payload format 2.0); default no.
    #[must_use]
    pub const fn simple_responses(mut self, simple: bool) -> Self {
        self.simple = simple;
        self
    }

    /// How long an answer is kept; default 300 s for a REST API, not at all for an HTTP API. Without identity sources nothing is kept.
    #[must_use]
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// How long the function may take; default 10 s for an HTTP API, 29 s for others.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    pub(super) fn name_text(&self) -> &str {
        &self.name
    }

    pub(super) fn check_kind(&self, kind: Kind) -> Result<(), ConfigError> {
        let wrong = |what: &str| Err(ConfigError::new(format!("authorizer `{}`: {} {what}", self.name, kind.name())));
        match &self.error {
            Some(error) => Err(error.clone()),
            None if !kind.is_api_gateway() => wrong("has no Lambda authorizers"),
            None if self.is_token && kind != Kind::RestApi => wrong("has no TOKEN authorizers"),
            None if self.simple && (matches!(kind, Kind::RestApi | Kind::WebSocketApi) || self.payload_1) => {
                wrong("has simple responses with payload format 2.0 only")
            }
            None if self.ttl.is_some_and(|ttl| ttl > LONGEST) => wrong("keeps answers for 3,600 s at most"),
            None => Ok(()),
        }
    }

    /// Asks about a request of a REST or HTTP API.
    pub(super) async fn ask(&self, call: &Call<'_>) -> Asked {
        let kind = call.kind();
        let values: Vec<_> = self.sources.iter().map(|source| source.value(call)).collect();
        let event = |values: &[String]| match kind {
            Kind::RestApi if self.is_token => call.token_event(values.first().map(String::as_str).unwrap_or_default()),
            Kind::RestApi => call.request_event(),
            Kind::WebSocketApi => call.connect_event(),
            _ if self.payload_1 => call.request_event_1(values),
            _ => call.request_event_2(values),
        };
        let family = match kind {
            Kind::RestApi => Family::Rest,
            Kind::WebSocketApi => Family::WebSocket,
            _ => Family::Http,
        };
        self.decide(family, &call.front.location.stage, &call.method_arn(), values, event).await
    }

    /// Asks about whatever has an ARN: `values` are those of the identity sources, in their order.
    pub(crate) async fn decide(
        &self,
        family: Family,
        stage: &str,
        arn: &str,
        values: Vec<Option<String>>,
        event: impl FnOnce(&[String]) -> Value,
    ) -> Asked {
        let denied = |why: Why, reason: String| Asked { granted: Err(Denied::new(why, reason)), cached: false };
        if let Some((source, _)) = self.sources.iter().zip(&values).find(|(_, value)| value.is_none()) {
            return denied(
                Why::Missing,
                format!("{} is missing or empty, and so the function is not asked", source.name()),
            );
        }
        let mut key: Vec<String> = values.into_iter().flatten().collect();
        let mut values = key.iter();
        if let (true, Some(expression)) = (self.is_token, &self.validation)
            && !values.all(|value| expression.is_match(value))
        {
            let reason = "the token does not match the validation expression, and so the function is not asked";
            return denied(Why::Missing, reason.to_owned());
        }
        if arn.len() > LONGEST_ARN {
            return denied(
                Why::TooLong,
                format!("the ARN of the request has {} bytes, and {LONGEST_ARN} are the limit", arn.len()),
            );
        }
        let event = event(&key);
        key.push(stage.to_owned());
        let default = if family == Family::Rest { Duration::from_secs(300) } else { Duration::ZERO };
        let ttl = if self.sources.is_empty() { Duration::ZERO } else { self.ttl.unwrap_or(default) };
        if let Some(kept) = self.cache.find(&key).filter(|_| !ttl.is_zero()) {
            let mut granted = kept.decide(arn);
            if let (Err(refused), true) = (&mut granted, kept.is_policy()) {
                refused.reason.push_str("; the policy is the one that was made for an earlier request and is kept: it should be about all routes");
            }
            return Asked { granted, cached: true };
        }
        match self.invoke(family, &event).await {
            Ok(answer) => {
                let granted = answer.decide(arn);
                if !ttl.is_zero() {
                    self.cache.keep(key, answer, ttl);
                }
                Asked { granted, cached: false }
            }
            Err(refused) => Asked { granted: Err(refused), cached: false },
        }
    }

    async fn invoke(&self, family: Family, event: &Value) -> Result<Answer, Denied> {
        let default = Duration::from_secs(if family == Family::Http { 10 } else { 29 });
        let limit = self.timeout.unwrap_or(default);
        let Answering(answering) = (self.function)(Bytes::from(event.to_string()));
        let answer = match tokio::time::timeout(limit, answering).await {
            Ok(Ok(answer)) => answer,
            // The word that AWS knows, exactly; everything else is a failure.
            Ok(Err(error)) if message(&error) == "Unauthorized" && family != Family::Http => {
                return Err(Denied::new(Why::Unauthorized, "the function failed with `Unauthorized`"));
            }
            Ok(Err(error)) => return Err(Denied::new(Why::Failed, format!("the function failed: {error}"))),
            Err(_) => return Err(Denied::new(Why::Failed, format!("no answer within {} s", limit.as_secs_f32()))),
        };
        let form = Form { simple: self.simple, strict: family != Family::Http };
        Answer::read(&answer, form).map_err(|what| Denied::new(Why::Failed, format!("malformed answer: {what}")))
    }
}

impl fmt::Debug for LambdaAuthorizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LambdaAuthorizer").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Whose authorizer it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Family {
    Http,
    Rest,
    WebSocket,
}

/// `errorMessage` of a function that runs as a process, or the error of one in this process.
fn message(error: &BoxError) -> String {
    #[cfg(feature = "function")]
    if let Some(error) = error.downcast_ref::<crate::FunctionError>() {
        return error.message().to_owned();
    }
    error.to_string()
}

const LONGEST: Duration = Duration::from_secs(3600);
const LONGEST_ARN: usize = 1600;
