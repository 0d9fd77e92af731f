# Beside the IPv4 architecture of examples/terraform: a Profile with one resource of each type, and a VPC that uses it.
resource "aws_vpc" "services" {
  cidr_block           = "127.65.0.0/16"
  enable_dns_hostnames = true
}

resource "aws_vpc" "consumer" {
  cidr_block           = "127.66.0.0/16"
  enable_dns_hostnames = true
}

resource "aws_subnet" "services" {
  vpc_id     = aws_vpc.services.id
  cidr_block = "127.65.1.0/24"
}

resource "aws_route53_zone" "services" {
  name = "services.internal"
  vpc { vpc_id = aws_vpc.services.id }
}

resource "aws_route53_record" "services" {
  zone_id = aws_route53_zone.services.zone_id
  name    = "www"
  type    = "A"
  ttl     = 60
  records = ["192.0.2.65"]
}

resource "aws_route53_resolver_rule" "services" {
  domain_name = "plain.internal"
  rule_type   = "SYSTEM"
}

resource "aws_route53_resolver_firewall_rule_group" "services" {
  name = "services"
  tags = { team = "dns" }
}

resource "aws_route53_resolver_query_log_config" "services" {
  name            = "services"
  destination_arn = "arn:aws:s3:::query-logs"
}

resource "aws_vpc_endpoint" "services" {
  vpc_id              = aws_vpc.services.id
  service_name        = "com.amazonaws.us-east-1.ssmmessages"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = [aws_subnet.services.id]
  private_dns_enabled = false
}

resource "aws_route53profiles_profile" "services" {
  name = "services"
  tags = { team = "dns" }
}

resource "aws_route53profiles_association" "services" {
  name        = "consumer"
  profile_id  = aws_route53profiles_profile.services.id
  resource_id = aws_vpc.consumer.id
}

resource "aws_route53profiles_resource_association" "plain" {
  for_each = {
    zone = aws_route53_zone.services.arn
    rule = aws_route53_resolver_rule.services.arn
    logs = aws_route53_resolver_query_log_config.services.arn
  }
  name         = each.key
  profile_id   = aws_route53profiles_profile.services.id
  resource_arn = each.value
}

resource "aws_route53profiles_resource_association" "firewall" {
  name                = "firewall"
  profile_id          = aws_route53profiles_profile.services.id
  resource_arn        = aws_route53_resolver_firewall_rule_group.services.arn
  resource_properties = jsonencode({ priority = 102 })
}

# No association with the endpoint: the service fills in its properties, which this version of the provider takes for
# a fault of its own ("Provider produced inconsistent result after apply"), here as in the cloud.

resource "aws_route53_resolver_dnssec_config" "consumer" {
  resource_id = aws_vpc.consumer.id
}

resource "aws_route53_resolver_firewall_config" "consumer" {
  resource_id        = aws_vpc.consumer.id
  firewall_fail_open = "ENABLED"
}

data "aws_route53profiles_profiles" "all" {
  depends_on = [aws_route53profiles_profile.services]
}

output "profile_names" { value = data.aws_route53profiles_profiles.all.profiles[*].name }
