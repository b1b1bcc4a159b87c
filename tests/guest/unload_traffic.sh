#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# NICs, VNets and the module go while packets pass, also through a tunnel: nothing stays behind, and
# the kernel has nothing to say about it.

. "${0%/*}/../lib.sh"
. "${0%/*}/../datapath.sh"

# A slow kernel finds by other means what a fast one finds by repetition.
rounds=$((TIME_SCALE > 1 ? 1 : 3))
changes=$((TIME_SCALE > 1 ? 5 : 20))

build() {
	must ip link add blue type vnet vni 5001 table 100 bgp_table 101
	must ip link set blue up
	must ip route add 10.1.0.0/16 dev blue table 100
	must ip route add fd00:10:1::/48 dev blue table 100
	must ip address add 10.1.1.4/32 dev blue
	enslave vm1 blue 10.1.0.4 fd00:10:1::4
	enslave vm2 blue 10.1.0.5 fd00:10:1::5
	enslave nva blue 10.1.3.4 fd00:10:1:3::4
	must vrs nic set nva forwarding on
	must ip nexthop add id 10 via 10.1.3.4 dev blue
	must ip nexthop add id 20 group 10
	must ip route add 10.250.0.0/16 nhid 20 table 101
	must ip route add blackhole 10.251.0.0/16 table 102
	must vrs subnet set blue 10.1.0.0/24 route-table 102
	must vrs tunnel set vxlan0
	must vrs endpoint set blue 10.1.0.9 host 192.0.2.2 mac 02:00:00:00:00:09
}

# Another host, plain Linux, where an address of the VNet is
add_far() {
	add_netns far
	must ip link add underlay type veth peer name eth0 netns far
	must ip address add 192.0.2.1/24 dev underlay
	must ip link set underlay up
	must ip -n far address add 192.0.2.2/24 dev eth0
	must ip -n far link set eth0 up
	must ip -n far link add vxlan5001 address 02:00:00:00:00:09 type vxlan \
		id 5001 dstport 4789 local 192.0.2.2 remote 192.0.2.1
	must ip -n far link set vxlan5001 up
	must ip -n far address add 10.1.0.9/16 dev vxlan5001
	must ip -n far neigh add 10.1.0.4 lladdr 12:34:56:78:9a:bc dev vxlan5001
	must ip link add vxlan0 type vxlan external nolearning dstport 4789
	must ip link set vxlan0 up
}

# flood VM ADDR: packets without end, answered or not
flood() {
	in_vm "$1" ping -n -q -i "0.0$TIME_SCALE" "$2" >/dev/null 2>&1 &
	defer kill $!
}

# sent VM PROTOCOL COUNTER: of the guest's stack
sent() {
	in_vm "$1" awk -v protocol="$2:" -v counter="$3" '
		$1 == protocol && n { print $n }
		$1 == protocol { for (i = 2; i <= NF; i++) if ($i == counter) n = i }
	' /proc/net/snmp
}

# In a VNet that stands, packets pass.
stands() {
	wait_until 5 ping_from vm1 10.1.0.5 &&
		wait_until 5 ping_from vm1 fd00:10:1::5 &&
		wait_until 5 ping_from vm1 10.1.1.4 &&
		wait_until 5 ping_from vm1 10.1.0.9 &&
		ping_from vm1 10.250.0.1
}

# repeat COMMAND...: on a new VNet each time
repeat() {
	local i

	for ((i = 0; i < rounds; i++)); do
		build
		"$@" || return
	done
}

remove_vnet() {
	must ip link del blue
	must ip route flush table 102
}

release_nics() {
	must ip link set vm2 nomaster
	must ip link set nva nomaster
	must ip link set vm1 nomaster
	remove_vnet
}

remove_module() {
	must rmmod vnet
	must ip route flush table 102
	must insmod "$VNET_KO"
}

# A NIC that comes and goes with its guest
remove_nic() {
	add_guest vm3 02:00:00:00:00:04 10.1.0.6/24
	enslave vm3 blue 10.1.0.6 fd00:10:1::6
	in_vm vm3 ping -n -q -i "0.0$TIME_SCALE" 10.1.0.5 >/dev/null 2>&1 &
	wait_until 5 counter_above vm3 rx_packets 5 &&
		wait_until 5 counter_above vm3 tx_packets 5 || return
	must ip link del vm3
	kill $!
	del_netns vm3
	[ "$(cat /sys/class/net/blue/vnet/num_nics)" = 3 ] || return
	remove_vnet
}

change_addresses() {
	local i

	for ((i = 0; i < changes; i++)); do
		must vrs nic set vm2 address 10.1.0.7
		must vrs nic set vm2 address 10.1.0.5 address fd00:10:1::5
	done
	stands && remove_vnet
}

change_routes() {
	local i

	for ((i = 0; i < changes; i++)); do
		must ip nexthop replace id 10 via 10.1.3.9 dev blue
		must ip nexthop replace id 10 via 10.1.3.4 dev blue
		must ip route replace blackhole 10.250.0.0/16 table 101
		must ip route replace 10.250.0.0/16 nhid 20 table 101
	done
	stands && remove_vnet
}

load_module
# The guests come first and stay; they know nothing of what happens to the VNet.
add_guest vm1 02:00:00:00:00:01 10.1.0.4/24 fd00:10:1::4/64
add_guest vm2 02:00:00:00:00:02 10.1.0.5/24 fd00:10:1::5/64
add_guest nva 02:00:00:00:00:03 10.1.3.4/24
must ip -n nva address add 10.250.0.1/32 dev lo
must in_vm nva sysctl -qw net.ipv4.ip_forward=1
add_far
for addr in 10.1.0.5 fd00:10:1::5 10.1.1.4 10.1.0.9 10.250.0.1 10.251.0.1; do
	flood vm1 $addr
done
flood far 10.1.0.4
flood vm1 10.1.0.6
flood vm2 10.1.0.4
flood vm2 fd00:10:1::4
storm 0 vm1 10.1.0.5 fd00:10:1::5 10.1.1.4 10.1.0.9 10.250.0.1 10.251.0.1
storm 1 vm2 10.1.0.4 fd00:10:1::4

build
check "packets pass" stands
remove_vnet
check "VNets go" repeat remove_vnet
check "NICs leave" repeat release_nics
check "NICs go" repeat remove_nic
check "NICs change addresses" repeat change_addresses
check "routes change" repeat change_routes
check "the module goes" repeat remove_module
build
check "packets pass in the end" stands
check "thousands of packets came in bursts" \
	test "$(sent vm1 Udp OutDatagrams)" -gt 5000
check "the module goes for good" rmmod vnet
check_fail "nothing is left in sysfs" test -e /sys/module/vnet
check_fail "nor in debugfs" test -e /sys/kernel/debug/vnet
check_fail "nor of the device" ip link show blue
ktap_finish
