//! The settings of an authorizer that runs.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use sippycup_gateway::{Answer, BoxError, ConfigError, DevelopmentKey, Guard, JwtAuthorizer, KeySet, LambdaAuthorizer};
use tower_service::Service;

use super::credentials::{CredentialsTable, signers};

/// An authorizer, as `authorizer = { … }` of a gateway, flags or a template describe it.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct AuthorizerPlan {
    #[serde(rename = "type")]
    pub(crate) sort: Sort,
    pub(crate) name: Option<String>,

    // Tokens.
    pub(crate) issuer: Option<String>,
    pub(crate) audience: Vec<String>,
    /// Of load balancers.
    pub(crate) additional_claims: Vec<ClaimTable>,
    /// A file, or a URL of this machine.
    pub(crate) jwks: Option<String>,
    // In templates only: a REST API may have several.
    #[serde(skip)]
    pub(crate) more_issuers: Vec<(String, Vec<String>)>,

    // Functions.
    pub(crate) function: Option<String>,
    pub(crate) validation: Option<String>,
    pub(crate) payload_format: PayloadFormat,
    pub(crate) simple_responses: bool,
    /// Seconds.
    pub(crate) ttl: Option<u64>,

    pub(crate) identity_source: Vec<String>,

    // Signatures.
    pub(crate) credentials: Vec<CredentialsTable>,
}

/// A claim that a token must have.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ClaimTable {
    pub(crate) name: String,
    pub(crate) format: String,
    pub(crate) values: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Sort {
    Cognito,
    Iam,
    #[default]
    Jwt,
    Request,
    Token,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
pub(crate) enum PayloadFormat {
    #[serde(rename = "1.0")]
    One,
    #[default]
    #[serde(rename = "2.0")]
    Two,
}

impl AuthorizerPlan {
    /// What it is called in lines.
    pub(crate) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(match self.sort {
            Sort::Cognito => "cognito",
            Sort::Iam => "AWS_IAM",
            Sort::Jwt => "jwt",
            Sort::Request | Sort::Token => self.function.as_deref().unwrap_or("lambda"),
        })
    }

    /// Whether a function decides.
    pub(crate) const fn is_function(&self) -> bool {
        matches!(self.sort, Sort::Request | Sort::Token)
    }

    /// What can be known to be wrong before anything is read or started.
    pub(crate) fn check(&self) -> Result<Guard, String> {
        let wrong = |what: &str| Err(what.to_owned());
        if self.sort == Sort::Iam {
            let only = Self {
                sort: Sort::Iam,
                name: self.name.clone(),
                credentials: self.credentials.clone(),
                ..Self::default()
            };
            if *self != only {
                return wrong("an authorizer of the type `iam` has `credentials`, and nothing else");
            }
            return self
                .of_signatures()
                .ok_or_else(|| "expected `credentials`, with which requests are signed".to_owned());
        }
        if !self.credentials.is_empty() {
            return wrong("`credentials` are of authorizers of the type `iam`");
        }
        match (self.is_function(), &self.issuer, &self.function) {
            (true, Some(_), _) => return wrong("an authorizer that is a function has no issuer"),
            (false, _, Some(_)) => {
                return wrong("a function is asked by an authorizer of the types `token` and `request`");
            }
            (false, None, _) => return wrong("expected `issuer`, from which the tokens are"),
            (true, None, None) => return wrong("expected `function`, the name of the one that decides"),
            _ => {}
        }
        if !self.is_function() && (self.validation.is_some() || self.simple_responses || self.ttl.is_some()) {
            return wrong("`validation`, `simple-responses` and `ttl` are of authorizers that are functions");
        }
        if self.is_function()
            && (self.jwks.is_some() || !self.audience.is_empty() || !self.additional_claims.is_empty())
        {
            return wrong("`audience`, `additional-claims` and `jwks` are of authorizers that read tokens");
        }
        if self.sort == Sort::Token && self.identity_source.len() > 1 {
            return wrong("an authorizer of the type `token` has one identity source");
        }
        Ok(if self.is_function() { self.of_function(Nobody) } else { self.of_tokens(None, None) })
    }

    /// The authorizer that checks signatures, if there is anybody who may sign.
    pub(crate) fn of_signatures(&self) -> Option<Guard> {
        signers(&self.credentials).map(|signers| signers.name(self.name()).into())
    }

    /// The authorizer that reads tokens, with whose keys it trusts.
    pub(crate) fn of_tokens(&self, keys: Option<KeySet>, development: Option<DevelopmentKey>) -> Guard {
        let issuer = self.issuer.as_deref().unwrap_or_default();
        let jwt = if self.sort == Sort::Cognito { JwtAuthorizer::cognito(issuer) } else { JwtAuthorizer::new(issuer) };
        let jwt = self.audience.iter().fold(jwt.name(self.name()), |jwt, audience| jwt.audience(audience));
        let jwt = self.more_issuers.iter().fold(jwt, |jwt, (issuer, audiences)| {
            audiences.iter().fold(jwt.issuer(issuer), |jwt, audience| jwt.audience(audience))
        });
        let jwt = self.identity_source.iter().fold(jwt, |jwt, source| jwt.identity_source(source));
        let jwt = self
            .additional_claims
            .iter()
            .fold(jwt, |jwt, ClaimTable { name, format, values }| jwt.additional_claim(name, format, values));
        let jwt = match keys {
            Some(keys) => jwt.keys(keys),
            None => jwt,
        };
        match development {
            Some(key) => jwt.development_key(key),
            None => jwt,
        }
        .into()
    }

    /// The authorizer that asks a function.
    pub(crate) fn of_function<F>(&self, function: F) -> Guard
    where
        F: Service<bytes::Bytes> + Clone + Send + 'static,
        F::Response: Into<Answer> + Send,
        F::Error: Into<BoxError>,
        F::Future: Send,
    {
        let lambda = match self.sort {
            Sort::Token => LambdaAuthorizer::token(function),
            _ => LambdaAuthorizer::request(function),
        };
        let lambda = lambda
            .name(self.name())
            .simple_responses(self.simple_responses)
            .payload_format_1(self.payload_format == PayloadFormat::One);
        let lambda = self.identity_source.iter().fold(lambda, |lambda, source| lambda.identity_source(source));
        let lambda = match &self.validation {
            Some(expression) => lambda.validation(expression),
            None => lambda,
        };
        match self.ttl {
            Some(seconds) => lambda.ttl(Duration::from_secs(seconds)),
            None => lambda,
        }
        .into()
    }

    /// The keys of the issuer, from a file or a URL.
    pub(crate) fn keys(&self) -> Result<Option<KeySet>, String> {
        let Some(jwks) = &self.jwks else { return Ok(None) };
        let read = if jwks.contains("://") {
            KeySet::from_url(jwks)
        } else {
            let text = std::fs::read(jwks).map_err(|error| format!("cannot read the key set {jwks}: {error}"))?;
            KeySet::from_jwks(text).map_err(|error: ConfigError| error)
        };
        read.map(Some).map_err(|error| error.to_string())
    }

    /// Relative paths start in the directory of the configuration file.
    pub(crate) fn rooted(&mut self, root: &Path) {
        if let Some(jwks) = self.jwks.as_mut().filter(|jwks| !jwks.contains("://")) {
            *jwks = root.join(&*jwks).to_string_lossy().into_owned();
        }
    }
}

/// Stands for a function that is not started yet.
#[derive(Clone, Copy, Debug)]
struct Nobody;

impl Service<bytes::Bytes> for Nobody {
    type Response = bytes::Bytes;
    type Error = BoxError;
    type Future = std::future::Ready<Result<bytes::Bytes, BoxError>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), BoxError>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: bytes::Bytes) -> Self::Future {
        std::future::ready(Err("nobody is there".into()))
    }
}
