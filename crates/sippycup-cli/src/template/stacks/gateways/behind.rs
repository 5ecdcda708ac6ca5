//! What is behind the routes of a gateway: a function, an authorizer, or an answer of the gateway's own.

use std::collections::BTreeMap;

use serde_json::json;
use sippycup_gateway::Kind;

use crate::plan::{AuthorizerPlan, GatewayPlan, Origin, Said, ValidatorTable};
use crate::template::model::{Access, Api, Guard, Reply, Route, Sort};
use crate::template::scope::Scope;
use crate::template::scope::references::api_id;

/// What all routes of a gateway have in common.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Behind {
    pub(crate) function: Option<String>,
    pub(crate) answer: Option<Reply>,
    pub(crate) stream: bool,
    pub(crate) is_version_1: bool,
    /// What is mapped to the tenant of an invocation.
    pub(crate) tenant: Option<String>,
    /// Milliseconds.
    pub(crate) timeout: Option<u64>,
    pub(crate) guard: Option<Guard>,
    /// How the guard runs.
    pub(crate) authorizer: Option<AuthorizerPlan>,
    pub(crate) validator: Option<Box<ValidatorTable>>,
    /// Whether the stage has a usage plan with keys.
    pub(crate) is_keyed: bool,
}

impl Behind {
    pub(crate) fn gateway(&self, kind: Kind, id: &str, port: u16, flags: &GatewayPlan) -> GatewayPlan {
        let is = |sorts: &[Sort]| {
            self.guard.as_ref().is_some_and(|guard| sorts.contains(&guard.sort)) && self.answer.is_none()
        };
        let claims = flags.claims.clone().filter(|_| is(&[Sort::Cognito, Sort::Jwt]));
        let scopes = self.guard.as_ref().map(|guard| guard.scopes.clone()).filter(|scopes| !scopes.is_empty());
        let authorizer = self.guard.as_ref().map(|guard| {
            let done = match (&self.authorizer, &self.answer) {
                (Some(_), _) => "runs here",
                (None, Some(_)) => "refuses every request",
                (None, None) if guard.sort == Sort::Key => "checked here",
                (None, None) => "replaced by what the command line says",
            };
            format!("{} ({}): {done}", guard.name, guard.sort.name())
        });
        GatewayPlan {
            kind,
            scopes: scopes
                .filter(|_| self.authorizer.is_some() || claims.is_some() && kind != Kind::RestApi)
                .map(Said::from),
            authorizer: self.authorizer.clone().map(Said::from),
            claims,
            lambda_authorizer: flags.lambda_authorizer.clone().filter(|_| is(&[Sort::Lambda])),
            iam_principal: flags.iam_principal.clone().filter(|_| is(&[Sort::Iam]) && self.authorizer.is_none()),
            function: self.function.clone().map(Said::from),
            api_id: Some(Said::from(api_id(id))),
            origin: Some(Origin { id: id.to_owned(), port, answer: self.answer.as_ref().map(answer), authorizer }),
            api_keys: match &self.guard {
                Some(guard) if guard.key && self.answer.is_none() => flags.api_keys.clone(),
                _ => Vec::new(),
            },
            connection_credentials: (kind == Kind::WebSocketApi)
                .then(|| flags.connection_keys().ok().filter(|keys| !keys.is_empty()).map(Said::from))
                .flatten(),
            throttle: flags.throttle.clone().filter(|_| kind != Kind::FunctionUrl),
            source_ip: flags.source_ip,
            https: flags.https,
            ..GatewayPlan::default()
        }
    }

    /// Whether a key of a usage plan must be there.
    pub(crate) fn needs_key(&self) -> bool {
        self.guard.as_ref().is_some_and(|guard| guard.key) && self.answer.is_none()
    }

    /// An authorizer lets nobody through, unless the command line says who it is.
    pub(crate) fn guard(
        &mut self,
        scope: &Scope<'_>,
        id: &str,
        route: &str,
        access: &Access,
        authorizer: Option<AuthorizerPlan>,
        flags: &GatewayPlan,
    ) {
        let Access::Guarded(guard) = access else { return };
        let (flag, given) = said(guard.sort, flags);
        let given = given || guard.sort == Sort::Key && self.is_keyed;
        let what = format!("{}, `{}`", guard.sort.name(), guard.name);
        self.guard = Some(guard.clone());
        if guard.key && guard.sort != Sort::Key && flags.api_keys.is_empty() && !self.is_keyed {
            let why =
                format!("the API key beside {what} does not run here: every request is refused; --api-key gives it");
            scope.notes.borrow_mut().pass(id, route, &why);
            self.answer = Some(refusal(&format!("an API key beside {what} needs --api-key")));
            return;
        }
        self.authorizer = authorizer;
        if self.authorizer.is_some() {
            return;
        }
        if given && guard.sort == Sort::Key {
            return;
        }
        if given {
            let why = format!("{what}, is not asked: every request passes with what {flag} says");
            scope.notes.borrow_mut().pass(id, route, &why);
            return;
        }
        let hint = match guard.sort {
            Sort::Iam => {
                "; --iam-key or --iam-profile give the keys that sign, --iam-principal says whom it lets through"
                    .to_owned()
            }
            _ => format!("; {flag} says whom it lets through"),
        };
        let why = format!("{what}, does not run here: every request is refused{hint}");
        scope.notes.borrow_mut().pass(id, route, &why);
        self.answer = Some(refusal(&format!("{what}, does not run on this machine{hint}")));
    }

    pub(crate) fn unanswered(&mut self, scope: &Scope<'_>, id: &str, what: &str) {
        scope.notes.borrow_mut().pass(id, "the listener", &format!("it leads to {what}: it answers 501"));
        self.answer = Some(refusal(&format!("the listener leads to {what}, which does not run on this machine")));
    }

    pub(crate) fn missing(&mut self, scope: &Scope<'_>, api: &Api, route: &Route, what: &str) {
        scope.notes.borrow_mut().pass(&api.id, &format!("`{}`", route.key()), &format!("it is {what}: it answers 501"));
        self.answer = Some(refusal(&format!("{} is {what}, which does not run on this machine", route.key())));
    }
}

/// What the command line says instead of an authorizer: the flag, and whether it is there.
pub(crate) const fn said(sort: Sort, flags: &GatewayPlan) -> (&'static str, bool) {
    match sort {
        Sort::Cognito | Sort::Jwt => ("--claims", flags.claims.is_some()),
        Sort::Lambda => ("--lambda-authorizer", flags.lambda_authorizer.is_some()),
        Sort::Iam => ("--iam-principal", flags.iam_principal.is_some()),
        Sort::Key => ("--api-key", !flags.api_keys.is_empty()),
    }
}

fn refusal(message: &str) -> Reply {
    let headers = BTreeMap::from([("Content-Type".to_owned(), "application/json".to_owned())]);
    Reply { status: 501, headers, body: json!({ "message": message }).to_string() }
}

pub(crate) fn answer(reply: &Reply) -> bytes::Bytes {
    // Load balancers want to hear that it is text.
    json!({ "statusCode": reply.status, "headers": reply.headers, "body": reply.body, "isBase64Encoded": false })
        .to_string()
        .into()
}
