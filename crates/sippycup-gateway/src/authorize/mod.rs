//! Authorizers that run: which requests reach the function, and what it is told about the client.
//!
//! ```text
//! Guard ──► jwt, claim ──► token ──► keys, development   what a token says, and who signed it
//!       ├─► lambda ──► source, answer ──► policy, cache   what a function says
//!       └─► iam                                 who has signed
//! ```
//!
//! Nothing here knows how a refusal looks: that is a matter of the front door.

mod answer;
mod asked;
mod cache;
mod claim;
mod development;
mod iam;
mod jwks;
mod jwt;
mod lambda;
mod policy;
mod source;
mod token;

use std::time::Instant;

pub use development::DevelopmentKey;
pub use iam::{IamAuthorizer, IamCredentials};
pub use jwks::KeySet;
pub use jwt::JwtAuthorizer;
pub use lambda::LambdaAuthorizer;

use crate::observe::{Exchange, Step, on_behalf};
use crate::refusal::Refused;
use crate::request::{Call, Passed};
use crate::{ConfigError, Kind, Verdict};

/// The authorizer before the routes of a gateway: made of a `JwtAuthorizer`, a `LambdaAuthorizer` or an `IamAuthorizer` with `into`, and given to
/// [`GatewayBuilder::guard`](crate::GatewayBuilder::guard).
///
/// ```
/// use sippycup_gateway::{Guard, JwtAuthorizer};
///
/// let guard = Guard::from(JwtAuthorizer::new("https://login.example.com").audience("shop").name("Login"));
/// assert_eq!(guard.name(), "Login");
/// ```
#[derive(Clone, Debug)]
pub struct Guard {
    sort: Sort,
}

#[derive(Clone, Debug)]
enum Sort {
    Iam(IamAuthorizer),
    Jwt(JwtAuthorizer),
    Lambda(LambdaAuthorizer),
}

impl Guard {
    /// The name of the authorizer.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.sort {
            Sort::Iam(iam) => iam.name_text(),
            Sort::Jwt(jwt) => &jwt.name,
            Sort::Lambda(lambda) => lambda.name_text(),
        }
    }

    /// Whether it is one of IAM.
    pub(crate) const fn checks_signatures(&self) -> bool {
        matches!(self.sort, Sort::Iam(_))
    }

    pub(crate) fn check_kind(&self, kind: Kind) -> Result<(), ConfigError> {
        match &self.sort {
            Sort::Iam(iam) => iam.check_kind(kind),
            Sort::Jwt(jwt) => jwt.check_kind(kind),
            Sort::Lambda(lambda) => lambda.check_kind(kind),
        }
    }

    /// Asks the authorizer about a request. What it says is the verdict, also if the request is refused.
    pub(crate) async fn admit(&self, call: &Call<'_>, passed: &mut Passed, exchange: &Exchange) -> Result<(), Refused> {
        let began = Instant::now();
        let asked = async {
            match &self.sort {
                Sort::Iam(iam) => iam.ask(call),
                Sort::Jwt(jwt) => jwt.ask(call).await,
                Sort::Lambda(lambda) => lambda.ask(call).await,
            }
        };
        let mut asked = on_behalf(exchange, asked).await;
        let took = began.elapsed();
        if let (Ok(granted), false) = (&mut asked.granted, asked.cached) {
            granted.authorizer.set_latency(took);
        }
        let granted = asked.granted.as_ref();
        let verdict = passed.verdict.insert(Verdict {
            authorizer: self.name().to_owned(),
            refusal: granted.err().map(|denied| denied.reason.clone()),
            principal: granted.ok().and_then(|granted| granted.principal.clone()),
            context: granted.ok().and_then(|granted| granted.authorizer.context(call.kind())),
            cached: asked.cached,
            took,
        });
        exchange.tell(|| Step::Authorized(verdict));
        let shows = !call.kind().is_load_balancer();
        match asked.granted {
            Ok(granted) => {
                passed.authorizer = Some(granted.authorizer).filter(|_| shows);
                passed.usage_key = granted.usage_key;
                Ok(())
            }
            Err(denied) => Err(denied.refused(self.name(), call)),
        }
    }
}

impl From<IamAuthorizer> for Guard {
    fn from(iam: IamAuthorizer) -> Self {
        Self { sort: Sort::Iam(iam) }
    }
}

impl From<JwtAuthorizer> for Guard {
    fn from(jwt: JwtAuthorizer) -> Self {
        Self { sort: Sort::Jwt(jwt) }
    }
}

impl From<LambdaAuthorizer> for Guard {
    fn from(lambda: LambdaAuthorizer) -> Self {
        Self { sort: Sort::Lambda(lambda) }
    }
}
