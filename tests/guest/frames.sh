#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One frame at a time, malformed, forged or harmless: see tools/frames.c.

. "${0%/*}/../lib.sh" >/dev/null

load_module
must ip link add blue type vnet vni 5001 table 100 bgp_table 101
must ip link set blue up
must ip route add 10.1.0.0/16 dev blue table 100
must ip route add fd00:10:1::/48 dev blue table 100
add_vm vm1 blue 10.1.0.4/24 fd00:10:1::4/64
add_vm vm2 blue 10.1.0.5/24 fd00:10:1::5/64
must in_vm vm1 sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
frames
exit
