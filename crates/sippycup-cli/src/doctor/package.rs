//! Cargo.toml, and what the sources say about how the app is run.

use std::path::Path;

use toml::{Table, Value};

use super::{Finding, read};
use crate::error::UsageError;

/// What is known of a package.
#[derive(Debug, Default)]
pub(crate) struct Package {
    manifest: Table,
    /// All sources, without comments.
    code: String,
}

impl Package {
    pub(crate) fn read(directory: &Path) -> Result<Self, UsageError> {
        let path = directory.join("Cargo.toml");
        let manifest = toml::from_str(&read(&path)?)
            .map_err(|error| UsageError::new(format!("DIR: {}: {}", path.display(), error.message())))?;
        let mut code = String::new();
        for entry in ignore::WalkBuilder::new(directory.join("src")).build().filter_map(Result::ok) {
            if entry.path().extension().is_some_and(|extension| extension == "rs") {
                code.push_str(&without_comments(&read(entry.path())?));
            }
        }
        Ok(Self { manifest, code })
    }

    #[cfg(test)]
    pub(crate) fn of_code(code: &str) -> Self {
        Self { code: code.to_owned(), ..Self::default() }
    }

    /// Whether answers are streamed.
    pub(crate) fn streams(&self) -> bool {
        self.code.contains(".streaming()")
    }

    /// Whether the base path is stated in the code.
    pub(crate) fn states_base_path(&self) -> bool {
        self.code.contains(".base_path(")
    }

    pub(crate) fn findings(&self) -> Vec<Finding> {
        [self.sippycup(), self.local(), self.extractors(), self.runtime(), self.threads(), self.panics(), self.waits()]
            .into_iter()
            .flatten()
            .collect()
    }

    fn dependency(&self, name: &str) -> Option<&Value> {
        self.manifest.get("dependencies")?.get(name)
    }

    fn sippycup(&self) -> Option<Finding> {
        let help = "`cargo add sippycup --features axum`; for others see the guide, page `coming_from`";
        self.dependency("sippycup")
            .is_none()
            .then(|| Finding::advice(PLACE, "the package does not depend on sippycup", help))
    }

    /// The local gateway in what goes to Lambda.
    fn local(&self) -> Option<Finding> {
        let sippycup = self.dependency("sippycup")?;
        let is_in_workspace = sippycup.get("workspace").is_some();
        let by_default = sippycup.get("default-features").and_then(Value::as_bool).unwrap_or(true) && !is_in_workspace;
        let help = "`default-features = false, features = [\"lambda\", …]`, and a feature of your own with `sippycup/local` for `cargo run`";
        (by_default || features(sippycup).contains(&"local")).then(|| {
            Finding::advice(PLACE, "`sippycup` has `local`: the local gateway goes to Lambda too, 0.7 MB of it", help)
        })
    }

    fn extractors(&self) -> Option<Finding> {
        let sippycup = self.dependency("sippycup")?;
        let is_wanted = self.dependency("axum").is_some()
            && !features(sippycup).contains(&"axum")
            && sippycup.get("workspace").is_none();
        let help = "`cargo add sippycup --features axum`";
        is_wanted.then(|| {
            Finding::advice(
                PLACE,
                "`sippycup` is without feature `axum`: `ConnectInfo` and `OriginalUri` are missing, and extractors",
                help,
            )
        })
    }

    /// `#[tokio::main]` without threads to run on.
    fn runtime(&self) -> Option<Finding> {
        let tokio = self.dependency("tokio")?;
        let features = features(tokio);
        let is_wrong = self.code.contains("#[tokio::main]")
            && tokio.get("workspace").is_none()
            && !features.contains(&"rt-multi-thread")
            && !features.contains(&"full");
        let help = "`#[tokio::main(flavor = \"current_thread\")]`: a function has one request at a time";
        is_wrong.then(|| Finding::wrong("src", "`#[tokio::main]` needs feature `rt-multi-thread` of tokio", help))
    }

    fn threads(&self) -> Option<Finding> {
        let is_multi = self.code.contains("#[tokio::main]");
        let is_current = self.code.contains("flavor = \"current_thread\"");
        if is_current && self.code.contains("block_in_place") {
            let help = "`spawn_blocking` works on every runtime; or `#[tokio::main]` with feature `rt-multi-thread`";
            return Some(Finding::wrong("src", "`block_in_place` panics on a current-thread runtime", help));
        }
        let help = "`#[tokio::main(flavor = \"current_thread\")]`, unless handlers compute in several tasks at the same time or the function is on Managed Instances";
        (is_multi && self.runtime().is_none()).then(|| {
            Finding::advice(
                "src",
                "a multi-threaded runtime costs memory and a part of the start, for one request at a time",
                help,
            )
        })
    }

    fn panics(&self) -> Option<Finding> {
        let panic = self.manifest.get("profile")?.get("release")?.get("panic")?.as_str()?;
        let help = "leave `panic = \"unwind\"`: a panic then ends one request, and has a line in the log";
        (panic == "abort").then(|| {
            Finding::wrong(
                PLACE,
                "`panic = \"abort\"`: a panic ends the process, the client gets 502, and the log has no line",
                help,
            )
        })
    }

    /// What is frozen with the answer.
    fn waits(&self) -> Option<Finding> {
        let help =
            "`BackgroundTasks::spawn` is done before Lambda freezes the process; see the guide, page `background_work`";
        self.code.contains("tokio::spawn(").then(|| {
            Finding::advice("src", "`tokio::spawn`: what is not done when the answer is sent is frozen, and goes on with the next request or never", help)
        })
    }
}

fn features(dependency: &Value) -> Vec<&str> {
    dependency.get("features").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn without_comments(code: &str) -> String {
    code.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

const PLACE: &str = "Cargo.toml";

#[cfg(test)]
mod tests {
    use super::*;

    fn said(manifest: &str, code: &str) -> String {
        let package = Package { manifest: toml::from_str(manifest).unwrap(), code: without_comments(code) };
        package.findings().iter().map(|finding| format!("{finding}\n")).collect()
    }

    const GOOD: &str = "[dependencies]\naxum = '0.8'\ntokio = { version = '1', features = ['rt'] }\n\
        sippycup = { version = '0.1', default-features = false, features = ['axum', 'lambda'] }\n";
    const MAIN: &str = "#[tokio::main(flavor = \"current_thread\")]\nasync fn main() {}";

    #[test]
    fn a_lean_package_has_nothing() {
        assert_eq!(said(GOOD, MAIN), "");
        assert_eq!(said(GOOD, &format!("// tokio::spawn( and #[tokio::main]\n{MAIN}")), "");
    }

    #[test]
    fn the_local_gateway_in_production_is_told() {
        let said = said("[dependencies]\nsippycup = '0.1'", MAIN);
        assert!(said.starts_with("advice: Cargo.toml: `sippycup` has `local`"), "{said}");
    }

    #[test]
    fn a_package_without_sippycup_and_one_without_extractors_are_told() {
        assert!(said("", MAIN).contains("does not depend on sippycup"));
        let manifest = "[dependencies]\naxum = '0.8'\nsippycup = { version = '0.1', default-features = false, features = ['lambda'] }";
        assert!(said(manifest, MAIN).contains("without feature `axum`"));
    }

    #[test]
    fn a_runtime_that_does_not_fit_is_told() {
        assert!(
            said(GOOD, "#[tokio::main]").starts_with("wrong: src: `#[tokio::main]` needs feature `rt-multi-thread`")
        );
        let threads = GOOD.replace("'rt'", "'rt-multi-thread'");
        assert!(said(&threads, "#[tokio::main]").starts_with("advice: src: a multi-threaded runtime"));
        assert!(said(GOOD, &format!("{MAIN} block_in_place(f)")).starts_with("wrong: src: `block_in_place` panics"));
    }

    #[test]
    fn what_ends_a_process_without_a_word_is_told() {
        let said = said(&format!("{GOOD}[profile.release]\npanic = 'abort'"), MAIN);
        assert!(said.starts_with("wrong: Cargo.toml: `panic = \"abort\"`"), "{said}");
    }

    #[test]
    fn what_is_frozen_is_told() {
        assert!(said(GOOD, &format!("{MAIN} tokio::spawn(x)")).starts_with("advice: src: `tokio::spawn`"));
    }
}
