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
		family { ipv$1 unicast; $([ -z "$2" ] || echo "ipv4 unicast;") }
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
		exabgp.tcp.bind= exabgp "$run/exabgp.conf"
}

# hop: the next hop; it makes none of another family by itself.
hop() { [[ $families = 6 ]] && peer_address 6 || echo self; }

tell() { echo "$*" >"$run/commands"; }

peer_announce() {
	local prefix=$1 community plain=() large=() extended=()

	for community in "${@:2}"; do
		case $community in
		rt:*) extended=("target${community#rt}") ;;
		*:*:*) large+=("$community") ;;
		*) plain+=("$community") ;;
		esac
	done
	tell "neighbor $(hop_of "$prefix") announce route $prefix next-hop $(hop)" \
		${plain:+community [ "${plain[*]}" ]} \
		${large:+large-community [ "${large[*]}" ]} \
		${extended:+extended-community [ "${extended[*]}" ]}
}

peer_withdraw() { tell "neighbor $(hop_of "$1") withdraw route $1 next-hop $(hop)"; }

# The last that was said of it counts; the path may be a list of numbers.
peer_has() {
	grep '^{' "$run/heard" | jq -se --arg prefix "$1" --arg path "$2" --arg hop "$(hop_of "$1")" '
		[.[] | .neighbor?.message?.update? | select(. != null) |
		 (.attribute["as-path"] | if type == "object" then
			[.[].value[]] else . // [] end | map(tostring) | join(" ")) as $p |
		 .announce // {} | .[] | to_entries[] |
		 select(any(.value[]; .nlri == $prefix)) | {hop: .key, path: $p}] |
		last | .hop == $hop and .path == $path'
}

peer_refresh() { tell "neighbor 10.1.1.4 announce route-refresh ipv4 unicast"; }

# It keeps no routes, its own or others', while a session is down.
without="extended_open roles restarter notified long_lived stalled_vrsd bfd tcp_ao"
run_features ExaBGP routes+communities+extended_communities+graceful_shutdown+refresh \
	as4 as2 md5+gtsm+add_path+extended_message+enhanced_refresh range extended_nexthop helper
