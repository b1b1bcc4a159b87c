#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A guest sends a million frames of every kind, most of them malformed, while
# others talk: nothing reaches those it is not for, nobody else notices, and
# counters explain every frame. See tools/hostile.c.

. "${0%/*}/../lib.sh"
. "${0%/*}/../datapath.sh"

# A slow kernel looks at fewer frames more closely.
count=$((TIME_SCALE > 1 ? 20000 : 1000000))
count_gso=$((count / 4))
limit=$(seconds 200)

load_module
for vnet in blue green; do
	table=$([ $vnet = blue ] && echo 100 || echo 200)
	must ip link add $vnet type vnet vni "$table" table "$table" \
		bgp_table $((table + 1))
	must ip link set $vnet up
	must ip route add 10.1.0.0/16 dev $vnet table "$table"
	must ip route add fd00:10:1::/48 dev $vnet table "$table"
done
add_vm evil blue 10.1.0.4/24 fd00:10:1::4/64
add_vm blue1 blue 10.1.0.5/24 fd00:10:1::5/64
add_vm blue2 blue 10.1.0.6/24 fd00:10:1::6/64
add_vm green1 green 10.1.0.4/24 fd00:10:1::4/64
add_vm green2 green 10.1.0.5/24 fd00:10:1::5/64
# The host has no word to say on the NICs, and nobody but the program speaks for
# the evil guest, or answers it.
for nic in evil blue1 blue2 green1 green2; do
	must sysctl -qw net.ipv6.conf.$nic.disable_ipv6=1
done
must in_vm evil ip link set eth0 arp off
must in_vm evil sysctl -qw net.ipv4.ip_forward=0

# guest_counter VM NAME: of its device
guest_counter() {
	in_vm "$1" cat "/sys/class/net/eth0/statistics/$2"
}

# talk FROM ADDR: pings for as long as the test lasts, with an identifier (0xc3d5)
# that no frame to begin with has, nor any mutation of few bits or repeated bytes:
# the evil guest sends echo replies, and one that fits would count as an answer
talk() {
	ip netns exec "$1" ping -n -q -e 50133 -i "0.0$TIME_SCALE" "$2" \
		>"$dir/$1-$2" 2>&1 &
	talkers+=($!)
}

# whole FILE: all of its pings were answered, once; the last may be on its way
whole() {
	cat "$1"
	awk '/packets transmitted/ { good = $1 > 50 && $1 - $4 <= 1 && !/\+/ }
		END { exit !good }' "$1"
}

# unexplained VNET: frames of all NICs and the host, which gets some and sends
# some, that were received and not accounted for
unexplained() {
	local total file

	total=$(($(counter "$1" rx_packets) + $(counter "$1" host_rx_packets)))
	for file in "/sys/class/net/$1/vnet/"{tx_packets,host_tx_packets,drop_*}; do
		total=$((total - $(cat "$file")))
	done
	echo $total
}

# explained VNET: prints what is left at a moment when nobody speaks; reassembly
# that times out in a guest makes it say so later, perhaps between two counters
explained() {
	local left tries

	for ((tries = 0; tries < 60; tries++)); do
		left=$(unexplained "$1")
		[ "$left" != 0 ] || break
		sleep 0.5
	done
	echo "$left"
}

# evil_counters: frames that left its device, that were lost there, and that its
# NIC received; at a moment when nothing is on its way
evil_counters() {
	local now before=

	while now="$(guest_counter evil tx_packets) $(guest_counter evil tx_dropped) $(counter evil rx_packets)"
		[ "$now" != "$before" ]; do
		before=$now
		sleep 0.5
	done
	echo "$now"
}

# rampage NAME OPTION...: the evil guest sends evil_sent frames, of which
# evil_left left its device; those that the host's queue had no room for are
# evil_lost
rampage() {
	local before after

	read -ra before < <(evil_counters)
	timeout $((limit * 2)) hostile "${@:2}" evil blue1 blue2 >"$dir/out"
	check "$1: neighbours got nothing that is not for them" \
		[ $? -eq 0 ]
	ktap_comment <"$dir/out"
	evil_sent=$(awk '/^sent/ { print $2 }' "$dir/out")
	read -ra after < <(evil_counters)
	evil_left=$((after[0] - before[0]))
	evil_lost=$((after[1] - before[1]))
	evil_rx=$((after[2] - before[2]))
}

dir=$(mktemp -d)
defer rm -r "$dir"
talkers=()
talk blue1 10.1.0.6
talk blue2 fd00:10:1::5
talk green1 10.1.0.5
talk green2 fd00:10:1::4

rampage "frames" -n $count -t $limit
check "all that were to be sent" test "${evil_sent:-0}" -ge $count
check "each is received" test $((evil_rx + evil_lost)) -ge "$evil_sent"
check_equal "and no other" "$evil_left" echo "$evil_rx"
rampage "frames as of a tap" -g -n $count_gso -t $((limit / 2))
check "all of these" test "${evil_sent:-0}" -ge $count_gso
check_equal "what leaves the guest is received" "$evil_left" echo "$evil_rx"

# Now the evil guest is an appliance, whose packets may have any source, the neighbours
# are next hops, and the host has addresses.
for nic in evil blue1 blue2; do
	must vrs nic set $nic forwarding on
done
must ip address add 10.1.1.4/32 dev blue
must ip address add fd00:10:1::99/128 dev blue nodad
for i in 5 6; do
	must ip nexthop add id $i via 10.1.0.$i dev blue
	must ip nexthop add id 6$i via fd00:10:1::$i dev blue
done
must ip nexthop add id 1 group 5/6
must ip nexthop add id 2 group 65/66
must ip route add 0.0.0.0/0 nhid 1 table 101
must ip route add ::/0 nhid 2 table 101
rampage "frames to forward" -r -n $count_gso -t $((limit / 2))
check "all of these" test "${evil_sent:-0}" -ge $count_gso
check_equal "what leaves the guest is received" "$evil_left" echo "$evil_rx"
rampage "frames to forward as of a tap" -r -g -n $count_gso -t $((limit / 2))
check "all of these" test "${evil_sent:-0}" -ge $count_gso
check_equal "what leaves the guest is received" "$evil_left" echo "$evil_rx"

kill -INT "${talkers[@]}"
wait "${talkers[@]}"
for talk in blue1-10.1.0.6 blue2-fd00:10:1::5 green1-10.1.0.5 \
	green2-fd00:10:1::4; do
	check "nobody was disturbed: $talk" whole "$dir/$talk"
done
sleep 1
check_equal "every frame in blue is explained" 0 explained blue
check_equal "and in green" 0 explained green
check "many reasons were seen" test "$(drops evil | wc -l)" -ge 10
drops evil | ktap_comment
check_equal "green dropped nothing but what its guests say to groups" "" \
	eval "drops green | grep -v '^multicast:\|^neighbour:'; true"
# A neighbour behind a small MTU: what the VNet cuts, it hands over more than once.
must ip link set blue2 mtu 1280
too_big=$(counter evil drop_too_big)
for _ in {1..10}; do
	rampage "frames that are cut" -r -n $((count_gso / 5)) -t $((limit / 2))
	! counter_above evil drop_too_big "$too_big" || break
done
check "large frames" counter_above evil drop_too_big "$too_big"
must in_vm evil ip link set eth0 arp on
check "in the end packets pass" ping_from blue1 10.1.0.4
ktap_finish
