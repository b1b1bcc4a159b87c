#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In an emulated guest with two processors: both send, each out of a device of its
# own, to one NIC, through a VNet and beside it through VRF forwarding. The emulator
# counts stores meanwhile (stores.c). Prints "window N NAME" for each.
#
# usage: smp_guest.sh COUNT

set -eu

count=$1
windows=0

nx() {
	ip netns exec "$@"
}

mac_of() {
	nx "$1" cat "/sys/class/net/$2/address"
}

# make_path NAME: g0 =veth= n0 and g1 =veth= n1, which send, and t =veth= s, where
# all is dropped
make_path() {
	local pair

	ip netns add "$1"
	nx "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
		net.ipv6.conf.default.disable_ipv6=1
	for pair in "g0 n0" "g1 n1" "t s"; do
		ip -n "$1" link add name "${pair% *}" type veth peer name "${pair#* }"
		ip -n "$1" link set dev "${pair% *}" up
		ip -n "$1" link set dev "${pair#* }" up
	done
	tc -n "$1" qdisc add dev s ingress
	tc -n "$1" filter add dev s ingress matchall action drop
}

make_vnet() {
	make_path vnet
	ip -n vnet link add blue type vnet vni 1 table 100 bgp_table 1000
	ip -n vnet link set blue up
	ip -n vnet route add 10.1.0.0/16 dev blue table 100
	for nic in n0 n1 t; do
		ip -n vnet link set dev $nic master blue
	done
	nx vnet vrs nic set n0 mac "$(mac_of vnet g0)" address 10.1.0.4
	nx vnet vrs nic set n1 mac "$(mac_of vnet g1)" address 10.1.0.5
	nx vnet vrs nic set t mac "$(mac_of vnet s)" address 10.1.2.4 forwarding on
	ip -n vnet nexthop add id 1 via 10.1.2.4 dev blue
	ip -n vnet nexthop add id 2 group 1
	ip -n vnet route add default nhid 2 table 1000
}

make_vrf() {
	make_path vrf
	nx vrf sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.default.rp_filter=0
	ip -n vrf link add red type vrf table 1000
	ip -n vrf link set red up
	for nic in n0 n1 t; do
		ip -n vrf link set dev $nic master red
	done
	ip -n vrf link set n0 address 02:00:00:00:00:10
	ip -n vrf link set n1 address 02:00:00:00:00:10
	ip -n vrf address add 10.1.0.1/24 dev n0
	ip -n vrf address add 10.1.2.1/24 dev t
	ip -n vrf neigh add 10.1.2.4 lladdr "$(mac_of vrf s)" dev t nud permanent
	ip -n vrf route add default via 10.1.2.4 dev t table 1000
}

received() {
	nx "$1" cat /sys/class/net/s/statistics/rx_packets
}

# measure NAME PATH MAC [PARAMETER...]: all have to get there
measure() {
	local before got

	before=$(received "$2")
	nx "$2" insmod /tools/bench-forward.ko name="$1" count="$count" cpus=2 \
		mac="$3" "${@:4}" 2>/dev/null || true
	got=$(($(received "$2") - before))
	[ $got = $((2 * count)) ] || {
		echo "$1: $((2 * count)) sent, $got received" >&2
		exit 1
	}
	echo "window $((++windows)) $1"
}

[ "$(nproc)" = 2 ]
modprobe -a veth vrf sch_ingress cls_matchall act_gact
insmod "$VNET_KO"
make_vnet
make_vrf
# Once for what is written when something is used for the first time
measure warm-up vnet 12:34:56:78:9a:bc
measure control vnet 12:34:56:78:9a:bc shared=1
measure vnet vnet 12:34:56:78:9a:bc
measure vrf-warm-up vrf 02:00:00:00:00:10
measure vrf vrf 02:00:00:00:00:10
grep -w vnet /proc/kallsyms | sed 's/^/symbol /'
