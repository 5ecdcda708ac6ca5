//! Authorizers as they run: one for all gateways of an API, so that they share what it keeps.

use sippycup_gateway::{BoxError, DevelopmentKey, Guard};

use crate::error::UsageError;
use crate::plan::AuthorizerPlan;
use crate::record::Recorded;
use crate::token;

/// The authorizers that are made so far.
#[derive(Debug)]
pub(super) struct Guards<'a> {
    /// That authorizers ask.
    functions: &'a [Recorded],
    made: Vec<(Option<String>, AuthorizerPlan, Guard)>,
    key: Option<DevelopmentKey>,
}

impl<'a> Guards<'a> {
    pub(super) const fn new(functions: &'a [Recorded]) -> Self {
        Self { functions, made: Vec::new(), key: None }
    }

    /// The authorizer of a gateway; `api` is the logical id of the front door, if there is one.
    pub(super) fn of(&mut self, api: Option<&str>, plan: &AuthorizerPlan) -> Result<Guard, BoxError> {
        if let Some((_, _, guard)) = self.made.iter().find(|(of, made, _)| of.as_deref() == api && made == plan) {
            return Ok(guard.clone());
        }
        let guard = if let Some(guard) = plan.of_signatures() {
            guard
        } else if plan.is_function() {
            let function = self.functions.iter().find(|function| Some(&function.name) == plan.function.as_ref());
            plan.of_function(function.cloned().ok_or("the function of an authorizer is not there")?)
        } else {
            plan.of_tokens(plan.keys().map_err(UsageError::new)?, Some(self.key()?))
        };
        self.made.push((api.map(str::to_owned), plan.clone(), guard.clone()));
        Ok(guard)
    }

    fn key(&mut self) -> Result<DevelopmentKey, BoxError> {
        if let Some(key) = &self.key {
            return Ok(key.clone());
        }
        Ok(self.key.insert(token::development_key()?).clone())
    }
}
