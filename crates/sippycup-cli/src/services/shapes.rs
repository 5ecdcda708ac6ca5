//! The events, as AWS's pages show them; `Service` names the page of each. Account, region and time are constants, so that an event is the same each time.

use serde_json::{Map, Value, json};

use crate::error::UsageError;

pub(super) fn sqs(queue: &str, number: usize, body: &str) -> Value {
    let [sent, received] = [MILLISECONDS, MILLISECONDS + 1].map(|time| time.to_string());
    let mut attributes = vec![
        ("ApproximateReceiveCount", "1".to_owned()),
        ("SentTimestamp", sent),
        ("SenderId", "AIDAEXAMPLE".to_owned()),
        ("ApproximateFirstReceiveTimestamp", received),
    ];
    if queue.ends_with(".fifo") {
        attributes.extend([
            ("MessageGroupId", "group".to_owned()),
            ("SequenceNumber", sequence(number)),
            ("MessageDeduplicationId", format!("deduplication-{number}")),
        ]);
    }
    let attributes: Map<_, _> = attributes.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    json!({
        "messageId": uuid(number),
        "receiptHandle": format!("receipt-{number}"),
        "body": body,
        "attributes": attributes,
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": arn("sqs", queue),
        "awsRegion": REGION,
    })
}

pub(super) fn sns(topic: &str, number: usize, message: &str) -> Value {
    let topic = arn("sns", topic);
    json!({
        "EventVersion": "1.0",
        "EventSubscriptionArn": format!("{topic}:{}", uuid(0)),
        "EventSource": "aws:sns",
        "Sns": {
            "Type": "Notification",
            "MessageId": uuid(number),
            "TopicArn": topic,
            "Subject": null,
            "Message": message,
            "Timestamp": TIME_MS,
            "MessageAttributes": {},
        },
    })
}

pub(super) fn s3(bucket: &str, key: &str) -> Value {
    json!({
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": REGION,
        "eventTime": TIME_MS,
        "eventName": "ObjectCreated:Put",
        "userIdentity": { "principalId": "AIDAEXAMPLE" },
        "requestParameters": { "sourceIPAddress": "192.0.2.1" },
        "responseElements": { "x-amz-request-id": "C3D13FE58DE4C810", "x-amz-id-2": "example" },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "example",
            "bucket": {
                "name": bucket,
                "ownerIdentity": { "principalId": "A3NL1KOZZKEXAMPLE" },
                "arn": format!("arn:aws:s3:::{bucket}"),
            },
            "object": {
                "key": encoded(key),
                "size": 1024,
                "eTag": "0123456789abcdef0123456789abcdef",
                "sequencer": "0055AED6DCD90281E5",
            },
        },
    })
}

pub(super) fn event_bridge(source: &str, detail_type: &str, detail: &Map<String, Value>) -> Value {
    event_of_bus(source, detail_type, &[], detail)
}

fn event_of_bus(source: &str, detail_type: &str, resources: &[String], detail: &Map<String, Value>) -> Value {
    json!({
        "version": "0",
        "id": uuid(1),
        "detail-type": detail_type,
        "source": source,
        "account": ACCOUNT,
        "time": TIME,
        "region": REGION,
        "resources": resources,
        "detail": detail,
    })
}

pub(super) fn schedule(rule: &str) -> Value {
    event_of_bus("aws.events", "Scheduled Event", &[arn("events", &format!("rule/{rule}"))], &Map::new())
}

pub(super) fn kinesis(stream: &str, number: usize, base64: &str) -> Value {
    let sequence = sequence(number);
    json!({
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "1",
            "sequenceNumber": sequence,
            "data": base64,
            "approximateArrivalTimestamp": SECONDS,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": format!("shardId-000000000000:{sequence}"),
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": format!("arn:aws:iam::{ACCOUNT}:role/function"),
        "awsRegion": REGION,
        "eventSourceARN": arn("kinesis", &format!("stream/{stream}")),
    })
}

pub(super) fn dynamodb(table: &str, number: usize, item: &Map<String, Value>) -> Value {
    let keys: Map<_, _> = item.iter().take(1).map(|(name, value)| (name.clone(), value.clone())).collect();
    json!({
        "eventID": uuid(number),
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "dynamodb": {
            "ApproximateCreationDateTime": SECONDS,
            "Keys": keys,
            "NewImage": item,
            "SequenceNumber": sequence(number),
            "SizeBytes": 26,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": arn("dynamodb", &format!("table/{table}/stream/2026-01-01T00:00:00.000")),
    })
}

pub(super) fn cognito(trigger: &str, request: Option<Map<String, Value>>) -> Result<Value, UsageError> {
    let (prefix, _) = trigger.split_once('_').unwrap_or((trigger, ""));
    let Some((_, parameters, response)) = TRIGGERS.iter().find(|(known, ..)| *known == prefix) else {
        let known: Vec<_> = TRIGGERS.iter().map(|(known, ..)| *known).collect();
        return Err(UsageError::new(format!("--trigger: expected one that begins with one of {}", known.join(", "))));
    };
    let attributes = json!({ "email": "user@example.com", "sub": uuid(1) });
    let parameters = parameters.iter().map(|name| ((*name).to_owned(), Value::Null));
    let all: Map<_, _> = std::iter::once(("userAttributes".to_owned(), attributes)).chain(parameters).collect();
    let response: Map<_, _> = response.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
    Ok(json!({
        "version": "1",
        "triggerSource": trigger,
        "region": REGION,
        "userPoolId": format!("{REGION}_EXAMPLE"),
        "userName": "user",
        "callerContext": { "awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "example" },
        "request": request.unwrap_or(all),
        "response": response,
    }))
}

pub(super) fn authorizer(kind: &str, token: &str) -> Result<Value, UsageError> {
    let arn = |stage: &str| arn("execute-api", &format!("api1example/{stage}/GET/orders"));
    let domain = format!("api1example.execute-api.{REGION}.amazonaws.com");
    Ok(match kind {
        "token" => json!({ "type": "TOKEN", "authorizationToken": token, "methodArn": arn("prod") }),
        "request" => json!({
            "type": "REQUEST",
            "methodArn": arn("prod"),
            "resource": "/orders",
            "path": "/orders",
            "httpMethod": "GET",
            "headers": { "authorization": token },
            "multiValueHeaders": { "authorization": [token] },
            "queryStringParameters": {},
            "multiValueQueryStringParameters": {},
            "pathParameters": {},
            "stageVariables": {},
            "requestContext": {
                "path": "/orders",
                "accountId": ACCOUNT,
                "resourceId": "abc123",
                "stage": "prod",
                "requestId": uuid(1),
                "identity": { "apiKey": null, "sourceIp": "192.0.2.1" },
                "resourcePath": "/orders",
                "httpMethod": "GET",
                "apiId": "api1example",
            },
        }),
        "websocket" => json!({
            "type": "REQUEST",
            "methodArn": self::arn("execute-api", "api1example/prod/$connect"),
            "headers": { "authorization": token },
            "multiValueHeaders": { "authorization": [token] },
            "queryStringParameters": {},
            "multiValueQueryStringParameters": {},
            "stageVariables": {},
            "requestContext": {
                "routeKey": "$connect",
                "eventType": "CONNECT",
                "messageDirection": "IN",
                "stage": "prod",
                "connectedAt": MILLISECONDS,
                "requestTimeEpoch": MILLISECONDS,
                "identity": { "sourceIp": "192.0.2.1" },
                "requestId": uuid(1),
                "domainName": domain,
                "connectionId": "L0SM9cOFvHcCIhw=",
                "apiId": "api1example",
            },
        }),
        "http" => json!({
            "version": "2.0",
            "type": "REQUEST",
            "routeArn": arn("$default"),
            "identitySource": [token],
            "routeKey": "GET /orders",
            "rawPath": "/orders",
            "rawQueryString": "",
            "cookies": [],
            "headers": { "authorization": token },
            "queryStringParameters": {},
            "requestContext": {
                "accountId": ACCOUNT,
                "apiId": "api1example",
                "domainName": domain,
                "domainPrefix": "api1example",
                "http": {
                    "method": "GET",
                    "path": "/orders",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1",
                    "userAgent": "example",
                },
                "requestId": "request-1",
                "routeKey": "GET /orders",
                "stage": "$default",
                "time": "01/Jan/2026:00:00:00 +0000",
                "timeEpoch": MILLISECONDS,
            },
            "pathParameters": {},
            "stageVariables": {},
        }),
        _ => return Err(UsageError::new("--type: expected token, request, http or websocket")),
    })
}

pub(super) fn iot(token: &str) -> Value {
    json!({
        "token": token,
        "signatureVerified": true,
        "protocols": ["tls", "mqtt"],
        "protocolData": {
            "tls": { "serverName": format!("example-ats.iot.{REGION}.amazonaws.com") },
            "mqtt": { "username": "user", "password": "", "clientId": "device" },
        },
        "connectionMetadata": { "id": uuid(1) },
    })
}

/// As S3 encodes keys: as in a form.
fn encoded(key: &str) -> String {
    let mut encoded = String::new();
    for byte in key.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b'/' => encoded.push(byte.into()),
            b' ' => encoded.push('+'),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}")
}

fn uuid(number: usize) -> String {
    format!("059f36b4-87a3-44ab-83d2-{number:012x}")
}

/// Of Kinesis, DynamoDB and FIFO queues; later ones are larger.
fn sequence(number: usize) -> String {
    format!("4959033827149025660855969253836157109592157598913650{number:04}")
}

/// What triggers begin with, what their requests have beside the attributes of the user, and what their responses are asked for.
const TRIGGERS: &[(&str, &[&str], &[&str])] = &[
    ("PreSignUp", &["validationData", "clientMetadata"], &["autoConfirmUser", "autoVerifyEmail", "autoVerifyPhone"]),
    ("PostConfirmation", &["clientMetadata"], &[]),
    ("PreAuthentication", &["validationData", "userNotFound"], &[]),
    ("PostAuthentication", &["newDeviceUsed", "clientMetadata"], &[]),
    ("TokenGeneration", &["groupConfiguration", "clientMetadata"], &["claimsOverrideDetails"]),
    ("CustomMessage", &["codeParameter", "usernameParameter"], &["smsMessage", "emailMessage", "emailSubject"]),
    ("DefineAuthChallenge", &["session", "userNotFound"], &["challengeName", "issueTokens", "failAuthentication"]),
    (
        "CreateAuthChallenge",
        &["challengeName", "session"],
        &["publicChallengeParameters", "privateChallengeParameters", "challengeMetadata"],
    ),
    ("VerifyAuthChallengeResponse", &["privateChallengeParameters", "challengeAnswer"], &["answerCorrect"]),
    (
        "UserMigration",
        &["password", "validationData"],
        &["userAttributes", "finalUserStatus", "messageAction", "desiredDeliveryMediums"],
    ),
    ("CustomEmailSender", &["type", "code"], &[]),
    ("CustomSMSSender", &["type", "code"], &[]),
];

const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-1";
const TIME: &str = "2026-01-01T00:00:00Z";
const TIME_MS: &str = "2026-01-01T00:00:00.000Z";
const MILLISECONDS: u64 = SECONDS * 1_000;
const SECONDS: u64 = 1_767_225_600;
