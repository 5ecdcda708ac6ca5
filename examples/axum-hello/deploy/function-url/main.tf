terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 6.40" } # older ones have no invoked_via_function_url
  }
}

module "function" {
  source = "../function"
}

resource "aws_lambda_function_url" "url" {
  function_name      = module.function.name
  authorization_type = "NONE"
  # For an app with `.streaming()`:
  # invoke_mode = "RESPONSE_STREAM"
}

# Since late 2025 both are needed.
resource "aws_lambda_permission" "url" {
  action                 = "lambda:InvokeFunctionUrl"
  function_name          = module.function.name
  principal              = "*"
  function_url_auth_type = "NONE"
}

resource "aws_lambda_permission" "function" {
  action                   = "lambda:InvokeFunction"
  function_name            = module.function.name
  principal                = "*"
  invoked_via_function_url = true
}

output "url" {
  value = aws_lambda_function_url.url.function_url
}
