# SPDX-License-Identifier: Apache-2.0
"""Two accounts with keys of their own share a forwarding rule and a private zone without Profiles; DNS follows every step."""
import json
import os
import socket
import struct
import subprocess
import threading
import time
import unittest
import uuid

import boto3
import botocore.exceptions

URL, DNS_PORT = os.environ["B53_URL"], os.environ["B53_DNS_PORT"]
OWNER, OTHER = os.environ["B53_ACCOUNT"], os.environ["B53_OTHER_ACCOUNT"]
REGION = "us-east-1"
OTHER_KEY = dict(aws_access_key_id=os.environ["B53_OTHER_KEY"], aws_secret_access_key=os.environ["B53_OTHER_SECRET"])
RULE_ACTIONS = [f"route53resolver:{a}" for a in ("GetResolverRule", "AssociateResolverRule", "DisassociateResolverRule", "ListResolverRules",
                                                  "ListResolverRuleAssociations")]


def clients(**key):
    return {s: boto3.client(s, endpoint_url=URL, **key) for s in ("ec2", "route53", "route53resolver")}


owner, other = clients(), clients(**OTHER_KEY)


def dig(name, source):
    """The addresses that an instance with that address gets."""
    out = subprocess.run(["dig", "-b", source, "@127.10.0.2", "-p", DNS_PORT, name, "A", "+short", "+tries=1", "+time=2"], capture_output=True, text=True).stdout
    return [line for line in out.split("\n") if line and not line.startswith(";")]


class DataCenter(threading.Thread):
    """A name server that answers every question for A with 192.0.2.80."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.port = self.socket.getsockname()[1]

    def run(self):
        while True:
            try:
                query, peer = self.socket.recvfrom(4096)
            except OSError:
                return
            end = query.index(b"\0", 12) + 5
            answer = b"\xc0\x0c" + struct.pack(">HHIH4s", 1, 1, 1, 4, socket.inet_aton("192.0.2.80"))
            self.socket.sendto(query[:2] + b"\x85\x80\0\1\0\1\0\0\0\0" + query[12:end] + answer, peer)


class Base(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.vpc, cls.other_vpc = cls.network(owner, "127.31.0.0/16"), cls.network(other, "127.32.0.0/16")

    @classmethod
    def tearDownClass(cls):
        owner["ec2"].delete_vpc(VpcId=cls.vpc)
        other["ec2"].delete_vpc(VpcId=cls.other_vpc)

    @staticmethod
    def network(who, cidr):
        vpc = who["ec2"].create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
        who["ec2"].modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
        return vpc

    def refused(self, code, call, pattern=None, status=None, **params):
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            call(**params)
        error = caught.exception.response["Error"]
        self.assertEqual(error["Code"], code, error.get("Message"))
        if pattern:
            self.assertRegex(error["Message"], pattern)
        if status:
            self.assertEqual(caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], status)

    def settles(self, wanted, name, source):
        deadline = time.monotonic() + 5
        while (got := dig(name, source)) != wanted and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(got, wanted)


class Rule(Base):
    """A forwarding rule of the owner, used by the other account through the owner's endpoint."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.center = DataCenter("127.20.0.77")
        cls.center.start()
        ec2, rslvr = owner["ec2"], owner["route53resolver"]
        cls.subnets = [ec2.create_subnet(VpcId=cls.vpc, CidrBlock=f"127.31.{i}.0/24", AvailabilityZone=f"us-east-1{z}")["Subnet"]["SubnetId"] for i, z in ((1, "a"), (2, "b"))]
        cls.group = ec2.create_security_group(GroupName="dns", Description="dns", VpcId=cls.vpc)["GroupId"]
        cls.endpoint = rslvr.create_resolver_endpoint(CreatorRequestId=str(uuid.uuid4()), Direction="OUTBOUND", SecurityGroupIds=[cls.group],
                                                      IpAddresses=[{"SubnetId": s} for s in cls.subnets])["ResolverEndpoint"]["Id"]

    @classmethod
    def tearDownClass(cls):
        owner["route53resolver"].delete_resolver_endpoint(ResolverEndpointId=cls.endpoint)
        owner["ec2"].delete_security_group(GroupId=cls.group)
        for s in cls.subnets:
            owner["ec2"].delete_subnet(SubnetId=s)
        cls.center.socket.close()
        super().tearDownClass()

    def setUp(self):
        self.rule = owner["route53resolver"].create_resolver_rule(
            CreatorRequestId=str(uuid.uuid4()), RuleType="FORWARD", DomainName="corp.internal", Name="corp", ResolverEndpointId=self.endpoint,
            TargetIps=[{"Ip": "127.20.0.77", "Port": self.center.port}])["ResolverRule"]

    def tearDown(self):
        self.share([])
        owner["route53resolver"].delete_resolver_rule(ResolverRuleId=self.rule["Id"])

    def share(self, accounts, actions=RULE_ACTIONS):
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": accounts}, "Action": actions, "Resource": self.rule["Arn"]}]}
        owner["route53resolver"].put_resolver_rule_policy(Arn=self.rule["Arn"], ResolverRulePolicy=json.dumps(policy) if accounts else "")

    def test_share_use_and_unshare(self):
        mine, theirs, rule = owner["route53resolver"], other["route53resolver"], self.rule["Id"]
        nothing = dict(code="ResourceNotFoundException", pattern=r"\[RSLVR-00703\] Resolver rule with ID", ResolverRuleId=rule)
        self.refused(call=theirs.get_resolver_rule, **nothing)
        self.refused(call=theirs.associate_resolver_rule, VPCId=self.other_vpc, **nothing)
        self.assertEqual([r["Id"] for r in theirs.list_resolver_rules()["ResolverRules"]], ["rslvr-autodefined-rr-internet-resolver"])
        self.share([OTHER])
        seen = theirs.get_resolver_rule(ResolverRuleId=rule)["ResolverRule"]
        self.assertEqual((seen["ShareStatus"], seen["OwnerId"]), ("SHARED_WITH_ME", OWNER))
        self.assertEqual(mine.get_resolver_rule(ResolverRuleId=rule)["ResolverRule"]["ShareStatus"], "SHARED_BY_ME")
        self.assertIn(rule, [r["Id"] for r in theirs.list_resolver_rules()["ResolverRules"]])
        self.refused("AccessDeniedException", theirs.update_resolver_rule, "is not authorized to perform: route53resolver:UpdateResolverRule", ResolverRuleId=rule, Config={"Name": "x"})
        self.refused("AccessDeniedException", theirs.delete_resolver_rule, "route53resolver:DeleteResolverRule", ResolverRuleId=rule)
        self.refused("InvalidParameterException", theirs.tag_resource, r"\[RSLVR-00907\]", ResourceArn=self.rule["Arn"], Tags=[{"Key": "a", "Value": "b"}])
        self.refused("ResourceNotFoundException", theirs.associate_resolver_rule, "does not exist", ResolverRuleId=rule, VPCId=self.vpc)
        self.refused("ResourceNotFoundException", mine.associate_resolver_rule, "does not exist", ResolverRuleId=rule, VPCId=self.other_vpc)
        self.assertEqual(dig("www.corp.internal", "127.32.1.7"), [])
        theirs.associate_resolver_rule(ResolverRuleId=rule, VPCId=self.other_vpc)
        self.settles(["192.0.2.80"], "app.corp.internal", "127.32.1.7")
        self.assertEqual(dig("app.corp.internal", "127.31.1.7"), [])
        own = [a for a in mine.list_resolver_rule_associations()["ResolverRuleAssociations"] if a["ResolverRuleId"] == rule]
        self.assertEqual(own, [])
        self.refused("ResourceInUseException", mine.delete_resolver_rule, None, ResolverRuleId=rule)
        self.share([])
        self.assertEqual(dig("app.corp.internal", "127.32.1.7"), [])
        self.assertEqual([a for a in theirs.list_resolver_rule_associations()["ResolverRuleAssociations"] if a["ResolverRuleId"] == rule], [])
        self.refused(call=theirs.get_resolver_rule, **nothing)

    def test_disassociate(self):
        theirs, rule = other["route53resolver"], self.rule["Id"]
        self.share([f"arn:aws:iam::{OTHER}:root"])
        theirs.associate_resolver_rule(ResolverRuleId=rule, VPCId=self.other_vpc)
        self.settles(["192.0.2.80"], "app.corp.internal", "127.32.1.7")
        theirs.disassociate_resolver_rule(ResolverRuleId=rule, VPCId=self.other_vpc)
        self.assertEqual(dig("app.corp.internal", "127.32.1.7"), [])

    def test_bad_policies(self):
        put = owner["route53resolver"].put_resolver_rule_policy
        for text in ("{}", "no json", '{"Statement":{"Effect":"Allow","Principal":"*","Action":"route53resolver:GetResolverRule","Resource":"%s"}}' % self.rule["Arn"]):
            self.refused("InvalidPolicyDocument", put, None, Arn=self.rule["Arn"], ResolverRulePolicy=text)
        self.refused("UnknownResourceException", other["route53resolver"].put_resolver_rule_policy, None, Arn=self.rule["Arn"], ResolverRulePolicy="{}")


class Zone(Base):
    """A private zone of the owner, used by the other account's VPC."""

    def setUp(self):
        self.where, self.other_where = ({"VPCRegion": REGION, "VPCId": v} for v in (self.vpc, self.other_vpc))
        made = owner["route53"].create_hosted_zone(Name="aws.example100.internal", CallerReference=str(uuid.uuid4()), VPC=self.where)
        self.zone = made["HostedZone"]["Id"].rsplit("/", 1)[1]
        self.record("CREATE")

    def tearDown(self):
        self.record("DELETE")
        owner["route53"].delete_hosted_zone(Id=self.zone)

    def record(self, action):
        owner["route53"].change_resource_record_sets(HostedZoneId=self.zone, ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": {
            "Name": "app.aws.example100.internal", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.81"}]}}]})

    def ids(self):
        page = other["route53"].list_hosted_zones_by_vpc(VPCId=self.other_vpc, VPCRegion=REGION)
        return [(z["HostedZoneId"], z["Owner"]["OwningAccount"]) for z in page["HostedZoneSummaries"]]

    def test_flow(self):
        mine, theirs, name = owner["route53"], other["route53"], "app.aws.example100.internal"
        pair = dict(HostedZoneId=self.zone, VPC=self.other_where)
        self.refused("NotAuthorizedException", theirs.associate_vpc_with_hosted_zone, f"The VPC: {self.other_vpc} has not authorized", 401, **pair)
        self.refused("NoSuchHostedZone", theirs.create_vpc_association_authorization, self.zone, 404, **pair)
        made = mine.create_vpc_association_authorization(**pair)
        self.assertEqual((made["HostedZoneId"], made["VPC"]), (self.zone, self.other_where))
        listed = mine.list_vpc_association_authorizations(HostedZoneId=self.zone)
        self.assertEqual((listed["HostedZoneId"], listed["VPCs"]), (self.zone, [self.other_where]))
        self.refused("InvalidVPCId", mine.associate_vpc_with_hosted_zone, "The VPC ID is invalid.", 400, **pair)
        self.assertEqual(dig(name, "127.32.1.7"), [])
        change = theirs.associate_vpc_with_hosted_zone(**pair)["ChangeInfo"]
        self.assertEqual(dig(name, "127.32.1.7"), ["192.0.2.81"])
        self.assertEqual(theirs.get_change(Id=change["Id"])["ChangeInfo"]["Status"], "INSYNC")
        self.refused("AccessDenied", mine.get_change, None, 403, Id=change["Id"])
        self.refused("ConflictingDomainExists", theirs.associate_vpc_with_hosted_zone, "has already been associated", 400, **pair)
        self.refused("NoSuchHostedZone", theirs.get_hosted_zone, f"No hosted zone found with ID: {self.zone}", 404, Id=self.zone)
        self.refused("NoSuchHostedZone", theirs.list_resource_record_sets, None, 404, HostedZoneId=self.zone)
        self.assertEqual(self.ids(), [(self.zone, OWNER)])
        self.assertEqual(theirs.list_hosted_zones()["HostedZones"], [])
        self.assertIn(self.other_where, mine.get_hosted_zone(Id=self.zone)["VPCs"])
        mine.delete_vpc_association_authorization(**pair)
        self.refused("VPCAssociationAuthorizationNotFound", mine.delete_vpc_association_authorization, None, 404, **pair)
        self.assertEqual(dig(name, "127.32.1.7"), ["192.0.2.81"])
        theirs.disassociate_vpc_from_hosted_zone(**pair)
        self.assertEqual(dig(name, "127.32.1.7"), [])
        self.refused("NotAuthorizedException", theirs.associate_vpc_with_hosted_zone, None, 401, **pair)

    def test_owner_ends_it(self):
        pair = dict(HostedZoneId=self.zone, VPC=self.other_where)
        owner["route53"].create_vpc_association_authorization(**pair)
        other["route53"].associate_vpc_with_hosted_zone(**pair)
        self.assertEqual(dig("app.aws.example100.internal", "127.32.1.7"), ["192.0.2.81"])
        owner["route53"].disassociate_vpc_from_hosted_zone(**pair)
        self.assertEqual(dig("app.aws.example100.internal", "127.32.1.7"), [])
        self.assertEqual(self.ids(), [])

    def test_errors(self):
        create = owner["route53"].create_vpc_association_authorization
        self.refused("InvalidVPCId", create, "The VPC ID is invalid.", 400, HostedZoneId=self.zone, VPC={"VPCRegion": REGION, "VPCId": "vpc-x"})
        self.refused("NoSuchHostedZone", create, None, 404, HostedZoneId="Z1", VPC=self.other_where)
        self.refused("NoSuchHostedZone", owner["route53"].list_vpc_association_authorizations, None, 404, HostedZoneId="Z1")
        self.refused("InvalidPaginationToken", owner["route53"].list_vpc_association_authorizations, None, 400, HostedZoneId=self.zone, NextToken="x")


if __name__ == "__main__":
    unittest.main()
