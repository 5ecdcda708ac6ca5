//! One exchange: from the request to the event, from the answer to the response.

use std::future::poll_fn;
use std::sync::Arc;

use bytes::Bytes;
use http::header::ORIGIN;
use http::{HeaderName, HeaderValue, Request, Response};
use tower_service::Service;

use super::{Gateway, Sizes, after};
use crate::config::Config;
use crate::decode::{Asked, decode};
use crate::hint::Hints;
use crate::intake::Intake;
use crate::observe::{Step, on_behalf};
use crate::refusal::{Refusal, Refused};
use crate::rules::StickyCookies;
use crate::stamp::Stamp;
use crate::{Answer, Body, BoxError, Kind};

impl<F> Gateway<F>
where
    F: Service<Bytes>,
    F::Response: Into<Answer>,
    F::Error: Into<BoxError>,
{
    pub(super) async fn handle<B>(mut self, request: Request<B>) -> Response<Body>
    where
        B: http_body::Body,
        B::Error: Into<BoxError>,
    {
        let config = Arc::clone(&self.config);
        let (parts, body) = request.into_parts();
        let exchange = config.observer.begin(&parts);
        // The ids in the event are the ids in the response.
        let stamp = config.stamper.stamp();
        let response = self.respond(Intake::new(&config, parts, &stamp, &exchange), body).await;
        exchange.response(response)
    }

    async fn respond<B>(&mut self, mut intake: Intake<'_>, body: B) -> Response<Body>
    where
        B: http_body::Body,
        B::Error: Into<BoxError>,
    {
        let Intake { config, stamp, parts, .. } = &intake;
        let (config, stamp, kind) = (*config, *stamp, config.kind());
        let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (accept, host, method) = (header("accept"), header("host"), parts.method.clone());
        let trace = stamp.trace(header("x-amzn-trace-id").as_deref(), kind.is_load_balancer());
        let origin = parts.headers.get(ORIGIN).cloned();
        let taken = match intake.greet() {
            Ok(visitor) => {
                if let Some(response) = intake.answer(visitor).await {
                    return response;
                }
                if let Some(response) = intake.preflight() {
                    return identified(response, kind, stamp, &trace);
                }
                intake.event(visitor, body).await
            }
            Err(refused) => Err(refused),
        };
        let response = match taken {
            Ok((event, tenant)) => {
                let asked = Asked { method, accept, deadline: after(config.timeout) };
                let response = self.ask(&mut intake, event, tenant, &asked).await;
                let mut response = intake.customized(response);
                if let Some(cookies) = intake.parts.extensions.remove::<StickyCookies>() {
                    cookies.write(response.headers_mut());
                }
                intake.hints.of_redirect(&config.front.location, host.as_deref(), response.headers());
                response
            }
            Err(refused) => intake.customized(refused.response(kind)),
        };
        let mut response = intake.explained(response);
        if let Some(cors) = &config.cors {
            cors.write(kind, origin.as_ref(), response.headers_mut());
        }
        identified(response, kind, stamp, &trace)
    }

    /// What the function answers, as a response, or what the front door says if it gives none in time.
    async fn ask(
        &mut self,
        intake: &mut Intake<'_>,
        event: Bytes,
        tenant: Option<String>,
        asked: &Asked,
    ) -> Response<Body> {
        let Intake { config, exchange, hints, .. } = intake;
        let mut sizes = Sizes::of_event(event.len());
        let response = tokio::time::timeout_at(asked.deadline, async {
            match on_behalf(exchange, for_tenant(tenant, self.invoke(event))).await {
                Ok(answer) => {
                    let answer = exchange.answer(answer);
                    sizes.answered(&answer);
                    decode(config, asked, answer, hints).await
                }
                Err(error) => {
                    exchange.tell(|| Step::Failed(&error));
                    failed(config, asked, &error, hints)
                }
            }
        });
        let mut response = response.await.unwrap_or_else(|_| {
            hints.timed_out(config.kind(), config.response_streaming, asked.accept.as_deref());
            let reason = format!("no answer within {} s", config.timeout.as_secs_f32());
            Refused::new(Refusal::TimedOut, reason).response(config.kind())
        });
        response.extensions_mut().insert(sizes);
        response
    }

    pub(crate) async fn invoke(&mut self, event: Bytes) -> Result<Answer, BoxError> {
        poll_fn(|cx| self.function.poll_ready(cx)).await.map_err(Into::into)?;
        self.function.call(event).await.map(Into::into).map_err(Into::into)
    }
}

/// The function has failed, or was not invoked.
fn failed(config: &Config, asked: &Asked, error: &BoxError, hints: &mut Hints) -> Response<Body> {
    let kind = config.kind();
    match error_type(error) {
        Some("InvalidParameterValueException") if is_without_tenant(error) => {
            let reason = format!("the function was not invoked: {error}");
            return Refused::new(Refusal::Configuration, reason).response(kind);
        }
        Some("Function.ResponseSizeTooLarge") => hints.too_large(kind),
        Some("Sandbox.Timedout") => hints.timed_out(kind, config.response_streaming, asked.accept.as_deref()),
        _ if says_too_large(error) => hints.too_large(kind),
        _ => {}
    }
    Refused::new(Refusal::FunctionFailed, format!("the function failed: {error}")).response(kind)
}

/// Invokes a function for a tenant, which the function is told of.
#[cfg(feature = "function")]
async fn for_tenant<F: Future>(tenant: Option<String>, invoked: F) -> F::Output {
    use crate::function::direct::{Direct, on_behalf};

    match tenant {
        Some(id) => on_behalf(Arc::new(Direct::new(Some(id), None)), invoked).await,
        None => invoked.await,
    }
}

#[cfg(not(feature = "function"))]
async fn for_tenant<F: Future>(_: Option<String>, invoked: F) -> F::Output {
    invoked.await
}

#[cfg(feature = "function")]
fn is_without_tenant(error: &BoxError) -> bool {
    error.downcast_ref::<crate::FunctionError>().is_some_and(crate::FunctionError::is_without_tenant)
}

#[cfg(not(feature = "function"))]
fn is_without_tenant(_: &BoxError) -> bool {
    false
}

/// Why Lambda says that a function failed.
#[cfg(feature = "function")]
fn error_type(error: &BoxError) -> Option<&str> {
    error.downcast_ref::<crate::FunctionError>().map(crate::FunctionError::error_type)
}

#[cfg(not(feature = "function"))]
fn error_type(_: &BoxError) -> Option<&str> {
    None
}

/// A function with SippyCup knows the limits, and fails instead of sending what is over them. In process its error is a
/// text like the one that a process reports.
fn says_too_large(error: &BoxError) -> bool {
    let said = error.to_string();
    said.starts_with("SippyCup.Response: ") && said.contains(" refuses a response of ")
}

/// Adds the headers by which AWS names its own request.
pub(crate) fn identified(mut response: Response<Body>, kind: Kind, stamp: &Stamp, trace: &str) -> Response<Body> {
    let ids = match kind {
        Kind::RestApi | Kind::WebSocketApi => {
            &[("x-amzn-requestid", &*stamp.uuid), ("x-amz-apigw-id", &*stamp.extended_id), ("x-amzn-trace-id", trace)][..]
        }
        Kind::HttpApiV1 | Kind::HttpApiV2 => &[("apigw-requestid", &*stamp.extended_id)],
        Kind::FunctionUrl => &[("x-amzn-requestid", &*stamp.uuid), ("x-amzn-trace-id", trace)],
        _ => &[],
    };
    for (name, id) in ids {
        if let Ok(value) = HeaderValue::from_str(id) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}
