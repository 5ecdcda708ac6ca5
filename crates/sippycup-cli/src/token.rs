//! `token`: tokens that gateways of this user on this machine trust, and nobody else does.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use serde_json::{Map, Value};
use sippycup_gateway::{BoxError, DevelopmentKey};

use crate::error::UsageError;
use crate::plan::Object;
use crate::private;
use crate::terminal;

/// Print a token that only your gateways on this machine trust
///
/// JWT and Cognito authorizers of `sippycup serve` take it, signed with a key of your own on this machine. A claim `iss`, `aud` or `token_use` that you do not give counts as what the
/// authorizer expects.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Claims, as a JSON object
    #[arg(long, value_name = "JSON", default_value = r#"{"sub":"user"}"#)]
    claims: Object,

    /// One of its scopes; repeatable
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,

    /// How long it is good, unless the claims have `exp`
    #[arg(long, value_name = "SECONDS", default_value = "3600")]
    expires: u32,
}

pub(crate) fn print(arguments: Arguments) -> Result<ExitCode, BoxError> {
    let Object(mut claims) = arguments.claims;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut say = |name: &str, value: Value| {
        claims.entry(name.to_owned()).or_insert(value);
    };
    say("iat", now.into());
    say("exp", (now + u64::from(arguments.expires)).into());
    add_scopes(&mut claims, &arguments.scopes)?;
    terminal::print(&development_key()?.sign(&claims))?;
    Ok(ExitCode::SUCCESS)
}

fn add_scopes(claims: &mut Map<String, Value>, scopes: &[String]) -> Result<(), UsageError> {
    if scopes.is_empty() {
        return Ok(());
    }
    match claims.insert("scope".to_owned(), scopes.join(" ").into()) {
        None => Ok(()),
        Some(_) => Err(UsageError::new("--scope: the claims have a `scope` already")),
    }
}

/// The key of this user, which is made when it is first asked for.
pub(crate) fn development_key() -> Result<DevelopmentKey, BoxError> {
    let path = place()?;
    let secret =
        secret(&path).map_err(|error| format!("cannot read or write the key of tokens {}: {error}", path.display()))?;
    Ok(DevelopmentKey::new(secret))
}

/// Where this user's keys are.
pub(crate) fn folder() -> Result<PathBuf, BoxError> {
    Ok(place()?.parent().unwrap_or(Path::new("")).to_owned())
}

fn place() -> Result<PathBuf, BoxError> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(path) = variable("SIPPYCUP_TOKEN_KEY") {
        return Ok(path);
    }
    let data = variable("XDG_DATA_HOME")
        .or_else(|| variable("LOCALAPPDATA"))
        .or_else(|| variable("HOME").map(|home| home.join(".local/share")));
    let data =
        data.ok_or("there is no home directory for the key of tokens: say where it is with SIPPYCUP_TOKEN_KEY")?;
    Ok(data.join("sippycup/token.key"))
}

fn secret(path: &Path) -> io::Result<[u8; 32]> {
    match fs::read(path) {
        Ok(secret) => return whole(&secret),
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Err(_) => {}
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })?;
    let made = DevelopmentKey::random().map_err(io::Error::other)?;
    // Whoever else makes one at the same time must not see half of it, and all must have the same.
    let beside = path.with_extension(format!("{}.part", std::process::id()));
    private::options().create(true).truncate(true).open(&beside)?.write_all(&made)?;
    let linked = fs::hard_link(&beside, path);
    fs::remove_file(&beside)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => whole(&fs::read(path)?),
    }
}

fn whole(secret: &[u8]) -> io::Result<[u8; 32]> {
    secret.try_into().map_err(|_| io::Error::new(ErrorKind::InvalidData, "expected 32 bytes"))
}

const EXAMPLES: &str = "\
Examples:
  curl -H \"Authorization: Bearer $(sippycup token)\" http://127.0.0.1:9000/items
  sippycup token --claims '{\"sub\":\"42\",\"cognito:groups\":[\"admin\"]}' --scope items/read";
