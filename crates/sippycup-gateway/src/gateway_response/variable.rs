//! What header values and templates of gateway responses are made of: variables, and the text between them.

use std::cell::OnceCell;

use serde_json::Value;

use crate::refusal::Told;
use crate::request::{Call, RequestParameter};

/// Where a value comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Variable {
    /// A member of `$context`, by its JSON pointer.
    Context(String),
    Error(ErrorPart),
    Request(RequestParameter),
    /// A variable of the stage.
    Stage(String),
    Status,
}

/// A member of `$context.error`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ErrorPart {
    Message,
    /// The message in quotation marks.
    MessageString,
    ResponseType,
    ValidationErrorString,
}

impl Variable {
    /// `context.requestId`, `stageVariables.x`, `method.request.header.X`; `None` for anything else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(part) = text.strip_prefix("context.error.") {
            return ERROR.iter().find(|(name, _)| *name == part).map(|(_, part)| Self::Error(*part));
        }
        if text == "context.status" {
            return Some(Self::Status);
        }
        if let Some(path) = text.strip_prefix("context.") {
            let (first, more) = path.split_once('.').map_or((path, None), |(first, more)| (first, Some(more)));
            let is_known = if more.is_some() { CONTAINERS.contains(&first) } else { MEMBERS.contains(&first) };
            return is_known.then(|| Self::Context(format!("/{}", path.replace('.', "/"))));
        }
        match text.strip_prefix("stageVariables.") {
            Some(name) => (!name.is_empty()).then(|| Self::Stage(name.to_owned())),
            None => RequestParameter::parse(text).map(Self::Request),
        }
    }
}

/// The values of one request.
#[derive(Debug)]
pub(super) struct Values<'a> {
    pub(super) call: &'a Call<'a>,
    pub(super) told: &'a Told,
    pub(super) status: u16,
    context: OnceCell<Value>,
}

impl<'a> Values<'a> {
    pub(super) const fn new(call: &'a Call<'a>, told: &'a Told, status: u16) -> Self {
        Self { call, told, status, context: OnceCell::new() }
    }

    /// The text of a variable; `None` where the request has none.
    pub(super) fn of(&self, variable: &Variable) -> Option<String> {
        match variable {
            Variable::Context(pointer) => text(self.context.get_or_init(|| self.call.rest_context()).pointer(pointer)?),
            Variable::Error(part) => Some(self.error(*part)),
            Variable::Request(parameter) => parameter.of(self.call),
            Variable::Stage(name) => self.call.stage_variable(name),
            Variable::Status => Some(self.status.to_string()),
        }
    }

    fn error(&self, part: ErrorPart) -> String {
        let message = || self.told.message();
        match part {
            ErrorPart::Message => message().unwrap_or_else(|| "null".to_owned()),
            ErrorPart::MessageString => {
                message().map_or_else(|| "null".to_owned(), |text| Value::from(text).to_string())
            }
            ErrorPart::ResponseType => self.told.response_type.name().to_owned(),
            ErrorPart::ValidationErrorString => self.told.validation.clone().unwrap_or_default(),
        }
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        value => Some(value.to_string()),
    }
}

const ERROR: [(&str, ErrorPart); 4] = [
    ("message", ErrorPart::Message),
    ("messageString", ErrorPart::MessageString),
    ("responseType", ErrorPart::ResponseType),
    ("validationErrorString", ErrorPart::ValidationErrorString),
];

/// Members of `$context` that are values.
const MEMBERS: [&str; 15] = [
    "accountId",
    "apiId",
    "deploymentId",
    "domainName",
    "domainPrefix",
    "extendedRequestId",
    "httpMethod",
    "path",
    "protocol",
    "requestId",
    "requestTime",
    "requestTimeEpoch",
    "resourceId",
    "resourcePath",
    "stage",
];

/// Members of `$context` that have members.
const CONTAINERS: [&str; 3] = ["authorizer", "customDomain", "identity"];
