# SPDX-License-Identifier: Apache-2.0
"""Nobody reads, infers or changes what is neither theirs nor shared with them: every operation of the rows that names something, asked by its owner,
by two accounts with which some of it is shared (reader and admin), and by a stranger.

Each operation has a template of its input, made from the members of its skeleton: NAMES says which members name something ("<zone>": the zone of the
caller). One name at a time then becomes the owner's, and beside it the name of something that does not exist; the two answers must be equal word for
word, unless the thing is shared and the permission has the action. A member that nobody has described fails the test: describe it here."""
import json
import re
import unittest
import uuid

import worlds
from worlds import MARK, REGION

# Members that name things, and what they name.
NAMES = {
    "VpcId": "vpc", "VPCId": "vpc", "VpcIds": "vpc", "SubnetId": "subnet", "SubnetIds": "subnet", "GroupId": "group", "GroupIds": "group", "SecurityGroupIds": "group",
    "NetworkInterfaceIds": "interface", "SecurityGroupRuleId": "group_rule", "SecurityGroupRuleIds": "group_rule", "RouteTableIds": "route_table",
    "NetworkAclIds": "network_acl", "DhcpOptionsIds": "dhcp_options", "Resources": "vpc", "ResolverEndpointId": "endpoint", "ResolverRuleId": "rule",
    "ResolverRuleAssociationId": "rule_association", "IpId": "endpoint_ip", "HostedZoneId": "zone", "StackName": "stack", "Arn": "rule_arn", "ResourceArn": "rule_arn",
    "CallerReference": "reference",
}
# Members that name nothing, as far as a call needs them.
PLAIN = {
    "Name": "x.internal", "VPCRegion": REGION, "GroupName": "g", "Description": "d", "Key": "k", "Value": "v", "Comment": "c",
}
VPC = {"VPCId": "<vpc>", "VPCRegion": REGION}
TAGS = [{"Key": "k", "Value": "v"}]
PERMISSION = [{"IpProtocol": "tcp", "FromPort": 53, "ToPort": 53, "UserIdGroupPairs": [{"GroupId": "<group>"}]}]
RULE_POLICY = '{"Statement":{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"route53resolver:GetResolverRule","Resource":"<rule_arn>"}}'
# Where the members do not say enough: the whole input, or several of them.
INPUTS = {
    "bridge53 Explain": {"VpcId": "<vpc>", "Name": f"www.{MARK}.internal"},
    "bridge53 Check": [{}, {"VpcId": "<vpc>"}],
    "bridge53 PutStack": {"StackName": "<stack>", "Body": "{}"},
    "ec2 CreateVpc": {"CidrBlock": "127.98.0.0/28"},
    "ec2 DescribeVpcAttribute": {"VpcId": "<vpc>", "Attribute": "enableDnsSupport"},
    "ec2 ModifyVpcAttribute": {"VpcId": "<vpc>", "EnableDnsSupport": True},
    "ec2 AssociateVpcCidrBlock": {"VpcId": "<vpc>", "CidrBlock": "127.98.1.0/28"},
    "ec2 DisassociateVpcCidrBlock": {"AssociationId": "<vpc_cidr>"},
    "ec2 CreateSubnet": {"VpcId": "<vpc>", "CidrBlock": "<net>.32/28"},
    "ec2 ModifySubnetAttribute": {"SubnetId": "<subnet>", "EnableDns64": True},
    "ec2 AssociateSubnetCidrBlock": {"SubnetId": "<subnet_b>", "Ipv6CidrBlock": "<six>"},
    "ec2 DisassociateSubnetCidrBlock": {"AssociationId": "<subnet_cidr>"},
    "ec2 CreateSecurityGroup": {"VpcId": "<vpc>", "GroupName": "g", "Description": "d"},
    "ec2 AuthorizeSecurityGroupIngress": {"GroupId": "<group>", "IpPermissions": PERMISSION},
    "ec2 AuthorizeSecurityGroupEgress": {"GroupId": "<group>", "IpPermissions": PERMISSION},
    "ec2 RevokeSecurityGroupIngress": {"GroupId": "<group>", "SecurityGroupRuleIds": ["<group_rule>"]},
    "ec2 RevokeSecurityGroupEgress": {"GroupId": "<group>", "IpPermissions": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]},
    "ec2 ModifySecurityGroupRules": {"GroupId": "<group>", "SecurityGroupRules": [
        {"SecurityGroupRuleId": "<group_rule>", "SecurityGroupRule": {"IpProtocol": "udp", "FromPort": 53, "ToPort": 54, "CidrIpv4": "10.0.0.0/8"}}]},
    "ec2 DescribeSecurityGroups": [{}, {"GroupIds": ["<group>"]}],
    "ec2 DeleteSecurityGroup": {"GroupId": "<group>"},
    "ec2 CreateTags": [{"Resources": [f"<{r}>"], "Tags": TAGS} for r in ("vpc", "subnet", "group", "group_rule", "interface")],
    "ec2 DeleteTags": [{"Resources": [f"<{r}>"], "Tags": [{"Key": "Name"}]} for r in ("vpc", "subnet")],
    "ec2 DescribeTags": [{}, {"Filters": [{"Name": "resource-id", "Values": ["<vpc>"]}]}],
    "ec2 DescribeNetworkInterfaces": [{}, {"NetworkInterfaceIds": ["<interface>"]}, {"Filters": [{"Name": "vpc-id", "Values": ["<vpc>"]}]}],
    "ec2 DescribeSubnets": [{}, {"SubnetIds": ["<subnet>"]}, {"Filters": [{"Name": "vpc-id", "Values": ["<vpc>"]}]}],
    "ec2 DescribeSecurityGroupRules": [{}, {"SecurityGroupRuleIds": ["<group_rule>"]}, {"Filters": [{"Name": "group-id", "Values": ["<group>"]}]}],
    "route53 CreateHostedZone": {"Name": "<new>.internal", "VPC": VPC, "CallerReference": "<reference>"},
    "route53 GetHostedZone": {"Id": "<zone>"},
    "route53 UpdateHostedZoneComment": {"Id": "<zone>", "Comment": "c"},
    "route53 DeleteHostedZone": {"Id": "<zone>"},
    "route53 ListHostedZones": {},
    "route53 ListHostedZonesByName": [{}, {"DNSName": f"{MARK}.internal", "HostedZoneId": "<zone>"}],
    "route53 GetHostedZoneLimit": {"Type": "MAX_RRSETS_BY_ZONE", "HostedZoneId": "<zone>"},
    "route53 GetAccountLimit": {"Type": "MAX_HOSTED_ZONES_BY_OWNER"},
    "route53 AssociateVPCWithHostedZone": {"HostedZoneId": "<zone>", "VPC": VPC},
    "route53 DisassociateVPCFromHostedZone": {"HostedZoneId": "<zone>", "VPC": VPC},
    "route53 CreateVPCAssociationAuthorization": {"HostedZoneId": "<zone>", "VPC": VPC},
    "route53 DeleteVPCAssociationAuthorization": {"HostedZoneId": "<zone>", "VPC": {"VPCId": "<authorized_vpc>", "VPCRegion": REGION}},
    "route53 ChangeResourceRecordSets": [{"HostedZoneId": "<zone>", "ChangeBatch": {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": {"Name": f"x.{MARK}.internal", "Type": "A", **r}}]}} for r in (
        {"TTL": 1, "ResourceRecords": [{"Value": "10.0.0.1"}]},
        {"AliasTarget": {"HostedZoneId": "<zone>", "DNSName": f"{MARK}.internal", "EvaluateTargetHealth": False}})],
    "route53 ListResourceRecordSets": {"HostedZoneId": "<zone>"},
    "route53 GetChange": {"Id": "<change>"},
    "route53 ChangeTagsForResource": {"ResourceType": "hostedzone", "ResourceId": "<zone>", "AddTags": TAGS},
    "route53 ListTagsForResource": {"ResourceType": "hostedzone", "ResourceId": "<zone>"},
    "route53 ListTagsForResources": {"ResourceType": "hostedzone", "ResourceIds": ["<zone>"]},
    "route53resolver CreateResolverEndpoint": {"CreatorRequestId": "<endpoint_creator>", "Direction": "OUTBOUND", "SecurityGroupIds": ["<group>"],
                                               "IpAddresses": [{"SubnetId": "<subnet>"}, {"SubnetId": "<subnet_b>"}]},
    "route53resolver UpdateResolverEndpoint": {"ResolverEndpointId": "<endpoint>", "Name": "n"},
    "route53resolver AssociateResolverEndpointIpAddress": {"ResolverEndpointId": "<endpoint>", "IpAddress": {"SubnetId": "<subnet>"}},
    "route53resolver DisassociateResolverEndpointIpAddress": {"ResolverEndpointId": "<endpoint>", "IpAddress": {"IpId": "<endpoint_ip>"}},
    "route53resolver CreateResolverRule": {"CreatorRequestId": "<rule_creator>", "RuleType": "FORWARD", "DomainName": "<new>.internal", "TargetIps": [{"Ip": "10.0.0.1"}],
                                           "ResolverEndpointId": "<endpoint>"},
    "route53resolver UpdateResolverRule": [{"ResolverRuleId": "<rule>", "Config": {"Name": "n"}}, {"ResolverRuleId": "<rule>", "Config": {"ResolverEndpointId": "<endpoint>"}}],
    "route53resolver PutResolverRulePolicy": {"Arn": "<rule_arn>", "ResolverRulePolicy": RULE_POLICY},
    "route53resolver AssociateResolverRule": {"ResolverRuleId": "<rule>", "VPCId": "<vpc>"},
    "route53resolver ListResolverRules": [{}, {"Filters": [{"Name": "ResolverEndpointId", "Values": ["<endpoint>"]}]}],
    "route53resolver ListResolverRuleAssociations": [{}, {"Filters": [{"Name": "VPCId", "Values": ["<vpc>"]}]}, {"Filters": [{"Name": "ResolverRuleId", "Values": ["<rule>"]}]}],
    "route53resolver GetResolverConfig": {"ResourceId": "<vpc>"},
    "route53resolver UpdateResolverConfig": {"ResourceId": "<vpc>", "AutodefinedReverseFlag": "DISABLE"},
    "route53resolver TagResource": [{"ResourceArn": f"<{r}>", "Tags": TAGS} for r in ("rule_arn", "endpoint_arn")],
    "route53resolver UntagResource": [{"ResourceArn": f"<{r}>", "TagKeys": ["k"]} for r in ("rule_arn", "endpoint_arn")],
    "route53resolver ListTagsForResource": [{"ResourceArn": f"<{r}>"} for r in ("rule_arn", "endpoint_arn")],
}
# Names that a call may use although they are not the caller's, because that says nothing of them; and those that the owner's call does not look at.
BLIND = {
    "route53 CreateVPCAssociationAuthorization vpc": "any VPC id may be authorized; its owner decides",
    "route53 ListHostedZonesByName zone": "a place to start at, not a zone to show",
    "bridge53 PutStack stack": "a stack is written whether there is one or not",
}
RULE_ACTIONS = {f"route53resolver:{a}" for a in ("GetResolverRule", "AssociateResolverRule", "DisassociateResolverRule", "ListResolverRules", "ListResolverRuleAssociations")}
ONCE = ("endpoint_creator", "rule_creator", "reference")  # texts that an account may use for one thing only
READS = ("Get", "List", "Describe", "Explain", "Check")


def names_of(template):
    """What a template names, each once."""
    return list(dict.fromkeys(re.findall(r"<(\w+)>", json.dumps(template))))


def fill(template, values):
    return json.loads(re.sub(r"<(\w+)>", lambda m: values[m.group(1)], json.dumps(template)))


def unlike(name):
    """A name of the same form that names nothing: the last run of letters and digits, each moved on by one among its like."""
    def turn(match):
        rings = ("0123456789", "abcdef", "ghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        # The first letter of an id says its kind.
        return "".join(c if i == 0 and c.isupper() else next(r[(r.index(c) + 1) % len(r)] for r in rings if c in r) for i, c in enumerate(match.group()))
    return re.sub(r"[0-9A-Za-z]+$", turn, name)


def auto(service, operation):
    """The input of an operation that needs no words: the members that name something, and those that are required."""
    def build(shape):
        made = {}
        for member, value in shape.items():
            first = value[0] if isinstance(value, list) else value
            if member in NAMES and not isinstance(first, dict):
                made[member] = [f"<{NAMES[member]}>"] if isinstance(value, list) else f"<{NAMES[member]}>"
            elif value == "(required)":
                if member not in PLAIN:
                    raise AssertionError(f"{service} {operation}: what is {member}? See NAMES, PLAIN and INPUTS.")
                made[member] = PLAIN[member]
        return made
    return build(worlds.skeleton(service, operation))


class Case:
    """One input of one operation."""

    def __init__(self, service, operation, template):
        self.service, self.operation, self.template = service, operation, template
        self.names = [n for n in names_of(template) if n not in ("net", "six", "new")]
        self.reads = operation.startswith(READS)

    def __str__(self):
        return f"{self.service} {self.operation}"

    @property
    def action(self):
        return f"{self.service}:{self.operation}"

    def ask(self, caller, **others):
        """The call with the caller's own names, but for those given. Texts that only the caller may use once are new each time."""
        values = {**caller.own, "net": worlds.block(caller.number), **{n: f"{n}-{uuid.uuid4()}" for n in (*ONCE, "new")}}
        return caller.ask(self.service, self.operation, **fill(self.template, {**values, **others}))


def cases():
    made = []
    for service in worlds.services():
        for operation in worlds.operations(service):
            inputs = INPUTS.get(f"{service} {operation}")
            for template in (inputs if isinstance(inputs, list) else [auto(service, operation) if inputs is None else inputs]):
                made.append(Case(service, operation, template))
    return made


def plain(answer, *ids):
    """The answer without the ids, and without what is new in each answer."""
    text = str(answer)
    for i in sorted(ids, key=len, reverse=True):
        text = text.replace(i, "ID")
    text = re.sub(r"\b1-[0-9a-f]{8}-[0-9a-f]{24}\b|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\d{4}-\d\d-\d\dT[\d:.]+Z", "NEW", text)
    if answer.output is not None:
        text = re.sub(r"(?<=-)[0-9a-f]{8,17}\b|\b[ZC][0-9A-Z]{16,31}\b|\b[0-9a-f]{1,2}(:[0-9a-f]{2}){5}\b", "NEW", text)
    return text


class Permissions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cases = cases()
        cls.owner, cls.reader, cls.admin, cls.stranger = (worlds.world(n) for n in ("owner", "reader", "admin", "stranger"))
        cls.shared = cls.share(cls.owner, cls.reader, cls.admin)

    @classmethod
    def share(cls, owner, reader, admin):
        """Shares what can be shared. What each account may do with it: {account: {name: actions}}."""
        policy = {"Statement": {"Effect": "Allow", "Principal": {"AWS": [reader.id, admin.id]}, "Action": sorted(RULE_ACTIONS), "Resource": owner.own["rule_arn"]}}
        owner.must("route53resolver", "PutResolverRulePolicy", Arn=owner.own["rule_arn"], ResolverRulePolicy=json.dumps(policy))
        # A rule tells which endpoint it uses.
        grants = {"rule": RULE_ACTIONS, "rule_arn": RULE_ACTIONS, "endpoint": {"route53resolver:ListResolverRules"}}
        return {reader: grants, admin: grants}

    def pair(self, case, caller, names):
        """The answers for the owner's names, and for such that do not exist."""
        real = {n: self.owner.own[n] for n in names}
        none = {n: unlike(v) for n, v in real.items()}
        return (case.ask(caller, **real), case.ask(caller, **none), [*real.values(), *none.values()])

    def choices(self, case):
        """Which names of a case become the owner's: each by itself, and all of them."""
        lasting = [n for n in case.names if n not in ONCE]
        return [[n] for n in case.names] + ([lasting] if len(lasting) > 1 else [])

    def assertBlind(self, case, caller, names):
        real, none, ids = self.pair(case, caller, names)
        self.assertEqual(plain(real, *ids), plain(none, *ids))

    def picture(self):
        """All that the owner can read of what is its own."""
        return {f"{c} {json.dumps(c.template)}": str(c.ask(self.owner)) for c in self.cases if c.reads and str(c) != "bridge53 Check"}

    def test_2_stranger_learns_nothing(self):
        before = self.picture()
        for case in self.cases:
            for names in self.choices(case):
                with self.subTest(case=str(case), names=names):
                    self.assertBlind(case, self.stranger, names)
        self.assertEqual(self.picture(), before)

    def test_1_lists_show_nothing_of_others(self):
        secrets = [self.owner.id, *(v for n, v in self.owner.own.items() if n not in ("dhcp_options",))]
        for case in self.cases:
            if case.reads and not case.names:
                with self.subTest(case=str(case)):
                    text = str(case.ask(self.stranger))
                    self.assertEqual([s for s in secrets if s in text], [])

    def test_3_shares_give_what_they_say(self):
        for caller, grants in self.shared.items():
            for case in self.cases:
                for names in self.choices(case):
                    with self.subTest(caller=caller.name, case=str(case), names=names):
                        self.check_share(case, caller, names, grants)

    def check_share(self, case, caller, names, grants):
        used = [n for n in names if n in grants]
        if not used:
            return self.assertBlind(case, caller, names)
        real, none, ids = self.pair(case, caller, names)
        same = plain(real, *ids) == plain(none, *ids)
        if all(case.action in grants[n] for n in used):
            if len(names) == len(used):
                self.assertTrue(not same or case.operation.startswith("List"), f"allowed, but: {real}")
                self.assertNotIn(real.code, ("AccessDenied", "AccessDeniedException"), str(real))
        elif not same:
            refused = real.code == "AccessDeniedException" or "[RSLVR-00907]" in str(real.message)
            self.assertTrue(refused, f"not allowed, but: {real}")

    def test_4_owner_may_and_names_matter(self):
        """The other tests would see nothing if an input were refused before its names are looked up: with its own names the owner gets on."""
        for case in self.cases:
            for name in case.names:
                if f"{case} {name}" in BLIND:
                    continue
                with self.subTest(case=str(case), name=name):
                    owner = self.owner if case.reads else worlds.world("owner of one call")
                    none = unlike(owner.own[name])
                    unknown = case.ask(owner, **{name: none})
                    known = case.ask(owner, **{name: owner.own[name]})
                    self.assertNotEqual(plain(known, owner.own[name], none), plain(unknown, owner.own[name], none))
                    self.assertNotIn(known.code, ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"), str(known))


if __name__ == "__main__":
    unittest.main()
