//! The arguments of `serve`, and what they make of flags, a file or a template.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Arg, Args};

use crate::error::UsageError;
use crate::inspect::InspectArguments;
use crate::plan::{FunctionPlan, GatewayPlan, Listener, Plan};
use crate::template;
use crate::terminal::Output;

/// Serve a Lambda function behind a front door
///
/// Starts the function with a Runtime API of its own, writes the events that AWS would write and treats the answers as AWS would treat them. Where AWS would say only
/// "Internal server error", it says why.
#[derive(Args, Clone)]
#[command(after_help = EXAMPLES, after_long_help = manual(), mut_args = not_beside_a_file)]
pub(crate) struct Arguments {
    /// Serve what a TOML file describes: several functions and front doors
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    /// Write what is served into this file, as JSON, once everything listens: front doors with URLs and routes, functions
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(super) describe: Option<PathBuf>,

    #[command(flatten)]
    pub(super) template: template::TemplateArguments,

    #[command(flatten)]
    gateway: GatewayPlan,

    #[command(flatten)]
    function: FunctionPlan,

    #[command(flatten)]
    plan: Plan,

    #[command(flatten)]
    pub(super) inspect: InspectArguments,

    #[command(flatten)]
    pub(super) output: Output,
}

/// What to serve, wherever it is described.
pub(super) struct Wanted {
    pub(super) plan: Plan,
    pub(super) listeners: Vec<Listener>,
    /// What is told first.
    pub(super) lines: Vec<String>,
    pub(super) passed: Vec<String>,
    /// Outputs of a template, by names.
    pub(super) outputs: Vec<(String, String)>,
    /// Web Functions of a template.
    pub(super) webs: Vec<template::WebPlan>,
    /// What is read again when it changes.
    pub(super) files: Vec<PathBuf>,
}

impl Arguments {
    /// The template that is meant where nothing else is said.
    pub(crate) fn found_template(&self) -> Option<PathBuf> {
        let says_nothing = self.config.is_none() && self.template.template.is_none() && !self.has_function();
        if says_nothing { template::found() } else { None }
    }

    fn has_function(&self) -> bool {
        !self.function.command.is_empty() || self.function.attach.is_some()
    }

    pub(super) fn plan(mut self) -> Result<Wanted, UsageError> {
        self.gateway.iam()?;
        if let Some(path) = &self.template.template {
            let flags = template::Flags { plan: &self.plan, gateway: &self.gateway, function: &self.function };
            let template::Read { plan, listeners, mut lines, passed, outputs, webs, files } =
                self.template.read(path, &flags)?;
            lines.insert(0, format!("serving {}", path.display()));
            let files = if self.function.watch.is_empty() { Vec::new() } else { files };
            return Ok(Wanted { plan, listeners, lines, passed, outputs, webs, files });
        }
        if self.template.is_about_template() {
            return Err(UsageError::new(
                "--parameter, --run and --env-vars are about a template: name it with --template",
            ));
        }
        let (mut lines, passed, outputs) = (Vec::new(), Vec::new(), Vec::new());
        let (webs, files) = (Vec::new(), Vec::new());
        if let Some(path) = &self.config {
            let (plan, listeners) = Plan::read(path, &self.plan)?;
            return Ok(Wanted { plan, listeners, lines, passed, outputs, webs, files });
        }
        if !self.has_function() {
            if !Path::new("Cargo.toml").is_file() {
                return Err(UsageError::new(
                    "expected the function's command behind `--`, or --attach, or --config, or --template, or a template or a cargo \
                     package here; see `sippycup serve --help`",
                ));
            }
            self.function.command = ["cargo", "run"].map(OsString::from).into();
            lines.push("serving the cargo package here, with `cargo run`".to_owned());
        }
        let plan = self.plan.of_flags(self.gateway, self.function);
        let listeners = plan.listeners()?;
        Ok(Wanted { plan, listeners, lines, passed, outputs, webs, files })
    }
}

/// A file has settings of its own: those of flags would be lost.
fn not_beside_a_file(arg: Arg) -> Arg {
    let of_one = [Some("Front door"), Some("Function")].contains(&arg.get_help_heading());
    let id = arg.get_id().as_str();
    let beside = |allowed: &[&str]| id != "command" && (!of_one || allowed.contains(&id));
    let (beside_config, beside_template) =
        (beside(&["allow_host", "listen", "tls", "tls_client_ca"]), beside(BESIDE_A_TEMPLATE));
    let arg = if beside_config { arg } else { arg.conflicts_with("config") };
    if beside_template { arg } else { arg.conflicts_with("template") }
}

/// What a template does not say itself.
const BESIDE_A_TEMPLATE: &[&str] = &[
    "allow_host",
    "api_keys",
    "claims",
    "concurrency",
    "extension",
    "freeze",
    "https",
    "iam_keys",
    "iam_principal",
    "iam_profile",
    "jwks",
    "lambda_authorizer",
    "listen",
    "sign_connections",
    "source_ip",
    "tenant",
    "throttle",
    "tls",
    "tls_client_ca",
    "watch",
    "watch-ignore",
];

/// What `--help` has at its end, and `-h` has not.
fn manual() -> String {
    let example = include_str!("../plan/example.toml");
    format!("{EXAMPLES}\n\nA file for --config, with every key; relative paths start in its directory:\n\n{example}")
}

const EXAMPLES: &str = "\
Examples:
  sippycup serve -- cargo run -p axum-hello
  sippycup serve --kind rest --stage prod --base-path shop --watch -- cargo run
  sippycup serve --kind url --stream -- target/debug/chat
  sippycup serve --events events -- python3 -m awslambdaric app.handler
  sippycup serve --attach
  sippycup serve --config sippycup.toml
  sippycup serve --template template.yaml --parameter Stage=dev --run Worker='python3 -m awslambdaric app.handler'";
