//! Custom domains of REST APIs, as recorded.

use bytes::Bytes;
use http::Request;
use sippycup_gateway::{Domain, Gateway, Kind};

use super::recorded::event;
use crate::support::recorded::each_recorded;

#[test]
#[cfg_attr(not(shared), ignore = "needs ../shared")]
fn recorded_contexts_say_which_mapping_matched() {
    each_recorded("gold/rest_custom_domain_basePathMatched.json", "/cases", |case| {
        let context = case.pointer("/event/requestContext").unwrap_or(&case["requestContext"]);
        let text = |member: &str| context[member].as_str().unwrap();
        let key = context.pointer("/customDomain/basePathMatched").map(|key| key.as_str().unwrap());
        let mut builder =
            Gateway::builder(Kind::RestApi).stage(text("stage")).api_id(text("apiId")).route(text("resourcePath"));
        if let Some(key) = key {
            builder = builder.domain(Domain::new(text("domainName")).mapping(if key == "(none)" { "" } else { key }));
        }
        let request =
            Request::builder().method(text("httpMethod")).uri(text("path")).header("host", text("domainName"));
        let written = event(builder, &request.body(Bytes::new()).unwrap());
        for member in
            ["customDomain", "domainName", "domainPrefix", "httpMethod", "path", "protocol", "resourcePath", "stage"]
        {
            assert_eq!(written["requestContext"].get(member), context.get(member), "{member} of {}", case["source"]);
        }
    });
}
