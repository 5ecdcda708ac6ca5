//! Load balancers: rules of a file, and health checks of target groups.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::scripted::command_line;
use crate::{Running, directory, function_of_file, http, run, serve};

/// The script of a function that always answers with this status.
fn answering(status: u16) -> String {
    format!("answer:{{\"statusCode\":{status},\"headers\":{{}},\"body\":\"\",\"isBase64Encoded\":false}}")
}

/// Serves a file, described in `described.json` beside it.
fn served(root: &Path, text: &str) -> Running {
    std::fs::write(root.join("sippycup.toml"), text).unwrap();
    let file = |name: &str| root.join(name).to_str().unwrap().to_owned();
    Running::spawn(serve(&["--config", &file("sippycup.toml"), "--describe", &file("described.json")]))
}

fn described(root: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(root.join("described.json")).unwrap()).unwrap()
}

/// The first event that was recorded.
fn recorded(events: &Path) -> Value {
    let names = std::fs::read_dir(events).unwrap().map(|entry| entry.unwrap().path());
    let is_event = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().contains("event");
    let event = names.filter(is_event).min().unwrap();
    serde_json::from_slice(&std::fs::read(event).unwrap()).unwrap()
}

/// What is wrong with a file.
fn wrong(root: &Path, text: &str) -> String {
    std::fs::write(root.join("wrong.toml"), text).unwrap();
    let (code, _, err) = run(serve(&["--config", root.join("wrong.toml").to_str().unwrap()]));
    assert_eq!(code, 2, "{err}");
    err
}

#[test]
fn target_groups_are_checked_and_each_change_is_told() {
    let root = directory("health");
    let text = [
        &function_of_file("shop", &answering(204)),
        &function_of_file("ill", &answering(503)),
        "[[gateway]]\n",
        "kind = \"alb\"\n",
        "health-check = { path = \"/healthz\", interval = 5, timeout = 2, matcher = \"200-299\" }\n",
        "rules = [{ priority = 1, path-pattern = [\"/ill\"], action = { forward = { sick = 1 } } }]\n",
        "default-action = { forward = { shop = 1 } }\n",
        "target-groups = [{ name = \"sick\", function = \"ill\" }]\n",
    ]
    .concat();
    let mut running = served(&root, &text);
    let address = running.address();
    running.until("target group shop: healthy");
    running.until("target group sick: unhealthy: health checks failed with these codes: [503]");
    // It gets requests nevertheless.
    assert!(http(&address, "GET /ill", "").starts_with("HTTP/1.1 503"));
    running.until("GET /ill 503");
    let groups = &described(&root)["frontDoors"][0]["targetGroups"];
    assert_eq!(groups[0]["name"], "sick", "{groups}");
    assert_eq!(
        groups[0]["health"],
        serde_json::json!({
            "state": "unhealthy",
            "reason": "Target.ResponseCodeMismatch",
            "description": "health checks failed with these codes: [503]",
        })
    );
    assert_eq!((&groups[1]["name"], &groups[1]["health"]["state"]), (&"shop".into(), &"healthy".into()), "{groups}");
}

#[test]
fn a_flag_checks_the_function_with_the_event_of_a_load_balancer() {
    let root = directory("health-flag");
    let (events, described) = (root.join("events"), root.join("described.json"));
    let (events, described) = (events.to_str().unwrap(), described.to_str().unwrap());
    let flags =
        ["--kind", "alb-multi", "--health-check", "/healthz?full=1", "--events", events, "--describe", described];
    let script = "answer:{\"statusCode\":200,\"multiValueHeaders\":{},\"body\":\"well\",\"isBase64Encoded\":false}";
    let mut running = Running::start(script, &flags);
    let line = running.until("target group ");
    assert!(line.ends_with(": healthy"), "{line}");
    let event = recorded(Path::new(events));
    assert_eq!(event["multiValueHeaders"], serde_json::json!({"user-agent": ["ELB-HealthChecker/2.0"]}), "{event}");
    assert_eq!(event["multiValueQueryStringParameters"], serde_json::json!({"full": ["1"]}));
    assert_eq!((&event["httpMethod"], &event["path"]), (&"GET".into(), &"/healthz".into()));
}

#[test]
fn a_health_check_that_aws_would_not_take_is_told_with_its_line() {
    let root = directory("health-wrong");
    let file = |check: &str| {
        [&function_of_file("shop", "path"), "[[gateway]]\n", "kind = \"alb\"\n", "health-check = ", check, "\n"]
            .concat()
    };
    for (check, told) in [
        ("\"healthz\"", "line 7, `health-check`: health check: expected a path with a leading slash"),
        ("{ interval = 10 }", "`health-check`: health check: expected an interval longer than the timeout"),
        ("{ path = \"/\", every = 10 }", "unknown field `every`"),
        ("7", "expected a path, or a table with `path`"),
    ] {
        let err = wrong(&root, &file(check));
        assert!(err.contains(told), "{err}");
    }
    let lattice = file("\"/healthz\"").replace("\"alb\"", "\"lattice\"");
    assert!(wrong(&root, &lattice).contains("VPC Lattice checks the health of no function"));
    let group = [
        &function_of_file("shop", "path"),
        "[[gateway]]\nkind = \"alb\"\ndefault-action = { forward = { shop = 1 } }\n",
        "target-groups = [{ name = \"shop\", health-check = \"x\" }]\n",
    ];
    let err = wrong(&root, &group.concat());
    assert!(err.contains("line 8, `target-groups`: health check: expected a path"), "{err}");
}

const OF_CLOUDFORMATION: &str = r"
Resources:
  Balancer: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer}
  Listener: {Type: AWS::ElasticLoadBalancingV2::Listener, Properties: {LoadBalancerArn: !Ref Balancer, DefaultActions: [{Type: forward, TargetGroupArn: !Ref Targets}]}}
  Targets:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties:
      TargetType: lambda
      Targets: [{Id: !GetAtt Shop.Arn}]
      HealthCheckEnabled: true
      HealthCheckPath: /healthz
      HealthCheckIntervalSeconds: 10
      HealthCheckTimeoutSeconds: '5'
      HealthyThresholdCount: 3
      UnhealthyThresholdCount: 2
      Matcher: {HttpCode: 200-299}
  Shop: {Type: AWS::Lambda::Function, Properties: {Handler: app.handler, Runtime: python3.13, Code: .}}
";

const OF_TERRAFORM: &str = r#"{"format_version": "1.2", "values": {"root_module": {"resources": [
  {"address": "aws_lambda_function.shop", "mode": "managed", "type": "aws_lambda_function", "name": "shop",
   "values": {"function_name": "shop", "runtime": "provided.al2023", "arn": "arn:aws:lambda:us-east-1:1:function:shop"}},
  {"address": "aws_lb_listener.l", "mode": "managed", "type": "aws_lb_listener", "name": "l", "values": {"arn": "arn:l", "default_action": [{"type": "forward", "target_group_arn": "arn:t"}]}},
  {"address": "aws_lb_target_group.t", "mode": "managed", "type": "aws_lb_target_group", "name": "t", "values": {"arn": "arn:t", "target_type": "lambda", "health_check": [
    {"enabled": true, "path": "/healthz", "interval": 10, "timeout": 5, "healthy_threshold": 3, "unhealthy_threshold": 2, "matcher": "200-299", "port": "traffic-port", "protocol": ""}]}},
  {"address": "aws_lb_target_group_attachment.a", "mode": "managed", "type": "aws_lb_target_group_attachment", "name": "a",
   "values": {"target_group_arn": "arn:t", "target_id": "arn:aws:lambda:us-east-1:1:function:shop"}}
]}}}"#;

#[test]
fn templates_have_the_health_checks_of_their_target_groups() {
    for (name, text, function, group) in [
        ("cloudformation", OF_CLOUDFORMATION, "Shop", "Targets"),
        ("terraform", OF_TERRAFORM, "aws_lambda_function.shop", "aws-lb-target-group-t"),
    ] {
        let root = directory(&format!("health-{name}"));
        let (file, events) = (root.join("template"), root.join("events"));
        let script = answering(250).replace('"', "\\\"");
        let words: Vec<_> = command_line().iter().map(|word| format!("'{word}'")).collect();
        let line = format!("{function}=SCRIPT=\"{script}\" {}", words.join(" "));
        let start = |text: &str| {
            std::fs::write(&file, text).unwrap();
            serve(&["--template", file.to_str().unwrap(), "--run", &line, "--events", events.to_str().unwrap()])
        };
        Running::spawn(start(text)).until(&format!("target group {group}: healthy"));
        assert_eq!(recorded(&events)["path"], "/healthz", "{name}");
        for (from, to, told) in [
            ("200-299", "500", "expected statuses from 200 to 499"),
            ("10", "301", "expected interval from 5 s to 300 s, found 301 s"),
            ("/healthz", "healthz", "expected a path with a leading slash"),
        ] {
            let (code, _, err) = run(start(&text.replace(from, to)));
            assert!(code == 2 && err.contains(told), "{err}");
        }
    }
}

#[test]
fn rules_of_a_file_send_requests_to_functions_or_answer_them() {
    let root = directory("rules");
    let multi = "answer:{\"statusCode\":203,\"multiValueHeaders\":{},\"body\":\"multi\",\"isBase64Encoded\":false}";
    let text = [
        "invoke-api = \"127.0.0.1:0\"\n",
        &function_of_file("shop", "path"),
        &function_of_file("api", "told"),
        &function_of_file("many", multi),
        r#"
[[gateway]]
kind = "alb"
function = "shop"
rules = [
  { priority = 10, path-pattern = ["/api/*"], url-rewrite = { regex = "^/api/(.*)$", replace = "/$1" }, action = { forward = { api = 1 } } },
  { priority = 20, host-header = ["old.*"], action = { redirect = { status-code = 301, path = "/new/#{path}" } } },
  { priority = 30, query-string = [[{ key = "v", value = "0" }, { key = "", value = "zero" }]], action = { fixed-response = { status-code = 410, message-body = "gone" } } },
  { priority = 40, http-header = [{ name = "X-Tier", values = ["gold*"] }], http-request-method = ["GET"], action = { forward = { group = 1, api = 0 } } },
  { priority = 50, source-ip = ["192.0.2.0/24"], action = { fixed-response = { status-code = 403 } } },
  { priority = 60, path-regex = ["^/[0-9]+$"], host-header-rewrite = { regex = "^.*$", replace = "inner.example.com" }, action = { forward = { api = 1 } } },
]
target-groups = [{ name = "group", function = "many", kind = "alb-multi" }]
"#,
    ]
    .concat();
    let mut running = served(&root, &text);
    running.until("invoke: http://");
    let address = running.address();
    running.until("described in ");
    let ask = |request: &str, more: &str| http(&address, request, more);
    for (request, more, expected) in [
        ("GET /api/x?a=b", "", "api  rest  /x"),
        ("GET /x?v=0", "", "gone"),
        ("GET /x?w=ZERO", "", "gone"),
        ("GET /x", "X-Tier: golden\r\n", "multi"),
        ("POST /x", "X-Tier: golden\r\nContent-Length: 0\r\n", "/x"),
        ("GET /42", "", "api  rest  /42"),
        ("GET /else", "", "/else"),
    ] {
        let response = ask(request, more);
        assert!(response.contains(expected), "{request}: expected `{expected}` in\n{response}");
    }
    // The target names another host than the header.
    let moved = ask("GET http://old.localhost/x?y=1", "");
    assert!(moved.starts_with("HTTP/1.1 301") && moved.contains("/new/x?y=1"), "{moved}");
    running.until("GET /x?v=0 410");
    let described = described(&root);
    assert!(described["invokeApi"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{described}");
    let door = &described["frontDoors"][0];
    let routes: Vec<_> =
        door["routes"].as_array().unwrap().iter().map(|route| route["route"].as_str().unwrap()).collect();
    assert!(routes.contains(&"rule 10: path-pattern /api/*") && routes.contains(&"default rule"), "{routes:?}");
    assert_eq!(door["targetGroups"][0]["health"], Value::Null, "{door}");
}

#[test]
fn a_description_says_what_each_rule_does_and_clients_stay_where_a_file_says_so() {
    let root = directory("sticky");
    let text = [
        &function_of_file("shop", "path"),
        &function_of_file("next", "path"),
        r#"
[[gateway]]
kind = "alb"
default-action = { forward = { shop = 1, next = 1 }, stickiness-duration = 60 }
rules = [
  { priority = 1, path-pattern = ["/open"], action = { redirect = { path = "/x" } } },
  { priority = 2, path-pattern = ["/closed"], action = { fixed-response = { status-code = 404 }, authorizer = { issuer = "https://login.example.com" } } },
  { priority = 3, path-pattern = ["/admin"], action = { forward = { shop = 1 }, authorizer = { name = "admins", issuer = "https://login.example.com", additional-claims = [{ name = "aud", format = "single-string", values = ["admin"] }] } } },
]
"#,
    ]
    .concat();
    let mut running = served(&root, &text);
    let address = running.address();
    running.until("described in ");
    let response = http(&address, "GET /", "");
    let cookie = response.lines().find_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next()).unwrap();
    let stays = http(&address, "GET /", &format!("Cookie: {cookie}\r\n"));
    assert!(stays.starts_with("HTTP/1.1 200") && !stays.contains("set-cookie"), "{stays}");
    assert!(http(&address, "GET /", "Cookie: AWSALBTG=shop\r\n").contains("set-cookie: AWSALBTG="));
    assert!(http(&address, "GET /closed", "").starts_with("HTTP/1.1 401"));
    let described = described(&root);
    let route = |of: &str| {
        let mut routes = described["frontDoors"][0]["routes"].as_array().unwrap().iter();
        routes.find(|route| route["route"].as_str().unwrap().starts_with(of)).unwrap_or_else(|| panic!("{described:#}"))
    };
    for (of, function, answer, authorizer) in [
        ("rule 1:", Value::Null, "redirect 302".into(), Value::Null),
        ("rule 2:", Value::Null, "fixed-response 404".into(), "jwt: runs here".into()),
        ("rule 3:", "shop".into(), Value::Null, "admins: runs here".into()),
        ("default rule", "shop".into(), Value::Null, Value::Null),
    ] {
        let route = route(of);
        assert_eq!((&route["function"], &route["answer"], &route["authorizer"]), (&function, &answer, &authorizer));
    }
    drop(running);
    for (from, to, told) in [
        ("duration = 60", "duration = 604801", "`default-action`: stickiness: expected 1 to 604800 whole seconds"),
        ("single-string", "text", "rule 3: authorizer `admins`: additional claim `aud`: expected one of the formats"),
        ("format = ", "form = ", "unknown field `form`"),
        ("kind = \"alb\"", "kind = \"lattice\"", "VPC Lattice has no stickiness of target groups"),
    ] {
        let err = wrong(&root, &text.replace(from, to));
        assert!(err.contains(told), "{err}");
    }
}
