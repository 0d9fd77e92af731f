# SPDX-License-Identifier: Apache-2.0
"""The first reference architecture: hybrid DNS over IPv4 (docs/architectures/ipv4.md has the picture)."""
import json
import os
import shutil

import internet
from net import Failure, Lab, need

BRIDGE53 = os.environ.get("BRIDGE53", "build/src/cmd/bridge53")
API = "http://127.0.0.1:8053"
ACCOUNT = "111122223333"
INSTANCE, RESOLVER, OUT_A, OUT_B, IN_A = "10.0.1.7", "10.0.0.2", "10.0.1.10", "10.0.2.10", "10.0.1.20"
CORP_DNS, CORP_CLIENT, CORP_APP, WEB = "192.168.10.53", "192.168.10.100", "192.168.10.80", "10.0.1.80"


def topology(lab):
    lab.space("instance", "vpc", "resolver", "link", "corp-dns", "corp-client", "internet")
    lab.forwards("vpc", "link")
    # The VPC: its router has the subnets' gateways; resolver and endpoint addresses come from bridge53 (--manage-addresses).
    lab.link(("vpc", "sub-a", ["10.0.1.1/24"]), ("instance", "eth0", [f"{INSTANCE}/24"]))
    lab.route("instance", "default", "10.0.1.1")
    lab.sh("ip link add endpoints type bridge", "vpc")
    lab.sh("ip link set endpoints up", "vpc")
    # The private link from the VPC to the data center's router.
    lab.link(("vpc", "link0", ["172.31.255.1/30"]), ("link", "vpc0", ["172.31.255.2/30"]))
    lab.route("vpc", "192.168.10.0/24", "172.31.255.2")
    lab.route("link", "10.0.0.0/16", "172.31.255.1")
    lab.sh("ip link add corp type bridge", "link")
    lab.sh("ip addr add 192.168.10.1/24 dev corp", "link")
    lab.sh("ip link set corp up", "link")
    for space, address in (("corp-dns", CORP_DNS), ("corp-client", CORP_CLIENT)):
        lab.link(("link", space[:9] + "0", []), (space, "eth0", [f"{address}/24"]))
        lab.sh(f"ip link set {space[:9]}0 master corp", "link")
        lab.route(space, "default", "192.168.10.1")
    # The host of bridge53 and the lab's Internet.
    lab.link(("resolver", "eth0", ["198.51.100.9/24"]), ("internet", "eth0", [f"{internet.ROOT_ADDRESS}/24", f"{internet.TLD_ADDRESS}/24"]))


def data_center(lab, named):
    folder = (lab.folder / "corp").resolve()
    folder.mkdir()
    (folder / "corp.internal.zone").write_text(
        "$TTL 60\n@ SOA ns hostmaster 1 3600 900 604800 60\n NS ns\n" f"ns A {CORP_DNS}\napp A {CORP_APP}\n")
    conf = folder / "named.conf"
    conf.write_text(internet.named_conf(folder, "corp", CORP_DNS, "recursion yes; allow-query { any; }; dnssec-validation no; querylog yes;")
                    + 'zone "corp.internal" { type primary; file "corp.internal.zone"; };\n'
                    + f'zone "example100.internal" {{ type forward; forward only; forwarders {{ {IN_A}; 10.0.2.20; }}; }};\n')
    lab.start("corp-dns", [named, "-g", "-c", str(conf)], "corp-dns")
    lab.wait("the data center's BIND", lambda: "running" in lab.log("corp-dns"))


def server(lab, hints, anchor):
    store = f"sqlite:{lab.folder}/bridge53.db"
    lab.sh([BRIDGE53, "account", "add", ACCOUNT, "--name", "lab", "--store", store])
    key = json.loads(lab.sh([BRIDGE53, "account", "key", ACCOUNT, "--json", "--store", store]))
    lab.start("bridge53", [BRIDGE53, "serve", "--store", store, "--api", "127.0.0.1:8053", "--dns", "127.0.0.1:53", "--workers", "2",
                           "--manage-addresses", "--root-hints", str(hints), "--trust-anchors", str(anchor)], "resolver")
    lab.wait("the server", lambda: "ready" in lab.log("bridge53"))
    return ["--endpoint-url", API, "--access-key", key["AccessKeyId"], "--secret-key", key["SecretAccessKey"]]


class Walk:
    def __init__(self, lab, client, ids):
        self.lab, self.client, self.ids = lab, client, ids

    def cli(self, *words):
        return self.lab.sh([BRIDGE53, *words, *self.client], "resolver")

    def explain(self, name, rtype="A"):
        return json.loads(self.cli("explain", "--vpc", self.ids["VpcId"], "--source", INSTANCE, "--json", name, rtype))

    def dig(self, space, server, name, rtype="A", *more):
        return self.lab.sh(["dig", f"@{server}", name, rtype, "+tries=2", "+time=4", *more], space)

    def answer(self, space, server, name, want, rtype="A"):
        out = self.dig(space, server, name, rtype, "+short").split()
        need(out == [want], f"{name}: wanted {want}, got {' '.join(out) or 'nothing'}")
        return f"{name} {rtype} = {want}"

    def event(self, name, step, what, lost=False):
        for e in self.explain(name)["Trace"]:
            if e["Step"] == step and e["What"] == what and bool(e.get("Lost")) == lost:
                return e
        raise Failure(f"explain {name} has no {step}/{what}")

    def forward(self):
        lab, q = self.lab, r"A\? app\.corp\.internal"
        got = {}

        def asks(server):
            got[server] = self.answer("instance", server, "app.corp.internal", CORP_APP)
            return lab.packets("vpc", rf"IP {INSTANCE}\.\d+ > {server}\.53: .*{q}")

        def rule():
            e = self.event("app.corp.internal", "route", "chosen")
            need(e["Object"] == self.ids["RuleId"], f"another object won: {e['Object']}")
            return f"{e['Object']} {e['Name']}: {e['Text']}"

        def endpoint():
            e = self.event("app.corp.internal", "route", "endpoint")
            need(e["Object"] == self.ids["OutboundEndpointId"], f"another endpoint: {e['Object']}")
            return f"{e['Object']}: {e['Text']}"

        lab.step(1, "the instance asks the VPC's resolver at base+2", lambda: asks(RESOLVER))
        lab.step(1, "and at the link-local address", lambda: asks("169.254.169.253"))
        lab.step(2, "the forwarding rule corp.internal of the VPC matches", rule)
        lab.step(3, "the query goes to the outbound endpoint", endpoint)
        lab.step(4, "it leaves from the endpoint's address over the private link",
                 lambda: lab.packets("link", rf"IP ({OUT_A}|{OUT_B})\.\d+ > {CORP_DNS}\.53: .*{q}".replace(".", ".")))
        lab.step(5, "the data center's BIND answers, and the instance has the answer",
                 lambda: lab.packets("link", rf"IP {CORP_DNS}\.53 > ({OUT_A}|{OUT_B})\.\d+: .*A {CORP_APP}") + f"; {got[RESOLVER]}")

    def inbound(self):
        lab, q = self.lab, r"A\? aws\.example100\.internal"

        def zone():
            e = self.event("aws.example100.internal", "route", "chosen")
            need(e["Object"] == self.ids["ZoneId"], f"another object won: {e['Object']}")
            return f"{e['Object']} {e['Name']}: {e['Text']}"

        def asks():
            self.answer("corp-client", CORP_DNS, "aws.example100.internal", WEB)
            return lab.packets("corp-dns", rf"IP {CORP_CLIENT}\.\d+ > {CORP_DNS}\.53: .*{q}")

        lab.step(6, "a client in the data center asks its BIND", asks)
        lab.step(7, "BIND forwards it to the inbound endpoint",
                 lambda: lab.packets("corp-dns", rf"IP {CORP_DNS}\.\d+ > 10\.0\.[12]\.20\.53: .*{q}"))
        lab.step(8, "the query arrives at the inbound endpoint over the link",
                 lambda: lab.packets("vpc", rf"IP {CORP_DNS}\.\d+ > 10\.0\.[12]\.20\.53: .*{q}"))
        lab.step(9, "it is resolved in the endpoint's VPC", zone)
        lab.step(10, "from the private hosted zone of that VPC",
                 lambda: lab.packets("link", rf"IP 10\.0\.[12]\.20\.53 > {CORP_DNS}\.\d+: .*A {WEB}"))

    def rest(self):
        lab = self.lab

        def bogus():
            out = self.dig("instance", RESOLVER, "www.bogus.lab")
            need("status: SERVFAIL" in out, "www.bogus.lab resolved though its signatures are missing")
            return "www.bogus.lab = SERVFAIL"

        def dropped():
            out = self.lab.sh(["dig", f"@{IN_A}", "aws.example100.internal", "+tries=1", "+time=1"], "instance", check=False)
            need("timed out" in out or "no servers" in out, "the inbound endpoint answered a client that no rule allows")
            return f"{INSTANCE} > {IN_A}: no answer"

        lab.step(11, "any other name is resolved publicly, with validation",
                 lambda: self.answer("instance", RESOLVER, "www.signed.lab", "203.0.113.10"))
        lab.step(12, "a public name whose signatures fail is refused to the client", bogus)
        lab.step(13, "a client that the inbound security group does not allow is dropped", dropped)
        lab.step(14, "the same over TCP", lambda: "TCP " + " ".join(self.dig("instance", RESOLVER, "app.corp.internal", "A", "+tcp", "+short").split()))


def walk():
    lab = Lab("b53-", ".lab/ipv4")
    try:
        # A copy, because Debian's AppArmor profile ties the installed named to its own folders.
        named = str((lab.folder / "named").resolve())
        shutil.copy(shutil.which("named"), named)
        topology(lab)
        hints, anchor, configs = internet.build((lab.folder / "internet").resolve())
        for conf in configs:
            lab.start(f"internet-{conf.stem}", [named, "-g", "-c", str(conf)], "internet")
        data_center(lab, named)
        client = server(lab, hints, anchor)
        print("building the architecture with examples/ipv4.yaml", flush=True)
        lab.sh([BRIDGE53, "apply", "examples/ipv4.yaml", "--stack", "ipv4", "--param", f"Namespace={lab.name('vpc')}", *client], "resolver")
        ids = dict(line.split(None, 1) for line in
                   lab.sh([BRIDGE53, "apply", "--outputs", "--stack", "ipv4", *client], "resolver").splitlines())
        lab.route("instance", "169.254.169.253/32", "10.0.1.1")
        for space in ("vpc", "link", "corp-dns"):
            lab.capture(space)
        w = Walk(lab, client, {k: v.strip() for k, v in ids.items()})
        w.forward()
        w.inbound()
        w.rest()
        return lab.finish()
    except Failure as why:
        print(f"the lab could not be built: {why}")
        return 1
    finally:
        lab.close()
