//! Answers to a batch that Lambda reads otherwise than the handler meant them.

use std::{
    collections::{BTreeMap, HashSet},
    error, fmt,
};

use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::{event::Event, kind::EventKind, members::Members};

/// What is wrong with the answer to a batch.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Fine,
    /// Lambda takes the batch as handled; the handler can hardly have meant that.
    Odd(String),
    /// Lambda takes the whole batch as failed, and says nothing about it.
    Refused(BatchError),
}

/// A batch's answer names an item that the batch does not have.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BatchError {
    index: usize,
    found: &'static str,
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { index, found } = self;
        write!(
            f,
            "expected the identifier of an item of the batch at `batchItemFailures[{index}].itemIdentifier`, found \
             {found}: Lambda takes the whole batch as failed"
        )
    }
}

impl error::Error for BatchError {}

/// Judges an answer by the table of
/// [Reporting batch item failures](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html).
pub(super) fn judge(event: &Event, answer: &[u8]) -> Verdict {
    if !matches!(event.kind(), EventKind::Sqs | EventKind::Kinesis | EventKind::DynamoDb) {
        return Verdict::Fine;
    }
    let Ok(answer) = std::str::from_utf8(answer) else { return Verdict::Fine };
    let members = Members::read(answer, &["batchItemFailures", "statusCode"]);
    if let Some(failures) = members.json("batchItemFailures") {
        return failed_items(event, failures);
    }
    if members.has(&["statusCode"]) {
        return Verdict::Odd(format!(
            "the answer to the {} event looks like one of HTTP; Lambda reads `batchItemFailures` and nothing else, so \
             the whole batch counts as handled, whatever `statusCode` says",
            event.kind()
        ));
    }
    // Handlers that have nothing to report answer `{}`, null or a text.
    let others = serde_json::from_str::<BTreeMap<String, IgnoredAny>>(answer).unwrap_or_default();
    match others.keys().find(|name| is_misspelt(name)) {
        Some(_) => Verdict::Odd(format!(
            "the answer to the {} event has a member that is almost `batchItemFailures`; Lambda does not read it, so the \
             whole batch counts as handled",
            event.kind()
        )),
        None => Verdict::Fine,
    }
}

fn failed_items(event: &Event, failures: &str) -> Verdict {
    let refused = |index, found| Verdict::Refused(BatchError { index, found });
    let Ok(failures) = serde_json::from_str::<Vec<Value>>(failures) else {
        return refused(0, "no list of items");
    };
    if failures.is_empty() {
        return Verdict::Fine;
    }
    let Ok(Batch { records }) = event.deserialize::<Batch>() else { return Verdict::Fine };
    let known: HashSet<_> = records.into_iter().filter_map(Record::identifier).collect();
    for (index, failure) in failures.iter().enumerate() {
        let found = match failure.get("itemIdentifier") {
            None => "nothing",
            Some(Value::Null) => "null",
            Some(Value::String(identifier)) if known.contains(identifier) => continue,
            Some(Value::String(identifier)) if identifier.is_empty() => "an empty one",
            Some(Value::String(_)) => "one that no item has",
            Some(_) => "no string",
        };
        return refused(index, found);
    }
    Verdict::Fine
}

/// `batch_item_failures`, `BatchItemFailures`, `batchItemFailure`, …
fn is_misspelt(name: &str) -> bool {
    let letters: String = name.chars().filter(char::is_ascii_alphabetic).collect();
    name != "batchItemFailures" && letters.to_ascii_lowercase().starts_with("batchitem")
}

#[derive(Deserialize)]
struct Batch {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "messageId")]
    message_id: Option<String>,
    kinesis: Option<Kinesis>,
    dynamodb: Option<DynamoDb>,
}

#[derive(Deserialize)]
struct Kinesis {
    #[serde(rename = "sequenceNumber")]
    sequence_number: Option<String>,
}

#[derive(Deserialize)]
struct DynamoDb {
    #[serde(rename = "SequenceNumber")]
    sequence_number: Option<String>,
}

impl Record {
    fn identifier(self) -> Option<String> {
        let of_kinesis = self.kinesis.and_then(|kinesis| kinesis.sequence_number);
        let of_dynamodb = self.dynamodb.and_then(|dynamodb| dynamodb.sequence_number);
        self.message_id.or(of_kinesis).or(of_dynamodb)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(event: &'static str, answer: &str) -> Verdict {
        judge(&Event::from_bytes(event).unwrap(), answer.as_bytes())
    }

    #[test]
    fn identifiers_of_the_batch_are_fine() {
        for (event, identifier) in [(SQS, "m-2"), (KINESIS, "49"), (DYNAMODB, "111")] {
            let answer = format!(r#"{{"batchItemFailures":[{{"itemIdentifier":"{identifier}"}}]}}"#);
            assert_eq!(verdict(event, &answer), Verdict::Fine, "{event}");
        }
    }

    #[test]
    fn an_identifier_that_lambda_would_not_know_is_refused() {
        for (answer, index, found) in [
            (r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#, 0, "null"),
            (r#"{"batchItemFailures":[{"itemIdentifier":"m-1"},{"itemIdentifier":""}]}"#, 1, "an empty one"),
            (r#"{"batchItemFailures":[{"itemIdentifier":"m-3"}]}"#, 0, "one that no item has"),
            (r#"{"batchItemFailures":[{"itemIdentifier":7}]}"#, 0, "no string"),
            (r#"{"batchItemFailures":[{"ItemIdentifier":"m-1"}]}"#, 0, "nothing"),
            (r#"{"batchItemFailures":["m-1"]}"#, 0, "nothing"),
            (r#"{"batchItemFailures":"m-1"}"#, 0, "no list of items"),
        ] {
            assert_eq!(verdict(SQS, answer), Verdict::Refused(BatchError { index, found }), "{answer}");
        }
    }

    #[test]
    fn an_answer_that_loses_the_batch_is_odd() {
        for answer in [
            r#"{"statusCode":500}"#,
            r#"{"statusCode":200,"body":"ok"}"#,
            r#"{"batch_item_failures":[]}"#,
            r#"{"BatchItemFailures":[{"itemIdentifier":"m-1"}]}"#,
            r#"{"batchItemFailure":[]}"#,
        ] {
            for event in [SQS, KINESIS, DYNAMODB] {
                assert!(matches!(verdict(event, answer), Verdict::Odd(_)), "{answer}");
            }
        }
    }

    #[test]
    fn an_answer_that_says_nothing_is_fine_and_so_is_any_to_other_events() {
        for answer in
            ["null", "{}", "[]", "\"done\"", "7", r#"{"batchItemFailures":[]}"#, r#"{"batchItemFailures":null}"#]
        {
            assert_eq!(verdict(SQS, answer), Verdict::Fine, "{answer}");
        }
        let schedule = r#"{"detail-type":"Scheduled Event","source":"aws.events"}"#;
        for answer in [r#"{"statusCode":500}"#, r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#] {
            assert_eq!(verdict(schedule, answer), Verdict::Fine, "{answer}");
        }
    }

    const SQS: &str =
        r#"{"Records":[{"eventSource":"aws:sqs","messageId":"m-1"},{"eventSource":"aws:sqs","messageId":"m-2"}]}"#;
    const KINESIS: &str = r#"{"Records":[{"eventSource":"aws:kinesis","kinesis":{"sequenceNumber":"49"}}]}"#;
    const DYNAMODB: &str = r#"{"Records":[{"eventSource":"aws:dynamodb","dynamodb":{"SequenceNumber":"111"}}]}"#;
}
