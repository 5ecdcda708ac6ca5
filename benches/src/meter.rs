//! What is measured, apart from by what: a subject handles events, a meter goes around the work.

use crate::case::Case;

/// Counts or times the work it is put around.
pub trait Meter {
    fn around(&mut self, work: &mut dyn FnMut());
}

/// Handles that many events, fresh input for each, with only the handling inside the meter.
pub type Subject = Box<dyn FnMut(usize, &mut dyn Meter)>;

/// Nothing.
pub struct Cold;

impl Meter for Cold {
    fn around(&mut self, work: &mut dyn FnMut()) {
        work();
    }
}

/// Runs the subject unmeasured.
pub fn once(mut subject: Subject) {
    subject(1, &mut Cold);
}

/// What makes the subject of a case.
pub type Contender = fn(&Case) -> Subject;

/// The middle one.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A subject without I/O.
pub fn subject<I: 'static>(mut input: impl FnMut() -> I + 'static, mut handle: impl FnMut(I) + 'static) -> Subject {
    Box::new(move |events, meter| {
        let mut inputs: Vec<I> = (0..events).map(|_| input()).collect();
        meter.around(&mut || {
            for input in inputs.drain(..) {
                handle(input);
            }
        });
    })
}

/// The output of a future that never waits, as an app without I/O makes them.
pub fn now<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("an app without I/O waits"),
    }
}
