# SPDX-License-Identifier: Apache-2.0
"""What every lab has: the server, a data center with BIND, the stack of a template, and questions whose answers are checked."""
import json
import os
import shutil

import internet
from net import Failure, Lab, need, skip

BRIDGE53 = os.environ.get("BRIDGE53", "build/src/cmd/bridge53")
ACCOUNT = "111122223333"
URL = ["--endpoint-url", "http://127.0.0.1:8053"]


def run(name, build, *commands):
    """Runs build(lab), which makes the topology and walks the steps. Returns the exit status; nothing is left behind."""
    for command in ("ip", "tcpdump", "named", "dig", *commands):
        if not shutil.which(command):
            skip(f"{command} is not installed")
    lab = Lab("b53-", f".lab/{name}")
    try:
        build(lab)
        return lab.finish()
    except Failure as why:
        print(f"the lab could not be built: {why}")
        return 1
    finally:
        lab.close()


def named(lab):
    """A copy of named, because Debian's AppArmor profile ties the installed one to its own folders."""
    path = (lab.folder / "named").resolve()
    if not path.exists():
        shutil.copy(shutil.which("named"), path)
    return str(path)


def start_internet(lab, space):
    """The lab's own Internet in `space`. Returns the options with which the server uses it."""
    hints, anchor, configs = internet.build((lab.folder / "internet").resolve())
    for conf in configs:
        lab.start(f"internet-{conf.stem}", [named(lab), "-g", "-c", str(conf)], space)
    return ["--root-hints", str(hints), "--trust-anchors", str(anchor)]


def start_data_center(lab, space, addresses, zones, forwards):
    """BIND in `space`. zones: records by origin; forwards: addresses by domain."""
    folder = (lab.folder / space).resolve()
    folder.mkdir()
    text = internet.named_conf(folder, space, addresses, "recursion yes; allow-query { any; }; dnssec-validation no; querylog yes;")
    for origin, records in zones.items():
        (folder / f"{origin}.zone").write_text("$TTL 60\n@ SOA ns hostmaster 1 3600 900 604800 60\n NS ns\n" + records)
        text += f'zone "{origin}" {{ type primary; file "{origin}.zone"; }};\n'
    for domain, to in forwards.items():
        text += f'zone "{domain}" {{ type forward; forward only; forwarders {{ {"; ".join(to)}; }}; }};\n'
    conf = folder / "named.conf"
    conf.write_text(text)
    lab.start(space, [named(lab), "-g", "-c", str(conf)], space)
    lab.wait(f"BIND in {space}", lambda: "running" in lab.log(space))


class Account:
    """An account of the lab's server, and the calls that are made with its key."""

    def __init__(self, lab, number, name, store):
        self.lab, self.number, self.name = lab, number, name
        lab.sh([BRIDGE53, "account", "add", number, "--name", name, "--store", store])
        self.key = json.loads(lab.sh([BRIDGE53, "account", "key", number, "--json", "--store", store]))
        self.client = [*URL, "--access-key", self.key["AccessKeyId"], "--secret-key", self.key["SecretAccessKey"]]

    def cli(self, *words):
        return self.lab.sh([BRIDGE53, *words, *self.client], "resolver")

    def call(self, service, operation, **members):
        """One API call; the answer as a dict."""
        return json.loads(self.cli("api", service, operation, "--input", json.dumps(members)) or "{}")

    def refused(self, code, service, operation, **members):
        """A call that must fail with this error; returns a line that says so."""
        try:
            self.call(service, operation, **members)
        except Failure as why:
            need(f": {code}: " in str(why), f"wanted {code}: {str(why)[-300:]}")
            return f"{self.name} {operation}: " + str(why)[str(why).rindex(f"{code}: "):]
        raise Failure(f"{self.name} may {operation}")

    def vpc(self, cidr, cidr6, tag, value):
        """A VPC of both families, attached by a tag (bridge53:netns, bridge53:device), that sees private zones. Returns its id."""
        tags = [{"ResourceType": "vpc", "Tags": [{"Key": tag, "Value": value}]}]
        vpc = self.call("ec2", "CreateVpc", CidrBlock=cidr, Ipv6CidrBlock=cidr6, TagSpecifications=tags)["Vpc"]["VpcId"]
        self.call("ec2", "ModifyVpcAttribute", VpcId=vpc, EnableDnsHostnames={"Value": True})
        return vpc

    def zone(self, vpc, name, owner, address):
        """A private zone of the VPC with one A record."""
        zone = self.call("route53", "CreateHostedZone", Name=name, CallerReference=vpc, VPC={"VPCRegion": "us-east-1", "VPCId": vpc})
        record = {"Name": owner, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": address}]}
        self.call("route53", "ChangeResourceRecordSets", HostedZoneId=zone["HostedZone"]["Id"].rsplit("/", 1)[1],
                  ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]})

    def forward(self, vpc, domain, endpoint, targets):
        """A forwarding rule of the VPC; targets as the API takes them."""
        rule = self.call("route53resolver", "CreateResolverRule", CreatorRequestId=f"{vpc} {domain}", RuleType="FORWARD", DomainName=domain,
                         ResolverEndpointId=endpoint, TargetIps=targets)["ResolverRule"]["Id"]
        self.call("route53resolver", "AssociateResolverRule", ResolverRuleId=rule, VPCId=vpc)

    def endpoint(self, direction, group, addresses, kind="IPV4"):
        """An endpoint, when it is operational; its first address makes the request's id. Returns its id."""
        request = "{}-{}".format(direction, "-".join(addresses[0].values()))
        endpoint = self.call("route53resolver", "CreateResolverEndpoint", CreatorRequestId=request, Direction=direction, ResolverEndpointType=kind,
                             SecurityGroupIds=[group], IpAddresses=addresses)["ResolverEndpoint"]["Id"]
        status = lambda: self.call("route53resolver", "GetResolverEndpoint", ResolverEndpointId=endpoint)["ResolverEndpoint"]["Status"]
        self.lab.wait(f"{endpoint} to be operational", lambda: status() == "OPERATIONAL")
        return endpoint

    def apply(self, stack, **parameters):
        """Builds examples/STACK.yaml. Returns the stack's outputs."""
        print(f"building the architecture with examples/{stack}.yaml", flush=True)
        given = [word for name, value in parameters.items() for word in ("--param", f"{name}={value}")]
        self.cli("apply", f"examples/{stack}.yaml", "--stack", stack, *given)
        return self.outputs(stack)

    def outputs(self, stack):
        lines = self.cli("apply", "--outputs", "--stack", stack).splitlines()
        return {name: value.strip() for name, value in (line.split(None, 1) for line in lines)}


class Cloud(Account):
    """The bridge53 server of a lab, in the namespace "resolver", and its first account; `others` are (number, name) of more."""

    def __init__(self, lab, *options, name="lab", others=()):
        store = f"sqlite:{lab.folder}/bridge53.db"
        super().__init__(lab, ACCOUNT, name, store)
        self.others = [Account(lab, number, name, store) for number, name in others]
        lab.start("bridge53", [BRIDGE53, "serve", "--store", store, "--api", "127.0.0.1:8053", "--dns", "127.0.0.1:53", "--workers", "2",
                               "--manage-addresses", *options], "resolver")
        lab.wait("the server", lambda: "ready" in lab.log("bridge53"))


class Walk:
    """Questions asked in the lab; `source` is the instance that explain speaks of."""

    def __init__(self, cloud, ids, source):
        self.lab, self.cloud, self.ids, self.source = cloud.lab, cloud, ids, source

    def dig(self, space, server, name, rtype="A", *more):
        return self.lab.sh(["dig", f"@{server}", name, rtype, "+tries=2", "+time=4", *more], space)

    def answer(self, space, server, name, want, rtype="A"):
        """Asks and wants exactly this data; returns a line that says so."""
        want = [want] if isinstance(want, str) else want
        out = self.dig(space, server, name, rtype, "+short").split()
        need(out == want, f"{name}: wanted {' '.join(want) or 'nothing'}, got {' '.join(out) or 'nothing'}")
        return f"{name} {rtype} = {' '.join(want) or 'no data'}"

    def dropped(self, space, server, name, source):
        out = self.lab.sh(["dig", f"@{server}", name, "+tries=1", "+time=1"], space, check=False)
        need("timed out" in out or "no servers" in out, f"{server} answered a client that no rule allows")
        return f"{source} > {server}: no answer"

    def events(self, name, rtype, source=None):
        return json.loads(self.cloud.cli("explain", "--vpc", self.ids["VpcId"], "--source", source or self.source, "--json", name, rtype))["Trace"]

    def event(self, name, rtype, step, what, object_id=None):
        """The event of explain that decided, not of what lost. object_id: the object that it must name."""
        for e in self.events(name, rtype):
            if (e["Step"], e["What"]) == (step, what) and not e.get("Lost"):
                need(object_id in (None, e.get("Object")), f"explain names another object: {e.get('Object')}")
                return " ".join(e[k] for k in ("Object", "Name") if e.get(k)) + f": {e['Text']}"
        raise Failure(f"explain {name} {rtype} has no {step}/{what}")
