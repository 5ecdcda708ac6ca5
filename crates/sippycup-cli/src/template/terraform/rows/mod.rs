//! Resources of Terraform's provider for AWS beside those of CloudFormation: which attribute is which property.
//!
//! A resource that has no row here is no front door.

mod balancing;
mod http;
mod lambda;
mod rest;

pub(super) use balancing::{LATTICE_TARGETS, TARGETS};
pub(super) use http::HTTP_INTEGRATION;
pub(super) use lambda::LAMBDA;
pub(super) use rest::{METHOD_SETTINGS, REST, REST_INTEGRATION, REST_PARENT, REST_RESPONSE, STAGE};

/// A type of resource.
#[derive(Debug)]
pub(super) struct Sort {
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) rows: &'static [Row],
}

/// An attribute.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) how: How,
}

#[derive(Debug)]
pub(super) enum How {
    /// As it is. What only an apply makes known stands for itself.
    Plain,
    /// The same, but nothing is served without it.
    Needed,
    /// Another resource, one of these types.
    Link(&'static [&'static str]),
    /// A block that is there once, as a map.
    Block(&'static [Row]),
    /// Blocks, as a list of maps.
    Blocks(&'static [Row]),
    /// Blocks, as a map whose `Values` they are.
    Values(&'static [Row]),
    /// A definition in JSON or YAML, as text.
    Text,
    /// Only told that it is passed over.
    Told,
    /// What no other row of the block names, by its own name: where nothing may be passed over.
    Rest,
}

const fn row(from: &'static str, to: &'static str, how: How) -> Row {
    Row { from, to, how }
}

/// The row for what no other row of its block names.
const REST_OF_BLOCK: Row = row("", "", How::Rest);

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

/// The same for APIs and for URLs.
const CORS: &[Row] = &[
    row("allow_credentials", "AllowCredentials", How::Plain),
    row("allow_headers", "AllowHeaders", How::Plain),
    row("allow_methods", "AllowMethods", How::Plain),
    row("allow_origins", "AllowOrigins", How::Plain),
    row("expose_headers", "ExposeHeaders", How::Plain),
    row("max_age", "MaxAge", How::Plain),
];
