#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Interoperability with GoBGP.

# shellcheck source=interop.bash
. "${0%/*}/interop.bash"

ctl() { ip netns exec "$(ns sdwan)" ${INTEROP_ROOT:+chroot "$INTEROP_ROOT"} gobgp "$@"; }

peer_version() { of_peer gobgpd --version 2>&1 | grep -oE '[0-9]+\.[0-9.]+' | head -n 1; }

# write_neighbor FAMILY
write_neighbor() {
	local hops="[neighbors.ebgp-multihop.config]
	    enabled = true
	    multihop-ttl = 2"

	[ -z "$peer_gtsm" ] || hops="[neighbors.ttl-security.config]
	    enabled = true
	    ttl-min = 255"
	cat <<-EOF2
	[[neighbors]]
	  [neighbors.config]
	    neighbor-address = "$(instance "$1")"
	    peer-as = 65515
	    auth-password = "$peer_password"
	  $hops
	  $(write_restart)
	  [neighbors.timers.config]
	    connect-retry = 2
	  [neighbors.transport.config]
	    local-address = "$(peer_address "$1")"
	    ${peer_passive:+passive-mode = true}
	$(write_family "$1")
	${peer_extended_nexthop:+$([ "$1" = 4 ] || write_family 4)}
	${peer_mixed:+$([ "$1" = 6 ] || write_family 6)}
	EOF2
}

write_restart() {
	[ -n "$peer_restart_time" ] || return
	cat <<-EOF2
	[neighbors.graceful-restart.config]
	    enabled = true
	    restart-time = $peer_restart_time
	    notification-enabled = true
	    ${peer_long_lived:+long-lived-enabled = true}
	EOF2
}

# write_family FAMILY
write_family() {
	cat <<-EOF2
	  [[neighbors.afi-safis]]
	    [neighbors.afi-safis.config]
	      afi-safi-name = "ipv$1-unicast"
	    ${peer_add_path:+[neighbors.afi-safis.add-paths.config]
	      receive = true
	      send-max = 8}
	    ${peer_restart_time:+[neighbors.afi-safis.mp-graceful-restart.config]
	      enabled = true}
	    ${peer_long_lived:+[neighbors.afi-safis.long-lived-graceful-restart.config]
	      enabled = true
	      restart-time = $peer_long_lived}
	EOF2
}

peer_start() {
	{
		cat <<-EOF2
		[global.config]
		  as = $peer_asn
		  router-id = "10.1.2.4"
		  port = 179
		EOF2
		write_neighbor 4
		write_neighbor 6
	} >"$run/gobgpd.toml"
	start_peer gobgpd -f "$run/gobgpd.toml" --pprof-disable ${peer_again:+-r}
	wait_until 10 ctl global
}

family_option() { [[ $1 = *:* ]] && echo ipv6 || echo ipv4; }

peer_announce() {
	local prefix=$1 community plain=() large=() extended=() path=() hop

	hop=$(peer_address "$([ "$(hop_of "$prefix")" = "$(instance 4)" ] && echo 4 || echo 6)")
	for community in "${@:2}"; do
		case $community in
		hop=*) hop=${community#*=} ;;
		path=*) path=(aspath "${community#*=}") ;;
		rt:*) extended=(rt "${community#rt:}") ;;
		*:*:*) large+=("$community") ;;
		*) plain+=("$community") ;;
		esac
	done
	ctl global rib add "$prefix" nexthop "$hop" \
		${plain:+community "${plain[*]}"} \
		${large:+large-community "${large[*]}"} "${extended[@]}" "${path[@]}" \
		-a "$(family_option "$prefix")"
}

peer_withdraw() { ctl global rib del "$1" -a "$(family_option "$1")"; }

peer_has() {
	ctl global rib "$1" -j -a "$(family_option "$1")" |
		jq -e --arg path "$2" --arg hop "${3:-$(hop_of "$1")}" '
		any(.. | objects | select(has("attrs")) | .attrs;
			any(.[]; .type == 2 and
				([.as_paths[]?.asns[]?] | join(" ")) == $path) and
			any(.[]; .nexthop? == $hop))'
}

peer_has_community() {
	ctl global rib "$1" -j -a "$(family_option "$1")" | jq -e --arg c "$2" '
		any(.. | objects | select(has("communities")) | .communities[];
			"\(. / 65536 | floor):\(. % 65536)" == $c)'
}

peer_told() { grep -q "$1" "$run/peer.log"; }

peer_up() { ctl neighbor "$(instance "$1")" | grep -i "BGP state = established"; }
peer_shutdown() { ctl neighbor 10.1.1.4 shutdown --reason "$1"; }

# A later one keeps from us what has our AS.
ours=
[[ $(peer_version) != 3.10.* ]] || ours=+allowas_in
# It keeps what it has heard, and asks nobody again.
without="roles otc extended_message tcp_ao"
run_features GoBGP routes+communities+well_known+extended_communities+next_hop+graceful_shutdown+shutdown+shutdown_told \
	passive+refresh_asked mixed gateway as4+as_override$ours md5+gtsm+add_path range extended_nexthop helper+restarter+notified long_lived left_long
