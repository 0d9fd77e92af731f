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
