#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""changes.py [--seconds S] [NAME...]: what a change costs those who ask, and how soon it is seen, for bridge53 and its peers one after another.

While 50,000 queries a second run for names that are cached behind a rule, something else is changed ten times a second, or as often as
the server can bear one after another. For each: from the begin of the change to the first right answer, the queries that the generator
lost, the p99 of the worst 100 ms beside that of a run without changes, and how many queries more the target of the rule saw: whoever loses
cached answers asks it again.

bridge53    10,000 VPCs; a record of another VPC's zone is changed through the API
BIND        views; a zone is added to another view, `rndc reconfig`
Unbound     views; a local zone is added to another view, `unbound-control reload_keep_cache`
Recursor    a file of forward zones; one is added, `rec_control reload-zones`
"""
import argparse
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import peers
from contestants import LOAD_CPU, address_after, own_folder, program, tree
from faultlib import Upstream
from lib import dns_port, free_port
from ours import Filled
from rounds import Scene, generator
from scale import Api, client_socket, question, tenant_source

TENANTS = 10000
RATE, NAMES, EVERY_S = 50000, 1000, 0.1
OURS_S, PEERS_S = 60, 10
WINDOW = {"sockets": 16, "window": 16384}  # a third of a second: a server that stalls is asked on
AGAIN_S = 0.02     # until a probe is sent again
PATIENCE_S = 30    # until a change must be seen
FSYNCS = 200
CACHED = "n%u.r0.forward.test"  # behind the first rule of a tenant


def fsync_ms(folder):
    """How long this disk takes for what a commit has to wait for: (median, p99)."""
    times = []
    with open(pathlib.Path(folder) / "fsync", "wb", buffering=0) as out:
        for _ in range(FSYNCS):
            out.write(b"x" * 8192)
            begun = time.monotonic()
            os.fdatasync(out.fileno())
            times.append((time.monotonic() - begun) * 1e3)
    times.sort()
    return times[FSYNCS // 2], times[FSYNCS * 99 // 100]


class Changer:
    """A server that can be changed. server: the contestant. source: who asks for what is changed. ask(n): the name, and the end of its
    right answer; apply(n): makes the change, and returns when the server says so."""

    def __init__(self, title, server, source):
        self.title, self.server, self.source = title, server, source

    def begin(self):
        """Before the first change."""

    def run(self, *words):
        done = subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=PATIENCE_S)
        if done.returncode:
            raise RuntimeError(f"{words[0]}: {done.stdout[-300:]}{done.stderr[-300:]}")

    def append(self, file, text):
        with open(self.server.folder / file, "a") as out:
            out.write(text)


class Ours(Changer):
    number = 7
    account = "000000000008"

    def __init__(self, folder, targets, tenants=TENANTS):
        server = Filled(folder, "tenants", tenants, targets[0])
        server.source = tenant_source(0)
        super().__init__(f"bridge53, {tenants:,} VPCs", server, tenant_source(self.number))

    def begin(self):
        self.api, k = Api(self.server.server), self.number
        zones = re.findall("/hostedzone/(Z[A-Z0-9]+)", self.api.route53(self.account, ""))
        self.zone = next(z for z in zones if f">10.{k >> 8}.{k & 255}.3<" in self.api.route53(self.account, f"/{z}/rrset?name=n3.tenant.internal&type=A"))

    def apply(self, n):
        self.api.records(self.account, self.zone, "UPSERT", [("change.tenant.internal", f"10.9.{n >> 8}.{n & 255}")])

    def ask(self, n):
        return "change.tenant.internal", bytes([10, 9, n >> 8, n & 255])


class Peer(Changer):
    """Tenants as views where it can have them, and one more view that is changed, `changing` in the templates."""

    def __init__(self, make, folder, targets, tenants, **role):
        self.control = free_port()
        server = make(folder, peers.Role(targets=targets[:1], tenants=tenants, control=self.control, **role))
        server.names, server.source, source = CACHED, address_after(peers.TENANT_BASE, 5), peers.CHANGING_SOURCE
        self.targets = targets
        super().__init__(server.name, server, source)

    def ask(self, n):
        return f"n.c{n}.changed.internal", bytes([10, 9, n >> 8, n & 255])


class Bind(Peer):
    def __init__(self, folder, targets, tenants=100):
        super().__init__(peers.bind, folder, targets, tenants)
        self.title = f"BIND, {tenants} views, rndc reconfig"
        self.append("changing.conf", "")

    def apply(self, n):
        name = f"c{n}.changed.internal"
        self.append(f"{name}.zone", f"$TTL 3600\n@ SOA n h 1 3600 900 604800 3600\n@ NS n\nn A 10.9.{n >> 8}.{n & 255}\n")
        self.append("changing.conf", f'zone "{name}" {{ type primary; file "{name}.zone"; }};\n')
        self.run(program("rndc"), "-c", self.server.folder / "rndc.conf", "reconfig")


class Unbound(Peer):
    def __init__(self, folder, targets, tenants=1000):
        super().__init__(peers.unbound, folder, targets, tenants)
        self.title = f"Unbound, {tenants:,} views, reload_keep_cache"
        self.append("changing.conf", "")

    def apply(self, n):
        name = f"c{n}.changed.internal"
        self.append("changing.conf", f'local-zone: "{name}." static\nlocal-data: "n.{name}. 3600 A 10.9.{n >> 8}.{n & 255}"\n')
        self.run(program("unbound-control"), "-c", self.server.folder / "unbound.conf", "reload_keep_cache")


class Recursor(Peer):
    """It has no views: as many forward zones as tenants have rules, in the file that is changed."""

    def __init__(self, folder, targets, tenants=TENANTS):
        super().__init__(peers.recursor, folder, targets, 0, forwards=True)
        self.title = f"PowerDNS Recursor, {3 * tenants:,} forward zones, reload-zones"
        self.append("forwards", "".join(f"t{i}.internal={targets[0]}\n" for i in range(3 * tenants)) + f"forward.test={targets[0]}\n")

    def apply(self, n):
        self.append("forwards", f"c{n}.changed.internal={self.targets[1]}\n")
        self.run(program("rec_control"), f"--socket-dir={self.server.folder}", "reload-zones")

    def ask(self, n):
        return f"n.c{n}.changed.internal", b""  # made of the name by the target


def right(answer, end):
    return len(answer) > 12 and not answer[3] & 15 and answer[7] > 0 and answer.endswith(end)


def seen_ms(c, s, n):
    """Makes a change; milliseconds until its first right answer."""
    begun = time.monotonic()
    c.apply(n)
    name, end = c.ask(n)
    number, answer = 0, b""
    while not right(answer, end):
        number += 1
        if time.monotonic() > begun + PATIENCE_S:
            raise RuntimeError(f"{c.title}: change {n} is not seen after {PATIENCE_S} s")
        try:
            s.send(question(name, number))
            answer = s.recv(512)
        except (TimeoutError, ConnectionRefusedError):
            answer = b""
    return (time.monotonic() - begun) * 1e3


def change_for(c, seconds):
    times, begun = [], time.monotonic()
    with client_socket(*c.server.address.rsplit(":", 1), c.source, AGAIN_S) as s:
        while time.monotonic() < begun + seconds:
            at = time.monotonic()
            times.append(seen_ms(c, s, len(times)))
            time.sleep(max(0, EVERY_S - (time.monotonic() - at)))
    return sorted(times)


def prompt(pid):
    """Who is measured, or measures, must not wait for who only makes noise."""
    for one in tree(pid) if os.geteuid() == 0 else []:
        for task in pathlib.Path(f"/proc/{one}/task").iterdir():
            os.setpriority(os.PRIO_PROCESS, int(task.name), -10)


def measured(c, upstream, seconds):
    """The figures of one server."""
    server, scene = c.server, Scene([], count=NAMES)
    server.names = CACHED

    def load(for_s):
        running = subprocess.Popen(generator(server, scene, seconds=for_s, rate=RATE, **WINDOW), stdout=subprocess.PIPE, text=True)
        prompt(running.pid)
        return running

    try:
        server.start().ready()
        prompt(server.pid)
        load(1).communicate()
        quiet = json.loads(load(seconds).communicate()[0])
        c.begin()  # not before: the server closes what is idle for so long
        upstream.reset()
        running = load(seconds + 1)
        time.sleep(0.5)
        times = change_for(c, seconds)
        busy = json.loads(running.communicate()[0])
        more = upstream.count()["listeners"][0]["udp"]
    finally:
        server.stop()
    return {"title": c.title, "changes": len(times), "median_ms": times[len(times) // 2], "p99_ms": times[len(times) * 99 // 100], "most_ms": times[-1],
            "lost": busy["lost"], "wrong": busy["wrong"], "rate": busy["rate"], "quiet_worst_us": quiet["worst_window_p99_us"],
            "busy_worst_us": busy["worst_window_p99_us"], "upstream_more": more}


CHANGERS = {"bridge53": Ours, "BIND": Bind, "Unbound": Unbound, "Recursor": Recursor}


@contextlib.contextmanager
def beside_load():
    """This process, which makes the changes, on the generator's core and prompt; its children that are not placed, too."""
    cores, nice = os.sched_getaffinity(0), os.getpriority(os.PRIO_PROCESS, 0)
    os.sched_setaffinity(0, {int(LOAD_CPU)})
    prompt(os.getpid())
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
        os.setpriority(os.PRIO_PROCESS, 0, nice)


def change(folder, seconds=OURS_S, peers_seconds=PEERS_S, names=tuple(CHANGERS), tenants=TENANTS):
    upstream = Upstream(own_folder(folder, "targets"), dns_port(), targets=2, ttl=86400, cpu=LOAD_CPU)
    found = {"fsync_ms": fsync_ms(folder), "servers": {}}
    try:
        for name in names:
            own = name == "bridge53"
            changer = CHANGERS[name](folder, upstream.addresses, **({"tenants": tenants} if own else {}))
            with beside_load():
                found["servers"][name] = measured(changer, upstream, seconds if own else peers_seconds)
            print(f"  {changer.title}: done", file=sys.stderr, flush=True)
        return found
    finally:
        upstream.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=OURS_S)
    parser.add_argument("name", nargs="*", help=" ".join(CHANGERS))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bridge53-bench-") as name:
        os.chmod(name, 0o755)
        print(json.dumps(change(pathlib.Path(name), args.seconds, min(args.seconds, PEERS_S), args.name or tuple(CHANGERS))))


if __name__ == "__main__":
    main()
