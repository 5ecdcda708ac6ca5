//! Which services there are, and their events.

use base64::prelude::{BASE64_STANDARD, Engine};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::shapes;
use crate::error::UsageError;

/// The services, each with its page of AWS's documentation. What else an event takes stands in `A`.
#[derive(Subcommand)]
pub(crate) enum Service<A: Args> {
    /// Event of an SQS queue; --data is a message
    ///
    /// A queue whose name ends with `.fifo` is a FIFO queue, with all messages in one group. The shape is that of <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>,
    /// without `md5OfBody`.
    Sqs(A),

    /// Event of an SNS topic; --data is a message
    ///
    /// The shape is that of <https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html>, without a signature.
    Sns(A),

    /// Event notification of an S3 bucket; --data is the key of an object
    ///
    /// The shape is that of <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>. Keys are encoded as AWS encodes them: a space is a `+`.
    S3(A),

    /// Event of EventBridge; --data is its detail in JSON, --from its source
    ///
    /// The shape is that of <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html>.
    #[command(name = "eventbridge")]
    EventBridge(A),

    /// Event of a schedule; --from is its rule
    ///
    /// The shape is that of <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html>. With --data the schedule has that JSON as its input, and the event
    /// is that and nothing else.
    Schedule(A),

    /// Event of a DynamoDB stream; --data is a new item in DynamoDB's JSON
    ///
    /// The shape is that of <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>; the first member of an item is its key.
    #[command(name = "dynamodb")]
    DynamoDb(A),

    /// Event of a Kinesis data stream; --data is a record
    ///
    /// The shape is that of <https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html>.
    Kinesis(A),

    /// Event of a Cognito user pool; --data is the request of the trigger in JSON
    ///
    /// The shape is that of <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html>.
    Cognito(A),

    /// Event of an API Gateway authorizer; --data is the token
    ///
    /// The shapes are those of <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-lambda-authorizer-input.html> and, for `http` (payload format 2.0),
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>.
    Authorizer(A),

    /// Event of an IoT Core custom authorizer; --data is the token
    ///
    /// The shape is that of <https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth-lambda.html>.
    Iot(A),
}

/// What an event is about.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Event")]
pub(crate) struct About {
    /// What the event brings; repeatable where an event has several records
    #[arg(short, long, value_name = "DATA", allow_hyphen_values = true)]
    pub(crate) data: Vec<String>,

    /// Name of the queue, topic, bucket, rule, table or stream, or the source of an EventBridge event
    #[arg(long, value_name = "NAME")]
    pub(crate) from: Option<String>,

    /// Trigger of a Cognito user pool [default: PreSignUp_SignUp]
    #[arg(long, value_name = "TRIGGER")]
    pub(crate) trigger: Option<String>,

    /// Kind of an authorizer: token, request, http or websocket [default: token]
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) authorizer: Option<String>,

    /// `detail-type` of an EventBridge event [default: example]
    #[arg(long, value_name = "TYPE")]
    pub(crate) detail_type: Option<String>,
}

impl<A: Args> Service<A> {
    /// What was said of the event, and what makes the event of it.
    pub(crate) fn parts(&self) -> (Kind, &A) {
        match self {
            Self::Sqs(arguments) => (Kind::Sqs, arguments),
            Self::Sns(arguments) => (Kind::Sns, arguments),
            Self::S3(arguments) => (Kind::S3, arguments),
            Self::EventBridge(arguments) => (Kind::EventBridge, arguments),
            Self::Schedule(arguments) => (Kind::Schedule, arguments),
            Self::DynamoDb(arguments) => (Kind::DynamoDb, arguments),
            Self::Kinesis(arguments) => (Kind::Kinesis, arguments),
            Self::Cognito(arguments) => (Kind::Cognito, arguments),
            Self::Authorizer(arguments) => (Kind::Authorizer, arguments),
            Self::Iot(arguments) => (Kind::Iot, arguments),
        }
    }
}

/// A service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqs,
    Sns,
    S3,
    EventBridge,
    Schedule,
    DynamoDb,
    Kinesis,
    Cognito,
    Authorizer,
    Iot,
}

impl Kind {
    /// The event.
    pub(crate) fn event(self, about: &About) -> Result<Value, UsageError> {
        self.check(about)?;
        let from = |default: &str| about.from.clone().unwrap_or_else(|| default.to_owned());
        let data = |default: &str| match &*about.data {
            [] => vec![default.to_owned()],
            data => data.to_vec(),
        };
        let one = |default: &str| about.data.first().cloned().unwrap_or_else(|| default.to_owned());
        Ok(match self {
            Self::Sqs => records(data("hello"), |number, data| shapes::sqs(&from("queue"), number, &data)),
            Self::Sns => records(data("hello"), |number, data| shapes::sns(&from("topic"), number, &data)),
            Self::S3 => records(data("folder/a file.txt"), |_, key| shapes::s3(&from("bucket"), &key)),
            Self::Kinesis => records(data("hello"), |number, data| {
                shapes::kinesis(&from("stream"), number, &BASE64_STANDARD.encode(data))
            }),
            Self::DynamoDb => {
                let items: Result<Vec<_>, _> = data(r#"{"id":{"S":"1"}}"#).iter().map(|item| object(item)).collect();
                records(items?, |number, item| shapes::dynamodb(&from("table"), number, &item))
            }
            Self::EventBridge => {
                let detail = object(&one("{}"))?;
                shapes::event_bridge(&from("example"), about.detail_type.as_deref().unwrap_or("example"), &detail)
            }
            Self::Schedule => match about.data.first() {
                Some(_) if about.from.is_some() => {
                    return Err(UsageError::new("--from: a schedule with an input of its own sends nothing else"));
                }
                Some(input) => value(input)?,
                None => shapes::schedule(&from("rule")),
            },
            Self::Cognito => shapes::cognito(
                about.trigger.as_deref().unwrap_or("PreSignUp_SignUp"),
                about.data.first().map(|d| object(d)).transpose()?,
            )?,
            Self::Authorizer => shapes::authorizer(about.authorizer.as_deref().unwrap_or("token"), &one("token"))?,
            Self::Iot => shapes::iot(&one("token")),
        })
    }

    /// Refuses what would change nothing.
    fn check(self, about: &About) -> Result<(), UsageError> {
        let nowhere = matches!(self, Self::Cognito | Self::Authorizer | Self::Iot);
        let wrong = match () {
            () if about.detail_type.is_some() && self != Self::EventBridge => {
                "--detail-type: only an event of EventBridge has one"
            }
            () if about.trigger.is_some() && self != Self::Cognito => "--trigger: only an event of Cognito has one",
            () if about.authorizer.is_some() && self != Self::Authorizer => "--type: only an authorizer has one",
            () if about.from.is_some() && nowhere => "--from: this event does not say so",
            () if about.data.len() > 1 && !self.has_records() => {
                "--data: this event has no records, so it can bring only one thing"
            }
            () => return Ok(()),
        };
        Err(UsageError::new(wrong))
    }

    fn has_records(self) -> bool {
        matches!(self, Self::Sqs | Self::Sns | Self::S3 | Self::Kinesis | Self::DynamoDb)
    }
}

fn records<T>(data: Vec<T>, record: impl Fn(usize, T) -> Value) -> Value {
    let records: Vec<_> = data.into_iter().enumerate().map(|(index, data)| record(index + 1, data)).collect();
    json!({ "Records": records })
}

fn value(json: &str) -> Result<Value, UsageError> {
    serde_json::from_str(json).map_err(|error| UsageError::new(format!("--data: expected JSON: {error}")))
}

fn object(json: &str) -> Result<Map<String, Value>, UsageError> {
    serde_json::from_str(json).map_err(|error| UsageError::new(format!("--data: expected a JSON object: {error}")))
}
