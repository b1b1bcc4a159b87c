#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Rules of effective routes beyond the published cases: next hops that go, and routes
# that are kept without them, propagation by source, BGP inside address spaces, routes
# of an appliance to itself, and what `vrs why` says.
#
#	vm 10.1.0.4 -- blue -- nva 10.1.2.4, gw 10.1.2.5

. "${0%/*}/../lib.sh"
. "${0%/*}/../control.sh"

load_module
add_uplink
add_vnet blue 100 10.1.0.0/16 fd00:1::/48
add_reserved 100
must ip -6 route add default dev uplink table 100
add_nic vm blue 10.1.0.4 fd00:1::4
add_nic nva blue 10.1.2.4 fd00:1::2:4
add_nic gw blue 10.1.2.5 fd00:1::2:5
must vrs nic set nva forwarding on
must vrs nic set gw forwarding on
must vrs subnet set blue 10.1.0.0/24 route-table 102
must vrs subnet set blue fd00:1::/64 route-table 102

# row NIC PREFIX [D|B|U]: class, state and type
row() {
	{ rows "$1" 4; rows "$1" 6; } | awk -v p="$2" -v c="${3:-}" \
		'$3 == p && (c == "" || $1 == c) { print $1, $2, $4 }'
}

#
# A next hop that is gone
#

must ip nexthop add id 1 via 10.1.2.4 dev blue
must ip nexthop add id 2 via 10.1.2.5 dev blue
must ip nexthop add id 10 group 1
must ip nexthop add id 12 group 1/2
must ip route add default nhid 10 proto bgp table 101
must ip route add 10.250.0.0/16 nhid 12 proto bgp table 101
must ip route add fd00:250::/48 via fd00:1::2:4 dev blue proto bgp table 101
must ip route add 10.66.0.0/16 via 10.1.2.4 dev blue table 102
must ip route add fd00:66::/48 via fd00:1::2:4 dev blue table 102
check_equal "with it" "B Active VirtualNetworkGateway
D Invalid Internet" row vm 0.0.0.0/0
check_equal "the reserved ranges are its" "D Hidden None" row vm 10.0.0.0/8

gone() {
	local what=$1 why=$2 drop=$3

	check_equal "$what: Invalid, the system's counts" \
		"B Invalid VirtualNetworkGateway
D Active Internet" row vm 0.0.0.0/0
	check_equal "$what: why" "$why" why vm 0.0.0.0/0 B
	check_equal "$what: lookup" "Internet" lookup vm 8.8.8.8
	check_equal "$what: reserved ranges are back" "D Active None" \
		row vm 10.0.0.0/8
	check_equal "$what: the other of two" "B Active VirtualNetworkGateway" \
		row vm 10.250.0.0/16
	check_equal "$what: which is taken" \
		"VirtualNetworkGateway 10.1.2.5 gw" lookup vm 10.250.0.1
	check_equal "$what: IPv6" "B Invalid VirtualNetworkGateway" \
		row vm fd00:250::/48
	check_equal "$what: IPv6 lookup" "Internet" lookup vm fd00:250::1
	check_equal "$what: a user-defined route stays" \
		"U Active VirtualAppliance" row vm 10.66.0.0/16
	check_equal "$what: and drops" "VirtualAppliance 10.1.2.4 $drop" \
		eval "lookup vm 10.66.0.1 | sed 's/ nva / /'"
	check_equal "$what: IPv6 as well" "VirtualAppliance fd00:1::2:4 $drop" \
		eval "lookup vm fd00:66::1 | sed 's/ nva / /'"
}
must ip link set nva-peer down
gone "no carrier" "next hop 10.1.2.4: its NIC is down" "receiving NIC is down"
must ip link set nva-peer up
check_equal "carrier again" "VirtualNetworkGateway 10.1.2.4 nva" lookup vm 8.8.8.8
must ip link set nva down
gone "down" "next hop 10.1.2.4: its NIC is down" "receiving NIC is down"
must ip link set nva up
must vrs nic set nva address none
gone "address given up" "next hop 10.1.2.4: no NIC owns it" \
	"no NIC owns the next hop's address"
must vrs nic set nva address 10.1.2.4 address fd00:1::2:4
check_equal "address again" "VirtualNetworkGateway 10.1.2.4 nva" lookup vm 8.8.8.8
must ip link set nva nomaster
gone "NIC removed" "next hop 10.1.2.4: no NIC owns it" \
	"no NIC owns the next hop's address"
must ip link set nva master blue
must vrs nic set nva mac 02:00:00:00:10:77 address 10.1.2.4 \
	address fd00:1::2:4 forwarding on
check_equal "NIC again" "VirtualNetworkGateway 10.1.2.4 nva" lookup vm 8.8.8.8
must ip link set nva-peer down
must ip link set gw-peer down
check_equal "both of two" "B Invalid VirtualNetworkGateway" row vm 10.250.0.0/16

# The same as Azure has it
kept() {
	local what=$1 drop=$2

	check_equal "kept, $what: Active" "B Active VirtualNetworkGateway
D Invalid Internet" row vm 0.0.0.0/0
	check_equal "kept, $what: and drops" "VirtualNetworkGateway 10.1.2.4 $drop" \
		eval "lookup vm 8.8.8.8 | sed 's/ nva / /'"
	check_equal "kept, $what: IPv6" "B Active VirtualNetworkGateway" \
		row vm fd00:250::/48
	check_equal "kept, $what: IPv6 drops" "VirtualNetworkGateway fd00:1::2:4 $drop" \
		eval "lookup vm fd00:250::1 | sed 's/ nva / /'"
	check_equal "kept, $what: the reserved ranges are its" "D Hidden None" \
		row vm 10.0.0.0/8
}
must vrs subnet set blue 10.1.0.0/24 keep-lost on
must vrs subnet set blue fd00:1::/64 keep-lost on
kept "down" "receiving NIC is down"
check_equal "kept, both of two" "B Active VirtualNetworkGateway" row vm 10.250.0.0/16
must ip link set gw-peer up
check_equal "kept, the other of two" "VirtualNetworkGateway 10.1.2.5 gw" \
	lookup vm 10.250.0.1
check_equal "in another subnet it is as it was" "B Invalid VirtualNetworkGateway" \
	row gw 0.0.0.0/0 B
must vrs subnet set blue 10.1.2.0/24 keep-lost on
check_equal "kept, but not for the lost NIC itself" \
	"B Hidden VirtualNetworkGateway" row nva 0.0.0.0/0 B
check_equal "why" "this NIC is a next hop" why nva 0.0.0.0/0 B
check_equal "but for its neighbour" "B Active VirtualNetworkGateway" \
	row gw 0.0.0.0/0 B
must ip link set gw-peer down
check_equal "nor if it is one of two that are lost" \
	"B Hidden VirtualNetworkGateway" row nva 10.250.0.0/16
must ip link set gw-peer up
must vrs subnet del blue 10.1.2.0/24
must ip link set nva nomaster
kept "gone" "no NIC owns the next hop's address"
must vrs subnet set blue 10.1.0.0/24 keep-lost off
must vrs subnet set blue fd00:1::/64 keep-lost off
check_equal "no longer kept" "Internet" lookup vm 8.8.8.8
must ip link set nva master blue
must vrs nic set nva mac 02:00:00:00:10:77 address 10.1.2.4 \
	address fd00:1::2:4 forwarding on
must ip link set nva-peer up
must ip route del 10.66.0.0/16 table 102
must ip route del fd00:66::/48 table 102

#
# Propagation by source
#

must ip route add 10.77.0.0/16 via 10.1.2.5 dev blue proto 87 table 101
must ip route add fd00:77::/48 via fd00:1::2:5 dev blue proto 87 table 101
sources() {
	row vm 10.250.0.0/16
	row vm fd00:250::/48
	row vm 10.77.0.0/16
	row vm fd00:77::/48
}
propagation() {
	must vrs subnet set blue 10.1.0.0/24 propagation "$1"
	must vrs subnet set blue fd00:1::/64 propagation "$1"
	check_equal "propagation $1" "$2 $2 $3 $3" \
		eval "sources | cut -d' ' -f2 | xargs"
	check_equal "propagation $1 is shown" "$1 $1" eval \
		"vrs show subnets -j | jq -r '.[] | .propagation' | xargs"
	check_equal "propagation $1, as Azure has it" "$4" eval \
		"vrs show subnets -j | jq -r '.[0].disableBgpRoutePropagation'"
}
propagation on Active Active false
propagation route-server Active Hidden false
check_equal "why" "the subnet's propagation leaves it out" why vm 10.77.0.0/16 B
check_equal "lookup" "VirtualNetworkGateway 10.1.2.4 nva" lookup vm 10.77.0.1
propagation gateway Hidden Active false
check_equal "lookup of the gateway's" "VirtualNetworkGateway 10.1.2.5 gw" \
	lookup vm 10.77.0.1
check_equal "lookup of the route server's" "None next hop type is None" \
	lookup vm 10.250.0.1
propagation off Hidden Hidden true
propagation on Active Active false
check_error "a source that is none" "expected on, off, route-server or gateway" \
	vrs subnet set blue 10.1.0.0/24 propagation maybe

# A user-defined route to a gateway, and the longest prefix (TV-02, TV-03)
must ip route add default via 10.1.2.5 dev blue proto 87 table 102
must ip -6 route add default via fd00:1::2:5 dev blue proto 87 table 102
check_equal "TV-03: rows" "U Active VirtualNetworkGateway
B Invalid VirtualNetworkGateway
D Invalid Internet" row vm 0.0.0.0/0
check_equal "TV-03: lookup" "VirtualNetworkGateway 10.1.2.5 gw" lookup vm 9.9.9.9
check_equal "TV-03: reserved ranges go" "D Hidden None" row vm 192.168.0.0/16
check_equal "TV-03: IPv6" "VirtualNetworkGateway fd00:1::2:5 gw" lookup vm 2001:db8::1
must ip route del default table 102
must ip -6 route del default table 102
must ip route add 10.200.0.0/24 via 10.1.2.4 dev blue table 102
must ip route add 10.200.0.0/16 via 10.1.2.5 dev blue table 102
must ip route add fd00:200:0:1::/64 via fd00:1::2:4 dev blue table 102
must ip route add fd00:200::/48 via fd00:1::2:5 dev blue table 102
check_equal "TV-02: rows" "U Active VirtualAppliance" row vm 10.200.0.0/24
check_equal "TV-02: rows" "U Active VirtualAppliance" row vm 10.200.0.0/16
check_equal "TV-02" "VirtualAppliance 10.1.2.4 nva" lookup vm 10.200.0.5
check_equal "TV-02" "VirtualAppliance 10.1.2.5 gw" lookup vm 10.200.1.5
check_equal "TV-02: IPv6" "VirtualAppliance fd00:1::2:4 nva" lookup vm fd00:200:0:1::5
check_equal "TV-02: IPv6" "VirtualAppliance fd00:1::2:5 gw" lookup vm fd00:200:0:2::5

# The route server's subnet out of an appliance's way (TV-26). The route server is
# elsewhere: its address on this host is reached whatever a route table says.
must vrs subnet set blue 10.1.2.5/32 route-table 103
must ip route add 10.1.0.0/16 via 10.1.2.4 dev blue table 103
check_equal "TV-26: the gateway's packets to the route server" \
	"VirtualAppliance 10.1.2.4 nva" lookup gw 10.1.1.4
check_equal "TV-26: rows" "U Active VirtualAppliance
D Invalid VnetLocal" row gw 10.1.0.0/16
must ip address add 10.1.1.9/32 dev blue	# the last to go takes routes with it
must ip address add 10.1.1.4/32 dev blue
check_equal "an address of this host" Host lookup gw 10.1.1.4
must ip address del 10.1.1.4/32 dev blue
add_nic rs blue 10.1.1.4
must ip route add 10.1.1.0/27 dev blue table 103
check_equal "TV-26: rows with it" "U Active VnetLocal" row gw 10.1.1.0/27
check_equal "TV-26: with a route VnetLocal" "VnetLocal 10.1.1.4 rs" lookup gw 10.1.1.4

#
# BGP inside address spaces
#

must ip route add 10.1.7.0/24 via 10.1.2.4 dev blue proto bgp table 101
must ip route add 10.1.0.0/16 via 10.1.2.4 dev blue proto bgp table 101
must ip route add fd00:1:0:7::/64 via fd00:1::2:4 dev blue proto bgp table 101
check_equal "inside" "B Hidden VirtualNetworkGateway" row vm 10.1.7.0/24
must vrs subnet set blue 10.1.0.0/24 bgp-inside on
must vrs subnet set blue fd00:1::/64 bgp-inside on
check_equal "opted in" "B Active VirtualNetworkGateway" row vm 10.1.7.0/24
check_equal "equal to the space" "B Active VirtualNetworkGateway
D Invalid VnetLocal" row vm 10.1.0.0/16
check_equal "IPv6" "B Active VirtualNetworkGateway" row vm fd00:1:0:7::/64
check_equal "lookup" "VirtualNetworkGateway 10.1.2.4 nva" lookup vm 10.1.7.7
check_equal "lookup, IPv6" "VirtualNetworkGateway fd00:1::2:4 nva" \
	lookup vm fd00:1:0:7::7
check_equal "in another subnet it is as it was" "B Hidden VirtualNetworkGateway" \
	row nva 10.1.7.0/24
must vrs subnet set blue 10.1.0.0/24 bgp-inside off
check_equal "opted out" "B Hidden VirtualNetworkGateway" row vm 10.1.7.0/24
must ip route del 10.1.0.0/16 table 101 proto bgp

#
# An appliance's routes to itself
#

check_equal "no route to itself" "B Hidden VirtualNetworkGateway" \
	row nva 0.0.0.0/0 B
must vrs nic set nva own-routes on
check_equal "as in Azure" "B Active VirtualNetworkGateway" row nva 0.0.0.0/0 B
check_equal "which cuts its own way out" \
	"VirtualNetworkGateway 10.1.2.4 nva would go back to the sending NIC" \
	lookup nva 8.8.8.8
check_equal "IPv6" "B Active VirtualNetworkGateway" row nva fd00:250::/48
check_equal "forwarding stays" "true true" eval "vrs show nics -j |
	jq -r '.[] | select(.name == \"nva\") | .enableIPForwarding, .ownRoutes' | xargs"
must vrs nic set nva own-routes off
check_equal "not by default" "Internet" lookup nva 8.8.8.8

# Two that announce the same: either would send back to the other.
must ip route replace default nhid 12 proto bgp table 101
for n in nva gw; do
	check_equal "$n: nor to the other next hop" "B Hidden VirtualNetworkGateway" \
		row $n 0.0.0.0/0 B
	check_equal "$n: why" "this NIC is a next hop" why $n 0.0.0.0/0 B
	check_equal "$n: which would send back" Internet lookup $n 8.8.8.8
done
must ip link set gw-peer down
check_equal "nor when the other is down" Internet lookup nva 8.8.8.8
must ip link set gw-peer up
must vrs nic set nva own-routes on
check_equal "in Azure to both" "10.1.2.4 10.1.2.5" \
	eval "vrs show effective-routes nva -j | jq -r '.value[] |
	select(.addressPrefix[0] == \"0.0.0.0/0\" and .state == \"Active\") |
	.nextHopIpAddress | join(\" \")'"
must vrs nic set nva own-routes off

# Who gets the address of a next hop later
must ip nexthop add id 3 via 10.1.2.9 dev blue
must ip nexthop add id 13 group 1/3
must ip route replace default nhid 13 proto bgp table 101
check_equal "no next hop yet" "VirtualNetworkGateway 10.1.2.4 nva" lookup vm 8.8.8.8
must vrs nic set vm address 10.1.0.4 address fd00:1::4 address 10.1.2.9
check_equal "has the address now" Internet lookup vm 8.8.8.8
must vrs nic set vm address 10.1.0.4 address fd00:1::4
check_equal "and no more" "VirtualNetworkGateway 10.1.2.4 nva" lookup vm 8.8.8.8
must ip route replace default nhid 10 proto bgp table 101
must ip nexthop del id 13

#
# vrs why
#

why_of() {
	vrs why "$@" -j
}
must ip route add 10.250.1.0/24 via 10.1.2.4 dev blue proto bgp table 101
must ip route add 10.250.0.0/16 via 10.1.2.5 dev blue table 102
check_equal "candidates by length and class, the winner among them" "\
10.250.1.0/24 VirtualNetworkGateway Active true
10.250.0.0/16 User Active false
10.250.0.0/16 VirtualNetworkGateway Invalid false
10.0.0.0/8 Default Hidden false
0.0.0.0/0 VirtualNetworkGateway Active false
0.0.0.0/0 Default Invalid false" eval "why_of vm 10.250.1.1 |
	jq -r '.candidates[] | [.addressPrefix[0], .source, .state, .wins] | join(\" \")'"
must ip route del 10.250.0.0/16 table 102
must ip route del 10.250.1.0/24 table 101
chosen() {
	why_of vm 10.250.1.1 protocol tcp source-port "$1" destination-port 80 |
		jq -r '.nextHops[] | select(.chosen) | .nic'
}
for port in $(seq 1000 1011); do
	chosen "$port"
done | sort -u >/tmp/chosen
check_equal "flows choose among the members" "gw nva" eval "xargs </tmp/chosen"
check_equal "always the same one" "$(chosen 1000)" chosen 1000
check_equal "the members" "10.1.2.4 1 nva
10.1.2.5 1 gw" eval "why_of vm 10.250.1.1 | jq -r \
	'.nextHops[] | [.address, .weight, .nic] | join(\" \")'"
check_equal "where it ends" "NIC gw" eval "why_of vm 10.1.2.5 |
	jq -r '[.endsAt, .device] | join(\" \")'"
check_equal "the Internet" "Internet" eval "why_of nva 8.8.8.8 | jq -r .endsAt"
check_equal "nowhere" "nowhere no NIC owns the destination address" eval \
	"why_of vm 10.1.9.9 | jq -r '[.endsAt, .dropped] | join(\" \")'"
must ip address add 10.1.3.4/32 dev blue
check_equal "the host" "host" eval "why_of vm 10.1.3.4 | jq -r .endsAt"
check_equal "a source that is not the NIC's" "source address is not the NIC's" \
	eval "why_of vm 10.1.2.5 source 10.9.9.9 | jq -r .dropped"
check_equal "IPv6" "VirtualNetworkGateway NIC nva" eval \
	"why_of vm fd00:250::1 protocol 17 | jq -r '[.route.nextHopType, .endsAt, .device] | join(\" \")'"
check_equal "as text" "Wins: 10.250.0.0/16, VirtualNetworkGateway, of table 101, by a next-hop object
Ends at: NIC nva" eval "vrs why vm 10.250.1.1 source-port 1 |
	grep -E '^(Wins|Ends)' | sed 's/NIC gw/NIC nva/'"
check_error "a protocol that is none" "expected tcp, udp" vrs why vm 10.1.2.5 protocol x
check_error "a port that is none" "expected a port" vrs why vm 10.1.2.5 source-port 70000
check_error "a source of the other family" "family" vrs why vm 10.1.2.5 source fd00::1

#
# Limits, for each class and family
#

must ip link set blue down
must ip link del blue
for table in 100 102 103; do
	ip route flush table $table
	ip -6 route flush table $table
done
must ip link add blue type vnet vni 100 table 100 bgp_table 101 max_routes 2
must ip link set blue up
must ip route add 10.1.0.0/16 dev blue table 100
must ip -6 route add fd00:1::/48 dev blue table 100
must vrs subnet set blue 10.1.0.0/24 route-table 102
limit() {
	local what=$1 table=$2 first=$3 second=$4 third=$5 before

	shift 5
	[ -z "$first" ] || must ip route add "$first" "$@" table "$table"
	must ip route add "$second" "$@" table "$table"
	before=$(mirrored blue)
	check_error "$what: one too many" "Table $table is full: max_routes is 2" \
		ip route add "$third" "$@" table "$table"
	check_equal "$what: nothing is changed" "$before" mirrored blue
	check_equal "$what: nor in the kernel's table" "" \
		ip route show "$third" table "$table"
	check "$what: one that is there can change" \
		ip route change "$second" "$@" table "$table"
	must ip route del "$second" table "$table"
	check "$what: one less makes room" ip route add "$third" "$@" table "$table"
}
limit "system" 100 "" 10.9.0.0/16 10.10.0.0/16 via 10.1.2.4 dev blue
limit "system, IPv6" 100 "" fd00:9::/48 fd00:10::/48 via fd00:1::2:4 dev blue
limit "BGP" 101 10.8.0.0/16 10.9.0.0/16 10.10.0.0/16 via 10.1.2.4 dev blue
limit "BGP, IPv6" 101 fd00:8::/48 fd00:9::/48 fd00:10::/48 via fd00:1::2:4 dev blue
limit "user-defined" 102 10.8.0.0/16 10.9.0.0/16 10.10.0.0/16 via 10.1.2.4 dev blue
limit "user-defined, IPv6" 102 fd00:8::/48 fd00:9::/48 fd00:10::/48 \
	via fd00:1::2:4 dev blue
ktap_finish
