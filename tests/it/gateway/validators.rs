//! Request validation, with another reader of JSON schema as its judge.

use proptest::prelude::*;
use serde_json::json;
use sippycup_gateway::{Body, BoxError, Gateway, Kind, RequestValidator};
use tower::{ServiceExt, service_fn};

use super::*;

fn value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|value| json!(value)),
        (-3..6_i64).prop_map(|value| json!(value)),
        Just(json!(0.5)),
        "[ab]{0,3}".prop_map(|value| json!(value)),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|items| json!(items)),
            prop::collection::btree_map("[abc]", inner, 0..3).prop_map(|members| json!(members)),
        ]
    })
}

fn schema() -> impl Strategy<Value = serde_json::Value> {
    let kind = prop::sample::select(vec!["array", "boolean", "integer", "null", "number", "object", "string"]);
    let leaf = prop_oneof![
        Just(json!({})),
        kind.clone().prop_map(|kind| json!({"type": kind})),
        prop::collection::btree_set(kind, 1..3).prop_map(|kinds| json!({"type": kinds})),
        prop::collection::vec(value(), 1..3).prop_map(|all| json!({"enum": all})),
        (-2..4_i64, any::<bool>()).prop_map(|(least, open)| json!({"minimum": least, "exclusiveMinimum": open})),
        (-2..4_i64, any::<bool>()).prop_map(|(most, open)| json!({"maximum": most, "exclusiveMaximum": open})),
        (1..4_i64).prop_map(|step| json!({"multipleOf": step})),
        (0..3_u8, 0..3_u8).prop_map(|(least, most)| json!({"minLength": least, "maxLength": most})),
        prop::sample::select(vec!["^a", "b$", "ab"]).prop_map(|pattern| json!({"pattern": pattern})),
        (0..2_u8, 0..3_u8, any::<bool>())
            .prop_map(|(least, most, unique)| json!({"minItems": least, "maxItems": most, "uniqueItems": unique})),
        (0..2_u8, 0..3_u8).prop_map(|(least, most)| json!({"minProperties": least, "maxProperties": most})),
        prop::collection::btree_set("[abc]", 1..3).prop_map(|names| json!({"required": names})),
        ("[abc]", "[abc]").prop_map(|(name, needed)| json!({"dependencies": {name: [needed]}})),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        let schemas = prop::collection::vec(inner.clone(), 1..3);
        prop_oneof![
            (
                prop::collection::btree_map("[abc]", inner.clone(), 1..3),
                prop_oneof![any::<bool>().prop_map(|flag| json!(flag)), inner.clone()]
            )
                .prop_map(|(own, more)| json!({"properties": own, "additionalProperties": more})),
            (inner.clone(), any::<bool>())
                .prop_map(|(schema, more)| json!({"patternProperties": {"^a": schema}, "additionalProperties": more})),
            inner.clone().prop_map(|schema| json!({"items": schema})),
            (schemas.clone(), prop_oneof![any::<bool>().prop_map(|flag| json!(flag)), inner.clone()])
                .prop_map(|(schemas, more)| json!({"items": schemas, "additionalItems": more})),
            (prop::sample::select(vec!["allOf", "anyOf", "oneOf"]), schemas)
                .prop_map(|(keyword, schemas)| json!({keyword: schemas})),
            inner.clone().prop_map(|schema| json!({"not": schema})),
            inner.prop_map(|schema| json!({"items": {"allOf": [{"$ref": "#/definitions/x"}, schema]}})),
        ]
    })
}

proptest! {
    #[test]
    fn a_body_fits_its_model_exactly_if_another_reader_of_draft_4_says_so(one in schema(), other in schema().prop_filter("no reference to itself", |schema| !schema.to_string().contains("$ref")), body in value()) {
        let schema = json!({"allOf": [one], "definitions": {"x": other}});
        let judge = jsonschema::draft4::new(&schema).unwrap().is_valid(&body);
        let validator = RequestValidator::new().model("application/json", "Model", schema.clone());
        let function = service_fn(async |_: Bytes| Ok::<_, BoxError>(Bytes::from_static(br#"{"statusCode": 200}"#)));
        let gateway = Gateway::builder(Kind::RestApi).request_validator(validator).build(function).unwrap();
        let request = Request::post("/prod/").body(Body::from(body.to_string())).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let status = runtime.block_on(gateway.oneshot(request)).unwrap().status();
        prop_assert_eq!(status == 200, judge, "{} {}", schema, body);
    }
}
