//! `new`: a project that builds, is tested, is served here and can be deployed.

mod files;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use sippycup_gateway::BoxError;

use crate::error::UsageError;
use crate::terminal::print;
use files::{FILES, rendered};

/// Write a new project: an axum app, a test, a template of SAM, a deployment from GitHub
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Directory that is made; its name is the name of the package
    #[arg(value_name = "PATH")]
    path: PathBuf,

    /// The front door
    #[arg(long, value_enum, default_value = "http-api")]
    door: Door,

    /// Take the crates from a checkout instead of crates.io
    #[arg(long, value_name = "DIR")]
    sippycup: Option<PathBuf>,
}

/// A front door that a project can have.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Door {
    /// HTTP API, payload format 2.0
    HttpApi,
    /// REST API with a stage `prod`
    RestApi,
    /// Function URL
    FunctionUrl,
    /// Application Load Balancer with multi-value headers
    Alb,
    /// WebSocket API with a stage `live`
    Websocket,
}

impl Door {
    const fn as_str(self) -> &'static str {
        match self {
            Self::HttpApi => "http-api",
            Self::RestApi => "rest-api",
            Self::FunctionUrl => "function-url",
            Self::Alb => "alb",
            Self::Websocket => "websocket",
        }
    }
}

pub(crate) fn write(arguments: &Arguments) -> Result<ExitCode, BoxError> {
    let path = &arguments.path;
    let name = package_name(path)?;
    // Nothing of somebody's is written over.
    fs::create_dir(path).map_err(|error| UsageError::new(format!("PATH: cannot make {}: {error}", path.display())))?;
    for (file, text) in FILES {
        let mut text = rendered(text, name, arguments.door.as_str());
        if let ("Cargo.toml", Some(checkout)) = (*file, &arguments.sippycup) {
            text = from_checkout(&text, checkout)?;
        }
        let file = path.join(file);
        if let Some(directory) = file.parent() {
            fs::create_dir_all(directory)?;
        }
        fs::write(file, text)?;
    }
    print(&format!("{0}: cd {0} && cargo test && sippycup serve", path.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// The last part of the path, if cargo takes it for a name.
fn package_name(path: &Path) -> Result<&str, UsageError> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(is_part) {
        Ok(name)
    } else {
        Err(UsageError::new(format!(
            "PATH: expected the name of a package, a letter and then letters, digits, `-`, `_`; found `{name}`"
        )))
    }
}

/// The manifest with the crates of a checkout.
fn from_checkout(manifest: &str, checkout: &Path) -> Result<String, UsageError> {
    let crates = checkout.join("crates").canonicalize().map_err(|error| {
        UsageError::new(format!("--sippycup: {}: expected a checkout of SippyCup: {error}", checkout.display()))
    })?;
    let line = |line: &str| match line.split_once(" = { version = \"0.1\"") {
        Some((name, rest)) => format!("{name} = {{ path = {:?}{rest}", crates.join(name).display().to_string()),
        None => line.to_owned(),
    };
    Ok(manifest.lines().map(|text| line(text) + "\n").collect())
}

const EXAMPLES: &str = "\
Examples:
  sippycup new my-service
  sippycup new my-service --door rest-api";
