#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The agent's kernel side with the module: VNets, NICs, subnets and routes come
# to be as described, follow a new description, survive a restart, and are put
# back when somebody takes them away. fibctl is agent/fib/ by itself.

. "${0%/*}/../lib.sh"
. "${0%/*}/../control.sh"
. "${0%/*}/../monitor.sh"
. "${0%/*}/../fibctl.sh"

dir=$(mktemp -d)
defer rm -rf "$dir"

# start_fib: a fresh one, which takes its lines from tell.
start_fib() {
	rm -f "$dir/in"
	must mkfifo "$dir/in"
	fibctl <"$dir/in" >"$dir/out" 2>>"$dir/err" &
	fib=$!
	exec 7>"$dir/in"
}

kill_fib() {
	exec 7>&-
	kill -KILL "$fib" 2>/dev/null
	wait "$fib" 2>/dev/null
	return 0
}

# rows_of TABLE: what is in a table, without what the kernel adds by itself
rows_of() {
	{
		ip route show table "$1"
		ip -6 route show table "$1"
	} 2>/dev/null | grep -vE '^(local|broadcast|multicast) |metric 256|^fe80:' |
		sed -E 's/ (pref medium|scope link|onlink)//g; s/ +$//' | sort
}

nics() {
	vrs show nics "$1" -j | jq -r '.[] | [.name, .macAddress,
		.enableIPForwarding, .ipConfigurations[].privateIPAddress] |
		map(tostring) | join(" ")' | sort
}

subnets() {
	vrs show subnets "$1" -j | jq -r '.[] | [.addressPrefix,
		.routeTable // "-", .disableBgpRoutePropagation] |
		map(tostring) | join(" ")' | sort
}

addresses() {
	ip -o address show "$1" scope global | awk '{ print $4 }' | sort | xargs
}

bgp_rows() {
	rows_of 101 | sed -E 's/ nhid [0-9]+//'
}

blue=(
	"vnet blue 5001 100 101"
	"space 10.1.0.0/16"
	"space fd00:10:1::/48"
	"address 10.1.1.4"
	"address 10.1.1.5"
	"address fd00:10:1:1::4"
	"internet uplink"
	"subnet 10.1.0.0/24 2001 on"
	"subnet 10.1.2.0/24 0 off"
	"table 2001"
	"udr 0.0.0.0/0 appliance 10.1.3.4"
	"udr 10.66.0.0/16 none"
	"udr 10.1.7.0/24 local"
	"udr fd00:9::/32 appliance fd00:10:1:3::4"
	"nic vm1 02:00:00:00:00:04 off 10.1.0.4 fd00:10:1::4"
	"nic nva 02:00:00:00:03:04 on 10.1.3.4 fd00:10:1:3::4"
	"nic later 02:00:00:00:00:05 off 10.1.0.5"
)

start_fib
tell "${blue[@]}" configure
check "without the module" told "vnet 5001 not-ready blue: Unknown device type"
kill_fib

load_module
add_uplink
device vm1
device nva
must ip nexthop add id $((0x56000000)) blackhole
start_fib
defer kill_fib

tell "${blue[@]}" configure
check "a VNet" told "vnet 5001 ready"
check_equal "its device" "5001 100 101" eval "ip -d -j link show blue |
	jq -r '.[].linkinfo.info_data | [.vni, .table, .bgp_table] | join(\" \")'"
check_equal "its own addresses" "10.1.1.4/32 10.1.1.5/32 fd00:10:1:1::4/128" \
	addresses blue
check_equal "loose reverse path filter" 2 sysctl -n net.ipv4.conf.blue.rp_filter
check_equal "system rows" "\
10.1.0.0/16 dev blue proto 86 rt_offload
blackhole 10.0.0.0/8 proto kernel rt_offload
blackhole 100.64.0.0/10 proto kernel rt_offload
blackhole 172.16.0.0/12 proto kernel rt_offload
blackhole 192.168.0.0/16 proto kernel rt_offload
default dev uplink proto 86 metric 1024 rt_offload
default dev uplink proto 86 rt_offload
fd00:10:1::/48 dev blue proto 86 metric 1024 rt_offload" rows_of 100
check_equal "user-defined rows" "\
10.1.7.0/24 dev blue proto 86 rt_offload
blackhole 10.66.0.0/16 proto 86 rt_offload
default via 10.1.3.4 dev blue proto 86 rt_offload
fd00:9::/32 via fd00:10:1:3::4 dev blue proto 86 metric 1024 rt_offload" rows_of 2001
check_equal "subnets" "\
10.1.0.0/24 2001 false
10.1.2.0/24 - true" subnets blue
check_equal "NICs whose devices are there" "\
nva 02:00:00:00:03:04 true 10.1.3.4 fd00:10:1:3::4
vm1 02:00:00:00:00:04 false 10.1.0.4 fd00:10:1::4" nics blue
device later
check "a NIC whose device comes later" wait_until 10 \
	eval "nics blue | grep -qx 'later 02:00:00:00:00:05 false 10.1.0.5'"
check "its device was never taken for down" lacks grep -q "^lost" "$dir/out"

# Routes
tell "route 5001 10.250.0.0/16 10.1.3.4" "route 5001 fd00:250::/32 fd00:10:1:3::4"
check "routes" settled
all_offloaded="\
10.250.0.0/16 proto bgp metric 20000 rt_offload
fd00:250::/32 proto bgp metric 20000 rt_offload"
check_equal "are offloaded" "$all_offloaded" bgp_rows
check_equal "and effective" "VirtualNetworkGateway 10.1.3.4 nva" lookup vm1 10.250.0.1
check_equal "in IPv6" "VirtualNetworkGateway fd00:10:1:3::4 nva" lookup vm1 fd00:250::1
check_equal "next hops are offloaded" 4 eval "ip nexthop show | grep -c offload"
check_equal "an object that had an id of ours has kept it" "blackhole" eval \
	"ip nexthop show id $((0x56000000)) | grep -o blackhole"

# What the kernel drops without a word
must ip address add 198.51.100.77/32 dev uplink
must ip -4 address flush dev uplink
leads_out() { rows_of 100 | grep -q '^default dev uplink proto 86 rt_offload'; }
check "the way out outlives the last address of its device" wait_until 10 leads_out

# An address that cannot be had
: >"$dir/out"
must sysctl -qw net.ipv6.conf.blue.disable_ipv6=1
tell describe "${blue[@]}" configure
check "a route server that can have no IPv6" wait_until 10 \
	grep -q "^vnet 5001 not-ready fd00:10:1:1::4: " "$dir/out"
sleep 1
timeout 2 ip monitor link dev blue >"$dir/links"
check_equal "is not set up over and over" "" cat "$dir/links"
must sysctl -qw net.ipv6.conf.blue.disable_ipv6=0
tell describe "${blue[@]}" configure
all_are_back() { [ "$(bgp_rows)" = "$all_offloaded" ]; }
check "with it, all routes are there again" wait_until 10 all_are_back

# The routers behind the way out
tell describe "${blue[@]/internet uplink/internet uplink 192.0.2.1 fe80::1}" \
	"table 2001" "udr 198.51.100.0/24 internet" configure
defaults_are() { [ "$(rows_of 100 | grep ^default)" = "$1" ]; }
check "the default route leads to the gateways" wait_until 10 defaults_are "\
default via 192.0.2.1 dev uplink proto 86 rt_offload
default via fe80::1 dev uplink proto 86 metric 1024 rt_offload"
check "and so does a user-defined one" eval "rows_of 2001 |
	grep -qx '198.51.100.0/24 via 192.0.2.1 dev uplink proto 86 rt_offload'"
check_equal "it is in the Internet" "Internet" eval \
	"vrs show effective-routes vm1 -j | jq -r '.value[] |
	select(.addressPrefix == [\"198.51.100.0/24\"]) | .nextHopType'"

# Refusals are told with the kernel's words.
: >"$dir/out"
tell describe "${blue[@]}" "nic red1 - off 10.2.0.4" configure
check "a NIC that is not there is waited for" told "vnet 5001 ready"
device red1
check "an address outside the VNet" wait_until 10 \
	grep -qE '^vnet 5001 ready red1: .' "$dir/out"
tell describe "${blue[@]}" "nic wrong 02:00:00:00:00:06 off 10.2.0.4" configure
device wrong
check "with the module's own words" wait_until 10 \
	grep -qE '^vnet 5001 ready wrong: .*10.2.0.4 is outside' "$dir/out"

# A new description
: >"$dir/out"
tell describe "vnet blue 5001 100 101" \
	"space 10.1.0.0/17" "space 10.3.0.0/16" "space fd00:10:1::/48" \
	"address 10.1.1.4" "address 10.3.1.4" \
	"subnet 10.1.0.0/23 0 off" \
	"table 2002" "udr 10.67.0.0/16 none" \
	"nic vm1 02:00:00:00:00:04 on 10.3.0.4" \
	"nic nva 02:00:00:00:03:04 on 10.1.3.4 fd00:10:1:3::4" configure
check "another description" told "vnet 5001 ready"
check_equal "system rows follow" "\
10.1.0.0/17 dev blue proto 86 rt_offload
10.3.0.0/16 dev blue proto 86 rt_offload
blackhole 10.0.0.0/8 proto kernel rt_offload
blackhole 100.64.0.0/10 proto kernel rt_offload
blackhole 172.16.0.0/12 proto kernel rt_offload
blackhole 192.168.0.0/16 proto kernel rt_offload
fd00:10:1::/48 dev blue proto 86 metric 1024 rt_offload" rows_of 100
check_equal "the old route table is empty" "" rows_of 2001
check_equal "the new one is not yet anybody's" "blackhole 10.67.0.0/16 proto 86" \
	rows_of 2002
check_equal "subnets follow" "10.1.0.0/23 - true" subnets blue
check_equal "addresses follow" "10.1.1.4/32 10.3.1.4/32" addresses blue
check_equal "NICs follow" "\
nva 02:00:00:00:03:04 true 10.1.3.4 fd00:10:1:3::4
vm1 02:00:00:00:00:04 true 10.3.0.4" nics blue
check_equal "a NIC that is not named any more is released" "" \
	eval "ip -j link show later | jq -r '.[].master // \"\"'"
check_equal "BGP routes stay" "$all_offloaded" bgp_rows

# Somebody interferes.
must ip route del 10.3.0.0/16 table 100
check "an address space comes back" wait_until 10 \
	eval "rows_of 100 | grep -q '^10.3.0.0/16'"
must ip address del 10.1.1.4/32 dev blue
check "an address of ours comes back" wait_until 10 \
	eval "addresses blue | grep -q 10.1.1.4/32"
must ip link set vm1 nomaster
check "a NIC comes back" wait_until 10 eval "nics blue | grep -q '^vm1 .* 10.3.0.4'"
must ip route flush table 101
check "BGP routes come back" wait_until 10 \
	eval "[ \"\$(bgp_rows)\" = \"$all_offloaded\" ]"
must ip link set blue down
check "a device that is taken down stays down" told \
	"vnet 5001 not-ready blue: device is down"
check_equal "without its routes" "" bgp_rows
must ip link set blue up
check "all of them come back with it" wait_until 10 \
	eval "[ \"\$(bgp_rows)\" = \"$all_offloaded\" ]"
must ip link del blue
check "a device that is deleted comes back" wait_until 10 \
	eval "[ \"\$(bgp_rows)\" = \"$all_offloaded\" ]"
check "with its NICs" wait_until 10 eval "nics blue | grep -q '^vm1 .* 10.3.0.4'"
: >"$dir/out"
must ip link set blue down
check "and can be taken down, too" told "lost 5001"
must ip link set blue up
check "and up" wait_until 10 eval "[ \"\$(bgp_rows)\" = \"$all_offloaded\" ]"
must ip route add 10.77.0.0/16 via 10.1.3.4 dev blue table 101 proto static

# A restart, while somebody listens
kill_fib
all=$(ip route show table all; ip -6 route show table all; ip nexthop show;
	nics blue; subnets blue)
check_equal "killed, it leaves everything" 3 eval "bgp_rows | wc -l"
start_monitor "$dir/monitor"
start_fib
tell "vnet blue 5001 100 101" \
	"space 10.1.0.0/17" "space 10.3.0.0/16" "space fd00:10:1::/48" \
	"address 10.1.1.4" "address 10.3.1.4" \
	"subnet 10.1.0.0/23 0 off" \
	"table 2002" "udr 10.67.0.0/16 none" \
	"nic vm1 02:00:00:00:00:04 on 10.3.0.4" \
	"nic nva 02:00:00:00:03:04 on 10.1.3.4 fd00:10:1:3::4" configure \
	"route 5001 10.250.0.0/16 10.1.3.4"
check "started again" settled
check_equal "nothing has changed" "$all" eval "ip route show table all;
	ip -6 route show table all; ip nexthop show; nics blue; subnets blue"
stop_monitor
check_equal "not for a moment" "" cat "$dir/monitor"
tell "sweep 5001"
check "stale routes are swept" settled
check_equal "those of others are not" "\
10.250.0.0/16 proto bgp metric 20000 rt_offload
10.77.0.0/16 via 10.1.3.4 dev blue proto static rt_offload" bgp_rows

# Many
many=$((4000 / ${TIME_SCALE:-1}))
tell "many 5001 $many 10.1.3.4"
check "many routes" settled
check_equal "are there" $((many + 2)) eval "ip route show table 101 | wc -l"
check_equal "and offloaded" $((many + 2)) \
	eval "ip route show table 101 | grep -c 'rt_offload '"
tell "many 5001 $many"
check "are withdrawn" settled
check_equal "are gone" 2 eval "ip route show table 101 | wc -l"

# A limit of the module: each refusal is told.
tell describe "vnet red 5002 200 201 100" "space 10.2.0.0/16" configure
check "another VNet instead" told "vnet 5002 ready"
check_fail "the first one is gone" ip link show blue
check_equal "with its rows" "" rows_of 100
check_equal "and its route tables" "" rows_of 2002
tell "many 5002 2000 10.2.0.4"
check "more routes than the limit" settled
check_equal "the limit is installed" 100 eval "ip route show table 201 | wc -l"
check_equal "the others have failed" 1900 \
	eval "grep -cE '^route 5002 .* failed .*max_routes' '$dir/out'"

# What has failed is tried again after each comparison with the kernel, of which one may
# be under way.
stats_say() {
	tell "stats 5002"
	settled && grep -qxF "$1" "$dir/out"
}
check "none is forgotten" wait_until 30 stats_say \
	"stats routes 2000 stale 0 queued 0 failed 1900 groups 1 hops 1"
tell describe "vnet red 5002 200 201 3000" "space 10.2.0.0/16" configure audit
check "with a higher limit all are" wait_until 20 \
	eval "[ \$(ip route show table 201 | wc -l) -eq 2000 ]"

# Spaces that grow into a reserved range, and shrink out of one; NICs that swap; what
# another VNet has to let go of first.
device g1
device g2
green() {
	tell describe "vnet green 5009 190 191" "$@"
}
own_rows() { rows_of 190 | grep '192.168'; }
green "space 192.168.1.0/24" "nic g1 02:00:00:00:09:04 off 192.168.1.4" \
	"nic g2 02:00:00:00:09:05 off 192.168.1.5" configure
check "a VNet inside a reserved range" told "vnet 5009 ready"
check_equal "has it, and its space" "\
192.168.1.0/24 dev green proto 86 rt_offload
blackhole 192.168.0.0/16 proto kernel rt_offload" own_rows
: >"$dir/out"
green "space 192.168.0.0/16" "nic g1 02:00:00:00:09:04 off 192.168.1.5" \
	"nic g2 02:00:00:00:09:05 off 192.168.1.4" configure
check "it grows to all of that" told "vnet 5009 ready"
check_equal "and has all of it" "192.168.0.0/16 dev green proto 86 rt_offload" own_rows
check_equal "NICs have swapped addresses" "\
g1 02:00:00:00:09:04 false 192.168.1.5
g2 02:00:00:00:09:05 false 192.168.1.4" nics green
: >"$dir/out"
green "space 192.168.1.0/24" "nic g1 02:00:00:00:09:04 off 192.168.1.5" configure
check "it shrinks" told "vnet 5009 ready"
check_equal "and has what is left" "\
192.168.1.0/24 dev green proto 86 rt_offload
blackhole 192.168.0.0/16 proto kernel rt_offload" own_rows

# User-defined routes that take the place of others: no packet goes past the appliance.
# The table has room for four.
routed() {
	tell describe "vnet green 5009 190 191 4" "space 192.168.0.0/16" "table 2009" \
		"subnet 192.168.1.0/24 2009 off" "${@/%/ appliance 192.168.1.9}" configure
}
changes_of() { grep "table $1" "$dir/monitor" | awk '{ print $1 }' | uniq | xargs; }
: >"$dir/out"
routed "udr 0.0.0.0/0" "udr 8.0.0.0/9" "udr 8.128.0.0/9"
check "a route table" told "vnet 5009 ready"
: >"$dir/out"
start_monitor "$dir/monitor"
routed "udr 0.0.0.0/1" "udr 128.0.0.0/1" "udr 8.0.0.0/8"
check "with other routes" told "vnet 5009 ready"
stop_monitor
check_equal "those that it has room for come before any goes, then the others" \
	"0.0.0.0/1 Deleted 128.0.0.0/1 8.0.0.0/8" changes_of 2009
check_equal "and all are there" "\
0.0.0.0/1 via 192.168.1.9 dev green proto 86 rt_offload
128.0.0.0/1 via 192.168.1.9 dev green proto 86 rt_offload
8.0.0.0/8 via 192.168.1.9 dev green proto 86 rt_offload" rows_of 2009
start_monitor "$dir/monitor"
: >"$dir/out"
routed "udr 0.0.0.0/0"
check "and with one again" told "vnet 5009 ready"
stop_monitor
check_equal "which comes before the others go" "default Deleted" changes_of 2009

# A NIC that somebody has put into another VNet of the file's, or that was there by
# the file of a run before.
is_in() { [ "$(ip -j link show "$1" | jq -r '.[].master')" = "$2" ]; }
two_vnets() {
	tell describe "vnet green 5009 190 191" "space 192.168.1.0/24" "$@" \
		"vnet red 5002 200 201 3000" "space 10.2.0.0/16"
}
: >"$dir/out"
two_vnets "nic g1 02:00:00:00:09:04 off 192.168.1.5"
tell configure
check "beside another VNet" told "vnet 5009 ready"
must ip link set g1 master red
check "it goes where it belongs" wait_until 10 is_in g1 green
kill_fib
start_fib
two_vnets
tell "nic g1 02:00:00:00:09:04 off 10.2.0.4" configure
check "or where it belongs now" wait_until 10 is_in g1 red
check_equal "with its address there" "g1 02:00:00:00:09:04 false 10.2.0.4" nics red

# A route table that has more routes than the module takes: its subnet's NICs wait, so
# that nothing goes past the routes that are not in force.
device y1
yellow() {
	: >"$dir/out"
	tell describe "vnet yellow 5010 180 181 $1" "space 10.5.0.0/16" \
		"subnet 10.5.0.0/24 2010 on" "subnet 10.5.1.0/24 0 on" \
		"nic y1 02:00:00:00:10:04 off $2" "table 2010"
	for i in {0..11}; do
		tell "udr 10.80.$i.0/24 none"
	done
	tell configure
}
yellow 10 10.5.0.4
full="Table 2010 is full: max_routes is 10, and 2 are beyond it"
check "more user-defined routes than the limit are told" \
	told "vnet 5010 ready 10.5.0.0/24: vnet: $full"
check_equal "their subnet's NICs wait" "" nics yellow
check_equal "without such a table, one does not" "10.5.1.0/24 - false" subnets yellow
yellow 20 10.5.0.4
check "with a higher limit" told "vnet 5010 ready"
check_equal "the NIC is there" "y1 02:00:00:00:10:04 false 10.5.0.4" nics yellow
check_equal "and all routes are in force" 12 \
	eval "rows_of 2010 | grep -c 'rt_offload$'"

# A route that the module could not take when a better one went
route_is() { rows_of 181 | grep -q "^10.90.0.0/16 .* metric 20000 $1\$"; }
must ip route add 10.90.0.0/16 via 10.5.0.4 dev yellow table 181 metric 5
tell "route 5010 10.90.0.0/16 10.5.0.4"
check "a route behind a better one" told "route 5010 10.90.0.0/16 installed"
echo 1 >/sys/kernel/debug/vnet/fault/route_add
must ip route del 10.90.0.0/16 table 181 metric 5
check "no memory for it" wait_until 10 route_is rt_offload_failed
echo 0 >/sys/kernel/debug/vnet/fault/route_add
tell audit
check "it is set anew when it is found" wait_until 10 route_is rt_offload

# Rows that the module could not take when it read a table that was there before
kill_fib
must ip link del yellow
echo 1 >/sys/kernel/debug/vnet/fault/route_add
must ip link add yellow type vnet vni 5010 table 180 bgp_table 181 max_routes 20
rows_failed() { [ "$(rows_of 180 | grep -c 'rt_offload_failed$')" -eq "$1" ]; }
check "no memory for rows" wait_until 10 rows_failed 4
echo 0 >/sys/kernel/debug/vnet/fault/route_add
start_fib
yellow 20 10.5.0.4
check "a fresh one" told "vnet 5010 ready"
check "has put them there again" rows_failed 0
check_equal "and all is in force" 5 eval "rows_of 180 | grep -c 'rt_offload$'"

check "no report of a sanitizer" lacks grep -E 'runtime error:|SUMMARY' "$dir/err"
ktap_finish
