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


if __name__ == "__main__":
    unittest.main()
