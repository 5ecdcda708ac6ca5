//! Header names, remembered from event to event.
//!
//! A client sends the same names with every request, and `http` copies each that it does not know itself into an
//! allocation. To check a name, allocate it and free it costs several times what finding it here does.

use std::cell::RefCell;

use http::HeaderName;

use super::layouts::Layouts;

pub(crate) const X_AMZN_TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
pub(crate) const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
pub(crate) const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// What this thread has met: names, some 30 KB and their texts whatever clients send, and layouts.
#[derive(Debug, Default)]
pub(crate) struct Names {
    slots: Vec<Slot>,
    /// The last one that was too long for a slot.
    long: Option<HeaderName>,
    pub(crate) layouts: Layouts,
}

/// A name, and one way to spell it. One that is free has no name, and nothing is spelled like it.
#[derive(Debug, Default)]
struct Slot {
    spelling: Box<[u8]>,
    name: Option<HeaderName>,
}

thread_local! {
    static NAMES: RefCell<Names> = RefCell::default();
}

impl Names {
    /// Does this with the thread's names.
    pub(crate) fn with<T>(mut work: impl FnMut(&mut Self) -> T) -> T {
        let done = NAMES.try_with(|names| Some(work(&mut *names.try_borrow_mut().ok()?)));
        // A thread that is about to end has forgotten them.
        done.ok().flatten().unwrap_or_else(|| work(&mut Self::default()))
    }

    /// The name that is spelled like this; `None` if HTTP cannot have it.
    pub(crate) fn get(&mut self, spelling: &[u8]) -> Option<&HeaderName> {
        let first = place(spelling);
        let slots = self.slots.get(first..first + PLACES).unwrap_or_default();
        if let Some(known) = slots.iter().position(|slot| *slot.spelling == *spelling) {
            return self.slots.get(first + known)?.name.as_ref();
        }
        self.learn(spelling, first)
    }

    #[cold]
    fn learn(&mut self, spelling: &[u8], first: usize) -> Option<&HeaderName> {
        let name = HeaderName::from_bytes(spelling).ok()?;
        if spelling.len() > LONGEST {
            return Some(self.long.insert(name));
        }
        self.slots.resize_with(SLOTS, Slot::default);
        let slots = self.slots.get_mut(first..first + PLACES)?;
        let free = slots.iter().position(|slot| slot.name.is_none()).unwrap_or(spelling.len() % PLACES);
        let slot = slots.get_mut(free)?;
        slot.spelling = spelling.into();
        Some(slot.name.insert(name))
    }
}

/// The first slot in which a name may be that is spelled like this.
fn place(spelling: &[u8]) -> usize {
    let word = |chunk: Option<&[u8; 4]>| chunk.map_or(0, |bytes| u64::from(u32::from_le_bytes(*bytes)));
    let ends = word(spelling.first_chunk()) << 32 | word(spelling.last_chunk());
    ((ends ^ spelling.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BITS)) as usize
}

/// How many bits the place of a name has.
const BITS: u32 = 9;
/// A slot for each place, and room behind the last.
const SLOTS: usize = (1 << BITS) + PLACES;
/// In how many slots a name may be: names that are all met together seldom drive each other out.
const PLACES: usize = 8;
/// Longer names are not remembered.
const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_whether_it_is_remembered_or_not() {
        let mut names = Names::default();
        let long = "x".repeat(LONGEST + 1);
        for _ in 0..2 {
            for spelling in ["host", "Host", "HOST", "TE", "x-a", "X-Feature-Flag-01", "X-Feature-Flag-10", &long] {
                let name = names.get(spelling.as_bytes()).unwrap();
                assert_eq!(*name, HeaderName::from_bytes(spelling.as_bytes()).unwrap());
            }
            for spelling in ["", "a b", "é", "a:"] {
                assert!(names.get(spelling.as_bytes()).is_none(), "{spelling}");
            }
        }
    }

    #[test]
    fn as_many_names_as_a_request_may_have_are_remembered_together() {
        let mut names = Names::default();
        let spellings: Vec<String> = (0..300).map(|number| format!("X-Feature-Flag-{number:03}")).collect();
        let found = |names: &mut Names| -> Vec<*const HeaderName> {
            spellings.iter().map(|spelling| std::ptr::from_ref(names.get(spelling.as_bytes()).unwrap())).collect()
        };
        found(&mut names);
        let places = found(&mut names);
        assert_eq!(found(&mut names), places);
        assert_eq!(places.iter().collect::<std::collections::HashSet<_>>().len(), spellings.len());
    }

    #[test]
    fn more_names_than_there_is_room_for_are_all_right() {
        let mut names = Names::default();
        for number in (0..3000).chain(0..3000) {
            let spelling = format!("X-{number}");
            assert_eq!(*names.get(spelling.as_bytes()).unwrap(), *spelling.to_lowercase());
        }
    }
}
