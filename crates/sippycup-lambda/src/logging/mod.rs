//! The log of a function, as Lambda and CloudWatch read it: [`init`].
//!
//! ```no_run
//! use sippycup_lambda::{ServeError, logging, run};
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), ServeError> {
//!     logging::init();
//!     run(axum::Router::new()).await
//! }
//! ```
//!
//! Each event of [`tracing`](https://docs.rs/tracing) is one line on standard error, in one write. A closed or full standard
//! error is no reason to fail.
//!
//! # Format
//!
//! `AWS_LAMBDA_LOG_FORMAT`, which Lambda sets from the function's
//! [log format](https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html), says `JSON` or
//! `Text`; without it lines are text. As JSON a line is one flat object:
//!
//! ```json
//! {"timestamp":"2026-11-26T19:26:03.123Z","level":"WARN","message":"no stock","requestId":"8476a536-e9f4-11e8-9739-2dfe598c3fcd","tenantId":"blue","xrayTraceId":"1-5759e988-bd862e3fe1be46a994272793","target":"shop::orders","item":7}
//! ```
//!
//! | member | what it is | there |
//! |---|---|---|
//! | `timestamp` | RFC 3339, UTC, milliseconds; without it Lambda would take the line as `INFO` | always |
//! | `level` | `TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR`, by which Lambda filters | always |
//! | `message` | the text of the event | always |
//! | `requestId` | Lambda's id of the invocation | in an invocation |
//! | `tenantId` | the tenant | where Lambda says one |
//! | `xrayTraceId` | the id of the trace: `Root` of the X-Ray header | where Lambda says one |
//! | `target` | the module | always |
//! | the event's fields | numbers and booleans as such, all else as text; an integer beyond 2⁵³ as text | |
//! | the fields of its spans | those of the innermost win | |
//! | `errorType` | of a failed invocation, as in the [crate documentation](crate#failures) | |
//! | `truncated` | `true` where texts were cut to keep the line below 60 KiB, which CloudWatch would split | |
//!
//! A field with the name of one of the first seven is written as `field_…`. In text they are `name=value` behind the
//! message, and control characters are escaped: a line stays a line. Off Lambda the ids are left out.
//!
//! The ids are those of the invocation that the code belongs to, also where Lambda gives several at the same time: in the app, in
//! [`BackgroundTasks`](crate::BackgroundTasks) and in `after_invocation`. What the app spawns itself has them inside a span
//! of the invocation (`tokio::spawn(work.in_current_span())`).
//!
//! There is no `stackTrace`, which managed runtimes write: an error of Rust has causes and no frames, and the causes are in
//! `message`, from the outermost to the first. Where a panic happened is in the panic's own line. Nor are lines framed and
//! written to `_LAMBDA_TELEMETRY_LOG_FD`, which keeps texts of several lines together: here every event is one line, and AWS
//! does not document that descriptor for custom runtimes.
//!
//! # Level
//!
//! It is that of `AWS_LAMBDA_LOG_LEVEL`, which Lambda sets from the function's log level, or `INFO` without it. `RUST_LOG` is
//! stronger, for everything (`debug`) or for some targets (`shop=debug,hyper=off`). It cannot have the span filters of `EnvFilter`.
//!
//! # One line for each request
//!
//! It is written when the answer is complete, with target `sippycup::access`. Its level is `INFO`, or `WARN` where the status is
//! 500 or more or the invocation failed:
//!
//! | field | what it is |
//! |---|---|
//! | `method`, `path` | of the request as the app sees it, without the query |
//! | `route` | the app's route ([`MatchedRoute`](crate::MatchedRoute)), else that of the API, unless it catches all |
//! | `status` | of the answer; missing where the invocation failed, since the front door then chooses the status |
//! | `failed` | `true` where the invocation failed, or a streamed answer broke off |
//! | `durationMs` | from the request to the end of the answer |
//! | `requestBytes`, `responseBytes` | of the bodies, without base64 |
//! | `source` | the front door, as [`EventSource::as_str`](sippycup_core::EventSource::as_str) has it |
//! | `coldStart` | whether it is the first invocation of an environment that was started for it |
//! | `remainingMs` | what was left until the deadline |
//!
//! Status and bytes are what the client gets: where a [guard](crate#guards) answers in the place of the app, they are the
//! guard's. What was wrong is told in a line of its own. A request has a line even if the app was never ready for it; an event
//! that cannot become a request has none. Query strings, headers and bodies are in no line. `RUST_LOG=sippycup::access=off` turns these lines off.
//!
//! # Panics of the app
//!
//! On Lambda, and elsewhere in JSON, `init` replaces the panic hook: what a panic says becomes one line with level `ERROR`.

mod access;
mod fields;
mod line;
mod lines;
mod panics;
mod settings;

use tracing::Subscriber;
use tracing_subscriber::{Layer, layer::SubscriberExt, registry::LookupSpan};

pub(crate) use self::access::access;
use self::{line::Form, lines::Lines, settings::Settings};

/// Writes all events of `tracing` to the log, with the format and level of the environment; see the
/// [module](self).
///
/// Call it once, before everything else. If `tracing` has a subscriber already, that one stays, and gets an event that says so.
pub fn init() {
    let settings = Settings::from_env();
    let (form, odd) = (settings.form, settings.odd.clone());
    let subscriber = tracing_subscriber::registry().with(with(settings));
    if tracing::subscriber::set_global_default(subscriber).is_err() {
        tracing::warn!("`logging::init` has no effect: `tracing` has a subscriber already");
        return;
    }
    access::turn_on();
    if form != Form::Readable {
        panics::tell();
    }
    for odd in odd {
        tracing::warn!("{odd}");
    }
}

/// What [`init`] installs, as a layer to put beside others, such as one for OpenTelemetry. The level of the environment is that
/// of this layer only. There is a line for each request; the panic hook stays as it is.
///
/// ```
/// use tracing_subscriber::layer::SubscriberExt;
///
/// let subscriber = tracing_subscriber::registry().with(sippycup_lambda::logging::layer());
/// # drop(subscriber);
/// ```
#[must_use]
pub fn layer<S>() -> impl Layer<S> + Send + Sync + 'static
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    access::turn_on();
    with(Settings::from_env())
}

fn with<S>(settings: Settings) -> impl Layer<S> + Send + Sync + 'static
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    Lines::new(settings.form).with_filter(settings.filter)
}
