//! YAML and JSON as nodes: tags become intrinsic functions, aliases what they stand for, and of a key that is there twice the last one counts.
//!
//! The only file that knows the parser.

use std::collections::HashMap;

use granit_parser::{Event, Options, Parser, ScalarStyle, Tag};

use super::fault::{Fault, Span};
use super::node::{Entry, Node, Shape};
use crate::certain::Certain;

/// What was read, and what is odd about it.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) root: Node,
    pub(crate) warnings: Vec<Fault>,
}

/// Reads the first document that is a map. `base` is where the file begins among all files.
pub(crate) fn read(text: &str, base: usize) -> Result<Read, Fault> {
    // Some editors write a mark before the first byte, which is no text.
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let text = text.get(mark..).certain();
    let base = base + mark;
    let mut loader = Loader::default();
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.flow_nesting_limit = DEPTH;
    options.block_nesting_limit = DEPTH;
    // Keys of JSON may be longer than those of YAML.
    options.simple_key_max_lookahead = 1 << 16;
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| {
            let at = base + error.marker().byte_offset().unwrap_or(0);
            Fault::new(Span { start: at, end: at }, format_args!("this is neither YAML nor JSON: {}", error.info()))
        })?;
        let range = span.byte_range().unwrap_or(0..0);
        let start = span.tag_start().and_then(|tag| tag.byte_offset()).unwrap_or(range.start).min(range.start);
        loader.event(event, Span { start: base + start, end: base + range.end })?;
        if loader.documents.last().is_some_and(Node::is_map) {
            break;
        }
    }
    let whole = Span { start: base, end: base };
    let root = loader.documents.into_iter().next_back().ok_or_else(|| Fault::new(whole, "the file is empty"))?;
    Ok(Read { root, warnings: loader.warnings })
}

/// Builds nodes from events.
#[derive(Default)]
struct Loader {
    open: Vec<Open>,
    documents: Vec<Node>,
    anchors: HashMap<usize, Anchored>,
    /// Nodes that aliases have copied by now.
    copied: usize,
    warnings: Vec<Fault>,
}

struct Anchored {
    node: Node,
    size: usize,
    depth: usize,
}

/// A collection that has not ended.
struct Open {
    start: usize,
    anchor: usize,
    tag: Option<String>,
    inside: Inside,
}

enum Inside {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, key: Option<(String, Span)> },
}

impl Loader {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Fault> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let shape = Shape::Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain };
                self.done(tagged(Node { span, shape }, tag.as_deref().and_then(short)), anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.begin(span, anchor, tag.as_deref(), Inside::List(Vec::new()));
                Ok(())
            }
            Event::MappingStart(_, anchor, tag) => {
                self.begin(span, anchor, tag.as_deref(), Inside::Map { entries: Vec::new(), key: None });
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor) => {
                let Some(Anchored { node, size, depth }) = self.anchors.get(&anchor) else {
                    return Err(Fault::new(span, "the alias stands for nothing that is complete"));
                };
                self.copied += size;
                if self.copied > COPIES || self.open.len() + depth > 2 * DEPTH {
                    return Err(Fault::new(
                        span,
                        format_args!("aliases stand for more than {COPIES} values, or too deep ones"),
                    ));
                }
                let node = node.clone();
                self.done(node, 0)
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, span: Span, anchor: usize, tag: Option<&Tag>, inside: Inside) {
        self.open.push(Open { start: span.start, anchor, tag: tag.and_then(short), inside });
    }

    fn end(&mut self, span: Span) -> Result<(), Fault> {
        let Some(Open { start, anchor, tag, inside }) = self.open.pop() else { return Ok(()) };
        let span = Span { start, end: span.end };
        let node = match inside {
            Inside::List(items) => Node::list(span, items),
            Inside::Map { entries, .. } => Node::map(span, entries),
        };
        self.done(tagged(node, tag), anchor)
    }

    /// A whole value: it is a key, a value, an item, or the document.
    fn done(&mut self, node: Node, anchor: usize) -> Result<(), Fault> {
        if anchor != 0 {
            let (size, depth) = measured(&node);
            self.anchors.insert(anchor, Anchored { node: node.clone(), size, depth });
        }
        match self.open.last_mut().map(|open| &mut open.inside) {
            None => self.documents.push(node),
            Some(Inside::List(items)) => items.push(node),
            Some(Inside::Map { entries, key }) => match key.take() {
                None => {
                    let Shape::Scalar { text, .. } = node.shape else {
                        return Err(Fault::new(node.span, "expected a string as the key"));
                    };
                    *key = Some((text, node.span));
                }
                Some((key, key_span)) => {
                    if let Some(at) = entries.iter().position(|entry| entry.key == key) {
                        let message = format!("`{key}` is here twice; this one counts, as for SAM");
                        self.warnings.push(Fault::new(key_span, message));
                        self.warnings
                            .push(Fault::new(entries.remove(at).key_span, "the other one, which does not count"));
                    }
                    entries.push(Entry { key, key_span, value: node });
                }
            },
        }
        Ok(())
    }
}

/// `!Sub` and its siblings, by the names of the long form; none for the tags of YAML itself, which change nothing here.
fn short(tag: &Tag) -> Option<String> {
    if tag.handle() != "!" || tag.suffix().is_empty() {
        return None;
    }
    Some(match tag.suffix() {
        name @ ("Ref" | "Condition") => name.to_owned(),
        name => format!("Fn::{name}"),
    })
}

fn tagged(node: Node, tag: Option<String>) -> Node {
    let Some(key) = tag else { return node };
    let span = node.span;
    let value = match &node.shape {
        // `!GetAtt Shop.Arn`; attributes may have dots themselves.
        Shape::Scalar { text, .. } if key == "Fn::GetAtt" => match text.split_once('.') {
            Some((resource, attribute)) => {
                Node::list(span, vec![Node::text(span, resource), Node::text(span, attribute)])
            }
            None => node,
        },
        // What has a tag is text, also if it looks like a number.
        Shape::Scalar { text, .. } => Node::text(span, text.clone()),
        _ => node,
    };
    Node::map(span, vec![Entry { key, key_span: span, value }])
}

/// How many values there are, and how deep.
fn measured(node: &Node) -> (usize, usize) {
    let sum = |(size, depth): (usize, usize), node: &Node| {
        let (more, deep) = measured(node);
        (size + more, depth.max(deep + 1))
    };
    match &node.shape {
        Shape::Scalar { .. } => (1, 1),
        Shape::List(items) => items.iter().fold((1, 1), sum),
        Shape::Map(entries) => entries.iter().map(|entry| &entry.value).fold((1, 1), sum),
    }
}

/// Values that aliases may copy, so that ten lines cannot become a billion values.
const COPIES: usize = 100_000;

/// Collections inside of each other; what reads nodes calls itself for each.
const DEPTH: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn root(text: &str) -> Node {
        read(text, 0).unwrap().root
    }

    #[test]
    fn tags_are_the_long_form_of_functions() {
        let short = root("a: !Ref X\nb: !GetAtt A.B.C\nc: !Select [0, !Split [',', !Ref P]]\nd: !Sub |\n  x${Y}\n");
        assert_eq!(short.at(&["a", "Ref"]).unwrap().as_text(), Some("X"));
        let items: Vec<_> =
            short.at(&["b", "Fn::GetAtt"]).unwrap().items().iter().map(|n| n.as_text().unwrap()).collect();
        assert_eq!(items, ["A", "B.C"]);
        assert_eq!(short.at(&["c", "Fn::Select"]).unwrap().items()[1].as_intrinsic().unwrap().0, "Fn::Split");
        assert_eq!(short.at(&["d", "Fn::Sub"]).unwrap().as_text(), Some("x${Y}\n"));
    }

    #[test]
    fn of_a_key_that_is_there_twice_the_last_one_counts_and_both_are_told() {
        let read = read("a: 1\nb: 2\na: 3\n", 100).unwrap();
        assert_eq!(read.root.get("a").unwrap().as_text(), Some("3"));
        let places: Vec<_> = read.warnings.iter().map(|warning| warning.span.start).collect();
        assert_eq!(places, [110, 100]);
    }

    #[test]
    fn marks_line_ends_and_other_documents_do_no_harm() {
        let node = root("\u{feff}---\r\n- 1\r\n---\r\na: x\r\nb: [1,\r\n  2\r\n]\r\n");
        assert_eq!(node.get("a").unwrap().as_text(), Some("x"));
        assert_eq!(node.get("b").unwrap().items().len(), 2);
        let text = "\u{feff}a:\r\n  b: !Ref c\r\n";
        let span = root(text).at(&["a", "b"]).unwrap().span;
        assert_eq!(text.get(span.start..span.end), Some("!Ref c"));
    }

    #[test]
    fn a_bracket_may_close_further_left_than_yaml_1_2_allows() {
        assert_eq!(root("a:\n  b: [\n    1, 2\n]\nc: 3\n").at(&["a", "b"]).unwrap().items().len(), 2);
    }

    #[test]
    fn dates_stay_text_and_json_is_yaml() {
        assert_eq!(root("Version: 2012-10-17").get("Version").unwrap().as_text(), Some("2012-10-17"));
        assert_eq!(root(r#"{"a": {"b": "\ud83d\ude00\u00e9"}}"#).at(&["a", "b"]).unwrap().as_text(), Some("😀é"));
    }

    #[test]
    fn aliases_are_copies_and_cannot_grow_without_bound() {
        let node = root("a: &x {k: 1}\nb: *x\n");
        assert_eq!(node.at(&["b", "k"]).unwrap().as_text(), Some("1"));
        let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for n in 1..12 {
            let before = format!("*a{}", n - 1);
            bomb.push_str(&format!("a{n}: &a{n} [{}]\n", vec![before; 10].join(",")));
        }
        assert!(read(&bomb, 0).unwrap_err().message.contains("aliases stand for more than"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_with_its_place(text in "(\\PC|[\n\r:\\-\\[\\]{}!&*|>'\"#, ]){0,80}") {
            match read(&text, 7) {
                Ok(read) => prop_assert!(read.root.span.start >= 7),
                Err(fault) => prop_assert!(!fault.message.is_empty() && fault.span.start >= 7),
            }
        }
    }
}
