//! Whose environments are whose: each tenant of a function with tenant isolation has its own.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation.html>. Lambda looks for an environment of the tenant, and makes one if there is none.

use std::collections::HashMap;

use super::Pool;
use crate::function::environment::Environment;
use crate::function::extensions::Reason;
use crate::function::message::Invocation;

impl Pool {
    pub(super) fn isolates(&self) -> bool {
        self.attached.is_none() && self.settings.isolates()
    }

    /// The tenant whose environment an invocation wants: its own, or that of all of them; none if tenants are not kept apart.
    pub(super) fn tenant_of(&self, invocation: &Invocation) -> Option<String> {
        let tenant = invocation.tenant().or(self.settings.tenant.as_deref());
        tenant.filter(|_| self.isolates()).map(str::to_owned)
    }

    /// The tenants whose environments are waited for.
    pub(super) fn wanted(&self) -> Vec<Option<String>> {
        if !self.isolates() {
            return vec![None];
        }
        self.pending.iter().map(|pending| self.tenant_of(pending)).collect()
    }

    /// Whether more wait than there will be free environments for them.
    pub(super) fn needs_more(&self) -> bool {
        let nobodys = self.free_soon(None);
        if !self.isolates() {
            return nobodys < self.pending.len();
        }
        let mut waiting: HashMap<Option<String>, usize> = HashMap::new();
        for tenant in self.wanted() {
            *waiting.entry(tenant).or_default() += 1;
        }
        let missing = waiting.iter().map(|(tenant, count)| match tenant.as_deref() {
            Some(tenant) => count.saturating_sub(self.free_soon(Some(tenant))),
            None => *count,
        });
        nobodys < missing.sum()
    }

    /// Ends the environment that has waited longest for an event of its tenant, because another one has no room. Says whether there was one.
    pub(super) fn end_idle(&mut self) -> bool {
        if !self.isolates() {
            return false;
        }
        let (generation, wanted) = (self.generation, self.wanted());
        let is_of_another = |e: &&mut Environment| {
            e.generation == generation && e.tenant.is_some() && e.is_idle() && !wanted.contains(&e.tenant)
        };
        let idle = self.environments.values_mut().filter(is_of_another).min_by_key(|e| e.turn);
        match idle {
            Some(environment) => {
                environment.kill(Reason::Spindown);
                true
            }
            None => false,
        }
    }
}
