#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Interoperability with BIRD, which is the witness too, in another process.

# shellcheck source=interop.bash
. "${0%/*}/interop.bash"

ctl() { of_peer birdc -s "$run/peer.ctl" "$@"; }

peer_version() { of_peer bird --version 2>&1 | sed -n 's/^BIRD version //p'; }

# write_session FAMILY [CHANNEL]
write_session() {
	cat <<-EOF2
	protocol static static$1 {
	  ipv$1;
	  include "$run/static$1.conf";
	}
	protocol bgp rs$1 {
	  local $(peer_address "$1") as $peer_asn;
	  neighbor $(instance "$1") as 65515;
	  ${peer_gtsm:-multihop 2};
	  connect delay time 1;
	  ${peer_password:+password \"$peer_password\";}
	  ${peer_ao:+authentication ao; keys { $(ao_keys) \};}
	  ${peer_role:+local role $peer_role;}
	  ${peer_as4:-enable as4 off;}
	  ${peer_capabilities:-capabilities off;}
	  ${peer_passive:+passive;}
	  ${peer_extended_open:+advertise hostname on;}
	  ${peer_extended_message:+enable extended messages;}
	  ${peer_restart_time:+graceful restart; graceful restart time $peer_restart_time;}
	  ${peer_long_lived:+long lived graceful restart; long lived stale time $peer_long_lived;}
	  ${peer_bfd:+bfd;}
	  $(write_channel "$1")
	  ${2:-}
	}
	EOF2
}

ao_keys() {
	echo 'key { send id 2; recv id 1; algorithm hmac sha1; secret "secret"; preferred; };'
	echo 'key { send id 4; recv id 3; algorithm cmac aes128; secret "other"; };'
}

# write_channel FAMILY [OPTION]
write_channel() {
	cat <<-EOF2
	  ipv$1 {
	    ${peer_add_path:+add paths on;}
	    import all;
	    export filter leaves;
	    ${2:-}
	  };
	EOF2
}

# A next hop counts that the filter of an export has set.
write_filter() {
	cat <<-EOF2
	filter leaves {
	  if source != RTS_STATIC then reject;
	  if defined(bgp_next_hop) then bgp_next_hop = bgp_next_hop;
	  accept;
	}
	EOF2
}

peer_start() {
	local bfd_of=multihop

	[ "$peer_bfd" != single ] || bfd_of='interface "eth0"'
	[ -z "$peer_gtsm" ] || peer_gtsm="direct; ttl security on"
	[ -n "$peer_again" ] || { : >"$run/static4.conf"; : >"$run/static6.conf"; }
	peer_as4=${peer_as4:+;}
	peer_capabilities=${peer_capabilities:+;}
	{
		echo "router id 10.1.2.4;"
		echo "${unknown:+attribute bgp 99 bytestring odd;}"
		echo "${peer_extended_open:+hostname \"$(printf 'a%.0s' {1..240})\";}"
		echo "log \"$run/peer.log\" all;"
		echo "protocol device {}"
		echo "${peer_bfd:+protocol bfd { $bfd_of { interval 200 ms; multiplier 50; \}; \}}"
		write_filter
		write_session 4 "${peer_mixed:+$(write_channel 6 "next hop address $(peer_address 6);")}"
		write_session 6 "${peer_extended_nexthop:+$(write_channel 4 "extended next hop;")}"
	} >"$run/peer.conf"
	start_peer bird -f -c "$run/peer.conf" -s "$run/peer.ctl" -P "$run/peer.pid"
	wait_until 10 ctl show status
}

statics_of() { [[ $1 = *:* ]] && echo "$run/static6.conf" || echo "$run/static4.conf"; }

peer_announce() {
	local prefix=$1 community set=

	for community in "${@:2}"; do
		[[ $community = *=* ]] || community=${community//:/,}
		case $community in
		hop=*) set+="bgp_next_hop = ${community#*=}; " ;;
		odd) set+="odd = hex:01:02; " ;;
		path=*) set+="bgp_path.prepend(${community#*=}); " ;;
		rt,*) set+="bgp_ext_community.add(($community)); " ;;
		*,*,*) set+="bgp_large_community.add(($community)); " ;;
		*) set+="bgp_community.add(($community)); " ;;
		esac
	done
	sed -i "\\|^route $prefix |d" "$(statics_of "$prefix")"
	echo "route $prefix blackhole { $set };" >>"$(statics_of "$prefix")"
	ctl configure
}

peer_withdraw() {
	sed -i "\\|^route $1 |d" "$(statics_of "$1")"
	ctl configure
}

# BIRD 2 and BIRD 3 call attributes by different names.
peer_has() {
	ctl show route "$1" all >"$run/peer.routes"
	grep -qE "(BGP\.as_path|bgp_path): *$2\$" "$run/peer.routes" &&
		grep -qE "(BGP\.|bgp_)next_hop: ${3:-$(hop_of "$1")}( |\$)" "$run/peer.routes"
}

peer_has_otc() { ctl show route "$1" all | grep -qE "(BGP\.|bgp_)otc: $2\$"; }

peer_has_community() { ctl show route "$1" all | grep -F "(${2/:/,})"; }

peer_refresh() { ctl reload in rs4; }

peer_up() { ctl show protocols "rs$1" | grep Established; }
peer_shutdown() { ctl disable rs4 "\"$1\""; }
peer_told() { grep -q "dministrative shutdown.*$1" "$run/peer.log"; }

peer_ao_key() { ctl show protocols all "rs$1" | grep -qE "Current key: +$2\$"; }

# It has what AS4_PATH says, also when it does not say that it understands that.
peer_merged=4200000002
# No version knows RFC 8538; BIRD 2.0 does not have TCP-AO.
without=notified
unknown=+unknown
[[ $(peer_version) != 2.0.* ]] || unknown='' without="notified tcp_ao unknown"
# BIRD 3 has kept what it needs for a reload, and asks nobody.
refresh=+refresh
enhanced=+enhanced_refresh
[[ $(peer_version) != 3.* ]] || refresh='' enhanced=''
# What no other kernel has; for all else no guest is needed.
if [ "${KERNEL:-}" = ao ]; then
	run_features BIRD tcp_ao
fi
run_features BIRD routes+communities+well_known+extended_communities+next_hop$unknown+graceful_shutdown$refresh+shutdown+shutdown_told \
	collision otc passive+refresh_asked mixed gateway as4+as_override+allowas_in as2 no_capabilities extended_open md5+gtsm+roles+add_path+extended_message$enhanced range extended_nexthop \
	helper+restarter long_lived left_long bfd bfd_multihop
