# SPDX-License-Identifier: Apache-2.0
"""What is measured once, not in rounds (scale.py and changes.py do it), and what must be reached there."""
import json
import subprocess

import changes
import scale
from contestants import BUILD

START_TENANTS_S, START_WORLD_S, TENANT_BYTES, ADD_MS, SEEN_MS, STALL_US = 0.7, 3, 4096, 1, 10, 1000
WORKERS = 1.1


def start(found):
    """Rows of (what, value as text, whether it is reached or None)."""
    tenants, world = found["tenants"]["seconds"], found["world"]["seconds"]
    return [("10,000 tenants: from exec to the first answer", f"{tenants:.2f} s, at most {START_TENANTS_S}", tenants <= START_TENANTS_S),
            ("10,000 VPCs, 5,000 zones, 1,000,000 records: likewise", f"{world:.2f} s, at most {START_WORLD_S}", world <= START_WORLD_S),
            ("one zone of 1,000,000 records: likewise", f"{found['zone']['seconds']:.2f} s", None),
            ("memory of a tenant with a zone of 20 records and 3 rules", f"{found['bytes_per_tenant']:,.0f} bytes, at most {TENANT_BYTES:,}",
             found["bytes_per_tenant"] <= TENANT_BYTES)]


def add(found):
    return [("CPU for one more tenant at 10,000: all", f"{found['cpu_ms']:.2f} ms", None),
            ("of that the calls (HTTP, signature, transaction, disk)", f"{found['calls_ms']:.2f} ms", None),
            ("of that compiling and publishing", f"{found['publish_ms']:.2f} ms, at most {ADD_MS}", found["publish_ms"] <= ADD_MS)]


def changed(name, one):
    """A server's rows; the limits are for ours alone."""
    ours = name == "bridge53"
    stall = (one["busy_worst_us"] - one["quiet_worst_us"]) / 1000

    def row(what, value, limit, good):
        return f"{one['title']}: {what}", value + (f"; at most {limit}" if ours else ""), good if ours else None

    return [row(f"{one['changes']} changes, from the write to the first right answer",
                f"median {one['median_ms']:.2f} ms, most {one['most_ms']:.2f}, p99 {one['p99_ms']:.2f}", f"{SEEN_MS} ms", one["p99_ms"] <= SEEN_MS),
            row(f"lost and wrong at {one['rate']:,.0f} queries a second", f"{one['lost']} and {one['wrong']}", 0, not one["lost"] and not one["wrong"]),
            row(f"p99 of the worst 100 ms above that of a quiet run ({one['quiet_worst_us'] / 1000:.2f} ms)", f"{stall:.2f} ms", f"{STALL_US / 1000:.0f} ms",
                stall * 1000 <= STALL_US),
            row("queries that the upstream saw more", f"{one['upstream_more']:,}", 0, not one["upstream_more"])]


def change(found):
    median, p99 = found["fsync_ms"]
    rows = [("a sync of 8 KiB on this disk", f"median {median:.2f} ms, p99 {p99:.2f}", None)]
    return rows + [row for name, one in found["servers"].items() for row in changed(name, one)]


def workers(_folder):
    """Two workers of the resolver core, each on a core of its own, without the sockets and the generator that take turns there."""
    out = subprocess.run([BUILD / "micro", "workers", "cached-1k", "cached-1M", "zone-10k", "tenants-10k"], capture_output=True, text=True, check=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def worker_rows(found):
    return [(f"{one['work']}: CPU of an answer as a multiple of one worker's", f"{one['ratio']:.2f} ({one['low']:.2f} - {one['high']:.2f}), at most {WORKERS}",
             one["ratio"] <= WORKERS) for one in found]


FIGURES = {
    "workers-core": ("Two workers against one, the resolver core", workers, worker_rows),
    "start": ("Start", scale.start, start),
    "add": ("A tenant added", scale.add, add),
    "change": ("Ten changes a second, 50,000 queries a second, 10,000 VPCs", changes.change, change),
}
