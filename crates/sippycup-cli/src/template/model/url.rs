//! Function URLs, as SAM and CloudFormation write them.

use super::{Access, Guard, Sort, Target, Url, cors};
use crate::template::document::{Fault, Node};
use crate::template::scope::Scope;

/// `FunctionUrlConfig`, and the properties of `AWS::Lambda::Url`, which has the same.
pub(crate) fn read(scope: &Scope<'_>, id: &str, target: Target, config: &Node) -> Result<Url, Fault> {
    let own = |key: &str| config.get(key).map(|node| scope.text(node)).transpose().map(Option::flatten);
    let access = match own("AuthType")?.as_deref() {
        Some("NONE") => Access::Open,
        Some("AWS_IAM") => Access::Guarded(Guard {
            name: "AWS_IAM".to_owned(),
            sort: Sort::Iam,
            scopes: Vec::new(),
            key: false,
            plan: None,
        }),
        _ => return Err(config.get("AuthType").unwrap_or(config).unlike("`AuthType`, NONE or AWS_IAM")),
    };
    let cors = cors::read(scope, config.get("Cors"))?;
    let stream = own("InvokeMode")?.as_deref() == Some("RESPONSE_STREAM");
    Ok(Url { id: id.to_owned(), span: config.span, target, stream, access, cors })
}
