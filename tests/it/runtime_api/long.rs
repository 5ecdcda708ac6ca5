//! Many invocations, with all that can go wrong mixed in: none is lost, none is answered with another's answer, there are
//! never fewer polls, and the process does not grow.
//!
//! The long runs take some minutes and are for people:
//!
//! ```text
//! cargo test --release -p sippycup-tests --test it -- --ignored --nocapture runtime_api::long
//! ```

use super::*;

/// What a run is, and what it has seen.
struct Run {
    api: Api,
    /// Whether faults are mixed in.
    faults: bool,
    chance: Chance,
    /// What each invocation that is not over is to end with.
    open: HashMap<String, Open>,
    over: usize,
    seen: HashMap<&'static str, usize>,
    lines: usize,
    is_stream: bool,
}

/// An invocation that is not over.
#[derive(Debug)]
struct Open {
    path: String,
    wanted: Wanted,
    /// What came before, if that had no reply.
    before: Option<(String, Vec<u8>)>,
    /// The connection was closed behind its event.
    is_closed: bool,
}

#[derive(Debug, Clone, Copy, Eq, PartialEq)]
enum Wanted {
    Answer,
    Failure(&'static str),
}

impl Run {
    async fn start(polls: usize, options: &str, faults: bool) -> Self {
        let api = Api::start(polls, &[("RUDE", options)]).await;
        let is_stream = options.contains("stream");
        Self {
            api,
            faults,
            chance: Chance(7),
            open: HashMap::new(),
            over: 0,
            seen: HashMap::new(),
            lines: 0,
            is_stream,
        }
    }

    /// So many invocations more, at the end of which all polls wait.
    async fn go(&mut self, count: usize) {
        let mut left = count;
        let end = self.over + count;
        while self.over < end || self.api.waiting.len() < self.api.polls {
            let call = match self.api.waiting.pop() {
                Some(call) if left > 0 => call,
                waiting => {
                    self.api.waiting.extend(waiting);
                    let Some(call) = self.any().await else { continue };
                    call
                }
            };
            match call.is_next() {
                true if left == 0 => self.api.waiting.push(call),
                true => left -= usize::from(self.give(call).await),
                false => self.take(call).await,
            }
        }
        assert_eq!((self.open.len(), self.api.waiting.len()), (0, self.api.polls));
    }

    /// The next call; none if the log said that an invocation is over.
    async fn any(&mut self) -> Option<Call> {
        loop {
            let next = timeout(LONG, async {
                tokio::select! {
                    call = self.api.calls.recv() => Ok(call.unwrap()),
                    line = self.api.said.next_line() => Err(line.unwrap().expect("a process that lives")),
                }
            });
            match next.await.unwrap_or_else(|_| panic!("expected a call, found none; open: {:?}", self.open)) {
                Ok(call) => return Some(call),
                Err(line) => {
                    self.lines += 1;
                    if self.is_lost(&line) {
                        return None;
                    }
                }
            }
        }
    }

    /// Whether the log says that an answer never arrived: a stream over a connection that the Runtime API closed meanwhile
    /// cannot be sent again.
    fn is_lost(&mut self, line: &str) -> bool {
        let broke = line.contains("the connection broke before the Runtime API took the response");
        let Some(id) = line.split("RequestId: ").nth(1).filter(|_| broke) else { return false };
        let id = id.trim_end_matches(')');
        if !self.open.get(id).is_some_and(|open| open.is_closed && self.is_stream) {
            return false;
        }
        self.open.remove(id);
        self.over += 1;
        self.note("a stream over a closed connection: lost, and told");
        true
    }

    /// Whether the function got an invocation.
    async fn give(&mut self, mut call: Call) -> bool {
        let id = self.api.id();
        let path = ["/n/", "/error/n/"][usize::from(self.chance.one_of(10))].to_owned() + &id;
        let whole = event(&id, &http_api(&path));
        let mut wanted = if path.starts_with("/error") { Wanted::Failure("Service") } else { Wanted::Answer };
        let fault = if self.faults { self.chance.below(100) } else { usize::MAX };
        match fault {
            0 => {
                self.note("no event: closed");
                return false;
            }
            1 => {
                self.note("no event: reset");
                call.reset();
                return false;
            }
            2 => {
                self.note("no event: half a head");
                call.send(&whole[..30]).await;
                return false;
            }
            3 => {
                self.note("no event: 503");
                call.reply(&status("503 Service Unavailable", "Proxy")).await;
                return false;
            }
            4 => {
                self.note("no event: 204");
                call.reply(b"HTTP/1.1 204 No Content\r\n\r\n").await;
                return false;
            }
            5 => {
                self.note("no event: not HTTP");
                call.reply(b"what do you want?\r\n\r\n").await;
                return false;
            }
            6 => {
                self.note("half an event");
                call.send(&whole[..whole.len() - 10]).await;
                wanted = Wanted::Failure("Event");
            }
            7 => {
                self.note("an event, then closed");
                call.send(&whole).await;
            }
            8 => {
                self.note("an event in pieces");
                call.send_pieces(&whole, 50).await;
                call.keep();
            }
            9 => {
                self.note("no JSON");
                call.reply(&event(&id, "no JSON")).await;
                wanted = Wanted::Failure("Event");
            }
            _ => call.reply(&whole).await,
        }
        self.open.insert(id, Open { path, wanted, before: None, is_closed: fault == 7 });
        true
    }

    async fn take(&mut self, call: Call) {
        let id = call.line.split('/').nth(4).unwrap().to_owned();
        let mut open = self.open.remove(&id).unwrap_or_else(|| panic!("{} is not open", call.line));
        match open.wanted {
            Wanted::Answer => assert_eq!(call.assert_answers(&id)["uri"], open.path),
            Wanted::Failure(error_type) => call.assert_fails(&id, error_type, ""),
        }
        let is_second = open.before.is_some();
        if let Some((line, body)) = open.before.take() {
            assert_eq!((&call.line, &call.body), (&line, &body));
        }
        let is_stream = call.headers.contains_key("transfer-encoding");
        let fault = if self.faults { self.chance.below(100) } else { usize::MAX };
        match fault {
            0..=2 => {
                self.note("no reply");
                let before = (call.line.clone(), call.body.clone());
                match fault {
                    0 => drop(call),
                    1 => call.reset(),
                    _ => call.reply(b"HTTP/1.1 2\r\n\r\n").await,
                }
                // An answer is sent twice, unless it was streamed.
                if !is_second && !is_stream {
                    self.open.insert(id, Open { before: Some(before), ..open });
                    return;
                }
            }
            3 => {
                self.note("400");
                call.reply(&status("400 Bad Request", "InvalidRequestID")).await;
            }
            4 => {
                self.note("403");
                call.reply(&status("403 Forbidden", "InvalidStateTransition")).await;
            }
            5 => {
                self.note("410");
                call.reply(&status("410 Gone", "InvokeTimeout")).await;
            }
            6 if open.wanted == Wanted::Answer && !is_stream => {
                self.note("413");
                call.reply(&status("413 Request Entity Too Large", "RequestEntityTooLarge")).await;
                self.open.insert(id, Open { wanted: Wanted::Failure("Response"), ..open });
                return;
            }
            7 => {
                self.note("a reply, then closed");
                let mut call = call;
                call.send(ACCEPTED).await;
            }
            _ => call.accept().await,
        }
        self.over += 1;
    }

    fn note(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }

    /// What the process holds: kilobytes of memory, and descriptors.
    fn holds(&self) -> (usize, usize) {
        let process = self.api.function.id().unwrap();
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let memory = memory.trim().trim_end_matches(" kB").parse().unwrap();
        (memory, std::fs::read_dir(format!("/proc/{process}/fd")).unwrap().count())
    }

    /// So many invocations, and the process at the end as it was after the first tenth.
    async fn stays_flat(&mut self, count: usize) {
        self.go(count / 10).await;
        let (memory, descriptors) = self.holds();
        println!("{} invocations: {memory} KB, {descriptors} descriptors", self.over);
        for _ in 1..10 {
            self.go(count / 10).await;
            let now = self.holds();
            println!("{} invocations: {} KB, {} descriptors", self.over, now.0, now.1);
            assert_eq!(now.1, descriptors);
            // The allocator's own ups and downs.
            assert!(now.0 < memory + memory / 10 + 1_024, "{} KB after {memory} KB", now.0);
        }
    }
}

/// The same chances in every run (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap()
    }

    fn one_of(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }
}

async fn none_is_lost(options: &str, count: usize) {
    let mut run = Run::start(16, options, true).await;
    for _ in 0..10 {
        run.go(count / 10).await;
    }
    let mut seen: Vec<_> = run.seen.iter().collect();
    seen.sort();
    println!("{} invocations ({options}), {} lines in the log, {seen:?}", run.over, run.lines);
    assert_eq!(run.over, count);
    run.api.works().await;
}

async fn nothing_grows(count: usize) {
    for (polls, faults) in [(1, false), (16, true)] {
        Run::start(polls, "", faults).await.stays_flat(count).await;
    }
}

#[tokio::test]
async fn no_invocation_is_lost_or_swapped_whatever_goes_wrong() {
    for options in ["", "threads,stream"] {
        none_is_lost(options, 2_000).await;
    }
}

#[tokio::test]
async fn the_process_does_not_grow() {
    nothing_grows(3_000).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn no_invocation_of_200_000_is_lost_or_swapped_whatever_goes_wrong() {
    none_is_lost("", 200_000).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn no_stream_of_200_000_is_lost_or_swapped_without_a_word() {
    none_is_lost("threads,stream", 200_000).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn the_process_does_not_grow_in_500_000_invocations() {
    nothing_grows(500_000).await;
}
