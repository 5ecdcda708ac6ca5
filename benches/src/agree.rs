//! Both must have done the same work before anyone compares what it cost.

use axum::Router;
use serde_json::Value;
use sippycup_layer::{SippyCup, SippyCupLayer};
use tower::{Layer, Service};

use crate::{app::app, case::Case, meter::now, theirs};

/// Stops where the two answer differently.
pub fn check(cases: &[Case]) {
    for case in cases {
        let mut service: SippyCup<Router> = SippyCupLayer::new().layer(app(case.answer));
        let ours = now(service.call(case.event.clone().into())).expect("the app answers");
        let theirs = theirs::answer(case);
        let (ours, theirs): (Value, Value) = (parse(&ours), parse(&theirs));
        for member in ["statusCode", "body", "isBase64Encoded"] {
            assert!(ours[member] == theirs[member], "{}: the answers differ in `{member}`", case.name);
        }
        assert_eq!(ours["statusCode"], 200, "{}", case.name);
    }
}

fn parse(answer: &[u8]) -> Value {
    serde_json::from_slice(answer).expect("an answer is JSON")
}
