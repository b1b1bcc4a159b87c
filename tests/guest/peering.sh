#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# VNet peering: two sides, what they allow, and what is refused.
#
#	h1 10.0.0.4, nva 10.0.1.4 -- hub ---- east -- a1 10.1.0.4
#	                              |
#	                              +------ west -- b1 10.2.0.4

. "${0%/*}/../lib.sh"
. "${0%/*}/../control.sh"

load_module
add_uplink
add_vnet hub 100 10.0.0.0/16 fd00:a::/48
add_vnet east 200 10.1.0.0/16 fd00:b::/48
add_vnet west 300 10.2.0.0/16 fd00:c::/48
for table in 100 200 300; do
	add_reserved $table
done
for space in 10.1.0.0/16 fd00:b::/48; do
	must ip route add $space dev east table 100
done
for space in 10.2.0.0/16 fd00:c::/48; do
	must ip route add $space dev west table 100
done
for space in 10.0.0.0/16 fd00:a::/48; do
	must ip route add $space dev hub table 200
	must ip route add $space dev hub table 300
done
add_nic h1 hub 10.0.0.4 fd00:a::4
add_nic nva hub 10.0.1.4 fd00:a::1:4
add_nic a1 east 10.1.0.4 fd00:b::4
add_nic b1 west 10.2.0.4 fd00:c::4
must vrs nic set nva forwarding on

# row NIC PREFIX: state and type
row() {
	{ rows "$1" 4; rows "$1" 6; } | awk -v p="$2" '$3 == p { print $1, $2, $4 }'
}

# sides: "VNET PEER STATE FLAGS", flags as 0 and 1 in the order of the columns
sides() {
	vrs show peerings "$@" | awk 'NR > 1 { $4 = $4 $5 $6 $7;
		gsub(/on/, 1, $4); gsub(/off/, 0, $4); print $1, $2, $3, $4 }'
}

# from NIC SOURCE ADDR: as lookup, for a packet from SOURCE
from() {
	vrs why "$1" "$3" source "$2" -j |
		jq -r '[.route.nextHopType, .device, .dropped] |
			map(select(. != null)) | join(" ")'
}

# One side is nothing, two are a peering
check_equal "routes alone" "D Hidden VNetPeering" row h1 10.1.0.0/16
check_equal "why" "the peering has one side only" why h1 10.1.0.0/16 D
must vrs peering set hub east
check_equal "one side" "D Hidden VNetPeering" row h1 10.1.0.0/16
check_equal "its state" "hub east Initiated 1000" sides
check_equal "leads nowhere" "None next hop type is None" lookup h1 10.1.0.4
must ip route add 10.1.0.0/24 via 10.0.1.4 dev hub proto bgp table 101
check_equal "a BGP route into it is used" "B Active VirtualNetworkGateway" row h1 10.1.0.0/24
must vrs peering set east hub
check_equal "both sides" "D Active VNetPeering" row h1 10.1.0.0/16
check_equal "which hide the BGP route" "B Hidden VirtualNetworkGateway" row h1 10.1.0.0/24
must ip route del 10.1.0.0/24 table 101 proto bgp
check_equal "IPv6" "D Active VNetPeering" row h1 fd00:b::/48
check_equal "and back" "D Active VNetPeering" row a1 10.0.0.0/16
check_equal "its state" "hub east Connected 1000" sides hub
check_equal "reaches" "VnetPeering 10.1.0.4 a1" lookup h1 10.1.0.4
check_equal "reaches, IPv6" "VnetPeering fd00:b::4 a1" lookup h1 fd00:b::4
peer_vnets hub west
check_equal "not transitive" "None next hop type is None" lookup a1 10.2.0.4
must vrs peering del east hub
check_equal "one side gone" "D Hidden VNetPeering" row h1 10.1.0.0/16
check_equal "the other is disconnected" "hub east Disconnected 1000
hub west Connected 1000" sides hub
must vrs peering set east hub
check_equal "it is back" "hub east Connected 1000" eval "sides hub | head -n 1"

# Access
must vrs peering set hub east vnet-access off
check_equal "no access" "D Active None" row h1 10.1.0.0/16
check_equal "IPv6" "D Active None" row h1 fd00:b::/48
check_equal "why" "access to the peer is off" why h1 10.1.0.0/16 D
check_equal "drops" "None next hop type is None" lookup h1 10.1.0.4
check_equal "the other side's is its own" "D Active VNetPeering" row a1 10.0.0.0/16
must ip route add 10.1.7.0/24 via 10.0.1.4 dev hub proto bgp table 101
check_equal "BGP inside is hidden all the same" \
	"B Hidden VirtualNetworkGateway" row h1 10.1.7.0/24
must ip route del 10.1.7.0/24 table 101
must vrs peering set hub east vnet-access on
check_equal "access again" "VnetPeering 10.1.0.4 a1" lookup h1 10.1.0.4

# Forwarded traffic (TV-25): what spoke a sends to b by way of the hub's appliance
must vrs subnet set east 10.1.0.0/24 route-table 202
must ip route add default via 10.0.1.4 dev hub table 202
check_equal "TV-25: a's packets reach the appliance" "VirtualAppliance nva" \
	from a1 10.1.0.4 10.2.0.4
check_equal "TV-25: and b takes none that the hub forwards" \
	"VNetPeering the peering takes no forwarded traffic" \
	from nva 10.1.0.4 10.2.0.4
check_equal "but the hub's own" "VNetPeering b1" from nva 10.0.1.4 10.2.0.4
must vrs peering set hub west forwarded-traffic on
check_equal "the flag of the sender's side is for the other way" \
	"VNetPeering the peering takes no forwarded traffic" \
	from nva 10.1.0.4 10.2.0.4
must vrs peering set west hub forwarded-traffic on
check_equal "TV-25: with b's it passes" "VNetPeering b1" from nva 10.1.0.4 10.2.0.4
check_equal "IPv6" "VNetPeering b1" from nva fd00:b::4 fd00:c::4
must vrs peering set west hub forwarded-traffic off
check_equal "IPv6, off" "VNetPeering the peering takes no forwarded traffic" \
	from nva fd00:b::4 fd00:c::4
must vrs nic set a1 forwarding on
check_equal "the same towards an appliance" \
	"VirtualAppliance the peering takes no forwarded traffic" \
	from a1 10.99.0.1 10.2.0.4
must vrs peering set hub east forwarded-traffic on
check_equal "which takes it" "VirtualAppliance nva" from a1 10.99.0.1 10.2.0.4
must vrs nic set a1 forwarding off

# Gateway transit
must ip route add 10.250.0.0/16 via 10.0.1.4 dev hub proto bgp table 101
must ip route add fd00:250::/48 via fd00:a::1:4 dev hub proto bgp table 101
must ip route add 10.1.9.0/24 via 10.0.1.4 dev hub proto bgp table 101
check_equal "no transit" "" row a1 10.250.0.0/16
must vrs peering set east hub remote-gateways on
check_equal "wanted by one side" "" row a1 10.250.0.0/16
must vrs peering set hub east gateway-transit on
check_equal "by both" "B Active VirtualNetworkGateway" row a1 10.250.0.0/16
check_equal "IPv6" "B Active VirtualNetworkGateway" row a1 fd00:250::/48
check_equal "is used" "VirtualNetworkGateway 10.0.1.4 nva" lookup a1 10.250.0.1
check_equal "a's own space hides what is inside" \
	"B Hidden VirtualNetworkGateway" row a1 10.1.9.0/24
check_equal "b has none" "" row b1 10.250.0.0/16
check_error "no BGP routes of its own then" "remote gateways" \
	ip route add 10.9.0.0/16 via 10.1.0.4 dev east proto bgp table 201
check_error "one VNet's gateways" "uses the gateways of hub" \
	vrs peering set east west remote-gateways on
check_error "not both ways" "not both" \
	vrs peering set east hub gateway-transit on
must vrs peering set hub east gateway-transit off
check_equal "transit ends" "" row a1 10.250.0.0/16
check_equal "and is no way" "VirtualAppliance 10.0.1.4 nva" lookup a1 10.250.0.1
must vrs peering set east hub remote-gateways off
check "its own routes again" \
	ip route add 10.9.0.0/16 via 10.1.0.4 dev east proto bgp table 201
check_error "and no remote gateways" "BGP routes of its own, in table 201" \
	vrs peering set east hub remote-gateways on
check_equal "as before" "east hub Connected 1000" sides east
must ip route del 10.9.0.0/16 table 201

# Refusals
check_error "with itself" "itself" vrs peering set east east
check_error "with what is no VNet" "is no VNet" vrs peering set east uplink
check_error "a side that is not there" "no such peering" vrs peering del east west
add_vnet clash 400 10.1.128.0/17
check_error "overlapping spaces" "10.1.128.0/17|10.1.0.0/16" \
	vrs peering set east clash
check_error "overlap among the peers of one VNet" "overlap" \
	vrs peering set hub clash
check_error "a space that would overlap" "overlap" \
	ip route add 10.2.128.0/17 dev hub table 100
check_error "that would overlap a peer's, without a route to it" "overlap" \
	eval "ip route del 10.2.0.0/16 dev west table 100;
		ip route add 10.2.128.0/17 dev hub table 100"
must ip route add 10.2.0.0/16 dev west table 100
must ip link add far type vnet vni 500 table 500 bgp_table 501
must ip link set far up
must ip route add 10.5.0.0/16 dev far table 500
must vrs peering set hub far
check_error "a space of one who has no side yet" "10.0.128.0/17, hub" \
	ip route add 10.0.128.0/17 dev far table 500
check_error "a space that another peer of the peer has" "10.1.128.0/17, east" \
	ip route add 10.1.128.0/17 dev far table 500
check "any other" ip route add 10.6.0.0/16 dev far table 500
must ip link del far
check_error "IPv6" "overlap" eval "ip -6 route del fd00:c::/48 dev west table 100;
	ip -6 route add fd00:c:0:1::/64 dev hub table 100"
check_equal "are all that is there" "east hub Connected 1000
hub east Connected 1100
hub west Connected 1100
west hub Connected 1000" eval "sides | sort"

# A VNet takes both sides with it.
must vrs peering set hub east gateway-transit on
must vrs peering set east hub remote-gateways on
must ip link del hub
check_equal "peerings of a deleted VNet" "" sides
check_equal "routes of its gateways" "" row a1 10.250.0.0/16
must ip link del east
must ip link del west
ktap_finish
