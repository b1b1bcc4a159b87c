#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Next-hop objects: groups, replacement, deletion, NICs that come and go; and
# which member of a group a flow gets.

. "${0%/*}/../lib.sh"
. "${0%/*}/../control.sh"

load_module
add_uplink
add_vnet blue 100 10.1.0.0/16
must ip -6 route add fd00:1::/48 dev blue table 100
add_nic n1 blue 10.1.0.4 fd00:1::4
add_nic nva blue 10.1.2.4 fd00:1::2:4
add_nic nvb blue 10.1.2.5 fd00:1::2:5
must vrs nic set nva forwarding on
must vrs nic set nvb forwarding on

hops() {
	vrs show effective-routes "${2:-n1}" -j | jq -r --arg p "$1" '.value[] |
		select(.addressPrefix[0] == $p) | .nextHopIpAddress | join(" ")'
}

# members PREFIX KEY: all next hops of a route, and what is told of each
members() {
	vrs show effective-routes n1 -j | jq -r --arg p "$1" --arg k "$2" '
		.value[] | select(.addressPrefix[0] == $p).nextHops |
		map(.address, .[$k]) | join(" ")'
}

# hop_of ADDR [NIC]: the next hop of what n1 sends there
hop_of() {
	vrs show next-hop "${2:-n1}" "$1" -j | jq -r '.nextHopIpAddress // ""'
}

# state_of PREFIX NIC: of a NIC's route, listed by Azure or not
state_of() {
	vrs show effective-routes "$2" --all -j | jq -r --arg p "$1" '.value[] |
		select(.addressPrefix[0] == $p) | .state'
}

must ip nexthop add id 1 via 10.1.2.4 dev blue
must ip nexthop add id 2 via 10.1.2.5 dev blue
must ip nexthop add id 10 group 1
must ip nexthop add id 6 via fd00:1::2:4 dev blue
must ip nexthop add id 7 via fd00:1::2:5 dev blue
must ip nexthop add id 60 group 6
check_equal "an object in a VNet is offloaded" 1 \
	eval "ip nexthop show id 1 | grep -c offload"
check_equal "a group too" 1 eval "ip nexthop show id 10 | grep -c offload"
must ip nexthop add id 3 via 192.0.2.1 dev uplink onlink
check_equal "one outside is not" 0 \
	eval "ip nexthop show id 3 | grep -c offload || true"

# One group, many routes
for i in {0..255}; do
	echo "route add 10.200.$i.0/24 nhid 10 proto bgp table 101"
	echo "route add fd00:200:$i::/48 nhid 60 proto bgp table 101"
done | must ip -batch -
check_equal "routes by group" "system 1/1 bgp 256/256" mirrored blue
check_equal "share one destination" \
	"table 101 ipv4 gateway routes 256 nhid 10 10.1.2.4@nva weight 1 packets 0" \
	eval "grep 'bgp\|gateway' /sys/kernel/debug/vnet/*:100/next_hops | grep ipv4"
check_equal "a route by group" 10.1.2.4 hops 10.200.7.0/24
check_equal "a route by group, IPv6" fd00:1::2:4 hops fd00:200:7::/48
check_equal "and its flags" rt_offload flags 10.200.7.0/24 table 101

check "a group is replaced" ip nexthop replace id 10 group 2
check_equal "for all routes at once" 256 \
	eval "vrs show effective-routes n1 -j | grep -c 10.1.2.5"
check "with both" ip nexthop replace id 10 group 1/2
check_equal "for all routes" "10.1.2.4 10.1.2.5" hops 10.200.9.0/24
check "a member is replaced" ip nexthop replace id 2 via 10.1.2.6 dev blue
check_equal "in the group" "10.1.2.4 true 10.1.2.6 false" members 10.200.9.0/24 used
check_equal "where nobody has its address" 10.1.2.4 hops 10.200.9.0/24
must ip nexthop replace id 2 via 10.1.2.5 dev blue
check "a member is deleted" ip nexthop del id 1
check_equal "from the group" 10.1.2.5 hops 10.200.9.0/24
check_equal "the routes stay" "system 1/1 bgp 256/256" mirrored blue
check "an IPv6 group is replaced" ip nexthop replace id 60 group 6/7
check_equal "for all routes, IPv6" "fd00:1::2:4 fd00:1::2:5" hops fd00:200:7::/48

# What a group cannot become while routes use it
check_error "a next hop out of the VNets" "kind cannot change" \
	ip nexthop replace id 10 group 3
check_equal "is refused" 10.1.2.5 hops 10.200.9.0/24
check_error "a mixed group" "mixed" ip nexthop add id 30 group 2/3
check_error "a group of both families" "mixed|cannot be mixed" \
	ip nexthop add id 31 group 2/6
check_error "a mixed resilient group" "mixed" \
	ip nexthop add id 32 group 2/3 type resilient buckets 8
check "a resilient group elsewhere" \
	ip nexthop add id 32 group 3 type resilient buckets 8
check_error "cannot lead into a VNet later" "mixed" \
	ip nexthop replace id 32 group 2/3 type resilient
check "a resilient group into a VNet" \
	ip nexthop add id 34 group 2 type resilient buckets 8
check_equal "its buckets are offloaded" 8 \
	eval "ip nexthop bucket show id 34 | grep -c offload"
check_error "cannot lead elsewhere later" "mixed" \
	ip nexthop replace id 34 group 2/3 type resilient

# Linux 6.1 does not say which group it asks about before it replaces all of it,
# and cannot be stopped then: packets go to no next hop that the group has lost.
must ip route add 10.5.0.0/16 nhid 34 table 101
check_equal "a route by it" "10.1.2.5" hop_of 10.5.0.1
if [[ $(uname -r) = 6.1.* ]]; then
	must ip nexthop replace id 34 group 3 type resilient
	check_equal "all of it leads elsewhere: none is left" "" hop_of 10.5.0.1
	must ip nexthop replace id 34 group 6 type resilient
	check_equal "a next hop of the other family" "" hop_of 10.5.0.1
	must ip nexthop replace id 34 group 2 type resilient
else
	check_error "all of it leads elsewhere" "kind .* cannot change" \
		ip nexthop replace id 34 group 3 type resilient
	check_error "or to the other family" "kind .* cannot change" \
		ip nexthop replace id 34 group 6 type resilient
	check_error "or from elsewhere into a VNet" "kind .* cannot change" \
		ip nexthop replace id 32 group 2 type resilient
	must ip nexthop replace id 34 group 2 type resilient
fi
check_equal "in the VNet" "10.1.2.5" hop_of 10.5.0.1
check_equal "with all buckets" 8 \
	eval "ip nexthop bucket show id 34 | grep -c offload"
must ip nexthop add id 35 via 10.1.2.5 dev blue
must ip nexthop add id 36 group 35 type resilient buckets 8
must ip route add 10.6.0.0/16 nhid 36 table 101
check_error "its member cannot be one of the other family" "its kind cannot change" \
	ip nexthop replace id 35 via fd00:1::2:5 dev blue
check_equal "and stays what it is" "10.1.2.5" hop_of 10.6.0.1
must ip route del 10.6.0.0/16 table 101
must ip nexthop del id 36
must ip nexthop del id 35
sleep 3
for i in {1..20}; do
	must test "$(hop_of 10.5.0.$i)" = 10.1.2.5
done
sleep 2		# for the kernel to hear of it
check "to look is no traffic: no bucket is in use" eval "ip -j nexthop bucket show \
	id 34 | jq -e 'all(.[]; .bucket.idle_time >= 4)'"
must ip route del 10.5.0.0/16 table 101
must ip nexthop del id 34
check_error "an encapsulation" "encapsulation" \
	ip nexthop add id 33 encap mpls 100 via 10.1.2.4 dev blue
check_error "a route of the other family" "different families" \
	ip route add 10.3.0.0/16 nhid 60 table 101
check_error "a BGP route by an object outside" "stays inside" \
	ip route add 10.3.0.0/16 nhid 3 table 101
check "a system route by an object outside" \
	ip route add default nhid 3 table 100
check_equal "leads to the Internet" "D Active 0.0.0.0/0 Internet" \
	eval "rows n1 | grep 0.0.0.0/0"
must ip nexthop add id 4 blackhole
check "a BGP route by a blackhole object" \
	ip route add 10.4.0.0/16 nhid 4 table 101
check_equal "leads nowhere" "B Active 10.4.0.0/16 None" \
	eval "rows n1 | grep 10.4.0.0"
must ip nexthop add id 5 dev blue
must vrs subnet set blue 10.1.0.0/24 route-table 102
check "a user-defined route by an object without gateway" \
	ip route add 10.1.9.0/24 nhid 5 table 102
check_equal "leads into the VNet" "U Active 10.1.9.0/24 VnetLocal" \
	eval "rows n1 | grep 10.1.9.0"

# Deletion takes the routes along
check "a group is deleted" ip nexthop del id 10
check_equal "with its routes" "system 2/1 bgp 1/256 user 1/0" mirrored blue
must ip nexthop add id 10 group 2
check_equal "the same id anew has none" "system 2/1 bgp 1/256 user 1/0" \
	mirrored blue

# NICs: a next hop is whoever owns the address. A BGP route whose next hop is
# gone is not used, and the default route takes over.
must ip route add 10.66.0.0/16 nhid 10 table 101
check_equal "a next hop with owner" \
	"VirtualNetworkGateway 10.1.2.5 nvb" lookup n1 10.66.1.1
must vrs nic set nvb forwarding off
check_equal "without IP forwarding" \
	"VirtualNetworkGateway 10.1.2.5 nvb receiving NIC has no IP forwarding" \
	lookup n1 10.66.1.1
must vrs nic set nvb forwarding on
must ip link set nvb-peer down
check_equal "without carrier" "Internet" lookup n1 10.66.1.1
must ip link set nvb-peer up
wait_until 5 grep -q 1 /sys/class/net/nvb/carrier
check_equal "with carrier again" "VirtualNetworkGateway 10.1.2.5 nvb" \
	lookup n1 10.66.1.1
must vrs nic set nvb address 10.1.2.9
check_equal "the owner has another address" "Internet" lookup n1 10.66.1.1
must vrs nic set nva address 10.1.2.4 address 10.1.2.5
check_equal "the address has another owner" \
	"VirtualNetworkGateway 10.1.2.5 nva" lookup n1 10.66.1.1
must ip link del nva
check_equal "the owner is gone" "Internet" lookup n1 10.66.1.1
check_equal "the route is still there" 10.1.2.5 hops 10.66.0.0/16

# A flow gets the same member again; members share flows by weight; a member
# that is down gets none
add_nic nva blue 10.1.2.4
must vrs nic set nva forwarding on
must vrs nic set nvb address 10.1.2.5
must ip nexthop add id 1 via 10.1.2.4 dev blue
must ip nexthop replace id 10 group 1,3/2,1
shares() {
	local i

	for i in {0..47}; do
		vrs show next-hop n1 "10.66.$i.$((i * 5 ^ 85))" -j
	done | jq -r .nic | sort | uniq -c | awk '{ print $2, $1 }'
}
before=$(shares)
check_equal "flows stay where they are" "$before" shares
check "three quarters go to the member of weight 3" awk '
	$1 == "nva" && $2 > 24 && $2 < 48 { n++ }
	$1 == "nvb" && $2 > 0 && $2 < 24 { n++ }
	END { exit n != 2 }' <(echo "$before")
must ip link set nva-peer down
check_equal "all go to the one that is up" "nvb 48" shares
check_equal "and no other is listed" 10.1.2.5 hops 10.66.0.0/16
must ip link set nva-peer up

# An appliance among the next hops has a way of its own
check_equal "an appliance does not get the others" Hidden state_of 10.66.0.0/16 nva

# Members that stand by get packets while nobody else can
# carrier NIC up|down
carrier() {
	must ip link set "$1-peer" "$2"
	wait_until 5 grep -q "$([ "$2" = up ] && echo 1 || echo 0)" "/sys/class/net/$1/carrier"
}

carrier nva up
must ip nexthop add id 20 group 2/1,2 proto 88
must ip route replace 10.66.0.0/16 nhid 20 table 101
check_equal "who stands by is no next hop" 10.1.2.4 hops 10.66.0.0/16
check_equal "and has the route" 10.1.2.4 hop_of 10.66.1.1 nvb
check_equal "which who does not has not" Hidden state_of 10.66.0.0/16 nva
check_equal "and told of" "10.1.2.4 false 10.1.2.5 true" members 10.66.0.0/16 standby
check_equal "all flows go elsewhere" "nva 48" shares
carrier nva down
check_equal "it is the next hop while nobody else is" 10.1.2.5 hops 10.66.0.0/16
check_equal "until nobody else has carrier" 10.1.2.5 hop_of 10.66.1.1
carrier nvb down
check_equal "nor it" "Internet" lookup n1 10.66.1.1
carrier nvb up
check_equal "it has again" 10.1.2.5 hop_of 10.66.1.1
carrier nva up
check_equal "so has the other" 10.1.2.4 hop_of 10.66.1.1
check_equal "the other itself has no use for it" "Internet" lookup nva 10.66.1.1
add_nic nvc blue 10.1.2.6
must vrs nic set nvc forwarding on
must ip nexthop add id 8 via 10.1.2.6 dev blue
check "several, and one for them" ip nexthop replace id 20 group 8/1,2/2,2 proto 88
check_equal "has two" "10.1.2.4 10.1.2.5" hops 10.66.0.0/16
carrier nva down
check_equal "one is down: the other has all" "nvb 48" shares
carrier nvb down
check_equal "both are" 10.1.2.6 hop_of 10.66.1.1
carrier nva up
carrier nvb up
must ip nexthop replace id 20 group 1,2/2/8 proto 88
carrier nva down
check_equal "the only one is down: those who stand by share" "nvb nvc" \
	eval "shares | cut -d' ' -f1 | xargs"
carrier nva up
check "all of one weight" ip nexthop replace id 20 group 8/2 proto 88
check_equal "none stands by" "10.1.2.5 10.1.2.6" eval "hops 10.66.0.0/16 | xargs -n 1 | sort | xargs"
must ip nexthop replace id 20 group 8/1,2 proto 88
must ip nexthop del id 1
check_equal "the other is deleted" 10.1.2.6 hop_of 10.66.1.1
must ip nexthop add id 1 via 10.1.2.4 dev blue
must ip nexthop del id 20

# Down, and back up
must ip link set blue down
check_equal "the kernel drops objects and routes" "system 1/0 bgp 1/0 user 0/0" \
	mirrored blue
must ip link set blue up
must ip route add 10.1.0.0/16 dev blue table 100
must ip nexthop add id 1 via 10.1.2.4 dev blue
must ip route add 10.66.0.0/16 nhid 1 table 101
check_equal "and takes them back" "VirtualNetworkGateway 10.1.2.4 nva" \
	lookup n1 10.66.1.1

# Faults
echo 1 >/sys/kernel/debug/vnet/fault/nexthop_add
check_error "no memory for an object" "Out of memory" \
	ip nexthop add id 50 via 10.1.2.4 dev blue
check_error "no memory to replace one" "Out of memory" \
	ip nexthop replace id 1 via 10.1.2.5 dev blue
echo 0 >/sys/kernel/debug/vnet/fault/nexthop_add
check_equal "it is as it was" "VirtualNetworkGateway 10.1.2.4 nva" \
	lookup n1 10.66.1.1
check "then there is" ip nexthop add id 50 via 10.1.2.4 dev blue

ktap_finish
