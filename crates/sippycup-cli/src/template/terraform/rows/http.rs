//! HTTP and WebSocket APIs.

use super::lambda::LAMBDA;
use super::rest::REST;
use super::row::{CORS, How, Row, Sort, row};

pub(super) const SORTS: &[Sort] = &[
    Sort {
        from: "aws_apigatewayv2_api",
        to: "AWS::ApiGatewayV2::Api",
        rows: &[
            row("body", "Body", How::Text),
            row("cors_configuration", "CorsConfiguration", How::Block(CORS)),
            row("protocol_type", "ProtocolType", How::Plain),
            row("route_key", "RouteKey", How::Plain),
            row("route_selection_expression", "RouteSelectionExpression", How::Plain),
            row("target", "Target", How::Link(LAMBDA)),
        ],
    },
    Sort {
        from: "aws_apigatewayv2_route",
        to: "AWS::ApiGatewayV2::Route",
        rows: &[
            row("api_id", "ApiId", How::Link(HTTP)),
            row("api_key_required", "ApiKeyRequired", How::Plain),
            row("authorization_scopes", "AuthorizationScopes", How::Plain),
            row("authorization_type", "AuthorizationType", How::Plain),
            row("authorizer_id", "AuthorizerId", How::Link(HTTP_AUTHORIZER)),
            row("route_key", "RouteKey", How::Needed),
            row("route_response_selection_expression", "RouteResponseSelectionExpression", How::Plain),
            row("target", "Target", How::Link(HTTP_INTEGRATION)),
        ],
    },
    Sort { from: "aws_apigatewayv2_integration", to: "AWS::ApiGatewayV2::Integration", rows: V2_INTEGRATION },
    Sort {
        from: "aws_apigatewayv2_route_response",
        to: "AWS::ApiGatewayV2::RouteResponse",
        rows: &[
            row("api_id", "ApiId", How::Link(HTTP)),
            row("route_id", "RouteId", How::Link(HTTP_ROUTE)),
            row("route_response_key", "RouteResponseKey", How::Plain),
        ],
    },
    Sort {
        from: "aws_apigatewayv2_integration_response",
        to: "AWS::ApiGatewayV2::IntegrationResponse",
        rows: &[
            row("api_id", "ApiId", How::Link(HTTP)),
            row("integration_id", "IntegrationId", How::Link(HTTP_INTEGRATION)),
            row("integration_response_key", "IntegrationResponseKey", How::Plain),
        ],
    },
    Sort {
        from: "aws_apigatewayv2_stage",
        to: "AWS::ApiGatewayV2::Stage",
        rows: &[
            row("access_log_settings", "AccessLogSettings", How::Told),
            row("api_id", "ApiId", How::Link(HTTP)),
            row("default_route_settings", "DefaultRouteSettings", How::Block(ROUTE_SETTINGS)),
            row("name", "StageName", How::Needed),
            row("route_settings", "RouteSettings", How::Blocks(ROUTE_SETTINGS)),
            row("stage_variables", "StageVariables", How::Plain),
        ],
    },
    Sort { from: "aws_apigatewayv2_deployment", to: "AWS::ApiGatewayV2::Deployment", rows: &[] },
    Sort {
        from: "aws_apigatewayv2_authorizer",
        to: "AWS::ApiGatewayV2::Authorizer",
        rows: &[
            row("api_id", "ApiId", How::Link(HTTP)),
            row("authorizer_payload_format_version", "AuthorizerPayloadFormatVersion", How::Plain),
            row("authorizer_result_ttl_in_seconds", "AuthorizerResultTtlInSeconds", How::Plain),
            row("authorizer_type", "AuthorizerType", How::Plain),
            row("authorizer_uri", "AuthorizerUri", How::Link(LAMBDA)),
            row("enable_simple_responses", "EnableSimpleResponses", How::Plain),
            row("identity_sources", "IdentitySource", How::Plain),
            row(
                "jwt_configuration",
                "JwtConfiguration",
                How::Block(&[row("audience", "Audience", How::Plain), row("issuer", "Issuer", How::Plain)]),
            ),
            row("name", "Name", How::Plain),
        ],
    },
    Sort {
        from: "aws_apigatewayv2_domain_name",
        to: "AWS::ApiGatewayV2::DomainName",
        rows: &[
            row("domain_name", "DomainName", How::Needed),
            row("mutual_tls_authentication", "MutualTlsAuthentication", How::Told),
            row("routing_mode", "RoutingMode", How::Plain),
        ],
    },
    Sort {
        from: "aws_apigatewayv2_api_mapping",
        to: "AWS::ApiGatewayV2::ApiMapping",
        rows: &[
            row("api_id", "ApiId", How::Link(HTTP)),
            row("api_mapping_key", "ApiMappingKey", How::Plain),
            row("domain_name", "DomainName", How::Link(HTTP_DOMAIN)),
            row("stage", "Stage", How::Link(&["aws_apigatewayv2_stage"])),
        ],
    },
    Sort {
        from: "aws_apigatewayv2_routing_rule",
        to: "AWS::ApiGatewayV2::RoutingRule",
        rows: &[
            row("action", "Actions", How::Blocks(&[row("invoke_api", "InvokeApi", How::Block(INVOKE_API))])),
            row("condition", "Conditions", How::Blocks(ROUTING_CONDITION)),
            row("domain_name", "DomainName", How::Link(ANY_DOMAIN)),
            row("priority", "Priority", How::Plain),
        ],
    },
];

const ROUTE_SETTINGS: &[Row] = &[
    row("data_trace_enabled", "DataTraceEnabled", How::Plain),
    row("detailed_metrics_enabled", "DetailedMetricsEnabled", How::Plain),
    row("logging_level", "LoggingLevel", How::Plain),
    row("route_key", "RouteKey", How::Plain),
    row("throttling_burst_limit", "ThrottlingBurstLimit", How::Plain),
    row("throttling_rate_limit", "ThrottlingRateLimit", How::Plain),
];

const INVOKE_API: &[Row] = &[
    row("api_id", "ApiId", How::Link(REST)),
    row("stage", "Stage", How::Link(&["aws_api_gateway_stage"])),
    row("strip_base_path", "StripBasePath", How::Plain),
];

const ROUTING_CONDITION: &[Row] = &[
    row("match_base_paths", "MatchBasePaths", How::Block(&[row("any_of", "AnyOf", How::Plain)])),
    row(
        "match_headers",
        "MatchHeaders",
        How::Block(&[row(
            "any_of",
            "AnyOf",
            How::Blocks(&[row("header", "Header", How::Plain), row("value_glob", "ValueGlob", How::Plain)]),
        )]),
    ),
];

const V2_INTEGRATION: &[Row] = &[
    row("api_id", "ApiId", How::Link(HTTP)),
    row("connection_type", "ConnectionType", How::Plain),
    row("content_handling_strategy", "ContentHandlingStrategy", How::Plain),
    row("integration_method", "IntegrationMethod", How::Plain),
    row("integration_subtype", "IntegrationSubtype", How::Plain),
    row("integration_type", "IntegrationType", How::Plain),
    row("integration_uri", "IntegrationUri", How::Link(LAMBDA)),
    row("passthrough_behavior", "PassthroughBehavior", How::Plain),
    row("payload_format_version", "PayloadFormatVersion", How::Plain),
    row("request_parameters", "RequestParameters", How::Plain),
    row("request_templates", "RequestTemplates", How::Plain),
    row("template_selection_expression", "TemplateSelectionExpression", How::Plain),
    row("timeout_milliseconds", "TimeoutInMillis", How::Plain),
];

pub(in crate::template::terraform) const HTTP: &[&str] = &["aws_apigatewayv2_api"];
const HTTP_AUTHORIZER: &[&str] = &["aws_apigatewayv2_authorizer"];
const HTTP_DOMAIN: &[&str] = &["aws_apigatewayv2_domain_name"];
const ANY_DOMAIN: &[&str] = &["aws_apigatewayv2_domain_name", "aws_api_gateway_domain_name"];
pub(in crate::template::terraform) const HTTP_INTEGRATION: &[&str] = &["aws_apigatewayv2_integration"];
const HTTP_ROUTE: &[&str] = &["aws_apigatewayv2_route"];
