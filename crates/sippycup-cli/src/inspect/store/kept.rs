//! What is kept of headers and bodies: copies, because what was read holds the whole buffer that it was read into.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};

use crate::certain::Certain;

/// The beginning of a body, and when each piece passed.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    bytes: Vec<u8>,
    /// Of all pieces, also of what is not kept.
    total: usize,
    pieces: Vec<Piece>,
}

/// A piece of a body: when it passed, in microseconds after the request came, and how many bytes it had.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    pub(crate) at: u64,
    pub(crate) bytes: usize,
}

impl Kept {
    /// Adds a piece. Of what comes beyond the limits, only the length is kept.
    pub(crate) fn push(&mut self, at: u64, piece: &Bytes) {
        self.total += piece.len();
        let room = MOST_BYTES.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(piece.get(..room.min(piece.len())).certain());
        let is_full = self.pieces.len() == MOST_PIECES;
        match self.pieces.last_mut() {
            Some(last) if is_full => {
                *last = Piece { at, bytes: last.bytes + piece.len() };
            }
            _ => self.pieces.push(Piece { at, bytes: piece.len() }),
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) const fn total(&self) -> usize {
        self.total
    }

    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Bytes of memory.
    pub(crate) const fn held(&self) -> usize {
        self.bytes.len() + self.pieces.len() * size_of::<Piece>()
    }
}

/// Headers that hold nothing but themselves.
pub(super) fn headers(read: &HeaderMap) -> HeaderMap {
    let copy = |value: &HeaderValue| {
        let Ok(mut copy) = HeaderValue::from_bytes(value.as_bytes()) else { return value.clone() };
        copy.set_sensitive(value.is_sensitive());
        copy
    };
    read.iter().map(|(name, value)| (name.clone(), copy(value))).collect()
}

/// As much as Lambda hands on in one piece.
const MOST_BYTES: usize = 6 << 20;

/// The last of them stands for all that come after it.
const MOST_PIECES: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_do_not_hold_the_buffer_that_they_were_read_into() {
        let buffer = Bytes::from(vec![b'x'; 8192]);
        let mut read = HeaderMap::new();
        let mut secret = HeaderValue::from_maybe_shared(buffer.slice(..9)).unwrap();
        secret.set_sensitive(true);
        read.insert("authorization", secret);
        read.append("x-twice", HeaderValue::from_maybe_shared(buffer.slice(9..12)).unwrap());
        read.append("x-twice", HeaderValue::from_static("2"));
        let kept = headers(&read);
        assert_eq!(kept, read);
        assert!(kept["authorization"].is_sensitive());
        drop(read);
        assert!(buffer.is_unique());
    }

    #[test]
    fn of_an_endless_stream_the_beginning_and_the_length_are_kept() {
        let mut kept = Kept::default();
        let piece = Bytes::from(vec![b'x'; 100_000]);
        for at in 0..1000 {
            kept.push(at, &piece);
        }
        assert_eq!((kept.total(), kept.bytes().len()), (100_000_000, MOST_BYTES));
        assert_eq!(kept.pieces().len(), MOST_PIECES);
        let last = kept.pieces().last().unwrap();
        assert_eq!((last.at, last.bytes), (999, 501 * 100_000));
        assert!(kept.held() < MOST_BYTES + 20_000);
    }
}
