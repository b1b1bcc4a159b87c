#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# No memory for what is configured: groups of next hops, NICs, subnets, VNets,
# peerings, tunnels, namespaces. Each allocation of a change fails in turn.

. "${0%/*}/../lib.sh"
. "${0%/*}/../control.sh"
. "${0%/*}/../faults.sh"

load_module
add_vnet blue 100 10.1.0.0/16
must ip -6 route add fd00:1::/48 dev blue table 100
add_nic n1 blue 10.1.0.4
add_nic nva blue 10.1.2.4
add_nic nvb blue 10.1.2.5 fd00:1::2:5
add_nic nvd blue 10.1.2.8

# A group whose buckets the kernel hands over one by one. It can be refused before
# that, and not then: packets have its old next hops, its new ones or none.
members() {
	vrs show effective-routes n1 -j | jq -r '[.value[] | select(
		.addressPrefix[0] == "10.67.0.0/16").nextHops[].address] | sort | join(" ")'
}
members_are() {
	[ "$(members)" = "$1" ]
}
buckets() {
	ip nexthop bucket show id 20 | grep -c offload
}
must ip nexthop add id 1 via 10.1.2.5 dev blue
must ip nexthop add id 2 via 10.1.2.4 dev blue
must ip nexthop add id 3 via 10.1.2.6 dev blue
refused "a resilient group" buckets 8 \
	ip nexthop add id 20 group 1/2 type resilient buckets 8 idle_timer 0
must ip route add 10.67.0.0/16 nhid 20 table 101
check_equal "its members" "10.1.2.4 10.1.2.5" members
wrong=
for ((n = 1; n < 100; n++)); do
	fail_nth $n ip nexthop replace id 20 group 1/3 type resilient
	[ "$left" = 0 ] || break
	for addr in $(members); do
		[[ $addr == 10.1.2.[456] ]] || wrong+=" $n: $addr;"
	done
	must ip nexthop replace id 20 group 1/2 type resilient
	wait_until 5 members_are "10.1.2.4 10.1.2.5" ||
		wrong+=" $n: back to $(members);"
done
echo "# a resilient group replaced: $((n - 1)) allocations"
check_equal "a resilient group replaced: nobody else gets its packets" "" echo "$wrong"
check "there were allocations, and an end" test $n -gt 1 -a $n -lt 100
check "then it is done" wait_until 5 members_are "10.1.2.5 10.1.2.6"

# Of a next hop that is replaced the group is told likewise, and can refuse it.
chosen() {
	local port

	for port in {1..8}; do
		vrs why n1 10.67.0.1 protocol udp source-port $port -j |
			jq -r '.nextHops[] | select(.chosen).address'
	done | xargs
}
must ip nexthop del id 20
must ip nexthop add id 20 group 1/2 type resilient buckets 8 idle_timer 0
must ip route add 10.67.0.0/16 nhid 20 table 101
before=$(chosen)
undo="ip nexthop replace id 1 via 10.1.2.5 dev blue"
refused "a member of a resilient group" chosen "${before//10.1.2.5/10.1.2.8}" \
	ip nexthop replace id 1 via 10.1.2.8 dev blue
undo=
must ip route del 10.67.0.0/16 table 101
must ip nexthop del id 20

# What is set by generic netlink, and devices
listed() {
	vrs show subnets blue -j | jq -r --arg p "$1" \
		'.[] | select(.addressPrefix == $p).routeTable'
}
master() {
	ip -j link show "$1" | jq -r .[].master
}
peers() {
	vrs show peerings blue -j | jq -r .[].remoteVirtualNetwork
}
refused "addresses of a NIC" "cat /sys/class/net/nvb/vnet_nic/num_addrs" 3 \
	vrs nic set nvb address 10.1.2.5 address 10.1.2.7 address fd00:1::2:5
refused "a subnet" "listed 10.1.7.0/24" null \
	vrs subnet set blue 10.1.7.0/24 propagation off
refused "a subnet and its table" "listed 10.1.8.0/24" 108 \
	vrs subnet set blue 10.1.8.0/24 route-table 108
device nvc
refused "a NIC" "master nvc" blue ip link set nvc master blue
refused "a VNet" "cat /sys/class/net/red/vnet/vni" 300 \
	ip link add red type vnet vni 300 table 300 bgp_table 301
must ip link set red up
sweep "a route into another VNet" 10.2.0.0/16 "D Hidden 10.2.0.0/16 VNetPeering" \
	ip route add 10.2.0.0/16 dev red table 100
must ip route del 10.2.0.0/16 table 100
refused "a side of a peering" peers red vrs peering set blue red
must ip link del red
refused "a network namespace" "ip netns list" other ip netns add other
must ip netns del other
refused "an answer" "lookup n1 10.1.2.4" "VnetLocal 10.1.2.4 nva" \
	vrs show next-hop n1 10.1.2.4

# A tunnel is the way to all other hosts or to none.
tunnel() {
	vrs show tunnel -j | jq -r .name
}
endpoint() {
	vrs show endpoints blue -j | jq -r '.[] | select(.address == "10.1.4.9").host'
}
must ip link add vxlan0 type vxlan external nolearning dstport 4789
must ip link set vxlan0 up
must vrs endpoint set blue 10.1.4.1 host 192.0.2.1 mac 02:00:00:00:99:01
must vrs endpoint set blue 10.1.4.2 host 192.0.2.2
must vrs endpoint set blue fd00:1::4:3 host 2001:db8::3
refused "a tunnel" tunnel vxlan0 vrs tunnel set vxlan0
refused "a tunnel again" tunnel vxlan0 vrs tunnel set vxlan0
refused "an address at another host" endpoint 192.0.2.9 \
	vrs endpoint set blue 10.1.4.9 host 192.0.2.9
must ip link del vxlan0

ktap_finish
