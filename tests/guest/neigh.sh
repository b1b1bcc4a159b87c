#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The virtual router in guests' neighbour tables, as their own stacks see it.

. "${0%/*}/../lib.sh"
. "${0%/*}/../datapath.sh"

router=12:34:56:78:9a:bc

load_module
must ip link add blue type vnet vni 5001 table 100 bgp_table 101
must ip link set blue up
must ip route add 10.1.0.0/16 dev blue table 100
must ip route add fd00:10:1::/48 dev blue table 100
add_vm vm1 blue 10.1.0.4/24 fd00:10:1::4/64
add_vm vm2 blue 10.1.0.5/24 fd00:10:1::5/64

# lladdr ADDR: the MAC vm1 has for it
lladdr() {
	ip -n vm1 -j neigh show to "$1" | jq -r '.[].lladdr'
}

# duplicate ADDR/PLEN: does vm1 find that somebody else has it?
duplicate() {
	ip -n vm1 address add "$1" dev eth0
	wait_until 5 sh -c "! ip -n vm1 address show tentative | grep ${1%/*}"
	ip -n vm1 address show dadfailed | grep "${1%/*}"
}

for addr in 10.1.0.1 10.1.0.5 10.1.0.77; do
	ping_from vm1 $addr >/dev/null
	check_equal "router's MAC for $addr" $router lladdr $addr
done
for addr in fd00:10:1::1 fd00:10:1::5 fd00:10:1::77; do
	ping_from vm1 $addr >/dev/null
	check_equal "router's MAC for $addr" $router lladdr $addr
done
ping_from vm1 fe80::1%eth0 >/dev/null
check_equal "router's MAC for fe80::1" $router lladdr fe80::1

# Others may solicit meanwhile, and be the one that there is no memory for.
forgetful() {
	local i

	for i in 1 2 3; do
		ip -n vm1 neigh flush dev eth0
		echo 1 >/sys/kernel/debug/vnet/fault/alloc_nth
		ping_from vm1 fd00:10:1::5
	done
	echo 0 >/sys/kernel/debug/vnet/fault/alloc_nth
}
check_counter "without memory for the answer" vm1 drop_no_memory forgetful
check "then there is some" ping_from vm1 fd00:10:1::5

check_counter "duplicate address detection is not answered" vm1 \
	drop_neighbour duplicate fd00:10:1::88/64
check_fail "so an address of its own is no duplicate" \
	duplicate fd00:10:1::89/64
must vrs nic set vm1 address 10.1.0.4 address fd00:10:1::4 address fd00:10:1::99
check_fail "nor one that it is known to have" duplicate fd00:10:1::99/64
check "an address of another NIC is" duplicate fd00:10:1::5/64

# What is in another VNet shows only once both sides want it.
must ip link add red type vnet vni 5002 table 200 bgp_table 201
must ip link set red up
must ip route add fd00:20::/48 dev red table 200
must ip route add fd00:20::/48 dev red table 100
must ip route add fd00:10:1::/48 dev blue table 200
add_vm vm3 red fd00:20::5/64
check_fail "nor one in a VNet that is not peered" duplicate fd00:20::5/64
must ip -n vm1 address del fd00:20::5/64 dev eth0
peer_vnets blue red
check "one in a peered VNet is" duplicate fd00:20::5/64

# A guest's link-local address is its own business
usable_linklocal() {
	ip -n vm1 -6 address show dev eth0 scope link |
		grep -v -e tentative -e dadfailed | grep fe80
}
check "link-local address is usable" usable_linklocal

# A guest cannot talk itself into another guest's table
must in_vm vm2 sysctl -qw net.ipv4.conf.eth0.arp_accept=1
ping_from vm2 10.1.0.4 >/dev/null
check_counter "gratuitous ARP goes nowhere" vm1 drop_neighbour sh -c '
	ip netns exec vm1 sysctl -qw net.ipv4.conf.eth0.arp_notify=1
	ip -n vm1 link set eth0 down
	ip -n vm1 link set eth0 up
	sleep 2'
check_equal "vm2 has the router's MAC" $router \
	sh -c 'ip -n vm2 -j neigh show to 10.1.0.4 | jq -r ".[].lladdr"'
ktap_finish
