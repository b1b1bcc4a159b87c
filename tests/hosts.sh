# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For tests with several hosts, after lib.sh: a host is a network namespace with
# VNets and an underlay address; they share a segment.
#
#	add_underlay 1600
#	add_host h1 192.0.2.1/24 2001:db8::1/64
#	add_vnet h1
#	add_vm_at h1 vm1 blue 10.1.0.4/24
#	on h1 vrs endpoint set blue 10.1.0.5 host 192.0.2.2

# add_underlay MTU: the segment.
add_underlay() {
	underlay_mtu=$1
	add_netns underlay
	must ip -n underlay link add br0 type bridge
	must ip -n underlay link set br0 mtu "$1" up
}

# add_host NAME ADDR/PLEN...: a host, plain Linux so far, at the segment (eth0).
add_host() {
	local name=$1 addr
	shift

	add_netns "$name"
	must ip -n underlay link add "$name" mtu "$underlay_mtu" type veth \
		peer name eth0 mtu "$underlay_mtu" netns "$name"
	must ip -n underlay link set "$name" master br0 up
	must ip -n "$name" link set eth0 up
	for addr; do
		must ip -n "$name" address add "$addr" dev eth0
	done
	must on "$name" sysctl -qw net.ipv6.conf.eth0.accept_dad=0
}

# add_tunnel HOST [OPTION...]: its way to other hosts, vxlan0.
add_tunnel() {
	must ip -n "$1" link add vxlan0 type vxlan external nolearning dstport 4789 "${@:2}"
	must ip -n "$1" link set vxlan0 up
	must on "$1" vrs tunnel set vxlan0
}

# add_vnet HOST: VNet blue, which is the same on all.
add_vnet() {
	must ip -n "$1" link add blue type vnet vni 5001 table 100 bgp_table 101
	must ip -n "$1" link set blue up
	must ip -n "$1" route add 10.1.0.0/16 dev blue table 100
	must ip -n "$1" route add fd00:10:1::/48 dev blue table 100
}
