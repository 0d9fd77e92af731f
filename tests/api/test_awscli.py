# SPDX-License-Identifier: Apache-2.0
"""Debian's AWS CLI, as a person would type it."""
import json
import os
import shutil
import subprocess
import unittest

AWS = shutil.which("aws", path="/usr/bin") or "aws"
URL, PORT = os.environ["B53_URL"], os.environ["B53_DNS_PORT"]


def aws(*words, fails=False):
    done = subprocess.run([AWS, "--endpoint-url", URL, "--output", "json", *words], capture_output=True, text=True, timeout=60)
    if fails:
        assert done.returncode != 0, f"succeeded: {words}"
        return done.stderr.strip()
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"
    return json.loads(done.stdout) if done.stdout.strip() else None


class Cli(unittest.TestCase):
    def test_walk(self):
        self.assertEqual(aws("sts", "get-caller-identity")["Account"], os.environ["B53_ACCOUNT"])
        vpc = aws("ec2", "create-vpc", "--cidr-block", "127.10.0.0/16", "--tag-specifications", "ResourceType=vpc,Tags=[{Key=Name,Value=cli}]")["Vpc"]["VpcId"]
        aws("ec2", "modify-vpc-attribute", "--vpc-id", vpc, "--enable-dns-hostnames", '{"Value":true}')
        self.assertTrue(aws("ec2", "describe-vpc-attribute", "--vpc-id", vpc, "--attribute", "enableDnsHostnames")["EnableDnsHostnames"]["Value"])
        subnets = [aws("ec2", "create-subnet", "--vpc-id", vpc, "--cidr-block", f"127.10.{i}.0/24")["Subnet"]["SubnetId"] for i in (1, 2)]
        group = aws("ec2", "create-security-group", "--group-name", "dns", "--description", "dns", "--vpc-id", vpc)["GroupId"]
        aws("ec2", "authorize-security-group-ingress", "--group-id", group, "--protocol", "udp", "--port", "53", "--cidr", "127.0.0.0/8")
        endpoint = aws("route53resolver", "create-resolver-endpoint", "--creator-request-id", "cli-1", "--direction", "OUTBOUND", "--security-group-ids", group,
                       "--ip-addresses", f"SubnetId={subnets[0]},Ip=127.10.1.10", f"SubnetId={subnets[1]},Ip=127.10.2.10")["ResolverEndpoint"]["Id"]
        rule = aws("route53resolver", "create-resolver-rule", "--creator-request-id", "cli-2", "--rule-type", "FORWARD", "--domain-name", "corp.internal",
                   "--resolver-endpoint-id", endpoint, "--target-ips", "Ip=127.20.0.53,Port=5399")["ResolverRule"]
        self.assertEqual(rule["DomainName"], "corp.internal.")
        aws("route53resolver", "associate-resolver-rule", "--resolver-rule-id", rule["Id"], "--vpc-id", vpc)
        zone = aws("route53", "create-hosted-zone", "--name", "example100.internal", "--caller-reference", "cli-3", "--vpc", f"VPCRegion=us-east-1,VPCId={vpc}",
                   "--hosted-zone-config", "Comment=c,PrivateZone=true")["HostedZone"]["Id"]
        batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": {"Name": "aws.example100.internal", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "127.10.1.80"}]}}]}
        change = aws("route53", "change-resource-record-sets", "--hosted-zone-id", zone, "--change-batch", json.dumps(batch))["ChangeInfo"]["Id"]
        self.assertEqual(aws("route53", "get-change", "--id", change)["ChangeInfo"]["Status"], "INSYNC")
        out = subprocess.run(["dig", "-b", "127.10.1.7", "@127.10.0.2", "-p", PORT, "aws.example100.internal", "+short"], capture_output=True, text=True).stdout
        self.assertEqual(out, "127.10.1.80\n")
        self.assertEqual(len(aws("route53", "list-resource-record-sets", "--hosted-zone-id", zone)["ResourceRecordSets"]), 3)
        self.assertIn("(InvalidChangeBatch)", aws("route53", "change-resource-record-sets", "--hosted-zone-id", zone, "--change-batch", json.dumps(batch), fails=True))
        self.assertIn("(ResourceInUseException)", aws("route53resolver", "delete-resolver-rule", "--resolver-rule-id", rule["Id"], fails=True))
        self.assertIn("(DependencyViolation)", aws("ec2", "delete-vpc", "--vpc-id", vpc, fails=True))
        self.assertEqual(len(aws("route53", "list-hosted-zones")["HostedZones"]), 1)
        batch["Changes"][0]["Action"] = "DELETE"
        aws("route53", "change-resource-record-sets", "--hosted-zone-id", zone, "--change-batch", json.dumps(batch))
        aws("route53", "delete-hosted-zone", "--id", zone)
        aws("route53resolver", "disassociate-resolver-rule", "--resolver-rule-id", rule["Id"], "--vpc-id", vpc)
        aws("route53resolver", "delete-resolver-rule", "--resolver-rule-id", rule["Id"])
        aws("route53resolver", "delete-resolver-endpoint", "--resolver-endpoint-id", endpoint)
        aws("ec2", "delete-security-group", "--group-id", group)
        for s in subnets:
            aws("ec2", "delete-subnet", "--subnet-id", s)
        aws("ec2", "delete-vpc", "--vpc-id", vpc)

    def test_dual_stack(self):
        vpc = aws("ec2", "create-vpc", "--cidr-block", "127.63.0.0/16", "--amazon-provided-ipv6-cidr-block")["Vpc"]
        block = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"].removesuffix("00::/56")
        vpc = vpc["VpcId"]
        native = aws("ec2", "create-subnet", "--vpc-id", vpc, "--ipv6-native", "--ipv6-cidr-block", f"{block}01::/64")["Subnet"]["SubnetId"]
        both = aws("ec2", "create-subnet", "--vpc-id", vpc, "--cidr-block", "127.63.2.0/24")["Subnet"]["SubnetId"]
        aws("ec2", "associate-subnet-cidr-block", "--subnet-id", both, "--ipv6-cidr-block", f"{block}02::/64")
        aws("ec2", "modify-subnet-attribute", "--subnet-id", native, "--enable-dns64")
        aws("ec2", "modify-subnet-attribute", "--subnet-id", both, "--assign-ipv6-address-on-creation")
        self.assertIn("(InvalidParameterValue)", aws("ec2", "modify-subnet-attribute", "--subnet-id", native, "--no-assign-ipv6-address-on-creation", fails=True))
        shown = {s["SubnetId"]: (s["EnableDns64"], s["AssignIpv6AddressOnCreation"]) for s in aws("ec2", "describe-subnets", "--filters", f"Name=vpc-id,Values={vpc}")["Subnets"]}
        self.assertEqual(shown, {native: (True, True), both: (False, True)})
        group = aws("ec2", "create-security-group", "--group-name", "dns6", "--description", "dns", "--vpc-id", vpc)["GroupId"]
        endpoint = aws("route53resolver", "create-resolver-endpoint", "--creator-request-id", "cli-6", "--direction", "OUTBOUND", "--security-group-ids", group,
                       "--resolver-endpoint-type", "IPV6", "--ip-addresses", f"SubnetId={native},Ipv6={block}01::10", f"SubnetId={both}")["ResolverEndpoint"]["Id"]
        rule = aws("route53resolver", "create-resolver-rule", "--creator-request-id", "cli-7", "--rule-type", "FORWARD", "--domain-name", "corp6.internal",
                   "--resolver-endpoint-id", endpoint, "--target-ips", "Ipv6=fd00:99::53")["ResolverRule"]["Id"]
        aws("ec2", "create-tags", "--resources", vpc, "--tags", "Key=bridge53:dns64-prefix,Value=2001:db8:64::/96")
        self.assertIn("(InvalidParameterValue)", aws("ec2", "create-tags", "--resources", native, "--tags", "Key=bridge53:dns64-prefix,Value=64:ff9b::/90", fails=True))
        aws("route53resolver", "delete-resolver-rule", "--resolver-rule-id", rule)
        aws("route53resolver", "delete-resolver-endpoint", "--resolver-endpoint-id", endpoint)
        aws("ec2", "delete-security-group", "--group-id", group)
        for s in (native, both):
            aws("ec2", "delete-subnet", "--subnet-id", s)
        aws("ec2", "delete-vpc", "--vpc-id", vpc)


if __name__ == "__main__":
    unittest.main()
