#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Effective routes as published for Azure: rows, and lookups for each. TV-nn
# is the number of the published case.

. "${0%/*}/../lib.sh"
. "${0%/*}/../control.sh"

load_module
add_uplink

# check_lookups NAME LOOKUP...: LOOKUP is "NIC ADDRESS = ANSWER"
check_lookups() {
	local name=$1 line nic addr
	shift

	for line; do
		read -r nic addr _ <<<"$line"
		check_equal "$name: $nic to $addr" "${line#*= }" \
			lookup "$nic" "$addr"
	done
}

#
# TV-01, TV-02, TV-03: user-defined routes
#

add_vnet vnet1 1000 10.0.0.0/16
add_vnet vnet2 1100 10.1.0.0/16 10.2.0.0/16
must ip route add 10.1.0.0/16 dev vnet2 table 1000
must ip route add 10.2.0.0/16 dev vnet2 table 1000
must ip route add 10.0.0.0/16 dev vnet1 table 1100
add_reserved 1000
add_nic s1 vnet1 10.0.0.4
add_nic s1b vnet1 10.0.0.9
add_nic s2 vnet1 10.0.5.5
add_nic nva vnet1 10.0.100.4
add_nic gw vnet1 10.0.200.4
add_nic peer vnet2 10.1.2.3
must vrs nic set nva forwarding on
must vrs nic set gw forwarding on
must ip route add 10.10.0.0/16 via 10.0.200.4 dev vnet1 table 1001
must vrs subnet set vnet1 10.0.0.0/24 route-table 1002
must ip route add 10.0.0.0/16 via 10.0.100.4 dev vnet1 table 1002
must ip route add 10.0.0.0/24 dev vnet1 table 1002
must ip route add blackhole 10.1.0.0/16 table 1002
must ip route add blackhole 10.2.0.0/16 table 1002
must ip route add 10.10.0.0/16 via 10.0.100.4 dev vnet1 table 1002
must ip route add default via 10.0.100.4 dev vnet1 table 1002

check_equal "TV-01: rows of Subnet1" "\
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
D Hidden 192.168.0.0/16 None" rows s1
check_equal "TV-01: rows of Subnet2" "\
D Active 0.0.0.0/0 Internet
D Active 10.0.0.0/8 None
D Active 10.0.0.0/16 VnetLocal
D Active 10.1.0.0/16 VNetPeering
D Active 10.2.0.0/16 VNetPeering
B Active 10.10.0.0/16 VirtualNetworkGateway 10.0.200.4
D Active 100.64.0.0/10 None
D Active 172.16.0.0/12 None
D Active 192.168.0.0/16 None" rows s2
check_lookups TV-01 \
	"s1 10.0.0.9 = VnetLocal 10.0.0.9 s1b" \
	"s1 10.0.5.5 = VirtualAppliance 10.0.100.4 nva" \
	"s1 10.1.2.3 = None next hop type is None" \
	"s1 10.2.2.3 = None next hop type is None" \
	"s1 10.10.1.1 = VirtualAppliance 10.0.100.4 nva" \
	"s1 8.8.8.8 = VirtualAppliance 10.0.100.4 nva" \
	"s1 192.168.1.1 = VirtualAppliance 10.0.100.4 nva" \
	"s2 10.0.0.9 = VnetLocal 10.0.0.9 s1b" \
	"s2 10.1.2.3 = VNetPeering 10.1.2.3 peer" \
	"s2 10.10.1.1 = VirtualNetworkGateway 10.0.200.4 gw" \
	"s2 8.8.8.8 = Internet" \
	"s2 192.168.1.1 = None next hop type is None" \
	"s2 10.55.0.1 = None next hop type is None"

#
# TV-04, TV-05: reserved ranges
#

add_vnet fresh 1200 10.0.0.0/16
add_reserved 1200
add_nic f1 fresh 10.0.0.4
add_nic f2 fresh 10.0.9.9
check_equal "TV-04: rows of a fresh VNet" "\
D Active 0.0.0.0/0 Internet
D Active 10.0.0.0/8 None
D Active 10.0.0.0/16 VnetLocal
D Active 100.64.0.0/10 None
D Active 172.16.0.0/12 None
D Active 192.168.0.0/16 None" rows f1
check_lookups TV-04 \
	"f1 10.0.9.9 = VnetLocal 10.0.9.9 f2" \
	"f1 10.1.0.1 = None next hop type is None" \
	"f1 1.1.1.1 = Internet"

add_vnet wide 1300 192.168.0.0/15
add_reserved 1300
must ip route replace 10.0.0.0/8 dev wide table 1300
add_nic w1 wide 10.5.0.4
add_nic w2 wide 192.168.3.3
check_equal "TV-05: a space equal to or around a reserved range" "\
D Active 0.0.0.0/0 Internet
D Active 10.0.0.0/8 VnetLocal
D Active 100.64.0.0/10 None
D Active 172.16.0.0/12 None
D Active 192.168.0.0/15 VnetLocal
D Hidden 192.168.0.0/16 None" rows w1
check_equal "TV-05: why" "inside an address space" why w1 192.168.0.0/16 D
check_lookups TV-05 \
	"w1 192.168.3.3 = VnetLocal 192.168.3.3 w2" \
	"w1 172.16.0.1 = None next hop type is None"

#
# TV-06, TV-07, TV-08: a route server in a hub
#

add_vnet hub 1400 10.0.0.0/16
add_vnet spoke1 1500 10.1.0.0/16
add_vnet spoke2 1600 10.2.0.0/16
for table in 1400 1500 1600; do
	add_reserved $table
done
must ip route add 10.1.0.0/16 dev spoke1 table 1400
must ip route add 10.2.0.0/16 dev spoke2 table 1400
must ip route add 10.0.0.0/16 dev hub table 1500
must ip route add 10.0.0.0/16 dev hub table 1600
add_nic h1 hub 10.0.7.4
add_nic nva1 hub 10.0.1.4
add_nic nva2 hub 10.0.1.5
add_nic p1 spoke1 10.1.0.4
add_nic p2 spoke2 10.2.0.4
must vrs nic set nva1 forwarding on
must vrs nic set nva2 forwarding on
must ip nexthop add id 1 via 10.0.1.4 dev hub
must ip nexthop add id 2 via 10.0.1.5 dev hub
must ip nexthop add id 12 group 1
for prefix in 10.50.0.0/16 10.60.0.0/16 10.70.0.0/16; do
	for table in 1401 1501 1601; do
		must ip route add $prefix nhid 12 proto bgp table $table
	done
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
check_equal "TV-06: rows in the hub" \
	"$(hub_rows VnetLocal VNetPeering VNetPeering 10.0.1.4 10.0.1.4)" rows h1
check_equal "TV-06: rows in a spoke" \
	"$(hub_rows VNetPeering VnetLocal "" 10.0.1.4 10.0.1.4)" rows p1
check_lookups TV-06 \
	"p1 10.50.1.1 = VirtualNetworkGateway 10.0.1.4 nva1" \
	"p1 10.2.0.4 = None next hop type is None" \
	"h1 10.2.0.4 = VNetPeering 10.2.0.4 p2"

must ip nexthop replace id 12 group 1/2
check_equal "TV-07: two appliances" \
	"$(hub_rows VNetPeering VnetLocal "" 10.0.1.4,10.0.1.5 10.0.1.4,10.0.1.5)" \
	rows p1
must ip nexthop add id 13 group 1
for table in 1401 1501 1601; do
	must ip route replace 10.60.0.0/16 nhid 13 proto bgp table $table
done
check_equal "TV-08: a longer path for one prefix" \
	"$(hub_rows VNetPeering VnetLocal "" 10.0.1.4,10.0.1.5 10.0.1.4)" rows p1
must ip nexthop replace id 12 group 2
must ip nexthop replace id 13 group 2
check_equal "TV-08: the first appliance stops" \
	"$(hub_rows VNetPeering VnetLocal "" 10.0.1.5 10.0.1.5)" rows p1
check_lookups TV-08 \
	"p1 10.60.1.1 = VirtualNetworkGateway 10.0.1.5 nva2"

#
# TV-09: propagation with a default route to None
#

add_vnet ips 1700 172.16.0.0/16
add_reserved 1700
add_nic i1 ips 172.16.9.4
add_nic i4 ips 172.16.1.4
add_nic i5 ips 172.16.1.5
must ip route add 172.22.2.0/24 proto bgp table 1701 \
	nexthop via 172.16.1.4 dev ips nexthop via 172.16.1.5 dev ips
must vrs subnet set ips 172.16.9.0/24 route-table 1702
must ip route add blackhole default table 1702
check_equal "TV-09: reserved ranges stay when the default is None" "\
U Active 0.0.0.0/0 None
D Invalid 0.0.0.0/0 Internet
D Active 10.0.0.0/8 None
D Active 100.64.0.0/10 None
D Active 172.16.0.0/12 None
D Active 172.16.0.0/16 VnetLocal
B Active 172.22.2.0/24 VirtualNetworkGateway 172.16.1.4,172.16.1.5
D Active 192.168.0.0/16 None" rows i1

#
# TV-11: BGP routes inside spaces of peered VNets
#

add_vnet dual0 1800 10.0.0.0/24 10.0.1.0/24
add_vnet dual1 1900 10.101.0.0/16
must ip route add 10.101.0.0/16 dev dual1 table 1800
add_nic d0 dual0 10.0.0.9
add_nic csr1 dual1 10.101.2.10
must vrs nic set csr1 forwarding on
for prefix in 10.5.1.0/24 10.5.2.0/24 10.101.1.0/24 10.101.0.0/16 10.100.0.0/15; do
	must ip route add $prefix via 10.101.2.10 dev dual1 proto bgp table 1801
done
check_equal "TV-11: routes into peered VNets are hidden" "\
D Active 10.0.0.0/24 VnetLocal
D Active 10.0.1.0/24 VnetLocal
B Active 10.5.1.0/24 VirtualNetworkGateway 10.101.2.10
B Active 10.5.2.0/24 VirtualNetworkGateway 10.101.2.10
B Active 10.100.0.0/15 VirtualNetworkGateway 10.101.2.10
B Hidden 10.101.0.0/16 VirtualNetworkGateway 10.101.2.10
D Active 10.101.0.0/16 VNetPeering
B Hidden 10.101.1.0/24 VirtualNetworkGateway 10.101.2.10" rows d0
check_equal "TV-11: why" "inside an address space of this or a peered VNet" \
	why d0 10.101.1.0/24 B
check_lookups TV-11 \
	"d0 10.5.1.1 = VirtualNetworkGateway 10.101.2.10 csr1" \
	"d0 10.101.2.10 = VNetPeering 10.101.2.10 csr1" \
	"d0 10.101.1.1 = VNetPeering no NIC owns the destination address" \
	"d0 10.100.1.1 = VirtualNetworkGateway 10.101.2.10 csr1"
must ip route del 10.101.0.0/16 dev dual1 table 1800
check_equal "without peering its routes count" "\
B Active 10.101.0.0/16 VirtualNetworkGateway 10.101.2.10
B Active 10.101.1.0/24 VirtualNetworkGateway 10.101.2.10" \
	eval "rows d0 | grep 10.101.[01].0"
check_lookups "without peering its next hops do not" \
	"d0 10.5.1.1 = VirtualNetworkGateway 10.101.2.10 csr1 no NIC owns the next hop's address"

#
# TV-13: default routes
#

add_vnet fw 2100 10.0.1.0/24
add_reserved 2100
add_nic fw1 fw 10.0.1.4
add_nic fwa fw 10.0.1.40
add_nic fwb fw 10.0.1.41
must vrs nic set fwa forwarding on
must vrs nic set fwb forwarding on
must ip route add default proto bgp table 2101 \
	nexthop via 10.0.1.40 dev fw nexthop via 10.0.1.41 dev fw
check_equal "TV-13: a BGP default takes the reserved ranges too" "\
B Active 0.0.0.0/0 VirtualNetworkGateway 10.0.1.40,10.0.1.41
D Invalid 0.0.0.0/0 Internet
D Hidden 10.0.0.0/8 None
D Active 10.0.1.0/24 VnetLocal
D Hidden 100.64.0.0/10 None
D Hidden 172.16.0.0/12 None
D Hidden 192.168.0.0/16 None" rows fw1
check_equal "TV-13: why" "default route is overridden" why fw1 10.0.0.0/8 D
must vrs subnet set fw 10.0.1.40/32 route-table 2102
must ip route add default dev uplink table 2102
check_equal "TV-13: a user-defined default brings them back" "\
U Active 0.0.0.0/0 Internet
B Invalid 0.0.0.0/0 VirtualNetworkGateway 10.0.1.40,10.0.1.41
D Invalid 0.0.0.0/0 Internet
D Active 10.0.0.0/8 None
D Active 10.0.1.0/24 VnetLocal
D Active 100.64.0.0/10 None
D Active 172.16.0.0/12 None
D Active 192.168.0.0/16 None" rows fwa
check_equal "TV-13: why" "user-defined route to the same prefix wins" \
	why fwa 0.0.0.0/0 B
check_lookups TV-13 \
	"fwa 8.8.8.8 = Internet" \
	"fwa 10.9.9.9 = None next hop type is None"
must ip route replace default via 10.0.1.40 dev fw proto bgp table 2101
must vrs subnet del fw 10.0.1.40/32
check_equal "an appliance does not get its own default route" \
	"next hop is this NIC" why fwa 0.0.0.0/0 B
check_lookups "an appliance keeps its way out" \
	"fwa 8.8.8.8 = Internet" \
	"fwa 10.9.9.9 = None next hop type is None" \
	"fw1 8.8.8.8 = VirtualNetworkGateway 10.0.1.40 fwa" \
	"fw1 10.9.9.9 = VirtualNetworkGateway 10.0.1.40 fwa"
must ip route add 8.0.0.0/8 via 10.0.1.41 dev fw proto bgp table 2101
must ip route add 8.8.0.0/16 via 10.0.1.40 dev fw proto bgp table 2101
check_lookups "the next shorter BGP route counts instead" \
	"fwa 8.8.8.8 = VirtualNetworkGateway 10.0.1.41 fwb" \
	"fw1 8.8.8.8 = VirtualNetworkGateway 10.0.1.40 fwa"

#
# TV-15: propagation off
#

add_vnet dmhub 2200 10.0.0.0/24
add_vnet dmspoke 2300 10.0.1.0/24
must ip route add 10.0.0.0/24 dev dmhub table 2300
must ip route add 10.0.1.0/24 dev dmspoke table 2200
add_reserved 2300
add_nic dm1 dmspoke 10.0.1.4
add_nic dmh dmhub 10.0.0.4
add_nic dmnva dmhub 10.0.0.166
must vrs nic set dmnva forwarding on
must ip route add 10.77.0.0/16 via 10.0.0.166 dev dmhub proto bgp table 2301
must vrs subnet set dmspoke 10.0.1.0/24 route-table 2302 propagation off
must ip route add default via 10.0.0.166 dev dmhub table 2302
must ip route add 10.0.0.0/16 via 10.0.0.166 dev dmhub table 2302
check_equal "TV-15: propagation off" "\
U Active 0.0.0.0/0 VirtualAppliance 10.0.0.166
D Invalid 0.0.0.0/0 Internet
D Hidden 10.0.0.0/8 None
U Active 10.0.0.0/16 VirtualAppliance 10.0.0.166
D Active 10.0.0.0/24 VNetPeering
D Active 10.0.1.0/24 VnetLocal
B Hidden 10.77.0.0/16 VirtualNetworkGateway 10.0.0.166
D Hidden 100.64.0.0/10 None
D Hidden 172.16.0.0/12 None
D Hidden 192.168.0.0/16 None" rows dm1
check_equal "TV-15: why" "propagation is off in the subnet" \
	why dm1 10.77.0.0/16 B
check_lookups TV-15 \
	"dm1 10.0.2.4 = VirtualAppliance 10.0.0.166 dmnva" \
	"dm1 10.0.0.4 = VNetPeering 10.0.0.4 dmh"
must vrs subnet set dmspoke 10.0.1.0/24 propagation on
check_equal "TV-15: propagation on again" \
	"B Active 10.77.0.0/16 VirtualNetworkGateway 10.0.0.166" \
	eval "rows dm1 | grep 10.77"

#
# TV-23, TV-24: prefix length against class
#

add_vnet tv 2400 10.0.0.0/16
add_reserved 2400
add_nic t1 tv 10.0.0.4
add_nic tnva tv 10.0.1.4
add_nic tgw tv 10.0.1.5
add_nic tvm tv 10.0.2.9
must vrs nic set tnva forwarding on
must vrs nic set tgw forwarding on
must ip route add default via 10.0.1.4 dev tv proto bgp table 2401
must ip route add 192.168.10.0/24 via 10.0.1.5 dev tv proto bgp table 2401
must ip route add 10.0.2.0/24 via 10.0.1.4 dev tv proto bgp table 2401
check_lookups TV-23 \
	"t1 192.168.10.5 = VirtualNetworkGateway 10.0.1.5 tgw" \
	"t1 192.168.11.5 = VirtualNetworkGateway 10.0.1.4 tnva"
check_lookups "TV-24, BGP inside the VNet" \
	"t1 10.0.2.9 = VnetLocal 10.0.2.9 tvm"
must vrs subnet set tv 10.0.0.0/24 route-table 2402
must ip route add 10.0.2.0/24 via 10.0.1.4 dev tv table 2402
check_lookups "TV-24, user-defined inside the VNet" \
	"t1 10.0.2.9 = VirtualAppliance 10.0.1.4 tnva" \
	"tvm 10.0.0.4 = VnetLocal 10.0.0.4 t1"

# An operator's own blackhole is no reserved range
must ip route replace blackhole 100.64.0.0/10 table 2400
check_equal "a blackhole by hand does not step aside" \
	"D Active 100.64.0.0/10 None" eval "rows t1 | grep 100.64"
check_lookups "a blackhole by hand does not step aside" \
	"t1 100.64.1.1 = None next hop type is None"

#
# IPv6: the same rules
#

add_vnet six 2500
must ip -6 route add fd00:10::/48 dev six table 2500
must ip -6 route add default dev uplink table 2500
add_nic x1 six fd00:10:0:1::4
add_nic x2 six fd00:10:0:1::5
add_nic xnva six fd00:10:0:2::4
must vrs nic set xnva forwarding on
must ip -6 route add fd00:99::/48 via fd00:10:0:2::4 dev six proto bgp table 2501
must ip -6 route add fd00:10:0:1::/64 via fd00:10:0:2::4 dev six proto bgp \
	table 2501
must vrs subnet set six fd00:10:0:1::/64 route-table 2502
must ip -6 route add blackhole fd00:99:0:1::/64 table 2502
check_equal "IPv6: rows" "\
D Active ::/0 Internet
D Active fd00:10::/48 VnetLocal
B Hidden fd00:10:0:1::/64 VirtualNetworkGateway fd00:10:0:2::4
B Active fd00:99::/48 VirtualNetworkGateway fd00:10:0:2::4
U Active fd00:99:0:1::/64 None" rows x1 6
check_lookups IPv6 \
	"x1 fd00:10:0:1::5 = VnetLocal fd00:10:0:1::5 x2" \
	"x1 fd00:99:0:2::1 = VirtualNetworkGateway fd00:10:0:2::4 xnva" \
	"x1 fd00:99:0:1::1 = None next hop type is None" \
	"xnva fd00:99:0:1::1 = Internet" \
	"x1 2001:db8::1 = Internet"
must ip -6 route add default via fd00:10:0:2::4 dev six proto bgp table 2501
check_equal "IPv6: a BGP default" "\
B Active ::/0 VirtualNetworkGateway fd00:10:0:2::4
D Invalid ::/0 Internet" eval "rows x1 6 | grep ::/0"
must ip -6 route add default via fd00:10:0:1::5 dev six table 2502
check_equal "IPv6: a user-defined default" "\
U Active ::/0 VirtualAppliance fd00:10:0:1::5
B Invalid ::/0 VirtualNetworkGateway fd00:10:0:2::4
D Invalid ::/0 Internet" eval "rows x1 6 | grep ::/0"

#
# The host's addresses end a lookup, and are no rows
#

must ip address add 10.0.3.4/32 dev tv
must ip route add blackhole 10.0.3.4/32 table 2402
check_lookups "the host's address" "t1 10.0.3.4 = Host"
check_equal "the host's address is no row" "U Active 10.0.3.4/32 None" \
	eval "rows t1 | grep 10.0.3.4"
must ip address add fd00:10:0:3::4/64 dev six nodad
check_lookups "the host's address, IPv6" "x1 fd00:10:0:3::4 = Host"

ktap_finish
