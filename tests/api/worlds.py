# SPDX-License-Identifier: Apache-2.0
"""Accounts that own one of everything, for tests of who may do what. All calls go through `bridge53 api`, which knows every operation of the rows."""
import itertools
import json
import os
import re
import subprocess

URL, PROGRAM, STORE = os.environ["B53_URL"], os.environ["B53_PROGRAM"], os.environ["B53_STORE"]
REGION = "us-east-1"
MARK = "of-somebody"  # in every name that a world gives to something


def program(*words):
    done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr.strip()


def services():
    return program("api")[1].split()


def operations(service):
    return program("api", service)[1].split()


def skeleton(service, operation):
    return json.loads(program("api", service, operation, "--skeleton")[1])


class Answer:
    """What a call came to: its output, or code and message of its error."""

    def __init__(self, status, out, error):
        if status == 0:
            self.output, self.code, self.message = json.loads(out), None, None
        else:
            self.output = None
            self.code, self.message = re.fullmatch(r"bridge53 api: ([\w.]+): (.*)", error, re.S).groups()

    def __str__(self):
        return f"{self.code}: {self.message}" if self.code else json.dumps(self.output, sort_keys=True)


class Account:
    """An account with a key of its own."""

    made = itertools.count()

    def __init__(self, name):
        self.number = next(Account.made)
        self.id, self.name = f"{700000000000 + self.number * 1000003}", name
        for words in (["account", "add", self.id, "--name", name], ["account", "key", self.id, "--json"]):
            status, out, error = program(*words, "--store", STORE)
            assert status == 0, error
        self.key = json.loads(out)
        self.own = {}

    def ask(self, service, operation, **members):
        key = ["--access-key", self.key["AccessKeyId"], "--secret-key", self.key["SecretAccessKey"]]
        return Answer(*program("api", service, operation, "--endpoint-url", URL, "--region", REGION, *key, "--input", json.dumps(members)))

    def must(self, service, operation, **members):
        answer = self.ask(service, operation, **members)
        assert answer.output is not None, f"{self.name}: {service} {operation} {members}: {answer}"
        return answer.output


def block(number):
    """A /24 of the loopback network that no other account has."""
    return f"127.{100 + number // 250}.{number % 250}"


def network(a):
    net, own = block(a.number), a.own
    vpc = a.must("ec2", "CreateVpc", CidrBlock=f"{net}.0/25", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    own["vpc"] = vpc["VpcId"]
    six = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"].replace("/56", "/64")
    own["six"] = six.replace("00::/64", "01::/64")
    own["vpc_cidr"] = a.must("ec2", "AssociateVpcCidrBlock", VpcId=own["vpc"], CidrBlock=f"{net}.128/25")["CidrBlockAssociation"]["AssociationId"]
    first = a.must("ec2", "CreateSubnet", VpcId=own["vpc"], CidrBlock=f"{net}.0/28", Ipv6CidrBlock=six, AvailabilityZone=f"{REGION}a")["Subnet"]
    own["subnet"], own["subnet_cidr"] = first["SubnetId"], first["Ipv6CidrBlockAssociationSet"][0]["AssociationId"]
    own["subnet_b"] = a.must("ec2", "CreateSubnet", VpcId=own["vpc"], CidrBlock=f"{net}.16/28", AvailabilityZone=f"{REGION}b")["Subnet"]["SubnetId"]
    own["group"] = a.must("ec2", "CreateSecurityGroup", GroupName=MARK, Description=MARK, VpcId=own["vpc"])["GroupId"]
    own["group_rule"] = a.must("ec2", "AuthorizeSecurityGroupIngress", GroupId=own["group"], IpPermissions=[
        {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "IpRanges": [{"CidrIp": f"{net}.0/24"}]}])["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    for ref, operation, members, member in (("route_table", "DescribeRouteTables", "RouteTables", "RouteTableId"),
                                            ("network_acl", "DescribeNetworkAcls", "NetworkAcls", "NetworkAclId"),
                                            ("dhcp_options", "DescribeDhcpOptions", "DhcpOptions", "DhcpOptionsId")):
        own[ref] = a.must("ec2", operation)[members][0][member]
    a.must("ec2", "CreateTags", Resources=[own["vpc"], own["subnet"]], Tags=[{"Key": "Name", "Value": MARK}])


def resolver(a):
    own = a.own
    own["endpoint_creator"], own["rule_creator"] = f"endpoint-{a.id}", f"rule-{a.id}"
    endpoint = a.must("route53resolver", "CreateResolverEndpoint", CreatorRequestId=own["endpoint_creator"], Name=MARK, Direction="OUTBOUND",
                      SecurityGroupIds=[own["group"]], IpAddresses=[{"SubnetId": own["subnet"]}, {"SubnetId": own["subnet_b"]}, {"SubnetId": own["subnet_b"]}])["ResolverEndpoint"]
    own["endpoint"], own["endpoint_arn"] = endpoint["Id"], endpoint["Arn"]
    own["endpoint_ip"] = a.must("route53resolver", "ListResolverEndpointIpAddresses", ResolverEndpointId=own["endpoint"])["IpAddresses"][-1]["IpId"]
    own["interface"] = a.must("ec2", "DescribeNetworkInterfaces")["NetworkInterfaces"][0]["NetworkInterfaceId"]
    rule = a.must("route53resolver", "CreateResolverRule", CreatorRequestId=own["rule_creator"], Name=MARK, RuleType="FORWARD", DomainName=f"corp.{MARK}.internal",
                  TargetIps=[{"Ip": "127.99.0.53"}], ResolverEndpointId=own["endpoint"], Tags=[{"Key": "k", "Value": MARK}])["ResolverRule"]
    own["rule"], own["rule_arn"] = rule["Id"], rule["Arn"]
    own["rule_association"] = a.must("route53resolver", "AssociateResolverRule", ResolverRuleId=own["rule"], VPCId=own["vpc"])["ResolverRuleAssociation"]["Id"]


def zone(a):
    own = a.own
    own["reference"] = f"zone-{a.id}"
    made = a.must("route53", "CreateHostedZone", Name=f"{MARK}.internal", CallerReference=own["reference"], VPC={"VPCId": own["vpc"], "VPCRegion": REGION},
                  HostedZoneConfig={"Comment": MARK, "PrivateZone": True})
    own["zone"], own["change"] = made["HostedZone"]["Id"].split("/")[-1], made["ChangeInfo"]["Id"].split("/")[-1]
    own["authorized_vpc"] = f"vpc-{a.id}00000"
    a.must("route53", "CreateVPCAssociationAuthorization", HostedZoneId=own["zone"], VPC={"VPCId": own["authorized_vpc"], "VPCRegion": REGION})


def stack(a):
    a.own["stack"] = f"stack-{a.id}"
    a.must("bridge53", "PutStack", StackName=a.own["stack"], Body=json.dumps({"Mark": MARK}))


def firewall(a):
    """Resources of the resolver that nothing acts on yet."""
    own = a.own
    own["firewall_creator"], own["query_log_creator"] = f"firewall-{a.id}", f"log-{a.id}"
    group = a.must("route53resolver", "CreateFirewallRuleGroup", CreatorRequestId=own["firewall_creator"], Name=MARK)["FirewallRuleGroup"]
    own["firewall_group"], own["firewall_group_arn"] = group["Id"], group["Arn"]
    log = a.must("route53resolver", "CreateResolverQueryLogConfig", CreatorRequestId=own["query_log_creator"], Name=MARK,
                 DestinationArn=f"arn:aws:s3:::{MARK}")["ResolverQueryLogConfig"]
    own["query_log"], own["query_log_arn"] = log["Id"], log["Arn"]


def endpoint(a):
    """An interface endpoint, in a VPC of its own: its private names must not meet those of zones."""
    own = a.own
    made = a.must("ec2", "CreateVpcEndpoint", VpcEndpointType="Interface", VpcId=own["vpc"], ServiceName=f"com.amazonaws.{REGION}.sqs",
                  SubnetIds=[own["subnet_b"]], SecurityGroupIds=[own["group"]], PrivateDnsEnabled=False)["VpcEndpoint"]
    own["vpc_endpoint"] = made["VpcEndpointId"]


def profile(a):
    own = a.own
    own["profile_token"] = f"profile-{a.id}"
    own["spare_vpc"], own["profile_vpc"] = (a.must("ec2", "CreateVpc", CidrBlock=f"{block(next(Account.made))}.0/25")["Vpc"]["VpcId"] for _ in range(2))
    made = a.must("route53profiles", "CreateProfile", ClientToken=own["profile_token"], Name=MARK, Tags=[{"Key": "k", "Value": MARK}])["Profile"]
    own["profile"], own["profile_arn"] = made["Id"], made["Arn"]
    own["profile_association"] = a.must("route53profiles", "AssociateProfile", ProfileId=own["profile"], ResourceId=own["profile_vpc"], Name=MARK)["ProfileAssociation"]["Id"]
    own["zone_arn"] = f"arn:aws:route53:::hostedzone/{own['zone']}"
    own["profile_resource"] = a.must("route53profiles", "AssociateResourceToProfile", ProfileId=own["profile"], ResourceArn=own["firewall_group_arn"], Name=MARK,
                                     ResourceProperties='{"priority":200}')["ProfileResourceAssociation"]["Id"]


def ram(a):
    """Permissions, a share with an account that nobody else knows, and an invitation from it."""
    own = a.own
    templates = [json.dumps({"Effect": "Allow", "Action": [f"route53profiles:{action}"]}) for action in ("GetProfile", "AssociateProfile")]
    for ref, name in (("permission", f"{MARK}-first"), ("permission_b", f"{MARK}-second")):
        own[ref] = a.must("ram", "CreatePermission", name=name, resourceType="route53profiles:Profile", policyTemplate=templates[0])["permission"]["arn"]
        a.must("ram", "CreatePermissionVersion", permissionArn=own[ref], policyTemplate=templates[1])
        a.must("ram", "SetDefaultPermissionVersion", permissionArn=own[ref], permissionVersion=2)
    donor = Account("donor")
    made = a.must("ram", "CreateResourceShare", name=MARK, resourceArns=[own["firewall_group_arn"], own["profile_arn"]], permissionArns=[own["permission"]], principals=[donor.id])
    own["share"] = made["resourceShare"]["resourceShareArn"]
    invited = donor.must("ram", "GetResourceShareInvitations")["resourceShareInvitations"][0]["resourceShareInvitationArn"]
    donor.must("ram", "AcceptResourceShareInvitation", resourceShareInvitationArn=invited)
    for old, new in (("permission", "permission_b"), ("permission_b", "permission")):
        own["work"] = a.must("ram", "ReplacePermissionAssociations", fromPermissionArn=own[old], toPermissionArn=own[new])["replacePermissionAssociationsWork"]["id"]
    rule = donor.must("route53resolver", "CreateResolverRule", CreatorRequestId="r", RuleType="SYSTEM", DomainName=f"{MARK}.donor")["ResolverRule"]["Arn"]
    own["donor_share"] = donor.must("ram", "CreateResourceShare", name=MARK, resourceArns=[rule], principals=[a.id])["resourceShare"]["resourceShareArn"]
    own["invitation"] = a.must("ram", "GetResourceShareInvitations", resourceShareArns=[own["donor_share"]])["resourceShareInvitations"][0]["resourceShareInvitationArn"]


# What makes the things of a world, in order, and what each part needs of the others.
PARTS = {network: (), resolver: (network,), zone: (network,), stack: (), firewall: (), endpoint: (network,), profile: (network, zone, firewall), ram: (network, zone, firewall, profile)}


def world(name, parts=PARTS):
    """A new account with one of everything, or with some parts and what they need; account.own has the ids, by what they name."""
    a = Account(name)
    wanted = {p for part in parts for p in (part, *PARTS[part])}
    a.part_of = {}
    for part in PARTS:
        if part in wanted:
            part(a)
            a.part_of.update({n: part for n in a.own if n not in a.part_of})
    return a
