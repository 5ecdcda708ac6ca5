//! Clients from PyPI. They are installed for it, so the tests run only where they are asked for: `.ci/run` does.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Running;

#[test]
#[ignore = "installs clients from PyPI"]
fn pypi_clients_of_web_socket_apis_lose_nothing() {
    let flags = ["--kind", "ws", "--stage", "live", "--route", "say", "--route-response", "say"];
    let mut running = Running::start("told", &flags);
    let line = running.until("ws://");
    let url = format!("ws://{}", line.split("ws://").nth(1).unwrap());
    // Nobody may be blocked by a full pipe, and nobody reads two thousand lines.
    let python = python(&["websockets", "boto3"]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/clients.py");
    let ran = Command::new(python).arg(script).args([&*url, "2000"]).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

/// A Python that has these packages.
fn python(packages: &[&str]) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients");
    let python = target.join("bin/python");
    if !target.join("bin/pip").exists() {
        let made = Command::new("python3").args(["-m", "venv"]).arg(&target).status();
        assert!(made.unwrap().success(), "python3 -m venv");
    }
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    assert!(Command::new(&python).args(install).args(packages).status().unwrap().success(), "pip install {packages:?}");
    python
}
