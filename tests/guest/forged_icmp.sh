#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What guests tell the host by ICMP: it would believe it of paths of its own, as the
# one to another host is.
#
#	evil 10.1.0.4 ---+-- blue on h1 192.0.2.1 --+-- h2 192.0.2.2
#	nva 10.1.3.4 ----+    host 10.1.1.4         +-- gateway 192.0.2.9

. "${0%/*}/../lib.sh"
. "${0%/*}/../datapath.sh"
. "${0%/*}/../hosts.sh"

load_module
add_underlay 1500
add_host h1 192.0.2.1/24 2001:db8::1/64
add_host h2 192.0.2.2/24 2001:db8::2/64
add_host gateway 192.0.2.9/24 2001:db8::9/64
must ip -n h1 route add 198.51.100.0/24 via 192.0.2.9
must on h1 sysctl -qw net.ipv4.conf.all.accept_redirects=1 \
	net.ipv4.conf.all.secure_redirects=0
add_tunnel h1
add_vnet h1
must ip -n h1 address add 10.1.1.4/32 dev blue
must ip -n h1 address add fd00:10:1:1::4/128 dev blue nodad
add_vm_at h1 evil blue 10.1.0.4/24 fd00:10:1::4/64
add_vm_at h1 nva blue 10.1.3.4/24 fd00:10:1:3::4/64
must on h1 vrs nic set nva forwarding on

# paths: where the host's own packets go, and how large they may be
paths() {
	local to

	for to in 192.0.2.2 198.51.100.2 2001:db8::2; do
		ip -n h1 route get "$to" | sed -E 's/expires [0-9]+sec//'
	done
}
before=$(paths)

# tell VM [-f] SRC DST TYPE CODE NUMBER PROTOCOL FROM TO: an error from its eth0
tell() {
	local vm=$1 options=()
	shift

	[ "$1" != -f ] || { options=("$1"); shift; }
	in_vm "$vm" forge "${options[@]}" eth0 12:34:56:78:9a:bc error "$@"
}

# refused NAME VM TELL-ARGUMENT...: it is dropped, and changes nothing.
refused() {
	check_counter_at "$1" h1 "$2" drop_icmp_error tell "${@:2}"
	check_equal "$1: nothing changes" "$before" paths
}

reaches_host() {
	check "$1" counter_at_rises h1 blue host_tx_packets tell "${@:2}"
}

icmp=1 tcp=6 udp=17 icmp6=58
host=10.1.1.4 host6=fd00:10:1:1::4
refused "too big, of the host's ICMP" evil 10.1.0.4 $host 3 4 0 $icmp 0.0.0.0 192.0.2.2
refused "too big, of the tunnel" evil 10.1.0.4 $host 3 4 600 $udp 192.0.2.1 192.0.2.2
refused "as if from the VNet" evil 10.1.0.4 $host 3 4 600 $udp $host 192.0.2.2
refused "too big, of somebody else's TCP" evil 10.1.0.4 $host 3 4 600 $tcp \
	192.0.2.1 192.0.2.2
refused "in fragments" evil -f 10.1.0.4 $host 3 4 600 $tcp $host 192.0.2.2
refused "another gateway" nva 10.1.3.4 $host 5 1 $((0xc0000202)) $icmp \
	0.0.0.0 198.51.100.2
refused "in IPv6" evil fd00:10:1::4 $host6 2 0 1280 $icmp6 :: 2001:db8::2
refused "in fragments, in IPv6" evil -f fd00:10:1::4 $host6 2 0 1280 $tcp \
	$host6 2001:db8::2
reaches_host "too big, of the host's TCP" evil 10.1.0.4 $host 3 4 1000 $tcp \
	$host 10.1.0.4
reaches_host "in IPv6" evil fd00:10:1::4 $host6 2 0 1300 $tcp $host6 fd00:10:1::4
reaches_host "no such port" evil 10.1.0.4 $host 3 3 0 $udp $host 10.1.0.4
check_equal "nothing has changed" "$before" paths

# To its addresses elsewhere, which guests reach by way of the Internet
must ip -n h1 route add default dev eth0 table 100
must ip -n h1 -6 route add default dev eth0 table 100
refused "to the host itself" evil 10.1.0.4 192.0.2.1 3 4 600 $udp 192.0.2.1 192.0.2.2
refused "to the host itself, in IPv6" evil fd00:10:1::4 2001:db8::1 2 0 1280 $icmp6 \
	:: 2001:db8::2
reaches_host "to others" evil 10.1.0.4 192.0.2.2 3 4 600 $udp 192.0.2.2 10.1.0.4
reaches_host "to others, in IPv6" evil fd00:10:1::4 2001:db8::2 2 0 1280 $udp \
	2001:db8::2 fd00:10:1::4
refused "of what others were sent" evil 10.1.0.4 192.0.2.2 3 4 600 $icmp \
	192.0.2.2 192.0.2.9
refused "in IPv6, too" evil fd00:10:1::4 2001:db8::2 2 0 1280 $icmp6 \
	2001:db8::2 2001:db8::9
refused "another gateway for others" evil 10.1.0.4 192.0.2.2 5 1 $((0xc0000201)) $icmp \
	192.0.2.2 192.0.2.9
reaches_host "what a router passed on" nva 10.1.3.4 192.0.2.2 3 4 600 $udp \
	192.0.2.2 10.9.0.4
must on h1 vrs endpoint set blue 10.1.0.9 host 192.0.2.2
must on h1 vrs endpoint set blue 10.1.0.10 host 2001:db8::2
refused "but not to a host like us" nva 10.1.3.4 192.0.2.2 3 4 600 $udp \
	192.0.2.2 10.9.0.4
refused "not in IPv6" nva fd00:10:1:3::4 2001:db8::2 2 0 1280 $udp \
	2001:db8::2 fd00:9::4
refused "nor of a guest's own TCP" evil 10.1.0.4 192.0.2.2 3 4 600 $tcp \
	192.0.2.2 10.1.0.4
refused "nor that in IPv6" evil fd00:10:1::4 2001:db8::2 2 0 1280 $tcp \
	2001:db8::2 fd00:10:1::4
reaches_host "its own TCP's, to others" evil 10.1.0.4 192.0.2.9 3 4 600 $tcp \
	192.0.2.9 10.1.0.4
reaches_host "its own TCP's, to others, in IPv6" evil fd00:10:1::4 2001:db8::9 2 0 1280 $tcp \
	2001:db8::9 fd00:10:1::4
refused "of TCP that is not its own" evil 10.1.0.4 192.0.2.9 3 4 600 $tcp \
	192.0.2.9 192.0.2.1
ktap_finish
