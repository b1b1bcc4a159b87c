#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vrsd as a whole, with the module and NVAs that run BIRD: what an NVA announces
# is an effective route of a VM, through restarts, losses and changes.
#
#	vm1	  10.1.0.4, fd00:10:1::4
#	sdwan	  10.1.2.4, fd00:10:1:2::4 (AS 65001)
#	firewall  10.1.3.4 (AS 65002)
#	blue	  10.1.1.4, 10.1.1.5, fd00:10:1:1::4, fd00:10:1:1::5 (AS 65515)

. "${0%/*}/../lib.sh"
. "${0%/*}/../vrsd.sh"

load_module

write_config() {
	cat >"$run/vrsd.yaml" <<-EOT
	vnets:
	  - name: blue
	    vni: 5001
	    table: 100
	    bgp-table: 101
	    address-spaces: [10.1.0.0/16, "fd00:10:1::/48"]
	    subnets:
	      - { prefix: 10.1.0.0/24 }
	      - { prefix: 10.1.1.0/24 }
	      - { prefix: 10.1.2.0/24 }
	      - { prefix: 10.1.3.0/24 }
	      - { prefix: "fd00:10:1::/64" }
	      - { prefix: "fd00:10:1:1::/64" }
	      - { prefix: "fd00:10:1:2::/64" }
	    nics:
	      - { device: vm1, mac: "02:00:00:00:00:04", addresses: [10.1.0.4, "fd00:10:1::4"] }
	      - { device: sdwan, mac: "02:00:00:00:02:04", addresses: [10.1.2.4, "fd00:10:1:2::4"], ip-forwarding: true }
	      - { device: firewall, mac: "02:00:00:00:03:04", addresses: [10.1.3.4], ip-forwarding: true }
	    route-server:
	      addresses: [10.1.1.4, 10.1.1.5, "fd00:10:1:1::4", "fd00:10:1:1::5"]
	      neighbors:
	        - { name: sdwan, address: 10.1.2.4, asn: 65001 }
	        - { name: sdwan6, address: "fd00:10:1:2::4", asn: 65001 }
	        - { name: firewall, address: 10.1.3.4, asn: 65002 }
	EOT
}

# bird_config NAME AS FAMILIES ROUTE...: with $next_hop, if it is set, and a longer
# path if $prepend is
bird_config() {
	local name=$1 as=$2 families=$3 family route peer
	local export="where source = RTS_STATIC; next hop self"

	[ -z "${next_hop:-}" ] || export="filter { if source != RTS_STATIC then reject;
		bgp_next_hop = $next_hop; accept; }"
	[ -z "${prepend:-}" ] || export="filter { if source != RTS_STATIC then reject;
		bgp_path.prepend($as); accept; }; next hop self"
	shift 3

	echo "router id 10.0.0.$((as - 65000)); protocol device {}"
	for family in $families; do
		echo "protocol static static$family { ipv$family;"
		for route; do
			case $family$route in 6*:* | 4*.*) echo "route $route blackhole;" ;; esac
		done
		echo "}"
		for peer in 4 5; do
			[ "$family" = 4 ] && peer=10.1.1.$peer || peer=fd00:10:1:1::$peer
			echo "protocol bgp rs$family${peer##*[.:]} { local as $as; multihop;
				neighbor $peer as 65515; connect delay time 1; error wait time 1, 2;
				ipv$family { import all; export $export; }; }"
		done
	done
}

start_bird() {
	bird_config "$@" >"$run/$1.conf"
	must in_vm "$1" bird -c "$run/$1.conf" -s "$run/$1.ctl" -P "$run/$1.pid"
}

# announce NAME AS FAMILIES ROUTE...: these, no more and no less
announce() {
	bird_config "$@" >"$run/$1.conf"
	must birdc -s "$run/$1.ctl" configure >/dev/null
}

# effective PREFIX HOP: an active BGP row of vm1
effective() {
	vrs show effective-routes vm1 -j |
		jq -e --arg p "$1" --arg h "$2" 'any(.value[]; .source == "VirtualNetworkGateway" and
			.state == "Active" and (.addressPrefix | index($p)) and (.nextHopIpAddress | index($h)))'
}
state() {
	ask show learned sdwan -j | jq -e --arg p "$1" --arg s "$2" \
		'[.[]?[]? | select(.network == $p and .state == $s)] | length > 0'
}
held() { { ip route show table 101; ip -6 route show table 101; } 2>/dev/null | grep -c 'proto bgp'; }
holds() { [ "$(held)" -eq "$1" ]; }
offloaded() { ip route show table 101 "$1" | grep -q rt_offload; }

# What vm1 sends all the while, one packet each tenth of a second to each of these,
# behind the NVAs that announce them. traffic_lost: those among the packets from the
# first answer to the last that have none themselves.
targets=(10.251.0.1 fd00:250::1)
traffic_start() {
	local target

	for target in "${targets[@]}"; do
		ip netns exec vm1 ping -n -i 0.1 "$target" >"$run/ping.$target" 2>&1 &
		pinging+=($!)
	done
	must traffic_goes_on
}
# traffic_goes_on: there are answers from now on
traffic_goes_on() {
	local target
	for target in "${targets[@]}"; do
		wait_until 20 answers "$target" $(($(grep -c "bytes from" "$run/ping.$target") + 5)) ||
			return
	done
}
answers() { [ "$(grep -c "bytes from" "$run/ping.$1")" -ge "$2" ]; }
traffic_stop() {
	local pid
	for pid in "${pinging[@]}"; do
		kill_process "$pid"
	done
	pinging=()
}
traffic_lost() {
	local target

	for target in "${targets[@]}"; do
		sed -n 's/.* bytes from .* icmp_seq=\([0-9]*\) .*/\1/p' "$run/ping.$target" |
			sort -n | awk -v to="$target" 'NR == 1 { n = $1 - 1 }
				{ for (++n; n < $1; n++) print to, n }'
	done
}
pinging=()

add_guest vm1 02:00:00:00:00:04 10.1.0.4/24 fd00:10:1::4/64
add_guest sdwan 02:00:00:00:02:04 10.1.2.4/24 fd00:10:1:2::4/64
add_guest firewall 02:00:00:00:03:04 10.1.3.4/24
must ip -n sdwan address add 10.251.0.1/32 dev lo
must ip -n sdwan -6 address add fd00:250::1/128 dev lo nodad
must ip -n firewall address add 10.251.0.1/32 dev lo
write_config
start_vrsd
start_bird sdwan 65001 "4 6" 10.250.0.0/16 10.251.0.0/16 fd00:250::/32
start_bird firewall 65002 4 0.0.0.0/0 10.251.0.0/16

check "six sessions come up" wait_until 40 sessions 6
check_equal "many routes seldom wait for readers" 16777216 sysctl -n net.ipv4.fib_sync_mem
check "a route is effective" wait_until 10 effective 10.250.0.0/16 10.1.2.4
check "an IPv6 route is effective" wait_until 10 effective fd00:250::/32 fd00:10:1:2::4
check "the default route is effective" wait_until 10 effective 0.0.0.0/0 10.1.3.4
check "a route of both has two next hops" wait_until 10 effective 10.251.0.0/16 10.1.2.4
check "the second one" wait_until 10 effective 10.251.0.0/16 10.1.3.4
check "the kernel has them offloaded" offloaded 10.250.0.0/16
check "the agent knows that they are installed" wait_until 10 state 10.250.0.0/16 installed
check "the kernel holds four routes" holds 4
# kept [" FAMILY..."]: what sdwan has heard of graceful restart from an instance, twice
kept() {
	local told

	told=$(for peer in rs44 rs64; do
		birdc -s "$run/sdwan.ctl" show protocols all $peer |
			sed -n '/Neighbor capabilities/,/Session:/s/^ *AF preserved:/kept:/p' | head -n 1
	done)
	[ "$told" = "kept:$1"$'\n'"kept:$1" ]
}
check "a first start has kept no forwarding" kept ""

# What the run before left and nobody announces any more is swept.
traffic_start
kill -KILL $vrsd_pid
wait $vrsd_pid 2>/dev/null
check "a killed agent's routes stay" effective 10.250.0.0/16 10.1.2.4
announce sdwan 65001 "4 6" 10.251.0.0/16 10.252.0.0/16 fd00:250::/32
start_vrsd
check "the sessions come back" wait_until 40 sessions 6
check "and hear that forwarding went on" kept " ipv4 ipv6"
check "a route announced meanwhile is effective" wait_until 20 effective 10.252.0.0/16 10.1.2.4
check "a route withdrawn meanwhile goes" wait_until 20 lacks effective 10.250.0.0/16 10.1.2.4
check "the log says so" grep -q "vnet blue: all routes are there" "$run/vrsd.log"
check "the kernel holds four routes" holds 4

# Nor does one that is asked to end, as for an upgrade, take anything along.
kill $vrsd_pid
wait $vrsd_pid
start_vrsd
check "after an upgrade the sessions come back" wait_until 40 sessions 6
check "and all routes are there" wait_until 20 grep -q "vnet blue: all routes are there" "$run/vrsd.log"
check "the kernel holds four routes" holds 4
check "traffic goes on" traffic_goes_on
traffic_stop
check_equal "no packet of it was lost all the while" "" traffic_lost

# A stopped agent leaves all in place.
kill $vrsd_pid
wait $vrsd_pid
check_equal "a stopped agent ends well" 0 echo $?
check "and its routes stay" holds 4
must ip link add red type vnet vni 5009 table 900 bgp_table 901
must ip link set blue down
must ip link set blue up
must sysctl -qw net.ipv4.fib_sync_mem=33554432
start_vrsd
check "a VNet that is not in the file is named" \
	wait_until 10 grep -q "vnet red: left alone, as it is not in the configuration" "$run/vrsd.log"
check "once" [ "$(grep -c "left alone" "$run/vrsd.log")" = 1 ]
must ip link del red
check "the sessions come back" wait_until 40 sessions 6
check_equal "more than we would set stays" 33554432 sysctl -n net.ipv4.fib_sync_mem
check "and hear that it did not, if the kernel lost the routes" kept ""
check "and say what they said before" wait_until 20 grep -q "vnet blue: all routes are there" "$run/vrsd.log"

# A route whose neighbor does not come back after a restart stays for stale-time, and
# those of the others beyond that.
sed -i "s/    route-server:/&\n      deferral-time: 0\n      stale-time: $((20 * ${TIME_SCALE:-1}))/" \
	"$run/vrsd.yaml"
traffic_start
kill -KILL $vrsd_pid
wait $vrsd_pid 2>/dev/null
# Its other processes would hear of the NVA's end if they had not heard of it.
must wait_until 10 lacks pgrep -x vrsd
kill -KILL "$(cat "$run/firewall.pid")"
# Until it is over that it was lost, it lets nobody in.
waiting() { [ "$(birdc -s "$run/sdwan.ctl" show protocols | grep -cE ' BGP .* (Active|Connect) ')" -eq 4 ]; }
must wait_until 20 waiting
start_vrsd
check "all but a dead NVA come back" wait_until 40 sessions 4
check "its routes are kept" effective 0.0.0.0/0 10.1.3.4
check "for a while" wait_until 40 lacks effective 0.0.0.0/0 10.1.3.4
check "then it is no next hop any more" lacks effective 10.251.0.0/16 10.1.3.4
check "the other is" effective 10.251.0.0/16 10.1.2.4
check "traffic goes on" traffic_goes_on
traffic_stop
check_equal "no packet was lost for that" "" traffic_lost
start_bird firewall 65002 4 0.0.0.0/0 10.251.0.0/16
check "back, it is one again" wait_until 40 effective 10.251.0.0/16 10.1.3.4
sed -i '/deferral-time/d; /stale-time/d' "$run/vrsd.yaml"
must ask reload

# One of two next hops goes, then comes back.
kill -KILL "$(cat "$run/firewall.pid")"
check "a dead NVA's routes go" wait_until 10 lacks effective 0.0.0.0/0 10.1.3.4
check "it is no next hop any more" wait_until 10 lacks effective 10.251.0.0/16 10.1.3.4
check "the other one stays" effective 10.251.0.0/16 10.1.2.4
start_bird firewall 65002 4 0.0.0.0/0 10.251.0.0/16
check "it comes back" wait_until 40 effective 10.251.0.0/16 10.1.3.4

# A next hop that is not who announces it: its NIC goes down and comes back,
# and the RIB sees nothing of it.
via_vm1() {
	vrs show effective-routes firewall -j | jq -e 'any(.value[]; .state == "Active" and
		(.addressPrefix | index("10.251.0.0/16")) and (.nextHopIpAddress | index("10.1.0.4")))'
}
next_hop=10.1.0.4 announce firewall 65002 4 0.0.0.0/0 10.251.0.0/16
check "another's address as next hop" wait_until 20 via_vm1
must ip link set vm1 down
check "is left out without its NIC" wait_until 10 lacks via_vm1
must ip link set vm1 up
check "and is back with it" wait_until 20 via_vm1
announce firewall 65002 4 0.0.0.0/0 10.251.0.0/16
check "its own address again" wait_until 20 effective 10.251.0.0/16 10.1.3.4

# Who is only used when another has gone takes over without the agent.
stands_by() {
	vrs show effective-routes vm1 -j | jq -e 'any(.value[]; .state == "Active" and
		(.addressPrefix | index("10.251.0.0/16")) and
		(.nextHops | any(.address == "10.1.3.4" and .standby)))'
}
next_hop() { vrs show next-hop vm1 10.251.0.1 -j | jq -r .nextHopIpAddress; }
carrier() { grep -q "$2" "/sys/class/net/$1/carrier"; }
prepend=yes announce firewall 65002 4 0.0.0.0/0 10.251.0.0/16
check "with a longer path it stands by" wait_until 20 stands_by
check "and is no next hop" lacks effective 10.251.0.0/16 10.1.3.4
mapfile -t processes < <(pgrep -P $vrsd_pid)
kill -STOP $vrsd_pid "${processes[@]}"
must ip link set sdwan down
check_equal "it takes over at once, with the agent stopped" 10.1.3.4 next_hop
must ip link set sdwan up
must wait_until 10 carrier sdwan 1
check_equal "and gives back" 10.1.2.4 next_hop
kill -CONT $vrsd_pid "${processes[@]}"
check "so it does when the agent goes on" wait_until 60 sessions 6
check "as before" wait_until 20 stands_by
announce firewall 65002 4 0.0.0.0/0 10.251.0.0/16
check "with an equal path it is used" wait_until 20 effective 10.251.0.0/16 10.1.3.4
check "beside the other" wait_until 20 effective 10.251.0.0/16 10.1.2.4

# A route that the data plane hides, and one that an operator has added.
announce sdwan 65001 "4 6" 10.251.0.0/16 10.1.9.0/24 fd00:250::/32
inside() {
	ask show learned sdwan -j | jq -e 'any(.[]?[]?; .network == "10.1.9.0/24" and .why == "inside 10.1.0.0/16")'
}
check "a route inside the address space is learned" wait_until 10 inside
check "and not programmed" lacks sh -c 'ip route show table 101 | grep -q 10.1.9.0'
must ip route add 10.66.0.0/16 via 10.1.2.4 dev blue table 101
check "a route by hand is effective" wait_until 10 effective 10.66.0.0/16 10.1.2.4
must ip route del 10.251.0.0/16 table 101 proto bgp
check "a route that somebody took away is put back" wait_until 30 effective 10.251.0.0/16 10.1.2.4
check "the log says so" wait_until 10 grep -q "vnet blue: 1 differences between what the kernel held" "$run/vrsd.log"
check_equal "once" 1 grep -c differences "$run/vrsd.log"
repairs() { ask show status -j | jq -e --argjson n "$1" 'any(.[]; .process == "kernel" and .repairs >= $n)'; }
check "it is counted" repairs 1

# What is not in the kernel, and why.
kernel=$(pgrep -P $vrsd_pid -f process=kernel)
kill -STOP "$kernel"
announce sdwan 65001 "4 6" 10.251.0.0/16 10.252.0.0/16 10.1.9.0/24 fd00:250::/32
check "a route that the kernel has not got is pending" wait_until 20 state 10.252.0.0/16 pending
kill -CONT "$kernel"
check "until it has" wait_until 20 state 10.252.0.0/16 installed
sed -i "s/bgp-table: 101/&\n    max-routes: $(ip route show table 101 | wc -l)/" "$run/vrsd.yaml"
check "a limit, that is reached" ask reload
announce sdwan 65001 "4 6" 10.251.0.0/16 10.252.0.0/16 10.253.0.0/16 10.1.9.0/24 fd00:250::/32
check "a route that the kernel refuses has failed" wait_until 20 state 10.253.0.0/16 failed
refused() {
	ask show learned sdwan -j | jq -e 'any(.[]?[]?; .network == "10.253.0.0/16" and
		.state == "failed" and (.error | contains("max_routes")))'
}
check "with the module's words" refused
failed() { ask show status -j | jq -e --argjson n "$1" 'any(.[]; .process == "kernel" and .failedRoutes == $n)'; }
check "it is counted" failed 1
sed -i '/max-routes/d' "$run/vrsd.yaml"
check "no limit" ask reload
check "lets it in" wait_until 90 state 10.253.0.0/16 installed
check "and is not counted any more" failed 0
announce sdwan 65001 "4 6" 10.251.0.0/16 10.1.9.0/24 fd00:250::/32
check "back to what it was" wait_until 20 lacks effective 10.253.0.0/16 10.1.2.4

# The VNet's device goes with all that was in it, and so does it when it is down.
sdwan_bird() { birdc -s "$run/sdwan.ctl" "$@" >/dev/null; }
# absent COMMAND...: while sdwan has no session
absent() {
	sdwan_bird disable all
	must wait_until 20 sessions 2
	"$@"
	sdwan_bird enable all
}
absent true
check "a neighbor that goes and comes back" wait_until 60 sessions 6
check "hears that forwarding went on" kept " ipv4 ipv6"
down_and_up() {
	must ip link set blue down
	must ip link set blue up
	must wait_until 20 effective 0.0.0.0/0 10.1.3.4
}
absent down_and_up
check "when the VNet was down meanwhile" wait_until 60 sessions 6
check "it hears that it did not" kept ""
kill -STOP "$kernel"
must ip link set blue down
must ip link set blue up
kill -CONT "$kernel"
must wait_until 20 effective 0.0.0.0/0 10.1.3.4
absent true
check "after the VNet was down for a moment" wait_until 60 sessions 6
check "it hears that forwarding went on since" kept " ipv4 ipv6"
must ip link del blue
check "a deleted VNet is made anew" wait_until 20 ip link show blue
check "its sessions come back" wait_until 60 sessions 6
check "and hear that forwarding did not go on" kept ""
check "its routes come back" wait_until 20 effective 0.0.0.0/0 10.1.3.4
check "next to no other" wait_until 10 holds 3

# Reloads.
sed -i 's/bgp-table: 101/bgp-table: 102/' "$run/vrsd.yaml"
check "another BGP table" ask reload
moved() { [ "$(ip -j route show table 102 proto bgp | jq length)" = 2 ]; }
check "is where the routes are then" wait_until 60 moved
check "and not in the old one" lacks sh -c 'ip route show table 101 2>/dev/null | grep -q "proto bgp"'
check "they are effective" wait_until 20 effective 0.0.0.0/0 10.1.3.4
check "the sessions are there" wait_until 60 sessions 6
counts=$(session_counts)
sed -i 's|address-spaces: \[|&10.2.0.0/16, |' "$run/vrsd.yaml"
check "a new address space" ask reload
check "reaches the NVAs" wait_until 10 sh -c "birdc -s $run/sdwan.ctl show route for 10.2.0.0/16 | grep -q ^10.2.0.0/16"
check_equal "without a reset" "$counts" session_counts
sed -i '/name: sdwan,/d' "$run/vrsd.yaml"
check "a neighbor less" ask reload
check "has no route left" wait_until 10 lacks effective 10.251.0.0/16 10.1.2.4
sed -i 's/name: blue/name: green/; s/vni: 5001/vni: 5002/' "$run/vrsd.yaml"
problems() { ask show problems -j | jq -r '.[] | "\(.vnet), \(.problem)"'; }
problem() { [ "$(problems)" = "$1" ]; }
check "nothing is wrong with a VNet" problem ""
must ip link add green type dummy
check "another VNet" ask reload
check "finds another device in its place" wait_until 20 problem "green, green: exists and is not a VNet"
must ip link del green
check "takes the place of the old one" wait_until 20 ip link show green
check "which is gone" wait_until 10 lacks ip link show blue
check "for what the log says" grep -q "vnet blue: removed, as it is not in the configuration" "$run/vrsd.log"
check "and not that it was left alone" lacks grep "left alone" "$run/vrsd.log"
check "it says what came" grep -q "vnet green: made" "$run/vrsd.log"
check "and gets the sessions" wait_until 60 sessions 4
check "nothing is wrong any more" wait_until 20 problem ""
sed -i '/device: vm1,/d' "$run/vrsd.yaml"
check "a NIC less" ask reload
check "is released" wait_until 10 lacks sh -c 'ip -j link show vm1 | jq -e ".[].master"'
check "for what the log says" grep -q "vnet green: NIC vm1 removed" "$run/vrsd.log"
ktap_finish
