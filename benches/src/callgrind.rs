//! Instructions, counted by valgrind's callgrind: the same on a busy machine as on an idle one.
//!
//! The program that counts runs itself again under callgrind, once for each figure; callgrind collects inside
//! `counted` only and writes what it has when `end` is entered.

use std::{
    env, fs,
    hint::black_box,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::LazyLock,
};

use crate::{
    api,
    meter::{Cold, Meter, Subject},
    process::Process,
};

/// The environment variable that tells the counted process from the counting one.
const COUNTED: &str = "SIPPYCUP_COUNTED";

/// Whether this process is under callgrind.
pub fn is_counted() -> bool {
    env::var_os(COUNTED).is_some()
}

/// Makes the command one that is counted.
pub fn mark(command: &mut Command) -> &mut Command {
    command.env(COUNTED, "1")
}

/// Runs the subject under callgrind: first to warm it up, then counted.
pub fn count(mut subject: Subject, events: usize) {
    struct Counted;
    impl Meter for Counted {
        fn around(&mut self, work: &mut dyn FnMut()) {
            counted(work);
        }
    }
    subject(2, &mut Cold);
    subject(events, &mut Counted);
    end();
}

#[inline(never)]
fn counted(work: &mut dyn FnMut()) {
    work();
    black_box(());
}

#[inline(never)]
fn end() {
    black_box(());
}

/// Runs `program` with these arguments under callgrind and gives the total of its only [`count`].
///
/// One figure, one process: what others have left in malloc's lists is good for several per cent.
pub fn total(program: &Path, arguments: &[&str]) -> u64 {
    let directory = directory();
    // Under the same name everywhere: its length moves what is allocated later, which is good for a per cent.
    fs::copy(program, directory.join("counted")).expect("a copy of the program");
    let mut command = Command::new("valgrind");
    let status = mark(&mut command)
        .arg("--tool=callgrind")
        .arg("--toggle-collect=sippycup_benches::callgrind::counted*")
        .arg("--dump-before=sippycup_benches::callgrind::end*")
        // Each file by itself, for those who keep them to look into.
        .args(["--compress-strings=no", "--compress-pos=no"])
        .arg("--callgrind-out-file=out")
        .current_dir(&directory)
        .arg("./counted")
        .args(arguments)
        .envs(api::variables(*RUNTIME_API))
        .stdout(Stdio::null())
        .stderr(fs::File::create(directory.join("log")).expect("a file for callgrind's messages"))
        .status()
        .expect("valgrind is installed");
    if !status.success() {
        let log = fs::read_to_string(directory.join("log")).unwrap_or_default();
        panic!("callgrind failed ({status}):\n{log}");
    }
    read(&directory, "out.1")
}

/// Runs `program` as a function under callgrind, gives it that many events, and gives the total of the whole process.
pub fn process(program: &Path, event: &[u8], events: u64) -> u64 {
    let directory = directory();
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=out"]).arg(program).current_dir(&directory);
    let process = Process::spawn(command.stderr(Stdio::null()), 1);
    process.lambda.give(event, events);
    process.terminate();
    read(&directory, "out")
}

fn directory() -> PathBuf {
    let directory = env::temp_dir().join(format!("sippycup-callgrind-{}", std::process::id()));
    fs::create_dir_all(&directory).expect("a directory for callgrind's files");
    directory
}

fn read(directory: &Path, file: &str) -> u64 {
    let dump = fs::read_to_string(directory.join(file)).expect("callgrind's file");
    let total = dump.lines().find_map(|line| line.strip_prefix("totals: ")).expect("a total");
    let total = total.trim().parse().expect("a number of instructions");
    if env::var_os("SIPPYCUP_KEEP_CALLGRIND").is_none() {
        let _ = fs::remove_dir_all(directory);
    }
    total
}

/// Where answers of counted processes go.
static RUNTIME_API: LazyLock<SocketAddr> = LazyLock::new(api::take_answers);
