//! Resources of Terraform's provider for AWS beside those of CloudFormation: which attribute is which property.
//!
//! A resource that has no row here is no front door.

mod balancing;
mod http;
mod lambda;
mod rest;
mod row;

pub(super) use balancing::{LATTICE_TARGETS, TARGETS};
pub(super) use http::HTTP_INTEGRATION;
pub(super) use lambda::LAMBDA;
pub(super) use rest::{METHOD_SETTINGS, REST, REST_INTEGRATION, REST_PARENT, REST_RESPONSE, STAGE};
pub(super) use row::{How, Row, Sort};

/// The type that a type of Terraform is.
pub(super) fn sort(kind: &str) -> Option<&'static Sort> {
    [lambda::SORTS, rest::SORTS, http::SORTS, balancing::SORTS].into_iter().flatten().find(|sort| sort.from == kind)
}

/// Resources that are parts of others here: `joined` reads them.
pub(super) const PARTS: &[&str] = &[
    "aws_alb_target_group_attachment",
    "aws_api_gateway_integration",
    "aws_api_gateway_integration_response",
    "aws_api_gateway_method_response",
    "aws_api_gateway_method_settings",
    "aws_lb_target_group_attachment",
    "aws_vpclattice_target_group_attachment",
];
