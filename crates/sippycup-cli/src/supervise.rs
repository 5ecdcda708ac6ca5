//! Processes that must not outlive the command, even if it is killed.
//!
//! The command runs a function through itself, as its own supervisor, with a pipe as standard input. Nobody ever writes into it: it ends when the command does, however
//! that happens, and then the supervisor ends its process group and, on Linux, what has left that. It is no subcommand, for nobody should find it in the help.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// The command to supervise, if this process is a supervisor.
pub(crate) fn asked() -> Option<Vec<OsString>> {
    let mut arguments = std::env::args_os().skip(1);
    (arguments.next()? == MARK).then(|| arguments.collect())
}

/// A command as it is started by the supervisor; as it is where there is none.
pub(crate) fn supervised(command: &[OsString]) -> Vec<OsString> {
    match supervisor() {
        Some(program) => {
            let own = [program.into_os_string(), MARK.into()];
            own.into_iter().chain(command.iter().cloned()).collect()
        }
        None => command.to_vec(),
    }
}

fn supervisor() -> Option<PathBuf> {
    if cfg!(unix) { std::env::current_exe().ok().filter(|program| program.exists()) } else { None }
}

/// Ends as the command ends.
#[cfg(unix)]
pub(crate) fn supervise(command: &[OsString]) -> std::io::Result<ExitCode> {
    use std::os::unix::process::ExitStatusExt;

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let status = runtime.block_on(unix::watched(command));
    // A thread may still read standard input.
    runtime.shutdown_background();
    let status = status?;
    if let Some(signal) = status.signal() {
        unix::end_by(signal);
    }
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}

#[cfg(not(unix))]
pub(crate) fn supervise(_: &[OsString]) -> std::io::Result<ExitCode> {
    Err(std::io::ErrorKind::Unsupported.into())
}

const MARK: &str = "--supervise";

#[cfg(unix)]
mod unix {
    use std::ffi::OsString;
    use std::io;
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, ExitStatus, Stdio, id};

    use rustix::process::{
        Pid, Resource, Rlimit, Signal, WaitOptions, getpgrp, getpid, kill_current_process_group, kill_process,
        setrlimit, wait,
    };
    use sippycup_gateway::kill_descendants;
    use tokio::io::AsyncReadExt;
    use tokio::signal::unix::{SignalKind, signal};

    pub(super) async fn watched(command: &[OsString]) -> io::Result<ExitStatus> {
        // The whole group is asked to end; the command decides when it does.
        let _ignored = signal(SignalKind::terminate())?;
        let mut ended = signal(SignalKind::child())?;
        take_orphans_in();
        let (program, arguments) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let child =
            Command::new(program).args(arguments).stdin(Stdio::null()).spawn().map_err(|error| {
                io::Error::new(error.kind(), format!("cannot start `{}`: {error}", program.display()))
            })?;
        let child = Pid::from_child(&child);
        let status = tokio::select! {
            status = end_of(child, &mut ended) => status,
            () = end_of_input() => {
                kill_descendants(id());
                if getpgrp() == getpid() {
                    let _ = kill_current_process_group(Signal::KILL);
                }
                // Without a group of its own and where no tree is known, at least the command itself.
                let _ = kill_process(child, Signal::KILL);
                end_of(child, &mut ended).await
            }
        };
        // What it has left behind, in a session of its own.
        kill_descendants(id());
        status
    }

    /// Who leaves the process group of the command and outlives its parent becomes a child of this process, and is found here.
    fn take_orphans_in() {
        #[cfg(target_os = "linux")]
        let _ = rustix::process::set_child_subreaper(Some(getpid()));
    }

    /// Waits for every child, for those taken in have nobody else who does, until it is this one that has ended.
    async fn end_of(child: Pid, ended: &mut tokio::signal::unix::Signal) -> io::Result<ExitStatus> {
        loop {
            while let Some((pid, status)) = wait(WaitOptions::NOHANG)? {
                if pid == child {
                    return Ok(ExitStatus::from_raw(status.as_raw()));
                }
            }
            ended.recv().await;
        }
    }

    async fn end_of_input() {
        let mut stdin = tokio::io::stdin();
        let mut read = [0; 64];
        while let Ok(1..) = stdin.read(&mut read).await {}
    }

    /// Ends this process by the signal that ended the command, so that whoever waits sees the same; not with a second core dump.
    pub(super) fn end_by(signal: i32) {
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
        if let Some(signal) = Signal::from_named_raw(signal) {
            let _ = kill_process(getpid(), signal);
        }
    }
}
