#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Routes and next hops in a kernel without the module: one end of a veth pair
# stands in for the device of the VNet. fibctl is agent/fib/ by itself.

. "${0%/*}/../lib.sh"
. "${0%/*}/../monitor.sh"
. "${0%/*}/../fibctl.sh"

VNET_BUILD=${VNET_BUILD:-${0%/*}/../../build}
fibctl=$VNET_BUILD/tests/bin/fibctl
ns=t$$-fib
dir=$(mktemp -d)
defer rm -rf "$dir"

add_netns "$ns"
must ip -n "$ns" link add blue type veth peer name peer
must ip -n "$ns" link set peer up
must ip -n "$ns" link set blue up
must ip -n "$ns" address add 10.1.1.4/32 dev blue
must ip -n "$ns" link add vm type veth peer name guest
must ip -n "$ns" link set vm addrgenmode none up
must ip -n "$ns" link set guest up

# start_fib: a fresh one, which takes its lines from tell.
start_fib() {
	rm -f "$dir/in"
	must mkfifo "$dir/in"
	ip netns exec "$ns" "$fibctl" -p blue <"$dir/in" >"$dir/out" 2>>"$dir/err" &
	fib=$!
	exec 7>"$dir/in"
	tell "vnet blue 5001 100 101" "nic vm - off 10.1.4.4" configure "sleep 100" pretend
}

# stop_fib SIGNAL
stop_fib() {
	exec 7>&-
	kill "-$1" "$fib" 2>/dev/null
	wait "$fib" 2>/dev/null
	return 0
}

# end_fib: by the end of its input, when it gives back all it has; returns its status.
end_fib() {
	exec 7>&-
	wait "$fib"
}

# hops PREFIX: where a route of ours leads, sorted
hops() {
	local nhid
	nhid=$(ip -n "$ns" -j route show table 101 "$1" proto bgp |
		jq -r '.[].nhid') || return
	[ -n "$nhid" ] || return
	ip -n "$ns" -j nexthop show | jq -r --argjson id "$nhid" '
		. as $all | .[] | select(.id == $id) | .group[].id as $m |
		$all[] | select(.id == $m) | .gateway' | sort | xargs
}

# protocols PREFIX: of its routes
protocols() {
	local family=-4
	[[ $1 != *:* ]] || family=-6
	ip -n "$ns" "$family" -N -j route show table 101 "$1" |
		jq -r '.[].protocol' | xargs
}

routes() {
	ip -n "$ns" route show table 101 | wc -l
}

nexthops() {
	ip -n "$ns" nexthop show | wc -l
}

start_fib
defer stop_fib KILL

tell "route 5001 10.250.0.0/16 10.1.2.4"
check "a route is installed" told "route 5001 10.250.0.0/16 installed"
check_equal "through its next hop" 10.1.2.4 hops 10.250.0.0/16
check_equal "always through a group" 2 nexthops
tell "route 5001 0.0.0.0/0 10.1.3.4 10.1.2.4"
check "an ECMP route" settled
check_equal "through both next hops" "10.1.2.4 10.1.3.4" hops default
tell "route 5001 2001:db8::/32 fd00:10:1::4"
check "an IPv6 route is installed" told "route 5001 2001:db8::/32 installed"
tell "route 5001 10.9.0.0/16 10.1.1.4"
check "a next hop that is our own address is refused" \
	told "route 5001 10.9.0.0/16 failed Nexthop has invalid gateway"

# A gateway's has the gateway's protocol: 87 (186 is bgp)
tell "gateway 5001 10.9.0.0/16 10.1.2.4" "gateway 5001 2001:db8::/32 fd00:10:1::4"
check "gateways' routes" settled
check_equal "have their protocol" 87 protocols 10.9.0.0/16
check_equal "in IPv6" 87 protocols 2001:db8::/32
check_equal "and the next hops of others" 6 nexthops
tell "route 5001 10.9.0.0/16 10.1.2.4"
check "a route of both" settled
check_equal "is one route, an NVA's" 186 protocols 10.9.0.0/16
must ip -n "$ns" route replace 10.9.0.0/16 metric 20000 proto 87 table 101 \
	nhid "$(ip -n "$ns" -j route show table 101 10.9.0.0/16 | jq '.[].nhid')"
has_protocol() { [ "$(protocols "$1")" = "$2" ]; }
check "a protocol that somebody has changed is put right" \
	wait_until 10 has_protocol 10.9.0.0/16 186
must ip -n "$ns" -6 route del 2001:db8::/32 table 101
check "a gateway's route that was taken away comes back" \
	wait_until 10 has_protocol 2001:db8::/32 87
tell "route 5001 10.9.0.0/16" "route 5001 2001:db8::/32"
check "routes are withdrawn" settled
check_equal "and nothing else" "10.1.2.4 10.1.3.4" hops default
check_equal "compatibility mode of next hops is off" 0 \
	ip netns exec "$ns" sysctl -n net.ipv4.nexthop_compat_mode

# One message for a hop that dies, however many routes
tell "many 5001 5000 10.1.3.4 10.1.2.4"
check "many routes" settled
check_equal "are all there" 5002 routes
start_monitor "$dir/monitor" -n "$ns"
tell "down 5001 10.1.3.4" "many 5001 5000 10.1.2.4" "route 5001 0.0.0.0/0 10.1.2.4"
check "a hop dies" settled
stop_monitor
check_equal "its groups change, one message each" 1 \
	grep -c "group" "$dir/monitor"
check_equal "and no route" 0 eval "grep -c 'proto bgp metric' '$dir/monitor' || :"
check_equal "the routes lead elsewhere" 10.1.2.4 hops default

# Others
must ip -n "$ns" route add 10.66.0.0/16 via 10.1.2.4 dev blue onlink table 101
must ip -n "$ns" route add 10.67.0.0/16 via 10.1.2.4 dev blue onlink \
	table 101 proto static
tell "route 5001 10.66.0.0/16 10.1.2.4"
check "a prefix that somebody else has a route for" settled
check_equal "both are there, theirs is preferred" "0 20000" \
	eval "ip -n $ns -j route show table 101 10.66.0.0/16 |
		jq -r 'map(.metric // 0) | join(\" \")'"
must ip -n "$ns" route flush table 101 proto bgp
check "routes that were taken away come back" wait_until 10 \
	eval "[ \$(ip -n $ns route show table 101 | wc -l) -eq 5005 ]"
must ip -n "$ns" nexthop flush >/dev/null
check "and next hops" wait_until 10 \
	eval "[ \$(ip -n $ns route show table 101 | wc -l) -eq 5005 ]"
must ip -n "$ns" route add 10.98.0.0/16 via 10.1.2.4 dev blue onlink \
	table 101 metric 20000 proto bgp
must ip -n "$ns" route add 10.99.0.0/16 metric 20000 proto bgp table 101 \
	nhid "$(ip -n "$ns" -j nexthop show | jq 'map(select(.group))[0].id')"
check "a strange route of ours goes" wait_until 10 \
	eval "[ -z \"\$(ip -n $ns route show table 101 10.99.0.0/16)\" ]"
check "one that refers to no next hop of ours stays" \
	ip -n "$ns" route del 10.98.0.0/16 table 101

# More notifications than there is room for: something may have been among
# them, and has. What is told before them is old when it is read, and what comes
# until they are read is lost, too.
tell "route 5001 10.251.0.0/16 10.1.2.4 10.1.4.4"
check "a route through a NIC" settled
for ((i = 0; i < 65536; i++)); do
	echo "route add blackhole 30.$((i >> 8)).$((i & 255)).0/24 table 300"
done >"$dir/flood"
kill -STOP "$fib"
must ip -n "$ns" link set vm down
must ip -n "$ns" -batch "$dir/flood"
must ip -n "$ns" route del 10.250.0.0/16 table 101
must ip -n "$ns" link set vm up
kill -CONT "$fib"
check "lost notifications are noticed" wait_until 10 \
	grep -q "notifications of the kernel were lost" "$dir/err"
check "and what they may have told is repaired" wait_until 10 \
	eval "[ -n \"\$(ip -n $ns route show table 101 10.250.0.0/16)\" ]"
tell "sleep 500"
check "all is read" settled
check_equal "the NIC is up, as at last" "10.1.2.4 10.1.4.4" hops 10.251.0.0/16
must ip -n "$ns" link set guest down
hops_are() { [ "$(hops "$1")" = "$2" ]; }
check "what comes then is heard" wait_until 10 hops_are 10.251.0.0/16 10.1.2.4

# configure NIC: its address is another one's
configure() {
	tell describe "vnet blue 5001 100 101" "nic $1 - off 10.1.4.4" configure
}
configure vm
check "the same configuration" settled
check "brings no next hop back" lacks grep -x "back 5001 10.1.4.4" "$dir/out"
configure vm2
check "one that has its address at another NIC does" told "back 5001 10.1.4.4"
tell "sleep 100"
check "it is so" settled
check_equal "its routes are set by who wants them" 10.1.2.4 hops 10.251.0.0/16
tell "route 5001 10.251.0.0/16 10.1.2.4 10.1.4.4"
check "which is done" settled
check_equal "with it" "10.1.2.4 10.1.4.4" hops 10.251.0.0/16
tell "route 5001 10.251.0.0/16"
check "the route is withdrawn" settled

# A restart
before=$(ip -n "$ns" route show table 101)
stop_fib KILL
check_equal "killed, it leaves everything" "$before" \
	ip -n "$ns" route show table 101
start_monitor "$dir/monitor" -n "$ns"
start_fib
tell "sleep 500" "many 5001 5000 10.1.2.4" "route 5001 10.250.0.0/16 10.1.2.4"
check "started again, it is told the same" settled
check_equal "which changes nothing" "$before" ip -n "$ns" route show table 101
stop_monitor
check_equal "not even for a moment" "" cat "$dir/monitor"
tell "stats 5001"
check "what was not told is stale" \
	wait_until 10 grep -q "^stats routes 5001 stale 2 queued 0 failed 0 " "$dir/out"
tell "sweep 5001"
check "stale routes are swept" settled
check_equal "the others stay" 5003 routes
check_equal "those of others, too" 2 \
	eval "ip -n $ns route show table 101 | grep -vc 'proto bgp'"
# By the clock alone: nothing is heard of what happens, and nothing is lost.
tell deaf
check "nothing is heard any more" settled
must ip -n "$ns" route del 10.250.0.0/16 table 101
must ip -n "$ns" route del 20.0.0.0/28 table 101
hop=$(ip -n "$ns" -j nexthop show | jq 'map(select(.group))[0].id')
must ip -n "$ns" route add 10.98.0.0/16 metric 20000 proto bgp table 101 nhid "$hop"
both_gone() { [ "$(routes)" = 5002 ] && [ -n "$(protocols 10.98.0.0/16)" ]; }
sleep 1
tell "echo nothing"
check "what others change is not noticed" told nothing
check "and not repaired" both_gone
repaired() { grep -qxF "repaired 5001 3" "$dir/out"; }
tell check
check "until it is time to compare: the differences are told" wait_until 30 repaired
check "what was missing is back" wait_until 10 \
	eval "[ \"\$(routes)\" = 5003 -a -n \"\$(protocols 10.250.0.0/16)\" ]"
check_equal "what was too much is gone" "" protocols 10.98.0.0/16
must ip -n "$ns" route del 10.250.0.0/16 table 101
tell check
check "and so it goes on" wait_until 30 eval '[ -n "$(protocols 10.250.0.0/16)" ]'

tell "many 5001 5000" "route 5001 10.250.0.0/16"
check "all is withdrawn" settled
check_equal "no route is left" 2 routes
check_equal "and no next hop" 0 nexthops

# The same with routes of gateways
tell "gateway 5001 10.251.0.0/16 10.1.2.4" "gateway 5001 10.252.0.0/16 10.1.2.4"
check "gateways' routes" settled
before=$(ip -n "$ns" route show table 101)
stop_fib KILL
start_monitor "$dir/monitor" -n "$ns"
start_fib
tell "gateway 5001 10.251.0.0/16 10.1.2.4"
check "one is told of after a restart" settled
check_equal "which changes nothing" "$before" ip -n "$ns" route show table 101
stop_monitor
check_equal "not even for a moment" "" cat "$dir/monitor"
tell "sweep 5001"
check "the other is swept" settled
check_equal "it is gone" "" protocols 10.252.0.0/16
check_equal "the first one stays" 87 protocols 10.251.0.0/16
tell "gateway 5001 10.251.0.0/16"
check "is withdrawn" settled
check_equal "and gone" "" protocols 10.251.0.0/16

# A sweep that is told before the first comparison has found what is stale
tell "route 5001 10.253.0.0/16 10.1.2.4"
check "a route that nobody will want" settled
stop_fib KILL
start_fib
tell "sweep 5001"
gone() { [ -z "$(protocols "$1")" ]; }
check "it is swept when it is found" wait_until 10 gone 10.253.0.0/16

# The device goes down, and the kernel drops what leads through it.
tell "route 5001 10.250.0.0/16 10.1.2.4"
check "a route again" settled
must ip -n "$ns" link set blue down
tell "sleep 200" "route 5001 10.249.0.0/16 10.1.2.4"
check "meanwhile it is said why there is no route" wait_until 10 \
	grep -q "^route 5001 10.249.0.0/16 failed blue: " "$dir/out"
must ip -n "$ns" link set blue up
tell "sleep 200" pretend
check "it comes back with the device" settled
check_equal "through its next hop" 10.1.2.4 hops 10.250.0.0/16

# It gets another name, which it may while it is up from Linux 6.2 on.
: >"$dir/out"
if ip -n "$ns" link set blue name other 2>/dev/null; then
	check "a device with another name is another" told "lost 5001"
else
	skip "a device with another name is another" "a device that is up keeps its name"
fi

end_fib
check_equal "fibctl ends in good order" 0 echo $?
check "no report of a sanitizer" lacks grep -E 'runtime error:|SUMMARY' "$dir/err"
ktap_finish
