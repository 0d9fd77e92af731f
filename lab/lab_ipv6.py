# SPDX-License-Identifier: Apache-2.0
"""The third reference architecture: an IPv6-only subnet with DNS64 and NAT64 (docs/architectures/ipv6.md has the picture)."""
import common
import internet
import nat64
from net import need

SIX, DUAL, RESOLVER, LINK_LOCAL = "2001:db8:20:1::7", "2001:db8:20:2::7", "2001:db8:20::2", "fd00:ec2::253"
OUT, NAT = r"10\.0\.[23]\.10", "10.0.3.64"
CORP_DNS, CORP_APP, CORP_BOTH = "192.168.10.53", "192.168.10.80", ("192.168.10.81", "fd00:c0:0:1::81")
APP, SYNTHESIZED, REVERSE = "app.corp.internal", "64:ff9b::c0a8:a50", "10.168.192.in-addr.arpa"
PAGE = "the page of the IPv4-only web server"


def topology(lab):
    lab.space("six", "dual", "vpc", "nat64", "link", "corp-dns", "corp-web", "resolver", "internet")
    lab.forwards("vpc", "link")
    # The VPC: its router has the subnets' gateways; resolver and endpoint addresses come from bridge53 (--manage-addresses).
    lab.bridge("vpc", "sub-six", "2001:db8:20:1::1/64")
    lab.bridge("vpc", "sub-a", "10.0.2.1/24", "2001:db8:20:2::1/64")
    lab.host("six", "vpc", "sub-six", [f"{SIX}/64"], ["2001:db8:20:1::1"])
    lab.sh("ip -4 addr flush dev lo", "six")
    lab.host("dual", "vpc", "sub-a", ["10.0.2.7/24", f"{DUAL}/64"], ["10.0.2.1", "2001:db8:20:2::1"])
    # The NAT64 stands in subnet B; the route table of the IPv6-only subnet sends the prefix to it.
    lab.link(("vpc", "sub-b", ["10.0.3.1/24", "fd00:64::1/64"]), ("nat64", "eth0", [f"{NAT}/24", "fd00:64::2/64"]))
    for gateway in ("10.0.3.1", "fd00:64::1"):
        lab.route("nat64", "default", gateway)
    lab.route("vpc", nat64.PREFIX, "fd00:64::2")
    # The private link to the data center, which has IPv4 only.
    lab.link(("vpc", "link0", ["172.31.255.1/30"]), ("link", "vpc0", ["172.31.255.2/30"]))
    lab.route("vpc", "192.168.10.0/24", "172.31.255.2")
    lab.route("link", "10.0.0.0/16", "172.31.255.1")
    lab.bridge("link", "corp", "192.168.10.1/24")
    for space, address in (("corp-dns", CORP_DNS), ("corp-web", CORP_APP)):
        lab.host(space, "link", "corp", [f"{address}/24"], ["192.168.10.1"])
    lab.link(("resolver", "eth0", ["198.51.100.9/24"]), ("internet", "eth0", [f"{internet.ROOT_ADDRESS}/24", f"{internet.TLD_ADDRESS}/24"]))


def start_web(lab):
    folder = lab.folder / "web"
    folder.mkdir()
    (folder / "index.html").write_text(PAGE + "\n")
    lab.start("web", ["python3", "-u", "-m", "http.server", "--bind", CORP_APP, "--directory", str(folder), "80"], "corp-web")
    lab.wait("the web server", lambda: "Serving HTTP" in lab.log("web"))


class Walk(common.Walk):
    def lookup(self):
        lab, q = self.lab, r"AAAA\? app\.corp\.internal"

        def no_ipv4():
            out = lab.sh("ip -4 addr", "six") + lab.sh("ip -4 route", "six")
            need(not out.strip(), f"it has IPv4: {out}")
            return f"ip -4 addr: nothing, ip -4 route: nothing; ip -6 addr: {SIX}"

        def asks(server):
            self.answer("six", server, APP, SYNTHESIZED, "AAAA")
            return lab.packets("vpc", rf"In +IP6 {SIX}\.\d+ > {server}\.53: .*{q}")

        lab.step(1, "the instance of the IPv6-only subnet has no IPv4 address at all", no_ipv4)
        lab.step(2, "it asks AAAA at the VPC's IPv6 +2 address", lambda: asks(RESOLVER))
        lab.step(2, "and at fd00:ec2::253", lambda: asks(LINK_LOCAL))
        lab.step(3, "the forwarding rule corp.internal of the VPC matches, its endpoint is IPv4",
                 lambda: self.event(APP, "AAAA", "route", "chosen", self.ids["RuleId"]),
                 lambda: self.event(APP, "AAAA", "route", "endpoint", self.ids["OutboundEndpointId"]))
        lab.step(4, "AAAA and A are asked over the private link",
                 lambda: lab.packets("link", rf"vpc0 +In +IP {OUT}\.\d+ > {CORP_DNS}\.53: .*{q}"),
                 lambda: lab.packets("link", rf"vpc0 +In +IP {OUT}\.\d+ > {CORP_DNS}\.53: .* A\? app\.corp\.internal"))
        lab.step(5, "the data center has no AAAA record, only an A record",
                 lambda: lab.packets("link", rf"IP {CORP_DNS}\.53 > {OUT}\.\d+: \d+\* 0/1/1"),
                 lambda: lab.packets("link", rf"IP {CORP_DNS}\.53 > {OUT}\.\d+: .* A {CORP_APP}"))
        lab.step(6, "DNS64 is on for the subnet: the resolver makes an AAAA record of it, and the instance has it",
                 self.synthesis, lambda: lab.packets("vpc", rf"Out +IP6 {RESOLVER}\.53 > {SIX}\.\d+: .*AAAA {SYNTHESIZED}"))

    def synthesis(self):
        """The A record lives for a second, so that explain soon sees it translated anew, and not the cached translation."""
        records = lambda: [e["Text"] for e in self.events(APP, "AAAA") if (e["Step"], e["What"]) == ("synthesize", "record")]
        texts = []
        self.lab.wait("explain to show the synthesis", lambda: texts.extend(records()) or texts, 4)
        need(texts == [f"AAAA {SYNTHESIZED} from A {CORP_APP}"], f"explain shows another synthesis: {texts}")
        return f"explain: {texts[0]}"

    def fetch(self):
        lab, got = self.lab, ""

        def curl():
            out = lab.sh(["curl", "-sS", "--max-time", "10", "-w", "%{http_code} from %{remote_ip} port %{remote_port}", f"http://{APP}/"], "six")
            need(PAGE in out and f"200 from {SYNTHESIZED} " in out, f"curl: {out}")
            return f"curl http://{APP}/: " + out.split("\n")[-1]

        def route():
            out = " ".join(lab.sh(["ip", "-6", "route", "get", SYNTHESIZED, "from", SIX, "iif", "sub-six"], "vpc").split())
            need("via fd00:64::2" in out, f"the route goes elsewhere: {out}")
            return out

        def logged():
            lab.wait("the web server's log", lambda: "GET /" in lab.log("web"), 4)
            line = next(x for x in lab.log("web").splitlines() if "GET /" in x)
            need(line.startswith(NAT + " "), f"the source was not translated: {line}")
            return line

        def returned():
            lab.packets("nat64", rf"IP {CORP_APP}\.80 > {NAT}\.\d+: .*HTTP/1\.[01] 200")
            return lab.packets("vpc", rf"Out +IP6 {SYNTHESIZED}\.80 > {SIX}\.\d+: .*HTTP/1\.[01] 200") + f"; \"{PAGE}\""

        lab.step(7, "the instance fetches the page by TCP to that address", curl,
                 lambda: lab.packets("vpc", rf"sub-six +In +IP6 {SIX}\.\d+ > {SYNTHESIZED}\.80: Flags \[S\]"))
        lab.step(8, "the route table sends 64:ff9b::/96 to the NAT64", route,
                 lambda: lab.packets("nat64", rf"eth0 +In +IP6 {SIX}\.\d+ > {SYNTHESIZED}\.80: Flags \[S\]"))
        lab.step(9, "TAYGA translates it to IPv4, nftables gives it the gateway's address",
                 lambda: lab.packets("nat64", rf"nat64 +In +IP 100\.64\.0\.\d+\.\d+ > {CORP_APP}\.80: Flags \[S\]"),
                 lambda: lab.packets("nat64", rf"eth0 +Out +IP {NAT}\.\d+ > {CORP_APP}\.80: Flags \[S\]"))
        lab.step(10, "the IPv4-only web server serves it, to the translated source", logged)
        lab.step(11, "and the page comes back", returned)

    def rules(self):
        lab, both, ip4only = self.lab, "both.corp.internal", "ipv4only.arpa"

        def kept():
            self.answer("six", RESOLVER, both, CORP_BOTH[1], "AAAA")
            need(all(e["What"] != "record" for e in self.events(both, "AAAA")), "explain shows a synthesis")
            return f"{both} AAAA = {CORP_BOTH[1]} (A = {CORP_BOTH[0]})"

        def elsewhere():
            need(all(e["What"] != "record" for e in self.events(APP, "AAAA", DUAL)), "explain shows a synthesis")
            return self.answer("dual", RESOLVER, APP, [], "AAAA") + "; " + self.answer("dual", RESOLVER, APP, CORP_APP)

        def reverse():
            name = "0.5.a.0.8.a.0.c" + ".0" * 16 + ".b.9.f.f.4.6.0.0.ip6.arpa"
            out = self.dig("six", RESOLVER, "-x", SYNTHESIZED, "+noall", "+answer").split("\n")
            rows = [x.split() for x in out if x and not x.startswith(";")]
            need([r[3:] for r in rows] == [["CNAME", f"80.{REVERSE}."], ["PTR", f"{APP}."]] and rows[0][0] == name + ".",
                 f"PTR of {SYNTHESIZED}: {out}")
            return f"PTR {SYNTHESIZED} = CNAME 80.{REVERSE} = {APP}"

        def alike():
            return "; ".join(self.answer("six", RESOLVER, *question, "AAAA") for question in
                             (("aws.example100.internal", "64:ff9b::a00:250"), ("www.signed.lab", "64:ff9b::cb00:710a")))

        lab.step(12, "a name that has an AAAA record keeps it", kept)
        lab.step(13, "an instance in a subnet without DNS64 gets no synthesized answer", elsewhere)
        lab.step(14, "names of private zones and public names are synthesized alike", alike)
        lab.step(15, "the PTR of a synthesized address leads to the IPv4 address's", reverse)
        lab.step(16, "ipv4only.arpa tells the prefix to who asks (RFC 7050)",
                 lambda: self.answer("six", RESOLVER, ip4only, ["64:ff9b::c000:aa", "64:ff9b::c000:ab"], "AAAA"))
        lab.step(17, "A questions are answered as ever", lambda: self.answer("six", RESOLVER, APP, CORP_APP))
        lab.step(18, "the same over TCP", lambda: "TCP " + " ".join(self.dig("six", RESOLVER, APP, "AAAA", "+tcp", "+short").split()))


def build(lab):
    topology(lab)
    nat64.start(lab, "nat64", NAT)
    start_web(lab)
    options = common.start_internet(lab, "internet")
    common.start_data_center(lab, "corp-dns", [CORP_DNS], {
        "corp.internal": f"ns A {CORP_DNS}\napp 1 A {CORP_APP}\nboth A {CORP_BOTH[0]}\nboth AAAA {CORP_BOTH[1]}\n",
        REVERSE: f"ns A {CORP_DNS}\n80 PTR {APP}.\n"}, {})
    cloud = common.Cloud(lab, *options)
    ids = cloud.apply("ipv6", Namespace=lab.name("vpc"))
    lab.resolv_conf("six", RESOLVER)
    for space in ("vpc", "nat64", "link"):
        lab.capture(space, what="port 53 or port 80")
    w = Walk(cloud, ids, SIX)
    w.lookup()
    w.fetch()
    w.rules()


def walk():
    nat64.need_tun()
    return common.run("ipv6", build, "tayga", "nft", "curl")
