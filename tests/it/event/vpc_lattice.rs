//! VPC Lattice, both event versions.

use crate::support::{fixture, request, text};

#[test]
fn version_1_has_single_headers() {
    insta::assert_snapshot!(text(&request(fixture("vpc_lattice/v1"))), @r#"
    GET /inventory/7?depth=2 HTTP/1.1
    host: inv.7d67968.vpc-lattice-svcs.eu-central-1.on.aws
    accept: */*
    x-tag: red, green
    x-forwarded-for: 10.213.229.10
    ---
    source vpc_lattice
    base path ""
    public https://inv.7d67968.vpc-lattice-svcs.eu-central-1.on.aws/inventory/7?depth=2
    client 10.213.229.10
    stage -
    "#);
}

#[test]
fn version_2_has_lists() {
    insta::assert_snapshot!(text(&request(fixture("vpc_lattice/v2"))), @r#"
    PUT /inventory/7?depth=2&depth=3 HTTP/1.1
    host: inv.7d67968.vpc-lattice-svcs.eu-central-1.on.aws
    content-type: application/octet-stream
    x-tag: red
    x-tag: green
    x-forwarded-for: 10.213.229.10
    content-length: 3

    base64 AP8B
    ---
    source vpc_lattice
    base path ""
    public https://inv.7d67968.vpc-lattice-svcs.eu-central-1.on.aws/inventory/7?depth=2&depth=3
    client 10.213.229.10
    stage -
    "#);
}
