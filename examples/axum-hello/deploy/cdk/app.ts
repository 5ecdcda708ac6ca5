// A stack for each front door: `npx cdk deploy HttpApi`.
import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { aws_apigateway as rest, aws_apigatewayv2 as http, aws_certificatemanager as acm } from 'aws-cdk-lib';
import { aws_ec2 as ec2, aws_elasticloadbalancingv2 as elb, aws_lambda as lambda } from 'aws-cdk-lib';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { LambdaTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2-targets';
import { Construct } from 'constructs';
import { axumHello } from './function.js';

const app = new App();

class RestApi extends Stack {
  /** `{proxy+}` and the root, a stage `prod`, and base64 that is decoded. */
  api = new rest.LambdaRestApi(this, 'Api', { handler: axumHello(this), binaryMediaTypes: ['*/*'] });
}

class HttpApi extends Stack {
  api = new http.HttpApi(this, 'Api', { defaultIntegration: new HttpLambdaIntegration('Function', axumHello(this)) });
}

class FunctionUrl extends Stack {
  function = axumHello(this);
  // For an app with `.streaming()`: `invokeMode: lambda.InvokeMode.RESPONSE_STREAM`.
  url = this.function.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.NONE });
}

class LoadBalancer extends Stack {
  certificate = new CfnParameter(this, 'Certificate', { description: 'ARN of a certificate of AWS Certificate Manager' });
  vpc = new ec2.Vpc(this, 'Vpc', { maxAzs: 2, natGateways: 0 });
  balancer = new elb.ApplicationLoadBalancer(this, 'Balancer', { vpc: this.vpc, internetFacing: true });
  // Without multi-value headers only the last of repeated headers and query keys arrives.
  group = new elb.ApplicationTargetGroup(this, 'Targets', {
    targetType: elb.TargetType.LAMBDA,
    targets: [new LambdaTarget(axumHello(this))],
    multiValueHeadersEnabled: true,
  });
  listener = this.balancer.addListener('Https', {
    port: 443,
    certificates: [elb.ListenerCertificate.fromArn(this.certificate.valueAsString)],
    defaultTargetGroups: [this.group],
  });
}

/** Two apps on one domain, below `/shop` and `/news`. */
class CustomDomain extends Stack {
  certificate = new CfnParameter(this, 'Certificate', { description: 'ARN of a certificate in this region' });
  domain = new http.DomainName(this, 'Domain', {
    domainName: 'api.example.com',
    certificate: acm.Certificate.fromCertificateArn(this, 'Issued', this.certificate.valueAsString),
  });
  shop = this.below('shop');
  news = this.below('news');

  below(path: string) {
    const scope = new Construct(this, path);
    const httpApi = new http.HttpApi(scope, 'Api', {
      defaultIntegration: new HttpLambdaIntegration('Function', axumHello(scope)),
      createDefaultStage: false,
    });
    // The events of an HTTP API do not have the base path: the stage variable says it.
    return new http.HttpStage(scope, 'Stage', {
      httpApi,
      stageName: '$default',
      autoDeploy: true,
      stageVariables: { SIPPYCUP_SCRIPT_NAME_BASE: `/${path}` },
      domainMapping: { domainName: this.domain, mappingKey: path },
    });
  }
}

new RestApi(app, 'RestApi');
new HttpApi(app, 'HttpApi');
new FunctionUrl(app, 'FunctionUrl');
new LoadBalancer(app, 'LoadBalancer');
new CustomDomain(app, 'CustomDomain');
