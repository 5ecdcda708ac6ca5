//! What is served, from its start to its end.

use std::io;
use std::time::Duration;

use sippycup_gateway::BoxError;
use tokio::task::JoinHandle;

use super::bound::Bound;
use super::common::Common;
use super::describe::Description;
use super::doors::Doors;
use super::endpoints;
use super::functions::{recorders, start};
use super::health::HealthChecks;
use super::web::{Looking, WebFunction};
use crate::plan::Said;
use crate::record::{Recorded, Recorder};
use crate::watch::Watch;

/// Functions and their servers.
pub(super) struct Running {
    functions: Vec<Recorded>,
    processes: Vec<WebFunction>,
    servers: Vec<JoinHandle<io::Result<()>>>,
    watches: Vec<Watch>,
    pub(super) checks: HealthChecks,
}

impl Running {
    pub(super) async fn start(
        common: &Common<'_>,
        bound: Bound,
        description: &mut Description,
    ) -> Result<Self, BoxError> {
        let functions = bound.functions(common.plan);
        let mut recorders = recorders(&functions, common.plan, common.terminal)?.into_iter();
        if let Some(inspector) = common.inspector {
            let names = common.plan.functions.iter().map(|function| function.value.name.value.clone());
            inspector.serve_anew(&names.chain(bound.webs.iter().map(|(_, web)| web.id.clone())).collect::<Vec<_>>());
        }
        let (functions, processes, servers, watches) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut running = Self { functions, processes, servers, watches, checks: HealthChecks::new() };
        running.start_functions(common, &bound, &mut recorders).await?;
        let Bound { listening, webs, invoke_api } = bound;
        if let Some(listener) = invoke_api {
            description.invoke_api = Some(format!("http://{}", listener.local_addr()?));
            running.servers.push(endpoints::serve(common, listener, &running.functions)?);
        }
        let mut doors = Doors::new(common, &running.functions);
        for listening in listening {
            running.servers.extend(doors.open(listening, &mut running.checks, description)?);
        }
        for (listener, web) in webs {
            let at = running.functions.len() + running.processes.len();
            let looking = Looking { inspector: common.inspector, at, recorder: recorders.next().flatten() };
            let planned = web.function.clone();
            let process = WebFunction::start(web, &common.plan.allow_host, common.terminal, &looking).await?;
            let restarted = process.clone();
            running.watches.extend(common.watch(&planned, move || restarted.restart())?);
            running.servers.push(process.clone().open(common, listener, description, looking)?);
            running.processes.push(process);
        }
        Ok(running)
    }

    async fn start_functions(
        &mut self,
        common: &Common<'_>,
        bound: &Bound,
        recorders: impl Iterator<Item = Option<Recorder>>,
    ) -> Result<(), BoxError> {
        let addresses = bound.addresses()?;
        for (at, (Said { value: planned, .. }, recorder)) in common.plan.functions.iter().zip(recorders).enumerate() {
            let watched = |builder| {
                let builder = endpoints::tell(builder, at, planned, &addresses);
                match common.inspector {
                    Some(inspector) => inspector.function(builder, at),
                    None => builder,
                }
            };
            let function = start(planned, &common.plan.allow_host, common.terminal, watched).await?;
            let restarted = function.clone();
            self.watches.extend(common.watch(planned, move || restarted.restart())?);
            self.functions.push(Recorded { name: planned.name.value.clone(), function, recorder });
        }
        Ok(())
    }

    /// Nothing is watched and checked any more.
    pub(super) fn stop(&mut self) {
        self.watches.clear();
        self.checks = HealthChecks::new();
        self.processes.iter().for_each(WebFunction::stop);
    }

    /// Requests in flight may finish, but not for long; then the functions are stopped.
    pub(super) async fn finish(&mut self) -> io::Result<()> {
        let mut finished = Ok(());
        let patience = tokio::time::timeout(PATIENCE, async {
            for server in self.servers.drain(..) {
                finished = server.await.unwrap_or(Ok(()));
            }
        });
        let _ = patience.await;
        for Recorded { function, .. } in &self.functions {
            function.stop().await;
        }
        finished
    }

    pub(super) async fn kill(&self) {
        for Recorded { function, .. } in &self.functions {
            function.kill().await;
        }
    }
}

const PATIENCE: Duration = Duration::from_secs(3);
