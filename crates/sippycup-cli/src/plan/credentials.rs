//! Access keys that requests may be signed with: from flags, a file, or a profile that somebody names.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sippycup_gateway::{Gateway, IamAuthorizer, IamCredentials};

use super::authorizer::{AuthorizerPlan, Sort};
use super::gateway::{Attempt, GatewayPlan};
use super::values::{Said, Wrong};

/// One of `credentials = [{ … }]`, or what flags say of one.
#[derive(Clone, Default, Deserialize, Eq, PartialEq)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CredentialsTable {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    pub(super) principal: Option<String>,
}

impl CredentialsTable {
    /// `ID=SECRET`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((id, secret)) if !id.is_empty() && !secret.is_empty() => {
                Ok(Self { access_key_id: id.to_owned(), secret_access_key: secret.to_owned(), ..Self::default() })
            }
            _ => Err("expected an access key id and its secret, `ID=SECRET`".to_owned()),
        }
    }

    /// A profile of AWS's own file (`~/.aws/credentials`).
    pub(super) fn of_profile(name: &str) -> Result<Self, String> {
        let path = match (std::env::var_os("AWS_SHARED_CREDENTIALS_FILE"), std::env::home_dir()) {
            (Some(path), _) => PathBuf::from(path),
            (None, Some(home)) => home.join(".aws/credentials"),
            (None, None) => return Err("there is no home directory: the variable HOME is not set".to_owned()),
        };
        let text =
            std::fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        Self::of_file(&text, name, &path)
    }

    fn of_file(text: &str, name: &str, path: &Path) -> Result<Self, String> {
        let mut table = Self::default();
        let mut is_meant = false;
        for line in text.lines().map(str::trim) {
            if let Some(section) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                is_meant = section.trim() == name;
            } else if let (true, Some((key, value))) = (is_meant, line.split_once('=')) {
                let value = value.trim().to_owned();
                match key.trim() {
                    "aws_access_key_id" => table.access_key_id = value,
                    "aws_secret_access_key" => table.secret_access_key = value,
                    "aws_session_token" => table.session_token = Some(value),
                    _ => {}
                }
            }
        }
        if table.access_key_id.is_empty() || table.secret_access_key.is_empty() {
            return Err(format!("{} has no keys of a profile `{name}`", path.display()));
        }
        Ok(table)
    }

    pub(super) fn credentials(&self) -> IamCredentials {
        let mut credentials = IamCredentials::new(&self.access_key_id, &self.secret_access_key);
        if let Some(token) = &self.session_token {
            credentials = credentials.session_token(token);
        }
        match &self.principal {
            Some(arn) => credentials.principal(arn),
            None => credentials,
        }
    }
}

/// Those who may sign, if there is anybody.
pub(super) fn signers(credentials: &[CredentialsTable]) -> Option<IamAuthorizer> {
    let mut all = credentials.iter().map(CredentialsTable::credentials);
    let first = IamAuthorizer::new(all.next()?);
    Some(all.fold(first, IamAuthorizer::and))
}

impl GatewayPlan {
    /// The keys for `/@connections` that flags name.
    pub(crate) fn connection_keys(&self) -> Result<Vec<CredentialsTable>, Wrong> {
        match (&self.sign_connections, self.iam()?) {
            (Some(Said { value: true, .. }), Some(plan)) => Ok(plan.credentials),
            (Some(said @ Said { value: true, .. }), None) => {
                Err(said.wrong("--sign-connections", "there are no keys; --iam-key or --iam-profile gives them"))
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Those who may call `/@connections`, if that is said.
    pub(super) fn signed_connections(&self, attempt: &mut Attempt) -> Result<(), Wrong> {
        let (said, flag) = match &self.connection_credentials {
            // Without keys everybody could call, and whoever writes it expects that nobody can.
            Some(said) if said.value.is_empty() => {
                return Err(said.wrong("", "expected keys, with which calls of `/@connections` are signed"));
            }
            Some(said) => (said.clone(), ""),
            None => (Said::from(self.connection_keys()?), "--sign-connections"),
        };
        let Some(signers) = signers(&said.value) else { return Ok(()) };
        attempt.set(self.kind, |b| b.sign_connections(signers.clone())).map_err(|error| said.wrong(flag, error))
    }

    /// The authorizer that checks signatures, if flags name keys.
    pub(crate) fn iam(&self) -> Result<Option<AuthorizerPlan>, Wrong> {
        let mut credentials = Vec::new();
        for said in &self.iam_keys {
            credentials.push(CredentialsTable::parse(&said.value).map_err(|error| said.wrong("--iam-key", error))?);
        }
        if let Some(said) = &self.iam_profile {
            let read = CredentialsTable::of_profile(&said.value);
            credentials.push(read.map_err(|error| said.wrong("--iam-profile", error))?);
        }
        for table in &mut credentials {
            table.principal = self.iam_principal.as_ref().map(|said| said.value.clone());
        }
        let plan = AuthorizerPlan { sort: Sort::Iam, credentials, ..AuthorizerPlan::default() };
        Ok(Some(plan).filter(|plan| !plan.credentials.is_empty()))
    }

    /// The principal of requests that pass without a signature.
    pub(super) fn injected_signer(&self, attempt: &mut Attempt) -> Result<(), Wrong> {
        let Some(said) = self.iam_principal.as_ref().filter(|_| self.iam_keys.is_empty() && self.iam_profile.is_none())
        else {
            return Ok(());
        };
        let wrong = |error: &dyn fmt::Display| said.wrong("--iam-principal", error);
        if self.claims.is_some() || self.lambda_authorizer.is_some() || self.authorizer.is_some() {
            return Err(wrong(&"there is another authorizer already, and a route has one"));
        }
        let signer = IamCredentials::new("AKIALOCAL", "unused").principal(&said.value);
        let checked = Gateway::builder(self.kind).guard(IamAuthorizer::new(signer.clone())).build(());
        checked.map_err(|error| wrong(&error))?;
        attempt.set(self.kind, |b| b.authorizer(signer.authorizer())).map_err(|error| wrong(&error))
    }
}

/// Without its secrets.
impl fmt::Debug for CredentialsTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialsTable").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_found_by_its_name_and_no_other_is_taken() {
        let text = "[default]\naws_access_key_id = AKIA1\n\n# comment\n[ work ]\naws_access_key_id=AKIA2\r\naws_secret_access_key = a=b/c \naws_session_token = t\nregion = x\n[other]\naws_secret_access_key = wrong\n";
        let read = |name| CredentialsTable::of_file(text, name, Path::new("credentials"));
        let work = read("work").unwrap();
        assert_eq!(
            (&*work.access_key_id, &*work.secret_access_key, work.session_token.as_deref()),
            ("AKIA2", "a=b/c", Some("t"))
        );
        for name in ["default", "other", "nobody"] {
            assert_eq!(read(name).unwrap_err(), format!("credentials has no keys of a profile `{name}`"));
        }
    }
}
