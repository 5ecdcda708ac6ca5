//! The gateway against what AWS was recorded to do, and against everything that can go wrong.

mod recorded;
mod support;
