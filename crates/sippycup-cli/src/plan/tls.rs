//! Where the certificate of front doors comes from.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;

use crate::error::UsageError;

/// `self-signed`, or a certificate and its key.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum TlsPlan {
    SelfSigned,
    Files { certificate: PathBuf, key: PathBuf },
}

impl TlsPlan {
    /// Paths are meant from there.
    pub(super) fn rooted(&mut self, root: &Path) {
        if let Self::Files { certificate, key } = self {
            *certificate = root.join(&*certificate);
            *key = root.join(&*key);
        }
    }
}

impl FromStr for TlsPlan {
    type Err = UsageError;

    fn from_str(text: &str) -> Result<Self, UsageError> {
        match text.split_once(',') {
            None if text == SELF_SIGNED => Ok(Self::SelfSigned),
            Some((certificate, key)) if !certificate.is_empty() && !key.is_empty() => {
                Ok(Self::Files { certificate: certificate.into(), key: key.into() })
            }
            _ => Err(UsageError::new(format!(
                "expected `{SELF_SIGNED}`, or the files of a certificate and of its key like cert.pem,key.pem, found `{text}`"
            ))),
        }
    }
}

impl TryFrom<String> for TlsPlan {
    type Error = UsageError;

    fn try_from(text: String) -> Result<Self, UsageError> {
        text.parse()
    }
}

pub(super) const SELF_SIGNED: &str = "self-signed";
