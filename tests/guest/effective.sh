#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Effective routes as published for Azure: rows, and lookups for each. TV-nn
# is the number of the published case. Every case is there in IPv6, too: what
# is done is done for both families, an IPv4 address a.b.c.d being
# 2001:db8:abcd::1 (in hex) and a prefix of length n one of length 32 + n.

. "${0%/*}/../lib.sh"
. "${0%/*}/../control.sh"

load_module
add_uplink

# six ADDRESS or PREFIX: sets REPLY to its counterpart, as ip(8) prints it
six() {
	local addr=${1%/*} len=${1#*/} a b c d high low six

	IFS=. read -r a b c d <<<"$addr"
	high=$((a << 8 | b)) low=$((c << 8 | d))
	if [ $low -ne 0 ]; then
		printf -v six '2001:db8:%x:%x::' $high $low
	elif [ $high -ne 0 ]; then
		printf -v six '2001:db8:%x::' $high
	else
		six=2001:db8::
	fi
	if [ "$addr" = "$1" ]; then
		REPLY=${six}1
	elif [ "$len" = 0 ]; then
		REPLY=::/0
	else
		REPLY=$six/$((len + 32))
	fi
}

# to6: standard input for IPv6. Next-hop objects get other numbers.
to6() {
	local regex='(.*[^0-9.]|)([0-9]+\.[0-9]+\.[0-9]+\.[0-9]+(/[0-9]+)?)(.*)'
	local line head tail

	while IFS= read -r line; do
		while [[ $line =~ $regex ]]; do
			head=${BASH_REMATCH[1]}
			tail=${BASH_REMATCH[4]}
			six "${BASH_REMATCH[2]}"
			line=$head$REPLY$tail
		done
		echo "$line"
	done | sed -E 's/\b((nh)?id )([0-9])/\16\3/g
		s|\bgroup ([0-9]+)/|group 6\1/6|; s/\bgroup ([0-9]+)$/group 6\1/'
}

# both COMMAND...: for IPv4 and for IPv6
both() {
	local -a six

	must "$@"
	read -ra six < <(echo "$*" | to6 | sed 's/^ip route/ip -6 route/')
	must "${six[@]}"
}

vnet() {
	local name=$1 table=$2 space
	shift 2

	add_vnet "$name" "$table" "$@"
	for space in $(echo "$*" | to6); do
		must ip route add "$space" dev "$name" table "$table"
	done
}

nic() {
	add_nic "$1" "$2" "$3" "$(echo "$3" | to6)"
}

# peer A B [KEYWORD VALUE...]: with the routes that a peering is about; tables
# and spaces are in ${table[]} and ${spaces[]}
declare -A table spaces
peer() {
	local space

	peer_vnets "$@"
	for space in ${spaces[$2]}; do
		both ip route add "$space" dev "$2" table "${table[$1]}"
	done
	for space in ${spaces[$1]}; do
		both ip route add "$space" dev "$1" table "${table[$2]}"
	done
}

# declare_vnet NAME TABLE SPACE...: as vnet, and remembered for peer
declare_vnet() {
	vnet "$@"
	table[$1]=$2
	spaces[$1]="${*:3}"
}

# add_platform TABLE: reserved ranges are IPv4 only, the default is not
add_platform() {
	add_reserved "$1"
	must ip -6 route add default dev uplink table "$1"
}

# check_rows NAME NIC EXPECTED
check_rows() {
	local reserved='(10.0.0.0/8|172.16.0.0/12|192.168.0.0/16|100.64.0.0/10) None$'

	check_equal "$1" "$3" rows "$2"
	check_equal "$1, IPv6" "$(grep -vE "$reserved" <<<"$3" | to6)" rows "$2" 6
}

# check_lookups NAME LOOKUP...: LOOKUP is "NIC ADDRESS = ANSWER"; where reserved
# ranges make a difference, "NIC ADDRESS = ANSWER | ANSWER FOR IPv6"
check_lookups() {
	local name=$1 line nic addr answer six
	shift

	for line; do
		read -r nic addr _ <<<"$line"
		answer=${line#*= }
		six=${answer#* | }
		check_equal "$name: $nic to $addr" "${answer% | *}" \
			lookup "$nic" "$addr"
		check_equal "$name: $nic to $addr, IPv6" "$(echo "$six" | to6)" \
			lookup "$nic" "$(echo "$addr" | to6)"
	done
}

#
# TV-01, TV-02, TV-03: user-defined routes
#

declare_vnet vnet1 1000 10.0.0.0/16
declare_vnet vnet2 1100 10.1.0.0/16 10.2.0.0/16
peer vnet1 vnet2
add_platform 1000
nic s1 vnet1 10.0.0.4
nic s1b vnet1 10.0.0.9
nic s2 vnet1 10.0.5.5
nic nva vnet1 10.0.100.4
nic gw vnet1 10.0.200.4
nic peer vnet2 10.1.2.3
must vrs nic set nva forwarding on
must vrs nic set gw forwarding on
both ip route add 10.10.0.0/16 via 10.0.200.4 dev vnet1 table 1001
both vrs subnet set vnet1 10.0.0.0/24 route-table 1002
both ip route add 10.0.0.0/16 via 10.0.100.4 dev vnet1 table 1002
both ip route add 10.0.0.0/24 dev vnet1 table 1002
both ip route add blackhole 10.1.0.0/16 table 1002
both ip route add blackhole 10.2.0.0/16 table 1002
both ip route add 10.10.0.0/16 via 10.0.100.4 dev vnet1 table 1002
both ip route add default via 10.0.100.4 dev vnet1 table 1002

check_rows "TV-01: rows of Subnet1" s1 "\
U Active 0.0.0.0/0 VirtualAppliance 10.0.100.4
D Invalid 0.0.0.0/0 Internet
D Hidden 10.0.0.0/8 None
U Active 10.0.0.0/16 VirtualAppliance 10.0.100.4
D Invalid 10.0.0.0/16 VnetLocal
U Active 10.0.0.0/24 VnetLocal
U Active 10.1.0.0/16 None
D Invalid 10.1.0.0/16 VNetPeering
U Active 10.2.0.0/16 None
D Invalid 10.2.0.0/16 VNetPeering
U Active 10.10.0.0/16 VirtualAppliance 10.0.100.4
B Invalid 10.10.0.0/16 VirtualNetworkGateway 10.0.200.4
D Hidden 100.64.0.0/10 None
D Hidden 172.16.0.0/12 None
D Hidden 192.168.0.0/16 None"
check_rows "TV-01: rows of Subnet2" s2 "\
D Active 0.0.0.0/0 Internet
D Active 10.0.0.0/8 None
D Active 10.0.0.0/16 VnetLocal
D Active 10.1.0.0/16 VNetPeering
D Active 10.2.0.0/16 VNetPeering
B Active 10.10.0.0/16 VirtualNetworkGateway 10.0.200.4
D Active 100.64.0.0/10 None
D Active 172.16.0.0/12 None
D Active 192.168.0.0/16 None"
check_lookups TV-01 \
	"s1 10.0.0.9 = VnetLocal 10.0.0.9 s1b" \
	"s1 10.0.5.5 = VirtualAppliance 10.0.100.4 nva" \
	"s1 10.1.2.3 = None next hop type is None" \
	"s1 10.2.2.3 = None next hop type is None" \
	"s1 10.10.1.1 = VirtualAppliance 10.0.100.4 nva" \
	"s1 8.8.8.8 = VirtualAppliance 10.0.100.4 nva" \
	"s1 192.168.1.1 = VirtualAppliance 10.0.100.4 nva" \
	"s2 10.0.0.9 = VnetLocal 10.0.0.9 s1b" \
	"s2 10.1.2.3 = VnetPeering 10.1.2.3 peer" \
	"s2 10.10.1.1 = VirtualNetworkGateway 10.0.200.4 gw" \
	"s2 8.8.8.8 = Internet" \
	"s2 192.168.1.1 = None next hop type is None | Internet" \
	"s2 10.55.0.1 = None next hop type is None | Internet"

#
# TV-04, TV-05: reserved ranges
#

declare_vnet fresh 1200 10.0.0.0/16
add_platform 1200
nic f1 fresh 10.0.0.4
nic f2 fresh 10.0.9.9
check_rows "TV-04: rows of a fresh VNet" f1 "\
D Active 0.0.0.0/0 Internet
D Active 10.0.0.0/8 None
D Active 10.0.0.0/16 VnetLocal
D Active 100.64.0.0/10 None
D Active 172.16.0.0/12 None
D Active 192.168.0.0/16 None"
check_lookups TV-04 \
	"f1 10.0.9.9 = VnetLocal 10.0.9.9 f2" \
	"f1 10.1.0.1 = None next hop type is None | Internet" \
	"f1 1.1.1.1 = Internet"

declare_vnet wide 1300 192.168.0.0/15
add_platform 1300
both ip route replace 10.0.0.0/8 dev wide table 1300
nic w1 wide 10.5.0.4
nic w2 wide 192.168.3.3
check_rows "TV-05: a space equal to or around a reserved range" w1 "\
D Active 0.0.0.0/0 Internet
D Active 10.0.0.0/8 VnetLocal
D Active 100.64.0.0/10 None
D Active 172.16.0.0/12 None
D Active 192.168.0.0/15 VnetLocal
D Hidden 192.168.0.0/16 None"
check_equal "TV-05: why" "inside an address space" why w1 192.168.0.0/16 D
check_lookups TV-05 \
	"w1 192.168.3.3 = VnetLocal 192.168.3.3 w2" \
	"w1 172.16.0.1 = None next hop type is None | Internet"

# ways NIC PREFIX: where lookups of some addresses that begin with it end
ways() {
	local nic=$1 prefix=$2 i

	for i in {1..24}; do
		lookup "$nic" "$(echo "$prefix$i" | "${3:-cat}")"
	done | sort -u
}

# check_ways NAME NIC PREFIX EXPECTED: in both families
check_ways() {
	check_equal "$1: $2 to $3*" "$4" ways "$2" "$3"
	check_equal "$1: $2 to $3*, IPv6" "$(echo "$4" | to6)" ways "$2" "$3" to6
}

#
# TV-06, TV-07, TV-08: a route server in a hub
#

declare_vnet hub 1400 10.0.0.0/16
declare_vnet spoke1 1500 10.1.0.0/16
declare_vnet spoke2 1600 10.2.0.0/16
for i in 1400 1500 1600; do
	add_platform $i
done
peer hub spoke1
peer hub spoke2
must vrs peering set hub spoke1 gateway-transit on
must vrs peering set hub spoke2 gateway-transit on
must vrs peering set spoke1 hub remote-gateways on
must vrs peering set spoke2 hub remote-gateways on
nic h1 hub 10.0.7.4
nic nva1 hub 10.0.1.4
nic nva2 hub 10.0.1.5
nic p1 spoke1 10.1.0.4
nic p2 spoke2 10.2.0.4
must vrs nic set nva1 forwarding on
must vrs nic set nva2 forwarding on
both ip nexthop add id 1 via 10.0.1.4 dev hub
both ip nexthop add id 2 via 10.0.1.5 dev hub
both ip nexthop add id 12 group 1
for prefix in 10.50.0.0/16 10.60.0.0/16 10.70.0.0/16; do
	both ip route add $prefix nhid 12 proto bgp table 1401
done
hub_rows() {
	echo "\
D Active 0.0.0.0/0 Internet
D Active 10.0.0.0/8 None
D Active 10.0.0.0/16 $1
D Active 10.1.0.0/16 $2${3:+
D Active 10.2.0.0/16 $3}
B Active 10.50.0.0/16 VirtualNetworkGateway $4
B Active 10.60.0.0/16 VirtualNetworkGateway $5
B Active 10.70.0.0/16 VirtualNetworkGateway $4
D Active 100.64.0.0/10 None
D Active 172.16.0.0/12 None
D Active 192.168.0.0/16 None"
}
check_rows "TV-06: rows in the hub" h1 "$(hub_rows VnetLocal VNetPeering VNetPeering 10.0.1.4 10.0.1.4)"
check_rows "TV-06: rows in a spoke" p1 "$(hub_rows VNetPeering VnetLocal "" 10.0.1.4 10.0.1.4)"
check_lookups TV-06 \
	"p1 10.50.1.1 = VirtualNetworkGateway 10.0.1.4 nva1" \
	"p1 10.2.0.4 = None next hop type is None | Internet" \
	"h1 10.2.0.4 = VnetPeering 10.2.0.4 p2"

both ip nexthop replace id 12 group 1/2
check_rows "TV-07: two appliances" p1 \
	"$(hub_rows VNetPeering VnetLocal "" 10.0.1.4,10.0.1.5 10.0.1.4,10.0.1.5)"
check_ways TV-07 p1 10.60.1. "\
VirtualNetworkGateway 10.0.1.4 nva1
VirtualNetworkGateway 10.0.1.5 nva2"
both ip nexthop add id 13 group 1
both ip route replace 10.60.0.0/16 nhid 13 proto bgp table 1401
check_rows "TV-08: a longer path for one prefix" p1 "$(hub_rows VNetPeering VnetLocal "" 10.0.1.4,10.0.1.5 10.0.1.4)"
both ip nexthop replace id 12 group 2
both ip nexthop replace id 13 group 2
check_rows "TV-08: the first appliance stops" p1 "$(hub_rows VNetPeering VnetLocal "" 10.0.1.5 10.0.1.5)"
check_lookups TV-08 \
	"p1 10.60.1.1 = VirtualNetworkGateway 10.0.1.5 nva2"

#
# TV-09: propagation with a default route to None
#

declare_vnet ips 1700 172.16.0.0/16
add_platform 1700
nic i1 ips 172.16.9.4
nic i4 ips 172.16.1.4
nic i5 ips 172.16.1.5
must vrs nic set i4 forwarding on
must vrs nic set i5 forwarding on
both ip route add 172.22.2.0/24 proto bgp table 1701 \
	nexthop via 172.16.1.4 dev ips nexthop via 172.16.1.5 dev ips
both vrs subnet set ips 172.16.9.0/24 route-table 1702
both ip route add blackhole default table 1702
check_rows "TV-09: reserved ranges stay when the default is None" i1 "\
U Active 0.0.0.0/0 None
D Invalid 0.0.0.0/0 Internet
D Active 10.0.0.0/8 None
D Active 100.64.0.0/10 None
D Active 172.16.0.0/12 None
D Active 172.16.0.0/16 VnetLocal
B Active 172.22.2.0/24 VirtualNetworkGateway 172.16.1.4,172.16.1.5
D Active 192.168.0.0/16 None"
check_ways TV-09 i1 172.22.2. "\
VirtualNetworkGateway 172.16.1.4 i4
VirtualNetworkGateway 172.16.1.5 i5"
check_lookups TV-09 \
	"i1 8.8.8.8 = None next hop type is None" \
	"i1 10.9.9.9 = None next hop type is None" \
	"i1 172.16.1.4 = VnetLocal 172.16.1.4 i4"

#
# TV-11: BGP routes inside spaces of peered VNets
#

declare_vnet dual0 1800 10.0.0.0/24 10.0.1.0/24
declare_vnet dual1 1900 10.101.0.0/16
peer dual0 dual1
nic d0 dual0 10.0.0.9
nic csr1 dual1 10.101.2.10
must vrs nic set csr1 forwarding on
for prefix in 10.5.1.0/24 10.5.2.0/24 10.101.1.0/24 10.101.0.0/16 10.100.0.0/15; do
	both ip route add $prefix via 10.101.2.10 dev dual1 proto bgp table 1801
done
check_rows "TV-11: routes into peered VNets are hidden" d0 "\
D Active 10.0.0.0/24 VnetLocal
D Active 10.0.1.0/24 VnetLocal
B Active 10.5.1.0/24 VirtualNetworkGateway 10.101.2.10
B Active 10.5.2.0/24 VirtualNetworkGateway 10.101.2.10
B Active 10.100.0.0/15 VirtualNetworkGateway 10.101.2.10
B Hidden 10.101.0.0/16 VirtualNetworkGateway 10.101.2.10
D Active 10.101.0.0/16 VNetPeering
B Hidden 10.101.1.0/24 VirtualNetworkGateway 10.101.2.10"
check_equal "TV-11: why" "inside an address space of this or a peered VNet" \
	why d0 10.101.1.0/24 B
check_lookups TV-11 \
	"d0 10.5.1.1 = VirtualNetworkGateway 10.101.2.10 csr1" \
	"d0 10.101.2.10 = VnetPeering 10.101.2.10 csr1" \
	"d0 10.101.1.1 = VnetPeering no NIC owns the destination address" \
	"d0 10.100.1.1 = VirtualNetworkGateway 10.101.2.10 csr1"
must vrs peering del dual1 dual0
check_equal "without the other side of the peering its routes count" "\
B Active 10.101.0.0/16 VirtualNetworkGateway 10.101.2.10
D Hidden 10.101.0.0/16 VNetPeering
B Active 10.101.1.0/24 VirtualNetworkGateway 10.101.2.10" \
	eval "rows d0 | grep 10.101.[01].0"
check_equal "why" "the peering has one side only" why d0 10.101.0.0/16 D
check_lookups "without peering its next hops do not" \
	"d0 10.5.1.1 = VirtualNetworkGateway 10.101.2.10 csr1 next hop is in a VNet that is not peered"

#
# TV-13: default routes
#

declare_vnet fw 2100 10.0.1.0/24
declare_vnet fwspoke 2110 10.0.3.0/24
add_platform 2100
add_platform 2110
peer fw fwspoke
must vrs peering set fw fwspoke gateway-transit on
must vrs peering set fwspoke fw remote-gateways on
nic fw1 fw 10.0.1.4
nic fw3 fwspoke 10.0.3.4
nic fwa fw 10.0.1.40
nic fwb fw 10.0.1.41
nic fwg fw 10.0.1.228
nic fwh fw 10.0.1.229
for n in fwa fwb fwg fwh; do
	must vrs nic set $n forwarding on
done
both ip route add default proto bgp table 2101 \
	nexthop via 10.0.1.40 dev fw nexthop via 10.0.1.41 dev fw
both ip route add 10.0.2.0/24 proto bgp table 2101 \
	nexthop via 10.0.1.228 dev fw nexthop via 10.0.1.229 dev fw

# fw_rows TYPE1 TYPE3: of who is where 10.0.1.0/24 and 10.0.3.0/24 are of these types
fw_rows() {
	echo "\
B Active 0.0.0.0/0 VirtualNetworkGateway 10.0.1.40,10.0.1.41
D Invalid 0.0.0.0/0 Internet
D Hidden 10.0.0.0/8 None
D Active 10.0.1.0/24 $1
B Active 10.0.2.0/24 VirtualNetworkGateway 10.0.1.228,10.0.1.229
D Active 10.0.3.0/24 $2
D Hidden 100.64.0.0/10 None
D Hidden 172.16.0.0/12 None
D Hidden 192.168.0.0/16 None"
}
check_rows "TV-13: a BGP default takes the reserved ranges too" fw1 \
	"$(fw_rows VnetLocal VNetPeering)"
check_rows "TV-13: in the spoke as well" fw3 "$(fw_rows VNetPeering VnetLocal)"
check_equal "TV-13: why" "default route is overridden" why fw1 10.0.0.0/8 D
for n in fw1 fw3; do
	check_ways TV-13 $n 8.8.8. "\
VirtualNetworkGateway 10.0.1.40 fwa
VirtualNetworkGateway 10.0.1.41 fwb"
	check_ways TV-13 $n 10.0.2. "\
VirtualNetworkGateway 10.0.1.228 fwg
VirtualNetworkGateway 10.0.1.229 fwh"
done
must vrs nic set fwa own-routes on
both vrs subnet set fw 10.0.1.40/32 route-table 2102
both ip route add default dev uplink table 2102
check_rows "TV-13: a user-defined default brings them back" fwa "\
U Active 0.0.0.0/0 Internet
B Invalid 0.0.0.0/0 VirtualNetworkGateway 10.0.1.40,10.0.1.41
D Invalid 0.0.0.0/0 Internet
D Active 10.0.0.0/8 None
D Active 10.0.1.0/24 VnetLocal
B Active 10.0.2.0/24 VirtualNetworkGateway 10.0.1.228,10.0.1.229
D Active 10.0.3.0/24 VNetPeering
D Active 100.64.0.0/10 None
D Active 172.16.0.0/12 None
D Active 192.168.0.0/16 None"
check_equal "TV-13: why" "user-defined route to the same prefix wins" \
	why fwa 0.0.0.0/0 B
check_lookups TV-13 \
	"fwa 8.8.8.8 = Internet" \
	"fwa 10.9.9.9 = None next hop type is None | Internet"
must vrs nic set fwa own-routes off
both ip route replace default via 10.0.1.40 dev fw proto bgp table 2101
both vrs subnet del fw 10.0.1.40/32
check_equal "an appliance does not get its own default route" \
	"this NIC is a next hop" why fwa 0.0.0.0/0 B
check_lookups "an appliance keeps its way out" \
	"fwa 8.8.8.8 = Internet" \
	"fwa 10.9.9.9 = None next hop type is None | Internet" \
	"fw1 8.8.8.8 = VirtualNetworkGateway 10.0.1.40 fwa" \
	"fw1 10.9.9.9 = VirtualNetworkGateway 10.0.1.40 fwa"
both ip route add 8.0.0.0/8 via 10.0.1.41 dev fw proto bgp table 2101
both ip route add 8.8.0.0/16 via 10.0.1.40 dev fw proto bgp table 2101
check_lookups "the next shorter BGP route counts instead" \
	"fwa 8.8.8.8 = VirtualNetworkGateway 10.0.1.41 fwb" \
	"fw1 8.8.8.8 = VirtualNetworkGateway 10.0.1.40 fwa"

#
# TV-15: propagation off
#

declare_vnet dmhub 2200 10.0.0.0/24
declare_vnet dmspoke 2300 10.0.1.0/24
peer dmspoke dmhub
add_platform 2300
nic dm1 dmspoke 10.0.1.4
nic dmh dmhub 10.0.0.4
nic dmnva dmhub 10.0.0.166
must vrs nic set dmnva forwarding on
both ip route add 10.77.0.0/16 via 10.0.0.166 dev dmhub proto bgp table 2301
both vrs subnet set dmspoke 10.0.1.0/24 route-table 2302 propagation off
both ip route add default via 10.0.0.166 dev dmhub table 2302
both ip route add 10.0.0.0/16 via 10.0.0.166 dev dmhub table 2302
check_rows "TV-15: propagation off" dm1 "\
U Active 0.0.0.0/0 VirtualAppliance 10.0.0.166
D Invalid 0.0.0.0/0 Internet
D Hidden 10.0.0.0/8 None
U Active 10.0.0.0/16 VirtualAppliance 10.0.0.166
D Active 10.0.0.0/24 VNetPeering
D Active 10.0.1.0/24 VnetLocal
B Hidden 10.77.0.0/16 VirtualNetworkGateway 10.0.0.166
D Hidden 100.64.0.0/10 None
D Hidden 172.16.0.0/12 None
D Hidden 192.168.0.0/16 None"
check_equal "TV-15: why" "the subnet's propagation leaves it out" \
	why dm1 10.77.0.0/16 B
check_lookups TV-15 \
	"dm1 10.0.2.4 = VirtualAppliance 10.0.0.166 dmnva" \
	"dm1 10.0.0.4 = VnetPeering 10.0.0.4 dmh"
both vrs subnet set dmspoke 10.0.1.0/24 propagation on
check_equal "TV-15: propagation on again" \
	"B Active 10.77.0.0/16 VirtualNetworkGateway 10.0.0.166" \
	eval "rows dm1 | grep 10.77"

#
# TV-23, TV-24: prefix length against class
#

declare_vnet tv 2400 10.0.0.0/16
add_platform 2400
nic t1 tv 10.0.0.4
nic tnva tv 10.0.1.4
nic tgw tv 10.0.1.5
nic tvm tv 10.0.2.9
must vrs nic set tnva forwarding on
must vrs nic set tgw forwarding on
both ip route add default via 10.0.1.4 dev tv proto bgp table 2401
both ip route add 192.168.10.0/24 via 10.0.1.5 dev tv proto bgp table 2401
both ip route add 10.0.2.0/24 via 10.0.1.4 dev tv proto bgp table 2401
check_rows TV-23 t1 "\
B Active 0.0.0.0/0 VirtualNetworkGateway 10.0.1.4
D Invalid 0.0.0.0/0 Internet
D Hidden 10.0.0.0/8 None
D Active 10.0.0.0/16 VnetLocal
B Hidden 10.0.2.0/24 VirtualNetworkGateway 10.0.1.4
D Hidden 100.64.0.0/10 None
D Hidden 172.16.0.0/12 None
D Hidden 192.168.0.0/16 None
B Active 192.168.10.0/24 VirtualNetworkGateway 10.0.1.5"
check_lookups TV-23 \
	"t1 192.168.10.5 = VirtualNetworkGateway 10.0.1.5 tgw" \
	"t1 192.168.11.5 = VirtualNetworkGateway 10.0.1.4 tnva"
check_lookups "TV-24, BGP inside the VNet" \
	"t1 10.0.2.9 = VnetLocal 10.0.2.9 tvm"
both vrs subnet set tv 10.0.0.0/24 route-table 2402
both ip route add 10.0.2.0/24 via 10.0.1.4 dev tv table 2402
check_equal "TV-24: rows" "U Active 10.0.2.0/24 VirtualAppliance 10.0.1.4
B Hidden 10.0.2.0/24 VirtualNetworkGateway 10.0.1.4" eval "rows t1 | grep -F 10.0.2.0"
check_lookups "TV-24, user-defined inside the VNet" \
	"t1 10.0.2.9 = VirtualAppliance 10.0.1.4 tnva" \
	"tvm 10.0.0.4 = VnetLocal 10.0.0.4 t1"

# An operator's own blackhole is no reserved range
must ip route replace blackhole 100.64.0.0/10 table 2400
check_equal "a blackhole by hand does not step aside" \
	"D Active 100.64.0.0/10 None" eval "rows t1 | grep 100.64"
check_equal "nor in a lookup" "None next hop type is None" lookup t1 100.64.1.1

#
# The host's addresses end a lookup, and are no rows
#

must ip address add 10.0.3.4/32 dev tv
must ip route add blackhole 10.0.3.4/32 table 2402
check_equal "the host's address" Host lookup t1 10.0.3.4
check_equal "the host's address is no row" "U Active 10.0.3.4/32 None" \
	eval "rows t1 | grep 10.0.3.4"
must ip address add 2001:db8:a00:304::1/64 dev tv nodad
check_equal "the host's address, IPv6" Host lookup t1 2001:db8:a00:304::1

ktap_finish
