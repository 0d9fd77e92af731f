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
        self.spaces, self.processes, self.settings, self.failed = [], [], [], 0

    # --- namespaces and links ---

    def name(self, space):
        return f"{self.prefix}{space}"

    def sh(self, command, space=None, check=True, timeout=20):
        words = command.split() if isinstance(command, str) else list(command)
        if space is not None:
            words = ["ip", "netns", "exec", self.name(space)] + words
        done = subprocess.run(words, capture_output=True, text=True, timeout=timeout)
        if check and done.returncode:
            why = (done.stderr.strip() or done.stdout.strip()).splitlines()
            raise Failure(f"{' '.join(words)}: {why[0] if why else done.returncode}")
        return done.stdout

    def space(self, *names):
        """Addresses are unique here and wanted at once, so IPv6 needs not look for duplicates. -e: a host without IPv6 has no such
        key, and the first lab needs none."""
        for name in names:
            self.sh(f"ip netns add {self.name(name)}")
            self.spaces.append(name)
            self.sh("sysctl -eqw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0", name)
            self.sh("ip link set lo up", name)

    def forwards(self, *names):
        for name in names:
            self.sh("sysctl -eqw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1", name)

    def address(self, space, interface, address):
        self.sh(f"ip addr add {address} dev {interface}", space)

    def bridge(self, space, name, *addresses):
        self.sh(f"ip link add {name} type bridge", space)
        for address in addresses:
            self.address(space, name, address)
        self.sh(f"ip link set {name} up", space)

    def link(self, left, right):
        """A veth pair between two (space, interface, [address/bits...])."""
        (a, a_if, a_addrs), (b, b_if, b_addrs) = left, right
        self.sh(["ip", "link", "add", a_if, "netns", self.name(a), "type", "veth", "peer", "name", b_if, "netns", self.name(b)])
        for space, interface, addrs in (left, right):
            for addr in addrs:
                self.address(space, interface, addr)
            self.sh(f"ip link set {interface} up", space)

    def host(self, space, router, bridge, addresses, gateways):
        """A namespace with one interface on the bridge of `router`, its addresses, and a default route for each gateway."""
        port = space[:13] + "0"
        self.link((router, port, []), (space, "eth0", addresses))
        self.sh(f"ip link set {port} master {bridge}", router)
        for gateway in gateways:
            self.route(space, "default", gateway)

    def route(self, space, prefix, via):
        self.sh(f"ip route add {prefix} via {via}", space)

    def resolv_conf(self, space, server):
        """The system resolver of programs in the namespace: `ip netns exec` shows them this file as /etc/resolv.conf."""
        folder = pathlib.Path("/etc/netns") / self.name(space)
        self.settings.append(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "resolv.conf").write_text(f"nameserver {server}\n")

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

    def capture(self, space, interface="any", what="port 53"):
        """Starts a capture of the packets that `what` selects; lines are read with packets()."""
        name = f"capture-{space}"
        self.start(name, ["tcpdump", "-l", "-n", "-i", interface, "-s", "0", what], space)
        self.wait(f"the capture in {space}", lambda: "listening on" in self.log(name))

    def packets(self, space, pattern, seconds=4.0):
        """The first captured line that matches, without TCP's numbers; waits a little, because tcpdump writes later than packets travel."""
        deadline = time.monotonic() + seconds
        while True:
            for line in self.log(f"capture-{space}").splitlines():
                if re.search(pattern, line):
                    return re.sub(r", seq .*?, length \d+", "", line)
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
        for folder in self.settings:
            shutil.rmtree(folder, ignore_errors=True)

    # --- the walk ---

    def step(self, number, text, *evidence):
        """One numbered line; each of `evidence` is called and returns a proof or raises Failure."""
        try:
            proofs = "".join(f"\n            {show()}" for show in evidence)
            print(f"{number:>4}  ok    {text}{proofs}", flush=True)
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
