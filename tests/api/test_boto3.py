# SPDX-License-Identifier: Apache-2.0
"""boto3 builds the whole IPv4 architecture with real signatures, DNS shows it, and every mistake gets the service's error."""
import os
import re
import subprocess
import time
import unittest
import uuid

import boto3
import botocore.exceptions

URL, DNS_PORT = os.environ["B53_URL"], os.environ["B53_DNS_PORT"]


def client(service, **more):
    return boto3.client(service, endpoint_url=URL, **more)


ec2, r53, rslvr, sts = client("ec2"), client("route53"), client("route53resolver"), client("sts")


def dig(name, rtype="A", server="127.10.0.2", source="127.10.1.7"):
    out = subprocess.run(["dig", "-b", source, f"@{server}", "-p", DNS_PORT, name, rtype, "+short", "+tries=1", "+time=3"],
                         capture_output=True, text=True).stdout
    return out.split("\n")[:-1]


class Base(unittest.TestCase):
    def refused(self, code, call, pattern=None, status=None, **params):
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            call(**params)
        error = caught.exception.response["Error"]
        self.assertEqual(error["Code"], code, error.get("Message"))
        if pattern:
            self.assertRegex(error["Message"], pattern)
        if status:
            self.assertEqual(caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], status)
        self.assertRegex(caught.exception.response["ResponseMetadata"]["RequestId"], r"^[0-9a-f-]{36}$")


class Auth(Base):
    def test_identity(self):
        me = sts.get_caller_identity()
        self.assertEqual(me["Account"], os.environ["B53_ACCOUNT"])
        self.assertEqual(me["Arn"], f"arn:aws:iam::{os.environ['B53_ACCOUNT']}:root")

    def test_wrong_secret(self):
        bad = dict(aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"], aws_secret_access_key="wrong" * 8)
        self.refused("SignatureDoesNotMatch", client("sts", **bad).get_caller_identity, "signature we calculated", 403)
        self.refused("InvalidSignatureException", client("route53resolver", **bad).list_resolver_rules, "signature we calculated")
        self.refused("SignatureDoesNotMatch", client("route53", **bad).list_hosted_zones, None, 403)
        self.refused("AuthFailure", client("ec2", **bad).describe_vpcs, None, 401)

    def test_unknown_key(self):
        bad = dict(aws_access_key_id="AKIAAAAAAAAAAAAAAAAA", aws_secret_access_key="x" * 40)
        self.refused("InvalidClientTokenId", client("sts", **bad).get_caller_identity, "security token included in the request is invalid", 403)
        self.refused("UnrecognizedClientException", client("route53resolver", **bad).list_resolver_rules)
        self.refused("InvalidClientTokenId", client("route53", **bad).list_hosted_zones, None, 403)
        self.refused("AuthFailure", client("ec2", **bad).describe_vpcs, None, 401)

    def test_other_account_sees_nothing(self):
        other = dict(aws_access_key_id=os.environ["B53_OTHER_KEY"], aws_secret_access_key=os.environ["B53_OTHER_SECRET"])
        vpc = ec2.create_vpc(CidrBlock="10.66.0.0/16")["Vpc"]["VpcId"]
        self.refused("InvalidVpcID.NotFound", client("ec2", **other).describe_vpcs, VpcIds=[vpc])
        self.refused("InvalidVpcID.NotFound", client("ec2", **other).delete_vpc, VpcId=vpc)
        ec2.delete_vpc(VpcId=vpc)


class Picture(Base):
    """The whole architecture, in the order in which a person would build it."""

    @classmethod
    def setUpClass(cls):
        cls.vpc = ec2.create_vpc(CidrBlock="127.10.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "demo"}]}])["Vpc"]["VpcId"]
        ec2.get_waiter("vpc_available").wait(VpcIds=[cls.vpc])
        ec2.modify_vpc_attribute(VpcId=cls.vpc, EnableDnsHostnames={"Value": True})
        cls.subnets = [ec2.create_subnet(VpcId=cls.vpc, CidrBlock=f"127.10.{i}.0/24", AvailabilityZone=f"us-east-1{z}")["Subnet"]["SubnetId"]
                       for i, z in ((1, "a"), (2, "b"))]
        cls.group = ec2.create_security_group(GroupName="dns", Description="dns", VpcId=cls.vpc)["GroupId"]
        ec2.authorize_security_group_ingress(GroupId=cls.group, IpPermissions=[
            {"IpProtocol": p, "FromPort": 53, "ToPort": 53, "IpRanges": [{"CidrIp": "127.20.0.0/24"}]} for p in ("udp", "tcp")])
        cls.out = cls.endpoint("OUTBOUND", 10)
        cls.inb = cls.endpoint("INBOUND", 20)
        cls.rule = rslvr.create_resolver_rule(CreatorRequestId=str(uuid.uuid4()), RuleType="FORWARD", DomainName="corp.internal", Name="corp",
                                              TargetIps=[{"Ip": "127.20.0.53", "Port": 5399}], ResolverEndpointId=cls.out["Id"])["ResolverRule"]
        cls.assoc = rslvr.associate_resolver_rule(ResolverRuleId=cls.rule["Id"], VPCId=cls.vpc, Name="corp")["ResolverRuleAssociation"]
        cls.zone = r53.create_hosted_zone(Name="example100.internal", CallerReference=str(uuid.uuid4()), VPC={"VPCRegion": "us-east-1", "VPCId": cls.vpc},
                                          HostedZoneConfig={"Comment": "c", "PrivateZone": True})
        cls.zone_id = cls.zone["HostedZone"]["Id"].rsplit("/", 1)[1]

    @classmethod
    def endpoint(cls, direction, last):
        return rslvr.create_resolver_endpoint(
            CreatorRequestId=str(uuid.uuid4()), Name=direction.lower(), Direction=direction, SecurityGroupIds=[cls.group],
            IpAddresses=[{"SubnetId": s, "Ip": f"127.10.{i}.{last}"} for i, s in enumerate(cls.subnets, 1)])["ResolverEndpoint"]

    @classmethod
    def tearDownClass(cls):
        for page in r53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=cls.zone_id):
            changes = [{"Action": "DELETE", "ResourceRecordSet": s} for s in page["ResourceRecordSets"] if s["Type"] not in ("SOA", "NS")]
            if changes:
                r53.change_resource_record_sets(HostedZoneId=cls.zone_id, ChangeBatch={"Changes": changes})
        r53.delete_hosted_zone(Id=cls.zone_id)
        rslvr.disassociate_resolver_rule(VPCId=cls.vpc, ResolverRuleId=cls.rule["Id"])
        rslvr.delete_resolver_rule(ResolverRuleId=cls.rule["Id"])
        for e in (cls.out, cls.inb):
            rslvr.delete_resolver_endpoint(ResolverEndpointId=e["Id"])
        ec2.delete_security_group(GroupId=cls.group)
        for s in cls.subnets:
            ec2.delete_subnet(SubnetId=s)
        ec2.delete_vpc(VpcId=cls.vpc)

    def change(self, action, name, rtype, *values, ttl=60, **more):
        record = {"Name": name, "Type": rtype, **more}
        if values:
            record.update(TTL=ttl, ResourceRecords=[{"Value": v} for v in values])
        return r53.change_resource_record_sets(HostedZoneId=self.zone_id, ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record}]})

    def test_shapes(self):
        self.assertRegex(self.vpc, r"^vpc-[0-9a-f]{17}$")
        self.assertRegex(self.out["Id"], r"^rslvr-out-[0-9a-f]{17}$")
        self.assertRegex(self.inb["Id"], r"^rslvr-in-[0-9a-f]{17}$")
        self.assertEqual(self.out["Arn"], f"arn:aws:route53resolver:us-east-1:{os.environ['B53_ACCOUNT']}:resolver-endpoint/{self.out['Id']}")
        self.assertEqual(self.out["Status"], "CREATING")
        self.assertEqual((self.out["IpAddressCount"], self.out["HostVPCId"]), (2, self.vpc))
        self.assertEqual(self.rule["DomainName"], "corp.internal.")
        self.assertEqual((self.rule["Status"], self.rule["ShareStatus"]), ("COMPLETE", "NOT_SHARED"))
        self.assertEqual(self.assoc["Status"], "CREATING")
        self.assertEqual(self.zone["HostedZone"]["Name"], "example100.internal.")
        self.assertEqual(self.zone["HostedZone"]["ResourceRecordSetCount"], 2)

    def test_statuses_settle(self):
        deadline = time.time() + 10
        while time.time() < deadline:
            states = [rslvr.get_resolver_endpoint(ResolverEndpointId=e["Id"])["ResolverEndpoint"]["Status"] for e in (self.out, self.inb)]
            if states == ["OPERATIONAL"] * 2:
                break
            time.sleep(0.1)
        self.assertEqual(states, ["OPERATIONAL"] * 2)
        addresses = rslvr.list_resolver_endpoint_ip_addresses(ResolverEndpointId=self.inb["Id"])["IpAddresses"]
        self.assertEqual({a["Status"] for a in addresses}, {"ATTACHED"})
        self.assertEqual(rslvr.get_resolver_rule_association(ResolverRuleAssociationId=self.assoc["Id"])["ResolverRuleAssociation"]["Status"], "COMPLETE")
        enis = ec2.describe_network_interfaces(Filters=[{"Name": "vpc-id", "Values": [self.vpc]}])["NetworkInterfaces"]
        self.assertEqual(len(enis), 4)
        self.assertIn(f"Route 53 Resolver: {self.inb['Id']}:{addresses[0]['IpId']}", [e["Description"] for e in enis])

    def test_records_show_in_dns(self):
        change = self.change("CREATE", "aws.example100.internal", "A", "127.10.1.80")["ChangeInfo"]
        r53.get_waiter("resource_record_sets_changed").wait(Id=change["Id"], WaiterConfig={"Delay": 1, "MaxAttempts": 10})
        self.assertEqual(dig("aws.example100.internal"), ["127.10.1.80"])
        self.change("UPSERT", "aws.example100.internal", "A", "127.10.1.81")
        self.assertEqual(dig("aws.example100.internal"), ["127.10.1.81"])
        self.change("CREATE", "*.wild.example100.internal", "TXT", '"a \\"quoted\\" text"')
        self.assertEqual(dig("any.wild.example100.internal", "TXT"), ['"a \\"quoted\\" text"'])
        self.change("CREATE", "alias.example100.internal", "A", AliasTarget={"HostedZoneId": self.zone_id, "DNSName": "aws.example100.internal", "EvaluateTargetHealth": False})
        self.assertEqual(dig("alias.example100.internal"), ["127.10.1.81"])
        self.change("DELETE", "alias.example100.internal", "A", AliasTarget={"HostedZoneId": self.zone_id, "DNSName": "aws.example100.internal", "EvaluateTargetHealth": False})
        self.change("DELETE", "aws.example100.internal", "A", "127.10.1.81")
        self.assertEqual(dig("aws.example100.internal"), [])

    def test_list_order_and_paging(self):
        names = ["b.example100.internal", "a.b.example100.internal", "z.a.example100.internal", "*.a.example100.internal"]
        for n in names:
            self.change("CREATE", n, "A", "10.0.0.1")
        whole = r53.list_resource_record_sets(HostedZoneId=self.zone_id)
        listed = [(s["Name"], s["Type"]) for s in whole["ResourceRecordSets"]]
        paged = [(s["Name"], s["Type"]) for page in r53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=self.zone_id, PaginationConfig={"PageSize": 1})
                 for s in page["ResourceRecordSets"]]
        self.assertEqual(listed, paged)
        self.assertEqual(listed[:2], [("example100.internal.", "NS"), ("example100.internal.", "SOA")])
        mine = [n for n, _ in listed if n.rstrip(".").replace("\\052", "*") in names]
        self.assertEqual(mine, ["\\052.a.example100.internal.", "z.a.example100.internal.", "b.example100.internal.", "a.b.example100.internal."])
        for n in names:
            self.change("DELETE", n, "A", "10.0.0.1")

    def test_change_errors(self):
        bad = "InvalidChangeBatch"
        self.change("CREATE", "x.example100.internal", "A", "10.0.0.1")
        cases = [
            ("CREATE", "x.example100.internal", "A", ["10.0.0.1"], r"Tried to create resource record set \[name='x.example100.internal.', type='A'\] but it already exists"),
            ("DELETE", "y.example100.internal", "A", ["10.0.0.1"], r"Tried to delete resource record set \[name='y.example100.internal.', type='A'\] but it was not found"),
            ("DELETE", "x.example100.internal", "A", ["10.0.0.2"], r"but the values provided do not match the current values"),
            ("CREATE", "x.other.internal", "A", ["10.0.0.1"], r"RRSet with DNS name x.other.internal. is not permitted in zone example100.internal."),
            ("CREATE", "x.example100.internal", "CNAME", ["y.example.com"], r"RRSet of type CNAME with DNS name x.example100.internal. is not permitted as it conflicts with other records"),
            ("CREATE", "example100.internal", "CNAME", ["y.example.com"], r"not permitted at apex"),
            ("CREATE", "v.example100.internal", "A", ["10.0.0.256"], r"ARRDATAIllegalIPv4Address"),
            ("CREATE", "v.example100.internal", "AAAA", ["10.0.0.1"], r"AAAARRDATAIllegalIPv6Address"),
            ("CREATE", "v.example100.internal", "TXT", ["no quotes"], r"InvalidCharacterString"),
            ("CREATE", "v.example100.internal", "A", ["10.0.0.1", "10.0.0.1"], r"Duplicate Resource Record: '10.0.0.1'"),
            ("DELETE", "example100.internal", "SOA", ["ns-1536.awsdns-00.co.uk. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"], r"exactly one SOA record"),
        ]
        for action, name, rtype, values, pattern in cases:
            with self.subTest(action=action, name=name, type=rtype, values=values):
                ttl = 900 if rtype == "SOA" else 60
                self.refused(bad, lambda: self.change(action, name, rtype, *values, ttl=ttl), pattern, 400)
        before = r53.get_hosted_zone(Id=self.zone_id)["HostedZone"]["ResourceRecordSetCount"]
        self.refused(bad, r53.change_resource_record_sets, HostedZoneId=self.zone_id, ChangeBatch={"Changes": [
            {"Action": "CREATE", "ResourceRecordSet": {"Name": "good.example100.internal", "Type": "A", "TTL": 5, "ResourceRecords": [{"Value": "10.0.0.9"}]}},
            {"Action": "CREATE", "ResourceRecordSet": {"Name": "bad.elsewhere", "Type": "A", "TTL": 5, "ResourceRecords": [{"Value": "10.0.0.9"}]}}]})
        self.assertEqual(r53.get_hosted_zone(Id=self.zone_id)["HostedZone"]["ResourceRecordSetCount"], before, "a refused batch changed something")
        self.change("DELETE", "x.example100.internal", "A", "10.0.0.1")

    def test_zone_errors(self):
        self.refused("NoSuchHostedZone", r53.get_hosted_zone, "No hosted zone found with ID: Z0000000000000", 404, Id="Z0000000000000")
        self.refused("HostedZoneNotEmpty", lambda: (self.change("UPSERT", "k.example100.internal", "A", "10.0.0.1"), r53.delete_hosted_zone(Id=self.zone_id)))
        self.change("DELETE", "k.example100.internal", "A", "10.0.0.1")
        self.refused("ConflictingDomainExists", r53.create_hosted_zone, Name="example100.internal", CallerReference=str(uuid.uuid4()),
                     VPC={"VPCRegion": "us-east-1", "VPCId": self.vpc}, HostedZoneConfig={"PrivateZone": True})
        self.refused("HostedZoneAlreadyExists", r53.create_hosted_zone, None, 409, Name="example100.internal",
                     CallerReference=self.zone["HostedZone"]["CallerReference"], VPC={"VPCRegion": "us-east-1", "VPCId": self.vpc})
        self.refused("LastVPCAssociation", r53.disassociate_vpc_from_hosted_zone, HostedZoneId=self.zone_id, VPC={"VPCRegion": "us-east-1", "VPCId": self.vpc})
        self.refused("InvalidVPCId", r53.associate_vpc_with_hosted_zone, HostedZoneId=self.zone_id, VPC={"VPCRegion": "us-east-1", "VPCId": "vpc-00000000000000000"})
        self.refused("NoSuchChange", r53.get_change, None, 404, Id="C0000000000000")
        self.assertEqual([z["Name"] for z in r53.list_hosted_zones_by_vpc(VPCId=self.vpc, VPCRegion="us-east-1")["HostedZoneSummaries"]], ["example100.internal."])

    def test_resolver_errors(self):
        new = lambda **more: dict(dict(CreatorRequestId=str(uuid.uuid4()), SecurityGroupIds=[self.group], Direction="INBOUND",
                                       IpAddresses=[{"SubnetId": s} for s in self.subnets]), **more)
        self.refused("ResourceExistsException", rslvr.create_resolver_endpoint, **new(CreatorRequestId=self.out["CreatorRequestId"]))
        self.refused("InvalidParameterException", rslvr.create_resolver_endpoint, r"\[RSLVR-00408\] Malformed security group ID", **new(SecurityGroupIds=["nonsense"]))
        self.refused("InvalidRequestException", rslvr.create_resolver_endpoint, r"\[RSLVR-00400\]", **new(IpAddresses=[{"SubnetId": self.subnets[0]}]))
        self.refused("ResourceNotFoundException", rslvr.get_resolver_endpoint, "does not exist", ResolverEndpointId="rslvr-in-00000000000000000")
        self.refused("ResourceNotFoundException", rslvr.get_resolver_rule, r"\[RSLVR-00703\] Resolver rule with ID \"rslvr-rr-0\" does not exist\.", ResolverRuleId="rslvr-rr-0")
        self.refused("InvalidRequestException", rslvr.delete_resolver_endpoint, r"\[RSLVR-00600\].*" + self.rule["Id"], ResolverEndpointId=self.out["Id"])
        self.refused("ResourceInUseException", rslvr.delete_resolver_rule, ResolverRuleId=self.rule["Id"])
        self.refused("ResourceExistsException", rslvr.associate_resolver_rule, r"RSLVR-00704", ResolverRuleId=self.rule["Id"], VPCId=self.vpc)
        rule = dict(CreatorRequestId=str(uuid.uuid4()), DomainName="x.internal", TargetIps=[{"Ip": "10.0.0.1"}])
        self.refused("InvalidRequestException", rslvr.create_resolver_rule, r"\[RSLVR-00700\]", RuleType="FORWARD", ResolverEndpointId=self.inb["Id"], **rule)
        self.refused("InvalidRequestException", rslvr.create_resolver_rule, r"\[RSLVR-00718\] Cannot create a rule with type RECURSIVE", RuleType="RECURSIVE", **rule)
        self.refused("InvalidNextTokenException", rslvr.list_resolver_rules, NextToken="nonsense")
        self.refused("ValidationException", rslvr.list_resolver_rules, r"1 validation error detected: Value '101' at 'maxResults' failed to satisfy constraint", MaxResults=101)
        twin = rslvr.create_resolver_rule(CreatorRequestId=str(uuid.uuid4()), RuleType="SYSTEM", DomainName="corp.internal")["ResolverRule"]
        self.refused("InvalidRequestException", rslvr.associate_resolver_rule, r"\[RSLVR-00802\].*" + self.rule["Id"], ResolverRuleId=twin["Id"], VPCId=self.vpc)
        rslvr.delete_resolver_rule(ResolverRuleId=twin["Id"])
        pseudo = "rslvr-autodefined-rr-internet-resolver"
        self.assertIn(pseudo, [r["Id"] for r in rslvr.list_resolver_rules()["ResolverRules"]])
        self.assertIn(f"rslvr-autodefined-assoc-{self.vpc}-internet-resolver", [a["Id"] for a in rslvr.list_resolver_rule_associations()["ResolverRuleAssociations"]])

    def test_tags_and_config(self):
        rslvr.tag_resource(ResourceArn=self.rule["Arn"], Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
        rslvr.untag_resource(ResourceArn=self.rule["Arn"], TagKeys=["a"])
        self.assertEqual(rslvr.list_tags_for_resource(ResourceArn=self.rule["Arn"])["Tags"], [{"Key": "b", "Value": "2"}])
        r53.change_tags_for_resource(ResourceType="hostedzone", ResourceId=self.zone_id, AddTags=[{"Key": "k", "Value": "v"}])
        self.assertEqual(r53.list_tags_for_resource(ResourceType="hostedzone", ResourceId=self.zone_id)["ResourceTagSet"]["Tags"], [{"Key": "k", "Value": "v"}])
        self.assertEqual(dig("1.0.0.127.in-addr.arpa", "PTR"), ["localhost."])
        self.assertEqual(dig("7.1.10.127.in-addr.arpa", "PTR"), ["ip-127-10-1-7.ec2.internal."])
        self.assertEqual(rslvr.get_resolver_config(ResourceId=self.vpc)["ResolverConfig"]["AutodefinedReverse"], "ENABLED")
        self.assertEqual(rslvr.update_resolver_config(ResourceId=self.vpc, AutodefinedReverseFlag="DISABLE")["ResolverConfig"]["AutodefinedReverse"], "DISABLING")
        self.assertEqual(rslvr.get_resolver_config(ResourceId=self.vpc)["ResolverConfig"]["AutodefinedReverse"], "DISABLED")
        rslvr.update_resolver_config(ResourceId=self.vpc, AutodefinedReverseFlag="ENABLE")

    def test_ec2_errors(self):
        self.refused("DependencyViolation", ec2.delete_vpc, VpcId=self.vpc)
        self.refused("DependencyViolation", ec2.delete_subnet, SubnetId=self.subnets[0])
        self.refused("InvalidSubnet.Conflict", ec2.create_subnet, VpcId=self.vpc, CidrBlock="127.10.1.0/25")
        self.refused("InvalidSubnet.Range", ec2.create_subnet, VpcId=self.vpc, CidrBlock="10.99.0.0/24")
        self.refused("InvalidVpc.Range", ec2.create_vpc, CidrBlock="10.0.0.0/8")
        self.refused("InvalidParameterValue", ec2.create_vpc, CidrBlock="nonsense")
        self.refused("InvalidVpcID.NotFound", ec2.describe_vpcs, "The vpc ID 'vpc-00000000000000000' does not exist", VpcIds=["vpc-00000000000000000"])
        self.refused("InvalidGroup.Duplicate", ec2.create_security_group, GroupName="dns", Description="again", VpcId=self.vpc)
        self.refused("InvalidPermission.Duplicate", ec2.authorize_security_group_ingress, GroupId=self.group,
                     IpPermissions=[{"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "IpRanges": [{"CidrIp": "127.20.0.0/24"}]}])
        self.refused("InvalidParameterValue", ec2.describe_vpcs, "The filter 'nonsense' is invalid", Filters=[{"Name": "nonsense", "Values": ["x"]}])
        self.refused("DryRunOperation", ec2.create_vpc, CidrBlock="10.5.0.0/16", DryRun=True)
        self.assertEqual(ec2.describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.5.*"]}])["Vpcs"], [])
        self.assertEqual(len(ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["dem?"]}])["Vpcs"]), 1)


class DualStack(Base):
    """IPv6 in EC2, endpoints of all types, the families of targets, and the settings of DNS64."""

    @classmethod
    def setUpClass(cls):
        vpc = ec2.create_vpc(CidrBlock="127.60.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
        cls.vpc, cls.block = vpc["VpcId"], vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
        cls.net = cls.block.removesuffix("00::/56")
        cls.subnets = [ec2.create_subnet(VpcId=cls.vpc, CidrBlock=f"127.60.{i}.0/24", Ipv6CidrBlock=f"{cls.net}0{i}::/64")["Subnet"]["SubnetId"] for i in (1, 2)]
        cls.group = ec2.create_security_group(GroupName="dns6", Description="dns", VpcId=cls.vpc)["GroupId"]

    @classmethod
    def tearDownClass(cls):
        ec2.delete_security_group(GroupId=cls.group)
        for s in cls.subnets:
            ec2.delete_subnet(SubnetId=s)
        ec2.delete_vpc(VpcId=cls.vpc)

    def endpoint(self, direction, kind, addresses=None, **more):
        e = rslvr.create_resolver_endpoint(
            CreatorRequestId=str(uuid.uuid4()), Direction=direction, SecurityGroupIds=[self.group], ResolverEndpointType=kind,
            IpAddresses=addresses or [{"SubnetId": s} for s in self.subnets], **more)["ResolverEndpoint"]
        self.addCleanup(rslvr.delete_resolver_endpoint, ResolverEndpointId=e["Id"])
        return e

    def addresses(self, endpoint):
        return rslvr.list_resolver_endpoint_ip_addresses(ResolverEndpointId=endpoint["Id"])["IpAddresses"]

    def rule(self, endpoint, *targets):
        r = rslvr.create_resolver_rule(CreatorRequestId=str(uuid.uuid4()), RuleType="FORWARD", DomainName="corp6.internal",
                                       ResolverEndpointId=endpoint["Id"], TargetIps=list(targets))["ResolverRule"]
        self.addCleanup(rslvr.delete_resolver_rule, ResolverRuleId=r["Id"])
        return r

    def test_vpc_shows_ipv6(self):
        vpc = ec2.describe_vpcs(VpcIds=[self.vpc])["Vpcs"][0]
        block = vpc["Ipv6CidrBlockAssociationSet"][0]
        self.assertRegex(block["Ipv6CidrBlock"], r"^fd53:.*00::/56$")
        self.assertRegex(block["AssociationId"], r"^vpc-cidr-assoc-[0-9a-f]{17}$")
        self.assertEqual((block["Ipv6CidrBlockState"]["State"], block["Ipv6Pool"], block["NetworkBorderGroup"]), ("associated", "Amazon", "us-east-1"))
        for name, value in (("ipv6-cidr-block-association.ipv6-cidr-block", self.block), ("ipv6-cidr-block-association.association-id", block["AssociationId"]),
                            ("ipv6-cidr-block-association.state", "associated")):
            self.assertEqual([v["VpcId"] for v in ec2.describe_vpcs(Filters=[{"Name": name, "Values": [value]}, {"Name": "vpc-id", "Values": [self.vpc]}])["Vpcs"]], [self.vpc], name)
        mine = [{"Name": "vpc-id", "Values": [self.vpc]}]
        routes = ec2.describe_route_tables(Filters=mine)["RouteTables"][0]["Routes"]
        self.assertEqual({r.get("DestinationCidrBlock", r.get("DestinationIpv6CidrBlock")) for r in routes}, {"127.60.0.0/16", self.block})
        entries = ec2.describe_network_acls(Filters=mine)["NetworkAcls"][0]["Entries"]
        self.assertEqual({(e["RuleNumber"], e.get("Ipv6CidrBlock")) for e in entries if "Ipv6CidrBlock" in e}, {(101, "::/0"), (32768, "::/0")})
        group = ec2.describe_security_groups(GroupIds=[self.group])["SecurityGroups"][0]
        self.assertEqual([r["CidrIpv6"] for p in group["IpPermissionsEgress"] for r in p["Ipv6Ranges"]], ["::/0"])

    def test_group_rules(self):
        rule = {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "Ipv6Ranges": [{"CidrIpv6": "fd00:99::/48", "Description": "dc"}]}
        made = ec2.authorize_security_group_ingress(GroupId=self.group, IpPermissions=[rule])["SecurityGroupRules"][0]
        self.assertEqual((made["CidrIpv6"], made["IsEgress"]), ("fd00:99::/48", False))
        self.assertEqual(ec2.describe_security_groups(Filters=[{"Name": "ip-permission.ipv6-cidr", "Values": ["fd00:99::/48"]}])["SecurityGroups"][0]["GroupId"], self.group)
        self.refused("InvalidPermission.Duplicate", ec2.authorize_security_group_ingress, GroupId=self.group, IpPermissions=[rule])
        self.refused("InvalidParameterValue", ec2.authorize_security_group_ingress, GroupId=self.group,
                     IpPermissions=[{"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "Ipv6Ranges": [{"CidrIpv6": "10.0.0.0/8"}]}])
        ec2.revoke_security_group_ingress(GroupId=self.group, IpPermissions=[rule])
        self.assertEqual(ec2.describe_security_groups(GroupIds=[self.group])["SecurityGroups"][0]["IpPermissions"], [])

    def test_vpc_blocks_come_and_go(self):
        vpc = ec2.create_vpc(CidrBlock="127.61.0.0/16", Ipv6CidrBlock="2600:1f00:61::/56")["Vpc"]
        self.addCleanup(ec2.delete_vpc, VpcId=vpc["VpcId"])
        self.assertEqual(vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"], "2600:1f00:61::/56")
        more = ec2.associate_vpc_cidr_block(VpcId=vpc["VpcId"], AmazonProvidedIpv6CidrBlock=True)["Ipv6CidrBlockAssociation"]
        self.assertEqual(more["Ipv6CidrBlockState"]["State"], "associating")
        self.refused("InvalidParameterCombination", ec2.create_vpc, CidrBlock="127.62.0.0/16", Ipv6CidrBlock="fd00::/56", AmazonProvidedIpv6CidrBlock=True)
        for bad in ("fd00::/43", "fd00::/61", "fd00::/57", "fe80::/56", "fd00:ec2::/56"):
            self.refused("InvalidVpc.Range", ec2.associate_vpc_cidr_block, f"The CIDR '{bad}' is invalid", VpcId=vpc["VpcId"], Ipv6CidrBlock=bad)
        self.refused("InvalidParameterValue", ec2.associate_vpc_cidr_block, "ipv6CidrBlock", VpcId=vpc["VpcId"], Ipv6CidrBlock="nonsense")
        subnet = ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="127.61.1.0/24", Ipv6CidrBlock=more["Ipv6CidrBlock"].replace("/56", "/64"))["Subnet"]["SubnetId"]
        self.refused("DependencyViolation", ec2.disassociate_vpc_cidr_block, AssociationId=more["AssociationId"])
        # An address of the own VPCs is not public, whatever its range.
        e = self.endpoint("OUTBOUND", "IPV6")
        self.rule(e, {"Ipv6": "2600:1f00:61::53"})
        ec2.delete_subnet(SubnetId=subnet)
        gone = ec2.disassociate_vpc_cidr_block(AssociationId=more["AssociationId"])["Ipv6CidrBlockAssociation"]
        self.assertEqual(gone["Ipv6CidrBlockState"]["State"], "disassociating")

    def test_subnets(self):
        s = ec2.describe_subnets(SubnetIds=self.subnets[:1])["Subnets"][0]
        self.assertEqual((s["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"], s["EnableDns64"], s["Ipv6Native"], s["AssignIpv6AddressOnCreation"]),
                         (f"{self.net}01::/64", False, False, False))
        native = ec2.create_subnet(VpcId=self.vpc, Ipv6Native=True, Ipv6CidrBlock=f"{self.net}64::/64")["Subnet"]
        self.addCleanup(ec2.delete_subnet, SubnetId=native["SubnetId"])
        self.assertEqual((native["Ipv6Native"], native["AssignIpv6AddressOnCreation"], native["AvailableIpAddressCount"]), (True, True, 0))
        self.assertEqual(native["PrivateDnsNameOptionsOnLaunch"]["HostnameType"], "resource-name")
        self.assertNotIn("CidrBlock", native)
        ec2.modify_subnet_attribute(SubnetId=native["SubnetId"], EnableDns64={"Value": True})
        for name, value in (("enable-dns64", "true"), ("ipv6-native", "true"), ("ipv6-cidr-block-association.ipv6-cidr-block", f"{self.net}64::/64")):
            self.assertEqual([n["SubnetId"] for n in ec2.describe_subnets(Filters=[{"Name": name, "Values": [value]}])["Subnets"]], [native["SubnetId"]], name)
        self.refused("InvalidParameterValue", ec2.modify_subnet_attribute, "Invalid value", SubnetId=native["SubnetId"], AssignIpv6AddressOnCreation={"Value": False})
        self.refused("InvalidParameterValue", ec2.modify_subnet_attribute, "Invalid value", SubnetId=native["SubnetId"], MapPublicIpOnLaunch={"Value": True})
        self.refused("MissingParameter", ec2.create_subnet, "ipv6CidrBlock", VpcId=self.vpc, Ipv6Native=True)
        self.refused("InvalidParameterCombination", ec2.create_subnet, VpcId=self.vpc, Ipv6Native=True, CidrBlock="127.60.9.0/24", Ipv6CidrBlock=f"{self.net}65::/64")
        self.refused("InvalidSubnet.Conflict", ec2.create_subnet, VpcId=self.vpc, Ipv6Native=True, Ipv6CidrBlock=f"{self.net}64::/64")
        self.refused("InvalidSubnet.Range", ec2.create_subnet, VpcId=self.vpc, Ipv6Native=True, Ipv6CidrBlock=f"{self.net}65::/65")

    def test_subnet_block_comes_and_goes(self):
        subnet = ec2.create_subnet(VpcId=self.vpc, CidrBlock="127.60.7.0/24")["Subnet"]["SubnetId"]
        self.addCleanup(ec2.delete_subnet, SubnetId=subnet)
        self.refused("InvalidParameterValue", ec2.modify_subnet_attribute, "Subnet must have an IPv6 CIDR block", SubnetId=subnet, AssignIpv6AddressOnCreation={"Value": True})
        a = ec2.associate_subnet_cidr_block(SubnetId=subnet, Ipv6CidrBlock=f"{self.net}07::/64")["Ipv6CidrBlockAssociation"]
        self.assertRegex(a["AssociationId"], r"^subnet-cidr-assoc-[0-9a-f]{17}$")
        ec2.modify_subnet_attribute(SubnetId=subnet, AssignIpv6AddressOnCreation={"Value": True})
        self.assertTrue(ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["AssignIpv6AddressOnCreation"])
        self.assertEqual(ec2.disassociate_subnet_cidr_block(AssociationId=a["AssociationId"])["Ipv6CidrBlockAssociation"]["Ipv6CidrBlockState"]["State"], "disassociating")
        s = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]
        self.assertEqual((s["Ipv6CidrBlockAssociationSet"], s["AssignIpv6AddressOnCreation"]), ([], False))
        self.refused("InvalidSubnetCidrBlockAssociationID.NotFound", ec2.disassociate_subnet_cidr_block, AssociationId=a["AssociationId"])

    def test_endpoint_types(self):
        wish = [{"SubnetId": self.subnets[0], "Ip": "127.60.1.53", "Ipv6": f"{self.net}01::53"}, {"SubnetId": self.subnets[1]}]
        dual = self.endpoint("INBOUND", "DUALSTACK", wish, Dns64Enabled=True)
        self.assertEqual((dual["ResolverEndpointType"], dual["IpAddressCount"], dual["Dns64Enabled"]), ("DUALSTACK", 2, True))
        first, second = self.addresses(dual)
        self.assertEqual((first["Ip"], first["Ipv6"]), ("127.60.1.53", f"{self.net}01::53"))
        self.assertTrue(second["Ip"] and second["Ipv6"].startswith(f"{self.net}02::"))
        enis = ec2.describe_network_interfaces(Filters=[{"Name": "ipv6-addresses.ipv6-address", "Values": [first["Ipv6"]]}])["NetworkInterfaces"]
        self.assertEqual([(e["Ipv6Addresses"], e["PrivateIpAddress"]) for e in enis], [([{"Ipv6Address": first["Ipv6"]}], "127.60.1.53")])
        self.refused("InvalidRequestException", rslvr.update_resolver_endpoint, "from DUALSTACK to IPV6", ResolverEndpointId=dual["Id"], ResolverEndpointType="IPV6")
        narrow = rslvr.update_resolver_endpoint(ResolverEndpointId=dual["Id"], ResolverEndpointType="IPV4")["ResolverEndpoint"]
        self.assertEqual((narrow["Status"], narrow["ResolverEndpointType"]), ("UPDATING", "IPV4"))
        self.assertEqual(["Ipv6" in a for a in self.addresses(dual)], [False, False])
        rslvr.update_resolver_endpoint(ResolverEndpointId=dual["Id"], ResolverEndpointType="DUALSTACK",
                                       UpdateIpAddresses=[{"IpId": second["IpId"], "Ipv6": f"{self.net}02::99"}])
        self.assertEqual(self.addresses(dual)[1]["Ipv6"], f"{self.net}02::99")
        six = self.endpoint("OUTBOUND", "IPV6", [{"SubnetId": self.subnets[0], "Ipv6": f"{self.net}01::10"}, {"SubnetId": self.subnets[1]}])
        self.assertEqual(["Ip" in a for a in self.addresses(six)], [False, False])
        for to in ("IPV4", "DUALSTACK"):
            self.refused("InvalidRequestException", rslvr.update_resolver_endpoint, f"from IPV6 to {to}", ResolverEndpointId=six["Id"], ResolverEndpointType=to)
        last = f"{self.net}01:ffff:ffff:ffff:ffff"
        for bad in (f"{self.net}01::3", last, "fd00::1"):
            self.refused("InvalidParameterException", rslvr.associate_resolver_endpoint_ip_address, "RSLVR-00405", ResolverEndpointId=six["Id"],
                         IpAddress={"SubnetId": self.subnets[0], "Ipv6": bad})
        self.refused("InvalidParameterException", rslvr.associate_resolver_endpoint_ip_address, "does not fit", ResolverEndpointId=six["Id"],
                     IpAddress={"SubnetId": self.subnets[0], "Ip": "127.60.1.11"})

    def test_targets(self):
        dual, six = self.endpoint("OUTBOUND", "DUALSTACK"), self.endpoint("OUTBOUND", "IPV6")
        four = self.endpoint("OUTBOUND", "IPV4")
        r = self.rule(dual, {"Ipv6": "fd00:99::53"}, {"Ipv6": "fd00:0099::0054", "Port": 5353})
        self.assertEqual([(t["Ipv6"], t["Port"], "Ip" in t) for t in r["TargetIps"]], [("fd00:99::53", 53, False), ("fd00:99::54", 5353, False)])
        self.rule(six, {"Ipv6": "fd00:99::53"})
        self.rule(dual, {"Ip": "10.99.0.53"})
        new = lambda e, *targets: lambda: self.rule(e, *targets)
        self.refused("InvalidRequestException", new(six, {"Ip": "10.99.0.53"}), "of type IPV6")
        self.refused("InvalidRequestException", new(four, {"Ipv6": "fd00:99::53"}), "of type IPV4")
        self.refused("InvalidParameterException", new(dual, {"Ipv6": "fd00:99::53"}, {"Ip": "10.99.0.53"}), "all IPv4 or all IPv6")
        self.refused("InvalidParameterException", new(dual, {"Ip": "10.99.0.53", "Ipv6": "fd00:99::53"}), "either an IPv4 or an IPv6")
        self.refused("InvalidParameterException", new(dual, {"Ipv6": "fe80::1"}), "Invalid IP address")
        self.refused("InvalidRequestException", rslvr.update_resolver_endpoint, "of type IPV4", ResolverEndpointId=dual["Id"], ResolverEndpointType="IPV4")
        self.refused("InvalidRequestException", rslvr.update_resolver_rule, "of type IPV4", ResolverRuleId=r["Id"], Config={"ResolverEndpointId": four["Id"]})
        self.refused("InvalidRequestException", new(dual, {"Ipv6": "2620:fe::fe"}), "Ipv6InternetAccessEnabled")
        rslvr.update_resolver_endpoint(ResolverEndpointId=dual["Id"], Ipv6InternetAccessEnabled=True)
        self.rule(dual, {"Ipv6": "2620:fe::fe"})
        self.refused("InvalidRequestException", rslvr.update_resolver_endpoint, "2620:fe::fe", ResolverEndpointId=dual["Id"], Ipv6InternetAccessEnabled=False)

    def test_dns64_tags(self):
        prefix, exclude = "bridge53:dns64-prefix", "bridge53:dns64-exclude"
        for place in (self.vpc, self.subnets[0]):
            ec2.create_tags(Resources=[place], Tags=[{"Key": prefix, "Value": "2001:db8:64::/96"}, {"Key": exclude, "Value": "::ffff:0:0/96 2001:db8::/32"}])
            self.refused("InvalidParameterValue", ec2.create_tags, "Value .2001:db8::/95. for the tag bridge53:dns64-prefix is invalid", Resources=[place],
                         Tags=[{"Key": prefix, "Value": "2001:db8::/95"}])
            ec2.delete_tags(Resources=[place], Tags=[{"Key": prefix}, {"Key": exclude}])
        self.refused("InvalidParameterValue", ec2.create_vpc, "bridge53:nat64", CidrBlock="10.64.0.0/16",
                     TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "bridge53:nat64", "Value": "everything"}]}])
        self.refused("InvalidParameterValue", ec2.create_subnet, "Bits 64 to 71", VpcId=self.vpc, CidrBlock="127.60.8.0/24",
                     TagSpecifications=[{"ResourceType": "subnet", "Tags": [{"Key": prefix, "Value": "2001:db8:0:0:100::/96"}]}])


if __name__ == "__main__":
    unittest.main()
