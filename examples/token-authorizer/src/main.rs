//! A function that is an app and the authorizer of its API. The README says how to send it an authorizer's event.

use axum::{Router, http::StatusCode, routing::get};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sippycup::{
    BoxError, RequestContext, ServeError,
    events::{self, Event, EventKind},
};

#[cfg(test)]
mod tests;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ServeError> {
    sippycup::serve(app()).events(events::Router::new().on(EventKind::Authorizer, authorize)).await
}

fn app() -> Router {
    Router::new().route("/me", get(me))
}

/// What the authorizer says of a caller is in the request context of the request.
#[derive(Deserialize, Serialize)]
struct Caller {
    name: String,
}

async fn me(context: RequestContext) -> Result<String, StatusCode> {
    match context.claims::<Caller>() {
        Ok(Some(Caller { name })) => Ok(format!("Hello, {name}!")),
        _ => Err(StatusCode::FORBIDDEN),
    }
}

/// What the events of all authorizers have: with the token alone (REST APIs), or with the request.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    authorization_token: Option<String>,
    /// In payload format 2.0 of an HTTP API, and nowhere else.
    route_arn: Option<String>,
    method_arn: Option<String>,
    #[serde(default)]
    headers: serde_json::Map<String, Value>,
}

/// Answers in the form that the API reads: a policy, or `isAuthorized` in payload format 2.0.
///
/// An error that says `Unauthorized`, and nothing else, is a 401 of a REST API; a policy that denies is a 403.
async fn authorize(event: Event) -> Result<Value, BoxError> {
    let asked: Asked = event.deserialize()?;
    let header = asked.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let token = asked.authorization_token.as_deref().or_else(|| header?.1.as_str());
    let caller = token.and_then(|token| token.strip_prefix("Bearer ")).and_then(caller);
    if asked.route_arn.is_some() {
        return Ok(match caller {
            Some(caller) => json!({ "isAuthorized": true, "context": caller }),
            None => json!({ "isAuthorized": false }),
        });
    }
    let caller = caller.ok_or("Unauthorized")?;
    let method = asked.method_arn.ok_or("expected `methodArn`")?;
    let statement = json!({ "Action": "execute-api:Invoke", "Effect": "Allow", "Resource": everything(&method) });
    let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
    Ok(json!({ "principalId": caller.name, "policyDocument": policy, "context": caller }))
}

/// API Gateway keeps a policy for five minutes and asks it for every method: one for this method alone would refuse the
/// next. `arn:…:api/stage/GET/me` becomes `arn:…:api/stage/*`.
fn everything(method: &str) -> String {
    let stage: Vec<_> = method.splitn(3, '/').take(2).collect();
    format!("{}/*", stage.join("/"))
}

/// Who has this token. A real authorizer checks a signature.
fn caller(token: &str) -> Option<Caller> {
    [("token-of-ada", "Ada"), ("token-of-bob", "Bob")]
        .into_iter()
        .find(|(known, _)| *known == token)
        .map(|(_, name)| Caller { name: name.to_owned() })
}
