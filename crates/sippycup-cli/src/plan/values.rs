//! Values of settings: each kind of value is read by one rule, whether a flag or TOML has it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::ops::Range;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use sippycup_gateway::{Gateway, Kind, Throttle};
use toml::Spanned;

use crate::error::UsageError;

/// A value with its place in the file; with none if a flag had it.
#[derive(Clone, Debug)]
pub(crate) struct Said<T> {
    pub(crate) value: T,
    pub(crate) span: Option<Range<usize>>,
}

impl<T> Said<T> {
    /// An error about this value. `flag` is the name that the value has on the command line.
    pub(super) fn wrong(&self, flag: &'static str, message: impl fmt::Display) -> Wrong {
        Wrong { flag, span: self.span.clone(), message: message.to_string() }
    }
}

impl<T> From<T> for Said<T> {
    fn from(value: T) -> Self {
        Self { value, span: None }
    }
}

impl<T: FromStr> FromStr for Said<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        text.parse().map(|value: T| value.into())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Said<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::deserialize(deserializer)?;
        Ok(Self { span: Some(spanned.span()), value: spanned.into_inner() })
    }
}

/// A setting that cannot be meant.
#[derive(Debug)]
pub(crate) struct Wrong {
    flag: &'static str,
    pub(crate) span: Option<Range<usize>>,
    pub(crate) message: String,
}

impl From<Wrong> for UsageError {
    fn from(wrong: Wrong) -> Self {
        Self::new(if wrong.flag.is_empty() { wrong.message } else { format!("{}: {}", wrong.flag, wrong.message) })
    }
}

impl<T: Serialize> Serialize for Said<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

/// A name for `--allow-host`, which the gateway knows how to read.
pub(super) fn allowed_host(name: &str) -> Result<String, String> {
    let tried = Gateway::builder(Kind::FunctionUrl).allow_host(name).build(());
    tried.map(|_| name.to_owned()).map_err(|error| error.to_string())
}

pub(super) fn allowed_hosts_in_file<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let names: Vec<String> = Deserialize::deserialize(deserializer)?;
    names.iter().map(|name| allowed_host(name)).collect::<Result<_, _>>().map_err(D::Error::custom)
}

/// An address to listen on.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Listen(pub(crate) SocketAddr);

impl FromStr for Listen {
    type Err = UsageError;

    fn from_str(text: &str) -> Result<Self, UsageError> {
        let wrong =
            |why: &str| UsageError::new(format!("expected an address like 127.0.0.1:9000, found `{text}`: {why}"));
        let found: Vec<_> = text.to_socket_addrs().map_err(|error| wrong(&error.to_string()))?.collect();
        // Of the addresses of a name the one that most clients try.
        let address = found.iter().find(|address| address.is_ipv4()).or(found.first());
        address.copied().map(Self).ok_or_else(|| wrong("the name has no address"))
    }
}

impl TryFrom<String> for Listen {
    type Error = UsageError;

    fn try_from(text: String) -> Result<Self, UsageError> {
        text.parse()
    }
}

/// Time, in seconds and fractions of them.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(try_from = "f64", into = "f64")]
pub(crate) struct Seconds(pub(crate) Duration);

impl FromStr for Seconds {
    type Err = UsageError;

    fn from_str(text: &str) -> Result<Self, UsageError> {
        text.parse::<f64>().ok().and_then(|seconds| seconds.try_into().ok()).ok_or_else(no_seconds)
    }
}

impl TryFrom<f64> for Seconds {
    type Error = UsageError;

    fn try_from(seconds: f64) -> Result<Self, UsageError> {
        let meant = |duration: &Duration| !duration.is_zero() && *duration <= LONGEST;
        let duration = Duration::try_from_secs_f64(seconds).ok().filter(meant);
        duration.map(Self).ok_or_else(no_seconds)
    }
}

impl From<Seconds> for f64 {
    fn from(Seconds(duration): Seconds) -> Self {
        duration.as_secs_f64()
    }
}

fn no_seconds() -> UsageError {
    UsageError::new("expected a positive number of seconds, a year of them at most")
}

const LONGEST: Duration = Duration::from_secs(365 * 86_400);

/// A number of things that cannot be none.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(try_from = "usize")]
pub(crate) struct Count(pub(crate) usize);

impl FromStr for Count {
    type Err = UsageError;

    fn from_str(text: &str) -> Result<Self, UsageError> {
        text.parse::<usize>().map_err(|_| UsageError::new("expected a number"))?.try_into()
    }
}

impl TryFrom<usize> for Count {
    type Error = UsageError;

    fn try_from(number: usize) -> Result<Self, UsageError> {
        if number == 0 { Err(UsageError::new("expected at least 1")) } else { Ok(Self(number)) }
    }
}

/// `NAME=VALUE`; in TOML an entry of a table.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl FromStr for Pair {
    type Err = UsageError;

    fn from_str(text: &str) -> Result<Self, UsageError> {
        let (name, value) = pair(text, '=')?;
        Ok(Self { name, value })
    }
}

/// A text of two parts, neither with blanks around it, the first not empty.
pub(crate) fn pair(text: &str, separator: char) -> Result<(String, String), UsageError> {
    match text.split_once(separator) {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.trim().to_owned())),
        _ => Err(UsageError::new(format!("expected a name, `{separator}` and a value, found `{text}`"))),
    }
}

/// A JSON object; in TOML a table.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Object(pub(crate) Map<String, Value>);

impl FromStr for Object {
    type Err = UsageError;

    fn from_str(text: &str) -> Result<Self, UsageError> {
        serde_json::from_str(text)
            .map(Self)
            .map_err(|error| UsageError::new(format!("expected a JSON object: {error}")))
    }
}

/// The kinds of gateway by their short names, which are the same in TOML.
pub(super) fn kind() -> impl TypedValueParser<Value = Kind> {
    let names = Kind::ALL.iter().map(|kind| {
        let name = PossibleValue::new(kind.as_str()).help(described(*kind));
        match kind {
            Kind::HttpApiV2 => name.alias("http-2.0"),
            Kind::VpcLatticeV2 => name.alias("lattice-v2"),
            _ => name,
        }
    });
    PossibleValuesParser::new(names.collect::<Vec<_>>()).try_map(|name| name.parse::<Kind>())
}

const fn described(kind: Kind) -> &'static str {
    match kind {
        Kind::FunctionUrl => "Lambda function URL",
        Kind::HttpApiV1 => "HTTP API, payload format 1.0",
        Kind::HttpApiV2 => "HTTP API, payload format 2.0",
        Kind::LoadBalancer => "Application Load Balancer",
        Kind::LoadBalancerMultiValue => "Application Load Balancer, multi-value headers on",
        Kind::RestApi => "REST API",
        Kind::VpcLatticeV1 => "VPC Lattice, event structure version 1",
        Kind::VpcLatticeV2 => "VPC Lattice, event structure version 2",
        Kind::WebSocketApi => "WebSocket API",
        _ => "",
    }
}

pub(super) fn kind_in_file<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

pub(super) fn some_kind_in_file<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Kind>, D::Error> {
    kind_in_file(deserializer).map(Some)
}

pub(super) fn throttle_in_file<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Said<Throttle>>, D::Error> {
    let Said { value, span } = Said::<String>::deserialize(deserializer)?;
    value.parse().map(|value| Some(Said { value, span })).map_err(D::Error::custom)
}

pub(super) fn pairs_in_file<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Said<Pair>>, D::Error> {
    let table = BTreeMap::<String, Said<String>>::deserialize(deserializer)?;
    let pair = |(name, Said { value, span })| Said { value: Pair { name, value }, span };
    Ok(table.into_iter().map(pair).collect())
}

pub(super) fn pairs_to_file<S: Serializer>(pairs: &[Said<Pair>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|Said { value, .. }| (&value.name, &value.value)))
}

pub(super) fn command_in_file<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<OsString>, D::Error> {
    Ok(Vec::<String>::deserialize(deserializer)?.into_iter().map(OsString::from).collect())
}

/// Settings of which no flag is given: so TOML has the defaults of the flags.
pub(super) fn defaults<T: Args>() -> T {
    let command = T::augment_args(clap::Command::new("sippycup").no_binary_name(true));
    let parsed = command.try_get_matches_from(std::iter::empty::<&str>());
    match parsed.and_then(|matches| T::from_arg_matches(&matches)) {
        Ok(settings) => settings,
        Err(error) => error.exit(),
    }
}
