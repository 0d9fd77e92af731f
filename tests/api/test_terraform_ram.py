# SPDX-License-Identifier: Apache-2.0
"""Unmodified Terraform: one account shares a rule and a Profile, another accepts and uses them; apply, no drift, destroy."""
import json
import os
import subprocess
import unittest

import boto3

WORK, URL, PORT = os.environ["B53_WORK"], os.environ["B53_URL"], os.environ["B53_DNS_PORT"]
OTHER = os.environ["B53_OTHER_ACCOUNT"]
VARIABLES = {"TF_IN_AUTOMATION": "1", "TF_VAR_endpoint": URL, "TF_VAR_other_account": OTHER, "TF_VAR_other_key": os.environ["B53_OTHER_KEY"],
             "TF_VAR_other_secret": os.environ["B53_OTHER_SECRET"]}


def terraform(*words):
    done = subprocess.run(["terraform", *words, "-no-color"], cwd=WORK, capture_output=True, text=True, timeout=400, env={**os.environ, **VARIABLES})
    if done.returncode:
        raise AssertionError(f"terraform {' '.join(words)}: status {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")


def call(operation, **members):
    """An operation of RAM that Debian's boto3 does not know."""
    words = [os.environ["B53_PROGRAM"], "api", "ram", operation, "--endpoint-url", URL, "--input", json.dumps(members),
             "--access-key", os.environ["AWS_ACCESS_KEY_ID"], "--secret-key", os.environ["AWS_SECRET_ACCESS_KEY"]]
    return json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


def dig(source):
    """What an instance of a VPC gets for the consumer's name."""
    words = ["dig", "-b", source, "@127.10.0.2", "-p", PORT, "web.aws.tf100.internal", "+short", "+time=2", "+tries=1"]
    return subprocess.run(words, capture_output=True, text=True).stdout


class Sharing(unittest.TestCase):
    def test_life(self):
        ram = boto3.client("ram", endpoint_url=URL)
        active = dict(resourceOwner="SELF", resourceShareStatus="ACTIVE")
        actions = ["GetProfile", "AssociateProfile", "DisassociateProfile", "GetProfileResourceAssociation", "ListProfileResourceAssociations",
                   "AssociateResourceToProfile", "DisassociateResourceFromProfile"]
        template = {"Effect": "Allow", "Action": [f"route53profiles:{a}" for a in actions]}
        made = call("CreatePermission", name="tf-admin", resourceType="route53profiles:Profile", policyTemplate=json.dumps(template))
        VARIABLES["TF_VAR_admin_permission"] = made["permission"]["arn"]
        terraform("init", "-input=false")
        terraform("apply", "-auto-approve", "-input=false")
        shares = [s["resourceShareArn"] for s in ram.get_resource_shares(**active)["resourceShares"]]
        principals = ram.get_resource_share_associations(associationType="PRINCIPAL", resourceShareArns=shares)["resourceShareAssociations"]
        self.assertEqual([(p["associatedEntity"], p["status"]) for p in principals], 2 * [(OTHER, "ASSOCIATED")])
        for instance in ("127.44.1.7", "127.45.1.7"):
            self.assertEqual(dig(instance), "10.0.1.100\n", instance)
        terraform("plan", "-detailed-exitcode", "-input=false")  # status 2 would be a drift
        terraform("destroy", "-auto-approve", "-input=false")
        self.assertEqual(ram.get_resource_shares(**active)["resourceShares"], [])
        call("DeletePermission", permissionArn=made["permission"]["arn"])


if __name__ == "__main__":
    unittest.main()
