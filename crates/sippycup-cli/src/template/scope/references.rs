//! `Ref` and `GetAtt` of resources: values as AWS makes them, from nothing but the logical id, so that they are the same at each start.

use super::{ACCOUNT, Made, REGION, Scope};
use crate::certain::Certain;
use crate::template::document::{Fault, Node, Span};

impl Scope<'_> {
    /// Whether a name with a dot in it is one that `Ref` takes.
    pub(crate) fn is_reference(&self, name: &str) -> bool {
        let kind = name.split_once('.').and_then(|(id, _)| self.kind(id));
        matches!(
            (kind, name.rsplit('.').next()),
            (Some(FUNCTION), Some("Alias" | "Version"))
                | (Some(REST | HTTP), Some("Stage" | "Deployment" | "DomainName"))
        )
    }

    /// The type of a resource, those of SAM as what it makes of them.
    pub(crate) fn kind(&self, id: &str) -> Option<&str> {
        let kind = match self.section("Resources", id) {
            Some(resource) => resource.get("Type").and_then(Node::as_text),
            None => self.made.get(id).map(|made| made.kind),
        };
        kind.map(|kind| match kind {
            "AWS::Serverless::Function" => FUNCTION,
            "AWS::Serverless::Api" => REST,
            "AWS::Serverless::HttpApi" | "AWS::Serverless::WebSocketApi" => HTTP,
            "AWS::Serverless::LayerVersion" => "AWS::Lambda::LayerVersion",
            kind => kind,
        })
    }

    /// The value of `Ref`.
    pub(crate) fn reference(&self, name: &str, span: Span) -> Result<Node, Fault> {
        if let Some(value) = self.parameter(name, span)? {
            return Ok(value);
        }
        if let Some((id, part)) = name.split_once('.').filter(|_| self.is_reference(name)) {
            return self.part(id, part, span);
        }
        let Some(kind) = self.kind(name) else {
            return Err(Fault::new(span, format_args!("there is no parameter and no resource `{name}`")));
        };
        if let Some(value) = self.given(name) {
            return Ok(Node::text(span, value));
        }
        self.check_there(name, span)?;
        let text = |text: String| Ok(Node::text(span, text));
        let own = |property: &str| self.own_text(name, property);
        match kind {
            FUNCTION => text(self.function_name(name)?),
            "AWS::Lambda::Alias" => self.attribute(name, "AliasArn", span),
            "AWS::Lambda::Version" | "AWS::Lambda::Url" => self.attribute(name, "FunctionArn", span),
            REST | HTTP => text(self.api_id(name)),
            "AWS::ApiGateway::Stage" | "AWS::ApiGatewayV2::Stage" => {
                let made = self.made.get(name).map(|made| made.name.clone());
                text(made.or(own("StageName")?).unwrap_or_else(|| name.to_owned()))
            }
            "AWS::ApiGateway::DomainNameV2" => self.attribute(name, "DomainNameArn", span),
            "AWS::ApiGateway::DomainName" | "AWS::ApiGatewayV2::DomainName" => {
                text(own("DomainName")?.unwrap_or_else(|| name.to_owned()))
            }
            "AWS::ApiGateway::Model" => text(own("Name")?.unwrap_or_else(|| name.to_owned())),
            // Their ids only link resources of the template to each other.
            kind if kind.starts_with("AWS::ApiGateway") => text(name.to_owned()),
            kind if kind.starts_with("AWS::ElasticLoadBalancingV2") || kind.starts_with("AWS::VpcLattice") => {
                text(name.to_owned())
            }
            _ => Ok(self.invent(name.to_owned(), span, name.to_owned())),
        }
    }

    /// The value of `Fn::GetAtt`.
    pub(crate) fn attribute(&self, id: &str, attribute: &str, span: Span) -> Result<Node, Fault> {
        let Some(kind) = self.kind(id) else {
            return Err(Fault::new(span, format_args!("there is no resource `{id}`")));
        };
        let name = format!("{id}.{attribute}");
        if let Some(value) = self.given(&name) {
            return Ok(Node::text(span, value));
        }
        self.check_there(id, span)?;
        if let Some(output) = self.outputs.get(&name) {
            return Ok(self.output(output, span));
        }
        let text = |text: String| Ok(Node::text(span, text));
        let own = |property: &str| Ok(self.own_text(id, property)?.unwrap_or_default());
        match (kind, attribute) {
            (FUNCTION, "Arn") => text(arn("lambda", &format!("function:{}", self.function_name(id)?))),
            ("AWS::Lambda::Alias", _) => match self.made.get(id) {
                Some(Made { of, name, .. }) => {
                    text(arn("lambda", &format!("function:{}:{name}", self.function_name(of)?)))
                }
                None => text(qualified(&own("FunctionName")?, &own("Name")?)),
            },
            ("AWS::Lambda::Version", "Version") => text("1".to_owned()),
            ("AWS::Lambda::Version", _) => match self.made.get(id) {
                Some(Made { of, .. }) => text(arn("lambda", &format!("function:{}:1", self.function_name(of)?))),
                None => text(qualified(&own("FunctionName")?, "1")),
            },
            ("AWS::Lambda::Url", "FunctionUrl") => {
                Ok(self.invent(name, span, format!("https://{}.lambda-url.{REGION}.on.aws/", self.api_id(id))))
            }
            ("AWS::Lambda::Url", _) => match self.made.get(id) {
                Some(Made { of, .. }) => text(arn("lambda", &format!("function:{}", self.function_name(of)?))),
                None => text(qualified(&own("TargetFunctionArn")?, "")),
            },
            ("AWS::ApiGateway::DomainName" | "AWS::ApiGatewayV2::DomainName", "DomainNameArn") => {
                text(arn("apigateway", &format!("/domainnames/{}", own("DomainName")?)))
            }
            ("AWS::ApiGateway::DomainNameV2", "DomainNameArn") => {
                text(arn("apigateway", &format!("/domainnames/{}+{}", own("DomainName")?, self.api_id(id))))
            }
            (REST, "RootResourceId") => text(format!("{id}.{attribute}")),
            (REST | HTTP, "RestApiId" | "ApiId") => text(self.api_id(id)),
            (HTTP, "ApiEndpoint") => {
                let is_ws = own("ProtocolType")? == "WEBSOCKET" || !own("RouteSelectionExpression")?.is_empty();
                let scheme = if is_ws { "wss" } else { "https" };
                Ok(self.invent(
                    name,
                    span,
                    format!("{scheme}://{}.execute-api.{REGION}.amazonaws.com", self.api_id(id)),
                ))
            }
            (kind, attribute) if kind.starts_with("AWS::ApiGateway") && attribute.ends_with("Id") => {
                text(id.to_owned())
            }
            (kind, "Arn") => {
                let service = kind.split("::").nth(1).unwrap_or_default().to_lowercase();
                Ok(self.invent(name, span, arn(&service, id)))
            }
            _ => Ok(self.invent(name.clone(), span, name)),
        }
    }

    /// `F.Alias` and its kin, which only SAM knows.
    fn part(&self, id: &str, part: &str, span: Span) -> Result<Node, Fault> {
        let text = |text: String| Ok(Node::text(span, text));
        let own = |property: &str| self.own_text(id, property);
        match part {
            "Alias" | "Version" => {
                let Some(alias) = own("AutoPublishAlias")? else {
                    return Err(Fault::new(span, format_args!("`{id}` has no `AutoPublishAlias`, and so no `{part}`")));
                };
                let qualifier = if part == "Alias" { &*alias } else { "1" };
                text(arn("lambda", &format!("function:{}:{qualifier}", self.function_name(id)?)))
            }
            "Stage" => text(own("StageName")?.unwrap_or_else(|| "$default".to_owned())),
            "DomainName" => {
                match self.section("Resources", id).and_then(|api| api.at(&["Properties", "Domain", "DomainName"])) {
                    Some(domain) => text(self.text(domain)?.unwrap_or_default()),
                    None => Err(Fault::new(span, format_args!("`{id}` has no `Domain`"))),
                }
            }
            _ => text(format!("{id}{part}")),
        }
    }

    /// What a function is called: as the template says, or by its logical id, where AWS adds the stack and random letters.
    pub(crate) fn function_name(&self, id: &str) -> Result<String, Fault> {
        let made = || function_name(&self.name_of(id));
        Ok(self.own_text(id, "FunctionName")?.unwrap_or_else(made))
    }

    /// What a condition takes away has no value.
    fn check_there(&self, id: &str, span: Span) -> Result<(), Fault> {
        match self.section("Resources", id) {
            Some(resource) if !self.is_there(resource)? => {
                Err(Fault::new(span, format_args!("`{id}` is not there, for its condition does not hold")))
            }
            _ => Ok(()),
        }
    }

    fn own_text(&self, id: &str, property: &str) -> Result<Option<String>, Fault> {
        match self.section("Resources", id).and_then(|resource| resource.at(&["Properties", property])) {
            Some(value) => self.deeper(value.span, || self.text(value)),
            None => Ok(None),
        }
    }
}

/// A text in the letters that the name of a function may have.
pub(crate) fn function_name(text: &str) -> String {
    text.replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "-")
}

/// An id with the looks of AWS's.
pub(crate) fn api_id(logical_id: &str) -> String {
    // FNV-1a.
    let mut hash = logical_id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let mut id = String::from("a");
    for _ in 0..9 {
        id.push(char::from_digit(u32::try_from(hash % 36).certain(), 36).certain());
        hash /= 36;
    }
    id
}

pub(crate) fn arn(service: &str, rest: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}")
}

/// The ARN of a function that is named or has one, with a qualifier.
fn qualified(function: &str, qualifier: &str) -> String {
    let arn =
        if function.starts_with("arn:") { function.to_owned() } else { arn("lambda", &format!("function:{function}")) };
    if qualifier.is_empty() { arn } else { format!("{arn}:{qualifier}") }
}

pub(crate) const FUNCTION: &str = "AWS::Lambda::Function";
pub(crate) const REST: &str = "AWS::ApiGateway::RestApi";
pub(crate) const HTTP: &str = "AWS::ApiGatewayV2::Api";
