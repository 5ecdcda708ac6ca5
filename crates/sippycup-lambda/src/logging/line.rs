//! One line of the log, in every form that it may have.

use std::{borrow::Cow, time::SystemTime};

use tracing::Level;

use super::fields::Value;
use crate::{
    json::Object,
    log::{cut, escaped, timestamp},
};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    /// Lambda's format `JSON`.
    Json,
    /// Lambda's format `Text`.
    Text,
    /// For a terminal.
    Readable,
}

/// What a line says.
pub(super) struct Line<'a> {
    pub(super) time: SystemTime,
    pub(super) level: Level,
    pub(super) message: &'a str,
    /// The ids of the invocation, with the names of their members.
    pub(super) ids: &'a [(&'static str, String)],
    pub(super) target: &'a str,
    /// The fields of the event and its spans, the most important first.
    pub(super) fields: Vec<(&'static str, &'a Value)>,
}

impl Line<'_> {
    /// The line with its line feed, short enough that CloudWatch does not split it.
    pub(super) fn render(&self, form: Form) -> String {
        let bytes = self.fields.iter().map(|(_, value)| value.as_str().len()).sum::<usize>() + self.message.len();
        let limits = [usize::MAX].into_iter().filter(|_| bytes <= LONGEST).chain(CUTS);
        let fits = limits.map(|limit| self.write(form, limit)).find(|line| line.len() <= LONGEST);
        fits.unwrap_or_else(|| Line { fields: Vec::new(), ..*self }.write(form, 0))
    }

    /// The line, with each text cut to `limit` bytes.
    fn write(&self, form: Form, limit: usize) -> String {
        let mut line = match form {
            Form::Json => self.json(limit),
            Form::Text => self.text(limit),
            Form::Readable => self.readable(limit),
        };
        line.push('\n');
        line
    }

    fn json(&self, limit: usize) -> String {
        let mut json = Object::new();
        json.text("timestamp", &timestamp(self.time));
        json.text("level", self.level.as_str());
        json.text("message", cut(self.message, limit));
        for (name, id) in self.ids() {
            json.text(name, id);
        }
        json.text("target", self.target);
        for (name, value) in self.members() {
            match value {
                Value::Text(text) => json.text(&name, cut(text, limit)),
                Value::Bare(number) => json.bare(&name, number),
            }
        }
        if limit != usize::MAX {
            json.bare("truncated", "true");
        }
        json.end()
    }

    fn text(&self, limit: usize) -> String {
        let mut line = format!("{} {} {}: ", timestamp(self.time), self.level, self.target);
        line.push_str(&escaped(cut(self.message, limit)));
        for (name, id) in self.ids() {
            push_pair(&mut line, name, id);
        }
        for (name, value) in self.members() {
            push_pair(&mut line, &name, cut(value.as_str(), limit));
        }
        if limit != usize::MAX {
            line.push_str(" truncated=true");
        }
        line
    }

    /// For a terminal: the time without the date, and without ids, which are made on this machine and help nobody.
    fn readable(&self, limit: usize) -> String {
        let time = timestamp(self.time);
        debug_assert_eq!(time.len(), 24, "{time}");
        let of_day = time.get(11..23).unwrap_or_default();
        let mut line = format!("{of_day} {:5} {}: ", self.level, self.target);
        let indented: Vec<_> = cut(self.message, limit).lines().map(escaped).collect();
        line.push_str(&indented.join("\n    "));
        for (name, value) in self.members() {
            push_pair(&mut line, &name, cut(value.as_str(), limit));
        }
        line
    }

    /// The ids, cut: those of Lambda are short, but the tenant may come from a client.
    fn ids(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.ids.iter().map(|(name, id)| (*name, cut(id, LONGEST_ID)))
    }

    /// The fields, each with a name that nothing else in the line has. Of two with the same name the first one counts.
    fn members(&self) -> Vec<(Cow<'static, str>, &Value)> {
        let mut members: Vec<(Cow<'static, str>, &Value)> = Vec::with_capacity(self.fields.len());
        for (name, value) in &self.fields {
            // The line has it already, as an id.
            if self.ids.iter().any(|(known, id)| known == name && id == value.as_str()) {
                continue;
            }
            let is_taken = TAKEN.contains(name) || self.ids.iter().any(|(known, _)| known == name);
            let name = if is_taken { Cow::from(format!("field_{name}")) } else { Cow::from(*name) };
            if !members.iter().any(|(known, _)| *known == name) {
                members.push((name, value));
            }
        }
        members
    }
}

fn push_pair(line: &mut String, name: &str, value: &str) {
    line.extend([" ", &escaped(name), "="]);
    let is_plain = !value.is_empty() && !value.contains(|c: char| c.is_whitespace() || c.is_control() || c == '"');
    match is_plain {
        true => line.push_str(value),
        false => line.extend(["\"", &escaped(&value.replace('\\', "\\\\").replace('"', "\\\"")), "\""]),
    }
}

/// Members that are always there, or that say something about the line.
const TAKEN: [&str; 5] = ["timestamp", "level", "message", "target", "truncated"];

/// In bytes. CloudWatch may split a line of 64 KiB, and a part of an object is no JSON.
const LONGEST: usize = 60 * 1024;

const LONGEST_ID: usize = 1024;

/// The lengths that texts are cut to, one after the other, until the line is short enough; in bytes, of which an escape may
/// turn one into six.
const CUTS: [usize; 4] = [40 * 1024, 8 * 1024, 1024, 128];

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn line<'a>(message: &'a str, ids: &'a [(&'static str, String)], fields: &'a [(&'static str, Value)]) -> Line<'a> {
        let fields = fields.iter().map(|(name, value)| (*name, value)).collect();
        Line { time: UNIX_EPOCH, level: Level::WARN, message, ids, target: "shop", fields }
    }

    #[test]
    fn a_line_is_one_flat_object() {
        let ids = [("requestId", "1-2".to_owned())];
        let fields = [("item", Value::Bare("7".to_owned())), ("what", text("a \"b\"")), ("item", text("of a span"))];
        assert_eq!(
            line("no\nstock", &ids, &fields).render(Form::Json),
            "{\"timestamp\":\"1970-01-01T00:00:00.000Z\",\"level\":\"WARN\",\"message\":\"no\\nstock\",\
             \"requestId\":\"1-2\",\"target\":\"shop\",\"item\":7,\"what\":\"a \\\"b\\\"\"}\n"
        );
    }

    #[test]
    fn fields_never_take_the_place_of_what_lambda_reads() {
        let ids = [("requestId", "1-2".to_owned())];
        let fields = ["timestamp", "level", "message", "target", "requestId"].map(|name| (name, text("mine")));
        let json: serde_json::Value = serde_json::from_str(&line("", &ids, &fields).render(Form::Json)).unwrap();
        for name in ["timestamp", "level", "message", "target", "requestId"] {
            assert_ne!(json[name], "mine");
            assert_eq!(json[format!("field_{name}")], "mine");
        }
        // An id that a field repeats is written once; without ids of its own the line has those of the span.
        let same = [("requestId", text("1-2"))];
        assert!(!line("", &ids, &same).render(Form::Json).contains("field_"));
        assert!(line("", &[], &same).render(Form::Json).contains("\"requestId\":\"1-2\""));
    }

    #[test]
    fn in_text_a_line_stays_a_line() {
        let ids = [("requestId", "1-2".to_owned())];
        let fields = [("a", text("x y")), ("b", text("\u{1b}[31m\r\"\\")), ("c", text("")), ("d", text("1"))];
        assert_eq!(
            line("no\nstock\u{9b}", &ids, &fields).render(Form::Text),
            "1970-01-01T00:00:00.000Z WARN shop: no\\nstock\\u{9b} requestId=1-2 a=\"x y\" \
             b=\"\\u{1b}[31m\\r\\\"\\\\\" c=\"\" d=1\n"
        );
        assert_eq!(
            line("no\nstock\u{1b}", &ids, &fields[..1]).render(Form::Readable),
            "00:00:00.000 WARN  shop: no\n    stock\\u{1b} a=\"x y\"\n"
        );
    }

    #[test]
    fn long_lines_are_cut_and_say_so() {
        let (long, ids) = ("é\n".repeat(30_000), [("requestId", "1-2".to_owned())]);
        let many: Vec<_> = (0..300).map(|_| text(&long)).collect();
        let names: Vec<&'static str> = (0..300).map(|at| &*format!("n{at}").leak()).collect();
        for count in [0, 1, 30, 300] {
            let fields: Vec<_> = names.iter().copied().zip(many.iter().cloned()).take(count).collect();
            for form in [Form::Json, Form::Text] {
                let written = line(&long, &ids, &fields).render(form);
                assert!(written.len() <= LONGEST, "{}", written.len());
                assert!(written.contains("truncated") && written.contains("1-2") && written.ends_with('\n'));
                assert_eq!(written.lines().count(), 1);
                if form == Form::Json {
                    serde_json::from_str::<serde_json::Value>(&written).unwrap();
                }
            }
        }
    }
}
