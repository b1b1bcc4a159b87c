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
must ip route add fd00:1:5::/64 nhid 60 table 102
must ip route add 10.1.0.0/24 nhid 20 table 103
must ip route add fd00:1:0::/64 nhid 70 table 103

# there [OPTION...], back [OPTION...]: flows from vm1 to vm2, and the other way
there() {
	flows -n $count "$@" 10.1.0.4 10.1.5.4 vm1 "${nvas[@]}"
}

back() {
	flows -n $count -r "$@" 10.1.0.4 10.1.5.4 vm2 "${nvas[@]}"
}

there6() {
	flows -n $count "$@" fd00:1:0::4 fd00:1:5::4 vm1 "${nvas[@]}"
}

back6() {
	flows -n $count -r "$@" fd00:1:0::4 fd00:1:5::4 vm2 "${nvas[@]}"
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
		END { print bad + 0 }'
}

# leaves BEFORE AFTER NVA: nobody is with NVA, who was not is where he was
leaves() {
	local n

	[ "$(moved "$1" "$2" "$3" "*")" = 0 ] || return
	n=$(awk -v nva="$3" '$2 == nva' "$2" | wc -l)
	echo "$n flows are still with $3"
	[ "$n" = 0 ]
}

dir=$(mktemp -d)
defer rm -r "$dir"
cd "$dir" || exit

# Shares
there >all
check "flows are spread evenly" shares_like all 1 1 1 1
there >again
check "and stay where they are" cmp all again
there -p >ports
check "by the other port, too" shares_like ports 1 1 1 1
there6 >all6
check "IPv6" shares_like all6 1 1 1 1
# Both ends of a flow choose on hosts of their own: by nothing but its addresses.
check_equal "the same on every host" "d661084396b8fafc05009062665f3188  all
195c6a308589e4ff878f72a28f530924  all6" md5sum all all6

# Both directions
back >back
check "both directions get the same appliance, whatever the order" cmp all back
back -p >back-ports
check "by the other port, too" cmp ports back-ports
back6 >back6
check "IPv6" cmp all6 back6
there6 -p >ports6
back6 -p >back-ports6
check "IPv6 by the other port" cmp ports6 back-ports6
there -e -r >errors
check "ICMP errors go with their flow" cmp all errors
flows -n $count -e 10.1.0.4 10.1.5.4 vm2 "${nvas[@]}" >errors-back
check "in both directions" cmp all errors-back
there6 -e -r >errors6
check "IPv6" cmp all6 errors6
flows -n $count -e fd00:1:0::4 fd00:1:5::4 vm2 "${nvas[@]}" >errors-back6
check "IPv6, in both directions" cmp all6 errors-back6
must ip link set blue type vnet ecmp_symmetric 0
back >back0
check "not if it is switched off" \
	awk '{ n[$2]++ } END { exit n["nva1"] < 100 }' back0
check_fail "then directions differ" cmp all back0
must ip link set blue type vnet ecmp_symmetric 1
check_equal "it is shown" 1 cat /sys/class/net/blue/vnet/ecmp_symmetric

# Fragments
flows -n $count -f 10.1.0.4 10.66.0.1 vm1 "${nvas[@]}" >fragments
check "all parts of a datagram take one way" shares_like fragments 1 1 1 1
flows -n $count -f fd00:1:0::4 fd00:1:5::4 vm1 "${nvas[@]}" >fragments6
check "IPv6" shares_like fragments6 1 1 1 1

# A member leaves and comes back: in the kernel's group
must ip nexthop replace id 10 group 1/2/4
there >without3
check "a member leaves the group: only its flows move" leaves all without3 nva3
check "to all others" shares_like without3 4 4 0 4
must ip nexthop replace id 10 group 3/1/2/4
there >again
check "it returns: so do its flows, and no others move" cmp all again
must ip nexthop del id 2
there >without2
check "a next hop is deleted: only its flows move" leaves all without2 nva2
must ip nexthop add id 2 via 10.1.3.2 dev blue
must ip nexthop replace id 10 group 1/2/3/4
must ip nexthop replace id 20 group 3/1/4/2

# A member leaves and comes back: its NIC
must ip -n nva3 link set eth0 down
there >carrier
check "no carrier: only its flows move" leaves all carrier nva3
check "as if it had left the group" cmp without3 carrier
back >back
check "in both directions" cmp carrier back
must ip -n nva3 link set eth0 up
must wait_until 5 grep -q 1 /sys/class/net/nva3/carrier
there >again
check "with carrier: back to the same" cmp all again
must ip link set nva1 down
there >down
check "set down: only its flows move" leaves all down nva1
must ip link set nva1 up
must wait_until 5 grep -q 1 /sys/class/net/nva1/carrier
must ip link set nva4 nomaster
there >removed
check "removed: only its flows move" leaves all removed nva4
must ip link set nva4 master blue
must vrs nic set nva4 mac "$(ip -n nva4 -j link show eth0 | jq -r .[].address)" \
	address 10.1.3.4 address fd00:1:3::4 forwarding on
there >again
check "back in the VNet: back to the same" cmp all again
for nva in nva1 nva2 nva3; do
	must ip link set $nva down
done
there >one
check "all go to the last one" shares_like one 0 0 0 1
for nva in nva1 nva2 nva3; do
	must ip link set $nva up
	must wait_until 5 grep -q 1 /sys/class/net/$nva/carrier
done

# The same in IPv6
must ip nexthop replace id 60 group 61/62/64
there6 >without3
check "IPv6: a member leaves: only its flows move" leaves all6 without3 nva3
must ip nexthop replace id 60 group 63/61/62/64
there6 >again
check "IPv6: it returns: so do its flows, and no others move" cmp all6 again
must ip -n nva3 link set eth0 down
there6 >carrier
check "IPv6: no carrier: only its flows move" leaves all6 carrier nva3
check "IPv6: as if it had left the group" cmp without3 carrier
back6 >back
check "IPv6: in both directions" cmp carrier back
must ip -n nva3 link set eth0 up
must wait_until 5 grep -q 1 /sys/class/net/nva3/carrier
must ip link set nva1 down
there6 >down
check "IPv6: set down: only its flows move" leaves all6 down nva1
must ip link set nva1 up
must wait_until 5 grep -q 1 /sys/class/net/nva1/carrier
must vrs nic set nva4 address 10.1.3.4
there6 >removed
check "IPv6: without its address: only its flows move" leaves all6 removed nva4
must vrs nic set nva4 address 10.1.3.4 address fd00:1:3::4
there6 >again
check "IPv6: with all of them: back to the same" cmp all6 again
must ip nexthop replace id 60 group 61,4/62,2/63,1/64,1
there6 >weighted
check "IPv6: shares are as the weights" shares_like weighted 4 2 1 1
must ip nexthop add id 65 group 61,2/62/63 type resilient buckets 64 idle_timer 60
must ip route replace fd00:1:5::/64 nhid 65 table 102
there6 >resilient
check "IPv6: shares of a resilient group" shares_like resilient 2 1 1 0
sleep 2		# for the kernel to hear of it
must ip nexthop replace id 65 group 61/62/63/64 type resilient
there6 >again
check "IPv6: a member joins: flows in use stay" cmp resilient again
must ip nexthop del id 63
there6 >without3
check "IPv6: a member leaves: only its flows move" leaves resilient without3 nva3
must ip nexthop add id 63 via fd00:1:3::3 dev blue

# Weights
must ip nexthop replace id 10 group 1,4/2,2/3,1/4,1
there >weighted
check "shares are as the weights" shares_like weighted 4 2 1 1
must ip nexthop replace id 10 group 1,4/2,2/3,2/4,1
there >heavier
check "more weight draws flows from the others" \
	test "$(moved weighted heavier "*" nva3)" = 0
check "as many as the weights say" shares_like heavier 4 2 2 1
must ip nexthop replace id 10 group 1,256/2,1
there >extreme
check "a small weight is not none, a large one not all" awk '
	{ n[$2]++ } END { exit !(n["nva2"] > 0 && n["nva2"] < 100 &&
				 n["nva1"] > 3900) }' extreme

# Resilient groups: the kernel decides, and moves no bucket that is in use
must ip nexthop add id 30 group 1,2/2/3 type resilient buckets 64 idle_timer 60
must ip route replace 10.1.5.0/24 nhid 30 table 102
there >resilient
check "shares of a resilient group" shares_like resilient 2 1 1 0
check_equal "it is shown with them" "64 64 128" \
	eval "vrs show effective-routes vm1 -j | jq -r '.value[] |
		select(.addressPrefix[0] == \"10.1.5.0/24\") |
		[.nextHops[].weight] | sort | join(\" \")'"
sleep 2		# for the kernel to hear of it
must ip nexthop replace id 30 group 1/2/3/4 type resilient
there >again
check "a member joins: flows in use stay" cmp resilient again
must ip nexthop del id 3
there >without3
check "a member leaves: only its flows move" leaves resilient without3 nva3
must ip nexthop add id 3 via 10.1.3.3 dev blue
must ip nexthop replace id 10 group 1/2/3/4
must ip nexthop replace id 20 group 3/1/4/2
must ip -n nva1 link set eth0 down
there >carrier
check "no carrier: only its flows move" leaves without3 carrier nva1
must ip -n nva1 link set eth0 up
must wait_until 5 grep -q 1 /sys/class/net/nva1/carrier
must ip nexthop replace id 30 group 1/2/3/4 type resilient idle_timer 1
grown() {
	there >idle
	shares_like idle 1 1 1 1
}
check "idle ones move" wait_until 20 eval "sleep 3; grown"

# Routes that name their next hops themselves
must ip route replace 10.1.5.0/24 table 102 \
	nexthop via 10.1.3.2 dev blue weight 2 nexthop via 10.1.3.1 dev blue \
	nexthop via 10.1.3.3 dev blue nexthop via 10.1.3.4 dev blue
there >multipath
check "a multipath route" shares_like multipath 1 2 1 1
check "has the same flows, but for the weight" \
	test "$(moved all multipath "*" nva2)" = 0

# An appliance among the next hops does not send to itself
must vrs subnet set blue 10.1.3.0/24
must ip route add 10.1.5.0/24 nhid 20 table 101
must ip route add 10.77.0.0/16 nhid 20 table 101
flows -n $count 10.1.3.1 10.77.0.1 nva1 "${nvas[@]}" >self
check "an appliance gets the others" shares_like self 0 1 1 1
ktap_finish
