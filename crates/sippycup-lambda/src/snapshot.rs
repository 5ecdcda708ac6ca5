//! [SnapStart](https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html): the function starts once, and every
//! environment goes on from a snapshot of it.

use std::sync::Arc;

use crate::{
    ServeError,
    hook::Hook,
    runtime_api::{Endpoint, RuntimeApi},
};

/// The app's hooks around a snapshot.
#[derive(Debug, Default)]
pub(crate) struct Hooks {
    pub(crate) before_snapshot: Vec<Hook>,
    pub(crate) after_restore: Vec<Hook>,
}

/// Waits until the snapshot was taken and restored, with the app's hooks on both sides.
///
/// What was set up last is taken down first, since it may need what was set up before it.
pub(crate) async fn restore(endpoint: Arc<Endpoint>, hooks: Hooks) -> Result<(), ServeError> {
    RuntimeApi::lend(endpoint, |mut api| async move {
        for hook in hooks.before_snapshot.into_iter().rev() {
            if let Err(message) = hook.run().await {
                api.fail_init(BEFORE, BEFORE, &message).await;
                return Err(ServeError::hook("before_snapshot", message));
            }
        }
        api.restored().await.map_err(|error| ServeError::runtime_api(error.into()))?;
        for hook in hooks.after_restore {
            if let Err(message) = hook.run().await {
                api.fail_restore(AFTER, &message).await;
                return Err(ServeError::hook("after_restore", message));
            }
        }
        Ok(())
    })
    .await
}

/// The types that AWS's own runtimes report.
const BEFORE: &str = "Runtime.BeforeSnapshotError";
const AFTER: &str = "Runtime.AfterRestoreError";
