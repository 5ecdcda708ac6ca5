//! Gateway responses of REST APIs, as SAM, OpenAPI and CloudFormation write them.

use super::said;
use crate::plan::{GatewayResponseTable, Said};
use crate::template::document::{Entry, Fault, Node};
use crate::template::scope::Scope;

/// The gateway responses of an API by their types; of two with the same type the later one counts.
#[derive(Debug, Default)]
pub(crate) struct Responses {
    pub(crate) all: Vec<Said<GatewayResponseTable>>,
}

impl Responses {
    /// `x-amazon-apigateway-gateway-responses` of a definition, or `GatewayResponses` of SAM.
    pub(crate) fn add_all(&mut self, scope: &Scope<'_>, id: &str, node: Option<&Node>) -> Result<(), Fault> {
        let Some(all) = node.map(|node| scope.value(node)).transpose()?.flatten() else { return Ok(()) };
        if !all.is_map() {
            return Err(all.unlike("gateway responses by their types"));
        }
        for Entry { key, key_span, value } in all.entries().iter().filter(|entry| !entry.value.is_null()) {
            self.add(scope, id, &Node::text(*key_span, key), value)?;
        }
        Ok(())
    }

    /// Adds one: `kind` is its type, `node` what it says, all evaluated.
    pub(crate) fn add(&mut self, scope: &Scope<'_>, id: &str, kind: &Node, node: &Node) -> Result<(), Fault> {
        let mut table = GatewayResponseTable { response_type: kind.string()?.to_owned(), ..Default::default() };
        check(&table, kind)?;
        let any = |keys: [&str; 2]| keys.iter().find_map(|key| node.get(key)).filter(|value| !value.is_null());
        if let Some(status) = any(["statusCode", "StatusCode"]) {
            let number = status.as_text().and_then(|text| text.trim().parse().ok());
            table.status_code = Some(number.ok_or_else(|| status.unlike("a status code"))?);
            check(&table, status)?;
        }
        for parameter in any(["responseParameters", "ResponseParameters"]).map(Node::entries).unwrap_or_default() {
            // SAM has the names in maps of their own.
            let named = match &*parameter.key {
                "Headers" => parameter.value.entries(),
                "Paths" | "QueryStrings" => {
                    pass(scope, id, &table, &parameter.key);
                    continue;
                }
                _ => std::slice::from_ref(parameter),
            };
            for Entry { key, value, .. } in named {
                let name = key.strip_prefix("gatewayresponse.header.").unwrap_or(key);
                if name.starts_with("gatewayresponse.") {
                    pass(scope, id, &table, key);
                    continue;
                }
                table.headers.insert(name.to_owned(), value.string()?.to_owned());
                check(&table, value)?;
            }
        }
        for Entry { key, value, .. } in
            any(["responseTemplates", "ResponseTemplates"]).map(Node::entries).unwrap_or_default()
        {
            table.templates.insert(key.clone(), value.string()?.to_owned());
            check(&table, value)?;
        }
        self.all.retain(|other| other.value.response_type != table.response_type);
        let Said { span, .. } = said(kind.span, "");
        self.all.push(Said { value: table, span });
        Ok(())
    }
}

fn check(table: &GatewayResponseTable, place: &Node) -> Result<(), Fault> {
    table.check().map_err(|error| place.fault(error))
}

fn pass(scope: &Scope<'_>, id: &str, table: &GatewayResponseTable, what: &str) {
    let what = format!("{} of the gateway response {}", what, table.response_type);
    scope.notes.borrow_mut().pass(id, &what, "a response has headers only");
}
