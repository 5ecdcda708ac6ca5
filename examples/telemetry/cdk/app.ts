// `cargo lambda build --release --arm64 --package telemetry` makes the code; then `npm install && npx cdk deploy`.
import { App, CfnParameter, Duration, Stack, aws_lambda as lambda } from 'aws-cdk-lib';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';

class Telemetry extends Stack {
  collector = new CfnParameter(this, 'Collector', {
    default: 'http://localhost:4318',
    description: 'Where spans are sent, an extension of the function for example',
  });
  function = new lambda.Function(this, 'Function', {
    runtime: lambda.Runtime.PROVIDED_AL2023,
    handler: 'bootstrap',
    code: lambda.Code.fromAsset(this.node.tryGetContext('code') ?? '../../../target/lambda/telemetry'),
    architecture: lambda.Architecture.ARM_64,
    memorySize: 256,
    timeout: Duration.seconds(20),
    loggingFormat: lambda.LoggingFormat.JSON,
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: this.collector.valueAsString },
  });
  api = new HttpApi(this, 'Api', { defaultIntegration: new HttpLambdaIntegration('Integration', this.function) });
}

new Telemetry(new App(), 'Telemetry');
