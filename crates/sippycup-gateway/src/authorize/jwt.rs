//! JWT authorizers of HTTP APIs and REST APIs, Cognito authorizers, and the JWT action of a load balancer: what a token must say.

use jsonwebtoken::Algorithm;
use serde_json::{Map, Value};

use super::asked::{Asked, Denied, Granted, NO_TOKEN, Why};
use super::claim::{AdditionalClaim, MOST};
use super::development::DevelopmentKey;
use super::jwks::KeySet;
use super::source::Source;
use super::token::{SEGMENTS, Token};
use crate::request::Call;
use crate::{Authorizer, ConfigError, Kind};

/// An authorizer that reads tokens: the JWT authorizer of an HTTP API or a REST API, the Cognito authorizer of a REST API, or the JWT action of a load balancer.
///
/// It trusts the keys that it is given and no others: without any, no token passes. Checked are the signature, `iss`, `aud` (or `client_id` where there is no `aud`), `exp`,
/// `nbf`, `iat`, and the scopes of the route. HTTP APIs and load balancers take RSA signatures only, REST APIs ES256 and ES384 too (ES512 is not known here).
/// A Cognito authorizer takes ID tokens where a route has no scopes, and access tokens where it has some.
///
/// Sources: "Control access to HTTP APIs with JWT authorizers in API Gateway", "Control access to REST APIs using Amazon Cognito user pools as an authorizer".
#[derive(Clone, Debug)]
pub struct JwtAuthorizer {
    pub(super) name: String,
    issuers: Vec<Issuer>,
    additional_claims: Vec<AdditionalClaim>,
    source: Option<Source>,
    keys: Option<KeySet>,
    development: Option<DevelopmentKey>,
    is_cognito: bool,
    error: Option<ConfigError>,
}

#[derive(Clone, Debug)]
struct Issuer {
    name: String,
    audiences: Vec<String>,
}

impl JwtAuthorizer {
    /// A JWT authorizer for the tokens of an issuer, which is compared exactly.
    #[must_use]
    pub fn new(issuer: impl Into<String>) -> Self {
        Self {
            name: "jwt".to_owned(),
            issuers: vec![Issuer { name: issuer.into(), audiences: Vec::new() }],
            additional_claims: Vec::new(),
            source: None,
            keys: None,
            development: None,
            is_cognito: false,
            error: None,
        }
    }

    /// The Cognito authorizer of a REST API: the issuer is `https://cognito-idp.REGION.amazonaws.com/POOL`.
    #[must_use]
    pub fn cognito(issuer: impl Into<String>) -> Self {
        Self { name: "cognito".to_owned(), is_cognito: true, ..Self::new(issuer) }
    }

    /// Adds one more issuer (REST APIs); audiences that follow are its own.
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuers.push(Issuer { name: issuer.into(), audiences: Vec::new() });
        self
    }

    /// Adds an audience of the last issuer: a token must name one of them. A load balancer and Cognito look at none.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        if let Some(issuer) = self.issuers.last_mut() {
            issuer.audiences.push(audience.into());
        }
        self
    }

    /// Adds a claim that a token must have, with all of these values (load balancers only). The format is `single-string`, with one value, `string-array` or
    /// `space-separated-values`. There may be 10 additional claims, each with 10 values of 256 characters. A token of a development key must have them too.
    ///
    /// Source: "JwtValidationActionAdditionalClaim" of the API of Elastic Load Balancing. It does not say whether one of several values is enough for AWS.
    ///
    /// ```
    /// use sippycup_gateway::{Action, JwtAuthorizer};
    ///
    /// let jwt = JwtAuthorizer::new("https://login.example.com")
    ///     .additional_claim("aud", "single-string", ["shop"])
    ///     .additional_claim("scope", "space-separated-values", ["read", "write"]);
    /// let action = Action::forward("shop").guard(jwt);
    /// # let _ = action;
    /// ```
    #[must_use]
    pub fn additional_claim<V: Into<String>>(
        mut self,
        name: impl Into<String>,
        format: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        match AdditionalClaim::new(name.into(), format, values.into_iter().map(Into::into).collect()) {
            Ok(claim) => self.additional_claims.push(claim),
            Err(error) => self.error = self.error.or(Some(error)),
        }
        self
    }

    /// Where the token is: `$request.header.Authorization`, which is the default, or `method.request.header.…`, or a key of the query (HTTP APIs).
    #[must_use]
    pub fn identity_source(mut self, source: &str) -> Self {
        match Source::parse(source) {
            Ok(source) => self.source = Some(source),
            Err(error) => self.error = self.error.or(Some(error)),
        }
        self
    }

    /// The keys of the issuers; default none.
    #[must_use]
    pub fn keys(mut self, keys: KeySet) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Trusts tokens of a development key too; default none.
    #[must_use]
    pub fn development_key(mut self, key: DevelopmentKey) -> Self {
        self.development = Some(key);
        self
    }

    /// Its name in log lines and messages; default `jwt` or `cognito`.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    pub(super) fn check_kind(&self, kind: Kind) -> Result<(), ConfigError> {
        let wrong = |what: &str| Err(ConfigError::new(format!("authorizer `{}`: {} {what}", self.name, kind.name())));
        match (&self.error, &self.source) {
            (Some(error), _) => Err(ConfigError::new(format!("authorizer `{}`: {error}", self.name))),
            _ if !self.additional_claims.is_empty() && !kind.is_load_balancer() => {
                wrong("has no additional claims: those are of load balancers")
            }
            _ if self.additional_claims.len() > MOST => {
                wrong(&format!("takes {MOST} additional claims, found {}", self.additional_claims.len()))
            }
            _ if self.is_cognito && kind != Kind::RestApi => {
                wrong("has no Cognito authorizers; a JWT authorizer reads the same tokens")
            }
            _ if kind == Kind::WebSocketApi || !kind.is_api_gateway() && !kind.is_load_balancer() => {
                wrong("has no JWT authorizers")
            }
            (_, Some(Source::Header(_)) | None) => Ok(()),
            (_, Some(Source::Query(_))) if kind.is_http_api() => Ok(()),
            _ => wrong("takes the token from a header"),
        }
    }

    pub(super) async fn ask(&self, call: &Call<'_>) -> Asked {
        Asked { granted: self.read(call).await, cached: false }
    }

    async fn read(&self, call: &Call<'_>) -> Result<Granted, Denied> {
        let source = self.source.clone().unwrap_or_else(|| Source::Header("Authorization".to_owned()));
        let missing = || Denied::new(Why::Missing, format!("{NO_TOKEN}: {} is missing or empty", source.name()));
        let value = source.value(call).ok_or_else(missing)?;
        let invalid = |text: String| Denied::new(Why::Invalid(text.clone()), text);
        // A function could read another one of them than the one that is checked here. HTTP APIs join them, which makes no token.
        if source.is_repeated(call) {
            let reason = format!("{} is there more than once", source.name());
            return Err(Denied::new(Why::Invalid(SEGMENTS.to_owned()), reason));
        }
        let text = match value.strip_prefix("Bearer ") {
            Some(text) => text,
            // A token without it is documented for APIs only.
            None if call.kind().is_load_balancer() => {
                return Err(invalid("there is no `Bearer` before the token".to_owned()));
            }
            None => &value,
        };
        let mut token = Token::read(text).map_err(invalid)?;
        let is_ours = self.check_signature(&token, call.kind()).await?;
        let issuer = match token.claims.get("iss").and_then(Value::as_str) {
            None if is_ours => self.issuers.first(),
            issuer => self.issuers.iter().find(|known| Some(known.name.as_str()) == issuer),
        };
        let issuer = issuer.ok_or_else(|| invalid("issuer does not match".to_owned()))?;
        let scopes = &call.front.scopes;
        if is_ours {
            self.complete(&mut token.claims, issuer, !scopes.is_empty());
        }
        let claims = token.claims;
        self.check_claims(&claims, issuer, call)?;
        let own = own_scopes(&claims);
        if !scopes.is_empty() && !scopes.iter().any(|scope| own.contains(scope)) {
            let reason = format!("the token has none of the scopes {}", scopes.join(", "));
            // A Cognito authorizer makes no difference between a token that is wrong and one that may too little.
            return Err(Denied::new(if self.is_cognito { Why::Unauthorized } else { Why::Scope }, reason));
        }
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        let principal = text("sub").or_else(|| text("client_id"));
        let authorizer = Authorizer::jwt(claims, (!scopes.is_empty()).then_some(own));
        Ok(Granted { authorizer, principal, usage_key: None })
    }

    /// Whether the token is one for development; an error if nobody who is trusted has signed it.
    async fn check_signature(&self, token: &Token<'_>, kind: Kind) -> Result<bool, Denied> {
        let invalid = |text: String| Denied::new(Why::Invalid(text.clone()), text);
        if DevelopmentKey::is_meant(token) {
            let ours = self.development.as_ref().is_some_and(|key| key.has_signed(token));
            let foreign = || {
                Denied::new(
                    Why::Invalid("signature is invalid".to_owned()),
                    "the token is of another development key, or of none",
                )
            };
            return ours.then_some(true).ok_or_else(foreign);
        }
        let algorithms: &[Algorithm] = match kind {
            Kind::LoadBalancer | Kind::LoadBalancerMultiValue => &[Algorithm::RS256],
            Kind::RestApi if !self.is_cognito => RSA_AND_EC,
            _ => RSA,
        };
        if !token.algorithm().is_some_and(|algorithm| algorithms.contains(&algorithm)) {
            return Err(invalid(format!("signing method {} is invalid", token.algorithm.escape_default())));
        }
        match &self.keys {
            Some(keys) => keys.check(token, kind.is_load_balancer()).await.map_err(invalid)?,
            None => {
                let text = "the kid of the token is none of the key set".to_owned();
                let help = "there are no keys here that could check the token of an issuer: give them with `--jwks`, or take a token of `sippycup token`";
                return Err(Denied::new(Why::Invalid(text), help));
            }
        }
        Ok(false)
    }

    /// What a token for development does not say is what is asked for.
    fn complete(&self, claims: &mut Map<String, Value>, issuer: &Issuer, is_access: bool) {
        let mut say = |name: &str, value: &str| {
            claims.entry(name.to_owned()).or_insert_with(|| value.into());
        };
        say("iss", &issuer.name);
        if self.is_cognito {
            say("token_use", if is_access { "access" } else { "id" });
        }
        if let (Some(audience), false, false) =
            (issuer.audiences.first(), claims.contains_key("aud"), claims.contains_key("client_id"))
        {
            claims.insert("aud".to_owned(), audience.as_str().into());
        }
    }

    fn check_claims(&self, claims: &Map<String, Value>, issuer: &Issuer, call: &Call<'_>) -> Result<(), Denied> {
        let invalid = |text: &str| Err(Denied::new(Why::Invalid(text.to_owned()), text));
        let kind = call.kind();
        let names = |claim: &Value| match claim {
            Value::String(name) => issuer.audiences.contains(name),
            Value::Array(names) => {
                names.iter().filter_map(Value::as_str).any(|name| issuer.audiences.iter().any(|a| a == name))
            }
            _ => false,
        };
        let needs_audience = !self.is_cognito && !kind.is_load_balancer();
        // With both, `aud` decides; a REST API knows no other.
        let audience = claims.get("aud").or_else(|| claims.get("client_id").filter(|_| kind.is_http_api()));
        if needs_audience && !audience.is_some_and(names) {
            return invalid("the token does not have a valid audience");
        }
        if self.is_cognito {
            let wanted = if call.front.scopes.is_empty() { "id" } else { "access" };
            if claims.get("token_use").and_then(Value::as_str) != Some(wanted) {
                return Err(Denied::new(
                    Why::Unauthorized,
                    format!(
                        "expected an {wanted} token: a route with scopes takes access tokens, one without ID tokens"
                    ),
                ));
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "seconds of a time that people live in")]
        let now = call.stamp.epoch_seconds() as f64;
        let time = |name: &str| claims.get(name).filter(|value| !value.is_null());
        match time("exp").and_then(Value::as_f64) {
            Some(end) if end > now => {}
            Some(_) => return Err(Denied::new(Why::Expired, "Token is expired")),
            None => return Err(Denied::new(Why::Expired, "the token has no `exp`")),
        }
        for (name, text) in [("nbf", "Token is not valid yet"), ("iat", "Token used before issued")] {
            if time(name).is_some_and(|value| value.as_f64().is_none_or(|begin| begin > now)) {
                return invalid(text);
            }
        }
        match self.additional_claims.iter().find(|claim| !claim.is_in(claims)) {
            Some(claim) => {
                invalid(&format!("the token does not have the values of the additional claim `{}`", claim.name()))
            }
            None => Ok(()),
        }
    }
}

/// `scp` or `scope`: a list, or a text with blanks between.
fn own_scopes(claims: &Map<String, Value>) -> Vec<String> {
    match claims.get("scp").or_else(|| claims.get("scope")) {
        Some(Value::String(scopes)) => scopes.split_whitespace().map(str::to_owned).collect(),
        Some(Value::Array(scopes)) => scopes.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

const RSA: &[Algorithm] = &[Algorithm::RS256, Algorithm::RS384, Algorithm::RS512];
const RSA_AND_EC: &[Algorithm] =
    &[Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::ES256, Algorithm::ES384];
