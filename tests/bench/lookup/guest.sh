#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The lookup benchmark inside user-mode Linux: fills the kernel's tables and a
# BPF map with the routes, runs the module, prints what it measured.
#
# usage: guest.sh DIR ROUNDS OPTIONS FAMILY:COUNT...

set -eu

dir=$1
rounds=$2
options=$3	# of the module, in words
shift 3
table=1000
nexthops=256

make_nexthops() {
	local i

	ip link add bench0 type dummy
	ip link set bench0 up
	ip address add 10.255.0.1/16 dev bench0
	ip address add fd00::1/64 dev bench0 nodad
	for ((i = 1; i <= nexthops; i++)); do
		if [ "$1" = 4 ]; then
			echo "nexthop add id $i via 10.255.1.$((i - 1)) dev bench0"
		else
			printf 'nexthop add id %d via fd00::1:%x dev bench0\n' $i $i
		fi
	done | ip -batch -
}

run_family() {
	local family=$1 count=$2 took

	make_nexthops "$family"
	took=$("$dir/fill" routes "$family" "$count" $table 1 $nexthops)
	echo "bench: $family insert fib rate $(awk "BEGIN { print int($count / $took) }")"
	# The module never stays: to be refused is to have run.
	"$dir/fill" map "$family" "$count" $nexthops \
		insmod "$dir/bench-lookup.ko" family="$family" count="$count" \
		table=$table nexthops=$nexthops rounds="$rounds" map=@ $options 2>/dev/null || true
	ip link del bench0
}

for arg; do
	run_family "${arg%:*}" "${arg#*:}"
done
dmesg | sed -n 's/.*\(bench: \)/\1/p'
