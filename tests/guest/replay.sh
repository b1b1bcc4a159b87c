#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Routes that were there before the table was a VNet's: they are read, while the
# kernel's tables change or not, and then followed like all others.

. "${0%/*}/../lib.sh"
. "${0%/*}/../control.sh"

load_module
add_uplink

live() {
	untold replaying vrs show vnets -j
}

# Tables that have routes already; not all of them a VNet can do
must ip route add default dev uplink table 100
must ip route add blackhole 10.0.0.0/8 proto kernel table 100
must ip route add unreachable 10.66.0.0/16 table 100
must ip -6 route add default dev uplink table 100
must ip -6 route add blackhole fd00:66::/48 table 101
must ip route add blackhole 10.77.0.0/16 table 101
must ip route add blackhole 10.88.0.0/16 table 102
must ip -6 route add blackhole fd00:88::/48 table 102

must ip link add blue type vnet vni 100 table 100 bgp_table 101
must ip link set blue up
check "tables with routes become live" wait_until 20 live
check_equal "with all that a VNet can do" "system 2/1 bgp 1/1" mirrored blue
check_equal "which is marked" "rt_offload" flags 10.0.0.0/8 table 100
check_equal "as is what it cannot" "rt_offload_failed" flags 10.66.0.0/16 table 100
check_equal "marked, IPv6" "rt_offload" flags6 fd00:66::/48 table 101
must ip route add 10.1.0.0/16 dev blue table 100
must ip route del 10.77.0.0/16 table 101
check_equal "and followed from then on" "system 3/1 bgp 0/1" mirrored blue
must ip -6 route add fd00:1::/48 dev blue table 100
add_nic n1 blue 10.1.0.4 fd00:1::4

check "a subnet is bound to a table with routes" \
	vrs subnet set blue 10.1.0.0/24 route-table 102
check_equal "which are there at once" "U Active 10.88.0.0/16 None" \
	eval "rows n1 | grep 10.88"
must vrs subnet set blue fd00:1::/64 route-table 102
check_equal "in both families" "U Active fd00:88::/48 None" \
	eval "rows n1 6 | grep fd00:88"

# What cannot be mirrored keeps the table from being used: nobody would know.
fault() {
	echo "$2" >"/sys/kernel/debug/vnet/fault/$1"
}
incomplete() {
	check_error "$1: not bound" "$2" vrs subnet set blue 10.1.2.0/24 route-table "$3"
	check_error "$1: IPv6" "$2" vrs subnet set blue fd00:1:0:2::/64 route-table "$3"
	check_equal "$1: no subnet" 2 eval "vrs show subnets blue -j | jq length"
}
for i in {0..4}; do
	must ip route add blackhole 10.70.$i.0/24 table 103
	must ip -6 route add blackhole fd00:70:$i::/48 table 104
done
must ip link set blue type vnet max_routes 4
incomplete "one beyond the limit" "Table 103 is full: max_routes is 4, and 1 are" 103
check_equal "which is marked" rt_offload_failed flags 10.70.4.0/24 table 103
check_error "of IPv6" "Table 104 is full" \
	vrs subnet set blue 10.1.2.0/24 route-table 104
must ip link set blue type vnet max_routes 0
fault route_add 1
incomplete "no memory" "Table 103 has 5 routes that cannot be used" 103
fault route_add 0
must ip route add unreachable 10.71.0.0/16 table 103
incomplete "a route of no VNet" "Table 103 has 1 routes that cannot be used" 103
check_error "nor is it given to one that has another" "Table 103" \
	vrs subnet set blue 10.1.0.0/24 route-table 103
check_equal "which stays" "U Active 10.88.0.0/16 None" eval "rows n1 | grep 10.88"
must ip route del unreachable 10.71.0.0/16 table 103
check "without it is" vrs subnet set blue 10.1.0.0/24 route-table 103
check_equal "with all its routes" 5 eval "rows n1 | grep -c 'U Active 10.70'"
must vrs subnet set blue 10.1.0.0/24 route-table 102

# A VNet goes and comes back: what stays in the kernel's tables is read again
must ip route add 10.99.0.0/16 via 10.1.2.4 dev blue table 101
must ip link del blue
check_equal "the kernel keeps what does not lead through the VNet" 1 \
	eval "ip route show table 102 | wc -l"
must ip link add blue type vnet vni 100 table 100 bgp_table 101
check "the tables become live again" wait_until 20 live
check_equal "with what the kernel has kept" "system 2/1 bgp 0/1" mirrored blue
must ip link set blue up
must ip route add 10.1.0.0/16 dev blue table 100
must ip link del blue

# The module comes after the routes, and while they change
must rmmod vnet
for i in {0..99}; do
	echo "route add blackhole 10.200.$i.0/24 table 500"
	echo "route add blackhole fd00:200:$i::/48 table 501"
done | must ip -batch -
# Ends by itself: a killed one would leave an ip(8) behind that still writes
churn() {
	while [ -e /tmp/churn ]; do
		ip route replace blackhole 10.201.1.0/24 table 500 &&
			ip route del blackhole 10.201.1.0/24 table 500 || return
		sleep 0.01
	done
}
# end_churn: of $churner, whose changes must not have ended before
end_churn() {
	rm /tmp/churn
	wait $churner
	check_equal "all changes were made" 0 echo $?
}
touch /tmp/churn
churn &
churner=$!
must insmod "$VNET_KO"
must ip link add green type vnet vni 500 table 500 bgp_table 501
check "tables become live while they change" wait_until 60 live
end_churn
check_equal "and are complete" "system 100/0 bgp 0/100" mirrored green

# Other tables change all the time, so that no reading of all is without a change.
awk -v n=$((100000 / ${TIME_SCALE:-1})) 'BEGIN {
	for (i = 0; i < n; i++)
		printf "route add blackhole 10.%d.%d.%d/32 table 502\n",
			i / 62500, i / 250 % 250, i % 250
}' | must ip -batch -
for i in {0..4999}; do
	echo "route add blackhole 10.202.1.0/24 table 503"
	echo "route del blackhole 10.202.1.0/24 table 503"
done >/tmp/rush
for i in {0..9}; do
	must ip route add blackhole 10.204.$i.0/24 table 504
	must ip -6 route add blackhole fd00:204:$i::/48 table 505
done
rush() {
	while [ -e /tmp/churn ]; do
		cat /tmp/rush
	done | ip -batch -
}
touch /tmp/churn
rush &
churner=$!
must ip link add lime type vnet vni 504 table 504 bgp_table 505
sleep "${TIME_SCALE:-1}"
check "tables become live while others change" live
must ip route add blackhole 10.204.10.0/24 table 504
end_churn
check_equal "and are complete" "system 11/0 bgp 0/10" mirrored lime
must ip link del lime

# Deleted and created again and again, with routes that stay
for i in {1..5}; do
	must ip link del green
	must ip link add green type vnet vni 500 table 500 bgp_table 501
done
check "live after quick changes" wait_until 30 live
check_equal "and complete" "system 100/0 bgp 0/100" mirrored green
must ip link del green
check "a VNet deleted while its tables are read" eval "
	ip link add green type vnet vni 500 table 500 bgp_table 501 &&
	ip link del green"
must rmmod vnet
check "the module removed while tables are read" eval "
	insmod $VNET_KO &&
	ip link add green type vnet vni 500 table 500 bgp_table 501 &&
	rmmod vnet"
must insmod "$VNET_KO"
ktap_finish
