# `cargo lambda build --release --arm64 --package telemetry` makes the code.
terraform {
  required_providers {
    archive = { source = "hashicorp/archive", version = "~> 2.7" }
    aws     = { source = "hashicorp/aws", version = "~> 6.0" }
  }
}

variable "collector" {
  type        = string
  default     = "http://localhost:4318"
  description = "Where spans are sent, an extension of the function for example"
}

data "archive_file" "code" {
  type        = "zip"
  source_file = "${path.module}/../../../target/lambda/telemetry/bootstrap"
  output_path = "${path.module}/telemetry.zip"
}

resource "aws_iam_role" "role" {
  name_prefix = "telemetry-"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "logs" {
  role       = aws_iam_role.role.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_lambda_function" "function" {
  function_name    = "telemetry"
  role             = aws_iam_role.role.arn
  filename         = data.archive_file.code.output_path
  source_code_hash = data.archive_file.code.output_base64sha256
  handler          = "bootstrap"
  runtime          = "provided.al2023"
  architectures    = ["arm64"]
  memory_size      = 256
  timeout          = 20

  environment {
    variables = { OTEL_EXPORTER_OTLP_ENDPOINT = var.collector }
  }

  logging_config {
    log_format = "JSON"
  }
}

resource "aws_apigatewayv2_api" "api" {
  name          = "telemetry"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_integration" "function" {
  api_id                 = aws_apigatewayv2_api.api.id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_function.function.invoke_arn
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
}

resource "aws_lambda_permission" "api" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.function.function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.api.execution_arn}/*"
}

output "url" {
  value = aws_apigatewayv2_api.api.api_endpoint
}
