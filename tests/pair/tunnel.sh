#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A VNet over two machines on one cable (eth0). Runs on both; SIDE says on which.
#
#	vm1 10.1.0.4 --- blue, left 192.0.2.1 === right 192.0.2.2, blue --- vm2 10.1.0.5
#	                                                         +--- nva 10.1.3.4 --- onprem

. "${0%/*}/../lib.sh"
. "${0%/*}/../datapath.sh"

# The machines start when they do: how long one waits for the other
PATIENCE=200

# add_side N: what both sides are alike in
add_side() {
	load_module
	must ip link set eth0 up
	must ip address add "192.0.2.$1/24" dev eth0
	must ip address add "2001:db8::$1/64" dev eth0 nodad
	must ip link add blue type vnet vni 5001 table 100 bgp_table 101
	must ip link set blue up
	must ip route add 10.1.0.0/16 dev blue table 100
	must ip route add fd00:10:1::/48 dev blue table 100
	add_tunnel
}

# add_tunnel [OPTION...]
add_tunnel() {
	must ip link add vxlan0 type vxlan external nolearning dstport 4789 "$@"
	must ip link set vxlan0 up
	must vrs tunnel set vxlan0
}

# wait_for_message MESSAGE: until the other side says that it is so far.
wait_for_message() {
	timeout "$(seconds $PATIENCE)" nc -l 7000 </dev/null | grep -qx "$1"
}

# tell ADDR MESSAGE
tell() {
	wait_until $PATIENCE sh -c "echo $2 | nc -N -w 5 $1 7000"
}

#
# The right side answers.
#

add_nva() {
	add_vm nva blue 10.1.3.4/24
	must vrs nic set nva forwarding on
	add_onprem
}

serve() {
	in_vm "$1" iperf3 -s >/dev/null &
	disown
	must wait_until 20 listening "$1" 5201
}

right() {
	add_side 2
	add_vm vm2 blue 10.1.0.5/24 fd00:10:1::5/64
	add_nva
	serve vm2
	serve onprem
	must vrs endpoint set blue 10.1.0.4 host 192.0.2.1
	must vrs endpoint set blue fd00:10:1::4 host 2001:db8::1
	check "the left has come" wait_for_message ready
	check "a NIC on the left" wait_until 20 ping_from vm2 10.1.0.4
	check "over IPv6" wait_until 20 ping_from vm2 fd00:10:1::4
	check "the left is done" wait_for_message stranger
	check "what a host sends that is not known is refused" \
		wait_until 20 counter_above vxlan0 drop_unknown_host 0
	check "the left may end" tell 192.0.2.1 seen
}

#
# The left side asks.
#

# bulk ADDR: iperf3 from vm1
bulk() {
	in_vm vm1 timeout "$(seconds 60)" \
		iperf3 -c "$1" -n $((20 / ${TIME_SCALE:-1}))M
}

# segment ADDR: the size of TCP's segments to it, by the path's MTU that bulk has found
segment() {
	in_vm vm1 timeout "$(seconds 60)" iperf3 -J -c "$1" -n 1M |
		jq .start.tcp_mss_default
}

# become_stranger: send from an address that the right does not know.
become_stranger() {
	must ip address add 192.0.2.9/24 dev eth0
	must ip link del vxlan0
	add_tunnel local 192.0.2.9
}

left() {
	add_side 1
	add_vm vm1 blue 10.1.0.4/24 fd00:10:1::4/64
	must vrs endpoint set blue 10.1.0.5 host 192.0.2.2
	must vrs endpoint set blue fd00:10:1::5 host 2001:db8::2
	must vrs endpoint set blue 10.1.3.4 host 192.0.2.2 \
		mac 02:00:00:00:00:02
	must ip route add 10.250.0.0/16 via 10.1.3.4 dev blue table 101

	check "the right has come" tell 192.0.2.2 ready
	check "a NIC on the right" wait_until 20 ping_from vm1 10.1.0.5
	check "over IPv6" wait_until 20 ping_from vm1 fd00:10:1::5
	check_equal "no hop between" 64 ttl_from vm1 10.1.0.5
	check "through an NVA on the right" wait_until 20 ping_from vm1 10.250.0.10
	check "bulk TCP" bulk 10.1.0.5
	check "bulk TCP over IPv6" bulk fd00:10:1::5
	check "bulk TCP through the NVA" bulk 10.250.0.10
	check_equal "in full segments: 1500 less 50 for VXLAN and 52" 1398 \
		segment 10.250.0.10
	become_stranger
	check_fail "a host that is not known gets no answer" \
		ping_from vm1 10.1.0.5
	check "the right may look" tell 192.0.2.2 stranger
	check "it has seen" wait_for_message seen
}

"$SIDE"
ktap_finish
