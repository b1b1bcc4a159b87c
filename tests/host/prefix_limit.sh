#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Prefix limits: what is done about a neighbor that announces too much, by us and
# in profile azure, and that other neighbors do not notice.

. "${0%/*}/host.bash"

# limit_config PROFILE KEYS: keys of sdwan, which only has IPv4 here.
limit_config() {
	cat >"$run/vrsd.yaml" <<-EOF
	vnets:
	  - name: blue
	    vni: 5001
	    table: 100
	    bgp-table: 101
	    address-spaces: [10.1.0.0/16]
	    route-server:
	      profile: $1
	      addresses: [10.1.1.4, 10.1.1.5]
	      neighbors:
	        - { name: sdwan, address: 10.1.2.4, asn: 65001$2 }
	        - { name: firewall, address: 10.1.3.4, asn: 65002 }
	EOF
}

# announce N [COMMUNITY]: 10.200.1.0/24 to 10.200.N.0/24 by FRR, in one go.
announce() {
	local i lines=("route-map more permit 10" "set community ${2:-65001:1}" exit
		"router bgp 65001" "address-family ipv4 unicast")

	for ((i = 1; i <= $1; i++)); do
		lines+=("network 10.200.$i.0/24 route-map more")
	done
	frr_configure "${lines[@]}"
}
retract() {
	local i lines=("router bgp 65001" "address-family ipv4 unicast")

	for ((i = $1; i <= $2; i++)); do
		lines+=("no network 10.200.$i.0/24")
	done
	frr_configure "${lines[@]}"
}

# held N: that many prefixes from FRR, on each session.
held() { vrs show peers -j | jq -e --argjson n "$1" '[.[] | select(.neighbor == "sdwan") | .learned] == [$n, $n]'; }
more_than() { [ "$(times_up sdwan)" -gt "$1" ]; }
over() { grep -c "Maximum Number of Prefixes" "$run/frr.log"; }

add_topology
limit_config default ", prefix-limit: 5"
start_vrsd
start_frr
start_bird
check "four sessions come up" wait_until 20 sessions 4
# FRR has one of its own, and passes on BIRD's and the address space.
check "and routes" wait_until 10 held 3
must announce 9
check "drop-excess: five are held" wait_until 10 held 5
check "the log says so" logged "sdwan .*more than 5 prefixes, the others are not taken"
bird_heard() { bird show route all | grep -qF "($1)"; }
must announce 9 65001:2
check "announced again" wait_until 10 bird_heard 65001,2
check "they are the same five" wait_until 10 held 5
must retract 1 2
# which are not 1, 2, and three others
has() { vrs show learned sdwan -j | jq -e --arg p "10.200.$1.0/24" 'any(.[]?[]?; .network == $p)' >/dev/null; }
taken() { ! has 1 && ! has 2 && held 5; }
check "when there is room the others are asked for" wait_until 40 taken
check_equal "the session stays" "2 2" session_counts sdwan

limit_config default ", prefix-limit: 6, prefix-limit-action: warn"
must vrs reload
must frr "clear bgp ipv4 unicast * soft out"
check "warn: all are held" wait_until 10 held 10
check "the log says so, too" logged "sdwan .*more than 6 prefixes, all are taken"
check_equal "the session stays" "2 2" session_counts sdwan

limit_config default ", prefix-limit: 9, prefix-limit-action: teardown, prefix-limit-restart: 300"
must vrs reload
must announce 9 65001:3
ended() { vrs show peers -j | jq -e '[.[] | select(.neighbor == "sdwan") | .state] == ["Idle", "Idle"]'; }
check "teardown: the session ends" wait_until 10 ended
check "with Cease, Maximum Number of Prefixes Reached" wait_until 10 logged "sdwan .*Maximum Number of Prefixes"
waits() {
	vrs show peers -j | jq -e --argjson n "$1" \
		'[.[] | select(.neighbor == "sdwan").restartIn | . > $n - 60 and . <= $n] == [true, true]'
}
check "and is told when it comes back" waits 300
others() { vrs show peers -j | jq -e '[.[] | select(.neighbor != "sdwan") | has("restartIn")] | any | not'; }
check "which others are not" others
check "in text, too" eval 'vrs show peers | grep -q "Restart In"'
must retract 1 9
times_up=$(times_up sdwan)
must sed -i 's/asn: 65002/&, prefix-limit: 100/' "$run/vrsd.yaml"
must vrs reload
sleep 8
check "a reload for another neighbor does not let it back" ended
check_equal "nor has it been back" "$times_up" times_up sdwan
limit_config default ", prefix-limit: 9, prefix-limit-action: teardown, prefix-limit-restart: 3"
must vrs reload
check "one that changes its limit does" wait_until 30 sessions 4
must announce 9 65001:3
check "it goes over it again" wait_until 10 ended
must retract 1 9
check "it comes back after a while" wait_until 30 sessions 4
check "and waits no more" eval 'vrs show peers -j | jq -e "[.[] | has(\"restartIn\")] | any | not"'
check "with its routes" wait_until 10 held 3
check_equal "the other neighbor has not noticed" "2 2" session_counts firewall

# Azure: held and announced count together, for each UPDATE.
limit_config azure ", prefix-limit: 13"
times_up=$(times_up sdwan)
must vrs reload
renewed() { more_than "$times_up" && [ "$(times_up firewall)" -gt 2 ] && sessions 4; }
check "profile azure: all offer less, in new sessions" wait_until 40 renewed
must announce 5
check "eight are held" wait_until 10 held 8
times_up=$(times_up sdwan)
counts=$(session_counts sdwan)
others=$(session_counts firewall)
must announce 5 65001:4
check "8 and 5 again are 13" wait_until 10 bird_heard 65001,4
check "and eight held" held 8
check_equal "the session stays" "$counts" session_counts sdwan
# It may have sent the first of them before it knew of the others.
must announce 6 65001:5
must frr "clear bgp ipv4 unicast * soft out"
check "8 and 6 are 14: the session ends" wait_until 20 more_than "$times_up"
check "and the log says why" logged "sdwan .*more than 13 prefixes, the session ends"
check_equal "the other neighbor has not noticed" "$others" session_counts firewall

# A neighbor of a range is no better off for being forgotten when it is gone.
in_range() {
	write_range ", prefix-limit: 9, prefix-limit-action: teardown, prefix-limit-restart: $1"
	vrs reload
}
write_range() {
	limit_config default ""
	sed -i "s/name: sdwan, address: 10.1.2.4, asn: 65001/name: in, range: 10.1.2.0\/24, asn: 65001$1/" \
		"$run/vrsd.yaml"
}
state_in() { vrs show peers -j | jq -r '[.[] | select(.neighbor == "in") | .state] | unique | join(",")'; }
is_in() { [ "$(state_in)" = "$1" ]; }
must retract 1 6
must in_range 0
check "a range: its neighbor is let in" wait_until 60 is_in Established
must announce 9 65001:6
check "over the limit its sessions end" wait_until 20 is_in Idle
sleep 5
check "and do not come back" is_in Idle
must retract 1 9
must vrs reload
check "before a reload" wait_until 60 is_in Established
must in_range 4
must announce 9 65001:7
check "again" wait_until 20 is_in Idle
must retract 1 9
check "or after a while" wait_until 60 is_in Established

# Who cannot be asked for the rest.
kill $bird_pid
wait $bird_pid 2>/dev/null
start_bird "enable route refresh off;"
limit_config default ""
must sed -i 's/asn: 65002/&, prefix-limit: 1/' "$run/vrsd.yaml"
must vrs reload
check "a neighbor without route refresh comes up" wait_until 60 sessions 4
check "and its one route" wait_until 10 learned firewall 0.0.0.0/0
# bird_routes ROUTE...: are what it announces.
bird_routes() {
	sed -i "s,static default4 .*,static default4 { ipv4; $(printf 'route %s blackhole; ' "$@")}," "$run/bird.conf"
	bird configure >/dev/null
}
must bird_routes 0.0.0.0/0 10.201.0.0/16
check "another is too much" wait_until 10 logged "firewall .*more than 1 prefixes, the others are not taken"
must bird_routes 10.201.0.0/16
unaskable() { grep -c "firewall .*without route refresh it cannot be asked" "$run/vrsd.log"; }
told_twice() { [ "$(unaskable)" -eq 2 ]; }
check "the log says for each session that it cannot be asked for that" wait_until 10 told_twice
check "it is missing" unlearned firewall 10.201.0.0/16
must bird_routes 0.0.0.0/0
must bird_routes 10.201.0.0/16
check "until it is announced anew" wait_until 10 learned firewall 10.201.0.0/16
stop_vrsd
check_equal "vrsd ends in good order" 0 echo $?
ktap_finish
