#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Counters: every frame once, the same in sysfs, ip(8) and generic netlink.

. "${0%/*}/../lib.sh"
. "${0%/*}/../datapath.sh"

load_module
must ip link add blue type vnet vni 5001 table 100 bgp_table 101 max_routes 77
must ip link set blue up
must ip route add 10.1.0.0/16 dev blue table 100
add_vm vm1 blue 10.1.0.4/24
add_vm vm2 blue 10.1.0.5/24

check_equal "vni" 5001 cat /sys/class/net/blue/vnet/vni
check_equal "table" 100 cat /sys/class/net/blue/vnet/table
check_equal "bgp_table" 101 cat /sys/class/net/blue/vnet/bgp_table
check_equal "max_routes" 77 cat /sys/class/net/blue/vnet/max_routes
check_equal "num_nics" 2 cat /sys/class/net/blue/vnet/num_nics
check_equal "mac" 02:00:00:00:00:01 cat /sys/class/net/vm1/vnet_nic/mac
check_equal "forwarding" 0 cat /sys/class/net/vm1/vnet_nic/forwarding
check_equal "num_addrs" 1 cat /sys/class/net/vm1/vnet_nic/num_addrs
check "the NICs are links" test -e /sys/class/net/blue/lower_vm1

# rx + from the host = tx + to the host + drops; nothing else speaks or listens
in_vm vm1 sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
in_vm vm2 sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
balance() {
	local file total

	total=$(($(counter vm1 rx_packets) + $(counter vm2 rx_packets)))
	for file in /sys/class/net/vm[12]/vnet_nic/{tx_packets,drop_*}; do
		total=$((total - $(cat "$file")))
	done
	echo "$total frames without explanation"
	[ "$total" -eq 0 ]
}
check "frames are in balance" balance
ping_from vm1 10.1.0.5 -c 20 -i 0.01 >/dev/null
ping_from vm1 10.1.0.9 -c 20 -i 0.01 >/dev/null
tcp_transfer vm1 vm2 10.1.0.5
check "after traffic, too" balance
check "20 had nobody to go to" test "$(counter vm1 drop_no_nic)" -ge 20
check_equal "bytes of a ping" 98 sh -c '
	cd /sys/class/net/vm1/vnet_nic
	b=$(cat rx_bytes)
	ip netns exec vm1 ping -c 1 -W 2 10.1.0.5 >/dev/null
	echo $(($(cat rx_bytes) - b))'

# The VNet's totals are those of its NICs
total() {
	ip -s -j link show blue | jq ".[].stats64.$1"
}
dropped() {
	awk '{ n += $1 } END { print n }' "/sys/class/net/$1/"vnet*/drop_*
}
# The guests renew their ARP entries when they like, also between two readings.
sums_up() {
	[ "$(total "$2")" = $(($(counter vm1 "$1") + $(counter vm2 "$1"))) ]
}
check "rx of the VNet" wait_until 5 sums_up rx_packets rx.packets
check "tx of the VNet" wait_until 5 sums_up tx_packets tx.packets
check_equal "drops of the VNet" "$(counter vm1 drop_no_nic)" \
	counter blue drop_no_nic
check_equal "all drops of the VNet" "$(dropped blue)" total rx.dropped

# Of a VNet that blue is not peered with
must ip link add red type vnet vni 5002 table 200 bgp_table 201
must ip link set red up
must ip route add 10.2.0.0/16 dev red table 200
add_vm vm3 red 10.2.0.4/24
must vrs nic set vm3 forwarding on
must ip route add 10.67.0.0/16 via 10.2.0.4 dev red table 101
check_counter "a next hop that the VNet does not reach" vm1 drop_unreachable \
	send_from vm1 10.67.0.1
must ip link del red

# The same in all places
# in_sysfs DEV: "RX-PACKETS RX-BYTES TX-PACKETS TX-BYTES" and the drops
in_sysfs() {
	echo "$(counter "$1" rx_packets) $(counter "$1" rx_bytes)" \
		"$(counter "$1" tx_packets) $(counter "$1" tx_bytes)"
	drops "$1" | sort
}
# in_genl nics|vnets DEV
in_genl() {
	vrs show "$1" -j | jq -r --arg n "$2" '.[] | select(.name == $n).stats |
		"\(.rxPackets) \(.rxBytes) \(.txPackets) \(.txBytes)",
		(.dropped | to_entries[] | "\(.key):\(.value)")' |
		{ read -r first && echo "$first" && sort; }
}
alike() {
	[ "$(in_sysfs "$2")" = "$(in_genl "$1" "$2")" ]
}
check "generic netlink: a NIC" wait_until 5 alike nics vm1
check "the other" wait_until 5 alike nics vm2
check "the VNet" wait_until 5 alike vnets blue
for nic in vm1 vm2; do
	check_equal "ip -s link: all drops of $nic" "$(dropped $nic)" eval \
		"ip -s -j link show $nic | jq .[].stats64.rx.dropped"
done

# A NIC that leaves takes nothing from the totals
rx=$(counter blue rx_packets)
must ip link set vm1 nomaster
check_equal "totals without a NIC" "$rx" counter blue rx_packets
check_fail "its files are gone" test -e /sys/class/net/vm1/vnet_nic
check_equal "num_nics without it" 1 cat /sys/class/net/blue/vnet/num_nics
must ip link set vm1 master blue
check_equal "a NIC begins at 0" 0 counter vm1 rx_packets
check_equal "and the VNet goes on" "$rx" counter blue rx_packets
check_counter "it can do nothing before it has an address" vm1 \
	drop_unconfigured send_from vm1 10.1.0.5
check "which generic netlink tells" wait_until 5 alike nics vm1

# Debugging files
dir=$(echo /sys/kernel/debug/vnet/*:5001)
check "debugfs: mirrors" grep "table 100 system ipv4 live routes 1 " \
	"$dir/mirrors"
check_equal "debugfs: spaces" "10.1.0.0/16 own" cat "$dir/spaces"
check "debugfs: NICs" grep "^vm2 mac 02:00:00:00:00:02 .* 10.1.0.5$" "$dir/nics"
must ip route add 10.66.0.0/16 via 10.1.0.5 dev blue table 101
check "debugfs: next hops" \
	grep "table 101 ipv4 gateway routes 1 nhid 0 10.1.0.5@vm2 weight 1 packets 0" \
	"$dir/next_hops"

# Next hops: what they got because a route names them, not what is addressed to
# them
must vrs nic set vm2 forwarding on
must vrs nic set vm1 mac 02:00:00:00:00:01 address 10.1.0.4
hop() {
	vrs show effective-routes vm1 -j | jq -c '.value[] |
		select(.addressPrefix[0] == "10.66.0.0/16") | .nextHops'
}
ping_from vm1 10.1.0.5 >/dev/null
for i in 1 2 3; do
	send_from vm1 10.66.0.1 >/dev/null
done
check_equal "packets and bytes of a next hop" \
	'[{"address":"10.1.0.5","weight":1,"up":true,"standby":false,"used":true,"packets":3,"bytes":294}]' hop
must ip route del 10.66.0.0/16 table 101
must ip route add 10.66.0.0/16 via 10.1.0.5 dev blue table 101
check "they outlive the route" grep -q '"packets":3' <(hop)

must tc qdisc add dev vm2 root pfifo limit 0
check_counter "a receiver whose queue has no room" vm1 drop_queue_full \
	send_from vm1 10.1.0.5
must tc qdisc del dev vm2 root

# Tracepoints
tracing=/sys/kernel/tracing
echo 1 >$tracing/events/vnet/enable
echo 1 >$tracing/events/skb/kfree_skb/enable
ping_from vm1 10.1.0.5 >/dev/null
ping_from vm1 10.1.0.9 >/dev/null
send_from vm1 203.0.113.10 >/dev/null
must ip link set vm2 mtu 1300
send_from vm1 10.1.0.5 -s 1400 -M "do" >/dev/null
must ip link set vm2 mtu 1500
must ip -n vm1 address add 10.1.0.66/24 dev eth0
send_from vm1 10.1.0.5 -I 10.1.0.66 >/dev/null
must ip -n vm1 address del 10.1.0.66/24 dev eth0
echo 0 >$tracing/events/vnet/enable
echo 0 >$tracing/events/skb/kfree_skb/enable

# traced EVENT WHO WHAT: an event of the two pings above
traced() {
	grep "$1: blue: $2" $tracing/trace |
		grep "::ffff:10.1.0.4 to ::ffff:10.1.0.[59][ :]" | grep -F ": $3"
}
check "tracepoint: lookup" traced vnet_lookup "vm1: " \
	"system /16 vnet_local nhid 0 via ::ffff:10.1.0.5"
check "tracepoint: forward" traced vnet_forward "vm1 to vm2: " \
	"system /16 vnet_local via ::ffff:10.1.0.5"
check "tracepoint: drop" traced vnet_drop "vm1: " \
	"no_nic: system /16 vnet_local via ::"
# dropped_as OURS THEIRS: what is dropped for this reason is freed for that one, by the
# same processor and with nothing in between.
dropped_as() {
	awk -v ours=" $1: " -v theirs="reason: $2\$" '
		{ match($0, /\[[0-9]+\]/); cpu = substr($0, RSTART, RLENGTH) }
		/: kfree_skb: / && last[cpu] && $0 ~ theirs { found = 1 }
		{ last[cpu] = /: vnet_drop: / && index($0, ours) }
		END { exit !found }' $tracing/trace
}
for reasons in "no_nic NEIGH_FAILED" "no_route IP_INNOROUTES" "too_big PKT_TOO_BIG" \
	"spoofed_addr IP_RPFILTER"; do
	# shellcheck disable=SC2086 # two words
	check "the kernel's own tracepoint has a reason: $reasons" dropped_as $reasons
done

# The kernel counts these at the VNet's device, where they are among the sum.
must ip addr add 10.1.0.1/16 dev blue
check "the host is there" ping_from vm1 10.1.0.1
check_counter "what it is handed is counted" blue host_tx_packets \
	ping_from vm1 10.1.0.1
check_counter "and what it sends" blue host_rx_packets ping_from vm1 10.1.0.1
must ip link set blue down
check_counter "a host that takes nothing" vm1 drop_queue_full \
	send_from vm1 10.1.0.1
check_equal "is counted once" "$(dropped blue)" total rx.dropped
ktap_finish
