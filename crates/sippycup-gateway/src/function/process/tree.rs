//! What a process has started, and what that has started, whether or not it has left the process group.

use std::collections::{HashMap, HashSet};
use std::fs;

use rustix::process::{Pid, Signal, kill_process};

/// Ends every process that `process` has started, and what those have started, with SIGKILL; not `process` itself.
///
/// For whoever supervises a function by its [`lifeline`](crate::FunctionBuilder::lifeline). A process that calls `setsid` leaves its process group but not this tree, as
/// long as its ancestors live, or as `process` takes orphans in (`PR_SET_CHILD_SUBREAPER`). The tree is read from `/proc`: on Linux alone, elsewhere nothing is done.
pub fn kill_descendants(process: u32) {
    let Some(root) = pid(process) else { return };
    let mut stopped = HashSet::new();
    let mut none_left = 0;
    // One that is stopped starts nothing more, and what it was just starting stays its child. Killed at once, it would leave
    // that to the first process of the system, where nobody finds it.
    for _ in 0..ROUNDS {
        let found: Vec<_> = descendants(root).into_iter().filter(|pid| stopped.insert(*pid)).collect();
        none_left = if found.is_empty() { none_left + 1 } else { 0 };
        if none_left == 2 {
            break;
        }
        tell(found, Signal::STOP);
    }
    tell(stopped, Signal::KILL);
}

/// Sends a signal that ends nothing to every descendant there is now.
pub(super) fn signal_descendants(root: Pid, signal: Signal) {
    tell(descendants(root), signal);
}

pub(super) fn pid(process: u32) -> Option<Pid> {
    i32::try_from(process).ok().and_then(Pid::from_raw)
}

fn tell(processes: impl IntoIterator<Item = Pid>, signal: Signal) {
    for pid in processes {
        // One that is gone already is what we want.
        let _ = kill_process(pid, signal);
    }
}

fn descendants(root: Pid) -> HashSet<Pid> {
    let mut children: HashMap<Pid, Vec<Pid>> = HashMap::new();
    if cfg!(target_os = "linux") {
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Some(pid) = name.to_str().and_then(|name| name.parse().ok()).and_then(pid) else { continue };
            let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            if let Some(parent) = parent(&stat) {
                children.entry(parent).or_default().push(pid);
            }
        }
    }
    let mut found = HashSet::new();
    let mut next = vec![root];
    while let Some(process) = next.pop() {
        // What was read one after the other need not be a tree.
        let new = children.remove(&process).unwrap_or_default().into_iter().filter(|pid| *pid != root);
        next.extend(new.filter(|pid| found.insert(*pid)));
    }
    found
}

/// The fourth member of `/proc/…/stat`: `7 (name with ) and blanks) S 1 …`
fn parent(stat: &str) -> Option<Pid> {
    let (_, rest) = stat.rsplit_once(')')?;
    pid(rest.split_ascii_whitespace().nth(1)?.parse().ok()?)
}

/// Processes that start others faster than they are found are not followed for ever.
const ROUNDS: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parent_is_found_behind_any_name() {
        for (stat, parent_of) in
            [("7 (sh) S 1 7 7 0", Some(1)), ("7 (a) S 9 (b) R 3 7", Some(3)), ("7 (kthreadd) S 0 0", None), ("", None)]
        {
            assert_eq!(parent(stat).map(|pid| pid.as_raw_nonzero().get()), parent_of, "{stat}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_a_child_has_started_in_a_session_of_its_own_is_found() {
        use std::io::Read;
        use std::process::{Command, Stdio};

        // The end of its output is the end of the last of them.
        let line = "setsid sh -c 'echo up; sleep 1000 & wait' & wait";
        let mut child = Command::new("sh").args(["-c", line]).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        stdout.read_exact(&mut [0; 3]).unwrap();
        kill_descendants(child.id());
        assert_eq!(stdout.read(&mut [0]).unwrap_or_default(), 0);
        let _ = child.wait().unwrap();
    }
}
