//! The page in a real browser: Debian's Chromium, driven by `browser/*.mjs`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[test]
#[ignore = "installs playwright-core from npm, and needs Chromium"]
fn chromium_shows_what_the_command_serves() {
    let libraries = libraries();
    // One after the other: so that none takes the time that another waits for.
    for (script, checks) in
        [("main.mjs", 17), ("connections.mjs", 6), ("tls.mjs", 2), ("doors.mjs", 2), ("invoke.mjs", 2)]
    {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/inspect/browser").join(script);
        let output = Command::new("node")
            .arg(path)
            .env("SIPPYCUP", env!("CARGO_BIN_EXE_sippycup"))
            .env("LIBRARIES", &libraries)
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        print!("{said}");
        assert!(output.status.success(), "{said}");
        // So that a script which checks nothing is no success.
        assert_eq!(said.lines().filter(|line| line.starts_with("ok ")).count(), checks, "{said}");
    }
}

fn libraries() -> PathBuf {
    let libraries = Path::new(env!("CARGO_TARGET_TMPDIR")).join("playwright-core");
    if !libraries.join("node_modules/playwright-core").exists() {
        std::fs::create_dir_all(&libraries).unwrap();
        let installed = Command::new("npm")
            .args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"])
            .arg(&libraries)
            .arg("playwright-core@1.64.1")
            .stdout(Stdio::null())
            .status();
        assert!(installed.unwrap().success(), "`npm install playwright-core` does not work here");
    }
    libraries
}
