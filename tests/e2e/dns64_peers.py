# SPDX-License-Identifier: Apache-2.0
"""The zones, the questions and the known differences of dns64-peers.

An answer is written as its code, TC or AD if set, the answer section (the records of each set sorted), and the zone's SOA if there was nothing of
the type asked. TTLs are those that the records began with."""

TTLS = (0, 60, 120, 300, 600, 3600, 10800, 86400)
SIGNED_ZONE, BROKEN_ZONE = "signed64.internal", "broken.internal"
MANY = range(1, 61)  # 60 A records fit into 1232 bytes, 60 AAAA records do not

# The SOA's negative TTL is 120: the TTL of a synthesized record is at most that.
HEAD = "$TTL 60\n@ 3600 SOA ns hostmaster 1 3600 900 604800 120\n@ NS ns\nns A 127.0.0.1\n"
ZONES = {
    "d64.internal": HEAD + """
ready      A     192.0.2.1
a4         A     192.0.2.10
long  3600 A     192.0.2.11
zero     0 A     192.0.2.12
six        AAAA  2001:db8::6
both       A     192.0.2.13
both       AAAA  2001:db8::d
mapped 3600 A    192.0.2.14
mapped 300 AAAA  ::ffff:192.0.2.99
lonely 300 AAAA  ::ffff:192.0.2.99
mixed      A     192.0.2.15
mixed      AAAA  ::ffff:192.0.2.99
mixed      AAAA  2001:db8::f
none       TXT   "nothing else"
alias      CNAME a4
alias6     CNAME both
chain1 300 CNAME chain2
chain2     CNAME chain3
chain3 300 CNAME long
tonone     CNAME none
tonx       CNAME nx
tomapped   CNAME mapped
cross      CNAME www.other64.internal.
d          DNAME target
www.target A     192.0.2.16
ten        A     10.1.2.3
one72      A     172.16.5.6
one92      A     192.168.7.8
any46      A     192.0.2.17
any46      AAAA  2001:db8::17
mail       MX    10 a4
mail       MX    20 both
""" + "".join(f"many A 198.51.100.{i}\n" for i in MANY),
    "other64.internal": HEAD + "www A 192.0.2.20\n",
    SIGNED_ZONE: HEAD + "www A 192.0.2.30\n",
    "2.0.192.in-addr.arpa": HEAD.replace(" ns ", " ns.d64.internal. ").replace("NS ns", "NS ns.d64.internal.").replace("ns A 127.0.0.1\n", "") +
                            "10 PTR a4.d64.internal.\n",
    # As the public DNS has it (RFC 7050 8).
    "ipv4only.arpa": "$TTL 86400\n@ 3600 SOA ns.d64.internal. hostmaster 1 7200 3600 604800 3600\n@ NS ns.d64.internal.\n@ A 192.0.0.170\n@ A 192.0.0.171\n",
}

SOA = "d64.internal 120 SOA ..."
CHAIN = "chain1.d64.internal 300 CNAME chain2.d64.internal; chain2.d64.internal 60 CNAME chain3.d64.internal; chain3.d64.internal 300 CNAME long.d64.internal"
TO_MAPPED = "tomapped.d64.internal 60 CNAME mapped.d64.internal"
MX = "mail.d64.internal 60 MX 10 a4.d64.internal; mail.d64.internal 60 MX 20 both.d64.internal"
MX_HOSTS = "+ a4.d64.internal 60 A 192.0.2.10; + both.d64.internal 60 A 192.0.2.13; + both.d64.internal 60 AAAA 2001:db8::d"
PTR_NAME = "a.0.2.0.0.0.0.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.0.ip6.arpa"
PTR_NONE = "b.0.2.0.0.0.0.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.0.ip6.arpa"


def aaaa(name, ttl, *addresses):
    return "; ".join(f"{name} {ttl} AAAA {a}" for a in addresses)


# (key, "NAME TYPE [options]", bridge53's answer, why)
QUESTIONS = [
    ("a-only", "a4.d64.internal AAAA", "NOERROR; " + aaaa("a4.d64.internal", 60, "64:ff9b::c000:20a"), "RFC 6147 5.1.6, 5.1.7: synthesized, with the A record's TTL"),
    ("ttl-above-soa", "long.d64.internal AAAA", "NOERROR; " + aaaa("long.d64.internal", 120, "64:ff9b::c000:20b"), "5.1.7: the smaller one of the A record's TTL and the SOA's"),
    ("ttl-0", "zero.d64.internal AAAA", "NOERROR; " + aaaa("zero.d64.internal", 0, "64:ff9b::c000:20c"), "5.1.7: 0 is a TTL, too"),
    ("aaaa-present", "six.d64.internal AAAA", "NOERROR; " + aaaa("six.d64.internal", 60, "2001:db8::6"), "5.1.1: real AAAA records are passed on"),
    ("both", "both.d64.internal AAAA", "NOERROR; " + aaaa("both.d64.internal", 60, "2001:db8::d"), "5.1.1: nothing is synthesized beside real ones"),
    ("excluded-only", "mapped.d64.internal AAAA", "NOERROR; " + aaaa("mapped.d64.internal", 600, "64:ff9b::c000:20e"), "5.1.4: an excluded AAAA is none; 5.1.7: without a SOA at most 600 s"),
    ("excluded-no-a", "lonely.d64.internal AAAA", f"NOERROR; {SOA}", "5.1.4: nothing is left, there is nothing to synthesize from"),
    ("excluded-mixed", "mixed.d64.internal AAAA", "NOERROR; " + aaaa("mixed.d64.internal", 60, "2001:db8::f"), "5.1.4: the excluded one is dropped, the real one stays"),
    ("nodata", "none.d64.internal AAAA", f"NOERROR; {SOA}", "5.1.6: no A records: the empty answer"),
    ("nxdomain", "nx.d64.internal AAAA", f"NXDOMAIN; {SOA}", "5.1.2: NXDOMAIN is passed on"),
    ("cname", "alias.d64.internal AAAA", "NOERROR; alias.d64.internal 60 CNAME a4.d64.internal; " + aaaa("a4.d64.internal", 60, "64:ff9b::c000:20a"), "5.1.5: the chain, then the synthesized record of its end"),
    ("cname-aaaa", "alias6.d64.internal AAAA", "NOERROR; alias6.d64.internal 60 CNAME both.d64.internal; " + aaaa("both.d64.internal", 60, "2001:db8::d"), "5.1.5: the end has a real AAAA"),
    ("cname-three", "chain1.d64.internal AAAA", f"NOERROR; {CHAIN}; " + aaaa("long.d64.internal", 120, "64:ff9b::c000:20b"), "5.1.5: CNAME records keep their TTLs"),
    ("cname-nodata", "tonone.d64.internal AAAA", f"NOERROR; tonone.d64.internal 60 CNAME none.d64.internal; {SOA}", "5.1.5: the end is empty"),
    ("cname-nxdomain", "tonx.d64.internal AAAA", f"NXDOMAIN; tonx.d64.internal 60 CNAME nx.d64.internal; {SOA}", "5.1.2: the end does not exist"),
    ("cname-excluded", "tomapped.d64.internal AAAA", f"NOERROR; {TO_MAPPED}; " + aaaa("mapped.d64.internal", 600, "64:ff9b::c000:20e"), "5.1.4 at the end of a chain"),
    ("cname-other-zone", "cross.d64.internal AAAA", "NOERROR; cross.d64.internal 60 CNAME www.other64.internal; " + aaaa("www.other64.internal", 60, "64:ff9b::c000:214"), "5.1.5: the chain leads to another zone"),
    ("dname", "www.d.d64.internal AAAA", "NOERROR; d.d64.internal 60 DNAME target.d64.internal; www.d.d64.internal 60 CNAME www.target.d64.internal; "
     + aaaa("www.target.d64.internal", 60, "64:ff9b::c000:210"), "5.1.5: DNAME chains, too"),
    ("rfc1918-10", "ten.d64.internal AAAA", "NOERROR; " + aaaa("ten.d64.internal", 60, "64:ff9b::a01:203"), "private addresses are what hybrid networks synthesize for"),
    ("rfc1918-172", "one72.d64.internal AAAA", "NOERROR; " + aaaa("one72.d64.internal", 60, "64:ff9b::ac10:506"), "the same"),
    ("rfc1918-192", "one92.d64.internal AAAA", "NOERROR; " + aaaa("one92.d64.internal", 60, "64:ff9b::c0a8:708"), "the same"),
    ("many-udp", "many.d64.internal AAAA", "NOERROR TC", "the synthesized answer is larger than the A answer that it came from"),
    ("many-udp-512", "many.d64.internal AAAA +noedns", "NOERROR TC", "without EDNS 512 bytes"),
    ("many-tcp", "many.d64.internal AAAA +tcp", "NOERROR; " + "; ".join(sorted(aaaa("many.d64.internal", 60, f"64:ff9b::c633:64{i:02x}") for i in MANY)), "all of them over TCP"),
    ("any", "a4.d64.internal ANY", "NOERROR; a4.d64.internal 60 A 192.0.2.10", "5.3.3: other types are not changed"),
    ("any-both", "any46.d64.internal ANY", "NOERROR; any46.d64.internal 60 A 192.0.2.17; " + aaaa("any46.d64.internal", 60, "2001:db8::17"), "5.3.3"),
    ("a", "a4.d64.internal A", "NOERROR; a4.d64.internal 60 A 192.0.2.10", "5.3.3"),
    ("txt", "none.d64.internal TXT", 'NOERROR; none.d64.internal 60 TXT "nothing else"', "5.3.3"),
    ("mx", "mail.d64.internal MX", f"NOERROR; {MX}", "5.3.2: nothing is synthesized in the additional section; bridge53 passes none on"),
    ("ptr", f"{PTR_NAME} PTR", f"NOERROR; {PTR_NAME} 60 CNAME 10.2.0.192.in-addr.arpa; 10.2.0.192.in-addr.arpa 60 PTR a4.d64.internal", "5.3.1: a CNAME to the IPv4 address's name"),
    ("ptr-nxdomain", f"{PTR_NONE} PTR", f"NXDOMAIN; {PTR_NONE} 60 CNAME 11.2.0.192.in-addr.arpa; 2.0.192.in-addr.arpa 120 SOA ...", "5.3.1: the IPv4 address has no name"),
    ("ipv4only-aaaa", "ipv4only.arpa AAAA", "NOERROR; " + aaaa("ipv4only.arpa", 10800, "64:ff9b::c000:aa", "64:ff9b::c000:ab"), "RFC 7050 3, RFC 8880 7.1: answered by the resolver itself"),
    ("ipv4only-a", "ipv4only.arpa A", "NOERROR; ipv4only.arpa 10800 A 192.0.0.170; ipv4only.arpa 10800 A 192.0.0.171", "RFC 8880"),
    ("do", "a4.d64.internal AAAA +do", "NOERROR; " + aaaa("a4.d64.internal", 60, "64:ff9b::c000:20a"), "5.5 case 2: synthesized, and never AD"),
    ("cd", "a4.d64.internal AAAA +cd", "NOERROR; " + aaaa("a4.d64.internal", 60, "64:ff9b::c000:20a"), "5.5 case 1: CD alone says nothing of signatures"),
    ("do-cd", "a4.d64.internal AAAA +do +cd", f"NOERROR; {SOA}", "5.5 case 3: the client validates, so it gets what is there"),
    ("signed-do", f"www.{SIGNED_ZONE} AAAA +do", "NOERROR; " + aaaa(f"www.{SIGNED_ZONE}", 60, "64:ff9b::c000:21e"), "5.5 case 2: made records have no signatures"),
    ("signed-do-cd", f"www.{SIGNED_ZONE} AAAA +do +cd", f"NOERROR; {SIGNED_ZONE} 120 SOA ...", "5.5 case 3"),
    ("aaaa-servfail", f"servfail.{BROKEN_ZONE} AAAA", "NOERROR; " + aaaa(f"servfail.{BROKEN_ZONE}", 300, "64:ff9b::c000:242"), "5.1.2: a failure counts as an empty answer"),
    ("aaaa-refused", f"refused.{BROKEN_ZONE} AAAA", "NOERROR; " + aaaa(f"refused.{BROKEN_ZONE}", 300, "64:ff9b::c000:242"), "5.1.2"),
    ("aaaa-notimp", f"notimp.{BROKEN_ZONE} AAAA", "NOERROR; " + aaaa(f"notimp.{BROKEN_ZONE}", 300, "64:ff9b::c000:242"), "5.1.2"),
]

# Why a peer answers otherwise.
NO_SOA_TTL = "the A record's own TTL: the SOA's is not looked at"
NO_EXCLUSION = "it has no exclusion set: an IPv4-mapped address is passed on like any other"
AAAA_TTL = "the smaller one of the A record's TTL and the excluded AAAA record's"
CD_ALONE = "CD alone switches synthesis off"
UNSIGNED = "what is not signed can't be broken: it synthesizes whatever the client's bits are"
SIGNED = "signed data is left as it is for clients that set DO (break-dnssec no)"
FAILURE = "a failure of the AAAA question is the answer"
FROM_CACHE = "ANY is answered from the cache, where the synthesized record is, too"
RENAMED = "the PTR record is given the IPv6 address's name, without a CNAME"
ADDITIONAL = "it passes the additional section on; nothing is synthesized in it"
CNAME_TTL = "its synthesized CNAME has a TTL of 600, ours that of the other autodefined names"
ASKED = "it does not know the name by itself: the public zone's TTL"
BUILT_IN_TTL = "its built-in zone has a TTL of an hour"

# key: {peer: (its answer, why)}
DIFFERENCES = {
    "ttl-above-soa": {"Unbound": ("NOERROR; " + aaaa("long.d64.internal", 3600, "64:ff9b::c000:20b"), NO_SOA_TTL)},
    "cname-three": {"Unbound": (f"NOERROR; {CHAIN}; " + aaaa("long.d64.internal", 3600, "64:ff9b::c000:20b"), NO_SOA_TTL)},
    "excluded-only": {"Unbound": ("NOERROR; " + aaaa("mapped.d64.internal", 300, "::ffff:192.0.2.99"), NO_EXCLUSION),
                      "BIND": ("NOERROR; " + aaaa("mapped.d64.internal", 300, "64:ff9b::c000:20e"), AAAA_TTL)},
    "excluded-no-a": {"Unbound": ("NOERROR; " + aaaa("lonely.d64.internal", 300, "::ffff:192.0.2.99"), NO_EXCLUSION)},
    "excluded-mixed": {"Unbound": ("NOERROR; " + aaaa("mixed.d64.internal", 60, "2001:db8::f", "::ffff:192.0.2.99"), NO_EXCLUSION)},
    "cname-excluded": {"Unbound": (f"NOERROR; {TO_MAPPED}; " + aaaa("mapped.d64.internal", 300, "::ffff:192.0.2.99"), NO_EXCLUSION),
                       "BIND": (f"NOERROR; {TO_MAPPED}; " + aaaa("mapped.d64.internal", 300, "64:ff9b::c000:20e"), AAAA_TTL)},
    "any": {"Unbound": ("NOERROR; a4.d64.internal 60 A 192.0.2.10; " + aaaa("a4.d64.internal", 60, "64:ff9b::c000:20a"), FROM_CACHE)},
    "mx": {peer: (f"NOERROR; {MX}; {MX_HOSTS}", ADDITIONAL) for peer in ("Unbound", "BIND")},
    "ptr": {"Unbound": (f"NOERROR; {PTR_NAME} 60 PTR a4.d64.internal", RENAMED),
            "BIND": (f"NOERROR; {PTR_NAME} 600 CNAME 10.2.0.192.in-addr.arpa; 10.2.0.192.in-addr.arpa 60 PTR a4.d64.internal", CNAME_TTL)},
    "ptr-nxdomain": {"Unbound": ("NXDOMAIN; 2.0.192.in-addr.arpa 120 SOA ...", RENAMED),
                     "BIND": (f"NXDOMAIN; {PTR_NONE} 600 CNAME 11.2.0.192.in-addr.arpa; 2.0.192.in-addr.arpa 120 SOA ...", CNAME_TTL)},
    "ipv4only-aaaa": {"Unbound": ("NOERROR; " + aaaa("ipv4only.arpa", 86400, "64:ff9b::c000:aa", "64:ff9b::c000:ab"), ASKED),
                      "BIND": ("NOERROR; " + aaaa("ipv4only.arpa", 3600, "64:ff9b::c000:aa", "64:ff9b::c000:ab"), BUILT_IN_TTL)},
    "ipv4only-a": {"Unbound": ("NOERROR; ipv4only.arpa 86400 A 192.0.0.170; ipv4only.arpa 86400 A 192.0.0.171", ASKED),
                   "BIND": ("NOERROR; ipv4only.arpa 3600 A 192.0.0.170; ipv4only.arpa 3600 A 192.0.0.171", BUILT_IN_TTL)},
    "cd": {"Unbound": (f"NOERROR; {SOA}", CD_ALONE)},
    "do-cd": {"BIND": ("NOERROR; " + aaaa("a4.d64.internal", 60, "64:ff9b::c000:20a"), UNSIGNED)},
    "signed-do": {"BIND": (f"NOERROR; {SIGNED_ZONE} 120 SOA ...", SIGNED)},
    "aaaa-servfail": {"BIND": ("SERVFAIL", FAILURE)},
    "aaaa-refused": {"BIND": ("SERVFAIL", FAILURE)},
    "aaaa-notimp": {"BIND": ("SERVFAIL", FAILURE)},
}
