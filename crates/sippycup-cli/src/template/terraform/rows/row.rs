//! What the tables are made of.

/// A type of resource.
#[derive(Debug)]
pub(crate) struct Sort {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    pub(crate) rows: &'static [Row],
}

/// An attribute.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    pub(crate) how: How,
}

#[derive(Debug)]
pub(crate) enum How {
    /// As it is. What only an apply makes known stands for itself.
    Plain,
    /// The same, but nothing is served without it.
    Needed,
    /// Another resource, one of these types.
    Link(&'static [&'static str]),
    /// A block that is there once, as a map.
    Block(&'static [Row]),
    /// Blocks, as a list of maps.
    Blocks(&'static [Row]),
    /// Blocks, as a map whose `Values` they are.
    Values(&'static [Row]),
    /// A definition in JSON or YAML, as text.
    Text,
    /// Only told that it is passed over.
    Told,
    /// What no other row of the block names, by its own name: where nothing may be passed over.
    Rest,
}

pub(super) const fn row(from: &'static str, to: &'static str, how: How) -> Row {
    Row { from, to, how }
}

/// The row for what no other row of its block names.
pub(super) const REST_OF_BLOCK: Row = row("", "", How::Rest);

/// The same for APIs and for URLs.
pub(super) const CORS: &[Row] = &[
    row("allow_credentials", "AllowCredentials", How::Plain),
    row("allow_headers", "AllowHeaders", How::Plain),
    row("allow_methods", "AllowMethods", How::Plain),
    row("allow_origins", "AllowOrigins", How::Plain),
    row("expose_headers", "ExposeHeaders", How::Plain),
    row("max_age", "MaxAge", How::Plain),
];
