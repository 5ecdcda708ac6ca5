//! CORS of HTTP APIs and function URLs, as SAM, OpenAPI and CloudFormation spell it.

use super::said;
use crate::plan::{CorsTable, Said};
use crate::template::document::{Fault, Node};
use crate::template::scope::Scope;

/// Reads a configuration; `true` of SAM allows every origin.
pub(crate) fn read(scope: &Scope<'_>, node: Option<&Node>) -> Result<Option<Said<CorsTable>>, Fault> {
    let Some(node) = node.map(|node| scope.value(node)).transpose()?.flatten().filter(|node| !node.is_null()) else {
        return Ok(None);
    };
    let at = |table: CorsTable| {
        let place = said(node.span, "");
        Ok(Some(Said { value: table, span: place.span }))
    };
    if !node.is_map() {
        let all = CorsTable { allow_origins: vec!["*".to_owned()], ..CorsTable::default() };
        return if node.boolean()? { at(all) } else { Ok(None) };
    }
    let any = |keys: [&str; 2]| keys.iter().find_map(|key| node.get(key)).filter(|value| !value.is_null());
    let list = |keys: [&str; 2]| -> Result<Vec<String>, Fault> {
        let items = any(keys).map(Node::items).unwrap_or_default();
        items.iter().map(|item| item.string().map(str::to_owned)).collect()
    };
    let age = any(["maxAge", "MaxAge"]);
    let max_age = age.map(|node| {
        node.as_text().and_then(|text| text.trim().parse().ok()).ok_or_else(|| node.unlike("a whole number of seconds"))
    });
    at(CorsTable {
        allow_origins: list(["allowOrigins", "AllowOrigins"])?,
        allow_methods: list(["allowMethods", "AllowMethods"])?,
        allow_headers: list(["allowHeaders", "AllowHeaders"])?,
        expose_headers: list(["exposeHeaders", "ExposeHeaders"])?,
        max_age: max_age.transpose()?,
        allow_credentials: any(["allowCredentials", "AllowCredentials"])
            .map(Node::boolean)
            .transpose()?
            .unwrap_or(false),
    })
}

/// A mapping expression `'*'` says `*`.
pub(crate) fn unquoted(text: &str) -> String {
    text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).unwrap_or(text).to_owned()
}
