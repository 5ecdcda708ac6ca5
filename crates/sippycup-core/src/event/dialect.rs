//! Which front door an event came through, told by its shape.

use super::wire::Wire;
use crate::source::EventSource;

/// Tells the source of an event; `None` if it is not one of HTTP.
pub(crate) fn detect(json: &[u8], wire: &Wire) -> Option<EventSource> {
    let context = &wire.context;
    // Authorizer events of payload format 1.0 have everything a REST event has.
    if wire.method_arn.is_scalar() || wire.route_arn.is_scalar() {
        return None;
    }
    if context.elb.is_some() {
        return Some(EventSource::LoadBalancer);
    }
    if wire.lattice_path.is_some() && context.all.is_none() {
        return Some(EventSource::VpcLattice);
    }
    if context.service_network_arn.is_some() || context.service_arn.is_some() {
        return Some(EventSource::VpcLattice);
    }
    if context.connection_id.is_some() && context.event_type.is_some() {
        return Some(EventSource::WebSocket);
    }
    if context.http.is_some() {
        return Some(http_api_or_function_url(json, wire));
    }
    if wire.http_method.is_some() || context.http_method.is_some() {
        return Some(rest_or_http_api(json, wire));
    }
    // No method anywhere, but plainly an HTTP event: better to say what is missing than what it is not.
    if wire.raw_path.is_some() && wire.version.is(json, b"2.0") {
        return Some(http_api_or_function_url(json, wire));
    }
    (wire.resource.is_some() && wire.path.is_some()).then_some(EventSource::RestApi)
}

fn http_api_or_function_url(json: &[u8], wire: &Wire) -> EventSource {
    if has_label(&wire.context.domain_name.text_or_empty(json), b"lambda-url") {
        EventSource::FunctionUrl
    } else {
        EventSource::HttpApi
    }
}

/// `version` 1.0 means an HTTP API, unless `resourceId` is a REST API's: there it is an opaque id, on an
/// HTTP API it is a route key (`GET /x`, `$default`).
fn rest_or_http_api(json: &[u8], wire: &Wire) -> EventSource {
    let id = wire.context.resource_id.text_or_empty(json);
    let route_key = *id == *b"$default" || id.contains(&b' ');
    let opaque = wire.context.resource_id.is_scalar() && !id.is_empty() && !route_key;
    if wire.version.is(json, b"1.0") && !opaque { EventSource::HttpApi } else { EventSource::RestApi }
}

/// Whether a domain has this label behind its first: the names that AWS gives out are
/// `id.execute-api.region.amazonaws.com` and `id.lambda-url.region.on.aws`.
pub(crate) fn has_label(domain: &[u8], wanted: &[u8]) -> bool {
    domain.split(|byte| *byte == b'.').skip(1).any(|label| label == wanted)
}
