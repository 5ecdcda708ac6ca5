//! Health checks of target groups, and the lines about what they find out.

use serde_json::Value;
use sippycup_gateway::{Gateway, TargetHealth, Terminal};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::describe;
use super::served::Served;

/// The health checks of all target groups that have one. They end when this is dropped.
pub(super) struct HealthChecks {
    running: JoinSet<()>,
    tell: mpsc::UnboundedSender<Change>,
    told: mpsc::UnboundedReceiver<Change>,
}

/// A target group whose health has changed.
pub(super) struct Change {
    name: String,
    place: String,
    health: TargetHealth,
}

impl HealthChecks {
    pub(super) fn new() -> Self {
        let (tell, told) = mpsc::unbounded_channel();
        Self { running: JoinSet::new(), tell, told }
    }

    /// Begins to check a target group, if it has a health check. `place` is where the description has it.
    pub(super) fn start(&mut self, gateway: &Gateway<Served>, place: String) {
        if gateway.health().is_none() {
            return;
        }
        let (gateway, tell) = (gateway.clone(), self.tell.clone());
        let name = gateway.target_group().or(gateway.get_ref().name()).unwrap_or_default().to_owned();
        self.running.spawn(async move {
            let changed = |health: &TargetHealth| {
                let (name, place, health) = (name.clone(), place.clone(), health.clone());
                // When the command ends, nobody receives it.
                let _ = tell.send(Change { name, place, health });
            };
            gateway.watch_health(changed).await;
        });
    }

    /// The next change, which never comes if there are no target groups.
    pub(super) async fn next(&mut self) -> Change {
        match self.told.recv().await {
            Some(change) => change,
            None => std::future::pending().await,
        }
    }
}

impl Change {
    pub(super) fn tell(&self, terminal: Terminal) {
        terminal.line(&format!("target group {}: {}", self.name, self.health));
    }

    /// Writes it into what is described.
    pub(super) fn describe(&self, described: &mut Value) {
        if let Some(there) = described.pointer_mut(&self.place) {
            *there = describe::health(&self.health);
        }
    }
}
