//! What protects the function from its app. A panic ends here, always; the other guards only work where a method of `Serve`
//! turns them on.

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
