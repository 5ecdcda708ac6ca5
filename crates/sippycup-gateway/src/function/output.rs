//! What a process writes, line by line, in bounded memory.

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::mpsc;

/// Reads to the end, or until no more lines are taken. A process that writes faster than its lines are taken has to wait.
pub(super) async fn read(mut stream: impl AsyncRead + Unpin, lines: mpsc::Sender<String>) {
    let mut buffer = vec![0; 16 << 10];
    let mut splitter = Splitter::default();
    loop {
        let read = match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(read) => {
                debug_assert!(read <= buffer.len(), "{read} bytes");
                buffer.get(..read).unwrap_or_default()
            }
        };
        let mut rest = read;
        while let Some(line) = splitter.next(&mut rest) {
            if lines.send(line).await.is_err() {
                return;
            }
        }
    }
    if let Some(line) = splitter.last() {
        let _ = lines.send(line).await;
    }
}

/// Makes lines of pieces. A line ends with a line feed or a carriage return, or with both.
#[derive(Default)]
struct Splitter {
    line: Vec<u8>,
    /// Bytes of this line that are too many.
    cut: usize,
    /// A carriage return came last, and whether it ended a line.
    returned: Option<bool>,
}

impl Splitter {
    /// Takes the next whole line off the front of a piece; all of the piece if it has none.
    fn next(&mut self, piece: &mut &[u8]) -> Option<String> {
        loop {
            let end = piece.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let cut = piece.split_at_checked(end.unwrap_or(piece.len()));
            debug_assert!(cut.is_some(), "a piece has its own positions");
            let (text, rest) = cut.unwrap_or_default();
            self.extend(text);
            let Some((byte, rest)) = rest.split_first() else {
                *piece = rest;
                self.returned = self.returned.filter(|_| text.is_empty());
                return None;
            };
            *piece = rest;
            let before = self.returned.take().filter(|_| text.is_empty());
            // A line feed behind a carriage return belongs to it, and nobody reads what a carriage return alone makes.
            let ends = if *byte == b'\n' { before != Some(true) } else { !self.line.is_empty() };
            if *byte == b'\r' {
                self.returned = Some(ends);
            }
            if ends {
                return Some(self.take());
            }
        }
    }

    /// What stands behind the last end of a line.
    fn last(mut self) -> Option<String> {
        (!self.line.is_empty()).then(|| self.take())
    }

    fn extend(&mut self, text: &[u8]) {
        let (kept, cut) = text.split_at_checked(LONGEST - self.line.len()).unwrap_or((text, &[]));
        self.line.extend_from_slice(kept);
        self.cut += cut.len();
    }

    fn take(&mut self) -> String {
        let mut line = String::from_utf8_lossy(&self.line).trim_end().to_owned();
        if self.cut > 0 {
            line.push_str(&format!(" … and {} bytes more", self.cut));
        }
        self.line.clear();
        self.cut = 0;
        line
    }
}

/// How many bytes of a line are kept.
const LONGEST: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[&[u8]]) -> Vec<String> {
        let mut splitter = Splitter::default();
        let mut lines = Vec::new();
        for piece in pieces {
            let mut rest = *piece;
            while let Some(line) = splitter.next(&mut rest) {
                lines.push(line);
            }
            assert!(rest.is_empty());
        }
        lines.extend(splitter.last());
        lines
    }

    #[test]
    fn line_feeds_and_carriage_returns_end_lines_wherever_the_pieces_end() {
        let text = b"one\r\ntwo\rthree\n\nfour\r\r\n\r\nfive \r";
        let expected = ["one", "two", "three", "", "four", "", "", "five"];
        assert_eq!(lines(&[text]), expected);
        for at in 0..text.len() {
            assert_eq!(lines(&[&text[..at], &text[at..]]), expected, "{at}");
        }
        assert_eq!(lines(&[b"a", b"b", b"\r", b"\n", b"c"]), ["ab", "c"]);
    }

    #[test]
    fn bytes_that_are_no_utf_8_do_not_stop_the_rest() {
        assert_eq!(lines(&[b"a\xffb\nc"]), ["a\u{fffd}b", "c"]);
    }

    #[test]
    fn of_a_line_without_an_end_only_the_beginning_is_kept() {
        let piece = vec![b'x'; 100 << 10];
        let lines = lines(&[&piece, &piece, b"\nnext\n"]);
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0], format!("{} … and {} bytes more", "x".repeat(64 << 10), 136 << 10));
        assert_eq!(lines[1], "next");
    }
}
