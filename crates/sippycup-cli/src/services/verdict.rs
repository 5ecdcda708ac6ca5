//! What AWS makes of the answer to an event.

use std::collections::HashSet;

use serde_json::Value;

use super::service::Kind;

/// What AWS makes of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Whether it is what a handler of such an event would mean.
    pub(super) fine: bool,
    pub(super) text: String,
}

/// Judges an answer as the services' pages say; those of batches are
/// [SQS](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html),
/// [Kinesis](https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html) and
/// [DynamoDB](https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html).
pub(super) fn judge(kind: Kind, event: &Value, answer: &[u8]) -> Verdict {
    let Ok(answer) = serde_json::from_slice::<Value>(answer) else {
        return wrong("the answer is no JSON");
    };
    match kind {
        Kind::Sqs => batch(event, &answer, |record| at(record, "/messageId")),
        Kind::Kinesis => batch(event, &answer, |record| at(record, "/kinesis/sequenceNumber")),
        Kind::DynamoDb => batch(event, &answer, |record| at(record, "/dynamodb/SequenceNumber")),
        Kind::Sns | Kind::S3 | Kind::EventBridge | Kind::Schedule => {
            fine("handled; these events are asynchronous, and the answer is not read")
        }
        Kind::Cognito => cognito(event, &answer),
        Kind::Authorizer => authorizer(event, &answer),
        Kind::Iot => iot(&answer),
    }
}

fn batch(event: &Value, answer: &Value, identifier: impl Fn(&Value) -> &Value) -> Verdict {
    let records = at(event, "/Records").as_array().map(Vec::as_slice).unwrap_or_default();
    let failures = match answer.get("batchItemFailures") {
        None if answer.get("statusCode").is_some() => {
            return wrong(
                "the answer looks like one of HTTP: Lambda reads only `batchItemFailures`, and takes the whole batch as handled, whatever `statusCode` says",
            );
        }
        None if looks_misspelt(answer) => {
            return wrong("the answer has almost a `batchItemFailures`: Lambda takes the whole batch as handled");
        }
        None | Some(Value::Null) => return fine("the whole batch is handled"),
        Some(Value::Array(failures)) if failures.is_empty() => return fine("the whole batch is handled"),
        Some(Value::Array(failures)) => failures,
        Some(_) => return all_failed("`batchItemFailures` is no list"),
    };
    let known: HashSet<_> = records.iter().filter_map(|record| identifier(record).as_str()).collect();
    let mut failed = HashSet::new();
    for (index, failure) in failures.iter().enumerate() {
        let what = match at(failure, "/itemIdentifier") {
            Value::String(identifier) if known.contains(identifier.as_str()) => {
                failed.insert(identifier.as_str());
                continue;
            }
            Value::String(identifier) if identifier.is_empty() => "is empty",
            Value::String(_) => "is of no record of the batch",
            Value::Null => "is null or missing",
            _ => "is no string",
        };
        return all_failed(&format!("`batchItemFailures[{index}].itemIdentifier` {what}"));
    }
    fine(&format!(
        "{} of {} records failed and come again, if the mapping has `ReportBatchItemFailures`",
        failed.len(),
        records.len()
    ))
}

fn looks_misspelt(answer: &Value) -> bool {
    let names = answer.as_object().into_iter().flat_map(|members| members.keys());
    names.map(|name| name.replace(['_', '-'], "").to_ascii_lowercase()).any(|name| name.starts_with("batchitem"))
}

fn cognito(event: &Value, answer: &Value) -> Verdict {
    if at(answer, "/triggerSource") == at(event, "/triggerSource") && at(answer, "/response").is_object() {
        return fine("the event came back with its response");
    }
    wrong("Cognito wants the whole event back, with `response` filled; it refuses anything else")
}

fn authorizer(event: &Value, answer: &Value) -> Verdict {
    let format_2 = event.get("routeArn").is_some();
    if let Some(authorized) = answer.get("isAuthorized") {
        return match authorized {
            _ if !format_2 => {
                wrong("`isAuthorized` is an answer to payload format 2.0 of an HTTP API; this API wants a policy")
            }
            Value::Bool(true) => fine("allowed"),
            Value::Bool(false) => fine("denied"),
            _ => wrong("`isAuthorized` is neither true nor false"),
        };
    }
    if !at(answer, "/principalId").is_string() {
        return wrong("`principalId` is no string");
    }
    let Some(statements) = at(answer, "/policyDocument/Statement").as_array() else {
        return wrong("`policyDocument.Statement` is no list");
    };
    match statements
        .iter()
        .position(|statement| !["Allow", "Deny"].iter().any(|effect| at(statement, "/Effect") == effect))
    {
        Some(index) => wrong(&format!("`policyDocument.Statement[{index}].Effect` is neither Allow nor Deny")),
        None => fine("a policy"),
    }
}

fn iot(answer: &Value) -> Verdict {
    match at(answer, "/isAuthenticated") {
        Value::Bool(false) => fine("denied"),
        Value::Bool(true) if !at(answer, "/principalId").is_string() => wrong("`principalId` is no string"),
        Value::Bool(true) if !at(answer, "/policyDocuments").is_array() => wrong("`policyDocuments` is no list"),
        Value::Bool(true) => fine("allowed"),
        _ => wrong("`isAuthenticated` is neither true nor false"),
    }
}

/// The value at a JSON pointer; null if there is none.
fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

fn fine(text: &str) -> Verdict {
    Verdict { fine: true, text: text.to_owned() }
}

fn wrong(text: &str) -> Verdict {
    Verdict { fine: false, text: text.to_owned() }
}

fn all_failed(why: &str) -> Verdict {
    wrong(&format!("{why}: Lambda takes the whole batch as failed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::About;

    fn verdict(kind: Kind, name: &str, answer: &str) -> (bool, String) {
        let about = About {
            data: if kind == Kind::DynamoDb { Vec::new() } else { vec!["a".to_owned()] },
            authorizer: (!name.is_empty()).then(|| name.to_owned()),
            ..About::default()
        };
        let Verdict { fine, text } = judge(kind, &kind.event(&about).unwrap(), answer.as_bytes());
        (fine, text)
    }

    #[test]
    fn a_batch_is_judged_as_lambda_judges_it() {
        for (kind, known) in [
            (Kind::Sqs, "059f36b4-87a3-44ab-83d2-000000000001"),
            (Kind::Kinesis, "49590338271490256608559692538361571095921575989136500001"),
            (Kind::DynamoDb, "49590338271490256608559692538361571095921575989136500001"),
        ] {
            let failed = |identifier: &str| format!(r#"{{"batchItemFailures":[{{"itemIdentifier":{identifier}}}]}}"#);
            let known = failed(&format!("\"{known}\""));
            for (answer, is_fine, part) in [
                ("null", true, "whole batch is handled"),
                ("{}", true, "whole batch is handled"),
                (r#"{"batchItemFailures":[]}"#, true, "whole batch is handled"),
                (&known, true, "1 of 1 records failed"),
                (&failed("null"), false, "itemIdentifier` is null or missing: Lambda takes the whole batch as failed"),
                (&failed("\"\""), false, "is empty"),
                (&failed("\"x\""), false, "is of no record"),
                (&failed("1"), false, "is no string"),
                (r#"{"batchItemFailures":{}}"#, false, "is no list"),
                (r#"{"statusCode":500}"#, false, "takes the whole batch as handled"),
                (r#"{"batch_item_failures":[]}"#, false, "almost"),
                ("{", false, "no JSON"),
            ] {
                let (fine, text) = verdict(kind, "", answer);
                assert!(fine == is_fine && text.contains(part), "{kind:?} {answer}: {fine} {text}");
            }
        }
    }

    #[test]
    fn an_authorizers_answer_has_the_form_that_its_api_reads() {
        let policy = r#"{"principalId":"p","policyDocument":{"Version":"2012-10-17","Statement":[{"Action":"execute-api:Invoke","Effect":"Deny","Resource":"*"}]}}"#;
        for (name, answer, is_fine) in [
            ("token", policy, true),
            ("request", policy, true),
            ("websocket", policy, true),
            ("http", policy, true),
            ("http", r#"{"isAuthorized":true,"context":{"a":1}}"#, true),
            ("http", r#"{"isAuthorized":"true"}"#, false),
            ("token", r#"{"isAuthorized":true}"#, false),
            ("token", &policy.replace("\"p\"", "null"), false),
            ("token", &policy.replace("Deny", "deny"), false),
            ("token", "{}", false),
            ("token", r#"{"principalId":"p"}"#, false),
        ] {
            assert_eq!(verdict(Kind::Authorizer, name, answer).0, is_fine, "{name} {answer}");
        }
    }

    #[test]
    fn the_others_are_judged_by_what_their_service_reads() {
        for (kind, answer, is_fine) in [
            (Kind::Sns, "7", true),
            (Kind::Iot, r#"{"isAuthenticated":false}"#, true),
            (Kind::Iot, r#"{"isAuthenticated":true,"principalId":"p","policyDocuments":[]}"#, true),
            (Kind::Iot, r#"{"isAuthenticated":true}"#, false),
            (Kind::Iot, r#"{"isAuthenticated":true,"principalId":"p"}"#, false),
            (Kind::Iot, "null", false),
        ] {
            assert_eq!(verdict(kind, "", answer).0, is_fine, "{kind:?} {answer}");
        }
        let event = Kind::Cognito.event(&About::default()).unwrap();
        assert!(judge(Kind::Cognito, &event, event.to_string().as_bytes()).fine);
        assert!(!judge(Kind::Cognito, &event, b"{}").fine);
        assert!(!judge(Kind::Cognito, &event, b"null").fine);
    }
}
