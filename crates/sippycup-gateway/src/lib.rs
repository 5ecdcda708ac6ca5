//! A local stand-in for the front doors of AWS Lambda.

mod answer;
mod body;
#[cfg(feature = "command")]
#[doc(hidden)]
pub mod command;
mod config;
mod decode;
mod domain;
mod encode;
mod error;
#[cfg(feature = "function")]
mod function;
mod gateway;
mod identity;
mod intake;
mod json;
mod kind;
mod media_type;
mod names;
mod refusal;
mod route;
#[cfg(feature = "serve")]
mod serve;
mod stamp;

pub use answer::Answer;
pub use body::Body;
pub use config::GatewayBuilder;
pub use domain::Domain;
pub use error::{BoxError, ConfigError, Fault};
#[cfg(feature = "function")]
pub use function::{Function, FunctionBuilder, FunctionError, InvocationFuture};
pub use gateway::{Gateway, ResponseFuture};
pub use identity::{Authorizer, ClientCertificate};
pub use kind::Kind;
pub use names::HeaderNames;
