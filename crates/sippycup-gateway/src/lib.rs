//! A local stand-in for the front doors of AWS Lambda: API Gateway (REST, HTTP and WebSocket APIs), function URLs, Application Load Balancers and VPC Lattice.
//!
//! As a library it is a tower service, `http::Request` in and `http::Response` out, over any service that answers event JSON with answer JSON: tests send requests through
//! every front door without a port or a process. The command `sippycup`, of the crate `sippycup-cli`, runs a Lambda function in any language behind it, without Docker. It was
//! written from AWS's documentation and recordings alone and shares no code with an adapter, so the two can be checked against each other.
//!
//! ```
//! use bytes::Bytes;
//! use http::Request;
//! use sippycup_gateway::{Body, BoxError, Domain, Gateway, Kind};
//! use tower::{ServiceExt, service_fn};
//!
//! // Stands for your application behind its Lambda adapter: event JSON in, answer JSON out.
//! let function = service_fn(async |event: Bytes| {
//!     let event: serde_json::Value = serde_json::from_slice(&event)?;
//!     let path = event["rawPath"].as_str().or(event["path"].as_str()).unwrap_or_default();
//!     let answer = serde_json::json!({
//!         "statusCode": 200, "headers": {"content-type": "text/plain"}, "body": path, "isBase64Encoded": false,
//!     });
//!     Ok::<_, BoxError>(Bytes::from(answer.to_string()))
//! });
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! for builder in [
//!     Gateway::builder(Kind::RestApi).stage("prod"),
//!     Gateway::builder(Kind::RestApi).domain(Domain::new("api.example.com").mapping("shop")),
//!     Gateway::builder(Kind::HttpApiV2),
//!     Gateway::builder(Kind::LoadBalancer),
//! ] {
//!     let gateway = builder.build(function.clone())?;
//!     let target = format!("{}/items/a%20b?q=1", gateway.base_path());
//!     let response = gateway.oneshot(Request::get(target).body(Body::empty())?).await?;
//!     assert_eq!(response.status(), 200);
//! }
//! # Ok::<(), BoxError>(())
//! # }).unwrap();
//! ```
//!
//! # Testing a SippyCup app
//!
//! `SippyCup<S>` is such a function as it is: a service from the bytes of an event to those of an answer. So an axum `Router`, or any other service of requests, is tested
//! behind a REST API, an HTTP API and a load balancer in ten lines:
//!
//! ```
//! # extern crate sippycup_layer as sippycup;
//! use axum::{Router, response::Redirect, routing::get};
//! use http::Request;
//! use sippycup::SippyCup;
//! use sippycup_gateway::{Body, Domain, Gateway, Kind};
//! use tower::ServiceExt;
//!
//! fn app() -> Router {
//!     Router::new().route("/", get(async || "hello")).route("/old", get(async || Redirect::to("/")))
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! for front_door in [
//!     Gateway::builder(Kind::RestApi).domain(Domain::new("api.example.com").mapping("shop")),
//!     Gateway::builder(Kind::HttpApiV2).stage("dev"),
//!     Gateway::builder(Kind::LoadBalancer),
//! ] {
//!     let gateway = front_door.build(SippyCup::new(app()))?;
//!     let request = Request::get(format!("{}/old", gateway.base_path())).body(Body::empty())?;
//!     let response = gateway.clone().oneshot(request).await?;
//!     assert_eq!(response.headers()["location"], format!("{}/", gateway.base_path()));
//! }
//! # Ok::<(), sippycup_gateway::BoxError>(())
//! # }).unwrap();
//! ```
//!
//! An app with settings goes in as `SippyCupLayer::new().rewrite_cookie_path(true).layer(app())`. Where a response is not what you expect, [`Fault`] in its extensions has the reason, which AWS would not tell.
//!
//! # The parts
//!
//! ```text
//! http::Request ──► intake ──► location ──► admit ──► encode ──► event JSON ──► F
//!                    └─ a refusal, or what the front door says itself ─┐         │
//! http::Response ◄────────────────────────────────────────── decode ◄──┴─ answer JSON
//!
//! gateway    a front door before a function; several of them     config     the builder, and what AWS would not accept
//! intake     from a request to its event                          decode     from an answer to its response
//! location   host, stage, mapping, route                          request    what is found out about one request
//! admit      API keys, plans, throttles, validation               authorize  tokens, functions, signatures
//! rules      listeners of load balancers and of Lattice           health     target groups
//! refusal    what the front door says itself; gateway_response is what an API says instead
//! web_socket connections                                          observe    who looks on
//! function   processes behind the Runtime API; invoke_api         serve      sockets, TLS; terminal
//! ```
//!
//! - [`Gateway::builder`] makes a gateway of a [`Kind`]; [`GatewayBuilder`] has stage, routes, [`Domain`]s, `binaryMediaTypes`, [`Authorizer`], limits and timeouts, each
//!   with AWS's default.
//! - A builder can also be read from text, `"rest,stage=prod,base-path=shop"`: see [`GatewayBuilder`].
//! - [`Gateway::event`] gives the event of a request without invoking anything.
//! - [`Fault`], in the extensions of a response, says why the gateway answered itself: AWS tells only `Internal server error`.
//! - [`Hints`], there too, say what AWS does without telling the client or the function: mangled uploads, base64 text, event streams in one piece.
//! - `Guard` (feature `authorizers`) stands before the routes: a `JwtAuthorizer` reads tokens, a `LambdaAuthorizer` asks a function, an `IamAuthorizer` checks signatures; [`Verdict`], in the extensions of the
//!   response, is what it said.
//! - A [`RequestValidator`] says what a REST API checks of requests.
//! - [`GatewayResponse`]s are what a REST API answers to errors where it answers itself.
//! - [`Answer`] lets a function stream; [`HeaderNames`] carries the spelling of header names.
//! - [`Step`]s tell an observer what happens to an exchange, [`ConnectionStep`]s what happens to a connection of a WebSocket API, and `Moment`s (feature `function`) what happens to a function.
//! - [`Gateway::connect`] opens a connection to a WebSocket API, without a port: a [`Socket`].
//! - [`Listener`]s, with [`Rule`]s, stand before the target groups of a load balancer or of VPC Lattice.
//! - [`Gateways`] are several on one address; [`Sizes`], in the extensions of a response, are those of event and answer.
//! - `Terminal` (feature `serve`) writes a line for each request, and never makes one wait.
//! - `InvokeApi` (feature `function`) is the Invoke API of Lambda, for SDKs that invoke functions by their names.
//! - `Gateway::serve` (feature `serve`) puts a gateway on a TCP listener, `Function` (feature `function`) runs a process behind the Runtime API.
//!
//! # Features
//!
//! | name | adds | default |
//! |---|---|---|
//! | `authorizers` | authorizers that run: `Guard`, `JwtAuthorizer`, `LambdaAuthorizer`, `IamAuthorizer`; implies `serve` | no |
//! | `function` | `Function`: processes behind the Runtime API; implies `serve` | yes |
//! | `serve` | `Gateway::serve` and `Server` on hyper and tokio | yes |
//! | `tls` | `Server::tls`: HTTPS and HTTP/2, with certificates that are given or made; implies `serve` | no |
//!
//! Without features the crate has no sockets: bytes, http, serde_json, and timer, tasks and channels of tokio.
//!
//! # Where it differs from AWS
//!
//! | what | here | on AWS | why |
//! |---|---|---|---|
//! | spelling of header names over TCP | lower case in events, as from an HTTP/2 client; title case for an HTTP API's responses | REST keeps the spelling of HTTP/1.1 clients and functions | hyper and `http` do not keep it; in process [`HeaderNames`] does |
//! | `CloudFront-*`, `Via`, `X-Amz-Cf-Id` of edge-optimised REST APIs | only if the request brings them | CloudFront adds them | this is the gateway behind CloudFront |
//! | authorizers | with feature `authorizers`: `GatewayBuilder::guard`; else [`Authorizer`] injects a result | done | no key of an issuer is fetched from elsewhere than this machine |
//! | conditions in the policies of Lambda authorizers | refused: 500, and the fault says so | evaluated | their keys are those of an account |
//! | gateway responses: which type a failed function has | `INTEGRATION_FAILURE`; an answer that is malformed `DEFAULT_5XX` | not documented | |
//! | gateway responses: which of several templates | the first that the client names in `Accept`, else `application/json` | not documented | |
//! | gateway responses: a variable that the request does not have | empty in templates; a header is left out | not documented | |
//! | request validation: patterns, `format` | the syntax of the crate `regex-lite`; `format` is not looked at | Java's; not documented | |
//! | request validation: `validationErrorString` | in the words of the library that AWS is said to use | not recorded | |
//! | 415 of a REST API | never | never before a function behind a proxy integration, [which gets everything](https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html) | only integrations with mapping templates have a `passthroughBehavior` |
//! | a quota of a week | begins on Monday | not documented | |
//! | a route with a throttle of its own in a usage plan | is not counted by the throttle of the plan | not documented | |
//! | WAF, VTL, caching | not done | done | the stand-in is for the function's side |
//! | CORS: a preflight request that a route takes | goes to the route, with a hint | sources disagree for open routes | |
//! | CORS: an origin that is not allowed | no headers, and the request goes on | not recorded | the browser decides |
//! | `Host` | as the client sent it, also when that is a loopback address | the domain name | links and redirects made from it should work on this machine |
//! | mutual TLS (`Tls::client_ca`) | asked for on the whole listener, without lists of revoked certificates; certificates are of version 3 of X.509; a serial number of up to eight bytes is decimal, a longer one in bytes with colons; letters that are not of ASCII are escaped in the headers of a load balancer, `\c3\b6` for `ö` | on a custom domain with a truststore, of any version; both forms of serial numbers are documented | names and times are those that AWS shows |
//! | TLS | only with `Server::tls` (feature `tls`); the event says `https` and 443 unless [`forwarded`](GatewayBuilder::forwarded) says else | always, but for load balancers | as the function sees it in production |
//! | requests over TCP from web pages of other sites, or for names that are not the gateway's | 403, unless [`allow_host`](GatewayBuilder::allow_host) names them | served | any page that a browser shows could ask this machine |
//! | `CONNECT`; `TRACE` before a load balancer | 405 | not recorded; documented | no function can answer them |
//! | a head that takes longer than 30 s | the connection is closed | not recorded | |
//! | memory limit, CPU share, `/tmp` | not done | done | a process is no sandbox |
//! | freezing between invocations | only with `FunctionBuilder::freeze` (feature `function`) | always | a debugger and timers should work |
//! | more requests than [`concurrency`](FunctionBuilder::concurrency) | wait, within the timeouts | throttled (429 or 5xx) | a waiting developer learns more |
//! | HTTP API 1.0 on a custom domain with a named stage | `path` as typed, mapping key without stage | not recorded | the documentation speaks of the key only |
//! | what is no HTTP/1.1: a malformed head, raw `<`, `>`, spaces and the like in a target | 400 without a body, over TCP, and a line to [`Server::report`] | 400 with a page | it is refused before it is a request |
//! | a body that is malformed, breaks off or does not go on | 400 with the page that the kind has for a bad request | not recorded | |
//! | `RegexValues` and transforms of rules | found anywhere, unless `^` and `$` say else; a URL is path and query; the syntax of the crate `regex-lite` | not documented that closely | |
//! | `basePathMatched` of a request that a routing rule brings | the base path if it is stripped, else `(none)` | not recorded | what is not stripped is a part of the resource |
//! | a function with tenant isolation, and no tenant | the kind's answer to a failed invocation (a REST API: 500); the Invoke API: 400 | the Invoke API the same; front doors not recorded | |
//! | tenants of a function with tenant isolation | have processes of their own, [`concurrency`](FunctionBuilder::concurrency) together; one that waits is ended for another tenant that has no room. Attached functions and Managed Instances are not kept apart | environments of their own, up to quotas of the account | |
//! | a health check that the function fails | the load balancer sees a 502 | not documented, except for a status that does not match | |
//! | a target group without a healthy target | its function gets requests, also before the first health check | the same, once all targets are unhealthy | |
//! | rules that validate a token | `Action::guard`; a token must have all values of an additional claim, and `Bearer ` before it; the body of the 401 is plausible, and has no `WWW-Authenticate` | documented without those | a token that passes here passes there |
//! | rules that authenticate with OIDC or Cognito | not done | a login page and a cookie | |
//! | sticky target groups | a cookie is not renewed, and is forgotten when the process ends | encrypted; whether it is renewed is not documented | |
//! | Lattice: a path match with a prefix | by characters, not by segments | not documented | |
//! | Lattice: path and query | as sent, not decoded | not documented | as a load balancer |
//! | Lattice: `X-Amzn-Lattice-*` | as documented for HTTP targets, in both versions; `-Identity` only with [`Authorizer::iam`] | not recorded for functions | |
//! | Lattice: base64 | the load balancer's rule | not documented | |
//! | bytes that are no UTF-8 in headers and text bodies | U+FFFD | not recorded, but for REST bodies | JSON has no other place for them |
//! | REST: a body without a content type | text, whatever the `binaryMediaTypes` | not recorded | nothing there to match |
//! | `text/plain; charset=iso-8859-1` behind a load balancer | taken for UTF-8 | not recorded | the documentation looks at the type only |
//! | error pages for 413, 431 and timeouts of function URLs, load balancers and Lattice | plausible | not recorded | |
//! | HTTP API at its timeout | 503 `Service Unavailable` | the same, by report | not recorded |
//! | URL length, quota of routes and mappings, `/ping` and `/sping` | not checked | 8,192 to 10,240 characters; reserved | rarely met |
//! | a client that goes away | the function works on, but if others wait and no process is free, its process is ended (one of many polls loses its connection) | the function works on | a page reloaded ten times should not use up ten processes |
//! | 2 MB/s throttle of streams, idle timeouts | not done | done | |
//! | Logs API, Telemetry API | accepted with 202, and nothing is sent; the Extensions API is served | served | functions do not need them |
//! | Invoke API: an `Event` whose function fails | is not tried again, and the terminal says why it failed | is tried twice more, after one and two minutes | nobody waits for it here |
//! | WebSocket: `domainName` over TCP | without a custom domain the host that the client named, with its port | the domain name | functions post to `domainName` and `stage`, which must lead back here and never to AWS |
//! | WebSocket: the signature of `/@connections` | checked if a route needs one of IAM, with the keys given for it, or with `GatewayBuilder::sign_connections` | always needed | functions on this machine post with whatever credentials they have |
//! | WebSocket: messages of one client | with the function at the same time, 32 at most | not documented | |
//! | WebSocket: pings | keep a connection | reported both ways | |
//! | WebSocket: a number, an object or `null` where the selection expression looks | as if it were missing | not documented | |
//! | WebSocket: binary messages | the connection is closed with 1003 | not supported; the code is not recorded | |
//! | WebSocket: what is no handshake on the stage | 403 | not recorded | |
//! | WebSocket: validation of messages, API keys, mapping templates, 500 new connections a second | not done | done | |
//!
//! # What AWS changes on the way
//!
//! Everything else arrives as it was sent, in both directions: SippyCup's tests hold it to that with any request and any response through every kind, with an app that is
//! asked through hyper and through a gateway, and with 182 odd requests through the running command. The names are those of [`Kind`].
//!
//! | request | `rest` | `http-1.0` | `http` | `url` | `alb` | `alb-multi` | `lattice-v1` | `lattice` |
//! |---|---|---|---|---|---|---|---|---|
//! | escapes in the path | kept | kept | decoded: `%2F`, `%25`, `%3F` and bytes that are no UTF-8 are lost | kept | kept | kept | kept | kept |
//! | several leading slashes | one | kept | kept | kept | kept | kept | kept | kept |
//! | order of query keys | lost | lost | kept | kept | lost | lost | lost | lost |
//! | escapes in the query | decoded | decoded | kept | kept | kept | kept | kept | kept |
//! | `flag` in the query | `flag=` | `flag=` | kept | kept | `flag=` | `flag=` | `flag=` | `flag=` |
//! | `;` in the query | separates | kept | kept | kept | kept | kept | kept | kept |
//! | a query key's values | all | all | all | all | last | all | last | all |
//! | a header's values | all | all | joined `,` | joined `,` | last | all | joined `, ` | all |
//! | cookies | kept | kept | one by one, joined `; ` | lines joined `; ` | last line | kept | lines joined `, ` | kept |
//! | `Content-Length` | dropped | always there | always there | kept | kept | kept | kept | kept |
//! | `Host`, if there is none | added | added | added | added | none | none | added | added |
//! | taken for text, and so only whole as UTF-8 | what matches no `binaryMediaTypes`; what has no content type | text types in UTF-8 | as 1.0 | as 1.0 | text types without `Content-Encoding` | as `alb` | as `alb` | as `alb` |
//!
//! - REST APIs also drop `Content-MD5`, `Max-Forwards`, `Proxy-Authenticate`, `Server`, `WWW-Authenticate`, and `Authorization` if it is a signature; `X-HTTP-Method-Override` is
//!   the method.
//! - All kinds: hop-by-hop headers stay behind; `X-Forwarded-For` gets the client appended, `X-Forwarded-Proto`, `-Port` and `X-Amzn-Trace-Id` are written, for function URLs
//!   `X-Amzn-Tls-*` too, for Lattice `X-Amzn-Lattice-*`; bytes of a header that are no UTF-8 become U+FFFD; a target in absolute form is the host.
//! - A function URL loses a trailing slash in `requestContext.http.path`, not in `rawPath`.
//! - Stages and mappings: a REST API's `path` shows a mapping but not the stage on its own domain; format 2.0 never shows a mapping, so that a function must be told of it.
//!
//! | response | `rest` | `http-1.0` | `http`, `url` | `alb`, `lattice-v1`, `lattice` | `alb-multi` |
//! |---|---|---|---|---|---|
//! | a header's values | all | all | joined `, ` by the adapter | joined `, ` by the adapter | all |
//! | several `Set-Cookie` | all | all | all, in `cookies` | all, if the adapter spells each name differently | all |
//! | base64 | taken off if `binaryMediaTypes` match what the client accepts first, else sent as it is | taken off | taken off | taken off | taken off |
//! | JSON without `statusCode` | 200 | 200 | the JSON is the body; from a URL without blanks | malformed | malformed |
//! | no content type | `application/json` | `text/plain; charset=utf-8` | the same; `application/json` from a URL | none | none |
//! | `WWW-Authenticate`, `Date`, `Server` | `x-amzn-Remapped-…` | kept | kept | kept | kept |
//!
//! - All kinds: hop-by-hop headers stay behind; `Content-Length` is counted anew, 0 for a `HEAD` that the adapter answers without a body; a status below 200 or above 599 is
//!   malformed; bytes of a header that are no UTF-8 cannot stand in JSON (SippyCup reads them as ISO-8859-1).
//! - API Gateway and function URLs name their request: `x-amzn-RequestId`, `x-amz-apigw-id`, `Apigw-Requestid`, `X-Amzn-Trace-Id`.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod admit;
mod answer;
#[cfg(feature = "authorizers")]
mod authorize;
mod body;
mod config;
mod cors;
mod decode;
mod encode;
mod error;
mod front;
#[cfg(feature = "function")]
mod function;
mod gateway;
mod gateway_response;
mod health;
mod hint;
mod intake;
#[cfg(feature = "function")]
mod invoke_api;
mod json;
mod kind;
mod location;
mod media_type;
mod observe;
mod refusal;
mod request;
mod rules;
#[cfg(feature = "serve")]
mod serve;
mod shorthand;
mod stamp;
#[cfg(feature = "serve")]
mod terminal;
mod web_socket;

pub use admit::plans::{QuotaPeriod, UsagePlan};
pub use admit::throttle::Throttle;
pub use admit::validate::RequestValidator;
pub use answer::Answer;
#[cfg(feature = "authorizers")]
pub use authorize::{DevelopmentKey, Guard, IamAuthorizer, IamCredentials, JwtAuthorizer, KeySet, LambdaAuthorizer};
pub use body::Body;
pub use config::GatewayBuilder;
pub use cors::Cors;
pub use error::{BoxError, ConfigError, Fault};
#[cfg(all(feature = "function", unix))]
pub use function::kill_descendants;
#[cfg(feature = "function")]
pub use function::{Function, FunctionBuilder, FunctionError, InvocationFuture, Moment};
pub use gateway::gateways::Gateways;
pub use gateway::{Gateway, ResponseFuture, RouteEntry, Sizes};
pub use gateway_response::GatewayResponse;
pub use health::{HealthCheck, HealthFailure, TargetHealth};
pub use hint::Hints;
#[cfg(feature = "function")]
pub use invoke_api::InvokeApi;
pub use kind::Kind;
pub use location::{Domain, RoutingRule};
pub use observe::{End, ExchangeNumber, Observed, Step};
pub use request::{Authorizer, ClientCertificate, HeaderNames, Verdict};
pub use rules::{Action, FixedResponse, Listener, Redirect, Rule};
#[cfg(feature = "serve")]
pub use serve::Server;
#[cfg(feature = "tls")]
pub use serve::Tls;
#[cfg(feature = "serve")]
pub use terminal::{Logged, Terminal};
pub use web_socket::{Connection, ConnectionStep, SentBy, Socket};
