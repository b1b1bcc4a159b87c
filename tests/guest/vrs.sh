#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vrs(8) with the kernel: what it sets and shows, and what it says when the
# answer is no. Statuses: 0 done, 1 refused, 2 not understood.

. "${0%/*}/../lib.sh"
. "${0%/*}/../control.sh"

# status NUMBER COMMAND...
status() {
	local expected=$1
	shift
	"$@"
	[ $? -eq "$expected" ]
}

check_error "without the module" "module vnet is not loaded" vrs show vnets
load_module
add_uplink
add_vnet blue 100 10.1.0.0/16 fd00:10:1::/48
add_reserved 100
device vm1
must ip link set vm1 master blue
add_nic nva blue 10.1.2.4
must vrs nic set nva forwarding on

# Words and operands
check "status of nonsense" status 2 vrs show nonsense
check "status of a refusal" status 1 vrs nic set lo forwarding on
check_error "no command" "command is needed" vrs
check_error "an unknown command" 'unknown command "show x"' vrs show x
check_error "an ambiguous command" 'ambiguous command "show n"' vrs show n
check "a shortened command" vrs sh sub
check_error "a missing operand" "show next-hop: needs ADDRESS" vrs show next-hop vm1
check_error "a wrong operand" 'ADDRESS "10.1": not an' vrs show next-hop vm1 10.1
check_error "an unexpected word" 'unexpected "x"' vrs subnet del blue 10.1.0.0/24 x
check_error "a keyword without value" "route-table needs a value" \
	vrs subnet set blue 10.1.0.0/24 route-table
check_error "a keyword twice" "propagation is given twice" \
	vrs subnet set blue 10.1.0.0/24 propagation on propagation off
check_error "a wrong switch" "expected on or off" vrs nic set vm1 forwarding yes
check_error "a wrong MAC address" "expected six bytes" vrs nic set vm1 mac 02:00
check_error "a prefix with host bits" "10.1.0.4/24" vrs subnet set blue 10.1.0.4/24
check_error "an address and none" "exclude each other" \
	vrs nic set vm1 address 10.1.0.4 address none
check_error "none and an address" "exclude each other" \
	vrs nic set vm1 address none address 10.1.0.4
check_error "nothing to set" "nothing to set" vrs nic set vm1
check_error "no such device" "nope: no such device" vrs nic set nope forwarding on
check "help" eval "vrs --help | grep -q 'vrs show next-hop NIC ADDRESS'"

# NICs
nic() {
	vrs show nics -j | jq -c --arg n "$1" '.[] | select(.name == $n) |
		[.macAddress, .enableIPForwarding,
		 [.ipConfigurations[] | .privateIPAddress]]'
}
check_equal "a NIC as it comes" '[null,false,[]]' nic vm1
check_error "addresses need a MAC address" "MAC" vrs nic set vm1 address 10.1.0.4
check "MAC address, addresses and forwarding" vrs nic set vm1 \
	mac 02:00:00:00:00:04 address 10.1.0.4 address fd00:10:1::4 forwarding on
check_equal "are set" '["02:00:00:00:00:04",true,["10.1.0.4","fd00:10:1::4"]]' nic vm1
check "one of them" vrs nic set vm1 forwarding off
check_equal "the others stay" \
	'["02:00:00:00:00:04",false,["10.1.0.4","fd00:10:1::4"]]' nic vm1
check_error "an address of another NIC" "vm1: .*10.1.2.4" vrs nic set vm1 address 10.1.2.4
check_error "an address outside the VNet" "vm1: .*10.9.0.4 is outside" \
	vrs nic set vm1 address 10.9.0.4
check_equal "change nothing" \
	'["02:00:00:00:00:04",false,["10.1.0.4","fd00:10:1::4"]]' nic vm1
check "no addresses" vrs nic set vm1 address none
check_equal "none is left" '["02:00:00:00:00:04",false,[]]' nic vm1
must vrs nic set vm1 address 10.1.0.4 address fd00:10:1::4
check_error "a device that is no NIC" "lo: " vrs nic set lo forwarding on
check_equal "NICs of a VNet, as text" "nva vm1" \
	eval "vrs show nics blue | sed 1d | awk '{ print \$1 }' | sort | xargs"

# Subnets
subnet() {
	vrs show subnets blue -j | jq -c --arg p "$1" '.[] |
		select(.addressPrefix == $p) |
		[.routeTable, .disableBgpRoutePropagation]'
}
check "a subnet" vrs subnet set blue 10.1.0.0/24
check_equal "is there" '[null,false]' subnet 10.1.0.0/24
check "its route table" vrs subnet set blue 10.1.0.0/24 route-table 2001
check "its propagation" vrs subnet set blue 10.1.0.0/24 propagation off
check_equal "both are set" '[2001,true]' subnet 10.1.0.0/24
check "no route table, propagation on" \
	vrs subnet set blue 10.1.0.0/24 route-table none propagation on
check_equal "as in the beginning" '[null,false]' subnet 10.1.0.0/24
check_error "one that overlaps" "subnet 10.1.0.0/25: " vrs subnet set blue 10.1.0.0/25
check_error "one outside the VNet" "address space" vrs subnet set blue 10.9.0.0/24
check "an IPv6 subnet" vrs subnet set blue fd00:10:1::/64
check_equal "as text" "blue fd00:10:1::/64 - on off off" \
	eval "vrs show subnets | grep fd00 | xargs"
check "is removed" vrs subnet del blue fd00:10:1::/64
check_error "but not twice" "subnet fd00:10:1::/64: " vrs subnet del blue fd00:10:1::/64

# Routes
must ip route add 10.250.0.0/16 via 10.1.2.4 dev blue table 101 proto bgp
must ip route add 10.1.3.0/24 via 10.1.2.4 dev blue table 101 proto bgp
must ip route add 10.66.0.0/16 via 10.1.9.9 dev blue onlink table 2001
must vrs subnet set blue 10.1.0.0/24 route-table 2001
check_equal "effective routes, as text" "\
Source                 State   Address Prefix  Next Hop Type          Next Hop IP  Why
Default                Active  0.0.0.0/0       Internet
Default                Active  10.0.0.0/8      None
Default                Active  10.1.0.0/16     VnetLocal
User                   Active  10.66.0.0/16    VirtualAppliance       10.1.9.9     next hop 10.1.9.9: no NIC owns it
VirtualNetworkGateway  Active  10.250.0.0/16   VirtualNetworkGateway  10.1.2.4
Default                Active  100.64.0.0/10   None
Default                Active  172.16.0.0/12   None
Default                Active  192.168.0.0/16  None
Default                Active  fd00:10:1::/48  VnetLocal" \
	vrs show effective-routes vm1
check_equal "all of them" "10.1.3.0/24 Hidden" eval \
	"vrs show effective-routes --all vm1 | awk '/Hidden/ { print \$3, \$2 }'"
check_equal "as Azure's JSON" '{"name":null,"disableBgpRoutePropagation":false,"source":"VirtualNetworkGateway","state":"Active","addressPrefix":["10.250.0.0/16"],"nextHopType":"VirtualNetworkGateway","nextHopIpAddress":["10.1.2.4"],"why":null}' \
	eval "vrs show effective-routes vm1 -j | jq -c '.value[] |
		select(.addressPrefix == [\"10.250.0.0/16\"]) | del(.nextHops)'"
check_equal "and what Azure does not tell of its next hops" "10.1.2.4 1 true" \
	eval "vrs show effective-routes vm1 -j | jq -r '.value[] |
		select(.addressPrefix == [\"10.250.0.0/16\"]) | .nextHops[] |
		\"\(.address) \(.weight) \(.up)\"'"
must vrs subnet set blue 10.1.0.0/24 propagation off
check_equal "propagation off is seen" "true" eval \
	"vrs show effective-routes vm1 -j | jq -r '.value[] |
		select(.addressPrefix == [\"10.1.0.0/16\"]) | .disableBgpRoutePropagation'"
must vrs subnet set blue 10.1.0.0/24 propagation on

check_equal "a next hop" "VirtualNetworkGateway 10.1.2.4 nva" lookup vm1 10.250.0.1
check_equal "one that nobody has is an answer, too" \
	"VirtualAppliance 10.1.9.9 no NIC owns the next hop's address" lookup vm1 10.66.0.1
check_equal "route tables of next hops" "System Route 2001" eval \
	"{ vrs show next-hop vm1 10.250.0.1 -j; vrs show next-hop vm1 10.66.0.1 -j; } |
	jq -r .routeTableId | xargs"
check "as text" eval "vrs show next-hop vm1 10.250.0.1 | grep -q '^VirtualNetworkGateway  10.1.2.4'"
check_error "--all has no meaning there" "has no meaning" \
	vrs show next-hop --all vm1 10.250.0.1
check_error "a NIC of no VNet" "uplink: " vrs show effective-routes uplink

# Azure does not list a system route that a BGP route beats.
defaults() {
	vrs show effective-routes vm1 "$@" | awk '$3 == "0.0.0.0/0" { print $1, $2 }' | xargs
}
must ip route add default via 10.1.2.4 dev blue table 101 proto bgp
check_equal "a BGP route in place of a system route" \
	"VirtualNetworkGateway Active" defaults
check_equal "which --all shows" \
	"VirtualNetworkGateway Active Default Invalid" defaults --all

# VNets
check_equal "VNets" '["blue",100,100,101,2,["10.1.0.0/16","fd00:10:1::/48"]]' eval \
	"vrs show vnets -j | jq -c '.[] | [.name, .vni, .table, .bgpTable, .nics,
		.addressSpace.addressPrefixes]'"
check_equal "VNets, as text" "blue 100 100 101 2" \
	eval "vrs show vnets | awk 'NR == 2 { print \$1, \$2, \$3, \$4, \$5 }'"

# No answer is no list without rows.
silent() {
	local out
	out=$("$@" 2>/dev/null)
	[ $? -eq 1 ] && [ -z "$out" ]
}
check "NICs of what is no VNet" silent vrs show nics uplink -j
for list in vnets nics subnets endpoints peerings "effective-routes vm1"; do
	# shellcheck disable=SC2086 # words
	check "$list, without the right to see them" \
		silent setpriv --bounding-set=-net_admin vrs show $list
	# shellcheck disable=SC2086 # words
	check "as JSON" silent setpriv --bounding-set=-net_admin vrs show $list -j
done

# More than fits on a screen, and names that are no text
cell() { awk -v n="$1" '$1 == n { print $NF }' | tr , '\n' | sort -u | wc -l; }
mapfile -t many < <(printf 'fd00:10:1:ffff:ffff:ffff:ffff:%x\n' {4096..4345})
# shellcheck disable=SC2046 # a list of words
must vrs nic set vm1 $(printf 'address %s ' "${many[@]}")
check_equal "250 addresses of a NIC" 250 eval "vrs show nics | cell vm1"
must vrs nic set vm1 address 10.1.0.4 address fd00:10:1::4
for i in {0..299}; do
	echo "route add 10.100.$((i / 256)).$((i % 256))/32 dev blue table 100"
done | must ip -batch -
check_equal "302 address spaces of a VNet" 302 eval "vrs show vnets | cell blue"
check_equal "in JSON, too" 302 eval \
	"vrs show vnets -j | jq '.[] | .addressSpace.addressPrefixes | length'"
# As many as a group may have, in the largest messages there are
for i in {1..512}; do
	echo "nexthop add id $i via fd00:10:1:5::$i dev blue"
done | must ip -batch -
group=$(for i in {1..512}; do printf '%02x%02x000000000000' $((i % 256)) $((i / 256)); done)
check "a group of 512 next hops" nlsend nexthop 1=u32:1000 "2=hex:$group"
must ip -6 route add fd00:251::/48 nhid 1000 table 101
check_equal "all of them, of a route" 512 eval \
	"vrs show effective-routes vm1 -j | jq '.value[] |
		select(.addressPrefix == [\"fd00:251::/48\"]) | .nextHops | length'"
check_equal "and of one that an address matches" 512 eval \
	"vrs why vm1 fd00:251::1 -j | jq '[.. | .nextHops? // empty | length] | max'"
# Routes that match an address are one answer, whatever they take.
for len in 32 33 34 35 36 37 38 39 40; do
	echo "route add fd00:251::/$len nhid 1000 table 101"
done | must ip -6 -batch -
check_equal "of all that it matches" "$(printf '512 %.0s' {1..10} | xargs)" eval \
	"vrs why vm1 fd00:251::1 -j | jq '.candidates[] |
		select(.source == \"VirtualNetworkGateway\") | .nextHops | length' | xargs"
check_equal "in the other answer, too" 10 eval \
	"vrs show next-hop vm1 fd00:251::1 -j | jq '[.candidates[] |
		select(.nextHops | length == 512)] | length'"
odd=$'vm\xff\e2'
must ip link add "$odd" type veth peer name odd-peer
defer del_link odd-peer
must ip link set "$odd" master blue up
check_equal "a name that does not print" "nva vm1 vm??2" eval \
	"vrs show nics -j | jq -r '.[].name' | sort | xargs"
check_equal "neither in a table" "nva vm1 vm??2" eval \
	"vrs show nics | sed 1d | awk '{ print \$1 }' | sort | xargs"
check_equal "nor to be typed" "nva vm1" \
	eval "vrs --complete show effective-routes '' | sort | xargs"
must ip link del odd-peer

# Completion
check_equal "completion of words" "del set" eval "vrs --complete subnet '' | sort | xargs"
check_equal "of NICs" "nva vm1" \
	eval "vrs --complete show effective-routes '' | sort | xargs"
check_equal "of keywords" "mac address forwarding own-routes" eval \
	"vrs --complete nic set vm1 '' | xargs"
check_equal "but for those that are there" "address own-routes" eval \
	"vrs --complete nic set vm1 mac 02:00:00:00:00:04 address 10.1.0.4 forw on '' | xargs"
check_equal "of values" "on off" eval "vrs --complete nic set vm1 forwarding '' | xargs"

check_error "no agent" "is vrsd running" vrs show peers
ktap_finish
