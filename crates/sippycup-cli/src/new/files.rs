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

/// A text for a project: the two words of Liquid that the files have, `{{project-name}}` and lines between `{% if door == "…" %}`, or `!=`, and `{% endif %}`.
pub(super) fn rendered(text: &str, name: &str, door: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut taken = true;
    for line in text.lines() {
        if let Some(condition) = line.strip_prefix("{% if door == \"") {
            taken = condition.strip_suffix("\" %}") == Some(door);
        } else if let Some(condition) = line.strip_prefix("{% if door != \"") {
            taken = condition.strip_suffix("\" %}") != Some(door);
        } else if line == "{% endif %}" {
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
    use super::*;

    #[test]
    fn lines_of_other_doors_are_left_out() {
        let text = "a {{project-name}}\n{% if door == \"alb\" %}\nb\n{% endif %}\n{% if door == \"rest-api\" %}\nc\n{% endif %}\n{% if door != \"alb\" %}\ne\n{% endif %}\n${{ d }}\n";
        assert_eq!(rendered(text, "x", "rest-api"), "a x\nc\ne\n${{ d }}\n");
        assert_eq!(rendered(text, "x", "alb"), "a x\nb\n${{ d }}\n");
    }

    #[test]
    fn the_files_have_nothing_else_of_liquid() {
        for (file, text) in FILES {
            for door in ["http-api", "rest-api", "function-url", "alb", "websocket"] {
                let text = rendered(text, "x", door).replace("${{", "");
                assert!(!text.contains("{{") || *file == "src/tests.rs", "{file}");
                assert!(!text.contains("{%"), "{file}");
            }
        }
    }

    #[test]
    fn the_version_is_this_one() {
        let (major_minor, _) = env!("CARGO_PKG_VERSION").rsplit_once('.').unwrap();
        let manifest = FILES.iter().find(|(file, _)| *file == "Cargo.toml").unwrap().1;
        assert!(manifest.contains(&format!("sippycup = {{ version = \"{major_minor}\"")));
        assert!(manifest.contains(&format!("sippycup-gateway = {{ version = \"{major_minor}\"")));
    }
}
