//! JSON, read and written: where the values of a document stand, what they say, and how text is written.
//!
//! Nothing here knows what the documents are about.
//!
//! ```text
//! Members ─► Scanner ─► Marks ─► simd        Writer ─► escape ─► simd
//!               └─► Field ─► unescape ─► simd
//! ```

mod escape;
mod fault;
mod field;
mod marks;
mod members;
mod scan;
mod simd;
mod unescape;
mod write;

pub(crate) use self::{
    fault::{Expected, Fault},
    field::{Field, Kind, LIMIT, Member},
    members::{Map, Members, each_item, index, member},
    scan::Scanner,
    simd::has_control,
    write::Writer,
};
