# SPDX-License-Identifier: Apache-2.0
"""What benches and tests of failures share: an upstream that misbehaves on command, the generator, the forger, and a design of
tenants whose rules lead to the upstream."""
import functools
import json
import pathlib
import socket
import subprocess
import time

from lib import ROOT

BENCH = ROOT / "build" / "tests" / "bench"


def placed(cpu, prompt):
    """The words before a command on this processor (None: anywhere). Who measures, or answers, must not wait for who only makes noise:
    with a nice value it still did, for milliseconds, and that was in the figures."""
    return ["taskset", "-c", cpu, *(["chrt", "--fifo", "10"] if prompt and may_be_prompt() else [])] if cpu else []


@functools.cache
def may_be_prompt():
    return subprocess.run(["chrt", "--fifo", "10", "true"], stderr=subprocess.DEVNULL).returncode == 0


class Upstream:
    """Targets on 127.0.0.N (tests/bench/upstream.c), told apart by their number."""

    def __init__(self, folder, port, targets=2, ttl=300, cpu=None):
        self.addresses = [f"127.0.0.{3 + i}:{port}" for i in range(targets)]
        self.control = pathlib.Path(folder) / "upstream.sock"
        listen = [word for a in self.addresses for word in ("--listen", a)]
        self.process = subprocess.Popen([*placed(cpu, prompt=True), str(BENCH / "upstream"), *listen, "--ttl", str(ttl), "--control", str(self.control), "--unique"],
                                        stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not self.control.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the upstream did not start")
            time.sleep(0.01)
        self.reset()

    def ask(self, line):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(self.control))
            s.sendall(line.encode() + b"\n")
            return b"".join(iter(lambda: s.recv(1 << 16), b"")).decode().strip()

    def set(self, which, behaviour):
        answer = self.ask(f"set {which} {behaviour}")
        if answer != "ok":
            raise RuntimeError(f"upstream: {behaviour}: {answer}")

    def reset(self):
        self.ask("reset")

    def count(self):
        return json.loads(self.ask("count"))

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Load:
    """The generator in the background; result() waits for it."""

    def __init__(self, address, source, name, cpu=None, prompt=True, **options):
        words = placed(cpu, prompt) + [str(BENCH / "load"), "--server", address, "--source", source, "--name", name, "--synth", "--series"]
        for key, value in {"within": 100, "window": 16384, "sockets": 16, "timeout": 5000, **options}.items():
            words += [f"--{key.replace('_', '-')}", str(value)]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)

    def result(self):
        out = self.process.communicate(timeout=120)[0]
        if not out:
            raise RuntimeError("the generator failed")
        return json.loads(out)

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def cpu_s(pid):
    """CPU time that the threads of a process have used, in seconds."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9


def spoof(target, pid, name, cpu=None, **options):
    """Starts the forger; its result is JSON on stdout."""
    words = [*placed(cpu, prompt=False), str(BENCH / "spoof"), "--as", target, "--pid", str(pid), "--name", name]
    for key, value in options.items():
        words += [f"--{key}", *([] if value is True else [str(value)])]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)


def api(server, service, op, **given):
    words = ["api", service, op, "--endpoint-url", server.url, "--input", "-"]
    out = server.command(*words, stdin=json.dumps(given)).stdout
    return json.loads(out) if out.strip() else {}


def tenants(server, domains, targets):
    """For each domain a VPC 127.(10+i).0.0/16 with a rule of its own for the domain, all behind one outbound endpoint; returns VPCs and rules."""
    found, endpoint = [], None
    ips = [dict(zip(("Ip", "Port"), (a.rsplit(":", 1)[0], int(a.rsplit(":", 1)[1])))) for a in targets]
    for i, domain in enumerate(domains):
        vpc = api(server, "ec2", "CreateVpc", CidrBlock=f"127.{10 + i}.0.0/16")["Vpc"]["VpcId"]
        if not endpoint:
            subnets = [api(server, "ec2", "CreateSubnet", VpcId=vpc, CidrBlock=f"127.10.{n}.0/24")["Subnet"]["SubnetId"] for n in (1, 2)]
            group = api(server, "ec2", "CreateSecurityGroup", GroupName="g", Description="g", VpcId=vpc)["GroupId"]
            endpoint = api(server, "route53resolver", "CreateResolverEndpoint", CreatorRequestId="e", Direction="OUTBOUND", SecurityGroupIds=[group],
                           IpAddresses=[{"SubnetId": s} for s in subnets])["ResolverEndpoint"]["Id"]
        rule = api(server, "route53resolver", "CreateResolverRule", CreatorRequestId=f"r{i}", RuleType="FORWARD", DomainName=domain,
                   ResolverEndpointId=endpoint, TargetIps=ips)["ResolverRule"]["Id"]
        api(server, "route53resolver", "AssociateResolverRule", ResolverRuleId=rule, VPCId=vpc)
        found.append((vpc, rule))
    return found
