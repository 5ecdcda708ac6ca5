//! One invocation, as `lambda_runtime` hands it on.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use lambda_runtime::LambdaInvocation;
use sippycup_core::ProxyEvent;
use sippycup_layer::{BoxError, Error};
use tower_service::Service;

use super::reply::RuntimeApi;
use crate::{
    LambdaContext, answer::Answer, around::Around, current, failure::Failure, guard::guard, invocation,
    options::Options,
};

/// Answers invocations with an app that speaks [`ProxyEvent`].
#[derive(Clone)]
pub(super) struct Invoke<T> {
    app: T,
    shared: Arc<Shared>,
}

/// What all invocations have in common.
struct Shared {
    api: RuntimeApi,
    around: Around,
}

impl<T> Invoke<T> {
    pub(super) fn new(app: T, api: RuntimeApi, options: Options) -> Self {
        Self { app, shared: Arc::new(Shared { api, around: options.around }) }
    }
}

impl<T> Service<LambdaInvocation> for Invoke<T>
where
    T: Service<ProxyEvent, Error = Error, Response: Answer, Future: Send + 'static> + Clone + Send + 'static,
{
    type Response = ();
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

    /// The app is asked when there is an event, whose deadline counts then.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut invocation: LambdaInvocation) -> Self::Future {
        let mut context = LambdaContext::take_beside(&mut invocation.parts.headers, invocation.context);
        self.shared.around.guards.begin(&mut context);
        let app = guard(|| self.app.clone());
        let shared = self.shared.clone();
        let scope = context.clone();
        Box::pin(current::scope(&scope, async move {
            let Shared { api, around } = &*shared;
            match invocation::run(app, invocation.body, &context, around).await {
                Ok(Ok(answer)) => api.respond(&context, answer.into_outgoing(&context)).await?,
                Ok(Err(failure)) => api.fail(&context, &failure).await?,
                Err(error) => {
                    let failure = guard(|| Failure::from(&error)).unwrap_or_else(|failure| failure);
                    api.fail(&context, &failure).await?;
                    return Err(error.into());
                }
            }
            around.after.run_tasks(&context).await;
            around.after.call_hooks(&context).await;
            Ok(())
        }))
    }
}
