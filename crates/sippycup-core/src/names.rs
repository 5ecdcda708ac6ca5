//! Header names, remembered from event to event.
//!
//! A client sends the same names with every request, and `http` copies each that it does not know itself into an
//! allocation. To check a name, allocate it and free it costs several times what finding it here does.

use std::cell::Cell;

use http::{HeaderName, header};

pub(crate) const X_AMZN_TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
pub(crate) const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The names that this thread met last: 18 KB at most, whatever clients send.
#[derive(Debug, Default)]
pub(crate) struct Names {
    slots: Vec<Option<Slot>>,
}

/// A name, and one way to spell it.
#[derive(Debug)]
struct Slot {
    spelling: [u8; LONGEST],
    length: u8,
    role: Role,
    name: HeaderName,
}

/// What a header tells about the request as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Cookie,
    ForwardedProto,
    Host,
    Other,
}

thread_local! {
    static NAMES: Cell<Names> = const { Cell::new(Names { slots: Vec::new() }) };
}

impl Names {
    /// Takes the thread's names. Until they are [kept](Self::keep) again the thread has none.
    pub(crate) fn recall() -> Self {
        // A thread that is about to end has forgotten them.
        NAMES.try_with(Cell::take).unwrap_or_default()
    }

    /// Gives the names back to the thread.
    pub(crate) fn keep(self) {
        let _ending = NAMES.try_with(|names| names.set(self));
    }

    /// The name that is spelled like this; `None` if HTTP cannot have it.
    pub(crate) fn get(&mut self, spelling: &[u8]) -> Option<(HeaderName, Role)> {
        let first = hash(spelling);
        for slot in self.slots.get(first..first + PLACES).unwrap_or_default().iter().flatten() {
            if usize::from(slot.length) == spelling.len() && slot.spelling.starts_with(spelling) {
                return Some((slot.name.clone(), slot.role));
            }
        }
        self.learn(first, spelling)
    }

    #[cold]
    fn learn(&mut self, first: usize, spelling: &[u8]) -> Option<(HeaderName, Role)> {
        let name = HeaderName::from_bytes(spelling).ok()?;
        let role = Role::of(&name);
        let mut space = [0; LONGEST];
        if let Some(start) = space.get_mut(..spelling.len()) {
            start.copy_from_slice(spelling);
            self.slots.resize_with(SLOTS + PLACES - 1, || None);
            let places = self.slots.get_mut(first..first + PLACES).unwrap_or_default();
            let free = places.iter().position(Option::is_none).unwrap_or(spelling.len() % PLACES);
            if let Some(slot) = places.get_mut(free) {
                *slot = Some(Slot { spelling: space, length: spelling.len() as u8, role, name: name.clone() });
            }
        }
        Some((name, role))
    }
}

impl Role {
    fn of(name: &HeaderName) -> Self {
        match () {
            () if *name == header::COOKIE => Self::Cookie,
            () if *name == header::HOST => Self::Host,
            () if *name == X_FORWARDED_PROTO => Self::ForwardedProto,
            () => Self::Other,
        }
    }
}

/// The first place where a name with this spelling may be.
fn hash(spelling: &[u8]) -> usize {
    let (head, tail) = match (spelling.first_chunk(), spelling.last_chunk()) {
        (Some(head), Some(tail)) => (u64::from_le_bytes(*head), u64::from_le_bytes(*tail)),
        _ => (0, spelling.iter().fold(0, |short, byte| short << 8 | u64::from(*byte))),
    };
    let mixed = (head ^ tail.rotate_left(27) ^ spelling.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 56) as usize % SLOTS
}

const SLOTS: usize = 256;
/// In how many slots a name may be: names that are all met together seldom drive each other out.
const PLACES: usize = 4;
/// Longer names are not remembered.
const LONGEST: usize = 38;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_whether_it_is_remembered_or_not() {
        let mut names = Names::default();
        let long = "x".repeat(LONGEST + 1);
        for _ in 0..2 {
            for spelling in ["host", "Host", "HOST", "TE", "x-a", "X-Feature-Flag-01", "X-Feature-Flag-10", &long] {
                let (name, role) = names.get(spelling.as_bytes()).unwrap();
                assert_eq!(name, HeaderName::from_bytes(spelling.as_bytes()).unwrap());
                assert_eq!(role == Role::Host, spelling.eq_ignore_ascii_case("host"), "{spelling}");
            }
            for spelling in ["", "a b", "é", "a:"] {
                assert!(names.get(spelling.as_bytes()).is_none(), "{spelling}");
            }
        }
    }

    #[test]
    fn more_names_than_there_is_room_for_are_all_right() {
        let mut names = Names::default();
        for number in (0..3000).chain(0..3000) {
            let spelling = format!("X-{number}");
            assert_eq!(names.get(spelling.as_bytes()).unwrap().0, *spelling.to_lowercase());
        }
        assert_eq!(names.slots.len(), SLOTS + PLACES - 1);
    }
}
