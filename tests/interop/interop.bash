# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Interoperability with one BGP daemon, feature by feature. The topology is that
# of tests/host/host.bash: the daemon under test is the NVA "sdwan"; a BIRD, the
# NVA "firewall", is the witness: it announces what the daemon must learn, and
# tells how the daemon's routes arrive.
#
# A script for a daemon sources this file, defines
#
#	peer_version		prints it
#	peer_start		runs it with the settings below
#	peer_announce PREFIX [COMMUNITY...]
#	peer_withdraw PREFIX
#	peer_has PREFIX PATH	it has PREFIX with this AS path (numbers with a
#				space between them), the next hop being the
#				instance 10.1.1.4 or fd00:10:1:1::4
#	peer_refresh		asks for all routes again
#
# and calls run_features with the names of the features that it has. What has
# been seen is appended to $INTEROP_RESULTS, a line "feature daemon version" each.

# shellcheck source=../host/host.bash
. "${0%/*}/../host/host.bash"

# Settings for peer_start and for vrsd, that each feature may change.
reset_settings() {
	peer_asn=65001
	peer_password=
	peer_gtsm=
	peer_role=
	peer_add_path=
	neighbor_keys=
}

# The daemon's addresses, by family, and the instances'.
peer_address() { [ "$1" = 4 ] && echo 10.1.2.4 || echo fd00:10:1:2::4; }
instance() { [ "$1" = 4 ] && echo 10.1.1.4 || echo fd00:10:1:1::4; }
hop_of() { [[ $1 = *:* ]] && instance 6 || instance 4; }
space() { [ "$1" = 4 ] && echo 10.1.0.0/16 || echo fd00:10:1::/48; }
announced() { [ "$1" = 4 ] && echo 10.250.0.0/16 || echo fd00:250::/32; }
witnessed() { [ "$1" = 4 ] && echo 0.0.0.0/0 || echo ::/0; }

# One instance of each family, so that each daemon has one session a family.
interop_config() {
	cat >"$run/vrsd.yaml" <<-EOF
	vnets:
	  - name: blue
	    vni: 5001
	    table: 100
	    bgp-table: 101
	    address-spaces: [10.1.0.0/16, "fd00:10:1::/48"]
	    route-server:
	      addresses: [10.1.1.4, "fd00:10:1:1::4"]
	      neighbors:
	        - { name: sdwan, address: 10.1.2.4, asn: $peer_asn$neighbor_keys }
	        - { name: sdwan6, address: "fd00:10:1:2::4", asn: $peer_asn$neighbor_keys }
	        - { name: firewall, address: 10.1.3.4, asn: 65002 }
	        - { name: firewall6, address: "fd00:10:1:3::4", asn: 65002 }
	EOF
}

# of_peer COMMAND...: what the daemon came with, from where it was installed.
of_peer() {
	if [ -n "${INTEROP_ROOT:-}" ]; then
		chroot "$INTEROP_ROOT" "$@"
	else
		command "$@"
	fi
}

# start_peer COMMAND...: the daemon, in its namespace.
start_peer() {
	ip netns exec "$(ns sdwan)" ${INTEROP_ROOT:+chroot "$INTEROP_ROOT"} "$@" >>"$run/peer.log" 2>&1 &
	peer_pid=$!
	defer end_process $peer_pid
}

established() {
	vrs show peers -j | jq -e --arg n "$1" \
		'any(.[]; .neighbor == $n and .state == "Established")'
}

name_of() { [ "$1" = 4 ] && echo sdwan || echo sdwan6; }

# learned_once NEIGHBOR PREFIX: from the one instance that it has a session with.
learned_once() {
	vrs show learned "$1" -j |
		jq -e --arg p "$2" 'any(.[]?[]?; .network == $p and .best)'
}

# witness_has PREFIX PATH [COMMUNITIES]: as bird(8) prints them.
witness_has() {
	bird show route all for "$1" >"$run/witness"
	grep -qE "BGP\.as_path: $2\$" "$run/witness" &&
		{ [ -z "${3:-}" ] || grep -qF -- "$3" "$run/witness"; }
}

# Everything up: vrsd, the witness, the daemon.
begin() {
	interop_config
	start_vrsd
	start_bird
	peer_start
}

end() {
	end_process $peer_pid
	end_process $bird_pid
	stop_vrsd
	rm -f "$run/vrsd.log" "$run/peer.log" "$run/bird.log"
}

#
# Features: what is set before everything starts, and what must hold then.
#

# with_each COMMAND...: COMMAND for both families.
with_each() { "$@" 4 && "$@" 6; }

up() { wait_until 30 established "$(name_of "$1")"; }
still_up() { established "$(name_of "$1")"; }
announce() { peer_announce "$(announced "$1")"; }
withdraw() { peer_withdraw "$(announced "$1")"; }
routes_in() { wait_until 10 learned_once "$(name_of "$1")" "$(announced "$1")"; }
routes_on() { wait_until 10 witness_has "$(announced "$1")" "65515 $peer_asn"; }
routes_gone() { wait_until 10 lacks learned_once "$(name_of "$1")" "$(announced "$1")"; }
space_out() { wait_until 10 peer_has "$(space "$1")" 65515; }
reflected() { wait_until 10 peer_has "$(witnessed "$1")" "65515 65002"; }

feature_routes() {
	with_each announce && with_each routes_in && with_each routes_on &&
		with_each space_out && with_each reflected &&
		with_each withdraw && with_each routes_gone
}

set_as4() { peer_asn=4200000001; }
feature_as4() {
	with_each announce && with_each routes_on && with_each space_out
}

feature_communities() {
	peer_announce 10.250.0.0/16 65001:77 65001:1:2 &&
		wait_until 10 witness_has 10.250.0.0/16 "65515 65001" "(65001,77)" &&
		witness_has 10.250.0.0/16 "65515 65001" "(65001, 1, 2)"
}

# What it asks for again comes, and no session ends.
refreshed() {
	vrs show peers -j |
		jq -e 'any(.[]; .neighbor == "sdwan" and .received.refresh > 0)'
}
feature_refresh() {
	with_each space_out && peer_refresh && wait_until 10 refreshed &&
		with_each space_out && with_each still_up
}

# That another key gives no session is in tests/host/protect.sh.
set_md5() {
	peer_password=secret
	neighbor_keys=", md5-key: secret"
}
feature_md5() { with_each announce && with_each routes_in; }

# The daemon's packets must come with the TTL that RFC 5082 asks for.
set_gtsm() {
	peer_gtsm=1
	neighbor_keys=", ttl-security: 1"
}
feature_gtsm() { with_each announce && with_each routes_in; }

# agreed FILTER: jq's on the rows of both sessions with the daemon.
agreed() {
	vrs show peers -j |
		jq -e "[.[] | select(.neighbor | startswith(\"sdwan\"))] | length == 2 and all(.[]; $1)"
}

# It is the customer, we are the provider: without its role there is no session.
set_roles() {
	peer_role=customer
	neighbor_keys=", role: provider, strict-role: true"
}
feature_roles() {
	agreed '.role == "customer"' && with_each announce && with_each routes_on &&
		with_each space_out && with_each reflected
}

# That several paths of a prefix go both ways is in tests/host/add_path.sh.
set_add_path() {
	peer_add_path=1
	neighbor_keys=", add-path-receive: true, add-path-send: 4"
}
feature_add_path() {
	agreed 'all(.capabilities, .sentCapabilities; contains("add-path"))' &&
		with_each announce && with_each routes_in && with_each space_out &&
		with_each reflected && with_each identified &&
		with_each withdraw && with_each routes_gone
}
# Our end sends identifiers; without them peer_has would not have the routes.
identified() {
	vrs show advertised "$(name_of "$1")" -j |
		jq -e --arg p "$(witnessed "$1")" 'any(.[]?[]?; .network == $p and .pathId == 1)'
}

declare -A titles=(
	[routes]="routes of both families, both ways"
	[as4]="4-octet AS numbers (RFC 6793)"
	[communities]="communities and large communities (RFC 1997, 8092)"
	[refresh]="route refresh (RFC 2918)"
	[md5]="TCP MD5 (RFC 2385)"
	[gtsm]="TTL security (RFC 5082)"
	[roles]="roles, strict (RFC 9234)"
	[add_path]="routes with ADD-PATH, both ways (RFC 7911)"
)

seen() { [ -z "${INTEROP_RESULTS:-}" ] || echo "$1" >>"$INTEROP_RESULTS"; }

# run_features DAEMON FEATURE...
run_features() {
	local daemon=$1 version name
	shift

	version=$(peer_version)
	add_topology
	for name; do
		reset_settings
		[ "$(type -t "set_$name")" != function ] || "set_$name"
		begin
		if check "$daemon $version: ${titles[$name]}" \
			eval "with_each up && feature_$name"; then
			seen "$name $daemon $version"
		else
			tail -n 40 "$run/vrsd.log" "$run/peer.log" 2>&1 | ktap_comment
		fi
		end
	done
	ktap_finish
}
