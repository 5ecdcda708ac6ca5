//! Another Runtime and Extensions API: the crate `lambda-simulator`, written by others for their own functions.

use std::{process::Stdio, time::Duration};

use lambda_simulator::{FreezeMode, InvocationState, InvocationStatus, Simulator};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStderr, Command},
    time::timeout,
};

/// The function under the simulator.
struct Simulated {
    simulator: Simulator,
    function: Child,
    said: Lines<BufReader<ChildStderr>>,
}

impl Simulated {
    async fn start(freeze: FreezeMode) -> Self {
        let simulator = Simulator::builder().function_name("traced").freeze_mode(freeze).build().await.unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_traced"));
        command.env_clear().env("AWS_LAMBDA_RUNTIME_API", simulator.addr().to_string()).env("TRACED", "says");
        let mut function = command.kill_on_drop(true).stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        simulator.register_freeze_pid(function.id().unwrap());
        let said = BufReader::new(function.stderr.take().unwrap()).lines();
        Self { simulator, function, said }
    }

    async fn invoke(&self, event: Value) -> InvocationState {
        let id = self.simulator.enqueue_payload(event).await;
        self.simulator.wait_for_invocation_complete(&id, LONG).await.unwrap()
    }

    async fn says(&mut self, text: &str) {
        loop {
            let line = timeout(LONG, self.said.next_line()).await.expect("a line in time").unwrap().unwrap();
            if line.contains(text) {
                return;
            }
        }
    }
}

#[tokio::test]
async fn the_loop_the_extension_and_the_hooks_work_under_a_runtime_api_of_others() {
    let mut simulated = Simulated::start(FreezeMode::None).await;
    let process = simulated.function.id().unwrap().to_string();
    for number in 1..=3 {
        let state = simulated.invoke(event(&format!("/{number}"))).await;
        assert_eq!(state.status, InvocationStatus::Success);
        assert_eq!(state.response.unwrap().payload["body"], process.as_str());
        simulated.says("after the invocation").await;
        let state = simulated.invoke(json!({"neither": "HTTP nor known"})).await;
        assert_eq!(state.status, InvocationStatus::Error);
        assert_eq!(state.error.unwrap().error_type, "SippyCup.Event");
        simulated.says("after the invocation").await;
    }
    let extensions = simulated.simulator.get_registered_extensions().await;
    assert_eq!(extensions.iter().map(|extension| extension.name.as_str()).collect::<Vec<_>>(), ["sippycup"]);
    assert!(Command::new("kill").args(["-TERM", &process]).status().await.unwrap().success());
    simulated.says("the end").await;
    assert_eq!(simulated.function.wait().await.unwrap().code(), Some(0));
}

/// The simulator stops the process with the answer, and does not wait until it asks for the next event, as Lambda does: so
/// it stops anywhere.
#[tokio::test]
async fn a_process_that_is_stopped_anywhere_goes_on_there() {
    let mut simulated = Simulated::start(FreezeMode::Process).await;
    let process = simulated.function.id().unwrap().to_string();
    for number in 1..=20 {
        let state = simulated.invoke(event(&format!("/{number}"))).await;
        assert_eq!(state.response.unwrap().payload["body"], process.as_str());
        simulated.simulator.wait_for_frozen(LONG).await.unwrap();
    }
    // The last of them may be stopped in front of its hook.
    for _ in 1..20 {
        simulated.says("after the invocation").await;
    }
}

fn event(path: &str) -> Value {
    json!({
        "version": "2.0", "rawPath": path, "rawQueryString": "",
        "requestContext": {"stage": "$default", "domainName": "api.shop.example", "http": {"method": "GET"}},
    })
}

/// Only a test that fails waits so long.
const LONG: Duration = Duration::from_secs(60);
