#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# forward.sh in IPv6: what differs between the families.

. "${0%/*}/../lib.sh"
. "${0%/*}/../datapath.sh"

load_module
must ip link add blue type vnet vni 5001 table 100 bgp_table 101
must ip link set blue up
must ip route add fd00:10:1::/48 dev blue table 100
add_vm vm1 blue fd00:10:1::4/64
add_vm vm2 blue fd00:10:1::5/64
add_vm vm3 blue fd00:10:1:2::4/64
add_vm nva blue fd00:10:1:3::4/64
add_onprem

check "same subnet" ping_from vm1 fd00:10:1::5
check "another subnet" ping_from vm1 fd00:10:1:2::4
check_equal "no hop between NICs" 64 ttl_from vm1 fd00:10:1:2::4
check "a packet with hop limit 1 arrives" ping_from vm1 fd00:10:1:2::4 -t 1
check "bulk TCP in a subnet" tcp_transfer vm1 vm2 fd00:10:1::5
check "bulk TCP between subnets" tcp_transfer vm3 vm1 fd00:10:1::4
check "fragments" ping_from vm1 fd00:10:1::5 -s 20000
check_counter "an address nobody has" vm1 drop_no_nic \
	send_from vm1 fd00:10:1:7::7
check_counter "no route" vm1 drop_no_route send_from vm1 2001:db8::1

must ip route add fd00:250::/32 via fd00:10:1:3::4 dev blue table 101
check_counter "next hop without IP forwarding" vm1 drop_not_forwarding \
	send_from vm1 fd00:250::10
must vrs nic set nva forwarding on
check "through an NVA" ping_from vm1 fd00:250::10
check_equal "the NVA is the one hop" 63 ttl_from vm1 fd00:250::10
check_equal "a packet with hop limit 1 gets to it, and no further" fd00:10:1:3::4 \
	expires_at vm1 fd00:250::10
check "bulk TCP through an NVA" \
	tcp_transfer vm1 onprem fd00:250::10
must ip -6 nexthop add id 10 via fd00:10:1:3::4 dev blue
must ip nexthop add id 20 group 10
must ip route replace fd00:250::/32 nhid 20 table 101
check "through a next-hop group" ping_from vm1 fd00:250::10
must ip route add blackhole fd00:10:1:2::/64 table 102
must vrs subnet set blue fd00:10:1::/64 route-table 102
check_counter "next hop None" vm1 drop_next_hop_none \
	send_from vm1 fd00:10:1:2::4
check "another subnet is not affected" ping_from nva fd00:10:1:2::4

# A user-defined route
must ip route del blackhole fd00:10:1:2::/64 table 102
must ip route add fd00:10:1:2::/64 via fd00:10:1:3::4 dev blue table 102
check "detour through an NVA" ping_from vm1 fd00:10:1:2::4
check_counter "it passes the NVA" nva tx_packets ping_from vm1 fd00:10:1:2::4
must ip link set nva down
check_counter "a user-defined route stays: NVA's NIC is down" vm1 drop_nic_down \
	send_from vm1 fd00:10:1:2::4
check_counter "a BGP route does not" vm1 drop_no_route \
	send_from vm1 fd00:250::10
must ip link set nva up
check "with it, both lead on" wait_until 10 ping_from vm1 fd00:10:1:2::4
check "the other" wait_until 10 ping_from vm1 fd00:250::10
must ip route replace fd00:10:1:2::/64 via fd00:10:1:3::9 dev blue table 102
check_counter "a user-defined route stays: nobody there" vm1 \
	drop_next_hop_gone send_from vm1 fd00:10:1:2::4
must ip route replace fd00:10:1:2::/64 via fd00:10:1::4 dev blue table 102
check_counter "next hop is the sender" vm1 drop_same_nic \
	send_from vm1 fd00:10:1:2::4
must vrs subnet set blue fd00:10:1::/64 route-table 0
check "without the route table" ping_from vm1 fd00:10:1:2::4

# Peering
must ip link add red type vnet vni 5009 table 900 bgp_table 901
must ip link set red up
must ip route add fd00:9::/48 dev red table 900
add_vm vm9 red fd00:9::4/64
must ip route add fd00:9::/48 dev red table 100
must ip route add fd00:10:1::/48 dev blue table 900
check_counter "routes without a peering" vm1 drop_no_route \
	send_from vm1 fd00:9::4
must vrs peering set blue red
check_counter "one side of a peering" vm1 drop_no_route send_from vm1 fd00:9::4
must vrs peering set red blue
check "peering" ping_from vm1 fd00:9::4
check_equal "no hop in a peering" 64 ttl_from vm1 fd00:9::4
check_counter "nobody there" vm1 drop_no_nic send_from vm1 fd00:9::9
must ip route add fd00:250::/32 via fd00:10:1:3::4 dev blue onlink table 902
must vrs subnet set red fd00:9::/64 route-table 902
check_counter "forwarded traffic, which the peer does not take" nva \
	drop_forwarded send_from onprem fd00:9::4
must vrs peering set red blue forwarded-traffic on
check "forwarded traffic, which it takes" ping_from onprem fd00:9::4
check_equal "an NVA of the peer is the one hop" 63 ttl_from vm9 fd00:250::10
must vrs peering set blue red vnet-access off
check_counter "no access" vm1 drop_next_hop_none send_from vm1 fd00:9::4
must vrs peering set blue red vnet-access on
check "access again" ping_from vm1 fd00:9::4
must vrs peering del red blue
check_fail "peering undone" ping_from vm1 fd00:9::4
must vrs nic set vm9 forwarding on
must ip route add fd00:67::/48 via fd00:9::4 dev red table 101
check_counter "a next hop that the VNet does not reach" vm1 drop_unreachable \
	send_from vm1 fd00:67::1

must ip -n vm1 address add fd00:10:1::66/64 dev eth0 nodad
check_counter "source that is not the NIC's" vm1 drop_spoofed_addr \
	send_from vm1 fd00:10:1::5 -I fd00:10:1::66
must ip -n vm1 address del fd00:10:1::66/64 dev eth0
must ip link set vm2 mtu 1300
check_counter "larger than the receiver's MTU" vm1 drop_too_big \
	send_from vm1 fd00:10:1::5 -s 1400 -M "do"

# Sockets of the host
must ip address add fd00:10:1:1::4/128 dev blue nodad
check "an address of the host" ping_from vm1 fd00:10:1:1::4
check "the host pings a guest" ping -n -c 1 -W "$(seconds 2)" -I blue \
	fd00:10:1::4
ktap_finish
