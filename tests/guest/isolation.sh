#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two VNets with the same addresses, and the host, have nothing of each other.

. "${0%/*}/../lib.sh"
. "${0%/*}/../datapath.sh"

load_module
for vnet in blue green; do
	table=$([ $vnet = blue ] && echo 100 || echo 200)
	must ip link add $vnet type vnet vni "$table" table "$table" \
		bgp_table $((table + 1))
	must ip link set $vnet up
	must ip route add 10.1.0.0/16 dev $vnet table "$table"
	must ip route add fd00:1::/32 dev $vnet table "$table"
	must ip address add 10.1.1.4/32 dev $vnet
	add_vm ${vnet}1 $vnet 10.1.0.4/24 fd00:1::4/64
	add_vm ${vnet}2 $vnet 10.1.0.5/24 fd00:1::5/64
done
add_vm green3 green 10.1.0.6/24 fd00:1::6/64

# stayed ADDR: of a ping in blue, "1 0": its NIC has got it, and green nothing
stayed() {
	local green blue2

	green=$(counter green tx_packets)
	blue2=$(counter blue2 rx_packets)
	ping_from blue1 "$1" >/dev/null
	echo $(($(counter blue2 rx_packets) - blue2 > 0)) \
		$(($(counter green tx_packets) - green))
}
check "blue's own" ping_from blue1 10.1.0.5
check "blue's own in IPv6" ping_from blue1 fd00:1::5
check_equal "blue's packets stayed in blue" "1 0" stayed 10.1.0.5
check_equal "IPv6 ones, too" "1 0" stayed fd00:1::5
check "green's own" ping_from green1 10.1.0.5
check "green's own in IPv6" ping_from green1 fd00:1::5
check "bulk TCP in blue" tcp_transfer blue1 blue2 10.1.0.5
check "bulk TCP in IPv6" tcp_transfer blue1 blue2 fd00:1::5
check_counter "an address that only green has" blue1 drop_no_nic \
	send_from blue1 10.1.0.6
check_counter "an IPv6 address that only green has" blue1 drop_no_nic \
	send_from blue1 fd00:1::6

# Each VNet has its own listener at the same address
(bound -d blue listen 10.1.1.4 179 >/tmp/blue) &
(bound -d green listen 10.1.1.4 179 >/tmp/green) &
must wait_until 5 sh -c '[ "$(ss -Hltn "sport = 179" | wc -l)" = 2 ]'
echo green | in_vm green1 timeout "$(seconds 5)" \
	bound connect 10.1.1.4 179 >/dev/null
echo blue | in_vm blue1 timeout "$(seconds 5)" \
	bound connect 10.1.1.4 179 >/dev/null
wait
check_equal "blue's listener heard blue" blue cat /tmp/blue
check_equal "green's listener heard green" green cat /tmp/green

host_listens -d green 0.0.0.0
check_fail "a listener in green is not in blue" connect_from blue1 10.1.1.4
check "it is in green" connect_from green1 10.1.1.4

# A route to another VNet's NIC is no way in without a peering from there
must ip link add red type vnet vni 300 table 300 bgp_table 301
must ip link set red up
must ip route add 10.3.0.0/16 dev red table 300
must ip address add 10.3.1.4/32 dev red
add_vm red1 red 10.3.0.4/24
must ip route add 10.3.0.0/16 dev red table 100
must ip route add 10.1.0.0/16 dev blue table 300
must vrs peering set blue red
check_fail "a peering of one side" ping_from blue1 10.3.0.4
check_fail "nor to the host's address there" ping_from blue1 10.3.1.4
must vrs peering set red blue
check "of both sides" ping_from blue1 10.3.0.4
check "and to the host's address there" ping_from blue1 10.3.1.4
must vrs nic set blue2 forwarding on
must ip -n blue2 address add 10.1.0.4/32 dev lo
check_counter "not with another NIC's address, though it may forward" blue2 \
	drop_spoofed_addr send_from blue2 10.3.1.4 -I 10.1.0.4
check_fail "not for green, which has the same addresses" \
	ping_from green1 10.3.0.4

# The same in IPv6
must ip route add fd00:3::/32 dev red table 300
must vrs nic set red1 address 10.3.0.4 address fd00:3::4
must ip -n red1 address add fd00:3::4/64 dev eth0 nodad
must ip -n red1 route add default via fd00:3::1 dev eth0
must ip route add fd00:3::/32 dev red table 100
must ip route add fd00:1::/32 dev blue table 300
check "IPv6: a peering" ping_from blue1 fd00:3::4
check_fail "IPv6: not for green" ping_from green1 fd00:3::4
must ip address add fd00:3:0:1::4/128 dev red nodad
check "IPv6: to the host's address there" ping_from blue2 fd00:3:0:1::4
must ip -n blue2 address add fd00:1::4/128 dev lo nodad
check_counter "IPv6: not with another NIC's address" blue2 \
	drop_spoofed_addr send_from blue2 fd00:3:0:1::4 -I fd00:1::4
must vrs peering del red blue
check_fail "IPv6: not without the other side" ping_from blue1 fd00:3::4
ktap_finish
