//! Who may sign requests, as flags or a file say.

use std::fmt;

use sippycup_gateway::{Gateway, IamAuthorizer, IamCredentials};

use super::GatewayPlan;
use super::authorizer::{AuthorizerPlan, Sort};
use super::builder::Attempt;
use super::credentials::{CredentialsTable, signers};
use crate::plan::values::{Said, Wrong};

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
        attempt.set(|b| b.sign_connections(signers.clone())).map_err(|error| said.wrong(flag, error))
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
        attempt.set(|b| b.authorizer(signer.authorizer())).map_err(|error| wrong(&error))
    }
}
