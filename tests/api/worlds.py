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


PARTS = {"ec2": network, "route53resolver": resolver, "route53": zone, "bridge53": stack}


def world(name):
    """A new account with one of everything; account.own has the ids, by what they name."""
    a = Account(name)
    for part in PARTS.values():
        part(a)
    return a
