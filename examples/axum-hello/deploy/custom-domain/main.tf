# An HTTP API below https://NAME/shop/; a second app is the same again with another mapping. Its events do not have the base path: the stage variable says it.
variable "name" {
  type    = string
  default = "api.example.com"
}

variable "certificate" {
  type        = string
  description = "ARN of a certificate of AWS Certificate Manager in this region"
}

module "function" {
  source = "../function"
}

resource "aws_apigatewayv2_api" "api" {
  name          = "axum-hello"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_integration" "function" {
  api_id                 = aws_apigatewayv2_api.api.id
  integration_type       = "AWS_PROXY"
  integration_uri        = module.function.invoke_arn
  payload_format_version = "2.0"
}

resource "aws_apigatewayv2_route" "all" {
  api_id    = aws_apigatewayv2_api.api.id
  route_key = "$default"
  target    = "integrations/${aws_apigatewayv2_integration.function.id}"
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.api.id
  name        = "$default"
  auto_deploy = true

  stage_variables = {
    SIPPYCUP_SCRIPT_NAME_BASE = "/shop"
  }
}

resource "aws_apigatewayv2_domain_name" "domain" {
  domain_name = var.name

  domain_name_configuration {
    certificate_arn = var.certificate
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }
}

resource "aws_apigatewayv2_api_mapping" "shop" {
  api_id          = aws_apigatewayv2_api.api.id
  domain_name     = aws_apigatewayv2_domain_name.domain.id
  stage           = aws_apigatewayv2_stage.default.id
  api_mapping_key = "shop"
}

resource "aws_lambda_permission" "api" {
  action        = "lambda:InvokeFunction"
  function_name = module.function.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.api.execution_arn}/*"
}

output "target" {
  value = aws_apigatewayv2_domain_name.domain.domain_name_configuration[0].target_domain_name
}
