//! `--events`: every event and answer as a file, and the settings of the function beside them.

mod mask;
mod web;

use std::fs::{self, File};
use std::io::{self, Write};
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

use crate::certain::Certain;
use crate::plan::FunctionPlan;
use crate::private;
pub(crate) use mask::{is_masked, mask};
pub(crate) use web::recorded_response;

/// Writes numbered files into a directory. Only their owner can read them.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    directory: Arc<PathBuf>,
    last: Arc<AtomicU64>,
    keep_secrets: bool,
    terminal: Terminal,
}

impl Recorder {
    /// Goes on after the highest number that is there already.
    pub(crate) fn new(
        directory: &Path,
        function: &FunctionPlan,
        keep_secrets: bool,
        terminal: Terminal,
    ) -> Result<Self, BoxError> {
        create_directory(directory)?;
        let mut last = 0;
        for entry in fs::read_dir(directory)? {
            let name = entry?.file_name();
            let number = name.to_string_lossy().split('.').next().and_then(|n| n.parse().ok());
            // A file of somebody else's with a number near the end of all numbers must not be the last.
            last = last.max(number.filter(|number| *number < u64::MAX / 2).unwrap_or(0));
        }
        let settings = format!("# The function's settings, for `sippycup replay`.\n{}", toml::to_string(function)?);
        create(&directory.join(SETTINGS))?.write_all(settings.as_bytes())?;
        let last = Arc::new(AtomicU64::new(last));
        Ok(Self { directory: Arc::new(directory.to_owned()), last, keep_secrets, terminal })
    }

    fn begin(&self, event: &[u8]) -> Recording {
        let recording = self.recording();
        recording.write("event.json", event);
        recording
    }

    /// The next one, of which nothing is written yet.
    fn recording(&self) -> Recording {
        Recording { recorder: self.clone(), number: self.last.fetch_add(1, Ordering::Relaxed) + 1 }
    }
}

struct Recording {
    recorder: Recorder,
    number: u64,
}

impl Recording {
    fn write(&self, extension: &str, content: &[u8]) {
        let written = self.create(extension).and_then(|mut file| file.write_all(&self.text(content)));
        self.complain(extension, written);
    }

    fn create(&self, extension: &str) -> io::Result<File> {
        create(&self.path(extension))
    }

    fn path(&self, extension: &str) -> PathBuf {
        self.recorder.directory.join(format!("{:06}.{extension}", self.number))
    }

    /// JSON is written to be read, anything else as it is.
    fn text(&self, content: &[u8]) -> Vec<u8> {
        let Ok(mut json) = serde_json::from_slice::<Value>(content) else {
            return content.to_owned();
        };
        if !self.recorder.keep_secrets {
            mask(&mut json);
        }
        format!("{json:#}").into_bytes()
    }

    fn complain(&self, extension: &str, written: io::Result<()>) {
        if let Err(error) = written {
            self.recorder.terminal.line(&format!("cannot write {}: {error}", self.path(extension).display()));
        }
    }
}

/// A function that is recorded, if that is wished.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) name: String,
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
                    Ok(answer.map_stream(|body| Tee::new(body, recording)))
                }
                Err(error) => {
                    recording.write("error.json", error.payload());
                    Err(error)
                }
            }
        })
    }
}

/// A stream that is written to a file as it passes.
struct Tee {
    body: Body,
    recording: Recording,
    file: Option<File>,
    /// What may be the prelude, which can have secrets, until its end is seen.
    head: Option<Vec<u8>>,
}

impl Tee {
    fn new(body: Body, recording: Recording) -> Self {
        let created = recording.create("answer.stream");
        let file = created.map_err(|error| recording.complain("answer.stream", Err(error))).ok();
        Self { body, recording, file, head: Some(Vec::new()) }
    }

    fn write(&mut self, data: &[u8]) {
        let Some(mut head) = self.head.take() else {
            return self.write_out(data);
        };
        head.extend_from_slice(data);
        match prelude_end(&head) {
            Some(end) => {
                let (prelude, rest) = head.split_at_checked(end).certain();
                let prelude = self.recording.text(prelude);
                self.write_out(&prelude);
                self.write_out(rest);
            }
            None if head.len() > PRELUDE => self.write_out(&head),
            None => self.head = Some(head),
        }
    }

    fn write_out(&mut self, data: &[u8]) {
        let written = self.file.as_mut().map_or(Ok(()), |file| file.write_all(data));
        if written.is_err() {
            // Said once.
            self.file = None;
            self.recording.complain("answer.stream", written);
        }
    }
}

impl http_body::Body for Tee {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            self.write(data);
        }
        polled
    }
}

impl Drop for Tee {
    fn drop(&mut self) {
        if let Some(head) = self.head.take() {
            self.write_out(&head);
        }
    }
}

/// Where the prelude of a stream ends and eight NULs begin.
pub(crate) fn prelude_end(stream: &[u8]) -> Option<usize> {
    stream.windows(END.len()).position(|window| window == END)
}

fn create_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn create(path: &Path) -> io::Result<File> {
    private::options().create(true).truncate(true).open(path)
}

/// Where the settings of the function are.
pub(crate) const SETTINGS: &str = "function.toml";

/// What stands between the prelude of a stream and its body.
const END: [u8; 8] = [0; 8];

/// No prelude is longer.
const PRELUDE: usize = 16 << 10;
