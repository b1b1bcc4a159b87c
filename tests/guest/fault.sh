#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# No memory for routes: each allocation of a change fails in turn. Either the
# kernel refuses the change and the old answer stays, or, where it does not ask,
# the route is marked as failed and not used; there is never a wrong answer.

. "${0%/*}/../lib.sh"
. "${0%/*}/../control.sh"
. "${0%/*}/../faults.sh"

counts="mirrored blue"

load_module
add_vnet blue 100 10.1.0.0/16
must ip -6 route add fd00:1::/48 dev blue table 100
add_nic n1 blue 10.1.0.4 fd00:1::4
add_nic nva blue 10.1.2.4 fd00:1::2:4
add_nic nvb blue 10.1.2.5 fd00:1::2:5
must vrs nic set nva forwarding on
must vrs nic set nvb forwarding on
must vrs subnet set blue 10.1.0.0/24 route-table 102

# The address of a NIC has its counters of packets by routes since its first one.
for addr in 10.1.2.4 10.1.2.5; do
	must ip route add 10.59.0.0/16 via $addr dev blue table 101
	must ip route del 10.59.0.0/16 table 101
done
for addr in fd00:1::2:4 fd00:1::2:5; do
	must ip -6 route add fd00:59::/32 via $addr dev blue table 101
	must ip -6 route del fd00:59::/32 table 101
done

gateway="B Active 10.60.0.0/16 VirtualNetworkGateway"
sweep "a route" 10.60.0.0/16 "$gateway 10.1.2.4" \
	ip route add 10.60.0.0/16 via 10.1.2.4 dev blue table 101
sweep "another next hop" 10.60.0.0/16 "$gateway 10.1.2.5" \
	ip route replace 10.60.0.0/16 via 10.1.2.5 dev blue table 101
sweep "several next hops" 10.60.0.0/16 "$gateway 10.1.2.4,10.1.2.5" \
	ip route replace 10.60.0.0/16 table 101 \
	nexthop via 10.1.2.4 dev blue nexthop via 10.1.2.5 dev blue
# Without counters
undo="ip route del 10.61.0.0/16 table 101" \
	sweep "a next hop that nobody has" 10.61.0.0/16 \
	"B Invalid 10.61.0.0/16 VirtualNetworkGateway 10.1.9.9" \
	ip route add 10.61.0.0/16 via 10.1.9.9 dev blue table 101
sweep "an address space" 10.13.0.0/16 "D Active 10.13.0.0/16 VnetLocal" \
	ip route add 10.13.0.0/16 dev blue table 100
# The table's first: a list of its destinations, without which they are found, too
undo="ip route del 10.62.0.0/16 table 102" \
	sweep "a user-defined route" 10.62.0.0/16 "U Active 10.62.0.0/16 None" \
	ip route add blackhole 10.62.0.0/16 table 102

gateway="B Active fd00:60::/32 VirtualNetworkGateway"
sweep "IPv6: a route" fd00:60::/32 "$gateway fd00:1::2:4" \
	ip -6 route add fd00:60::/32 via fd00:1::2:4 dev blue table 101
sweep "IPv6: another next hop" fd00:60::/32 "$gateway fd00:1::2:5" \
	ip -6 route replace fd00:60::/32 via fd00:1::2:5 dev blue table 101
sweep "IPv6: an address space" fd00:13::/32 "D Active fd00:13::/32 VnetLocal" \
	ip -6 route add fd00:13::/32 dev blue table 100

sweep "a next-hop object" 10.60.0.0/16 "$(row 10.60.0.0/16)" \
	ip nexthop add id 1 via 10.1.2.4 dev blue
must ip route add 10.63.0.0/16 nhid 1 table 101
sweep "an object replaced" 10.63.0.0/16 \
	"B Active 10.63.0.0/16 VirtualNetworkGateway 10.1.2.5" \
	ip nexthop replace id 1 via 10.1.2.5 dev blue
sweep "a route by object" 10.64.0.0/16 \
	"B Active 10.64.0.0/16 VirtualNetworkGateway 10.1.2.5" \
	ip route add 10.64.0.0/16 nhid 1 table 101

# When the best route goes, the kernel does not ask about the next best one.
# unasked NAME PREFIX FLAGS IP...
unasked() {
	local name=$1 prefix=$2 show=$3 better=$4 worse=$5 n wrong=
	shift 5

	for ((n = 1; n < 100; n++)); do
		must "$@" route add "$prefix" via "$better" dev blue table 101 metric 5
		must "$@" route add "$prefix" via "$worse" dev blue table 101 metric 99
		fail_nth $n "$@" route del "$prefix" via "$better" dev blue table 101 ||
			wrong+=" $n: not removed;"
		[ "$left" = 0 ] || break
		[ "$($show "$prefix" table 101)" = rt_offload_failed ] ||
			wrong+=" $n: $($show "$prefix" table 101);"
		[ -z "$(row "$prefix")" ] || wrong+=" $n: $(row "$prefix");"
		must "$@" route del "$prefix" table 101
	done
	echo "# $name: $((n - 1)) allocations"
	check_equal "$name: marked and not used" "" echo "${wrong# }"
	check "$name: there were allocations, and an end" test $n -gt 1 -a $n -lt 100
	check_equal "$name: then it is in use" \
		"rt_offload B Active $prefix VirtualNetworkGateway $worse" \
		echo "$($show "$prefix" table 101) $(row "$prefix")"
}

unasked "the next best route" 10.65.0.0/16 flags 10.1.2.4 10.1.2.5 ip
unasked "IPv6: the next best route" fd00:65::/32 flags6 \
	fd00:1::2:4 fd00:1::2:5 ip -6

ktap_finish
