//! `sippycup conform`: the suite for adapters, with this one behind it, and with others that lose something.

use std::process::Command;

use super::command::Programs;

fn conform(programs: &Programs, flags: &[&str], function: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(&programs.gateway);
    command.arg("conform").args(flags).arg("--").args(function);
    for variable in ["MIRROR_OPTIONS", "SIPPYCUP_SCRIPT_NAME_BASE", "AWS_LAMBDA_MAX_CONCURRENCY"] {
        command.env_remove(variable);
    }
    let output = command.output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_suite_finds_nothing_lost_here_and_what_others_lose() {
    let programs = Programs::build();
    let mirror = programs.mirror.to_str().unwrap();

    let (code, said) = conform(&programs, &[], &[mirror]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.lines().count() == 10 && said.contains(" the same, 0 by design (~), 0 lost (!)"), "{said}");
    for kind in sippycup_gateway::Kind::OF_REQUESTS {
        assert!(said.lines().next().unwrap().split_whitespace().any(|column| column == kind.as_str()), "{said}");
    }

    let stream = ["--stream", "--env", "MIRROR_OPTIONS=stream"];
    let (code, said) = conform(&programs, &stream, &[mirror]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("streaming"), "{said}");

    // Answers that are not streamed are seen.
    let (code, said) = conform(&programs, &["--stream"], &[mirror]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("! streaming: one piece, many pieces: not streamed (url, rest/prod)"), "{said}");

    // A redirect without the base path is a choice, a wrong base path is none.
    let flags = ["--kind", "rest", "--env", "MIRROR_OPTIONS=no-rewrite-location"];
    let (code, said) = conform(&programs, &flags, &[mirror]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("~ base paths: a redirect: a redirect leaves the base path (rest/prod, rest/shop"), "{said}");
    let flags = ["--kind", "rest", "--env", "MIRROR_OPTIONS=base-path=/elsewhere"];
    let (code, said) = conform(&programs, &flags, &[mirror]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("! base paths: /, /items") && said.contains(": base path `/elsewhere` (rest/prod"), "{said}");

    // What is no mirror is told as such.
    let (code, said) = conform(&programs, &["--kind", "alb"], &["sh", "-c", "exit 3"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("! alb: not asked: ") && said.contains("exit status: 3"), "{said}");
}
