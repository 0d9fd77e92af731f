# SPDX-License-Identifier: Apache-2.0
"""The first reference architecture: hybrid DNS over IPv4 (docs/architectures/ipv4.md has the picture)."""
import common
import internet
from net import need

INSTANCE, RESOLVER, OUT_A, OUT_B, IN_A = "10.0.1.7", "10.0.0.2", "10.0.1.10", "10.0.2.10", "10.0.1.20"
CORP_DNS, CORP_CLIENT, CORP_APP, WEB = "192.168.10.53", "192.168.10.100", "192.168.10.80", "10.0.1.80"


def topology(lab):
    lab.space("instance", "vpc", "resolver", "link", "corp-dns", "corp-client", "internet")
    lab.forwards("vpc", "link")
    # The VPC: its router has the subnets' gateways; resolver and endpoint addresses come from bridge53 (--manage-addresses).
    lab.link(("vpc", "sub-a", ["10.0.1.1/24"]), ("instance", "eth0", [f"{INSTANCE}/24"]))
    lab.route("instance", "default", "10.0.1.1")
    # The private link from the VPC to the data center's router.
    lab.link(("vpc", "link0", ["172.31.255.1/30"]), ("link", "vpc0", ["172.31.255.2/30"]))
    lab.route("vpc", "192.168.10.0/24", "172.31.255.2")
    lab.route("link", "10.0.0.0/16", "172.31.255.1")
    lab.bridge("link", "corp", "192.168.10.1/24")
    for space, address in (("corp-dns", CORP_DNS), ("corp-client", CORP_CLIENT)):
        lab.host(space, "link", "corp", [f"{address}/24"], ["192.168.10.1"])
    # The host of bridge53 and the lab's Internet.
    lab.link(("resolver", "eth0", ["198.51.100.9/24"]), ("internet", "eth0", [f"{internet.ROOT_ADDRESS}/24", f"{internet.TLD_ADDRESS}/24"]))


class Walk(common.Walk):
    def forward(self):
        lab, q, name = self.lab, r"A\? app\.corp\.internal", "app.corp.internal"

        def asks(server):
            self.answer("instance", server, name, CORP_APP)
            return lab.packets("vpc", rf"IP {INSTANCE}\.\d+ > {server}\.53: .*{q}")

        lab.step(1, "the instance asks the VPC's resolver at base+2", lambda: asks(RESOLVER))
        lab.step(1, "and at the link-local address", lambda: asks("169.254.169.253"))
        lab.step(2, "the forwarding rule corp.internal of the VPC matches", lambda: self.event(name, "A", "route", "chosen", self.ids["RuleId"]))
        lab.step(3, "the query goes to the outbound endpoint",
                 lambda: self.event(name, "A", "route", "endpoint", self.ids["OutboundEndpointId"]))
        lab.step(4, "it leaves from the endpoint's address over the private link",
                 lambda: lab.packets("link", rf"IP ({OUT_A}|{OUT_B})\.\d+ > {CORP_DNS}\.53: .*{q}"))
        lab.step(5, "the data center's BIND answers, and the instance has the answer",
                 lambda: lab.packets("link", rf"IP {CORP_DNS}\.53 > ({OUT_A}|{OUT_B})\.\d+: .*A {CORP_APP}"),
                 lambda: lab.packets("vpc", rf"Out +IP {RESOLVER}\.53 > {INSTANCE}\.\d+: .*A {CORP_APP}"))

    def inbound(self):
        lab, q, name = self.lab, r"A\? aws\.example100\.internal", "aws.example100.internal"

        def asks():
            self.answer("corp-client", CORP_DNS, name, WEB)
            return lab.packets("corp-dns", rf"IP {CORP_CLIENT}\.\d+ > {CORP_DNS}\.53: .*{q}")

        lab.step(6, "a client in the data center asks its BIND", asks)
        lab.step(7, "BIND forwards it to the inbound endpoint",
                 lambda: lab.packets("corp-dns", rf"IP {CORP_DNS}\.\d+ > 10\.0\.[12]\.20\.53: .*{q}"))
        lab.step(8, "the query arrives at the inbound endpoint over the link",
                 lambda: lab.packets("vpc", rf"IP {CORP_DNS}\.\d+ > 10\.0\.[12]\.20\.53: .*{q}"))
        lab.step(9, "it is resolved in the endpoint's VPC", lambda: self.event(name, "A", "route", "chosen", self.ids["ZoneId"]))
        lab.step(10, "from the private hosted zone of that VPC",
                 lambda: lab.packets("link", rf"IP 10\.0\.[12]\.20\.53 > {CORP_DNS}\.\d+: .*A {WEB}"))

    def rest(self):
        lab = self.lab

        def bogus():
            out = self.dig("instance", RESOLVER, "www.bogus.lab")
            need("status: SERVFAIL" in out, "www.bogus.lab resolved though its signatures are missing")
            return "www.bogus.lab = SERVFAIL"

        lab.step(11, "any other name is resolved publicly, with validation",
                 lambda: self.answer("instance", RESOLVER, "www.signed.lab", "203.0.113.10"))
        lab.step(12, "a public name whose signatures fail is refused to the client", bogus)
        lab.step(13, "a client that the inbound security group does not allow is dropped",
                 lambda: self.dropped("instance", IN_A, "aws.example100.internal", INSTANCE))
        lab.step(14, "the same over TCP", lambda: "TCP " + " ".join(self.dig("instance", RESOLVER, "app.corp.internal", "A", "+tcp", "+short").split()))


def build(lab):
    topology(lab)
    options = common.start_internet(lab, "internet")
    common.start_data_center(lab, "corp-dns", [CORP_DNS], {"corp.internal": f"ns A {CORP_DNS}\napp A {CORP_APP}\n"},
                             {"example100.internal": [IN_A, "10.0.2.20"]})
    cloud = common.Cloud(lab, *options)
    ids = cloud.apply("ipv4", Namespace=lab.name("vpc"))
    lab.route("instance", "169.254.169.253/32", "10.0.1.1")
    for space in ("vpc", "link", "corp-dns"):
        lab.capture(space)
    w = Walk(cloud, ids, INSTANCE)
    w.forward()
    w.inbound()
    w.rest()


def walk():
    return common.run("ipv4", build)
