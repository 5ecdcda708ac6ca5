//! A definition that is a file of its own: as a template that has nothing but the API, and the functions that the command line starts.

use crate::template::document::{Entry, Node, Span};

/// The template around a definition; anything else as it is. Functions are those of `--run`, by the names that stand in the URIs.
pub(in crate::template) fn wrapped<'n>(root: Node, functions: impl Iterator<Item = &'n String>) -> Node {
    let is_definition = root.get("paths").is_some() && (root.get("openapi").is_some() || root.get("swagger").is_some());
    if !is_definition || root.get("Resources").is_some() {
        return root;
    }
    let whole = root.span;
    // What the file does not have is at its beginning, and the way to the definition around all of it.
    let span = Span { start: whole.start, end: whole.start };
    let (api, stage) = if is_http(&root) {
        let stage = vec![("ApiId", reference(span)), ("StageName", text(span, "$default"))];
        ("AWS::ApiGatewayV2::Api", resource(span, "AWS::ApiGatewayV2::Stage", stage))
    } else {
        let stage = vec![("RestApiId", reference(span)), ("StageName", text(span, "prod"))];
        ("AWS::ApiGateway::RestApi", resource(span, "AWS::ApiGateway::Stage", stage))
    };
    let mut resources = vec![("Stage", stage), ("Api", resource(whole, api, vec![("Body", root)]))];
    let functions: Vec<_> = functions.collect();
    for name in &functions {
        let function = vec![("FunctionName", text(span, name)), ("Runtime", text(span, "provided.al2023"))];
        resources.push((name, resource(span, "AWS::Lambda::Function", function)));
    }
    map(whole, vec![("Resources", map(whole, resources))])
}

/// Only HTTP APIs have payload formats and `$default`.
fn is_http(root: &Node) -> bool {
    let paths = root.get("paths").map(Node::entries).unwrap_or_default();
    paths.iter().any(|path| {
        let integrations =
            path.value.entries().iter().filter_map(|method| method.value.get("x-amazon-apigateway-integration"));
        path.key.ends_with("$default")
            || integrations.into_iter().any(|integration| integration.get("payloadFormatVersion").is_some())
    })
}

fn resource(span: Span, kind: &str, properties: Vec<(&str, Node)>) -> Node {
    map(span, vec![("Type", text(span, kind)), ("Properties", map(span, properties))])
}

fn reference(span: Span) -> Node {
    map(span, vec![("Ref", text(span, "Api"))])
}

fn text(span: Span, text: &str) -> Node {
    Node::text(span, text)
}

fn map(span: Span, entries: Vec<(&str, Node)>) -> Node {
    let key_span = Span { start: span.start, end: span.start };
    let entries = entries.into_iter().map(|(key, value)| Entry { key: key.to_owned(), key_span, value });
    Node::map(span, entries.collect())
}
