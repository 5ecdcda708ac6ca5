//! A cloud assembly as `cdk synth` writes it: a manifest, templates, and code in assets.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{Served, line};
use crate::{Running, directory, http, run, serve};

#[test]
fn an_assembly_is_served_with_the_code_of_its_assets() {
    let root = directory("cdk-assembly");
    write(&root.join("cdk.out"));
    // What is found alone is the assembly.
    let mut command = serve(&[]);
    command.current_dir(&root);
    let mut running = Running::spawn(command);
    running.until("serving cdk.out");
    let address = running.address();
    let response = http(&address, "GET /prod/any/path", "");
    assert!(response.contains("ShopFn GET /{proxy+} rest prod /any/path"), "{response}");
    let response = http(&address, "OPTIONS /prod/any", "");
    assert!(response.starts_with("HTTP/1.1 204 ") && response.contains("access-control-allow-origin: *"), "{response}");
}

#[test]
fn stacks_of_an_assembly_inside_are_served_too() {
    let root = directory("cdk-inside");
    let out = root.join("cdk.out");
    write(&out);
    let served = Served::start(&out, &[], &[]);
    let response = http(&served.address("Api"), "GET /x", "");
    assert!(response.contains("InnerFn GET /x 2.0 $default /x"), "{response}");
    let functions = served.described["functions"].as_array().unwrap();
    let programs: Vec<_> = functions.iter().map(|function| function["command"][0].as_str().unwrap()).collect();
    // From the list of assets, and from the metadata, each from the directory of its own template.
    assert!(programs.iter().all(|program| program.ends_with("cdk.out/asset.0a1b/bootstrap")), "{programs:?}");
}

#[test]
fn stacks_that_share_ids_are_told_apart_by_their_names() {
    let root = directory("cdk-shared");
    let out = root.join("cdk.out");
    write(&out);
    std::fs::write(out.join("manifest.json"), MANIFEST.replace(r#""Tree": {"#, SECOND)).unwrap();
    std::fs::copy(out.join("Shop.template.json"), out.join("News.template.json")).unwrap();
    std::fs::copy(out.join("Shop.assets.json"), out.join("News.assets.json")).unwrap();
    let served = Served::start(&out, &["Prod/News/ShopFn"], &[]);
    for (stack, name) in [("Shop", "Shop-ShopFn"), ("Prod/News", "Prod-News-ShopFn")] {
        let response = http(&served.address(&format!("{stack}/Rest")), "GET /prod/any", "");
        assert!(response.contains(&format!("{name} GET /{{proxy+}} rest prod /any")), "{response}");
        let url = served.described["outputs"][format!("{stack}/Url")].as_str().unwrap();
        assert_eq!(url, format!("http://{}/prod/", served.address(&format!("{stack}/Rest"))));
    }
    let functions = served.described["functions"].as_array().unwrap();
    let ids: Vec<_> = functions.iter().map(|function| function["logicalId"].as_str().unwrap()).collect();
    assert_eq!(ids, ["Prod/News/ShopFn", "Shop/ShopFn", "InnerFn"]);
    assert_eq!(functions[0]["command"][0], "sh");
    // What only one stack has needs no name in front, and takes it.
    assert!(served.address("Api").starts_with("127.0.0.1:"));
    for (flag, said) in [
        ("ShopFn=x", "--run: `ShopFn` is in several stacks; say which one: Prod/News/ShopFn, Shop/ShopFn"),
        ("Inner/ShopFn=x", "no front door leads to a function `Inner/ShopFn`"),
        ("Shop/InnerFn=x", "there is Prod/News/ShopFn, Shop/ShopFn, InnerFn"),
    ] {
        let (code, _, err) = run(serve(&["--template", out.to_str().unwrap(), "--run", flag]));
        assert!(code == 2 && err.contains(said), "{err}");
    }
    drop(served);
    let served = Served::start(&out, &["Inner/Stack/InnerFn"], &[]);
    assert!(http(&served.address("Api"), "GET /x", "").contains("InnerFn GET /x 2.0"));
}

#[test]
fn functions_of_one_name_are_told_apart_where_aws_has_both() {
    let root = directory("cdk-names");
    let out = root.join("cdk.out");
    write(&out);
    let named = SHOP.replacen(r#""Properties": {"#, r#""Properties": {"FunctionName": "api","#, 1);
    for stack in ["Shop", "News"] {
        std::fs::write(out.join(format!("{stack}.template.json")), &named).unwrap();
    }
    std::fs::copy(out.join("Shop.assets.json"), out.join("News.assets.json")).unwrap();
    let write_manifest = |shop: &str, news: &str| {
        let second = SECOND.replace(r#""displayName""#, &format!(r#""environment": "{news}", "displayName""#));
        let first = MANIFEST.replace(r#""Tree": {"#, &second);
        let all =
            first.replace(r#""displayName": "Shop""#, &format!(r#""environment": "{shop}", "displayName": "Shop""#));
        std::fs::write(out.join("manifest.json"), all).unwrap();
    };
    write_manifest("aws://123456789012/eu-west-1", "aws://123456789012/us-east-1");
    let served = Served::start(&out, &[], &[]);
    for (stack, name) in [("Shop", "Shop-api"), ("Prod/News", "Prod-News-api")] {
        let response = http(&served.address(&format!("{stack}/Rest")), "GET /prod/any", "");
        assert!(response.contains(&format!("{name} GET /{{proxy+}} rest prod /any")), "{response}");
    }
    let passed = served.described["passedOver"].to_string();
    assert!(passed.contains("Shop/ShopFn: FunctionName: it is `Shop-api` here"), "{passed}");
    drop(served);
    for place in ["aws://123456789012/eu-west-1", "aws://unknown-account/unknown-region"] {
        write_manifest(place, place);
        let (code, _, err) = run(serve(&["--template", out.to_str().unwrap()]));
        assert!(code == 2 && err.contains("there is a function `api` already"), "{err}");
    }
}

#[test]
fn an_asset_that_is_not_there_is_named() {
    let root = directory("cdk-missing");
    let out = root.join("cdk.out");
    write(&out);
    std::fs::remove_dir_all(out.join("asset.0a1b")).unwrap();
    let (code, _, err) = run(serve(&["--template", out.to_str().unwrap()]));
    assert!(code == 2 && err.contains("an executable `bootstrap` in") && err.contains("asset.0a1b"), "{err}");
    for (file, text, said) in
        [("manifest.json", "{}", "the manifest names no stack"), ("manifest.json", "{", "EOF while parsing")]
    {
        std::fs::write(out.join(file), text).unwrap();
        let (code, _, err) = run(serve(&["--template", out.to_str().unwrap()]));
        assert!(code == 2 && err.contains(said), "{err}");
    }
}

#[test]
#[ignore = "installs aws-cdk-lib from npm"]
fn aws_cdk_lib_writes_what_is_served() {
    let libraries = Path::new(env!("CARGO_TARGET_TMPDIR")).join("aws-cdk-lib");
    if !libraries.join("node_modules/aws-cdk-lib").exists() {
        std::fs::create_dir_all(&libraries).unwrap();
        let installed = Command::new("npm")
            .args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"])
            .arg(&libraries)
            .args(["aws-cdk-lib@2", "constructs@10"])
            .stdout(Stdio::null())
            .status();
        assert!(installed.unwrap().success(), "`npm install aws-cdk-lib` does not work here");
    }
    let root = directory("cdk-synth");
    write_asset(&root.join("code"));
    let written = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/template/cdk_app.js"))
        .args([root.join("code"), root.join("cdk.out")])
        .env("NODE_PATH", libraries.join("node_modules"))
        .status();
    assert!(written.unwrap().success());
    let served = Served::start(&root.join("cdk.out"), &[], &[]);
    let address = |id: &str| {
        let doors = served.described["frontDoors"].as_array().unwrap();
        // CDK appends a hash to each logical id.
        let ids = doors.iter().filter_map(|door| door["logicalId"].as_str());
        served.address(ids.into_iter().find(|door| door.starts_with(id)).unwrap())
    };
    for (door, request, parts) in [
        ("All", "GET /prod/any/path", &["200 OK", " GET /{proxy+} rest prod /any/path COLOR=us-east-1"][..]),
        ("All", "GET /prod/", &["200 OK", " GET / rest prod / COLOR=us-east-1"]),
        ("All", "OPTIONS /prod/any", &["204 No Content", "access-control-allow-origin: *"]),
        (
            "Items",
            "GET /v1/items",
            &["200 OK", " GET /items rest v1 /items COLOR=us-east-1 _HANDLER=bootstrap COLOR=red"],
        ),
        ("Items", "GET /v1/items/7", &["200 OK", " GET /items/{id} rest v1 /items/7"]),
        ("Items", "POST /v1/items", &["401 Unauthorized"]),
        ("Items", "DELETE /v1/items", &["204 No Content"]),
        ("Items", "PUT /v1/items", &["403 Forbidden"]),
        ("ShopFunctionUrl", "GET /x", &["200 OK", " $default 2.0 $default /x"]),
        ("Api", "PUT /cart", &["200 OK", "the-cart PUT /cart 2.0 $default /cart"]),
        ("Api", "PUT /other/path", &["200 OK", "the-cart ANY /{proxy+} 2.0"]),
        ("Api", "GET /elsewhere", &["501 ", "an integration that asks https://example.com"]),
        ("Inside", "GET /x/y", &["200 OK", "Parental", " $default 2.0 $default /x/y"]),
        ("Api", "GET /private", &["401 Unauthorized"]),
        ("BalancerFront", "GET /shop/x", &["200 OK", "BlueFn", "  rest  /shop/x"]),
        ("BalancerFront", "GET /old/x", &["301 Moved Permanently", "/shop/old/x"]),
        ("BalancerFront", "GET /gone", &["410 Gone", "content-type: text/plain", "gone"]),
        ("BalancerFront", "GET /canary", &["200 OK", "GreenFn", "set-cookie: AWSALBTG=", "; SameSite=None; Secure"]),
        ("BalancerFront", "GET /admin", &["401 Unauthorized", "<title>401 Authorization Required</title>"]),
        ("BalancerFront", "GET /x", &["404 Not Found", "nothing here"]),
        ("BalancerRedirect", "GET /x", &["301 Moved Permanently", "location: https://", ":443/x"]),
    ] {
        let response = http(&address(door), request, "");
        assert!(parts.iter().all(|part| response.contains(part)), "{request}: {response}");
    }
}

fn write_asset(asset: &Path) {
    std::fs::create_dir_all(asset).unwrap();
    let bootstrap = asset.join("bootstrap");
    std::fs::write(&bootstrap, format!("#!/bin/sh\n{}\n", line())).unwrap();
    std::fs::set_permissions(&bootstrap, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn write(out: &Path) {
    write_asset(&out.join("asset.0a1b"));
    std::fs::create_dir_all(out.join("assembly-Inner")).unwrap();
    for (file, text) in [
        ("manifest.json", MANIFEST),
        ("Shop.template.json", SHOP),
        ("Shop.assets.json", ASSETS),
        ("assembly-Inner/manifest.json", INNER_MANIFEST),
        ("assembly-Inner/InnerStack.template.json", INNER),
    ] {
        std::fs::write(out.join(file), text).unwrap();
    }
}

const MANIFEST: &str = r#"{
  "version": "55.0.0",
  "artifacts": {
    "Shop.assets": {"type": "cdk:asset-manifest", "properties": {"file": "Shop.assets.json"}},
    "Shop": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "Shop.template.json"}, "displayName": "Shop"},
    "assembly-Inner": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Inner", "displayName": "Inner"}},
    "Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}}
  }
}"#;

/// A stack of another name, before the last artifact.
const SECOND: &str = r#""News": {
      "type": "aws:cloudformation:stack",
      "properties": {"templateFile": "News.template.json"},
      "displayName": "Prod/News"
    },
    "Tree": {"#;

const INNER_MANIFEST: &str = r#"{
  "version": "55.0.0",
  "artifacts": {"InnerStack": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "InnerStack.template.json"}, "displayName": "Inner/Stack"}}
}"#;

const ASSETS: &str = r#"{
  "version": "55.0.0",
  "files": {"0a1b": {"displayName": "ShopFn/Code", "source": {"path": "asset.0a1b", "packaging": "zip"}, "destinations": {}}},
  "dockerImages": {}
}"#;

/// A `LambdaRestApi` with CORS, without metadata of assets.
const SHOP: &str = r#"{
  "Resources": {
    "ShopFn": {
      "Type": "AWS::Lambda::Function",
      "Properties": {
        "Architectures": ["x86_64"],
        "Code": {"S3Bucket": {"Fn::Sub": "cdk-assets-${AWS::AccountId}-${AWS::Region}"}, "S3Key": "0a1b.zip"},
        "Handler": "bootstrap",
        "Role": {"Fn::GetAtt": ["ShopRole", "Arn"]},
        "Runtime": "provided.al2023"
      }
    },
    "ShopRole": {"Type": "AWS::IAM::Role", "Properties": {}},
    "Rest": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "Rest"}},
    "RestDeployment": {"Type": "AWS::ApiGateway::Deployment", "Properties": {"RestApiId": {"Ref": "Rest"}}},
    "RestStage": {
      "Type": "AWS::ApiGateway::Stage",
      "Properties": {"RestApiId": {"Ref": "Rest"}, "StageName": "prod", "DeploymentId": {"Ref": "RestDeployment"}}
    },
    "RestProxy": {
      "Type": "AWS::ApiGateway::Resource",
      "Properties": {"ParentId": {"Fn::GetAtt": ["Rest", "RootResourceId"]}, "PathPart": "{proxy+}", "RestApiId": {"Ref": "Rest"}}
    },
    "RestProxyOPTIONS": {
      "Type": "AWS::ApiGateway::Method",
      "Properties": {
        "AuthorizationType": "NONE",
        "HttpMethod": "OPTIONS",
        "Integration": {
          "IntegrationResponses": [{
            "ResponseParameters": {"method.response.header.Access-Control-Allow-Origin": "'*'"},
            "StatusCode": "204"
          }],
          "RequestTemplates": {"application/json": "{ statusCode: 200 }"},
          "Type": "MOCK"
        },
        "ResourceId": {"Ref": "RestProxy"},
        "RestApiId": {"Ref": "Rest"}
      }
    },
    "RestProxyANY": {
      "Type": "AWS::ApiGateway::Method",
      "Properties": {
        "AuthorizationType": "NONE",
        "HttpMethod": "ANY",
        "Integration": {
          "IntegrationHttpMethod": "POST",
          "Type": "AWS_PROXY",
          "Uri": {"Fn::Join": ["", [
            "arn:", {"Ref": "AWS::Partition"}, ":apigateway:", {"Ref": "AWS::Region"},
            ":lambda:path/2015-03-31/functions/", {"Fn::GetAtt": ["ShopFn", "Arn"]}, "/invocations"
          ]]}
        },
        "ResourceId": {"Ref": "RestProxy"},
        "RestApiId": {"Ref": "Rest"}
      }
    },
    "CDKMetadata": {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": "v2"}}
  },
  "Outputs": {"Url": {"Value": {"Fn::Join": ["", [
    "https://", {"Ref": "Rest"}, ".execute-api.", {"Ref": "AWS::Region"}, ".", {"Ref": "AWS::URLSuffix"}, "/prod/"
  ]]}}},
  "Parameters": {
    "BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/hnb659fds/version"}
  },
  "Rules": {"CheckBootstrapVersion": {"Assertions": [{"Assert": {"Fn::Not": [{"Fn::Contains": [["1"], {"Ref": "BootstrapVersion"}]}]}}]}}
}"#;

/// An `HttpApi`, whose code is in the assembly around.
const INNER: &str = r#"{
  "Resources": {
    "InnerFn": {
      "Type": "AWS::Lambda::Function",
      "Properties": {"Code": {"S3Bucket": "b", "S3Key": "0a1b.zip"}, "Handler": "bootstrap", "Runtime": "provided.al2023"},
      "Metadata": {"aws:asset:path": "../asset.0a1b", "aws:asset:is-bundled": true, "aws:asset:property": "Code"}
    },
    "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "Api", "ProtocolType": "HTTP"}},
    "ApiStage": {
      "Type": "AWS::ApiGatewayV2::Stage",
      "Properties": {"ApiId": {"Ref": "Api"}, "AutoDeploy": true, "StageName": "$default"}
    },
    "Integration": {
      "Type": "AWS::ApiGatewayV2::Integration",
      "Properties": {
        "ApiId": {"Ref": "Api"},
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": {"Fn::GetAtt": ["InnerFn", "Arn"]},
        "PayloadFormatVersion": "2.0"
      }
    },
    "Route": {
      "Type": "AWS::ApiGatewayV2::Route",
      "Properties": {
        "ApiId": {"Ref": "Api"},
        "AuthorizationType": "NONE",
        "RouteKey": "GET /x",
        "Target": {"Fn::Join": ["", ["integrations/", {"Ref": "Integration"}]]}
      }
    }
  }
}"#;
