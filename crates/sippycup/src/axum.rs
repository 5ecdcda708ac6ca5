//! For axum: extractors of what AWS adds, and [`AxumApp`] for services that take only axum's own body.
//!
//! | extractor | without an event (off Lambda) |
//! |---|---|
//! | [`BasePath`](crate::BasePath), [`ServerUrl`](crate::ServerUrl) | the root |
//! | [`StageVariables`](crate::StageVariables), [`PathParameters`](crate::PathParameters) | empty |
//! | [`RequestContext`](crate::RequestContext), [`EventSource`](crate::EventSource), [`PublicUri`](crate::PublicUri), [`ClientIp`](crate::ClientIp) | rejected with [`MissingContext`]; `Option<…>` is `None` |
//! | [`Connection`](crate::Connection), [`ClientCertificate`](crate::ClientCertificate), [`IamPrincipal`](crate::IamPrincipal) | the same, also where the event has none |
//! | [`Message`](crate::Message), of the body | what the body has |

#[doc(inline)]
pub use sippycup_core::axum::MissingContext;
#[cfg(any(feature = "logging", feature = "metrics", feature = "telemetry"))]
#[doc(inline)]
pub use sippycup_lambda::axum::{MatchedPathLayer, MatchedPathService};
#[doc(inline)]
pub use sippycup_layer::axum::AxumApp;
