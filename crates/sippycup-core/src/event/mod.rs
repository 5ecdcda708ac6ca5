//! A proxy event, and the one assembly that makes a request of it, whatever its source.

use std::{any::TypeId, cell::LazyCell, fmt, iter, net::IpAddr, sync::LazyLock};

use bytes::Bytes;
use http::{Extensions, HeaderValue, Method, Uri};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::value::RawValue;

pub use self::options::EventOptions;
use self::{
    dialect::{Client, Dialect, Place, has_label},
    headers::Headers,
    names::X_FORWARDED_FOR,
    other::describe,
    target::Target,
    wire::Wire,
};
use crate::{
    base_path::{BASE_PATH_VARIABLE, BasePath, Located, Prefix, Signals},
    certain::Certain,
    error::{EventError, found},
    extensions::{ClientIp, PathParameters, PublicUri, RequestContext, StageVariables, forwarded_for},
    json::{Expected, Fault, Field, Kind, LIMIT, has_control, index, member},
    response::ResponseFormat,
    source::EventSource,
};

mod body;
mod dialect;
mod headers;
mod names;
mod options;
mod other;
mod query;
mod received;
mod target;
mod wire;

/// An event of one of the HTTP front doors, read but not yet a request.
///
/// ```
/// # use sippycup_core::{EventOptions, ProxyEvent};
/// let event = ProxyEvent::from_bytes(
///     r#"{"httpMethod":"GET","path":"/shop/items","resource":"/{proxy+}","pathParameters":{"proxy":"items"},
///         "multiValueQueryStringParameters":{"tag":["a","b"]},"requestContext":{"path":"/shop/items"}}"#,
/// )?;
/// let request = event.into_request(&EventOptions::default())?;
/// assert_eq!(request.uri(), "/items?tag=a&tag=b");
/// assert_eq!(request.extensions().get::<sippycup_core::BasePath>().unwrap().as_str(), "/shop");
/// # Ok::<(), sippycup_core::EventError>(())
/// ```
pub struct ProxyEvent {
    json: Bytes,
    /// In a box because an event moves several times on its way to the app.
    wire: Box<Wire>,
    headers: Headers,
    /// `None` if it is no event of HTTP.
    dialect: Option<&'static Dialect>,
    trace_id: Option<HeaderValue>,
    extensions: Extensions,
    /// Whether the extensions may have values that the event's must replace.
    touched: bool,
}

impl ProxyEvent {
    /// Reads an event. The request will share these bytes where it can instead of copying them.
    ///
    /// # Errors
    ///
    /// If the bytes are no JSON document in UTF-8 of less than 256 MiB, or if half a surrogate pair stands in a
    /// header, in the body or in the name of a member. What is no HTTP event, or no base64 where the event says so,
    /// is an error of [`into_request`](Self::into_request) only.
    pub fn from_bytes(json: impl Into<Bytes>) -> Result<Self, EventError> {
        let json = json.into();
        if json.len() >= LIMIT {
            return Err(EventError::member("$", "an event of less than 256 MiB", "more"));
        }
        let read = || {
            let wire = Wire::read(&json)?;
            let headers = Headers::read(&json, wire.members(wire.multi_headers), wire.members(wire.single_headers))?;
            check_text(&json, &wire).map(|()| (wire, headers))
        };
        // What is not UTF-8 is better said so than by what the walk stumbled over.
        let (wire, headers) = read().map_err(|fault| EventError::json(&json, not_utf8(&json).unwrap_or(fault)))?;
        let dialect = Dialect::detect(&json, &wire);
        let extensions = usual_extensions(dialect.map(|dialect| dialect.source));
        Ok(Self { json, wire, headers, dialect, trace_id: None, extensions, touched: false })
    }

    /// The front door, as the event's shape tells it; `None` if it is no HTTP event.
    #[must_use]
    pub fn source(&self) -> Option<EventSource> {
        self.dialect.map(|dialect| dialect.source)
    }

    /// The event as it came. A clone shares the buffer.
    #[must_use]
    pub fn json(&self) -> &Bytes {
        &self.json
    }

    /// Extensions to add to the request. Values from the event replace yours of the same type.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        self.touched = true;
        &mut self.extensions
    }

    /// Adds one extension to the request, as [`extensions_mut`](Self::extensions_mut) would, at a lower cost.
    pub fn insert_extension<T: Clone + Send + Sync + 'static>(&mut self, value: T) {
        let of_the_event = [
            TypeId::of::<EventSource>(),
            TypeId::of::<BasePath>(),
            TypeId::of::<StageVariables>(),
            TypeId::of::<PathParameters>(),
        ];
        self.touched |= of_the_event.contains(&TypeId::of::<T>());
        self.extensions.insert(value);
    }

    /// The invocation's X-Ray trace id, for the request's `x-amzn-trace-id` header. It replaces the event's, which stays
    /// readable in the event only.
    pub fn set_trace_id(&mut self, id: HeaderValue) {
        self.trace_id = Some(id);
    }

    /// How the answer must be written.
    ///
    /// # Errors
    ///
    /// If this is no HTTP event and `options` do not pin a source.
    pub fn response_format(&self, options: &EventOptions) -> Result<ResponseFormat, EventError> {
        let dialect = self.dialect_with(options)?;
        let head = (dialect.method.field)(&self.wire).is(&self.json, b"HEAD");
        Ok(ResponseFormat::new(&dialect.answer, head))
    }

    /// Makes the request.
    ///
    /// Its URI is origin-form, as under hyper; everything about the gateway is in its extensions:
    /// [`EventSource`], [`RequestContext`], [`StageVariables`], [`PathParameters`], [`BasePath`], and where
    /// they are known [`PublicUri`] and [`ClientIp`].
    ///
    /// A WebSocket event is a request too: `GET` for `CONNECT`, `POST` for `MESSAGE`, `DELETE` for
    /// `DISCONNECT`; the path is the route key (`/$connect`, `/$default`, `/sendmessage`). A method or path of
    /// the event's own, which only hand-made ones have, counts instead.
    ///
    /// `content-length` is the length of the body, as under hyper, where there is a body or the event has that header.
    /// A `transfer-encoding` is left out: it was that of the client's connection, and the body of an event is whole.
    ///
    /// # Errors
    ///
    /// If this is no HTTP event, if the method or path is missing, if the body is not the base64 that the
    /// event says it is, if half a surrogate pair stands in a text that the request needs, or if path and
    /// query together exceed what `http::Uri` holds (65,534 bytes).
    pub fn into_request(mut self, options: &EventOptions) -> Result<http::Request<Bytes>, EventError> {
        let dialect = self.dialect_with(options)?;
        let fault = |fault| EventError::json(&self.json, fault);

        let method = self.method(&dialect.method)?;
        self.headers.append_cookies(&self.json, self.wire.cookies).map_err(fault)?;
        if let Some(id) = self.trace_id.take() {
            self.headers.set_trace_id(id);
        }

        let target = Target::of(&self.json, &self.wire, dialect)?;
        let Located { strip, base, written } = self.locate(dialect, &target, options).map_err(fault)?;
        let exact_root = strip == target.path_end;
        let target = target.origin_form(strip)?;
        let host = self.public_host(options).map_err(fault)?;
        let scheme = self.headers.forwarded_proto.text(&self.json).map_err(fault)?;
        let public = written.as_ref().unwrap_or(&base);
        let public = PublicUri::new(dialect.public, host, scheme.as_deref(), public, &target, exact_root);

        let base64 = body::is_base64(&self.json, self.wire.base64);
        let body = body::decode(&self.json, self.wire.body, self.wire.body_text.take(), base64)
            .map_err(|error| not_utf8(&self.json).map_or(error, |fault| EventError::json(&self.json, fault)))?;
        let client_ip = self.client_ip(dialect.client, options).map_err(fault)?;
        self.headers.set_content_length(&self.json, body.len());

        let mut request = http::Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = Uri::from(target);
        *request.headers_mut() = self.headers.map;
        let extensions = request.extensions_mut();
        *extensions = self.extensions;
        if self.touched || self.dialect.map(|detected| detected.source) != Some(dialect.source) {
            extensions.extend(usual_extensions(Some(dialect.source)));
        }
        if !base.is_root() {
            extensions.insert(base);
        }
        let (variables, parameters) = (self.wire.stage_variables, self.wire.path_parameters);
        if variables.is_some() {
            extensions.insert(StageVariables::new(variables.share(&self.json)));
        }
        if parameters.is_some() {
            extensions.insert(PathParameters::new(parameters.share(&self.json)));
        }
        extensions.insert(RequestContext::new(dialect.source, slice_or_null(&self.json, self.wire.context.all)));
        if let Some(public) = public {
            extensions.insert(public);
        }
        if let Some(ip) = client_ip {
            extensions.insert(ClientIp(ip));
        }
        Ok(request)
    }

    fn dialect_with(&self, options: &EventOptions) -> Result<&'static Dialect, EventError> {
        let dialect = match options.source {
            Some(source) => Dialect::of(source, &self.wire),
            None => self.dialect,
        };
        dialect.ok_or_else(|| EventError::not_http(describe(&self.json)))
    }

    fn method(&self, place: &Place) -> Result<Method, EventError> {
        let field = (place.field)(&self.wire);
        let text = field.text(&self.json).map_err(|fault| EventError::json(&self.json, fault))?;
        let stand_in = || (place.or)(&self.json, &self.wire).map(str::as_bytes);
        let Some(text) = text.as_deref().or_else(stand_in) else {
            return Err(EventError::member(place.name, "a method", found(field.kind())));
        };
        Method::from_bytes(text).map_err(|_| EventError::member(place.name, "a method", "a string that is none"))
    }

    fn locate(&self, dialect: &Dialect, target: &Target, options: &EventOptions) -> Result<Located, Fault> {
        let (json, wire, context) = (&*self.json, &self.wire, &self.wire.context);
        let stated = match &options.base_path {
            Some(_) => None,
            None => {
                let variable = member(json, wire.stage_variables, BASE_PATH_VARIABLE).unwrap_or_default();
                variable.string(json)?.map(|path| BasePath::from_lossy(&path))
            }
        };
        let explicit = options.base_path.as_ref().or(stated.as_ref()).or(options.base_path_fallback.as_ref());
        if dialect.prefix == Prefix::None && explicit.is_none() && !options.mount_at_resource {
            return Ok(Located { strip: 0, base: BasePath::ROOT, written: None });
        }
        let of_mapping = |field: Field| if dialect.prefix == Prefix::Mapping { field.string(json) } else { Ok(None) };
        let stage = context.stage.string(json)?.filter(|stage| stage != "$default");
        // What is no text says nothing, as little as what is missing.
        let domain =
            if context.domain_name.is_scalar() { context.domain_name } else { self.headers.host }.text(json)?;
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
                value.string(json).ok().flatten()
            },
            mapping: mapping.string(json)?,
            stage: stage.unwrap_or_default(),
            own_domain,
            explicit,
            mount_at_resource: options.mount_at_resource,
        };
        Ok(signals.locate())
    }

    /// The host under which the public reaches the app: what was stated, or what the event says.
    fn public_host(&self, options: &EventOptions) -> Result<Option<Bytes>, Fault> {
        match options.stated_host(&self.headers.map) {
            Some(host) => Ok(Some(host)),
            None => self.headers.host.or(self.wire.context.domain_name).shared_text(&self.json),
        }
    }

    fn client_ip(&self, client: Client, options: &EventOptions) -> Result<Option<IpAddr>, Fault> {
        let hops = options.forwarded_hops.unwrap_or(if client == Client::ForwardedFor { 1 } else { 0 });
        if client == Client::ForwardedFor || hops > 0 {
            return Ok(match self.headers.forwarded_for.raw(&self.json) {
                b"" => forwarded_for(self.headers.map.get_all(X_FORWARDED_FOR).iter().map(HeaderValue::as_bytes), hops),
                line => forwarded_for(iter::once(line), hops),
            });
        }
        let ip = self.wire.context.source_ip.string(&self.json)?;
        Ok(ip.and_then(|ip| ip.parse().ok()))
    }
}

impl fmt::Debug for ProxyEvent {
    /// Shows the source only: an event has credentials in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyEvent").field("source", &self.source()).finish_non_exhaustive()
    }
}

impl<'de> Deserialize<'de> for ProxyEvent {
    /// For `lambda_runtime::run` and the like; copies the event once. [`from_bytes`](Self::from_bytes) does
    /// not.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        Self::from_bytes(Bytes::from(String::from(Box::<str>::from(json)))).map_err(D::Error::custom)
    }
}

/// What the walk over the event leaves to be checked: that it is UTF-8, and that no raw control character
/// stands in the body. A body in base64 needs neither; its decoder takes nothing but its own alphabet.
fn check_text(json: &[u8], wire: &Wire) -> Result<(), Fault> {
    let (start, end) = (wire.body.start(), wire.body.end());
    let (before, body, behind) = (json.get(..start).certain(), wire.body.raw(json), json.get(end..).certain());
    let base64 = wire.body.kind() == Kind::String && !wire.body.is_escaped() && body::is_base64(json, wire.base64);
    let parts = match base64 {
        true if wire.ascii => [&[][..], &[]],
        true => [before, behind],
        false if wire.ascii => [body, &[]],
        false => [json, &[]],
    };
    // The same checker as for answers: two would be twice the code in every function.
    if parts.iter().any(|part| !part.is_empty() && simdutf8::compat::from_utf8(part).is_err()) {
        return Err(not_utf8(json).unwrap_or(Fault::new(start, Expected::Utf8)));
    }
    if wire.body.kind() == Kind::String && wire.body_text.is_none() && !base64 && has_control(body) {
        return Err(Fault::new(start, Expected::NoControl));
    }
    Ok(())
}

/// Where the document stops being UTF-8.
fn not_utf8(json: &[u8]) -> Option<Fault> {
    let error = std::str::from_utf8(json).err()?;
    Some(Fault::new(error.valid_up_to(), Expected::Utf8))
}

fn slice_or_null(json: &Bytes, field: Field) -> Bytes {
    if field.kind() == Kind::Missing { Bytes::from_static(b"null") } else { field.share(json) }
}

/// What most events of a source have in their extensions, with room for the rest and for a router's.
///
/// To clone a map costs half of what it costs to fill one, and a map that grows on the way costs more than what is
/// put into it; the clone of a map has as much room as the map had once.
fn usual_extensions(source: Option<EventSource>) -> Extensions {
    #[derive(Clone)]
    struct Place<const INDEX: usize>;
    static USUAL: LazyLock<Vec<Extensions>> = LazyLock::new(|| {
        let sources = EventSource::WITH_EVENTS.map(Some).into_iter().chain([None]);
        sources
            .map(|source| {
                let mut extensions = Extensions::new();
                extensions.insert(Place::<0>);
                extensions.insert(Place::<1>);
                extensions.insert(Place::<2>);
                extensions.insert(Place::<3>);
                extensions.insert(Place::<4>);
                extensions.insert(Place::<5>);
                extensions.insert(Place::<6>);
                extensions.insert(Place::<7>);
                extensions.clear();
                if let Some(source) = source {
                    extensions.insert(source);
                }
                extensions.insert(BasePath::ROOT);
                extensions.insert(StageVariables::default());
                extensions.insert(PathParameters::default());
                extensions
            })
            .collect()
    });
    let index = source.map_or(EventSource::WITH_EVENTS.len(), |source| source as usize);
    USUAL.get(index).cloned().certain()
}

/// Up to so many bytes path parameters are looked up where they stand.
const FEW_PARAMETERS: usize = 256;
