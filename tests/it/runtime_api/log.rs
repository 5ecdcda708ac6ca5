//! A failed invocation is never silent, and told once.

use super::*;

#[tokio::test]
async fn a_failure_is_one_line() {
    for polls in POLLS {
        let mut api = Api::start(polls, &[]).await;
        for (path, says) in [
            ("/error", "SippyCup.Service: service failed: rude on purpose"),
            ("/lines", "SippyCup.Service: service failed: one\\ntwo"),
            ("/body-error", "SippyCup.Body: response body failed: the body failed on purpose"),
            ("/size/7000000", "SippyCup.Response: cannot send response: Lambda refuses a response of 70"),
        ] {
            let (id, report) = api.invoke(path).await;
            report.accept().await;
            api.works().await;
            let said = api.until(&id).await;
            assert_eq!(said.len(), 1, "{said:?}");
            assert!(said[0].starts_with(says) && said[0].ends_with(&format!(" (RequestId: {id})")), "{said:?}");
        }
    }
}

#[tokio::test]
async fn a_failure_is_told_after_a_subscriber_that_was_there_only_for_a_while() {
    for polls in POLLS {
        let mut api = Api::start(polls, &[("RUDE", "subscriber-for-a-while")]).await;
        let (id, report) = api.invoke("/error").await;
        report.accept().await;
        let line = api.until(&id).await.pop().unwrap();
        assert_eq!(line, format!("SippyCup.Service: service failed: rude on purpose (RequestId: {id})"));
    }
}

#[tokio::test]
async fn a_failure_is_json_where_the_log_is() {
    for polls in POLLS {
        let mut api = Api::start(polls, &[("AWS_LAMBDA_LOG_FORMAT", "JSON")]).await;
        let (id, report) = api.invoke("/lines").await;
        report.reply(&status("410 Gone", "InvokeTimeout")).await;
        api.works().await;
        let lines = api.until("too late").await;
        let [failure, late] = [0, 1].map(|line| serde_json::from_str::<Value>(&lines[line]).unwrap());
        assert_eq!(failure["message"], "service failed: one\ntwo");
        assert_eq!((&failure["level"], &failure["errorType"]), (&json!("ERROR"), &json!("SippyCup.Service")));
        assert_eq!((&late["level"], &late["errorType"]), (&json!("WARN"), &Value::Null));
        for line in [failure, late] {
            assert_eq!(line["requestId"], id.as_str());
            let time = line["timestamp"].as_str().unwrap();
            assert!(time.starts_with("20") && time.len() == 24 && time.ends_with('Z'), "{time}");
        }
    }
}

#[tokio::test]
async fn a_subscriber_gets_what_standard_error_would_have_got() {
    for polls in POLLS {
        let mut api = Api::start(polls, &[("RUDE", "subscriber")]).await;
        let id = api.id();
        let headers =
            format!("{}Lambda-Runtime-Trace-Id: Root=1-2\r\nLambda-Runtime-Aws-Tenant-Id: blue\r\n", head(&id));
        api.next().await.reply(&event_with(&headers, &http_api("/error"))).await;
        api.report().await.accept().await;
        api.all_wait().await;
        let line = api.until(&id).await.pop().unwrap();
        for part in [
            "ERROR ".to_owned(),
            "Lambda runtime invoke{".to_owned(),
            format!("requestId=\"{id}\""),
            "xrayTraceId=\"Root=1-2\"".to_owned(),
            "tenantId=\"blue\"".to_owned(),
            "faas.trigger=\"http\"".to_owned(),
            format!("faas.invocation_id=\"{id}\""),
            "faas.coldstart=true".to_owned(),
            "invocation failed: service failed: rude on purpose".to_owned(),
            "error_type=\"SippyCup.Service\"".to_owned(),
        ] {
            assert!(line.contains(&part), "{part}: {line}");
        }
        // What the app says is said in the span too.
        let (id, report) = api.invoke("/event").await;
        report.accept().await;
        let lines = api.until("an event of the app").await;
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(
            lines[0].contains(&format!("requestId=\"{id}\"")) && lines[0].contains("faas.coldstart=false"),
            "{lines:?}"
        );
    }
}

#[tokio::test]
async fn every_kind_of_failure_is_one_line_in_both_formats() {
    let refused = "cannot send response: Lambda refuses a response of 7000078 bytes of JSON to an HTTP API, its limit is \
                   6291556 bytes; base64 makes binary bodies a third larger";
    let not_http = "cannot decode event: expected an event of API Gateway, a function URL, a load balancer or VPC Lattice at \
                    `$`, found an SQS event";
    let cut = "cannot decode event: expected more of the document, not its end at `$` (byte 1)";
    for (polls, format, options) in [
        (1, None, ""),
        (1, Some("Text"), ""),
        (1, Some("JSON"), ""),
        (1, Some("json"), "stream"),
        (16, Some("Text"), "stream"),
        (16, Some("JSON"), ""),
    ] {
        let variables = format.map(|format| ("AWS_LAMBDA_LOG_FORMAT", format)).into_iter().chain([("RUDE", options)]);
        let mut api = Api::start(polls, &variables.collect::<Vec<_>>()).await;
        for (event, error_type, message) in [
            (http_api("/error"), "SippyCup.Service", "service failed: rude on purpose"),
            (http_api("/causes"), "SippyCup.Service", "service failed: rude on purpose: the\u{1b}[31m cause"),
            (http_api("/lines"), "SippyCup.Service", "service failed: one\ntwo"),
            (http_api("/panic/future"), "SippyCup.Panic", "handler panicked: in the future"),
            (http_api("/panic/body"), "SippyCup.Panic", "handler panicked: in the body"),
            (http_api("/body-error"), "SippyCup.Body", "response body failed: the body failed on purpose"),
            (http_api("/size/7000000"), "SippyCup.Response", refused),
            (json!({"Records": [{"eventSource": "aws:sqs"}]}).to_string(), "SippyCup.Event", not_http),
            ("{".to_owned(), "SippyCup.Event", cut),
        ] {
            // A stream has no limit here.
            if options == "stream" && message == refused {
                continue;
            }
            let id = api.id();
            api.next().await.reply(&super::event(&id, &event)).await;
            api.report().await.accept().await;
            api.all_wait().await;
            let lines = api.until(&id).await;
            assert_eq!(lines.len(), 1, "{lines:?}");
            if format.is_none_or(|format| format == "Text") {
                let message = message.replace('\n', "\\n").replace('\u{1b}', "\\u{1b}");
                assert_eq!(lines[0], format!("{error_type}: {message} (RequestId: {id})"));
                continue;
            }
            let mut line: Value = serde_json::from_str(&lines[0]).unwrap();
            let time = line.as_object_mut().unwrap().remove("timestamp").unwrap();
            assert!(time.as_str().is_some_and(|time| time.len() == 24 && time.ends_with('Z')), "{time}");
            let wanted = json!({"level": "ERROR", "message": message, "requestId": id, "errorType": error_type});
            assert_eq!(line, wanted);
        }
    }
}
