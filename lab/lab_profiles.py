# SPDX-License-Identifier: Apache-2.0
"""The fourth reference architecture: one Profile for the VPCs of three accounts (docs/architectures/profiles.md has the picture)."""
import json
import pathlib
import re
import time

import common
import internet
from net import need

INSTANCE, RESOLVER, OUT, CORP_DNS = "10.0.1.7", "10.0.0.2", r"10\.0\.[12]\.10", "192.168.10.53"
A, B, STRANGER = "444455556666", "777788889999", "999900001111"
SIDES = ("s", "a", "b")  # Shared Services, account A, account B: namespaces vpc-s and instance-s, ...
ZONES = {"a": ("web.aws.example100.internal", "10.0.1.100"), "b": ("web.aws.example200.internal", "10.0.1.200")}
CORP = {side: (f"app-{side}.corp.internal", f"192.168.10.{80 + i}") for i, side in enumerate(SIDES)}
READ_ONLY = "AWSRAMPermissionRoute53ProfileAllowAssociation"
TEMPLATES = {"s": "shared-services", "a": "account-a", "b": "account-b"}
GONE_SECONDS_MAX = 2.0  # what a machine may take that does other things too; the time itself is printed


def topology(lab):
    """Three VPCs with the same addresses. The one of Shared Services alone has a way to the data center."""
    lab.space(*(f"{kind}-{side}" for side in SIDES for kind in ("vpc", "instance")), "link", "corp-dns", "resolver", "internet")
    lab.link(("resolver", "eth0", ["198.51.100.9/24"]), ("internet", "eth0", [f"{internet.ROOT_ADDRESS}/24", f"{internet.TLD_ADDRESS}/24"]))
    lab.forwards("vpc-s", "link")
    for side in SIDES:
        lab.bridge(f"vpc-{side}", "sub-a", "10.0.1.1/24")
        lab.host(f"instance-{side}", f"vpc-{side}", "sub-a", [f"{INSTANCE}/24"], ["10.0.1.1"])
    lab.link(("vpc-s", "link0", ["172.31.255.1/30"]), ("link", "vpc0", ["172.31.255.2/30"]))
    lab.route("vpc-s", "192.168.10.0/24", "172.31.255.2")
    lab.route("link", "10.0.0.0/16", "172.31.255.1")
    lab.bridge("link", "corp", "192.168.10.1/24")
    lab.host("corp-dns", "link", "corp", [f"{CORP_DNS}/24"], ["192.168.10.1"])


class Network:
    """The accounts, the stacks of their templates, and the walk through what they share."""

    def __init__(self, cloud):
        self.lab, self.keys = cloud.lab, cloud.lab.folder / "keys"
        a, b, self.stranger = cloud.others
        self.accounts = {"s": cloud, "a": a, "b": b}
        self.keys.write_text("".join(f"[{side}]\naws_access_key_id = {of.key['AccessKeyId']}\naws_secret_access_key = {of.key['SecretAccessKey']}\n"
                                     for side, of in self.accounts.items()))
        self.apply()
        self.ids = {side: of.outputs(TEMPLATES[side]) for side, of in self.accounts.items()}
        self.walks = {side: common.Walk(of, self.ids[side], INSTANCE) for side, of in self.accounts.items()}
        self.profile = self.ids["s"]["ProfileId"]

    def apply(self, *more):
        """All three templates in one run, each with the key of its account; returns what the last lines tell."""
        words = [f"examples/profiles/{name}.yaml" for name in TEMPLATES.values()] + ["--keys", str(self.keys), "--accept-invitations"]
        for side, name in TEMPLATES.items():
            words += ["--as", f"{name}={side}", "--param", f"{name}.Namespace={self.lab.name('vpc-' + side)}"]
        words += ["--param", f"AccountA={A}", "--param", f"AccountB={B}", *more]
        return self.lab.sh([common.BRIDGE53, "apply", *words, *common.URL], "resolver", timeout=60)

    def each(self, show, sides=SIDES):
        """The evidence of each side, as the lab takes it."""
        return [lambda side=side: f"{self.accounts[side].name}: {show(side)}" for side in sides]

    def answer(self, side, name, want):
        return self.walks[side].answer(f"instance-{side}", RESOLVER, name, want)

    # --- the numbered steps ---

    def share(self):
        """1: who has the Profile, and with which permission."""
        lab, owner = self.lab, self.accounts["s"]

        def seen(side):
            found = self.accounts[side].call("route53profiles", "ListProfiles")["ProfileSummaries"]
            need([p["Id"] for p in found] == [self.profile], f"sees {found}")
            need(found[0]["ShareStatus"] == ("SHARED_BY_ME" if side == "s" else "SHARED_WITH_ME"), found[0]["ShareStatus"])
            return f"{found[0]['Id']} {found[0]['Name']} {found[0]['ShareStatus']}"

        def invited(number):
            rows = owner.call("ram", "GetResourceShareAssociations", associationType="PRINCIPAL", principal=number)["resourceShareAssociations"]
            need([r["status"] for r in rows] == ["ASSOCIATED"], f"{number}: {rows}")
            arn = rows[0]["resourceShareArn"]
            permission = owner.call("ram", "ListResourceSharePermissions", resourceShareArn=arn)["permissions"][0]
            need(permission["name"] == "profile-admin", f"{number} has {permission['name']}")
            return f"{rows[0]['resourceShareName']}: {number} {rows[0]['status']}, permission {permission['name']} ({permission['permissionType']})"

        lab.step(1, "the Profile of Shared Services is shared with A and B by RAM, as admins; both accepted",
                 lambda: invited(A), lambda: invited(B), *self.each(seen))

    def contents(self):
        """2: the VPCs and what the Profile holds."""

        def vpc(side):
            found = self.accounts[side].call("route53profiles", "ListProfileAssociations")["ProfileAssociations"]
            need([(f["ResourceId"], f["Status"]) for f in found] == [(self.ids[side]["VpcId"], "COMPLETE")], f"sees {found}")
            cidr = self.accounts[side].call("ec2", "DescribeVpcs", VpcIds=[found[0]["ResourceId"]])["Vpcs"][0]["CidrBlock"]
            return f"{found[0]['ResourceId']} {cidr} {found[0]['Status']}"

        def held(arn, owner):
            found = self.accounts["s"].call("route53profiles", "ListProfileResourceAssociations", ProfileId=self.profile)["ProfileResourceAssociations"]
            row = next((f for f in found if f["ResourceArn"].endswith(arn)), None)
            need(row is not None and row["OwnerId"] == self.accounts[owner].number, f"{arn}: {row}")
            return f"{row['ResourceType']} {row['Name']} of {row['OwnerId']}: {row['Status']}"

        self.lab.step(2, "it is associated with the three VPCs, whose addresses are the same", *self.each(vpc))
        self.lab.step(2, "A and B put their private zones into it, Shared Services its forwarding rule",
                      lambda: held(self.ids["a"]["ZoneId"], "a"), lambda: held(self.ids["b"]["ZoneId"], "b"), lambda: held(self.ids["s"]["RuleId"], "s"))

        def consumers():
            found = self.accounts["s"].call("bridge53", "ListProfileConsumers", ProfileId=self.profile)["Consumers"]
            need(sorted(f["AccountId"] for f in found) == sorted(self.accounts[side].number for side in "sab"), f"sees {found}")
            need(all(f["Effective"] for f in found), f"not all act: {found}")
            return ", ".join(f"{f['VpcId']} of {f['AccountId']}" for f in found)

        self.lab.step(2, "beyond the service: the owner sees who consumes it", consumers)

    def zones(self):
        """3, 4: questions from every VPC."""

        def asks(side):
            name, address = ZONES["b" if side == "a" else "a"]
            self.answer(side, name, address)
            return self.lab.packets(f"vpc-{side}", rf"In +IP {INSTANCE}\.\d+ > {RESOLVER}\.53: .*A\? {re.escape(name)}")

        def resolves(side, zone):
            self.answer(side, *ZONES[zone])
            return f"{ZONES[zone][0]} = {ZONES[zone][1]}; " + self.walks[side].event(ZONES[zone][0], "A", "route", "chosen", self.ids[zone]["ZoneId"])

        self.lab.step(3, "an instance in each VPC, 10.0.1.7 in all of them, asks its VPC's resolver", *self.each(asks))
        for zone in ZONES:
            self.lab.step(4, f"the zone of account {zone.upper()} resolves in every VPC", *self.each(lambda side, zone=zone: resolves(side, zone)))

    def corp(self):
        lab = self.lab

        def asks(side):
            name, address = CORP[side]
            self.answer(side, name, address)
            need(self.walks[side].event(name, "A", "route", "chosen", self.ids["s"]["RuleId"]), "no rule")
            return lab.packets("vpc-s", rf"link0 +Out +IP {OUT}\.\d+ > {CORP_DNS}\.53: .*A\? {name}")

        def nothing(side):
            need(CORP_DNS not in lab.log(f"capture-vpc-{side}"), "a packet of the data center")
            return f"no packet to or from {CORP_DNS} in its VPC, which has no route there"

        lab.step(4, "corp.internal leaves from the outbound endpoint in the VPC of Shared Services, whoever asks", *self.each(asks), *self.each(nothing, "ab"))
        lab.step(4, "and the data center's BIND answers over the private link",
                 *self.each(lambda side: lab.packets("link", rf"vpc0 +Out +IP {CORP_DNS}\.53 > {OUT}\.\d+: .*A {CORP[side][1]}")))

    def apart(self):
        """Equal addresses are no way into another VPC."""
        self.accounts["a"].zone(self.ids["a"]["VpcId"], "own.internal", "db.own.internal", "10.0.1.5")
        self.lab.step(5, "a zone of A that is not in the Profile is seen in A's VPC alone, though all addresses are equal",
                      *self.each(lambda side: self.answer(side, "db.own.internal", "10.0.1.5" if side == "a" else [])))

    # --- what is not allowed ---

    def outsider(self):
        who = self.stranger
        vpc = who.call("ec2", "CreateVpc", CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]

        def lists():
            need(who.call("route53profiles", "ListProfiles")["ProfileSummaries"] == [], "it sees a profile")
            return f"{who.name} ListProfiles: none"

        self.lab.step(6, "an account without a share can't see the Profile, nor use it", lists,
                      lambda: who.refused("ResourceNotFoundException", "route53profiles", "GetProfile", ProfileId=self.profile),
                      lambda: who.refused("ResourceNotFoundException", "route53profiles", "ListProfileResourceAssociations", ProfileId=self.profile),
                      lambda: who.refused("ResourceNotFoundException", "route53profiles", "AssociateProfile", Name="mine", ProfileId=self.profile, ResourceId=vpc))

    def read_only(self):
        b, zone = self.accounts["b"], f"arn:aws:route53:::hostedzone/{self.ids['b']['ZoneId']}"

        def downgraded():
            lines = self.apply("--param", "PermissionB=read-only").splitlines()
            told = next((line for line in lines if re.match(r" +~ .* changed$", line)), "nothing changed")
            share = self.ids["s"]["ShareBArn"]
            names = [p["name"] for p in self.accounts["s"].call("ram", "ListResourceSharePermissions", resourceShareArn=share)["permissions"]]
            need(names == [READ_ONLY], f"the permission is {names}")
            return f"{' '.join(told.split())}: {names[0]}"

        b.zone(self.ids["b"]["VpcId"], "second.internal", "db.second.internal", "10.0.1.6")
        second = next(z["Id"] for z in b.call("route53", "ListHostedZones")["HostedZones"] if z["Name"] == "second.internal.")
        self.lab.step(7, "B is downgraded to read-only by the template's parameter", downgraded)
        self.lab.step(8, "now B can't put a zone into the Profile, nor take one out",
                      lambda: b.refused("AccessDeniedException", "route53profiles", "AssociateResourceToProfile", Name="second", ProfileId=self.profile,
                                        ResourceArn=f"arn:aws:route53::{second}"),
                      lambda: b.refused("AccessDeniedException", "route53profiles", "DisassociateResourceFromProfile", ProfileId=self.profile, ResourceArn=zone))
        self.lab.step(9, "it still reads the Profile, and what it has still resolves everywhere",
                      lambda: "B GetProfile: " + b.call("route53profiles", "GetProfile", ProfileId=self.profile)["Profile"]["ShareStatus"],
                      *self.each(lambda side: "; ".join(self.answer(side, *ZONES[zone]) for zone in ZONES)))

    def unshare(self):
        lab, owner, b = self.lab, self.accounts["s"], self.accounts["b"]
        name, address = ZONES["a"]
        members = {"resourceShareArn": self.ids["s"]["ShareBArn"], "principals": [B]}
        watch = str(pathlib.Path(__file__).with_name("watch.py").resolve())

        def seen():
            return [line.split(None, 1) for line in lab.log("watch").splitlines()]

        def gone():
            lab.start("watch", [watch, RESOLVER, name], "instance-b")
            lab.wait("the watch", lambda: seen() and seen()[-1][1] == address)
            called = time.monotonic()
            owner.call("ram", "DisassociateResourceShare", **members)
            returned = time.monotonic()
            lab.wait("the name to go away", lambda: len(seen()) > 1, GONE_SECONDS_MAX)
            at, answer = int(seen()[1][0]) / 1e9, seen()[1][1]
            need(answer == "none", f"the answer is {answer}")
            side = "before" if at < returned else "after"
            return (f"{name} = {address}, but not for a question asked {(at - called) * 1e3:.1f} ms after the call was started, "
                    f"{abs(at - returned) * 1e3:.1f} ms {side} it had returned")

        def foreseen():
            told = json.loads(owner.cli("api", "ram", "DisassociateResourceShare", "--input", json.dumps(members), "--dry-run"))
            need(told["Vpcs"] == 1, f"the dry run tells of {told['Vpcs']} VPCs")
            return "--dry-run: the answers of 1 VPC would change"

        lab.step(10, "the owner asks first what the end of B's share would change", foreseen)
        lab.step(11, "the owner takes the share from B: the Profile acts no more in B's VPC", gone)

        def none():
            left = b.call("route53profiles", "ListProfileAssociations")["ProfileAssociations"]
            need(left == [], f"left: {left}")
            return "B ListProfileAssociations: none"

        lab.step(12, "B can't see the Profile any more, and its VPC is associated with none",
                 lambda: b.refused("ResourceNotFoundException", "route53profiles", "GetProfile", ProfileId=self.profile), none)
        lab.step(13, "in B's VPC its own zone is left; corp.internal and A's zone are not",
                 lambda: self.answer("b", *ZONES["b"]), lambda: self.answer("b", "new.corp.internal", []), lambda: self.answer("b", name, []))
        lab.step(14, "the others have what they had: the zone of B stays in the Profile, until B or the owner takes it out",
                 *self.each(lambda side: "; ".join(self.answer(side, *ZONES[zone]) for zone in ZONES), "sa"))


def build(lab):
    topology(lab)
    options = common.start_internet(lab, "internet")
    records = "".join(f"{name.split('.')[0]} A {address}\n" for name, address in [*CORP.values(), ("new.corp", "192.168.10.99")])
    common.start_data_center(lab, "corp-dns", [CORP_DNS], {"corp.internal": f"ns A {CORP_DNS}\n{records}"}, {})
    cloud = common.Cloud(lab, *options, name="Shared Services", others=((A, "A"), (B, "B"), (STRANGER, "stranger")))
    print("building the architecture with examples/profiles/*.yaml, one template for each account", flush=True)
    network = Network(cloud)
    for space in (*(f"vpc-{side}" for side in SIDES), "link"):
        lab.capture(space)
    for part in (network.share, network.contents, network.zones, network.corp, network.apart, network.outsider, network.read_only, network.unshare):
        part()


def walk():
    return common.run("profiles", build)
