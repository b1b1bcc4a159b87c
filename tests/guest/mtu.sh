#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Packets that are too big: fragmented if they may be, answered by the virtual
# router if not. GSO packets are as big as their segments.
#
#	vm1 10.1.0.4 --- blue on h1 --- underlay, MTU 1450 --- blue on h2 --- vm2 10.1.2.4
#	small 10.1.0.5 --+  (MTU 1300)                             +--- nva 10.1.3.4
#	host 10.1.1.4 ---+                                                onprem 10.250.0.10

. "${0%/*}/../lib.sh"
. "${0%/*}/../datapath.sh"
. "${0%/*}/../hosts.sh"

load_module
add_underlay 1450
for i in 1 2; do
	add_host h$i 192.0.2.$i/24 2001:db8::$i/64
	add_vnet h$i
	add_tunnel h$i
done
add_vm_at h1 vm1 blue 10.1.0.4/24 fd00:10:1::4/64
add_vm_at h1 small blue 10.1.0.5/24 fd00:10:1::5/64
add_vm_at h1 first blue 10.1.0.1/24 fd00:10:1::1/64
add_vm_at h2 vm2 blue 10.1.2.4/24 fd00:10:1:2::4/64
add_vm_at h2 nva blue 10.1.3.4/24 fd00:10:1:3::4/64
must on h2 vrs nic set nva forwarding on
must ip -n h1 link set small mtu 1300
must ip -n h1 address add 10.1.1.4/32 dev blue
must on h1 vrs subnet set blue 10.1.0.0/24
must on h1 vrs subnet set blue fd00:10:1::/64
must on h1 vrs endpoint set blue 10.1.2.4 host 192.0.2.2
must on h1 vrs endpoint set blue fd00:10:1:2::4 host 192.0.2.2
must on h1 vrs endpoint set blue 10.1.3.4 host 192.0.2.2 mac "${vm_mac[nva]}"
must on h2 vrs endpoint set blue 10.1.0.4 host 192.0.2.1
must on h2 vrs endpoint set blue fd00:10:1::4 host 192.0.2.1
must on h2 vrs endpoint set blue 10.1.0.5 host 192.0.2.1
must on h2 vrs endpoint set blue 10.1.1.4 host 192.0.2.1

add_onprem
for i in 1 2; do
	must ip -n h$i route add 10.250.0.0/16 via 10.1.3.4 dev blue table 101
done

# forget VM: what it has learned of path MTUs
forget() {
	in_vm "$1" ip route flush cache
	in_vm "$1" ip -6 route flush cache
}

# answer VM ADDR SIZE [OPTION...]: what the router has to say to a packet with
# SIZE bytes of data, "SOURCE MTU"
answer() {
	forget "$1"
	send_from "$1" "$2" -s "$3" -W 1 -M "do" "${@:4}" |
		sed -nE 's/^From ([0-9a-f.:]+) .*mtu ?= ?([0-9]+).*/\1 \2/p' |
		sed 's/:* / /' | head -n 1
}

# The tunnel takes 50 bytes of the underlay's MTU
check "the largest packet through the tunnel" \
	ping_from vm1 10.1.2.4 -s 1372 -M "do"
check_equal "one byte more, from the subnet's router" "10.1.0.1 1400" \
	answer vm1 10.1.2.4 1373
check_counter_at "it is dropped, and counted" h1 vm1 drop_too_big \
	answer vm1 10.1.2.4 1400
check_equal "in IPv6" "fd00:10:1::1 1400" answer vm1 fd00:10:1:2::4 1400
check "the largest in IPv6" ping_from vm1 fd00:10:1:2::4 -s 1352 -M "do"
check_equal "the NIC's own MTU" "10.1.0.1 1300" answer vm1 10.1.0.5 1400
check_equal "the NIC's own MTU in IPv6" "fd00:10:1::1 1300" \
	answer vm1 fd00:10:1::5 1400
check_equal "the router's own address is a NIC's" "10.1.0.2 1400" \
	answer first 10.1.2.4 1400
check_equal "in IPv6" "fd00:10:1::2 1400" answer first fd00:10:1:2::4 1400
forget vm1
check "the sender keeps to it" ping_from vm1 10.1.2.4 -s 4000
forget vm1
check "what may be fragmented is" \
	ping_from vm1 10.1.2.4 -s 1450 -M dont
check_counter_at "also to a NIC" h1 small tx_packets \
	send_from vm1 10.1.0.5 -s 1450 -M dont
check_counter_at "a NIC's MTU, told over the tunnel" h1 blue drop_too_big \
	answer vm2 10.1.0.5 1360
check_equal "by the receiver's router" "10.1.0.1 1300" answer vm2 10.1.0.5 1360

# The host
check_equal "the host's own packets" "10.1.0.1 1300" \
	sh -c 'ip netns exec h1 ping -n -c 1 -W 1 -s 1400 -M do -I blue 10.1.0.5 |
		sed -nE "s/^From ([0-9.]+) .*mtu ?= ?([0-9]+).*/\1 \2/p"'

# What is not answered
sends_no_icmp() {
	local before after

	before=$(counter_at h1 vm1 tx_packets)
	counter_at_rises h1 vm1 drop_too_big "$@" || return
	after=$(counter_at h1 vm1 tx_packets)
	[ "$after" -eq "$before" ] || { echo "$((after - before)) packets came"; return 1; }
}
toobig() {
	in_vm vm1 toobig eth0 "$@"
}
check "an ICMP error is not answered" sends_no_icmp \
	toobig icmp-error 10.1.0.4 10.1.2.4 1450
check "nor an ICMPv6 error" sends_no_icmp \
	toobig icmp-error fd00:10:1::4 fd00:10:1:2::4 1450
check "nor a later fragment" sends_no_icmp \
	toobig fragment 10.1.0.4 10.1.2.4 1450
# limited N: of N packets at once, no more are answered than 1000 a second and 50
limited() {
	local before answers started=${EPOCHREALTIME/./} took

	before=$(counter_at h1 vm1 tx_packets)
	toobig flood 10.1.0.4 10.1.2.4 1450 "$1"
	answers=$(($(counter_at h1 vm1 tx_packets) - before))
	took=$(((${EPOCHREALTIME/./} - started) / 1000))
	echo "$answers answers in $took ms"
	[ $answers -gt 0 ] && [ $answers -le $((took + 100)) ]
}
check "answers are limited" limited 5000

# TCP finds its way, in full segments
forget vm1
check "bulk TCP" tcp_transfer vm1 vm2 10.1.2.4
check "bulk TCP in IPv6" tcp_transfer vm1 vm2 fd00:10:1:2::4
check "bulk TCP to a small NIC over the tunnel" tcp_transfer vm2 small 10.1.0.5
check "bulk TCP through an NVA on another host" \
	tcp_transfer vm1 onprem 10.250.0.10

# A sender that asks for no DF and listens to nobody sends GSO packets whose segments
# are too big. Each is fragmented, and none is dropped.
# reassembled VM: packets that have come in fragments
reassembled() {
	in_vm "$1" awk '$1 == "Ip:" && n { print $n }
		$1 == "Ip:" { for (i = 2; i <= NF; i++) if ($i == "ReasmOKs") n = i }' \
		/proc/net/snmp
}
# in_fragments TO ADDR: bulk TCP from vm1
in_fragments() {
	local came dropped

	in_vm vm1 ip route add "$2/32" via 10.1.0.1 dev eth0 mtu lock 1500 || return
	came=$(reassembled "$1")
	dropped=$(counter_at h1 vm1 drop_too_big)
	tcp_transfer vm1 "$1" "$2" || return
	came=$(($(reassembled "$1") - came))
	dropped=$(($(counter_at h1 vm1 drop_too_big) - dropped))
	echo "$came came in fragments, $dropped dropped"
	[ $came -gt 100 ] && [ $dropped -eq 0 ]
}
forget vm1
must in_vm vm1 sysctl -qw net.ipv4.ip_no_pmtu_disc=1
check "bulk TCP without DF to a small NIC" in_fragments small 10.1.0.5
check "and through the tunnel" in_fragments vm2 10.1.2.4
must in_vm vm1 sysctl -qw net.ipv4.ip_no_pmtu_disc=0
must in_vm vm1 ip route del 10.1.0.5/32
must in_vm vm1 ip route del 10.1.2.4/32

# One that takes a header and no more
must ip -n h1 link add narrow type dummy
must ip -n h1 link set narrow mtu 24 master blue
must ip -n h1 link set narrow up
must on h1 vrs nic set narrow mac 02:00:00:00:01:99 address 10.1.0.9
check_counter_at "what has no room for IPv4 takes no fragments" h1 vm1 drop_too_big \
	send_from vm1 10.1.0.9 -s 100 -M dont

must ip -n small link set eth0 mtu 1300
check "fragments of the router's arrive as one" \
	ping_from vm1 10.1.0.5 -s 1450 -M dont
ktap_finish
