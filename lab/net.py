# SPDX-License-Identifier: Apache-2.0
"""Network namespaces, links, processes and captures of a lab. Everything made here is removed by Lab.close()."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time


class Failure(Exception):
    """A step of the walk that did not show what it must."""


class Lab:
    def __init__(self, prefix, folder):
        self.prefix = prefix
        self.folder = pathlib.Path(folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.spaces, self.processes, self.failed = [], [], 0

    # --- namespaces and links ---

    def name(self, space):
        return f"{self.prefix}{space}"

    def sh(self, command, space=None, check=True, timeout=20):
        words = command.split() if isinstance(command, str) else list(command)
        if space is not None:
            words = ["ip", "netns", "exec", self.name(space)] + words
        done = subprocess.run(words, capture_output=True, text=True, timeout=timeout)
        if check and done.returncode:
            raise Failure(f"{' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def space(self, *names):
        for name in names:
            self.sh(f"ip netns add {self.name(name)}")
            self.spaces.append(name)
            self.sh("ip link set lo up", name)

    def forwards(self, *names):
        for name in names:
            self.sh("sysctl -qw net.ipv4.ip_forward=1", name)

    def link(self, left, right):
        """A veth pair between two (space, interface, [address/bits...])."""
        (a, a_if, a_addrs), (b, b_if, b_addrs) = left, right
        self.sh(["ip", "link", "add", a_if, "netns", self.name(a), "type", "veth", "peer", "name", b_if, "netns", self.name(b)])
        for space, interface, addrs in (left, right):
            for addr in addrs:
                self.sh(f"ip addr add {addr} dev {interface}", space)
            self.sh(f"ip link set {interface} up", space)

    def route(self, space, prefix, via):
        self.sh(f"ip route add {prefix} via {via}", space)

    # --- processes ---

    def start(self, name, command, space=None, env=None):
        words = list(command)
        if space is not None:
            words = ["ip", "netns", "exec", self.name(space)] + words
        log = open(self.folder / f"{name}.log", "w")
        process = subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})})
        self.processes.append((name, process))
        return process

    def log(self, name):
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def wait(self, what, condition, seconds=15.0):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if condition():
                return
            for name, process in self.processes:
                if process.poll() not in (None, 0):
                    raise Failure(f"{name} ended with status {process.returncode}: {self.log(name)[-600:]}")
            time.sleep(0.05)
        raise Failure(f"waited {seconds:.0f} s in vain for {what}")

    def capture(self, space, interface="any"):
        """Starts a capture of DNS packets; lines are read with packets()."""
        name = f"capture-{space}"
        self.start(name, ["tcpdump", "-l", "-n", "-i", interface, "-s", "0", "port", "53"], space)
        self.wait(f"the capture in {space}", lambda: "listening on" in self.log(name))

    def packets(self, space, pattern, seconds=4.0):
        """The first captured line that matches; waits a little, because tcpdump writes later than packets travel."""
        deadline = time.monotonic() + seconds
        while True:
            for line in self.log(f"capture-{space}").splitlines():
                if re.search(pattern, line):
                    return line
            if time.monotonic() > deadline:
                raise Failure(f"no packet in {space} matches {pattern}")
            time.sleep(0.05)

    def close(self):
        for _, process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for _, process in self.processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for space in reversed(self.spaces):
            subprocess.run(["ip", "netns", "del", self.name(space)], capture_output=True)

    # --- the walk ---

    def step(self, number, text, evidence):
        """One numbered line; `evidence` is called and returns the proof or raises Failure."""
        try:
            proof = evidence()
            print(f"{number:>4}  ok    {text}\n            {proof}", flush=True)
        except Failure as why:
            self.failed += 1
            print(f"{number:>4}  MISS  {text}\n            {why}", flush=True)

    def finish(self):
        print(f"\n{'every step verified' if not self.failed else f'{self.failed} steps missed'}", flush=True)
        return 1 if self.failed else 0


def need(condition, text):
    if not condition:
        raise Failure(text)


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)
