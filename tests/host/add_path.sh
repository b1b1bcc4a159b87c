#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Several paths of one prefix from a BIRD that sends them (RFC 7911), and to one
# that takes them: each takes part in the decision, and goes by itself.

. "${0%/*}/host.bash"

add_topology
add_nva collector 4
write_config
sed -i '/ name: firewall,/s/ }/, add-path-receive: true }/' "$run/vrsd.yaml"
echo "        - { name: collector, address: 10.1.4.4, asn: 65003, add-path-send: 4 }" >>"$run/vrsd.yaml"

# A session with one of the instances.
start_collector() {
	cat >"$run/collector.conf" <<-EOF2
	router id 10.1.4.4;
	protocol device {}
	protocol bgp rs0 {
	  local as 65003;
	  neighbor 10.1.1.4 as 65515;
	  multihop;
	  connect delay time 1;
	  ipv4 { import all; export none; add paths rx; };
	}
	EOF2
	run_bird collector collector
}

start_vrsd
start_frr
start_bird
start_collector
check "nine sessions come up" wait_until 20 sessions 9

# paths N: of the default route, with as many identifiers, on each session.
paths() {
	vrs show learned firewall -j | jq -e --argjson n "$1" '[.[]?[]? | select(.network == "0.0.0.0/0")] |
		length == 2 * $n and ([.[] | [.localAddress, .pathId]] | unique | length == 2 * $n)'
}
# collected PATH...: all that the collector has of the default route.
collected() {
	[ "$(birdc -s "$run/collector.ctl" show route all for 0.0.0.0/0 |
		sed -n 's/.*BGP\.as_path: //p' | sort)" = "$(printf '%s\n' "$@" | sort)" ]
}
# identifiers [PATH ID]...: how the paths of the default route were sent.
identifiers() {
	[ "$(vrs show advertised collector -j | jq -r '.[]?[]? | select(.network == "0.0.0.0/0") |
		"\(.asPath) \(.pathId)"' | sort)" = "$(printf '%s\n' "$@" | sort)" ]
}
second_route() {
	sed -i 's/next hop self; };/next hop self; add paths tx; };/
		s/^protocol static default4.*/&\nprotocol static second4 { ipv4; route 0.0.0.0\/0 blackhole { bgp_path.prepend(64999); }; }/' "$run/bird.conf"
	bird configure
}
check "one path is passed on as one, not once for each instance" wait_until 10 collected "65515 65002"
check "with an identifier" identifiers "65515-65002 1"
must second_route >/dev/null
check "the sessions come back" wait_until 30 sessions 9
check "two paths are learned" wait_until 10 paths 2
check "the shorter one is sent on" wait_until 10 frr_has 0.0.0.0/0 "65515 65002"
check "both to who takes them" wait_until 10 collected "65515 65002" "65515 65002 64999"
identifier() { vrs show advertised collector -j | jq -r '.[]?[]? | select(.asPath == "65515-65002-64999").pathId'; }
before=$(identifier)
counts=$(session_counts)
must sed -i 's/^protocol static default4/# &/' "$run/bird.conf"
must bird configure >/dev/null
check "one is withdrawn" wait_until 10 paths 1
check "the other takes its place" wait_until 10 frr_has 0.0.0.0/0 "65515 65002 64999"
check "and is what is left elsewhere" wait_until 10 collected "65515 65002 64999"
check "by the identifier that it had" identifiers "65515-65002-64999 $before"
check_equal "no session was reset" "$counts" session_counts
# offered NEIGHBOR N: ADD-PATH by both ends of its sessions.
offered() {
	vrs show peers -j | jq -e --arg name "$1" --argjson n "$2" 'map(select(.neighbor == $name and
		all(.capabilities, .sentCapabilities; . // "" | contains("add-path")))) | length == $n'
}
check "both ends have offered it" offered firewall 2
check "in either direction" offered collector 1

# Prefixes have a limit, not their paths.
must sed -i 's/^# protocol static default4/protocol static default4/' "$run/bird.conf"
must bird configure >/dev/null
check "both are back" wait_until 10 paths 2
must sed -i '/ name: firewall,/s/ }/, prefix-limit: 1, prefix-limit-action: teardown }/' "$run/vrsd.yaml"
must vrs reload
must sed -i 's/bgp_path.prepend(64999)/bgp_path.prepend(64998)/' "$run/bird.conf"
must bird configure >/dev/null
check "two paths of one prefix are within a limit of one" wait_until 10 collected "65515 65002" "65515 65002 64998"
check_equal "no session was reset" "$counts" session_counts
must sed -i 's/bgp_path.prepend(64998)/bgp_path.prepend(64999)/' "$run/bird.conf"
must bird configure >/dev/null
must sed -i 's/, prefix-limit: 1, prefix-limit-action: teardown//' "$run/vrsd.yaml"
must vrs reload

# One path less is a withdrawal, not a reset.
check "both are as before" wait_until 10 collected "65515 65002" "65515 65002 64999"
must sed -i 's/add-path-send: 4/add-path-send: 1/' "$run/vrsd.yaml"
must vrs reload
check "with a bound of one the best is left" wait_until 10 collected "65515 65002"
check_equal "in the same session" "$counts" session_counts
ktap_finish
