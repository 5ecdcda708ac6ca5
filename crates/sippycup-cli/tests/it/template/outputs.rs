//! `Outputs` with the addresses of this machine, what stacks export to each other, and `samconfig.toml`.

use super::{Served, line};
use crate::{Running, directory, http, run, serve};

#[test]
fn outputs_are_described_with_the_addresses_of_this_machine() {
    let root = directory("outputs-described");
    let template = root.join("template.yaml");
    std::fs::write(&template, TEMPLATE).unwrap();
    let served = Served::start(&template, &["Shop"], &[]);
    let outputs = &served.described["outputs"];
    let rest = served.address("ServerlessRestApi");
    assert_eq!(outputs["Rest"], format!("http://{rest}/Prod/items/"));
    assert_eq!(outputs["Url"], format!("http://{}/", served.address("ShopUrl")));
    assert_eq!(outputs["Arn"], "arn:aws:lambda:us-east-1:123456789012:function:Shop");
    // A condition that does not hold, a value that nobody knows, and one that cannot be.
    for absent in ["Conditional", "Imported", "Wrong"] {
        assert!(outputs.get(absent).is_none(), "{outputs}");
    }
    let said = |part: &str| served.running.seen.iter().any(|line| line.contains(part));
    assert!(said(&format!("output Rest: http://{rest}/Prod/items/")), "{:?}", served.running.seen);
    assert!(!said("output Arn"), "{:?}", served.running.seen);
    assert!(said("template.yaml:21:3: `Outputs.Wrong`: the output has no value: there is no resource `Nobody`"));
}

#[test]
fn stacks_import_what_others_of_the_same_assembly_export() {
    let root = directory("outputs-exports");
    let manifest = r#"{"artifacts": {
        "A": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "A.json"}},
        "B": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "B.json"}}}}"#;
    // The first one imports what the second one exports.
    let importing = r#"{"Resources": {
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "api", "ProtocolType": "HTTP", "Target": {"Fn::ImportValue": "shop-arn"}}}}}"#;
    let exporting = r#"{"Resources": {
        "Shop": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "nodejs22.x", "Handler": "app.handler", "Code": {"ZipFile": "-"}}}},
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Shop", "Arn"]}, "Export": {"Name": "shop-arn"}}}}"#;
    for (file, text) in [("manifest.json", manifest), ("A.json", importing), ("B.json", exporting)] {
        std::fs::write(root.join(file), text).unwrap();
    }
    let served = Served::start(&root, &["Shop"], &[]);
    let response = http(&served.address("Api"), "GET /x", "");
    assert!(response.contains("Shop $default 2.0 $default /x"), "{response}");
}

#[test]
fn outputs_of_nested_stacks_are_values_of_the_stack_around_them() {
    let root = directory("outputs-nested");
    let around = "Resources:
  Inner: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: inner.yaml}}
  Api: {Type: 'AWS::ApiGatewayV2::Api', Properties: {Name: api, ProtocolType: HTTP, Target: !GetAtt Inner.Outputs.Arn}}
";
    let inner = "Resources:
  Shop: {Type: 'AWS::Lambda::Function', Properties: {Runtime: nodejs22.x, Handler: app.handler, Code: {ZipFile: '-'}}}
Outputs: {Arn: {Value: !GetAtt Shop.Arn}}
";
    std::fs::write(root.join("around.yaml"), around).unwrap();
    std::fs::write(root.join("inner.yaml"), inner).unwrap();
    let served = Served::start(&root.join("around.yaml"), &["Shop"], &[]);
    let response = http(&served.address("Api"), "GET /x", "");
    assert!(response.contains("Shop $default 2.0 $default /x"), "{response}");
}

#[test]
fn the_settings_of_sam_say_which_template_and_which_parameters() {
    let root = directory("outputs-samconfig");
    std::fs::create_dir(root.join("infra")).unwrap();
    let template = "Transform: AWS::Serverless-2016-10-31
Parameters: {Path: {Type: String}, Color: {Type: String}}
Resources:
  Shop:
    Type: AWS::Serverless::Function
    Properties:
      Handler: !Ref Color
      Runtime: python3.13
      CodeUri: .
      Events: {E: {Type: Api, Properties: {Path: /items, Method: get}}}
  Api: {Type: 'AWS::ApiGateway::Stage', Properties: {RestApiId: !Ref ServerlessRestApi, StageName: !Ref Path}}
";
    std::fs::write(root.join("infra/api.yaml"), template).unwrap();
    std::fs::write(root.join("template.yaml"), "this is another one").unwrap();
    let config = "version = 0.1\n[default.global.parameters]\ntemplate_file = \"infra/api.yaml\"\n";
    std::fs::write(root.join("samconfig.toml"), config).unwrap();
    // The values are read beside the template that they are for.
    let values = "[default.deploy.parameters]\nparameter_overrides = 'Path=\"far\" Color=green Other=x'\n[default.local_start_api.parameters]\nparameter_overrides = [\"Path=near\"]\n";
    std::fs::write(root.join("infra/samconfig.toml"), values).unwrap();
    let mut command = serve(&["--run", &format!("Shop={}", line())]);
    command.current_dir(&root);
    let mut running = Running::spawn(command);
    let address = running.address();
    let said = |part: &str| running.seen.iter().any(|line| line.contains(part));
    assert!(said("serving infra/api.yaml"), "{:?}", running.seen);
    assert!(said("parameters of infra/samconfig.toml: Color, Path"), "{:?}", running.seen);
    let response = http(&address, "GET /Prod/items", "");
    assert!(response.contains("_HANDLER=green"), "{response}");
    std::fs::write(root.join("infra/samconfig.toml"), "version =").unwrap();
    let (code, _, err) = run(serve(&["--template", root.join("infra/api.yaml").to_str().unwrap()]));
    assert!(code == 2 && err.contains("infra/samconfig.toml: TOML parse error at line 1"), "{err}");
}

#[test]
fn environment_variables_are_those_of_the_file_that_sam_takes() {
    let root = directory("outputs-variables");
    let template = "Transform: AWS::Serverless-2016-10-31
Resources:
  Shop:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: the-shop
      Handler: app.handler
      Runtime: python3.13
      CodeUri: .
      Environment: {Variables: {COLOR: blue}}
      Events: {E: {Type: HttpApi}}
";
    std::fs::write(root.join("template.yaml"), template).unwrap();
    let path = root.join("template.yaml");
    // Of one function, by either name, before what is for all; never what the template does not have.
    for (text, color) in [
        (r#"{"Shop": {"COLOR": "red", "SIPPYCUP_SCRIPT_NAME_BASE": "x"}, "Parameters": {"COLOR": "green"}}"#, "red"),
        (r#"{"the-shop": {"COLOR": 7}}"#, "7"),
        (r#"{"Parameters": {"COLOR": "green"}}"#, "green"),
    ] {
        std::fs::write(root.join("env.json"), text).unwrap();
        let served = Served::start(&path, &["Shop"], &["--env-vars", root.join("env.json").to_str().unwrap()]);
        let response = http(&served.address("ServerlessHttpApi"), "GET /x", "");
        assert!(response.contains(&format!(" COLOR={color} ")) && !response.contains("NAME_BASE"), "{response}");
    }
    std::fs::write(root.join("env.json"), r#"{"Shop": "red"}"#).unwrap();
    std::fs::write(root.join("samconfig.toml"), "[default.local_start_api.parameters]\nenv_vars = \"env.json\"\n")
        .unwrap();
    let (code, _, err) = run(serve(&["--template", path.to_str().unwrap()]));
    assert!(
        code == 2 && err.contains("--env-vars: ") && err.contains("env.json: invalid type: string \"red\""),
        "{err}"
    );
}

const TEMPLATE: &str = "Transform: AWS::Serverless-2016-10-31
Conditions: {Never: !Equals [a, b]}
Parameters: {Unknown: {Type: String}}
Resources:
  Shop:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Runtime: python3.13
      CodeUri: .
      FunctionUrlConfig: {AuthType: NONE}
      Events: {E: {Type: Api, Properties: {Path: /items, Method: get}}}
Outputs:
  Rest:
    Value: !Sub https://${ServerlessRestApi}.execute-api.${AWS::Region}.amazonaws.com/Prod/items/
  Url: {Value: !GetAtt ShopUrl.FunctionUrl}
  Arn: {Value: !GetAtt Shop.Arn}
  Conditional: {Condition: Never, Value: x}
  Imported: {Value: !ImportValue other-stack}
  Unknown: {Value: !Ref Unknown}
  Wrong: {Value: !GetAtt Nobody.Arn}
";
