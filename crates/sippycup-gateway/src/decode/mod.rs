//! From answer JSON to a response. `buffered` reads the proxy response of each kind, `streaming` the prelude; both find `parts`, which become the response.

mod buffered;
mod parts;
mod streaming;

use http::Response;

use crate::Body;
use crate::answer::{Answer, Content};
use crate::config::Config;
use crate::hint::Hints;
pub(crate) use parts::Asked;

pub(crate) async fn decode(config: &Config, asked: &Asked, answer: Answer, hints: &mut Hints) -> Response<Body> {
    let kind = config.kind();
    let decoded = match answer.content {
        Content::Buffered(json) => buffered::decode(config, asked, json, hints),
        Content::Streaming { body, prelude } => streaming::decode(config, asked, body, prelude, hints).await,
    };
    decoded.unwrap_or_else(|refused| refused.response(kind))
}
