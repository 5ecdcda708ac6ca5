//! `--config`: several gateways, domains and functions in one TOML file. The schema is in the crate documentation.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};
use toml::Spanned;

use super::arguments::Flags;
use super::{UsageError, watch};
use crate::function::find_program;
use crate::{Authorizer, ConfigError, Domain, Function, Gateway, GatewayBuilder, Kind};

/// What to serve: functions, and gateways that name them by index.
pub(super) struct Plan {
    pub(super) functions: Vec<FunctionPlan>,
    pub(super) events: Option<PathBuf>,
    gateways: Vec<(SocketAddr, GatewayBuilder, usize)>,
}

pub(super) struct FunctionPlan {
    pub(super) name: String,
    pub(super) command: Vec<OsString>,
    pub(super) attach: Option<SocketAddr>,
    pub(super) directory: Option<PathBuf>,
    pub(super) environment: Vec<(String, String)>,
    pub(super) concurrency: usize,
    pub(super) timeout: Duration,
    pub(super) memory: u32,
    pub(super) snap_start: bool,
    pub(super) watch: watch::Plan,
}

impl FunctionPlan {
    pub(super) fn of_flags(flags: &Flags) -> Self {
        Self {
            name: flags.name.clone(),
            command: flags.command.clone(),
            attach: flags.attach,
            directory: None,
            environment: flags.environment.clone(),
            concurrency: flags.concurrency,
            timeout: flags.timeout,
            memory: flags.memory,
            snap_start: flags.snap_start,
            watch: watch::Plan { paths: flags.watch.clone(), build: flags.build.clone(), except: None },
        }
    }

    /// What can be known to fail before anything is started.
    pub(super) fn check(&self) -> Result<(), UsageError> {
        for path in &self.watch.paths {
            path.canonicalize().map_err(|error| UsageError::new(format!("--watch: {}: {error}", path.display())))?;
        }
        match self.command.first() {
            Some(program) => find_program(program.as_ref(), self.directory.as_deref())
                .map_err(|error| UsageError::new(format!("cannot start the function: {error}"))),
            None => Ok(()),
        }
    }
}

impl Plan {
    pub(super) fn of_flags(flags: &Flags) -> Result<Self, UsageError> {
        Ok(Self {
            functions: vec![FunctionPlan::of_flags(flags)],
            events: flags.events.clone(),
            gateways: vec![(flags.listen, flags.gateway()?, 0)],
        })
    }

    pub(super) fn read(path: &Path, flags: &Flags) -> Result<Self, UsageError> {
        let wrong = |message: String| UsageError::new(format!("{}: {message}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let file: File = toml::from_str(&text).map_err(|error| wrong(error.to_string().trim_end().to_owned()))?;
        let mut plan = file.plan(&text).map_err(|error| wrong(error.message))?;
        plan.events = flags.events.clone().or(plan.events);
        // Paths in the file are meant from the file.
        let root = path.parent().unwrap_or(Path::new(""));
        for function in &mut plan.functions {
            function.directory =
                Some(root.join(function.directory.take().unwrap_or_default())).filter(|d| !d.as_os_str().is_empty());
            for watched in &mut function.watch.paths {
                *watched = root.join(&watched);
            }
        }
        Ok(plan)
    }

    /// Each address once, in order of appearance.
    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        let mut addresses = Vec::new();
        for (address, ..) in &self.gateways {
            if !addresses.contains(address) {
                addresses.push(*address);
            }
        }
        addresses
    }

    /// The gateways of each of [`addresses`](Self::addresses), with their functions.
    pub(super) fn gateways_per_address(&self, functions: &[Function]) -> Vec<Vec<(GatewayBuilder, Function)>> {
        let behind = |wanted: SocketAddr| {
            let on = self.gateways.iter().filter(move |(address, ..)| *address == wanted);
            on.filter_map(|(_, builder, function)| Some((builder.clone(), functions.get(*function)?.clone()))).collect()
        };
        self.addresses().into_iter().map(behind).collect()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    listen: Option<SocketAddr>,
    events: Option<PathBuf>,
    #[serde(rename = "function")]
    functions: Spanned<Vec<FunctionTable>>,
    #[serde(rename = "gateway")]
    gateways: Spanned<Vec<Spanned<GatewayTable>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct FunctionTable {
    name: Spanned<String>,
    command: Option<Vec<String>>,
    attach: Option<SocketAddr>,
    directory: Option<PathBuf>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    concurrency: Option<usize>,
    timeout: Option<f64>,
    memory: Option<u32>,
    #[serde(default)]
    snap_start: bool,
    #[serde(default)]
    watch: Vec<PathBuf>,
    build: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct GatewayTable {
    kind: Spanned<String>,
    function: Spanned<String>,
    listen: Option<SocketAddr>,
    stage: Option<Spanned<String>>,
    #[serde(default)]
    variables: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    routes: Vec<Spanned<String>>,
    #[serde(default)]
    domains: Vec<Spanned<DomainTable>>,
    #[serde(default)]
    binary: Vec<String>,
    claims: Option<Map<String, Value>>,
    scopes: Option<Vec<String>>,
    lambda_authorizer: Option<Map<String, Value>>,
    source_ip: Option<IpAddr>,
    api_id: Option<String>,
    #[serde(default)]
    stream: bool,
    timeout: Option<Spanned<f64>>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct DomainTable {
    name: String,
    #[serde(default)]
    mappings: Vec<String>,
    #[serde(default)]
    mappings_without_stage: Vec<String>,
}

impl File {
    fn plan(self, text: &str) -> Result<Plan, UsageError> {
        let listen = self.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 9000)));
        let mut functions: Vec<FunctionPlan> = Vec::new();
        for table in self.functions.into_inner() {
            let at = at(text, table.name.span(), "name");
            if functions.iter().any(|f| f.name == *table.name.get_ref()) {
                return Err(at(&format!("there is a function `{}` already", table.name.get_ref())));
            }
            functions.push(table.plan().map_err(at)?);
        }
        if self.gateways.get_ref().is_empty() {
            return Err(at(text, self.gateways.span(), "gateway")("expected at least one"));
        }
        let mut gateways = Vec::new();
        for table in self.gateways.into_inner() {
            let span = table.span();
            let table = table.into_inner();
            let named = table.function.get_ref();
            let function = functions.iter().position(|f| f.name == *named).ok_or_else(|| {
                at(text, table.function.span(), "function")(&format!("there is no function `{named}`"))
            })?;
            let address = table.listen.unwrap_or(listen);
            gateways.push((address, table.builder(text, span)?, function));
        }
        Ok(Plan { functions, events: self.events, gateways })
    }
}

impl FunctionTable {
    fn plan(self) -> Result<FunctionPlan, &'static str> {
        let command: Vec<OsString> = self.command.unwrap_or_default().into_iter().map(OsString::from).collect();
        if command.is_empty() == self.attach.is_none() {
            return Err("the function needs either a command or an address to attach to");
        }
        if self.concurrency == Some(0) {
            return Err("the concurrency of the function must be at least 1");
        }
        let timeout = Duration::try_from_secs_f64(self.timeout.unwrap_or(30.0)).ok().filter(|t| !t.is_zero());
        Ok(FunctionPlan {
            name: self.name.into_inner(),
            command,
            attach: self.attach,
            directory: self.directory,
            environment: self.env.into_iter().collect(),
            concurrency: self.concurrency.unwrap_or(10),
            timeout: timeout.ok_or("the timeout of the function must be a positive number of seconds")?,
            memory: self.memory.unwrap_or(128),
            snap_start: self.snap_start,
            watch: watch::Plan { paths: self.watch, build: self.build, except: None },
        })
    }
}

impl GatewayTable {
    /// Tries each setting alone, so that an error has the line of its key.
    fn builder(self, text: &str, span: Range<usize>) -> Result<GatewayBuilder, UsageError> {
        let kind: Kind =
            self.kind.get_ref().parse().map_err(|e: ConfigError| at(text, self.kind.span(), "kind")(&e.to_string()))?;
        let alone = |builder: GatewayBuilder, span: Range<usize>, key: &str| match builder.build(()) {
            Ok(_) => Ok(()),
            Err(error) => Err(at(text, span, key)(&error.to_string())),
        };
        let mut builder = Gateway::builder(kind).response_streaming(self.stream);
        if let Some(stage) = self.stage {
            alone(Gateway::builder(kind).stage(stage.get_ref()), stage.span(), "stage")?;
            builder = builder.stage(stage.into_inner());
        }
        for (name, value) in self.variables {
            alone(Gateway::builder(kind).stage_variable(&name, value.get_ref()), value.span(), "variables")?;
            builder = builder.stage_variable(name, value.into_inner());
        }
        for route in self.routes {
            alone(Gateway::builder(kind).route(route.get_ref()), route.span(), "routes")?;
            builder = builder.route(route.get_ref());
        }
        for table in self.domains {
            let domain = table.get_ref().domain();
            alone(Gateway::builder(kind).domain(domain.clone()), table.span(), "domains")?;
            builder = builder.domain(domain);
        }
        for media_type in self.binary {
            builder = builder.binary_media_type(media_type);
        }
        if let Some(claims) = self.claims {
            builder = builder.authorizer(Authorizer::jwt(claims, self.scopes));
        }
        if let Some(mut context) = self.lambda_authorizer {
            let principal = context.remove("principalId").and_then(|p| p.as_str().map(str::to_owned));
            builder = builder.authorizer(Authorizer::lambda(principal.unwrap_or_else(|| "user".to_owned()), context));
        }
        if let Some(source_ip) = self.source_ip {
            builder = builder.source_ip(source_ip);
        }
        if let Some(api_id) = self.api_id {
            builder = builder.api_id(api_id);
        }
        if let Some(timeout) = self.timeout {
            let duration = Duration::try_from_secs_f64(*timeout.get_ref()).ok().filter(|t| !t.is_zero());
            let duration =
                duration.ok_or_else(|| at(text, timeout.span(), "timeout")("expected a positive number of seconds"))?;
            builder = builder.timeout(duration);
        }
        alone(builder.clone(), span, "gateway")?;
        Ok(builder)
    }
}

impl DomainTable {
    fn domain(&self) -> Domain {
        let domain = self.mappings.iter().fold(Domain::new(&self.name), |domain, path| domain.mapping(path));
        self.mappings_without_stage.iter().fold(domain, |domain, path| domain.mapping_without_stage(path))
    }
}

/// An error at the line of a key.
fn at<'a>(text: &'a str, span: Range<usize>, key: &'a str) -> impl Fn(&str) -> UsageError + use<'a> {
    let line = text.bytes().take(span.start).filter(|b| *b == b'\n').count() + 1;
    move |message| UsageError::new(format!("line {line}, `{key}`: {message}"))
}
