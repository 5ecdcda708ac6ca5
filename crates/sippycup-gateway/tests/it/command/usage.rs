//! Flags and configurations: what is explained, and what is refused.

use std::net::TcpListener;
use std::process::Command;

use super::{Running, directory, gateway, http, run};
use crate::scripted::command_line;

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = gateway(&["--listen", &address, "--"]);
    command.args(command_line()).env("SCRIPT", "path");
    let (code, _, err) = run(command);
    assert_eq!(code, 1);
    assert!(
        err.contains(&format!("cannot listen on {address}")) && err.contains("choose another address with --listen"),
        "{err}"
    );
}

#[test]
fn wrong_flags_are_told_and_exit_with_2() {
    for (flags, message) in [
        (
            &["--kind", "soap", "--", "true"][..],
            "--kind: expected a kind of gateway (url, http-1.0, http, alb, alb-multi, rest, lattice-v1, lattice), found `soap`",
        ),
        (&["--colour", "--", "true"], "`--colour` is no flag; see --help"),
        (&["--listen", "here", "--", "true"], "--listen: expected an address like 127.0.0.1:9000, found `here`"),
        (&["--var", "novalue", "--", "true"], "--var: expected a name, `=` and a value, found `novalue`"),
        (&["--concurrency", "0", "--", "true"], "--concurrency: expected at least 1"),
        (&["--timeout", "-1", "--", "true"], "--timeout: expected a positive number of seconds"),
        (&["--kind", "alb", "--stage", "prod", "--", "true"], "a load balancer has no stage"),
        (&["--route", "x", "--", "true"], "route `x`: expected a path with a leading slash, or $default"),
        (&["--claims", "[]", "--", "true"], "--claims: expected a JSON object"),
        (&["--color", "blue", "--", "true"], "--color: expected auto, always or never, found `blue`"),
        (&["cargo", "run"], "`cargo` is no flag; the function's command stands behind `--`"),
        (&[], "expected the function's command behind `--`, or --attach, or --config; see --help"),
        (&["--attach", "--", "true"], "a command behind `--`, --attach and --config exclude each other"),
        (&["--", "no-such-program-anywhere"], "cannot start the function: no program `no-such-program-anywhere`"),
        (&["--config", "no-such-file.toml"], "no-such-file.toml: No such file or directory"),
        (&["--watch=no-such-directory", "--", "true"], "--watch: no-such-directory: No such file or directory"),
        (&["event"], "event: expected a request line like 'GET /path'"),
        (&["event", "GET x"], "event: expected a request line like 'GET /path', found `GET x`"),
        (
            &["event", "--kind", "rest", "GET /x"],
            "the gateway refuses this request: `/x` is under no stage or mapping; paths begin with `/prod`",
        ),
        (&["invoke", "--", "true"], "expected an event file for invoke, a directory for replay"),
        (&["invoke", "x.json"], "expected the function's command behind `--`"),
        (&["invoke", "no-such-event.json", "--", "true"], "cannot read no-such-event.json"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sippycup-gateway"));
        command.args(flags);
        let (code, _, err) = run(command);
        assert!(err.contains(message), "{flags:?}: {err}");
        assert_eq!(code, 2, "{flags:?}: {err}");
    }
}

#[test]
fn wrong_configurations_are_told_with_line_and_key_and_exit_with_2() {
    let root = directory("wrong");
    let function = "[[function]]\nname = \"f\"\ncommand = [\"true\"]\n";
    for (text, parts) in [
        ("listen = 9000\n".to_owned(), &["line 1", "listen"][..]),
        (
            format!("{function}[[gateway]]\nkind = \"soap\"\nfunction = \"f\"\n"),
            &["line 5, `kind`: expected a kind of gateway"],
        ),
        (
            format!("{function}[[gateway]]\nkind = \"rest\"\nfunction = \"g\"\n"),
            &["line 6, `function`: there is no function `g`"],
        ),
        (
            format!("{function}[[gateway]]\nkind = \"rest\"\nfunction = \"f\"\nroutes = [\n  \"/\",\n  \"x\",\n]\n"),
            &["line 9, `routes`: route `x`: expected a path with a leading slash"],
        ),
        (
            format!("{function}[[gateway]]\nkind = \"alb\"\nfunction = \"f\"\nstage = \"prod\"\n"),
            &["line 7, `stage`: a load balancer has no stage"],
        ),
        (
            format!("{function}[[gateway]]\nkind = \"rest\"\nfunction = \"f\"\nvariables = {{ \"a-b\" = \"c\" }}\n"),
            &["line 7, `variables`: stage variable `a-b`"],
        ),
        (
            format!("{function}[[gateway]]\nkind = \"rest\"\nfunction = \"f\"\ndomains = [{{ name = \"a b\" }}]\n"),
            &["line 7, `domains`: domain `a b`: expected a host name"],
        ),
        (
            format!("{function}[[gateway]]\nkind = \"rest\"\nfunction = \"f\"\nstagge = \"prod\"\n"),
            &["line 7", "unknown field `stagge`"],
        ),
        (
            format!("{function}{function}[[gateway]]\nkind = \"rest\"\nfunction = \"f\"\n"),
            &["line 5, `name`: there is a function `f` already"],
        ),
        (
            "[[function]]\nname = \"f\"\n[[gateway]]\nkind = \"rest\"\nfunction = \"f\"\n".to_owned(),
            &["line 2, `name`: the function needs either a command or an address"],
        ),
        (format!("gateway = []\n{function}"), &["line 1, `gateway`: expected at least one"]),
        ("[[function]\n".to_owned(), &["line 1"]),
    ] {
        let file = root.join("sippycup.toml");
        std::fs::write(&file, &text).unwrap();
        let (code, _, err) = run(gateway(&["--config", file.to_str().unwrap()]));
        assert!(parts.iter().all(|part| err.contains(part)), "{text}\n{err}");
        assert_eq!(code, 2, "{text}\n{err}");
    }
}

#[test]
fn help_has_examples_and_colours_only_a_terminal() {
    let (code, out, _) = run(gateway(&["--help"]));
    assert_eq!(code, 0);
    assert!(out.contains("Examples:\n  sippycup-gateway -- cargo run"), "{out}");
    for (flags, colored) in [(&[][..], false), (&["--color", "always"], true)] {
        let mut running = Running::start("path", flags);
        let address = running.address();
        http(&address, "GET /x", "");
        assert_eq!(running.until("GET /x").contains("\x1b[32m200"), colored);
    }
}
