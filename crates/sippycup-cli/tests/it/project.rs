//! `new` writes a project, and `doctor` has nothing to say about it but about those that are ill.

use std::fs;

use crate::{directory, run, sippycup};

#[test]
fn a_new_project_is_whole_and_healthy() {
    let parent = directory("new");
    for door in ["http-api", "rest-api", "function-url", "alb", "websocket"] {
        let path = parent.join(format!("my-{door}"));
        let path = path.to_str().unwrap();
        let (code, out, err) = run(sippycup(&["new", path, "--door", door]));
        assert_eq!(code, 0, "{err}");
        assert!(out.contains("cargo test"), "{out}");
        for file in [
            "Cargo.toml",
            "src/main.rs",
            "src/tests.rs",
            "template.yaml",
            "README.md",
            ".gitignore",
            ".github/workflows/deploy.yml",
        ] {
            assert!(!fs::read_to_string(format!("{path}/{file}")).unwrap().contains("{%"), "{file}");
        }
        let manifest = fs::read_to_string(format!("{path}/Cargo.toml")).unwrap();
        assert!(manifest.contains(&format!("name = \"my-{door}\"")), "{manifest}");
        let (code, out, err) = run(sippycup(&["doctor", path]));
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        assert!(out.ends_with(": 0 wrong, 0 to think about\n"), "{out}");
    }
}

#[test]
fn what_cannot_be_a_project_is_refused() {
    let parent = directory("refused");
    let path = |name: &str| parent.join(name).to_str().unwrap().to_owned();
    fs::create_dir(path("there")).unwrap();
    for (arguments, part) in [
        (vec!["new".to_owned(), path("there")], "cannot make"),
        (vec!["new".to_owned(), path("1x")], "expected the name of a package"),
        (vec!["new".to_owned(), path("a b")], "expected the name of a package"),
        (vec!["new".to_owned(), path("x"), "--door".to_owned(), "window".to_owned()], "http-api"),
        (vec!["doctor".to_owned(), path("there")], "Cargo.toml"),
    ] {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let (code, out, err) = run(sippycup(&arguments));
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(err.contains(part), "{err}");
    }
}

#[test]
fn an_ill_project_is_told_what_it_has() {
    let path = directory("ill").join("ill");
    let path = path.to_str().unwrap();
    assert_eq!(run(sippycup(&["new", path, "--door", "rest-api"])).0, 0);
    let template = format!("{path}/template.yaml");
    let text = fs::read_to_string(&template).unwrap();
    let text = text.replace("      BinaryMediaTypes: [\"*~1*\"]\n", "").replace("Timeout: 20", "Timeout: 60");
    fs::write(&template, text).unwrap();
    fs::write(format!("{path}/src/main.rs"), "#[tokio::main]\nasync fn main() {}\n").unwrap();
    let (code, out, err) = run(sippycup(&["doctor", path]));
    assert_eq!((code, err.as_str()), (1, ""), "{out}");
    for part in [
        "wrong: Api: a REST API without",
        "wrong: Function: `Timeout: 60`",
        "wrong: src: `#[tokio::main]` needs",
        ": 3 wrong, 0 to",
    ] {
        assert!(out.contains(part), "{out}");
    }
}
