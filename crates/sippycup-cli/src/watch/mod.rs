//! `--watch`: source changes restart the function.

mod sources;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use sippycup_gateway::{BoxError, Terminal};
use tokio::process::Command;
use tokio::sync::mpsc;

use crate::plan::FunctionPlan;
use crate::supervise::supervised;
use sources::Sources;

/// Watches for as long as the guard lives.
pub(crate) struct Watch {
    _watcher: RecommendedWatcher,
}

/// `restart` is called after each change and its build. Recordings, which the command itself writes, are no change.
pub(crate) fn watch(
    plan: &FunctionPlan,
    recordings: Option<&Path>,
    restart: impl Fn() + Send + 'static,
    terminal: Terminal,
) -> Result<Watch, BoxError> {
    let (changed, changes) = mpsc::unbounded_channel();
    let mut roots = Vec::new();
    for path in &plan.watch {
        roots.push(path.value.canonicalize()?);
    }
    let patterns: Vec<_> = plan.ignore.iter().map(|pattern| pattern.value.as_str()).collect();
    let mut sources = Sources::new(&roots, recordings.and_then(|path| path.canonicalize().ok()), &patterns)?;
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        let Ok(event) = event else { return };
        let written = matches!(event.kind, EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_));
        if written && let Some(path) = event.paths.into_iter().find(|path| sources.has(path)) {
            let _ = changed.send(path);
        }
    })?;
    for root in &roots {
        watcher.watch(root, RecursiveMode::Recursive)?;
    }
    tokio::spawn(restart_on(changes, plan.build.as_ref().map(|build| build.value.clone()), restart, terminal));
    Ok(Watch { _watcher: watcher })
}

async fn restart_on(
    mut changes: mpsc::UnboundedReceiver<PathBuf>,
    build: Option<String>,
    restart: impl Fn(),
    terminal: Terminal,
) {
    while let Some(path) = changes.recv().await {
        // Editors write a file in several steps, and tools several files: wait for quiet.
        while let Ok(Some(_)) = tokio::time::timeout(QUIET, changes.recv()).await {}
        terminal.line(&format!("{} changed, restarting the function", path.display()));
        if let Some(build) = &build {
            match run(build).await {
                Ok(status) if status.success() => {}
                Ok(status) => {
                    terminal.line(&format!("`{build}` failed ({status}); the old function goes on"));
                    continue;
                }
                Err(error) => {
                    terminal.line(&format!("`{build}` could not be started: {error}; the old function goes on"));
                    continue;
                }
            }
        }
        restart();
    }
}

/// Changes of single files.
pub(crate) struct Changes {
    changes: mpsc::UnboundedReceiver<PathBuf>,
    _watcher: Option<RecommendedWatcher>,
}

impl Changes {
    /// Watches files; of none nothing ever changes.
    pub(crate) fn of(files: &[PathBuf]) -> Result<Self, BoxError> {
        let (changed, changes) = mpsc::unbounded_channel();
        let mut whole = Vec::new();
        for file in files {
            whole.push(file.canonicalize()?);
        }
        if whole.is_empty() {
            return Ok(Self { changes, _watcher: None });
        }
        let watched = whole.clone();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let Ok(event) = event else { return };
            let written = matches!(event.kind, EventKind::Create(_) | EventKind::Modify(_));
            if written && let Some(path) = event.paths.into_iter().find(|path| watched.contains(path)) {
                let _ = changed.send(path);
            }
        })?;
        // Editors put a new file in the place of an old one, which only the directory tells.
        let directories: BTreeSet<_> = whole.iter().filter_map(|file| file.parent()).collect();
        for directory in directories {
            watcher.watch(directory, RecursiveMode::NonRecursive)?;
        }
        Ok(Self { changes, _watcher: Some(watcher) })
    }

    /// Whether a file has changed that nobody has asked for.
    pub(crate) fn came(&mut self) -> bool {
        self.changes.try_recv().is_ok()
    }

    /// The next file that changed, once nothing more is written.
    pub(crate) async fn next(&mut self) -> PathBuf {
        let Some(path) = self.changes.recv().await else { return std::future::pending().await };
        while let Ok(Some(_)) = tokio::time::timeout(QUIET, self.changes.recv()).await {}
        path
    }
}

/// A line of a shell, run to its end.
pub(crate) async fn run(line: &str) -> io::Result<ExitStatus> {
    let (program, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let line = supervised(&[program, flag, line].map(OsString::from));
    let (program, arguments) = line.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped());
    // The supervisor ends its group.
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command.spawn()?;
    // To wait for it would close it.
    let _lifeline = child.stdin.take();
    child.wait().await
}

const QUIET: Duration = Duration::from_millis(150);
