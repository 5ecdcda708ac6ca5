//! REST APIs.

use super::lambda::LAMBDA;
use super::row::{How, Row, Sort, row};

pub(super) const SORTS: &[Sort] = &[
    Sort {
        from: "aws_api_gateway_rest_api",
        to: "AWS::ApiGateway::RestApi",
        rows: &[
            row("api_key_source", "ApiKeySourceType", How::Plain),
            row("binary_media_types", "BinaryMediaTypes", How::Plain),
            row("body", "Body", How::Text),
            row("minimum_compression_size", "MinimumCompressionSize", How::Told),
            row("parameters", "Parameters", How::Plain),
            row("policy", "Policy", How::Told),
        ],
    },
    Sort {
        from: "aws_api_gateway_resource",
        to: "AWS::ApiGateway::Resource",
        rows: &[
            row("parent_id", "ParentId", How::Link(REST_PARENT)),
            row("path_part", "PathPart", How::Needed),
            row("rest_api_id", "RestApiId", How::Link(REST)),
        ],
    },
    Sort {
        from: "aws_api_gateway_method",
        to: "AWS::ApiGateway::Method",
        rows: &[
            row("api_key_required", "ApiKeyRequired", How::Plain),
            row("authorization", "AuthorizationType", How::Plain),
            row("authorization_scopes", "AuthorizationScopes", How::Plain),
            row("authorizer_id", "AuthorizerId", How::Link(REST_AUTHORIZER)),
            row("http_method", "HttpMethod", How::Needed),
            row("request_models", "RequestModels", How::Plain),
            row("request_parameters", "RequestParameters", How::Plain),
            row("request_validator_id", "RequestValidatorId", How::Link(&["aws_api_gateway_request_validator"])),
            row("resource_id", "ResourceId", How::Link(REST_PARENT)),
            row("rest_api_id", "RestApiId", How::Link(REST)),
        ],
    },
    Sort {
        from: "aws_api_gateway_deployment",
        to: "AWS::ApiGateway::Deployment",
        rows: &[
            row("rest_api_id", "RestApiId", How::Link(REST)),
            row("stage_name", "StageName", How::Needed),
            row("variables", "Variables", How::Plain),
        ],
    },
    Sort {
        from: "aws_api_gateway_stage",
        to: "AWS::ApiGateway::Stage",
        rows: &[
            row("access_log_settings", "AccessLogSetting", How::Told),
            row("cache_cluster_enabled", "CacheClusterEnabled", How::Told),
            row("rest_api_id", "RestApiId", How::Link(REST)),
            row("stage_name", "StageName", How::Needed),
            row("variables", "Variables", How::Plain),
            row("xray_tracing_enabled", "TracingEnabled", How::Told),
        ],
    },
    Sort {
        from: "aws_api_gateway_authorizer",
        to: "AWS::ApiGateway::Authorizer",
        rows: &[
            row("authorizer_result_ttl_in_seconds", "AuthorizerResultTtlInSeconds", How::Plain),
            row("authorizer_uri", "AuthorizerUri", How::Link(LAMBDA)),
            row("identity_source", "IdentitySource", How::Plain),
            row("identity_validation_expression", "IdentityValidationExpression", How::Plain),
            row("name", "Name", How::Plain),
            row("provider_arns", "ProviderARNs", How::Plain),
            row("rest_api_id", "RestApiId", How::Link(REST)),
            row("type", "Type", How::Plain),
        ],
    },
    Sort {
        from: "aws_api_gateway_domain_name",
        to: "AWS::ApiGateway::DomainName",
        rows: &[
            row("domain_name", "DomainName", How::Needed),
            row("mutual_tls_authentication", "MutualTlsAuthentication", How::Told),
            row("routing_mode", "RoutingMode", How::Plain),
        ],
    },
    Sort {
        from: "aws_api_gateway_base_path_mapping",
        to: "AWS::ApiGateway::BasePathMapping",
        rows: &[
            row("api_id", "RestApiId", How::Link(REST)),
            row("base_path", "BasePath", How::Plain),
            row("domain_name", "DomainName", How::Link(REST_DOMAIN)),
            row("stage_name", "Stage", How::Link(STAGE)),
        ],
    },
    Sort {
        from: "aws_api_gateway_gateway_response",
        to: "AWS::ApiGateway::GatewayResponse",
        rows: &[
            row("response_parameters", "ResponseParameters", How::Plain),
            row("response_templates", "ResponseTemplates", How::Plain),
            row("response_type", "ResponseType", How::Plain),
            row("rest_api_id", "RestApiId", How::Link(REST)),
            row("status_code", "StatusCode", How::Plain),
        ],
    },
    Sort {
        from: "aws_api_gateway_request_validator",
        to: "AWS::ApiGateway::RequestValidator",
        rows: &[
            row("name", "Name", How::Plain),
            row("rest_api_id", "RestApiId", How::Link(REST)),
            row("validate_request_body", "ValidateRequestBody", How::Plain),
            row("validate_request_parameters", "ValidateRequestParameters", How::Plain),
        ],
    },
    Sort {
        from: "aws_api_gateway_model",
        to: "AWS::ApiGateway::Model",
        rows: &[
            row("content_type", "ContentType", How::Plain),
            row("name", "Name", How::Plain),
            row("rest_api_id", "RestApiId", How::Link(REST)),
            row("schema", "Schema", How::Text),
        ],
    },
    Sort {
        from: "aws_api_gateway_api_key",
        to: "AWS::ApiGateway::ApiKey",
        rows: &[
            row("enabled", "Enabled", How::Plain),
            row("name", "Name", How::Plain),
            row("value", "Value", How::Plain),
        ],
    },
    Sort {
        from: "aws_api_gateway_usage_plan",
        to: "AWS::ApiGateway::UsagePlan",
        rows: &[
            row(
                "api_stages",
                "ApiStages",
                How::Blocks(&[
                    row("api_id", "ApiId", How::Link(REST)),
                    row("stage", "Stage", How::Link(STAGE)),
                    row(
                        "throttle",
                        "Throttle",
                        How::Blocks(&[
                            row("burst_limit", "BurstLimit", How::Plain),
                            row("path", "Path", How::Plain),
                            row("rate_limit", "RateLimit", How::Plain),
                        ]),
                    ),
                ]),
            ),
            row(
                "quota_settings",
                "Quota",
                How::Block(&[
                    row("limit", "Limit", How::Plain),
                    row("offset", "Offset", How::Plain),
                    row("period", "Period", How::Plain),
                ]),
            ),
            row(
                "throttle_settings",
                "Throttle",
                How::Block(&[row("burst_limit", "BurstLimit", How::Plain), row("rate_limit", "RateLimit", How::Plain)]),
            ),
        ],
    },
    Sort {
        from: "aws_api_gateway_usage_plan_key",
        to: "AWS::ApiGateway::UsagePlanKey",
        rows: &[
            row("key_id", "KeyId", How::Link(&["aws_api_gateway_api_key"])),
            row("key_type", "KeyType", How::Plain),
            row("usage_plan_id", "UsagePlanId", How::Link(&["aws_api_gateway_usage_plan"])),
        ],
    },
];

/// `aws_api_gateway_integration`, which is a property of a method.
pub(in crate::template::terraform) const REST_INTEGRATION: &[Row] = &[
    row("content_handling", "ContentHandling", How::Plain),
    row("integration_http_method", "IntegrationHttpMethod", How::Plain),
    row("passthrough_behavior", "PassthroughBehavior", How::Plain),
    row("request_parameters", "RequestParameters", How::Plain),
    row("request_templates", "RequestTemplates", How::Plain),
    row("response_transfer_mode", "ResponseTransferMode", How::Plain),
    row("timeout_milliseconds", "TimeoutInMillis", How::Plain),
    row("type", "Type", How::Plain),
    row("uri", "Uri", How::Link(LAMBDA)),
];

/// `aws_api_gateway_integration_response`, which is one in a list of such an integration.
pub(in crate::template::terraform) const REST_RESPONSE: &[Row] = &[
    row("response_parameters", "ResponseParameters", How::Plain),
    row("response_templates", "ResponseTemplates", How::Plain),
    row("selection_pattern", "SelectionPattern", How::Plain),
    row("status_code", "StatusCode", How::Plain),
];

/// `aws_api_gateway_method_settings`, which is one in a list of a stage. Its method path is another thing.
pub(in crate::template::terraform) const METHOD_SETTINGS: &[Row] = &[
    row("method_path", "ResourcePath", How::Plain),
    row(
        "settings",
        "Settings",
        How::Block(&[
            row("caching_enabled", "CachingEnabled", How::Plain),
            row("data_trace_enabled", "DataTraceEnabled", How::Plain),
            row("logging_level", "LoggingLevel", How::Plain),
            row("metrics_enabled", "MetricsEnabled", How::Plain),
            row("throttling_burst_limit", "ThrottlingBurstLimit", How::Plain),
            row("throttling_rate_limit", "ThrottlingRateLimit", How::Plain),
        ]),
    ),
];

pub(in crate::template::terraform) const STAGE: &[&str] = &["aws_api_gateway_stage"];
pub(in crate::template::terraform) const REST: &[&str] = &["aws_api_gateway_rest_api"];
pub(in crate::template::terraform) const REST_PARENT: &[&str] =
    &["aws_api_gateway_resource", "aws_api_gateway_rest_api"];
const REST_AUTHORIZER: &[&str] = &["aws_api_gateway_authorizer"];
const REST_DOMAIN: &[&str] = &["aws_api_gateway_domain_name"];
