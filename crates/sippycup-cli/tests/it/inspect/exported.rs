#[tokio::test]
async fn answers_post_shop_items_7() -> Result<(), sippycup_gateway::BoxError> {
    use http_body_util::BodyExt;
    use sippycup_gateway::{Body, Domain, Gateway, Kind};
    use tower::ServiceExt;

    let gateway = Gateway::builder(Kind::RestApi)
        .stage("prod")
        .domain(Domain::new("api.example.com").mapping("shop"))
        .route("ANY /")
        .route("ANY /{proxy+}")
        .build(sippycup::SippyCup::new(app()))?;
    let request = http::Request::builder()
        .method("POST")
        .uri("/shop/items/7?x=1")
        .header("host", "api.example.com")
        .header("content-type", "text/plain")
        .header("x-quote", "it's")
        .body(Body::from("it's \"me\""))?;
    let response = gateway.oneshot(request).await?;
    assert_eq!(response.status(), 200);
    let body = response.into_body().collect().await?.to_bytes();
    assert_eq!(body, "/shop/items/7");
    Ok(())
}
