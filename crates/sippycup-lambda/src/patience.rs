//! How long to wait for a server that may come back.

use std::time::Duration;

use tokio::time::sleep;

/// Counts what went wrong in a row, and waits longer each time.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    pauses: u32,
}

/// It makes no sense to try again.
#[derive(Debug)]
pub(crate) struct Lost;

impl Patience {
    /// Waits before the next try.
    pub(crate) async fn pause(&mut self) -> Result<(), Lost> {
        if self.pauses == PAUSES {
            return Err(Lost);
        }
        sleep((FIRST * 2_u32.saturating_pow(self.pauses)).min(LONGEST)).await;
        self.pauses += 1;
        Ok(())
    }

    /// As [`pause`](Self::pause), for what is odd but no reason to give up.
    pub(crate) async fn pause_again(&mut self) {
        self.pauses = self.pauses.min(PAUSES - 1);
        let _ = self.pause().await;
    }

    pub(crate) fn is_new(&self) -> bool {
        self.pauses == 0
    }

    /// It worked.
    pub(crate) fn reset(&mut self) {
        self.pauses = 0;
    }
}

/// The first pause is short: most connections break only because they were idle for long.
const FIRST: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_secs(1);
/// Some ten seconds in all, after which Lambda would long have replaced the environment.
const PAUSES: u32 = 16;
