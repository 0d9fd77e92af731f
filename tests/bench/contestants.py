# SPDX-License-Identifier: Apache-2.0
"""A server under test: a child process on a core of its own, whose CPU time and memory are accounted for."""
import contextlib
import ipaddress
import itertools
import os
import pathlib
import re
import shutil
import signal
import string
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from lib import ROOT, dns_port  # noqa: E402

BUILD = ROOT / "build" / "tests" / "bench"
SERVER_CPU, LOAD_CPU = "0", "1"
DOMAIN = "bench.internal"  # what all works ask for, but that of the tenants
TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def tree(pid):
    """A process and its descendants, for NSD and others answer in a child."""
    found = [pid]
    with contextlib.suppress(OSError):
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                for child in (task / "children").read_text().split():
                    found += tree(int(child))
    return found


def cpu_ns(pid):
    """CPU time (user and system) of a process and its descendants in nanoseconds: all threads by the scheduler's accounting, and
    children that ended by the process's own."""
    total = 0
    for one in tree(pid):
        with contextlib.suppress(OSError):
            fields = pathlib.Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
            total += (int(fields[13]) + int(fields[14])) * TICK_NS  # cutime and cstime
            for task in pathlib.Path(f"/proc/{one}/task").iterdir():
                with contextlib.suppress(OSError):
                    total += int((task / "schedstat").read_text().split()[0])
    return total


def memory_bytes(pid):
    """Resident memory of a process and its descendants; what several of them share counts once."""
    total = 0
    for one in tree(pid):
        with contextlib.suppress(OSError):
            text = pathlib.Path(f"/proc/{one}/smaps_rollup").read_text()
            total += int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1]) * 1024
    return total


@contextlib.contextmanager
def work_folder(prefix="bridge53-bench-"):
    """A temporary folder that all servers may read, on tmpfs where there is one: Knot Resolver's manual wants its cache there."""
    with tempfile.TemporaryDirectory(prefix=prefix, dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as name:
        os.chmod(name, 0o755)
        yield pathlib.Path(name)


def end_politely():
    """Lets SIGTERM end the program like an error: servers are stopped and folders removed on the way out."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def split(address):
    """"ADDRESS:PORT" as its two parts."""
    return address.rsplit(":", 1)


def render(name, values):
    """The text of peers/NAME: $word stands for a value. A line "?word text" is there only if the value is true; if it is a list of
    dicts, that line and those of the same word after it are there once for each, and may name the dict's words."""
    kept = []
    lines = [re.fullmatch(r"(?:\?(\w+) )?(.*)", line).groups() for line in (HERE / "peers" / name).read_text().splitlines()]
    for word, block in itertools.groupby(lines, key=lambda line: line[0]):
        text = "\n".join(line for _, line in block)
        given = values.get(word) if word else True
        for more in given if isinstance(given, list) else [{}] if given else []:
            kept.append(string.Template(text).substitute(values | more))
    return "\n".join(kept) + "\n"


def program(name, folder=None):
    """Where a server is. With a folder: a copy in it, because Debian's AppArmor profiles tie the installed one to its own folders."""
    path = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin:" + os.environ.get("PATH", ""))
    if not path:
        raise RuntimeError(f"{name} is not installed (tools/packages.txt, group bench)")
    return shutil.copy(path, folder / name) if folder else path


class Contestant:
    """name: in tables. folder: its own. address: ADDRESS:PORT that is asked. words: the command, which stays in the foreground.

    What it is asked may be changed: `names` with %u for the number, `rtype`, `source` (the client's address) or `sources` (for many
    tenants: FIRST+STEPxCOUNT as the generator takes it)."""

    patience = 60  # seconds until the first answer

    def __init__(self, name, folder, address, words):
        self.name, self.folder, self.address, self.words = name, pathlib.Path(folder), address, words
        self.names, self.rtype, self.source, self.sources = f"n%u.{DOMAIN}", "A", None, None
        self.net = None      # what the address in an answer is made of, see load.c
        self.answers = True  # the echo has none
        self.load = {}       # more options of the generator
        self.turns = 0
        self.cpu, self.process = SERVER_CPU, None
        self.log = self.folder / "log"

    def start(self):
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(["taskset", "-c", self.cpu, *map(str, self.words)], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, cwd=self.folder)
        return self

    def place(self, cpus=None):
        """Moves it, all threads and children, to a list of cores as taskset takes it; without one, to its own."""
        for one in tree(self.pid):
            subprocess.run(["taskset", "-a", "-c", "-p", cpus or self.cpu, str(one)], check=True, stdout=subprocess.DEVNULL)

    @property
    def pid(self):
        return self.process.pid

    def cpu_ns(self):
        return cpu_ns(self.pid)

    def memory_bytes(self):
        return memory_bytes(self.pid)

    def fresh_names(self):
        """A template of names that nobody was asked before."""
        self.turns += 1
        return f"m%u-{self.turns}.{DOMAIN}"

    def first_source(self):
        return self.sources.split("+")[0] if self.sources else self.source

    def dig(self, name, *more, source=None):
        host, port = split(self.address)
        source = source or self.first_source()
        return subprocess.run(["dig", f"@{host}", "-p", port, name, "+tries=1", "+time=2", *(["-b", source] if source else []), *more],
                              capture_output=True, text=True)

    def ready(self, name=None):
        """Waits until a name (the first of those that it is asked) has an answer."""
        name = name or self.names.replace("%u", "1")
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.dig(name, self.rtype, "+short").stdout[:1] not in ("", ";"):
                return self
            time.sleep(0.05)
        raise RuntimeError(f"{self.name} gives no answer: {self.dig(name, self.rtype).stdout}\n{self.log.read_text()[-1500:]}")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                for one in tree(self.pid):
                    with contextlib.suppress(OSError):
                        os.kill(one, signal.SIGKILL)
                self.process.wait()


def echo(folder):
    """The limit of answers from memory: every packet back with one flag set."""
    address = f"127.0.0.1:{dns_port()}"
    found = Contestant("echo", own_folder(folder, "echo"), address, [BUILD / "echo", address])
    found.answers = False
    return found


def forwarder(folder, target):
    """The limit of misses: every query on from one of 1,024 ports, every reply back."""
    address = f"127.0.0.1:{dns_port()}"
    return Contestant("forwarder", own_folder(folder, "forwarder"), address, [BUILD / "forward", address, target])


def upstream(folder):
    """What answers misses: any name, cheaply, on the generator's core."""
    address = f"127.0.0.1:{dns_port()}"
    found = Contestant("upstream", own_folder(folder, "upstream"), address, [BUILD / "upstream", "--listen", address, "--ttl", "3600"])
    found.cpu = LOAD_CPU
    return found


def own_folder(folder, name):
    own = pathlib.Path(folder) / re.sub(r"\W", "-", name)
    own.mkdir()
    return own


def address_after(first, number):
    return str(ipaddress.ip_address(first) + number)
