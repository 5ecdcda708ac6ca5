//! The one call that most programs need.

use crate::{
    App,
    serve::{ServeFuture, serve},
};

/// Runs the app: on Lambda as a function, in Web Functions and where `SIPPYCUP_LISTEN` is set (feature `server`) as a
/// server, elsewhere (feature `local`) on this machine. The same as [`serve`](serve()) with the defaults.
///
/// The app is called in tasks that are spawned for it, as under a server, and not in the task of the caller. They end
/// when the future is dropped.
///
/// # Errors
///
/// If an environment variable is wrong or asks for a feature that is not there, if the Runtime API cannot be reached, or
/// if the app will never be ready again. Locally and as a server, if the port is taken.
///
/// # Panics
///
/// When it is awaited outside of a tokio runtime.
pub fn run<S: App>(app: S) -> ServeFuture {
    serve(app).into_future()
}
