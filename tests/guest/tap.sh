#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Guests on tap devices, held by a program in user space, beside one on a veth.
#
#	offload 10.1.0.4 --- tap, with offloads -----+
#	plain   10.1.0.5 --- tap, without -----------+-- blue
#	vm3     10.1.0.6 --- veth -------------------+
#	nva     10.1.3.4 --- tap, with offloads -----+     onprem 10.250.0.10

. "${0%/*}/../lib.sh"
. "${0%/*}/../datapath.sh"

# add_tap_vm NAME MAC OPTION ADDR/PLEN...: as add_vm, on a tap.
add_tap_vm() {
	local name=$1 mac=$2 option=$3
	shift 3

	vm_mac[$name]=$mac
	add_netns "$name"
	# shellcheck disable=SC2086 # no option is no word
	tapguest $option "$name" "$name" "$mac" &
	holder=$!
	defer kill_holder $holder
	wait_until 5 ip -n "$name" link show eth0 || bail_out "no tap for $name"
	wait_until 5 sh -c "ip -n $name link show eth0 | grep -q $mac"
	enslave "$name" blue "$@"
	address_guest "$name" "$@"
}

kill_holder() {
	kill "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	return 0
}

load_module
must modprobe tun
must ip link add blue type vnet vni 5001 table 100 bgp_table 101
must ip link set blue up
must ip route add 10.1.0.0/16 dev blue table 100
must ip route add fd00:10:1::/48 dev blue table 100
must ip address add 10.1.1.4/32 dev blue
add_tap_vm offload 02:00:00:00:01:04 -o 10.1.0.4/24 fd00:10:1::4/64
add_tap_vm nva 02:00:00:00:02:04 -o 10.1.3.4/24
add_tap_vm plain 02:00:00:00:01:05 "" 10.1.0.5/24 fd00:10:1::5/64
plain_holder=$holder
add_vm vm3 blue 10.1.0.6/24 fd00:10:1::6/64
add_vm vm4 blue 10.1.0.8/24 fd00:10:1::8/64

check "tap to tap" ping_from offload 10.1.0.5
check "tap to veth" ping_from plain 10.1.0.6
check "veth to tap" ping_from vm3 10.1.0.4
check "tap to tap in IPv6" ping_from offload fd00:10:1::5
check "veth to tap in IPv6" ping_from vm3 fd00:10:1::4
check_equal "no hop" 64 ttl_from offload 10.1.0.5
check "fragments" ping_from offload 10.1.0.5 -s 20000
check "the host reaches a tap" ping -n -c 1 -W "$(seconds 2)" -I blue 10.1.0.4
check "a tap reaches the host" ping_from offload 10.1.1.4

for from in offload plain vm3; do
	for to in offload:10.1.0.4 plain:10.1.0.5 vm3:10.1.0.6; do
		[ $from = "${to%:*}" ] ||
			check "bulk TCP from $from to ${to%:*}" \
				tcp_transfer $from "${to%:*}" "${to#*:}"
	done
done
for from in offload plain vm3; do
	for to in offload:::4 plain:::5 vm3:::6; do
		[ $from = "${to%%:*}" ] ||
			check "bulk TCP in IPv6 from $from to ${to%%:*}" \
				tcp_transfer $from "${to%%:*}" "fd00:10:1${to#*:}"
	done
done

# received VM WHAT: of its own device's counters
received() {
	in_vm "$1" cat "/sys/class/net/eth0/statistics/rx_$2"
}
# frame_size FROM TO ADDR: bytes of an average frame that a bulk transfer comes in
frame_size() {
	local bytes packets

	bytes=$(received "$2" bytes)
	packets=$(received "$2" packets)
	tcp_transfer "$@" || return
	echo $((($(received "$2" bytes) - bytes) /
		($(received "$2" packets) - packets)))
}
# whole FROM TO ADDR: are frames larger than the MTU? How large they get depends on
# how fast the guest is.
whole() {
	local size

	size=$(frame_size "$@") && echo "average frame $size" && [ "$size" -gt 1514 ]
}
check "GSO packets pass whole from tap to veth" whole offload vm3 10.1.0.6
check "and from veth to tap" whole vm3 offload 10.1.0.4
check "and from tap to tap" whole offload nva 10.1.3.4
check "and from veth to veth" whole vm3 vm4 10.1.0.8
check "IPv6 from tap to veth" whole offload vm3 fd00:10:1::6
check "and from veth to tap" whole vm3 offload fd00:10:1::4
check "and from veth to veth" whole vm3 vm4 fd00:10:1::8
# cut FROM TO ADDR: all arrives, in frames that are not
cut() {
	local size

	size=$(frame_size "$@") && echo "average frame $size" && [ "$size" -le 1514 ]
}
check "a tap that takes none gets segments" cut vm3 plain 10.1.0.5
check "IPv6 ones, too" cut vm3 plain fd00:10:1::5

# An NVA on a tap
add_onprem
must vrs nic set nva forwarding on
must ip route add 10.250.0.0/16 via 10.1.3.4 dev blue table 101
check "through an NVA on a tap" ping_from plain 10.250.0.10
check "bulk TCP through it" tcp_transfer offload onprem 10.250.0.10
check "and back" tcp_transfer onprem vm3 10.1.0.6

# The sender's rules, and a smaller MTU
must ip -n offload address add 10.1.0.77/24 dev eth0
check_counter "a foreign source" offload drop_spoofed_addr \
	send_from offload 10.1.0.6 -I 10.1.0.77
must ip link set vm3 mtu 1300
check_counter "too big for the receiver" offload drop_too_big \
	send_from offload 10.1.0.6 -s 1400 -M "do"
check "TCP to a smaller MTU" tcp_transfer offload vm3 10.1.0.6

# What a guest leaves to the host, and nobody can do
must ip tuntap add dev raw mode tap vnet_hdr
defer ip link del raw
must ip link set raw address 02:00:00:00:00:77 master blue up
must vrs nic set raw mac 02:00:00:00:00:77 address 10.1.0.7
check_counter "segments of a senseless header" raw drop_offload \
	forge -g 100 raw 12:34:56:78:9a:bc tcp 10.1.0.7 5000 10.1.0.6 5000 A 1 1 600
must ip link set vm3 mtu 700
check_counter "and of one that would have to be fragmented" raw drop_offload \
	forge -g 800 raw 12:34:56:78:9a:bc tcp 10.1.0.7 5000 10.1.0.6 5000 A 1 1 1000

# Nobody holds the tap
must kill $plain_holder
check "the NIC goes with its program" \
	wait_until 5 sh -c '! [ -e /sys/class/net/plain ]'
check_counter "and its address with it" vm3 drop_no_nic send_from vm3 10.1.0.5
ktap_finish
