//! Conditions and transforms of rules.

use crate::plan::{ActionPlan, HeaderMatchTable, HeaderTable, MatchTable, QueryTable, RewriteTable, RulePlan};
use crate::template::document::{Fault, Node};
use crate::template::scope::{Resource, Scope};

/// A rule of a load balancer.
pub(super) fn of_balancer(scope: &Scope<'_>, rule: &Resource<'_>, action: ActionPlan) -> Result<RulePlan, Fault> {
    let mut plan = RulePlan { priority: priority(scope, rule)?, action, ..RulePlan::default() };
    let conditions = rule.need(scope, "Conditions")?;
    for condition in conditions.items() {
        condition_of_balancer(condition, &mut plan)?;
    }
    let transforms = rule.value(scope, "Transforms")?;
    for transform in transforms.iter().flat_map(Node::items) {
        let (key, place) = match transform.get("Type").and_then(Node::as_text) {
            Some("url-rewrite") => ("UrlRewriteConfig", &mut plan.url_rewrite),
            Some("host-header-rewrite") => ("HostHeaderRewriteConfig", &mut plan.host_header_rewrite),
            _ => return Err(transform.unlike("a transform of the type `url-rewrite` or `host-header-rewrite`")),
        };
        let rewrite = transform.at(&[key, "Rewrites"]).and_then(|rewrites| rewrites.items().first());
        let text = |key: &str| rewrite.and_then(|rewrite| rewrite.get(key)).and_then(Node::as_text);
        match (text("Regex"), text("Replace")) {
            (Some(regex), replace) => {
                let replace = replace.unwrap_or_default().to_owned();
                *place = Some(RewriteTable { regex: regex.to_owned(), replace });
            }
            (None, _) => return Err(transform.unlike("a rewrite with `Regex` and `Replace`")),
        }
    }
    Ok(plan)
}

fn condition_of_balancer(condition: &Node, plan: &mut RulePlan) -> Result<(), Fault> {
    let field = condition.get("Field").and_then(Node::as_text).unwrap_or_default();
    let key = match field {
        "host-header" => "HostHeaderConfig",
        "http-header" => "HttpHeaderConfig",
        "http-request-method" => "HttpRequestMethodConfig",
        "path-pattern" => "PathPatternConfig",
        "query-string" => "QueryStringConfig",
        "source-ip" => "SourceIpConfig",
        _ => return Err(condition.unlike("a condition with a `Field` that a load balancer has")),
    };
    let config = condition.get(key);
    let list = |values: Option<&Node>| texts(values.map(Node::items).unwrap_or_default());
    // The old form has the values beside the field; both may be there, and are the same then.
    let values = match config.and_then(|config| config.get("Values")) {
        Some(values) if field != "query-string" => list(Some(values))?,
        _ if field != "query-string" => list(condition.get("Values"))?,
        _ => Vec::new(),
    };
    let regex = list(config.and_then(|config| config.get("RegexValues")).or_else(|| condition.get("RegexValues")))?;
    if values.is_empty() && regex.is_empty() && field != "query-string" {
        return Err(condition.unlike("a condition with values"));
    }
    match field {
        "host-header" => (plan.host_header, plan.host_regex) = (values, regex),
        "path-pattern" => (plan.path_pattern, plan.path_regex) = (values, regex),
        "http-request-method" => plan.http_request_method = values,
        "source-ip" => plan.source_ip = values,
        "http-header" => {
            let name = config.and_then(|config| config.get("HttpHeaderName")).and_then(Node::as_text);
            let name = name.ok_or_else(|| condition.unlike("a condition with `HttpHeaderName`"))?.to_owned();
            plan.http_header.push(HeaderTable { name, values, regex });
        }
        _ => {
            let pairs = config.and_then(|config| config.get("Values")).map(Node::items).unwrap_or_default();
            let text = |pair: &Node, key: &str| pair.get(key).and_then(Node::as_text).unwrap_or_default().to_owned();
            let pairs = pairs.iter().map(|pair| QueryTable { key: text(pair, "Key"), value: text(pair, "Value") });
            plan.query_string.push(pairs.collect());
        }
    }
    Ok(())
}

/// A rule of a service of VPC Lattice.
pub(super) fn of_lattice(scope: &Scope<'_>, rule: &Resource<'_>, action: ActionPlan) -> Result<RulePlan, Fault> {
    let mut plan = RulePlan { priority: priority(scope, rule)?, action, ..RulePlan::default() };
    let matched = rule.need(scope, "Match")?;
    let Some(http) = matched.get("HttpMatch") else { return Err(matched.unlike("`HttpMatch`")) };
    let case = |node: &Node| node.get("CaseSensitive").map_or(Ok(false), Node::boolean);
    let text = |node: &Node, key: &str| node.at(&["Match", key]).and_then(Node::as_text).map(str::to_owned);
    plan.method = http.get("Method").and_then(Node::as_text).map(str::to_owned);
    if let Some(path) = http.get("PathMatch") {
        let (exact, prefix) = (text(path, "Exact"), text(path, "Prefix"));
        plan.path_match = Some(MatchTable { exact, prefix, contains: None, case_sensitive: case(path)? });
    }
    for header in http.get("HeaderMatches").map(Node::items).unwrap_or_default() {
        plan.header_match.push(HeaderMatchTable {
            name: header.get("Name").ok_or_else(|| header.unlike("a header match with `Name`"))?.string()?.to_owned(),
            exact: text(header, "Exact"),
            prefix: text(header, "Prefix"),
            contains: text(header, "Contains"),
            case_sensitive: case(header)?,
        });
    }
    Ok(plan)
}

fn priority(scope: &Scope<'_>, rule: &Resource<'_>) -> Result<u32, Fault> {
    let priority = rule.need(scope, "Priority")?;
    let parsed = priority.as_text().and_then(|text| text.parse().ok());
    parsed.ok_or_else(|| priority.unlike("a priority"))
}

fn texts(nodes: &[Node]) -> Result<Vec<String>, Fault> {
    nodes.iter().map(|node| node.string().map(str::to_owned)).collect()
}
