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
    "CallerReference": "reference", "VpcEndpointId": "vpc_endpoint", "VpcEndpointIds": "vpc_endpoint", "FirewallRuleGroupId": "firewall_group",
    "ResolverQueryLogConfigId": "query_log", "ProfileId": "profile", "ProfileAssociationId": "profile_association",
    "ProfileResourceAssociationId": "profile_resource", "resourceShareArn": "share", "permissionArn": "permission", "resourceShareInvitationArn": "invitation",
}
# Members that name nothing, as far as a call needs them.
PLAIN = {
    "Name": "x.internal", "VPCRegion": REGION, "GroupName": "g", "Description": "d", "name": "<new>",
    "DryRunId": "0123456789abcdef",  # not a name: who has one may use it
}
VPC = {"VPCId": "<vpc>", "VPCRegion": REGION}
TAGS = [{"Key": "k", "Value": "v"}]
PERMISSION = [{"IpProtocol": "tcp", "FromPort": 53, "ToPort": 53, "UserIdGroupPairs": [{"GroupId": "<group>"}]}]
RULE_POLICY = '{"Statement":{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"route53resolver:GetResolverRule","Resource":"<rule_arn>"}}'
TEMPLATE = '{"Effect":"Allow","Action":["route53profiles:GetProfile"]}'
ARNS = ("rule_arn", "endpoint_arn", "firewall_group_arn", "query_log_arn")
# Where the members do not say enough: the whole input, or several of them.
INPUTS = {
    "bridge53 Explain": {"VpcId": "<vpc>", "Name": f"www.{MARK}.internal"},
    "bridge53 Check": [{}, {"VpcId": "<vpc>"}],
    "bridge53 ListAuditEvents": [{}, {"ObjectId": "<zone>"}, {"ObjectId": "<endpoint>"}],
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
    "route53 ListHostedZonesByName": [{}, {"DNSName": "zz.internal", "HostedZoneId": "<zone>"}],
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
    "route53resolver GetResolverConfig": [{"ResourceId": "<vpc>"}, {"ResourceId": "<profile>"}],
    "route53resolver UpdateResolverConfig": [{"ResourceId": f"<{r}>", "AutodefinedReverseFlag": "DISABLE"} for r in ("vpc", "profile")],
    "route53resolver GetResolverDnssecConfig": [{"ResourceId": "<vpc>"}, {"ResourceId": "<profile>"}],
    "route53resolver UpdateResolverDnssecConfig": [{"ResourceId": f"<{r}>", "Validation": "ENABLE"} for r in ("vpc", "profile")],
    "route53resolver GetFirewallConfig": [{"ResourceId": "<vpc>"}, {"ResourceId": "<profile>"}],
    "route53resolver UpdateFirewallConfig": [{"ResourceId": f"<{r}>", "FirewallFailOpen": "ENABLED"} for r in ("vpc", "profile")],
    "route53resolver CreateFirewallRuleGroup": {"CreatorRequestId": "<firewall_creator>", "Name": "n"},
    "route53resolver CreateResolverQueryLogConfig": {"CreatorRequestId": "<query_log_creator>", "Name": "n", "DestinationArn": "arn:aws:s3:::b"},
    "route53resolver ListResolverQueryLogConfigs": [{}, {"Filters": [{"Name": "Id", "Values": ["<query_log>"]}]}],
    "route53resolver TagResource": [{"ResourceArn": f"<{r}>", "Tags": TAGS} for r in ARNS],
    "route53resolver UntagResource": [{"ResourceArn": f"<{r}>", "TagKeys": ["k"]} for r in ARNS],
    "route53resolver ListTagsForResource": [{"ResourceArn": f"<{r}>"} for r in ARNS],
    "ec2 CreateVpcEndpoint": {"VpcEndpointType": "Interface", "VpcId": "<vpc>", "ServiceName": f"com.amazonaws.{REGION}.sns", "SubnetIds": ["<subnet>"],
                              "SecurityGroupIds": ["<group>"], "PrivateDnsEnabled": False},
    "ec2 ModifyVpcEndpoint": {"VpcEndpointId": "<vpc_endpoint>", "PrivateDnsEnabled": False},
    "ec2 DescribeVpcEndpoints": [{}, {"VpcEndpointIds": ["<vpc_endpoint>"]}, {"Filters": [{"Name": "vpc-id", "Values": ["<vpc>"]}]}],
    "route53profiles CreateProfile": {"ClientToken": "<profile_token>", "Name": "n"},
    "route53profiles AssociateProfile": {"ProfileId": "<profile>", "ResourceId": "<spare_vpc>", "Name": "n"},
    "route53profiles DisassociateProfile": {"ProfileId": "<profile>", "ResourceId": "<profile_vpc>"},
    "route53profiles ListProfileAssociations": [{}, {"ProfileId": "<profile>"}, {"ResourceId": "<profile_vpc>"}],
    "route53profiles UpdateProfileAssociation": {"ProfileAssociationId": "<profile_association>", "Name": "n"},
    "route53profiles AssociateResourceToProfile": [
        {"ProfileId": "<profile>", "ResourceArn": "<zone_arn>", "Name": "n"}, {"ProfileId": "<profile>", "ResourceArn": "<rule_arn>", "Name": "n"},
        {"ProfileId": "<profile>", "ResourceArn": "<query_log_arn>", "Name": "n"}],
    "route53profiles UpdateProfileResourceAssociation": {"ProfileResourceAssociationId": "<profile_resource>", "ResourceProperties": '{"priority":300}'},
    "route53profiles DisassociateResourceFromProfile": {"ProfileId": "<profile>", "ResourceArn": "<firewall_group_arn>"},
    "route53profiles TagResource": {"ResourceArn": "<profile_arn>", "Tags": {"a": "b"}},
    "route53profiles UntagResource": {"ResourceArn": "<profile_arn>", "TagKeys": ["k"]},
    "route53profiles ListTagsForResource": {"ResourceArn": "<profile_arn>"},
    "ram CreateResourceShare": [{"name": "n", "resourceArns": [f"<{r}>"]} for r in ("rule_arn", "firewall_group_arn", "query_log_arn", "profile_arn")] + [
        {"name": "n", "permissionArns": ["<permission>"]}],
    "ram GetResourceShares": [{"resourceOwner": o, **more} for o in ("SELF", "OTHER-ACCOUNTS") for more in (
        {}, {"resourceShareArns": ["<share>"]}, {"resourceShareArns": ["<donor_share>"]}, {"permissionArn": "<permission>"})],
    "ram UpdateResourceShare": {"resourceShareArn": "<share>", "name": "n"},
    "ram AssociateResourceShare": [{"resourceShareArn": "<share>", "resourceArns": ["<query_log_arn>"]}, {"resourceShareArn": "<share>", "principals": ["123456789012"]}],
    "ram DisassociateResourceShare": {"resourceShareArn": "<share>", "resourceArns": ["<firewall_group_arn>"]},
    "ram GetResourceShareAssociations": [{"associationType": t, **more} for t in ("RESOURCE", "PRINCIPAL") for more in ({}, {"resourceShareArns": ["<share>"]})] + [
        {"associationType": "RESOURCE", "resourceArn": "<firewall_group_arn>"}],
    "ram GetResourceShareInvitations": [{}, {"resourceShareInvitationArns": ["<invitation>"]}, {"resourceShareArns": ["<donor_share>"]}],
    "ram ListResources": [{"resourceOwner": o, **more} for o in ("SELF", "OTHER-ACCOUNTS") for more in ({}, {"resourceShareArns": ["<share>"]}, {"resourceArns": ["<firewall_group_arn>"]})],
    "ram ListPrincipals": [{"resourceOwner": o, **more} for o in ("SELF", "OTHER-ACCOUNTS") for more in ({}, {"resourceShareArns": ["<share>"]}, {"resourceArn": "<firewall_group_arn>"})],
    "ram GetResourcePolicies": {"resourceArns": ["<firewall_group_arn>"]},
    "ram ListSourceAssociations": [{}, {"resourceShareArns": ["<share>"]}],
    "ram AssociateResourceSharePermission": {"resourceShareArn": "<share>", "permissionArn": "<permission>", "replace": True},
    "ram ListPermissionAssociations": [{}, {"permissionArn": "<permission>"}],
    "ram ReplacePermissionAssociations": {"fromPermissionArn": "<permission>", "toPermissionArn": "<permission_b>"},
    "ram ListReplacePermissionAssociationsWork": [{}, {"workIds": ["<work>"]}],
    "ram CreatePermission": {"name": "<new>", "resourceType": "route53profiles:Profile", "policyTemplate": TEMPLATE},
    "ram CreatePermissionVersion": {"permissionArn": "<permission>", "policyTemplate": TEMPLATE},
    "ram SetDefaultPermissionVersion": {"permissionArn": "<permission>", "permissionVersion": 1},
    "ram DeletePermissionVersion": {"permissionArn": "<permission>", "permissionVersion": 1},
    "ram TagResource": [{m: f"<{r}>", "tags": [{"key": "k", "value": "v"}]} for m, r in (("resourceShareArn", "share"), ("resourceArn", "permission"))],
    "ram UntagResource": [{m: f"<{r}>", "tagKeys": ["k"]} for m, r in (("resourceShareArn", "share"), ("resourceArn", "permission"))],
}
# Names that a call may use although they are not the caller's, because that says nothing of them; and those that the owner's call does not look at.
BLIND = {
    "route53 CreateVPCAssociationAuthorization vpc": "any VPC id may be authorized; its owner decides",
    "route53 ListHostedZonesByName zone": "a place to start at, not a zone to show",
    "bridge53 PutStack stack": "a stack is written whether there is one or not",
    "ram GetResourceShares donor_share": "a share is not shown before its invitation is accepted",
    "ram ListSourceAssociations share": "always empty",
    "ram PromoteResourceShareCreatedFromPolicy share": "nothing to promote",
    "ram PromotePermissionCreatedFromPolicy permission": "nothing to promote",
}
# The names of what can be shared, by its type in RAM.
SHAREABLE = {
    "route53resolver:ResolverRule": ("rule", "rule_arn"), "route53resolver:FirewallRuleGroup": ("firewall_group", "firewall_group_arn"),
    "route53resolver:ResolverQueryLogConfig": ("query_log", "query_log_arn"), "route53profiles:Profile": ("profile", "profile_arn", "profile_resource"),
}
ADMIN = ("AssociateResourceToProfile", "DisassociateResourceFromProfile", "UpdateProfileResourceAssociation")
# Operations that show to whom something is shared what is shared with it, whatever the permission.
VISIBLE = ("ram ListResources", "ram ListPrincipals", "route53profiles ListProfileAssociations")
# Operations whose other names are parts of what the first one names.
PARTS_OF = {"route53profiles DisassociateResourceFromProfile": "profile"}
ONCE = ("endpoint_creator", "rule_creator", "firewall_creator", "query_log_creator", "reference", "profile_token")  # texts that an account may use for one thing only
READS = ("Get", "List", "Describe", "Explain", "Check")
REFUSALS = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "OperationNotPermittedException")


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
        values = {**caller.own, "net": worlds.block(caller.number), **{n: f"{n}-{uuid.uuid4().hex[:16]}" for n in (*ONCE, "new")}}
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
    text = re.sub(r"\b1[789]\d{8}(\.\d+)?\b", "NEW", text)
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
        """Shares what can be shared. What each account may do with it, as its share's permissions say: {account: {name: actions}}."""
        actions = cls.actions(owner, "arn:aws:ram::aws:permission/AWSRAMPermissionRoute53ProfileAllowAssociation") + [f"route53profiles:{a}" for a in ADMIN]
        permission = owner.must("ram", "CreatePermission", name="admin", resourceType="route53profiles:Profile",
                                policyTemplate=json.dumps({"Effect": "Allow", "Action": actions}))["permission"]["arn"]
        arns = [owner.own[names[1]] for names in SHAREABLE.values()]
        made = {}
        for consumer, more in ((reader, {}), (admin, {"permissionArns": [permission]})):
            share = owner.must("ram", "CreateResourceShare", name=consumer.name, principals=[consumer.id], resourceArns=arns, **more)["resourceShare"]["resourceShareArn"]
            invited = consumer.must("ram", "GetResourceShareInvitations", resourceShareArns=[share])["resourceShareInvitations"][0]["resourceShareInvitationArn"]
            consumer.must("ram", "AcceptResourceShareInvitation", resourceShareInvitationArn=invited)
            made[consumer] = {}
            for p in owner.must("ram", "ListResourceSharePermissions", resourceShareArn=share)["permissions"]:
                made[consumer].update({n: set(cls.actions(owner, p["arn"])) for n in SHAREABLE[p["resourceType"]]})
            made[consumer]["endpoint"] = {"route53resolver:ListResolverRules"}  # a rule tells which endpoint it uses
        return made

    @staticmethod
    def actions(account, permission):
        return json.loads(account.must("ram", "GetPermission", permissionArn=permission)["permission"]["permission"])["Action"]

    def pair(self, case, caller, names, known=()):
        """The answers for the owner's names, and for such that do not exist. Those in `known` are the owner's both times."""
        real = {n: self.owner.own[n] for n in names}
        none = {n: unlike(v) for n, v in real.items()}
        both = {n: self.owner.own[n] for n in known}
        return (case.ask(caller, **real, **both), case.ask(caller, **none, **both), [*real.values(), *none.values(), *both.values()])

    def choices(self, case):
        """Which names of a case become the owner's: each by itself, and all of them."""
        lasting = [n for n in case.names if n not in ONCE]
        return [[n] for n in case.names] + ([lasting] if len(lasting) > 1 else [])

    def assertBlind(self, case, caller, names, known=()):
        """The owner's names and none make no difference; names in `known` are the owner's both times."""
        real, none, ids = self.pair(case, caller, names, known)
        self.assertEqual(plain(real, *ids), plain(none, *ids))

    def picture(self):
        """All that the owner can read of what is its own."""
        return {f"{c} {json.dumps(c.template)}": str(c.ask(self.owner)) for c in self.cases if c.reads and str(c) != "bridge53 Check"}

    def test_1_lists_show_nothing_of_others(self):
        secrets = [self.owner.id, *(v for n, v in self.owner.own.items() if n != "dhcp_options")]
        for case in self.cases:
            if case.reads and not case.names:
                with self.subTest(case=str(case)):
                    text = str(case.ask(self.stranger))
                    self.assertEqual([s for s in secrets if s in text], [])

    def test_2_stranger_learns_nothing(self):
        before = self.picture()
        for case in self.cases:
            for names in self.choices(case):
                with self.subTest(case=str(case), names=names):
                    self.assertBlind(case, self.stranger, names)
        self.assertEqual(self.picture(), before)

    def test_3_shares_give_what_they_say(self):
        for caller, grants in self.shared.items():
            for case in self.cases:
                for names in self.choices(case):
                    with self.subTest(caller=caller.name, case=str(case), names=names):
                        self.check_share(case, caller, names, grants)

    def check_share(self, case, caller, names, grants):
        used = [n for n in names if n in grants and (case.service != "ram" or str(case) in VISIBLE)]
        may = [n for n in used if str(case) in VISIBLE or case.action in grants[n]]
        if PARTS_OF.get(str(case)) in may:
            may = names
        rest = [n for n in names if n not in may]
        if rest and (may or not used):
            return self.assertBlind(case, caller, rest, may)
        real, none, ids = self.pair(case, caller, names)
        same = plain(real, *ids) == plain(none, *ids)
        if may:
            self.assertTrue(not same or case.operation.startswith("List"), f"allowed, but: {real}")
            self.assertNotIn(real.code, REFUSALS, str(real))
        elif not same:
            self.assertTrue(real.code in REFUSALS or "[RSLVR-00907]" in str(real.message), f"not allowed, but: {real}")

    def test_4_owner_may_and_names_matter(self):
        """The other tests would see nothing if an input were refused before its names are looked up: with its own names the owner gets on."""
        matters, reader = {}, worlds.world("owner of all reads")
        for case in self.cases:
            parts = {reader.part_of[n] for n in case.names} | ({worlds.network} if "<six>" in json.dumps(case.template) else set())
            owner = reader if case.reads else worlds.world("owner of one call", parts)
            unknown = {n: case.ask(owner, **{n: unlike(owner.own[n])}) for n in case.names}
            known = case.ask(owner, **{n: owner.own[n] for n in case.names})
            with self.subTest(case=str(case), template=case.template):
                self.assertNotIn(known.code, REFUSALS[:3], str(known))
            for name, answer in unknown.items():
                ids = (owner.own[name], unlike(owner.own[name]))
                matters.setdefault((str(case), name), []).append((plain(known, *ids) != plain(answer, *ids), str(known)))
        for (case, name), seen in matters.items():
            if f"{case} {name}" not in BLIND:
                with self.subTest(case=case, name=name):
                    self.assertTrue(any(differs for differs, _ in seen), seen)


if __name__ == "__main__":
    unittest.main()
