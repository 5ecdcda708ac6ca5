# Two HTTP APIs on one domain, below https://NAME/shop/ and https://NAME/news/. Their events do not have the base path: the stage variable says it.
locals {
  apps = toset(["shop", "news"])
}

variable "name" {
  type    = string
  default = "api.example.com"
}

variable "certificate" {
  type        = string
  description = "ARN of a certificate of AWS Certificate Manager in this region"
}

module "function" {
  for_each = local.apps
  source   = "../function"
  name     = "axum-hello-${each.key}"
}

resource "aws_apigatewayv2_api" "api" {
  for_each      = local.apps
  name          = "axum-hello-${each.key}"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_integration" "function" {
  for_each               = local.apps
  api_id                 = aws_apigatewayv2_api.api[each.key].id
  integration_type       = "AWS_PROXY"
  integration_uri        = module.function[each.key].invoke_arn
  payload_format_version = "2.0"
}

resource "aws_apigatewayv2_route" "all" {
  for_each  = local.apps
  api_id    = aws_apigatewayv2_api.api[each.key].id
  route_key = "$default"
  target    = "integrations/${aws_apigatewayv2_integration.function[each.key].id}"
}

resource "aws_apigatewayv2_stage" "default" {
  for_each    = local.apps
  api_id      = aws_apigatewayv2_api.api[each.key].id
  name        = "$default"
  auto_deploy = true

  stage_variables = {
    SIPPYCUP_SCRIPT_NAME_BASE = "/${each.key}"
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

resource "aws_apigatewayv2_api_mapping" "app" {
  for_each        = local.apps
  api_id          = aws_apigatewayv2_api.api[each.key].id
  domain_name     = aws_apigatewayv2_domain_name.domain.id
  stage           = aws_apigatewayv2_stage.default[each.key].id
  api_mapping_key = each.key
}

resource "aws_lambda_permission" "api" {
  for_each      = local.apps
  action        = "lambda:InvokeFunction"
  function_name = module.function[each.key].name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.api[each.key].execution_arn}/*"
}

output "target" {
  value = aws_apigatewayv2_domain_name.domain.domain_name_configuration[0].target_domain_name
}
