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
use crate::{LambdaContext, after::After, answer::Answer, current, guard::Guards, invocation, options::Options};

/// Answers invocations with an app that speaks [`ProxyEvent`].
#[derive(Clone)]
pub(super) struct Invoke<T> {
    app: T,
    api: RuntimeApi,
    guards: Guards,
    after: Arc<After>,
}

impl<T> Invoke<T> {
    pub(super) fn new(app: T, api: RuntimeApi, options: Options) -> Self {
        Self { app, api, guards: options.guards, after: Arc::new(options.after) }
    }
}

impl<T> Service<LambdaInvocation> for Invoke<T>
where
    T: Service<ProxyEvent, Error = Error, Response: Answer, Future: Send + 'static> + 'static,
{
    type Response = ();
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.app.poll_ready(cx).map_err(BoxError::from)
    }

    fn call(&mut self, mut invocation: LambdaInvocation) -> Self::Future {
        let context = LambdaContext::take(&mut invocation.parts.headers);
        let (api, after) = (self.api.clone(), self.after.clone());
        let answer = invocation::call(&mut self.app, invocation.body, &context, self.guards.watch(&context));
        let scope = context.clone();
        Box::pin(current::scope(&scope, async move {
            match answer.await {
                Ok(answer) => api.respond(&context, answer.into_outgoing(&context)).await?,
                Err(failure) => api.fail(&context, &failure).await?,
            }
            after.run_tasks(&context).await;
            after.call_hooks(&context).await;
            Ok(())
        }))
    }
}
