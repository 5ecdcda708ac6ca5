// `cargo lambda build --release --arm64 --package openapi` makes the code; then `npm install && npx cdk deploy`.
import { App, Duration, Stack, aws_apigateway as rest, aws_lambda as lambda } from 'aws-cdk-lib';

class OpenApi extends Stack {
  function = new lambda.Function(this, 'Function', {
    runtime: lambda.Runtime.PROVIDED_AL2023,
    handler: 'bootstrap',
    code: lambda.Code.fromAsset(this.node.tryGetContext('code') ?? '../../../target/lambda/openapi'),
    architecture: lambda.Architecture.ARM_64,
    memorySize: 256,
    timeout: Duration.seconds(20),
  });
  /** `{proxy+}` and the root, a stage `prod`, and base64 that is decoded. */
  api = new rest.LambdaRestApi(this, 'Api', { handler: this.function, binaryMediaTypes: ['*/*'] });
}

new OpenApi(new App(), 'OpenApi');
