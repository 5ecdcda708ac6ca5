//! What stands between the app and what it could do to its function: a panic ends here, always; the rest where somebody
//! asks for it.

mod answer;
mod builder;
mod panic;
mod settings;
mod watch;

pub(crate) use self::{
    panic::{describe, guard},
    settings::Guards,
    watch::Watch,
};
