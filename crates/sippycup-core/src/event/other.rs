//! Events that are not of HTTP, as an error describes them.

use crate::{
    error::{found, name_for_people},
    json::{Field, Kind, Member, Members, Scanner, each_item},
};

/// Whether only events that are not of HTTP have this member, whatever else they have: an authorizer's event of payload
/// format 1.0 has everything that a REST API's has.
pub(super) fn is_foreign(name: &[u8]) -> bool {
    name == RECORDS.as_bytes() || MARKS.iter().any(|(mark, _)| mark.as_bytes() == name)
}

/// What an event that is not of HTTP looks like: the service if it says so, else its members' names.
pub(crate) fn describe(json: &[u8]) -> String {
    let kind = Scanner::new(json).kind().unwrap_or_default();
    if kind != Kind::Object {
        return found(kind).to_owned();
    }
    let mut names = Vec::new();
    for Member { name, value } in Members::of(json, Field::whole(json)).flatten() {
        let name = name.raw(json);
        if let Some((_, service)) = MARKS.iter().find(|(mark, _)| mark.as_bytes() == name) {
            return (*service).to_owned();
        }
        if name == RECORDS.as_bytes() {
            return records(json, value).to_owned();
        }
        if names.len() < MAX_NAMES {
            names.push(format!("`{}`", name_for_people(name)));
        }
    }
    if names.is_empty() { "an empty object".to_owned() } else { format!("an object with {}", names.join(", ")) }
}

/// Names the service whose records these are, from the `eventSource` of the first.
fn records(json: &[u8], records: Field) -> &'static str {
    let mut first = None;
    let _read_before = each_item(json, records, |record| {
        first.get_or_insert(record);
        Ok(())
    });
    let mut members = Members::of(json, first.unwrap_or_default()).flatten();
    let source = members.find(|member| member.name.raw(json).eq_ignore_ascii_case(b"eventSource"));
    let known = source.and_then(|member| SOURCES.iter().find(|(source, _)| member.value.is(json, source.as_bytes())));
    known.map_or("an event with `Records`", |(_, service)| service)
}

const MAX_NAMES: usize = 8;

/// A member of many services' events.
const RECORDS: &str = "Records";

/// Members that only one service's events have.
const MARKS: &[(&str, &str)] = &[
    ("actionGroup", "a Bedrock agent's action"),
    ("authorizationToken", "an API Gateway authorizer event"),
    ("awslogs", "a CloudWatch Logs event"),
    ("detail-type", "an EventBridge event"),
    ("invocationId", "a Data Firehose event"),
    ("invocationSchemaVersion", "an S3 Batch Operations event"),
    ("methodArn", "an API Gateway authorizer event"),
    ("routeArn", "an API Gateway authorizer event"),
    ("triggerSource", "a Cognito event"),
];

const SOURCES: &[(&str, &str)] = &[
    ("aws:codecommit", "a CodeCommit event"),
    ("aws:dynamodb", "a DynamoDB event"),
    ("aws:kinesis", "a Kinesis event"),
    ("aws:s3", "an S3 event"),
    ("aws:ses", "an SES event"),
    ("aws:sns", "an SNS event"),
    ("aws:sqs", "an SQS event"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_it_saw() {
        for (json, saw) in [
            (r#"{"Records":[{"messageId":"1","eventSource":"aws:sqs"}]}"#, "an SQS event"),
            (r#"{"Records":[{"EventSource":"aws:sns"}]}"#, "an SNS event"),
            (r#"{"Records":[]}"#, "an event with `Records`"),
            (r#"{"invocationSchemaVersion":"1.0","invocationId":"x","job":{}}"#, "an S3 Batch Operations event"),
            (r#"{"version":"0","detail-type":"x"}"#, "an EventBridge event"),
            (r#"{"key1":"v","key2":"v"}"#, "an object with `key1`, `key2`"),
            (
                r#"{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1}"#,
                "an object with `a`, `b`, `c`, `d`, `e`, `f`, `g`, `h`",
            ),
            ("{}", "an empty object"),
            ("[1]", "an array"),
            ("null", "null"),
        ] {
            assert_eq!(describe(json.as_bytes()), saw);
        }
    }
}
