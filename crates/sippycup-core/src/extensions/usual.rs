//! What is in the extensions of nearly every request.

use std::sync::LazyLock;

use http::Extensions;

use super::variables::{PathParameters, StageVariables};
use crate::{base_path::BasePath, certain::Certain, source::EventSource};

/// What most events of a source have in their extensions. To clone a map costs half of what it costs to fill one, and a
/// clone has the room of the first.
pub(crate) fn usual_extensions(source: Option<EventSource>) -> Extensions {
    static USUAL: LazyLock<Vec<Extensions>> = LazyLock::new(|| {
        let sources = EventSource::WITH_EVENTS.map(Some).into_iter().chain([None]);
        sources
            .map(|source| {
                let mut extensions = with_room();
                if let Some(source) = source {
                    extensions.insert(source);
                }
                extensions.insert(BasePath::ROOT);
                extensions.insert(StageVariables::default());
                extensions.insert(PathParameters::default());
                extensions
            })
            .collect()
    });
    let index = source.map_or(EventSource::WITH_EVENTS.len(), |source| source as usize);
    USUAL.get(index).cloned().certain()
}

/// An empty map that need not grow for what else a request has: of the event, of Lambda and of the router.
fn with_room() -> Extensions {
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
}

/// Whether all of that is there still, and nothing else in its place.
pub(crate) fn is_usual(extensions: &Extensions, source: EventSource) -> bool {
    extensions.get() == Some(&source)
        && extensions.get().is_some_and(BasePath::is_root)
        && extensions.get().is_some_and(StageVariables::is_unset)
        && extensions.get().is_some_and(PathParameters::is_unset)
}
