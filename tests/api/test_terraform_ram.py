# SPDX-License-Identifier: Apache-2.0
"""Unmodified Terraform: one account shares a rule, another accepts the share; apply, no drift, destroy."""
import os
import subprocess
import unittest

import boto3

WORK, URL = os.environ["B53_WORK"], os.environ["B53_URL"]
OTHER = os.environ["B53_OTHER_ACCOUNT"]
VARIABLES = {"TF_IN_AUTOMATION": "1", "TF_VAR_endpoint": URL, "TF_VAR_other_account": OTHER, "TF_VAR_other_key": os.environ["B53_OTHER_KEY"],
             "TF_VAR_other_secret": os.environ["B53_OTHER_SECRET"]}


def terraform(*words):
    done = subprocess.run(["terraform", *words, "-no-color"], cwd=WORK, capture_output=True, text=True, timeout=400, env={**os.environ, **VARIABLES})
    if done.returncode:
        raise AssertionError(f"terraform {' '.join(words)}: status {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")


class Sharing(unittest.TestCase):
    def test_life(self):
        ram = boto3.client("ram", endpoint_url=URL)
        active = dict(resourceOwner="SELF", resourceShareStatus="ACTIVE")
        terraform("init", "-input=false")
        terraform("apply", "-auto-approve", "-input=false")
        share = ram.get_resource_shares(**active)["resourceShares"][0]["resourceShareArn"]
        principals = ram.get_resource_share_associations(associationType="PRINCIPAL", resourceShareArns=[share])["resourceShareAssociations"]
        self.assertEqual([(p["associatedEntity"], p["status"]) for p in principals], [(OTHER, "ASSOCIATED")])
        terraform("plan", "-detailed-exitcode", "-input=false")  # status 2 would be a drift
        terraform("destroy", "-auto-approve", "-input=false")
        self.assertEqual(ram.get_resource_shares(**active)["resourceShares"], [])


if __name__ == "__main__":
    unittest.main()
