#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Both CPUs forward, in both directions, while routes, next hops, NICs, peerings and
# carriers change: every change is made, each flow is answered at times, and in the end
# all packets pass and each one is accounted for once.
#
#	vm1 10.1.0.4, vm2 10.1.0.5, nva1 10.1.3.4, nva2 10.1.3.5 --- blue
#	far 10.9.0.4 ----------------------------------------------- red, peered

. "${0%/*}/../lib.sh"
. "${0%/*}/../datapath.sh"

duration=15

load_module
check_equal "two CPUs" 2 nproc
must ip link add blue type vnet vni 5001 table 100 bgp_table 101
must ip link set blue up
must ip route add 10.1.0.0/16 dev blue table 100
must ip route add fd00:10:1::/48 dev blue table 100
must ip link add red type vnet vni 5009 table 900 bgp_table 901
must ip link set red up
must ip route add 10.9.0.0/16 dev red table 900
must ip route add 10.1.0.0/16 dev blue table 900
must ip route add 10.9.0.0/16 dev red table 100
add_vm vm1 blue 10.1.0.4/24 fd00:10:1::4/64
add_vm vm2 blue 10.1.0.5/24 fd00:10:1::5/64
add_vm nva1 blue 10.1.3.4/24 fd00:10:1:3::4/64
add_vm nva2 blue 10.1.3.5/24 fd00:10:1:3::5/64
add_vm far red 10.9.0.4/24
for nva in nva1 nva2; do
	must vrs nic set $nva forwarding on
	must ip -n $nva address add 10.250.0.1/32 dev lo
	must ip -n $nva address add fd00:250::1/128 dev lo nodad
	must in_vm $nva sysctl -qw net.ipv4.ip_forward=1 \
		net.ipv6.conf.all.forwarding=1
done
must in_vm nva1 sysctl -qw net.ipv6.conf.eth0.keep_addr_on_down=1
peer_vnets blue red
must ip nexthop add id 1 via 10.1.3.4 dev blue
must ip nexthop add id 2 via 10.1.3.5 dev blue
must ip nexthop add id 10 group 1/2
must ip route add 10.250.0.0/16 nhid 10 table 101
must ip nexthop add id 61 via fd00:10:1:3::4 dev blue
must ip nexthop add id 62 via fd00:10:1:3::5 dev blue
must ip nexthop add id 60 group 61/62
must ip route add fd00:250::/32 nhid 60 table 101
must vrs subnet set blue 10.1.0.0/24 route-table 102

# stream CPU VM ADDR: pings without end, sent and so forwarded by one CPU; what is
# answered comes back by it, too
stream() {
	ip netns exec "$2" taskset -c "$1" ping -n -q -i "0.0$TIME_SCALE" "$3" \
		>"$dir/$1-$2-$3" 2>&1 &
	streams+=($!)
}

# on_cpu CPU COMMAND...: again and again in the background, and remembered
on_cpu() {
	(
		taskset -cp "$1" $BASHPID >/dev/null
		for ((i = 0; i == 0 || SECONDS < end; i++)); do
			"${@:2}" "$i" || exit 1
		done
		echo "$2: $i times"
	) >"$dir/change-$2" 2>&1 &
	changers+=($!)
}

change_routes() {
	ip route replace blackhole 10.77.0.0/16 table 102 &&
		ip route replace 10.250.0.0/24 nhid 10 table 101 &&
		ip route replace 10.250.0.0/24 via 10.1.3.5 dev blue table 102 &&
		ip route del 10.250.0.0/24 table 102 &&
		ip route del 10.250.0.0/24 table 101 &&
		vrs subnet set blue 10.1.0.0/24 route-table $((102 + $1 % 2))
}

change_hops() {
	ip nexthop replace id 10 group 1 && ip nexthop replace id 60 group 62 &&
		ip nexthop replace id 10 group 2,3/1 &&
		ip nexthop replace id 2 via 10.1.3.99 dev blue &&
		ip nexthop replace id 2 via 10.1.3.5 dev blue &&
		ip nexthop replace id 60 group 61/62
}

change_nics() {
	vrs nic set nva2 address 10.1.3.6 &&
		vrs nic set nva2 address 10.1.3.5 address fd00:10:1:3::5 &&
		ip link set nva2 nomaster && ip link set nva2 master blue &&
		vrs nic set nva2 mac "$nva2_mac" address 10.1.3.5 \
			address fd00:10:1:3::5 forwarding on
}

change_peering() {
	vrs peering del red blue && vrs peering set red blue &&
		ip route del 10.9.0.0/16 dev red table 100 &&
		ip route add 10.9.0.0/16 dev red table 100
}

change_carrier() {
	ip -n nva1 link set eth0 down && ip -n nva1 link set eth0 up &&
		ip -n nva1 route replace default via 10.1.3.1 dev eth0 &&
		ip -n nva1 -6 route replace default via fe80::1234:5678:9abc dev eth0 &&
		ip link set nva1 down && ip link set nva1 up
}

# answered FILE: it was, at times, and no ping more than once
answered() {
	cat "$1"
	awk '/packets transmitted/ { good = $4 > 0 && !/duplicates/ }
		END { exit !good }' "$1"
}

# unexplained: what the VNets have received from NICs and the host less what has become
# of it; a packet that crosses a peering leaves one VNet and enters another
unexplained() {
	local total=0 file vnet

	for vnet in blue red; do
		total=$((total + $(counter $vnet rx_packets)))
		for file in /sys/class/net/$vnet/vnet/{tx_packets,drop_*}; do
			total=$((total - $(cat "$file")))
		done
	done
	echo $total
}
explained() {
	[ "$(unexplained)" = 0 ]
}

dir=$(mktemp -d)
defer rm -r "$dir"
nva2_mac=$(ip -n nva2 -j link show eth0 | jq -r .[].address)
streams=() changers=()
stream 0 vm1 10.1.0.5
stream 1 vm2 10.1.0.4
stream 0 vm2 fd00:10:1::4
stream 1 vm1 10.250.0.1
stream 0 vm2 10.250.0.1
stream 1 vm1 fd00:250::1
stream 0 far 10.1.0.4
stream 1 vm2 10.9.0.4
end=$((SECONDS + duration))
on_cpu 0 change_routes
on_cpu 1 change_hops
on_cpu 0 change_nics
on_cpu 1 change_peering
on_cpu 0 change_carrier
failed=0
for pid in "${changers[@]}"; do
	wait "$pid" || failed=1
done
check_equal "all changes were made" 0 echo $failed
cat "$dir"/change-* | ktap_comment

check "then packets pass" wait_until 10 ping_from vm1 10.250.0.1
check "in IPv6" wait_until 10 ping_from vm2 fd00:250::1
check "to the peer" wait_until 10 ping_from far 10.1.0.4
kill -INT "${streams[@]}"
wait "${streams[@]}"
for file in "$dir"/[01]-*; do
	check "was answered: ${file##*/}" answered "$file"
done
sleep 1
check "every packet is accounted for" wait_until 10 explained
unexplained | ktap_comment
{ drops blue; drops red; } | ktap_comment
ktap_finish
