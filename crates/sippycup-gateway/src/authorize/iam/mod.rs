//! IAM: who has signed a request, by credentials of this machine alone.
//!
//! ```text
//! IamAuthorizer ──► signature: what a request says ──► time
//!               └─► canonical: what must have been signed
//! ```
//!
//! Source: "Create a signed AWS API request" (Signature Version 4).

mod canonical;
mod credentials;
mod signature;
mod time;

use self::canonical::Canonical;
pub use self::credentials::IamCredentials;
use self::signature::{INVALID, Signature, flaw};
use super::asked::{Asked, Denied, Granted};
use crate::request::Call;
use crate::{ConfigError, Kind};

/// An authorizer that checks signatures (`AWS_IAM`): of REST, HTTP and WebSocket APIs, function URLs and VPC Lattice, in a header or in the query.
///
/// It knows the credentials that it is given, and no others. Requests that they sign may call every route: policies of IAM are not evaluated. A signature counts for the region and the service
/// of the front door and for five minutes, or as long as a query says, by the [clock](crate::GatewayBuilder::clock) of the gateway. Streamed bodies (`STREAMING-…`) and Signature
/// Version 4A are refused.
///
/// ```
/// use http::Request;
/// use sippycup_gateway::{Body, BoxError, Gateway, IamAuthorizer, IamCredentials, Kind};
/// use tower::{ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let credentials = IamCredentials::new("AKIAEXAMPLE", "secret").principal("arn:aws:iam::123456789012:user/ann");
/// let function = service_fn(async |_event: bytes::Bytes| Ok::<_, BoxError>(bytes::Bytes::from_static(br#"{"statusCode": 200}"#)));
/// let gateway = Gateway::builder(Kind::RestApi).guard(IamAuthorizer::new(credentials)).build(function)?;
///
/// let response = gateway.oneshot(Request::get("/prod/").body(Body::empty())?).await?;
/// assert_eq!(response.status(), 403);
/// assert_eq!(response.headers()["x-amzn-errortype"], "MissingAuthenticationTokenException");
/// # Ok::<(), BoxError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct IamAuthorizer {
    name: String,
    credentials: Vec<IamCredentials>,
}

impl IamAuthorizer {
    /// An authorizer that knows one principal.
    #[must_use]
    pub fn new(credentials: IamCredentials) -> Self {
        Self { name: "AWS_IAM".to_owned(), credentials: vec![credentials] }
    }

    /// Adds another principal.
    #[must_use]
    pub fn and(mut self, credentials: IamCredentials) -> Self {
        self.credentials.push(credentials);
        self
    }

    /// Its name in log lines and messages; default `AWS_IAM`.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    pub(super) fn name_text(&self) -> &str {
        &self.name
    }

    pub(super) fn check_kind(&self, kind: Kind) -> Result<(), ConfigError> {
        if kind.is_load_balancer() {
            return Err(ConfigError::new(format!("{} checks no signatures of IAM", kind.name())));
        }
        self.credentials.iter().try_for_each(IamCredentials::check)
    }

    pub(super) fn ask(&self, call: &Call<'_>) -> Asked {
        let granted = self.signer(call).map(|credentials| Granted {
            authorizer: credentials.authorizer(),
            principal: Some(credentials.principal_arn().to_owned()),
            usage_key: None,
        });
        Asked { granted, cached: false }
    }

    /// Whose signature it is.
    fn signer(&self, call: &Call<'_>) -> Result<&IamCredentials, Denied> {
        let service = service(call.kind());
        let signature = Signature::read(call)?;
        signature.check_scope(service, &call.front.region)?;
        let credentials = self.credentials.iter().find(|known| {
            known.access_key_id() == signature.access_key_id && known.session() == signature.session_token.as_deref()
        });
        let Some(credentials) = credentials else {
            let known = self.credentials.iter().any(|known| known.access_key_id() == signature.access_key_id);
            let why = if known { "its session token is another one" } else { "its access key is not known here" };
            return Err(flaw(UNKNOWN, "The security token included in the request is invalid.", why));
        };
        signature.check_time(call.stamp.epoch_seconds())?;
        let canonical = Canonical::of(call, &signature)?;
        let to_sign = signature.string_to_sign(&canonical.text);
        if credentials.has_signed(&signature, &to_sign) {
            return Ok(credentials);
        }
        let message = if call.kind() == Kind::RestApi {
            format!(
                "{MISMATCH}\n\nThe Canonical String for this request should have been\n'{}'\n\nThe String-to-Sign should have been\n'{to_sign}'\n",
                canonical.text
            )
        } else {
            MISMATCH.to_owned()
        };
        let why = canonical.doubt.unwrap_or("the request was signed with another secret, or changed on its way");
        Err(flaw(INVALID, message, why))
    }
}

/// What the scope of a signature must name.
const fn service(kind: Kind) -> &'static str {
    match kind {
        Kind::FunctionUrl => "lambda",
        Kind::VpcLatticeV1 | Kind::VpcLatticeV2 => "vpc-lattice-svcs",
        _ => "execute-api",
    }
}

const UNKNOWN: &str = "UnrecognizedClientException";

const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
