#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Interoperability with ExaBGP, which announces what a process of ours tells it
# and tells it what it hears.

# shellcheck source=interop.bash
. "${0%/*}/interop.bash"

peer_version() { of_peer exabgp --version 2>&1 | sed -n 's/^ExaBGP *: *//p' | cut -d- -f1; }

# write_neighbor FAMILY
write_neighbor() {
	cat <<-EOF2
	neighbor $(instance "$1") {
		router-id 10.1.2.4;
		local-address $(peer_address "$1");
		local-as $peer_asn;
		peer-as 65515;
		${peer_password:+md5-password "$peer_password";}
		${peer_gtsm:+outgoing-ttl 255; incoming-ttl 255;}
		family { ipv$1 unicast; }
		capability {
			route-refresh enable;
			${peer_add_path:+add-path send/receive;}
		}
		api { processes [ test ]; receive { parsed; update; } }
	}
	EOF2
}

peer_start() {
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
		write_neighbor 4
		write_neighbor 6
	} >"$run/exabgp.conf"
	start_peer env exabgp.daemon.user=root exabgp.api.cli=false \
		exabgp.tcp.bind= exabgp "$run/exabgp.conf"
}

tell() { echo "$*" >"$run/commands"; }

peer_announce() {
	local prefix=$1 community plain=() large=()

	for community in "${@:2}"; do
		[[ $community = *:*:* ]] && large+=("$community") ||
			plain+=("$community")
	done
	tell "neighbor $(hop_of "$prefix") announce route $prefix next-hop self" \
		${plain:+community [ "${plain[*]}" ]} \
		${large:+large-community [ "${large[*]}" ]}
}

peer_withdraw() { tell "neighbor $(hop_of "$1") withdraw route $1 next-hop self"; }

# The last that was said of it counts; the path may be a list of numbers.
peer_has() {
	grep '^{' "$run/heard" | jq -se --arg prefix "$1" --arg path "$2" --arg hop "$(hop_of "$1")" '
		[.[] | .neighbor?.message?.update? | select(. != null) |
		 (.attribute["as-path"] | if type == "object" then
			[.[].value[]] else . end | map(tostring) | join(" ")) as $p |
		 .announce // {} | .[] | to_entries[] |
		 select(any(.value[]; .nlri == $prefix)) | {hop: .key, path: $p}] |
		last | .hop == $hop and .path == $path'
}

peer_refresh() { tell "neighbor 10.1.1.4 announce route-refresh ipv4 unicast"; }

run_features ExaBGP routes as4 communities refresh md5 gtsm add_path
