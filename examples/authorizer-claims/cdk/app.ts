// `cargo lambda build --release --arm64 --package authorizer-claims` makes the code; then `npm install && npx cdk deploy`.
import { App, CfnParameter, Duration, Stack, aws_lambda as lambda } from 'aws-cdk-lib';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';

class AuthorizerClaims extends Stack {
  issuer = new CfnParameter(this, 'Issuer', {
    description: 'Who issues the tokens, such as https://cognito-idp.REGION.amazonaws.com/POOL',
  });
  audience = new CfnParameter(this, 'Audience', { description: 'Whom they are for, such as the id of a client of the pool' });
  function = new lambda.Function(this, 'Function', {
    runtime: lambda.Runtime.PROVIDED_AL2023,
    handler: 'bootstrap',
    code: lambda.Code.fromAsset(this.node.tryGetContext('code') ?? '../../../target/lambda/authorizer-claims'),
    architecture: lambda.Architecture.ARM_64,
    memorySize: 256,
    timeout: Duration.seconds(20),
  });
  api = new HttpApi(this, 'Api', {
    defaultIntegration: new HttpLambdaIntegration('Integration', this.function),
    defaultAuthorizer: new HttpJwtAuthorizer('Users', this.issuer.valueAsString, {
      jwtAudience: [this.audience.valueAsString],
    }),
  });
}

new AuthorizerClaims(new App(), 'AuthorizerClaims');
