//! What the pool does for extensions, and with errors of initialisation.

use super::Pool;
use crate::function::environment::InitError;
use crate::function::error::FunctionError;
use crate::function::extensions::{Hand, Reason, Refusal, Registration, Rules};
use crate::function::message::ATTACHED;

impl Pool {
    pub(super) fn register(&mut self, id: u64, registration: Registration) -> Result<String, Refusal> {
        let parallel = self.settings.max_concurrency.is_some();
        let Some(environment) = self.environments.get_mut(&id) else {
            return Err(ended());
        };
        let rules = Rules { attached: id == ATTACHED, open: !environment.initialised, parallel };
        environment.extensions.register(registration, rules)
    }

    pub(super) fn extension_next(&mut self, id: u64, extension: &str, hand: Hand) {
        let Some(environment) = self.environments.get_mut(&id) else {
            let _ = hand.send(Err(ended()));
            return;
        };
        environment.extensions.next(extension, hand);
        if !environment.polls.is_empty() && environment.extensions.are_ready() {
            environment.answered = None;
        }
        self.dispatch();
        self.freeze(id);
    }

    /// An environment with an extension that failed is no use any more, as on Lambda.
    pub(super) fn extension_error(&mut self, id: u64, extension: &str, error: &FunctionError) -> Result<(), Refusal> {
        let environment = self.environments.get_mut(&id).ok_or_else(ended)?;
        let name = environment.extensions.fail(extension)?;
        let line = format!("the extension {name} failed: {error}");
        if environment.initialised {
            self.settings.report(&line);
        } else {
            environment.init_error = Some(InitError { error: error.clone(), line });
        }
        environment.kill(Reason::Failure);
        Ok(())
    }

    pub(super) fn extension_exited(&mut self, id: u64, name: &str, how: &str) {
        let Some(environment) = self.environments.get_mut(&id).filter(|environment| !environment.is_dying()) else {
            return;
        };
        let line = format!("the extension {name} ended ({how})");
        if environment.initialised {
            self.settings.report(&line);
        } else if environment.init_error.is_none() {
            environment.init_error = Some(InitError { error: FunctionError::new("Extension.Crash", &line), line });
        }
        environment.kill(Reason::Failure);
    }

    /// Whether a function may still say that it cannot initialise: not once it has asked for an event.
    pub(super) fn init_error(&mut self, id: u64, error: FunctionError) -> bool {
        let Some(environment) = self.environments.get_mut(&id).filter(|e| id == ATTACHED || !e.initialised) else {
            return false;
        };
        let line = format!("the function could not initialise: {error}");
        if id == ATTACHED {
            self.settings.report(&line);
        } else {
            environment.init_error = Some(InitError { error, line });
        }
        environment.kill(Reason::Failure);
        true
    }
}

fn ended() -> Refusal {
    Refusal::new("Extension.InvalidExtensionState", "the environment has ended")
}
