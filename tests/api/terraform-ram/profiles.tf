# A Profile of one account with a rule, shared with an account that associates it with its VPC and puts its zone into it.
resource "aws_route53profiles_profile" "company" {
  name = "company"
  tags = { purpose = "test" }
}

resource "aws_route53profiles_resource_association" "rule" {
  name         = "rule"
  profile_id   = aws_route53profiles_profile.company.id
  resource_arn = aws_route53_resolver_rule.shared.arn
}

resource "aws_vpc" "owner" {
  cidr_block           = "127.44.0.0/16"
  enable_dns_hostnames = true
}

resource "aws_route53profiles_association" "owner" {
  name        = "owner"
  profile_id  = aws_route53profiles_profile.company.id
  resource_id = aws_vpc.owner.id
}

# The provider has no resource for customer managed permissions of this version: the test makes it.
variable "admin_permission" {}

resource "aws_ram_resource_share" "profiles" {
  name                      = "profiles"
  allow_external_principals = true
  permission_arns           = [var.admin_permission]
}

resource "aws_ram_resource_association" "profile" {
  resource_arn       = aws_route53profiles_profile.company.arn
  resource_share_arn = aws_ram_resource_share.profiles.arn
}

resource "aws_ram_principal_association" "profile" {
  principal          = var.other_account
  resource_share_arn = aws_ram_resource_share.profiles.arn
}

resource "aws_ram_resource_share_accepter" "profile" {
  provider   = aws.consumer
  share_arn  = aws_ram_principal_association.profile.resource_share_arn
  depends_on = [aws_ram_resource_association.profile]
}

resource "aws_vpc" "consumer" {
  provider             = aws.consumer
  cidr_block           = "127.45.0.0/16"
  enable_dns_hostnames = true
}

resource "aws_route53profiles_association" "consumer" {
  provider    = aws.consumer
  name        = "consumer"
  profile_id  = aws_route53profiles_profile.company.id
  resource_id = aws_vpc.consumer.id
  depends_on  = [aws_ram_resource_share_accepter.profile]
}

resource "aws_route53_zone" "consumer" {
  provider = aws.consumer
  name     = "aws.tf100.internal"
  vpc { vpc_id = aws_vpc.consumer.id }
}

resource "aws_route53_record" "consumer" {
  provider = aws.consumer
  zone_id  = aws_route53_zone.consumer.zone_id
  name     = "web.aws.tf100.internal"
  type     = "A"
  ttl      = 60
  records  = ["10.0.1.100"]
}

resource "aws_route53profiles_resource_association" "zone" {
  provider     = aws.consumer
  name         = "zone"
  profile_id   = aws_route53profiles_profile.company.id
  resource_arn = aws_route53_zone.consumer.arn
  depends_on   = [aws_ram_resource_share_accepter.profile]
}
