# SPDX-License-Identifier: Apache-2.0
"""bridge53 check against a server: a template with each fault, what is found, the fault mended, nothing found; exit statuses, JSON, --vpc."""
import json
import os
import subprocess
import tempfile
import time
import unittest

PROGRAM, URL, PORT = os.environ["B53_PROGRAM"], os.environ["B53_URL"], os.environ["B53_DNS_PORT"]
CLIENT = ["--endpoint-url", URL, "--access-key", os.environ["AWS_ACCESS_KEY_ID"], "--secret-key", os.environ["AWS_SECRET_ACCESS_KEY"]]

# Two VPCs with all that a finding may be about, all of it right. Tests spoil it by replacing a line.
DESIGN = """
Resources:
  VpcA: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 127.10.0.0/16, EnableDnsHostnames: true, Tags: [{Key: Name, Value: a}]}}
  VpcB: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 127.11.0.0/16, EnableDnsHostnames: true, Tags: [{Key: Name, Value: b}]}}
  SubnetA: {Type: 'AWS::EC2::Subnet', Properties: {VpcId: !Ref VpcA, CidrBlock: 127.10.1.0/24}}
  SubnetB: {Type: 'AWS::EC2::Subnet', Properties: {VpcId: !Ref VpcB, CidrBlock: 127.11.1.0/24}}
  OutGroup:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: out, VpcId: !Ref VpcA, SecurityGroupEgress: [{IpProtocol: udp, FromPort: 53, ToPort: 53, CidrIp: 127.0.0.0/8}]}
  InGroupA:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: in, VpcId: !Ref VpcA, SecurityGroupIngress: [{IpProtocol: udp, FromPort: 53, ToPort: 53, CidrIp: 127.0.0.0/8}]}
  InGroupB:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: in, VpcId: !Ref VpcB, SecurityGroupIngress: [{IpProtocol: udp, FromPort: 53, ToPort: 53, CidrIp: 127.0.0.0/8}]}
  Out:
    Type: AWS::Route53Resolver::ResolverEndpoint
    Properties: {Name: out, Direction: OUTBOUND, SecurityGroupIds: [!Ref OutGroup], IpAddresses: [{SubnetId: !Ref SubnetA, Ip: 127.10.1.10}, {SubnetId: !Ref SubnetA, Ip: 127.10.1.11}]}
  InA:
    Type: AWS::Route53Resolver::ResolverEndpoint
    Properties: {Name: in-a, Direction: INBOUND, SecurityGroupIds: [!Ref InGroupA], IpAddresses: [{SubnetId: !Ref SubnetA, Ip: 127.10.1.20}, {SubnetId: !Ref SubnetA, Ip: 127.10.1.21}]}
  InB:
    Type: AWS::Route53Resolver::ResolverEndpoint
    Properties: {Name: in-b, Direction: INBOUND, SecurityGroupIds: [!Ref InGroupB], IpAddresses: [{SubnetId: !Ref SubnetB, Ip: 127.11.1.20}, {SubnetId: !Ref SubnetB, Ip: 127.11.1.21}]}
  RuleA:
    Type: AWS::Route53Resolver::ResolverRule
    Properties: {Name: corp-a, RuleType: FORWARD, DomainName: corp.internal, ResolverEndpointId: !Ref Out, TargetIps: [{Ip: 127.11.1.20}]}
  RuleAOfA: {Type: 'AWS::Route53Resolver::ResolverRuleAssociation', Properties: {ResolverRuleId: !Ref RuleA, VPCId: !Ref VpcA}}
  RuleB:
    Type: AWS::Route53Resolver::ResolverRule
    Properties: {Name: corp-b, RuleType: FORWARD, DomainName: corp.internal, ResolverEndpointId: !Ref Out, TargetIps: [{Ip: 127.20.0.53}]}
  RuleBOfB: {Type: 'AWS::Route53Resolver::ResolverRuleAssociation', Properties: {ResolverRuleId: !Ref RuleB, VPCId: !Ref VpcB}}
  Zone: {Type: 'AWS::Route53::HostedZone', Properties: {Name: app.internal, VPCs: [{VPCId: !Ref VpcA, VPCRegion: !Ref 'AWS::Region'}]}}
Outputs:
  VpcA: {Value: !Ref VpcA}
  VpcB: {Value: !Ref VpcB}
  SubnetA: {Value: !Ref SubnetA}
  Out: {Value: !Ref Out}
  InA: {Value: !Ref InA}
  RuleA: {Value: !Ref RuleA}
  RuleB: {Value: !Ref RuleB}
  Zone: {Value: !Ref Zone}
"""


def run(*words, status=0, key=()):
    done = subprocess.run([PROGRAM, *words, *CLIENT, *key], capture_output=True, text=True, timeout=60)
    assert done.returncode == status, f"status {done.returncode} of {words}: {done.stdout}{done.stderr}"
    return done.stderr if status == 2 else done.stdout


def api(operation, service="ec2", key=(), **values):
    return json.loads(run("api", service, operation, "--input", json.dumps(values), key=key) or "{}")


def findings(*words, status=1):
    return json.loads(run("check", "--json", *words, status=status))["Findings"]


def codes():
    done = subprocess.run([PROGRAM, "check", "--json", *CLIENT], capture_output=True, text=True, timeout=60)
    return [f["Code"] for f in json.loads(done.stdout)["Findings"]]


class Check(unittest.TestCase):
    def setUp(self):
        self.apply()
        # A server says of an address when it has tried it; until then there is nothing to find.
        deadline = time.monotonic() + 10
        while api("GetResolverEndpoint", "route53resolver", ResolverEndpointId=self.id["Out"])["ResolverEndpoint"]["Status"] != "OPERATIONAL":
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def tearDown(self):
        self.doCleanups()  # what a test put beside the stack may hold on to it
        run("apply", "--delete", "--stack", "check")

    def apply(self, *changes):
        text = DESIGN
        for old, new in changes:
            self.assertIn(old, text)
            text = text.replace(old, new)
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
            f.write(text)
            f.flush()
            run("apply", f.name, "--stack", "check")
        self.id = dict(line.split() for line in run("apply", "--outputs", "--stack", "check").splitlines())

    def fault(self, code, severity, objects, *changes):
        """The design with a change has this finding alone; without the change it has none."""
        self.apply(*changes)
        found = findings()
        self.assertEqual([(f["Code"], f["Severity"]) for f in found], [(code, severity)], found)
        self.assertEqual([o["Id"] for o in found[0]["Objects"]], [self.id[o] for o in objects])
        text = run("check", status=1)
        for part in (code, found[0]["Why"], found[0]["Advice"], found[0]["Query"]["Command"], self.id[objects[0]]):
            self.assertIn(part, text)
        self.apply()
        self.assertEqual(findings(status=0), [])
        return found[0]

    def explained(self, finding):
        """What the finding's own query says, run as it stands."""
        words = finding["Query"]["Command"].split()
        self.assertEqual(words[0], "bridge53")
        return json.loads(run(*words[1:], "--json"))

    def test_nothing_wrong(self):
        self.assertEqual(findings(status=0), [])
        self.assertEqual(run("check"), "0 findings in 2 VPCs, 3 endpoints, 2 rules, 1 zones\n")
        self.assertEqual(findings("--vpc", self.id["VpcB"], status=0), [])

    def test_could_not_check(self):
        self.assertIn("There is no VPC 'vpc-0' in this account", run("check", "--vpc", "vpc-0", status=2))
        self.assertIn("bridge53 check", run("check", "--nonsense", status=2))
        done = subprocess.run([PROGRAM, "check", "--endpoint-url", "http://127.0.0.1:1"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn("ConnectionError", done.stderr)

    def test_dns64_without_nat64(self):
        api("ModifySubnetAttribute", SubnetId=self.id["SubnetA"], EnableDns64={"Value": True})
        found = findings()
        self.assertEqual([(f["Code"], f["Objects"][0]["Id"]) for f in found], [("dns64-without-nat64", self.id["SubnetA"])])
        self.assertEqual(found[0]["Query"]["Command"],
                         f"bridge53 explain --vpc {self.id['VpcA']} --source 127.10.1.7 ipv4only.arpa AAAA")
        api("CreateTags", Resources=[self.id["VpcA"]], Tags=[{"Key": "bridge53:nat64", "Value": "64:ff9b::/96"}])
        self.assertEqual(findings(status=0), [])
        api("DeleteTags", Resources=[self.id["VpcA"]], Tags=[{"Key": "bridge53:nat64"}])
        api("ModifySubnetAttribute", SubnetId=self.id["SubnetA"], EnableDns64={"Value": False})
        self.assertEqual(findings(status=0), [])

    def test_family_is_refused_by_the_service(self):
        """endpoint-family guards what is stored; through the API such a rule can't be made at all."""
        with self.assertRaisesRegex(AssertionError, "cannot be reached from Resolver endpoint"):
            api("UpdateResolverRule", "route53resolver", ResolverRuleId=self.id["RuleA"], Config={"TargetIps": [{"Ipv6": "fd00:9::53"}]})

    def test_loop(self):
        self.apply(("{Ip: 127.20.0.53}", "{Ip: 127.10.1.20}"))
        found = findings()
        self.assertEqual([f["Code"] for f in found], ["forwarding-loop"])
        self.assertEqual({o["Name"] for o in found[0]["Objects"]}, {"corp-a", "corp-b", "in-a", "in-b"})
        self.assertEqual(self.explained(found[0])["Rcode"], "SERVFAIL")
        self.assertEqual(len(findings("--vpc", self.id["VpcB"])), 1)
        self.apply()
        self.assertEqual(findings(status=0), [])

    def test_egress_blocked(self):
        found = self.fault("egress-blocked", "ERROR", ["RuleA", "Out", "VpcA"], ("{Ip: 127.11.1.20}]", "{Ip: 127.11.1.20, Port: 5353}]"))
        self.assertIn("127.11.1.20", found["Why"])

    def test_ingress_blocked(self):
        found = self.fault("ingress-blocked", "ERROR", ["InA", "VpcA"],
                           ("VpcId: !Ref VpcA, SecurityGroupIngress: [{IpProtocol: udp, FromPort: 53, ToPort: 53", "VpcId: !Ref VpcA, SecurityGroupIngress: [{IpProtocol: udp, FromPort: 853, ToPort: 853"))
        self.assertRegex(found["Query"]["Command"], r"dig @127\.10\.1\.2[01] app\.internal SOA")

    def test_shadowed_zone(self):
        self.apply(("Name: app.internal", "Name: corp.internal"))
        found = findings()
        self.assertEqual([(f["Code"], f["Objects"][0]["Id"], f["Objects"][1]["Id"]) for f in found], [("shadowed-zone", self.id["Zone"], self.id["RuleA"])])
        chosen = [e["Object"] for e in self.explained(found[0])["Trace"] if e["Step"] == "route" and e["What"] == "chosen"]
        self.assertEqual(chosen, [self.id["RuleA"]])
        self.apply()
        self.assertEqual(findings(status=0), [])

    def test_zone_switched_off(self):
        found = self.fault("zone-switched-off", "ERROR", ["VpcA", "Zone"],
                           ("127.10.0.0/16, EnableDnsHostnames: true", "127.10.0.0/16, EnableDnsHostnames: false"))
        self.assertIn("EnableDnsHostnames is off", found["Why"])

    def test_unused(self):
        self.fault("unused", "NOTE", ["RuleB"],
                   ("  RuleBOfB: {Type: 'AWS::Route53Resolver::ResolverRuleAssociation', Properties: {ResolverRuleId: !Ref RuleB, VPCId: !Ref VpcB}}\n", ""))
        self.assertEqual(findings("--vpc", self.id["VpcA"], status=0), [])

    def test_profile(self):
        """The rule comes into a VPC of ours by a profile, then into one of another account too; last of all something of our own hides it."""
        association = "  RuleBOfB: {Type: 'AWS::Route53Resolver::ResolverRuleAssociation', Properties: {ResolverRuleId: !Ref RuleB, VPCId: !Ref VpcB}}\n"
        self.apply((association, ""))
        made = api("CreateProfile", "route53profiles", Name="check", ClientToken=f"check-{time.monotonic_ns()}")["Profile"]
        profile, arn = made["Id"], made["Arn"]
        rule = f"arn:aws:route53resolver:us-east-1:{os.environ['B53_ACCOUNT']}:resolver-rule/{self.id['RuleB']}"
        self.addCleanup(api, "DeleteProfile", "route53profiles", ProfileId=profile)
        self.assertEqual(codes(), ["profile-unused", "unused"])
        api("AssociateResourceToProfile", "route53profiles", ProfileId=profile, ResourceArn=rule, Name="corp")
        self.addCleanup(api, "DisassociateResourceFromProfile", "route53profiles", ProfileId=profile, ResourceArn=rule)
        found = findings()
        self.assertEqual([f["Code"] for f in found], ["profile-unused", "unused"])
        self.assertEqual([o["Id"] for o in found[1]["Objects"]], [self.id["RuleB"], profile])
        api("AssociateProfile", "route53profiles", ProfileId=profile, ResourceId=self.id["VpcB"], Name="b")
        self.assertEqual(codes(), [])
        # Its targets are followed as those of a rule of the VPC itself.
        self.apply((association, ""), ("{Ip: 127.20.0.53}", "{Ip: 127.10.1.20}"))
        found = findings()
        self.assertEqual([f["Code"] for f in found], ["forwarding-loop"])
        self.assertEqual(self.explained(found[0])["Rcode"], "SERVFAIL")
        self.apply((association, ""), ("Name: app.internal, VPCs: [{VPCId: !Ref VpcA", "Name: corp.internal, VPCs: [{VPCId: !Ref VpcB"))
        found = findings()
        self.assertEqual([f["Code"] for f in found], ["shadowed-rule"])
        self.assertEqual([o["Id"] for o in found[0]["Objects"]], [self.id["RuleB"], self.id["Zone"], self.id["VpcB"], profile])
        chosen = [e["Object"] for e in self.explained(found[0])["Trace"] if e["Step"] == "route" and e["What"] == "chosen"]
        self.assertEqual(chosen, [self.id["Zone"]])
        # A VPC of another account has it as well, and what is there can't be seen.
        vpc, leave = self.consumer(arn, profile)
        self.addCleanup(leave)
        self.assertEqual(codes(), [])
        api("DisassociateProfile", "route53profiles", ProfileId=profile, ResourceId=self.id["VpcB"])
        self.assertEqual(codes(), [])
        self.assertNotIn(vpc, run("check", "--json"))

    def consumer(self, arn, profile):
        """A VPC of the other account with the profile, and what takes it off again."""
        other = ["--access-key", os.environ["B53_OTHER_KEY"], "--secret-key", os.environ["B53_OTHER_SECRET"]]
        share = api("CreateResourceShare", "ram", name="check", resourceArns=[arn], principals=[os.environ["B53_OTHER_ACCOUNT"]])["resourceShare"]["resourceShareArn"]
        self.addCleanup(api, "DeleteResourceShare", "ram", resourceShareArn=share)
        invitation = api("GetResourceShareInvitations", "ram", key=other, resourceShareArns=[share])["resourceShareInvitations"][0]["resourceShareInvitationArn"]
        api("AcceptResourceShareInvitation", "ram", key=other, resourceShareInvitationArn=invitation)
        vpc = api("CreateVpc", key=other, CidrBlock="127.12.0.0/16")["Vpc"]["VpcId"]
        api("AssociateProfile", "route53profiles", key=other, ProfileId=profile, ResourceId=vpc, Name="other")
        return vpc, lambda: (api("DisassociateProfile", "route53profiles", key=other, ProfileId=profile, ResourceId=vpc), api("DeleteVpc", key=other, VpcId=vpc))

    def test_endpoint_detached(self):
        """The VPC moves into a network namespace that is not there, and back."""
        api("CreateTags", Resources=[self.id["VpcA"]], Tags=[{"Key": "bridge53:netns", "Value": "b53-no-such-network"}])
        found = []
        deadline = time.monotonic() + 10
        while not found and time.monotonic() < deadline:
            found = json.loads(subprocess.run([PROGRAM, "check", "--json", *CLIENT], capture_output=True, text=True, timeout=60).stdout)["Findings"]
        self.assertEqual([(f["Code"], f["Severity"]) for f in found], [("endpoint-detached", "ERROR")])
        self.assertEqual({o["Id"] for o in found[0]["Objects"]}, {self.id[o] for o in ("Out", "VpcA", "RuleA", "RuleB")})
        api("DeleteTags", Resources=[self.id["VpcA"]], Tags=[{"Key": "bridge53:netns"}])
        while found and time.monotonic() < deadline + 10:
            found = json.loads(subprocess.run([PROGRAM, "check", "--json", *CLIENT], capture_output=True, text=True, timeout=60).stdout)["Findings"]
        self.assertEqual(found, [])


if __name__ == "__main__":
    unittest.main()
