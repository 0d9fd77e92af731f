# SPDX-License-Identifier: Apache-2.0
"""The contestants of the failure table, each a forwarder of one core with two targets, set up as its own manual advises: stale answers
as RFC 8767 recommends them (1.8 s, TTL 30), room for many queries under way, no DNSSEC (the targets sign nothing), health checks where it has them."""
import pathlib
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from faultlib import BENCH, tenants  # noqa: E402
from lib import Server, dns_port  # noqa: E402

DOMAIN = "bench.internal"
DOMAINS = [f"one.{DOMAIN}", f"two.{DOMAIN}"]  # of the two tenants
SERVER_CPU, LOAD_CPU = "0", "1"


class Peer:
    """A server of a configuration file. sources: the addresses of two tenants."""

    sources = ("127.0.10.7", "127.0.11.7")

    def __init__(self, name, folder, targets):
        self.name, self.folder, self.targets = name, folder / name.replace(" ", "-"), targets
        self.folder.mkdir()
        self.port = dns_port()
        self.address = f"127.0.0.1:{self.port}"

    def start(self):
        with open(self.folder / "log", "w") as log:
            self.process = subprocess.Popen(["taskset", "-c", SERVER_CPU, *self.words()], stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder)
        self.wait()
        return self

    def wait(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.dig(f"start.{DOMAINS[0]}").stdout[:3] == "10.":
                return
            time.sleep(0.1)
        raise RuntimeError(f"{self.name} gives no answer: {(self.folder / 'log').read_text()[-1500:]}")

    def dig(self, name, *more, short=True):
        host, port = self.address.rsplit(":", 1)
        return subprocess.run(["dig", f"@{host}", "-p", port, "-b", self.sources[0], name, "+tries=1", "+time=6", *(["+short"] if short else []), *more],
                              capture_output=True, text=True)

    def pid(self):
        return self.process.pid

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Unbound(Peer):
    def words(self):
        forward = "\n".join(f"  forward-addr: {a.replace(':', '@')}" for a in self.targets)
        (self.folder / "unbound.conf").write_text(f"""server:
  interface: 127.0.0.1@{self.port}
  access-control: 127.0.0.0/8 allow
  num-threads: 1
  username: ""
  chroot: ""
  directory: "{self.folder}"
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  do-not-query-localhost: no
  module-config: "iterator"
  minimal-responses: yes
  msg-cache-size: 64m
  rrset-cache-size: 128m
  outgoing-range: 8192
  num-queries-per-thread: 4096
  so-rcvbuf: 4m
  so-sndbuf: 4m
  serve-expired: yes
  serve-expired-ttl: 86400
  serve-expired-client-timeout: 1800
  serve-expired-reply-ttl: 30
  ede: yes
  ede-serve-expired: yes
  local-zone: "internal." nodefault
forward-zone:
  name: "{DOMAIN}"
{forward}
remote-control:
  control-enable: no
""")
        return ["/usr/sbin/unbound", "-d", "-c", str(self.folder / "unbound.conf")]


class KnotResolver(Peer):
    def words(self):
        targets = ", ".join(f"'{a.replace(':', '@')}'" for a in self.targets)
        (self.folder / "kresd.conf").write_text(f"""net.listen('127.0.0.1', {self.port}, {{ kind = 'dns' }})
modules = {{ 'policy', 'serve_stale < cache' }}
modules.unload('ta_update')
modules.unload('ta_signal_query')
modules.unload('priming')
trust_anchors.remove('.')
cache.size = 100 * MB
policy.add(policy.suffix(policy.STUB({{ {targets} }}), {{ todname('{DOMAIN}.') }}))
""")
        return ["/usr/sbin/kresd", "-n", "-q", "-c", str(self.folder / "kresd.conf"), str(self.folder)]


class Dnsdist(Peer):
    def words(self):
        servers = "\n".join(f'newServer({{address="{a}", checkName="health.{DOMAIN}.", mustResolve=true, checkInterval=1}})' for a in self.targets)
        (self.folder / "dnsdist.conf").write_text(f"""setLocal("127.0.0.1:{self.port}")
setACL({{"127.0.0.0/8"}})
{servers}
setServerPolicy(leastOutstanding)
setMaxUDPOutstanding(65535)
pc = newPacketCache(100000, {{maxTTL=86400, staleTTL=30}})
getPool(""):setCache(pc)
setStaleCacheEntriesTTL(86400)
setServFailWhenNoServer(true)
setSecurityPollSuffix("")
""")
        return ["/usr/bin/dnsdist", "--supervised", "--disable-syslog", "-C", str(self.folder / "dnsdist.conf")]


class Bind(Peer):
    def words(self):
        forwarders = " ".join(f"{a.split(':')[0]} port {a.split(':')[1]};" for a in self.targets)
        (self.folder / "named.conf").write_text(f"""options {{
  directory "{self.folder}"; pid-file none; session-keyfile "{self.folder}/session.key"; managed-keys-directory "{self.folder}";
  listen-on port {self.port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
  recursion yes; allow-query {{ any; }}; dnssec-validation no; empty-zones-enable no; minimal-responses yes; max-cache-size 128m;
  recursive-clients 20000; stale-cache-enable yes; stale-answer-enable yes; stale-answer-client-timeout 1800; stale-answer-ttl 30; max-stale-ttl 86400;
}};
zone "{DOMAIN}" {{ type forward; forward only; forwarders {{ {forwarders} }}; }};
controls {{ }};
logging {{ category default {{ null; }}; }};
""")
        # A copy, because Debian's AppArmor profile ties the installed one to its own folders.
        named = shutil.copy(shutil.which("named", path="/usr/sbin:/usr/bin"), self.folder / "named")
        return [named, "-f", "-n", "1", "-c", str(self.folder / "named.conf")]


class Bridge53(Peer):
    """One server; each tenant is a VPC with a rule of its own."""

    sources = ("127.10.1.7", "127.11.1.7")

    def start(self):
        self.server = Server(folder=self.folder, auth="off", more=["--workers", "1", "--pin-cpu", SERVER_CPU]).start()
        self.process, self.address = self.server.process, f"127.10.0.2:{self.server.dns}"
        tenants(self.server, DOMAINS, self.targets)
        self.wait()
        return self

    def wait(self):
        (self.folder / "log").touch()
        super().wait()

    def stop(self):
        self.server.stop()


class Forwarder(Peer):
    """What the machine and the generators do to any server: plain sockets, first come, first served, to one target (forward.c)."""

    def words(self):
        return [str(BENCH / "forward"), self.address, self.targets[0]]


CONTESTANTS = {"bridge53": Bridge53, "Unbound": Unbound, "Knot Resolver": KnotResolver, "dnsdist": Dnsdist, "BIND": Bind}
FORWARDER = "bare forwarder"
SERVERS = CONTESTANTS | {FORWARDER: Forwarder}
