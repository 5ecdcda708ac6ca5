// `cargo lambda build --release --arm64 --package token-authorizer` makes the code; then `npm install && npx cdk deploy`.
import { App, Duration, Stack, aws_lambda as lambda } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';

class TokenAuthorizer extends Stack {
  function = new lambda.Function(this, 'Function', {
    runtime: lambda.Runtime.PROVIDED_AL2023,
    handler: 'bootstrap',
    code: lambda.Code.fromAsset(this.node.tryGetContext('code') ?? '../../../target/lambda/token-authorizer'),
    architecture: lambda.Architecture.ARM_64,
    memorySize: 256,
    timeout: Duration.seconds(20),
  });
  api = new HttpApi(this, 'Api');

  constructor(app: App, id: string) {
    super(app, id);
    this.api.addRoutes({
      path: '/me',
      methods: [HttpMethod.GET],
      integration: new HttpLambdaIntegration('Integration', this.function),
      authorizer: new HttpLambdaAuthorizer('Tokens', this.function, { responseTypes: [HttpLambdaResponseType.SIMPLE] }),
    });
  }
}

new TokenAuthorizer(new App(), 'TokenAuthorizer');
