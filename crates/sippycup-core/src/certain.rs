//! Values that are always there.

/// A value that is there whatever an event has: an index that was checked before, text that was read as UTF-8.
///
/// An event must not end the process, so a mistake in such reasoning costs the value and nothing more. Tests and the
/// fuzz targets, which have debug assertions, end there.
pub(crate) trait Certain<T> {
    /// The value.
    fn certain(self) -> T;
}

impl<T: Default> Certain<T> for Option<T> {
    #[inline(always)]
    #[track_caller]
    fn certain(self) -> T {
        debug_assert!(self.is_some(), "a value that is always there is missing");
        self.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn what_is_there_is_taken_and_what_is_missing_ends_a_test() {
        assert_eq!(Some(1).certain(), 1);
        assert_eq!(catch_unwind(|| None::<u8>.certain()).is_err(), cfg!(debug_assertions));
    }
}
