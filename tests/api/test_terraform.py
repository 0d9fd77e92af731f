# SPDX-License-Identifier: Apache-2.0
"""Unmodified Terraform and AWS provider: apply, no drift, change, destroy."""
import os
import subprocess
import unittest

WORK, URL, PORT = os.environ["B53_WORK"], os.environ["B53_URL"], os.environ["B53_DNS_PORT"]

TYPE = ("-var", "dual_stack_type=IPV4") if "B53_OWN_NETWORK" in os.environ else ()  # of terraform/dual_stack.tf, changed in place


def terraform(*words, status=0):
    done = subprocess.run(["terraform", *words, "-no-color"], cwd=WORK, capture_output=True, text=True, timeout=400,
                          env={**os.environ, "TF_IN_AUTOMATION": "1", "TF_VAR_endpoint": URL})
    if done.returncode != status:
        raise AssertionError(f"terraform {' '.join(words)}: status {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


def dig(name, source="127.10.1.7"):
    return subprocess.run(["dig", "-b", source, "@127.10.0.2", "-p", PORT, name, "+short", "+time=2", "+tries=1"], capture_output=True, text=True).stdout


class Terraform(unittest.TestCase):
    def test_life(self):
        done = subprocess.run(["terraform", "init", "-no-color", "-input=false"], cwd=WORK, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        terraform("apply", "-auto-approve", "-input=false")
        self.assertEqual(dig("aws.example100.internal"), "127.10.1.80\n")
        self.assertEqual(dig("www.services.internal", "127.66.0.7"), "192.0.2.65\n")
        terraform("plan", "-detailed-exitcode", "-input=false")  # status 2 would be a drift
        terraform("apply", "-auto-approve", "-input=false", "-var", "web_address=127.10.1.81", *TYPE)
        self.assertEqual(dig("aws.example100.internal"), "127.10.1.81\n")
        terraform("destroy", "-auto-approve", "-input=false")
        self.assertEqual(dig("aws.example100.internal"), "")


if __name__ == "__main__":
    unittest.main()
