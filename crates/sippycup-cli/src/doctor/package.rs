//! Cargo.toml, and what the sources say about how the app is run.

use std::path::Path;

use toml::{Table, Value};

use super::finding::Finding;
use crate::error::UsageError;

/// What is known of a package.
#[derive(Debug, Default)]
pub(crate) struct Package {
    manifest: Table,
    /// That of the workspace around it.
    workspace: Table,
    /// All sources, without comments and tests.
    code: String,
}

impl Package {
    pub(crate) fn read(directory: &Path) -> Result<Self, UsageError> {
        let path = directory.join("Cargo.toml");
        let manifest = table(&path)?;
        let workspace = workspace(directory, &manifest)?;
        let mut code = String::new();
        for entry in ignore::WalkBuilder::new(directory.join("src")).build().filter_map(Result::ok) {
            let path = entry.path();
            let is_test = path.ends_with("tests.rs") || path.iter().any(|part| part == "tests");
            if path.extension().is_some_and(|extension| extension == "rs") && !is_test {
                code.push_str(&without_tests(&read(path)?));
            }
        }
        Ok(Self { manifest, workspace, code })
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

    /// A dependency by the name of its package, with what the workspace says of it.
    fn dependency(&self, name: &str) -> Option<Dependency<'_>> {
        let is_it =
            |(key, value): &(&String, &Value)| value.get("package").and_then(Value::as_str).unwrap_or(key) == name;
        let (key, own) = self.manifest.get("dependencies")?.as_table()?.iter().find(is_it)?;
        let is_inherited = own.get("workspace").and_then(Value::as_bool) == Some(true);
        let inherited = self.workspace.get("workspace").and_then(|workspace| workspace.get("dependencies")?.get(key));
        Some(Dependency { own, inherited: inherited.filter(|_| is_inherited) })
    }

    /// Whether the runtime has threads.
    fn is_multi_threaded(&self) -> bool {
        ["#[tokio::main]", "#[tokio::main(worker_threads", "flavor = \"multi_thread\""]
            .iter()
            .any(|main| self.code.contains(main))
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
        let help = "`default-features = false, features = [\"lambda\", …]`, and a feature of your own with `sippycup/local` for `cargo run`";
        (sippycup.has_default_features() || sippycup.features().contains(&"local")).then(|| {
            Finding::advice(PLACE, "`sippycup` has `local`: the local gateway goes to Lambda too, 0.7 MB of it", help)
        })
    }

    fn extractors(&self) -> Option<Finding> {
        let sippycup = self.dependency("sippycup")?;
        let is_wanted = self.dependency("axum").is_some() && !sippycup.features().contains(&"axum");
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
        let features = tokio.features();
        let is_wrong =
            self.is_multi_threaded() && !features.contains(&"rt-multi-thread") && !features.contains(&"full");
        let help = "`#[tokio::main(flavor = \"current_thread\")]`: a function has one request at a time";
        is_wrong.then(|| Finding::wrong("src", "`#[tokio::main]` needs feature `rt-multi-thread` of tokio", help))
    }

    fn threads(&self) -> Option<Finding> {
        let is_current = self.code.contains("flavor = \"current_thread\"");
        if is_current && self.code.contains("block_in_place") {
            let help = "`spawn_blocking` works on every runtime; or `#[tokio::main]` with feature `rt-multi-thread`";
            return Some(Finding::wrong("src", "`block_in_place` panics on a current-thread runtime", help));
        }
        let help = "`#[tokio::main(flavor = \"current_thread\")]`, unless handlers compute in several tasks at the same time or the function is on Managed Instances";
        (self.is_multi_threaded() && self.runtime().is_none()).then(|| {
            Finding::advice(
                "src",
                "a multi-threaded runtime costs memory and a part of the start, for one request at a time",
                help,
            )
        })
    }

    fn panics(&self) -> Option<Finding> {
        // Profiles are those of the whole workspace.
        let root = if self.workspace.is_empty() { &self.manifest } else { &self.workspace };
        let panic = root.get("profile")?.get("release")?.get("panic")?.as_str()?;
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

/// A dependency as the package has it, and as the workspace has it that it is taken from.
struct Dependency<'m> {
    own: &'m Value,
    inherited: Option<&'m Value>,
}

impl<'m> Dependency<'m> {
    fn features(&self) -> Vec<&'m str> {
        let lists = [Some(self.own), self.inherited].into_iter().flatten().filter_map(|value| value.get("features"));
        lists.filter_map(Value::as_array).flatten().filter_map(Value::as_str).collect()
    }

    /// What the workspace switches off, the package can switch on again, and not the other way round.
    fn has_default_features(&self) -> bool {
        let said = |value: &Value| value.get("default-features").and_then(Value::as_bool);
        match self.inherited {
            Some(inherited) => said(inherited).unwrap_or(true) || said(self.own) == Some(true),
            None => said(self.own).unwrap_or(true),
        }
    }
}

/// A file of the project, or what is wrong with it.
fn read(path: &Path) -> Result<String, UsageError> {
    std::fs::read_to_string(path)
        .map_err(|error| UsageError::new(format!("DIR: cannot read {}: {error}", path.display())))
}

fn table(path: &Path) -> Result<Table, UsageError> {
    toml::from_str(&read(path)?)
        .map_err(|error| UsageError::new(format!("DIR: {}: {}", path.display(), error.message())))
}

/// The manifest of the workspace around a package; an empty one if it is its own.
fn workspace(directory: &Path, manifest: &Table) -> Result<Table, UsageError> {
    if manifest.contains_key("workspace") {
        return Ok(manifest.clone());
    }
    let whole = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    for above in whole.ancestors().skip(1).map(|above| above.join("Cargo.toml")).filter(|above| above.is_file()) {
        let table = table(&above)?;
        if table.contains_key("workspace") {
            return Ok(table);
        }
    }
    Ok(Table::new())
}

/// The lines that are built for Lambda: no comments, and no modules that are there for tests alone.
fn without_tests(code: &str) -> String {
    let (mut kept, mut follows, mut inside) = (String::new(), false, false);
    for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
        if inside {
            inside = line != "}";
        } else if follows && line.starts_with("mod ") && line.ends_with('{') {
            inside = true;
        } else {
            kept.extend([line, "\n"]);
        }
        follows = line == "#[cfg(test)]" || follows && line.starts_with("#[");
    }
    kept
}

const PLACE: &str = "Cargo.toml";

#[cfg(test)]
mod tests {
    use super::*;

    fn said(manifest: &str, code: &str) -> String {
        within("", manifest, code)
    }

    /// What is said of a package in a workspace.
    fn within(workspace: &str, manifest: &str, code: &str) -> String {
        let [manifest, workspace] = [manifest, workspace].map(|text| toml::from_str(text).unwrap());
        let package = Package { manifest, workspace, code: without_tests(code) };
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
    fn what_is_there_for_tests_alone_is_not_told() {
        let tests = "#[cfg(test)]\n#[expect(clippy::x)]\nmod tests {\n    fn f() { tokio::spawn(x) }\n}\n";
        assert_eq!(said(GOOD, &format!("{MAIN}\n{tests}")), "");
        assert!(said(GOOD, &format!("{MAIN}\n{tests}fn g() {{ tokio::spawn(x) }}")).contains("`tokio::spawn`"));
        assert!(
            said(GOOD, &format!("{MAIN}\n#[cfg(test)]\nmod tests;\nfn g() {{ tokio::spawn(x) }}"))
                .contains("`tokio::spawn`")
        );
    }

    #[test]
    fn dependencies_and_profiles_of_the_workspace_count() {
        let member = "[dependencies]\naxum.workspace = true\nsippycup = { workspace = true, features = ['axum'] }\n\
            tokio = { workspace = true, features = ['rt'] }\n";
        let root = |features: &str| {
            format!("[workspace.dependencies]\naxum = '0.8'\ntokio = '1'\nsippycup = {{ version = '0.1'{features} }}\n")
        };
        let lean = root(", default-features = false, features = ['lambda']");
        assert_eq!(within(&lean, member, MAIN), "");
        assert!(within(&root(""), member, MAIN).starts_with("advice: Cargo.toml: `sippycup` has `local`"));
        assert!(within(&lean, &member.replace("'axum'", "'server'"), MAIN).contains("without feature `axum`"));
        assert!(within(&lean, member, "#[tokio::main]").starts_with("wrong: src: `#[tokio::main]` needs"));
        assert!(
            within(&format!("{lean}[profile.release]\npanic = 'abort'"), member, MAIN)
                .starts_with("wrong: Cargo.toml: `panic")
        );
    }

    #[test]
    fn a_dependency_is_found_by_the_name_of_its_package() {
        assert_eq!(said(&GOOD.replace("sippycup = { ", "cup = { package = 'sippycup', "), MAIN), "");
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
        assert!(
            said(&threads, "#[tokio::main(flavor = \"multi_thread\")]").starts_with("advice: src: a multi-threaded")
        );
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
