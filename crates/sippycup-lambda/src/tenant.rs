//! Whose data it is.

use std::fmt;

use crate::LambdaContext;

/// The tenant that an invocation is for, of functions with
/// [tenant isolation](https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation.html): Lambda gives each tenant
/// execution environments of its own, so what the process keeps is this tenant's alone.
///
/// Lambda sends it with the invocation. Behind a REST API it comes from what the integration maps to
/// `X-Amz-Tenant-Id`: map it from something that an authorizer has checked, or a client chooses its tenant.
///
/// ```
/// # use http::{HeaderMap, HeaderValue};
/// # use sippycup_lambda::{LambdaContext, TenantId};
/// let mut headers = HeaderMap::new();
/// headers.insert("lambda-runtime-aws-tenant-id", HeaderValue::from_static("blue"));
/// let context = LambdaContext::from_headers(&headers);
/// assert_eq!(TenantId::from_context(&context).unwrap().as_str(), "blue");
/// ```
///
/// With feature `axum` it is an extractor, rejected with 500 where there is no tenant; `Option<TenantId>` is for functions
/// without isolation and for other machines.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TenantId(String);

impl TenantId {
    /// The tenant of an invocation; `None` if the function has no tenants.
    #[must_use]
    pub fn from_context(context: &LambdaContext) -> Option<Self> {
        context.tenant_id().map(|id| Self(id.to_owned()))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
