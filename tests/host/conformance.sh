#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a peer may get wrong, and what has to come of it (RFC 4271 6, RFC 6608,
# RFC 7606, RFC 7607): the cases of data/conformance.txt over real sessions,
# while another peer watches whose session must not be touched.

. "${0%/*}/host.bash"

data=${0%/*}/data/conformance.txt
mapfile -t names < <(grep '^[A-Z]' "$data")
cases=${#names[@]}

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
	      neighbors:
	        - { name: observer, address: 10.1.3.4, asn: 65002 }
	EOF
	# "A case [role: rs]": in brackets, what its neighbor's configuration has.
	for ((i = 0; i < cases; i++)); do
		more=
		[[ ${names[i]} != *" ["* ]] || { more=${names[i]##* [} more=", ${more%]}"; }
		echo "        - { name: case$i, address: 10.1.9.$((i + 1)), asn: 65001$more }"
	done
} >"$run/vrsd.yaml"
for ((i = 0; i < cases; i++)); do
	echo "address add 10.1.9.$((i + 1))/32 dev eth0"
done | must ip -n "$(ns sdwan)" -batch -
must ip -n "$(ns sdwan)" address add 10.1.3.4/32 dev eth0
must ip -n "$(ns firewall)" address del 10.1.3.4/16 dev eth0
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

in_ns sdwan "$VNET_BUILD/tests/bin/speaker" "$data" 10.1.1.4 10.1.3.4 10.1.9.1 \
	>"$run/speaker.out" 2>"$run/speaker.err"
status=$?
relay <"$run/speaker.out"
[ $status -eq 0 ] || ktap_comment <"$run/speaker.err"
check_equal "all cases were run" "1..$((cases + 1))" tail -n 1 "$run/speaker.out"

verdicts() {
	vrs show peers -j | jq -e 'map(.treatedAsWithdraw) | add > 20'
}
check "what was treated as withdrawal is counted" verdicts
check "nothing of it is an error of vrsd" lacks logged "error:|Assert|assert"
ktap_finish
