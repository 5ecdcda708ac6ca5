//! Files that only this user may read.

use std::fs::OpenOptions;

/// What writes such a file; whether it may be there already is left to the caller.
pub(crate) fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
