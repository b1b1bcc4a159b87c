#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sockets of the host that are bound to a VNet, as the route server's are, and
# those that are not.

. "${0%/*}/../lib.sh"
. "${0%/*}/../datapath.sh"

load_module
must ip link add blue type vnet vni 5001 table 100 bgp_table 101
must ip link set blue up
must ip route add 10.1.0.0/16 dev blue table 100
must ip route add fd00:10:1::/48 dev blue table 100
must ip address add 10.1.1.4/32 dev blue
must ip address add 10.1.1.5/32 dev blue
must ip address add fd00:10:1:1::4/128 dev blue nodad
add_vm vm1 blue 10.1.0.4/24 fd00:10:1::4/64
add_vm vm2 blue 10.1.0.5/24 fd00:10:1::5/64

check "a guest pings the host" ping_from vm1 10.1.1.4
check "and its other address" ping_from vm1 10.1.1.5
check "the host pings a guest" ping -n -c 1 -W "$(seconds 2)" -I blue 10.1.0.4
check "the host pings itself" ping -n -c 1 -W "$(seconds 2)" -I blue 10.1.1.4
check "the host pings itself in IPv6" \
	ping -n -c 1 -W "$(seconds 2)" -I blue fd00:10:1:1::4

# A guest connects
host_listens -d blue 0.0.0.0
check "a guest connects" connect_from vm1 10.1.1.4
host_listens -d blue -t 1 0.0.0.0
check "with TTL 1, as BGP does" connect_from vm1 -t 1 10.1.1.5
host_listens -d blue -t 1 ::
check "in IPv6" connect_from vm1 -t 1 fd00:10:1:1::4
host_listens -d blue 10.1.1.4
check "to one of the addresses" connect_from vm1 10.1.1.4
host_listens -d blue 10.1.1.4
check_fail "not to the other" connect_from vm1 10.1.1.5

# The host connects
vm_listens vm1 10.1.0.4
check "the host connects" connect_from host -d blue 10.1.0.4
vm_listens vm1 10.1.0.4
check "with TTL 1" connect_from host -d blue -t 1 10.1.0.4
vm_listens vm1 fd00:10:1::4
check "in IPv6, with hop limit 1" connect_from host -d blue -t 1 fd00:10:1::4
vm_listens vm1 10.1.0.4
check_fail "a socket that is not bound does not" connect_from host 10.1.0.4

# Sockets that are not bound are not there for guests
for accept in 0 1; do
	must sysctl -qw net.ipv4.tcp_l3mdev_accept=$accept
	case $accept in
	0) verdict=check_fail text="does not reach" ;;
	1) verdict=check text="with tcp_l3mdev_accept reaches" ;;
	esac
	host_listens 0.0.0.0
	$verdict "a guest $text a socket that is not bound" \
		connect_from vm1 10.1.1.4
	host_listens ::
	$verdict "a guest $text one in IPv6" connect_from vm1 fd00:10:1:1::4
done
must sysctl -qw net.ipv4.tcp_l3mdev_accept=0

# Forged packets do not reach the host, not even from a NIC that may forward
must vrs nic set vm2 forwarding on
must ip -n vm2 address add 10.1.0.4/32 dev lo
must ip -n vm2 address add 10.1.1.5/32 dev lo
must ip -n vm2 address add 203.0.113.9/32 dev lo
check_counter "another NIC's address" vm2 drop_spoofed_addr \
	send_from vm2 10.1.1.4 -I 10.1.0.4
check_counter "the host's address" vm2 drop_spoofed_addr \
	send_from vm2 10.1.1.4 -I 10.1.1.5
# The host would answer it by its own routes.
check_counter "an address that is not in the VNet" vm2 drop_spoofed_addr \
	send_from vm2 10.1.1.4 -I 203.0.113.9

# Across a peering
must ip link add red type vnet vni 5002 table 200 bgp_table 201
must ip link set red up
for space in 10.2.0.0/16 fd00:10:2::/48; do
	must ip route add $space dev red table 200
	must ip route add $space dev red table 100
done
for space in 10.1.0.0/16 fd00:10:1::/48; do
	must ip route add $space dev blue table 200
done
add_vm vm3 red 10.2.0.4/24 fd00:10:2::4/64
host_listens -d blue 0.0.0.0
check_fail "a guest elsewhere does not connect" connect_from vm3 10.1.1.4
must ip -n vm2 address add 10.2.0.4/32 dev lo
check_counter "nor is it answered in place of another" vm2 drop_spoofed_addr \
	send_from vm2 10.1.1.4 -I 10.2.0.4
must vrs peering set blue red
must vrs peering set red blue
host_listens -d blue 0.0.0.0
check "a guest in a peered VNet connects" connect_from vm3 10.1.1.4
host_listens -d blue -t 1 0.0.0.0
check "with TTL 1" connect_from vm3 -t 1 10.1.1.5
host_listens -d blue ::
check "in IPv6" connect_from vm3 fd00:10:1:1::4
host_listens -d red 0.0.0.0
check_fail "not to a socket of its own VNet" connect_from vm3 10.1.1.4
vm_listens vm3 10.2.0.4
check "the host connects to it" connect_from host -d blue 10.2.0.4
vm_listens vm3 fd00:10:2::4
check "in IPv6" connect_from host -d blue fd00:10:2::4
too_big() {
	ping -n -c 1 -W "$(seconds 2)" -M "do" -s 1400 -I blue "$1" |
		grep -oE "mtu ?= ?[0-9]+" | grep -o "[0-9]*"
}
must ip link set vm3 mtu 1300
check_equal "the host is told what is too big for it" 1300 too_big 10.2.0.4
check_equal "in IPv6" 1300 too_big fd00:10:2::4
must ip link set vm3 mtu 1500
must vrs nic set vm3 forwarding on
must ip -n vm3 address add 10.1.0.4/32 dev lo
check_counter "not with a foreign address" vm3 drop_forwarded \
	send_from vm3 10.1.1.4 -I 10.1.0.4
must vrs peering set blue red forwarded-traffic on
check_counter "nor, if such may come, with that of a NIC there" vm3 \
	drop_spoofed_addr send_from vm3 10.1.1.4 -I 10.1.0.4

# The other addresses of the host are not the VNet's
must ip address add 192.0.2.1/32 dev lo
check_counter "the host's own address outside" vm1 drop_no_route \
	send_from vm1 192.0.2.1
host_listens -d blue 0.0.0.0
must ip address del 10.1.1.5/32 dev blue
check_counter "an address taken away" vm1 drop_no_nic connect_from vm1 10.1.1.5
must ip address add 10.1.1.5/32 dev blue
check "and given back" connect_from vm1 10.1.1.5
ktap_finish
