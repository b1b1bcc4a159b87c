# SPDX-License-Identifier: GPL-2.0-or-later
"""vrsd for harnesses that describe a daemon by a Python module with a command(c).

c has the address to listen on (listen), the local ASN, the neighbors (addr,
asn, name), and write() for files. VRSD names the program. vrsd serves routes
only (--no-kernel). Its processes are children of the one that is started.
"""
import os

CHROOT = False


def command(c):
    if c.md5:
        raise RuntimeError("this adapter configures no MD5 key")
    space = "10.77.0.0/16" if c.family == 4 else '"fd77::/64"'
    listen = c.listen if c.family == 4 else '"%s"' % c.listen
    conf = ["vnets:", "  - name: bench", "    vni: 5001", "    table: 100",
            "    bgp-table: 101", "    address-spaces: [%s]" % space,
            "    route-server:", "      asn: %d" % c.asn,
            "      addresses: [%s]" % listen,
            "      hold-time: %d" % c.hold, "      neighbors:"]
    for n in c.neighbors:
        addr = n.addr if c.family == 4 else '"%s"' % n.addr
        conf.append("        - { name: %s, address: %s, asn: %d }"
                    % (n.name, addr, n.asn))
    path = c.write("vrsd.yaml", "\n".join(conf) + "\n", 0o644)
    return [os.environ.get("VRSD", "/usr/local/sbin/vrsd"), "-N", "-c", path,
            "-r", c.path("run"), "-u", "nobody"]
