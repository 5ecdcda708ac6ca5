//! The Python package's own table (FIELD.md §10.1), ported: `SCRIPT_NAME` is the base path, `PATH_INFO` the
//! app's path, with the app mounted at the API's resource. Where this port differs on purpose the row says why
//! (§10.2).

use std::convert::Infallible;

use http::{Request, Response};
use serde_json::{Value, json};
use sippycup::{BasePath, Body, EventOptions, RequestContext, StageVariables};
use tower::service_fn;

use crate::support::{answer, base, request, try_request};

/// An event of the package's tests: one stage, `testing`, on the API's own domain.
fn event(resource_path: &str, variable: Option<&str>, path: &str) -> Value {
    let on_custom_domain = variable.is_some_and(|base| path.starts_with(base.trim_end_matches('/')));
    let context_path = if on_custom_domain { path.to_owned() } else { format!("/testing{path}") };
    json!({
        "resource": resource_path, "path": path, "httpMethod": "GET",
        "headers": {"Host": if on_custom_domain { "api.example.com" } else { "x.execute-api.us-east-1.amazonaws.com" }},
        "stageVariables": variable.map(|base| json!({"SIPPYCUP_SCRIPT_NAME_BASE": base})),
        "requestContext": {"resourcePath": resource_path, "stage": "testing", "path": context_path},
        "body": null,
    })
}

/// `SCRIPT_NAME` and `PATH_INFO`.
#[track_caller]
fn environ(event: &Value) -> (String, String) {
    let options = EventOptions::default().mount_at_resource(true);
    let request = try_request(event.to_string(), &options).unwrap();
    (base(&request).to_owned(), request.uri().path().to_owned())
}

#[test]
fn script_name_and_path_info_are_the_packages() {
    for (resource_path, variable, path, script_name, path_info) in [
        ("/", None, "/", "/testing", "/"),
        ("/{proxy+}", None, "/ohai", "/testing", "/ohai"),
        // DIFFERENCE: the package has "" here; a request at the mount is one for its root, and an http::Uri has
        // no empty path.
        ("/nested", None, "/nested", "/testing/nested", "/"),
        ("/nested/{proxy+}", None, "/nested/ohai", "/testing/nested", "/ohai"),
        ("/", Some("/"), "/", "", "/"),
        ("/nested/{proxy+}", Some("/"), "/nested/x", "/nested", "/x"),
        ("/{proxy+}", Some("/base"), "/base/x", "/base", "/x"),
        ("/nested/{proxy+}", Some("/base/"), "/base/nested/x", "/base/nested", "/x"),
        // The same stage called under the API's own domain.
        ("/{proxy+}", Some("/base"), "/x", "/base", "/x"),
        // DIFFERENCE: "" in the package; `/base` exactly is the root.
        ("/{proxy+}", Some("/base"), "/base", "/base", "/"),
        // DIFFERENCE (bug 3): the package leaves the resource in PATH_INFO (`/nested/x`) when the variable is set
        // and the call comes through the API's own domain.
        ("/nested/{proxy+}", Some("/base"), "/nested/x", "/base/nested", "/x"),
        // DIFFERENCE (bug 2): only a greedy parameter called `proxy` ends the mount there; here the first
        // parameter does, whatever its name: the package has SCRIPT_NAME `/testing/users/{id}`, PATH_INFO `/users/7`.
        ("/users/{id}", None, "/users/7", "/testing/users", "/7"),
        ("/files/{path+}", None, "/files/a/b", "/testing/files", "/a/b"),
        // DIFFERENCE (bug 2): `/testing/a/{id}` and `/a/7/x` in the package.
        ("/a/{id}/{proxy+}", None, "/a/7/x", "/testing/a", "/7/x"),
        // DIFFERENCE (bug 1): the package replaces the first occurrence anywhere: `/x/y`.
        ("/{proxy+}", Some("/base"), "/x/base/y", "/base", "/x/base/y"),
        // DIFFERENCE (bug 1): and half segments: `s/x`.
        ("/{proxy+}", Some("/api"), "/apis/x", "/api", "/apis/x"),
        // DIFFERENCE (bug 14): API Gateway cannot store an empty value; like the package, it is the root.
        ("/{proxy+}", Some(""), "/x", "", "/x"),
    ] {
        let mut event = event(resource_path, variable, path);
        if path.starts_with("/apis") || (variable == Some("/base") && !path.starts_with("/base")) {
            event["requestContext"]["path"] = format!("/testing{path}").into();
            event["headers"]["Host"] = "x.execute-api.us-east-1.amazonaws.com".into();
        }
        let wanted = (script_name.to_owned(), path_info.to_owned());
        assert_eq!(environ(&event), wanted, "{resource_path} {variable:?} {path}");
    }
}

#[test]
fn on_a_mapped_domain_the_variable_is_not_needed() {
    // DIFFERENCE (bug 4): without the variable the package says `/testing` and leaves the mapping in PATH_INFO.
    let event = json!({
        "resource": "/nested/{proxy+}", "path": "/base/nested/x", "httpMethod": "GET",
        "pathParameters": {"proxy": "x"}, "headers": {"Host": "api.example.com"},
        "requestContext": {
            "resourcePath": "/nested/{proxy+}", "stage": "testing", "path": "/base/nested/x",
            "domainName": "api.example.com",
        },
    });
    assert_eq!(environ(&event), ("/base/nested".to_owned(), "/x".to_owned()));
}

#[test]
fn without_mounting_the_resource_stays_in_the_path() {
    let request = request(event("/nested/{proxy+}", None, "/nested/ohai").to_string());
    assert_eq!((base(&request), request.uri().path()), ("/testing", "/nested/ohai"));
}

#[test]
fn path_info_stays_encoded() {
    // DIFFERENCE (bug 5): WSGI wants PATH_INFO decoded (and the package forgets to); an http::Uri is encoded.
    assert_eq!(environ(&event("/{proxy+}", None, "/a%20b%2Fc")).1, "/a%20b%2Fc");
}

#[test]
fn every_value_of_a_query_key_is_there() {
    // DIFFERENCE (bug 6): the package reads the last one only, and writes spaces as `+`.
    let mut event = event("/{proxy+}", None, "/x");
    event["queryStringParameters"] = json!({"foo": "2 3"});
    event["multiValueQueryStringParameters"] = json!({"foo": ["1", "2 3"]});
    assert_eq!(request(event.to_string()).uri().query(), Some("foo=1&foo=2%203"));
}

#[test]
fn a_body_is_bytes_and_none_is_empty() {
    // DIFFERENCE (bug 7): `wsgi.input` is text or None in the package, and base64 is not looked at.
    let mut event = event("/{proxy+}", None, "/x");
    assert!(request(event.to_string()).body().is_empty());
    event["body"] = "é".into();
    assert_eq!(request(event.to_string()).body(), "é");
    event["body"] = "/wA=".into();
    event["isBase64Encoded"] = true.into();
    assert_eq!(request(event.to_string()).body(), &b"\xff\0"[..]);
}

#[test]
fn no_headers_and_no_stage_variables_are_none() {
    // DIFFERENCE (bug 8): the package fails on `headers: null` and without `Host`.
    let mut event = event("/{proxy+}", None, "/x");
    event["headers"] = Value::Null;
    let request = request(event.to_string());
    assert!(request.headers().is_empty());
    assert!(request.extensions().get::<StageVariables>().unwrap().is_empty());
}

#[test]
fn the_request_context_is_there_as_it_came() {
    let event = event("/{proxy+}", None, "/x");
    let request = request(event.to_string());
    let context: Value = request.extensions().get::<RequestContext>().unwrap().deserialize().unwrap();
    assert_eq!(context, event["requestContext"]);
}

#[test]
fn a_builder_may_state_what_the_variable_would() {
    let options = EventOptions::default().mount_at_resource(true).base_path(BasePath::from_static("/base"));
    let request = try_request(event("/nested/{proxy+}", None, "/nested/x").to_string(), &options).unwrap();
    assert_eq!((base(&request), request.uri().path()), ("/base/nested", "/x"));
}

#[tokio::test]
async fn sixty_five_cookies_are_sixty_five_cookies() {
    // DIFFERENCE (bugs 9 to 11): the package spells `Set-Cookie` in different cases, of which it knows 64, lets the
    // last of other repeated headers win, and cannot send bytes.
    let app = service_fn(async |_: Request<Body>| {
        let response =
            (0..65).fold(Response::builder(), |response, n| response.header("set-cookie", format!("c{n}=1")));
        Ok::<_, Infallible>(response.header("x", "1").header("x", "2").body("ok".to_owned()).unwrap())
    });
    let answer = answer(app, event("/", None, "/").to_string()).await;
    assert_eq!(answer["multiValueHeaders"]["set-cookie"].as_array().unwrap().len(), 65);
    assert_eq!(answer["multiValueHeaders"]["x"], json!(["1", "2"]));
    assert_eq!(answer["statusCode"], 200);
}
