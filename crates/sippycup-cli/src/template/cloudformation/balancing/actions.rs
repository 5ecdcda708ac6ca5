//! Actions of the rules of a load balancer.

use super::{Reader, weighted};
use crate::plan::{ActionPlan, AuthorizerPlan, ClaimTable, FixedTable, RedirectTable};
use crate::template::document::{Entry, Fault, Node, Shape};

impl Reader<'_, '_> {
    /// The routing action, which is the last one, with the authorizer before it. The other actions that authenticate do not run here, and then nobody passes.
    pub(super) fn action(&mut self, rule: &str, actions: &Node) -> Result<ActionPlan, Fault> {
        let (mut action, mut authorizer) = (None, None);
        for node in actions.items() {
            let sort = node.get("Type").and_then(Node::as_text).unwrap_or_default();
            match sort {
                "forward" => action = Some(self.forward_action(node)?),
                "fixed-response" => action = Some(fixed_response(node)?),
                "redirect" => action = Some(redirect(node)?),
                "jwt-validation" if authorizer.is_none() => match validation(node)? {
                    Ok(plan) => authorizer = Some(plan),
                    Err(what) => return Ok(self.refused(format!("an action of type `{sort}` with {what} in {rule}"))),
                },
                "jwt-validation" => return Ok(self.refused(format!("two actions of type `{sort}` in {rule}"))),
                _ => return Ok(self.refused(format!("an action of type `{sort}` in {rule}"))),
            }
        }
        let action: ActionPlan = action.ok_or_else(|| actions.unlike("an action that routes"))?;
        Ok(ActionPlan { authorizer, ..action })
    }

    fn forward_action(&mut self, node: &Node) -> Result<ActionPlan, Fault> {
        let single = node.get("TargetGroupArn").map(|arn| (arn, 1));
        let several = node.at(&["ForwardConfig", "TargetGroups"]).map(Node::items).unwrap_or_default();
        let several = weighted(several, "TargetGroupArn")?;
        let groups = if several.is_empty() { single.into_iter().collect() } else { several };
        let action = self.forward(node, groups)?;
        let Some(stickiness) = node.at(&["ForwardConfig", "TargetGroupStickinessConfig"]) else { return Ok(action) };
        if !stickiness.get("Enabled").map_or(Ok(false), Node::boolean)? {
            return Ok(action);
        }
        let seconds = stickiness.get("DurationSeconds").and_then(Node::as_text).and_then(|text| text.parse().ok());
        let seconds = seconds.ok_or_else(|| stickiness.unlike("a stickiness with `DurationSeconds`"))?;
        Ok(ActionPlan { stickiness_duration: Some(seconds), ..action })
    }
}

fn fixed_response(node: &Node) -> Result<ActionPlan, Fault> {
    let of = |key: &str| text(node, "FixedResponseConfig", key);
    let status = of("StatusCode").and_then(|status| status.parse().ok());
    let fixed = FixedTable {
        status_code: status.ok_or_else(|| node.unlike("a fixed response with a status"))?,
        content_type: of("ContentType"),
        message_body: of("MessageBody").unwrap_or_default(),
    };
    Ok(ActionPlan { fixed_response: Some(fixed), ..ActionPlan::default() })
}

fn redirect(node: &Node) -> Result<ActionPlan, Fault> {
    let of = |key: &str| text(node, "RedirectConfig", key);
    let status = of("StatusCode").and_then(|status| status.strip_prefix("HTTP_")?.parse().ok());
    let redirect = RedirectTable {
        status_code: Some(status.ok_or_else(|| node.unlike("a redirect with HTTP_301 or HTTP_302"))?),
        protocol: of("Protocol"),
        host: of("Host"),
        port: of("Port"),
        path: of("Path"),
        query: of("Query"),
    };
    Ok(ActionPlan { redirect: Some(redirect), ..ActionPlan::default() })
}

/// The authorizer; `Err` with a setting that is not known here: without it, a token could pass that AWS would refuse.
fn validation(node: &Node) -> Result<Result<AuthorizerPlan, String>, Fault> {
    let config = node.get("JwtValidationConfig").ok_or_else(|| node.unlike("`JwtValidationConfig`"))?;
    if let Some(key) = other(config, &["AdditionalClaims", "Issuer", "JwksEndpoint"]) {
        return Ok(Err(format!("`{key}`")));
    }
    let issuer = config.get("Issuer").and_then(Node::as_text);
    let mut plan = AuthorizerPlan {
        name: Some("jwt-validation".to_owned()),
        issuer: Some(issuer.ok_or_else(|| node.unlike("a `JwtValidationConfig` with `Issuer`"))?.to_owned()),
        ..AuthorizerPlan::default()
    };
    for claim in config.get("AdditionalClaims").map(Node::items).unwrap_or_default() {
        if let Some(key) = other(claim, &["Format", "Name", "Values"]) {
            return Ok(Err(format!("`{key}` of an additional claim")));
        }
        let of = |key: &str| claim.get(key).ok_or_else(|| claim.unlike(&format!("an additional claim with `{key}`")));
        let table = ClaimTable {
            name: of("Name")?.string()?.to_owned(),
            format: of("Format")?.string()?.to_owned(),
            values: of("Values")?
                .items()
                .iter()
                .map(|value| value.string().map(str::to_owned))
                .collect::<Result<_, _>>()?,
        };
        if table.format == "single-string" && table.values.len() > 1 {
            return Ok(Err(format!("several values of the single string `{}`", table.name)));
        }
        plan.additional_claims.push(table);
    }
    Ok(Ok(plan))
}

/// The first key that is none of the known ones, unless its value is an empty list.
fn other<'n>(node: &'n Node, known: &[&str]) -> Option<&'n str> {
    let says = |value: &Node| !matches!(&value.shape, Shape::List(items) if items.is_empty());
    let is_other = |entry: &&Entry| !known.contains(&&*entry.key) && says(&entry.value);
    node.entries().iter().find(is_other).map(|entry| &*entry.key)
}

fn text(node: &Node, config: &str, key: &str) -> Option<String> {
    node.at(&[config, key]).and_then(Node::as_text).map(str::to_owned)
}
