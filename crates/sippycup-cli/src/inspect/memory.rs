//! How much memory processes use.

use std::collections::HashMap;

/// The resident memory of process groups, in bytes, where the system tells it in `/proc`.
pub(super) fn of_groups() -> HashMap<u32, u64> {
    let mut groups = HashMap::new();
    let Ok(processes) = std::fs::read_dir("/proc") else { return groups };
    for process in processes.flatten() {
        if let Some((group, bytes)) = std::fs::read_to_string(process.path().join("stat")).ok().and_then(|s| read(&s)) {
            *groups.entry(group).or_default() += bytes;
        }
    }
    groups
}

/// Process group and resident memory of a line of `proc_pid_stat(5)`: the fifth and the twenty-fourth word, counted behind the name, which may have blanks.
fn read(stat: &str) -> Option<(u32, u64)> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut words = rest.split(' ');
    let group = words.nth(2)?.parse().ok()?;
    let pages: u64 = words.nth(18)?.parse().ok()?;
    Some((group, pages * PAGE))
}

/// Of Linux on most machines; not worth a system call.
const PAGE: u64 = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_blanks_and_brackets_hides_nothing() {
        let stat = "7 (a) b (c) S 1 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 100 9000 25 18446744073709551615 1";
        assert_eq!(read(stat), Some((42, 25 * PAGE)));
        assert_eq!(read("7 (a"), None);
    }
}
