#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tracepoints: filters on VNet, NIC, route class and the other fields, what the
# fields say, and the kernel's interface to them that perf and bpftrace use.
#
#	vm1 10.1.0.4, vm2 10.1.0.5, nva 10.1.3.4 --- blue
#	red1 10.1.0.4, red2 10.1.0.5 --------------- red

. "${0%/*}/../lib.sh"
. "${0%/*}/../datapath.sh"
. "${0%/*}/../control.sh"

tracing=/sys/kernel/tracing

load_module
add_vnet blue 100 10.1.0.0/16 fd00:10:1::/48
add_vnet red 200 10.1.0.0/16 fd00:10:1::/48
add_vm vm1 blue 10.1.0.4/24 fd00:10:1::4/64
add_vm vm2 blue 10.1.0.5/24 fd00:10:1::5/64
add_vm nva blue 10.1.3.4/24 fd00:10:1:3::4/64
add_vm red1 red 10.1.0.4/24
add_vm red2 red 10.1.0.5/24
must vrs nic set nva forwarding on
must ip nexthop add id 7 via 10.1.3.4 dev blue
must ip nexthop add id 70 group 7
must ip route add 10.66.0.0/16 nhid 70 table 101
must ip route add fd00:66::/32 via fd00:10:1:3::4 dev blue table 101
must ip route add blackhole 10.77.0.0/16 table 300
must vrs subnet set blue 10.1.0.0/24 route-table 300

# traffic: what each filter chooses from; without echo replies from afar
traffic() {
	ping_from vm1 10.1.0.5
	ping_from red1 10.1.0.5
	ping_from vm1 fd00:10:1::5
	send_from vm1 10.66.0.1
	send_from vm1 fd00:66::1
	send_from vm1 10.77.0.1
	send_from vm1 10.1.0.99
	send_from red1 10.1.0.98
} >/dev/null

# events EVENT FILTER: what is traced of the traffic, without time and CPU
events() {
	must sh -c "echo '$2' >$tracing/events/vnet/$1/filter"
	must sh -c "echo >$tracing/trace; echo 1 >$tracing/events/vnet/$1/enable"
	traffic
	must sh -c "echo 0 >$tracing/events/vnet/$1/enable"
	must sh -c "echo 0 >$tracing/events/vnet/$1/filter"
	sed -n "s/^.* $1: //p" $tracing/trace
}

matches() {
	echo "$2"
	[ -n "$2" ] && ! grep -qvE "$1" <<<"$2"
}

# all_match NAME EVENT FILTER REGEX: events are chosen, and all are like that
all_match() {
	check "$1" matches "$4" "$(events "$2" "$3")"
}

all_match "lookups of one VNet" vnet_lookup 'vnet == "red"' '^red: red[12]: '
all_match "of one NIC" vnet_lookup 'nic == "red1"' '^red: red1: ::ffff:10.1.0.4 to '
all_match "of names that are alike" vnet_lookup 'nic ~ "red*"' '^red: red[12]: '
all_match "of a route class, BGP" vnet_lookup 'class == 1' \
	'to (::ffff:10.66.0.1|fd00:66::1): bgp /(16|32) gateway nhid (70|0) via (::ffff:10.1.3.4|fd00:10:1:3::4)$'
all_match "user-defined" vnet_lookup 'class == 2' \
	'10.77.0.1: user /16 none nhid 0 via ::$'
all_match "of a next-hop object" vnet_lookup 'nhid == 70' \
	'^blue: vm1: ::ffff:10.1.0.4 to ::ffff:10.66.0.1: bgp /16 gateway nhid 70 via ::ffff:10.1.3.4$'
all_match "packets handed to one NIC" vnet_forward 'to == "nva"' \
	'^blue: vm1 to nva: .* via (::ffff:10.1.3.4|fd00:10:1:3::4)$'
all_match "IPv6 and its next hop" vnet_forward 'class == 1 && plen == 32' \
	'^blue: vm1 to nva: fd00:10:1::4 to fd00:66::1 len 104: bgp /32 gateway via fd00:10:1:3::4$'
all_match "by length" vnet_forward 'len > 90 && to == "vm2"' \
	'^blue: vm1 to vm2: fd00:10:1::4 to fd00:10:1::5 len 104: system /48 vnet_local '
all_match "drops of one VNet" vnet_drop 'vnet == "red" && class == 0' \
	'^red: red1: ::ffff:10.1.0.4 to ::ffff:10.1.0.98 protocol 0x0800 len 84: no_nic: system /16 vnet_local '
all_match "by route class" vnet_drop 'class == 2' \
	'10.77.0.1 protocol 0x0800 len 84: next_hop_none: user /16 none '
all_match "by protocol and what is not to be seen" vnet_drop \
	'protocol == 2048 && !(vnet == "blue")' '^red: red1: '

# What its receiver's device does not take is no packet any more when that is known.
queue_full=19
must tc qdisc add dev vm2 root pfifo limit 0
all_match "of what the receiver's queue has no room for" vnet_drop \
	"reason == $queue_full && nic == \"vm1\" && protocol == 2048" \
	'^blue: vm1: ::ffff:10.1.0.4 to ::ffff:10.1.0.5 protocol 0x0800 len 84: queue_full: system /16 vnet_local via ::ffff:10.1.0.5$'
all_match "and in IPv6" vnet_drop \
	"reason == $queue_full && nic == \"vm1\" && protocol == 34525" \
	'^blue: vm1: fd00:10:1::4 to fd00:10:1::5 protocol 0x86dd len 104: queue_full: system /48 vnet_local via fd00:10:1::5$'
must tc qdisc del dev vm2 root
check_error "a field that is not there" "Invalid argument" \
	sh -c "echo 'colour == 1' >$tracing/events/vnet/vnet_drop/filter"

# fields EVENT: by which tools find them
fields() {
	sed -nE 's/.*field:([^;]*);.*/\1/p' "$tracing/events/vnet/$1/format" |
		grep -v common_ | sed 's/.* //' | tr '\n' ' '
}
check_equal "fields of a lookup" \
	"vnet[16] nic[16] saddr[16] daddr[16] hop[16] nhid class type plen " \
	fields vnet_lookup
check_equal "of a packet handed over" \
	"vnet[16] nic[16] to[16] saddr[16] daddr[16] hop[16] len class type plen " \
	fields vnet_forward
check_equal "of a drop" \
	"vnet[16] nic[16] saddr[16] daddr[16] hop[16] len protocol reason class type plen " \
	fields vnet_drop

# As perf record -e vnet:vnet_drop --filter does, and as a program of bpftrace
export -f traffic in_vm ping_from send_from seconds
check_equal "perf's way: one event for each packet" \
	"vnet=blue nic=vm1 daddr=::ffff:10.77.0.1 class=2" \
	tracepoint perf vnet_drop 'class == 2' -- bash -c traffic
check_equal "and in IPv6" \
	"vnet=blue nic=vm1 daddr=fd00:66::1 class=1" \
	tracepoint perf vnet_forward 'to == "nva" && plen == 32' -- bash -c traffic
check_equal "bpftrace's way: a program counts drops by class" \
	"0: 2, 1: 0, 2: 1" tracepoint bpf vnet_drop -- bash -c traffic
ktap_finish
