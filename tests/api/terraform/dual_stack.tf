# Beside the IPv4 architecture of examples/terraform: a dual-stack VPC with an IPv6-only subnet, endpoints of
# both families and a rule with IPv6 targets.
variable "dual_stack_type" { default = "DUALSTACK" }

resource "aws_vpc" "six" {
  cidr_block                       = "127.64.0.0/16"
  assign_generated_ipv6_cidr_block = true
  enable_dns_hostnames             = true
  tags                             = { "bridge53:nat64" = "64:ff9b::/96" }
}

resource "aws_subnet" "both" {
  vpc_id                          = aws_vpc.six.id
  cidr_block                      = "127.64.1.0/24"
  ipv6_cidr_block                 = cidrsubnet(aws_vpc.six.ipv6_cidr_block, 8, 1)
  assign_ipv6_address_on_creation = true
}

resource "aws_subnet" "native" {
  vpc_id                                         = aws_vpc.six.id
  ipv6_native                                    = true
  ipv6_cidr_block                                = cidrsubnet(aws_vpc.six.ipv6_cidr_block, 8, 2)
  assign_ipv6_address_on_creation                = true
  enable_dns64                                   = true
  enable_resource_name_dns_aaaa_record_on_launch = true
  private_dns_hostname_type_on_launch            = "resource-name"
  tags                                           = { "bridge53:dns64-prefix" = "64:ff9b::/96" }
}

resource "aws_security_group" "six" {
  name        = "dns6"
  description = "DNS over IPv6"
  vpc_id      = aws_vpc.six.id
  ingress {
    protocol         = "udp"
    from_port        = 53
    to_port          = 53
    ipv6_cidr_blocks = ["fd00:99::/48"]
  }
  egress {
    protocol         = "udp"
    from_port        = 53
    to_port          = 53
    ipv6_cidr_blocks = ["fd00:99::/48"]
  }
}

resource "aws_route53_resolver_endpoint" "dual" {
  direction              = "OUTBOUND"
  resolver_endpoint_type = var.dual_stack_type
  security_group_ids     = [aws_security_group.six.id]
  dynamic "ip_address" {
    for_each = ["127.64.1.10", "127.64.1.11"]
    content {
      subnet_id = aws_subnet.both.id
      ip        = ip_address.value
    }
  }
}

resource "aws_route53_resolver_endpoint" "six" {
  direction              = "INBOUND"
  resolver_endpoint_type = "IPV6"
  security_group_ids     = [aws_security_group.six.id]
  dynamic "ip_address" {
    for_each = [aws_subnet.both, aws_subnet.native]
    content {
      subnet_id = ip_address.value.id
      ipv6      = cidrhost(ip_address.value.ipv6_cidr_block, 20)
    }
  }
}

resource "aws_route53_resolver_rule" "six" {
  count                = var.dual_stack_type == "DUALSTACK" ? 1 : 0
  domain_name          = "corp6.internal"
  rule_type            = "FORWARD"
  resolver_endpoint_id = aws_route53_resolver_endpoint.dual.id
  target_ip { ipv6 = "fd00:99::53" }
}
