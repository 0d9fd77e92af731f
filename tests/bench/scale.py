#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scale.py start|add [--rounds N]: what ten thousand tenants and a million records cost.

start   from exec to the first right answer, and the memory then: one zone of a million records; 10,000 tenants; 10,000 VPCs with 5,000
        zones and a million records (stores of tests/bench/fill).
add     the server's CPU for one more tenant at 10,000: a VPC, its zone with 20 records and 3 rule associations; by thread, so that the
        calls (HTTP, signature, transaction, disk) stand apart from compiling and publishing.

Each prints one line of JSON. Functions of the same names give it to whoever imports this.
"""
import argparse
import contextlib
import http.client
import json
import pathlib
import re
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import BRIDGE53, ROOT, Server  # noqa: E402

BUILD = ROOT / "build" / "tests" / "bench"
TENANTS, ZONES, RECORDS = 10000, 5000, 1000000
RULES = 3
ANSWER_S = 60


def tenant_source(k):
    """The address from which VPC k asks; see fill.c."""
    return f"127.{64 + (k >> 8)}.{k & 255}.5"


def question(name, number):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">HHHHHH", number & 0xffff, 0x100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"


def fill(folder, *words):
    path = pathlib.Path(folder) / "-".join(words)
    subprocess.run([str(BUILD / "fill"), words[0], str(path), *words[1:]], check=True)
    return path


def client_socket(host, port, source, timeout):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((source, 0))
    s.connect((host, int(port)))
    s.settimeout(timeout)
    return s


def threads_cpu(pid):
    """Milliseconds of CPU of each thread, by number."""
    used = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            used[int(task.name)] = (int((task / "schedstat").read_text().split()[0]) / 1e6, (task / "comm").read_text().strip())
    return used


def server_new(folder, store, *more):
    return Server(folder=folder, store=f"sqlite:{store}", auth="off", more=["--no-recursion", "--workers", "1", *more])


class Api:
    """Calls over one connection, so that what is measured is the server."""

    def __init__(self, server):
        self.http = http.client.HTTPConnection("127.0.0.1", server.api)

    def call(self, service, account, path, body, **headers):
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        sign = f"AWS4-HMAC-SHA256 Credential={account}/{now[:8]}/us-east-1/{service}/aws4_request, SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
        self.http.request("POST" if body else "GET", path, body, {"Authorization": sign, "X-Amz-Date": now, **headers})
        reply = self.http.getresponse()
        text = reply.read().decode()
        if reply.status >= 300:
            raise RuntimeError(f"{service} {path}: {reply.status} {text[:400]}")
        return text

    def ec2(self, account, action):
        return self.call("ec2", account, "/", f"Action={action}&Version=2016-11-15", **{"Content-Type": "application/x-www-form-urlencoded"})

    def resolver(self, account, operation, **given):
        return json.loads(self.call("route53resolver", account, "/", json.dumps(given),
                                    **{"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"Route53Resolver.{operation}"}))

    def route53(self, account, path, body=None):
        return self.call("route53", account, f"/2013-04-01/hostedzone{path}", body, **{"Content-Type": "application/xml"})

    def records(self, account, zone, action, records):
        changes = "".join(f"<Change><Action>{action}</Action><ResourceRecordSet><Name>{name}</Name><Type>A</Type><TTL>3600</TTL><ResourceRecords>"
                          f"<ResourceRecord><Value>{value}</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></Change>" for name, value in records)
        self.route53(account, f"/{zone}/rrset/", f"<ChangeResourceRecordSetsRequest><ChangeBatch><Changes>{changes}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>")


def start_once(folder, store, name, source, want):
    server = server_new(folder, store)
    words = [BRIDGE53, "serve", "--store", server.store, "--auth", "off", "--api", f"127.0.0.1:{server.api}", "--dns", f"{server.listen[0]}:{server.dns}", *server.more]
    begun, tries = time.monotonic(), 0
    with client_socket(server.listen[0], server.dns, source, 0.002) as s, open(folder / "start.log", "w") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            while time.monotonic() < begun + ANSWER_S:
                tries += 1
                try:
                    s.send(question(name, tries))
                    if s.recv(512)[-4:] == socket.inet_aton(want):
                        break
                except (ConnectionRefusedError, TimeoutError):
                    time.sleep(0.001)
            else:
                raise RuntimeError(f"no right answer for {name} within {ANSWER_S} s")
            took = time.monotonic() - begun
            cpu = sum(ms for ms, _ in threads_cpu(process.pid).values()) / 1e3
            rss = int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{process.pid}/status").read_text()).group(1))
            return {"seconds": took, "cpu_s": cpu, "rss_kib": rss}
        finally:
            process.terminate()
            process.wait()


def start(folder, rounds=3):
    last = TENANTS - 1
    works = {
        "empty": (("zone", "1"), "n0.bench.internal", "127.10.1.7", "10.0.0.0"),
        "zone": (("zone", str(RECORDS)), "n999999.bench.internal", "127.10.1.7", "10.15.66.63"),
        "tenants": (("tenants", str(TENANTS)), "n19.tenant.internal", tenant_source(last), f"10.{last >> 8}.{last & 255}.19"),
        "world": (("world", str(TENANTS), str(ZONES), str(RECORDS)), f"n199.z{last % ZONES}.bench.internal", tenant_source(last), "10.0.0.199"),
    }
    found = {}
    for work, (words, *ask) in works.items():
        store = fill(folder, *words)
        runs = [start_once(folder, store, *ask) for _ in range(rounds)]
        found[work] = {key: statistics.median(r[key] for r in runs) for key in runs[0]}
        store.unlink()
    found["bytes_per_tenant"] = (found["tenants"]["rss_kib"] - found["empty"]["rss_kib"]) * 1024 / TENANTS
    return found


def tenant_add(api, account, rules, n):
    vpc = re.search("<vpcId>(.*?)<", api.ec2(account, f"CreateVpc&CidrBlock=127.{110 + n // 250}.{n % 250}.0/24")).group(1)
    api.ec2(account, f"ModifyVpcAttribute&VpcId={vpc}&EnableDnsHostnames.Value=true")
    zone = re.search("/hostedzone/(Z[A-Z0-9]+)", api.route53(account, "", "<CreateHostedZoneRequest><Name>tenant.internal</Name><VPC><VPCRegion>us-east-1</VPCRegion>"
                     f"<VPCId>{vpc}</VPCId></VPC><CallerReference>{vpc}</CallerReference></CreateHostedZoneRequest>")).group(1)
    api.records(account, zone, "CREATE", [(f"n{i}.tenant.internal", f"10.200.{n & 255}.{i}") for i in range(20)])
    for rule in rules:
        api.resolver(account, "AssociateResolverRule", ResolverRuleId=rule, VPCId=vpc)


def add(folder, tenants=100):
    with server_new(folder, fill(folder, "tenants", str(TENANTS))) as server:
        api, account = Api(server), "000000000001"
        rules = {r.get("DomainName"): r["Id"] for r in api.resolver(account, "ListResolverRules", MaxResults=100)["ResolverRules"] if r["RuleType"] == "FORWARD"}
        before = threads_cpu(server.process.pid)
        for n in range(tenants):
            tenant_add(api, account, list(rules.values())[:RULES], n)
        after = threads_cpu(server.process.pid)
    used = {t: (ms - before.get(t, (0, ""))[0], name) for t, (ms, name) in after.items()}
    calls = sum(ms for ms, name in used.values() if name.startswith("MHD")) / tenants
    return {"cpu_ms": sum(ms for ms, _ in used.values()) / tenants, "calls_ms": calls, "publish_ms": sum(ms for ms, _ in used.values()) / tenants - calls}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", choices=["start", "add"])
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bridge53-bench-") as name:
        folder = pathlib.Path(name)
        found = start(folder, args.rounds) if args.work == "start" else add(folder)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
