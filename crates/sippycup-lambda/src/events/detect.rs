//! How the kinds are told apart: one row each, asked from the top, and the first that fits counts.

use super::{
    kind::EventKind,
    members::{Members, first},
};

/// The kind of an event that is not of HTTP.
pub(super) fn detect(json: &str) -> EventKind {
    // A batch of AppSync is an array of what it would send one by one.
    if json.starts_with('[') {
        let resolver = first(json).is_some_and(|item| app_sync(&Members::read(item, WANTED)));
        return if resolver { EventKind::AppSync } else { EventKind::Unknown };
    }
    let event = Members::read(json, WANTED);
    let record = event.json("Records").and_then(first).unwrap_or_default();
    let record = Members::read(record, &["EventSource", "eventSource"]);
    let source = record.text("eventSource").or_else(|| record.text("EventSource")).unwrap_or_default();
    let row = ROWS.iter().find(|Row(_, told_by)| told_by(&event, &source));
    row.map_or(EventKind::Unknown, |Row(kind, _)| *kind)
}

fn app_sync(event: &Members<'_>) -> bool {
    event.of("info", &["fieldName"]).has(&["fieldName"]) || event.has(&["typeName", "fieldName"])
}

fn scheduled(event: &Members<'_>) -> bool {
    event.is("detail-type", &["Scheduled Event"]) && event.is("source", &["aws.events", "aws.scheduler"])
}

/// What tells a kind by the event's members and by the source of the first of its `Records`.
struct Row(EventKind, fn(&Members<'_>, &str) -> bool);

static ROWS: &[Row] = &[
    Row(EventKind::Authorizer, |event, _| {
        event.is("type", &["REQUEST", "TOKEN"]) && (event.has(&["methodArn"]) || event.has(&["routeArn"]))
    }),
    Row(EventKind::AppSyncAuthorizer, |event, _| {
        let context = event.of("requestContext", &["apiId", "queryString"]);
        event.has(&["authorizationToken"]) && context.has(&["apiId", "queryString"])
    }),
    Row(EventKind::Iot, |event, _| event.has_object("protocolData")),
    Row(EventKind::WebSocket, |event, _| {
        let context = event.of("requestContext", &["connectionId", "elb", "eventType"]);
        context.has(&["connectionId", "eventType"]) && !context.has(&["elb"])
    }),
    Row(EventKind::BedrockAgent, |event, _| event.has_object("agent") && event.has(&["actionGroup", "messageVersion"])),
    Row(EventKind::S3ObjectLambda, |event, _| event.has(&["xAmzRequestId", "userRequest", "configuration"])),
    Row(EventKind::Sqs, |_, source| source == "aws:sqs"),
    Row(EventKind::Kinesis, |_, source| source == "aws:kinesis"),
    Row(EventKind::DynamoDb, |_, source| source == "aws:dynamodb"),
    Row(EventKind::Sns, |_, source| source == "aws:sns"),
    Row(EventKind::S3, |_, source| source == "aws:s3"),
    Row(EventKind::Ses, |_, source| source == "aws:ses"),
    Row(EventKind::CodeCommit, |_, source| source == "aws:codecommit"),
    Row(EventKind::Firehose, |event, _| event.has(&["deliveryStreamArn"]) && event.has_array("records")),
    Row(EventKind::Kafka, |event, _| {
        event.is("eventSource", &["aws:kafka", "aws:SelfManagedKafka"]) && event.has_object("records")
    }),
    Row(EventKind::KinesisAnalytics, |event, _| event.has(&["applicationArn", "records"])),
    Row(EventKind::CloudWatchLogs, |event, _| event.of("awslogs", &["data"]).has(&["data"])),
    Row(EventKind::AmazonMq, |event, _| {
        let rabbit = event.is("eventSource", &["aws:rmq"]) && event.has(&["rmqMessagesByQueue"]);
        rabbit || (event.is("eventSource", &["aws:mq", "aws:amq"]) && event.has(&["messages"]))
    }),
    Row(EventKind::DocumentDb, |event, _| event.is("eventSource", &["aws:docdb"]) && event.has_array("events")),
    Row(EventKind::Cognito, |event, _| event.has(&["triggerSource", "userPoolId"])),
    Row(EventKind::CognitoSync, |event, _| event.has(&["identityPoolId", "datasetRecords"])),
    Row(EventKind::CloudFormation, |event, _| event.has(&["RequestType", "ResponseURL", "StackId"])),
    Row(EventKind::CdkProvider, |event, _| {
        event.has(&["RequestType", "ResourceProperties"]) && !event.has(&["ResponseURL"])
    }),
    Row(EventKind::CodePipeline, |event, _| event.has(&["CodePipeline.job"])),
    Row(EventKind::Config, |event, _| event.has(&["invokingEvent", "configRuleArn"])),
    Row(EventKind::Connect, |event, _| {
        event.is("Name", &["ContactFlowEvent"]) || event.of("Details", &["ContactData"]).has(&["ContactData"])
    }),
    Row(EventKind::Lex, |event, _| event.has(&["bot", "invocationSource"])),
    Row(EventKind::AppSync, |event, _| app_sync(event)),
    Row(EventKind::AppSyncEvents, |event, _| {
        let info = event.of("info", &["channel", "operation"]);
        info.is("operation", &["PUBLISH", "SUBSCRIBE"]) && info.has(&["channel"])
    }),
    Row(EventKind::S3Batch, |event, _| event.has(&["invocationSchemaVersion"]) && event.has_array("tasks")),
    Row(EventKind::SecretRotation, |event, _| event.has(&["SecretId", "ClientRequestToken", "Step"])),
    Row(EventKind::CloudWatchAlarm, |event, _| {
        event.has(&["alarmArn", "alarmData"]) && event.is("source", &["aws.cloudwatch"]) && !event.has(&["detail-type"])
    }),
    Row(EventKind::Schedule, |event, _| scheduled(event)),
    Row(EventKind::EventBridge, |event, _| event.has(&["detail-type", "source"])),
    Row(EventKind::CodeDeploy, |event, _| event.has(&["DeploymentId", "LifecycleEventHookExecutionId"])),
    Row(EventKind::DashboardWidget, |event, _| event.has(&["widgetContext"])),
    Row(EventKind::ClientVpn, |event, _| event.has(&["connection-id", "endpoint-id"])),
    Row(EventKind::IotButton, |event, _| event.has(&["serialNumber", "clickType"])),
    Row(EventKind::TransferFamily, |event, _| event.has(&["serverId", "username", "protocol"])),
    Row(EventKind::WarmUp, |event, _| {
        event.is("source", &["serverless-plugin-warmup"]) || event.json("warmer") == Some("true")
    }),
];

/// All names that a row asks for.
const WANTED: &[&str] = &[
    "ClientRequestToken",
    "CodePipeline.job",
    "DeploymentId",
    "Details",
    "LifecycleEventHookExecutionId",
    "Name",
    "Records",
    "RequestType",
    "ResourceProperties",
    "ResponseURL",
    "SecretId",
    "StackId",
    "Step",
    "actionGroup",
    "agent",
    "alarmArn",
    "alarmData",
    "applicationArn",
    "authorizationToken",
    "awslogs",
    "bot",
    "clickType",
    "configRuleArn",
    "configuration",
    "connection-id",
    "datasetRecords",
    "deliveryStreamArn",
    "detail-type",
    "endpoint-id",
    "eventSource",
    "events",
    "fieldName",
    "identityPoolId",
    "info",
    "invocationSchemaVersion",
    "invocationSource",
    "invokingEvent",
    "messageVersion",
    "messages",
    "methodArn",
    "protocol",
    "protocolData",
    "records",
    "requestContext",
    "rmqMessagesByQueue",
    "routeArn",
    "serialNumber",
    "serverId",
    "source",
    "tasks",
    "triggerSource",
    "type",
    "typeName",
    "userPoolId",
    "userRequest",
    "username",
    "warmer",
    "widgetContext",
    "xAmzRequestId",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_told_by_its_decisive_members() {
        for (json, kind) in EVENTS {
            assert_eq!(detect(json), *kind, "{json}");
        }
        for Row(kind, _) in ROWS {
            assert!(EVENTS.iter().any(|(_, of)| of == kind), "no event of {kind}");
        }
    }

    #[test]
    fn the_first_row_that_fits_counts() {
        for (json, kind) in [
            // An authorizer of a WebSocket API has all that a connection has.
            (
                r#"{"type":"REQUEST","methodArn":"a","requestContext":{"connectionId":"c","eventType":"CONNECT"}}"#,
                EventKind::Authorizer,
            ),
            // Events of one's own may have any source, and any detail.
            (r#"{"detail-type":"Scheduled Event","source":"shop.orders","detail":{}}"#, EventKind::EventBridge),
            (r#"{"detail-type":"x","source":"aws.cloudwatch","alarmArn":"a","alarmData":{}}"#, EventKind::EventBridge),
            (r#"{"RequestType":"Create","ResourceProperties":{},"ResponseURL":null}"#, EventKind::CdkProvider),
            (r#"{"Records":[{"eventSource":"aws:sqs"},{"eventSource":"aws:s3"}]}"#, EventKind::Sqs),
        ] {
            assert_eq!(detect(json), kind, "{json}");
        }
    }

    #[test]
    fn what_only_looks_like_a_kind_is_unknown() {
        for json in [
            "null",
            "1",
            "\"Records\"",
            "[]",
            "[1]",
            "{}",
            r#"{"Records":[]}"#,
            r#"{"Records":{"eventSource":"aws:sqs"}}"#,
            r#"{"Records":[{"eventSource":["aws:sqs"]}]}"#,
            r#"{"Records":[{"eventSource":"aws:elsewhere"}]}"#,
            r#"[{"Records":[{"eventSource":"aws:sqs"}]}]"#,
            r#"{"type":"REQUEST"}"#,
            r#"{"methodArn":"a"}"#,
            r#"{"type":"Notification","methodArn":"a"}"#,
            r#"{"source":"aws.events"}"#,
            r#"{"detail-type":"x"}"#,
            r#"{"warmer":"true"}"#,
            r#"{"warmer":false}"#,
            r#"{"info":{"operation":"READ","channel":"c"}}"#,
            r#"{"eventSource":"aws:kafka","records":[]}"#,
        ] {
            assert_eq!(detect(json), EventKind::Unknown, "{json}");
        }
    }

    const EVENTS: &[(&str, EventKind)] = &[
        (r#"{"type":"TOKEN","authorizationToken":"t","methodArn":"a"}"#, EventKind::Authorizer),
        (r#"{"version":"2.0","type":"REQUEST","routeArn":"a"}"#, EventKind::Authorizer),
        (
            r#"{"authorizationToken":"t","requestContext":{"apiId":"a","queryString":"query"}}"#,
            EventKind::AppSyncAuthorizer,
        ),
        (r#"{"protocolData":{"mqtt":{}},"protocols":["mqtt"],"signatureVerified":false}"#, EventKind::Iot),
        (r#"{"requestContext":{"connectionId":"c","eventType":"MESSAGE","routeKey":"say"}}"#, EventKind::WebSocket),
        (
            r#"{"messageVersion":"1.0","agent":{},"actionGroup":"g","apiPath":"/","httpMethod":"GET"}"#,
            EventKind::BedrockAgent,
        ),
        (r#"{"xAmzRequestId":"r","userRequest":{},"configuration":{}}"#, EventKind::S3ObjectLambda),
        (r#"{"Records":[{"eventSource":"aws:sqs"}]}"#, EventKind::Sqs),
        (r#"{"Records":[{"eventSource":"aws:kinesis"}]}"#, EventKind::Kinesis),
        (r#"{"window":{},"state":{},"shardId":"s","Records":[{"eventSource":"aws:dynamodb"}]}"#, EventKind::DynamoDb),
        (r#"{"Records":[{"EventSource":"aws:sns"}]}"#, EventKind::Sns),
        (r#"{"Records":[{"eventSource":"aws:s3"}]}"#, EventKind::S3),
        (r#"{"Records":[{"eventSource":"aws:ses"}]}"#, EventKind::Ses),
        (r#"{"Records":[{"eventSource":"aws:codecommit"}]}"#, EventKind::CodeCommit),
        (r#"{"invocationId":"i","deliveryStreamArn":"a","records":[]}"#, EventKind::Firehose),
        (r#"{"eventSource":"aws:kafka","records":{"t-0":[]}}"#, EventKind::Kafka),
        (r#"{"eventSource":"aws:SelfManagedKafka","records":{"t-0":[]}}"#, EventKind::Kafka),
        (r#"{"applicationArn":"a","records":[]}"#, EventKind::KinesisAnalytics),
        (r#"{"awslogs":{"data":"d"}}"#, EventKind::CloudWatchLogs),
        (r#"{"eventSource":"aws:rmq","rmqMessagesByQueue":{}}"#, EventKind::AmazonMq),
        (r#"{"eventSource":"aws:mq","messages":[]}"#, EventKind::AmazonMq),
        (r#"{"eventSource":"aws:docdb","events":[]}"#, EventKind::DocumentDb),
        (r#"{"version":"1","triggerSource":"PreSignUp_SignUp","userPoolId":"p"}"#, EventKind::Cognito),
        (r#"{"identityPoolId":"p","datasetRecords":{}}"#, EventKind::CognitoSync),
        (
            r#"{"RequestType":"Create","ResponseURL":"u","StackId":"s","ResourceProperties":{}}"#,
            EventKind::CloudFormation,
        ),
        (r#"{"RequestType":"Create","ResourceProperties":{}}"#, EventKind::CdkProvider),
        (r#"{"CodePipeline.job":{}}"#, EventKind::CodePipeline),
        (r#"{"invokingEvent":"{}","configRuleArn":"a"}"#, EventKind::Config),
        (r#"{"Name":"ContactFlowEvent","Details":{}}"#, EventKind::Connect),
        (r#"{"Details":{"ContactData":{}}}"#, EventKind::Connect),
        (r#"{"bot":{},"invocationSource":"DialogCodeHook","messageVersion":"1.0"}"#, EventKind::Lex),
        (r#"{"info":{"fieldName":"f"}}"#, EventKind::AppSync),
        (r#"{"typeName":"Query","fieldName":"f"}"#, EventKind::AppSync),
        (r#"[{"info":{"fieldName":"f"}},{"info":{"fieldName":"f"}}]"#, EventKind::AppSync),
        (r#"{"info":{"operation":"PUBLISH","channel":{}}}"#, EventKind::AppSyncEvents),
        (r#"{"invocationSchemaVersion":"1.0","tasks":[]}"#, EventKind::S3Batch),
        (r#"{"SecretId":"s","ClientRequestToken":"t","Step":"createSecret"}"#, EventKind::SecretRotation),
        (r#"{"source":"aws.cloudwatch","alarmArn":"a","alarmData":{}}"#, EventKind::CloudWatchAlarm),
        (r#"{"detail-type":"Scheduled Event","source":"aws.events"}"#, EventKind::Schedule),
        (r#"{"detail-type":"Scheduled Event","source":"aws.scheduler"}"#, EventKind::Schedule),
        (r#"{"detail-type":"order placed","source":"shop"}"#, EventKind::EventBridge),
        (r#"{"DeploymentId":"d","LifecycleEventHookExecutionId":"h"}"#, EventKind::CodeDeploy),
        (r#"{"widgetContext":{}}"#, EventKind::DashboardWidget),
        (r#"{"connection-id":"c","endpoint-id":"e"}"#, EventKind::ClientVpn),
        (r#"{"serialNumber":"s","clickType":"SINGLE"}"#, EventKind::IotButton),
        (r#"{"serverId":"s","username":"u","protocol":"SFTP"}"#, EventKind::TransferFamily),
        (r#"{"source":"serverless-plugin-warmup"}"#, EventKind::WarmUp),
        (r#"{"warmer":true,"concurrency":2}"#, EventKind::WarmUp),
    ];
}
