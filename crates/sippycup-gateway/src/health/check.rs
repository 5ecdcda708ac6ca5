//! One check after the other.

use std::sync::Arc;

use bytes::Bytes;
use http::header::USER_AGENT;
use http::{HeaderValue, Request, Response};
use http_body_util::BodyExt;
use tokio::time::Instant;
use tower_service::Service;

use super::{Cause, HealthCheck, HealthFailure, TargetHealth};
use crate::decode::{Asked, decode};
use crate::encode::health_event;
use crate::hint::Hints;
use crate::observe::{Exchange, Step, on_behalf};
use crate::refusal::{Refusal, Refused};
use crate::{Answer, Body, BoxError, Fault, Gateway};

impl<F> Gateway<F>
where
    F: Service<Bytes> + Clone,
    F::Response: Into<Answer>,
    F::Error: Into<BoxError>,
{
    /// Checks the health of the function once, and returns the new state; `None` if the gateway has no [health check](crate::GatewayBuilder::health_check).
    ///
    /// The check is an exchange of its own for an [observer](crate::GatewayBuilder::observer), on the route `health check`.
    pub async fn check_health(&self) -> Option<TargetHealth> {
        let health = Arc::clone(self.config().health.as_ref()?);
        let outcome = self.checked(&health.check).await;
        Some(health.note(outcome))
    }

    /// Checks the health of the function, first at once and then after every interval, and calls `told` after each change. It ends at once if the gateway has no
    /// [health check](crate::GatewayBuilder::health_check), and otherwise never: drop the future to stop the checks.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use sippycup_gateway::{BoxError, Gateway, HealthCheck, Kind, TargetHealth};
    /// use tower::service_fn;
    ///
    /// // The checks use the clock of the runtime, which a test can pause: then it does not wait for the interval.
    /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(async {
    /// let function = service_fn(async |_event: Bytes| Ok::<_, BoxError>(Bytes::from_static(br#"{"statusCode": 503}"#)));
    /// let gateway = Gateway::builder(Kind::LoadBalancer).health_check(HealthCheck::new("/healthz")).build(function)?;
    /// let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    /// tokio::spawn(async move { gateway.watch_health(|health| drop(tell.send(health.state()))).await });
    /// assert_eq!(told.recv().await, Some("unhealthy"));
    /// # Ok::<(), BoxError>(())
    /// # }).unwrap();
    /// ```
    pub async fn watch_health(&self, mut told: impl FnMut(&TargetHealth)) {
        let Some(health) = self.config().health.clone() else { return };
        let mut last = health.now();
        let mut checks = tokio::time::interval(health.check.interval);
        loop {
            checks.tick().await;
            if let Some(now) = self.check_health().await
                && now.state() != last.state()
            {
                told(&now);
                last = now;
            }
        }
    }

    async fn checked(&self, check: &HealthCheck) -> Result<(), HealthFailure> {
        let config = self.config();
        let (kind, deadline) = (config.kind(), Instant::now() + check.timeout);
        let mut request = Request::new(());
        let uri = check.path.parse();
        debug_assert!(uri.is_ok(), "a path was checked: {}", check.path);
        *request.uri_mut() = uri.unwrap_or_default();
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(CHECKER));
        let (parts, ()) = request.into_parts();
        let exchange = config.observer.begin(&parts);
        let (domain, path) = (&*config.front.location.default_name, parts.uri.path());
        exchange.tell(|| Step::Routed { domain, mapping: None, stage: None, route: ROUTE, path });
        let event = health_event(&config.front, path, parts.uri.query().unwrap_or_default(), CHECKER);
        exchange.tell(|| Step::Event(&event));
        let asked = Asked { method: parts.method, accept: None, deadline };
        let answered = tokio::time::timeout_at(deadline, self.answered(&exchange, event, &asked)).await;
        let is_late = answered.is_err();
        let response = answered.unwrap_or_else(|_| {
            let reason = format!("no answer to the health check within {} s", check.timeout.as_secs_f32());
            Refused::new(Refusal::TimedOut, reason).response(kind)
        });
        let status = response.status().as_u16();
        let reason = response.extensions().get::<Fault>().map(ToString::to_string);
        let mut body = exchange.response(response).into_body();
        // No client reads the body, and the exchange ends with it.
        let read = async { while let Some(Ok(_)) = body.frame().await {} };
        let is_late = tokio::time::timeout_at(deadline, read).await.is_err() || is_late;
        match (is_late, check.is_well(status)) {
            (true, _) => Err(HealthFailure(Cause::Timeout)),
            (false, false) => Err(HealthFailure(Cause::Status(status, reason))),
            (false, true) => Ok(()),
        }
    }

    async fn answered(&self, exchange: &Exchange, event: Bytes, asked: &Asked) -> Response<Body> {
        match on_behalf(exchange, self.clone().invoke(event)).await {
            Ok(answer) => decode(self.config(), asked, exchange.answer(answer), &mut Hints::default()).await,
            Err(error) => {
                exchange.tell(|| Step::Failed(&error));
                let reason = format!("the function failed: {error}");
                Refused::new(Refusal::FunctionFailed, reason).response(self.kind())
            }
        }
    }
}

/// How load balancers call themselves when they check.
const CHECKER: &str = "ELB-HealthChecker/2.0";

/// Where the rules of a listener stand for a request.
const ROUTE: &str = "health check";
