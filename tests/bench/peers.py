# SPDX-License-Identifier: Apache-2.0
"""The servers of Debian that bridge53 is compared with, each with one worker on one core, set up as its own manual advises for speed.
Their configurations are the templates in peers/, which say what the advice is."""
import dataclasses
import pathlib
import re
import subprocess

from contestants import DOMAIN, Contestant, address_after, own_folder, program, render, split
from lib import dns_port

TENANT_RECORDS, TENANT_RULES = 20, 3
CHANGING_NET, CHANGING_SOURCE = "127.63.0.0/24", "127.63.0.5"  # who asks for what is changed while it runs
TENANT_BASE, TENANT_STEP = "127.64.0.0", 256  # tenant k has this many addresses, as fill.c has it


@dataclasses.dataclass
class Role:
    """What a contestant has to do; several of them may be asked for at once."""

    targets: tuple = ()       # ADDRESS:PORT of the servers that questions are forwarded to
    zone: pathlib.Path = None  # zone file of DOMAIN to answer from
    dns64: bool = False       # AAAA records are made with 64:ff9b::/96
    stale: bool = False       # old answers when no target answers (RFC 8767: after 1.8 s, with a TTL of 30 s)
    tenants: int = 0          # each with a zone of 20 records, and 3 rules where views can have them
    entries: int = 100_000    # answers that its cache has to hold
    workers: int = 1
    control: int = 0          # port of its control channel, for changes; 0: none
    forwards: bool = False    # more zones to forward in a file of its own, "forwards"

    def values(self, folder, port):
        """The words that templates use."""
        targets = [{"host": host, "target_port": target_port} for host, target_port in map(split, self.targets)]
        switches = {"targets": bool(targets), "targets_alone": bool(targets and not self.tenants), "tenants": bool(self.tenants), "several": self.workers > 1, "changing": bool(self.control), "fixed": not self.control, "forwards": self.forwards,
                    "dns64": self.dns64, "plain": not self.dns64, "stale": self.stale, "fresh": not self.stale}
        lists = {"target": targets, "fresh_target": [] if self.stale else targets, "stale_target": targets if self.stale else [],
                 "worker": [{}] * self.workers, "tenant": list(map(tenant, range(self.tenants)))}
        cache_mib = 32 + self.entries // 1500  # some 700 bytes an answer
        return switches | lists | (targets[0] if targets else {}) | {
            "folder": folder, "port": port, "control": self.control, "changing_net": CHANGING_NET, "domain": DOMAIN, "zone": self.zone, "workers": self.workers,
            "entries": self.entries, "entries2": 2 * self.entries, "cache_mib": cache_mib, "cache2_mib": 2 * cache_mib,
            "target_list": ";".join(self.targets), "forwarders": " ".join(f"{t['host']} port {t['target_port']};" for t in targets)}


def tenant(number):
    """The words of a tenant: its clients' addresses, and the data of its zone tenant.internal, each name with an address of its own."""
    addresses = [f"10.{number >> 8}.{number & 255}.{i}" for i in range(TENANT_RECORDS)]
    records = [f"n{i}.tenant.internal. 3600 A {address}" for i, address in enumerate(addresses)]
    return {"number": number, "net": f"{address_after(TENANT_BASE, TENANT_STEP * number)}/24", "records": records,
            "unbound_data": "\n".join(f'  local-data: "{r}"' for r in records), "kresd_data": ", ".join(f"'{a}'" for a in addresses)}


def peer(name, folder, role, config, words, more=()):
    """A contestant whose configuration files are rendered into a folder of its own. words: a function of that folder and its port."""
    own = own_folder(folder, name)
    port = dns_port()
    values = role.values(own, port)
    for template in (config, *more):
        (own / template).write_text(render(template, values))
    return Contestant(name, own, f"127.0.0.1:{port}", words(own, own / config))


def unbound(folder, role):
    return peer("Unbound", folder, role, "unbound.conf", lambda own, conf: [program("unbound", own), "-d", "-c", conf])


def knot_resolver(folder, role):
    return peer("Knot Resolver", folder, role, "kresd.conf", lambda own, conf: [program("kresd"), "-n", "-q", "-c", conf, own])


def dnsdist(folder, role):
    return peer("dnsdist", folder, role, "dnsdist.conf", lambda own, conf: [program("dnsdist"), "--supervised", "--disable-syslog", "-C", conf])


def recursor(folder, role):
    return peer("PowerDNS Recursor", folder, role, "recursor.conf", lambda own, conf: [program("pdns_recursor"), f"--config-dir={own}"])


def bind(folder, role):
    found = peer("BIND", folder, role, "named.conf", lambda own, conf: [program("named", own), "-f", "-n", role.workers, "-c", conf],
                 ["rndc.conf"] if role.control else [])
    for one in map(tenant, range(role.tenants)):
        (found.folder / f"tenant{one['number']}.zone").write_text("\n".join([
            "$TTL 3600", "tenant.internal. SOA ns.tenant.internal. hostmaster.tenant.internal. 1 3600 900 604800 3600",
            "tenant.internal. NS ns.tenant.internal.", "ns.tenant.internal. A 127.0.0.1", *one["records"], ""]))
    return found


def dnsmasq(folder, role):
    return peer("dnsmasq", folder, role, "dnsmasq.conf", lambda own, conf: [program("dnsmasq"), "--keep-in-foreground", "-C", conf])


def smartdns(folder, role):
    return peer("smartdns", folder, role, "smartdns.conf", lambda own, conf: [program("smartdns"), "-f", "-c", conf, "-p", own / "pid"])


def nsd(folder, role):
    return peer("NSD", folder, role, "nsd.conf", lambda own, conf: [program("nsd"), "-d", "-c", conf])


def knot(folder, role):
    return peer("Knot DNS", folder, role, "knot.conf", lambda own, conf: [program("knotd"), "-c", conf])


def powerdns(folder, role):
    return peer("PowerDNS", folder, role, "pdns.conf", lambda own, conf: [program("pdns_server"), f"--config-dir={own}"], ["pdns-zones.conf"])


def record(number):
    """The address of name n<number>, as the stores of the benches have it."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def zone_file(path, names, aaaa=False):
    """`names` names n0, n1, ... of DOMAIN with an A record each; with `aaaa` as many s0, s1, ... with an AAAA record."""
    with open(path, "w") as out:
        out.write(f"$ORIGIN {DOMAIN}.\n$TTL 3600\n@ SOA ns hostmaster 1 3600 900 604800 3600\n@ NS ns\nns A 127.0.0.1\n")
        out.writelines(f"n{i} A {record(i)}\n" for i in range(names))
        if aaaa:
            out.writelines(f"s{i} AAAA 2001:db8::{i:x}\n" for i in range(names))
    return path


VERSIONS = {  # package -> how its version is asked for
    "Unbound": ["unbound", "-V"], "Knot Resolver": ["kresd", "-V"], "dnsdist": ["dnsdist", "--version"], "PowerDNS Recursor": ["pdns_recursor", "--version"],
    "BIND": ["named", "-v"], "dnsmasq": ["dnsmasq", "--version"], "smartdns": ["smartdns", "-v"], "NSD": ["nsd", "-v"], "Knot DNS": ["knotd", "-V"],
    "PowerDNS": ["pdns_server", "--version"],
}


def versions():
    """The version that each installed peer says it is."""
    found = {}
    for name, (command, option) in VERSIONS.items():
        try:
            done = subprocess.run([program(command), option], capture_output=True, text=True, timeout=10)
        except RuntimeError:
            continue
        text = done.stdout + done.stderr
        number = re.search(r"\d+(\.\d+)+[-\w]*", text) or re.search(r"\d+", text)  # PowerDNS puts a date first
        found[name] = number[0] if number else "unknown"
    return found
