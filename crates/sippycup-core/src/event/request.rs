//! The one assembly: a request out of what was read of an event, whatever its source.

use std::{borrow::Cow, cell::LazyCell, convert::identity, net::IpAddr};

use bytes::Bytes;
use http::{
    Extensions, HeaderValue, Method, Request, Uri,
    header::{CONTENT_LENGTH, HOST},
    uri::PathAndQuery,
};

use super::{
    body,
    dialect::{Client, Dialect, has_label},
    headers::header_value,
    names::{X_AMZN_TRACE_ID, X_FORWARDED_FOR, X_FORWARDED_PROTO},
    options::EventOptions,
    read::Read,
    target::Target,
};
use crate::{
    base_path::{BASE_PATH_VARIABLE, BasePath, Located, Prefix, Signals},
    error::EventError,
    extensions::{ClientIp, PathParameters, PublicUri, RequestContext, StageVariables, forwarded_for},
    json::{Fault, Field, Kind, index, member},
};

impl Read {
    /// Makes the request. What the event says goes into the `extensions`, in the place of what is there of its types.
    pub(super) fn into_request(
        mut self: Box<Self>,
        dialect: &'static Dialect,
        options: &EventOptions,
        trace_id: Option<HeaderValue>,
        mut extensions: Extensions,
    ) -> Result<Request<Bytes>, EventError> {
        let fault = |fault| EventError::json(&self.json, fault);

        let method = dialect.method.text(&self.json, &self.wire, "a method")?;
        let method = Method::from_bytes(&method)
            .map_err(|_| EventError::member(dialect.method.name, "a method", "a string that is none"))?;
        let target = Target::of(&self.json, &self.wire, dialect)?;
        let located = self.locate(dialect, &target, options).map_err(fault)?;
        let exact_root = located.strip == target.path_end;
        let target = target.origin_form(located.strip)?;
        let public = self.public_uri(dialect, options, &located, &target, exact_root).map_err(fault)?;
        let client_ip = self.client_ip(dialect.client, options).map_err(fault)?;
        let base64 = body::is_base64(&self.json, self.wire.base64);
        let body = body::decode(&self.json, self.wire.body, self.wire.body_text.take(), base64)?;

        // The event's trace id says only which trace it is; the invocation's says also by whom the function was called and
        // whether the trace is recorded.
        if let Some(id) = trace_id {
            let _full = self.headers.try_insert(X_AMZN_TRACE_ID, id);
        }
        // As hyper's requests have it: REST APIs send none, and one that was sent is wrong where the front door changed the
        // body on its way.
        let length = if body.is_empty() { HeaderValue::from_static("0") } else { body.len().into() };
        let said = self.headers.get_all(CONTENT_LENGTH);
        let is_wanted = !body.is_empty() || said.iter().next().is_some();
        if is_wanted && said.iter().ne([&length]) {
            let _full = self.headers.try_insert(CONTENT_LENGTH, length);
        }

        let map = |field: Field| if field.is_some() { field.share(&self.json) } else { Bytes::new() };
        extensions.insert(dialect.source);
        extensions.insert(located.base);
        extensions.insert(StageVariables::new(map(self.wire.stage_variables)));
        extensions.insert(PathParameters::new(map(self.wire.path_parameters)));
        extensions.insert(RequestContext::new(dialect.source, slice_or_null(&self.json, self.wire.context.all)));
        if let Some(public) = public {
            extensions.insert(public);
        }
        if let Some(ip) = client_ip {
            extensions.insert(ClientIp(ip));
        }

        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = Uri::from(target);
        *request.headers_mut() = self.headers;
        *request.extensions_mut() = extensions;
        Ok(request)
    }

    fn locate(&self, dialect: &Dialect, target: &Target, options: &EventOptions) -> Result<Located, Fault> {
        let (json, wire, context) = (&*self.json, &self.wire, &self.wire.context);
        let variable = match options.base_path {
            None if wire.stage_variables.is_some() => member(json, wire.stage_variables, BASE_PATH_VARIABLE),
            _ => None,
        };
        let stated = variable.unwrap_or_default().string(json)?.map(|path| BasePath::from_lossy(&path));
        let explicit = options.base_path.as_ref().or(stated.as_ref()).or(options.base_path_fallback.as_ref());
        if dialect.prefix == Prefix::None && explicit.is_none() && !options.mount_at_resource {
            return Ok(Located { strip: 0, base: BasePath::ROOT, written: None });
        }
        let of_mapping = |field: Field| if dialect.prefix == Prefix::Mapping { field.string(json) } else { Ok(None) };
        let stage = context.stage.string(json)?.filter(|stage| stage != "$default");
        // What is no text says nothing, as little as what is missing.
        let domain = match context.domain_name.text(json)? {
            None => self.headers.get(HOST).map(|host| Cow::Borrowed(host.as_bytes())),
            domain => domain,
        };
        let mapping = member(json, context.custom_domain, "basePathMatched").unwrap_or_default();
        // Every segment of the template looks its parameter up, at every cut of the path.
        let many = LazyCell::new(|| index(json, wire.path_parameters).unwrap_or_default());
        let own_domain = domain.is_some_and(|domain| has_label(&domain, b"execute-api"));
        let signals = Signals {
            prefix: dialect.prefix,
            path_text: dialect.path_text,
            path: target.path(),
            context_path: of_mapping(context.path)?,
            raw_path: of_mapping(wire.raw_path)?,
            template: dialect.template.read(json, wire)?,
            parameter: |name: &str| {
                let value = match wire.path_parameters.len() {
                    0..=FEW_PARAMETERS => member(json, wire.path_parameters, name)?,
                    _ => *many.get(name.as_bytes())?,
                };
                value.string_or_none(json)
            },
            mapping: mapping.string(json)?,
            stage: stage.unwrap_or_default(),
            own_domain,
            explicit,
            mount_at_resource: options.mount_at_resource,
        };
        Ok(signals.locate())
    }

    /// The URI under which the public reaches this: with the host that was stated, or the one that the event says.
    fn public_uri(
        &self,
        dialect: &Dialect,
        options: &EventOptions,
        located: &Located,
        target: &PathAndQuery,
        exact_root: bool,
    ) -> Result<Option<PublicUri>, Fault> {
        let host = match options.host_of(&self.headers) {
            None => header_value(&self.json, self.wire.context.domain_name, identity)?,
            host => host,
        };
        let scheme = self.headers.get(X_FORWARDED_PROTO).map(HeaderValue::as_bytes);
        let base = located.written.as_ref().unwrap_or(&located.base);
        Ok(PublicUri::new(dialect.public, host, scheme, base, target, exact_root))
    }

    fn client_ip(&self, client: Client, options: &EventOptions) -> Result<Option<IpAddr>, Fault> {
        let hops = options.forwarded_hops.unwrap_or(if client == Client::ForwardedFor { 1 } else { 0 });
        if client == Client::ForwardedFor || hops > 0 {
            let lines = self.headers.get_all(X_FORWARDED_FOR);
            return Ok(forwarded_for(lines.iter().map(HeaderValue::as_bytes), hops));
        }
        let ip = self.wire.context.source_ip.string(&self.json)?;
        Ok(ip.and_then(|ip| ip.parse().ok()))
    }
}

fn slice_or_null(json: &Bytes, field: Field) -> Bytes {
    if field.kind() == Kind::Missing { Bytes::from_static(b"null") } else { field.share(json) }
}

/// Up to so many bytes path parameters are looked up where they stand.
const FEW_PARAMETERS: usize = 256;
