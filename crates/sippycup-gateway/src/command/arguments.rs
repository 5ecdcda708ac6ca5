//! Flags and subcommands.

use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use lexopt::{Arg, Parser, ValueExt};
use serde_json::{Map, Value};

use super::UsageError;
use super::help::HELP;
use super::terminal::Color;
use crate::shorthand::Mapped;
use crate::{Authorizer, Gateway, GatewayBuilder, Kind};

pub(super) enum Task {
    Event(Box<Flags>),
    Invoke(Box<Flags>),
    Print(String),
    Replay(Box<Flags>),
    Serve(Box<Flags>),
}

/// Everything that can be said on the command line.
pub(super) struct Flags {
    pub(super) kind: Kind,
    stage: Option<String>,
    variables: Vec<(String, String)>,
    routes: Vec<String>,
    domain: Option<String>,
    base_paths: Vec<String>,
    stage_in_path: bool,
    binary: Vec<String>,
    authorizer: Option<Authorizer>,
    source_ip: Option<IpAddr>,
    stream: bool,
    gateway_timeout: Option<Duration>,
    pub(super) listen: SocketAddr,
    pub(super) concurrency: usize,
    pub(super) timeout: Duration,
    pub(super) memory: u32,
    pub(super) name: String,
    pub(super) environment: Vec<(String, String)>,
    pub(super) snap_start: bool,
    pub(super) watch: Vec<PathBuf>,
    pub(super) build: Option<String>,
    pub(super) attach: Option<SocketAddr>,
    pub(super) config: Option<PathBuf>,
    pub(super) events: Option<PathBuf>,
    pub(super) color: Color,
    pub(super) headers: Vec<(String, String)>,
    pub(super) data: Option<OsString>,
    /// What stands before `--`: the request line, the event file, the directory.
    pub(super) subject: Option<OsString>,
    pub(super) command: Vec<OsString>,
}

pub(super) fn parse(mut parser: Parser) -> Result<Task, UsageError> {
    let mut flags = Flags::default();
    let mut subcommand = None;
    let mut first = true;
    // `--` ends the flags; lexopt would go on to give the rest as values one by one.
    loop {
        if let Some(mut raw) = parser.try_raw_args()
            && raw.peek().is_some_and(|arg| arg == "--")
        {
            raw.next();
            flags.command = raw.collect();
            break;
        }
        let Some(arg) = parser.next()? else { break };
        match arg {
            Arg::Value(value) if first && ["event", "invoke", "replay"].iter().any(|s| value == *s) => {
                subcommand = Some(value)
            }
            Arg::Value(value) if subcommand.is_some() && flags.subject.is_none() => flags.subject = Some(value),
            Arg::Short('h') | Arg::Long("help") => return Ok(Task::Print(HELP.to_owned())),
            Arg::Short('V') | Arg::Long("version") => {
                return Ok(Task::Print(concat!("sippycup-gateway ", env!("CARGO_PKG_VERSION")).to_owned()));
            }
            Arg::Value(value) => {
                return Err(UsageError::new(format!(
                    "`{}` is no flag; the function's command stands behind `--`",
                    value.display()
                )));
            }
            Arg::Short(_) | Arg::Long(_) => {
                let flag = match arg {
                    Arg::Short(c) => format!("-{c}"),
                    Arg::Long(name) => format!("--{name}"),
                    Arg::Value(_) => String::new(),
                };
                flags.set(&flag, &mut parser).map_err(|error| {
                    if error.message.starts_with('`') { error } else { UsageError::new(format!("{flag}: {error}")) }
                })?;
            }
        }
        first = false;
    }
    flags.check(subcommand.as_deref())
}

impl Default for Flags {
    fn default() -> Self {
        Self {
            kind: Kind::HttpApiV2,
            stage: None,
            variables: Vec::new(),
            routes: Vec::new(),
            domain: None,
            base_paths: Vec::new(),
            stage_in_path: false,
            binary: Vec::new(),
            authorizer: None,
            source_ip: None,
            stream: false,
            gateway_timeout: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 9000)),
            concurrency: 10,
            timeout: Duration::from_secs(30),
            memory: 128,
            name: "function".to_owned(),
            environment: Vec::new(),
            snap_start: false,
            watch: Vec::new(),
            build: None,
            attach: None,
            config: None,
            events: None,
            color: Color::Auto,
            headers: Vec::new(),
            data: None,
            subject: None,
            command: Vec::new(),
        }
    }
}

impl Flags {
    fn set(&mut self, flag: &str, parser: &mut Parser) -> Result<(), UsageError> {
        match flag {
            "--kind" => self.kind = text(parser)?.parse()?,
            "--stage" => self.stage = Some(text(parser)?),
            "--var" => self.variables.push(pair(&text(parser)?, '=')?),
            "--route" => self.routes.push(text(parser)?),
            "--domain" => self.domain = Some(text(parser)?),
            "--base-path" => self.base_paths.push(text(parser)?),
            "--stage-in-path" => self.stage_in_path = true,
            "--binary" => self.binary.push(text(parser)?),
            "--claims" => self.authorizer = Some(Authorizer::jwt(object(&text(parser)?)?, None)),
            "--lambda-authorizer" => {
                let mut context = object(&text(parser)?)?;
                let principal = context.remove("principalId").and_then(|p| p.as_str().map(str::to_owned));
                self.authorizer = Some(Authorizer::lambda(principal.unwrap_or_else(|| "user".to_owned()), context));
            }
            "--source-ip" => self.source_ip = Some(parsed(parser, "an IP address")?),
            "--stream" => self.stream = true,
            "--gateway-timeout" => self.gateway_timeout = Some(seconds(parser)?),
            "--listen" => self.listen = parsed(parser, "an address like 127.0.0.1:9000")?,
            "--concurrency" => self.concurrency = parsed(parser, "a number").and_then(positive)?,
            "--timeout" => self.timeout = seconds(parser)?,
            "--memory" => self.memory = parsed(parser, "a number of megabytes")?,
            "--name" => self.name = text(parser)?,
            "--env" => self.environment.push(pair(&text(parser)?, '=')?),
            "--snap-start" => self.snap_start = true,
            "--watch" => self.watch.push(parser.optional_value().map_or_else(|| PathBuf::from("."), PathBuf::from)),
            "--build" => self.build = Some(text(parser)?),
            "--attach" => {
                self.attach = Some(match parser.optional_value() {
                    Some(address) => {
                        address.parse().map_err(|_| UsageError::new("expected an address like 127.0.0.1:9001"))?
                    }
                    None => SocketAddr::from(([127, 0, 0, 1], 9001)),
                });
            }
            "--config" => self.config = Some(parser.value()?.into()),
            "--events" => self.events = Some(parser.value()?.into()),
            "--color" => self.color = text(parser)?.parse()?,
            "-H" | "--header" => self.headers.push(pair(&text(parser)?, ':')?),
            "-d" | "--data" => self.data = Some(parser.value()?),
            _ => return Err(UsageError::new(format!("`{flag}` is no flag; see --help"))),
        }
        Ok(())
    }

    fn check(self, subcommand: Option<&std::ffi::OsStr>) -> Result<Task, UsageError> {
        let wrong = |message: &str| Err(UsageError::new(message));
        let flags = Box::new(self);
        match subcommand.and_then(std::ffi::OsStr::to_str) {
            Some("event") if flags.subject.is_none() => wrong("event: expected a request line like 'GET /path'"),
            Some("event") => Ok(Task::Event(flags)),
            Some(_) if flags.subject.is_none() => wrong("expected an event file for invoke, a directory for replay"),
            Some(_) if flags.command.is_empty() => wrong("expected the function's command behind `--`"),
            Some("invoke") => Ok(Task::Invoke(flags)),
            Some(_) => Ok(Task::Replay(flags)),
            None => {
                let sources = usize::from(!flags.command.is_empty())
                    + usize::from(flags.attach.is_some())
                    + usize::from(flags.config.is_some());
                match sources {
                    0 => wrong("expected the function's command behind `--`, or --attach, or --config; see --help"),
                    1 => Ok(Task::Serve(flags)),
                    _ => wrong("a command behind `--`, --attach and --config exclude each other"),
                }
            }
        }
    }

    /// The gateway that the flags describe.
    pub(super) fn gateway(&self) -> Result<GatewayBuilder, UsageError> {
        let mut builder = Gateway::builder(self.kind).response_streaming(self.stream);
        if let Some(stage) = &self.stage {
            builder = builder.stage(stage);
        }
        for (name, value) in &self.variables {
            builder = builder.stage_variable(name, value);
        }
        for route in &self.routes {
            builder = builder.route(route);
        }
        for media_type in &self.binary {
            builder = builder.binary_media_type(media_type);
        }
        let base_paths = self.base_paths.iter().map(String::as_str).collect();
        let mapped = Mapped { domain: self.domain.as_deref(), base_paths, stage_in_path: self.stage_in_path };
        builder = mapped.apply(builder);
        if let Some(authorizer) = &self.authorizer {
            builder = builder.authorizer(authorizer.clone());
        }
        if let Some(source_ip) = self.source_ip {
            builder = builder.source_ip(source_ip);
        }
        if let Some(timeout) = self.gateway_timeout {
            builder = builder.timeout(timeout);
        }
        // Wrong settings should be found before anything is started.
        builder.clone().build(())?;
        Ok(builder)
    }
}

fn text(parser: &mut Parser) -> Result<String, UsageError> {
    parser.value()?.into_string().map_err(|_| UsageError::new("expected UTF-8"))
}

fn parsed<T: std::str::FromStr>(parser: &mut Parser, expected: &str) -> Result<T, UsageError> {
    let text = text(parser)?;
    text.parse().map_err(|_| UsageError::new(format!("expected {expected}, found `{text}`")))
}

fn positive(number: usize) -> Result<usize, UsageError> {
    if number == 0 { Err(UsageError::new("expected at least 1")) } else { Ok(number) }
}

fn seconds(parser: &mut Parser) -> Result<Duration, UsageError> {
    let seconds: f64 = parsed(parser, "a number of seconds")?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err(UsageError::new("expected a positive number of seconds")),
    }
}

fn pair(text: &str, separator: char) -> Result<(String, String), UsageError> {
    match text.split_once(separator) {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.trim().to_owned())),
        _ => Err(UsageError::new(format!("expected a name, `{separator}` and a value, found `{text}`"))),
    }
}

fn object(text: &str) -> Result<Map<String, Value>, UsageError> {
    serde_json::from_str(text).map_err(|error| UsageError::new(format!("expected a JSON object: {error}")))
}
