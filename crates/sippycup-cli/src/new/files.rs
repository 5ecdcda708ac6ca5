//! The files of a project. `cargo generate` can read the same folder.

/// Name and text of each.
pub(super) const FILES: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("template/Cargo.toml.liquid")),
    ("src/main.rs", include_str!("template/src/main.rs.liquid")),
    ("src/tests.rs", include_str!("template/src/tests.rs.liquid")),
    ("template.yaml", include_str!("template/template.yaml.liquid")),
    ("README.md", include_str!("template/README.md.liquid")),
    (".gitignore", include_str!("template/.gitignore")),
    (".github/workflows/deploy.yml", include_str!("template/.github/workflows/deploy.yml")),
];

/// A text for a project: the two words of Liquid that the files have, `{{project-name}}` and lines between `{%- if door == "…" %}`, or `!=`, and `{%- endif %}`.
///
/// The dash takes the line end before it away. So these lines leave nothing behind, here and where `cargo generate` reads them.
pub(super) fn rendered(text: &str, name: &str, door: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut taken = true;
    for line in text.lines() {
        if let Some(condition) = line.strip_prefix("{%- if door == \"") {
            taken = condition.strip_suffix("\" %}") == Some(door);
        } else if let Some(condition) = line.strip_prefix("{%- if door != \"") {
            taken = condition.strip_suffix("\" %}") != Some(door);
        } else if line == "{%- endif %}" {
            taken = true;
        } else if taken {
            written.push_str(&line.replace("{{project-name}}", name));
            written.push('\n');
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::super::Door;
    use super::*;

    #[test]
    fn lines_of_other_doors_are_left_out() {
        let text = "a {{project-name}}\n{%- if door == \"alb\" %}\nb\n{%- endif %}\n{%- if door == \"rest-api\" %}\nc\n{%- endif %}\n{%- if door != \"alb\" %}\ne\n{%- endif %}\n${{ d }}\n";
        assert_eq!(rendered(text, "x", "rest-api"), "a x\nc\ne\n${{ d }}\n");
        assert_eq!(rendered(text, "x", "alb"), "a x\nb\n${{ d }}\n");
    }

    /// What `cargo generate` would read otherwise than this: it knows all of Liquid, in every file that it is not told to leave alone.
    #[test]
    fn the_files_have_nothing_else_of_liquid() {
        let layout = include_str!("template/cargo-generate.toml");
        for (file, text) in FILES {
            if layout.contains(&format!("\"{file}\"")) {
                assert!(!text.contains("{{project") && !text.contains("{%"), "{file} is copied as it is");
                continue;
            }
            let mut before = "";
            for line in text.lines() {
                let is_tag = ["{%- if door == \"", "{%- if door != \""]
                    .iter()
                    .any(|tag| line.starts_with(tag) && line.ends_with("\" %}"))
                    || line == "{%- endif %}";
                assert_eq!(is_tag, line.contains("{%"), "{file}: {line}");
                // The dash would take it away too.
                assert!(!is_tag || !before.trim().is_empty(), "{file}: an empty line before {line}");
                assert!(!line.replace("{{project-name}}", "").contains("{{"), "{file}: {line}");
                before = line;
            }
        }
    }

    #[test]
    fn the_layout_of_cargo_generate_has_the_same_doors() {
        let layout: toml::Table = include_str!("template/cargo-generate.toml").parse().unwrap();
        let door = &layout["placeholders"]["door"];
        let choices: Vec<_> =
            door["choices"].as_array().unwrap().iter().map(|choice| choice.as_str().unwrap()).collect();
        let doors: Vec<_> = Door::value_variants().iter().map(|door| door.as_str()).collect();
        assert_eq!(choices, doors);
        assert_eq!(door["default"].as_str(), Some(Door::HttpApi.as_str()));
        // All that it would write is what is written here.
        let names = |directory: &str| {
            let path = format!("{}/src/new/template/{directory}", env!("CARGO_MANIFEST_DIR"));
            std::fs::read_dir(path).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_file()).count()
        };
        let files = names("") + names("src") + names(".github/workflows");
        assert_eq!(files, FILES.len() + 1, "and the layout itself");
    }

    #[test]
    fn the_version_is_this_one() {
        let (major_minor, _) = env!("CARGO_PKG_VERSION").rsplit_once('.').unwrap();
        let manifest = FILES.iter().find(|(file, _)| *file == "Cargo.toml").unwrap().1;
        assert!(manifest.contains(&format!("sippycup = {{ version = \"{major_minor}\"")));
        assert!(manifest.contains(&format!("sippycup-gateway = {{ version = \"{major_minor}\"")));
    }
}
