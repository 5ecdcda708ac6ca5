//! Web Functions: no event is made for them, for they speak HTTP themselves.

use super::functions;
use super::functions::Wishes;
use crate::plan::{FunctionPlan, Seconds};
use crate::template::document::{Entry, Fault, Node};
use crate::template::scope::Scope;

/// A Web Function, and the endpoint before it.
#[derive(Clone, Debug)]
pub(crate) struct WebPlan {
    pub(crate) id: String,
    pub(crate) function: FunctionPlan,
    /// Name of the endpoint.
    pub(crate) endpoint: String,
}

/// The Web Functions of a stack.
pub(crate) fn read(scope: &Scope<'_>, wishes: &Wishes<'_>) -> Result<Vec<WebPlan>, Fault> {
    let resources = scope.root.get("Resources").map(Node::entries).unwrap_or_default();
    let mut read = Vec::new();
    for Entry { key: id, key_span, value: resource } in resources {
        if !is_one(resource) || !scope.is_there(resource)? {
            continue;
        }
        let own =
            |key: &str| resource.at(&["Properties", key]).map(|node| scope.text(node)).transpose().map(Option::flatten);
        let planned = functions::plan(scope, id, wishes)?;
        scope.check_asked()?;
        let mut function =
            planned.map_err(|why| Fault::new(*key_span, format_args!("the function cannot be started: {why}")))?;
        if own("Timeout")?.is_none() {
            function.timeout = Seconds(TIMEOUT);
        }
        if own("AuthType")?.as_deref() == Some("IamAuth") {
            scope.notes.borrow_mut().pass(id, "AuthType", "signatures are not checked here: every request passes");
        }
        let endpoint = own("EndpointName")?.unwrap_or_else(|| "prod".to_owned());
        read.push(WebPlan { id: scope.name_of(id), function, endpoint });
    }
    Ok(read)
}

/// Whether a resource is a Web Function.
pub(crate) fn is_one(resource: &Node) -> bool {
    let kind = resource.get("Type").and_then(Node::as_text);
    matches!(kind, Some("AWS::Lambda::WebFunction" | "AWS::Serverless::WebFunction"))
}

/// Of AWS, where nobody says another.
const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(30);
