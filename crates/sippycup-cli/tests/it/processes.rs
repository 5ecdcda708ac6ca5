//! Processes of functions: how they end, and with whom.

use std::io::Read;
use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::scripted::command_line;
use crate::{Running, alive, directory, http, serve};

#[test]
fn nothing_outlives_a_command_that_is_killed() {
    for shell in [false, true] {
        let sign = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut command = serve(&["--"]);
        if shell {
            // The function is the child of a child, which does not end with it.
            command.args(["sh", "-c", "\"$@\" & wait", "sh"]);
        }
        command.args(command_line()).env("SCRIPT", "hold").env("GO_ON", sign.local_addr().unwrap().to_string());
        let mut running = Running::spawn(command);
        let (mut function, _) = sign.accept().unwrap();
        running.signal("-KILL");
        running.child.wait().unwrap();
        // The connection ends with the process.
        assert_eq!(function.read(&mut [0]).unwrap(), 0);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn what_leaves_the_process_group_ends_with_its_function_however_that_ends() {
    for end in ["-KILL", "-INT", "by itself"] {
        let sign = TcpListener::bind("127.0.0.1:0").unwrap();
        let pipe = directory("session").join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let mut command = serve(&["--"]);
        // In a session of its own, and without a parent that could be asked for it.
        command.args(["sh", "-c", "(setsid \"$@\" &); read line <\"$PIPE\"; exit 3", "sh"]);
        command.args(command_line()).env("SCRIPT", "hold").env("PIPE", &pipe);
        command.env("GO_ON", sign.local_addr().unwrap().to_string());
        let mut running = Running::spawn(command);
        let (mut left, _) = sign.accept().unwrap();
        left.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        running.address();
        match end {
            "by itself" => {
                std::fs::write(&pipe, "\n").unwrap();
                running.until("exit status: 3");
            }
            signal => running.signal(signal),
        }
        // The connection ends with the process.
        assert_eq!(left.read(&mut [0]).unwrap(), 0, "{end}");
    }
}

/// The program of an extension that follows this script.
fn extension(name: &str, script: &str) -> String {
    let path = directory(name).join("outer");
    std::fs::write(&path, format!("#!/bin/sh\nSCRIPT={script} exec {}\n", command_line().join(" "))).unwrap();
    assert!(Command::new("chmod").arg("+x").arg(&path).status().unwrap().success());
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_second_interrupt_ends_the_command_at_once() {
    let sign = TcpListener::bind("127.0.0.1:0").unwrap();
    // Neither the function nor its extension ends when it is asked to, for which an extension has two seconds.
    let extension = extension("stays", "extension-stays");
    let mut command = serve(&["--extension", &extension, "--", "sh", "-c", "trap '' TERM; \"$@\"", "sh"]);
    command.args(command_line()).env("SCRIPT", "hold").env("GO_ON", sign.local_addr().unwrap().to_string());
    let mut running = Running::spawn(command);
    let (mut function, _) = sign.accept().unwrap();
    running.address();
    running.signal("-INT");
    running.until("stopping");
    running.signal("-INT");
    running.until("ending at once");
    assert_eq!(running.child.wait().unwrap().code(), Some(1));
    assert_eq!(function.read(&mut [0]).unwrap(), 0);
}

#[test]
fn a_signal_that_ends_a_function_is_told_as_it_is() {
    let mut running = Running::start("abort", &[]);
    running.until("the function ended before it asked for its first event (signal: 6 (SIGABRT))");
}

#[test]
#[cfg(target_os = "linux")]
fn a_function_that_writes_without_an_end_of_line_costs_no_memory() {
    let mut running = Running::start("flood:4096", &[]);
    let address = running.address();
    assert!(http(&address, "GET /x", "").ends_with("/x"));
    let line = running.until(" bytes more");
    assert!(line.ends_with(&format!(" … and {} bytes more", (256 << 20) - (64 << 10))), "{}", line.len());
    let status = std::fs::read_to_string(format!("/proc/{}/status", running.child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: usize = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak < 64 << 10, "{peak} kB");
}

#[test]
fn a_carriage_return_ends_a_line_of_a_function() {
    let mut running = Running::start("say:Traceback:\r  File \"app.py\"\rValueError", &[]);
    running.until("ValueError");
    let said: Vec<_> = running.seen.iter().filter_map(|line| line.strip_prefix("function | ")).collect();
    assert!(said.ends_with(&["Traceback:", "  File \"app.py\"", "ValueError"]), "{said:?}");
}

#[test]
fn nothing_outlives_a_command_that_is_killed_while_its_function_is_frozen() {
    let mut running = Running::start("pid", &["--freeze"]);
    let address = running.address();
    let pid = http(&address, "GET /", "").lines().last().unwrap().to_owned();
    let state = || Command::new("ps").args(["-o", "stat=", "-p", &pid]).output().unwrap().stdout;
    let begin = Instant::now();
    while state().first() != Some(&b'T') {
        assert!(begin.elapsed() < Duration::from_secs(30), "{pid} works on");
    }
    running.signal("-KILL");
    running.child.wait().unwrap();
    let begin = Instant::now();
    while alive(&pid) {
        assert!(begin.elapsed() < Duration::from_secs(30), "{pid} is left");
    }
}

#[test]
fn an_extension_runs_beside_the_function_and_both_are_told_of_their_end() {
    let mut running = Running::start("terminated-internal", &["--extension", &extension("extension", "extension")]);
    let address = running.address();
    assert!(http(&address, "GET /x", "").ends_with("/x"));
    running.until(r#"outer: {"deadlineMs""#);
    running.signal("-INT");
    running.until("asked to end");
    running.until(r#""shutdownReason":"spindown""#);
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
}
