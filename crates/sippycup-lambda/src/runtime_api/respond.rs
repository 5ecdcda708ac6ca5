//! The two calls that end an invocation.

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Method, StatusCode,
    header::{CONTENT_TYPE, TRAILER, TRANSFER_ENCODING},
};

use super::{
    Error, RuntimeApi,
    connection::{NoReply, Reply},
    outgoing::Outgoing,
};
use crate::{context::LambdaContext, failure::Failure, log};

impl RuntimeApi {
    /// Sends the answer. One that Lambda does not take is reported as a failure.
    pub(crate) async fn respond(&mut self, context: &LambdaContext, answer: Outgoing) -> Result<(), Error> {
        let json = match answer {
            Outgoing::Pieces { .. } => {
                return self.post(context, "response", &STREAMING, Attempts::one(answer)).await.map(drop);
            }
            Outgoing::Whole(json) => json,
        };
        let length = json.len();
        match self.post(context, "response", &[], Attempts::two(json)).await? {
            Some(StatusCode::PAYLOAD_TOO_LARGE) => self.fail(context, &Failure::too_large(length)).await,
            _ => Ok(()),
        }
    }

    /// Reports that there is no answer.
    pub(crate) async fn fail(&mut self, context: &LambdaContext, failure: &Failure) -> Result<(), Error> {
        log::failed(failure, context);
        let headers = [(ERROR_TYPE, HeaderValue::from_static(failure.error_type.as_header()))];
        self.post(context, "error", &headers, Attempts::two(failure.to_json().into())).await?;
        Ok(())
    }

    /// Sends it, once more if the connection breaks before there is a reply. `None` if that breaks too.
    async fn post(
        &mut self,
        context: &LambdaContext,
        what: &'static str,
        headers: &[(HeaderName, HeaderValue)],
        mut attempts: Attempts,
    ) -> Result<Option<StatusCode>, Error> {
        let mut is_second = false;
        while let Some(body) = attempts.next() {
            let path = self.connection.endpoint().path_of(context.request_id(), what);
            let mut request = self.request(Method::POST, path, body);
            let map = request.headers_mut();
            for (name, value) in headers {
                map.insert(name, value.clone());
            }
            if let Some(id) = context.invocation_id() {
                map.insert(INVOCATION_ID, id.clone());
            }
            match self.connection.exchange(request, REPLY_LIMIT).await {
                Ok(reply) => return self.judge(context, what, reply, is_second).map(Some),
                Err(NoReply::Broken) => is_second = true,
                Err(NoReply::Unreachable(error)) => return Err(self.unreachable(error)),
            }
        }
        log::warn(context.request_id(), format_args!("the connection broke before the Runtime API took the {what}"));
        Ok(None)
    }

    fn judge(
        &mut self,
        context: &LambdaContext,
        what: &'static str,
        reply: Reply,
        is_second: bool,
    ) -> Result<StatusCode, Error> {
        let status = reply.status;
        match status {
            _ if status.is_success() => {
                self.spare = reply.headers;
                self.spare.clear();
                return Ok(status);
            }
            StatusCode::INTERNAL_SERVER_ERROR => {
                return Err(Error::Refused { what, status, said: reply.text() });
            }
            // The first one had arrived.
            StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN | StatusCode::GONE if is_second => {}
            StatusCode::GONE => log::warn(
                context.request_id(),
                format_args!("the {what} came too late, Lambda has given the invocation up: {}", reply.text()),
            ),
            _ => log::warn(
                context.request_id(),
                format_args!("expected the Runtime API to accept the {what}, found status {status}: {}", reply.text()),
            ),
        }
        Ok(status)
    }
}

/// A body, and how often it can be sent.
struct Attempts {
    first: Option<Outgoing>,
    second: Option<Bytes>,
}

impl Attempts {
    fn one(answer: Outgoing) -> Self {
        Self { first: Some(answer), second: None }
    }

    fn two(bytes: Bytes) -> Self {
        Self { first: Some(Outgoing::Whole(bytes.clone())), second: Some(bytes) }
    }

    fn next(&mut self) -> Option<Outgoing> {
        self.first.take().or_else(|| self.second.take().map(Outgoing::Whole))
    }
}

/// The type of the error; of a streamed answer a trailer.
pub(crate) const ERROR_TYPE: HeaderName = HeaderName::from_static("lambda-runtime-function-error-type");
pub(crate) const INVOCATION_ID: HeaderName = HeaderName::from_static("lambda-runtime-invocation-id");

/// See "Response streaming" in
/// [Building a custom runtime](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html).
pub(crate) const STREAMING: [(HeaderName, HeaderValue); 4] = [
    (CONTENT_TYPE, HeaderValue::from_static("application/vnd.awslambda.http-integration-response")),
    (HeaderName::from_static("lambda-runtime-function-response-mode"), HeaderValue::from_static("streaming")),
    (TRAILER, HeaderValue::from_static("Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body")),
    (TRANSFER_ENCODING, HeaderValue::from_static("chunked")),
];

/// A reply says `OK`, or why not.
const REPLY_LIMIT: usize = 64 << 10;
