# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For tests of the control plane: NICs without guests, rows and lookups in one
# line each. After lib.sh.

nic_count=0

# Routes and next hops outlive their VNet: nothing is left for the next script.
forget_routes() {
	local family table

	[ ! -e /sys/class/net/uplink ] || ip link del uplink
	ip nexthop flush >/dev/null 2>&1
	for family in -4 -6; do
		ip $family route show table all |
			sed -n 's/.* table \([0-9]\+\).*/\1/p' | sort -u |
			while read -r table; do
				ip $family route flush table "$table"
			done
	done
}
defer forget_routes

# add_vnet NAME TABLE SPACE...: a VNet with system table TABLE, BGP table TABLE+1
# and VNI TABLE.
add_vnet() {
	local name=$1 table=$2 space
	shift 2

	must ip link add "$name" type vnet vni "$table" table "$table" \
		bgp_table $((table + 1))
	must ip link set "$name" up
	for space; do
		must ip route add "$space" dev "$name" table "$table"
	done
}

# add_reserved TABLE: what the platform drops, and its way to the Internet.
add_reserved() {
	local range

	for range in 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10; do
		must ip route add blackhole "$range" proto kernel table "$1"
	done
	must ip route add default dev uplink table "$1"
}

# add_uplink: a device that belongs to no VNet.
add_uplink() {
	must ip link add uplink type veth peer name uplink-peer
	must ip link set uplink-peer up
	must ip link set uplink up
}

# device NAME: one that is up, with nobody behind it. It goes when the script ends.
device() {
	must ip link add "$1" type veth peer name "$1-peer"
	defer del_link "$1"
	must ip link set "$1-peer" up
	must ip link set "$1" up
}

# add_nic NAME VNET ADDR...: such a device is a NIC.
add_nic() {
	device "$1"
	((++nic_count))
	# shellcheck disable=SC2034 # for enslave
	vm_mac[$1]=$(printf '02:00:00:00:10:%02x' "$nic_count")
	enslave "$@"
}

del_link() {
	[ ! -e "/sys/class/net/$1" ] || ip link del "$1"
}

# rows NIC [4|6]: its effective routes, D, B or U for the class:
#   D Active 10.1.0.0/16 VnetLocal
#   B Active 10.250.0.0/16 VirtualNetworkGateway 10.1.2.4,10.1.2.5
rows() {
	vrs show effective-routes "$1" --all -j | jq -r '.value[] | [
		{"Default": "D", "User": "U", "VirtualNetworkGateway": "B"}[.source],
		.state, .addressPrefix[0], .nextHopType,
		(.nextHopIpAddress | join(","))
	] | map(select(. != "")) | join(" ")' |
		case ${2:-4} in 4) grep -v :; true ;; 6) grep :; true ;; esac
}

# why NIC PREFIX D|B|U: why the row is not used
why() {
	vrs show effective-routes "$1" --all -j | jq -r --arg p "$2" --arg s "$3" '
		.value[] | select(.addressPrefix[0] == $p and
		{"Default": "D", "User": "U", "VirtualNetworkGateway": "B"}[.source]
			== $s) | .why'
}

# lookup NIC ADDR: next-hop type, and for what follows if there is one: the next
# hop, the NIC, the reason why it is dropped
lookup() {
	vrs show next-hop "$1" "$2" -j | jq -r '[
		.nextHopType, .nextHopIpAddress, .nic, .dropped
	] | map(select(. != null)) | join(" ")'
}

# flags ROUTE...: rt_ flags of the one route that `ip route show` then shows
flags() {
	ip route show "$@" | grep -o 'rt_[a-z_]*' | sort -u | xargs
}

flags6() {
	ip -6 route show "$@" | grep -o 'rt_[a-z_]*' | sort -u | xargs
}

# mirrored VNET: routes in its mirrors, IPv4/IPv6: "system 3/1 bgp 2/0 user 1/0"
mirrored() {
	local vni
	vni=$(cat "/sys/class/net/$1/vnet/vni")
	sort -u "/sys/kernel/debug/vnet/"*":$vni/mirrors" |
		awk '{ n[$3, $4] += $7; seen[$3] = 1 }
		END {
			split("system bgp user", classes)
			for (i = 1; i <= 3; i++)
				if (classes[i] in seen)
					printf "%s%s %d/%d", (i > 1 ? " " : ""), classes[i],
						n[classes[i], "ipv4"], n[classes[i], "ipv6"]
			print ""
		}'
}
