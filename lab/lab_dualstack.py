# SPDX-License-Identifier: Apache-2.0
"""The second reference architecture: hybrid DNS on a dual-stack network (docs/architectures/dualstack.md has the picture)."""
import common
from net import need

INSTANCE, RESOLVER = ("10.0.1.7", "2001:db8:10:1::7"), ("10.0.0.2", "2001:db8:10::2", "fd00:ec2::253")
OUT, IN = r"2001:db8:10:[12]::10", ("2001:db8:10:1::20", "2001:db8:10:2::20")
CORP_DNS, CORP_CLIENT, CORP_APP = ("192.168.10.53", "fd00:c0:0:1::53", "fd00:c0:0:1::54"), "fd00:c0:0:1::100", "fd00:c0:0:1::80"
ANY_CORP_DNS, ANY_IN, WEB = r"fd00:c0:0:1::5[34]", r"2001:db8:10:[12]::20", "2001:db8:10:1::80"
APP, AWS = "app.corp.internal", "aws.example100.internal"


def topology(lab):
    lab.space("instance", "vpc", "tgw", "link", "corp-dns", "corp-client", "resolver")
    lab.forwards("vpc", "tgw", "link")
    # The VPC: its router has the subnets' gateways; resolver and endpoint addresses come from bridge53 (--manage-addresses).
    lab.bridge("vpc", "sub-a", "10.0.1.1/24", "2001:db8:10:1::1/64")
    lab.host("instance", "vpc", "sub-a", [f"{INSTANCE[0]}/24", f"{INSTANCE[1]}/64"], ["10.0.1.1", "2001:db8:10:1::1"])
    # The VPC is attached to a transit gateway, whose private link leads to the data center's router.
    lab.link(("vpc", "tgw0", ["172.31.255.1/30", "fd00:f0::1/64"]), ("tgw", "vpc0", ["172.31.255.2/30", "fd00:f0::2/64"]))
    lab.link(("tgw", "link0", ["172.31.255.5/30", "fd00:f1::1/64"]), ("link", "tgw0", ["172.31.255.6/30", "fd00:f1::2/64"]))
    for space, corp, cloud in (("vpc", ("172.31.255.2", "fd00:f0::2"), None), ("tgw", ("172.31.255.6", "fd00:f1::2"), ("172.31.255.1", "fd00:f0::1")),
                               ("link", None, ("172.31.255.5", "fd00:f1::1"))):
        for via, prefixes in ((corp, ("192.168.10.0/24", "fd00:c0:0:1::/64")), (cloud, ("10.0.0.0/16", "2001:db8:10::/56"))):
            for gateway, prefix in zip(via or (), prefixes):
                lab.route(space, prefix, gateway)
    lab.bridge("link", "corp", "192.168.10.1/24", "fd00:c0:0:1::1/64")
    gateways = ["192.168.10.1", "fd00:c0:0:1::1"]
    lab.host("corp-dns", "link", "corp", [f"{CORP_DNS[0]}/24", *(f"{a}/64" for a in CORP_DNS[1:])], gateways)
    lab.host("corp-client", "link", "corp", ["192.168.10.100/24", f"{CORP_CLIENT}/64"], gateways)


class Walk(common.Walk):
    def forward(self):
        lab, q = self.lab, r"AAAA\? app\.corp\.internal"

        def asks(server):
            self.answer("instance", server, APP, CORP_APP, "AAAA")
            return lab.packets("vpc", rf"IP6? {INSTANCE[':' in server]}\.\d+ > {server}\.53: .*{q}")

        def endpoint():
            text = self.event(APP, "AAAA", "route", "endpoint", self.ids["OutboundEndpointId"])
            need("10.0." not in text, f"an IPv4 source for IPv6 targets: {text}")
            return text

        lab.step(1, "the instance asks AAAA at the VPC's IPv6 +2 address", lambda: asks(RESOLVER[1]))
        lab.step(1, "and at fd00:ec2::253", lambda: asks(RESOLVER[2]))
        lab.step(1, "and over IPv4 at base+2", lambda: asks(RESOLVER[0]))
        lab.step(2, "the forwarding rule corp.internal of the VPC matches", lambda: self.event(APP, "AAAA", "route", "chosen", self.ids["RuleId"]))
        lab.step(3, "the query goes to the dual-stack outbound endpoint, whose IPv6 addresses fit the targets", endpoint)
        lab.step(4, "it leaves from an IPv6 address of the endpoint to the transit gateway",
                 lambda: lab.packets("tgw", rf"vpc0 +In +IP6 {OUT}\.\d+ > {ANY_CORP_DNS}\.53: .*{q}"))
        lab.step(5, "which routes it over the private link to the data center",
                 lambda: lab.packets("link", rf"tgw0 +In +IP6 {OUT}\.\d+ > {ANY_CORP_DNS}\.53: .*{q}"))
        lab.step(6, "the data center's BIND answers, and the instance has the answer",
                 lambda: lab.packets("tgw", rf"link0 +In +IP6 {ANY_CORP_DNS}\.53 > {OUT}\.\d+: .*AAAA {CORP_APP}"),
                 lambda: lab.packets("vpc", rf"Out +IP6 {RESOLVER[1]}\.53 > {INSTANCE[1]}\.\d+: .*AAAA {CORP_APP}"))

    def inbound(self):
        lab, q = self.lab, r"AAAA\? aws\.example100\.internal"

        def asks():
            self.answer("corp-client", CORP_DNS[1], AWS, WEB, "AAAA")
            return lab.packets("corp-dns", rf"In +IP6 {CORP_CLIENT}\.\d+ > {CORP_DNS[1]}\.53: .*{q}")

        lab.step(7, "a client in the data center asks its BIND", asks)
        lab.step(8, "BIND forwards it to an IPv6 address of the inbound endpoint",
                 lambda: lab.packets("corp-dns", rf"Out +IP6 {CORP_DNS[1]}\.\d+ > {ANY_IN}\.53: .*{q}"))
        lab.step(9, "the query arrives at the inbound endpoint over the link and the transit gateway",
                 lambda: lab.packets("vpc", rf"tgw0 +In +IP6 {CORP_DNS[1]}\.\d+ > {ANY_IN}\.53: .*{q}"))
        lab.step(10, "it is resolved in the endpoint's VPC", lambda: self.event(AWS, "AAAA", "route", "chosen", self.ids["ZoneId"]))
        lab.step(11, "from the private hosted zone of that VPC, and the answer returns",
                 lambda: lab.packets("link", rf"tgw0 +In +IP6 {ANY_IN}\.53 > {CORP_DNS[1]}\.\d+: .*AAAA {WEB}"))

    def rest(self):
        lab = self.lab
        lab.step(12, "both families have their answers: A and AAAA of one name",
                 lambda: self.answer("instance", RESOLVER[2], AWS, "10.0.1.80") + "; " + self.answer("instance", RESOLVER[0], AWS, WEB, "AAAA"))
        lab.step(13, "a client that the inbound security group does not allow is dropped",
                 lambda: self.dropped("instance", IN[0], AWS, INSTANCE[1]))
        lab.step(14, "the same over TCP", lambda: "TCP " + " ".join(self.dig("instance", RESOLVER[1], APP, "AAAA", "+tcp", "+short").split()))


def build(lab):
    topology(lab)
    common.start_data_center(lab, "corp-dns", CORP_DNS, {"corp.internal": f"ns AAAA {CORP_DNS[1]}\napp AAAA {CORP_APP}\n"},
                             {"example100.internal": IN})
    cloud = common.Cloud(lab)
    ids = cloud.apply("dualstack", Namespace=lab.name("vpc"))
    for space in ("vpc", "tgw", "link", "corp-dns"):
        lab.capture(space)
    w = Walk(cloud, ids, INSTANCE[1])
    w.forward()
    w.inbound()
    w.rest()


def walk():
    return common.run("dualstack", build)
