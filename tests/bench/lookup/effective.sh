#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The benchmark of effective routes inside user-mode Linux: a VNet with full
# tables, subnets with route tables of their own, and the kernel's rules that
# come closest to them; what it costs to mirror the tables; and a next-hop group
# replaced that all routes of a table use.
#
# usage: effective.sh DIR ROUNDS COUNT

set -eu

dir=$1
rounds=$2
count=$3
subnets=256
user_tables=2000
export IP_LIB_DIR=/run/build	# the plugin for the link kind

bench() {
	echo "$*" >/sys/module/vnet/parameters/bench
}

# make_vnet NAME VNI SPACE: system table 100 + VNI, BGP table 1000 + VNI
make_vnet() {
	ip link add "$1" type vnet vni "$2" table $((100 + $2)) bgp_table $((1000 + $2))
	ip link set "$1" up
	ip route add "$3" dev "$1" table $((100 + $2))
}

make_nics() {
	local i

	for ((i = 0; i < subnets; i++)); do
		printf 'link add n%d type dummy\nlink set n%d up master blue\n' $i $i
	done
	for ((i = 0; i < 16; i++)); do
		printf 'link add h%d type dummy\nlink set h%d up master blue\n' $i $i
	done
}

# Single next hops from 1000 on, groups of four of them: 1 to 64; 65 and 66 alike
make_nexthops() {
	local i

	for ((i = 0; i < 16; i++)); do
		echo "nexthop add id $((1000 + i)) via 10.0.0.$((100 + i)) dev blue"
		echo "nexthop add id $((2000 + i)) via fd00::$((100 + i)) dev blue"
	done
	for ((i = 0; i < 66; i++)); do
		printf 'nexthop add id %d group %d/%d/%d/%d\n' $((1 + i)) $((1000 + i % 16)) \
			$((1000 + (i + 1) % 16)) $((1000 + (i + 5) % 16)) $((1000 + (i + 7) % 16))
	done
	for ((i = 0; i < 64; i++)); do
		echo "nexthop add id $((3000 + i)) group $((2000 + i % 16))/$((2000 + (i + 1) % 16))"
	done
}

make_rules() {
	local i

	for ((i = 0; i < $1; i++)); do
		echo "rule add pref $((1000 + i)) dev n$i lookup $((user_tables + i)) suppress_prefixlength 0"
	done
	echo "rule add pref 30000 lookup 1001"
	echo "rule add pref 30001 lookup 101"
}

sysctl -qw net.ipv4.nexthop_compat_mode=0
insmod "$dir/vnet/vnet.ko"
make_vnet blue 1 10.0.0.0/16
ip route add fd00::/64 dev blue table 101
make_nics | ip -batch -
make_nexthops | ip -batch -
bench setup blue $subnets $user_tables
"$dir/fill" udr "$count" $subnets $user_tables 1 64
"$dir/fill" both 4 "$count" 500 1001 1 64
"$dir/fill" both 6 $((count / 5)) 500 1001 3000 3063
bench memory blue
for some in 16 $subnets; do
	make_rules $some | ip -batch -
	bench run blue $some "$rounds"
	make_rules $some | sed 's/^rule add/rule del/' | ip -batch -
done
make_vnet green 2 10.1.0.0/16
make_vnet red 3 10.2.0.0/16
"$dir/fill" routes 4 1000 1002 65 65 >/dev/null
"$dir/fill" routes 4 "$count" 1003 66 66 >/dev/null
for ((i = 0; i < 5; i++)); do
	"$dir/fill" replace 1000 65 21 1000 1001 1002 1003
	"$dir/fill" replace "$count" 66 21 1000 1001 1002 1003
done
dmesg | sed -n 's/.*\(bench: \)/\1/p'
