//! Every member that any source uses, found in one walk over the event.
//!
//! The sources' members hardly collide, so one struct holds them all and the source is told afterwards
//! from what is there. Where two spellings mean the same (`isBase64Encoded` and Lattice's
//! `is_base64_encoded`) they share a field.

use bytes::Bytes;

use super::{headers::Headers, other::is_foreign};
use crate::{
    base_path::BASE_PATH_VARIABLE,
    json::{Fault, Field, Kind, Scanner},
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
    pub(crate) query: Field,
    pub(crate) multi_query: Field,
    pub(crate) cookies: Field,
    /// Those of `headers` and `multiValueHeaders` together.
    pub(crate) headers: Option<Headers>,
    single_headers: Field,
    multi_headers: Field,
    /// Whether `headers` was walked over in the hope of `multiValueHeaders`.
    headers_to_read: bool,
    /// Whether one of the two stood there twice. Which one counts is only known at the end, and to read each of them
    /// would be quadratic: behind every `multiValueHeaders` the whole of `headers` is looked through.
    headers_to_read_again: bool,
    /// Whether `multiValueHeaders` was there at all: a load balancer wants the answer in kind.
    pub(crate) has_multi_headers: bool,
    pub(crate) path_parameters: Field,
    pub(crate) stage_variables: Field,
    /// The stage variable that states the base path.
    pub(crate) base_path: Field,
    pub(crate) context: ContextWire,
    pub(crate) body: Field,
    /// The body's value, where it is not the very bytes of the event.
    pub(crate) body_text: Option<Vec<u8>>,
    pub(crate) base64: Field,
    /// A member that only events which are not of HTTP have.
    pub(crate) foreign: Field,
    /// Whether everything but the body is known to be ASCII.
    pub(crate) ascii: bool,
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
    pub(crate) fn read(json: &Bytes) -> Result<Box<Self>, Fault> {
        let mut wire = Box::<Self>::default();
        let mut scanner = Scanner::new(json);
        if scanner.enter_object()? {
            let mut first = true;
            while let Some(key) = scanner.next_key(&mut first)? {
                wire.member(json, key, &mut scanner)?;
            }
        }
        scanner.end()?;
        if wire.headers_to_read_again {
            wire.read_headers_again(json)?;
        } else if wire.headers_to_read && !wire.has_multi_headers && wire.single_headers.kind() == Kind::Object {
            let mut scanner = Scanner::on(json, wire.single_headers);
            wire.headers = Some(Headers::read(json, &mut scanner, Field::default())?);
        }
        wire.ascii = scanner.is_ascii();
        Ok(wire)
    }

    #[cold]
    fn read_headers_again(&mut self, json: &Bytes) -> Result<(), Fault> {
        let (first, rest) = match self.has_multi_headers {
            true => (self.multi_headers, self.single_headers),
            false => (self.single_headers, Field::default()),
        };
        self.headers = match first.kind() {
            Kind::Object => Some(Headers::read(json, &mut Scanner::on(json, first), rest)?),
            _ => None,
        };
        Ok(())
    }

    fn member(&mut self, json: &Bytes, key: Field, scanner: &mut Scanner<'_>) -> Result<(), Fault> {
        let unescaped;
        let name = if key.is_escaped() {
            unescaped = key.text(json)?.unwrap_or_default();
            &*unescaped
        } else {
            key.raw(json)
        };
        let field = match name {
            b"requestContext" => return self.context.read(json, scanner),
            b"headers" => return self.headers(json, scanner),
            b"multiValueHeaders" => {
                self.has_multi_headers = scanner.kind()? == Kind::Object;
                let again = self.multi_headers.kind() != Kind::Missing;
                if self.has_multi_headers && !again {
                    let start = scanner.start()?;
                    self.headers = Some(Headers::read(json, scanner, self.single_headers)?);
                    self.multi_headers = Field::new(Kind::Object, start, scanner.position());
                    return Ok(());
                }
                self.multi_headers = scanner.value()?;
                self.headers_to_read_again |= again;
                return Ok(());
            }
            b"stageVariables" => return self.stage_variables(json, scanner),
            b"body" => {
                // Of two, the last counts.
                scanner.check_long(self.body)?;
                (self.body, self.body_text) = scanner.long_value()?;
                return Ok(());
            }
            b"cookies" => &mut self.cookies,
            b"httpMethod" => &mut self.http_method,
            b"isBase64Encoded" | b"is_base64_encoded" => &mut self.base64,
            b"method" => &mut self.method,
            b"multiValueQueryStringParameters" => &mut self.multi_query,
            b"path" => &mut self.path,
            b"pathParameters" => &mut self.path_parameters,
            b"queryStringParameters" | b"query_string_parameters" => &mut self.query,
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

    fn headers(&mut self, json: &Bytes, scanner: &mut Scanner<'_>) -> Result<(), Fault> {
        // API Gateway goes on with `multiValueHeaders`, which has all of this and more; the other sources show by now
        // that they do not.
        let other = [self.raw_path, self.lattice_path, self.method, self.context.elb].iter().any(Field::is_some);
        let again = self.single_headers.kind() != Kind::Missing;
        self.headers_to_read_again |= again;
        if other && !self.has_multi_headers && !again {
            let start = scanner.start()?;
            self.headers = Some(Headers::read(json, scanner, Field::default())?);
            self.single_headers = Field::new(Kind::Object, start, scanner.position());
            return Ok(());
        }
        self.single_headers = scanner.value()?;
        self.headers_to_read = true;
        if self.has_multi_headers
            && !again
            && let Some(headers) = &mut self.headers
        {
            headers.append_missing(json, self.single_headers)?;
        }
        Ok(())
    }

    fn stage_variables(&mut self, json: &[u8], scanner: &mut Scanner<'_>) -> Result<(), Fault> {
        let (kind, start) = (scanner.kind()?, scanner.start()?);
        // Of two, the last counts.
        self.base_path = Field::default();
        if scanner.enter_object()? {
            let mut first = true;
            while let Some(key) = scanner.next_key(&mut first)? {
                let value = scanner.value()?;
                if key.is(json, BASE_PATH_VARIABLE.as_bytes()) {
                    self.base_path = value;
                }
            }
        }
        self.stage_variables = Field::new(kind, start, scanner.position());
        Ok(())
    }
}

impl ContextWire {
    fn read(&mut self, json: &[u8], scanner: &mut Scanner<'_>) -> Result<(), Fault> {
        let (kind, start) = (scanner.kind()?, scanner.start()?);
        *self = Self::default();
        if scanner.enter_object()? {
            let mut first = true;
            while let Some(key) = scanner.next_key(&mut first)? {
                self.member(json, key, scanner)?;
            }
        }
        self.all = Field::new(kind, start, scanner.position());
        Ok(())
    }

    fn member(&mut self, json: &[u8], key: Field, scanner: &mut Scanner<'_>) -> Result<(), Fault> {
        match key.raw(json) {
            name @ (b"http" | b"identity") => return self.caller(json, name == b"http", scanner),
            name => match self.field(name) {
                Some(field) => *field = scanner.value()?,
                None if key.is_escaped() => return self.escaped_member(json, key, scanner),
                None => _ = scanner.value()?,
            },
        }
        Ok(())
    }

    #[cold]
    fn escaped_member(&mut self, json: &[u8], key: Field, scanner: &mut Scanner<'_>) -> Result<(), Fault> {
        match &*key.text_or_empty(json) {
            name @ (b"http" | b"identity") => return self.caller(json, name == b"http", scanner),
            name => {
                let value = scanner.value()?;
                if let Some(field) = self.field(name) {
                    *field = value;
                }
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn field(&mut self, name: &[u8]) -> Option<&mut Field> {
        Some(match name {
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
            _ => return None,
        })
    }

    /// Reads `http` (payload format 2.0) or `identity` (1.0), of which two members count.
    fn caller(&mut self, json: &[u8], http: bool, scanner: &mut Scanner<'_>) -> Result<(), Fault> {
        let (kind, start) = (scanner.kind()?, scanner.start()?);
        if http {
            // Of two, the last counts.
            self.method = Field::default();
        }
        if scanner.enter_object()? {
            let mut first = true;
            while let Some(key) = scanner.next_key(&mut first)? {
                let value = scanner.value()?;
                let mut note = |name: &[u8]| match name {
                    // A writer of both may have left the other's empty.
                    b"sourceIp" => self.source_ip = value.or(self.source_ip),
                    b"method" if http => self.method = value,
                    _ => {}
                };
                note(key.raw(json));
                if key.is_escaped() {
                    note(&key.text_or_empty(json));
                }
            }
        }
        if http {
            self.http = Field::new(kind, start, scanner.position());
        }
        Ok(())
    }
}
