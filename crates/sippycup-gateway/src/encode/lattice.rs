//! VPC Lattice's two event structures.

use serde_json::{Map, Value, json};

use super::groups::{joined, lasts, lists};
use crate::Kind;
use crate::front::FrontDoor;
use crate::request::Call;
use crate::request::query::raw_query;

pub(super) fn event(call: &Call<'_>) -> Value {
    let headers = call.event_headers();
    let query = raw_query(call.query());
    let (body, base64) = call.event_body();
    if call.kind() == Kind::VpcLatticeV1 {
        return json!({
            "raw_path": call.accepted.located.event_path,
            "method": call.accepted.method.as_str(),
            "headers": joined(&headers, ", "),
            "query_string_parameters": lasts(&query),
            "body": body,
            "is_base64_encoded": base64,
        });
    }
    let mut event = json!({
        "version": "2.0",
        "path": call.accepted.located.event_path,
        "method": call.accepted.method.as_str(),
        "headers": lists(&headers),
        "queryStringParameters": lists(&query),
        "isBase64Encoded": base64,
        "requestContext": context(call),
    });
    if let (false, Some(event)) = (body.is_empty(), event.as_object_mut()) {
        event.insert("body".to_owned(), body.into());
    }
    event
}

/// The headers by which Lattice names itself and the caller ("HTTP targets in VPC Lattice"; the blank behind `;` was captured). A client cannot set them.
pub(super) fn own_headers(call: &Call<'_>) -> Vec<(&'static str, String)> {
    let arns = Arns::new(call.front);
    let target = format!(
        "ServiceArn={}; ServiceNetworkArn={}; TargetGroupArn={}",
        arns.service, arns.network, arns.target_group
    );
    let mut headers = vec![(NETWORK, format!("SourceVpcArn={}", arns.vpc)), (TARGET, target)];
    if let Some(principal) = call.authorizer().and_then(|a| a.principal()) {
        headers.push((IDENTITY, format!("Principal={principal}; PrincipalOrgID=; SessionName=; Type=AWS_IAM")));
        headers.push((IDENTITY_TAGS, format!("principal={principal};principalorgid=")));
    }
    headers
}

/// What a client without a signature gets.
#[cfg(feature = "authorizers")]
pub(super) fn anonymous(call: &Call<'_>) -> String {
    let service = Arns::new(call.front).service;
    format!(
        "User: anonymous is not authorized to perform: vpc-lattice-svcs:Invoke on resource: {service}{} because no network-based policy allows the vpc-lattice-svcs:Invoke action",
        call.parts.uri.path()
    )
}

pub(super) fn is_own(name: &str) -> bool {
    [IDENTITY, IDENTITY_TAGS, NETWORK, TARGET].contains(&name)
}

fn context(call: &Call<'_>) -> Value {
    let front = call.front;
    let arns = Arns::new(front);
    let mut identity = Map::new();
    identity.insert("sourceVpcArn".to_owned(), arns.vpc.into());
    if let Some(principal) = call.authorizer().and_then(|a| a.principal()) {
        identity.insert("type".to_owned(), "AWS_IAM".into());
        identity.insert("principal".to_owned(), principal.into());
    }
    if let Some(certificate) = call.client_certificate() {
        identity
            .insert("x509SubjectCn".to_owned(), certificate.to_json().get("subjectDN").cloned().unwrap_or_default());
    }
    json!({
        "serviceNetworkArn": arns.network,
        "serviceArn": arns.service,
        "targetGroupArn": arns.target_group,
        "identity": identity,
        "region": front.region,
        "timeEpoch": call.stamp.epoch_micros(),
    })
}

struct Arns {
    network: String,
    service: String,
    target_group: String,
    vpc: String,
}

impl Arns {
    fn new(front: &FrontDoor) -> Self {
        let FrontDoor { region, account_id, .. } = front;
        let arn = |service: &str, what: &str| format!("arn:aws:{service}:{region}:{account_id}:{what}");
        Self {
            network: arn("vpc-lattice", "servicenetwork/sn-0bf3f2882e9cc805a"),
            service: arn("vpc-lattice", "service/svc-0a40eebed65f8d69c"),
            target_group: arn("vpc-lattice", "targetgroup/tg-6d0ecf831eec9f09"),
            vpc: arn("ec2", "vpc/vpc-0b8276c84697e7339"),
        }
    }
}

const IDENTITY: &str = "x-amzn-lattice-identity";
const IDENTITY_TAGS: &str = "x-amzn-lattice-identity-tags";
const NETWORK: &str = "x-amzn-lattice-network";
const TARGET: &str = "x-amzn-lattice-target";
