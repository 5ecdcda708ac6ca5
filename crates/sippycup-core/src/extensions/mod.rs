//! What travels in the request's extensions beside the request itself.

#[cfg(feature = "axum")]
pub mod axum;
mod claims;
mod context;
mod public;
mod variables;

pub(crate) use self::public::{Public, forwarded_for, is_authority};
pub use self::{
    context::RequestContext,
    public::{ClientIp, PublicUri},
    variables::{PathParameters, StageVariables},
};
