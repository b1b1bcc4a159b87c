#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The mirror follows the kernel's tables: types of routes by table, flags that
# the kernel shows, refusals, metrics, multipath, and the route limit.

. "${0%/*}/../lib.sh"
. "${0%/*}/../control.sh"

load_module
add_uplink
add_vnet blue 100 10.1.0.0/16
add_vnet red 200 10.9.0.0/16
must ip -6 route add fd00:1::/48 dev blue table 100
must ip -6 route add fd00:9::/48 dev red table 200
add_nic n1 blue 10.1.0.4 fd00:1::4
add_nic nva blue 10.1.2.4 fd00:1::2:4
add_nic nvb blue 10.1.2.5 fd00:1::2:5
must vrs nic set nva forwarding on
must vrs nic set nvb forwarding on
must vrs subnet set blue 10.1.0.0/24 route-table 102
must vrs subnet set blue fd00:1::/64 route-table 102

#
# Flags
#

check_equal "offload: address space" rt_offload flags 10.1.0.0/16 table 100
check_equal "offload: address space, IPv6" rt_offload \
	flags6 fd00:1::/48 table 100
must ip route add 10.250.0.0/16 via 10.1.2.4 dev blue table 101 proto bgp
must ip -6 route add fd00:250::/48 via fd00:1::2:4 dev blue table 101 proto bgp
check_equal "offload: BGP route" rt_offload flags 10.250.0.0/16 table 101
check_equal "offload: BGP route, IPv6" rt_offload flags6 fd00:250::/48 table 101
must ip route add 10.8.0.0/16 via 10.1.2.4 dev blue table 102
check_equal "offload: user-defined route" rt_offload flags 10.8.0.0/16 table 102
must ip address add 10.1.1.4/32 dev blue
check_equal "trap: the host's address" rt_trap flags table 100 type local
must ip address add fd00:1::1:4/64 dev blue nodad
check_equal "trap: the host's address, IPv6" rt_trap \
	flags6 table 100 type local
must ip route add 198.51.100.0/24 dev uplink
check_equal "no flag in other tables" "" flags 198.51.100.0/24

#
# Types by table
#

must ip route add 10.9.0.0/16 dev red table 100
peer_vnets blue red
must ip route add default dev uplink table 100
must ip route add 10.7.0.0/16 via 10.1.2.4 dev blue table 100
must ip route add blackhole 10.6.0.0/16 table 100
must ip route add blackhole 10.5.0.0/16 table 101
must ip route add 10.1.4.0/24 dev blue table 102
must ip route add 203.0.113.0/24 dev uplink table 102
must ip route add blackhole 10.4.0.0/16 table 102
check_equal "types" "\
D Active 0.0.0.0/0 Internet
D Active 10.1.0.0/16 VnetLocal
U Active 10.1.4.0/24 VnetLocal
U Active 10.4.0.0/16 None
B Active 10.5.0.0/16 None
D Active 10.6.0.0/16 None
D Active 10.7.0.0/16 VirtualAppliance 10.1.2.4
U Active 10.8.0.0/16 VirtualAppliance 10.1.2.4
D Active 10.9.0.0/16 VNetPeering
B Active 10.250.0.0/16 VirtualNetworkGateway 10.1.2.4
U Active 203.0.113.0/24 Internet" rows n1

#
# Refusals: an error in the request, and nothing is changed
#

before=$(mirrored blue)
refused() {
	check_error "refused: $1" "$2" ip "${@:3}"
}
refused "address space inside another" "overlap" \
	route add 10.1.9.0/24 dev blue table 100
refused "address space around another" "overlap" \
	route add 10.0.0.0/12 dev blue table 100
refused "peered space inside one's own" "overlap" \
	route add 10.1.9.0/24 dev red table 100
refused "address space inside another, IPv6" "overlap" \
	-6 route add fd00:1:0:9::/64 dev blue table 100
refused "address space around another, IPv6" "overlap" \
	-6 route add fd00::/16 dev blue table 100
refused "BGP route without gateway" "needs a gateway" \
	route add 10.3.0.0/16 dev blue table 101
refused "BGP route out of the VNets" "stays inside" \
	route add 10.3.0.0/16 dev uplink table 101
refused "BGP route without gateway, IPv6" "needs a gateway" \
	-6 route add fd00:3::/48 dev blue table 101
refused "user-defined route into another VNet" "system table" \
	route add 10.3.0.0/16 dev red table 102
refused "route with TOS" "TOS" \
	route add 10.3.0.0/16 tos 0x10 via 10.1.2.4 dev blue table 101
refused "route with TOS beside one without" "TOS" \
	route add 10.250.0.0/16 tos 0x10 metric 1 via 10.1.2.4 dev blue table 101
refused "unreachable" "unicast, blackhole or local" \
	route add unreachable 10.3.0.0/16 table 101
refused "prohibit" "unicast, blackhole or local" \
	route add prohibit 10.3.0.0/16 table 102
refused "throw" "unicast, blackhole or local" \
	route add throw 10.3.0.0/16 table 100
refused "unreachable, IPv6" "unicast, blackhole or local" \
	-6 route add unreachable fd00:3::/48 table 101
refused "local in a BGP table" "belongs in the system table" \
	route add local 10.3.0.1 dev blue table 101
refused "an IPv6 gateway of an IPv4 route" "different families" \
	route add 10.3.0.0/16 via inet6 fd00:1::2:4 dev blue table 101
refused "source prefix" "source prefix|No support|not supported" \
	-6 route add fd00:3::/48 from fd00:1::/64 via fd00:1::2:4 dev blue table 101
refused "gateway and other device mixed" "mixed" \
	route add 10.3.0.0/16 table 102 \
	nexthop via 10.1.2.4 dev blue nexthop dev uplink
refused "replacement by what is refused" "unicast, blackhole or local" \
	route replace unreachable 10.250.0.0/16 table 101
refused "replacement by what is refused, IPv6" "unicast, blackhole or local" \
	-6 route replace unreachable fd00:250::/48 table 101
check_equal "nothing has changed" "$before" mirrored blue
check_equal "the replaced route is still there" \
	"B Active 10.250.0.0/16 VirtualNetworkGateway 10.1.2.4" \
	eval "rows n1 | grep 10.250"
check_equal "the replaced route is still there, IPv6" \
	"B Active fd00:250::/48 VirtualNetworkGateway fd00:1::2:4" \
	eval "rows n1 6 | grep fd00:250"
check_equal "the kernel has it too" rt_offload flags 10.250.0.0/16 table 101

#
# Replacing, metrics
#

must ip route replace 10.250.0.0/16 via 10.1.2.5 dev blue table 101 proto bgp
check_equal "replaced" "B Active 10.250.0.0/16 VirtualNetworkGateway 10.1.2.5" \
	eval "rows n1 | grep 10.250"
must ip route add 10.250.0.0/16 via 10.1.2.4 dev blue table 101 metric 50
check_equal "a worse metric does not count" \
	"B Active 10.250.0.0/16 VirtualNetworkGateway 10.1.2.5" \
	eval "rows n1 | grep 10.250"
must ip route del 10.250.0.0/16 via 10.1.2.5 dev blue table 101
check_equal "until the better one is gone" \
	"B Active 10.250.0.0/16 VirtualNetworkGateway 10.1.2.4" \
	eval "rows n1 | grep 10.250"
must ip -6 route add fd00:250::/48 via fd00:1::2:5 dev blue table 101 metric 10
check_equal "a better metric counts, IPv6" \
	"B Active fd00:250::/48 VirtualNetworkGateway fd00:1::2:5" \
	eval "rows n1 6 | grep fd00:250"
must ip -6 route del fd00:250::/48 dev blue table 101 metric 10
check_equal "until it is gone, IPv6" \
	"B Active fd00:250::/48 VirtualNetworkGateway fd00:1::2:4" \
	eval "rows n1 6 | grep fd00:250"

# Nobody hears of a route that is refused, whatever is told of flags
set_and_heard() {
	ip route del "$1" table 101 2>/dev/null
	ip route add "$1" via 10.1.2.4 dev blue table 101
	grep -q "^$1 via 10.1.2.4" "$heard"
}
heard=$(mktemp)
defer rm "$heard"
must sysctl -qw net.ipv4.fib_notify_on_flag_change=1
ip monitor route >"$heard" &
defer kill $!
must wait_until 5 set_and_heard 10.252.0.0/16
refused "one that replaces another" "unicast, blackhole or local" \
	route replace unreachable 10.252.0.0/16 table 101
must wait_until 5 set_and_heard 10.253.0.0/16
must sysctl -qw net.ipv4.fib_notify_on_flag_change=0
check_equal "and not told to anybody" "" eval "grep unreachable $heard || true"
must ip route del 10.252.0.0/16 table 101
must ip route del 10.253.0.0/16 table 101

# The kernel does not ask about a route that is not the best one: it may turn
# out later to be one that we cannot do
must ip route add 10.251.0.0/16 via 10.1.2.4 dev blue table 101
must ip route add unreachable 10.251.0.0/16 metric 99 table 101
must ip route del 10.251.0.0/16 via 10.1.2.4 dev blue table 101
check_equal "the next best one cannot be done: marked" rt_offload_failed \
	flags 10.251.0.0/16 table 101
check_equal "and the old one is not used any more" "" \
	eval "rows n1 | grep 10.251 || true"
must ip route add unreachable 10.251.0.0/16 metric 100 table 101
must ip route del unreachable 10.251.0.0/16 metric 99 table 101
check_equal "nor can the one after that: marked" rt_offload_failed \
	flags 10.251.0.0/16 table 101
must ip route del unreachable 10.251.0.0/16 table 101
must ip -6 route add fd00:251::/48 via fd00:1::2:4 dev blue table 101 metric 5
must ip -6 route add unreachable fd00:251::/48 metric 99 table 101
must ip -6 route del fd00:251::/48 via fd00:1::2:4 dev blue table 101
check_equal "the same, IPv6: marked" rt_offload_failed \
	flags6 fd00:251::/48 table 101
check_equal "the same, IPv6: not used" "" \
	eval "rows n1 6 | grep fd00:251 || true"
must ip -6 route del unreachable fd00:251::/48 table 101
# Nor of one of the same metric, which does not show what has become of the other.
must ip link add gone type vnet vni 5077 table 770 bgp_table 771
must ip link set gone up
must ip route add 10.77.0.0/16 dev gone table 100
must ip route append unreachable 10.77.0.0/16 table 100
must ip link del gone
check_equal "what led into a VNet goes with it" "" \
	eval "vrs show effective-routes n1 --all | grep 10.77.0 || true"
must ip route del unreachable 10.77.0.0/16 table 100

#
# Multipath without next-hop objects
#

hops() {
	vrs show effective-routes n1 -j | jq -r --arg p "$1" '.value[] |
		select(.addressPrefix[0] == $p) | [.nextHops[].address] | sort | join(" ")'
}
must ip route add 10.252.0.0/16 table 101 \
	nexthop via 10.1.2.4 dev blue weight 2 nexthop via 10.1.2.5 dev blue
check_equal "multipath" "10.1.2.4 10.1.2.5" hops 10.252.0.0/16
must ip -6 route add fd00:252::/48 table 101 \
	nexthop via fd00:1::2:4 dev blue nexthop via fd00:1::2:5 dev blue
check_equal "multipath, IPv6" "fd00:1::2:4 fd00:1::2:5" hops fd00:252::/48
must ip -6 route append fd00:252::/48 via fd00:1::2:6 dev blue table 101
check_equal "one appended" "fd00:1::2:4 fd00:1::2:5 fd00:1::2:6" \
	hops fd00:252::/48
must ip -6 route del fd00:252::/48 via fd00:1::2:5 dev blue table 101
check_equal "one deleted" "fd00:1::2:4 fd00:1::2:6" hops fd00:252::/48
check_equal "those left are in use" rt_offload flags6 fd00:252::/48 table 101

# Hops that the kernel takes back or has refused change nothing of those before. It tells of the
# end of the first ones only.
must ip -6 route add fd00:253::/48 via fd00:1::2:4 dev blue table 101
for route in fd00:252::/48 fd00:253::/48; do
	before=$(hops $route)
	check_error "one appended that is there" "File exists" \
		ip -6 route append $route table 101 \
		nexthop via fd00:1::2:5 dev blue nexthop via fd00:1::2:4 dev blue
	check_equal "all else stays" "$before" hops $route
	check_error "one appended that leads out" "mixed" \
		ip -6 route append $route via fe80::1 dev uplink table 101
	check_error "a second one that does" "mixed" \
		ip -6 route append $route table 101 \
		nexthop via fd00:1::2:5 dev blue nexthop via fe80::1 dev uplink
	check_equal "all else stays, again" "$before" hops $route
	check_equal "and is in use" rt_offload flags6 $route table 101
done
must ip -6 route del fd00:253::/48 table 101
check_equal "and can be deleted" "" hops fd00:253::/48
must ip -6 route add fd00:253::1/128 via fd00:1::2:4 dev blue table 101
check_error "one that is for some senders" "source prefix|No support|not supported" \
	ip -6 route add fd00:253::1/128 from fd00:2::/64 dev blue proto kernel table 101
check_equal "does not take the other with it" fd00:1::2:4 hops fd00:253::1/128
must ip -6 route del fd00:253::1/128 table 101

check_error "a replacement that is refused takes the old one with it" "mixed" \
	ip -6 route replace fd00:252::/48 table 101 \
	nexthop via fd00:1::2:4 dev blue nexthop via fe80::1 dev uplink
check_equal "as it does in the kernel" "" ip -6 route show fd00:252::/48 table 101
check_equal "and in the mirror" "" hops fd00:252::/48
must ip -6 route add fd00:252::/48 table 101 \
	nexthop via fd00:1::2:4 dev blue nexthop via fd00:1::2:5 dev blue
must ip -6 route del fd00:252::/48 table 101
check_equal "deleted as a whole" "" hops fd00:252::/48

#
# Route limit
#

must ip link add small type vnet vni 300 table 300 bgp_table 301 max_routes 3
must ip link set small up
must ip route add 10.3.0.0/16 dev small table 300
for i in 1 2 3; do
	must ip route add 10.200.$i.0/24 via 10.3.0.4 dev small table 301
done
check_error "the fourth route is one too many" "Table 301 is full" \
	ip route add 10.200.4.0/24 via 10.3.0.4 dev small table 301
check_equal "and is not there" "" ip route show 10.200.4.0/24 table 301
check "replacing one is none more" \
	ip route replace 10.200.3.0/24 via 10.3.0.5 dev small table 301
check "the other class has a limit of its own" \
	ip route add default dev uplink table 300
check "the other family too" \
	ip -6 route add fd00:3::/48 dev small table 300
must ip route del 10.200.1.0/24 table 301
check "one less, and there is room again" \
	ip route add 10.200.4.0/24 via 10.3.0.4 dev small table 301
must ip link set small type vnet max_routes 0
check "no limit" ip route add 10.200.5.0/24 via 10.3.0.4 dev small table 301
must ip link set small type vnet max_routes 1
check_error "a limit below what is there keeps that" "full" \
	ip route add 10.200.6.0/24 via 10.3.0.4 dev small table 301
check_equal "keeps that" "system 2/1 bgp 4/0" mirrored small

#
# Link down: the kernel forgets its routes, and so does the mirror
#

check_equal "before" "system 2/1 bgp 4/0" mirrored small
must ip link set small down
check_equal "the VNet's routes go when it goes down" "system 1/0 bgp 0/0" \
	mirrored small
must ip link set small up
must ip link set small type vnet max_routes 0
must ip route add 10.3.0.0/16 dev small table 300
check_equal "and can be put back" "system 2/0 bgp 0/0" mirrored small

#
# Faults
#

fault() {
	echo "$2" >"/sys/kernel/debug/vnet/fault/$1"
}
before=$(mirrored blue)
fault route_add 1
check_error "no memory for a route" "allocate memory" \
	ip route add 10.253.0.0/16 via 10.1.2.4 dev blue table 101
check_error "no memory for a route, IPv6" "allocate memory" \
	ip -6 route add fd00:253::/48 via fd00:1::2:4 dev blue table 101
check_error "no memory for an address space" "allocate memory" \
	ip route add 10.11.0.0/16 dev blue table 100
fault route_add 0
check_equal "nothing has changed" "$before" mirrored blue
check "then there is" ip route add 10.11.0.0/16 dev blue table 100
check "the space was not half there" ip route add 10.12.0.0/16 dev blue table 100

ktap_finish
