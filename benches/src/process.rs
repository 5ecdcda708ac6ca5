//! A function as a process, and what `/proc` says of it.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{api, lambda::Lambda};

/// A running function.
pub struct Process {
    pub lambda: Lambda,
    child: Child,
}

/// What it has used since it was started.
#[derive(Clone, Copy)]
pub struct Used {
    /// Time on a CPU, all threads together.
    pub cpu_micros: f64,
    /// Pages that had to be mapped.
    pub minor_faults: f64,
}

impl Process {
    /// Starts it, and returns when it first asks for an event.
    pub fn start(program: &Path, concurrency: u32) -> Self {
        Self::spawn(Command::new(program).env_clear().stderr(Stdio::null()), concurrency)
    }

    /// The same with a command that starts it.
    pub fn spawn(command: &mut Command, concurrency: u32) -> Self {
        let lambda = Lambda::start();
        command.envs(api::variables(lambda.address));
        if concurrency > 1 {
            command.env("AWS_LAMBDA_MAX_CONCURRENCY", concurrency.to_string());
        }
        let child = command.spawn().expect("the function starts");
        lambda.wait_for_next();
        Self { lambda, child }
    }

    pub fn used(&self) -> Used {
        let tasks = fs::read_dir(self.proc("task")).expect("the process runs");
        let nanos = tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join("schedstat")).ok());
        let nanos: f64 = nanos.filter_map(|times| times.split(' ').next()?.parse::<f64>().ok()).sum();
        let stat = fs::read_to_string(self.proc("stat")).expect("the process runs");
        let (_, fields) = stat.rsplit_once(") ").expect("the name in parentheses");
        let minor_faults = fields.split(' ').nth(7).and_then(|faults| faults.parse().ok()).expect("a number of faults");
        Used { cpu_micros: nanos / 1e3, minor_faults }
    }

    /// Resident memory now and at its peak, in KB.
    pub fn memory(&self) -> (f64, f64) {
        let status = fs::read_to_string(self.proc("status")).expect("the process runs");
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a field of every process");
            line.trim().trim_end_matches(" kB").parse().expect("a number of KB")
        };
        (field("VmRSS:"), field("VmHWM:"))
    }

    /// Ends it as an operator does, and waits for that.
    pub fn terminate(mut self) {
        let child = Pid::from_child(&self.child);
        kill_process(child, Signal::TERM).expect("the process runs");
        self.child.wait().expect("it is ours");
    }

    /// Lets it come to rest: worker threads start after the first call already.
    pub fn settle(&self) {
        thread::sleep(Duration::from_millis(30));
    }

    fn proc(&self, file: &str) -> String {
        format!("/proc/{}/{file}", self.child.id())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Keeps every CPU busy until it is dropped, with what gives way to everybody: who is measured wakes up no idle CPU,
/// which costs more than a small invocation.
pub struct Busy(Vec<Child>);

impl Busy {
    pub fn start() -> Self {
        let spin = || Command::new("nice").args(["-n", "19", "sh", "-c", "while :; do :; done"]).spawn();
        let cpus = thread::available_parallelism().map_or(1, usize::from);
        Self((0..cpus).map(|_| spin().expect("a shell")).collect())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
