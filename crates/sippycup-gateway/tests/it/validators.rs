//! Request validation of REST APIs.

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use sippycup_gateway::{Fault, Gateway, GatewayResponse, Kind, RequestValidator};

use crate::support::{respond, text};

const OK: &str = r#"{"statusCode": 200, "body": "passed"}"#;

/// Status, type of the error and body, and what the gateway says about it.
async fn told(validator: &RequestValidator, request: Request<Bytes>) -> (u16, String, String, String) {
    let builder = Gateway::builder(Kind::RestApi).route("/items/{id}").request_validator(validator.clone());
    let response = respond(builder, request, OK).await;
    let status = response.status().as_u16();
    let fault = response.extensions().get::<Fault>().map(ToString::to_string).unwrap_or_default();
    let kind = response.headers().get("x-amzn-errortype").map_or("", |kind| kind.to_str().unwrap()).to_owned();
    (status, kind, text(response).await, fault)
}

fn post(target: &str, headers: &[(&str, &str)], body: &str) -> Request<Bytes> {
    let request = Request::post(target);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap()
}

/// Whether a body fits a schema.
async fn fits(schema: &Value, body: &str) -> bool {
    let validator = RequestValidator::new().model("application/json", "Model", schema.clone());
    let (status, _, text, _) = told(&validator, post("/prod/items/7", &[], body)).await;
    assert!(matches!((status, &*text), (200, "passed") | (400, r#"{"message":"Invalid request body"}"#)), "{text}");
    status == 200
}

#[tokio::test]
async fn missing_parameters_are_named_all_at_once_in_the_order_of_aws() {
    let validator = RequestValidator::new()
        .required_parameter("method.request.querystring.qs1")
        .required_parameter("method.request.querystring.issuer")
        .required_parameter("method.request.header.X-Tag")
        .required_parameter("method.request.path.id")
        .model("application/json", "Item", json!({"required": ["name"]}));
    let (status, kind, body, fault) = told(&validator, post("/prod/items/7", &[], "{}")).await;
    assert_eq!((status, &*kind), (400, "BadRequestException"));
    assert_eq!(body, r#"{"message":"Missing required request parameters: [X-Tag, issuer, qs1]"}"#);
    assert_eq!(fault, "required and missing or blank: X-Tag, issuer, qs1");
    // What is blank counts as missing, and the names of headers have no case.
    let (_, _, body, _) = told(&validator, post("/prod/items/7?qs1=&issuer=%20", &[("x-TAG", "1")], "{}")).await;
    assert_eq!(body, r#"{"message":"Missing required request parameters: [issuer, qs1]"}"#);
    // Only then the body counts.
    let (status, _, body, _) = told(&validator, post("/prod/items/7?qs1=1&issuer=2", &[("x-tag", "1")], "{}")).await;
    assert_eq!((status, &*body), (400, r#"{"message":"Invalid request body"}"#));
    let whole = post("/prod/items/7?qs1=1&issuer=2", &[("x-tag", "1")], r#"{"name": null}"#);
    assert_eq!(told(&validator, whole).await.0, 200);
}

#[tokio::test]
async fn the_content_type_chooses_the_model_and_without_one_everything_passes() {
    let validator = RequestValidator::new().model("application/json", "Item", json!({"required": ["name"]}));
    let with_default = validator.clone().model("$default", "None", json!({"not": {}}));
    for (sort, body, passes, passes_default) in [
        (None, "{}", false, false),
        (Some("application/json; charset=utf-8"), "{}", false, false),
        (Some("APPLICATION/JSON"), r#"{"name":1}"#, true, true),
        (Some("text/xml"), "<item/>", true, false),
        (Some("text/plain"), "", true, false),
        (Some("application/json"), "no JSON", false, false),
        // Nothing counts as an empty object.
        (None, "", false, false),
    ] {
        let headers: Vec<_> = sort.iter().map(|sort| ("content-type", *sort)).collect();
        for (validator, passes) in [(&validator, passes), (&with_default, passes_default)] {
            let status = told(validator, post("/prod/items/7", &headers, body)).await.0;
            assert_eq!(status == 200, passes, "{sort:?} {body}");
        }
    }
}

#[tokio::test]
async fn every_keyword_of_draft_4_is_looked_at() {
    for (schema, good, bad) in [
        (json!({"type": "integer"}), &["1", "-2", "1.0"][..], &["1.5", "\"1\"", "null"][..]),
        (json!({"type": ["string", "null"]}), &["\"\"", "null"], &["1", "{}"]),
        (json!({"enum": [1, {"a": [1]}]}), &["1.0", r#"{"a":[1]}"#], &["2", "[1]"]),
        (json!({"minimum": 1, "maximum": 3}), &["1", "3", "\"x\""], &["0.9", "4"]),
        (json!({"minimum": 1, "exclusiveMinimum": true, "maximum": 3, "exclusiveMaximum": true}), &["2"], &["1", "3"]),
        (json!({"multipleOf": 0.01}), &["0.07", "5"], &["0.075"]),
        (json!({"minLength": 2, "maxLength": 3}), &["\"äö\"", "\"abc\""], &["\"ä\"", "\"abcd\""]),
        (json!({"pattern": "^a[0-9]+$"}), &["\"a12\"", "5"], &["\"b1\"", "\"a\""]),
        (
            json!({"minItems": 1, "maxItems": 2, "uniqueItems": true}),
            &["[1]", "[1,\"1\"]"],
            &["[]", "[1,2,3]", "[1,1.0]"],
        ),
        (json!({"items": {"type": "string"}}), &["[]", "[\"a\"]"], &["[1]"]),
        (json!({"items": [{"type": "string"}], "additionalItems": false}), &["[\"a\"]", "[]"], &["[1]", "[\"a\",1]"]),
        (json!({"items": [{}], "additionalItems": {"type": "null"}}), &["[1,null]"], &["[1,1]"]),
        (json!({"minProperties": 1, "maxProperties": 1}), &[r#"{"a":1}"#], &["{}", r#"{"a":1,"b":2}"#]),
        (json!({"required": ["a"]}), &[r#"{"a":null}"#, "[]"], &["{}"]),
        (
            json!({"properties": {"a": {"type": "string"}}, "patternProperties": {"^x": {"type": "integer"}}, "additionalProperties": false}),
            &[r#"{"a":"1","x1":1}"#],
            &[r#"{"a":1}"#, r#"{"x":"1"}"#, r#"{"b":1}"#],
        ),
        (json!({"additionalProperties": {"type": "integer"}}), &[r#"{"a":1}"#], &[r#"{"a":"1"}"#]),
        (
            json!({"dependencies": {"a": ["b"], "c": {"required": ["d"]}}}),
            &["{}", r#"{"a":1,"b":1}"#],
            &[r#"{"a":1}"#, r#"{"c":1}"#],
        ),
        (json!({"allOf": [{"minimum": 1}, {"maximum": 2}]}), &["1"], &["0", "3"]),
        (json!({"anyOf": [{"type": "string"}, {"minimum": 5}]}), &["\"a\"", "6"], &["1"]),
        (json!({"oneOf": [{"minimum": 1}, {"maximum": 3}]}), &["0", "5"], &["2"]),
        (json!({"not": {"type": "string"}}), &["1"], &["\"a\""]),
        (
            json!({"definitions": {"a/b": {"type": "string"}}, "items": {"$ref": "#/definitions/a~1b"}}),
            &["[\"a\"]"],
            &["[1]"],
        ),
        (
            json!({"properties": {"next": {"$ref": "#"}}, "additionalProperties": false}),
            &[r#"{"next":{"next":{}}}"#],
            &[r#"{"next":{"a":1}}"#],
        ),
        (json!({}), &["1", "null"], &[]),
    ] {
        for body in good {
            assert!(fits(&schema, body).await, "{schema} {body}");
        }
        for body in bad {
            assert!(!fits(&schema, body).await, "{schema} {body}");
        }
    }
}

#[tokio::test]
async fn models_refer_to_each_other_by_their_names() {
    let url = "https://apigateway.amazonaws.com/restapis/a1b2c3d4e5/models/Status";
    let validator = RequestValidator::new()
        .model(
            "application/json",
            "Item",
            json!({"properties": {"status": {"oneOf": [{"type": "null"}, {"$ref": url}]}}}),
        )
        .named("Status", json!({"enum": ["open", "shut"]}));
    for (body, status) in [(r#"{"status":null}"#, 200), (r#"{"status":"open"}"#, 200), (r#"{"status":"ajar"}"#, 400)] {
        assert_eq!(told(&validator, post("/prod/items/7", &[], body)).await.0, status, "{body}");
    }
}

#[tokio::test]
async fn only_a_gateway_response_tells_what_is_wrong_with_a_body() {
    let schema = json!({"type": "object", "required": ["name", "age"], "properties": {"tag": {"type": ["integer"], "minimum": 3}}});
    let validator = RequestValidator::new().model("application/json", "Item", schema);
    let told = GatewayResponse::new("BAD_REQUEST_BODY").status_code(422).template(
        "application/json",
        "$context.error.responseType $context.error.message $context.error.validationErrorString",
    );
    let builder = Gateway::builder(Kind::RestApi).request_validator(validator).gateway_response(told);
    let response = respond(builder, post("/prod/", &[], r#"{"tag": "secret"}"#), OK).await;
    assert_eq!(response.status(), 422);
    let fault = response.extensions().get::<Fault>().unwrap().to_string();
    assert_eq!(fault, "the body does not fit the model `Item`: `required` at ``");
    assert_eq!(
        text(response).await,
        r#"BAD_REQUEST_BODY Invalid request body [object has missing required properties (["age","name"]), instance type (string) does not match any allowed primitive type (allowed: ["integer"])]"#
    );
    let missing = RequestValidator::new().required_parameter("method.request.header.A");
    let told = GatewayResponse::new("BAD_REQUEST_PARAMETERS").template("text/plain", "$context.error.message");
    let builder = Gateway::builder(Kind::RestApi).request_validator(missing).gateway_response(told);
    let response = respond(builder, post("/prod/", &[], ""), OK).await;
    assert_eq!(text(response).await, "Missing required request parameters: [A]");
}

#[tokio::test]
async fn a_schema_without_end_and_a_body_without_bottom_come_to_an_end() {
    let endless = json!({"allOf": [{"$ref": "#"}, {"$ref": "#"}]});
    assert!(!fits(&endless, "1").await);
    assert!(!fits(&json!({"$ref": "#"}), "1").await);
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    assert!(!fits(&json!({"items": {"$ref": "#"}}), &deep).await);
    let wide = format!("[{}1]", "1,".repeat(100_000));
    assert!(!fits(&json!({"uniqueItems": true}), &wide).await);
}

#[tokio::test]
async fn what_was_not_looked_at_to_its_end_does_not_fit_a_not_either() {
    let endless = json!({"not": {"allOf": [{"$ref": "#/definitions/it"}]}, "definitions": {"it": {"allOf": [{"$ref": "#/definitions/it"}]}}});
    assert!(!fits(&endless, "1").await);
}

#[tokio::test]
async fn each_of_several_content_types_has_its_model() {
    let validator = RequestValidator::new().model("application/json", "Item", json!({"required": ["name"]}));
    for types in [["text/plain", "application/json"], ["application/json", "text/plain"]] {
        let request = post("/prod/items/7", &types.map(|sort| ("content-type", sort)), "{}");
        assert_eq!(told(&validator, request).await.0, 400, "{types:?}");
    }
}

#[tokio::test]
async fn large_whole_numbers_have_their_remainders() {
    for (step, number, is_multiple) in [
        ("10", "1000000000001", false),
        ("10", "1000000000010", true),
        ("10", "-7", false),
        ("0.01", "19.99", true),
        ("0.01", "123456789.015", false),
        ("0.5", "1e300", true),
    ] {
        let schema = serde_json::from_str(&format!(r#"{{"multipleOf": {step}}}"#)).unwrap();
        assert_eq!(fits(&schema, number).await, is_multiple, "{number} of {step}");
    }
}

#[tokio::test]
async fn what_is_told_of_a_large_body_is_short() {
    let (key, text) = ("k".repeat(100_000), "\u{e9}".repeat(100_000));
    let body = json!({&key: text}).to_string();
    for rule in [json!({"enum": ["a"]}), json!({"maxLength": 1}), json!({"pattern": "^a$"}), json!({"type": "object"})]
    {
        let schema = json!({"additionalProperties": rule, "patternProperties": {"^x": {}}});
        let validator = RequestValidator::new().model("application/json", "Item", schema);
        let response =
            GatewayResponse::new("BAD_REQUEST_BODY").template("text/plain", "$context.error.validationErrorString");
        let builder = Gateway::builder(Kind::RestApi).request_validator(validator).gateway_response(response);
        let response = respond(builder, post("/prod/", &[], &body), OK).await;
        assert!(response.extensions().get::<Fault>().unwrap().to_string().len() < 5000);
        assert!(crate::support::text(response).await.len() < 5000);
    }
}

#[tokio::test]
async fn a_long_name_costs_nothing_where_schemas_are_tried() {
    let choice = json!({"anyOf": [{"type": "string"}, {"type": "null"}, {"type": "integer"}]});
    let schema = json!({"additionalProperties": {"items": choice}});
    let body = format!(r#"{{"{}": [{}1]}}"#, "k".repeat(1 << 20), "1,".repeat(50_000));
    assert!(fits(&schema, &body).await);
}

#[tokio::test]
async fn the_deepest_body_in_a_recursive_schema_has_room_on_the_stack() {
    let schema = json!({"properties": {"a": {"allOf": [{"$ref": "#"}]}}});
    let body = format!("{}1{}", r#"{"a":"#.repeat(120), "}".repeat(120));
    assert!(fits(&schema, &body).await);
}

#[test]
fn what_is_no_schema_of_draft_4_is_told_with_its_place() {
    let of = |schema: Value| {
        let validator = RequestValidator::new().model("application/json", "Item", schema);
        Gateway::builder(Kind::RestApi).request_validator(validator).build(()).unwrap_err().to_string()
    };
    for (schema, message) in [
        (json!([]), "model `Item`: expected a schema, which is an object at `#`"),
        (json!({"type": "text"}), "model `Item`: expected a type of JSON, or several at `#/type`"),
        (
            json!({"properties": {"a": {"required": true}}}),
            "model `Item`: expected a list of names at `#/properties/a/required`",
        ),
        (json!({"minimum": 1, "exclusiveMinimum": 5}), "model `Item`: expected true or false at `#/exclusiveMinimum`"),
        (json!({"exclusiveMaximum": true}), "model `Item`: expected `maximum` beside `exclusiveMaximum` at `#`"),
        (json!({"multipleOf": 0}), "model `Item`: expected a number above 0 at `#/multipleOf`"),
        (json!({"minLength": -1}), "model `Item`: expected a whole number at `#/minLength`"),
        (json!({"allOf": []}), "model `Item`: expected a list of schemas at `#/allOf`"),
        (
            json!({"items": {"$ref": "#/definitions/None"}}),
            "model `Item`: expected a reference to a part of this model or to a model at `#/items/$ref`",
        ),
    ] {
        assert_eq!(of(schema), message);
    }
    assert!(of(json!({"pattern": "(?=a)"})).starts_with("model `Item`: the pattern is not understood"));
    let twice = RequestValidator::new().model("a/b", "A", json!({})).model("A/B", "B", json!({}));
    let error = Gateway::builder(Kind::RestApi).request_validator(twice).build(()).unwrap_err().to_string();
    assert_eq!(error, "the content type `A/B` has a model already");
    let strange = RequestValidator::new().required_parameter("method.request.body.x");
    let error = Gateway::builder(Kind::RestApi).request_validator(strange).build(()).unwrap_err().to_string();
    assert!(error.ends_with("found `method.request.body.x`"), "{error}");
    let required = RequestValidator::new().required_parameter("method.request.header.A");
    let error = Gateway::builder(Kind::HttpApiV2).request_validator(required).build(()).unwrap_err().to_string();
    assert_eq!(error, "an HTTP API validates no requests");
}
