//! Routing rules of a file: several APIs on one domain.

use crate::{Running, directory, function_of_file, http, run, serve};

#[test]
fn rules_of_a_file_choose_between_apis_and_wrong_ones_are_told_with_their_line() {
    let root = directory("routing-rules");
    let text = ["\n", &function_of_file("shop", "told"), "\n", &function_of_file("beta", "told"), r#"
[[gateway]]
kind = "rest"
function = "shop"
api-id = "shop"
domains = [{ name = "api.example.com", rules = [{ priority = 20, base-path = "shop", strip-base-path = true }] }]

[[gateway]]
kind = "rest"
function = "beta"
api-id = "beta"
domains = [{ name = "api.example.com", mappings = ["old"], rules = [{ priority = 10, headers = { x-version = "beta*" } }] }]
"#].concat();
    std::fs::write(root.join("sippycup.toml"), &text).unwrap();
    let described = root.join("described.json");
    let mut running = Running::spawn(serve(&[
        "--config",
        root.join("sippycup.toml").to_str().unwrap(),
        "--describe",
        described.to_str().unwrap(),
    ]));
    let line = running.until("http://");
    assert!(line.ends_with("/shop/  (shop, api.example.com)"), "{line}");
    let address = line.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
    running.until("routing rule 20: base path shop");
    running.until("routing rule 10: header x-version: beta*");
    running.until("described in ");
    let ask = |path: &str, headers: &str| http(&address, &format!("GET {path}"), headers);
    assert!(ask("/shop/x", "").contains("shop GET /{proxy+} rest prod /shop/x"));
    assert!(ask("/shop/x", "X-Version: beta-2\r\n").contains("beta GET /{proxy+} rest prod /shop/x"));
    assert!(ask("/old/x", "").contains("beta GET /{proxy+} rest prod /old/x"));
    assert!(ask("/x", "").starts_with("HTTP/1.1 403"));
    let described: serde_json::Value = serde_json::from_slice(&std::fs::read(described).unwrap()).unwrap();
    assert_eq!(described["frontDoors"][1]["routingRules"][0], "routing rule 10: header x-version: beta*");
    for (from, to, told) in [
        (
            "priority = 20",
            "priority = 0",
            "line 16, `domains`: domain `api.example.com`: routing rule 0: expected a priority",
        ),
        ("base-path = \"shop\", ", "", "routing rule 20: there is no base path to strip"),
        (
            "x-version = \"beta*\"",
            "host = \"a*b\"",
            "line 22, `domains`: domain `api.example.com`: routing rule 10: expected a value",
        ),
        ("priority = 10", "rank = 10", "unknown field `rank`"),
        ("kind = \"rest\"", "kind = \"http\"", "an HTTP API has no routing rules"),
    ] {
        std::fs::write(root.join("wrong.toml"), text.replace(from, to)).unwrap();
        let (code, _, err) = run(serve(&["--config", root.join("wrong.toml").to_str().unwrap()]));
        assert!(code == 2 && err.contains(told), "{err}");
    }
}
