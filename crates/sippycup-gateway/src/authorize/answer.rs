//! What a Lambda authorizer answers: a policy, or yes and no ("Output from an API Gateway Lambda authorizer").

use serde_json::{Map, Value};

use super::asked::{Denied, Granted, Why};
use super::policy::{Effect, Policy};
use crate::Authorizer;

/// An answer that was understood. It is kept as it is: each request is held to the policy anew.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Policy { principal: Option<String>, usage_key: Option<String>, policy: Policy, context: Map<String, Value> },
    Simple { authorized: bool, context: Map<String, Value> },
}

/// Which answers are understood.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    /// `isAuthorized` instead of a policy.
    pub(crate) simple: bool,
    /// A principal must be there, and the context has text, numbers and booleans only: REST and WebSocket APIs.
    pub(crate) strict: bool,
}

impl Answer {
    /// Reads what a function answered.
    ///
    /// # Errors
    ///
    /// What is wrong with it, without any value of it.
    pub(super) fn read(json: &[u8], form: Form) -> Result<Self, String> {
        let answer: Value = serde_json::from_slice(json).map_err(|_| "the answer is no JSON".to_owned())?;
        let Value::Object(mut answer) = answer else { return Err("expected an object as the answer".to_owned()) };
        let context = match answer.remove("context") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(context)) => context,
            Some(_) => return Err("expected an object at `context`".to_owned()),
        };
        if form.simple {
            let Some(Value::Bool(authorized)) = answer.get("isAuthorized") else {
                return Err("expected true or false at `isAuthorized`".to_owned());
            };
            return Ok(Self::Simple { authorized: *authorized, context });
        }
        let Some(document) = answer.get("policyDocument").filter(|document| !document.is_null()) else {
            let simple = answer.contains_key("isAuthorized");
            let help = if simple { ", for simple responses are not enabled" } else { "" };
            return Err(format!("expected a policy at `policyDocument`{help}"));
        };
        let principal = answer.get("principalId").and_then(Value::as_str).filter(|principal| !principal.is_empty());
        if form.strict {
            if principal.is_none() {
                return Err("expected text at `principalId`".to_owned());
            }
            if let Some((name, _)) = context.iter().find(|(_, value)| value.is_object() || value.is_array()) {
                let name = name.escape_debug();
                return Err(format!(
                    "expected text, a number, true or false at `context.{name}`, found an object or a list"
                ));
            }
        }
        let usage_key = answer.get("usageIdentifierKey").and_then(Value::as_str).map(str::to_owned);
        Ok(Self::Policy {
            principal: principal.map(str::to_owned),
            usage_key,
            policy: Policy::read(document)?,
            context,
        })
    }

    /// What it says about one request.
    pub(super) fn decide(&self, arn: &str) -> Result<Granted, Denied> {
        match self {
            Self::Simple { authorized: true, context } => {
                Ok(Granted { authorizer: Authorizer::lambda("", context.clone()), principal: None, usage_key: None })
            }
            Self::Simple { authorized: false, .. } => Err(Denied::new(Why::ImplicitDeny, "`isAuthorized` is false")),
            Self::Policy { principal, usage_key, policy, context } => {
                let authorizer = Authorizer::lambda(principal.clone().unwrap_or_default(), context.clone());
                let denied = |why: Why, reason: String, authorizer: Authorizer| {
                    Err(Denied { authorizer: Some(Box::new(authorizer)), ..Denied::new(why, reason) })
                };
                match policy.evaluate(arn) {
                    Effect::Allow => {
                        Ok(Granted { authorizer, principal: principal.clone(), usage_key: usage_key.clone() })
                    }
                    Effect::ExplicitDeny => denied(Why::ExplicitDeny, format!("its policy denies {arn}"), authorizer),
                    Effect::ImplicitDeny => {
                        denied(Why::ImplicitDeny, format!("its policy does not allow {arn}"), authorizer)
                    }
                }
            }
        }
    }

    /// Whether a request of another route may be held to it, and with what surprise.
    pub(super) const fn is_policy(&self) -> bool {
        matches!(self, Self::Policy { .. })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(answer: &Value, simple: bool, strict: bool) -> Result<Answer, String> {
        Answer::read(answer.to_string().as_bytes(), Form { simple, strict })
    }

    #[test]
    fn what_is_no_answer_is_told_and_never_access() {
        let policy = json!({"Statement": {"Action": "*", "Effect": "Allow", "Resource": "*"}});
        for (answer, simple, strict, part) in [
            (json!("Unauthorized"), false, true, "an object as the answer"),
            (json!({"statusCode": 401}), false, true, "a policy at `policyDocument`"),
            (json!({"isAuthorized": true}), false, false, "simple responses are not enabled"),
            (json!({"isAuthorized": "true"}), true, false, "true or false at `isAuthorized`"),
            (json!({"policyDocument": policy}), false, true, "`principalId`"),
            (json!({"principalId": "", "policyDocument": policy}), false, true, "`principalId`"),
            (json!({"principalId": "u", "policyDocument": policy, "context": {"o": {}}}), false, true, "`context.o`"),
            (json!({"principalId": "u", "policyDocument": policy, "context": [1]}), false, true, "`context`"),
        ] {
            let error = read(&answer, simple, strict).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
        // An HTTP API asks for less.
        assert!(read(&json!({"policyDocument": policy, "context": {"o": {}}}), false, false).is_ok());
        assert!(Answer::read(b"no JSON", Form { simple: false, strict: true }).is_err());
    }

    #[test]
    fn a_simple_answer_is_the_verdict() {
        assert!(read(&json!({"isAuthorized": true}), true, false).unwrap().decide("x").is_ok());
        let denied = read(&json!({"isAuthorized": false}), true, false).unwrap().decide("x").unwrap_err();
        assert_eq!(denied.why, Why::ImplicitDeny);
    }
}
