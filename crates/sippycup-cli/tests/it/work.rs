//! What the command does beside serving one function: recording, replaying, watching, configurations.

use serde_json::{Value, json};

use crate::scripted::command_line;
use crate::{Running, directory, http, run, serve, sippycup};

#[test]
fn events_are_recorded_invoked_and_replayed() {
    let events = directory("events");
    let events = events.to_str().unwrap();
    let mut running = Running::start("path", &["--events", events]);
    let address = running.address();
    http(&address, "GET /one", "");
    http(&address, "GET /two", "");
    running.signal("-INT");
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
    let event: Value = serde_json::from_slice(&std::fs::read(format!("{events}/000001.event.json")).unwrap()).unwrap();
    assert_eq!(event["rawPath"], "/one");
    let answer: Value =
        serde_json::from_slice(&std::fs::read(format!("{events}/000002.answer.json")).unwrap()).unwrap();
    assert_eq!(answer["body"], "/two");

    let invoke = |script: &str| {
        let mut command = sippycup(&["invoke", &format!("{events}/000001.event.json"), "--"]);
        command.args(command_line()).env("SCRIPT", script);
        run(command)
    };
    let (code, out, _) = invoke("path");
    assert_eq!((code, serde_json::from_str::<Value>(&out).unwrap()["body"].clone()), (0, json!("/one")));
    let (code, out, _) = invoke("error");
    assert_eq!((code, serde_json::from_str::<Value>(&out).unwrap()["errorType"].clone()), (1, json!("ValueError")));

    let replay = |script: &str| {
        let mut command = sippycup(&["replay", events, "--"]);
        command.args(command_line()).env("SCRIPT", script);
        run(command)
    };
    let (code, out, _) = replay("path");
    assert_eq!((code, out.as_str()), (0, "000001: same\n000002: same\n2 events, 0 changed\n"));
    std::fs::write(
        format!("{events}/000002.answer.json"),
        r#"{"statusCode":200,"headers":{"x-script":"yes"},"body":"/before","isBase64Encoded":false}"#,
    )
    .unwrap();
    let (code, out, _) = replay("path");
    assert_eq!(
        (code, out.as_str()),
        (
            1,
            "000001: same\n000002: changed, answer before, answer now\n  -   \"body\": \"/before\",\n  +   \"body\": \"/two\",\n2 events, 1 changed\n"
        )
    );
}

#[test]
fn a_name_is_an_address_to_listen_on() {
    let mut command = sippycup(&["serve", "--listen", "localhost:0", "--"]);
    command.args(command_line()).env("SCRIPT", "path");
    let mut running = Running::spawn(command);
    let address = running.address();
    assert!(http(&address, "GET /x", "").ends_with("/x"));
}

#[test]
fn an_event_is_printed() {
    let (code, out, err) = run(sippycup(&["event", "--kind", "alb", "POST /x?y=1", "-H", "a: b", "-d", "body"]));
    let event: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{err}"));
    assert_eq!(code, 0);
    assert_eq!(
        (&event["httpMethod"], &event["path"], &event["queryStringParameters"]),
        (&json!("POST"), &json!("/x"), &json!({"y": "1"}))
    );
    assert_eq!((&event["headers"]["a"], &event["body"]), (&json!("b"), &json!("Ym9keQ==")));
    let (_, out, _) = run(sippycup(&["event", "--kind", "rest", "GET /prod/x", "-H", "tEsT-HEADeR: v"]));
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["headers"]["tEsT-HEADeR"], "v");
}

#[test]
fn the_event_says_how_the_listener_is_reached_unless_it_should_be_https() {
    for (flags, https) in
        [(&["--kind", "http"][..], false), (&["--kind", "alb", "--https"], true), (&["--kind", "rest"], false)]
    {
        let mut running = Running::start("forwarded", flags);
        let url = running.until("http://").split("http://").nth(1).unwrap().to_owned();
        let (address, path) = url.split_once('/').unwrap();
        let (_, port) = address.split_once(':').unwrap();
        let response = http(address, &format!("GET /{path}"), "");
        let expected = if https { "https 443".to_owned() } else { format!("http {port}") };
        assert!(response.ends_with(&expected), "{flags:?}: {response}");
    }
}

#[test]
fn a_source_change_restarts_the_function() {
    let source = directory("watched");
    std::fs::write(source.join("main.rs"), "1").unwrap();
    std::fs::create_dir(source.join("target")).unwrap();
    let built = source.join("target/built");
    let build = format!("--build=touch {}", built.display());
    std::fs::write(source.join(".gitignore"), "*.log\n").unwrap();
    let watch = format!("--watch={}", source.display());
    let mut running = Running::start("pid", &[&watch, "--ignore", "*.html", &build]);
    let address = running.address();
    let before = http(&address, "GET /", "").lines().last().unwrap().to_owned();
    // Neither what git ignores nor what a pattern excepts is a change.
    std::fs::write(source.join("debug.log"), "2").unwrap();
    std::fs::write(source.join("page.html"), "2").unwrap();
    std::fs::write(source.join("main.rs"), "2").unwrap();
    let changed = running.until("changed, restarting the function");
    assert!(changed.contains("main.rs changed"), "{changed}");
    // The restart comes after the line; until then the old process answers.
    let after = loop {
        let pid = http(&address, "GET /", "").lines().last().unwrap().to_owned();
        if pid != before {
            break pid;
        }
    };
    assert_ne!(after, before);
    assert!(built.exists(), "the build ran first");
}

#[test]
fn a_configuration_serves_several_gateways_and_functions() {
    let root = directory("config");
    let command = |script: &str| format!("env = {{ SCRIPT = \"{script}\" }}\ncommand = {:?}\n", command_line());
    let config = format!(
        "listen = \"127.0.0.1:0\"\n\n[[function]]\nname = \"shop\"\n{}\n[[function]]\nname = \"blog\"\n{}\n\
         [[gateway]]\nkind = \"rest\"\nfunction = \"shop\"\nstage = \"prod\"\nvariables = {{ A = \"b\" }}\nroutes = [\"/{{proxy+}}\"]\n\
         domains = [{{ name = \"api.example.com\", mappings = [\"shop\", \"shop/v2\"] }}]\n\n\
         [[gateway]]\nkind = \"http\"\nfunction = \"blog\"\nstage = \"dev\"\ntimeout = 3.5\nclaims = {{ sub = \"42\" }}\n\n\
         [[gateway]]\nkind = \"http\"\nfunction = \"shop\"\ndomain = \"shop.example.com\"\nbase-path = [\"shop\"]\n",
        command("path"),
        command("environment"),
    );
    let file = root.join("sippycup.toml");
    std::fs::write(&file, config).unwrap();
    let mut running = Running::spawn(serve(&["--config", file.to_str().unwrap()]));
    let address = running.address();
    running.until("/dev/  (blog)");
    let hidden = running.until("shop.example.com");
    let rest = format!("     rest: http://{address}/shop/  (shop, api.example.com)");
    assert!(running.seen.contains(&rest), "{:?}", running.seen);
    assert!(running.seen.contains(&format!("     rest: http://{address}/shop/v2/  (shop, api.example.com)")));
    // Its path on any other host is another one's.
    let (_, port) = address.split_once(':').unwrap();
    assert_eq!(
        hidden,
        format!(
            "     http: curl --connect-to ::{address} http://shop.example.com:{port}/shop/  (shop, shop.example.com)"
        )
    );
    let by_domain = http(&address, &format!("GET http://shop.example.com:{port}/shop/w"), "");
    assert!(by_domain.ends_with("\r\n\r\n/w"), "{by_domain}");
    let named = http(&address, "GET http://api.example.com/shop/v2/x", "");
    assert!(named.ends_with("/shop/v2/x"), "{named}");
    let by_path = http(&address, "GET /shop/y", "");
    assert!(by_path.ends_with("/shop/y"), "{by_path}");
    let blog = http(&address, "GET /dev/z", "");
    assert!(blog.contains("AWS_LAMBDA_FUNCTION_NAME=blog"), "{blog}");
}
