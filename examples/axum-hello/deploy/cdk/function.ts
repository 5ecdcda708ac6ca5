import { Duration, aws_lambda as lambda } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** The function, the same behind every front door. `cargo lambda build --release --arm64 --package axum-hello` makes the code. */
export const axumHello = (scope: Construct, environment?: Record<string, string>) =>
  new lambda.Function(scope, 'Function', {
    runtime: lambda.Runtime.PROVIDED_AL2023,
    handler: 'bootstrap',
    code: lambda.Code.fromAsset(scope.node.tryGetContext('code') ?? '../../../../target/lambda/axum-hello'),
    architecture: lambda.Architecture.ARM_64,
    memorySize: 256,
    timeout: Duration.seconds(20),
    environment,
  });
