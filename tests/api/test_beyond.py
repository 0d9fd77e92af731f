# SPDX-License-Identifier: Apache-2.0
"""What bridge53 has beyond the services: the audit trail, dry runs, and templates of several accounts in one run."""
import json
import os
import subprocess
import tempfile
import time
import unittest
import uuid

PROGRAM, URL = os.environ["B53_PROGRAM"], os.environ["B53_URL"]
ACCOUNT, OTHER = os.environ["B53_ACCOUNT"], os.environ["B53_OTHER_ACCOUNT"]
KEYS = {ACCOUNT: (os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]),
        OTHER: (os.environ["B53_OTHER_KEY"], os.environ["B53_OTHER_SECRET"])}


def run(*words, account=ACCOUNT, fails=False, stdin=None):
    client = ["--endpoint-url", URL, "--access-key", KEYS[account][0], "--secret-key", KEYS[account][1]]
    done = subprocess.run([PROGRAM, *words, *client], capture_output=True, text=True, timeout=60, input=stdin)
    assert (done.returncode != 0) == fails, f"status {done.returncode} of {words}: {done.stdout}{done.stderr}"
    return done.stderr if fails else done.stdout


def api(service, operation, account=ACCOUNT, **members):
    return json.loads(run("api", service, operation, "--input", json.dumps(members), account=account))


def rule(domain, account=ACCOUNT):
    return api("route53resolver", "CreateResolverRule", account, CreatorRequestId=str(uuid.uuid4()), RuleType="SYSTEM",
               DomainName=domain)["ResolverRule"]["Id"]


def events(*words, account=ACCOUNT):
    return [json.loads(line) for line in run("audit", "--json", *words, account=account).splitlines()]


class Audit(unittest.TestCase):
    def test_who_when_what_from_where(self):
        before = time.time()
        made = rule("audit.test")
        api("route53resolver", "DeleteResolverRule", ResolverRuleId=made)
        created, deleted = events("--object", made)
        self.assertEqual((created["Operation"], deleted["Operation"]), ("CreateResolverRule", "DeleteResolverRule"))
        for e, action in ((created, "put"), (deleted, "delete")):
            self.assertEqual(e["Account"], ACCOUNT)
            self.assertEqual(e["CallerArn"], f"arn:aws:iam::{ACCOUNT}:root")
            self.assertEqual(e["AccessKeyId"], KEYS[ACCOUNT][0])
            self.assertEqual(e["SourceAddress"], "127.0.0.1")
            self.assertEqual(e["Service"], "route53resolver")
            self.assertEqual(e["Region"], "us-east-1")
            self.assertRegex(e["RequestId"], r"^[0-9a-f-]{36}$")
            self.assertIn({"Kind": "resolver-rule", "Id": made, "Owner": ACCOUNT, "Action": action}, e["Objects"])
            self.assertGreaterEqual(e["Time"], time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(before)))
        self.assertLess(created["Revision"], deleted["Revision"])
        text = run("audit", "--object", made)
        self.assertIn(f"arn:aws:iam::{ACCOUNT}:root  route53resolver CreateResolverRule  from 127.0.0.1  +resolver-rule {made}", text)
        self.assertIn(f" -resolver-rule {made}", text)

    def test_filters(self):
        made = rule("filters.test")
        self.assertEqual(len(events("--object", made, "--since", "1h")), 1)
        self.assertEqual(events("--object", made, "--since", "2400-01-01"), [])
        self.assertEqual(events("--object", made, "--operation", "DeleteResolverRule"), [])
        self.assertEqual(events("--object", made, "--account", OTHER), [])
        self.assertIn("--since takes", run("audit", "--since", "lately", fails=True))
        self.assertIn("InvalidParameterException: StartTime must be a time", run("api", "bridge53", "ListAuditEvents", "--input",
                      '{"StartTime": "lately"}', fails=True))
        page = api("bridge53", "ListAuditEvents", MaxResults=1)
        again = api("bridge53", "ListAuditEvents", MaxResults=1, NextToken=page["NextToken"])
        self.assertLess(page["Events"][0]["Revision"], again["Events"][0]["Revision"])

    def test_other_accounts_see_nothing(self):
        made = rule("mine.test")
        self.assertEqual(events("--object", made, account=OTHER), [])
        self.assertEqual([e for e in events(account=OTHER) if e["Account"] != OTHER and e.get("CallerArn")], [])

    def test_secrets_are_not_kept(self):
        for secret in (KEYS[ACCOUNT][1], KEYS[OTHER][1]):
            for account in (ACCOUNT, OTHER):
                self.assertNotIn(secret, run("audit", "--json", account=account))

    def test_follow(self):
        follow = subprocess.Popen([PROGRAM, "audit", "--follow", "--json", "--since", "0s", "--endpoint-url", URL, "--access-key", KEYS[ACCOUNT][0],
                                   "--secret-key", KEYS[ACCOUNT][1]], stdout=subprocess.PIPE, text=True)
        try:
            time.sleep(0.3)
            made = [rule("one.follow.test"), rule("two.follow.test")]
            seen = [json.loads(follow.stdout.readline())["Objects"][0]["Id"] for _ in made]
            self.assertEqual(seen, made)
        finally:
            follow.kill()
            follow.communicate()


def vpc(cidr, account=ACCOUNT):
    made = api("ec2", "CreateVpc", account, CidrBlock=cidr)["Vpc"]["VpcId"]
    api("ec2", "ModifyVpcAttribute", account, VpcId=made, EnableDnsHostnames={"Value": True})
    return made


def dry(service, operation, account=ACCOUNT, **members):
    return json.loads(run("api", service, operation, "--dry-run", "--input", json.dumps(members), account=account))


class DryRun(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.one, cls.two = vpc("127.30.0.0/24"), vpc("127.31.0.0/24")
        cls.zone = api("route53", "CreateHostedZone", Name="dry.internal", CallerReference=str(uuid.uuid4()),
                       VPC={"VPCRegion": "us-east-1", "VPCId": cls.one})["HostedZone"]["Id"]
        api("route53", "AssociateVPCWithHostedZone", HostedZoneId=cls.zone, VPC={"VPCRegion": "us-east-1", "VPCId": cls.two})

    def change(self, call, value, action="UPSERT"):
        record = {"Name": "www.dry.internal", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": value}]}
        return call("route53", "ChangeResourceRecordSets", HostedZoneId=self.zone,
                    ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record}]})

    def test_record_in_two_vpcs(self):
        self.change(api, "10.0.0.1")
        out = self.change(dry, "10.0.0.2")
        zone = self.zone.rsplit("/", 1)[-1]
        self.assertEqual(out["Vpcs"], 2)
        self.assertFalse(out["Truncated"])
        self.assertEqual({c["VpcId"] for c in out["Changes"]}, {self.one, self.two})
        for c in out["Changes"]:
            self.assertEqual((c["Name"], c["Account"]), ("www.dry.internal.", ACCOUNT))
            self.assertEqual(c["Before"], f"private zone {zone}: A 60 10.0.0.1")
            self.assertEqual(c["After"], f"private zone {zone}: A 60 10.0.0.2")
        sets = api("route53", "ListResourceRecordSets", HostedZoneId=self.zone)["ResourceRecordSets"]
        self.assertEqual([s["ResourceRecords"][0]["Value"] for s in sets if s["Type"] == "A"], ["10.0.0.1"], "a dry run wrote")
        self.assertEqual(self.change(dry, "10.0.0.1"), {"Vpcs": 0, "Changes": [], "Truncated": False})

    def test_setting(self):
        out = dry("ec2", "ModifyVpcAttribute", VpcId=self.two, EnableDnsSupport={"Value": False})
        self.assertEqual(out["Vpcs"], 1)
        self.assertIn({"VpcId": self.two, "Account": ACCOUNT, "Setting": "DNS support", "Before": "on", "After": "off"}, out["Changes"])

    def test_reads_and_failures(self):
        self.assertEqual(dry("ec2", "DescribeVpcs")["Vpcs"], 0)
        self.assertIn("ResourceNotFoundException", run("api", "route53resolver", "DeleteResolverRule", "--dry-run", "--input",
                      '{"ResolverRuleId": "rslvr-rr-none"}', fails=True))

    def test_leaves_no_event(self):
        before = len(events())
        self.change(dry, "10.9.9.9")
        self.assertEqual(len(events()), before)

    def test_header_must_be_signed(self):
        import botocore.auth
        import botocore.awsrequest
        import botocore.credentials
        import urllib.error
        import urllib.request
        request = botocore.awsrequest.AWSRequest("POST", URL + "/", data=b'{}', headers={"X-Amz-Target": "Bridge53.ListStacks",
                                                 "Content-Type": "application/x-amz-json-1.1"})
        botocore.auth.SigV4Auth(botocore.credentials.Credentials(*KEYS[ACCOUNT]), "bridge53", "us-east-1").add_auth(request)
        headers = dict(request.headers.items())
        urllib.request.urlopen(urllib.request.Request(URL + "/", b'{}', headers)).read()
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(urllib.request.Request(URL + "/", b'{}', dict(headers, **{"X-Bridge53-Dry-Run": "1"})))
        self.assertIn("must be signed", caught.exception.read().decode())


class SharedDryRun(unittest.TestCase):
    """Calls of two accounts in one dry run, by a client that is not ours."""

    def call(self, operation, members, run_id=None, account=ACCOUNT, service="Bridge53", scope="bridge53"):
        import botocore.auth
        import botocore.awsrequest
        import botocore.credentials
        import urllib.request
        headers = {"X-Amz-Target": f"{service}.{operation}", "Content-Type": "application/x-amz-json-1.1"}
        if run_id:
            headers["X-Bridge53-Dry-Run"] = run_id
        body = json.dumps(members).encode()
        request = botocore.awsrequest.AWSRequest("POST", URL + "/", data=body, headers=headers)
        botocore.auth.SigV4Auth(botocore.credentials.Credentials(*KEYS[account]), scope, "us-east-1").add_auth(request)
        with urllib.request.urlopen(urllib.request.Request(URL + "/", body, dict(request.headers.items()))) as reply:
            return json.loads(reply.read() or b"{}")

    def rule(self, domain, run_id, account):
        return self.call("CreateResolverRule", {"CreatorRequestId": str(uuid.uuid4()), "RuleType": "SYSTEM", "DomainName": domain}, run_id, account,
                         "Route53Resolver", "route53resolver")["ResolverRule"]["Id"]

    def test_two_accounts(self):
        import urllib.error
        mine = vpc("127.60.0.0/24")
        run_id = self.call("CreateDryRun", {})["DryRunId"]
        self.assertRegex(run_id, r"^[0-9a-f]{32}$")
        made = self.rule("one.test", run_id, ACCOUNT)
        other = self.rule("two.test", run_id, OTHER)
        get = ("GetResolverRule", {"ResolverRuleId": made}, run_id, ACCOUNT, "Route53Resolver", "route53resolver")
        self.assertEqual(self.call(*get)["ResolverRule"]["DomainName"], "one.test.")
        for wrong in ((*get[:2], None, *get[3:]), (*get[:3], OTHER, *get[4:]), (*get[:2], "0" * 32, *get[3:]),
                      ("DescribeDryRun", {"DryRunId": run_id}, run_id)):  # not real; not theirs; no such run; not about itself
            with self.assertRaises(urllib.error.HTTPError) as caught:
                self.call(*wrong)
            self.assertIn("ResourceNotFoundException", caught.exception.read().decode())
        self.call("AssociateResolverRule", {"ResolverRuleId": made, "VPCId": mine}, run_id, ACCOUNT, "Route53Resolver", "route53resolver")
        self.assertEqual(self.call("DescribeDryRun", {"DryRunId": run_id})["Vpcs"], 0)
        self.call("DeleteDryRun", {"DryRunId": run_id}, account=OTHER)  # whoever has the id
        with self.assertRaises(urllib.error.HTTPError):
            self.call(*get)
        self.assertNotEqual(made, other)


class ApplyDryRun(unittest.TestCase):
    def test_blast_radius_of_a_stack(self):
        text = """
Parameters: {Cidr: {Type: String}, Address: {Type: String, Default: 10.5.5.5}}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !Ref Cidr, EnableDnsSupport: true, EnableDnsHostnames: true}}
  Zone: {Type: AWS::Route53::HostedZone, Properties: {Name: stack.internal, VPCs: [{VPCId: !Ref Vpc, VPCRegion: us-east-1}]}}
  Record:
    Type: AWS::Route53::RecordSet
    Properties: {HostedZoneId: !Ref Zone, Name: www.stack.internal, Type: A, TTL: "60", ResourceRecords: [!Ref Address]}
Outputs: {VpcId: {Value: !Ref Vpc}}
"""
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
            f.write(text)
            f.flush()
            words = ["apply", f.name, "--stack", "blast", "--param", "Cidr=127.40.0.0/24"]
            stacks, count = api("bridge53", "ListStacks"), len(events())
            out = run(*words, "--dry-run")
            self.assertIn("(dry run)", out)
            self.assertIn("3 created", out)
            self.assertIn("DNS would change in 1 VPC; nothing was written", out)
            self.assertRegex(out, r"vpc-\w+  VPC: not there -> there")
            self.assertRegex(out, r"vpc-\w+  stack.internal.: no VPC -> private zone Z\w+")
            self.assertEqual(api("bridge53", "ListStacks"), stacks)
            self.assertEqual(len(events()), count)
            self.assertIn("3 created", run(*words))
            out = run(*words, "--param", "Address=10.5.5.6", "--dry-run")
            self.assertIn("1 changed", out)
            self.assertIn("DNS would change in 1 VPC;", out)
            self.assertRegex(out, r"www.stack.internal.: private zone \w+: A 60 10.5.5.5 -> private zone \w+: A 60 10.5.5.6")
            self.assertIn("DNS would change in 0 VPCs;", run(*words, "--dry-run"))
            out = run("apply", "--delete", "--stack", "blast", "--dry-run")
            self.assertIn("VPC: there -> not there", out)
            self.assertIn("3 deleted", run("apply", "--delete", "--stack", "blast"))

    def test_dry_runs_end(self):
        for _ in range(6):  # more than there may be at once
            self.assertIn("DNS would change in 0 VPCs", run("apply", "--delete", "--stack", "none", "--dry-run"))
        self.assertIn("There is no dry run 'x'", run("api", "bridge53", "DescribeDryRun", "--input", '{"DryRunId": "x"}', fails=True))


SHARED = """
Parameters: {Domain: {Type: String, Default: corp.internal}}
Resources:
  Rule: {Type: AWS::Route53Resolver::ResolverRule, Properties: {RuleType: SYSTEM, DomainName: !Ref Domain, Name: shared}}
Outputs: {RuleId: {Value: !Ref Rule}}
"""
TEAM = """
Parameters: {RuleId: {Type: String}, Cidr: {Type: String}}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !Ref Cidr, EnableDnsSupport: true, EnableDnsHostnames: true}}
  Zone: {Type: AWS::Route53::HostedZone, Properties: {Name: team.internal, VPCs: [{VPCId: !Ref Vpc, VPCRegion: us-east-1}]}}
  Note:
    Type: AWS::Route53::RecordSet
    Properties: {HostedZoneId: !Ref Zone, Name: rule.team.internal, Type: TXT, TTL: "60", ResourceRecords: [!Sub '"${RuleId}"']}
Outputs: {ZoneId: {Value: !Ref Zone}}
"""
WATCH = """
Parameters: {ZoneId: {Type: String}, RuleId: {Type: String}}
Resources:
  Watch:
    Type: AWS::Route53Resolver::ResolverRule
    Properties: {RuleType: SYSTEM, DomainName: watch.internal, Name: !Sub "${ZoneId}-of-team"}
Outputs: {WatchId: {Value: !Ref Watch}}
"""


class Accounts(unittest.TestCase):
    """Templates of two accounts; the command line names them in an order in which they can't be applied."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.write("shared", SHARED)
        self.write("team", TEAM)
        self.write("watch", WATCH)
        self.keys = os.path.join(self.folder.name, "keys")
        with open(self.keys, "w") as f:
            f.write("# of the test\n")
            for name, account in (("hub", ACCOUNT), ("spoke", OTHER)):
                f.write(f"[{name}]\naws_access_key_id = {KEYS[account][0]}\naws_secret_access_key={KEYS[account][1]}\n\n")

    def tearDown(self):
        self.folder.cleanup()

    def write(self, name, text):
        path = os.path.join(self.folder.name, name + ".yaml")
        with open(path, "w") as f:
            f.write(text)
        return path

    def apply(self, *words, templates=("watch", "team", "shared"), params=("Cidr=127.50.0.0/24",), fails=False):
        paths = [os.path.join(self.folder.name, t + ".yaml") for t in templates]
        accounts = [w for t in templates for w in ("--as", t + ("=spoke" if t == "team" else "=hub"))]
        given = [w for p in params for w in ("--param", p)]
        return run("apply", *paths, "--keys", self.keys, *accounts, *given, *words, fails=fails)

    def test_life(self):
        plan = self.apply("--plan")
        order = [plan.index(f"stack {s} in account {a}, us-east-1 (plan only)") for s, a in (("shared", ACCOUNT), ("team", OTHER), ("watch", ACCOUNT))]
        self.assertEqual(order, sorted(order))
        self.assertEqual(api("bridge53", "ListStacks", OTHER)["StackNames"], [], "a plan made something")
        dry = self.apply("--dry-run")
        self.assertRegex(dry, r"vpc-\w+  team.internal.: no VPC -> private zone Z")
        self.assertEqual(api("bridge53", "ListStacks", OTHER)["StackNames"], [], "a dry run made something")

        out = self.apply()
        for line in ("shared: 1 created", "team: 3 created", "watch: 1 created"):
            self.assertIn(line, out)
        outputs = {s: dict(line.split() for line in run("apply", "--outputs", "--stack", s, account=a).splitlines())
                   for s, a in (("shared", ACCOUNT), ("team", OTHER), ("watch", ACCOUNT))}
        rule, zone = outputs["shared"]["RuleId"], outputs["team"]["ZoneId"]
        sets = api("route53", "ListResourceRecordSets", OTHER, HostedZoneId=zone)["ResourceRecordSets"]
        self.assertIn(f'"{rule}"', [r["Value"] for s in sets if s["Type"] == "TXT" for r in s["ResourceRecords"]])
        watch = api("route53resolver", "GetResolverRule", ResolverRuleId=outputs["watch"]["WatchId"])["ResolverRule"]
        self.assertEqual(watch["Name"], f"{zone}-of-team")
        self.assertIn("ResourceNotFoundException", run("api", "route53resolver", "GetResolverRule", "--input",
                      json.dumps({"ResolverRuleId": outputs["watch"]["WatchId"]}), account=OTHER, fails=True))
        again = self.apply()
        for line in ("shared: 0 created, 0 changed, 0 replaced, 0 deleted, 1 as before", "team: 0 created, 0 changed, 0 replaced, 0 deleted, 3 as before"):
            self.assertIn(line, again)

        # A new rule id goes through the Outputs: the record of the other account follows, the old rule goes last.
        out = self.apply(params=("Cidr=127.50.0.0/24", "shared.Domain=corp2.internal"))
        self.assertIn("shared: 0 created, 0 changed, 1 replaced, 1 deleted", out)
        self.assertIn("team: 0 created, 1 changed", out)
        self.assertLess(out.rindex("Note"), out.rindex("stack shared, what is left over"))

        gone = self.apply("--delete", params=())
        order = [gone.rindex(f"stack {s}, what is left over") for s in ("watch", "team", "shared")]
        self.assertEqual(order, sorted(order), "deleted in the order in which it was made")
        self.assertEqual(api("bridge53", "ListStacks", OTHER)["StackNames"], [])
        self.assertNotIn("shared", api("bridge53", "ListStacks")["StackNames"])

    @unittest.skipUnless("ram" in run("api").split(), "this server has no RAM")
    def test_shared_rule(self):
        self.write("hubram", """
Parameters: {Team: {Type: String}}
Resources:
  Rule: {Type: AWS::Route53Resolver::ResolverRule, Properties: {RuleType: SYSTEM, DomainName: ram.internal, Name: shared}}
  Share:
    Type: AWS::RAM::ResourceShare
    Properties: {Name: hub, ResourceArns: [!GetAtt Rule.Arn], Principals: [!Ref Team], AllowExternalPrincipals: true}
Outputs: {RuleId: {Value: !Ref Rule}}
""")
        self.write("team", """
Parameters: {RuleId: {Type: String}, Cidr: {Type: String}}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !Ref Cidr, EnableDnsSupport: true, EnableDnsHostnames: true}}
  Use: {Type: AWS::Route53Resolver::ResolverRuleAssociation, Properties: {ResolverRuleId: !Ref RuleId, VPCId: !Ref Vpc}}
""")
        run_it = dict(templates=("team", "hubram"), params=("Cidr=127.51.0.0/24", f"Team={OTHER}"))
        refused = self.apply(fails=True, **run_it)
        self.assertIn(f"team: an invitation of account {ACCOUNT} is open; --accept-invitations accepts it", refused)
        dry = self.apply("--accept-invitations", "--dry-run", **run_it)
        self.assertIn(f"accepting the invitation of account {ACCOUNT} to hub", dry)
        self.assertIn("DNS would change in 0 VPCs;", dry)  # a SYSTEM rule where no other rule is
        out = self.apply("--accept-invitations", **run_it)
        self.assertIn(f"accepting the invitation of account {ACCOUNT} to hub", out)
        self.assertIn("1 created", out)
        used = [e for e in events("--operation", "AssociateResolverRule") if e["Account"] == OTHER]
        self.assertEqual([o["Kind"] for o in used[-1]["Objects"]], ["resolver-rule"], "the owner sees the use of its rule and nothing else")
        self.assertNotIn("SourceAddress", used[-1])
        again = self.apply("--accept-invitations", **run_it)
        self.assertNotIn("accepting", again)
        self.apply("--delete", **run_it)

    def test_mistakes(self):
        self.write("a", "Parameters: {X: {Type: String}}\nResources: {}\nOutputs: {Y: {Value: '1'}}")
        self.write("b", "Parameters: {Y: {Type: String}}\nResources: {}\nOutputs: {X: {Value: '1'}}")
        self.write("c", "Resources: {}\nOutputs: {X: {Value: '2'}}")
        def told(pattern, *templates, words=(), params=()):
            self.assertRegex(self.apply(*words, templates=templates, params=params, fails=True), pattern)
        told(r"the templates wait for each other: a takes X of b, b takes Y of a", "a", "b")
        told(r"parameter 'X' of a: both b and c have an Output of that name", "a", "b", "c", params=("Y=1",))
        told(r"the templates have no parameter 'Z'", "a", "b", params=("Z=1",))
        told(r"team: parameter 'Cidr' has no value", "team", "shared")
        told(r"two templates have the name a", "a", "a")
        told(r"--stack names one stack", "a", "b", words=("--stack", "s"))
        told(r"--as names no template of this run: d=hub", "a", "b", words=("--as", "d=hub"))
        told(r"--as a=nobody: no such section", "a", "c", words=("--as", "a=nobody"))
        self.assertIn("0 created", self.apply(templates=("a", "b"), params=("a.X=1",)))
        self.apply("--delete", templates=("a", "b"), params=("a.X=1",))

    def test_nothing_is_done_when_the_last_plan_fails(self):
        self.write("broken", "Parameters: {RuleId: {Type: String}}\nResources: {V: {Type: AWS::S3::Bucket}}")
        out = self.apply(templates=("broken", "shared"), params=(), fails=True)
        self.assertIn("broken: V: the type AWS::S3::Bucket is not known here", out)
        self.assertNotIn("shared", api("bridge53", "ListStacks")["StackNames"])


if __name__ == "__main__":
    unittest.main()
