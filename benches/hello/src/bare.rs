//! The plainest loop on hyper's connection: no context, no guards, no second try, nothing that goes wrong.

use std::{env, future::poll_fn};

use bytes::Bytes;
use http::{Method, Request, header::HOST};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use sippycup::BoxError;
use tokio::net::TcpStream;
use tower_service::Service;

/// Gives the app one event after the other.
pub(crate) async fn run<S>(mut app: S) -> Result<(), BoxError>
where
    S: Service<Bytes, Response = Bytes, Error: Into<BoxError>>,
{
    let host = env::var("AWS_LAMBDA_RUNTIME_API")?;
    let stream = TcpStream::connect(&host).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let mut api = RuntimeApi { host, sender };
    loop {
        let (id, event) = api.call(Method::GET, "next", Bytes::new()).await?;
        poll_fn(|cx| app.poll_ready(cx)).await.map_err(Into::into)?;
        let answer = app.call(event).await.map_err(Into::into)?;
        api.call(Method::POST, &format!("{id}/response"), answer).await?;
    }
}

struct RuntimeApi {
    host: String,
    sender: SendRequest<Full<Bytes>>,
}

impl RuntimeApi {
    /// The request id and the body of the reply.
    async fn call(&mut self, method: Method, path: &str, body: Bytes) -> Result<(String, Bytes), BoxError> {
        let request = Request::builder().method(method).uri(format!("/2018-06-01/runtime/invocation/{path}"));
        let request = request.header(HOST, &self.host).body(Full::new(body))?;
        let reply = self.sender.send_request(request).await?;
        let id = reply.headers().get("lambda-runtime-aws-request-id").map(|id| id.to_str().map(str::to_owned));
        Ok((id.transpose()?.unwrap_or_default(), reply.into_body().collect().await?.to_bytes()))
    }
}
