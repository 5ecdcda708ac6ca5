//! A function that somebody else serves, by the Invoke API.

use std::net::SocketAddr;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use sippycup_gateway::{Body, BoxError};
use tokio::net::TcpStream;

use crate::plan::FunctionPlan;

/// The answer of the function that has the name, or what Lambda says of the failure.
pub(super) async fn call(
    address: SocketAddr,
    plan: &FunctionPlan,
    event: Bytes,
) -> Result<Result<Bytes, Bytes>, BoxError> {
    let name = &plan.name.value;
    let stream = TcpStream::connect(address).await.map_err(|error| {
        format!("--to: nobody listens on {address}: {error}; `sippycup serve --invoke-api` serves the Invoke API")
    })?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let path = format!("/2015-03-31/functions/{}/invocations", utf8_percent_encode(name, NON_ALPHANUMERIC));
    let mut request = Request::post(path).header(HOST, address.to_string()).header(CONTENT_TYPE, "application/json");
    if let Some(tenant) = &plan.tenant {
        request = request.header("x-amz-tenant-id", &tenant.value);
    }
    let response = sender.send_request(request.body(Body::from(event))?).await?;
    let (parts, body) = response.into_parts();
    let body = body.collect().await?.to_bytes();
    if parts.status == StatusCode::OK && parts.headers.contains_key("x-amzn-requestid") {
        let failed = parts.headers.contains_key("x-amz-function-error");
        return Ok(if failed { Err(body) } else { Ok(body) });
    }
    let said: Value = serde_json::from_slice(&body).unwrap_or_default();
    let why = said.get("message").or(said.get("Message")).and_then(Value::as_str).unwrap_or("no Invoke API is there");
    Err(format!("--to: {address} answers {}: {why}", parts.status.as_u16()).into())
}
