//! The front doors of the suite, and what AWS changes at each.

use sippycup_gateway::{BoxError, Domain, Gateway, GatewayBuilder, Kind};

use super::cases::{Case, Topic};

/// A front door with its settings.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) kind: Kind,
    /// What the client writes in front of the app's own paths.
    pub(crate) base: String,
    pub(crate) streams: bool,
    builder: GatewayBuilder,
    /// Whether only base paths are asked, since another door of the kind is asked everything.
    only_base: bool,
}

/// What is left of repeated values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Repeated {
    All,
    Last,
}

/// Every door, each kind first with its plain settings.
pub(crate) fn all(streams: bool) -> Result<Vec<Door>, BoxError> {
    let plain = |kind: Kind| Gateway::builder(kind).binary_media_type_of(kind);
    let mapped = |kind, key| plain(kind).domain(Domain::new("api.example.com").mapping(key));
    if streams {
        return [Kind::FunctionUrl, Kind::RestApi]
            .map(|kind| Door::new(kind, plain(kind).response_streaming(true), false, true))
            .into_iter()
            .collect();
    }
    let mut doors = Vec::new();
    for kind in ORDER {
        doors.push(Door::new(kind, plain(kind), false, false)?);
    }
    for builder in [mapped(Kind::RestApi, "shop"), mapped(Kind::RestApi, "shop/v2")] {
        doors.push(Door::new(Kind::RestApi, builder, true, false)?);
    }
    for builder in
        [plain(Kind::HttpApiV1).stage("dev"), mapped(Kind::HttpApiV1, "shop").route("ANY /{proxy+}").route("/")]
    {
        doors.push(Door::new(Kind::HttpApiV1, builder, true, false)?);
    }
    doors.push(Door::new(Kind::HttpApiV2, plain(Kind::HttpApiV2).stage("dev"), true, false)?);
    Ok(doors)
}

impl Door {
    fn new(kind: Kind, builder: GatewayBuilder, only_base: bool, streams: bool) -> Result<Self, BoxError> {
        let base = builder.clone().build(())?.base_path();
        Ok(Self { kind, base, streams, builder, only_base })
    }

    /// Whether the case is one for this door.
    pub(crate) fn asks(&self, case: &Case) -> bool {
        match case.topic {
            Topic::BasePaths => !self.base.is_empty(),
            Topic::Streaming => self.streams,
            _ => !self.only_base,
        }
    }

    /// The kind, or the door where it is not the plain one of its kind.
    pub(crate) fn name(&self) -> String {
        if self.only_base { self.label() } else { self.kind.to_string() }
    }

    /// The door in a line of the report.
    pub(crate) fn label(&self) -> String {
        format!("{}{}", self.kind, self.base)
    }

    pub(crate) fn gateway<F>(&self, function: F) -> Result<Gateway<F>, BoxError> {
        Ok(self.builder.clone().build(function)?)
    }

    /// The path as it is after the front door, still encoded.
    pub(crate) fn path(&self, path: &str) -> String {
        match self.kind {
            Kind::RestApi => format!("/{}", path.trim_start_matches('/')),
            _ => path.to_owned(),
        }
    }

    /// Whether the event has the path decoded.
    pub(crate) fn decodes_path(&self) -> bool {
        self.kind == Kind::HttpApiV2
    }

    /// Whether the event has the query as it was sent.
    pub(crate) fn keeps_query(&self) -> bool {
        matches!(self.kind, Kind::HttpApiV2 | Kind::FunctionUrl)
    }

    pub(crate) fn query_values(&self) -> Repeated {
        match self.kind {
            Kind::LoadBalancer | Kind::VpcLatticeV1 => Repeated::Last,
            _ => Repeated::All,
        }
    }

    pub(crate) fn header_values(&self) -> Repeated {
        match self.kind {
            Kind::LoadBalancer => Repeated::Last,
            _ => Repeated::All,
        }
    }

    /// The name under which a header of the answer arrives.
    pub(crate) fn answered<'a>(&self, name: &'a str) -> &'a str {
        match (self.kind, name) {
            (Kind::RestApi, "www-authenticate") => "x-amzn-remapped-www-authenticate",
            _ => name,
        }
    }
}

/// What every door of the suite takes for binary.
trait Binary {
    fn binary_media_type_of(self, kind: Kind) -> Self;
}

impl Binary for GatewayBuilder {
    fn binary_media_type_of(self, kind: Kind) -> Self {
        // Other kinds have no such setting, and need none.
        if kind == Kind::RestApi { self.binary_media_type("*/*") } else { self }
    }
}

/// The order of columns.
pub(crate) const ORDER: [Kind; 8] = [
    Kind::RestApi,
    Kind::HttpApiV1,
    Kind::HttpApiV2,
    Kind::FunctionUrl,
    Kind::LoadBalancer,
    Kind::LoadBalancerMultiValue,
    Kind::VpcLatticeV1,
    Kind::VpcLatticeV2,
];
