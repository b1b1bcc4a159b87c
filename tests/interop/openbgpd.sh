#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Interoperability with OpenBGPD.

# shellcheck source=interop.bash
. "${0%/*}/interop.bash"

ctl() { of_peer bgpctl -s "$run/bgpd.sock" "$@"; }

peer_version() { of_peer bgpd -V 2>&1 | sed 's/[^0-9]*//'; }

write_openbgpd() {
	{
		echo "AS $peer_asn"
		echo "router-id 10.1.2.4"
		echo "listen on 10.1.2.4"
		echo "fib-update no"
		echo "socket \"$run/bgpd.sock\""
		printf 'neighbor %s {\n\tremote-as 65515\n\tmultihop 2\n' 10.1.1.4
		printf '\tannounce IPv4 unicast\n\tannounce IPv6 none\n%s}\n' \
			"${peer_password:+$'\t'tcp md5sig password $peer_password$'\n'}"
		printf 'neighbor %s {\n\tremote-as 65515\n\tmultihop 2\n' fd00:10:1:1::4
		printf '\tannounce IPv6 unicast\n\tannounce IPv4 none\n%s}\n' \
			"${peer_password:+$'\t'tcp md5sig password $peer_password$'\n'}"
		echo "allow from any"
		echo "allow to any"
	} >"$run/bgpd.conf"
	chmod 600 "$run/bgpd.conf"
}

peer_start() {
	write_openbgpd
	mkdir -p "${INTEROP_ROOT:-}/run/openbgpd"
	start_peer bgpd -d -f "$run/bgpd.conf"
	wait_until 10 ctl show
}

peer_announce() {
	local prefix=$1 community args=()

	for community in "${@:2}"; do
		[[ $community = *:*:* ]] && args+=(large-community "$community") ||
			args+=(community "$community")
	done
	ctl network add "$prefix" "${args[@]}"
}

peer_withdraw() { ctl network delete "$1"; }

peer_has() {
	ctl -j show rib "$1" | jq -e --arg path "$2" --arg hop "$(hop_of "$1")" '
		any(.rib[]?; .aspath == $path and .exit_nexthop == $hop)'
}

peer_refresh() { ctl neighbor 10.1.1.4 refresh; }

run_features OpenBGPD routes as4 communities refresh
