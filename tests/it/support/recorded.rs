//! Recordings that do not live in this repository: the folder `shared` beside it, or wherever the variable
//! `SIPPYCUP_SHARED` said when the tests were built.
//!
//! A test that needs them is `#[cfg_attr(not(shared), ignore = "needs ../shared")]`: see `build.rs`.

use std::{fs, io::Write as _, path::Path};

use serde_json::Value;

/// The cases of one list: a file, and where in it the list stands (`""`: the file is the list).
pub(crate) fn recorded(file: &str, list: &str) -> Vec<Value> {
    match read(file).pointer(list) {
        Some(Value::Array(cases)) => cases.clone(),
        _ => panic!("no list at `{list}` in {file}"),
    }
}

/// The cases of one object, with their names.
pub(crate) fn recorded_by_name(file: &str, object: &str) -> Vec<(String, Value)> {
    match read(file).pointer(object) {
        Some(Value::Object(cases)) => cases.clone().into_iter().collect(),
        _ => panic!("no object at `{object}` in {file}"),
    }
}

fn read(file: &str) -> Value {
    let path = Path::new(env!("SIPPYCUP_SHARED")).join(file);
    let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap()
}

/// Runs `check` on every case of a list, and says how many there were in a line that `.ci/recorded` counts.
pub(crate) fn each_recorded(file: &str, list: &str, mut check: impl FnMut(&Value)) {
    let mut count = 0;
    for case in recorded(file, list) {
        check(&case);
        count += 1;
    }
    checked(file, list, count);
}

/// The same line for a test that runs the cases of [`recorded`] by itself.
pub(crate) fn checked(file: &str, list: &str, count: usize) {
    // In one piece, and past the capture of the test harness.
    let line = format!("recorded cases: {count} of {file}{list}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}
