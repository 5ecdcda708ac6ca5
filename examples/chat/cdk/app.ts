// `cargo lambda build --release --arm64 --package chat` makes the code; then `npm install && npx cdk deploy`.
import { App, Duration, Stack, aws_lambda as lambda } from 'aws-cdk-lib';
import { WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';

class Chat extends Stack {
  function = new lambda.Function(this, 'Function', {
    runtime: lambda.Runtime.PROVIDED_AL2023,
    handler: 'bootstrap',
    code: lambda.Code.fromAsset(this.node.tryGetContext('code') ?? '../../../target/lambda/chat'),
    architecture: lambda.Architecture.ARM_64,
    memorySize: 256,
    timeout: Duration.seconds(20),
    // Who is connected stands in the memory of the process: there may be only one.
    reservedConcurrentExecutions: 1,
  });
  integration = new WebSocketLambdaIntegration('Integration', this.function);
  api = new WebSocketApi(this, 'Api', {
    connectRouteOptions: { integration: this.integration },
    disconnectRouteOptions: { integration: this.integration },
    defaultRouteOptions: { integration: this.integration },
  });
  stage = new WebSocketStage(this, 'Stage', { webSocketApi: this.api, stageName: 'live', autoDeploy: true });

  constructor(app: App, id: string) {
    super(app, id);
    this.api.addRoute('sendmessage', { integration: this.integration });
    this.stage.grantManagementApiAccess(this.function);
  }
}

new Chat(new App(), 'Chat');
