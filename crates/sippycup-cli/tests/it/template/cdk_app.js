// What people write with CDK, for a test that serves what `cdk synth` makes of it: `node app.js CODE OUT`.
const { App, CfnOutput, Duration, NestedStack, Stack, Stage } = require("aws-cdk-lib");
const apigateway = require("aws-cdk-lib/aws-apigateway");
const apigatewayv2 = require("aws-cdk-lib/aws-apigatewayv2");
const { HttpJwtAuthorizer } = require("aws-cdk-lib/aws-apigatewayv2-authorizers");
const { HttpLambdaIntegration, HttpUrlIntegration } = require("aws-cdk-lib/aws-apigatewayv2-integrations");
const ec2 = require("aws-cdk-lib/aws-ec2");
const elbv2 = require("aws-cdk-lib/aws-elasticloadbalancingv2");
const { LambdaTarget } = require("aws-cdk-lib/aws-elasticloadbalancingv2-targets");
const lambda = require("aws-cdk-lib/aws-lambda");

const [code, outdir] = process.argv.slice(2);

function shop(scope, id, more = {}) {
    return new lambda.Function(scope, id, {
        runtime: lambda.Runtime.PROVIDED_AL2023,
        handler: "bootstrap",
        code: lambda.Code.fromAsset(code),
        timeout: Duration.seconds(20),
        ...more,
    });
}

class Rest extends Stack {
    constructor(scope, id) {
        super(scope, id);
        const handler = shop(this, "Shop", { environment: { COLOR: this.region } });
        new apigateway.LambdaRestApi(this, "All", {
            handler,
            defaultCorsPreflightOptions: { allowOrigins: apigateway.Cors.ALL_ORIGINS },
        });
        const api = new apigateway.RestApi(this, "Items", { deployOptions: { stageName: "v1", variables: { COLOR: "red" } } });
        const items = api.root.addResource("items");
        const live = new lambda.Alias(this, "Live", { aliasName: "live", version: handler.currentVersion });
        items.addMethod("GET", new apigateway.LambdaIntegration(live));
        items.addResource("{id}").addMethod("GET", new apigateway.LambdaIntegration(handler));
        const authorizer = new apigateway.TokenAuthorizer(this, "Token", { handler });
        items.addMethod("POST", new apigateway.LambdaIntegration(handler), { authorizer });
        items.addMethod("DELETE", new apigateway.MockIntegration({
            requestTemplates: { "application/json": '{ "statusCode": 204 }' },
            integrationResponses: [{ statusCode: "204" }],
        }), { methodResponses: [{ statusCode: "204" }] });
        const url = handler.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.NONE });
        new CfnOutput(this, "Url", { value: url.url });
    }
}

class Http extends Stack {
    constructor(scope, id) {
        super(scope, id);
        const handler = shop(this, "Cart", { functionName: "the-cart" });
        const integration = new HttpLambdaIntegration("Integration", handler);
        const api = new apigatewayv2.HttpApi(this, "Api");
        api.addRoutes({ path: "/cart", methods: [apigatewayv2.HttpMethod.GET, apigatewayv2.HttpMethod.PUT], integration });
        api.addRoutes({ path: "/{proxy+}", integration });
        api.addRoutes({ path: "/elsewhere", integration: new HttpUrlIntegration("Url", "https://example.com") });
        const authorizer = new HttpJwtAuthorizer("Jwt", "https://issuer.example", { jwtAudience: ["a"] });
        api.addRoutes({ path: "/private", methods: [apigatewayv2.HttpMethod.GET], integration, authorizer });
    }
}

class Nested extends NestedStack {
    constructor(scope, id, handler) {
        super(scope, id);
        new apigatewayv2.HttpApi(this, "Inside", { defaultIntegration: new HttpLambdaIntegration("Integration", handler) });
    }
}

class Balanced extends Stack {
    constructor(scope, id) {
        super(scope, id);
        const vpc = new ec2.Vpc(this, "Vpc", { natGateways: 0 });
        const balancer = new elbv2.ApplicationLoadBalancer(this, "Balancer", { vpc, internetFacing: true });
        const group = (name) => new elbv2.ApplicationTargetGroup(this, name, { targets: [new LambdaTarget(shop(this, `${name}Fn`))] });
        const [blue, green] = [group("Blue"), group("Green")];
        const { ListenerAction, ListenerCondition } = elbv2;
        const certificates = [elbv2.ListenerCertificate.fromArn("arn:aws:acm:us-east-1:123456789012:certificate/x")];
        const front = balancer.addListener("Front", { port: 443, certificates, defaultAction: ListenerAction.fixedResponse(404, { messageBody: "nothing here" }) });
        const rule = (name, priority, path, action) => front.addAction(name, { priority, conditions: [ListenerCondition.pathPatterns([path])], action });
        front.addTargetGroups("Shop", { priority: 10, conditions: [ListenerCondition.pathPatterns(["/shop/*"])], targetGroups: [blue] });
        rule("Old", 20, "/old/*", ListenerAction.redirect({ path: "/shop/#{path}", permanent: true }));
        rule("Gone", 30, "/gone", ListenerAction.fixedResponse(410, { contentType: "text/plain", messageBody: "gone" }));
        rule("Canary", 40, "/canary", ListenerAction.weightedForward(
            [{ targetGroup: blue, weight: 0 }, { targetGroup: green, weight: 1 }], { stickinessDuration: Duration.hours(1) }));
        rule("Admin", 50, "/admin", ListenerAction.authenticateJwt({
            issuer: "https://issuer.example", jwksEndpoint: "https://issuer.example/jwks.json", next: ListenerAction.forward([blue]) }));
        balancer.addRedirect();
    }
}

const app = new App({ outdir });
new Rest(app, "Rest");
new Http(new Stage(app, "Inner"), "Http");
const parent = new Stack(app, "Parent");
new Nested(parent, "Nested", shop(parent, "Parental"));
new Balanced(app, "Balanced");
app.synth();
