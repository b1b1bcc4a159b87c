#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Packets follow the effective routes.
#
#	vm1 10.1.0.4 --+
#	vm2 10.1.0.5 --+-- blue --- nva 10.1.3.4 --- onprem 10.250.0.10
#	vm3 10.1.2.4 --+     |
#	                    red --- vm9 10.9.0.4

. "${0%/*}/../lib.sh"
. "${0%/*}/../datapath.sh"

load_module
must ip link add blue type vnet vni 5001 table 100 bgp_table 101
must ip link add red type vnet vni 5009 table 900 bgp_table 901
must ip link set blue up
must ip link set red up
must ip route add 10.1.0.0/16 dev blue table 100
must ip route add fd00:10:1::/48 dev blue table 100
must ip route add 10.9.0.0/16 dev red table 900
add_vm vm1 blue 10.1.0.4/24
add_vm vm2 blue 10.1.0.5/24
add_vm vm3 blue 10.1.2.4/24
add_vm nva blue 10.1.3.4/24
add_vm vm9 red 10.9.0.4/24
add_onprem

# Local NICs
check "same subnet" ping_from vm1 10.1.0.5
check "another subnet" ping_from vm1 10.1.2.4
check_equal "no hop between NICs" 64 ttl_from vm1 10.1.0.5
check_equal "no hop between subnets" 64 ttl_from vm1 10.1.2.4
check "a packet with TTL 1 arrives" ping_from vm1 10.1.2.4 -t 1
check "bulk TCP in a subnet" tcp_transfer vm1 vm2 10.1.0.5
check "bulk TCP between subnets" tcp_transfer vm3 vm1 10.1.0.4
check "the largest packet" ping_from vm1 10.1.0.5 -s 1472 -M "do"
check "fragments" ping_from vm1 10.1.0.5 -s 20000
check_counter "an address nobody has" vm1 drop_no_nic send_from vm1 10.1.7.7
check_counter "no route" vm1 drop_no_route send_from vm1 203.0.113.10

# A BGP route by hand
must ip route add 10.250.0.0/16 via 10.1.3.4 dev blue table 101
check_counter "next hop without IP forwarding" vm1 drop_not_forwarding \
	send_from vm1 10.250.0.10
must vrs nic set nva forwarding on
check "through an NVA" ping_from vm1 10.250.0.10
check_equal "the NVA is the one hop" 63 ttl_from vm1 10.250.0.10
check_equal "a packet with TTL 1 gets to it, and no further" 10.1.3.4 \
	expires_at vm1 10.250.0.10
check_counter "the NVA's NIC has passed it" nva tx_packets \
	ping_from vm1 10.250.0.10
check "bulk TCP through an NVA" tcp_transfer vm1 onprem 10.250.0.10
check "bulk TCP back" tcp_transfer onprem vm1 10.1.0.4

must ip nexthop add id 10 via 10.1.3.4 dev blue
must ip nexthop add id 20 group 10
must ip route replace 10.250.0.0/16 nhid 20 table 101
check "through a next-hop group" ping_from vm1 10.250.0.10
must ip nexthop replace id 10 via 10.1.3.9 dev blue
check_counter "next hop that nobody has: as if withdrawn" vm1 drop_no_route \
	send_from vm1 10.250.0.10
must ip nexthop replace id 10 via 10.1.3.4 dev blue
check "next hop back" ping_from vm1 10.250.0.10
must ip link set nva down
check_counter "NVA's NIC is down: as if withdrawn" vm1 drop_no_route \
	send_from vm1 10.250.0.10
must ip link set nva up
must ip -n nva link set eth0 down
check_counter "NVA's NIC has no carrier: as if withdrawn" vm1 drop_no_route \
	send_from vm1 10.250.0.10
must ip -n nva link set eth0 up
must ip -n nva route add default via 10.1.3.1 dev eth0
check "NVA's NIC is up again" wait_until 5 ping_from vm1 10.250.0.10
must ip route del 10.250.0.0/16 table 101
check_counter "route withdrawn" vm1 drop_no_route send_from vm1 10.250.0.10

# A user-defined route applies to the sender's subnet
must ip route add 10.1.2.0/24 via 10.1.3.4 dev blue table 102
must ip route add blackhole 10.1.0.5 table 102
must vrs subnet set blue 10.1.0.0/24 route-table 102
check "detour through an NVA" ping_from vm1 10.1.2.4
must ip link set nva down
check_counter "a user-defined route stays: NVA's NIC is down" vm1 drop_nic_down \
	send_from vm1 10.1.2.4
must ip link set nva up
must ip -n nva link set eth0 up
must ip -n nva route replace default via 10.1.3.1 dev eth0
must ip route replace 10.1.2.0/24 via 10.1.3.9 dev blue table 102
check_counter "a user-defined route stays: nobody there" vm1 \
	drop_next_hop_gone send_from vm1 10.1.2.4
must ip route replace 10.1.2.0/24 via 10.1.3.4 dev blue table 102
check "and leads on" wait_until 5 ping_from vm1 10.1.2.4
check_counter "it passes the NVA" nva tx_packets ping_from vm1 10.1.2.4
check_counter "next hop None" vm1 drop_next_hop_none send_from vm1 10.1.0.5
must ip route replace 10.1.2.0/24 via 10.1.0.4 dev blue table 102
check_counter "next hop is the sender" vm1 drop_same_nic send_from vm1 10.1.2.4
must vrs subnet set blue 10.1.0.0/24 route-table 0
check "without the route table" ping_from vm1 10.1.0.5

# Peering
must ip route add 10.9.0.0/16 dev red table 100
must ip route add 10.1.0.0/16 dev blue table 900
check_counter "routes without a peering" vm1 drop_no_route \
	send_from vm1 10.9.0.4
must vrs peering set blue red
check_counter "one side of a peering" vm1 drop_no_route send_from vm1 10.9.0.4
must vrs peering set red blue
check "peering" ping_from vm1 10.9.0.4
check_equal "no hop in a peering" 64 ttl_from vm1 10.9.0.4
check_counter "nobody there" vm1 drop_no_nic send_from vm1 10.9.0.9
must ip route add 10.250.0.0/16 via 10.1.3.4 dev blue onlink table 902
must vrs subnet set red 10.9.0.0/24 route-table 902
check_counter "forwarded traffic, which the peer does not take" nva \
	drop_forwarded send_from onprem 10.9.0.4
must vrs peering set red blue forwarded-traffic on
check "forwarded traffic, which it takes" ping_from onprem 10.9.0.4
must vrs peering set blue red vnet-access off
check_counter "no access" vm1 drop_next_hop_none send_from vm1 10.9.0.4
must vrs peering set blue red vnet-access on
check "access again" ping_from vm1 10.9.0.4
must vrs peering del red blue
check_fail "peering undone" ping_from vm1 10.9.0.4

# Sizes
must ip link set vm2 mtu 1400
check_counter "larger than the receiver's MTU" vm1 drop_too_big \
	send_from vm1 10.1.0.5 -s 1400 -M "do"
must ip -n vm2 link set eth0 mtu 1400
check "TCP to a smaller MTU" tcp_transfer vm1 vm2 10.1.0.5

# The last of a NIC's addresses
must vrs nic set vm2 address 10.1.0.6
check_counter "an address given up" vm1 drop_no_nic send_from vm1 10.1.0.5
check_counter "and not sent from" vm2 drop_spoofed_addr send_from vm2 10.1.0.4
must ip -n vm2 address add 10.1.0.6/24 dev eth0
check "an address gained" ping_from vm1 10.1.0.6

# When its sender wants a packet to be delivered is nothing to others' queues.
no_ports() { in_vm "$1" awk '/^Udp: [0-9]/ { print $3 }' /proc/net/snmp; }
arrives() { [ "$(no_ports "$1")" -gt "$2" ]; }
at_once="a packet that is meant for later arrives at once"
if [[ $(uname -r) = *-vnet* ]]; then
	skip "$at_once" "our own kernels have no fq, which would wait"
else
	must tc qdisc add dev vm2 root fq
	before=$(no_ports vm2)
	must in_vm vm1 later 8 10.1.0.6 9
	check "$at_once" wait_until 4 arrives vm2 "$before"
	must tc qdisc del dev vm2 root
fi

# A NIC with many of them
must vrs nic set vm3 $(printf 'address 10.1.2.%d ' 4 {100..163}) \
	$(printf 'address fd00:10:1:2::%d ' {100..163})
for i in 100 163; do
	must ip -n vm3 address add 10.1.2.$i/24 dev eth0
	check "one of many addresses, 10.1.2.$i" ping_from vm1 10.1.2.$i
	check "which may be sent from" ping_from vm3 10.1.0.4 -I 10.1.2.$i
done
must ip -n vm3 address add 10.1.2.99/24 dev eth0
check_counter "and no other" vm3 drop_spoofed_addr \
	send_from vm3 10.1.0.4 -I 10.1.2.99
must ip -n vm3 address add 10.1.0.6/32 dev eth0
check_counter "not another NIC's either" vm3 drop_spoofed_addr \
	send_from vm3 10.1.0.4 -I 10.1.0.6
must ip route add 10.251.0.0/16 via 10.1.2.163 dev blue table 101
check_counter "nor is it a router for others" vm1 drop_not_forwarding \
	send_from vm1 10.251.0.1
ktap_finish
