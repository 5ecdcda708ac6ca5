//! Functions and their URLs.

use super::row::{CORS, How, Sort, row};

pub(super) const SORTS: &[Sort] = &[
    Sort {
        from: "aws_lambda_function",
        to: "AWS::Lambda::Function",
        rows: &[
            row("architectures", "Architectures", How::Plain),
            row("capacity_provider_config", "CapacityProviderConfig", How::Told),
            row("durable_config", "DurableConfig", How::Told),
            row("ephemeral_storage", "EphemeralStorage", How::Told),
            row("file_system_config", "FileSystemConfigs", How::Told),
            row("handler", "Handler", How::Plain),
            row("image_uri", "ImageUri", How::Told),
            row("layers", "Layers", How::Told),
            row("memory_size", "MemorySize", How::Plain),
            row("package_type", "PackageType", How::Plain),
            row("reserved_concurrent_executions", "ReservedConcurrentExecutions", How::Told),
            row("role", "Role", How::Told),
            row("runtime", "Runtime", How::Plain),
            row("snap_start", "SnapStart", How::Block(&[row("apply_on", "ApplyOn", How::Plain)])),
            row(
                "tenancy_config",
                "TenancyConfig",
                How::Block(&[row("tenant_isolation_mode", "TenantIsolationMode", How::Plain)]),
            ),
            row("timeout", "Timeout", How::Plain),
            row("vpc_config", "VpcConfig", How::Told),
        ],
    },
    Sort {
        from: "aws_lambda_alias",
        to: "AWS::Lambda::Alias",
        rows: &[row("function_name", "FunctionName", How::Link(LAMBDA)), row("name", "Name", How::Plain)],
    },
    Sort {
        from: "aws_lambda_function_url",
        to: "AWS::Lambda::Url",
        rows: &[
            row("authorization_type", "AuthType", How::Plain),
            row("cors", "Cors", How::Block(CORS)),
            row("function_name", "TargetFunctionArn", How::Link(LAMBDA)),
            row("invoke_mode", "InvokeMode", How::Plain),
            row("qualifier", "Qualifier", How::Plain),
        ],
    },
    Sort { from: "aws_lambda_permission", to: "AWS::Lambda::Permission", rows: &[] },
];

pub(in crate::template::terraform) const LAMBDA: &[&str] = &["aws_lambda_function", "aws_lambda_alias"];
