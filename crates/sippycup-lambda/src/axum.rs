//! For axum: [`LambdaContext`], [`BackgroundTasks`] and [`TenantId`] as extractors, and the layer that tells which route matched.

use std::convert::Infallible;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use sippycup_core::axum::MissingContext;

#[cfg(any(feature = "logging", feature = "metrics", feature = "telemetry"))]
pub use crate::route::{MatchedPathLayer, MatchedPathService};
use crate::{BackgroundTasks, LambdaContext, TenantId};

macro_rules! required {
    ($($name:ident)*) => {$(
        /// Rejected with 500 where there is no invocation: under plain hyper, say.
        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = MissingContext;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, MissingContext> {
                parts.extensions.get::<Self>().cloned().ok_or(MissingContext::new(stringify!($name)))
            }
        }

        impl<S: Send + Sync> OptionalFromRequestParts<S> for $name {
            type Rejection = Infallible;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
                Ok(parts.extensions.get::<Self>().cloned())
            }
        }
    )*};
}

required!(BackgroundTasks LambdaContext);

impl<S: Send + Sync> FromRequestParts<S> for TenantId {
    type Rejection = MissingContext;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, MissingContext> {
        parts.extensions.get().and_then(Self::from_context).ok_or(MissingContext::new("TenantId"))
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for TenantId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get().and_then(Self::from_context))
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Request};

    use super::*;

    async fn extracted(tenant: Option<&'static str>) -> (Result<TenantId, MissingContext>, Option<TenantId>) {
        let mut headers = HeaderMap::new();
        if let Some(tenant) = tenant {
            headers.insert("lambda-runtime-aws-tenant-id", HeaderValue::from_static(tenant));
        }
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.extensions.insert(LambdaContext::from_headers(&headers));
        let required = <TenantId as FromRequestParts<()>>::from_request_parts(&mut parts, &()).await;
        let Ok(optional) = <TenantId as OptionalFromRequestParts<()>>::from_request_parts(&mut parts, &()).await;
        (required, optional)
    }

    #[tokio::test]
    async fn a_tenant_is_there_where_lambda_says_one() {
        let (required, optional) = extracted(Some("blue")).await;
        assert_eq!((required.unwrap().as_str(), optional.unwrap().to_string().as_str()), ("blue", "blue"));
        let (required, optional) = extracted(None).await;
        assert!(required.unwrap_err().to_string().contains("`TenantId`"));
        assert_eq!(optional, None);
    }
}
