//! For axum: extractors of what AWS adds, and [`AxumApp`] for services that take only axum's own body.
//!
//! The extractors are [`BasePath`](crate::BasePath), [`RequestContext`](crate::RequestContext),
//! [`EventSource`](crate::EventSource), [`StageVariables`](crate::StageVariables),
//! [`PathParameters`](crate::PathParameters), [`PublicUri`](crate::PublicUri) and [`ClientIp`](crate::ClientIp).
//! [`MissingContext`] is what a handler rejects the request with when one is not there.

#[doc(inline)]
pub use sippycup_core::axum::MissingContext;
#[doc(inline)]
pub use sippycup_layer::axum::AxumApp;
