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


if __name__ == "__main__":
    unittest.main()
