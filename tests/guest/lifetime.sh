#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# VNets, NICs, next hops, namespaces and the module go while they are in use:
# by packets, by routes, by readers of every kind. What counts is what the
# debug kernel has to say about it.
#
#	vm1 10.1.0.4 --+
#	vm2 10.1.0.5 --+-- blue ---- red -- vm9 10.9.0.4
#	nva 10.1.2.4 --+

. "${0%/*}/../lib.sh"
. "${0%/*}/../control.sh"

dir=$(mktemp -d)
defer rm -r "$dir"
readers=()

# A VNet of each colour, with peering, BGP and user-defined routes
build() {
	must ip link add blue type vnet vni 100 table 100 bgp_table 101
	must ip link add red type vnet vni 900 table 900 bgp_table 901
	must ip link set blue up
	must ip link set red up
	must ip route add 10.1.0.0/16 dev blue table 100
	must ip -6 route add fd00:1::/48 dev blue table 100
	must ip route add 10.9.0.0/16 dev red table 900
	must ip route add 10.9.0.0/16 dev red table 100
	must ip route add 10.1.0.0/16 dev blue table 900
	peer_vnets blue red forwarded-traffic on
	must ip nexthop replace id 1 via 10.1.2.4 dev blue
	must ip nexthop replace id 10 group 1
	must ip route add 10.250.0.0/16 nhid 10 table 101
	must ip -6 route add fd00:250::/48 via fd00:1::2:4 dev blue table 101
	must vrs subnet set blue 10.1.0.0/24 route-table 102
	must ip route replace 10.251.0.0/16 via 10.1.2.4 dev blue table 102
	enslave vm1 blue 10.1.0.4
	enslave vm2 blue 10.1.0.5
	enslave nva blue 10.1.2.4
	must vrs nic set nva forwarding on
	enslave vm9 red 10.9.0.4
}

# Packets of all kinds, until the guests go
traffic() {
	local name=$1 dst
	shift

	for dst; do
		in_vm "$name" ping -qi 0.05 "$dst" &
	done >/dev/null 2>&1
}

# under_traffic COMMAND...: passes if COMMAND does, and each NIC that is still there
# has received from its guest meanwhile, and the reader has read.
under_traffic() {
	local nic times
	local -A were

	for nic in vm1 vm2 vm9; do
		were[$nic]=$(received $nic)
	done
	times=$(times_read)
	"$@" || return
	for nic in vm1 vm2 vm9; do
		[ ! -e /sys/class/net/$nic ] ||
			wait_until 5 more "${were[$nic]}" received $nic ||
			{ echo "nothing from $nic"; return 1; }
	done
	wait_until 30 more "$times" times_read || { echo "nothing is read"; return 1; }
}

# received NIC: packets by the device's own count, which outlives its VNet
received() {
	[ ! -e "/sys/class/net/$1" ] || cat "/sys/class/net/$1/statistics/rx_packets"
}

# more THAN COMMAND...
more() {
	[ "$("${@:2}")" -gt "$1" ]
}

# Whatever can be read, again and again: a line each time, "all" if it could be
read_all() {
	local round

	while :; do
		round=all
		vrs show vnets || round=some
		vrs show nics || round=some
		vrs show subnets || round=some
		vrs show effective-routes vm1 --all || round=some
		vrs show next-hop vm1 10.250.1.1 || round=some
		cat /sys/kernel/debug/vnet/*/* /sys/class/net/*/vnet*/* || round=some
		ip -d link show type vnet || round=some
		echo $round >>"$dir/read"
		sleep 0.2
	done >/dev/null 2>&1 &
	readers+=($!)
}

times_read() {
	wc -l <"$dir/read"
}

stop_readers() {
	[ ${#readers[@]} -gt 0 ] || return 0
	kill "${readers[@]}"
	wait "${readers[@]}" 2>/dev/null
	readers=()
}

gone() {
	! ip link show type vnet | grep -q .
}

load_module
add_guest vm1 02:00:00:00:00:01 10.1.0.4/24
add_guest vm2 02:00:00:00:00:02 10.1.0.5/24
add_guest nva 02:00:00:00:00:03 10.1.2.4/24
add_guest vm9 02:00:00:00:00:09 10.9.0.4/24
build
traffic vm1 10.1.0.5 10.1.2.4 10.250.0.1 10.251.0.1 10.9.0.4 8.8.8.8
traffic vm2 10.1.0.4 10.250.0.2
traffic vm9 10.1.0.4
defer stop_readers
read_all

check "packets flow" in_vm vm1 ping -c 2 -W 2 10.1.0.5
check "between VNets too" in_vm vm1 ping -c 2 -W 2 10.9.0.4
check "all can be read" wait_until 60 grep -qx all "$dir/read"

check "routes, next hops, addresses under traffic" under_traffic eval '
	for i in {1..5}; do
		ip nexthop replace id 1 via 10.1.0.5 dev blue &&
		ip route replace 10.251.0.0/16 via 10.1.0.5 dev blue table 102 &&
		vrs nic set nva address 10.1.2.5 address 10.1.2.4 &&
		ip nexthop replace id 1 via 10.1.2.4 dev blue &&
		ip route replace 10.251.0.0/16 via 10.1.2.4 dev blue table 102 &&
		vrs nic set nva address 10.1.2.4 || exit 1
	done'
check "subnets and tables under traffic" under_traffic eval '
	for i in {1..5}; do
		vrs subnet set blue 10.1.0.0/24 route-table 103 &&
		vrs subnet del blue 10.1.0.0/24 &&
		vrs subnet set blue 10.1.0.0/24 route-table 102 || exit 1
	done'
check "a NIC leaves and comes back under traffic" under_traffic eval '
	for i in {1..3}; do
		ip link set vm2 nomaster &&
		ip link set vm2 master blue &&
		vrs nic set vm2 mac 02:00:00:00:00:02 address 10.1.0.5 || exit 1
	done'
check "next-hop objects go under traffic" under_traffic eval '
	for i in {1..5}; do
		ip nexthop del id 10 &&
		ip nexthop add id 10 group 1 &&
		ip route add 10.250.0.0/16 nhid 10 table 101 || exit 1
	done'
check "a VNet goes down and up under traffic" under_traffic eval '
	ip link set blue down && ip link set blue up &&
	ip route add 10.1.0.0/16 dev blue table 100'
check "packets flow again" in_vm vm1 ping -c 2 -W 2 10.1.0.5
check "a peered VNet is deleted under traffic" under_traffic ip link del red
check_equal "with the routes that led there" "" \
	ip route show 10.9.0.0/16 table 100
check "a VNet is deleted under traffic" under_traffic ip link del blue
check "and both are built again" build
check "a guest with its NIC goes under traffic" under_traffic del_netns vm2
check "which the VNet notices" wait_until 5 eval \
	"[ \$(cat /sys/class/net/blue/vnet/num_nics) = 2 ]"
# Not while a reader has a file or a dump of it open.
check "the module goes under traffic" under_traffic wait_until 30 rmmod vnet
check "with its VNets" gone
check_equal "and its NICs are nobody's" 0 \
	eval "ip -o link show vm1 | grep -c master || true"
stop_readers
must insmod "$VNET_KO"

#
# A whole hypervisor goes: the namespace with VNets and NICs in it
#

hypervisor() {
	must ip netns add host
	must ip -n host link set lo up
	must ip -n host link add blue type vnet vni 1 table 100 bgp_table 101
	must ip -n host link set blue up
	must ip -n host route add 10.1.0.0/16 dev blue table 100
	must ip -n host link add n1 type veth peer name eth0 netns vm1
	must ip -n host link set n1 master blue up
	must ip netns exec host vrs nic set n1 mac 02:00:00:00:00:01 \
		address 10.1.0.4
	must ip -n host nexthop add id 1 via 10.1.0.4 dev blue
	must ip -n host route add 10.250.0.0/16 nhid 1 table 101
	must ip netns exec host vrs subnet set blue 10.1.0.0/24 route-table 102
	must ip -n host route add blackhole 10.7.0.0/16 table 102
}
ip -n vm1 link del eth0 2>/dev/null
hypervisor
check "a namespace goes with its VNets and NICs" ip netns del host
check "its NIC's other end goes too" wait_until 10 eval \
	"! ip -n vm1 link show eth0 2>/dev/null"
hypervisor
check "the module goes while a namespace has VNets" rmmod vnet
check "which has none then" eval \
	"! ip -n host link show type vnet | grep -q ."
must insmod "$VNET_KO"
check "the module comes back in all namespaces" \
	ip -n host link add blue type vnet vni 1 table 100 bgp_table 101
must ip netns del host
check "load and unload, again and again" eval '
	rmmod vnet
	for i in {1..5}; do
		insmod '"$VNET_KO"' && rmmod vnet || exit 1
	done'
must insmod "$VNET_KO"
ktap_finish
