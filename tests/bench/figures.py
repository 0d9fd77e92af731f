# SPDX-License-Identifier: Apache-2.0
"""What is measured once, not in rounds beside others (scale.py does it), and what must be reached there."""
import json
import subprocess

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


def change(found):
    stall = found["busy_worst_us"] - found["quiet_worst_us"]
    return [(f"{found['changes']} changes: from the write to the first right answer", f"median {found['median_ms']:.2f} ms, p99 {found['p99_ms']:.2f}, most "
             f"{found['most_ms']:.2f}; p99 at most {SEEN_MS}", found["p99_ms"] <= SEEN_MS),
            ("queries lost, answered wrongly", f"{found['lost']}, {found['wrong']}", not found["lost"] and not found["wrong"]),
            ("p99 of the worst 100 ms, quiet", f"{found['quiet_worst_us'] / 1000:.2f} ms", None),
            ("above that with changes", f"{stall / 1000:.2f} ms, at most {STALL_US / 1000:.0f}", stall <= STALL_US)]


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
    "change": ("Ten changes a second, 50,000 queries a second, 10,000 VPCs", scale.change, change),
}
