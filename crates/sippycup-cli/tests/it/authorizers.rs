//! Authorizers before the running command, with tokens of `sippycup token`.

use crate::scripted::command_line;
use crate::{Running, assert_refused, directory, function_of_file, http, run, serve, sippycup, web_socket};

fn token(flags: &[&str]) -> String {
    let mut command = sippycup(&["token"]);
    command.args(flags);
    let (code, out, err) = run(command);
    assert_eq!(code, 0, "{err}");
    out.trim().to_owned()
}

fn bearing(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

#[test]
fn a_token_of_the_command_passes_its_gateway_and_says_who_asks() {
    let issuer = ["--issuer", "https://login.example.com", "--audience", "shop"];
    for (kind, path) in [("http", "/x"), ("http-1.0", "/x"), ("rest", "/prod/x"), ("alb", "/x")] {
        let mut running = Running::start("told", &[&issuer[..], &["--kind", kind]].concat());
        let address = running.address();
        let request = format!("GET {path}");
        let refused = http(&address, &request, "");
        assert!(refused.starts_with("HTTP/1.1 401"), "{refused}");
        let line = running.until(&format!("{request} 401"));
        assert!(line.contains("no event, jwt refuses"), "{line}");
        assert!(running.until("authorizer `jwt`").contains("there is no token"));
        let passed = http(&address, &request, &bearing(&token(&["--claims", r#"{"sub":"42"}"#])));
        assert!(passed.starts_with("HTTP/1.1 200"), "{passed}");
        assert!(kind == "alb" || passed.contains("sub=42"), "{passed}");
        let line = running.until(&format!("{request} 200"));
        assert!(line.ends_with(", jwt allows 42"), "{line}");
    }
}

#[test]
fn a_token_of_another_key_or_of_another_time_does_not_pass() {
    let mut running = Running::start("told", &["--issuer", "https://login.example.com", "--audience", "shop"]);
    let address = running.address();
    let root = directory("another-key");
    let mut command = sippycup(&["token"]);
    command.env("SIPPYCUP_TOKEN_KEY", root.join("new/token.key"));
    let (_, foreign, _) = run(command);
    let expired = token(&["--claims", r#"{"sub":"42","exp":1}"#]);
    let other = token(&["--claims", r#"{"sub":"42","aud":"other"}"#]);
    for (token, reason) in
        [(foreign.trim(), "of another development key"), (&expired, "Token is expired"), (&other, "a valid audience")]
    {
        let refused = http(&address, "GET /", &bearing(token));
        assert!(refused.starts_with("HTTP/1.1 401"), "{refused}");
        assert!(running.until("authorizer `jwt`").contains(reason));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(root.join("new/token.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "nobody else may read the key");
    }
}

#[test]
fn scopes_are_asked_for() {
    let flags = ["--issuer", "https://login.example.com", "--audience", "shop", "--scope", "items/read"];
    let mut running = Running::start("told", &flags);
    let address = running.address();
    assert!(http(&address, "GET /", &bearing(&token(&[]))).starts_with("HTTP/1.1 403"));
    let scoped = token(&["--scope", "items/read", "--scope", "items/write"]);
    assert!(http(&address, "GET /", &bearing(&scoped)).starts_with("HTTP/1.1 200"));
}

#[test]
fn pages_of_an_origin_may_ask() {
    let origin = "https://shop.example.com";
    let mut running = Running::start("told", &["--route", "GET /x", "--cors", origin]);
    let address = running.address();
    let preflight = format!("Origin: {origin}\r\nAccess-Control-Request-Method: GET\r\n");
    let response = http(&address, "OPTIONS /x", &preflight);
    assert!(response.starts_with("HTTP/1.1 204"), "{response}");
    assert!(response.contains(&format!("Access-Control-Allow-Origin: {origin}")), "{response}");
    let response = http(&address, "GET /x", &format!("Origin: {origin}\r\n"));
    assert!(response.contains(&format!("Access-Control-Allow-Origin: {origin}")), "{response}");
    let foreign = http(&address, "GET /x", "Origin: https://evil.example\r\n");
    assert!(foreign.starts_with("HTTP/1.1 403"), "{foreign}");
    for (flags, part) in [
        (&["--kind", "rest", "--cors", "*"][..], "--cors: CORS: a REST API has no configuration of it"),
        (&["--cors", "https://*.example.com"], "a wildcard stands for all origins"),
    ] {
        assert_refused(flags, part);
    }
}

#[test]
fn who_may_sign_is_said_by_flags_and_nobody_else_passes() {
    let keys = ["--iam-key", "AKIAANN1=secret", "--iam-principal", "arn:aws:iam::111122223333:user/ann"];
    let mut running = Running::start("told", &[&keys[..], &["--kind", "rest"]].concat());
    let address = running.address();
    let refused = http(&address, "GET /prod/", "");
    assert!(refused.starts_with("HTTP/1.1 403") && refused.contains("Missing Authentication Token"), "{refused}");
    assert!(running.until("GET /prod/ 403").contains("no event, AWS_IAM refuses"));
    let refused = http(&address, "GET /prod/", "Authorization: Bearer x\r\n");
    assert!(refused.contains("IncompleteSignatureException"), "{refused}");
    for (flags, part) in [
        (&["--iam-key", "AKIA"][..], "--iam-key: expected an access key id and its secret, `ID=SECRET`"),
        (&["--iam-key", "A=b", "--iam-principal", "ann"], "--iam-key: credentials of IAM: expected a principal"),
        (&["--iam-principal", "ann"], "--iam-principal: credentials of IAM: expected a principal"),
        (&["--iam-key", "A=b", "--kind", "alb"], "--iam-key: a load balancer checks no signatures of IAM"),
        (&["--iam-key", "A=b", "--claims", "{}"], "cannot be used with"),
        (&["--iam-profile", "work"], "--iam-profile: cannot read "),
    ] {
        let mut command = serve(flags);
        command.env("AWS_SHARED_CREDENTIALS_FILE", "/nowhere/credentials").args(["--", "true"]);
        let (code, _, err) = run(command);
        assert!(code == 2 && err.contains(part), "{err}");
    }
    let arn = "arn:aws:sts::111122223333:assumed-role/admin/ann";
    let (code, event, err) = run(sippycup(&["event", "--kind", "url", "--iam-principal", arn, "GET /"]));
    assert!(code == 0 && event.contains(arn) && event.contains("\"accountId\": \"111122223333\""), "{event}{err}");
}

#[test]
fn who_may_sign_is_said_by_a_file() {
    let root = directory("iam-file");
    let command = command_line();
    let text = format!(
        r#"
[[function]]
command = {command:?}

[[gateway]]
kind = "http"
authorizer = {{ type = "iam", credentials = [{{ access-key-id = "AKIA", secret-access-key = "s", principal = "arn:aws:iam::111122223333:user/ann" }}] }}
"#
    );
    let file = root.join("sippycup.toml");
    std::fs::write(&file, &text).unwrap();
    let mut running = Running::spawn(serve(&["--config", file.to_str().unwrap()]));
    let refused = http(&running.address(), "GET /", "");
    assert!(refused.starts_with("HTTP/1.1 403") && refused.contains("Forbidden"), "{refused}");
    for (from, to, part) in [
        ("type = \"iam\"", "type = \"jwt\"", "`credentials` are of authorizers of the type `iam`"),
        ("\"iam\", ", "\"iam\", ttl = 1, ", "has `credentials`, and nothing else"),
        (":user/ann", "", "expected a principal such as"),
        ("secret-access-key = \"s\", ", "", "expected a secret access key"),
    ] {
        std::fs::write(&file, text.replace(from, to)).unwrap();
        let (code, _, err) = run(serve(&["--config", file.to_str().unwrap()]));
        assert!(code == 2 && err.contains(part) && err.contains("`authorizer`"), "{err}");
    }
}

#[test]
fn who_opens_a_connection_is_known_and_with_keys_who_posts_to_one() {
    let mut running = Running::start("told", &["--kind", "ws", "--iam-key", "AKIAEXAMPLE=secret"]);
    let line = running.until("ws://");
    let url = format!("ws://{}", line.split("ws://").nth(1).unwrap());
    let address = url.split('/').nth(2).unwrap().to_owned();
    assert!(web_socket(&url, "{}").contains("403 Forbidden"));
    let posted = http(&address, "POST /prod/@connections/R1kmxc2VNjMCFIA=", "Content-Length: 0\r\n");
    assert!(posted.starts_with("HTTP/1.1 403") && posted.contains("Missing Authentication Token"), "{posted}");

    let flags =
        ["--kind", "ws", "--route-response", "$default", "--iam-key", "AKIAEXAMPLE=secret", "--sign-connections"];
    let mut running = Running::start("told", &flags);
    let line = running.until("ws://");
    let url = format!("ws://{}", line.split("ws://").nth(1).unwrap());
    let told = web_socket(&url, "{}");
    assert!(told.contains("function $default"), "to connect needs no signature: {told}");
    let address = url.split('/').nth(2).unwrap();
    let posted = http(address, "POST /prod/@connections/R1kmxc2VNjMCFIA=", "Content-Length: 0\r\n");
    assert!(posted.starts_with("HTTP/1.1 403") && posted.contains("Missing Authentication Token"), "{posted}");
    for (flags, part) in [
        (&["--kind", "ws", "--sign-connections"][..], "--sign-connections: there are no keys"),
        (&["--sign-connections", "--iam-key", "A=b"], "--sign-connections: an HTTP API has no connections to post to"),
    ] {
        assert_refused(flags, part);
    }

    let root = directory("authorizer-of-connect");
    let nobody = "\n[[function]]\ncommand = [\"true\"]\n[[gateway]]\nkind = \"ws\"\nconnection-credentials = []\n";
    std::fs::write(root.join("nobody.toml"), nobody).unwrap();
    let (code, _, err) = run(serve(&["--config", root.join("nobody.toml").to_str().unwrap()]));
    assert!(code == 2 && err.contains("expected keys") && err.contains("nobody.toml"), "{err}");
    let text = [
        "\n",
        &function_of_file("chat", "told"),
        "\n",
        &function_of_file("auth", "told"),
        r#"
[[gateway]]
kind = "ws"
function = "chat"
route-responses = ["$default"]
authorizer = { type = "request", function = "auth", identity-source = ["route.request.querystring.who"] }
"#,
    ]
    .concat();
    std::fs::write(root.join("sippycup.toml"), &text).unwrap();
    let mut running = Running::spawn(serve(&["--config", root.join("sippycup.toml").to_str().unwrap()]));
    let line = running.until("ws://");
    let url = format!("ws://{}", line.split("ws://").nth(1).unwrap().split_whitespace().next().unwrap());
    let told = web_socket(&format!("{url}?who=me"), "{}");
    assert!(told.contains("by=auth:a1b2c3d4e5/prod/$connect"), "{told}");
    for (query, status) in [("?who=deny", "403"), ("?who=", "401"), ("", "401")] {
        let refused = web_socket(&format!("{url}{query}"), "{}");
        assert!(refused.contains(status), "{query}: {refused}");
    }
    // Nobody has given keys.
    let address = url.split('/').nth(2).unwrap();
    let posted = http(address, "POST /prod/@connections/R1kmxc2VNjMCFIA=", "Content-Length: 0\r\n");
    assert!(posted.starts_with("HTTP/1.1 410"), "{posted}");
}

#[test]
fn a_function_of_the_file_is_asked_and_its_answers_are_kept() {
    let root = directory("authorizer-file");
    let text = ["\n", &function_of_file("shop", "told"), "\n", &function_of_file("auth", "told"), r#"
[[gateway]]
kind = "rest"
function = "shop"
authorizer = { type = "token", function = "auth", validation = "Bearer .+" }
request-validator = { models = { "application/json" = "item.json" } }
gateway-responses = [{ type = "DEFAULT_4XX", headers = { Access-Control-Allow-Origin = "'*'" }, templates = { "text/plain" = "$context.error.responseType" } }]
"#].concat();
    std::fs::write(root.join("sippycup.toml"), &text).unwrap();
    std::fs::write(root.join("item.json"), r#"{"properties": {"name": {"type": "string"}}}"#).unwrap();
    let mut running = Running::spawn(serve(&["--config", root.join("sippycup.toml").to_str().unwrap()]));
    let address = running.address();
    let ask = |token: &str| http(&address, "GET /prod/items", &format!("Authorization: {token}\r\n"));
    assert!(ask("Bearer 1").contains("by=auth:a1b2c3d4e5/prod/GET/items"));
    assert!(running.until("GET /prod/items 200").contains("auth allows auth:a1b2c3d4e5/prod/GET/items"));
    assert!(ask("Bearer 1").starts_with("HTTP/1.1 200"));
    assert!(running.until("GET /prod/items 200").ends_with("(cached)"));
    let posted = |body: &str| {
        let length = body.len();
        http(
            &address,
            "POST /prod/items",
            &format!("Authorization: Bearer 1\r\nContent-Length: {length}\r\n\r\n{body}"),
        )
    };
    assert!(posted(r#"{"name":"cup"}"#).starts_with("HTTP/1.1 200"));
    let invalid = posted(r#"{"name":1}"#);
    assert!(invalid.starts_with("HTTP/1.1 400") && invalid.ends_with("BAD_REQUEST_BODY"), "{invalid}");
    running.until("the body does not fit the model");
    let denied = ask("Bearer deny");
    assert!(denied.starts_with("HTTP/1.1 403") && denied.ends_with("ACCESS_DENIED"), "{denied}");
    let unauthorized = ask("Basic 1");
    assert!(unauthorized.starts_with("HTTP/1.1 401") && unauthorized.ends_with("UNAUTHORIZED"), "{unauthorized}");
    assert!(unauthorized.contains("access-control-allow-origin: *"), "{unauthorized}");
    for (from, to, part) in [
        ("function = \"auth\", ", "function = \"nobody\", ", "there is no function `nobody`"),
        ("type = \"token\"", "type = \"jwt\"", "a function is asked by an authorizer of the types"),
        ("kind = \"rest\"", "kind = \"alb\"", "a load balancer has no Lambda authorizers"),
        ("Bearer .+", "(", "identity validation expression `(`"),
        ("type = \"token\"", "type = \"oauth\"", "unknown variant `oauth`"),
    ] {
        std::fs::write(root.join("wrong.toml"), text.replace(from, to)).unwrap();
        let (code, _, err) = run(serve(&["--config", root.join("wrong.toml").to_str().unwrap()]));
        assert!(code == 2 && err.contains(part) && err.contains("`authorizer`"), "{err}");
    }
}

#[test]
fn a_rule_of_a_template_reads_tokens_and_the_others_are_open() {
    let root = directory("jwt-rule");
    let template = r"
Resources:
  Balancer: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Subnets: [a, b]}}
  Front:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties: {LoadBalancerArn: !Ref Balancer, Port: 443, Protocol: HTTPS, DefaultActions: [{Type: forward, TargetGroupArn: !Ref Shops}]}
  Locked:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties:
      ListenerArn: !Ref Front
      Priority: 1
      Conditions: [{Field: path-pattern, Values: ['/admin/*']}]
      Actions:
      - {Type: jwt-validation, Order: 1, JwtValidationConfig: {Issuer: 'https://login.example.com', JwksEndpoint: 'https://login.example.com/jwks'}}
      - {Type: forward, Order: 2, TargetGroupArn: !Ref Admins}
  Claims:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties:
      ListenerArn: !Ref Front
      Priority: 2
      Conditions: [{Field: path-pattern, Values: ['/claims']}]
      Actions:
      - Type: jwt-validation
        Order: 1
        JwtValidationConfig:
          Issuer: https://login.example.com
          JwksEndpoint: https://login.example.com/jwks
          AdditionalClaims: [{Name: aud, Format: single-string, Values: [shop]}, {Name: scope, Format: space-separated-values, Values: [read, write]}]
      - {Type: redirect, Order: 2, RedirectConfig: {Path: /x, StatusCode: HTTP_302}}
  Shops: {Type: AWS::ElasticLoadBalancingV2::TargetGroup, Properties: {TargetType: lambda, Targets: [{Id: !GetAtt Shop.Arn}]}}
  Admins: {Type: AWS::ElasticLoadBalancingV2::TargetGroup, Properties: {TargetType: lambda, Targets: [{Id: !GetAtt Shop.Arn}]}}
  Shop: {Type: AWS::Lambda::Function, Properties: {Handler: app.handler, Runtime: python3.13, Code: .}}
";
    let file = root.join("template.yaml");
    std::fs::write(&file, template).unwrap();
    let words: Vec<_> = command_line().iter().map(|word| format!("'{word}'")).collect();
    let run = format!("Shop=SCRIPT=told {}", words.join(" "));
    let mut running = Running::spawn(serve(&["--template", file.to_str().unwrap(), "--run", &run]));
    let address = running.address();
    let with = |claims: &str| bearing(&token(&["--claims", claims]));
    let own = with(r#"{"sub":"42"}"#);
    let foreign = with(r#"{"iss":"https://other.example.com"}"#);
    for (path, headers, status) in [
        ("/admin/x", "", "401"),
        ("/admin/x", &*foreign, "401"),
        ("/admin/x", "Authorization: Bearer a.b.c\r\n", "401"),
        ("/admin/x", &*own, "200"),
        ("/claims", &*own, "401"),
        ("/claims", &*with(r#"{"aud":"shop","scope":"read"}"#), "401"),
        ("/claims", &*with(r#"{"aud":"shop","scope":"write x read"}"#), "302"),
        ("/x", "", "200"),
        ("/x", &*foreign, "200"),
    ] {
        let response = http(&address, &format!("GET {path}"), headers);
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{path}, {headers}: {response}");
        let is_page = response.contains("<title>401 Authorization Required</title>");
        assert_eq!(is_page, status == "401", "{response}");
    }
    assert!(running.until("GET /admin/x 200").ends_with(", jwt-validation allows 42"));
    drop(running);
    std::fs::remove_dir_all(root).unwrap();
}
