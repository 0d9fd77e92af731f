# SPDX-License-Identifier: Apache-2.0
"""A run's raw results as JSON, and what they say: medians with spread, and whether what must be reached is."""
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import time

from contestants import ROOT

FOLDER = ROOT / "bench-results"
OURS = "bridge53"
ALIKE = 0.05        # first and last tenant
SLACK = 1.03        # what two runs on a quiet machine differ by at least


def machine():
    cpu = re.search(r"^model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    return {"cpu": cpu[1] if cpu else platform.machine(), "cpus": os.cpu_count(), "kernel": platform.release(), "load": os.getloadavg()[0]}


def revision():
    done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def write(results):
    """Writes a run's results and returns the file."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"bench-{time.strftime('%Y%m%d-%H%M%S')}.json"
    path.write_text(json.dumps(results, indent=1) + "\n")
    return path


def spread(values):
    """(median, least, most)"""
    return statistics.median(values), min(values), max(values)


def ratios(runs, name, base):
    """CPU of an answer as a multiple of another contestant's in the same round."""
    return [mine["cpu_us"] / other["cpu_us"] for mine, other in zip(runs[name], runs[base])]


def mean_ratios(runs, name, bases):
    """The same as a multiple of the mean of several others."""
    return [len(bases) / sum(1 / ratio for ratio in each) for each in zip(*(ratios(runs, name, base) for base in bases))]


def rows(work):
    """For each contestant, cheapest first: its figures as a table has them."""
    runs, found = work["runs"], {}
    for name, rounds in runs.items():
        middle, low, high = spread(ratios(runs, name, work["limit"]))
        found[name] = {"ratio": middle, "low": low, "high": high, "mib": work["memory"][name] / 2**20}
        found[name] |= {key: statistics.median(r[key] for r in rounds) for key in ("cpu_us", "rate", "p50_us", "p99_us")}
        found[name] |= {key: sum(r[key] for r in rounds) for key in ("lost", "wrong")}
    return dict(sorted(found.items(), key=lambda item: item[1]["ratio"]))


def is_peer(work, name):
    return name != work["limit"] and not name.startswith(OURS)


def verdicts(key, works):
    """What must be reached in a work: (sentence, whether it is)."""
    work, found = works[key], []
    table = rows(work)
    ours, peers = table[OURS], {name: r for name, r in table.items() if is_peer(work, name)}

    def say(text, good):
        found.append((text, bool(good)))

    if work["against"]:
        for name in (n for n in table if n.startswith(OURS) and n not in work["against"]):
            middle, low, high = spread(mean_ratios(work["runs"], name, work["against"]))
            say(f"{name}: {middle:.2f} ({low:.2f} - {high:.2f}) × the mean CPU of {' and '.join(work['against'])}, at most {work['target']}", middle <= work["target"])
    elif work["target"]:
        say(f"CPU of an answer {ours['ratio']:.2f} × the {work['limit']}'s, at most {work['target']}", ours["ratio"] <= work["target"])
    if work["mib"]:
        say(f"memory {ours['mib']:.0f} MiB, at most {work['mib']}", ours["mib"] <= work["mib"])
    if peers and work["ahead"] == "cpu":
        best = min(peers, key=lambda name: peers[name]["cpu_us"])
        say(f"CPU of an answer {ours['cpu_us']:.2f} µs, best peer {best} {peers[best]['cpu_us']:.2f}", ours["cpu_us"] <= peers[best]["cpu_us"])
    if peers and work["ahead"] == "p99":
        best = min(peers, key=lambda name: peers[name]["p99_us"])
        say(f"p99 {ours['p99_us']:.0f} µs, best peer {best} {peers[best]['p99_us']:.0f}", ours["p99_us"] <= peers[best]["p99_us"])
    if work["alike"]:
        first, last = work["alike"]
        middle, low, high = spread(ratios(work["runs"], last, first))
        say(f"{last}: {middle:.2f} ({low:.2f} - {high:.2f}) × the CPU of {first}, within {ALIKE:.0%}", abs(middle - 1) <= ALIKE)
    say(f"{ours['lost']} lost, {ours['wrong']} wrong", not ours["lost"] and not ours["wrong"])
    return found


def change(old, new, name):
    """How a contestant's ratio changed between two runs of a work: (old, new, whether it is beyond both spreads)."""
    before = spread(ratios(old["runs"], name, old["limit"]))
    after = spread(ratios(new["runs"], name, new["limit"]))
    worse = after[0] > before[2] and before[0] < after[1] and after[0] > before[0] * SLACK
    better = after[0] < before[1] and before[0] > after[2] and after[0] * SLACK < before[0]
    return before, after, "worse" if worse else "better" if better else ""
