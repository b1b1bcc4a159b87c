#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The forwarding benchmark inside user-mode Linux or an emulated guest. Each path has
# a network namespace: g0 =veth= n0 --(path)-- n1 =veth= s0, where all is dropped.
#
# usage: guest.sh DIR FILL ROUNDS COUNT ROUTES

set -eu

dir=$1
fill=$2
rounds=$3
count=$4
routes=$5
paths=(wire bridge ovs vrf vrf-full vnet vnet-full)
declare -A mac
[ "$KERNEL" != uml ] || export IP_LIB_DIR=/run/build	# the plugin for the link kind

nx() {
	ip netns exec "$@"
}

# make_path NAME: the namespace and its devices
make_path() {
	local ns=$1 link

	ip netns add "$ns"
	# Nobody but the generator is to send anything.
	nx "$ns" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
		net.ipv6.conf.default.disable_ipv6=1
	ip -n "$ns" link set lo up
	ip -n "$ns" link add g0 type veth peer name n0
	ip -n "$ns" link add n1 type veth peer name s0
	for link in g0 n0 n1 s0; do
		ip -n "$ns" link set $link up
	done
	mac[$ns]=$(nx "$ns" cat /sys/class/net/s0/address)
	tc -n "$ns" qdisc add dev s0 ingress
	tc -n "$ns" filter add dev s0 ingress matchall action drop
}

mac_of() {
	nx "$1" cat "/sys/class/net/$2/address"
}

# What the generator and the sink cost by themselves
make_wire() {
	make_path wire
	tc -n wire qdisc add dev n0 ingress
	tc -n wire filter add dev n0 ingress matchall action drop
}

make_bridge() {
	make_path bridge
	ip -n bridge link add br0 type bridge mcast_snooping 0
	ip -n bridge link set n0 master br0
	ip -n bridge link set n1 master br0
	ip -n bridge link set br0 up
	bridge -n bridge fdb add "${mac[bridge]}" dev n1 master static
}

make_ovs() {
	make_path ovs
	nx ovs "$dir/ovs" dp0 n0 n1
}

# make_vrf NAME ROUTES
make_vrf() {
	make_path "$1"
	nx "$1" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.default.rp_filter=0
	ip -n "$1" link add red type vrf table 1000
	ip -n "$1" link set red up
	ip -n "$1" link set n0 master red
	ip -n "$1" link set n1 master red
	ip -n "$1" address add 10.1.0.1/24 dev n0
	ip -n "$1" address add 10.1.2.1/24 dev n1
	ip -n "$1" neigh add 10.1.2.4 lladdr "${mac[$1]}" dev n1
	ip -n "$1" nexthop add id 1 via 10.1.2.4 dev n1
	ip -n "$1" route add default nhid 1 table 1000
	[ "$2" = 0 ] || nx "$1" "$fill" routes 4 "$2" 1000 1 1 >/dev/null
	mac[$1]=$(mac_of "$1" n0)
}

# make_vnet NAME ROUTES
make_vnet() {
	make_path "$1"
	ip -n "$1" link add blue type vnet vni 1 table 100 bgp_table 1000
	ip -n "$1" link set blue up
	ip -n "$1" route add 10.1.0.0/16 dev blue table 100
	ip -n "$1" link set n0 master blue
	ip -n "$1" link set n1 master blue
	nx "$1" vrs nic set n0 mac "$(mac_of "$1" g0)" address 10.1.0.4
	nx "$1" vrs nic set n1 mac "$(mac_of "$1" s0)" address 10.1.2.4 \
		forwarding on
	ip -n "$1" nexthop add id 1 via 10.1.2.4 dev blue
	ip -n "$1" route add default nhid 1 table 1000
	[ "$2" = 0 ] || nx "$1" "$fill" routes 4 "$2" 1000 1 1 >/dev/null
	mac[$1]=12:34:56:78:9a:bc
}

# received PATH: packets that have got to its sink
received() {
	local sink=s0

	[ "$1" != wire ] || sink=n0
	nx "$1" cat "/sys/class/net/$sink/statistics/rx_packets"
}

# measure PATH NAME COUNT [PARAMETER...]: every packet must get to the sink
measure() {
	local path=$1 name=$2 count=$3 before sent=$((($3 + 31) / 32 * 32)) got
	shift 3

	before=$(received "$path")
	# The module never stays: to be refused is to have run.
	nx "$path" insmod "$dir/bench-forward.ko" name="$name" count="$count" \
		mac="${mac[$path]}" "$@" 2>/dev/null || true
	got=$(($(received "$path") - before))
	[ $got = $sent ] || {
		echo "$path: $sent sent, $got received" >&2
		exit 1
	}
}

[ "$KERNEL" = uml ] || modprobe -a veth bridge openvswitch vrf sch_ingress \
	cls_matchall act_gact
sysctl -qw net.ipv4.nexthop_compat_mode=0
insmod "$VNET_KO"
make_wire
make_bridge
make_ovs
make_vrf vrf 0
make_vrf vrf-full "$routes"
make_vnet vnet 0
make_vnet vnet-full "$routes"
for ((i = 0; i < rounds; i++)); do
	for path in "${paths[@]}"; do
		measure "$path" "64:$path" "$count" first=$((i * count))
		measure "$path" "gso:$path" $((count / 4)) first=$((i * count)) gso=1
	done
done
dmesg | sed -n 's/.*\(bench: \)/\1/p'
