//! Plans of Terraform: where the code of a function is, and JSON as `terraform show -json` writes it.

use serde_json::{Value, json};

use super::alone::package;
use super::line;
use crate::{Running, directory, http, run, serve};

/// A plan of a function with a URL, and of what is beside it.
fn plan(function: &Value, beside: Vec<Value>) -> String {
    let mut values =
        json!({"function_name": "shop", "runtime": "provided.al2023", "handler": "bootstrap", "timeout": 20});
    values.as_object_mut().unwrap().extend(function.as_object().unwrap().clone());
    let mut resources = vec![
        json!({"address": "aws_lambda_function.shop", "mode": "managed", "type": "aws_lambda_function", "name": "shop", "values": values}),
        json!({"address": "aws_lambda_function_url.shop", "mode": "managed", "type": "aws_lambda_function_url", "name": "shop",
            "values": {"function_name": "shop", "authorization_type": "NONE"}}),
    ];
    resources.extend(beside);
    json!({"format_version": "1.2", "terraform_version": "1.11.4", "planned_values": {"root_module": {"resources": resources}}}).to_string()
}

#[test]
fn what_cargo_lambda_builds_for_a_plan_is_built_and_run_by_cargo() {
    let root = directory("terraform-cargo");
    package(&root);
    let archive = json!({"address": "data.archive_file.shop", "mode": "data", "type": "archive_file", "name": "shop",
        "values": {"output_path": "build/shop.zip", "source_file": "./target/lambda/shop-function/bootstrap"}});
    let described = json!({"address": "null_resource.sam_metadata_aws_lambda_function[0]", "mode": "managed", "type": "null_resource",
        "name": "sam_metadata_aws_lambda_function", "index": 0, "values": {"triggers": {
            "resource_name": "aws_lambda_function.shop", "resource_type": "ZIP_LAMBDA_FUNCTION", "source_code_property": "path",
            "original_source_code": "{\"path\":\".\",\"commands\":[]}", "built_output_path": "builds/0a1b.zip"}}});
    let plans = [
        // The archive that cargo-lambda writes.
        plan(&json!({"filename": "target/lambda/shop-function/bootstrap.zip"}), vec![]),
        // One that Terraform makes of it.
        plan(&json!({"filename": "build/shop.zip"}), vec![archive]),
        // One that a module will make, which says of what.
        plan(&json!({"filename": "builds/0a1b.zip"}), vec![described]),
    ];
    for text in plans {
        std::fs::write(root.join("plan.json"), &text).unwrap();
        let mut running = Running::spawn(serve(&["--template", root.join("plan.json").to_str().unwrap()]));
        let said = running.until("building: cd ");
        assert!(said.ends_with(" && cargo build --bin shop-function"), "{said}");
        let address = running.address();
        let response = http(&address, "GET /items", "");
        assert!(
            response.starts_with("HTTP/1.1 200 ") && response.contains("built by cargo in terraform-cargo"),
            "{response}"
        );
    }
}

#[test]
fn code_that_is_not_there_is_named_with_the_flag_that_helps() {
    let root = directory("terraform-code");
    for (function, said) in [
        (json!({"filename": "none.zip"}), "build it, or say --run aws_lambda_function.shop='COMMAND'"),
        (json!({"s3_bucket": "artifacts", "s3_key": "shop.zip"}), "`aws_lambda_function.shop`: its code is in S3"),
        (json!({"package_type": "Image", "runtime": null, "handler": null}), "it is an image"),
        (
            json!({"runtime": "python3.13", "handler": "app.handler", "filename": "x.zip"}),
            "--run aws_lambda_function.shop='python3 -m awslambdaric app.handler'",
        ),
    ] {
        std::fs::write(root.join("plan.json"), plan(&function, vec![])).unwrap();
        let (code, _, err) = run(serve(&["--template", root.join("plan.json").to_str().unwrap()]));
        assert!(code == 2 && err.contains(said), "{err}");
    }
}

#[test]
fn texts_of_a_plan_are_read_as_json_has_them() {
    let root = directory("terraform-texts");
    // As Terraform escapes it, and with what only two escapes together say.
    let text = plan(&json!({"environment": [{"variables": {"COLOR": "PLACE"}}]}), vec![]);
    let text = text.replace("PLACE", r"\u003cb\u003e \ud83d\ude00 \/ \\ 012");
    std::fs::write(root.join("plan.json"), &text).unwrap();
    let run = format!("aws_lambda_function.shop={}", line());
    let mut command = serve(&["--template", "plan.json", "--run", &run]);
    command.current_dir(&root);
    let mut running = Running::spawn(command);
    let address = running.address();
    let response = http(&address, "GET /items", "");
    assert!(response.contains("COLOR=<b> 😀 / \\ 012"), "{response}");
}
