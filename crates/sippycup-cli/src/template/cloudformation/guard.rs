//! The authorizers of methods and routes.

use crate::plan::AuthorizerPlan;
use crate::template::document::{Fault, Node};
use crate::template::model::authorizers::of_plain;
use crate::template::model::{Family, Guard, Sort};
use crate::template::scope::{Resource, Scope};

impl Resource<'_> {
    /// The authorizer of a method or a route.
    pub(super) fn guard(&self, scope: &Scope<'_>, family: Family) -> Result<Option<Guard>, Fault> {
        let kind = self.text(scope, "AuthorizationType")?;
        let name = self.text(scope, "AuthorizerId")?;
        let sort = match kind.as_deref() {
            None | Some("NONE") => return Ok(None),
            Some("AWS_IAM") => Sort::Iam,
            Some("COGNITO_USER_POOLS") => Sort::Cognito,
            Some("CUSTOM") => Sort::Lambda,
            Some("JWT") => Sort::Jwt,
            Some(other) => {
                let place = self.place("AuthorizationType");
                return Err(Fault::new(
                    place,
                    format_args!("expected NONE, AWS_IAM, CUSTOM, COGNITO_USER_POOLS or JWT, found `{other}`"),
                ));
            }
        };
        let scopes = self.value(scope, "AuthorizationScopes")?;
        let scopes = scopes.iter().flat_map(Node::items).filter_map(Node::as_text).map(str::to_owned);
        let plan = match &name {
            Some(id) => authorizer(scope, family, id)?.map(Box::new),
            None => None,
        };
        Ok(Some(Guard {
            name: name.unwrap_or_else(|| "AWS_IAM".to_owned()),
            sort,
            scopes: scopes.collect(),
            key: false,
            plan,
        }))
    }
}

/// How the authorizer of a logical id runs here.
fn authorizer(scope: &Scope<'_>, family: Family, id: &str) -> Result<Option<AuthorizerPlan>, Fault> {
    let Some(properties) = scope.section("Resources", id).and_then(|resource| resource.get("Properties")) else {
        return Ok(None);
    };
    match scope.value(properties)? {
        Some(properties) => of_plain(family, id, &properties),
        None => Ok(None),
    }
}
