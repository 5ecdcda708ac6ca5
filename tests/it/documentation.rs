//! What is written twice is the same twice.

use std::{collections::BTreeSet, fs, path::Path};

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of every table that have `needle`, in order.
fn rows<'t>(text: &'t str, needle: &str) -> Vec<&'t str> {
    let lines = text.lines().map(|line| line.trim_start_matches("//! "));
    lines.filter(|line| line.starts_with("| ") && line.contains(needle)).collect()
}

#[test]
fn the_guide_has_the_error_types_of_the_documentation() {
    let crate_docs = read("crates/sippycup-lambda/src/lib.rs");
    let error_types = rows(&crate_docs, "| `SippyCup.");
    assert_eq!(error_types.len(), 6);
    assert_eq!(rows(&read("crates/sippycup/src/guide/failures.md"), "| `SippyCup."), error_types);
}

#[test]
fn the_guide_and_the_facade_list_the_features_that_there_are() {
    let manifest = read("crates/sippycup/Cargo.toml");
    let features = manifest.split("[features]").nth(1).unwrap().split("\n[").next().unwrap();
    let mut features: Vec<_> =
        features.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name).collect();
    features.retain(|name| *name != "default" && !name.starts_with('#'));
    features.sort_unstable();
    for text in ["crates/sippycup/src/guide/features.md", "crates/sippycup/src/lib.rs"] {
        let text = read(text);
        let section = text.split("# Features\n").nth(1).unwrap();
        let table = rows(section, " | ");
        let mut named: Vec<_> = table.iter().filter_map(|row| row.strip_prefix("| `")?.split('`').next()).collect();
        named.sort_unstable();
        assert_eq!(named, features);
    }
}

#[test]
fn the_facade_lists_every_variable_that_an_app_can_be_given() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/sippycup-lambda/src")];
    let mut variables = BTreeSet::from(["SIPPYCUP_SCRIPT_NAME_BASE".to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(path).unwrap();
            variables.extend(text.split('"').filter(|part| part.starts_with("SIPPYCUP_")).map(str::to_owned));
        }
    }
    // The command sets it, and nobody else.
    assert!(variables.remove("SIPPYCUP_TELLS_FAILURES"));
    assert!(variables.len() > 3, "{variables:?}");
    let facade = read("crates/sippycup/src/lib.rs");
    let table = facade.split("# Environment variables\n").nth(1).unwrap().split("//! # ").next().unwrap();
    for variable in variables {
        assert_eq!(rows(table, &format!("| `{variable}` |")).len(), 1, "{variable}");
    }
}

#[test]
fn the_readme_is_short_and_leads_to_every_page_of_the_guide() {
    let readme = read("README.md");
    assert!(readme.lines().count() <= 150);
    let declared = read("crates/sippycup/src/guide.rs");
    let pages = declared.split("pages! {").nth(1).unwrap().split('}').next().unwrap();
    assert!(pages.split_whitespace().count() > 19);
    for page in pages.split_whitespace() {
        let file = format!("crates/sippycup/src/guide/{page}.md");
        assert!(!read(&file).trim().is_empty(), "{page} is empty");
        assert!(readme.contains(&format!("]({file})")), "no way from the README to {page}");
        assert!(
            declared.contains(&format!("({page})")) || declared.contains(&format!("[{page}]")),
            "no row for {page}"
        );
    }
}
