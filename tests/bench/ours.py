# SPDX-License-Identifier: Apache-2.0
"""bridge53 as a contestant, from a store that fill.c writes or through its own API."""
import json
import subprocess

from contestants import BUILD, DOMAIN, SERVER_CPU, Contestant, own_folder, split
from lib import Server

CLIENT = "127.10.1.7"  # in the subnet with DNS64, if there is one
PLAIN_CLIENT = "127.10.2.7"        # in the one without


class Bridge53(Contestant):
    """One VPC, 127.10.0.0/16, until told otherwise; the client's address says which VPC asks. more: options of `serve`."""

    def __init__(self, folder, name="bridge53", workers=1, cpu=SERVER_CPU, more=()):
        own = own_folder(folder, name)
        super().__init__(name, own, None, [])
        self.source, self.workers, self.cpu = CLIENT, workers, cpu
        self.server = Server(folder=own, auth="off", more=["--no-recursion", "--workers", str(workers), "--pin-cpu", cpu, *more])
        self.address = f"{self.server.listen[0]}:{self.server.dns}"

    def start(self):
        self.server.start()
        self.process, self.log = self.server.process, self.server.log
        self.place()  # not the workers alone: what its other threads use counts, too
        self.build()
        return self

    def place(self, cpus=None):
        """Several workers have a core each for good."""
        if self.workers == 1:
            super().place(cpus)

    def build(self):
        """What is made through the API, once it runs."""

    def stop(self):
        self.server.stop()

    def api(self, service, op, **given):
        words = ["api", service, op, "--endpoint-url", self.server.url, "--input", "-"]
        return json.loads(self.server.command(*words, stdin=json.dumps(given)).stdout)


class Filled(Bridge53):
    """From a store that fill.c writes: words are its arguments behind the file's name."""

    def __init__(self, folder, kind, *words, **options):
        super().__init__(folder, **options)
        subprocess.run([BUILD / "fill", kind, self.folder / "db", *map(str, words)], check=True)


class Forwarding(Bridge53):
    """With a rule for DOMAIN, two subnets, and DNS64 in the first of them if asked for."""

    def __init__(self, folder, target, dns64=False, **options):
        super().__init__(folder, **options)
        self.target, self.dns64 = target, dns64

    def build(self):
        vpc = self.api("ec2", "CreateVpc", CidrBlock="127.10.0.0/16")["Vpc"]["VpcId"]
        subnets = [self.api("ec2", "CreateSubnet", VpcId=vpc, CidrBlock=f"127.10.{i}.0/24")["Subnet"]["SubnetId"] for i in (1, 2)]
        if self.dns64:
            self.api("ec2", "ModifySubnetAttribute", SubnetId=subnets[0], EnableDns64={"Value": True})
        group = self.api("ec2", "CreateSecurityGroup", GroupName="g", Description="g", VpcId=vpc)["GroupId"]
        endpoint = self.api("route53resolver", "CreateResolverEndpoint", CreatorRequestId="e", Direction="OUTBOUND", SecurityGroupIds=[group],
                            IpAddresses=[{"SubnetId": s} for s in subnets])["ResolverEndpoint"]["Id"]
        host, port = split(self.target)
        rule = self.api("route53resolver", "CreateResolverRule", CreatorRequestId="r", RuleType="FORWARD", DomainName=DOMAIN, ResolverEndpointId=endpoint,
                        TargetIps=[{"Ip": host, "Port": int(port)}])["ResolverRule"]["Id"]
        self.api("route53resolver", "AssociateResolverRule", ResolverRuleId=rule, VPCId=vpc)


class Also(Contestant):
    """Another question to a server that is a contestant already: attributes that differ."""

    def __init__(self, name, server, **changes):
        super().__init__(name, server.folder, server.address, [])
        self.server = server
        vars(self).update({key: getattr(server, key) for key in ("names", "rtype", "source", "sources", "net", "load")} | changes)

    @property
    def pid(self):
        return self.server.pid

    def place(self, cpus=None):
        """Where its server is."""

    def start(self):
        self.process, self.log = self.server.process, self.server.log
        return self

    def stop(self):
        """Its server is stopped elsewhere."""
