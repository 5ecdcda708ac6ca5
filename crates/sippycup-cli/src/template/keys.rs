//! API keys and usage plans of REST APIs.

use super::cloudformation::Resource;
use super::model::Usage;
use super::node::Node;
use super::scope::Scope;
use super::source::Fault;
use crate::plan::{Period, QuotaTable, UsageTable};

/// A usage plan, and what it is about.
#[derive(Debug)]
pub(super) struct OfStages {
    /// Ids of APIs with the names of their stages.
    stages: Vec<(String, String)>,
    table: UsageTable,
}

/// The usage plans that are resources.
pub(super) fn of_resources(scope: &Scope<'_>) -> Result<Vec<OfStages>, Fault> {
    let mut plans = Vec::new();
    for plan in resources(scope, "AWS::ApiGateway::UsagePlan")? {
        let Some(properties) = scope.value(plan.properties)? else { continue };
        let mut stages = Vec::new();
        for stage in properties.get("ApiStages").map(Node::items).unwrap_or_default() {
            let text = |key: &str| stage.get(key).and_then(Node::as_text).map(str::to_owned);
            if stage.get("Throttle").is_some() {
                scope.notes.borrow_mut().pass(plan.id, "Throttle of methods", "only whole plans are throttled here");
            }
            stages.extend(text("ApiId").zip(text("Stage")));
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
pub(super) fn limits(plan: &Node) -> Result<UsageTable, Fault> {
    let mut table = UsageTable::default();
    if let Some(quota) = plan.get("Quota").filter(|quota| quota.is_map()) {
        let part = |key: &str| quota.get(key).ok_or_else(|| quota.unlike(&format!("a quota with `{key}`")));
        let (limit, period) = (part("Limit")?, part("Period")?);
        let whole = limit.as_text().and_then(|text| text.parse().ok());
        table.quota = Some(QuotaTable {
            limit: whole.ok_or_else(|| limit.unlike("a whole number of requests"))?,
            period: Period::parse(period.string()?).ok_or_else(|| period.unlike("DAY, WEEK or MONTH"))?,
        });
    }
    if let Some(throttle) = plan.get("Throttle").filter(|throttle| throttle.is_map()) {
        let number = |key: &str| throttle.get(key).map(Node::number).transpose();
        // A limit that is not there is none.
        let (rate, burst) = (number("RateLimit")?.unwrap_or(1e9), number("BurstLimit")?.unwrap_or(1e9));
        table.throttle = Some(format!("{rate}/{burst:.0}"));
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
pub(super) fn made(scope: &Scope<'_>, id: &str) -> String {
    let value = format!("{id}-key-of-this-machine");
    scope.notes.borrow_mut().pass(id, "the value of the API key", &format!("AWS makes one; here it is `{value}`"));
    value
}

/// The plans of the API of an id, by the names of its stages.
pub(super) fn of_api(plans: &[OfStages], id: &str) -> Vec<Usage> {
    let of = |plan: &OfStages| {
        let own = plan.stages.iter().filter(|(of, _)| of == id);
        own.map(|(_, stage)| Usage { stage: stage.clone(), table: plan.table.clone() }).collect::<Vec<_>>()
    };
    plans.iter().flat_map(of).collect()
}

fn resources<'t>(scope: &Scope<'t>, kind: &str) -> Result<Vec<Resource<'t>>, Fault> {
    let mut all = Resource::all(scope)?;
    all.retain(|resource| resource.kind == kind);
    Ok(all)
}
