//! Policies of Lambda authorizers: which requests they allow ("Output from an API Gateway Lambda authorizer").

use serde_json::Value;

/// What a policy says about one ARN.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Effect {
    Allow,
    /// A statement says no, whatever others say.
    ExplicitDeny,
    /// No statement says yes.
    ImplicitDeny,
}

/// The statements of a policy document.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    statements: Vec<Statement>,
}

#[derive(Clone, Debug)]
struct Statement {
    allows: bool,
    actions: Patterns,
    resources: Patterns,
}

/// `Resource: [..]`, or `NotResource: [..]`.
#[derive(Clone, Debug)]
struct Patterns {
    patterns: Vec<String>,
    inverted: bool,
}

impl Policy {
    /// Reads a policy document.
    ///
    /// # Errors
    ///
    /// What is no policy; a condition, which nothing here could evaluate.
    pub(crate) fn read(document: &Value) -> Result<Self, String> {
        let statements = match document.get("Statement") {
            Some(Value::Array(statements)) => statements.as_slice(),
            Some(statement @ Value::Object(_)) => std::slice::from_ref(statement),
            _ => return Err("expected statements at `policyDocument.Statement`".to_owned()),
        };
        let statements = statements.iter().map(Statement::read).collect::<Result<_, _>>()?;
        Ok(Self { statements })
    }

    /// What it says about invoking an ARN: any deny wins, and without an allow it is no.
    pub(crate) fn evaluate(&self, arn: &str) -> Effect {
        let fits =
            |statement: &&Statement| statement.actions.fit(is_invoke) && statement.resources.fit(|p| glob(p, arn));
        let mut fitting = self.statements.iter().filter(fits).map(|statement| statement.allows);
        match fitting.try_fold(false, |_, allows| allows.then_some(true)) {
            None => Effect::ExplicitDeny,
            Some(true) => Effect::Allow,
            Some(false) => Effect::ImplicitDeny,
        }
    }
}

impl Statement {
    fn read(statement: &Value) -> Result<Self, String> {
        if let Some(condition) = statement.get("Condition").filter(|condition| !condition.is_null()) {
            let keys = condition
                .as_object()
                .into_iter()
                .flatten()
                .flat_map(|(_, keys)| keys.as_object().into_iter().flatten());
            let keys: Vec<_> = keys.map(|(key, _)| format!("`{key}`")).collect();
            return Err(format!(
                "the policy has a condition on {}, and conditions are not evaluated here",
                keys.join(", ")
            ));
        }
        let allows = match statement.get("Effect").and_then(Value::as_str) {
            Some("Allow") => true,
            Some("Deny") => false,
            _ => return Err("expected Allow or Deny at `policyDocument.Statement.Effect`".to_owned()),
        };
        Ok(Self {
            allows,
            actions: Patterns::read(statement, "Action")?,
            resources: Patterns::read(statement, "Resource")?,
        })
    }
}

impl Patterns {
    fn read(statement: &Value, key: &str) -> Result<Self, String> {
        let wrong = || format!("expected text or a list of texts at `policyDocument.Statement.{key}`");
        let (value, inverted) = match (statement.get(key), statement.get(format!("Not{key}"))) {
            (Some(value), None) => (value, false),
            (None, Some(value)) => (value, true),
            _ => return Err(wrong()),
        };
        let patterns = match value {
            Value::String(pattern) => vec![pattern.clone()],
            Value::Array(patterns) => patterns
                .iter()
                .map(|pattern| pattern.as_str().map(str::to_owned))
                .collect::<Option<_>>()
                .ok_or_else(wrong)?,
            _ => return Err(wrong()),
        };
        Ok(Self { patterns, inverted })
    }

    fn fit(&self, fits: impl Fn(&str) -> bool) -> bool {
        self.patterns.iter().any(|pattern| fits(pattern)) != self.inverted
    }
}

/// Whether an action is that of a request; actions have no case.
fn is_invoke(action: &str) -> bool {
    glob(&action.to_ascii_lowercase(), "execute-api:invoke")
}

/// `*` is any run of characters, slashes too, `?` is one character.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where the last star stands, and how far it reaches.
    let mut star: Option<(usize, usize)> = None;
    while let Some(c) = text.get(t) {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(wanted) if *wanted == '?' || wanted == c => (p, t) = (p + 1, t + 1),
            _ => match &mut star {
                Some((at, reach)) => {
                    *reach += 1;
                    (p, t) = (*at + 1, *reach);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:execute-api:eu-west-1:123456789012:abc/prod/GET/items/42";

    fn statement(effect: &str, resource: &str) -> Value {
        json!({"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource})
    }

    fn evaluate(statements: &Value, arn: &str) -> Effect {
        Policy::read(&json!({"Version": "2012-10-17", "Statement": statements})).unwrap().evaluate(arn)
    }

    #[test]
    fn wildcards_cross_slashes_and_the_whole_arn_is_one_text() {
        for (resource, allowed) in [
            (ARN, true),
            ("*", true),
            ("arn:aws:execute-api:*:*:*", true),
            ("arn:aws:execute-api:eu-west-1:123456789012:abc/prod/GET/*", true),
            ("arn:aws:execute-api:eu-west-1:123456789012:abc/*/*/items/4?", true),
            ("arn:aws:execute-api:eu-west-1:123456789012:abc/prod/POST/*", false),
            ("arn:aws:execute-api:eu-west-1:123456789012:abc/prod/GET/items/4", false),
            ("arn:aws:execute-api:eu-west-1:123456789012:abc/prod/get/*", false),
            ("arn:aws:execute-api:eu-west-1:123456789012:abc/prod/GET/items/42?", false),
            ("", false),
        ] {
            let expected = if allowed { Effect::Allow } else { Effect::ImplicitDeny };
            assert_eq!(evaluate(&statement("Allow", resource), ARN), expected, "{resource}");
        }
        // Two slashes are asked for, and a WebSocket's ARN has one.
        let connect = "arn:aws:execute-api:eu-west-1:123456789012:abc/prod/$connect";
        assert_eq!(
            evaluate(&statement("Allow", "arn:aws:execute-api:*:*:abc/prod/*/*"), connect),
            Effect::ImplicitDeny
        );
        assert_eq!(evaluate(&statement("Allow", "arn:aws:execute-api:*:*:abc/prod/*"), connect), Effect::Allow);
    }

    #[test]
    fn any_deny_wins_and_without_an_allow_it_is_no() {
        let delete = ARN.replace("GET", "DELETE");
        let both = json!([statement("Allow", "*"), statement("Deny", "*/prod/DELETE/*")]);
        assert_eq!(evaluate(&both, ARN), Effect::Allow);
        assert_eq!(evaluate(&both, &delete), Effect::ExplicitDeny);
        assert_eq!(evaluate(&json!([statement("Deny", "*"), statement("Allow", "*")]), ARN), Effect::ExplicitDeny);
        assert_eq!(evaluate(&json!([]), ARN), Effect::ImplicitDeny);
        let not = json!({"Action": ["execute-api:*"], "Effect": "Allow", "NotResource": ["*/DELETE/*"]});
        assert_eq!(evaluate(&not, ARN), Effect::Allow);
        assert_eq!(evaluate(&not, &delete), Effect::ImplicitDeny);
        for action in ["lambda:InvokeFunction", "execute-api:ManageConnections"] {
            let other = json!({"Action": action, "Effect": "Allow", "Resource": "*"});
            assert_eq!(evaluate(&other, ARN), Effect::ImplicitDeny, "{action}");
        }
    }

    #[test]
    fn what_is_no_policy_or_has_a_condition_is_refused_with_a_word() {
        for (document, part) in [
            (json!({}), "policyDocument.Statement"),
            (json!({"Statement": [{"Effect": "allow", "Action": "*", "Resource": "*"}]}), "Allow or Deny"),
            (json!({"Statement": [{"Effect": "Allow", "Resource": "*"}]}), "`policyDocument.Statement.Action`"),
            (
                json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": [1]}]}),
                "`policyDocument.Statement.Resource`",
            ),
            (
                json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}}),
                "a condition on `aws:SourceIp`",
            ),
        ] {
            let error = Policy::read(&document).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
