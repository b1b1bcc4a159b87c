#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A new configuration, by SIGHUP and by vrs reload: changes what it changes, and
# nothing if it is wrong.

. "${0%/*}/host.bash"

add_topology
write_config
start_vrsd
start_frr
start_bird
check "eight sessions come up" wait_until 20 sessions 8
check "FRR has the address space" wait_until 10 frr_has 10.1.0.0/16 65515

counts=$(session_counts)

write_config 10.2.0.0/16
check "vrs reload" vrs reload
check "a new address space reaches FRR" wait_until 10 frr_has 10.2.0.0/16 65515
check "a new address space reaches BIRD" wait_until 10 bird_has 10.2.0.0/16 65515
check_equal "no session was reset" "$counts" session_counts

write_config
kill -HUP $vrsd_pid
check "after SIGHUP without it FRR has lost it" \
	wait_until 10 frr_lacks 10.2.0.0/16
check_equal "no session was reset" "$counts" session_counts

# Wrong files: one error with its place, and all stays.
write_config 10.1.4.0/24
check_error "overlapping address spaces are refused" \
	"$run/vrsd.yaml:9:[0-9]+: .*10.1.4.0/24" vrs reload
check "the log says so, too" logged "$run/vrsd.yaml:9:[0-9]+: .*10.1.4.0/24"
echo "vnets: [" >"$run/vrsd.yaml"
check_error "what is not YAML is refused" "$run/vrsd.yaml:[0-9]+" vrs reload
rm "$run/vrsd.yaml"
check_error "a missing file is refused" "No such file" vrs reload
write_config
sed -i 's/sdwan, address: 10.1.2.4/sdwan, address: 10.9.2.4/' "$run/vrsd.yaml"
check_error "a neighbor outside the VNet is refused" \
	"neighbor \"sdwan\"" vrs reload
check_equal "no session was reset" "$counts" session_counts
check "FRR has what it had" frr_has 10.1.0.0/16 65515

# Neighbors come, go and change.
write_config
sed -i '/firewall6/d' "$run/vrsd.yaml"
check "a neighbor less" vrs reload
check "its sessions are gone" wait_until 10 sessions 6
check_equal "and no longer shown" 6 sh -c "$VNET_BUILD/vrs -s $run/rs/vrsd.sock show peers -j | jq length"
check "BIRD is told" wait_until 5 grep -q "Peer de-configured" "$run/bird.log"
write_config
check "a neighbor more" vrs reload
check "its sessions come up" wait_until 40 sessions 8
counts=$(session_counts)
sed -i 's/name: sdwan,/name: branch,/' "$run/vrsd.yaml"
check "a neighbor of another name" vrs reload
check "is known by it" wait_until 5 learned branch 10.250.0.0/16
check_equal "and no session was reset" "$counts" session_counts
must sed -i 's/10.1.2.4, asn: 65001/10.1.2.4, asns: [65009, 65001]/' "$run/vrsd.yaml"
check "a neighbor of one AS or another" vrs reload
check_equal "may have that which it has" "$counts" session_counts
must sed -i 's/asns: .65009, 65001./asn: 65001/' "$run/vrsd.yaml"
check "and of one only" vrs reload
check_equal "may be the one that it was" "$counts" session_counts
sed -i 's/10.1.2.4, asn: 65001/10.1.2.4, asn: 65009/' "$run/vrsd.yaml"
check "a neighbor of another AS" vrs reload
check "is not what it was" wait_until 10 sessions 6
write_config
check "and back" vrs reload
check "comes up" wait_until 20 sessions 8

# What stands in OPEN is agreed on anew, by those whom it concerns; all else is not.
# ups [INSTANCE]: the state of each session and how often it has come up, of all peers
# or those there.
ups() {
	vrs show peers -j | jq -c --arg at "${1-}" '[.[] | select($at == "" or .localAddress == $at) |
		{(.neighbor + " " + .localAddress): [.state, .established]}] | add'
}
# all_again BEFORE: each of these has come up again, and is up.
all_again() {
	vrs show peers -j | jq -e --argjson was "$1" '[.[] | select($was[.neighbor + " " + .localAddress])] |
		length == ($was | length) and all(.state == "Established" and
		.established > $was[.neighbor + " " + .localAddress][1])'
}
frr_told() {
	frr "show bgp neighbors 10.1.1.4 json" | jq -e ".[\"10.1.1.4\"] | $1"
}
option() { sed -i "s/    route-server:/&\n      $1/" "$run/vrsd.yaml"; }

was=$(ups)
check "the same configuration again" vrs reload
check_equal "resets no session" "$was" ups
must option "stale-time: 77"
must option "deferral-time: 7"
must option "send-hold-time: 700"
check "options that are not in OPEN" vrs reload
check_equal "reset none" "$was" ups
was=$(ups)
must option "restart-time: 99"
must option "long-lived-time: 3600"
must option "hold-time: 90"
check "options that are in OPEN" vrs reload
check "are agreed on anew by all" wait_until 40 all_again "$was"
check "FRR is told the restart time" \
	frr_told ".gracefulRestartInfo.timers.receivedRestartTimer == 99"
check "FRR is told the hold time" frr_told ".bgpTimerHoldTimeMsecs == 90000"
check_equal "the long-lived time is offered" 8 \
	sh -c "$VNET_BUILD/vrs -s $run/rs/vrsd.sock show peers -j | grep -c sentCapabilities.*long-lived"
# By IPv4 FRR may have the IPv6 routes, too: what they lead to is in no OPEN.
next_hop() {
	frr "show bgp ipv6 unicast fd00:10:1::/48 json" |
		jq -e --arg hop "$1" 'any(.paths[]; .peer.peerId == "10.1.1.5" and any(.nexthops[]; .ip == $hop))'
}
must frr_configure "router bgp 65001" "address-family ipv6 unicast" "neighbor 10.1.1.5 activate"
check "IPv6 routes over an IPv4 session" wait_until 40 next_hop fd00:10:1:1::5
check "all others are up" wait_until 40 sessions 8
was=$(ups 10.1.1.5 | jq -c 'with_entries(select(.key | startswith("sdwan ")))')
others=$(ups 10.1.1.5 | jq -c 'with_entries(select(.key | startswith("firewall ")))')
must sed -i 's/"fd00:10:1:1::5"/"fd00:10:1:1::55"/' "$run/vrsd.yaml"
check "another IPv6 address of the instance" vrs reload
check "is their next hop" wait_until 40 next_hop fd00:10:1:1::55
check "by a session made anew" wait_until 20 all_again "$was"
check_equal "a session without IPv6 routes stays" "$others" eval \
	"ups 10.1.1.5 | jq -c 'with_entries(select(.key | startswith(\"firewall \")))'"
must frr_configure "router bgp 65001" "address-family ipv6 unicast" "no neighbor 10.1.1.5 activate"
must sed -i 's/"fd00:10:1:1::55"/"fd00:10:1:1::5"/' "$run/vrsd.yaml"
check "and back" vrs reload
check "eight sessions" wait_until 60 sessions 8
was=$(ups 10.1.1.5)
others=$(ups 10.1.1.4)
must sed -i 's/, "fd00:10:1:1::5"//' "$run/vrsd.yaml"
check "an instance without IPv6" vrs reload
check "offers its neighbors IPv4 only" wait_until 40 all_again "$was"
check_equal "and the other one what it did" "$others" ups 10.1.1.4
was=$(ups)
must sed -i 's/firewall, address: 10.1.3.4, /&strict-role: true, role: rs, /' "$run/vrsd.yaml"
must sed -i 's/sdwan, address: 10.1.2.4, /&role: rs, /' "$run/vrsd.yaml"
sdwan=$(jq -c 'with_entries(select(.key | startswith("sdwan ")))' <<<"$was")
check "roles" vrs reload
check "are told" wait_until 40 all_again "$sdwan"
check "a neighbor without one is refused if that is strict" wait_until 10 sessions 4
was=$(ups)
must sed -i 's/sdwan, address: 10.1.2.4, /&strict-role: true, /' "$run/vrsd.yaml"
check "strict-role of a session that is up" vrs reload
check "ends it, as it would not have been let in" wait_until 10 sessions 2
write_config
check "and back" vrs reload
# BIRD lets nobody in for a minute after an error, and two after the next.
check "all come up" wait_until 200 sessions 8

# The route server's own AS number is that of the whole table.
sed -i 's/    route-server:/&\n      asn: 65500/' "$run/vrsd.yaml"
check "another AS of the route server" vrs reload
check "ends all sessions" wait_until 10 sessions 0
must frr_configure "router bgp 65001" "neighbor RS remote-as 65500"
must sed -i 's/as 65515/as 65500/' "$run/bird.conf"
must bird configure >/dev/null
check "that come up with it" wait_until 40 sessions 8
check "and announce it" wait_until 10 frr_has 10.1.0.0/16 65500
ktap_finish
