#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Interoperability with FRR.

# shellcheck source=interop.bash
. "${0%/*}/interop.bash"

# Debian 13's vtysh asks PAM, which its tree does not have.
ctl() { vtysh --vty_socket "$run/frr" -d bgpd "$@"; }

peer_version() { of_peer /usr/lib/frr/bgpd --version | sed -n 's/^bgpd version //p'; }

# start_other NAME [OPTION...]: another of its daemons, which gives up root's rights.
start_other() {
	install -d -m 777 "$run/others"
	start_peer "/usr/lib/frr/$1" -f "$run/$1.conf" -z "$run/others/zserv.api" \
		-i "$run/others/$1.pid" --vty_socket "$run/others" "${@:2}"
	peer_others+=("$peer_pid")
}

# zebra tells bgpd, and bfdd, of interfaces.
start_zebra() {
	: >"$run/zebra.conf"
	start_other zebra
	wait_until 10 [ -S "$run/others/zserv.api" ]
}

# It takes its sessions by configuration.
start_bfdd() {
	local family how

	{
		echo bfd
		for family in $families; do
			how="local-address $(peer_address "$family") interface eth0"
			[ "$peer_bfd" = single ] || how="multihop ${how% interface*}"
			printf ' %s\n' "peer $(instance "$family") $how" \
				"receive-interval 200" "transmit-interval 200" "detect-multiplier 50" exit
		done
	} >"$run/bfdd.conf"
	case $(peer_version) in
	8.*) start_other bfdd --bfdctl "$run/others/bfdd.sock" ;;
	*) start_other bfdd ;;
	esac
	bfdd_pid=$peer_pid
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

# write_map FAMILY: where what is well known is put on, as bgpd keeps by itself what
# has it, and a next hop that is not its own.
write_map() {
	local ip=ip${1/4/} name=leaves$1 set="ip next-hop" n

	ip=${ip/ip6/ipv6}
	[ "$1" = 4 ] || set="ipv6 next-hop global"
	for n in 2 9; do
		echo "$ip prefix-list net$1$n seq 5 permit $(net "$1" $n)"
	done
	cat <<-EOF2
	${peer_own_only:+route-map $name deny 1
	 match as-path ours}
	route-map $name permit 2
	 match $ip address prefix-list net${1}2
	 set $set $(another "$1")
	$(for n in 65281 65282 666; do
		printf '%s\n' "route-map $name permit $((n % 1000))" \
			" match $ip address prefix-list net${1}9" \
			" match community is$n" " set community 65535:$n"
	done)
	route-map $name permit 999
	EOF2
}

# What the maps need.
write_lists() {
	echo "bgp as-path access-list ours permit ^65515"
	printf 'bgp community-list standard is%d permit 65001:%d\n' 65281 65281 65282 65282 666 666
}

peer_start() {
	[ -z "$peer_extended_open" ] || { peer_restart_time=60 peer_long_lived=60; }
	local hops=${peer_gtsm:+ttl-security hops 1} zebra=${peer_mixed:+-z "$run/others/zserv.api"}

	[ -n "$hops$peer_kind" ] || hops="ebgp-multihop 2"
	peer_capabilities=${peer_capabilities:+!}
	mkdir -p "$run/frr"
	peer_others=()
	[ -z "$peer_bfd$peer_mixed" ] || start_zebra
	[ -z "$peer_bfd" ] || start_bfdd
	cat >"$run/frr.conf" <<-EOF2
	log file $run/peer.log
	$(write_lists)
	$(write_map 4)
	$(write_map 6)
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
	 ${hops:+neighbor RS $hops}
	 ${peer_passive:+neighbor RS passive}
	 ${peer_capabilities:-neighbor RS dont-capability-negotiate}
	 neighbor RS timers connect 2
	 ${peer_password:+neighbor RS password $peer_password}
	 neighbor 10.1.1.4 peer-group RS
	 neighbor fd00:10:1:1::4 peer-group RS
	 ${peer_extended_nexthop:+neighbor RS capability extended-nexthop}
	 ${peer_role:+neighbor 10.1.1.4 local-role $peer_role}
	 ${peer_role:+neighbor fd00:10:1:1::4 local-role $peer_role}
	 address-family ipv4 unicast
	  neighbor 10.1.1.4 activate
	  neighbor RS route-map leaves4 out
	  ${peer_add_path:+neighbor 10.1.1.4 addpath-tx-all-paths}
	  ${peer_extended_nexthop:+neighbor fd00:10:1:1::4 activate}
	 exit-address-family
	 address-family ipv6 unicast
	  neighbor fd00:10:1:1::4 activate
	  neighbor RS route-map leaves6 out
	  ${peer_mixed:+neighbor 10.1.1.4 activate}
	  ${peer_add_path:+neighbor fd00:10:1:1::4 addpath-tx-all-paths}
	 exit-address-family
	 ${peer_extended_open:+$(more_families)}
	EOF2
	start_peer /usr/lib/frr/bgpd ${zebra:--Z} -n -S -f "$run/frr.conf" \
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
	local prefix=$1 community plain=() large=() extended=() path='' seq=10
	local args=(-c "configure terminal") map=announce$((++announcements))

	for community in "${@:2}"; do
		case $community in
		hop=*) ;; # by the map that write_map makes
		path=*) path=${community#*=} ;;
		65535:65281 | 65535:65282 | 65535:666) plain+=("65001${community#65535}") ;;
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
	[ -z "$path" ] || args+=(-c "set as-path prepend $path")
	[ ${#large[@]} -eq 0 ] || args+=(-c "set large-community ${large[*]}")
	[ ${#extended[@]} -eq 0 ] || args+=(-c "set extcommunity rt ${extended[*]}")
	ctl "${args[@]}" &&
		configure_family "$(family_of "$prefix")" \
			"network $prefix route-map $map"
}

peer_withdraw() { configure_family "$(family_of "$1")" "no network $1"; }

peer_has() {
	ctl -c "show bgp $(family_of "$1") unicast $1 json" |
		jq -e --arg path "${2:-Local}" --arg hop "${3:-$(hop_of "$1")}" '
			any(.paths[]?; .aspath.string == $path and
				any(.nexthops[]; .ip == $hop))'
}

peer_has_otc() {
	ctl -c "show bgp $(family_of "$1") unicast $1 json" |
		jq -e --argjson n "$2" 'any(.paths[]?; .otc == $n)'
}

peer_has_community() {
	ctl -c "show bgp $(family_of "$1") unicast $1 json" |
		jq -e --arg c "${2/65535:6/llgr-stale}" 'any(.paths[]?; .community.string // "" | split(" ") | any(. == $c))'
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

peer_told() {
	ctl -c "show bgp neighbors $(instance 6) json" |
		jq -e --arg text "$1" '.[].lastShutdownDescription == $text'
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
run_features FRR routes+communities+well_known+extended_communities+next_hop+graceful_shutdown+refresh+shutdown+shutdown_told \
	collision otc passive+refresh_asked mixed gateway as4+as_override+allowas_in no_capabilities extended_open md5+gtsm+roles+add_path+extended_message+enhanced_refresh \
	range extended_nexthop helper+restarter+notified long_lived left_long $stalled bfd bfd_multihop
