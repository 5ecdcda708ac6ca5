// `cargo lambda build --release --arm64 --package streaming` makes the code; then `npm install && npx cdk deploy`.
import { App, Duration, Stack, aws_lambda as lambda } from 'aws-cdk-lib';

class Streaming extends Stack {
  function = new lambda.Function(this, 'Function', {
    runtime: lambda.Runtime.PROVIDED_AL2023,
    handler: 'bootstrap',
    code: lambda.Code.fromAsset(this.node.tryGetContext('code') ?? '../../../target/lambda/streaming'),
    architecture: lambda.Architecture.ARM_64,
    memorySize: 256,
    timeout: Duration.seconds(300),
  });
  // CDK writes both permissions, `lambda:InvokeFunctionUrl` and `lambda:InvokeFunction`.
  url = this.function.addFunctionUrl({
    authType: lambda.FunctionUrlAuthType.NONE,
    invokeMode: lambda.InvokeMode.RESPONSE_STREAM,
  });
}

new Streaming(new App(), 'Streaming');
