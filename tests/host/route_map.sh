#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Route maps on sessions with FRR and BIRD that are up: what comes in and goes
# out changes with the map, and neither a session reset nor a route refresh is
# needed for it.

. "${0%/*}/host.bash"

# map_config [IN [OUT]]: maps for what FRR sends and for what BIRD is sent.
map_config() {
	write_config
	sed -i "s/name: sdwan,.*asn: 65001/&${1:+, inbound-route-map: $1}/;
		s/name: firewall,.*asn: 65002/&${2:+, outbound-route-map: $2}/" "$run/vrsd.yaml"
	cat >>"$run/vrsd.yaml" <<-'EOF'
	route-maps:
	  - name: no-lab
	    rules:
	      - name: lab
	        match: [{ condition: Contains, prefixes: [10.122.0.0/16] }]
	        actions: [{ type: Drop }]
	  - name: sum
	    rules:
	      - name: lab
	        match: [{ condition: Contains, prefixes: [10.122.0.0/16] }]
	        actions: [{ type: Replace, prefixes: [10.122.0.0/16] }]
	  - name: prepend
	    rules:
	      - name: branch
	        match: [{ condition: Equals, prefixes: [10.250.0.0/16] }]
	        actions: [{ type: Add, as-path: [64511, 64510] }, { type: Add, communities: ["3356:70"] }]
	  - name: steps
	    rules:
	      - name: first
	        match: [{ condition: Equals, prefixes: [10.250.0.0/16] }]
	        actions: [{ type: Add, as-path: [64511] }]
	        next-step: Continue
	      - name: second
	        match: [{ condition: Equals, prefixes: [10.250.0.0/16] }]
	        actions: [{ type: Add, as-path: [64510] }]
	        next-step: Terminate
	      - name: third
	        actions: [{ type: Drop }]
	  - name: sum-out
	    rules:
	      - name: branches
	        match: [{ condition: Equals, prefixes: [10.122.1.0/24, 10.122.2.0/24, 10.122.3.0/24] }]
	        actions: [{ type: Replace, prefixes: [10.122.0.0/16] }]
	  - name: specifics
	    rules:
	      - name: lab
	        match: [{ condition: Contains, prefixes: [10.122.0.0/16] }]
	        actions: [{ type: Drop }]
	EOF
}

updates_of_bird() { birdc -s "$run/bird.ctl" show protocols all rs0 | awk '/Import updates:/ { print $3 }'; }
refreshes() { vrs show peers -j | jq '[.[].sent.refresh] | add'; }
why() { vrs show learned "$1" -j | jq -r --arg p "$2" '[.[]?[]? | select(.network == $p) | .why] | unique | join(" ")'; }
is_why() { [ "$(why "$1" "$2")" = "$3" ]; }
community() { bird show route all for "$1" | grep -qF "($2,$3)"; }

add_topology
map_config
start_vrsd
start_frr
start_bird
check "eight sessions come up" wait_until 20 sessions 8
must frr_configure "router bgp 65001" "address-family ipv4 unicast" "network 10.122.1.0/24" \
	"network 10.122.2.0/24" "network 10.122.3.0/24" "network 10.100.0.0/16"
check "BIRD has what FRR announces" wait_until 10 bird_has 10.122.3.0/24 "65515 65001"
check "all of it" wait_until 10 bird_has 10.100.0.0/16 "65515 65001"
counts=$(session_counts)
settled=$(updates_of_bird)

# A map that nobody has yet can be tried.
result() { vrs policy test "$1" sdwan ${3:+direction "$3"} -j | jq -r --arg p "$2" '[.[] | select(.network == $p) |
	.result, .newNetwork // empty, (.newAsPath // "" | select(. != ""))] | unique | join(" ")'; }
check_equal "policy test: a route that would be dropped" dropped result no-lab 10.122.1.0/24
check_equal "one that would stay" unchanged result no-lab 10.100.0.0/16
check_equal "one that would be replaced" "10.122.0.0/16 replaced" result sum 10.122.1.0/24
sent_otherwise() { vrs policy test prepend firewall direction out -j | jq -r '[.[] | select(.network == "10.250.0.0/16") |
	.result, .asPath, .newAsPath, .newCommunities] | unique | join(" ")'; }
check_equal "one that would be sent otherwise" \
	"3356:70 64511-64510-65515-65001 65515-65001 changed" sent_otherwise
all_of() { vrs policy test prepend direction out vnet blue -j |
	jq -r '[.[] | select(.network == "10.250.0.0/16").neighbor] | unique | join(" ")'; }
check_equal "to whoever it is sent, without a name" firewall all_of
check_equal "of one VNet" "$(vrs show learned -j)" vrs show learned vnet blue -j
check_error "which must be there" red vrs show learned vnet red
check_error "a keyword without a value is a neighbor" 'neighbor "vnet"' vrs show learned vnet
check "as text, too" eval 'vrs policy test no-lab | grep -q "^blue .* 10.122.1.0/24 .* dropped"'
check_error "of a map that is there" 'no route map "none"' vrs policy test none
check_equal "and nothing has changed" "$settled" updates_of_bird

map_config no-lab
must vrs reload
check "M1: what the map drops is not used" wait_until 10 is_why sdwan 10.122.1.0/24 route-map
check "and BIRD has lost it" wait_until 10 bird_lacks 10.122.1.0/24
check "the rest stays" bird_has 10.100.0.0/16 "65515 65001"
check_equal "nothing else was sent" "$settled" updates_of_bird

map_config sum
must vrs reload
check "M4: one route for three" wait_until 10 bird_has 10.122.0.0/16 65515
check_equal "each of which says so" summarized why sdwan 10.122.2.0/24
check "and none of which is sent" bird_lacks 10.122.2.0/24
must frr_configure "router bgp 65001" "address-family ipv4 unicast" "no network 10.122.1.0/24" \
	"no network 10.122.2.0/24"
check "it stays with the last" wait_until 10 unlearned sdwan 10.122.2.0/24
check "it is there" bird_has 10.122.0.0/16 65515
must frr_configure "router bgp 65001" "address-family ipv4 unicast" "no network 10.122.3.0/24"
check "and goes with it" wait_until 10 bird_lacks 10.122.0.0/16
must frr_configure "router bgp 65001" "address-family ipv4 unicast" "network 10.122.1.0/24"
check "a route that comes later" wait_until 10 bird_has 10.122.0.0/16 65515

map_config "" prepend
must vrs reload
check "without a map all is as it came" wait_until 10 bird_has 10.122.1.0/24 "65515 65001"
check "M2: an outbound map prepends" wait_until 10 bird_has 10.250.0.0/16 "64511 64510 65515 65001"
check "M3: and adds a community" community 10.250.0.0/16 3356 70
check "to what it matches" bird_has 10.100.0.0/16 "65515 65001"
check "it shows in what is advertised" eval 'vrs show advertised firewall -j | jq -e ".RouteServiceRole_IN_0[] |
	select(.network == \"10.250.0.0/16\" and .asPath == \"64511-64510-65515-65001\" and .communities == \"3356:70\")"'
listed() { vrs show advertised -j | jq -c '[.[]?[]?] | group_by([.neighbor, .localAddress]) |
	map([.[0].neighbor, .[0].localAddress, length])'; }
counted() { vrs show peers -j | jq -c 'map([.neighbor, .localAddress, .advertised]) | sort'; }
check_equal "and is counted, with a map and without" "$(listed)" counted
map_config "" steps
must vrs reload
check "a rule that continues lets the next one see the route, one that terminates does not" \
	wait_until 10 bird_has 10.250.0.0/16 "64510 64511 65515 65001"
check "which drops all others" wait_until 10 bird_lacks 10.100.0.0/16
map_config "" prepend
must vrs reload
check "and back" wait_until 10 bird_has 10.100.0.0/16 "65515 65001"
result_out() { vrs policy test sum-out firewall direction out -j | jq -r --arg p "$1" \
	'[.[] | select(.network == $p) | .result, .newNetwork // empty] | unique | join(" ")'; }
check_equal "policy test: what would be summed up on the way out" "10.122.0.0/16 replaced" result_out 10.122.1.0/24
must frr_configure "router bgp 65001" "address-family ipv4 unicast" "network 10.122.2.0/24"
check "one more branch" wait_until 10 bird_has 10.122.2.0/24 "65515 65001"
map_config "" sum-out
must vrs reload
check "M4 outbound: one route for several" wait_until 10 bird_has 10.122.0.0/16 65515
check "none of which is there" wait_until 10 eval \
	'bird_lacks 10.122.1.0/24 && bird_lacks 10.122.2.0/24'
check "others are as before" bird_has 10.100.0.0/16 "65515 65001"
check "all of them are in use" eval 'learned sdwan 10.122.1.0/24 && learned sdwan 10.122.2.0/24'
check "what is advertised is the one" eval 'vrs show advertised firewall -j | jq -e "[.RouteServiceRole_IN_0[] |
	select(.network | startswith(\"10.122.\")) | [.network, .asPath]] == [[\"10.122.0.0/16\", \"65515\"]]"'
must frr_configure "router bgp 65001" "address-family ipv4 unicast" "no network 10.122.2.0/24" "network 10.122.0.0/16"
check "a route to that prefix is learned" wait_until 10 learned sdwan 10.122.0.0/16
check "BIRD has the sum" bird_has 10.122.0.0/16 65515
must frr_configure "router bgp 65001" "address-family ipv4 unicast" "no network 10.122.1.0/24"
check "until there is nothing to sum up" wait_until 10 bird_has 10.122.0.0/16 "65515 65001"
must frr_configure "router bgp 65001" "address-family ipv4 unicast" "no network 10.122.0.0/16" "network 10.122.1.0/24"
check "and again" wait_until 10 bird_has 10.122.0.0/16 65515
map_config "" specifics
must vrs reload
check "an outbound map drops" wait_until 10 bird_lacks 10.122.1.0/24
check "and prepends no longer" wait_until 10 bird_has 10.250.0.0/16 "65515 65001"
check "it shows in what is advertised" eval 'vrs show advertised firewall -j | jq -e "[.[]?[]? |
	select(.network == \"10.122.1.0/24\")] | length == 0"'
check "the route is in use all the same" learned sdwan 10.122.1.0/24
map_config
must vrs reload
check "without, BIRD has all" wait_until 10 bird_has 10.122.1.0/24 "65515 65001"

check_equal "no session was reset" "$counts" session_counts
check_equal "no route refresh was asked for" 0 refreshes
sed -i 's/type: Drop/type: Lose/' "$run/vrsd.yaml"
check_error "an error in a map is named" 'route-map "no-lab": rule "lab": action 1: type: expected Drop' vrs reload
stop_vrsd
check_equal "vrsd ends in good order" 0 echo $?
ktap_finish
