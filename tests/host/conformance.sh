#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a peer may get wrong, and what has to come of it (RFC 4271 6, RFC 6608,
# RFC 7606, RFC 7607): the cases of data/conformance.txt over real sessions, and
# of data/conformance_internal.txt over internal ones, while another peer watches
# whose session must not be touched.

. "${0%/*}/host.bash"

dir=${0%/*}/data
mapfile -t external < <(grep '^[A-Z]' "$dir/conformance.txt")
mapfile -t internal < <(grep '^[A-Z]' "$dir/conformance_internal.txt")

# neighbors PREFIX FIRST-ADDRESS KEYS CASE...: one for each. "A case [role: rs]": in
# brackets, what its neighbor's configuration has.
neighbors() {
	local i=0 prefix=$1 net=${2%.*} first=${2##*.} keys=$3 name more
	shift 3
	for name; do
		more=
		[[ $name != *" ["* ]] || { more=${name##* [} more=", ${more%]}"; }
		echo "        - { name: $prefix$i, address: $net.$((first + i)), $keys$more }"
		((++i))
	done
}

# Routes of a gateway are told to one of the other kind.
add_topology
{
	cat <<-EOF
	vnets:
	  - name: blue
	    vni: 5001
	    table: 100
	    bgp-table: 101
	    address-spaces: [10.1.0.0/16, "fd00:10:1::/48"]
	    route-server:
	      addresses: [10.1.1.4, "fd00:10:1:1::4"]
	      branch-to-branch: true
	      neighbors:
	        - { name: observer, address: 10.1.3.4, asn: 65002 }
	        - { name: gateway, address: 10.1.3.5, kind: vpn }
	EOF
	neighbors case 10.1.8.1 "asn: 65001" "${external[@]}"
	neighbors internal 10.1.10.1 "kind: expressroute" "${internal[@]}"
} >"$run/vrsd.yaml"
for address in 10.1.3.{4,5} 10.1.8.{1..250} 10.1.10.{1..250}; do
	echo "address add $address/32 dev eth0"
done | must ip -n "$(ns sdwan)" -batch -
must ip -n "$(ns firewall)" address del 10.1.3.4/16 dev eth0
must test ${#external[@]} -le 250 -a ${#internal[@]} -le 250
start_vrsd

relay() {
	local word number name

	while read -r word number name; do
		case $word in
		ok) ktap_result 0 "$name" ;;
		not) ktap_result 1 "${name#* }" ;;
		"#") echo "# $number $name" ;;
		esac
	done
}

# speak NUMBER ARGUMENT...: as many cases.
speak() {
	local status cases=$1
	shift
	in_ns sdwan "$VNET_BUILD/tests/bin/speaker" "$@" \
		>"$run/speaker.out" 2>"$run/speaker.err"
	status=$?
	relay <"$run/speaker.out"
	[ $status -eq 0 ] || ktap_comment <"$run/speaker.err"
	check_equal "all cases were run" "1..$cases" tail -n 1 "$run/speaker.out"
}
speak ${#external[@]} "$dir/conformance.txt" 10.1.1.4 10.1.3.4 10.1.8.1
speak ${#internal[@]} -i "$dir/conformance_internal.txt" 10.1.1.4 10.1.3.5 10.1.10.1

verdicts() {
	vrs show peers -j | jq -e 'map(.treatedAsWithdraw) | add > 20'
}
check "what was treated as withdrawal is counted" verdicts
check "nothing of it is an error of vrsd" lacks logged "error:|Assert|assert"
ktap_finish
