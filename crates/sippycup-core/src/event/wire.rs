//! Every member that any source uses, found in one walk over the event.
//!
//! The sources' members hardly collide, so one struct holds them all and the source is told afterwards
//! from what is there. Where two spellings mean the same (`isBase64Encoded` and Lattice's
//! `is_base64_encoded`) they share a field.

use super::{body::is_base64, other::is_foreign};
use crate::{
    certain::Certain,
    json::{Expected, Fault, Field, Kind, Map, Member, Scanner, has_control},
};

/// Where the members of an event stand.
#[derive(Default)]
pub(crate) struct Wire {
    pub(crate) version: Field,
    pub(crate) resource: Field,
    pub(crate) route_key: Field,
    pub(crate) http_method: Field,
    /// Lattice's `method`.
    pub(crate) method: Field,
    pub(crate) path: Field,
    pub(crate) raw_path: Field,
    /// Lattice's `raw_path`, event version 1.
    pub(crate) lattice_path: Field,
    pub(crate) raw_query: Field,
    pub(crate) query: Map,
    pub(crate) multi_query: Map,
    pub(crate) cookies: Field,
    pub(crate) single_headers: Map,
    pub(crate) multi_headers: Map,
    /// Those of all four maps.
    members: Vec<Member>,
    pub(crate) path_parameters: Field,
    pub(crate) stage_variables: Field,
    pub(crate) context: ContextWire,
    pub(crate) body: Field,
    /// The body's value, where it is not the very bytes of the event.
    pub(crate) body_text: Option<Vec<u8>>,
    pub(crate) base64: Field,
    /// A member that only events which are not of HTTP have.
    pub(crate) foreign: Field,
}

/// Where the members of `requestContext` stand that decide something.
#[derive(Debug, Default)]
pub(crate) struct ContextWire {
    pub(crate) all: Field,
    pub(crate) connection_id: Field,
    pub(crate) custom_domain: Field,
    pub(crate) domain_name: Field,
    pub(crate) elb: Field,
    pub(crate) event_type: Field,
    pub(crate) http: Field,
    pub(crate) http_method: Field,
    /// `http.method`: the method of payload format 2.0 stands there and only there.
    pub(crate) method: Field,
    pub(crate) path: Field,
    pub(crate) resource_id: Field,
    pub(crate) resource_path: Field,
    pub(crate) route_key: Field,
    pub(crate) service_arn: Field,
    pub(crate) service_network_arn: Field,
    pub(crate) source_ip: Field,
    pub(crate) stage: Field,
}

impl Wire {
    /// Reads the whole document; a value that is no object has no members.
    pub(crate) fn read(&mut self, json: &[u8]) -> Result<(), Fault> {
        let mut scanner = Scanner::new(json);
        self.members = Vec::with_capacity(FEW_MEMBERS);
        scanner.each_name(|scanner, key| self.member(json, key, scanner))?;
        scanner.end()?;
        check_text(json, self, scanner.is_ascii())
    }

    /// The members of a map.
    pub(crate) fn members(&self, map: Map) -> &[Member] {
        map.of(&self.members)
    }

    fn map(&mut self, scanner: &mut Scanner<'_>, place: impl Fn(&mut Self) -> &mut Map) -> Result<(), Fault> {
        *place(self) = Map::note(scanner, &mut self.members)?;
        Ok(())
    }

    fn member(&mut self, json: &[u8], key: Field, scanner: &mut Scanner<'_>) -> Result<(), Fault> {
        let field = match &*key.text(json)?.certain() {
            b"requestContext" => return self.context.read(json, scanner),
            b"headers" => return self.map(scanner, |wire| &mut wire.single_headers),
            b"multiValueHeaders" => return self.map(scanner, |wire| &mut wire.multi_headers),
            b"multiValueQueryStringParameters" => return self.map(scanner, |wire| &mut wire.multi_query),
            b"queryStringParameters" | b"query_string_parameters" => return self.map(scanner, |wire| &mut wire.query),
            b"body" => {
                // Of two, the last counts.
                scanner.check_long(self.body)?;
                (self.body, self.body_text) = scanner.long_value()?;
                return Ok(());
            }
            b"stageVariables" => &mut self.stage_variables,
            b"cookies" => &mut self.cookies,
            b"httpMethod" => &mut self.http_method,
            b"isBase64Encoded" | b"is_base64_encoded" => &mut self.base64,
            b"method" => &mut self.method,
            b"path" => &mut self.path,
            b"pathParameters" => &mut self.path_parameters,
            b"rawPath" => &mut self.raw_path,
            b"rawQueryString" => &mut self.raw_query,
            b"raw_path" => &mut self.lattice_path,
            b"resource" => &mut self.resource,
            b"routeKey" => &mut self.route_key,
            b"version" => &mut self.version,
            name => {
                let value = scanner.value()?;
                if is_foreign(name) {
                    self.foreign = self.foreign.or(value);
                }
                return Ok(());
            }
        };
        *field = scanner.value()?;
        Ok(())
    }
}

impl ContextWire {
    fn read(&mut self, json: &[u8], scanner: &mut Scanner<'_>) -> Result<(), Fault> {
        *self = Self::default();
        self.all = scanner.each_name(|scanner, key| self.member(json, key, scanner))?;
        Ok(())
    }

    fn member(&mut self, json: &[u8], key: Field, scanner: &mut Scanner<'_>) -> Result<(), Fault> {
        let field = match &*key.text_or_empty(json) {
            name @ (b"http" | b"identity") => return self.caller(json, name == b"http", scanner),
            b"connectionId" => &mut self.connection_id,
            b"customDomain" => &mut self.custom_domain,
            b"domainName" => &mut self.domain_name,
            b"elb" => &mut self.elb,
            b"eventType" => &mut self.event_type,
            b"httpMethod" => &mut self.http_method,
            b"path" => &mut self.path,
            b"resourceId" => &mut self.resource_id,
            b"resourcePath" => &mut self.resource_path,
            b"routeKey" => &mut self.route_key,
            b"serviceArn" => &mut self.service_arn,
            b"serviceNetworkArn" => &mut self.service_network_arn,
            b"stage" => &mut self.stage,
            _ => return scanner.value().map(drop),
        };
        *field = scanner.value()?;
        Ok(())
    }

    /// Reads `http` (payload format 2.0) or `identity` (1.0), of which two members count.
    fn caller(&mut self, json: &[u8], http: bool, scanner: &mut Scanner<'_>) -> Result<(), Fault> {
        if http {
            // Of two, the last counts.
            self.method = Field::default();
        }
        let all = scanner.each_name(|scanner, key| {
            let value = scanner.value()?;
            match &*key.text_or_empty(json) {
                // A writer of both may have left the other's empty.
                b"sourceIp" => self.source_ip = value.or(self.source_ip),
                b"method" if http => self.method = value,
                _ => {}
            }
            Ok(())
        })?;
        if http {
            self.http = all;
        }
        Ok(())
    }
}

/// What the walk over the event leaves to be checked: that it is UTF-8, and that no raw control character
/// stands in the body. `ascii` says that everything but the body is. A body in base64 needs neither; its decoder takes nothing but its own alphabet.
fn check_text(json: &[u8], wire: &Wire, ascii: bool) -> Result<(), Fault> {
    let (start, end) = (wire.body.start(), wire.body.end());
    let (before, body, behind) = (json.get(..start).certain(), wire.body.raw(json), json.get(end..).certain());
    let base64 = wire.body.kind() == Kind::String && !wire.body.is_escaped() && is_base64(json, wire.base64);
    // The same checker as for answers: two would be twice the code in every function.
    let is_utf_8 = |part: &[u8]| part.is_empty() || simdutf8::compat::from_utf8(part).is_ok();
    if !(ascii || is_utf_8(before) && is_utf_8(behind)) || !(base64 || is_utf_8(body)) {
        return Err(Fault::new(start, Expected::Utf8));
    }
    if wire.body.kind() == Kind::String && wire.body_text.is_none() && !base64 && has_control(body) {
        return Err(Fault::new(start, Expected::NoControl));
    }
    Ok(())
}

/// As many as most events have in these maps.
const FEW_MEMBERS: usize = 64;
