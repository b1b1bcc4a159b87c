#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Several next hops: which appliance each of many flows gets, in both directions,
# when appliances come and go, and by weight.
#
#	vm1 10.1.0.4 --- 10.1.5.0/24 by group 10 --> nva1..nva4
#	vm2 10.1.5.4 --- 10.1.0.0/24 by group 20 --> the same, in another order

. "${0%/*}/../lib.sh"
. "${0%/*}/../datapath.sh"

nvas=(nva1 nva2 nva3 nva4)
count=4000
# Which flow goes where. Both ends choose, on hosts of their own: by nothing but addresses.
declare -A known=(
	[4]=d661084396b8fafc05009062665f3188
	[6]=195c6a308589e4ff878f72a28f530924
)

load_module
must ip link add blue type vnet vni 5001 table 100 bgp_table 101
must ip link set blue up
must ip route add 10.1.0.0/16 dev blue table 100
must ip route add fd00:1::/32 dev blue table 100
add_vm vm1 blue 10.1.0.4/24 fd00:1:0::4/64
add_vm vm2 blue 10.1.5.4/24 fd00:1:5::4/64
must vrs nic set vm1 forwarding on
must vrs nic set vm2 forwarding on
for i in 1 2 3 4; do
	add_vm nva$i blue 10.1.3.$i/24 fd00:1:3::$i/64
	must vrs nic set nva$i forwarding on
	must ip nexthop add id $i via 10.1.3.$i dev blue
	must ip nexthop add id 6$i via fd00:1:3::$i dev blue
done
must ip nexthop add id 10 group 1/2/3/4
must ip nexthop add id 20 group 3/1/4/2
must ip nexthop add id 60 group 61/62/63/64
must ip nexthop add id 70 group 63/61/64/62
must vrs subnet set blue 10.1.0.0/24 route-table 102
must vrs subnet set blue fd00:1::/64 route-table 102
must vrs subnet set blue 10.1.5.0/24 route-table 103
must vrs subnet set blue fd00:1:5::/64 route-table 103
must ip route add 10.1.5.0/24 nhid 10 table 102
must ip route add 10.66.0.0/16 nhid 10 table 102
must ip route add 10.77.0.0/16 nhid 20 table 101
must ip route add fd00:1:5::/64 nhid 60 table 102
must ip route add fd00:66::/32 nhid 60 table 102
must ip route add fd00:77::/32 nhid 70 table 101
must ip route add 10.1.0.0/24 nhid 20 table 103
must ip route add fd00:1:0::/64 nhid 70 table 103

# use FAMILY: the one that everything is about from here on
use() {
	family=$1 ip=IPv$1
	if [ "$1" = 4 ]; then
		client=10.1.0.4 server=10.1.5.4 appliance=10.1.3.
		toward=10.1.5.0/24 far=10.66.0.1 farther=10.77.0.1
		hop='' group=10 reverse=20 resilient=30
	else
		client=fd00:1:0::4 server=fd00:1:5::4 appliance=fd00:1:3::
		toward=fd00:1:5::/64 far=fd00:66::1 farther=fd00:77::1
		hop=6 group=60 reverse=70 resilient=80
	fi
}

# there [OPTION...], back [OPTION...]: flows from vm1 to vm2, and the other way
there() {
	flows -n $count "$@" $client $server vm1 "${nvas[@]}"
}

back() {
	flows -n $count -r "$@" $client $server vm2 "${nvas[@]}"
}

# shares: flows that each got, in the order of their names
shares() {
	awk '{ n[$2]++ } END { print n["nva1"] + 0, n["nva2"] + 0,
		n["nva3"] + 0, n["nva4"] + 0, n["-"] + 0 }' "$1"
}

# shares_like FILE W1 W2 W3 W4: within a quarter of what the weights say
shares_like() {
	shares "$1" | awk -v want="${*:2}" '{
		print
		split(want, w)
		sum = w[1] + w[2] + w[3] + w[4]
		n = $1 + $2 + $3 + $4
		for (i = 1; i <= 4; i++)
			if ($i < 0.75 * n * w[i] / sum || $i > 1.25 * n * w[i] / sum)
				bad = 1
		exit bad || $5 || n == 0
	}'
}

# moved BEFORE AFTER FROM TO: from which to which, "*" = any; prints how many
# flows moved otherwise
moved() {
	paste -d' ' "$1" "$2" | awk -v from="$3" -v to="$4" '
		NF != 4 { bad++; next }
		$2 != $4 && !((from == "*" || $2 == from) &&
			      (to == "*" || $4 == to)) { bad++ }
		END { print NR ? bad + 0 : "no flows" }'
}

# leaves BEFORE AFTER NVA: nobody is with NVA, who was not is where he was
leaves() {
	local n

	[ "$(moved "$1" "$2" "$3" "*")" = 0 ] || return
	n=$(awk -v nva="$3" '$2 == nva' "$2" | wc -l)
	echo "$n flows are still with $3"
	[ "$n" = 0 ]
}

has_carrier() {
	grep -q 1 "/sys/class/net/$1/carrier"
}

# add_member N: a next hop that was deleted, to the groups that had it
add_member() {
	must ip nexthop add id ${hop}$1 via ${appliance}$1 dev blue
	must ip nexthop replace id $group group ${hop}1/${hop}2/${hop}3/${hop}4
	must ip nexthop replace id $reverse group ${hop}3/${hop}1/${hop}4/${hop}2
}

shares_test() {
	there >all
	check "$ip: flows are spread evenly" shares_like all 1 1 1 1
	there >again
	check "$ip: and stay where they are" cmp all again
	there -p >ports
	check "$ip: by the other port, too" shares_like ports 1 1 1 1
	check_equal "$ip: the same on every host" "${known[$family]}  all" md5sum all
}

directions_test() {
	back >back
	check "$ip: both directions get the same appliance, whatever the order" cmp all back
	back -p >back-ports
	check "$ip: by the other port, too" cmp ports back-ports
	there -e -r >errors
	check "$ip: ICMP errors go with their flow" cmp all errors
	flows -n $count -e $client $server vm2 "${nvas[@]}" >errors-back
	check "$ip: in both directions" cmp all errors-back
	must ip link set blue type vnet ecmp_symmetric 0
	back >back0
	check "$ip: not if it is switched off" \
		awk '{ n[$2]++ } END { exit n["nva1"] < 100 }' back0
	check_error "$ip: then directions differ" "differ: " cmp all back0
	must ip link set blue type vnet ecmp_symmetric 1
	check_equal "$ip: it is shown" 1 cat /sys/class/net/blue/vnet/ecmp_symmetric
}

fragments_test() {
	flows -n $count -f $client $far vm1 "${nvas[@]}" >fragments
	check "$ip: all parts of a datagram take one way" shares_like fragments 1 1 1 1
}

# A member leaves the kernel's group, and comes back.
group_test() {
	must ip nexthop replace id $group group ${hop}1/${hop}2/${hop}4
	there >without3
	check "$ip: a member leaves the group: only its flows move" leaves all without3 nva3
	check "$ip: to all others" shares_like without3 4 4 0 4
	must ip nexthop replace id $group group ${hop}3/${hop}1/${hop}2/${hop}4
	there >again
	check "$ip: it returns: so do its flows, and no others move" cmp all again
	must ip nexthop del id ${hop}2
	there >without2
	check "$ip: a next hop is deleted: only its flows move" leaves all without2 nva2
	add_member 2
}

# A member's NIC goes, or loses its carrier or address, and comes back.
nic_test() {
	must ip -n nva3 link set eth0 down
	there >carrier
	check "$ip: no carrier: only its flows move" leaves all carrier nva3
	check "$ip: as if it had left the group" cmp without3 carrier
	back >back
	check "$ip: in both directions" cmp carrier back
	must ip -n nva3 link set eth0 up
	must wait_until 5 has_carrier nva3
	there >again
	check "$ip: with carrier: back to the same" cmp all again
	must ip link set nva1 down
	there >down
	check "$ip: set down: only its flows move" leaves all down nva1
	must ip link set nva1 up
	must wait_until 5 has_carrier nva1
	must vrs nic set nva4 address 10.1.3.9
	there >removed
	check "$ip: without its address: only its flows move" leaves all removed nva4
	must vrs nic set nva4 address 10.1.3.4 address fd00:1:3::4
	must ip link set nva4 nomaster
	there >again
	check "$ip: removed: only its flows move" cmp removed again
	must ip link set nva4 master blue
	must vrs nic set nva4 mac "$(ip -n nva4 -j link show eth0 | jq -r .[].address)" \
		address 10.1.3.4 address fd00:1:3::4 forwarding on
	there >again
	check "$ip: back in the VNet: back to the same" cmp all again
}

last_test() {
	local nva

	for nva in nva1 nva2 nva3; do
		must ip link set $nva down
	done
	there >one
	check "$ip: all go to the last one" shares_like one 0 0 0 1
	for nva in nva1 nva2 nva3; do
		must ip link set $nva up
		must wait_until 5 has_carrier $nva
	done
}

weights_test() {
	must ip nexthop replace id $group group ${hop}1,4/${hop}2,2/${hop}3,1/${hop}4,1
	there >weighted
	check "$ip: shares are as the weights" shares_like weighted 4 2 1 1
	must ip nexthop replace id $group group ${hop}1,4/${hop}2,2/${hop}3,2/${hop}4,1
	there >heavier
	check "$ip: more weight draws flows from the others" \
		test "$(moved weighted heavier "*" nva3)" = 0
	check "$ip: as many as the weights say" shares_like heavier 4 2 2 1
	must ip nexthop replace id $group group ${hop}1,256/${hop}2,1
	there >extreme
	check "$ip: a small weight is not none, a large one not all" awk '
		{ n[$2]++ } END { exit !(n["nva2"] > 0 && n["nva2"] < 100 &&
					 n["nva1"] > 3900) }' extreme
	must ip nexthop replace id $group group ${hop}1/${hop}2/${hop}3/${hop}4
}

# Resilient groups: the kernel decides, and moves no bucket that is in use.
resilient_test() {
	must ip nexthop add id $resilient group ${hop}1,2/${hop}2/${hop}3 \
		type resilient buckets 64 idle_timer 60
	must ip route replace $toward nhid $resilient table 102
	there >resilient
	check "$ip: shares of a resilient group" shares_like resilient 2 1 1 0
	check_equal "$ip: it is shown with them" "64 64 128" \
		eval "vrs show effective-routes vm1 -j | jq -r '.value[] |
			select(.addressPrefix[0] == \"$toward\") |
			[.nextHops[].weight] | sort | join(\" \")'"
	sleep 2		# for the kernel to hear of it
	must ip nexthop replace id $resilient \
		group ${hop}1/${hop}2/${hop}3/${hop}4 type resilient
	there >again
	check "$ip: a member joins: flows in use stay" cmp resilient again
	must ip nexthop del id ${hop}3
	there >without3
	check "$ip: a member leaves: only its flows move" leaves resilient without3 nva3
	add_member 3
	must ip -n nva1 link set eth0 down
	there >carrier
	check "$ip: no carrier: only its flows move" leaves without3 carrier nva1
	must ip -n nva1 link set eth0 up
	must wait_until 5 has_carrier nva1
	must ip nexthop replace id $resilient \
		group ${hop}1/${hop}2/${hop}3/${hop}4 type resilient idle_timer 1
	check "$ip: idle ones move" wait_until 20 eval "sleep 3; grown"
}

grown() {
	there >idle
	shares_like idle 1 1 1 1
}

# A route names its next hops itself.
multipath_test() {
	must ip route replace $toward table 102 \
		nexthop via ${appliance}2 dev blue weight 2 \
		nexthop via ${appliance}1 dev blue \
		nexthop via ${appliance}3 dev blue nexthop via ${appliance}4 dev blue
	there >multipath
	check "$ip: a multipath route" shares_like multipath 1 2 1 1
	check "$ip: has the same flows, but for the weight" \
		test "$(moved all multipath "*" nva2)" = 0
}

# An appliance among the next hops has a way of its own, here none.
self_test() {
	flows -n $count ${appliance}1 $farther nva1 "${nvas[@]}" >self
	check_equal "$ip: an appliance gets none of them" "0 0 0 0 $count" shares self
}

dir=$(mktemp -d)
defer rm -r "$dir"
cd "$dir" || exit
for v in 4 6; do
	use $v
	shares_test
	directions_test
	fragments_test
	group_test
	nic_test
	last_test
	weights_test
	resilient_test
	multipath_test
	self_test
done
ktap_finish
