//! Load balancers, and services of VPC Lattice.

use super::row::{How, REST_OF_BLOCK, Row, Sort, row};

pub(super) const SORTS: &[Sort] = &[
    Sort { from: "aws_lb", to: "AWS::ElasticLoadBalancingV2::LoadBalancer", rows: &[] },
    Sort { from: "aws_alb", to: "AWS::ElasticLoadBalancingV2::LoadBalancer", rows: &[] },
    Sort { from: "aws_lb_listener", to: "AWS::ElasticLoadBalancingV2::Listener", rows: LB_LISTENER },
    Sort { from: "aws_alb_listener", to: "AWS::ElasticLoadBalancingV2::Listener", rows: LB_LISTENER },
    Sort { from: "aws_lb_listener_rule", to: "AWS::ElasticLoadBalancingV2::ListenerRule", rows: LB_RULE },
    Sort { from: "aws_alb_listener_rule", to: "AWS::ElasticLoadBalancingV2::ListenerRule", rows: LB_RULE },
    Sort { from: "aws_lb_target_group", to: "AWS::ElasticLoadBalancingV2::TargetGroup", rows: LB_TARGETS },
    Sort { from: "aws_alb_target_group", to: "AWS::ElasticLoadBalancingV2::TargetGroup", rows: LB_TARGETS },
    Sort { from: "aws_vpclattice_service", to: "AWS::VpcLattice::Service", rows: &[] },
    Sort {
        from: "aws_vpclattice_listener",
        to: "AWS::VpcLattice::Listener",
        rows: &[
            row("default_action", "DefaultAction", How::Block(LATTICE_ACTION)),
            row("service_arn", "ServiceIdentifier", How::Link(LATTICE)),
            row("service_identifier", "ServiceIdentifier", How::Link(LATTICE)),
        ],
    },
    Sort {
        from: "aws_vpclattice_listener_rule",
        to: "AWS::VpcLattice::Rule",
        rows: &[
            row("action", "Action", How::Block(LATTICE_ACTION)),
            row("listener_identifier", "ListenerIdentifier", How::Link(LATTICE_LISTENER)),
            row("match", "Match", How::Block(&[row("http_match", "HttpMatch", How::Block(LATTICE_MATCH))])),
            row("priority", "Priority", How::Plain),
            row("service_identifier", "ServiceIdentifier", How::Link(LATTICE)),
        ],
    },
    Sort {
        from: "aws_vpclattice_target_group",
        to: "AWS::VpcLattice::TargetGroup",
        rows: &[
            row(
                "config",
                "Config",
                How::Block(&[row("lambda_event_structure_version", "LambdaEventStructureVersion", How::Plain)]),
            ),
            row("type", "Type", How::Plain),
        ],
    },
];

const LB_LISTENER: &[Row] = &[
    row("default_action", "DefaultActions", How::Blocks(LB_ACTION)),
    row("load_balancer_arn", "LoadBalancerArn", How::Link(BALANCER)),
    row("port", "Port", How::Plain),
    row("protocol", "Protocol", How::Plain),
];

const LB_RULE: &[Row] = &[
    row("action", "Actions", How::Blocks(LB_ACTION)),
    row("condition", "Conditions", How::Blocks(LB_CONDITION)),
    row("listener_arn", "ListenerArn", How::Link(LISTENER)),
    row("priority", "Priority", How::Plain),
    row("transform", "Transforms", How::Blocks(LB_TRANSFORM)),
];

const LB_ACTION: &[Row] = &[
    row("type", "Type", How::Plain),
    row("order", "Order", How::Plain),
    row("target_group_arn", "TargetGroupArn", How::Link(TARGETS)),
    row(
        "forward",
        "ForwardConfig",
        How::Block(&[
            row(
                "target_group",
                "TargetGroups",
                How::Blocks(&[row("arn", "TargetGroupArn", How::Link(TARGETS)), row("weight", "Weight", How::Plain)]),
            ),
            row(
                "stickiness",
                "TargetGroupStickinessConfig",
                How::Block(&[row("duration", "DurationSeconds", How::Plain), row("enabled", "Enabled", How::Plain)]),
            ),
        ]),
    ),
    row(
        "fixed_response",
        "FixedResponseConfig",
        How::Block(&[
            row("content_type", "ContentType", How::Plain),
            row("message_body", "MessageBody", How::Plain),
            row("status_code", "StatusCode", How::Plain),
        ]),
    ),
    row(
        "redirect",
        "RedirectConfig",
        How::Block(&[
            row("host", "Host", How::Plain),
            row("path", "Path", How::Plain),
            row("port", "Port", How::Plain),
            row("protocol", "Protocol", How::Plain),
            row("query", "Query", How::Plain),
            row("status_code", "StatusCode", How::Plain),
        ]),
    ),
    row(
        "jwt_validation",
        "JwtValidationConfig",
        How::Block(&[
            row("issuer", "Issuer", How::Plain),
            row("jwks_endpoint", "JwksEndpoint", How::Plain),
            row(
                "additional_claim",
                "AdditionalClaims",
                How::Blocks(&[
                    row("format", "Format", How::Plain),
                    row("name", "Name", How::Plain),
                    row("values", "Values", How::Plain),
                    REST_OF_BLOCK,
                ]),
            ),
            // A claim that is not looked at would let tokens pass.
            REST_OF_BLOCK,
        ]),
    ),
];

/// Which of them is there says which `Field` it is.
const LB_CONDITION: &[Row] = &[
    row("host_header", "HostHeaderConfig", How::Block(VALUES)),
    row(
        "http_header",
        "HttpHeaderConfig",
        How::Block(&[row("http_header_name", "HttpHeaderName", How::Plain), row("values", "Values", How::Plain)]),
    ),
    row("http_request_method", "HttpRequestMethodConfig", How::Block(VALUES)),
    row("path_pattern", "PathPatternConfig", How::Block(VALUES)),
    row(
        "query_string",
        "QueryStringConfig",
        How::Values(&[row("key", "Key", How::Plain), row("value", "Value", How::Plain)]),
    ),
    row("source_ip", "SourceIpConfig", How::Block(VALUES)),
];

const VALUES: &[Row] = &[row("values", "Values", How::Plain), row("regex_values", "RegexValues", How::Plain)];

const LB_TRANSFORM: &[Row] = &[
    row("type", "Type", How::Plain),
    row("url_rewrite_config", "UrlRewriteConfig", How::Block(LB_REWRITES)),
    row("host_header_rewrite_config", "HostHeaderRewriteConfig", How::Block(LB_REWRITES)),
];

const LB_REWRITES: &[Row] = &[row(
    "rewrite",
    "Rewrites",
    How::Blocks(&[row("regex", "Regex", How::Plain), row("replace", "Replace", How::Plain)]),
)];

const LB_TARGETS: &[Row] = &[
    row(
        "health_check",
        "HealthCheck",
        How::Block(&[
            row("enabled", "HealthCheckEnabled", How::Plain),
            row("healthy_threshold", "HealthyThresholdCount", How::Plain),
            row("interval", "HealthCheckIntervalSeconds", How::Plain),
            row("matcher", "HttpCode", How::Plain),
            row("path", "HealthCheckPath", How::Plain),
            row("timeout", "HealthCheckTimeoutSeconds", How::Plain),
            row("unhealthy_threshold", "UnhealthyThresholdCount", How::Plain),
        ]),
    ),
    row("lambda_multi_value_headers_enabled", "LambdaMultiValueHeadersEnabled", How::Plain),
    row("target_type", "TargetType", How::Plain),
];

const LATTICE_ACTION: &[Row] = &[
    row("fixed_response", "FixedResponse", How::Block(&[row("status_code", "StatusCode", How::Plain)])),
    row(
        "forward",
        "Forward",
        How::Block(&[row(
            "target_groups",
            "TargetGroups",
            How::Blocks(&[
                row("target_group_identifier", "TargetGroupIdentifier", How::Link(LATTICE_TARGETS)),
                row("weight", "Weight", How::Plain),
            ]),
        )]),
    ),
];

const LATTICE_MATCH: &[Row] = &[
    row("method", "Method", How::Plain),
    row(
        "path_match",
        "PathMatch",
        How::Block(&[
            row("case_sensitive", "CaseSensitive", How::Plain),
            row(
                "match",
                "Match",
                How::Block(&[row("exact", "Exact", How::Plain), row("prefix", "Prefix", How::Plain)]),
            ),
        ]),
    ),
    row(
        "header_matches",
        "HeaderMatches",
        How::Blocks(&[
            row("case_sensitive", "CaseSensitive", How::Plain),
            row("name", "Name", How::Plain),
            row(
                "match",
                "Match",
                How::Block(&[
                    row("contains", "Contains", How::Plain),
                    row("exact", "Exact", How::Plain),
                    row("prefix", "Prefix", How::Plain),
                ]),
            ),
        ]),
    ),
];

const BALANCER: &[&str] = &["aws_lb", "aws_alb"];
const LISTENER: &[&str] = &["aws_lb_listener", "aws_alb_listener"];
pub(in crate::template::terraform) const TARGETS: &[&str] = &["aws_lb_target_group", "aws_alb_target_group"];
const LATTICE: &[&str] = &["aws_vpclattice_service"];
const LATTICE_LISTENER: &[&str] = &["aws_vpclattice_listener"];
pub(in crate::template::terraform) const LATTICE_TARGETS: &[&str] = &["aws_vpclattice_target_group"];
