//! VPC Lattice's two event structures.

use serde_json::{Map, Value, json};

use super::{Call, joined, lasts, lists};
use crate::Kind;

pub(super) fn event(call: &Call<'_>) -> Value {
    let headers = call.event_headers();
    let query = call.raw_query();
    let (body, base64) = call.event_body();
    if call.config.location.kind == Kind::VpcLatticeV1 {
        return json!({
            "raw_path": call.located.event_path,
            "method": call.method.as_str(),
            "headers": joined(&headers, ", "),
            "query_string_parameters": lasts(&query),
            "body": body,
            "is_base64_encoded": base64,
        });
    }
    let mut event = json!({
        "version": "2.0",
        "path": call.located.event_path,
        "method": call.method.as_str(),
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

fn context(call: &Call<'_>) -> Value {
    let config = call.config;
    let arn = |what: &str| format!("arn:aws:vpc-lattice:{}:{}:{what}", config.region, config.account_id);
    let mut identity = Map::new();
    identity.insert(
        "sourceVpcArn".to_owned(),
        format!("arn:aws:ec2:{}:{}:vpc/vpc-0b8276c84697e7339", config.region, config.account_id).into(),
    );
    if let Some(certificate) = &config.client_certificate {
        identity
            .insert("x509SubjectCn".to_owned(), certificate.to_json().get("subjectDN").cloned().unwrap_or_default());
    }
    json!({
        "serviceNetworkArn": arn("servicenetwork/sn-0bf3f2882e9cc805a"),
        "serviceArn": arn("service/svc-0a40eebed65f8d69c"),
        "targetGroupArn": arn("targetgroup/tg-6d0ecf831eec9f09"),
        "identity": identity,
        "region": config.region,
        "timeEpoch": call.stamp.epoch_micros(),
    })
}
