#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Several paths of one prefix from a BIRD that sends them (RFC 7911): each takes
# part in the decision, and goes by itself.

. "${0%/*}/host.bash"

add_topology
write_config
sed -i '/ name: firewall,/s/ }/, add-path-receive: true }/' "$run/vrsd.yaml"
start_vrsd
start_frr
start_bird
check "eight sessions come up" wait_until 20 sessions 8

# paths N: of the default route, with as many identifiers, on each session.
paths() {
	vrs show learned firewall -j | jq -e --argjson n "$1" '[.[]?[]? | select(.network == "0.0.0.0/0")] |
		length == 2 * $n and ([.[] | [.localAddress, .pathId]] | unique | length == 2 * $n)'
}
second_route() {
	sed -i 's/next hop self; };/next hop self; add paths tx; };/
		s/^protocol static default4.*/&\nprotocol static second4 { ipv4; route 0.0.0.0\/0 blackhole { bgp_path.prepend(64999); }; }/' "$run/bird.conf"
	bird configure
}
must second_route >/dev/null
check "the sessions come back" wait_until 30 sessions 8
check "two paths are learned" wait_until 10 paths 2
check "the shorter one is sent on" wait_until 10 frr_has 0.0.0.0/0 "65515 65002"
must sed -i 's/^protocol static default4/# &/' "$run/bird.conf"
must bird configure >/dev/null
check "one is withdrawn" wait_until 10 paths 1
check "the other takes its place" wait_until 10 frr_has 0.0.0.0/0 "65515 65002 64999"
check "the session was not reset" sessions 8
capability() {
	vrs show peers -j | jq -e 'map(select(.neighbor == "firewall" and (.capabilities | contains("add-path")) and
		(.sentCapabilities | contains("add-path")))) | length == 2'
}
check "both have offered it" capability
must vrs show peers --all >/dev/null
ktap_finish
