//! Access keys that requests may be signed with: from flags, a file, or a profile that somebody names.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sippycup_gateway::{IamAuthorizer, IamCredentials};

/// One of `credentials = [{ … }]`, or what flags say of one.
#[derive(Clone, Default, Deserialize, Eq, PartialEq)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CredentialsTable {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    pub(crate) principal: Option<String>,
}

impl CredentialsTable {
    /// `ID=SECRET`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((id, secret)) if !id.is_empty() && !secret.is_empty() => {
                Ok(Self { access_key_id: id.to_owned(), secret_access_key: secret.to_owned(), ..Self::default() })
            }
            _ => Err("expected an access key id and its secret, `ID=SECRET`".to_owned()),
        }
    }

    /// A profile of AWS's own file (`~/.aws/credentials`).
    pub(crate) fn of_profile(name: &str) -> Result<Self, String> {
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

    pub(crate) fn credentials(&self) -> IamCredentials {
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
pub(crate) fn signers(credentials: &[CredentialsTable]) -> Option<IamAuthorizer> {
    let mut all = credentials.iter().map(CredentialsTable::credentials);
    let first = IamAuthorizer::new(all.next()?);
    Some(all.fold(first, IamAuthorizer::and))
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
