//! Events as AWS sends them: compact JSON, a browser's headers, and one size for each, on which every figure
//! ever taken agrees.

use serde_json::Value;

/// What a browser sends, and what AWS adds.
const BROWSER: [(&str, &str); 22] = [
    ("accept", "text/html,application/xhtml+xml,*/*;q=0.8"),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("accept-language", "en-GB,en;q=0.9,de;q=0.8"),
    ("cache-control", "max-age=0"),
    ("content-length", "0"),
    ("host", "cups.example.com"),
    ("if-none-match", "W/\"2d-5f8a1c\""),
    ("priority", "u=0, i"),
    ("referer", "https://cups.example.com/"),
    ("sec-ch-ua", "\"Chromium\";v=\"138\", \"Not)A;Brand\";v=\"8\""),
    ("sec-ch-ua-mobile", "?0"),
    ("sec-ch-ua-platform", "\"Linux\""),
    ("sec-fetch-dest", "document"),
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-site", "same-origin"),
    ("sec-fetch-user", "?1"),
    ("upgrade-insecure-requests", "1"),
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Chrome/138.0.0.0 Safari/537.36"),
    ("x-amzn-trace-id", "Root=1-6745b0c2-4f1d2ab96a0e1c7d5b3f8e20"),
    ("x-forwarded-for", "198.51.100.7"),
    ("x-forwarded-port", "443"),
    ("x-forwarded-proto", "https"),
];

/// What a program sends, and what AWS adds.
const PROGRAM: [(&str, &str); 11] = [
    ("accept", "application/json"),
    ("accept-encoding", "gzip, br"),
    ("accept-language", "en"),
    ("authorization", "Bearer c2lwcHk6Y3Vw"),
    ("content-length", "0"),
    ("host", "cups.example.com"),
    ("user-agent", "cups-app/4.2 (Android 15)"),
    ("x-amzn-trace-id", "Root=1-6745b0c2-4f1d2ab96a0e1c7d5b3f8e20"),
    ("x-forwarded-for", "198.51.100.7"),
    ("x-forwarded-port", "443"),
    ("x-forwarded-proto", "https"),
];

fn owned(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// `"name":"value",…`, or with `[` and `]` around each value.
fn members(headers: &[(String, String)], open: &str, close: &str) -> String {
    let member = |(name, value): &(String, String)| format!("{}:{open}{}{close}", quote(name), quote(value));
    headers.iter().map(member).collect::<Vec<_>>().join(",")
}

fn quote(text: &str) -> String {
    Value::from(text).to_string()
}

/// The event with as much `x` in a place of no consequence as makes it that long.
fn sized(size: usize, event: impl Fn(&str) -> String) -> Vec<u8> {
    let bare = event("").len();
    let missing = size.checked_sub(bare).unwrap_or_else(|| panic!("{bare} bytes without padding, wanted {size}"));
    event(&"x".repeat(missing)).into_bytes()
}

/// API Gateway REST API, or an HTTP API with payload format 1.0. Both maps have every header.
fn rest(size: usize, headers: &[(String, String)]) -> Vec<u8> {
    let (single, multi) = (members(headers, "", ""), members(headers, "[", "]"));
    sized(size, |pad| {
        format!(
            r#"{{"resource":"/{{proxy+}}","path":"/hello/world","httpMethod":"GET","headers":{{{single}}},"multiValueHeaders":{{{multi}}},"queryStringParameters":{{"tag":"b"}},"multiValueQueryStringParameters":{{"tag":["a","b"]}},"pathParameters":{{"proxy":"hello/world"}},"stageVariables":null,"requestContext":{{"resourceId":"kq8wzt","resourcePath":"/{{proxy+}}","httpMethod":"GET","extendedRequestId":"{pad}","path":"/prod/hello/world","accountId":"123456789012","protocol":"HTTP/1.1","stage":"prod","requestTimeEpoch":1732608194000,"requestId":"c1f6","requestTime":"26/Nov/2024:08:03:14 +0000","deploymentId":"v7yx3k","identity":{{"cognitoIdentityPoolId":null,"cognitoIdentityId":null,"apiKey":null,"principalOrgId":null,"userArn":null,"accountId":null,"caller":null,"accessKey":null,"user":null,"sourceIp":"198.51.100.7","userAgent":null}},"domainName":"cups.example.com","domainPrefix":"cups","apiId":"a1b2c3d4e5"}},"body":null,"isBase64Encoded":false}}"#
        )
    })
}

pub fn rest_small() -> Vec<u8> {
    rest(1_679, &owned(&PROGRAM))
}

/// As many and as long headers as API Gateway lets through: 10,240 bytes with both maps.
pub fn rest_headers() -> Vec<u8> {
    let mut headers = owned(&BROWSER);
    for number in 0..40 {
        let value = format!("{number:04}-b7e2a0c4d6f8193a5c7e9b1d3f50728496a8cadcee00f1-7c9e1d3f5072b4a6c8dae0");
        headers.push((format!("x-feature-flag-{number:02}"), value));
    }
    rest(10_810, &headers)
}

/// HTTP API, payload format 2.0, with a body of this length as it stands in the event.
fn http_api(
    size: Option<usize>,
    method: &str,
    extra: &[(&str, &str)],
    length: usize,
    body: &str,
    base64: bool,
) -> Vec<u8> {
    let mut headers = owned(&[&BROWSER, extra].concat());
    for (_, value) in headers.iter_mut().filter(|(name, _)| name == "content-length") {
        *value = length.to_string();
    }
    let headers = members(&headers, "", "");
    let body = if body.is_empty() { String::new() } else { format!(r#""body":{body},"#) };
    let event = |pad: &str| {
        format!(
            r#"{{"version":"2.0","routeKey":"$default","rawPath":"/hello/world","rawQueryString":"tag=a&tag=b&size=10","cookies":["session=7b1e5c","theme=dark","consent=all","ab=17"],"headers":{{{headers}}},"queryStringParameters":{{"tag":"a,b","size":"10"}},"requestContext":{{"accountId":"123456789012","apiId":"a1b2c3d4e5","authentication":null,"authorizer":{{"jwt":{{"claims":{{"aud":"cups","client_id":"app","exp":"1732611794","iat":"1732608194","iss":"https://id.example.com","scope":"cups.read cups.write","sub":"u-71c9","token_use":"access"}},"scopes":["cups.read"]}}}},"domainName":"cups.example.com","domainPrefix":"cups","http":{{"method":"{method}","path":"/hello/world","protocol":"HTTP/1.1","sourceIp":"198.51.100.7","userAgent":"Mozilla/5.0"}},"requestId":"{pad}","routeKey":"$default","stage":"$default","time":"26/Nov/2024:08:03:14 +0000","timeEpoch":1732608194000}},{body}"isBase64Encoded":{base64}}}"#
        )
    };
    match size {
        Some(size) => sized(size, event),
        None => event("BwIc9h3MoAMEPnA=").into_bytes(),
    }
}

pub fn http_api_get() -> Vec<u8> {
    http_api(Some(1_756), "GET", &[], 0, "", false)
}

/// With so many headers more than the browser's; for the plot.
pub fn http_api_get_with(headers: usize) -> Vec<u8> {
    let names: Vec<String> = (0..headers).map(|number| format!("x-feature-flag-{number:03}")).collect();
    let extra: Vec<(&str, &str)> =
        names.iter().map(|name| (name.as_str(), "b7e2a0c4d6f8193a5c7e9b1d3f507284")).collect();
    http_api(None, "GET", &extra, 0, "", false)
}

/// A JSON body as text, so every quote of it is escaped.
pub fn http_api_json(body: &str) -> Vec<u8> {
    http_api(None, "POST", &[("content-type", "application/json")], body.len(), &quote(body), false)
}

/// A binary body as base64.
pub fn http_api_binary(body: &[u8]) -> Vec<u8> {
    let text = format!("\"{}\"", base64_simd::STANDARD.encode_to_string(body));
    http_api(None, "POST", &[("content-type", "application/octet-stream")], body.len(), &text, true)
}

pub fn function_url() -> Vec<u8> {
    let headers = members(&owned(&PROGRAM), "", "");
    sized(901, |pad| {
        format!(
            r#"{{"version":"2.0","routeKey":"$default","rawPath":"/hello/world","rawQueryString":"","headers":{{{headers}}},"requestContext":{{"accountId":"anonymous","apiId":"{pad}","domainName":"a1b2c3.lambda-url.eu-west-1.on.aws","domainPrefix":"a1b2c3","http":{{"method":"GET","path":"/hello/world","protocol":"HTTP/1.1","sourceIp":"198.51.100.7","userAgent":"Mozilla/5.0"}},"requestId":"e1506fd5","routeKey":"$default","stage":"$default","time":"26/Nov/2024:08:03:14 +0000","timeEpoch":1732608194000}},"isBase64Encoded":false}}"#
        )
    })
}

/// A load balancer whose target group has multi-value headers off.
pub fn alb() -> Vec<u8> {
    let headers = members(&owned(&PROGRAM), "", "");
    sized(659, |pad| {
        format!(
            r#"{{"requestContext":{{"elb":{{"targetGroupArn":"arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/cups/{pad}"}}}},"httpMethod":"GET","path":"/hello/world","queryStringParameters":{{"tag":"a"}},"headers":{{{headers}}},"body":"","isBase64Encoded":false}}"#
        )
    })
}

/// The same with multi-value headers on.
pub fn alb_multi() -> Vec<u8> {
    let headers = members(
        &owned(&[&BROWSER[..], &[("dnt", "1"), ("origin", "https://example.com"), ("sec-gpc", "1")]].concat()),
        "[",
        "]",
    );
    sized(1_224, |pad| {
        format!(
            r#"{{"requestContext":{{"elb":{{"targetGroupArn":"arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/cups/{pad}"}}}},"httpMethod":"GET","path":"/hello/world","multiValueQueryStringParameters":{{"tag":["a","b"]}},"multiValueHeaders":{{{headers}}},"body":"","isBase64Encoded":false}}"#
        )
    })
}

/// VPC Lattice, event version 2.
pub fn lattice() -> Vec<u8> {
    let headers = members(&owned(&PROGRAM[4..]), "[", "]");
    sized(867, |pad| {
        format!(
            r#"{{"version":"2.0","path":"/hello/world","method":"GET","headers":{{{headers}}},"queryStringParameters":{{"tag":["a"]}},"body":null,"isBase64Encoded":false,"requestContext":{{"serviceNetworkArn":"arn:aws:vpc-lattice:eu-west-1:123456789012:servicenetwork/sn-0f","serviceArn":"arn:aws:vpc-lattice:eu-west-1:123456789012:service/svc-0c","targetGroupArn":"arn:aws:vpc-lattice:eu-west-1:123456789012:targetgroup/{pad}","identity":{{"type":"AWS_IAM","principalOrgID":"o-0a1b2c","sourceVpcArn":"arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-0b"}},"region":"eu-west-1","timeEpoch":"1732608194000000"}}}}"#
        )
    })
}

/// The `CONNECT` of a WebSocket API.
pub fn web_socket() -> Vec<u8> {
    let headers = &owned(&PROGRAM[3..]);
    let (single, multi) = (members(headers, "", ""), members(headers, "[", "]"));
    sized(1_038, |pad| {
        format!(
            r#"{{"headers":{{{single}}},"multiValueHeaders":{{{multi}}},"requestContext":{{"routeKey":"$connect","eventType":"CONNECT","extendedRequestId":"{pad}","requestTime":"26/Nov/2024:08:03:14 +0000","messageDirection":"IN","stage":"prod","connectedAt":1732608194000,"requestTimeEpoch":1732608194000,"identity":{{"sourceIp":"198.51.100.7"}},"requestId":"BwIc9h","domainName":"cups.example.com","connectionId":"BwIc9e","apiId":"a1b2c3d4e5"}},"isBase64Encoded":false}}"#
        )
    })
}
