//! A poll: one invocation after the other, over one connection. Lambda gives as many at the same time as there are polls.

use std::sync::Arc;

use sippycup_core::ProxyEvent;
use sippycup_layer::Error;
use tower_service::Service;

use crate::{
    answer::Answer,
    around::Around,
    current,
    failure::Failure,
    guard::guard,
    invocation,
    runtime_api::{self, Delivery, Endpoint, RuntimeApi},
    span,
};

/// Why a poll ends.
#[derive(Debug)]
pub(crate) enum End {
    /// The app's `poll_ready` failed: a tower service is not called again after that.
    App(Error),
    RuntimeApi(runtime_api::Error),
}

/// Gives the app one invocation after the other.
pub(crate) async fn poll<T>(mut app: T, endpoint: Arc<Endpoint>, around: Arc<Around>) -> End
where
    T: Service<ProxyEvent, Error = Error, Response: Answer>,
{
    RuntimeApi::lend(endpoint, |mut api| async move {
        loop {
            let mut delivery = match api.next().await {
                Ok(delivery) => delivery,
                Err(error) => return End::RuntimeApi(error),
            };
            around.guards.begin(&mut delivery.context);
            let context = delivery.context.clone();
            let invocation = async {
                invoke(&mut app, &mut api, delivery, &around).await?;
                around.after.run_tasks(&context).await;
                Ok(())
            };
            if let Err(end) = span::within(&context, invocation).await {
                return end;
            }
            current::scope(&context, around.after.call_hooks(&context)).await;
        }
    })
    .await
}

async fn invoke<T>(app: &mut T, api: &mut RuntimeApi, delivery: Delivery, around: &Around) -> Result<(), End>
where
    T: Service<ProxyEvent, Error = Error, Response: Answer>,
{
    let Delivery { context, event } = delivery;
    let ready = invocation::ready(app, &context).await;
    let answer = match (ready, event) {
        (Ok(Ok(())), Ok(event)) => invocation::call(app, event, &context).await,
        (Err(failure), Ok(event)) => invocation::refuse(event, failure, &context, around),
        (Ok(Ok(())), Err(cut)) => Err(Failure::cut(cut)),
        (Err(failure), Err(_)) => Err(failure),
        (Ok(Err(error)), event) => {
            let failure = guard(|| Failure::from(&error)).unwrap_or_else(|failure| failure);
            if let Ok(event) = event {
                invocation::give_up(event, &context, around);
            }
            api.fail(&context, &failure).await.map_err(End::RuntimeApi)?;
            return Err(End::App(error));
        }
    };
    let answered = match answer {
        Ok(answer) => api.respond(&context, answer.into_outgoing(&context)).await,
        Err(failure) => api.fail(&context, &failure).await,
    };
    answered.map_err(End::RuntimeApi)
}
