# SPDX-License-Identifier: Apache-2.0
"""An Internet of the lab's own: a signed root and a signed TLD "lab." with a signed and a broken domain, served by BIND.
So public recursion and DNSSEC validation are tested for real without any outside network."""
import pathlib
import subprocess

ROOT_ADDRESS, TLD_ADDRESS = "198.51.100.1", "198.51.100.2"


def write(path, text):
    path.write_text(text)
    return path


def keygen(folder, zone):
    """Makes a key- and a zone-signing key; returns the DS records of the former."""
    run = lambda *words: subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()
    ksk = run("dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", "-f", "KSK", "-n", "ZONE", zone)
    run("dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", "-n", "ZONE", zone)
    return run("dnssec-dsfromkey", "-2", ksk + ".key"), folder / (ksk + ".key")


def sign(folder, zone, source):
    subprocess.run(["dnssec-signzone", "-q", "-S", "-o", zone, "-f", source + ".signed", source],
                   cwd=folder, check=True, capture_output=True, text=True)


def build(folder):
    """Writes zones and configurations; returns (root hints file, trust anchor file, [named.conf, ...])."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    head = "$TTL 300\n@ SOA {ns} hostmaster.{ns} 1 3600 900 604800 300\n"
    lab_ds, _ = keygen(folder, "lab.")
    good_ds, _ = keygen(folder, "signed.lab.")
    bogus_ds, _ = keygen(folder, "bogus.lab.")
    _, root_key = keygen(folder, ".")
    write(folder / "signed.zone", head.format(ns="ns.signed.lab.") + f"@ NS ns\nns A {TLD_ADDRESS}\nwww A 203.0.113.10\n")
    write(folder / "bogus.zone", head.format(ns="ns.bogus.lab.") + f"@ NS ns\nns A {TLD_ADDRESS}\nwww A 203.0.113.66\n")
    sign(folder, "signed.lab.", "signed.zone")
    # The parent vouches for bogus.lab, but the zone is served without signatures: a validator must not believe it.
    write(folder / "lab.zone", head.format(ns="ns.lab.") + f"@ NS ns\nns A {TLD_ADDRESS}\nwww A 203.0.113.5\n"
          + "".join(f"{name} NS ns.{name}\nns.{name} A {TLD_ADDRESS}\n" for name in ("signed", "bogus"))
          + f"{good_ds}\n{bogus_ds}\n")
    sign(folder, "lab.", "lab.zone")
    write(folder / "root.zone", head.format(ns="ns.root.") + f"@ NS ns.root.\nns.root. A {ROOT_ADDRESS}\n"
          f"lab. NS ns.lab.\nns.lab. A {TLD_ADDRESS}\n{lab_ds}\n")
    sign(folder, ".", "root.zone")
    hints = write(folder / "hints", f". 3600 NS ns.root.\nns.root. 3600 A {ROOT_ADDRESS}\n")
    configs = []
    for name, address, zones in (("root", ROOT_ADDRESS, [(".", "root.zone.signed")]),
                                 ("tld", TLD_ADDRESS, [("lab", "lab.zone.signed"), ("signed.lab", "signed.zone.signed"),
                                                       ("bogus.lab", "bogus.zone")])):
        configs.append(write(folder / f"{name}.conf", named_conf(folder, name, [address], "recursion no; allow-query { any; };")
                             + "".join(f'zone "{z}" {{ type primary; file "{f}"; }};\n' for z, f in zones)))
    return hints, root_key, configs


def named_conf(folder, name, addresses, options):
    """The part that every named of a lab has. It asks from the first address of a family; nothing is written outside `folder`."""
    four, six = ([a for a in addresses if (":" in a) == v6] for v6 in (False, True))
    listen = "".join(f"listen-on{suffix} port 53 {{ {'; '.join(of or ['none'])}; }}; " + (f"query-source{suffix} address {of[0]}; " if of else "")
                     for suffix, of in (("", four), ("-v6", six)))
    return (f'options {{ directory "{folder}"; pid-file "{folder}/{name}.pid"; session-keyfile "{folder}/{name}.key"; '
            f'managed-keys-directory "{folder}"; {listen}empty-zones-enable no; {options} }};\ncontrols {{ }};\n'
            f'logging {{ channel q {{ stderr; severity info; print-time yes; }}; category queries {{ q; }}; category default {{ q; }}; }};\n')
