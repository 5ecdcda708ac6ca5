//! What an attribute leads to: by the value that it has, or, before an apply, by the references of the configuration.
//!
//! ```text
//! uri = var.function          var ──► the call of the module ──► module.shop.arn ──► its output ──► aws_lambda_function.this[0].arn
//! ```
//!
//! A reference says which resource, seldom which instance of it: the one with the same key is meant. Of several nobody can know.

use super::plan::{Instance, Plan};
use crate::template::document::Node;

/// What an attribute leads to.
#[derive(Debug)]
pub(super) enum Link<'p> {
    /// A resource of the plan, by the attribute that is meant; empty where the configuration does not say which.
    To {
        target: usize,
        attribute: &'p str,
    },
    /// Something that is not in the plan.
    Text(&'p Node),
    /// Only an apply makes it known. These may be meant.
    Unknown(Vec<usize>),
    Nothing,
}

impl<'p> Plan<'p> {
    /// What an attribute with a value and an expression leads to: a resource of one of the types.
    pub(super) fn link(
        &self,
        from: &Instance<'p>,
        value: Option<&'p Node>,
        expression: Option<&'p Node>,
        kinds: &[&str],
    ) -> Link<'p> {
        if let Some(value) = value {
            let text = value.as_text().map(|text| text.strip_prefix("integrations/").unwrap_or(text));
            return match text {
                Some(text) => self.named(text, kinds).unwrap_or(Link::Text(value)),
                None => Link::Nothing,
            };
        }
        let Some(references) = expression.and_then(|expression| expression.get("references")) else {
            return Link::Nothing;
        };
        let mut search = Search { plan: self, kinds, found: Vec::new(), steps: 0 };
        search.follow(references, &Place { module: from.module, key: from.key, each: each(from.config) });
        match search.found.as_slice() {
            [(target, attribute)] => Link::To { target: *target, attribute },
            several => Link::Unknown(several.iter().map(|(target, _)| *target).collect()),
        }
    }

    /// The resource with such an id.
    fn named(&self, text: &str, kinds: &[&str]) -> Option<Link<'p>> {
        self.instances.iter().enumerate().filter(|(_, instance)| kinds.contains(&instance.kind)).find_map(
            |(target, instance)| {
                let attribute = IDS.iter().find(|id| instance.text(id) == Some(text))?;
                Some(Link::To { target, attribute })
            },
        )
    }
}

/// Where a reference stands.
struct Place<'p> {
    module: usize,
    /// The key of the instance that asks.
    key: &'p str,
    /// What it is made for each of.
    each: Option<&'p Node>,
}

struct Search<'a, 'p> {
    plan: &'a Plan<'p>,
    kinds: &'a [&'a str],
    found: Vec<(usize, &'p str)>,
    steps: usize,
}

impl<'p> Search<'_, 'p> {
    fn follow(&mut self, references: &'p Node, place: &Place<'p>) {
        self.steps += 1;
        if self.steps > STEPS {
            return;
        }
        let mut last = "";
        for reference in references.items().iter().filter_map(Node::as_text) {
            // Behind a reference come those that it begins with.
            let is_part =
                last.strip_prefix(reference).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
            if is_part {
                continue;
            }
            last = reference;
            match parts(reference).as_slice() {
                [("var", _), (name, _), ..] => self.follow_variable(name, place),
                [("module", _), (name, key), (output, _), ..] => self.follow_output(name, key, output, place),
                [("each", _), ("value", _), ..] => {
                    if let Some(each) = place.each {
                        self.follow(each, &Place { each: None, ..*place });
                    }
                }
                [("count" | "data" | "each" | "local" | "path" | "self" | "terraform", _), ..] => {}
                [(kind, _), (name, key), rest @ ..] => {
                    let attribute = rest.first().map_or("", |(attribute, _)| attribute);
                    self.follow_resource(kind, name, key, attribute, place);
                }
                _ => {}
            }
        }
    }

    fn follow_variable(&mut self, name: &str, place: &Place<'p>) {
        let Some(module) = self.plan.modules.get(place.module) else { return };
        let (Some(parent), Some(call)) = (module.parent, module.call) else { return };
        if let Some(references) = call.at(&["expressions", name, "references"]) {
            let key = if module.key.is_empty() { place.key } else { module.key };
            self.follow(references, &Place { module: parent, key, each: each(Some(call)) });
        }
    }

    fn follow_output(&mut self, name: &str, key: &str, output: &str, place: &Place<'p>) {
        let modules = self.plan.modules.iter().enumerate();
        let called = modules.filter(|(_, module)| module.parent == Some(place.module) && module.name == name);
        let called = chosen(&called.map(|(at, module)| (at, module.key)).collect::<Vec<_>>(), key, place.key);
        for at in called {
            let config = self.plan.modules.get(at).and_then(|module| module.config);
            if let Some(references) =
                config.and_then(|config| config.at(&["outputs", output, "expression", "references"]))
            {
                self.follow(references, &Place { module: at, key: place.key, each: None });
            }
        }
    }

    fn follow_resource(&mut self, kind: &str, name: &str, key: &str, attribute: &'p str, place: &Place<'p>) {
        let plan = self.plan;
        let instances = plan.instances.iter().enumerate();
        let named = instances.filter(|(_, one)| (one.module, one.kind, one.name) == (place.module, kind, name));
        for at in chosen(&named.map(|(at, instance)| (at, instance.key)).collect::<Vec<_>>(), key, place.key) {
            if self.kinds.contains(&kind) {
                if !self.found.iter().any(|(found, _)| *found == at) {
                    self.found.push((at, attribute));
                }
                continue;
            }
            // `aws_api_gateway_method.get.rest_api_id` leads where that method does.
            let Some(instance) = plan.instances.get(at) else { continue };
            if let Some(text) = instance.text(attribute) {
                if let Some(Link::To { target, attribute }) = plan.named(text, self.kinds) {
                    self.found.push((target, attribute));
                }
            } else if let Some(references) =
                instance.expressions().and_then(|expressions| expressions.at(&[attribute, "references"]))
            {
                let place = Place { module: instance.module, key: instance.key, each: each(instance.config) };
                self.follow(references, &place);
            }
        }
    }
}

/// What a resource or a module is made for each of.
fn each(config: Option<&Node>) -> Option<&Node> {
    config?.at(&["for_each_expression", "references"])
}

/// The one that the reference names, else the one with the same key, else all.
fn chosen(candidates: &[(usize, &str)], named: &str, own: &str) -> Vec<usize> {
    let with =
        |key: &str| -> Vec<usize> { candidates.iter().filter(|(_, other)| *other == key).map(|(at, _)| *at).collect() };
    if !named.is_empty() {
        return with(named);
    }
    match with(own) {
        same if !same.is_empty() => same,
        _ => candidates.iter().map(|(at, _)| *at).collect(),
    }
}

/// `aws_x.y["a.b"].id` is `aws_x`, `y` with the key `["a.b"]`, and `id`.
fn parts(reference: &str) -> Vec<(&str, &str)> {
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    let mut spans = Vec::new();
    for (at, byte) in reference.bytes().enumerate() {
        match byte {
            b'\\' if quoted => {
                escaped = !escaped;
                continue;
            }
            b'"' if !escaped => quoted = !quoted,
            b'.' if !quoted => {
                spans.push((start, at));
                start = at + 1;
            }
            _ => {}
        }
        escaped = false;
    }
    spans.push((start, reference.len()));
    spans
        .into_iter()
        .filter_map(|(start, end)| reference.get(start..end))
        .map(|part| part.split_at(part.find('[').unwrap_or(part.len())))
        .collect()
}

/// Attributes by which resources are told apart.
const IDS: &[&str] = &["id", "arn", "root_resource_id", "execution_arn", "domain_name"];

/// References that refer to each other must come to an end.
const STEPS: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_taken_apart_at_its_dots_and_not_at_those_of_keys() {
        assert_eq!(parts("var.shop"), [("var", ""), ("shop", "")]);
        assert_eq!(parts(r#"module.a["x.y"].out.z"#), [("module", ""), ("a", r#"["x.y"]"#), ("out", ""), ("z", "")]);
        assert_eq!(parts(r#"t.n["a\"].b"].id"#), [("t", ""), ("n", r#"["a\"].b"]"#), ("id", "")]);
        assert_eq!(parts("t.n[0]"), [("t", ""), ("n", "[0]")]);
    }
}
