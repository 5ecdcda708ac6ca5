//! `--tls`: the certificate that front doors have, given or made.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use sippycup_gateway::{BoxError, ConfigError, Tls};

use crate::error::UsageError;
use crate::plan::{Plan, TlsPlan};
use crate::private;
use crate::token;

/// A certificate, and what users are told of it.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    pub(crate) tls: Tls,
    /// Where clients find it to trust it.
    path: Option<PathBuf>,
    asks_clients: bool,
}

impl Certificate {
    /// The one that the plan asks for.
    pub(crate) fn of(plan: &Plan) -> Result<Option<Self>, BoxError> {
        let made = match plan.tls.as_ref().map(|said| &said.value) {
            None => return Ok(None),
            Some(TlsPlan::Files { certificate, key }) => Self::read(certificate, key)?,
            Some(TlsPlan::SelfSigned) => Self::kept(&plan.names())?,
        };
        Ok(Some(match &plan.tls_client_ca {
            Some(said) => made.asking_clients(&said.value)?,
            None => made,
        }))
    }

    /// The same, with a certificate of every client that one of these has signed.
    fn asking_clients(self, path: &Path) -> Result<Self, UsageError> {
        let wrong = |error: &dyn std::fmt::Display| {
            UsageError::new(format!("--tls-client-ca: cannot use {}: {error}", path.display()))
        };
        let roots = fs::read(path).map_err(|error| wrong(&error))?;
        let tls = self.tls.client_ca(&roots).map_err(|error| wrong(&error))?;
        Ok(Self { tls, asks_clients: true, ..self })
    }

    fn read(certificate: &Path, key: &Path) -> Result<Self, UsageError> {
        let read = |path: &Path| {
            fs::read(path).map_err(|error| UsageError::new(format!("--tls: cannot read {}: {error}", path.display())))
        };
        let tls = Tls::from_pem(&read(certificate)?, &read(key)?).map_err(|error| {
            UsageError::new(format!("--tls: {} with {}: {error}", certificate.display(), key.display()))
        })?;
        Ok(Self { tls, path: Some(certificate.to_owned()), asks_clients: false })
    }

    /// One that signs itself. It is kept beside the key of tokens, so that who trusts it once goes on to do so; each set of names has its own. It is made anew after a year.
    fn kept(names: &[String]) -> Result<Self, BoxError> {
        let Ok(folder) = token::folder() else {
            return Ok(Self { tls: Tls::self_signed(names)?, path: None, asks_clients: false });
        };
        let (certificate, key) = (folder.join(file(names, "crt")), folder.join(file(names, "key")));
        let is_fresh = fs::metadata(&certificate)
            .and_then(|found| found.modified())
            .is_ok_and(|made| made.elapsed().is_ok_and(|age| age < YEAR));
        if is_fresh
            && let (Ok(chain), Ok(key)) = (fs::read(&certificate), fs::read(&key))
            && let Ok(tls) = Tls::from_pem(&chain, &key)
        {
            return Ok(Self { tls, path: Some(certificate), asks_clients: false });
        }
        let made = Tls::generate(names).map_err(|error: ConfigError| UsageError::new(format!("--tls: {error}")))?;
        let tls = Tls::from_pem(made.0.as_bytes(), made.1.as_bytes())?;
        // Without a place for it, it lives as long as this command does.
        let written =
            fs::create_dir_all(&folder).and_then(|()| write(&key, &made.1)).and_then(|()| write(&certificate, &made.0));
        Ok(Self { tls, path: written.is_ok().then_some(certificate), asks_clients: false })
    }

    /// What is said at the start.
    pub(crate) fn lines(&self) -> Vec<String> {
        let trust = match &self.path {
            Some(path) => format!("clients trust it with `curl --cacert {}`", path.display()),
            None => "it is kept in no file: `curl --insecure`".to_owned(),
        };
        let mut lines =
            vec![format!("{:>9}: SHA-256 {}", "tls", self.tls.fingerprint()), format!("{:>9}  {trust}", "")];
        if self.asks_clients {
            lines.push(format!("{:>9}  clients show a certificate: `curl --cert client.pem --key client.key`", ""));
        }
        lines
    }

    /// What `--describe` says.
    pub(crate) fn described(&self) -> Value {
        json!({ "fingerprint": self.tls.fingerprint(), "certificate": self.path })
    }
}

/// The file of a set of names.
fn file(names: &[String], extension: &str) -> String {
    // FNV-1a, which is the same in every build.
    let hash = names
        .iter()
        .flat_map(|name| name.bytes().chain([0]))
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("tls-{hash:016x}.{extension}")
}

/// Writes a file that only this user reads, at once.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let beside = path.with_extension(format!("{}.part", std::process::id()));
    let mut options = private::options();
    options.create_new(true);
    let mut file = match options.open(&beside) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fs::remove_file(&beside)?;
            options.open(&beside)?
        }
        opened => opened?,
    };
    file.write_all(text.as_bytes())?;
    fs::rename(&beside, path).inspect_err(|_| drop(fs::remove_file(&beside)))
}

const YEAR: Duration = Duration::from_secs(365 * 86_400);
