//! Header names, remembered from event to event.
//!
//! A client sends the same names with every request, and `http` copies each that it does not know itself into an
//! allocation. To check a name, allocate it and free it costs several times what finding it here does.

use std::cell::RefCell;

use http::{HeaderName, header};

use super::layouts::Layouts;

pub(crate) const X_AMZN_TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
pub(crate) const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
pub(crate) const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The names that this thread met last: 30 KB, or 140 KB once it has met very many, whatever clients send. The layouts
/// have theirs beside that.
#[derive(Debug)]
pub(crate) struct Names {
    slots: Option<Box<[Slot; SLOTS]>>,
    /// Where names go for which the others have no room.
    more: Vec<Slot>,
    /// Room for a value that has escapes.
    pub(crate) room: Vec<u8>,
    pub(crate) layouts: Layouts,
}

/// A name, and one way to spell it.
#[derive(Debug)]
pub(crate) struct Slot {
    key: Key,
    spelling: [u8; LONGEST],
    pub(crate) role: Role,
    pub(crate) name: HeaderName,
}

/// What two spellings are told apart by: all there is to one of up to sixteen bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    length: usize,
    head: u64,
    tail: u64,
}

/// What a header tells about the request as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    ContentLength,
    Cookie,
    ForwardedFor,
    ForwardedProto,
    Host,
    Other,
    TraceId,
    TransferEncoding,
}

thread_local! {
    static NAMES: RefCell<Names> = const { RefCell::new(Names::new()) };
}

impl Names {
    const fn new() -> Self {
        Self { slots: None, more: Vec::new(), room: Vec::new(), layouts: Layouts::new() }
    }

    /// Does this with the thread's names.
    pub(crate) fn with<T>(mut work: impl FnMut(&mut Self) -> T) -> T {
        let done = NAMES.try_with(|names| {
            let names = &mut *names.try_borrow_mut().ok()?;
            let done = work(names);
            if names.room.capacity() > MOST_ROOM {
                names.room = Vec::new();
            }
            Some(done)
        });
        // A thread that is about to end has forgotten them.
        done.ok().flatten().unwrap_or_else(|| work(&mut Self::new()))
    }

    /// The name that is spelled like this; `None` if HTTP cannot have it.
    pub(crate) fn get(&mut self, spelling: &[u8]) -> Option<&Slot> {
        // Looked up again, because what is found cannot be handed out and changed for lack of it.
        if self.find(spelling).is_none() { self.learn(spelling) } else { self.find(spelling) }
    }

    /// The name if it is remembered.
    #[inline(always)]
    pub(crate) fn find(&self, spelling: &[u8]) -> Option<&Slot> {
        let key = Key::of(spelling);
        let first = key.place(SHIFT);
        self.slots.as_deref()?.get(first..first + PLACES)?.iter().find(|slot| slot.is(&key, spelling))
    }

    /// The name, which is not where [`find`](Self::find) looks; remembered from now on.
    #[cold]
    pub(crate) fn learn(&mut self, spelling: &[u8]) -> Option<&Slot> {
        let key = Key::of(spelling);
        let (first, first_of_more) = (key.place(SHIFT), key.place(SHIFT_OF_MORE));
        if let Some(place) = place(&self.more, first_of_more, |slot| slot.is(&key, spelling)) {
            return self.more.get(place);
        }
        let name = HeaderName::from_bytes(spelling).ok()?;
        let slots = self.slots.get_or_insert_with(|| Box::new([const { Slot::FREE }; SLOTS]));
        let slot = if spelling.len() > LONGEST {
            // It could not be found again, so it takes the last place, where none is looked for.
            slots.last_mut()
        } else if let Some(free) = place(&**slots, first, Slot::is_free) {
            slots.get_mut(free)
        } else {
            if self.more.is_empty() {
                self.more.resize_with(SLOTS_OF_MORE, || Slot::FREE);
            }
            let free = place(&self.more, first_of_more, Slot::is_free);
            self.more.get_mut(free.unwrap_or(first_of_more + spelling.len() % PLACES))
        }?;
        *slot = Slot::new(spelling, name);
        Some(slot)
    }
}

/// Which of the slots that a name may be in is such a one.
fn place(slots: &[Slot], first: usize, is: impl Fn(&Slot) -> bool) -> Option<usize> {
    slots.get(first..)?.iter().take(PLACES).position(is).map(|place| first + place)
}

impl Slot {
    /// Nothing is spelled like this.
    const FREE: Self = Self {
        key: Key { length: usize::MAX, head: 0, tail: 0 },
        spelling: [0; LONGEST],
        role: Role::Other,
        name: header::HOST,
    };

    fn new(spelling: &[u8], name: HeaderName) -> Self {
        let mut space = [0; LONGEST];
        for (byte, space) in spelling.iter().zip(&mut space) {
            *space = *byte;
        }
        Self { key: Key::of(spelling), spelling: space, role: Role::of(&name), name }
    }

    fn is_free(&self) -> bool {
        self.key.length == usize::MAX
    }

    #[inline(always)]
    fn is(&self, key: &Key, spelling: &[u8]) -> bool {
        self.key == *key && (spelling.len() <= 16 || self.spelling.starts_with(spelling))
    }
}

impl Role {
    pub(crate) fn of(name: &HeaderName) -> Self {
        match () {
            () if *name == header::CONTENT_LENGTH => Self::ContentLength,
            () if *name == header::COOKIE => Self::Cookie,
            () if *name == header::HOST => Self::Host,
            () if *name == X_FORWARDED_FOR => Self::ForwardedFor,
            () if *name == X_FORWARDED_PROTO => Self::ForwardedProto,
            () if *name == X_AMZN_TRACE_ID => Self::TraceId,
            () if *name == header::TRANSFER_ENCODING => Self::TransferEncoding,
            () => Self::Other,
        }
    }
}

impl Key {
    #[inline(always)]
    fn of(spelling: &[u8]) -> Self {
        let (head, tail) = if let (Some(head), Some(tail)) = (spelling.first_chunk(), spelling.last_chunk()) {
            (u64::from_le_bytes(*head), u64::from_le_bytes(*tail))
        } else if let (Some(head), Some(tail)) = (spelling.first_chunk(), spelling.last_chunk()) {
            (u32::from_le_bytes(*head).into(), u32::from_le_bytes(*tail).into())
        } else {
            (0, spelling.iter().fold(0, |short, byte| short << 8 | u64::from(*byte)))
        };
        Self { length: spelling.len(), head, tail }
    }

    /// The first place where a name with this key may be.
    #[inline(always)]
    fn place(&self, shift: u32) -> usize {
        let mixed = (self.head ^ self.tail.rotate_left(27) ^ self.length as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> shift) as usize
    }
}

/// A place for each of a hash's eight bits, and room behind the last.
const SLOTS: usize = 256 + PLACES;
const SHIFT: u32 = 64 - 8;
/// The same for ten bits.
const SLOTS_OF_MORE: usize = 1024 + PLACES;
const SHIFT_OF_MORE: u32 = 64 - 10;
/// In how many slots a name may be: names that are all met together seldom drive each other out.
const PLACES: usize = 4;
/// More room than this is not kept, in bytes.
const MOST_ROOM: usize = 4096;
/// Longer names are not remembered.
const LONGEST: usize = 38;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_whether_it_is_remembered_or_not() {
        let mut names = Names::new();
        let long = "x".repeat(LONGEST + 1);
        for _ in 0..2 {
            for spelling in ["host", "Host", "HOST", "TE", "x-a", "X-Feature-Flag-01", "X-Feature-Flag-10", &long] {
                let slot = names.get(spelling.as_bytes()).unwrap();
                assert_eq!(slot.name, HeaderName::from_bytes(spelling.as_bytes()).unwrap());
                assert_eq!(slot.role == Role::Host, spelling.eq_ignore_ascii_case("host"), "{spelling}");
            }
            for spelling in ["", "a b", "é", "a:"] {
                assert!(names.get(spelling.as_bytes()).is_none(), "{spelling}");
            }
        }
    }

    #[test]
    fn as_many_names_as_a_request_may_have_are_remembered_together() {
        let mut names = Names::new();
        let spellings: Vec<String> = (0..300).map(|number| format!("X-Feature-Flag-{number:03}")).collect();
        let found = |names: &mut Names| -> Vec<*const Slot> {
            spellings.iter().map(|spelling| std::ptr::from_ref(names.get(spelling.as_bytes()).unwrap())).collect()
        };
        found(&mut names);
        let places = found(&mut names);
        assert_eq!(found(&mut names), places);
        assert_eq!(places.iter().collect::<std::collections::HashSet<_>>().len(), spellings.len());
    }

    #[test]
    fn more_names_than_there_is_room_for_are_all_right() {
        let mut names = Names::new();
        for number in (0..3000).chain(0..3000) {
            let spelling = format!("X-{number}");
            assert_eq!(names.get(spelling.as_bytes()).unwrap().name, *spelling.to_lowercase());
        }
    }
}
