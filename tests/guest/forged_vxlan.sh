#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# VXLAN from those who should not send it: guests, who would speak to another VNet
# through the host's own tunnel, and strangers on the underlay.
#
#	evil 10.1.0.4 ---+-- blue on h1 192.0.2.1 --+
#	nva 10.1.3.4 ----+                          |
#	green1 10.2.0.4 ---- green on h1            +-- underlay
#	green2 10.2.0.5 ---- green on h2 192.0.2.2 -+
#	                     stranger 192.0.2.9 ----+

. "${0%/*}/../lib.sh"
. "${0%/*}/../datapath.sh"
. "${0%/*}/../hosts.sh"

router=12:34:56:78:9a:bc

add_green() {
	must ip -n "$1" link add green type vnet vni 5002 table 200 bgp_table 201
	must ip -n "$1" link set green up
	must ip -n "$1" route add 10.2.0.0/16 dev green table 200
}

load_module
add_underlay 1600
add_host h1 192.0.2.1/24 2001:db8::1/64
add_host h2 192.0.2.2/24 2001:db8::2/64
add_host stranger 192.0.2.9/24 2001:db8::9/64
for host in h1 h2; do
	add_green $host
	add_tunnel $host
done
add_vnet h1
must ip -n h1 address add 10.1.1.4/32 dev blue
add_vm_at h1 evil blue 10.1.0.4/24 fd00:10:1::4/64
add_vm_at h1 nva blue 10.1.3.4/24 fd00:10:1:3::4/64
must on h1 vrs nic set nva forwarding on
add_vm_at h1 green1 green 10.2.0.4/24
add_vm_at h2 green2 green 10.2.0.5/24
must on h1 vrs endpoint set green 10.2.0.5 host 192.0.2.2
must on h2 vrs endpoint set green 10.2.0.4 host 192.0.2.1
must on h1 vrs endpoint set blue 10.1.0.7 host 192.0.2.2
check "the hosts know each other" ping_from green1 10.2.0.5

# all_seen: what green's NICs were given and the guests' host took for VXLAN; those
# who are forged at say nothing by themselves
all_seen() {
	counter_at h1 green1 tx_packets
	counter_at h2 green2 tx_packets
	[ -n "${on_underlay:-}" ] || counter_at h1 vxlan0 rx_packets
	[ -n "${on_underlay:-}" ] || counter_at h2 vxlan0 rx_packets
}

drop_and_nothing_else() {
	local before

	before=$(all_seen)
	counter_at_rises "$@" || return
	diff <(echo "$before") <(all_seen)
}

# check_dropped NAME HOST DEV COUNTER COMMAND...: as check_counter_at, and nobody in
# green has got anything.
check_dropped() {
	check "$1" drop_and_nothing_else "${@:2}"
}

# forge_at VM [-f | -d | -c OFFSET] FORGE-ARGUMENT...: from its eth0, to the router
forge_at() {
	local vm=$1 options=()
	shift

	[[ $1 != -[fd] ]] || { options=("$1"); shift; }
	[[ $1 != -c ]] || { options=("$1" "$2"); shift 2; }
	in_vm "$vm" forge "${options[@]}" eth0 $router "$@"
}

# What is in the VXLAN: an echo request that green1 might have sent to green2
inner="5002 $router 10.2.0.4 10.2.0.5"
back="5002 $router 10.2.0.5 10.2.0.4"

# Guests, without a way to the underlay
# shellcheck disable=SC2086 # a list of words
{
	check_dropped "a guest to another host" h1 evil drop_no_route \
		forge_at evil vxlan 10.1.0.4 192.0.2.2 $inner
	check_dropped "a guest to its own host" h1 evil drop_no_route \
		forge_at evil vxlan 10.1.0.4 192.0.2.1 $back
	check_dropped "as another host" h1 evil drop_spoofed_addr \
		forge_at evil vxlan 192.0.2.2 192.0.2.1 $back
	check_dropped "as another host, to the VNet's router" h1 evil \
		drop_spoofed_addr forge_at evil vxlan 192.0.2.2 10.1.1.4 $back
	check_dropped "a NIC that may forward, as another host" h1 nva \
		drop_no_route forge_at nva vxlan 192.0.2.2 192.0.2.1 $back
	check_dropped "to the router's address, where the host listens" h1 nva \
		drop_tunnel_port forge_at nva vxlan 192.0.2.2 10.1.1.4 $back
}

# Guests with the host's routing before them, masqueraded as the host
must on h1 sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
	net.ipv4.udp_l3mdev_accept=1
must ip -n h1 route add default dev eth0 table 100
must ip -n h1 -6 route add default dev eth0 table 100
must ip -n h1 route add 10.1.0.0/16 dev blue
must ip -n h1 route add fd00:10:1::/48 dev blue
must on h1 nft -f - <<-END
	table inet nat {
		chain postrouting {
			type nat hook postrouting priority srcnat
			oif eth0 masquerade
		}
	}
END
must on h2 vrs endpoint del green 10.2.0.4
must on h2 vrs endpoint set green 10.2.0.4 host 2001:db8::1
must on h2 vrs endpoint set green 10.2.0.6 host 192.0.2.1
check "guests get out through the host" ping_from evil 192.0.2.9
check "in IPv6" ping_from evil 2001:db8::9
# shellcheck disable=SC2086
{
	check_dropped "the host does not lend its name" h1 evil drop_tunnel_port \
		forge_at evil vxlan 10.1.0.4 192.0.2.2 $inner
	check_dropped "nor in IPv6" h1 evil drop_tunnel_port \
		forge_at evil vxlan fd00:10:1::4 2001:db8::2 $inner
	check_dropped "nor to fragments" h1 evil drop_tunnel_port \
		forge_at evil -f vxlan 10.1.0.4 192.0.2.2 $inner
	check_dropped "nor to fragments in IPv6" h1 evil drop_tunnel_port \
		forge_at evil -f vxlan fd00:10:1::4 2001:db8::2 $inner
	check_dropped "nor behind another fragment header" h1 evil drop_tunnel_port \
		forge_at evil -d vxlan fd00:10:1::4 2001:db8::2 $inner
	check_dropped "nor to its own address" h1 evil drop_tunnel_port \
		forge_at evil vxlan 10.1.0.4 192.0.2.1 $back
	check_dropped "nor is another's name to be had" h1 nva drop_tunnel_port \
		forge_at nva vxlan 192.0.2.2 192.0.2.1 $back
	check_dropped "answers to the host cannot be had by asking first" h1 evil \
		drop_tunnel_port forge_at evil udp 10.1.0.4 4789 192.0.2.2 50000
}

# A checksum that others are to write, where the ports are: they have been looked at
# by then
for to in "10.1.0.4 1234 192.0.2.2" "fd00:10:1::4 1234 2001:db8::2"; do
	# shellcheck disable=SC2086 # a list of words
	for at in 0 2; do
		check_dropped "a checksum at $at of what is for ${to##* }" h1 evil \
			drop_malformed forge_at evil -c $at udp $to 9
	done
done
check "one in its place is let through" counter_at_rises h1 nva tx_packets \
	forge_at evil -c 6 udp 10.1.0.4 1234 10.1.3.4 9
check "in IPv6" counter_at_rises h1 nva tx_packets \
	forge_at evil -c 6 udp fd00:10:1::4 1234 fd00:10:1:3::4 9

hears() {
	on stranger timeout "$(seconds 20)" nc -u -l -W 1 4790 >/dev/null &
	must wait_until 5 sh -c 'ip netns exec stranger ss -Hlun "sport = 4790" | grep -q .'
	echo word | in_vm evil nc -u -w 1 -p 4788 192.0.2.9 4790
	wait $!
}
check "other ports are the guests'" hears
check "between guests VXLAN is like all else" counter_at_rises h1 nva tx_packets \
	forge_at evil udp 10.1.0.4 4789 10.1.3.4 4789

# Strangers on the underlay, and a host that oversteps
on_underlay=1
mac=$(ip -n h1 -j link show eth0 | jq -r .[].address)
throw() {
	on stranger forge eth0 "$mac" "$@"
}
# shellcheck disable=SC2086
{
	check_dropped "a stranger" h1 vxlan0 drop_unknown_host \
		throw vxlan 192.0.2.9 192.0.2.1 $back
	check_dropped "which the VNet counts" h1 green drop_unknown_host \
		throw vxlan 192.0.2.9 192.0.2.1 $back
	check_dropped "a stranger, in IPv6" h1 vxlan0 drop_unknown_host \
		throw vxlan 2001:db8::9 2001:db8::1 $back
	check_dropped "a known host, a VNI that is not here" h1 vxlan0 \
		drop_unknown_vni throw vxlan 192.0.2.2 192.0.2.1 \
		5003 $router 10.2.0.5 10.2.0.4
}
must on h1 vrs endpoint del blue 10.1.0.7
check_dropped "a known host, the VNI of a VNet in which it has nothing" h1 \
	vxlan0 drop_unknown_host throw vxlan 192.0.2.2 192.0.2.1 \
	5001 $router 10.1.0.7 10.1.0.4
check_dropped "a known host, a MAC that is nobody's" h1 vxlan0 drop_no_nic \
	throw vxlan 192.0.2.2 192.0.2.1 5002 02:00:00:00:77:77 10.2.0.5 10.2.0.4
check_dropped "a known host, a MAC of another VNet" h1 vxlan0 drop_no_nic \
	throw vxlan 192.0.2.2 192.0.2.1 5002 "${vm_mac[evil]}" 10.2.0.5 10.1.0.4
check_dropped "a known host, an address that is nobody's" h1 vxlan0 drop_no_nic \
	throw vxlan 192.0.2.2 192.0.2.1 5002 $router 10.2.0.5 10.2.0.77
check_dropped "a known host, from an address that none has" h1 vxlan0 \
	drop_spoofed_addr throw vxlan 192.0.2.2 192.0.2.1 \
	5002 $router 0.0.0.0 10.2.0.4
must ip -n h1 address add 10.2.1.4/32 dev green
check_dropped "a known host, to the VNet's router from a NIC that is here" h1 \
	vxlan0 drop_spoofed_addr throw vxlan 192.0.2.2 192.0.2.1 \
	5002 $router 10.2.0.4 10.2.1.4
must on h1 vrs endpoint set green 10.2.0.8 host 192.0.2.8
check_dropped "or at yet another host" h1 vxlan0 drop_spoofed_addr \
	throw vxlan 192.0.2.2 192.0.2.1 5002 $router 10.2.0.8 10.2.1.4
check "what it may send arrives" counter_at_rises h1 green1 tx_packets \
	throw vxlan 192.0.2.2 192.0.2.1 5002 $router 10.2.0.5 10.2.0.4
must on h2 vrs endpoint set green 10.2.0.4 host 192.0.2.1
check "and the hosts speak as before" ping_from green1 10.2.0.5
ktap_finish
