//! What is behind a gateway: a function, or the same answer to everything.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use sippycup_gateway::{Answer, FunctionError};
use tower_service::Service;

use crate::record::Recorded;

#[derive(Clone, Debug)]
pub(crate) enum Served {
    Function(Recorded),
    /// Where AWS would ask nobody, or nobody who is here.
    Answer(Bytes),
}

impl Served {
    /// The name of the function.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Function(function) => Some(&function.name),
            Self::Answer(_) => None,
        }
    }
}

impl Service<Bytes> for Served {
    type Response = Answer;
    type Error = FunctionError;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, FunctionError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), FunctionError>> {
        match self {
            Self::Function(function) => function.poll_ready(cx),
            Self::Answer(_) => Poll::Ready(Ok(())),
        }
    }

    fn call(&mut self, event: Bytes) -> Self::Future {
        match self {
            Self::Function(function) => function.call(event),
            Self::Answer(answer) => {
                let answer = Answer::from(answer.clone());
                Box::pin(async move { Ok(answer) })
            }
        }
    }
}
