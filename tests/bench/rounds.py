# SPDX-License-Identifier: Apache-2.0
"""Contestants take turns within rounds, so that a slow moment of the machine hits all alike."""
import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import time

from contestants import BUILD, LOAD_CPU

WAIT_S = 60    # for a generator whose last queries get lost
AT_ONCE = 3    # servers whose caches are filled at a time
ANY_CPU = f"0-{(os.cpu_count() or 1) - 1}"


@dataclasses.dataclass
class Scene:
    """Who takes part in a work. contestants: the limit first. helpers: servers that others ask."""

    contestants: list
    helpers: list = dataclasses.field(default_factory=list)
    count: int = 1000       # names that are asked; 0: each is new
    warm: bool = False      # each name is asked once before
    may_fail: tuple = ()    # names of those that are left out if they don't start in time
    absent: list = dataclasses.field(default_factory=list)  # which of them are


def generator(c, scene, cpu=LOAD_CPU, **options):
    """The generator's command for a contestant, on these cores."""
    given = {"server": c.address, "name": c.names, "type": c.rtype, "window": 128, **({"names": scene.count} if scene.count else {})}
    given |= {"sources": c.sources} if c.sources else {"source": c.source} if c.source else {}
    if c.answers:
        given |= {"expect-answers": 1} | ({"expect-net": c.net} if c.net else {})
    words = ["taskset", "-c", cpu, str(BUILD / "load")]
    for key, value in (given | c.load | options).items():
        words += [f"--{key}"] if value is True else [f"--{key}", str(value)]
    return words


def generate(c, scene, seconds):
    """Runs the generator; its figures, and the server's CPU for each answer."""
    before = c.cpu_ns()
    out = subprocess.run(generator(c, scene, seconds=seconds), capture_output=True, text=True, timeout=seconds + WAIT_S)
    used = c.cpu_ns() - before
    if c.process.poll() is not None:  # then who answered?
        raise RuntimeError(f"{c.name} ended: {c.log.read_text()[-600:]}")
    if out.returncode:
        raise RuntimeError(f"{c.name}: the generator failed: {out.stderr[-400:]}{out.stdout[-400:]}\n{c.log.read_text()[-600:]}")
    found = json.loads(out.stdout)
    found["cpu_us"] = used / 1000 / max(1, found["received"])
    return {key: value for key, value in found.items() if key not in ("late", "servfail", "rcodes")}


def started(scene, c):
    """False: one that may fail did not answer in time, and is out."""
    try:
        c.start().ready()
    except RuntimeError:
        c.stop()
        if c.name not in scene.may_fail:
            raise
        scene.absent.append(c.name)
        return False
    return True


def fill_caches(scene):
    """Asks each name once, of a few servers at a time on all cores: a million names take the slowest two minutes. Names that get lost
    are asked again in the rounds."""
    servers, waiting, running = scene.helpers + scene.contestants[1:], scene.contestants[1:], []
    for c in servers:
        c.place(ANY_CPU)
    try:
        while waiting or running:
            while waiting and len(running) < AT_ONCE:
                words = generator(waiting.pop(0), scene, cpu=ANY_CPU, count=scene.count, window=64, timeout=5000)
                running.append(subprocess.Popen(words, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL))
            time.sleep(0.02)
            running = [process for process in running if process.poll() is None]
    finally:
        for process in running:
            process.kill()
            process.wait()
    for c in servers:
        c.place()


def prepare(scene):
    """Starts everybody and warms them up."""
    for c in scene.helpers:
        c.start().ready()
    limit, *others = scene.contestants
    limit.start()
    scene.contestants = [limit] + [c for c in others if started(scene, c)]
    if scene.warm:
        fill_caches(scene)
    for c in scene.contestants[1:]:
        generate(c, scene, 0.3)


def run(scene, rounds, seconds, title):
    """The figures of each contestant, a list with one entry for each round; and resident memory after the last."""
    try:
        prepare(scene)
        runs = {c.name: [] for c in scene.contestants}
        for number in range(rounds):
            first = number % len(scene.contestants)
            for c in scene.contestants[first:] + scene.contestants[:first]:
                if not scene.count:
                    c.names = c.fresh_names()
                runs[c.name].append(generate(c, scene, seconds))
            print(f"  {title}: round {number + 1} of {rounds}", file=sys.stderr, flush=True)
        memory = {c.name: c.memory_bytes() for c in scene.contestants}
        return {"runs": runs, "memory": memory, "absent": scene.absent}
    finally:
        for c in reversed(scene.helpers + scene.contestants):
            with contextlib.suppress(Exception):
                c.stop()
