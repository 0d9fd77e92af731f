# The IPv4 reference architecture for Terraform and the unmodified AWS provider:
#   terraform init && terraform apply -var endpoint=http://127.0.0.1:8053
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.100" }
  }
}

variable "endpoint" { default = "http://127.0.0.1:8053" }
variable "region" { default = "us-east-1" }
variable "network" { default = "127.10" }
variable "data_center_cidr" { default = "127.20.0.0/24" }
variable "data_center_dns" { default = "127.20.0.53" }
variable "data_center_port" { default = 53 }
variable "web_address" { default = "127.10.1.80" }

provider "aws" {
  region                      = var.region
  skip_metadata_api_check     = true
  skip_region_validation      = true
  endpoints {
    ec2             = var.endpoint
    ram             = var.endpoint
    route53         = var.endpoint
    route53profiles = var.endpoint
    route53resolver = var.endpoint
    sts             = var.endpoint
  }
}

data "aws_availability_zones" "all" {}

resource "aws_vpc" "main" {
  cidr_block           = "${var.network}.0.0/16"
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = "hybrid-ipv4" }
}

resource "aws_subnet" "zone" {
  count             = 2
  vpc_id            = aws_vpc.main.id
  cidr_block        = "${var.network}.${count.index + 1}.0/24"
  availability_zone = data.aws_availability_zones.all.names[count.index]
}

resource "aws_security_group" "outbound" {
  name        = "dns-out"
  description = "DNS to the data center"
  vpc_id      = aws_vpc.main.id
  dynamic "egress" {
    for_each = ["udp", "tcp"]
    content {
      protocol    = egress.value
      from_port   = var.data_center_port
      to_port     = var.data_center_port
      cidr_blocks = [var.data_center_cidr]
    }
  }
}

resource "aws_security_group" "inbound" {
  name        = "dns-in"
  description = "DNS from the data center"
  vpc_id      = aws_vpc.main.id
  dynamic "ingress" {
    for_each = ["udp", "tcp"]
    content {
      protocol    = ingress.value
      from_port   = 53
      to_port     = 53
      cidr_blocks = [var.data_center_cidr]
    }
  }
}

resource "aws_route53_resolver_endpoint" "outbound" {
  name               = "to-data-center"
  direction          = "OUTBOUND"
  security_group_ids = [aws_security_group.outbound.id]
  dynamic "ip_address" {
    for_each = aws_subnet.zone
    content {
      subnet_id = ip_address.value.id
      ip        = "${var.network}.${ip_address.key + 1}.10"
    }
  }
}

resource "aws_route53_resolver_endpoint" "inbound" {
  name               = "from-data-center"
  direction          = "INBOUND"
  security_group_ids = [aws_security_group.inbound.id]
  dynamic "ip_address" {
    for_each = aws_subnet.zone
    content {
      subnet_id = ip_address.value.id
      ip        = "${var.network}.${ip_address.key + 1}.20"
    }
  }
}

resource "aws_route53_resolver_rule" "corp" {
  name                 = "corp-internal"
  rule_type            = "FORWARD"
  domain_name          = "corp.internal"
  resolver_endpoint_id = aws_route53_resolver_endpoint.outbound.id
  target_ip {
    ip   = var.data_center_dns
    port = var.data_center_port
  }
}

resource "aws_route53_resolver_rule_association" "corp" {
  name             = "corp-internal"
  resolver_rule_id = aws_route53_resolver_rule.corp.id
  vpc_id           = aws_vpc.main.id
}

resource "aws_route53_zone" "private" {
  name    = "example100.internal"
  comment = "names of the VPC"
  vpc {
    vpc_id = aws_vpc.main.id
  }
}

resource "aws_route53_record" "web" {
  zone_id = aws_route53_zone.private.zone_id
  name    = "aws.example100.internal"
  type    = "A"
  ttl     = 60
  records = [var.web_address]
}

output "vpc_id" { value = aws_vpc.main.id }
output "rule_id" { value = aws_route53_resolver_rule.corp.id }
output "zone_id" { value = aws_route53_zone.private.zone_id }
