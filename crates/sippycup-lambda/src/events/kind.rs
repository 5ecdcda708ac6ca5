//! What an event is about.

use std::fmt;

/// The service or the feature of AWS that an event comes from.
///
/// Recognized by the members of the event alone, in the order of this list: the first that fits is taken. Only the outer event
/// is looked at; that the body of an SQS message is an S3 event makes it no S3 event.
///
/// | kind | told by | what the function answers |
/// |---|---|---|
/// | `Authorizer` | `type` of `TOKEN` or `REQUEST`, and `methodArn` or `routeArn` | a policy, or `isAuthorized` of an HTTP API's format 2.0 |
/// | `AppSyncAuthorizer` | `authorizationToken`, `requestContext.apiId` and `.queryString` | `isAuthorized` |
/// | `Iot` | `protocolData`: a custom authorizer of IoT Core | `isAuthenticated` and policies |
/// | `WebSocket` | `requestContext.connectionId` and `.eventType`: of [`web_socket_events`](crate::serve::Serve::web_socket_events) alone | `statusCode` |
/// | `BedrockAgent` | `agent`, `actionGroup`, `messageVersion` | `messageVersion` and `response` |
/// | `S3ObjectLambda` | `xAmzRequestId`, `userRequest`, `configuration` | nothing: the object goes out through `WriteGetObjectResponse` |
/// | `Sqs`, `Kinesis`, `DynamoDb` | `Records[0].eventSource` | a [`BatchResponse`](super::BatchResponse), or nothing |
/// | `Sns`, `S3`, `Ses`, `CodeCommit` | `Records[0].eventSource` | nothing |
/// | `Firehose` | `deliveryStreamArn`, `records` | `records`, with a result for each |
/// | `Kafka` | `eventSource` of Kafka, `records` an object | nothing |
/// | `KinesisAnalytics` | `applicationArn`, `records` | `records`, with a result for each |
/// | `CloudWatchLogs` | `awslogs.data` | nothing |
/// | `AmazonMq` | `eventSource` of Amazon MQ, and its messages | nothing |
/// | `DocumentDb` | `eventSource` of DocumentDB, `events` | nothing |
/// | `Cognito` | `triggerSource`, `userPoolId` | the event, with its `response` filled |
/// | `CognitoSync` | `identityPoolId`, `datasetRecords` | the event |
/// | `CloudFormation` | `RequestType`, `ResponseURL`, `StackId` | nothing: the result is put to `ResponseURL` |
/// | `CdkProvider` | `RequestType`, `ResourceProperties`, no `ResponseURL` | `PhysicalResourceId`, `Data` |
/// | `CodePipeline` | `CodePipeline.job` | nothing |
/// | `Config` | `invokingEvent`, `configRuleArn` | nothing |
/// | `Connect` | `Name` of `ContactFlowEvent`, or `Details.ContactData` | an object of strings |
/// | `Lex` | `bot`, `invocationSource` | `sessionState`; in version 1 `dialogAction` |
/// | `AppSync` | `info.fieldName`, also in an array; `typeName` and `fieldName` | any JSON; for an array one of each |
/// | `AppSyncEvents` | `info.operation` of `PUBLISH` or `SUBSCRIBE`, `info.channel` | `events` |
/// | `S3Batch` | `invocationSchemaVersion`, `tasks` | `results` |
/// | `SecretRotation` | `SecretId`, `ClientRequestToken`, `Step` | nothing |
/// | `CloudWatchAlarm` | `alarmArn`, `alarmData`, `source`, no `detail-type` | nothing |
/// | `Schedule` | an EventBridge event with a `detail-type` of `Scheduled Event` and a `source` of `aws.events` or `aws.scheduler` | nothing |
/// | `EventBridge` | `detail-type`, `source` | nothing |
/// | `CodeDeploy` | `DeploymentId`, `LifecycleEventHookExecutionId` | nothing |
/// | `DashboardWidget` | `widgetContext` | HTML |
/// | `ClientVpn` | `connection-id`, `endpoint-id` | `allow` |
/// | `IotButton` | `serialNumber`, `clickType` | nothing |
/// | `TransferFamily` | `serverId`, `username`, `protocol` | `Role` |
/// | `WarmUp` | `source` of `serverless-plugin-warmup`, or `warmer` that is true | anything |
/// | `Unknown` | nothing of this: Step Functions, schedules and IoT rules with an input of their own, tests of the console | any JSON |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// [API Gateway Lambda authorizers](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html) of all APIs, with a token or with the request.
    Authorizer,
    /// [AppSync Lambda authorizers](https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html).
    AppSyncAuthorizer,
    /// [IoT Core custom authorizers](https://docs.aws.amazon.com/iot/latest/developerguide/custom-authorizer.html).
    Iot,
    /// [API Gateway WebSocket APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integrations.html), where they are asked for.
    WebSocket,
    /// [Amazon Bedrock agents](https://docs.aws.amazon.com/bedrock/latest/userguide/agents-lambda.html).
    BedrockAgent,
    /// [S3 Object Lambda](https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-event-context.html).
    S3ObjectLambda,
    /// [SQS queues](https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html).
    Sqs,
    /// [Kinesis data streams](https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html), with and without a window.
    Kinesis,
    /// [DynamoDB streams](https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html), with and without a window.
    DynamoDb,
    /// [SNS topics](https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html).
    Sns,
    /// [S3 event notifications](https://docs.aws.amazon.com/lambda/latest/dg/with-s3.html).
    S3,
    /// [SES receipt rules](https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-lambda.html).
    Ses,
    /// [CodeCommit triggers](https://docs.aws.amazon.com/lambda/latest/dg/services-codecommit.html).
    CodeCommit,
    /// [Data Firehose transformations](https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html).
    Firehose,
    /// [Kafka](https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html), Amazon MSK's and self-managed.
    Kafka,
    /// Kinesis Data Analytics for SQL: transformations and outputs.
    KinesisAnalytics,
    /// [CloudWatch Logs subscriptions](https://docs.aws.amazon.com/lambda/latest/dg/services-cloudwatchlogs.html).
    CloudWatchLogs,
    /// [Amazon MQ](https://docs.aws.amazon.com/lambda/latest/dg/with-mq.html): ActiveMQ and RabbitMQ.
    AmazonMq,
    /// [DocumentDB change streams](https://docs.aws.amazon.com/lambda/latest/dg/with-documentdb.html).
    DocumentDb,
    /// [Cognito user pool triggers](https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html).
    Cognito,
    /// [Cognito sync triggers](https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-events.html).
    CognitoSync,
    /// [CloudFormation custom resources](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-custom-resources.html).
    CloudFormation,
    /// The provider framework of the AWS CDK.
    CdkProvider,
    /// [CodePipeline jobs](https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-invoke-lambda-function.html).
    CodePipeline,
    /// [AWS Config rules](https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_example-events.html).
    Config,
    /// [Amazon Connect flows](https://docs.aws.amazon.com/connect/latest/adminguide/connect-lambda-functions.html).
    Connect,
    /// [Amazon Lex](https://docs.aws.amazon.com/lexv2/latest/dg/lambda.html), versions 1 and 2.
    Lex,
    /// [AppSync resolvers](https://docs.aws.amazon.com/appsync/latest/devguide/direct-lambda-reference.html), one or a batch.
    AppSync,
    /// [AppSync Events](https://docs.aws.amazon.com/appsync/latest/eventapi/what-is-event-api.html).
    AppSyncEvents,
    /// [S3 Batch Operations](https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-invoke-lambda.html).
    S3Batch,
    /// [Secrets Manager rotation](https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets.html).
    SecretRotation,
    /// [CloudWatch alarm actions](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html).
    CloudWatchAlarm,
    /// [Schedules of EventBridge](https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html) that have no input of their own.
    Schedule,
    /// [EventBridge](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html), AWS's own events and everybody else's.
    EventBridge,
    /// [CodeDeploy lifecycle hooks](https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html).
    CodeDeploy,
    /// [Custom widgets of CloudWatch dashboards](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard.html).
    DashboardWidget,
    /// [Client VPN connection handlers](https://docs.aws.amazon.com/vpn/latest/clientvpn-admin/connection-authorization.html).
    ClientVpn,
    /// IoT 1-Click buttons.
    IotButton,
    /// [Identity providers of Transfer Family](https://docs.aws.amazon.com/transfer/latest/userguide/custom-lambda-idp.html).
    TransferFamily,
    /// Pings that keep a function warm: of `serverless-plugin-warmup` or `lambda-warmer`.
    WarmUp,
    /// Any other JSON.
    Unknown,
}

impl EventKind {
    /// The name in snake case, with AWS's names as one word: `sqs`, `dynamodb`, `eventbridge`, `warm_up`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authorizer => "authorizer",
            Self::AppSyncAuthorizer => "appsync_authorizer",
            Self::Iot => "iot",
            Self::WebSocket => "web_socket",
            Self::BedrockAgent => "bedrock_agent",
            Self::S3ObjectLambda => "s3_object_lambda",
            Self::Sqs => "sqs",
            Self::Kinesis => "kinesis",
            Self::DynamoDb => "dynamodb",
            Self::Sns => "sns",
            Self::S3 => "s3",
            Self::Ses => "ses",
            Self::CodeCommit => "codecommit",
            Self::Firehose => "firehose",
            Self::Kafka => "kafka",
            Self::KinesisAnalytics => "kinesis_analytics",
            Self::CloudWatchLogs => "cloudwatch_logs",
            Self::AmazonMq => "amazon_mq",
            Self::DocumentDb => "documentdb",
            Self::Cognito => "cognito",
            Self::CognitoSync => "cognito_sync",
            Self::CloudFormation => "cloudformation",
            Self::CdkProvider => "cdk_provider",
            Self::CodePipeline => "codepipeline",
            Self::Config => "config",
            Self::Connect => "connect",
            Self::Lex => "lex",
            Self::AppSync => "appsync",
            Self::AppSyncEvents => "appsync_events",
            Self::S3Batch => "s3_batch",
            Self::SecretRotation => "secret_rotation",
            Self::CloudWatchAlarm => "cloudwatch_alarm",
            Self::Schedule => "schedule",
            Self::EventBridge => "eventbridge",
            Self::CodeDeploy => "codedeploy",
            Self::DashboardWidget => "dashboard_widget",
            Self::ClientVpn => "client_vpn",
            Self::IotButton => "iot_button",
            Self::TransferFamily => "transfer_family",
            Self::WarmUp => "warm_up",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
