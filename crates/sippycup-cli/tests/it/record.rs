//! Recordings: what is in them, who may read them, and what a replay compares.

use std::path::Path;

use serde_json::Value;

use crate::scripted::command_line;
use crate::{Running, directory, http, run, serve, sippycup};

/// Serves one request and records it.
fn recorded(name: &str, script: &str, flags: &[&str]) -> String {
    // One that is not there yet.
    let events = directory(name).join("recording").to_str().unwrap().to_owned();
    let mut running = Running::start(script, &[&["--events", &events], flags].concat());
    let address = running.address();
    let headers = "Authorization: Bearer s3cret\r\nCookie: a=s3cret\r\nX-CSRF-Token: s3cret\r\nReferer: http://a.example/?code=s3cret\r\n";
    let response = http(&address, "GET /?page=2&access_token=s3cret", headers);
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    running.signal("-INT");
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
    events
}

fn replay(events: &str, script: &str, flags: &[&str]) -> (i32, String) {
    let mut command = sippycup(&[&["replay", events], flags, &["--"]].concat());
    command.args(command_line()).env("SCRIPT", script);
    let (code, out, _) = run(command);
    (code, out)
}

fn json(path: &str) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn only_their_owner_can_read_recordings_and_credentials_are_masked_in_them() {
    let events = recorded("masked", "clock", &[]);
    let event = json(&format!("{events}/000001.event.json"));
    assert_eq!(event["headers"]["authorization"], "Bearer (masked)");
    assert_eq!(event["cookies"][0], "a=(masked)");
    assert_eq!(event["rawQueryString"], "page=2&access_token=(masked)");
    assert_eq!(event["queryStringParameters"]["access_token"], "(masked)");
    assert_eq!(event["headers"]["referer"], "http://a.example/?code=(masked)");
    assert!(!event.to_string().contains("s3cret"), "{event}");
    let answer = json(&format!("{events}/000001.answer.json"));
    assert_eq!(answer["cookies"][0], "session=(masked); Path=/");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(Path::new(&events)), 0o700);
        for file in Path::new(&events).read_dir().unwrap() {
            let path = file.unwrap().path();
            assert_eq!(mode(&path), 0o600, "{path:?}");
        }
    }
    let kept = recorded("kept", "clock", &["--keep-secrets"]);
    assert_eq!(json(&format!("{kept}/000001.event.json"))["headers"]["authorization"], "Bearer s3cret");
}

#[test]
fn ids_and_times_do_not_count_in_a_replay_nor_what_is_masked_nor_what_is_ignored() {
    let events = recorded("clock", "clock", &[]);
    let (code, out) = replay(&events, "clock", &[]);
    // The process id is neither.
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("  -     \"took\": ") && out.contains("  +     \"took\": "), "{out}");
    assert!(!out.contains("(id)"), "only what differs is shown: {out}");
    let (code, out) = replay(&events, "clock", &["--ignore", "took"]);
    assert_eq!((code, out.as_str()), (0, "000001: same\n1 events, 0 changed\n"));
    assert_eq!(replay(&events, "clock", &["--ignore", "body.took"]).0, 0);
    assert_eq!(replay(&events, "clock", &["--ignore", "headers.took"]).0, 1);
}

#[test]
fn a_recording_keeps_the_settings_of_the_function_and_flags_come_first() {
    let events =
        recorded("settings", "settings", &["--name", "shop", "--memory", "512", "--env", "COLOR=dark '\u{e9}'"]);
    assert_eq!(json(&format!("{events}/000001.answer.json"))["body"], "shop 512 dark '\u{e9}'");
    let (code, out) = replay(&events, "settings", &[]);
    assert_eq!((code, out.as_str()), (0, "000001: same\n1 events, 0 changed\n"));
    let (code, out) = replay(&events, "settings", &["--memory", "128"]);
    assert_eq!(code, 1);
    assert!(out.contains("shop 128"), "{out}");
}

#[test]
fn functions_of_one_configuration_are_recorded_apart() {
    let root = directory("apart");
    let function = |name: &str| {
        format!("[[function]]\nname = \"{name}\"\nenv = {{ SCRIPT = \"path\" }}\ncommand = {:?}\n", command_line())
    };
    let config = format!(
        "events = \"events\"\n{}{}[[gateway]]\nfunction = \"shop\"\n[[gateway]]\nkind = \"http\"\nstage = \"blog\"\nfunction = \"blog\"\n",
        function("shop"),
        function("blog"),
    );
    std::fs::write(root.join("sippycup.toml"), config).unwrap();
    let mut running = Running::spawn(serve(&["--config", root.join("sippycup.toml").to_str().unwrap()]));
    let address = running.address();
    http(&address, "GET /blog/x", "");
    http(&address, "GET /y", "");
    let event = |function: &str| json(root.join("events").join(function).join("000001.event.json").to_str().unwrap());
    assert_eq!((&event("blog")["rawPath"], &event("shop")["rawPath"]), (&"/blog/x".into(), &"/y".into()));
}

#[test]
fn a_recording_of_somebody_else_starts_nothing_and_is_read_or_refused_with_its_file() {
    let root = directory("foreign");
    std::fs::write(root.join("000001.event.json"), "{}").unwrap();
    let settings = root.join("function.toml");
    for (text, told) in [
        (&b"extensions = [\"/bin/true\"]"[..], "function.toml: `extensions`: no recording has this"),
        (b"command = [\"true\"]", "function.toml: `command`: no recording has this"),
        (b"directory = \"/\"", "function.toml: `directory`: no recording has this"),
        (b"build = \"true\"", "function.toml: `build`: no recording has this"),
        (b"name = \"\\u0000\"", "--name: expected a name"),
        (b"\xff", "function.toml: stream did not contain valid UTF-8"),
    ] {
        std::fs::write(&settings, text).unwrap();
        let (code, _, err) = run(sippycup(&["replay", root.to_str().unwrap(), "--", "true"]));
        assert!(code == 2 && err.contains(told), "{told}: {code} {err}");
    }
    std::fs::remove_file(settings).unwrap();
    std::fs::create_dir(root.join("000002.event.json")).unwrap();
    let mut command = sippycup(&["replay", root.to_str().unwrap(), "--"]);
    command.args(command_line()).env("SCRIPT", "path");
    let (code, _, err) = run(command);
    assert!(code == 2 && err.contains("000002.event.json: Is a directory"), "{code} {err}");
}
