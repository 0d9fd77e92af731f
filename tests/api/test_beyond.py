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


if __name__ == "__main__":
    unittest.main()
