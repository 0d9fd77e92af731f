#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""faults [--only NAME,...] [FAULT...]: what clients see when targets or tenants misbehave: bridge53 beside its peers, in one run.

Two targets; 2,000 queries a second, every name new, unless the fault says otherwise. The server has one core, generator and targets
the other; for each fault the contestants take turns. The target that gets more of the traffic when all is well is the one that fails.
Every answer is checked against the name that was asked. Prints a table for each fault with what must be reached, and whether it is;
raw figures: bench-results/faults-DATE.json.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from faults_peers import CONTESTANTS, DOMAINS, FORWARDER, LOAD_CPU, SERVERS  # noqa: E402
from faultlib import Load, Upstream, cpu_s, spoof  # noqa: E402
from lib import ROOT, dns_port  # noqa: E402

RATE = 2000
STEP = 0.1  # seconds of one element of a series


class Scene:
    """One contestant, freshly started, with its two targets."""

    def __init__(self, contestant, folder, ttl=300):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="fault-", dir=folder))
        self.folder.chmod(0o755)
        self.upstream = Upstream(self.folder, dns_port(), ttl=ttl, cpu=LOAD_CPU)
        self.peer, self.loads, self.names = None, [], 0
        self.peer = SERVERS[contestant](contestant, self.folder, self.upstream.addresses)

    def __enter__(self):
        try:
            self.peer.start()
        except BaseException:
            self.upstream.stop()
            raise
        self.ask(1)  # the first second, in which everybody learns, is not counted
        return self

    def __exit__(self, *_):
        for load in self.loads:
            load.stop()
        self.peer.stop()
        self.upstream.stop()

    def load(self, seconds, tenant=0, rate=RATE, name=None, **more):
        """Starts the generator; names are new ones unless given."""
        self.names += 1
        name = name or f"n%u-{self.names}.{DOMAINS[tenant]}"
        found = Load(self.peer.address, self.peer.sources[tenant], name, cpu=LOAD_CPU, rate=rate, seconds=seconds, **more)
        self.loads.append(found)
        return found

    def ask(self, seconds, **more):
        return self.load(seconds, **more).result()

    def asked(self, seconds, **more):
        """As ask(), with the queries that each target got."""
        self.upstream.reset()
        result = self.ask(seconds, **more)
        return result, [target["queries"] for target in self.upstream.count()["listeners"]]

    def preferred(self):
        """The target that is asked more, and its share, when all is well."""
        _, shares = self.asked(1)
        number = max(range(len(shares)), key=shares.__getitem__)
        return number, shares[number] / max(1, sum(shares))


def refused(result):
    """Answers that are no right ones, and queries without any."""
    return result["received"] - result["rcodes"][0] + result["forged"] + result["lost"]


# --- the faults -------------------------------------------------------------------------------


def silent(s):
    number, share = s.preferred()
    s.upstream.set(number, "silent")
    during, shares = s.asked(15)
    s.upstream.set(number, "ok")
    s.asked(7)
    series = s.upstream.count()["listeners"][number]["series"]
    enough = share * RATE * STEP / 4
    back = next((i * STEP for i, n in enumerate(series) if n >= enough), None)
    return {"in_time": during["in_time"] / during["sent"], "failed": refused(during), "upstream": sum(shares) / during["sent"], "back_s": back}


def slow(s):
    healthy = s.ask(4)
    number, _ = s.preferred()
    s.upstream.set(number, "slow 200")
    s.ask(1)  # the share is that of a fault that is there, not of its discovery
    result, shares = s.asked(6)
    return {"share": shares[number] / sum(shares), "p99": result["p99_us"] / healthy["p99_us"], "p99_us": result["p99_us"], "healthy_p99_us": healthy["p99_us"]}


def useless(behaviour):
    def run(s):
        number, _ = s.preferred()
        s.upstream.set(number, behaviour)
        result, shares = s.asked(3)
        return {"failed": refused(result), "share_failed": refused(result) / result["sent"], "in_time": result["in_time"] / result["sent"],
                "upstream": sum(shares) / result["sent"]}
    return run


def all_silent(s):
    """The upstream's TTL is 1 s: 1,000 names are known and expired; every other query is for one of them."""
    known = f"known%u.{DOMAINS[0]}"
    s.ask(1.5, name=known, names=1000, rate=1000)
    normal, shares = s.asked(3)
    s.upstream.set("all", "silent")
    time.sleep(1.5)
    stale = s.load(6, name=known, names=1000, rate=1000)
    news = s.load(6, rate=1000)
    time.sleep(3)
    told = s.peer.dig(f"nobody.{DOMAINS[0]}", short=False).stdout
    stale, news = stale.result(), news.result()
    s.upstream.set("all", "ok")
    _, after = s.asked(5)
    series = [sum(target["series"][i] for target in s.upstream.count()["listeners"]) for i in range(50)]
    worst = max(sum(series[i:i + 5]) for i in range(46)) / 5
    # The targets are silent: every good answer is a stale one, whatever TTL it has.
    return {"stale": stale["rcodes"][0] / stale["sent"], "stale_max_ms": stale["max_us"] / 1000, "servfail": news["servfail"] / news["sent"],
            "ede": "EDE" in told and "SERVFAIL" in told, "storm": worst / (sum(shares) / 3 * STEP), "return_upstream": sum(after) / sum(shares) * 3 / 5}


SHARE = 500  # queries a second of each tenant
PAIRS = 5


def noisy(hang):
    """Pairs of quiet and noise, each with the median of its p99. The loud one does not wait for what is dropped: else its window would
    be full of that, and it would be loud no longer but for a burst now and then."""
    def run(s):
        pairs = []
        s.ask(2, tenant=1, rate=SHARE)
        for _ in range(PAIRS):
            before = s.ask(2, tenant=1, rate=SHARE)
            loud = s.load(4, prompt=False, rate=5000 if hang else 100 * SHARE, **({"name": f"hang%u.{DOMAINS[0]}"} if hang else {"timeout": 200}))
            time.sleep(0.8)
            pairs.append((before, s.ask(2, tenant=1, rate=SHARE), loud.result()))
        before, during, loud = zip(*pairs)
        good = lambda results: sum(r["rcodes"][0] for r in results) / sum(r["sent"] for r in results)
        p99 = lambda results: statistics.median(r["p99_us"] for r in results)
        return {"rate": good(during) / good(before), "p99": p99(during) / p99(before), "p99_us": p99(during), "before_p99_us": p99(before),
                "loud_sent": sum(r["sent"] / r["seconds"] for r in loud) / PAIRS, "loud_rate": sum(r["rcodes"][0] / r["seconds"] for r in loud) / PAIRS,
                "pairs_us": [[r["p99_us"] for r in pair[:2]] for pair in pairs]}
    return run


def spoofed(s):
    """The rate is that which the server's CPU allows, because forger, generator and targets share the other core."""
    def full(seconds):
        cpu, found = cpu_s(s.peer.pid()), s.ask(seconds, rate=0, window=64, sockets=4, timeout=1000)
        return found, found["rcodes"][0] / (cpu_s(s.peer.pid()) - cpu)
    s.ask(2, rate=0, window=64, sockets=4, timeout=1000)
    before, normal = full(3)
    forger = spoof(s.upstream.addresses[0], s.peer.pid(), f"n%u-{s.names + 1}.{DOMAINS[0]}", cpu=LOAD_CPU, rate=50000, seconds=5)
    time.sleep(0.5)
    during, now = full(4)
    sent = json.loads(forger.communicate(timeout=30)[0])
    return {"forged": during["forged"], "rate": now / normal, "failed": refused(during), "raw_rate": during["rate"] / before["rate"],
            "spoofs": sent["sent"] / 5, "ports": sent["ports"], "answers": during["rate"], "before": before["rate"], "cpu_us": 1e6 / now, "before_us": 1e6 / normal}


# --- what must be reached ---------------------------------------------------------------------


def most(limit):
    return lambda v: v is not None and v <= limit


def least(limit):
    return lambda v: v is not None and v >= limit


percent, times, number, seconds = "{:.2%}".format, "{:.2f} ×".format, "{:,.0f}".format, "{:.1f} s".format
milliseconds, microseconds, yes = "{:,.0f} ms".format, "{:,.0f} µs".format, lambda v: "yes" if v else "no"
NOBODY = {"failed": ("clients without a right answer", number, "none", most(0)), "in_time": ("within 100 ms", percent, "", None),
          "upstream": ("upstream queries per query", times, "", None)}
TENANT = {"rate": ("the other tenant's rate", times, "≥ 0.95", least(0.95)), "p99": ("its p99, of before", times, "≤ 2", most(2)),
          "p99_us": ("p99", microseconds, "", None), "before_p99_us": ("p99 before", microseconds, "", None), "loud_sent": ("queries/s of the loud one", number, "", None), "loud_rate": ("answers/s of the loud one", number, "", None)}

# name: (title, the upstream's TTL, what runs, {figure: (heading, format, target in words, is it met)})
FAULTS = {
    "silent": ("one target silent for 15 s", 300, silent,
               {"in_time": ("within 100 ms", percent, "≥ 99.97 %", least(0.9997)), "upstream": ("upstream queries per query", times, "≤ 1.05", most(1.05)),
                "back_s": ("back in use after", seconds, "≤ 5 s", most(5)), "failed": ("clients without a right answer", number, "", None)}),
    "slow": ("one target 200 ms slow", 300, slow,
             {"share": ("its share", percent, "≤ 1 %", most(0.01)), "p99": ("p99, of healthy", times, "≤ 1.2", most(1.2)),
              "p99_us": ("p99", microseconds, "", None), "healthy_p99_us": ("healthy p99", microseconds, "", None)}),
    "servfail": ("one target answers SERVFAIL", 300, useless("servfail"), NOBODY),
    "refused": ("one target answers REFUSED", 300, useless("refused"), NOBODY),
    "wrong-name": ("one target answers with records of another name", 300, useless("wrong-name"), NOBODY),
    "wrong-question": ("one target answers another question", 300, useless("wrong-question"), NOBODY),
    "truncate": ("one target truncates and refuses TCP", 300, useless("truncate-refused"), NOBODY),
    "all-silent": ("all targets silent for 6 s: half of the queries for known names whose TTL is over, then the return", 1, all_silent,
                   {"stale": ("known names: stale answers", percent, "all", least(0.9999)), "stale_max_ms": ("the last after", milliseconds, "≤ 1,800 ms", most(1830)),
                    "servfail": ("new names: SERVFAIL", percent, "all", least(0.9999)), "ede": ("with extended error", yes, "yes", bool),
                    "storm": ("worst 500 ms at the targets on return, of normal", times, "≤ 2", most(2))}),
    "noisy": ("one tenant asks 100 × its share (50,000/s, the other 500/s)", 300, noisy(False), TENANT),
    "hanging": ("one tenant asks 5,000/s names that hang (the other 500/s)", 300, noisy(True), TENANT),
    "spoofed": ("forged and malformed replies at 50,000/s, at the ports that are open; the server at full rate with 64 outstanding", 300, spoofed,
                {"forged": ("wrong answers accepted", number, "none", most(0)), "rate": ("answers per CPU second, of before", times, "≥ 0.8", least(0.8)), "raw_rate": ("answers/s, of before", times, "", None),
                 "failed": ("clients without a right answer", number, "", None), "answers": ("answers/s", number, "", None), "spoofs": ("forged/s", number, "", None)}),
}

BESIDE = {"noisy": (FORWARDER,)}  # who takes part for comparison only


def measure(fault, contestants, folder):
    """A row for each contestant: its figures."""
    rows = {}
    for name in contestants:
        try:
            with Scene(name, folder, ttl=FAULTS[fault][1]) as scene:
                rows[name] = FAULTS[fault][2](scene)
        except Exception as error:  # a peer that falls over is a result
            rows[name] = {"error": f"{type(error).__name__}: {error}"[:300]}
        print(f"  {fault}: {name}: {json.dumps(rows[name])}", file=sys.stderr, flush=True)
    return rows


def judged(fault, row):
    """{figure: True or False} for those that must be reached."""
    return {key: bool(met(row.get(key))) for key, (_, _, _, met) in FAULTS[fault][3].items() if met}


def table(fault, rows):
    """The rows as lines of Markdown."""
    columns = FAULTS[fault][3]
    lines = ["| server | " + " | ".join(heading + (f" ({target})" if target else "") for heading, _, target, _ in columns.values()) + " | met |"]
    lines.append("| --- |" + " --- |" * (len(columns) + 1))
    for name, row in rows.items():
        cells = [form(row[key]) if row.get(key) is not None else "none seen" if key in row else "-" for key, (_, form, _, _) in columns.items()]
        missed = ", ".join(key for key, met in judged(fault, row).items() if not met)
        verdict = "-" if name in BESIDE.get(fault, ()) else f"no: {missed}" if missed else "yes"
        lines.append(f"| {name} | " + " | ".join([*cells, verdict]) + " |")
    return lines


def run(faults, contestants=tuple(CONTESTANTS)):
    """Measures and prints; {fault: {contestant: figures}}."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bridge53-faults-"))
    folder.chmod(0o755)
    found = {}
    try:
        for fault in faults:
            rows = measure(fault, (*contestants, *BESIDE.get(fault, ())), folder)
            found[fault] = {name: row | {"met": judged(fault, row)} for name, row in rows.items()}
            print(f"\n{FAULTS[fault][0]}\n\n" + "\n".join(table(fault, rows)), flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(CONTESTANTS), help="contestants")
    parser.add_argument("fault", nargs="*", help=" ".join(FAULTS))
    args = parser.parse_args()
    if (os.cpu_count() or 1) < 2:
        sys.exit("bench needs two processors: one for the server, one for the generator")
    found = run(args.fault or list(FAULTS), args.only.split(","))
    out = ROOT / "bench-results"
    out.mkdir(exist_ok=True)
    path = out / f"faults-{time.strftime('%Y%m%d-%H%M%S')}.json"
    path.write_text(json.dumps(found, indent=1))
    print(f"\nraw figures: {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
