//! A plan out of a TOML file, and errors with the line they are about. The schema is in the README.

use std::fmt::Write;
use std::ops::Range;
use std::path::Path;

use super::{Listener, Plan};
use crate::error::UsageError;

impl Plan {
    /// Reads a file; flags that are there as well come first.
    pub(crate) fn read(path: &Path, flags: &Self) -> Result<(Self, Vec<Listener>), UsageError> {
        let wrong = |message: &str| UsageError::new(format!("--config: {}: {message}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| wrong(&error.to_string()))?;
        let mut plan: Self =
            toml::from_str(&text).map_err(|error| wrong(&shown(&text, error.span(), error.message())))?;
        // Relative paths start in the directory of the file.
        let root = path.parent().unwrap_or(Path::new(""));
        plan.events = flags.events.clone().or(plan.events.map(|events| root.join(events)));
        plan.keep_secrets = flags.keep_secrets.clone().or(plan.keep_secrets);
        if let Some(said) = &mut plan.tls {
            said.value.rooted(root);
        }
        plan.tls = flags.tls.clone().or(plan.tls);
        if let Some(said) = &mut plan.tls_client_ca {
            said.value = root.join(&said.value);
        }
        plan.tls_client_ca = flags.tls_client_ca.clone().or(plan.tls_client_ca);
        plan.listen = flags.listen.or(plan.listen);
        plan.invoke_api = flags.invoke_api.or(plan.invoke_api);
        plan.allow_host.extend(flags.allow_host.iter().cloned());
        for function in plan.functions.iter_mut().map(|function| &mut function.value) {
            match &mut function.directory {
                Some(directory) => directory.value = root.join(&directory.value),
                None if function.attach.is_none() && !root.as_os_str().is_empty() => {
                    function.directory = Some(root.to_owned().into());
                }
                None => {}
            }
            for extension in function.extensions.iter_mut().filter(|path| path.value.components().count() > 1) {
                extension.value = root.join(&extension.value);
            }
            for watched in &mut function.watch {
                watched.value = root.join(&watched.value);
            }
        }
        for gateway in &mut plan.gateways.value {
            if let Some(authorizer) = &mut gateway.value.authorizer {
                authorizer.value.rooted(root);
            }
            let rules = gateway.value.rules.iter_mut().map(|rule| &mut rule.value.action);
            let actions = rules.chain(gateway.value.default_action.as_mut().map(|action| &mut action.value));
            actions.filter_map(|action| action.authorizer.as_mut()).for_each(|authorizer| authorizer.rooted(root));
            if let Some(validator) = &mut gateway.value.request_validator {
                validator.value.rooted(root);
            }
        }
        let listeners = plan.checked().map_err(|error| wrong(&shown(&text, error.span, &error.message)))?;
        Ok((plan, listeners))
    }
}

/// The message with line and key, and the line itself.
fn shown(text: &str, span: Option<Range<usize>>, message: &str) -> String {
    let Some((before, rest)) = span.as_ref().and_then(|span| text.split_at_checked(span.start)) else {
        return message.to_owned();
    };
    let number = before.matches('\n').count() + 1;
    let indent = before.rsplit('\n').next();
    debug_assert!(indent.is_some(), "every text has a first part");
    let indent = indent.unwrap_or_default();
    let line = format!("{indent}{}", rest.lines().next().unwrap_or_default());
    let key = key(before).map(|key| format!(", `{key}`")).unwrap_or_default();
    let mut shown = format!("line {number}{key}: {message}");
    let margin = " ".repeat(number.to_string().len());
    let blank: String = indent.chars().map(|c| if c == '\t' { c } else { ' ' }).collect();
    let marked = line.chars().count().saturating_sub(indent.chars().count());
    let length = span.map_or(1, |span| span.len()).clamp(1, marked.max(1));
    let _ = write!(shown, "\n {margin} |\n {number} | {line}\n {margin} | {blank}{}", "^".repeat(length));
    shown
}

/// The key of the value that begins behind `before`; of a value in a list or an inline table the key of the whole.
fn key(before: &str) -> Option<&str> {
    let mut end = before.len();
    let (key, value) = before.rsplit('\n').find_map(|line| {
        let start = end - line.len();
        end = start.saturating_sub(1);
        let key = line.split_once('=')?.0.trim();
        let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        bare.then_some((key, before.get(start..)?))
    })?;
    let count = |marks: [char; 2]| value.matches(marks).count();
    // A value that ended in a line above has nothing to do with this one.
    (!value.contains('\n') || count(['[', '{']) > count([']', '}'])).then_some(key)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_example_has_every_key_and_is_the_one_of_the_readme() {
        let example = include_str!("example.toml");
        assert!(toml::from_str::<Plan>(&example.replace("\n# ", "\n")).is_ok());
        for table in ["", "[[function]]\n", "[[gateway]]\n"] {
            // The error about an unknown key has all known ones.
            let error = toml::from_str::<Plan>(&format!("{table}unknown = 1")).unwrap_err();
            let (_, known) = error.message().split_once("expected one of").unwrap();
            for key in known.split('`').skip(1).step_by(2) {
                assert!([" = ", "]]"].iter().any(|end| example.contains(&format!("{key}{end}"))), "{key}");
            }
        }
        assert!(include_str!("../../README.md").contains(&format!("```toml\n{example}```\n")));
    }

    proptest! {
        #[test]
        fn a_file_is_read_or_refused_with_a_message_whatever_stands_in_it(
            changes in prop::collection::vec((any::<prop::sample::Index>(), 0..20_usize, "\\PC{0,6}|[\\[\\]{}=\"'#\n, .0-9a-z-]{0,6}"), 1..6)
        ) {
            let mut text = include_str!("example.toml").to_owned();
            for (at, length, with) in changes {
                let from = at.index(text.len());
                let end = (from + length).min(text.len());
                if text.is_char_boundary(from) && text.is_char_boundary(end) {
                    text.replace_range(from..end, &with);
                }
            }
            let message = match toml::from_str::<Plan>(&text) {
                Ok(plan) => plan.checked().err().map(|wrong| shown(&text, wrong.span, &wrong.message)),
                Err(error) => Some(shown(&text, error.span(), error.message())),
            };
            prop_assert!(message.is_none_or(|message| !message.is_empty()));
        }
    }

    #[test]
    fn an_error_is_shown_with_its_line_its_key_and_a_mark() {
        let text = "[[gateway]]\nkind = \"soap\"\nroutes = [\n  \"/\",\n  \"x\",\n]\n";
        assert_eq!(
            shown(text, Some(19..25), "no such kind"),
            "line 2, `kind`: no such kind\n   |\n 2 | kind = \"soap\"\n   |        ^^^^^^"
        );
        assert_eq!(
            shown(text, Some(46..49), "no such route"),
            "line 5, `routes`: no such route\n   |\n 5 |   \"x\",\n   |   ^^^"
        );
        assert_eq!(shown(text, Some(0..11), "bad"), "line 1: bad\n   |\n 1 | [[gateway]]\n   | ^^^^^^^^^^^");
        assert_eq!(shown(text, None, "bad"), "bad");
    }
}
