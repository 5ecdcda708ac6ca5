//! `--events`: every event and answer as a file.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::Frame;
use serde_json::Value;
use sippycup_gateway::{Answer, Body, BoxError, Function, FunctionError, Terminal};
use tower_service::Service;

/// Writes numbered files into a directory.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    directory: Arc<PathBuf>,
    last: Arc<AtomicU64>,
    terminal: Terminal,
}

impl Recorder {
    /// Goes on after the highest number that is there already.
    pub(crate) fn new(directory: &Path, terminal: Terminal) -> io::Result<Self> {
        std::fs::create_dir_all(directory)?;
        let mut last = 0;
        for entry in std::fs::read_dir(directory)? {
            let name = entry?.file_name();
            let number = name.to_string_lossy().split('.').next().and_then(|n| n.parse().ok());
            last = last.max(number.unwrap_or(0));
        }
        Ok(Self { directory: Arc::new(directory.to_owned()), last: Arc::new(AtomicU64::new(last)), terminal })
    }

    fn begin(&self, event: &[u8]) -> Recording {
        let recording = Recording { recorder: self.clone(), number: self.last.fetch_add(1, Ordering::Relaxed) + 1 };
        recording.write("event.json", event);
        recording
    }
}

struct Recording {
    recorder: Recorder,
    number: u64,
}

impl Recording {
    /// JSON is written to be read, anything else as it is.
    fn write(&self, extension: &str, content: &[u8]) {
        let pretty = serde_json::from_slice::<Value>(content).and_then(|json| serde_json::to_vec_pretty(&json));
        let path = self.recorder.directory.join(format!("{:06}.{extension}", self.number));
        if let Err(error) = std::fs::write(&path, pretty.as_deref().unwrap_or(content)) {
            self.recorder.terminal.line(&format!("cannot write {}: {error}", path.display()));
        }
    }
}

/// A function that is recorded, if that is wished.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) function: Function,
    pub(crate) recorder: Option<Recorder>,
}

impl Service<Bytes> for Recorded {
    type Response = Answer;
    type Error = FunctionError;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, FunctionError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), FunctionError>> {
        self.function.poll_ready(cx)
    }

    fn call(&mut self, event: Bytes) -> Self::Future {
        let recording = self.recorder.as_ref().map(|recorder| recorder.begin(&event));
        let answer = self.function.call(event);
        Box::pin(async move {
            let answer = answer.await;
            let Some(recording) = recording else {
                return answer;
            };
            match answer {
                Ok(answer) => {
                    if let Some(json) = answer.as_json() {
                        recording.write("answer.json", json);
                    }
                    Ok(answer.map_stream(|body| Tee { body, copy: Vec::new(), recording }))
                }
                Err(error) => {
                    recording.write("error.json", error.payload());
                    Err(error)
                }
            }
        })
    }
}

/// A stream that is written to a file when it ends, or is dropped.
struct Tee {
    body: Body,
    copy: Vec<u8>,
    recording: Recording,
}

impl http_body::Body for Tee {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            self.copy.extend_from_slice(data);
        }
        polled
    }
}

impl Drop for Tee {
    fn drop(&mut self) {
        self.recording.write("answer.stream", &self.copy);
    }
}
