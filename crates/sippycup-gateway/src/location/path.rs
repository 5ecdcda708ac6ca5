//! Leading segments of paths.

/// Takes whole leading segments off a path.
pub(super) fn strip<'p>(path: &'p str, prefix: &str) -> Option<&'p str> {
    if prefix.is_empty() {
        return Some(path);
    }
    let rest = path.strip_prefix('/')?.strip_prefix(prefix)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

pub(super) fn rooted(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
}

/// REST APIs make one slash of several leading ones.
pub(super) fn collapsed(path: &str) -> String {
    format!("/{}", path.trim_start_matches('/'))
}
