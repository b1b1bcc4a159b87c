#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Interoperability with FRR.

# shellcheck source=interop.bash
. "${0%/*}/interop.bash"

# Debian 13's vtysh asks PAM, which its tree does not have.
ctl() { vtysh --vty_socket "$run/frr" -d bgpd "$@"; }

peer_version() { of_peer /usr/lib/frr/bgpd --version | sed -n 's/^bgpd version //p'; }

# bfdd, which takes its sessions by configuration, and zebra, which it needs.
# Both give up root's rights.
start_bfdd() {
	local family name daemon

	{
		echo bfd
		for family in $families; do
			printf ' %s\n' "peer $(instance "$family") local-address $(peer_address "$family") interface eth0" \
				"receive-interval 200" "transmit-interval 200" "detect-multiplier 10" exit
		done
	} >"$run/bfdd.conf"
	: >"$run/zebra.conf"
	install -d -m 777 "$run/bfdd"
	for name in zebra bfdd; do
		daemon=("/usr/lib/frr/$name" -f "$run/$name.conf" -z "$run/bfdd/zserv.api"
			-i "$run/bfdd/$name.pid" --vty_socket "$run/bfdd")
		[[ $name-$(peer_version) != bfdd-8.* ]] ||
			daemon+=(--bfdctl "$run/bfdd/bfdd.sock")
		start_peer "${daemon[@]}"
		bfdd_pid=$peer_pid
	done
}

# So many capabilities that its OPEN is long. Not by extended-optional-parameters,
# with which bgpd 8.4 and 10.3 take each OPEN that they get for a long one.
more_families() {
	local family

	for family in {ipv4,ipv6}\ {multicast,vpn,flowspec} "l2vpn evpn"; do
		printf ' %s\n' "address-family $family" \
			" neighbor 10.1.1.4 activate" " neighbor fd00:10:1:1::4 activate" \
			exit-address-family
	done
}

peer_start() {
	[ -z "$peer_extended_open" ] || { peer_restart_time=60 peer_long_lived=60; }
	[ -z "$peer_gtsm" ] || peer_gtsm="ttl-security hops 1"
	mkdir -p "$run/frr"
	[ -z "$peer_bfd" ] || start_bfdd
	cat >"$run/frr.conf" <<-EOF2
	log file $run/peer.log
	${peer_queue:+bgp input-queue-limit $peer_queue}
	${peer_extended_open:+hostname $(printf 'a%.0s' {1..63})}
	router bgp $peer_asn
	 ${peer_restart_time:+bgp graceful-restart}
	 ${peer_restart_time:+bgp graceful-restart notification}
	 ${peer_restart_time:+bgp graceful-restart restart-time $peer_restart_time}
	 ${peer_restart_time:+bgp graceful-restart preserve-fw-state}
	 ${peer_long_lived:+bgp long-lived-graceful-restart stale-time $peer_long_lived}
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
	 ${peer_extended_nexthop:+neighbor RS capability extended-nexthop}
	 ${peer_role:+neighbor 10.1.1.4 local-role $peer_role}
	 ${peer_role:+neighbor fd00:10:1:1::4 local-role $peer_role}
	 address-family ipv4 unicast
	  neighbor 10.1.1.4 activate
	  ${peer_add_path:+neighbor 10.1.1.4 addpath-tx-all-paths}
	  ${peer_extended_nexthop:+neighbor fd00:10:1:1::4 activate}
	 exit-address-family
	 address-family ipv6 unicast
	  neighbor fd00:10:1:1::4 activate
	  ${peer_add_path:+neighbor fd00:10:1:1::4 addpath-tx-all-paths}
	 exit-address-family
	 ${peer_extended_open:+$(more_families)}
	EOF2
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

# A line to the daemon has its limits: communities are added some at a time. A
# route map that has been in use is left alone: bgpd 8.4 crashes sooner or later
# when it goes.
announcements=0
peer_announce() {
	local prefix=$1 community plain=() large=() extended=() seq=10
	local args=(-c "configure terminal") map=announce$((++announcements))

	for community in "${@:2}"; do
		case $community in
		rt:*) extended+=("${community#rt:}") ;;
		*:*:*) large+=("$community") ;;
		*) plain+=("$community") ;;
		esac
	done
	while args+=(-c "route-map $map permit $seq"); [ ${#plain[@]} -gt 100 ]; do
		args+=(-c "set community ${plain[*]:0:100} additive" -c "on-match next")
		plain=("${plain[@]:100}")
		((seq += 10))
	done
	[ ${#plain[@]} -eq 0 ] || args+=(-c "set community ${plain[*]} additive")
	[ ${#large[@]} -eq 0 ] || args+=(-c "set large-community ${large[*]}")
	[ ${#extended[@]} -eq 0 ] || args+=(-c "set extcommunity rt ${extended[*]}")
	ctl "${args[@]}" &&
		configure_family "$(family_of "$prefix")" \
			"network $prefix route-map $map"
}

peer_withdraw() { configure_family "$(family_of "$1")" "no network $1"; }

peer_has() {
	ctl -c "show bgp $(family_of "$1") unicast $1 json" |
		jq -e --arg path "$2" --arg hop "$(hop_of "$1")" '
			any(.paths[]?; .aspath.string == $path and
				any(.nexthops[]; .ip == $hop))'
}

peer_refresh() { ctl -c "clear bgp ipv4 unicast 10.1.1.4 in"; }

peer_up() {
	ctl -c "show bgp neighbors $(instance "$1") json" |
		jq -e '.[].bgpState == "Established"'
}

peer_shutdown() {
	ctl -c "configure terminal" -c "router bgp $peer_asn" \
		-c "neighbor 10.1.1.4 shutdown message $1"
}

# Its main thread is held, others go on: one sends keepalives.
peer_stall() {
	perl -e '$pid = 0 + shift;
		syscall(101, 0x4206, $pid, 0, 0) == 0 or die "PTRACE_SEIZE: $!";
		syscall(101, 0x4207, $pid, 0, 0) == 0 or die "PTRACE_INTERRUPT: $!";
		waitpid($pid, 0x40000000) == $pid or die "waitpid: $!";
		$| = 1; print "held\n"; sleep' "$peer_pid" >"$run/held" &
	holder_pid=$!
	defer end_process $holder_pid
	wait_until 10 grep -q held "$run/held"
}
peer_go_on() { end_process $holder_pid; }

# In 8 that other threads read on, however much waits for the main one. FRR's own
# send hold timer takes twice the hold time, and ours is over by then.
stalled=stalled_daemon
[[ $(peer_version) != 8.* ]] || stalled=
without=tcp_ao
run_features FRR routes+communities+extended_communities+graceful_shutdown+refresh+shutdown \
	as4 extended_open md5+gtsm+roles+add_path+extended_message+enhanced_refresh \
	range extended_nexthop helper+restarter+notified long_lived $stalled bfd
