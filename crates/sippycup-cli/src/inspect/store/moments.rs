//! What functions tell of environments and invocations.

use std::time::Instant;

use sippycup_gateway::Moment;

use super::exchange::LONGEST_LINE;
use super::{Environment, Function, Invocation, State, Store};

impl Store {
    /// Who is told of a function, by its place among those that are served.
    pub(crate) fn function(&self, at: usize) -> impl Fn(Moment<'_>) + Send + Sync + 'static {
        let store = self.clone();
        let generation = self.state().generation;
        move |moment| {
            let mut state = store.state();
            if state.generation == generation {
                state.moment(at, moment);
                drop(state);
                store.shared.changed.notify_waiters();
            }
        }
    }
}

impl State {
    fn moment(&mut self, at: usize, moment: Moment<'_>) {
        let Some(function) = self.functions.get_mut(at) else { return };
        match moment {
            Moment::Queued { invocation, exchange: Some(exchange) } => {
                function.waiting.insert(invocation.to_owned(), (exchange, Instant::now()));
                let name = function.name.clone();
                self.change(exchange, |exchange| {
                    let queued = exchange.since(Instant::now());
                    exchange.row.asked.get_or_insert_with(|| name.clone());
                    if let Some(contents) = &mut exchange.contents {
                        contents.invocations.push(Invocation::new(invocation, name, queued));
                    }
                });
            }
            Moment::Invoked { environment, invocation, cold } => self.invoked(at, environment, invocation, cold),
            Moment::Answered { environment, invocation } => {
                let Some(environment) = function.environments.get_mut(&environment) else { return };
                let Some(exchange) = environment.answered(invocation) else { return };
                self.change(exchange, |exchange| {
                    let now = exchange.since(Instant::now());
                    if let Some(invocation) = exchange.invocation(invocation) {
                        invocation.answered = Some(now);
                    }
                });
            }
            Moment::Line { environment, line } => self.line(at, environment, line),
            moment => function.environment(moment),
        }
    }

    fn invoked(&mut self, at: usize, number: u64, invocation: &str, cold: bool) {
        let Some(function) = self.functions.get_mut(at) else { return };
        let waited = function.waiting.remove(invocation);
        function.invocations += 1;
        let environment = function.environments.entry(number).or_insert_with(Environment::new);
        environment.invocations += 1;
        let init = environment.ready.filter(|_| cold).map(|ready| (environment.began, ready));
        let Some((exchange, _)) = waited else { return };
        environment.working.push((invocation.to_owned(), exchange));
        let early = if cold { std::mem::take(&mut environment.early) } else { Vec::new() };
        self.change(exchange, |exchange| {
            let now = exchange.since(Instant::now());
            let init = init.map(|(began, ready)| (exchange.since(began), exchange.since(ready)));
            let early: Vec<_> = early.into_iter().map(|(at, line)| (exchange.since(at), line)).collect();
            exchange.row.cold |= cold;
            if let Some(invocation) = exchange.invocation(invocation) {
                invocation.invoked = Some(now);
                invocation.environment = Some(number);
                invocation.cold = cold;
                invocation.init = init;
                early.iter().for_each(|(at, line)| invocation.line(*at, line));
            }
        });
    }

    fn line(&mut self, at: usize, environment: u64, line: &str) {
        let Some(function) = self.functions.get_mut(at) else { return };
        let Some(environment) = function.environments.get_mut(&environment) else { return function.line(line) };
        match environment.owner(line).cloned() {
            Some((invocation, exchange)) => self.change(exchange, |exchange| {
                let now = exchange.since(Instant::now());
                if let Some(invocation) = exchange.invocation(&invocation) {
                    invocation.line(now, line);
                }
            }),
            None if environment.invocations == 0 && environment.early.len() < EARLY => {
                environment.early.push((Instant::now(), line.chars().take(LONGEST_LINE).collect()));
                function.line(line);
            }
            None => function.line(line),
        }
    }
}

impl Function {
    fn environment(&mut self, moment: Moment<'_>) {
        match moment {
            Moment::Starting { environment } => {
                self.starts += 1;
                self.environments.insert(environment, Environment::new());
            }
            Moment::Started { environment, process } => {
                if let Some(environment) = self.environments.get_mut(&environment) {
                    environment.process = process;
                }
            }
            Moment::Ready { environment } => {
                let environment = self.environments.entry(environment).or_insert_with(Environment::new);
                environment.ready = Some(Instant::now());
            }
            Moment::Ended { environment, how } => {
                self.environments.remove(&environment);
                self.ended = Some(how.to_owned());
            }
            _ => {}
        }
    }
}

impl Invocation {
    fn new(id: &str, function: String, queued: i64) -> Self {
        Self {
            id: id.to_owned(),
            function,
            environment: None,
            cold: false,
            queued,
            invoked: None,
            answered: None,
            init: None,
            lines: Vec::new(),
            more_lines: 0,
            held: 0,
        }
    }
}

/// How many lines of a start are kept for the first invocation.
const EARLY: usize = 200;
