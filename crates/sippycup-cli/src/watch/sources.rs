//! Which files are source: not what git ignores, what a build writes, or what somebody has excepted.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::error::UsageError;
use crate::patterns::read_patterns;

/// The files below the watched paths.
pub(super) struct Sources {
    roots: Vec<Root>,
    /// Written by the command itself.
    except: Option<PathBuf>,
    /// What each directory says of the files below it, as far as somebody has asked.
    gitignores: HashMap<PathBuf, Gitignore>,
}

struct Root {
    path: PathBuf,
    /// Where the first `.gitignore` can be: at the root of the repository.
    top: PathBuf,
    patterns: Gitignore,
}

impl Sources {
    pub(super) fn new(roots: &[PathBuf], except: Option<PathBuf>, patterns: &[&str]) -> Result<Self, UsageError> {
        let root = |path: &PathBuf| -> Result<Root, UsageError> {
            let top = path.ancestors().find(|above| above.join(".git").exists()).unwrap_or(path);
            Ok(Root { path: path.clone(), top: top.to_owned(), patterns: read_patterns(path, patterns)? })
        };
        Ok(Self { roots: roots.iter().map(root).collect::<Result<_, _>>()?, except, gitignores: HashMap::new() })
    }

    pub(super) fn has(&mut self, path: &Path) -> bool {
        if path.file_name().is_some_and(|name| name == ".gitignore") {
            self.gitignores.clear();
        }
        if self.except.as_deref().is_some_and(|except| path.starts_with(except)) {
            return false;
        }
        let Some(root) = self.roots.iter().find(|root| path.starts_with(&root.path)) else {
            return false;
        };
        let inner = path.strip_prefix(&root.path);
        debug_assert!(inner.is_ok(), "the path starts with its root");
        let inner = inner.unwrap_or(path);
        !inner.components().any(is_never_source) && !is_ignored(path, root, &mut self.gitignores)
    }
}

/// As git decides: a directory that is ignored is so with all that is in it, and the nearest `.gitignore` comes first.
fn is_ignored(path: &Path, root: &Root, gitignores: &mut HashMap<PathBuf, Gitignore>) -> bool {
    let mut current = root.top.clone();
    let mut above = vec![current.clone()];
    let inner = path.strip_prefix(&root.top);
    debug_assert!(inner.is_ok(), "the top of a root is above what is in it");
    let inner: Vec<_> = inner.unwrap_or(path).components().collect();
    for (at, component) in inner.iter().enumerate() {
        current.push(component);
        let is_directory = at + 1 < inner.len() || current.is_dir();
        // Who says that a directory is watched means it, whatever git does with it.
        if current != root.path && current.starts_with(&root.path) {
            let own = root.patterns.matched(&current, is_directory).map(|_| ());
            let decided = above.iter().rev().fold(own, |decided, directory| {
                let gitignore = gitignores.entry(directory.clone()).or_insert_with(|| gitignore(directory));
                decided.or(gitignore.matched(&current, is_directory).map(|_| ()))
            });
            if decided.is_ignore() {
                return true;
            }
        }
        above.push(current.clone());
    }
    false
}

/// What a directory says; lines that are no patterns say nothing, as to git.
fn gitignore(directory: &Path) -> Gitignore {
    let mut builder = GitignoreBuilder::new(directory);
    for file in [".git/info/exclude", ".gitignore"].map(|file| directory.join(file)) {
        if file.exists() {
            builder.add(file);
        }
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

/// Build output, hidden files and backups, where there is no `.gitignore` too.
fn is_never_source(part: Component<'_>) -> bool {
    let part = part.as_os_str().to_string_lossy();
    part.starts_with('.') || part.ends_with('~') || ["__pycache__", "node_modules", "target"].contains(&part.as_ref())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn directory(name: &str) -> PathBuf {
        let directory = std::env::temp_dir().join(format!("sippycup-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).unwrap();
        directory.canonicalize().unwrap()
    }

    #[test]
    fn build_output_hidden_files_and_recordings_are_no_source() {
        let mut sources = Sources::new(&["/app".into()], Some("/app/events".into()), &[]).unwrap();
        for (path, source) in [
            ("/app/src/main.rs", true),
            ("/app/Cargo.toml", true),
            ("/app/target/debug/app", false),
            ("/app/.git/index", false),
            ("/app/src/main.rs~", false),
            ("/app/events/000001.event.json", false),
            ("/other/src/main.rs", false),
        ] {
            assert_eq!(sources.has(Path::new(path)), source, "{path}");
        }
    }

    #[test]
    fn what_git_ignores_is_no_source_from_the_root_of_the_repository_on() {
        let top = directory("gitignore");
        let app = top.join("apps/shop");
        fs::create_dir_all(app.join("src/generated")).unwrap();
        fs::create_dir_all(top.join(".git/info")).unwrap();
        fs::write(top.join(".git/info/exclude"), "private\n").unwrap();
        fs::write(top.join(".gitignore"), "*.log\n/apps/shop/dist/\n").unwrap();
        fs::write(app.join(".gitignore"), "!keep.log\nsrc/generated/*\n!src/generated/kept.rs\n").unwrap();
        let mut sources = Sources::new(std::slice::from_ref(&app), None, &["*.md", "!dist"]).unwrap();
        let mut check = |path: &str, source| assert_eq!(sources.has(&app.join(path)), source, "{path}");
        for (path, source) in [
            ("src/main.rs", true),
            ("debug.log", false),
            ("keep.log", true),
            ("src/generated/api.rs", false),
            ("src/generated/kept.rs", true),
            ("private/notes.rs", false),
            ("README.md", false),
            ("dist/app.js", true),
            ("dist/app.log", false),
        ] {
            check(path, source);
        }
        // A directory that git ignores is watched if somebody says so.
        let mut inside = Sources::new(&[app.join("private")], None, &[]).unwrap();
        assert!(inside.has(&app.join("private/notes.rs")));
        assert!(!inside.has(&app.join("private/notes.log")));
        // The file is read again when it changes.
        fs::write(app.join(".gitignore"), "").unwrap();
        check(".gitignore", false);
        check("keep.log", false);
        fs::remove_dir_all(top).unwrap();
    }
}
