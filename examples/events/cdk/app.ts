// `cargo lambda build --release --arm64 --package events` makes the code; then `npm install && npx cdk deploy`.
import { App, Duration, Stack, aws_lambda as lambda } from 'aws-cdk-lib';
import { aws_scheduler as scheduler, aws_sqs as sqs } from 'aws-cdk-lib';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';

class Events extends Stack {
  function = new lambda.Function(this, 'Function', {
    runtime: lambda.Runtime.PROVIDED_AL2023,
    handler: 'bootstrap',
    code: lambda.Code.fromAsset(this.node.tryGetContext('code') ?? '../../../target/lambda/events'),
    architecture: lambda.Architecture.ARM_64,
    memorySize: 256,
    timeout: Duration.seconds(20),
  });
  api = new HttpApi(this, 'Api', { defaultIntegration: new HttpLambdaIntegration('Integration', this.function) });
  failed = new sqs.Queue(this, 'Failed', { retentionPeriod: Duration.days(14) });
  orders = new sqs.Queue(this, 'Orders', {
    // Six times the function's timeout, as AWS advises.
    visibilityTimeout: Duration.seconds(120),
    deadLetterQueue: { queue: this.failed, maxReceiveCount: 5 },
  });
  night = new scheduler.Schedule(this, 'Night', {
    schedule: scheduler.ScheduleExpression.cron({ hour: '3', minute: '0' }),
    target: new LambdaInvoke(this.function),
  });

  constructor(app: App, id: string) {
    super(app, id);
    // Without the setting Lambda does not read which items failed.
    this.function.addEventSource(new SqsEventSource(this.orders, { reportBatchItemFailures: true }));
  }
}

new Events(new App(), 'Events');
