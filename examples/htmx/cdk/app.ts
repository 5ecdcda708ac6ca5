// `cargo lambda build --release --arm64 --package htmx` makes the code; then `npm install && npx cdk deploy`.
import { App, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { aws_apigateway as rest, aws_certificatemanager as acm, aws_lambda as lambda } from 'aws-cdk-lib';

/** The site below `/guests` of a domain. */
class Htmx extends Stack {
  function = new lambda.Function(this, 'Function', {
    runtime: lambda.Runtime.PROVIDED_AL2023,
    handler: 'bootstrap',
    code: lambda.Code.fromAsset(this.node.tryGetContext('code') ?? '../../../target/lambda/htmx'),
    architecture: lambda.Architecture.ARM_64,
    memorySize: 256,
    timeout: Duration.seconds(20),
  });
  certificate = new CfnParameter(this, 'Certificate', { description: 'ARN of a certificate in this region' });
  api = new rest.LambdaRestApi(this, 'Api', {
    handler: this.function,
    binaryMediaTypes: ['*/*'],
    domainName: {
      domainName: 'www.example.com',
      certificate: acm.Certificate.fromCertificateArn(this, 'Issued', this.certificate.valueAsString),
      endpointType: rest.EndpointType.REGIONAL,
      basePath: 'guests',
    },
  });
}

new Htmx(new App(), 'Htmx');
