# SPDX-License-Identifier: Apache-2.0
"""What is measured: who takes part in each work, what they are asked, and what must be reached."""
import dataclasses
import pathlib
import re
from collections.abc import Callable

import contestants
import peers
from contestants import DOMAIN, LOAD_CPU, echo, forwarder
from ours import PLAIN_CLIENT, Also, Filled, Forwarding
from peers import TENANT_BASE, TENANT_STEP, Role, record, zone_file
from rounds import Scene

CACHE_PEERS = (peers.unbound, peers.knot_resolver, peers.dnsdist, peers.recursor, peers.bind, peers.dnsmasq)
MISS_PEERS = (*CACHE_PEERS, peers.smartdns)
ZONE_PEERS = (peers.nsd, peers.knot, peers.bind, peers.powerdns, peers.unbound)
DNS64_PEERS = (peers.unbound, peers.recursor, peers.bind)
TENANT_PEERS = ((peers.unbound, 1000, 0.1), (peers.bind, 1000, 10), (peers.knot_resolver, 1000, 0.1))  # how many tenants, MiB for each
TCP_PEERS = (peers.unbound, peers.knot_resolver, peers.dnsdist)
BESIDE = "bridge53, beside the generator"
FIRST, LAST = "bridge53, first tenant", "bridge53, last tenant"
CLIENTS = "127.10.1.1+1x200"  # of TCP, so that ports don't run out


@dataclasses.dataclass
class Work:
    """setup makes a Scene in a folder. What must be reached: target, CPU of an answer as a multiple of the limit's, or of the mean of `against`; mib, memory;
    ahead ("cpu", "p99"): better than the best peer; alike: two contestants cost the same."""

    title: str
    setup: Callable
    target: float | None = None
    against: tuple = ()
    mib: int | None = None
    ahead: str | None = None
    alike: tuple = ()


def numbered(scene, first=record(0)):
    """Everybody's answers must be the numbered addresses of the zone files."""
    for c in scene.contestants:
        c.net = c.net or first
    return scene


def cache_option(role):
    """bridge53's cache for as many answers as the peers' hold: some 400 bytes each, as it is a power of two."""
    return ["--cache", str(max(64, role.entries // 2400))]


def cached(count):
    def setup(folder):
        source = peers.nsd(folder, Role(zone=zone_file(folder / "zone", count)))
        role = Role(targets=(source.address,), entries=max(100_000, count + count // 4))
        ours = Forwarding(folder, source.address, more=cache_option(role))
        return numbered(Scene([echo(folder), ours, *(peer(folder, role) for peer in CACHE_PEERS)], [source], count=count, warm=True))
    return setup


def zone(count):
    def setup(folder):
        role = Role(zone=zone_file(folder / "zone", count), entries=max(100_000, count + count // 4))
        return numbered(Scene([echo(folder), Filled(folder, "zone", count), *(peer(folder, role) for peer in ZONE_PEERS)], count=count))
    return setup


def dns64(folder):
    source = peers.nsd(folder, Role(zone=zone_file(folder / "zone", 1000, aaaa=True)))
    role = Role(targets=(source.address,), dns64=True)
    ours = Forwarding(folder, source.address, dns64=True)
    made = [ours, *(peer(folder, role) for peer in DNS64_PEERS)]
    for c in made:
        c.rtype = "AAAA"
    real = Also("bridge53, real AAAA", ours, names=f"s%u.{DOMAIN}", source=PLAIN_CLIENT, net="0.0.0.0")
    return numbered(Scene([echo(folder), ours, real, *made[1:]], [source], warm=True))


def misses(**load):
    def setup(folder):
        source = contestants.upstream(folder)
        role = Role(targets=(source.address,), entries=1_000_000)
        ours = Forwarding(folder, source.address, more=cache_option(role))
        everybody = [forwarder(folder, source.address), ours, *(peer(folder, role) for peer in MISS_PEERS)]
        for c in everybody:
            c.load = {"synth": True, **load}
        return Scene(everybody, [source], count=0)
    return setup


def tcp(**load):
    def setup(folder):
        source = peers.nsd(folder, Role(zone=zone_file(folder / "zone", 1000)))
        role = Role(targets=(source.address,))
        ours = Forwarding(folder, source.address)
        made = [ours, *(peer(folder, role) for peer in TCP_PEERS)]
        for c in made:
            c.sources, c.load = CLIENTS, load
        return numbered(Scene([echo(folder), *made], [source]))
    return setup


def available_bytes():
    return int(re.search(r"^MemAvailable:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text(), re.M)[1]) * 1024


def tenants(count):
    """The zone of each tenant, from addresses of all; then from the first and the last alone."""
    last = contestants.address_after(TENANT_BASE, TENANT_STEP * (count - 1) + 5)
    first = contestants.address_after(TENANT_BASE, 5)

    def setup(folder):
        source = contestants.upstream(folder)
        ours = Filled(folder, "tenants", count, source.address)
        role = Role(targets=(source.address,), tenants=count)
        made = [ours, *(peer(folder, role) for peer, most, mib in TENANT_PEERS if count <= most and count * mib * 2**20 < available_bytes() / 2)]
        for c in made:
            c.names = "n%u.tenant.internal"
            c.sources = f"{first}+{TENANT_STEP}x{count}"
        limit = echo(folder)
        limit.sources = made[0].sources
        alone = [Also(FIRST, ours, sources=None, source=first),
                 Also(LAST, ours, sources=None, source=last, net=f"10.{count - 1 >> 8}.{count - 1 & 255}.0")]
        return numbered(Scene([limit, ours, *(alone if count > 1 else []), *made[1:]], [source], count=peers.TENANT_RECORDS,
                              may_fail=tuple(c.name for c in made[1:])))
    return setup


def workers(folder):
    """The second of two workers has the generator's core, where any worker is dearer: so each is compared with one alone on its core."""
    source = peers.nsd(folder, Role(zone=zone_file(folder / "zone", 1000)))
    one, two = Forwarding(folder, source.address), Forwarding(folder, source.address, name="bridge53, two workers", workers=2)
    beside = Forwarding(folder, source.address, name=BESIDE, cpu=LOAD_CPU)
    one.load = beside.load = {"sockets": 32}
    two.load = {"sockets": 64, "window": 256}  # the same for each worker
    return numbered(Scene([echo(folder), one, beside, two], [source], warm=True))


WORKS = {
    "cached-1k": Work("cached answers, 1,000 names", cached(1000), 1.15),
    "cached-1m": Work("cached answers, 1,000,000 names", cached(1_000_000), 1.15),
    "zone-10k": Work("private-zone answers, 10,000 records", zone(10_000), 1.20),
    "zone-100k": Work("private-zone answers, 100,000 records", zone(100_000), 1.25),
    "zone-1m": Work("private-zone answers, 1,000,000 records", zone(1_000_000), 1.35, mib=150),
    "dns64": Work("cached DNS64 answers", dns64, 1.20),
    "miss-full": Work("forwarded misses, full rate", misses(), 1.30, ahead="p99"),
    "miss-5k": Work("forwarded misses, 5,000 a second", misses(rate=5000), 1.30, ahead="p99"),
    "tcp-pipelined": Work("TCP, 1,000 connections, pipelined", tcp(tcp=1000, window=4000), ahead="cpu"),
    "tcp-once": Work("TCP, one query a connection", tcp(tcp=100, once=True), ahead="cpu"),
    **{f"tenants-{n}": Work(f"{n:,} tenants, queries spread" if n > 1 else "one tenant", tenants(n), 1.35 if n == 10000 else None,
                            alike=(FIRST, LAST) if n > 1 else ()) for n in (1, 10, 100, 1000, 10000)},
    "workers": Work("two workers against one, cached answers", workers, 1.1, against=("bridge53", BESIDE)),
}
