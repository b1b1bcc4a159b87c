#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Interoperability with ExaBGP, which announces what a process of ours tells it
# and tells it what it hears.

# shellcheck source=interop.bash
. "${0%/*}/interop.bash"

peer_version() { of_peer exabgp --version 2>&1 | sed -n 's/^ExaBGP *: *//p' | cut -d- -f1; }

# write_neighbor FAMILY EXTENDED-NEXT-HOP
write_neighbor() {
	cat <<-EOF2
	neighbor $(instance "$1") {
		router-id 10.1.2.4;
		local-address $(peer_address "$1");
		local-as $peer_asn;
		peer-as 65515;
		${peer_password:+md5-password "$peer_password";}
		${peer_gtsm:+outgoing-ttl 255; incoming-ttl 255;}
		${peer_passive:+passive true;}
		family { ipv$1 unicast; $([ -z "$2" ] || echo "ipv4 unicast;") ${peer_mixed:+$([ "$1" = 6 ] || echo "ipv6 unicast;")} }
		$([ -z "$2" ] || echo "nexthop { ipv4 unicast ipv6; }")
		capability {
			route-refresh enable;
			nexthop ${peer_extended_nexthop:-disable};
			extended-message ${peer_extended_message:-disable};
			asn4 ${peer_as4:-disable};
			graceful-restart ${peer_restart_time:-disable};
			${peer_add_path:+add-path send/receive;}
		}
		api { processes [ test ]; receive { parsed; update; } }
	}
	EOF2
}

peer_start() {
	peer_as4=${peer_as4:+enable}
	peer_extended_message=${peer_extended_message:+enable}
	peer_extended_nexthop=${peer_extended_nexthop:+enable}
	rm -f "$run/commands"
	mkfifo "$run/commands"
	: >"$run/heard"
	chmod 666 "$run/commands" "$run/heard"
	cat >"$run/process" <<-EOF2
	#!/bin/bash
	cat <>$run/commands &
	exec cat >>$run/heard
	EOF2
	chmod 755 "$run/process"
	{
		printf 'process test { run %s; encoder json; }\n' "$run/process"
		write_neighbor 4 ""
		write_neighbor 6 "$peer_extended_nexthop"
	} >"$run/exabgp.conf"
	start_peer env exabgp.daemon.user=root exabgp.api.cli=false \
		exabgp.tcp.bind="${peer_passive:+10.1.2.4 fd00:10:1:2::4}" exabgp.tcp.port=179 exabgp "$run/exabgp.conf"
}

# hop PREFIX: the next hop; it makes none of another family by itself.
hop() {
	if [ "$families" = 6 ]; then
		peer_address 6
	elif [[ -n $peer_mixed && $1 = *:* ]]; then
		peer_address 6
	else
		echo self
	fi
}

# session PREFIX: the neighbor that it goes to.
session() { [ "$families" = 4 ] && instance 4 || hop_of "$1"; }

tell() { echo "$*" >"$run/commands"; }

peer_announce() {
	local prefix=$1 community plain=() large=() extended=() hop path='' odd=''

	hop=$(hop "$1")
	for community in "${@:2}"; do
		case $community in
		hop=*) hop=${community#*=} ;;
		odd) odd=1 ;;
		path=*) path="$peer_asn ${community#*=}" ;;
		rt:*) extended=("target${community#rt}") ;;
		*:*:*) large+=("$community") ;;
		*) plain+=("$community") ;;
		esac
	done
	tell "neighbor $(session "$prefix") announce route $prefix next-hop $hop" \
		${odd:+attribute [ 0x63 0xc0 0x0102 ]} \
		${path:+as-path [ "$path" ]} \
		${plain:+community [ "${plain[*]}" ]} \
		${large:+large-community [ "${large[*]}" ]} \
		${extended:+extended-community [ "${extended[*]}" ]}
}

peer_withdraw() { tell "neighbor $(session "$1") withdraw route $1 next-hop $(hop "$1")"; }

# The last that was said of it counts; the path may be a list of numbers.
peer_has() {
	grep '^{' "$run/heard" | jq -se --arg prefix "$1" --arg path "$2" --arg hop "${3:-$(hop_of "$1")}" '
		[.[] | .neighbor?.message?.update? | select(. != null) |
		 (.attribute["as-path"] | if type == "object" then
			[.[].value[]] else . // [] end | map(tostring) | join(" ")) as $p |
		 .announce // {} | .[] | to_entries[] |
		 select(any(.value[]; .nlri == $prefix)) | {hop: .key, path: $p}] |
		last | .hop == $hop and .path == $path'
}

peer_has_community() {
	grep '^{' "$run/heard" | jq -se --arg prefix "$1" --arg c "$2" '
		any(.[]; (.neighbor?.message?.update? // {}) |
			any(.announce[]?[]?[]?; .nlri == $prefix) and
			any(.attribute.community[]?; map(tostring) | join(":") == $c))'
}

peer_refresh() { tell "neighbor 10.1.1.4 announce route-refresh ipv4 unicast"; }

# It keeps no routes, its own or others', while a session is down.
peer_merged=4200000002
without="extended_open roles otc restarter notified long_lived left_long bfd
	bfd_multihop tcp_ao"
run_features ExaBGP routes+communities+well_known+extended_communities+next_hop+unknown+graceful_shutdown+refresh \
	passive mixed gateway as4+as_override+allowas_in as2 md5+gtsm+add_path+extended_message+enhanced_refresh range extended_nexthop helper
