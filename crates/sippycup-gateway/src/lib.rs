//! A local stand-in for the front doors of AWS Lambda.

mod answer;
mod body;
mod config;
mod decode;
mod domain;
mod encode;
mod error;
mod gateway;
mod identity;
mod intake;
mod json;
mod kind;
mod media_type;
mod names;
mod refusal;
mod route;
mod stamp;

pub use answer::Answer;
pub use body::Body;
pub use config::GatewayBuilder;
pub use domain::Domain;
pub use error::{BoxError, ConfigError, Fault};
pub use gateway::{Gateway, ResponseFuture};
pub use identity::{Authorizer, ClientCertificate};
pub use kind::Kind;
pub use names::HeaderNames;
