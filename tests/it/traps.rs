//! The thirty traps of FIELD.md §12, in its order.

use bytes::Bytes;
use http::{Response, header};
use serde_json::{Value, json};
use sippycup::{BasePath, EventOptions, EventSource, RequestContext};

use crate::support::{base, encoded, fixture, public, refusal, request, try_request, values};

/// The path that the app sees, and its base path.
#[track_caller]
fn seen(event: &Value) -> (String, String) {
    let request = request(event.to_string());
    (request.uri().path().to_owned(), base(&request).to_owned())
}

#[test]
fn t01_an_event_of_nulls_is_a_request() {
    let event = json!({
        "resource": "/myPath", "path": "/myPath", "httpMethod": "GET", "headers": null, "multiValueHeaders": null,
        "queryStringParameters": null, "multiValueQueryStringParameters": null, "pathParameters": null,
        "stageVariables": null, "body": null, "isBase64Encoded": false,
        "requestContext": {
            "stage": "test-invoke-stage", "path": "/myPath", "identity": {"sourceIp": "test-invoke-source-ip"}
        },
    });
    let request = request(event.to_string());
    assert_eq!(request.method(), "GET");
    assert_eq!(request.uri(), "/myPath");
    assert!(request.headers().is_empty());
    assert!(request.body().is_empty());
    assert_eq!(base(&request), "");
    let context = request.extensions().get::<RequestContext>().unwrap();
    assert_eq!(context.source_ip(), None);
    assert_eq!(context.stage(), Some("test-invoke-stage"));
}

#[test]
fn t02_a_template_in_the_context_path_is_no_path() {
    let (path, base) = seen(&json!({
        "httpMethod": "GET", "path": "/test/hello", "resource": "/{proxy+}",
        "pathParameters": {"proxy": "test/hello"}, "requestContext": {"path": "/{proxy+}"},
    }));
    assert_eq!(path, "/test/hello");
    assert_eq!(base, "");
}

#[test]
fn t03_a_mapping_before_a_literal_resource_is_the_base_path() {
    let event = json!({
        "httpMethod": "GET", "resource": "/payment", "path": "/v1/payment", "pathParameters": null,
        "requestContext": {"path": "/v1/payment", "stage": "default", "domainName": "api.example.dev"},
    });
    assert_eq!(seen(&event), ("/payment".to_owned(), "/v1".to_owned()));
    assert_eq!(public(&request(event.to_string())).unwrap(), "https://api.example.dev/v1/payment");
}

#[test]
fn t04_a_mapping_of_two_levels_leaves_the_trailing_slash() {
    let event = json!({
        "httpMethod": "GET", "resource": "/payment/{invoice+}", "path": "/v1/nested/payment/123/",
        "pathParameters": {"invoice": "123"},
        "requestContext": {"path": "/v1/nested/payment/123/", "stage": "default", "domainName": "api.example.dev"},
    });
    assert_eq!(seen(&event), ("/payment/123/".to_owned(), "/v1/nested".to_owned()));
}

#[test]
fn t05_a_greedy_parameter_may_have_any_name() {
    for name in ["proxy", "invoice", "x"] {
        let event = json!({
            "httpMethod": "GET", "resource": format!("/{{{name}+}}"), "path": "/v1/a/b", "pathParameters": {name: "a/b"},
            "requestContext": {"path": "/v1/a/b", "stage": "default", "domainName": "api.example.dev"},
        });
        assert_eq!(seen(&event), ("/a/b".to_owned(), "/v1".to_owned()), "{name}");
    }
}

#[test]
fn t06_a_mapping_without_a_stage_has_the_stage_in_the_base_path() {
    let event = json!({
        "httpMethod": "GET", "resource": "/{proxy+}", "path": "/v1/Prod/foo/bar", "pathParameters": {"proxy": "foo/bar"},
        "requestContext": {"path": "/v1/Prod/foo/bar", "stage": "Prod", "domainName": "api.example.dev"},
    });
    assert_eq!(seen(&event), ("/foo/bar".to_owned(), "/v1/Prod".to_owned()));
}

#[test]
fn t07_the_root_of_a_mapped_api_is_a_slash() {
    for path in ["/v1", "/v1/"] {
        let event = json!({
            "httpMethod": "GET", "resource": "/", "path": path,
            "requestContext": {"path": path, "stage": "Prod", "domainName": "api.example.dev"},
        });
        assert_eq!(seen(&event), ("/".to_owned(), "/v1".to_owned()), "{path}");
    }
}

#[test]
fn t08_an_empty_mapping_is_the_root_whatever_the_stage() {
    let event = json!({
        "httpMethod": "GET", "resource": "/driver", "path": "/driver",
        "requestContext": {"path": "/driver", "stage": "Prod", "domainName": "api.x.io"},
    });
    assert_eq!(seen(&event), ("/driver".to_owned(), String::new()));
    assert_eq!(public(&request(event.to_string())).unwrap(), "https://api.x.io/driver");
}

#[test]
fn t09_on_execute_api_the_stage_is_public_unless_something_was_stated() {
    let mut event = json!({
        "httpMethod": "GET", "resource": "/{proxy+}", "path": "/users", "pathParameters": {"proxy": "users"},
        "requestContext": {"path": "/prod/users", "stage": "prod"},
    });
    assert_eq!(seen(&event), ("/users".to_owned(), "/prod".to_owned()));
    event["stageVariables"] = json!({"SIPPYCUP_SCRIPT_NAME_BASE": "/shop"});
    assert_eq!(seen(&event), ("/users".to_owned(), "/shop".to_owned()));
}

#[test]
fn t10_a_base_path_ends_at_a_segment() {
    let (path, _) = seen(&json!({
        "httpMethod": "GET", "path": "/apis/x", "stageVariables": {"SIPPYCUP_SCRIPT_NAME_BASE": "/api"},
        "requestContext": {},
    }));
    assert_eq!(path, "/apis/x");
}

#[test]
fn t11_a_base_path_is_stripped_once_and_only_in_front() {
    for (base, path, rest) in [("/a", "/a/a/x", "/a/x"), ("/base", "/x/base/y", "/x/base/y")] {
        let event = json!({
            "httpMethod": "GET", "path": path, "stageVariables": {"SIPPYCUP_SCRIPT_NAME_BASE": base},
            "requestContext": {},
        });
        assert_eq!(seen(&event).0, rest);
    }
}

#[test]
fn t12_a_first_segment_that_is_called_like_the_stage_stays_on_rest() {
    let (path, base) = seen(&json!({
        "httpMethod": "GET", "path": "/prod/x", "resource": "/{proxy+}", "pathParameters": {"proxy": "prod/x"},
        "requestContext": {"path": "/prod/prod/x", "stage": "prod"},
    }));
    assert_eq!(path, "/prod/x");
    assert_eq!(base, "/prod");
}

#[test]
fn t13_a_named_stage_is_public_only_on_execute_api() {
    let event = |domain: &str, variables: Value| {
        json!({
            "version": "2.0", "routeKey": "ANY /agents/{proxy+}", "rawPath": "/dev/agents/1234",
            "stageVariables": variables,
            "requestContext": {
                "stage": "dev", "domainName": domain, "http": {"method": "GET", "path": "/dev/agents/1234"}
            },
        })
    };
    let own = "h.execute-api.eu-central-1.amazonaws.com";
    let app = "/agents/1234".to_owned();
    assert_eq!(seen(&event(own, Value::Null)), (app.clone(), "/dev".to_owned()));
    assert_eq!(seen(&event("api.example.com", Value::Null)), (app.clone(), String::new()));
    let stated = json!({"SIPPYCUP_SCRIPT_NAME_BASE": "/key"});
    assert_eq!(seen(&event("api.example.com", stated)), (app, "/key".to_owned()));
}

#[test]
fn t14_a_stage_ends_at_a_segment() {
    let event = |path: &str| {
        json!({
            "version": "2.0", "routeKey": "$default", "rawPath": path,
            "requestContext": {"stage": "dev", "http": {"method": "GET", "path": path}},
        })
    };
    assert_eq!(seen(&event("/development/x")).0, "/development/x");
    assert_eq!(seen(&event("/dev")).0, "/");
    assert_eq!(seen(&event("/dev/")).0, "/");
}

fn http_api(raw_path: &str, query: &str) -> String {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": raw_path, "rawQueryString": query,
        "requestContext": {"stage": "$default", "http": {"method": "GET", "path": raw_path}},
    })
    .to_string()
}

#[test]
fn t15_a_decoded_path_is_encoded_again() {
    for (raw, path) in [("/capture/space value", "/capture/space%20value"), ("/☕", "/%E2%98%95"), ("/100%", "/100%25")]
    {
        assert_eq!(request(http_api(raw, "")).uri(), path);
    }
}

#[test]
fn t16_a_question_mark_or_hash_of_a_decoded_path_stays_in_the_path() {
    assert_eq!(request(http_api("/x?y", "a=1")).uri(), "/x%3Fy?a=1");
    assert_eq!(request(http_api("/a#b", "")).uri(), "/a%23b");
}

#[test]
fn t17_an_encoded_path_stays_as_it_is() {
    let (path, _) = seen(&json!({"httpMethod": "GET", "path": "/a%2Fb%20c", "requestContext": {}}));
    assert_eq!(path, "/a%2Fb%20c");
}

#[test]
fn t18_format_1_mixes_encoded_and_decoded() {
    let (path, base) = seen(&json!({
        "version": "1.0", "httpMethod": "GET", "path": "/dev/items/a%20b", "resource": "/items/{id}",
        "pathParameters": {"id": "a b"}, "requestContext": {"path": "/dev/items/a b", "stage": "dev"},
    }));
    // The app's path: FIELD's uri is the one before any base path is stripped.
    assert_eq!(format!("{base}{path}"), "/dev/items/a%20b");
    assert_eq!(base, "/dev");
}

#[test]
fn t19_double_slashes_stay_and_never_become_a_host() {
    assert_eq!(seen(&json!({"httpMethod": "GET", "path": "/p//q", "requestContext": {}})).0, "/p//q");
    let event = json!({
        "httpMethod": "GET", "path": "//evil.com/x", "headers": {"host": "api.example.com"}, "requestContext": {},
    });
    let request = request(event.to_string());
    assert_eq!(request.uri().path(), "//evil.com/x");
    assert_eq!(request.uri().authority(), None);
    assert_eq!(public(&request).unwrap(), "https://api.example.com//evil.com/x");
}

#[test]
fn t20_a_path_without_a_slash_gets_one() {
    for (path, wanted) in [("api/x", "/api/x"), ("", "/")] {
        let event = json!({"httpMethod": "GET", "path": path, "headers": {"host": "h"}, "requestContext": {}});
        let request = request(event.to_string());
        assert_eq!(request.uri(), wanted);
        assert_eq!(public(&request).unwrap(), format!("https://h{wanted}"));
    }
}

#[test]
fn t21_a_decoded_query_is_encoded_again() {
    let event = r#"{"httpMethod":"GET","path":"/","queryStringParameters":{"tag":".NET"},
        "multiValueQueryStringParameters":{"tag":["C# x",".NET"],"p":["a+b"],"e":[""]},"requestContext":{}}"#;
    assert_eq!(request(event).uri().query().unwrap(), "tag=C%23%20x&tag=.NET&p=a%2Bb&e=");
}

#[test]
fn t22_a_load_balancers_query_is_not_encoded_again() {
    let event = r#"{"httpMethod":"GET","path":"/","requestContext":{"elb":{}},
        "multiValueQueryStringParameters":{"u":["https%3A%2F%2Fe"],"p":["a%2Bb","a+b"]}}"#;
    assert_eq!(request(event).uri().query().unwrap(), "u=https%3A%2F%2Fe&p=a%2Bb&p=a+b");
}

#[test]
fn t23_single_headers_add_nothing_to_multi_value_headers() {
    let event = json!({
        "httpMethod": "GET", "path": "/", "headers": {"x-a": "2"}, "multiValueHeaders": {"X-A": ["1", "2"]},
        "requestContext": {},
    });
    let request = request(event.to_string());
    assert_eq!(values(request.headers(), "x-a"), ["1", "2"]);
    assert_eq!(request.headers().len(), 2);
}

#[test]
fn t24_cookies_become_one_header() {
    let event = |domain: &str, headers: Value| {
        json!({
            "version": "2.0", "rawPath": "/", "cookies": ["a=1", "b=2"], "headers": headers,
            "requestContext": {"domainName": domain, "http": {"method": "GET"}},
        })
        .to_string()
    };
    let api = request(event("h.execute-api.eu-central-1.amazonaws.com", json!({})));
    assert_eq!(values(api.headers(), "cookie"), ["a=1; b=2"]);
    let url = request(event("x.lambda-url.eu-central-1.on.aws", json!({"cookie": "a=1; b=2"})));
    assert_eq!(values(url.headers(), "cookie"), ["a=1; b=2"]);
}

#[test]
fn t25_a_function_urls_path_is_not_encoded_again() {
    let event = json!({
        "version": "2.0", "rawPath": "/a%20b/100%",
        "requestContext": {"domainName": "x.lambda-url.eu-west-1.on.aws", "http": {"method": "GET", "path": "/a b"}},
    });
    assert_eq!(request(event.to_string()).uri(), "/a%20b/100%");
}

#[test]
fn t26_the_flag_alone_says_whether_a_body_is_base64() {
    for (flag, body) in [(true, "a=1"), (false, "YT0x")] {
        let event = json!({
            "version": "2.0", "rawPath": "/", "headers": {"content-type": "application/x-www-form-urlencoded"},
            "body": "YT0x", "isBase64Encoded": flag, "requestContext": {"http": {"method": "POST"}},
        });
        assert_eq!(request(event.to_string()).body(), body);
    }
}

#[test]
fn t27_look_alikes_are_told_apart() {
    let source = |event: Value| *request(event.to_string()).extensions().get::<EventSource>().unwrap();
    let lattice = json!({
        "version": "2.0", "path": "/p", "method": "GET",
        "requestContext": {"serviceNetworkArn": "arn:x", "timeEpoch": "1696331543569073"},
    });
    assert_eq!(source(lattice), EventSource::VpcLattice);
    let rest = json!({
        "httpMethod": "GET", "path": "/my/path", "resource": "/my/path", "rawPath": "/base/my/path",
        "requestContext": {"path": "/my/path"},
    });
    assert_eq!(source(rest.clone()), EventSource::RestApi);
    assert_eq!(seen(&rest), ("/my/path".to_owned(), "/base".to_owned()));
    let message = json!({"requestContext": {"connectionId": "c", "eventType": "MESSAGE"}, "body": "x"});
    assert_eq!(source(message), EventSource::WebSocket);
    let authorizer = json!({"type": "REQUEST", "methodArn": "arn:x", "httpMethod": "GET", "path": "/"});
    assert!(refusal(authorizer.to_string()).contains("an API Gateway authorizer event"));
    let connect = json!({
        "httpMethod": "GET", "path": "/", "resource": "/{proxy+}", "requestContext": {"connectionId": "c", "eventType": "CONNECT"},
    });
    assert_eq!(source(connect), EventSource::WebSocket);
    let half = json!({"httpMethod": "GET", "path": "/", "requestContext": {"connectionId": "c"}});
    assert_eq!(source(half), EventSource::RestApi);
}

#[test]
fn t28_odd_values_do_not_cost_the_event() {
    let event = json!({
        "httpMethod": "GET", "path": "/",
        "headers": {"cf-ipcity": "Torrejón", "x-break": "a\nb", "x-null": null, "x-good": "1"},
        "requestContext": {
            "authorizer": {"jwt": {"claims": {"a": null}, "scopes": null}}, "requestTimeEpoch": "1700000000000",
            "timeEpoch": 1.5,
        },
    });
    let odd = request(event.to_string());
    assert_eq!(odd.headers()["cf-ipcity"].as_bytes(), "Torrejón".as_bytes());
    assert_eq!(odd.headers()["x-good"], "1");
    assert_eq!(odd.headers().len(), 2);
    for authorizer in [json!({}), json!(5), json!(null), json!("x"), json!([1])] {
        let event = json!({"httpMethod": "GET", "path": "/", "requestContext": {"authorizer": authorizer}});
        assert_eq!(request(event.to_string()).uri(), "/");
    }
}

#[test]
fn t29_every_source_is_answered_in_its_own_kind() {
    let response = || {
        Response::builder()
            .header("content-type", "text/plain")
            .header("set-cookie", "a=1")
            .header("set-cookie", "b=2")
            .header("vary", "a")
            .header("vary", "b")
            .body(Bytes::from("x"))
            .unwrap()
    };
    let multi = json!({"content-type": ["text/plain"], "set-cookie": ["a=1", "b=2"], "vary": ["a", "b"]});
    for event in ["rest_api/execute_api", "http_api_1/default_stage"] {
        let wanted = json!({"statusCode": 200, "multiValueHeaders": multi, "body": "x", "isBase64Encoded": false});
        assert_eq!(encoded(fixture(event), response()), wanted);
    }
    for event in ["http_api_2/default_stage", "function_url/cookies"] {
        let wanted = json!({
            "statusCode": 200, "headers": {"content-type": "text/plain", "vary": "a, b"}, "cookies": ["a=1", "b=2"],
            "body": "x", "isBase64Encoded": false,
        });
        assert_eq!(encoded(fixture(event), response()), wanted);
    }
    let wanted = json!({
        "statusCode": 200, "statusDescription": "200 OK", "multiValueHeaders": multi, "body": "x", "isBase64Encoded": false,
    });
    assert_eq!(encoded(fixture("alb/multi"), response()), wanted);
    for event in ["alb/single", "vpc_lattice/v1", "vpc_lattice/v2"] {
        let wanted = json!({
            "statusCode": 200, "statusDescription": "200 OK",
            "headers": {"content-type": "text/plain", "vary": "a, b", "set-cookie": "a=1", "Set-cookie": "b=2"},
            "body": "x", "isBase64Encoded": false,
        });
        assert_eq!(encoded(fixture(event), response()), wanted);
    }
}

#[test]
fn t30_bodies_are_text_where_they_can_be_and_framing_headers_stay_behind() {
    let response = |headers: &[(header::HeaderName, &str)], body: &'static [u8]| {
        let mut response = Response::new(Bytes::from_static(body));
        for (name, value) in headers {
            response.headers_mut().insert(name, value.parse().unwrap());
        }
        response
    };
    let framing = [
        (header::CONTENT_LENGTH, "5"),
        (header::TRANSFER_ENCODING, "chunked"),
        (header::CONNECTION, "keep-alive"),
        (header::DATE, "Tue, 14 Nov 2023 22:13:20 GMT"),
        (header::SERVER, "probe"),
    ];
    let text = encoded(fixture("rest_api/execute_api"), response(&framing, b"hello"));
    let wanted = json!({"statusCode": 200, "multiValueHeaders": {}, "body": "hello", "isBase64Encoded": false});
    assert_eq!(text, wanted);

    let binary = encoded(fixture("rest_api/execute_api"), response(&[], b"\xff\x00"));
    assert_eq!((&binary["body"], &binary["isBase64Encoded"]), (&json!("/wA="), &json!(true)));
    let zipped = encoded(fixture("alb/multi"), response(&[(header::CONTENT_ENCODING, "br")], b"ascii"));
    assert_eq!((&zipped["body"], &zipped["isBase64Encoded"]), (&json!("YXNjaWk="), &json!(true)));
}

#[test]
fn a_stated_base_path_is_what_the_builder_says_first() {
    let options = EventOptions::default().base_path(BasePath::from_static("/mine"));
    let event = json!({
        "httpMethod": "GET", "path": "/x", "stageVariables": {"SIPPYCUP_SCRIPT_NAME_BASE": "/theirs"},
        "requestContext": {"path": "/prod/x", "stage": "prod"},
    });
    assert_eq!(base(&try_request(event.to_string(), &options).unwrap()), "/mine");
}
