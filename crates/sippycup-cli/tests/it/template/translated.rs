//! What the transform of AWS itself makes of a template is served as the template is. It comes from PyPI, so the test runs only where it is asked for: `.ci/run` does.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{Served, expectations, templates};
use crate::directory;

#[test]
#[ignore = "installs aws-sam-translator from PyPI"]
fn aws_sam_translator_makes_the_same_of_templates() {
    let translator = installed();
    let root = directory("translated");
    let (mut compared, mut different) = (0, String::new());
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/axum-hello/deploy/rest-api/template.yaml");
    for template in templates().into_iter().chain([example]) {
        let text = std::fs::read_to_string(&template).unwrap();
        let expected = expectations(&text);
        let of = |word: &'static str| expected.iter().filter(move |(first, _)| *first == word).map(|(_, rest)| *rest);
        // Files and loops are done before the transform.
        let is_done_before =
            ["AWS::Include", "AWS::LanguageExtensions", "DefinitionUri"].iter().any(|part| text.contains(part));
        if of("error").next().is_some() || !text.contains("AWS::Serverless-2016-10-31") || is_done_before {
            continue;
        }
        let mut functions: Vec<_> = of("run").flat_map(|names| names.split(", ")).collect();
        if functions.is_empty() {
            functions.push("Function");
        }
        let flags: Vec<_> = of("flags").flat_map(|flags| flags.split(' ')).collect();
        let translated = root.join(template.file_name().unwrap()).with_extension("json");
        let status = Command::new("python3")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/template/translate.py"))
            .args([&template, &translated])
            .args(flags.iter().filter(|flag| flag.contains('=') && !flag.starts_with('{')))
            .env("PYTHONPATH", &translator)
            .stdin(Stdio::null())
            .status();
        assert!(status.unwrap().success(), "{}", template.display());
        let own = fronts(&Served::start(&template, &functions, &flags).described);
        let theirs = fronts(&Served::start(&translated, &functions, &flags).described);
        for (here, there, sides) in [(&own, &theirs, "only here"), (&theirs, &own, "only in what the transform makes")]
        {
            let more = here.difference(there).map(|front| format!("\n  {sides}: {front}"));
            different.push_str(&more.map(|front| format!("{}{front}", template.display())).collect::<String>());
        }
        compared += 1;
    }
    assert!(different.is_empty(), "{different}");
    assert!(compared >= 15, "{compared}");
}

/// Every route with all that is known of it, without ports.
fn fronts(described: &Value) -> BTreeSet<String> {
    let mut fronts = BTreeSet::new();
    let list = |value: &Value| value.as_array().unwrap().clone();
    for door in list(&described["frontDoors"]) {
        let paths: Vec<_> = list(&door["urls"])
            .iter()
            .map(|url| url.as_str().unwrap().splitn(4, '/').nth(3).unwrap().to_owned())
            .collect();
        for route in list(&door["routes"]) {
            // Without `OpenApiVersion` the deployment that the transform makes has a stage of this name too, which nobody means.
            if door["stage"] == "Stage" {
                continue;
            }
            fronts.insert(format!("{} {} {paths:?} {route}", door["logicalId"], door["stage"]));
        }
    }
    for function in list(&described["functions"]) {
        fronts.insert(format!(
            "{} {} {} {}",
            function["logicalId"], function["name"], function["timeout"], function["memory"]
        ));
    }
    fronts
}

/// Where the transform is installed.
fn installed() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("aws-sam-translator");
    if !target.join("samtranslator").exists() {
        let installed = Command::new("python3")
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"])
            .arg(&target)
            .args(["aws-sam-translator>=1.115,<2", "setuptools"])
            .stdout(Stdio::null())
            .status();
        assert!(installed.unwrap().success(), "`python3 -m pip install aws-sam-translator` does not work here");
    }
    target
}
