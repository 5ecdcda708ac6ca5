//! Who is calling? The gateway's authorizer has found out; the app reads it into a type of its own. Run with
//! `cargo run -p authorizer-claims`, or deploy it.

use axum::{
    Json, Router,
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
    routing::get,
};
use serde::{Deserialize, Serialize};
use sippycup::{RequestContext, ServeError};

#[cfg(test)]
mod tests;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ServeError> {
    sippycup::run(app()).await
}

fn app() -> Router {
    Router::new().route("/me", get(async |caller: Caller| Json(caller))).route("/admin", get(admin))
}

async fn admin(caller: Caller) -> Result<&'static str, StatusCode> {
    if caller.is_in("admin") { Ok("Come in.") } else { Err(StatusCode::FORBIDDEN) }
}

/// A caller, for an app that stands behind several kinds of authorizers. With one kind a struct is enough.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
enum Caller {
    /// A token of a Cognito user pool or of another OpenID Connect issuer.
    Token {
        sub: String,
        #[serde(rename = "cognito:groups", default)]
        groups: String,
    },
    /// IAM, on every kind of API.
    Iam {
        #[serde(rename = "userArn")]
        user_arn: String,
    },
    /// A Lambda authorizer of ours, and what it put into its context.
    Lambda { tenant: String },
}

impl Caller {
    /// REST APIs write several groups as `a,b`, HTTP APIs as `[a b]`.
    fn is_in(&self, group: &str) -> bool {
        matches!(self, Self::Token { groups, .. } if groups.split(['[', ']', ',', ' ']).any(|each| each == group))
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let context = parts.extensions.get::<RequestContext>();
        match context.map(RequestContext::claims).transpose() {
            Ok(caller) => caller.flatten().ok_or((StatusCode::UNAUTHORIZED, "no authorizer, nobody is known")),
            Err(_) => Err((StatusCode::FORBIDDEN, "an authorizer that this app does not know")),
        }
    }
}
