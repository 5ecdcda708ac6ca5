//! What is behind a gateway: one function or answer, or the target groups of a listener.

use sippycup_gateway::GatewayBuilder;

use super::gateway::rule;
use super::values::Wrong;
use super::{ActionPlan, Behind, GatewayPlan, GuardedRules, Plan, Said, TargetGroup};

impl Plan {
    /// The gateways for one gateway of the plan: one, or one for each target group of its listener.
    pub(super) fn fronts(&self, gateway: &Said<GatewayPlan>) -> Result<Vec<(GatewayBuilder, Behind)>, Wrong> {
        if !gateway.value.is_listener() {
            let behind = match gateway.value.origin.as_ref().and_then(|origin| origin.answer.clone()) {
                Some(answer) => Behind::Answer(answer),
                None => Behind::Function(self.function_of(gateway)?),
            };
            return Ok(vec![(gateway.value.builder()?, behind)]);
        }
        let action = self.default_action(gateway)?;
        let listener = rule::listener(gateway.value.kind, &action, &gateway.value.rules)?;
        let mut fronts = Vec::new();
        for name in listener.target_groups() {
            let group = gateway.value.target_groups.iter().find(|group| group.value.name == name);
            let (kind, behind) = match group {
                Some(group) => (group.value.kind, self.behind(group)?),
                // Each function is also a target group with its name.
                None => {
                    let at = self.functions.iter().position(|function| function.value.name.value == name);
                    let at = at.ok_or_else(|| {
                        gateway.wrong("", format_args!("there is no target group and no function `{name}`"))
                    })?;
                    (None, Behind::Function(at))
                }
            };
            let health_check = match (&behind, group.and_then(|group| group.value.health_check.as_ref())) {
                (Behind::Answer(_), _) => None,
                (Behind::Function(_), said) => said.or(gateway.value.health_check.as_ref()).cloned(),
            };
            let plan = GatewayPlan { kind: kind.unwrap_or(gateway.value.kind), health_check, ..gateway.value.clone() };
            let builder = plan.builder()?.listener(listener.clone()).target_group(name);
            builder.clone().build(()).map_err(|error| gateway.wrong("", error))?;
            fronts.push((builder, behind));
        }
        if fronts.is_empty() {
            // The listener answers everything itself, and still needs a gateway.
            let nobody = bytes::Bytes::from_static(br#"{"statusCode": 503}"#);
            let plan = GatewayPlan { health_check: None, ..gateway.value.clone() };
            fronts.push((plan.builder()?.listener(listener), Behind::Answer(nobody)));
        }
        Ok(fronts)
    }

    /// The rules of a gateway, if they have authorizers.
    pub(super) fn guarded_rules(&self, gateway: &Said<GatewayPlan>) -> Result<Option<GuardedRules>, Wrong> {
        if !gateway.value.is_listener() {
            return Ok(None);
        }
        Ok(GuardedRules::of(&self.default_action(gateway)?.value, &gateway.value.rules))
    }

    fn default_action(&self, gateway: &Said<GatewayPlan>) -> Result<Said<ActionPlan>, Wrong> {
        Ok(match &gateway.value.default_action {
            Some(action) => action.clone(),
            None => ActionPlan::to(self.name_of(self.function_of(gateway)?)).into(),
        })
    }

    fn behind(&self, group: &Said<TargetGroup>) -> Result<Behind, Wrong> {
        let TargetGroup { name, function, answer, .. } = &group.value;
        if let Some(answer) = answer {
            return Ok(Behind::Answer(answer.clone()));
        }
        let function = function.as_ref().unwrap_or(name);
        let found = self.functions.iter().position(|known| known.value.name.value == *function);
        found.map(Behind::Function).ok_or_else(|| group.wrong("", format_args!("there is no function `{function}`")))
    }

    fn name_of(&self, function: usize) -> &str {
        self.functions.get(function).map_or("", |function| &function.value.name.value)
    }
}
