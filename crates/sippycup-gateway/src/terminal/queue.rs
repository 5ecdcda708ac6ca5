//! Lines on their way to a reader that may be slow or gone.

use std::collections::VecDeque;
use std::io::{ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// A bounded queue before a thread that writes.
pub(super) struct Queue {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Something came in.
    filled: Condvar,
    /// Something was written, or never will be.
    drained: Condvar,
}

#[derive(Default)]
struct State {
    lines: VecDeque<String>,
    bytes: usize,
    /// The thread writes what it took out.
    writing: bool,
    lost: usize,
    /// A writer has waited for room in vain: no other does before something is written.
    stalled: bool,
    closed: bool,
}

impl Queue {
    /// Starts the thread. It ends when the sink is closed.
    pub(super) fn new(sink: impl Write + Send + 'static) -> Self {
        let shared = Arc::new(Shared::default());
        let writer = Arc::clone(&shared);
        let started = thread::Builder::new().name("sippycup-stderr".to_owned()).spawn(move || writer.write_to(sink));
        if started.is_err() {
            shared.close();
        }
        Self { shared }
    }

    /// Puts a line in, or loses it if there is no room.
    pub(super) fn push(&self, line: String) {
        self.push_together([line]);
    }

    /// The same of lines between which no other may stand.
    pub(super) fn push_together(&self, lines: impl IntoIterator<Item = String>) {
        let mut state = self.shared.state();
        lines.into_iter().for_each(|line| state.push(line));
        drop(state);
        self.shared.filled.notify_one();
    }

    /// Puts a line in as soon as there is room, but does not wait for a reader that does not read.
    pub(super) fn push_patiently(&self, line: String) {
        let mut state = self.shared.state();
        if !state.has_room_for(&line) && !state.stalled {
            let full = |state: &mut State| !state.has_room_for(&line) && !state.closed;
            let waited = self.shared.drained.wait_timeout_while(state, PATIENCE, full);
            let (awaited, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = awaited;
            state.stalled |= timeout.timed_out();
        }
        state.push(line);
        drop(state);
        self.shared.filled.notify_one();
    }

    /// Waits until everything is written, for a time.
    pub(super) fn flush(&self, patience: Duration) {
        let open = |state: &mut State| !state.closed && (state.writing || !state.lines.is_empty());
        let _ = self.shared.drained.wait_timeout_while(self.shared.state(), patience, open);
    }
}

impl Shared {
    /// No panic can leave the state half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.lines.clear();
        self.drained.notify_all();
    }

    fn write_to(&self, mut sink: impl Write) {
        loop {
            let empty = |state: &mut State| state.lines.is_empty();
            let waited = self.filled.wait_while(self.state(), empty);
            let text = waited.unwrap_or_else(PoisonError::into_inner).take();
            if write(&mut sink, text.as_bytes()).is_err() {
                return self.close();
            }
            let mut state = self.state();
            state.writing = false;
            state.stalled = false;
            self.drained.notify_all();
        }
    }
}

impl State {
    fn has_room_for(&self, line: &str) -> bool {
        self.bytes + line.len() <= ROOM
    }

    fn push(&mut self, line: String) {
        if self.closed {
            return;
        }
        if !self.has_room_for(&line) {
            self.lost += 1;
            return;
        }
        self.tell_of_lost();
        self.bytes += line.len();
        self.lines.push_back(line);
    }

    /// Puts a note in where lines are missing. It is so short that it needs no room.
    fn tell_of_lost(&mut self) {
        if self.lost > 0 {
            let note = format!("({} lines are lost: they were not read in time)", self.lost);
            self.bytes += note.len();
            self.lines.push_back(note);
            self.lost = 0;
        }
    }

    /// The next lines as one text.
    fn take(&mut self) -> String {
        let mut text = String::new();
        while text.len() < AT_ONCE
            && let Some(line) = self.lines.pop_front()
        {
            self.bytes -= line.len();
            text.push_str(&line);
            text.push('\n');
        }
        if self.lines.is_empty() {
            self.tell_of_lost();
        }
        self.writing = true;
        text
    }
}

/// As `write_all`, also to a sink that another process has made non-blocking.
fn write(sink: &mut impl Write, mut text: &[u8]) -> std::io::Result<()> {
    while !text.is_empty() {
        match sink.write(text) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => {
                debug_assert!(written <= text.len(), "{written} of {} bytes", text.len());
                text = text.get(written..).unwrap_or_default();
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(MOMENT),
            Err(error) => return Err(error),
        }
    }
    sink.flush()
}

/// How many bytes wait for a reader.
const ROOM: usize = 1 << 20;

/// How many bytes are written by one call, about.
const AT_ONCE: usize = 16 << 10;

const PATIENCE: Duration = Duration::from_millis(250);
const MOMENT: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::mpsc;

    use super::*;

    /// A reader who takes one chunk each time the test says so, and hands it over.
    struct Slow {
        go: mpsc::Receiver<()>,
        read: mpsc::Sender<String>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.go.recv().map_err(|_| ErrorKind::BrokenPipe)?;
            let _ = self.read.send(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn slow() -> (Queue, mpsc::Sender<()>, mpsc::Receiver<String>) {
        let (going, go) = mpsc::channel();
        let (read, reading) = mpsc::channel();
        (Queue::new(Slow { go, read }), going, reading)
    }

    #[test]
    fn nobody_waits_for_a_reader_who_does_not_read_and_what_is_lost_is_counted() {
        let (queue, go, read) = slow();
        let line = "x".repeat(1023);
        for _ in 0..3000 {
            queue.push(line.clone());
        }
        let (mut kept, mut lost) = (0, 0);
        while kept + lost < 3000 {
            go.send(()).unwrap();
            for seen in read.recv().unwrap().lines() {
                match seen.strip_prefix('(').and_then(|note| note.split_once(" lines are lost")) {
                    Some((number, _)) => lost += number.parse::<usize>().unwrap(),
                    None => kept += 1,
                }
            }
        }
        // Of three megabytes one waits, and what the thread has taken out.
        assert!((1024..1100).contains(&kept), "{kept}");
    }

    #[test]
    fn a_patient_writer_loses_nothing_to_a_reader_who_reads() {
        let (queue, go, read) = slow();
        let reader = thread::spawn(move || {
            let mut lines = 0;
            while lines < 3000 {
                go.send(()).unwrap();
                lines += read.recv().unwrap().lines().count();
            }
            lines
        });
        for _ in 0..3000 {
            queue.push_patiently("x".repeat(1023));
        }
        assert_eq!(reader.join().unwrap(), 3000);
    }

    #[test]
    fn a_patient_writer_waits_once_for_a_reader_who_does_not_read() {
        let (queue, go, read) = slow();
        for _ in 0..3000 {
            queue.push_patiently("x".repeat(1023));
        }
        assert!(queue.shared.state().stalled);
        // As soon as somebody reads again it may wait again.
        go.send(()).unwrap();
        read.recv().unwrap();
        go.send(()).unwrap();
        read.recv().unwrap();
        assert!(!queue.shared.state().stalled);
    }

    #[test]
    fn between_lines_that_belong_together_stands_no_other() {
        let (queue, go, read) = slow();
        let group = |who: usize| (0..3).map(move |line| format!("{who} {line}"));
        thread::scope(|scope| {
            for who in 0..4 {
                let queue = &queue;
                scope.spawn(move || (0..500).for_each(|_| queue.push_together(group(who))));
            }
        });
        let mut lines = Vec::new();
        while lines.len() < 6000 {
            go.send(()).unwrap();
            lines.extend(read.recv().unwrap().lines().map(str::to_owned));
        }
        for group in lines.chunks(3) {
            let (who, _) = group[0].split_once(' ').unwrap();
            assert_eq!(group, [0, 1, 2].map(|line| format!("{who} {line}")));
        }
    }

    #[test]
    fn a_closed_sink_takes_everything_and_is_not_waited_for() {
        let (queue, go, _) = slow();
        drop(go);
        queue.push("lost".to_owned());
        queue.flush(Duration::from_secs(60));
        for _ in 0..3000 {
            queue.push_patiently("x".repeat(1023));
        }
        assert!(queue.shared.state().lines.is_empty());
    }
}
