//! `Outputs`: what a stack says about itself, to people and to other stacks.

use super::Scope;
use super::output::Output;
use super::references::api_id;
use crate::template::document::{Entry, Node};

/// The outputs of a stack whose values can be known. Nothing is served because of an output, and so one that cannot be known ends nothing.
pub(crate) fn read(scope: &Scope<'_>) -> Vec<Output> {
    let outputs = scope.root.get("Outputs").map(Node::entries).unwrap_or_default();
    let mut known = Vec::new();
    for Entry { key, key_span, value: output } in outputs {
        if !scope.attempt(|| scope.is_there(output)).and_then(Result::ok).unwrap_or(false) {
            continue;
        }
        scope.take_invented();
        let value = output.get("Value").and_then(|value| scope.attempt(|| scope.value(value)));
        let export = output.at(&["Export", "Name"]).and_then(|name| scope.attempt(|| scope.text(name)));
        let invented = scope.take_invented();
        match value {
            Some(Ok(Some(value))) => {
                let export = export.and_then(Result::ok).flatten();
                known.push(Output { name: key.clone(), value, export, invented });
            }
            Some(Err(fault)) => {
                scope.notes.borrow_mut().warn(*key_span, format_args!("the output has no value: {}", fault.message));
            }
            Some(Ok(None)) | None => {}
        }
    }
    known
}

/// A text in which the address of an API or a function URL on AWS is the one on this machine: `id` is its logical id.
pub(crate) fn local(text: &str, id: &str, stage: Option<&str>, url: &str) -> Option<String> {
    let url = url.trim_end_matches('/');
    let host = format!("://{}.", api_id(id));
    let at = text.find(&host)?;
    let scheme = text.get(..at)?.rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |before| before + 1);
    let rest = text.get(at + host.len()..)?;
    if !["execute-api.", "lambda-url."].iter().any(|service| rest.starts_with(service)) {
        return None;
    }
    let path = rest.find('/').map_or("", |at| rest.split_at(at).1);
    // The base path of the URL has the stage already. An address with another stage is one of another front door.
    let path = match stage {
        Some(stage) if stage != "$default" && !matches!(path, "" | "/") => {
            let path = path.strip_prefix('/')?.strip_prefix(stage)?;
            Some(path).filter(|path| path.is_empty() || path.starts_with('/'))?
        }
        _ => path,
    };
    Some(format!("{}{url}{path}", text.get(..scheme)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_on_aws_become_those_of_this_machine() {
        let host = format!("https://{}.execute-api.us-east-1.amazonaws.com", api_id("Api"));
        let rest = |text: &str| local(text, "Api", Some("Prod"), "http://127.0.0.1:9000/Prod/");
        assert_eq!(rest(&format!("{host}/Prod/hello/")).as_deref(), Some("http://127.0.0.1:9000/Prod/hello/"));
        assert_eq!(rest(&format!("at {host}/Prod")).as_deref(), Some("at http://127.0.0.1:9000/Prod"));
        assert_eq!(rest(&format!("{host}/Production")), None);
        let http = |text: &str| local(text, "Api", Some("$default"), "http://127.0.0.1:9000/");
        assert_eq!(http(&host).as_deref(), Some("http://127.0.0.1:9000"));
        assert_eq!(http(&format!("{host}/x")).as_deref(), Some("http://127.0.0.1:9000/x"));
        assert_eq!(local(&host, "Other", None, "http://127.0.0.1:9000/"), None);
        assert_eq!(http(&format!("https://{}.s3.amazonaws.com/x", api_id("Api"))), None);
        let url = format!("https://{}.lambda-url.us-east-1.on.aws/", api_id("ShopUrl"));
        assert_eq!(local(&url, "ShopUrl", None, "http://127.0.0.1:9001/").as_deref(), Some("http://127.0.0.1:9001/"));
    }
}
