//! The answer to a batch of which a part failed.

use std::{error, fmt};

use serde::Serialize;

/// The answer to a batch of SQS, Kinesis or DynamoDB: which items failed.
///
/// Lambda reads it only where the event source mapping has `ReportBatchItemFailures`; without it the whole batch
/// succeeded, whatever the answer is. A batch fails as a whole if an identifier is null, empty or none of the batch.
/// None of this type can be null or empty.
///
/// | source | the identifier of an item |
/// |---|---|
/// | SQS | `messageId`; in a FIFO queue also those of all later items of the same message group |
/// | Kinesis | `kinesis.sequenceNumber`; Lambda goes on from the lowest |
/// | DynamoDB | `dynamodb.SequenceNumber`; Lambda goes on from the lowest |
///
/// ```
/// use sippycup_lambda::{BoxError, events::{BatchResponse, Event}};
/// # mod aws_lambda_events { pub mod sqs {
/// # #[derive(serde::Deserialize)] pub struct SqsEvent { #[serde(rename = "Records")] pub records: Vec<SqsMessage> }
/// # #[derive(serde::Deserialize)] pub struct SqsMessage { #[serde(rename = "messageId")] pub message_id: Option<String>, pub body: Option<String> }
/// # } }
/// use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
///
/// async fn orders(event: Event) -> Result<BatchResponse, BoxError> {
///     let mut answer = BatchResponse::new();
///     for message in event.deserialize::<SqsEvent>()?.records {
///         if order(&message).is_err() {
///             answer.failed(message.message_id)?;
///         }
///     }
///     Ok(answer)
/// }
///
/// fn order(message: &SqsMessage) -> Result<(), BoxError> {
///     message.body.as_deref().ok_or("expected an order").map(drop).map_err(Into::into)
/// }
/// ```
///
/// See [SQS](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html),
/// [Kinesis](https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html) and
/// [DynamoDB](https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchResponse {
    batch_item_failures: Vec<Failure>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

impl BatchResponse {
    /// The whole batch succeeded.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// This item failed.
    ///
    /// # Errors
    ///
    /// If there is no identifier, or an empty one. `?` in the handler then fails the invocation, and so the whole batch:
    /// nothing else brings back an item that cannot be named.
    pub fn failed(&mut self, identifier: Option<impl Into<String>>) -> Result<(), NoIdentifier> {
        let identifier = identifier.map(Into::into).filter(|identifier| !identifier.trim().is_empty());
        self.batch_item_failures.push(Failure { item_identifier: identifier.ok_or(NoIdentifier)? });
        Ok(())
    }

    /// Whether no item failed.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.batch_item_failures.is_empty()
    }
}

/// An item of a batch failed and has no identifier by which Lambda could know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NoIdentifier;

impl fmt::Display for NoIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected the identifier of the item that failed, found none")
    }
}

impl error::Error for NoIdentifier {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_written_as_lambda_reads_them() {
        let mut answer = BatchResponse::new();
        assert!(answer.is_success());
        assert_eq!(serde_json::to_string(&answer).unwrap(), r#"{"batchItemFailures":[]}"#);
        answer.failed(Some("m-1")).unwrap();
        answer.failed(Some("m-2".to_owned())).unwrap();
        assert!(!answer.is_success());
        assert_eq!(
            serde_json::to_string(&answer).unwrap(),
            r#"{"batchItemFailures":[{"itemIdentifier":"m-1"},{"itemIdentifier":"m-2"}]}"#
        );
    }

    #[test]
    fn no_identifier_is_an_error_and_changes_nothing() {
        let mut answer = BatchResponse::new();
        assert_eq!(answer.failed(None::<String>), Err(NoIdentifier));
        assert_eq!(answer.failed(Some("")), Err(NoIdentifier));
        assert_eq!(answer.failed(Some(" ")), Err(NoIdentifier));
        assert!(answer.is_success());
    }
}
