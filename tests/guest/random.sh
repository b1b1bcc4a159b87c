#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Random VNets, tables, peerings and NICs: what the module answers, rows and
# lookups, against a naive model of the rules (tools/effrandom.c). SEED and
# ROUNDS choose.

. "${0%/*}/../lib.sh"
. "${0%/*}/../control.sh"

load_module
add_uplink
must sysctl -qw net.ipv4.nexthop_compat_mode=0
for v in 0 1 2 3; do
	must ip link add v$v type vnet vni 1$v table 1${v}0 bgp_table 1${v}1
	must ip link set v$v up
	for n in 0 1 2; do
		device n$v$n
		must ip link set n$v$n master v$v
		must vrs nic set n$v$n mac 02:00:00:00:0$v:0$n
	done
done
seed=${SEED:-$((RANDOM << 15 | RANDOM))}
out=$(effrandom "$seed" $((${ROUNDS:-60} / ${TIME_SCALE:-1})) 2>&1)
rc=$?
sed '/^\(TAP\|1\.\.\|ok\)/d; s/^[^#]/# &/' <<<"$out"
ktap_result $((rc != 0)) "random VNets agree with the model, seed $seed"
ktap_finish
