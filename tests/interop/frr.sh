#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Interoperability with FRR.

# shellcheck source=interop.bash
. "${0%/*}/interop.bash"

# Debian 13's vtysh asks PAM, which its tree does not have.
ctl() { vtysh --vty_socket "$run/frr" -d bgpd "$@"; }

peer_version() { of_peer /usr/lib/frr/bgpd --version | sed -n 's/^bgpd version //p'; }

peer_start() {
	peer_gtsm=${peer_gtsm:+ttl-security hops 1}
	cat >"$run/frr.conf" <<-EOF2
	log file $run/peer.log
	router bgp $peer_asn
	 bgp router-id 10.1.2.4
	 no bgp ebgp-requires-policy
	 no bgp default ipv4-unicast
	 no bgp network import-check
	 neighbor RS peer-group
	 neighbor RS remote-as 65515
	 neighbor RS ${peer_gtsm:-ebgp-multihop 2}
	 neighbor RS timers connect 2
	 ${peer_password:+neighbor RS password $peer_password}
	 neighbor 10.1.1.4 peer-group RS
	 neighbor fd00:10:1:1::4 peer-group RS
	 ${peer_role:+neighbor 10.1.1.4 local-role $peer_role}
	 ${peer_role:+neighbor fd00:10:1:1::4 local-role $peer_role}
	 address-family ipv4 unicast
	  neighbor 10.1.1.4 activate
	  ${peer_add_path:+neighbor 10.1.1.4 addpath-tx-all-paths}
	 exit-address-family
	 address-family ipv6 unicast
	  neighbor fd00:10:1:1::4 activate
	  ${peer_add_path:+neighbor fd00:10:1:1::4 addpath-tx-all-paths}
	 exit-address-family
	EOF2
	mkdir -p "$run/frr"
	start_peer /usr/lib/frr/bgpd -Z -n -S -f "$run/frr.conf" \
		-i "$run/frr/bgpd.pid" --vty_socket "$run/frr"
	wait_until 10 ctl -c "show bgp summary"
}

family_of() { [[ $1 = *:* ]] && echo ipv6 || echo ipv4; }

# configure_network LINE...: in the configuration of the prefix's family.
configure_family() {
	local args=() line

	for line in "router bgp $peer_asn" "address-family $1 unicast" "${@:2}"; do
		args+=(-c "$line")
	done
	ctl -c "configure terminal" "${args[@]}"
}

peer_announce() {
	local prefix=$1 community plain=() large=() args=()

	for community in "${@:2}"; do
		[[ $community = *:*:* ]] && large+=("$community") ||
			plain+=("$community")
	done
	args=(-c "configure terminal" -c "route-map announce permit 10")
	[ ${#plain[@]} -eq 0 ] || args+=(-c "set community ${plain[*]}")
	[ ${#large[@]} -eq 0 ] || args+=(-c "set large-community ${large[*]}")
	ctl "${args[@]}" &&
		configure_family "$(family_of "$prefix")" \
			"network $prefix route-map announce"
}

peer_withdraw() { configure_family "$(family_of "$1")" "no network $1"; }

peer_has() {
	ctl -c "show bgp $(family_of "$1") unicast $1 json" |
		jq -e --arg path "$2" --arg hop "$(hop_of "$1")" '
			any(.paths[]?; .aspath.string == $path and
				any(.nexthops[]; .ip == $hop))'
}

peer_refresh() { ctl -c "clear bgp ipv4 unicast 10.1.1.4 in"; }

run_features FRR routes as4 communities refresh md5 gtsm roles add_path
