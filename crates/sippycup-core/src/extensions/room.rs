//! Room for what is in the extensions of a request.

use std::sync::LazyLock;

use http::Extensions;

/// An empty map that need not grow for what a request has: of the event, of Lambda and of the router. It can be had by a
/// clone alone, and a clone has the room of the first.
pub(crate) fn with_room() -> Extensions {
    static EMPTY: LazyLock<Extensions> = LazyLock::new(|| {
        let mut extensions = Extensions::new();
        extensions.insert([(); 1]);
        extensions.insert([(); 2]);
        extensions.insert([(); 3]);
        extensions.insert([(); 4]);
        extensions.insert([(); 5]);
        extensions.insert([(); 6]);
        extensions.insert([(); 7]);
        extensions.insert([(); 8]);
        extensions.clear();
        extensions
    });
    EMPTY.clone()
}
