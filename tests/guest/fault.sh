#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# No memory: each allocation of a change fails in turn. Either the kernel refuses
# the change and the old answer stays, or, where it does not ask, the route is
# marked as failed and not used; there is never a wrong answer.

. "${0%/*}/../lib.sh"
. "${0%/*}/../control.sh"

load_module
add_vnet blue 100 10.1.0.0/16
must ip -6 route add fd00:1::/48 dev blue table 100
add_nic n1 blue 10.1.0.4 fd00:1::4
add_nic nva blue 10.1.2.4 fd00:1::2:4
add_nic nvb blue 10.1.2.5 fd00:1::2:5
must vrs nic set nva forwarding on
must vrs nic set nvb forwarding on
must vrs subnet set blue 10.1.0.0/24 route-table 102

knob=/sys/kernel/debug/vnet/fault/alloc_nth

# fail_nth N COMMAND...: runs it while the Nth allocation fails; $left becomes how
# many there still were to come when it was done, so 0 says that one has failed.
fail_nth() {
	local n=$1 status=0
	shift

	echo "$n" >$knob
	"$@" >/dev/null 2>&1 || status=$?
	left=$(<$knob)
	echo 0 >$knob
	return $status
}

# row PREFIX: what the routes of n1 say about it
row() {
	case $1 in
	*:*) rows n1 6 ;;
	*) rows n1 ;;
	esac | grep -F " $1 " || true
}

# sweep NAME PREFIX NEW COMMAND...: a change that can be refused
sweep() {
	local name=$1 prefix=$2 new=$3 old before n status wrong=
	shift 3

	old=$(row "$prefix")
	before=$(mirrored blue)
	for ((n = 1; n < 100; n++)); do
		status=0
		fail_nth $n "$@" || status=$?
		[ "$left" = 0 ] || break
		[ $status -ne 0 ] || wrong+=" $n: not refused;"
		[ "$(row "$prefix")" = "$old" ] || wrong+=" $n: $(row "$prefix");"
		[ "$(mirrored blue)" = "$before" ] || wrong+=" $n: $(mirrored blue);"
	done
	echo "# $name: $((n - 1)) allocations"
	check_equal "$name: refused, nothing has changed" "" echo "${wrong# }"
	check "$name: there were allocations, and an end" test $n -gt 1 -a $n -lt 100
	check_equal "$name: then it is done" "0 $new" echo "$status $(row "$prefix")"
}

gateway="B Active 10.60.0.0/16 VirtualNetworkGateway"
sweep "a route" 10.60.0.0/16 "$gateway 10.1.2.4" \
	ip route add 10.60.0.0/16 via 10.1.2.4 dev blue table 101
sweep "another next hop" 10.60.0.0/16 "$gateway 10.1.2.5" \
	ip route replace 10.60.0.0/16 via 10.1.2.5 dev blue table 101
sweep "several next hops" 10.60.0.0/16 "$gateway 10.1.2.4,10.1.2.5" \
	ip route replace 10.60.0.0/16 table 101 \
	nexthop via 10.1.2.4 dev blue nexthop via 10.1.2.5 dev blue
sweep "a next hop that nobody has" 10.61.0.0/16 \
	"B Invalid 10.61.0.0/16 VirtualNetworkGateway 10.1.9.9" \
	ip route add 10.61.0.0/16 via 10.1.9.9 dev blue table 101
sweep "an address space" 10.13.0.0/16 "D Active 10.13.0.0/16 VnetLocal" \
	ip route add 10.13.0.0/16 dev blue table 100
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

# A tunnel is the way to all other hosts or to none.
must ip link add vxlan0 type vxlan external dstport 4789
must ip link set vxlan0 up
must vrs endpoint set blue 10.1.4.1 host 192.0.2.1 mac 02:00:00:00:99:01
must vrs endpoint set blue 10.1.4.2 host 192.0.2.2
must vrs endpoint set blue fd00:1::4:3 host 2001:db8::3
must ip route add 10.70.0.0/16 via 10.1.4.1 dev blue table 101
gateway="B Active 10.70.0.0/16 VirtualNetworkGateway 10.1.4.1"
sweep "a tunnel" 10.70.0.0/16 "$gateway" vrs tunnel set vxlan0
sweep "a tunnel again" 10.70.0.0/16 "$gateway" vrs tunnel set vxlan0
must ip link del vxlan0

unasked "the next best route" 10.65.0.0/16 flags 10.1.2.4 10.1.2.5 ip
unasked "IPv6: the next best route" fd00:65::/32 flags6 \
	fd00:1::2:4 fd00:1::2:5 ip -6

ktap_finish
