# A rule that one account shares and another one accepts, for Terraform and the unmodified AWS provider. profiles.tf has a Profile.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.100" }
  }
}

variable "endpoint" {}
variable "other_account" {}
variable "other_key" {}
variable "other_secret" {}

provider "aws" {
  region                  = "us-east-1"
  skip_metadata_api_check = true
  skip_region_validation  = true
  endpoints {
    ec2             = var.endpoint
    ram             = var.endpoint
    route53         = var.endpoint
    route53profiles = var.endpoint
    route53resolver = var.endpoint
    sts             = var.endpoint
  }
}

provider "aws" {
  alias                   = "consumer"
  region                  = "us-east-1"
  access_key              = var.other_key
  secret_key              = var.other_secret
  skip_metadata_api_check = true
  skip_region_validation  = true
  endpoints {
    ec2             = var.endpoint
    ram             = var.endpoint
    route53         = var.endpoint
    route53profiles = var.endpoint
    route53resolver = var.endpoint
    sts             = var.endpoint
  }
}

resource "aws_route53_resolver_rule" "shared" {
  domain_name = "corp.internal"
  rule_type   = "SYSTEM"
}

resource "aws_ram_resource_share" "rules" {
  name                      = "rules"
  allow_external_principals = true
  tags                      = { purpose = "test" }
}

resource "aws_ram_resource_association" "rule" {
  resource_arn       = aws_route53_resolver_rule.shared.arn
  resource_share_arn = aws_ram_resource_share.rules.arn
}

resource "aws_ram_principal_association" "consumer" {
  principal          = var.other_account
  resource_share_arn = aws_ram_resource_share.rules.arn
}

resource "aws_ram_resource_share_accepter" "consumer" {
  provider   = aws.consumer
  share_arn  = aws_ram_principal_association.consumer.resource_share_arn
  depends_on = [aws_ram_resource_association.rule]
}
