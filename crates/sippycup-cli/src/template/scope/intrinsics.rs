//! Intrinsic functions: what they are once everything is known.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::cidr;
use super::{REGION, Scope};
use crate::template::document::{Entry, Fault, Node, Shape, Span};

impl Scope<'_> {
    /// The value without functions; `None` where `AWS::NoValue` takes it away.
    pub(crate) fn value(&self, node: &Node) -> Result<Option<Node>, Fault> {
        if let Some((function, argument)) = node.as_intrinsic()
            && function != "Condition"
        {
            return self.deeper(node.span, || self.call(function, argument, node.span));
        }
        Ok(Some(match &node.shape {
            Shape::Scalar { .. } => node.clone(),
            Shape::List(items) => {
                let items = items.iter().filter_map(|item| self.value(item).transpose());
                Node::list(node.span, items.collect::<Result<_, _>>()?)
            }
            Shape::Map(entries) => {
                if let Some(entry) = entries.iter().find(|entry| entry.key.starts_with("Fn::")) {
                    return Err(Fault::new(entry.key_span, format_args!("`{}` must be alone in its map", entry.key)));
                }
                let entries = entries.iter().filter_map(|entry| {
                    let value = self.value(&entry.value).transpose()?;
                    Some(value.map(|value| Entry { value, ..entry.clone() }))
                });
                Node::map(node.span, entries.collect::<Result<_, _>>()?)
            }
        }))
    }

    /// The value as text; `None` for nothing.
    pub(crate) fn text(&self, node: &Node) -> Result<Option<String>, Fault> {
        match self.value(node)? {
            Some(value) if !value.is_null() => Ok(Some(value.string()?.to_owned())),
            _ => Ok(None),
        }
    }

    /// What `If` chooses, not yet evaluated; anything else as it is. `None` where the choice is `AWS::NoValue`.
    pub(crate) fn chosen<'n>(&self, node: &'n Node) -> Result<Option<&'n Node>, Fault> {
        match node.as_intrinsic() {
            Some(("Fn::If", argument)) => match argument.items() {
                [name, then, or] => self.chosen(if self.condition(name.string()?, name.span)? { then } else { or }),
                _ => Err(argument.unlike("a condition and two values")),
            },
            Some(("Ref", name)) if name.as_text() == Some("AWS::NoValue") => Ok(None),
            _ => Ok(Some(node)),
        }
    }

    fn call(&self, function: &str, argument: &Node, span: Span) -> Result<Option<Node>, Fault> {
        let wrong = |expected: &str| wrong(function, argument, expected);
        let text = |text: String| Ok(Some(Node::text(span, text)));
        match function {
            "Ref" => match argument.string().map_err(|_| wrong("the name of a parameter or a resource"))? {
                "AWS::NoValue" => Ok(None),
                name => self.reference(name, span).map(Some),
            },
            "Fn::GetAtt" => self.get_att(argument, span).map(Some),
            "Fn::Sub" => self.substitute(argument).and_then(text),
            "Fn::Join" => match argument.items() {
                [separator, list] => text(self.strings(list)?.join(separator.string().unwrap_or_default())),
                _ => Err(wrong("a separator and a list")),
            },
            "Fn::Split" => match argument.items() {
                [separator, whole] => {
                    let separator = separator.string()?;
                    let whole = self.text(whole)?.unwrap_or_default();
                    Ok(Some(Node::list(span, whole.split(separator).map(|part| Node::text(span, part)).collect())))
                }
                _ => Err(wrong("a separator and a text")),
            },
            "Fn::Select" => self.select(argument).map(Some),
            "Fn::If" => match argument.items() {
                [name, then, or] => self.value(if self.condition(name.string()?, name.span)? { then } else { or }),
                _ => Err(wrong("a condition and two values")),
            },
            "Fn::FindInMap" => self.find_in_map(argument, span).map(Some),
            "Fn::ImportValue" => {
                let name = self.text(argument)?.unwrap_or_default();
                Ok(Some(match (self.given(&name), self.exports.get(&name)) {
                    (Some(value), _) => Node::text(span, value),
                    (None, Some(output)) => self.output(output, span),
                    (None, None) => self.ask(&name, span, "another stack exports it"),
                }))
            }
            "Fn::Base64" => text(STANDARD.encode(self.text(argument)?.unwrap_or_default())),
            "Fn::GetAZs" => {
                let region = self.text(argument)?.filter(|region| !region.is_empty());
                let region = region.or_else(|| self.given("AWS::Region").map(str::to_owned));
                let region = region.as_deref().unwrap_or(REGION);
                let zones = ["a", "b", "c"].map(|zone| Node::text(span, format!("{region}{zone}")));
                Ok(Some(Node::list(span, zones.into())))
            }
            "Fn::Cidr" => {
                let argument = self.value(argument)?.ok_or_else(|| wrong("an address block and a count"))?;
                let items: Vec<_> = argument.items().iter().map(Node::string).collect::<Result<_, _>>()?;
                let blocks = cidr::blocks(&items).ok_or_else(|| wrong("an address block, a count, and bits"))?;
                Ok(Some(Node::list(span, blocks.into_iter().map(|block| Node::text(span, block)).collect())))
            }
            "Fn::Length" => match self.value(argument)? {
                Some(list) if matches!(list.shape, Shape::List(_)) => text(list.items().len().to_string()),
                _ => Err(wrong("a list")),
            },
            "Fn::ToJsonString" => {
                text(self.value(argument)?.ok_or_else(|| wrong("a map or a list"))?.to_json().to_string())
            }
            _ => Err(Fault::new(span, unknown(function))),
        }
    }

    fn get_att(&self, argument: &Node, span: Span) -> Result<Node, Fault> {
        let wrong = || wrong("Fn::GetAtt", argument, "a resource and an attribute");
        match self.strings(argument)?.as_slice() {
            [resource, attribute @ ..] if !attribute.is_empty() => self.attribute(resource, &attribute.join("."), span),
            [both] => {
                let (resource, attribute) = both.split_once('.').ok_or_else(wrong)?;
                self.attribute(resource, attribute, span)
            }
            _ => Err(wrong()),
        }
    }

    fn select(&self, argument: &Node) -> Result<Node, Fault> {
        let wrong = |expected: &str| wrong("Fn::Select", argument, expected);
        let [index, list] = argument.items() else { return Err(wrong("an index and a list")) };
        let list = self.value(list)?.ok_or_else(|| wrong("an index and a list"))?;
        let index = self.text(index)?.and_then(|index| index.trim().parse::<usize>().ok());
        let found = index.and_then(|index| list.items().get(index)).filter(|item| !item.is_null());
        let count = list.items().len();
        found.cloned().ok_or_else(|| wrong(&format!("an index below {count}, the length of the list")))
    }

    /// Evaluated items as texts.
    fn strings(&self, list: &Node) -> Result<Vec<String>, Fault> {
        let list = self.value(list)?;
        let items = list.as_ref().map(Node::items).unwrap_or_default();
        items.iter().map(|item| item.string().map(str::to_owned)).collect()
    }

    fn find_in_map(&self, argument: &Node, span: Span) -> Result<Node, Fault> {
        let (keys, default) = match argument.items() {
            [map, top, second] => ([map, top, second], None),
            [map, top, second, default] => ([map, top, second], default.get("DefaultValue")),
            _ => return Err(argument.unlike("the names of a map and of two keys")),
        };
        let mut found = self.root.get("Mappings");
        for key in keys {
            let name = self.text(key)?.unwrap_or_default();
            let inner = found.and_then(|map| map.get(&name));
            if inner.is_none() && default.is_none() {
                return Err(key.fault(format_args!("`Mappings` have no `{name}` there")));
            }
            found = inner;
        }
        match (found, default) {
            (Some(found), _) => Ok(Node { span, ..found.clone() }),
            (None, Some(default)) => Ok(self.value(default)?.unwrap_or_else(|| Node::text(span, ""))),
            (None, None) => Err(argument.unlike("keys of a map")),
        }
    }

    /// `${Name}`, `${Resource.Attribute}` and `${!Literal}`.
    fn substitute(&self, argument: &Node) -> Result<String, Fault> {
        let (template, own) = match &argument.shape {
            Shape::List(items) => match items.as_slice() {
                [template, own] => (template, Some(own)),
                _ => return Err(argument.unlike("a text, or a list of a text and a map")),
            },
            _ => (argument, None),
        };
        let text = template.string()?;
        let mut whole = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            whole.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                whole.push_str("${");
                rest = after;
                continue;
            };
            rest = after;
            let name = name.trim();
            if let Some(literal) = name.strip_prefix('!') {
                whole.push_str(&format!("${{{literal}}}"));
                continue;
            }
            let value = match own.and_then(|own| own.get(name)) {
                Some(value) => self.value(value)?,
                None => Some(self.named(name, template.span)?),
            };
            let value = value.unwrap_or_else(|| Node::text(template.span, ""));
            match value.as_text() {
                Some(text) => whole.push_str(text),
                None if value.is_null() => {}
                None => {
                    return Err(Fault::new(
                        template.span,
                        format_args!("`${{{name}}}`: {}", value.unlike("a string").message),
                    ));
                }
            }
        }
        whole.push_str(rest);
        Ok(whole)
    }

    fn named(&self, name: &str, span: Span) -> Result<Node, Fault> {
        match name.split_once('.') {
            // `F.Alias` is a name of its own to SAM.
            Some((resource, attribute)) if !self.is_reference(name) => self.attribute(resource, attribute, span),
            _ => self.reference(name, span),
        }
    }
}

fn wrong(function: &str, argument: &Node, expected: &str) -> Fault {
    Fault::new(argument.span, format_args!("`{function}`: {}", argument.unlike(expected).message))
}

/// Why a function has no value.
fn unknown(function: &str) -> String {
    match function {
        "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" => format!("`{function}` belongs into `Conditions`"),
        _ if function.starts_with("Fn::ForEach") => format!(
            "`{function}` is of AWS::LanguageExtensions, which `Transform` does not name, or not beside the keys of a map"
        ),
        _ => format!("`{function}` is no function that is known here"),
    }
}
