//! Who asks: what extractors say of a caller, of a process with one invocation at a time and with many.

use super::{logging::start, *};

/// Events of callers that their front doors know, and what the app is told of them.
fn callers() -> [(Value, Value); 7] {
    let certificate = json!({"clientCertPem": "pem", "subjectDN": "CN=ada", "issuerDN": "CN=ca", "serialNumber": "a1"});
    let domain = "api.shop.example";
    [
        (
            json!({"resource": "/{proxy+}", "path": "/who", "httpMethod": "GET", "headers": {"Host": domain},
                "pathParameters": {"proxy": "who"}, "requestContext": {"stage": "prod", "path": "/prod/who",
                "domainName": domain, "identity": {"clientCert": certificate, "userArn": null}}}),
            json!({"certificate": "CN=ada", "principal": null, "connection": null,
                "server": "https://api.shop.example/prod"}),
        ),
        (
            json!({"resource": "/who", "path": "/who", "httpMethod": "GET", "headers": {"Host": domain},
                "requestContext": {"stage": "prod", "path": "/who", "domainName": domain,
                "identity": {"userArn": "arn:aws:iam::111122223333:user/ada", "accountId": "111122223333"}}}),
            json!({"certificate": null, "principal": "arn:aws:iam::111122223333:user/ada", "connection": null,
                "server": "https://api.shop.example"}),
        ),
        (
            json!({"version": "2.0", "rawPath": "/who", "rawQueryString": "", "headers": {"host": domain},
                "requestContext": {"stage": "$default", "domainName": domain, "http": {"method": "GET"},
                "authentication": {"clientCert": certificate},
                "authorizer": {"iam": {"userArn": "arn:aws:iam::111122223333:user/eve"}}}}),
            json!({"certificate": "CN=ada", "principal": "arn:aws:iam::111122223333:user/eve", "connection": null,
                "server": "https://api.shop.example"}),
        ),
        (
            json!({"headers": {"Host": domain}, "requestContext": {"routeKey": "$connect", "eventType": "CONNECT",
                "connectionId": "c-1=", "stage": "prod", "apiId": "ws1",
                "domainName": "ws1.execute-api.eu-central-1.amazonaws.com", "identity": {}}}),
            json!({"certificate": null, "principal": null,
                "connection": ["c-1=", "CONNECT", "https://ws1.execute-api.eu-central-1.amazonaws.com/prod"],
                "server": null}),
        ),
        // Behind a domain of its own, messages go to the API itself.
        (
            json!({"headers": {"Host": domain}, "requestContext": {"routeKey": "$connect", "eventType": "CONNECT",
                "connectionId": "c-2=", "stage": "prod", "apiId": "ws1", "domainName": domain, "identity": {}}}),
            json!({"certificate": null, "principal": null,
                "connection": ["c-2=", "CONNECT", "https://ws1.execute-api.eu-central-1.amazonaws.com/prod"],
                "server": null}),
        ),
        (
            json!({"version": "1.0", "path": "/who", "httpMethod": "GET", "headers": {"Host": domain},
                "requestContext": {"stage": "$default", "domainName": domain,
                "identity": {"clientCert": certificate}}}),
            json!({"certificate": "CN=ada", "principal": null, "connection": null,
                "server": "https://api.shop.example"}),
        ),
        // What a client writes proves nothing.
        (
            json!({"httpMethod": "GET", "path": "/who", "requestContext": {"elb": {}}, "headers": {"host": domain,
                "x-amzn-mtls-clientcert-subject": "CN=mallory", "lambda-runtime-aws-tenant-id": "mallory",
                "x-amzn-request-context": "{\"identity\":{\"userArn\":\"mallory\"}}"}}),
            json!({"certificate": null, "principal": null, "connection": null, "server": "https://api.shop.example"}),
        ),
    ]
}

#[tokio::test]
async fn a_caller_is_who_the_front_door_says_and_the_request_has_the_id_of_its_invocation() {
    for (polls, options) in [(1, ""), (16, ""), (1, "runtime")] {
        let mut api = start(polls, options, &NAMED).await;
        for (event, mut wanted) in callers() {
            let id = api.id();
            let headers = format!("{}Lambda-Runtime-Aws-Tenant-Id: of-{id}\r\n", head(&id));
            api.next().await.reply(&event_with(&headers, &event.to_string())).await;
            let report = api.report().await;
            let answer = report.json();
            let seen: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
            wanted["tenant"] = format!("of-{id}").into();
            wanted["trusted"] = event["headers"]["x-amzn-mtls-clientcert-subject"].clone();
            if wanted["server"].is_null() {
                wanted["server"] = seen["server"].clone();
            }
            assert_eq!(seen, wanted, "{event}");
            let names = ["/headers/x-request-id", "/multiValueHeaders/x-request-id/0"];
            let found = names.iter().find_map(|name| answer.pointer(name));
            assert_eq!(found, Some(&json!(id)), "{answer}");
            report.accept().await;
        }
    }
}

#[tokio::test]
async fn messages_of_connections_are_read_however_many_come_at_the_same_time() {
    let message = |id: &str, body: Value| {
        let context = json!({"routeKey": "sendmessage", "eventType": "MESSAGE", "connectionId": id, "stage": "prod"});
        json!({"requestContext": context, "body": body.to_string(), "isBase64Encoded": false}).to_string()
    };
    for polls in POLLS {
        let mut api = start(polls, "", &[]).await;
        let together = polls.min(2);
        let mut given: HashMap<String, String> = HashMap::new();
        for _ in 0..together {
            let id = api.id();
            let said = json!({"action": "sendmessage", "text": format!("I am {id}"), "waits": together > 1});
            api.next().await.reply(&event(&id, &message(&id, said))).await;
            given.insert(format!("POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1"), id);
        }
        for _ in 0..together {
            let report = api.report().await;
            let id = given.remove(&report.line).unwrap();
            let heard: Value = serde_json::from_str(report.json()["body"].as_str().unwrap()).unwrap();
            assert_eq!(heard, json!(["sendmessage", format!("I am {id}")]));
            report.accept().await;
        }
        let id = api.id();
        api.next().await.reply(&event(&id, &message(&id, json!({"action": "sendmessage", "text": 5})))).await;
        let report = api.report().await;
        assert_eq!(report.json()["statusCode"], 400);
        assert!(report.json()["body"].as_str().unwrap().starts_with("cannot read message: expected another shape"));
        report.accept().await;
    }
}
