//! Functions in Rust: which binary of a cargo package is meant, and how it is built.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

/// A binary that cargo makes.
#[derive(Debug)]
pub(crate) struct Binary {
    pub(crate) program: PathBuf,
    /// The line of a shell that makes it.
    pub(crate) build: String,
}

/// The binary of the package or the workspace in a directory. `wanted` is its name, if somebody says it.
///
/// # Errors
///
/// If there is none, or several and nobody says which; if cargo cannot read the manifest.
pub(crate) fn binary(directory: &Path, wanted: Option<&str>, flags: &[String]) -> Result<Binary, String> {
    let metadata = metadata(directory)?;
    let manifest = directory.join("Cargo.toml").canonicalize().map_err(|error| error.to_string())?;
    let own = metadata
        .packages
        .iter()
        .find(|package| package.manifest_path.canonicalize().is_ok_and(|path| path == manifest));
    let packages = own.map_or(metadata.packages.as_slice(), std::slice::from_ref);
    let binaries: Vec<&str> = packages.iter().flat_map(Package::binaries).collect();
    let name = match (wanted, own.and_then(|package| package.default_run.as_deref()), binaries.as_slice()) {
        (Some(wanted), ..) if binaries.contains(&wanted) => wanted,
        (Some(wanted), ..) => return Err(format!("there is no binary `{wanted}`, but {}", listed(&binaries))),
        (None, Some(default), _) => default,
        (None, None, [one]) => one,
        (None, None, []) => return Err("the package has no binary".to_owned()),
        (None, None, several) => {
            return Err(format!(
                "which binary is it, {}? Say it with `BuildProperties: {{Binary: NAME}}`",
                listed(several)
            ));
        }
    };
    let program = metadata.target_directory.join("debug").join(name).with_extension(std::env::consts::EXE_EXTENSION);
    // From its directory, where a toolchain and settings of cargo may be.
    let mut build = format!("cd {} && cargo build --bin {}", quoted(&directory.to_string_lossy()), quoted(name));
    for flag in flags {
        build.push(' ');
        build.push_str(&quoted(flag));
    }
    Ok(Binary { program, build })
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn metadata(directory: &Path) -> Result<Metadata, String> {
    let asked = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(directory)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot start cargo: {error}"))?;
    if !asked.status.success() {
        return Err(format!("cargo cannot read the package: {}", String::from_utf8_lossy(&asked.stderr).trim()));
    }
    serde_json::from_slice(&asked.stdout)
        .map_err(|error| format!("cannot read what cargo says about the package: {error}"))
}

/// A word of a shell's line.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,".contains(c);
    match () {
        () if word.chars().all(is_plain) && !word.is_empty() => word.to_owned(),
        () if cfg!(windows) => format!("\"{word}\""),
        () => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    target_directory: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    manifest_path: PathBuf,
    default_run: Option<String>,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

impl Package {
    fn binaries(&self) -> impl Iterator<Item = &str> {
        self.targets.iter().filter(|target| target.kind.iter().any(|kind| kind == "bin")).map(|target| &*target.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_signs_of_a_shell_are_quoted() {
        assert_eq!(quoted("a-b_c/d.rs"), "a-b_c/d.rs");
        if cfg!(unix) {
            assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
            assert_eq!(quoted(""), "''");
        }
    }

    #[test]
    fn the_only_binary_is_found_and_another_one_is_refused() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let found = binary(here, None, &[]).unwrap();
        assert!(found.program.ends_with(format!("debug/sippycup{}", std::env::consts::EXE_SUFFIX)), "{found:?}");
        assert!(found.build.ends_with(" && cargo build --bin sippycup"), "{found:?}");
        assert_eq!(binary(here, Some("x"), &[]).unwrap_err(), "there is no binary `x`, but `sippycup`");
        // The workspace has many.
        let several = binary(&here.join("../.."), None, &[]).unwrap_err();
        assert!(several.starts_with("which binary is it, ") && several.contains("`sippycup`"), "{several}");
    }
}
