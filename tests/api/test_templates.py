# SPDX-License-Identifier: Apache-2.0
"""bridge53 apply, explain and api against a server with real signatures: create, nothing to do, update, replace, delete; clear errors."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

PROGRAM, URL, PORT = os.environ["B53_PROGRAM"], os.environ["B53_URL"], os.environ["B53_DNS_PORT"]
EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "ipv4.yaml"
PARAMS = ["VpcCidr=127.10.0.0/16", "SubnetACidr=127.10.1.0/24", "SubnetBCidr=127.10.2.0/24", "OutboundIpA=127.10.1.10", "OutboundIpB=127.10.2.10",
          "InboundIpA=127.10.1.20", "InboundIpB=127.10.2.20", "DataCenterCidr=127.20.0.0/24", "DataCenterDns=127.20.0.53", "WebAddress=127.10.1.80"]


DUAL_STACK = """
Resources:
  Vpc: {Type: "AWS::EC2::VPC", Properties: {CidrBlock: 10.64.0.0/16}}
  Six: {Type: "AWS::EC2::VPCCidrBlock", Properties: {VpcId: !Ref Vpc, AmazonProvidedIpv6CidrBlock: true}}
  Both:
    Type: AWS::EC2::Subnet
    DependsOn: Six
    Properties:
      VpcId: !Ref Vpc
      CidrBlock: 10.64.0.0/24
      Ipv6CidrBlock: !Select [0, !Cidr [!Select [0, !GetAtt Vpc.Ipv6CidrBlocks], 9, 64]]
      AssignIpv6AddressOnCreation: true
  Native:
    Type: AWS::EC2::Subnet
    DependsOn: Six
    Properties:
      VpcId: !Ref Vpc
      Ipv6Native: true
      Ipv6CidrBlock: !Select [1, !Cidr [!Select [0, !GetAtt Vpc.Ipv6CidrBlocks], 9, 64]]
      EnableDns64: true
      Tags: [{Key: "bridge53:dns64-prefix", Value: "2001:db8:64::/96"}]
  Group:
    Type: AWS::EC2::SecurityGroup
    DependsOn: Six
    Properties:
      GroupDescription: dns
      VpcId: !Ref Vpc
      SecurityGroupIngress: [{IpProtocol: udp, FromPort: 53, ToPort: 53, CidrIpv6: "fd00:99::/48"}]
      SecurityGroupEgress: [{IpProtocol: udp, FromPort: 53, ToPort: 53, CidrIpv6: "fd00:99::/48"}]
  Inbound:
    Type: AWS::Route53Resolver::ResolverEndpoint
    Properties: {Direction: INBOUND, ResolverEndpointType: DUALSTACK, Dns64Enabled: true, SecurityGroupIds: [!Ref Group],
                 IpAddresses: [{SubnetId: !Ref Both, Ip: 10.64.0.20, Ipv6: !Ref SixA}, {SubnetId: !Ref Both, Ip: 10.64.0.21, Ipv6: !Ref SixB}]}
  Outbound:
    Type: AWS::Route53Resolver::ResolverEndpoint
    Properties: {Direction: OUTBOUND, ResolverEndpointType: IPV6, SecurityGroupIds: [!Ref Group], IpAddresses: [{SubnetId: !Ref Native}, {SubnetId: !Ref Both}]}
  Rule:
    Type: AWS::Route53Resolver::ResolverRule
    Properties: {RuleType: FORWARD, DomainName: corp6.internal, ResolverEndpointId: !Ref Outbound, TargetIps: [{Ipv6: "fd00:99::53"}]}
  Association: {Type: "AWS::Route53Resolver::ResolverRuleAssociation", Properties: {ResolverRuleId: !Ref Rule, VPCId: !Ref Vpc}}
Outputs:
  Block: {Value: !Select [0, !GetAtt Vpc.Ipv6CidrBlocks]}
  Both: {Value: !Ref Both}
  Native: {Value: !Ref Native}
  Group: {Value: !Ref Group}
  Inbound: {Value: !Ref Inbound}
  Rule: {Value: !Ref Rule}
"""
# the endpoint's addresses are made of the block: "fd53:...:xx00::/64" -> "fd53:...:xx00::20"
for name, last in (("SixA", "20"), ("SixB", "21")):
    DUAL_STACK = DUAL_STACK.replace(f"!Ref {name}", f'!Join ["", [!Select [0, !Split ["/", !Select [0, !GetAtt Both.Ipv6CidrBlocks]]], "{last}"]]')

PROFILE = """
Resources:
  Vpc: {Type: "AWS::EC2::VPC", Properties: {CidrBlock: 127.66.0.0/16}}
  Rule: {Type: "AWS::Route53Resolver::ResolverRule", Properties: {RuleType: SYSTEM, DomainName: local.internal}}
  Profile: {Type: "AWS::Route53Profiles::Profile", Properties: {Name: company, Tags: [{Key: team, Value: dns}, {Key: stage, Value: one}]}}
  ForVpc:
    Type: AWS::Route53Profiles::ProfileAssociation
    Properties: {Name: first, ProfileId: !Ref Profile, ResourceId: !Ref Vpc, Tags: [{Key: team, Value: dns}]}
  Held: {Type: "AWS::Route53Profiles::ProfileResourceAssociation", Properties: {Name: rule, ProfileId: !Ref Profile, ResourceArn: !GetAtt Rule.Arn}}
Outputs:
  Profile: {Value: !Ref Profile}
  ProfileArn: {Value: !GetAtt Profile.Arn}
  ForVpc: {Value: !Ref ForVpc}
  ForVpcArn: {Value: !Sub "arn:aws:route53profiles:${AWS::Region}:${AWS::AccountId}:profile-association/${ForVpc}"}
  Held: {Value: !Ref Held}
  Type: {Value: !GetAtt Held.ResourceType}
"""


PRIORITIES = """
Parameters: {Group: {Type: String}}
Resources:
  Vpc: {Type: "AWS::EC2::VPC", Properties: {CidrBlock: 10.65.0.0/16}}
  Profile: {Type: "AWS::Route53Profiles::Profile", Properties: {Name: p}}
  Association: {Type: "AWS::Route53Profiles::ProfileAssociation", Properties: {Name: vpc, Priority: 100, ProfileId: !Ref Profile, ResourceId: !Ref Vpc}}
  InGroup:
    Type: AWS::Route53Profiles::ProfileResourceAssociation
    Properties: {Name: g, ProfileId: !Ref Profile, ResourceArn: !Ref Group, ResourceProperties: {priority: 102}}
Outputs: {Profile: {Value: !Ref Profile}}
"""


def run(*words, fails=False):
    client = ["--endpoint-url", URL, "--access-key", os.environ["AWS_ACCESS_KEY_ID"], "--secret-key", os.environ["AWS_SECRET_ACCESS_KEY"]]
    done = subprocess.run([PROGRAM, *words, *client], capture_output=True, text=True, timeout=60)
    assert (done.returncode != 0) == fails, f"status {done.returncode} of {words}: {done.stdout}{done.stderr}"
    return done.stderr if fails else done.stdout


def apply(template, *words, params=(), fails=False):
    return run("apply", str(template), *words, *[w for p in params for w in ("--param", p)], fails=fails)


def dig(name):
    return subprocess.run(["dig", "-b", "127.10.1.7", "@127.10.0.2", "-p", PORT, name, "+short", "+time=2", "+tries=1"], capture_output=True, text=True).stdout


class Templates(unittest.TestCase):
    def test_life_of_a_stack(self):
        plan = apply(EXAMPLE, "--stack", "t", "--plan", params=PARAMS)
        self.assertIn("plan only", plan)
        self.assertEqual(json.loads(run("api", "ec2", "DescribeVpcs"))["Vpcs"], [], "a plan made something")
        self.assertIn("11 created, 0 changed, 0 replaced, 0 deleted, 0 as before", apply(EXAMPLE, "--stack", "t", params=PARAMS))
        self.assertEqual(dig("aws.example100.internal"), "127.10.1.80\n")
        self.assertIn("0 created, 0 changed, 0 replaced, 0 deleted, 11 as before", apply(EXAMPLE, "--stack", "t", params=PARAMS))
        changed = PARAMS[:-1] + ["WebAddress=127.10.1.81"]
        self.assertIn("0 created, 1 changed", apply(EXAMPLE, "--stack", "t", params=changed))
        self.assertEqual(dig("aws.example100.internal"), "127.10.1.81\n")
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
            text = EXAMPLE.read_text()
            f.write(text[:text.index("  WebRecord:")] + text[text.index("Outputs:"):])
            f.flush()
            self.assertIn("1 deleted", apply(f.name, "--stack", "t", params=changed))
            self.assertEqual(dig("aws.example100.internal"), "")
        renamed = EXAMPLE.read_text().replace("DomainName: corp.internal", "DomainName: corp2.internal")
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
            f.write(renamed)
            f.flush()
            out = apply(f.name, "--stack", "t", params=changed)
        self.assertIn("1 created", out)
        self.assertIn("2 replaced", out)
        rules = [r["DomainName"] for r in json.loads(run("api", "route53resolver", "ListResolverRules"))["ResolverRules"]]
        self.assertEqual(sorted(rules), [".", "corp2.internal."])
        outputs = dict(line.split() for line in run("apply", "--outputs", "--stack", "t").splitlines())
        explained = json.loads(run("explain", "--vpc", outputs["VpcId"], "--json", "aws.example100.internal"))
        self.assertEqual(explained["Rcode"], "NOERROR")
        self.assertIn(outputs["ZoneId"], [e.get("Object") for e in explained["Trace"]])
        self.assertIn("aws.example100.internal A, asked in", run("explain", "--vpc", outputs["VpcId"], "aws.example100.internal"))
        self.assertIn("0 findings in 1 VPCs", run("check"))
        self.assertIn("11 deleted", run("apply", "--delete", "--stack", "t"))
        self.assertEqual(json.loads(run("api", "ec2", "DescribeVpcs"))["Vpcs"], [])

    def test_profile(self):
        """A Profile with its VPC and its contents: changes in place, and what only a new one can have."""
        def applied(text, counts):
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
                f.write(text)
                f.flush()
                self.assertIn(counts, apply(f.name, "--stack", "profile"))
            return dict(line.split(maxsplit=1) for line in run("apply", "--outputs", "--stack", "profile").splitlines())

        def call(op, **given):
            return json.loads(run("api", "route53profiles", op, "--input", json.dumps(given)))
        tags = lambda arn: call("ListTagsForResource", ResourceArn=arn)["Tags"]
        held = lambda o: call("GetProfileResourceAssociation", ProfileResourceAssociationId=o["Held"])["ProfileResourceAssociation"]
        one = applied(PROFILE, "5 created")
        self.assertEqual((tags(one["ProfileArn"]), tags(one["ForVpcArn"]), one["Type"]), ({"team": "dns", "stage": "one"}, {"team": "dns"}, "RESOLVER_RULE"))
        text = PROFILE.replace(", {Key: stage, Value: one}", "").replace("Value: dns", "Value: net").replace("Name: first", "Name: second").replace("Name: rule", "Name: same")
        two = applied(text, "0 created, 3 changed, 0 replaced, 0 deleted, 2 as before")
        self.assertEqual(one, two)
        self.assertEqual((tags(one["ProfileArn"]), tags(one["ForVpcArn"])), ({"team": "net"}, {"team": "net"}))
        self.assertEqual(call("GetProfileAssociation", ProfileAssociationId=one["ForVpc"])["ProfileAssociation"]["Name"], "second")
        self.assertEqual(held(one)["Name"], "same")
        before = held(two)["ResourceArn"]
        three = applied(text.replace("local.internal", "other.internal"), "0 created, 0 changed, 2 replaced, 2 deleted, 3 as before")
        self.assertNotEqual(held(three)["ResourceArn"], before)
        self.assertIn("5 deleted", run("apply", "--delete", "--stack", "profile"))
        self.assertEqual(call("ListProfiles")["ProfileSummaries"], [])

    def test_dual_stack(self):
        """IPv6 blocks that only the deployment knows, endpoints of both families, and their changes in place."""
        def applied(text, counts, *words):
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
                f.write(text)
                f.flush()
                self.assertIn(counts, apply(f.name, "--stack", "six", *words))

        def call(service, op, **given):
            return json.loads(run("api", service, op, "--input", json.dumps(given)))
        applied(DUAL_STACK, "plan only", "--plan")
        applied(DUAL_STACK, "9 created, 0 changed, 0 replaced, 0 deleted, 0 as before")
        applied(DUAL_STACK, "0 created, 0 changed, 0 replaced, 0 deleted, 9 as before", "--plan")
        out = dict(line.split(maxsplit=1) for line in run("apply", "--outputs", "--stack", "six").splitlines())
        net = out["Block"].removesuffix("00::/56")
        both, native = (call("ec2", "DescribeSubnets", SubnetIds=[out[n]])["Subnets"][0] for n in ("Both", "Native"))
        block = lambda s: [a["Ipv6CidrBlock"] for a in s["Ipv6CidrBlockAssociationSet"]]
        self.assertEqual((block(both), both["AssignIpv6AddressOnCreation"], both["EnableDns64"]), ([f"{net}00::/64"], True, False))
        self.assertEqual((block(native), native["Ipv6Native"], native["EnableDns64"]), ([f"{net}01::/64"], True, True))
        self.assertIn({"Key": "bridge53:dns64-prefix", "Value": "2001:db8:64::/96"}, native["Tags"])
        group = call("ec2", "DescribeSecurityGroups", GroupIds=[out["Group"]])["SecurityGroups"][0]
        self.assertEqual([(p["IpProtocol"], [r["CidrIp"] for r in p["IpRanges"]], [r["CidrIpv6"] for r in p["Ipv6Ranges"]])
                          for p in group["IpPermissions"] + group["IpPermissionsEgress"]], [("udp", [], ["fd00:99::/48"]), ("udp", [], ["fd00:99::/48"])])
        endpoint = lambda: call("route53resolver", "GetResolverEndpoint", ResolverEndpointId=out["Inbound"])["ResolverEndpoint"]
        addresses = lambda: call("route53resolver", "ListResolverEndpointIpAddresses", ResolverEndpointId=out["Inbound"])["IpAddresses"]
        self.assertEqual((endpoint()["ResolverEndpointType"], endpoint()["Dns64Enabled"]), ("DUALSTACK", True))
        self.assertEqual([(a["Ip"], a["Ipv6"]) for a in addresses()], [("10.64.0.20", f"{net}00::20"), ("10.64.0.21", f"{net}00::21")])
        rule = call("route53resolver", "GetResolverRule", ResolverRuleId=out["Rule"])["ResolverRule"]
        self.assertEqual([t["Ipv6"] for t in rule["TargetIps"]], ["fd00:99::53"])
        ids = [a["IpId"] for a in addresses()]
        narrow = DUAL_STACK.replace("DUALSTACK, Dns64Enabled: true", "IPV4, Dns64Enabled: false").replace(", Ipv6: !Ref SixA", "").replace(", Ipv6: !Ref SixB", "")
        applied(narrow, "0 created, 1 changed, 0 replaced")
        self.assertEqual([(a["IpId"], "Ipv6" in a) for a in addresses()], [(i, False) for i in ids])
        applied(DUAL_STACK, "0 created, 1 changed, 0 replaced")
        self.assertEqual([(a["IpId"], a["Ipv6"]) for a in addresses()], [(ids[0], f"{net}00::20"), (ids[1], f"{net}00::21")])
        applied(DUAL_STACK.replace("[1, !Cidr", "[7, !Cidr").replace("Ipv6Native: true", "CidrBlock: 10.64.1.0/24"), "1 replaced")  # the endpoint moves along
        replaced = DUAL_STACK.replace("[1, !Cidr", "[7, !Cidr").replace("Ipv6Native: true", "CidrBlock: 10.64.1.0/24")
        extra = lambda n: replaced.replace("  Group:\n", "  Extra: {Type: 'AWS::EC2::Subnet', Properties: {VpcId: !Ref Vpc, CidrBlock: 10.64.9.0/24, Ipv6CidrBlock: !Select "
                                           f"[{n}, !Cidr [!Select [0, !GetAtt Vpc.Ipv6CidrBlocks], 9, 64]]}}}}\n  Group:\n", 1)
        applied(extra(8), "1 created, 0 changed")
        applied(extra(6), "0 created, 1 changed, 0 replaced")
        changed = call("ec2", "DescribeSubnets", Filters=[{"Name": "cidr-block", "Values": ["10.64.9.0/24"]}])["Subnets"]
        self.assertEqual([block(s) for s in changed], [[f"{net}06::/64"]])
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:  # fails behind a replacement: what was replaced must not be forgotten
            f.write(extra(5).replace("10.64.9.0/24", "10.64.10.0/24").replace("fd00:99::53", "fe80::1"))
            f.flush()
            self.assertIn("Invalid IP address", apply(f.name, "--stack", "six", fails=True))
        self.assertIn("11 deleted", run("apply", "--delete", "--stack", "six"))
        self.assertEqual(call("ec2", "DescribeVpcs")["Vpcs"], [])

    def test_priorities(self):
        """Priorities of a VPC's association and of a firewall rule group change in place."""
        def applied(text, counts):
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
                f.write(text)
                f.flush()
                self.assertIn(counts, apply(f.name, "--stack", "p", params=(f"Group={group['Arn']}",)))
            profile = run("apply", "--outputs", "--stack", "p").split()[1]
            [association] = call("route53profiles", "ListProfileAssociations", ProfileId=profile)["ProfileAssociations"]
            [held] = call("route53profiles", "ListProfileResourceAssociations", ProfileId=profile)["ProfileResourceAssociations"]
            return association["Priority"], held["ResourceProperties"], association["Id"], held["Id"]

        def call(service, op, **given):
            return json.loads(run("api", service, op, "--input", json.dumps(given)))
        group = call("route53resolver", "CreateFirewallRuleGroup", Name="g", CreatorRequestId="p")["FirewallRuleGroup"]
        first = applied(PRIORITIES, "4 created")
        self.assertEqual(first[:2], (100, '{"priority":102}'))
        second = applied(PRIORITIES.replace("100", "200").replace("102", "103"), "0 created, 2 changed, 0 replaced")
        self.assertEqual(second, (200, '{"priority":103}', *first[2:]))
        third = applied(PRIORITIES.replace("Priority: 100, ", "").replace("102", "103"), "0 created, 1 changed, 0 replaced")
        self.assertEqual(third, second)  # the service does not take a priority back
        self.assertIn("4 deleted", run("apply", "--delete", "--stack", "p"))
        call("route53resolver", "DeleteFirewallRuleGroup", FirewallRuleGroupId=group["Id"])

    def test_mistakes_are_told(self):
        def told(text, pattern, *params):
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
                f.write(text)
                f.flush()
                self.assertRegex(apply(f.name, "--stack", "bad", params=params, fails=True), pattern)
        told("Resources: [", r"line \d+, column \d+")
        told("Resources: {V: {Type: AWS::S3::Bucket}}", r"V: the type AWS::S3::Bucket is not known here")
        told("Resources: {V: {Type: 'AWS::EC2::VPC', Properties: {Cidr: 10.0.0.0/16}}}", r"has no property 'Cidr'")
        told("Resources: {V: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: !Ref Nothing}}}", r"there is no parameter or resource 'Nothing'")
        told("Resources: {A: {Type: 'AWS::EC2::VPC', DependsOn: B}, B: {Type: 'AWS::EC2::VPC', DependsOn: A}}", r"depends on itself")
        told("Parameters: {P: {Type: String}}\nResources: {}", r"parameter 'P' has no value: --param P=VALUE")
        told("Resources: {V: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 10.0.0.0/8}}}", r"CreateVpc: InvalidVpc.Range")
        told("a: &a [x]\nb: *a", r"the template has no Resources")

    def test_api_command(self):
        self.assertIn("route53resolver\n", run("api"))
        self.assertIn("CreateResolverRule\n", run("api", "route53resolver"))
        self.assertIn('"CidrBlock"', run("api", "ec2", "CreateVpc", "--skeleton"))
        self.assertIn("NoSuchHostedZone: No hosted zone found with ID: ZX", run("api", "route53", "GetHostedZone", "--input", '{"Id": "ZX"}', fails=True))
        self.assertIn("the input is no JSON", run("api", "ec2", "DescribeVpcs", "--input", "{", fails=True))


if __name__ == "__main__":
    unittest.main()
