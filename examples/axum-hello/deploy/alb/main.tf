variable "vpc" {
  type = string
}

variable "subnets" {
  type = list(string)
}

variable "certificate" {
  type        = string
  description = "ARN of a certificate of AWS Certificate Manager"
}

module "function" {
  source = "../function"
}

resource "aws_lb_target_group" "function" {
  name        = "axum-hello"
  target_type = "lambda"
  # Without it only the last of repeated headers and query keys arrives.
  lambda_multi_value_headers_enabled = true
}

resource "aws_lambda_permission" "balancer" {
  action        = "lambda:InvokeFunction"
  function_name = module.function.name
  principal     = "elasticloadbalancing.amazonaws.com"
  source_arn    = aws_lb_target_group.function.arn
}

resource "aws_lb_target_group_attachment" "function" {
  target_group_arn = aws_lb_target_group.function.arn
  target_id        = module.function.arn
  depends_on       = [aws_lambda_permission.balancer]
}

resource "aws_security_group" "https" {
  vpc_id = var.vpc

  ingress {
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_lb" "balancer" {
  name            = "axum-hello"
  subnets         = var.subnets
  security_groups = [aws_security_group.https.id]
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.balancer.arn
  port              = 443
  protocol          = "HTTPS"
  certificate_arn   = var.certificate

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.function.arn
  }
}

output "url" {
  value = "https://${aws_lb.balancer.dns_name}/"
}
