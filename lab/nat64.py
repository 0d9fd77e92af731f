# SPDX-License-Identifier: Apache-2.0
"""A NAT64 translator in a namespace: TAYGA for the packets, nftables for what TAYGA leaves to a firewall.

TAYGA gives each IPv6 client an IPv4 address of its pool; nftables hides the pool behind the one address of the gateway. RFC 6052
forbids translators to use 64:ff9b::/96 for private IPv4 addresses, and TAYGA obeys, but reaching a private network is what the
gateway is for. So nftables maps that prefix to one of the gateway's own, and TAYGA sees only the latter."""
import os

from net import skip

PREFIX, OWN_PREFIX, POOL, TUN = "64:ff9b::/96", "fd00:64:ff9b::/96", "100.64.0.0/24", "nat64"

TAYGA = f"""tun-device {TUN}
ipv4-addr 100.64.0.1
ipv6-addr fd00:64::65
prefix {OWN_PREFIX}
dynamic-pool {POOL}
"""

NFTABLES = """table ip6 nat64 {{
  chain prerouting {{
    type nat hook prerouting priority dstnat
    dnat ip6 prefix to ip6 daddr map {{ {prefix} : {own} }}
  }}
}}
table ip nat64 {{
  chain postrouting {{
    type nat hook postrouting priority srcnat
    ip saddr {pool} snat to {address}
  }}
}}
"""


def need_tun():
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR))
    except OSError as why:
        skip(f"/dev/net/tun cannot be used: {why.strerror}")


def start(lab, space, address):
    """Starts the translator in `space`, whose IPv4 address is `address`. Its log is "tayga"."""
    lab.forwards(space)
    conf, rules = (lab.folder / name for name in ("tayga.conf", "nat64.nft"))
    conf.write_text(TAYGA)
    rules.write_text(NFTABLES.format(prefix=PREFIX, own=OWN_PREFIX, pool=POOL, address=address))
    lab.sh(["tayga", "--config", str(conf), "--mktun"], space)
    lab.sh(f"ip link set {TUN} up", space)
    for prefix in (POOL, OWN_PREFIX):
        lab.sh(f"ip route add {prefix} dev {TUN}", space)
    lab.sh(["nft", "-f", str(rules)], space)
    lab.start("tayga", ["tayga", "--config", str(conf), "-d"], space)
    lab.wait("TAYGA", lambda: "LOWER_UP" in lab.sh(f"ip link show {TUN}", space))
