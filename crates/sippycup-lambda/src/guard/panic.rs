//! Where the app's code runs: a panic ends here.

use std::{
    any::Any,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
};

use sippycup_layer::Error;

use crate::failure::Failure;

/// Runs code of the app. If that panics, this is what Lambda is told.
///
/// Built with `panic = "abort"`, the process ends instead.
pub(crate) fn guard<T>(code: impl FnOnce() -> T) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(code)).map_err(|payload| {
        let failure = Failure::panic(&*payload);
        discard(payload);
        failure
    })
}

/// An error of the app's in words. They are the app's too, and so is what is dropped.
pub(crate) fn describe(error: Error) -> Failure {
    let failure = guard(|| Failure::from(&error)).unwrap_or_else(|failure| failure);
    // Not in the same guard: to panic while a panic unwinds ends the process.
    guard(|| drop(error)).err().unwrap_or(failure)
}

/// What was thrown may panic when it is dropped, with something that may do so again.
fn discard(payload: Box<dyn Any + Send>) {
    if let Err(next) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        mem::forget(next);
    }
}

#[cfg(test)]
mod tests {
    use std::{error, fmt, future, panic};

    use bytes::Bytes;
    use sippycup_layer::{Body, SippyCup};
    use tower::{ServiceExt, service_fn};

    use super::*;
    use crate::failure::ErrorType;

    struct Thrown(u8);

    impl Drop for Thrown {
        fn drop(&mut self) {
            if self.0 > 0 {
                panic::panic_any(Self(self.0 - 1));
            }
        }
    }

    #[test]
    fn payloads_that_panic_when_dropped_are_caught_too() {
        for panics in 0..3 {
            let failure = guard(|| panic::panic_any(Thrown(panics))).unwrap_err();
            assert_eq!(failure.error_type, ErrorType::Panic);
            assert_eq!(failure.message, "handler panicked");
        }
    }

    #[derive(Debug)]
    struct Rude {
        display: bool,
        drop: bool,
    }

    impl fmt::Display for Rude {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            assert!(!self.display, "in Display");
            f.write_str("rude")
        }
    }

    impl error::Error for Rude {}

    impl Drop for Rude {
        fn drop(&mut self) {
            assert!(!self.drop, "in Drop");
        }
    }

    async fn failing(error: Rude) -> Error {
        let mut error = Some(error);
        let app = service_fn(move |_: http::Request<Body>| {
            future::ready(error.take().map_or_else(|| Ok(http::Response::new(String::new())), Err))
        });
        let event = Bytes::from(r#"{"httpMethod":"GET","path":"/","requestContext":{}}"#);
        SippyCup::new(app).oneshot(event).await.unwrap_err()
    }

    #[tokio::test]
    async fn an_error_that_panics_when_it_is_shown_or_dropped_is_a_panic() {
        for (display, drop, error_type, message) in [
            (false, false, ErrorType::Service, "service failed: rude"),
            (true, false, ErrorType::Panic, "handler panicked: in Display"),
            (false, true, ErrorType::Panic, "handler panicked: in Drop"),
            (true, true, ErrorType::Panic, "handler panicked: in Drop"),
        ] {
            let failure = describe(failing(Rude { display, drop }).await);
            assert_eq!((failure.error_type, failure.message.as_str()), (error_type, message));
        }
    }
}
