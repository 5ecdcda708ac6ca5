//! Why a request gets no proper answer.

/// What went wrong, in as many cases as clients can see a difference.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Refusal {
    /// An authorizer does not let the request through.
    #[cfg(feature = "authorizers")]
    AccessDenied,
    /// An authorizer failed.
    #[cfg(feature = "authorizers")]
    AuthorizerFailed,
    /// A signature that does not count.
    #[cfg(feature = "authorizers")]
    BadSignature,
    /// The request is no whole request.
    BadRequest,
    /// REST: the body does not fit its model.
    BadRequestBody,
    /// REST: a required parameter is missing.
    BadRequestParameters,
    /// REST: the answer's base64 could not be decoded.
    Configuration,
    /// A statement of a policy says no.
    #[cfg(feature = "authorizers")]
    ExplicitlyDenied,
    /// The answer is JSON, but no proxy response.
    Malformed,
    /// REST: no such stage or mapping.
    NoStage,
    /// No such resource or route.
    NoRoute,
    /// A listener forwards to no target group that is here.
    NoTarget,
    /// The answer is no JSON at all.
    NotJson,
    /// The function failed, or its process ended.
    FunctionFailed,
    HeadersTooLarge,
    /// Over TCP: a web page that may not send requests here. AWS has no such refusal.
    Foreign,
    /// A method that no front door of the kind passes on.
    MethodNotAllowed,
    /// REST: a key has used what its plan gives it.
    QuotaExceeded,
    RequestTooLarge,
    /// A rule of a listener rewrites a request into none.
    Rewrite,
    /// Too many requests in a short time.
    Throttled,
    TimedOut,
    /// REST: no API key that a usage plan of the stage has.
    UnknownKey,
    /// REST: a token of Cognito that was good once.
    #[cfg(feature = "authorizers")]
    TokenExpired,
    /// The authorizer does not know the client.
    #[cfg(feature = "authorizers")]
    Unauthorized,
    /// A request without a signature where one is needed.
    #[cfg(feature = "authorizers")]
    Unsigned,
    #[cfg(feature = "authorizers")]
    UriTooLong,
}
