//! `doctor`: what of a project will fail on AWS.

mod finding;
mod package;
mod plain;
mod resources;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use sippycup_gateway::BoxError;

use crate::template;
use crate::terminal::print;
use package::Package;

/// Look at a project and say what will fail on AWS
///
/// Reads Cargo.toml, the sources and the template, builds nothing and needs no network. Ends with 1 if something is wrong, with 0 if there is only advice.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Directory of the package
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,

    /// The template [default: template.yaml, template.yml or template.json of the directory]
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
}

pub(crate) fn look(arguments: &Arguments) -> Result<ExitCode, BoxError> {
    let package = Package::read(&arguments.directory)?;
    let mut findings = package.findings();
    let mut looked = vec![arguments.directory.join("Cargo.toml").display().to_string()];
    if let Some(path) = arguments.template.clone().or_else(|| template_of(&arguments.directory)) {
        findings.extend(resources::findings(&template::as_json(&path)?, &package));
        looked.push(path.display().to_string());
    }
    for finding in &findings {
        print(&finding.to_string())?;
    }
    let wrong = findings.iter().filter(|finding| finding.is_wrong).count();
    print(&format!("{}: {wrong} wrong, {} to think about", looked.join(", "), findings.len().saturating_sub(wrong)))?;
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn template_of(directory: &Path) -> Option<PathBuf> {
    ["template.yaml", "template.yml", "template.json"]
        .into_iter()
        .map(|name| directory.join(name))
        .find(|path| path.is_file())
}

const EXAMPLES: &str = "\
Examples:
  sippycup doctor
  sippycup doctor services/shop --template infra/api.yaml";
