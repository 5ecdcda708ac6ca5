//! API keys and usage plans of REST APIs.

use sippycup_gateway::Throttle;

use super::Usage;
use super::throttles;
use crate::plan::{Period, QuotaTable, UsageTable};
use crate::template::document::{Fault, Node};
use crate::template::scope::{Resource, Scope};

/// A usage plan, with its stages and keys.
#[derive(Debug)]
pub(crate) struct OfStages {
    stages: Vec<OfStage>,
    table: UsageTable,
}

/// A stage of an API.
#[derive(Debug)]
struct OfStage {
    api: String,
    name: String,
    /// Of single methods.
    throttles: Vec<(String, Throttle)>,
}

/// The usage plans that are resources.
pub(crate) fn of_resources(scope: &Scope<'_>) -> Result<Vec<OfStages>, Fault> {
    let mut plans = Vec::new();
    for plan in resources(scope, "AWS::ApiGateway::UsagePlan")? {
        let Some(properties) = scope.value(plan.properties)? else { continue };
        let mut stages = Vec::new();
        for stage in properties.get("ApiStages").map(Node::items).unwrap_or_default() {
            let text = |key: &str| stage.get(key).and_then(Node::as_text).map(str::to_owned);
            let throttles = throttles::of_plan(stage.get("Throttle"))?;
            let (Some(api), Some(name)) = (text("ApiId"), text("Stage")) else { continue };
            stages.push(OfStage { api, name, throttles });
        }
        let mut table = limits(&properties)?;
        for link in resources(scope, "AWS::ApiGateway::UsagePlanKey")? {
            let Some(link) = scope.value(link.properties)? else { continue };
            let text = |key: &str| link.get(key).and_then(Node::as_text);
            if text("UsagePlanId") == Some(plan.id)
                && let Some(id) = text("KeyId")
            {
                table.keys.extend(key(scope, id)?);
            }
        }
        plans.push(OfStages { stages, table });
    }
    Ok(plans)
}

/// Quota and throttle of a plan, as resources and SAM write them.
pub(crate) fn limits(plan: &Node) -> Result<UsageTable, Fault> {
    let mut table = UsageTable::default();
    if let Some(quota) = plan.get("Quota").filter(|quota| quota.is_map()) {
        let part = |key: &str| quota.get(key).ok_or_else(|| quota.unlike(&format!("a quota with `{key}`")));
        let (limit, period) = (part("Limit")?, part("Period")?);
        let requests = |node: &Node| {
            let whole = node.as_text().and_then(|text| text.parse().ok());
            whole.ok_or_else(|| node.unlike("a whole number of requests"))
        };
        table.quota = Some(QuotaTable {
            limit: requests(limit)?,
            period: Period::parse(period.string()?).ok_or_else(|| period.unlike("DAY, WEEK or MONTH"))?,
            offset: quota.get("Offset").filter(|offset| !offset.is_null()).map_or(Ok(0), requests)?,
        });
    }
    if let Some(throttle) = plan.get("Throttle").filter(|throttle| throttle.is_map()) {
        let limit = throttles::limit(throttle, "RateLimit", "BurstLimit")?;
        table.throttle = limit.map(|throttle| throttle.to_string());
    }
    Ok(table)
}

/// The value of a key that is enabled. One without a value gets one here.
fn key(scope: &Scope<'_>, id: &str) -> Result<Option<String>, Fault> {
    let Some(resource) = scope.section("Resources", id) else {
        let why = format!("the API key `{id}` is not here");
        scope.notes.borrow_mut().pass(id, "the API key", &why);
        return Ok(None);
    };
    if !scope.is_there(resource)? {
        return Ok(None);
    }
    let properties = resource.get("Properties").map(|node| scope.value(node)).transpose()?.flatten();
    let part = |key: &str| properties.as_ref().and_then(|all| all.get(key)).filter(|value| !value.is_null());
    if part("Enabled").is_some_and(|flag| flag.boolean().is_ok_and(|flag| !flag)) {
        return Ok(None);
    }
    match part("Value") {
        Some(value) => Ok(Some(value.string()?.to_owned())),
        None => Ok(Some(made(scope, id))),
    }
}

/// The value of a key for which AWS makes one: the same at each start.
pub(crate) fn made(scope: &Scope<'_>, id: &str) -> String {
    let value = format!("{id}-key-of-this-machine");
    scope.notes.borrow_mut().pass(id, "the value of the API key", &format!("AWS makes one; here it is `{value}`"));
    value
}

/// The plans of the API of an id, by the names of its stages.
pub(crate) fn of_api(plans: &[OfStages], id: &str) -> Vec<Usage> {
    let of = |plan: &OfStages| {
        let own = plan.stages.iter().filter(|stage| stage.api == id);
        own.map(|stage| Usage { stage: stage.name.clone(), table: plan.table.with_routes(&stage.throttles) })
            .collect::<Vec<_>>()
    };
    plans.iter().flat_map(of).collect()
}

fn resources<'t>(scope: &Scope<'t>, kind: &str) -> Result<Vec<Resource<'t>>, Fault> {
    let mut all = Resource::all(scope)?;
    all.retain(|resource| resource.kind == kind);
    Ok(all)
}
