//! The Runtime API on loopback, with events to give: one process under it is a function that runs.

use std::{
    io::{self, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread,
};

use crate::api::{ACCEPTED, take};

/// A Runtime API for one process.
pub struct Lambda {
    pub address: SocketAddr,
    desk: Arc<Desk>,
}

#[derive(Default)]
struct Desk {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// What `next` says, head and event.
    event: Arc<[u8]>,
    /// Events still to be given.
    left: u64,
    /// Answers taken.
    done: u64,
    /// Calls of `next` that wait.
    waiting: u64,
}

impl Lambda {
    /// Listens; there are no events yet.
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let desk = Arc::new(Desk::default());
        let shared = desk.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let desk = shared.clone();
                // A broken connection is a process that was ended.
                thread::spawn(move || desk.serve(stream));
            }
        });
        Self { address, desk }
    }

    /// Waits until the process has called `next` and so is idle.
    pub fn wait_for_next(&self) {
        let state = self.desk.state();
        drop(self.desk.changed.wait_while(state, |state| state.waiting == 0).expect("no thread panics"));
    }

    /// Gives the event that many times and waits for as many answers, and until the process is idle again.
    pub fn give(&self, event: &[u8], times: u64) {
        let mut state = self.desk.state();
        let head = format!("{HEAD}Content-Length: {}\r\n\r\n", event.len());
        state.event = [head.as_bytes(), event].concat().into();
        state.left = times;
        state.done = 0;
        self.desk.changed.notify_all();
        let busy = |state: &mut State| state.done < times || state.waiting == 0;
        drop(self.desk.changed.wait_while(state, busy).expect("no thread panics"));
    }
}

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
    Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\nLambda-Runtime-Deadline-Ms: 4102444800000\r\n\
    Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-west-1:123456789012:function:cups\r\n\
    Lambda-Runtime-Trace-Id: Root=1-6745b0c2-4f1d2ab96a0e1c7d5b3f8e20;Parent=53995c3f42cd8ad8;Sampled=1\r\n";

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread panics")
    }

    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut stream = BufReader::with_capacity(1 << 16, stream);
        while let Some(request) = take(&mut stream) {
            if request.line.contains("/invocation/next ") {
                let event = self.next();
                stream.get_mut().write_all(&event)?;
                continue;
            }
            assert!(request.line.contains("/response "), "the function failed: {}", request.line);
            stream.get_mut().write_all(ACCEPTED)?;
            self.state().done += 1;
            self.changed.notify_all();
        }
        Ok(())
    }

    fn next(&self) -> Arc<[u8]> {
        let mut state = self.state();
        state.waiting += 1;
        self.changed.notify_all();
        let mut state = self.changed.wait_while(state, |state| state.left == 0).expect("no thread panics");
        state.waiting -= 1;
        state.left -= 1;
        state.event.clone()
    }
}
