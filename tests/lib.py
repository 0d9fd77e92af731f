# SPDX-License-Identifier: Apache-2.0
"""What API and end-to-end tests share: a bridge53 server of their own on loopback, accounts, dig."""
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
BRIDGE53 = os.environ.get("BRIDGE53", str(ROOT / "build/src/cmd/bridge53"))
SKIP = 77


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIP)


def need_namespaces():
    """Skips the test where network namespaces cannot be made."""
    if os.geteuid() != 0:
        skip("network namespaces need root")
    if subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode:
        skip("network namespaces cannot be made here")
    os.environ["PATH"] += ":/usr/sbin:/sbin"


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


ports_given = set()


def dns_port():
    """A port that is free for UDP and TCP, below those that the system gives to clients: no server's outgoing socket gets it meanwhile.
    Never one that was given before: its server may not have started yet."""
    for _ in range(200):
        port = random.randrange(10000, 32000)
        if port in ports_given:
            continue
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
            try:
                udp.bind(("0.0.0.0", port))
                tcp.bind(("0.0.0.0", port))
                ports_given.add(port)
                return port
            except OSError:
                continue
    raise RuntimeError("no free port")


class Server:
    """A server with a store of its own. listen: addresses of the shared listener."""

    def __init__(self, listen=("127.10.0.2",), auth="on", more=(), folder=None, store=None):
        self.made = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="bridge53-"))
        self.store = store or f"sqlite:{self.folder}/db"
        self.api, self.dns = free_port(), dns_port()
        self.url = f"http://127.0.0.1:{self.api}"
        self.listen, self.auth, self.more = listen, auth, list(more)
        self.process = None
        self.starts = 0

    def command(self, *words, check=True, stdin=None):
        done = subprocess.run([BRIDGE53, *words], capture_output=True, text=True, timeout=60, input=stdin)
        if check and done.returncode:
            raise RuntimeError(f"bridge53 {' '.join(words)}: {done.stderr.strip()}")
        return done

    def account(self, account, name="test"):
        """A new account with a key: (access key id, secret)."""
        self.command("account", "add", account, "--name", name, "--store", self.store)
        key = json.loads(self.command("account", "key", account, "--json", "--store", self.store).stdout)
        return key["AccessKeyId"], key["SecretAccessKey"]

    def start(self):
        words = [BRIDGE53, "serve", "--store", self.store, "--auth", self.auth, "--api", f"127.0.0.1:{self.api}", "--port", str(self.dns)]
        for address in self.listen:
            words += ["--dns", f"{address}:{self.dns}"]
        self.starts += 1
        self.log = self.folder / f"server-{self.starts}.log"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(words + self.more, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended: {self.log.read_text()[-2000:]}")
            if self.healthy():
                return self
            time.sleep(0.02)
        raise RuntimeError(f"the server did not start: {self.log.read_text()[-2000:]}")

    def healthy(self):
        try:
            with urllib.request.urlopen(self.url + "/health", timeout=1) as reply:
                return reply.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def metric(self, name):
        with urllib.request.urlopen(self.url + "/metrics", timeout=5) as reply:
            for line in reply.read().decode().splitlines():
                if line.startswith(name + " "):
                    return int(float(line.split()[1]))
        raise KeyError(name)

    def record_operations(self):
        """Appends which API operations succeeded here to $BRIDGE53_OPERATIONS, for $BRIDGE53_CLIENT (tests/check sets both)."""
        path = os.environ.get("BRIDGE53_OPERATIONS")
        if not path or self.process is None or self.process.poll() is not None:
            return
        with urllib.request.urlopen(self.url + "/metrics", timeout=5) as reply:
            found = re.findall(r'^bridge53_api_operations_total\{service="(.*?)",operation="(.*?)",result="success"\}', reply.read().decode(), re.M)
        with open(path, "a") as out:
            out.writelines(f"{service}\t{operation}\t{os.environ['BRIDGE53_CLIENT']}\n" for service, operation in found)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Ends the server politely; a status other than 0 is an error of the test."""
        self.record_operations()
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            status = self.process.wait(15)
            if status != 0:
                raise RuntimeError(f"the server ended with status {status}: {self.log.read_text()[-2000:]}")

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        try:
            if kind:
                print(f"--- end of {self.log}:\n{self.log.read_text()[-1500:]}", file=sys.stderr)
                self.kill()
            else:
                self.stop()
        finally:
            if self.made and not kind:
                shutil.rmtree(self.folder, ignore_errors=True)

    def dig(self, name, rtype="A", server="127.10.0.2", source="127.10.1.7", port=None, more=()):
        out = subprocess.run(["dig", "-b", source, f"@{server}", "-p", str(port or self.dns), name, rtype, "+tries=2", "+time=3", "+short", *more],
                             capture_output=True, text=True, timeout=30)
        return out.stdout.split("\n")[:-1]


def clean_environment(url, key, region="us-east-1"):
    """An environment in which AWS clients see our server and nothing of the machine's own settings."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    env.update(AWS_ACCESS_KEY_ID=key[0], AWS_SECRET_ACCESS_KEY=key[1], AWS_DEFAULT_REGION=region, AWS_REGION=region,
               AWS_ENDPOINT_URL=url, AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null",
               AWS_EC2_METADATA_DISABLED="true", AWS_MAX_ATTEMPTS="1", AWS_PAGER="", NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")
    return env
