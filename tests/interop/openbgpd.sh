#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Interoperability with OpenBGPD.

# shellcheck source=interop.bash
. "${0%/*}/interop.bash"

ctl() { of_peer bgpctl -s "$run/bgpd.sock" "$@"; }

peer_version() { of_peer bgpd -V 2>&1 | sed 's/[^0-9]*//'; }

# In 7 the role is the policy.
write_role() {
	case $(peer_version) in
	7.*) echo "announce policy $peer_role enforce" ;;
	*) printf 'role %s\nannounce policy enforce\n' "$peer_role" ;;
	esac
}

write_restart() {
	case $(peer_version) in
	7.*) echo "announce restart yes" ;;
	*) printf 'announce restart yes\nannounce graceful notification yes\n' ;;
	esac
}

# What is well known is put on where it leaves, as bgpd keeps by itself what has it.
write_rules() {
	local family community

	echo "match to any community 65001:78 set ext-community rt 65001:78"
	for community in 65281 65282 666; do
		echo "match to any community 65001:$community set community 65535:$community"
	done
	for family in 4 6; do
		leads_by "$(net $family 2)" "$(another $family)"
	done
	# It would be ::1.
	[ -z "$peer_mixed" ] || leads_by "$(announced 6)" "$(peer_address 6)"
}

# leads_by PREFIX ADDRESS
leads_by() {
	echo "match to any prefix $1 set nexthop $2"
	echo "match to any prefix $1 set nexthop no-modify"
}

# write_neighbor FAMILY OTHER-FAMILY [unicast]
write_neighbor() {
	cat <<-EOF2
	neighbor $(instance "$1") {
		remote-as 65515
		$hops
		${peer_passive:+passive}
		${peer_capabilities:-announce capabilities no}
		announce IPv$1 unicast
		announce IPv$2 ${3:-none}
		${peer_password:+tcp md5sig password $peer_password}
		${peer_role:+$(write_role)}
		${peer_add_path:+announce add-path recv yes
		announce add-path send all}
		${peer_as4:-announce as-4byte no}
		${peer_enhanced:+announce enhanced refresh yes}
		${peer_extended_message:+announce extended message yes}
		${peer_extended_nexthop:+announce extended nexthop yes}
		${peer_restart_time:+$(write_restart)}
	}
	EOF2
}

peer_start() {
	local hops=${peer_gtsm:+ttl-security yes}

	[ -n "$hops$peer_kind" ] || hops="multihop 2"
	peer_capabilities=${peer_capabilities:+ }
	peer_as4=${peer_as4:+ }
	{
		cat <<-EOF2
		AS $peer_asn
		router-id 10.1.2.4
		listen on 10.1.2.4
		listen on fd00:10:1:2::4
		fib-update no
		socket "$run/bgpd.sock"
		$(write_neighbor 4 6 ${peer_mixed:+unicast})
		$(write_neighbor 6 4 ${peer_extended_nexthop:+unicast})
		allow from any
		allow to any
		$(write_rules)
		EOF2
	} >"$run/bgpd.conf"
	chmod 600 "$run/bgpd.conf"
	mkdir -p "${INTEROP_ROOT:-}/run/openbgpd"
	start_peer bgpd -d -f "$run/bgpd.conf"
	wait_until 10 ctl show
}

# bgpctl knows no extended communities: a rule makes one of 65001:78.
peer_announce() {
	local prefix=$1 community args=()

	for community in "${@:2}"; do
		case $community in
		hop=*) continue ;; # by a rule
		65535:65281 | 65535:65282 | 65535:666) community=65001${community#65535} ;;
		esac
		community=${community#rt:}
		[[ $community = *:*:* ]] && args+=(large-community "$community") ||
			args+=(community "$community")
	done
	ctl network add "$prefix" "${args[@]}"
}

peer_withdraw() { ctl network delete "$1"; }

peer_has() {
	ctl -j show rib "$1" | jq -e --arg path "$2" --arg hop "${3:-$(hop_of "$1")}" '
		any(.rib[]?; .aspath == $path and .exit_nexthop == $hop)'
}

# bgpctl 8.8 cannot print what is in it.
peer_has_otc() { ctl show rib detail "$1" | grep -qE "(otc|OTC).* $2\b|OTC: bad length"; }

peer_has_community() {
	ctl -j show rib detail "$1" | jq -e --arg c "$2" 'any(.rib[]?.communities[]?; . == $c)'
}

peer_told() { ctl show neighbor "$(instance 6)" | grep -q "$1"; }

peer_refresh() { ctl neighbor 10.1.1.4 refresh; }

peer_up() {
	ctl -j show neighbor "$(instance "$1")" | jq -e 'any(.neighbors[]; .state == "Established")'
}
peer_shutdown() { ctl neighbor 10.1.1.4 down "$1"; }

peer_prepends=
peer_merged=4200000002
# Of graceful restart it is the helper only.
without="helper long_lived left_long bfd bfd_multihop tcp_ao"
newer=
silent=
notified=+notified
asked=
case $(peer_version) in
7.*)
	without+=" extended_message extended_nexthop"
	silent=no_capabilities
	;;
*)
	without+=" no_capabilities"
	newer=+extended_message
	asked=+refresh_asked
	;;
esac
run_features OpenBGPD routes+communities+well_known+extended_communities+next_hop+graceful_shutdown+refresh+shutdown+shutdown_told \
	otc passive$asked mixed gateway as4+as_override as2 $silent md5+gtsm+roles+add_path+enhanced_refresh$newer range \
	${newer:+extended_nexthop} restarter$notified
