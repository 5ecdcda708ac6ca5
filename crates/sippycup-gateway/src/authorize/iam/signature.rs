//! What a request says about its signature, in `Authorization` or in the query.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use ring::digest::{SHA256, digest};

use super::super::asked::{Denied, Why};
use super::time;
use crate::request::Call;
use crate::stamp::basic_time;

#[derive(Debug)]
pub(super) struct Signature {
    pub(super) access_key_id: String,
    pub(super) scope: Scope,
    /// As they are named, with semicolons between.
    pub(super) signed_headers: String,
    pub(super) signature: String,
    pub(super) session_token: Option<String>,
    /// Whether the query has it.
    pub(super) is_presigned: bool,
    date: String,
    /// Seconds that a query is good for.
    expires: Option<u64>,
}

/// `20150830/us-east-1/execute-api/aws4_request`.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) date: String,
    pub(super) region: String,
    pub(super) service: String,
    pub(super) terminator: String,
}

impl Signature {
    pub(super) fn read(call: &Call<'_>) -> Result<Self, Denied> {
        if let Some(header) = call.parts.headers.get(AUTHORIZATION) {
            return Self::of_header(call, &String::from_utf8_lossy(header.as_bytes()));
        }
        if QUERY.iter().any(|name| call.query_value(name).is_some()) {
            return Self::of_query(call);
        }
        Err(Denied::new(Why::Unsigned, "the request has no signature"))
    }

    fn of_header(call: &Call<'_>, header: &str) -> Result<Self, Denied> {
        let (algorithm, rest) = header.split_once(' ').unwrap_or((header, ""));
        let pairs = rest.split(',').map(str::trim).filter(|pair| !pair.is_empty());
        let pairs: Option<Vec<(&str, &str)>> = pairs.map(|pair| pair.split_once('=')).collect();
        let hash = || STANDARD.encode(digest(&SHA256, header.as_bytes()));
        let Some(pairs) = pairs.filter(|_| !rest.is_empty() || algorithm == ALGORITHM) else {
            let message = format!(
                "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '{}'.",
                hash()
            );
            return Err(flaw(INCOMPLETE, message, "`Authorization` is no signature of Version 4"));
        };
        check_algorithm(algorithm)?;
        let value = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        let (credential, signature, headers) = (value("Credential"), value("Signature"), value("SignedHeaders"));
        let date = call.header_text("x-amz-date").or_else(|| call.header_text("date"));
        let mut missing = String::new();
        for (name, found) in [("Credential", credential), ("Signature", signature), ("SignedHeaders", headers)] {
            if found.is_none_or(str::is_empty) {
                missing.push_str(&format!("Authorization header requires '{name}' parameter. "));
            }
        }
        if date.is_none() {
            missing.push_str("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ");
        }
        let (Some(credential), Some(signature), Some(headers), Some(date), "") =
            (credential, signature, headers, date, &*missing)
        else {
            let message = format!("{missing}(Hashed with SHA-256 and encoded with Base64) Authorization={}", hash());
            return Err(flaw(INCOMPLETE, message, "a part of the signature is missing"));
        };
        let (access_key_id, scope) = credential_of(credential)?;
        Ok(Self {
            access_key_id,
            scope,
            signed_headers: headers.to_owned(),
            signature: signature.to_owned(),
            session_token: call.header_text("x-amz-security-token"),
            is_presigned: false,
            date,
            expires: None,
        })
    }

    fn of_query(call: &Call<'_>) -> Result<Self, Denied> {
        let value = |name: &str| {
            call.query_value(name).filter(|value| !value.is_empty()).ok_or_else(|| {
                let message = format!(
                    "AWS query-string parameters must include '{name}'. Re-examine the query-string parameters."
                );
                flaw(INCOMPLETE, message, format!("`{name}` is not in the query"))
            })
        };
        check_algorithm(&value("X-Amz-Algorithm")?)?;
        let (access_key_id, scope) = credential_of(&value("X-Amz-Credential")?)?;
        let expires = match call.query_value("X-Amz-Expires") {
            None => None,
            Some(text) => Some(text.parse().ok().filter(|seconds| *seconds <= WEEK).ok_or_else(|| {
                let message = "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds";
                flaw(INVALID, message, "`X-Amz-Expires` is no number of seconds up to a week")
            })?),
        };
        Ok(Self {
            access_key_id,
            scope,
            signed_headers: value("X-Amz-SignedHeaders")?,
            signature: value("X-Amz-Signature")?,
            session_token: call.query_value("X-Amz-Security-Token"),
            is_presigned: true,
            date: value("X-Amz-Date")?,
            expires,
        })
    }

    /// One of AWS's test suite.
    #[cfg(test)]
    pub(super) fn of_the_suite(signature: &str) -> Self {
        let (access_key_id, scope) = credential_of("AKIDEXAMPLE/20150830/us-east-1/service/aws4_request").unwrap();
        Self {
            access_key_id,
            scope,
            signed_headers: String::new(),
            signature: signature.to_owned(),
            session_token: None,
            is_presigned: false,
            date: "20150830T123600Z".to_owned(),
            expires: None,
        }
    }

    /// Whether it is meant for this front door.
    pub(super) fn check_scope(&self, service: &str, region: &str) -> Result<(), Denied> {
        let Scope { date, region: of, service: named, terminator } = &self.scope;
        let mut message = String::new();
        if of != region {
            message.push_str(&format!("Credential should be scoped to a valid region, not '{of}'. "));
        }
        if named != service {
            message.push_str(&format!("Credential should be scoped to correct service: '{service}'. "));
        }
        if terminator != TERMINATOR {
            message.push_str(&format!(
                "Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{terminator}'. "
            ));
        }
        if !self.date.starts_with(&**date) || date.len() != 8 {
            let day = self.date.get(..8).unwrap_or(&self.date);
            message.push_str(&format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{date}' != '{day}', from '{}'. ",
                self.date
            ));
        }
        let names = |name: &str| self.signed_headers.split(';').any(|signed| signed.eq_ignore_ascii_case(name));
        if !names("host") {
            message.push_str("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
        }
        if message.is_empty() {
            return Ok(());
        }
        let why = format!("the signature is not one of `{service}` in `{region}`: {message}");
        Err(flaw(INVALID, message, why))
    }

    /// Whether it is of now.
    pub(super) fn check_time(&self, now: u64) -> Result<(), Denied> {
        let Some(signed) = time::seconds(&self.date) else {
            let message = format!(
                "Date must be in ISO-8601 'basic format'. Got '{}'. See http://en.wikipedia.org/wiki/ISO_8601",
                self.date
            );
            return Err(flaw(INCOMPLETE, message, "the date of the signature is no `YYYYMMDDTHHMMSSZ`"));
        };
        let (date, said) = (&self.date, basic_time(now));
        if signed > now.saturating_add(SKEW) {
            let latest = basic_time(now.saturating_add(SKEW));
            let message = format!("Signature not yet current: {date} is still later than {latest} ({said} + 5 min.)");
            return Err(flaw(INVALID, message, "the clock of the client is more than five minutes ahead"));
        }
        let message = match self.expires {
            Some(seconds) if signed.saturating_add(seconds) < now => {
                format!("Signature expired: {} is now earlier than {said}", basic_time(signed.saturating_add(seconds)))
            }
            None if signed.saturating_add(SKEW) < now => {
                let earliest = basic_time(now.saturating_sub(SKEW));
                format!("Signature expired: {date} is now earlier than {earliest} ({said} - 5 min.)")
            }
            _ => return Ok(()),
        };
        Err(flaw(INVALID, message, "the signature is too old"))
    }

    pub(super) fn string_to_sign(&self, canonical: &str) -> String {
        let Scope { date, region, service, terminator } = &self.scope;
        let hash = hashed(canonical.as_bytes());
        format!("{ALGORITHM}\n{}\n{date}/{region}/{service}/{terminator}\n{hash}", self.date)
    }
}

fn check_algorithm(algorithm: &str) -> Result<(), Denied> {
    if algorithm == ALGORITHM {
        return Ok(());
    }
    let why = if algorithm.starts_with("AWS4-ECDSA") {
        "signatures of Version 4A are not checked here".to_owned()
    } else {
        format!("signatures are made with {ALGORITHM}")
    };
    Err(flaw(INCOMPLETE, format!("Unsupported AWS 'algorithm': '{algorithm}'."), why))
}

fn credential_of(text: &str) -> Result<(String, Scope), Denied> {
    let parts: Vec<_> = text.split('/').map(str::to_owned).collect();
    match <[String; 5]>::try_from(parts) {
        Ok([key, date, region, service, terminator]) => Ok((key, Scope { date, region, service, terminator })),
        Err(_) => {
            let message = format!(
                "Credential must have at least 5 slash-delimited elements (e.g. keyid/date/region/service/term), got '{text}'"
            );
            Err(flaw(INCOMPLETE, message, "`Credential` is no `KEY/DATE/REGION/SERVICE/aws4_request`"))
        }
    }
}

/// A signature that does not count: the client is told `message`, the developer why.
pub(super) fn flaw(error_type: &'static str, message: impl Into<String>, why: impl Into<String>) -> Denied {
    Denied::new(Why::Signature { error_type, message: message.into() }, why)
}

/// SHA-256 as the lower-case digits that a signature is about.
pub(super) fn hashed(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const INCOMPLETE: &str = "IncompleteSignatureException";
pub(super) const INVALID: &str = "InvalidSignatureException";
const TERMINATOR: &str = "aws4_request";
/// Any of them makes a query one that is signed.
const QUERY: [&str; 3] = ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature"];
/// How many seconds a clock may differ.
const SKEW: u64 = 300;
const WEEK: u64 = 604_800;
