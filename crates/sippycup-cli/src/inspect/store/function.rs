//! What is known of a function that is served.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Instant;

/// A function, its environments, and what it wrote last.
#[derive(Debug, Default)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) environments: BTreeMap<u64, Environment>,
    /// Environments that were started.
    pub(crate) starts: u64,
    pub(crate) invocations: u64,
    /// How the last environment ended.
    pub(crate) ended: Option<String>,
    /// The exchanges of invocations that wait for an environment.
    pub(crate) waiting: HashMap<String, (u64, Instant)>,
    /// The last lines that belong to no invocation.
    pub(crate) lines: VecDeque<String>,
}

/// A process with a Runtime API of its own.
#[derive(Debug)]
pub(crate) struct Environment {
    pub(crate) began: Instant,
    pub(crate) process: Option<u32>,
    pub(crate) ready: Option<Instant>,
    pub(crate) invocations: u64,
    /// What it works on: ids of invocations, with their exchanges.
    pub(crate) working: Vec<(String, u64)>,
    /// What it worked on last: lines can come late.
    pub(crate) last: Option<(String, u64)>,
    /// What it wrote before its first invocation.
    pub(crate) early: Vec<(Instant, String)>,
}

impl Environment {
    pub(crate) fn new() -> Self {
        Self {
            began: Instant::now(),
            process: None,
            ready: None,
            invocations: 0,
            working: Vec::new(),
            last: None,
            early: Vec::new(),
        }
    }

    /// An invocation is answered. Gives its exchange, which may be over: the client can be faster than the one who tells this.
    pub(crate) fn answered(&mut self, invocation: &str) -> Option<u64> {
        if let Some(at) = self.working.iter().position(|(id, _)| id == invocation) {
            self.last = Some(self.working.swap_remove(at));
        }
        self.last.as_ref().filter(|(id, _)| id == invocation).map(|(_, exchange)| *exchange)
    }

    /// The invocation that a line belongs to, as far as that can be known: of several at once, the one that it names.
    pub(crate) fn owner(&self, line: &str) -> Option<&(String, u64)> {
        let named = |(id, _): &&(String, u64)| line.contains(id.as_str());
        match self.working.as_slice() {
            [] => self.last.as_ref(),
            [one] => Some(self.last.as_ref().filter(named).unwrap_or(one)),
            several => several.iter().find(named).or(self.last.as_ref().filter(named)),
        }
    }
}

impl Function {
    /// An exchange is over, whether the function has answered or not.
    pub(crate) fn forget(&mut self, exchange: u64) {
        self.waiting.retain(|_, (waiting, _)| *waiting != exchange);
        for environment in self.environments.values_mut() {
            if let Some(at) = environment.working.iter().position(|(_, worked)| *worked == exchange) {
                environment.last = Some(environment.working.swap_remove(at));
            }
        }
    }

    pub(crate) fn line(&mut self, line: &str) {
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line.chars().take(1000).collect());
    }
}

/// How many lines outside of invocations are kept.
const LINES: usize = 200;
