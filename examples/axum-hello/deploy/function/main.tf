# The function, the same behind every front door. `cargo lambda build --release --arm64 --package axum-hello` makes the file.
terraform {
  required_providers {
    archive = { source = "hashicorp/archive", version = "~> 2.7" }
    aws     = { source = "hashicorp/aws", version = "~> 6.0" }
  }
}

variable "name" {
  type    = string
  default = "axum-hello"
}

variable "environment" {
  type    = map(string)
  default = {}
}

data "archive_file" "code" {
  type        = "zip"
  source_file = "${path.module}/../../../../target/lambda/axum-hello/bootstrap"
  output_path = "${path.module}/${var.name}.zip"
}

resource "aws_iam_role" "role" {
  name_prefix = "axum-hello-"
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
  function_name    = var.name
  role             = aws_iam_role.role.arn
  filename         = data.archive_file.code.output_path
  source_code_hash = data.archive_file.code.output_base64sha256
  handler          = "bootstrap"
  runtime          = "provided.al2023"
  architectures    = ["arm64"]
  memory_size      = 256
  timeout          = 20

  environment {
    variables = var.environment
  }
}

output "arn" {
  value = aws_lambda_function.function.arn
}

output "invoke_arn" {
  value = aws_lambda_function.function.invoke_arn
}

output "name" {
  value = aws_lambda_function.function.function_name
}
