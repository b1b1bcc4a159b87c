#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# NICs and subnets by generic netlink: what may be set, and what is refused.

# shellcheck disable=SC2046,SC2086,SC2171 # ] is a word for nlsend, numbers need no quotes
. "${0%/*}/../lib.sh"
. "${0%/*}/../control.sh"

load_module
add_vnet blue 100 10.1.0.0/16 10.2.0.0/16
must ip -6 route add fd00:1::/48 dev blue table 100
add_vnet red 200 10.9.0.0/16
must ip route add 10.9.0.0/16 dev red table 100
add_nic n1 blue 10.1.0.4
add_nic n2 blue 10.1.0.5
add_nic r1 red 10.9.0.4
must ip address add 10.1.1.4/32 dev blue
device plain
device fresh
must ip link set fresh master blue
blue=$(cat /sys/class/net/blue/ifindex)
n1=$(cat /sys/class/net/n1/ifindex)

nic() {
	vrs show nics -j | jq -c --arg n "$1" '.[] | select(.name == $n) | del(.stats) |
		.addresses = [.ipConfigurations[].privateIPAddress]'
}
subnets() {
	vrs show subnets blue -j | jq -c .
}

# The numbers of uapi/linux/vnet.h
SUBNET_SET=2 SUBNET_GET=4 NIC_SET=5 EFFECTIVE=7 LOOKUP=8
A_IFINDEX=2 A_SUBNET=12 A_MAC=14 A_FLAGS=15 A_ADDRS=16 A_FAMILY=17
A_DST=19 A_SRC=20
MAC=hex:020000000001

#
# NICs
#

before=$(nic n1)
kind=NIC
refused() {
	check_error "$kind: $1" "$2" "${@:3}"
}
refused "no device" "VNET_A_IFINDEX is missing" nlsend genl $NIC_SET $A_MAC=$MAC
refused "no such device" "no such device" \
	nlsend genl $NIC_SET $A_IFINDEX=u32:9999 $A_MAC=$MAC
refused "a device that is no NIC" "plain is no NIC" \
	vrs nic set plain mac 02:00:00:00:00:01
refused "a VNet" "blue is no NIC" vrs nic set blue mac 02:00:00:00:00:01
refused "device number 0" "EINVAL|ERANGE" \
	nlsend genl $NIC_SET $A_IFINDEX=u32:0 $A_MAC=$MAC
refused "an unknown attribute" "Unknown attribute type" \
	nlsend genl $NIC_SET $A_IFINDEX=u32:$n1 99=u32:1
refused "another command's attribute" "EINVAL" \
	nlsend genl $NIC_SET $A_IFINDEX=u32:$n1 $A_FAMILY=u8:2
refused "a MAC address of 5 bytes" "EINVAL|ERANGE" \
	nlsend genl $NIC_SET $A_IFINDEX=u32:$n1 $A_MAC=hex:0200000000
refused "a multicast MAC address" "no MAC address a NIC can have" \
	vrs nic set n1 mac 03:00:00:00:00:01
refused "the router's MAC address" "no MAC address a NIC can have" \
	vrs nic set n1 mac 12:34:56:78:9a:bc
refused "an unknown flag" "EINVAL" \
	nlsend genl $NIC_SET $A_IFINDEX=u32:$n1 $A_FLAGS=u32:0x80
refused "an address without MAC address" "needs its MAC address" \
	vrs nic set fresh address 10.1.0.9
refused "an address outside the VNet" "10.3.0.4 is outside the VNet" \
	vrs nic set n1 address 10.3.0.4
refused "an address of a peered VNet" "10.9.0.7 is outside the VNet" \
	vrs nic set n1 address 10.9.0.7
refused "an address outside the VNet, IPv6" "fd00:2::4 is outside the VNet" \
	vrs nic set n1 address fd00:2::4
refused "another NIC's address" "10.1.0.5 is the address of n2" \
	vrs nic set n1 address 10.1.0.5
refused "the host's address" "10.1.1.4 is the host's" \
	vrs nic set n1 address 10.1.1.4
refused "an address twice" "10.1.0.6 is given twice" \
	nlsend genl $NIC_SET $A_IFINDEX=u32:$n1 \
	$A_ADDRS=[ 1=hex:0a010006 1=hex:0a010006 ]
for addr in 224.0.0.1 0.0.0.0 127.0.0.1 255.255.255.255 ff02::1 :: ::1 fe80::1; do
	refused "$addr" "no address a NIC can have" vrs nic set n1 address $addr
done
refused "an address of 5 bytes" "4 or 16 bytes" \
	nlsend genl $NIC_SET $A_IFINDEX=u32:$n1 $A_ADDRS=[ 1=hex:0a01000600 ]
refused "an unknown attribute among addresses" "EINVAL" \
	nlsend genl $NIC_SET $A_IFINDEX=u32:$n1 $A_ADDRS=[ 7=hex:0a010006 ]
refused "257 addresses" "at most 256" nlsend genl $NIC_SET $A_IFINDEX=u32:$n1 \
	$A_ADDRS=[ $(printf '1=hex:0a0101%02x ' {0..255}) 1=hex:0a010200 ]
refused "one good address and one bad" "outside" \
	vrs nic set n1 address 10.1.0.6 address 10.77.0.1
refused "a good MAC address and a bad address" "outside" \
	vrs nic set n1 mac 02:00:00:00:99:99 address 10.77.0.1
check_equal "nothing has changed" "$before" nic n1
check "the address that was good is free" vrs nic set n2 address 10.1.0.6

check "many addresses" nlsend genl $NIC_SET $A_IFINDEX=u32:$n1 \
	$A_ADDRS=[ $(printf '1=hex:0a0102%02x ' {0..255}) ]
check_equal "are all shown" 256 eval "nic n1 | jq '.addresses | length'"
check_equal "and lead there" "VnetLocal 10.1.2.255 n1" lookup n2 10.1.2.255
check "no address" nlsend genl $NIC_SET $A_IFINDEX=u32:$n1 $A_ADDRS=[ ]
check_equal "leads nowhere" "VnetLocal no NIC owns the destination address" \
	lookup n2 10.1.2.255
check_equal "and sends nothing" "VnetLocal 10.1.0.6 n2 NIC has no MAC or address" \
	lookup n1 10.1.0.6
check "addresses of both families" vrs nic set n1 address 10.2.0.4 address fd00:1::4
check_equal "lead there" "VnetLocal fd00:1::4 n1" lookup n2 fd00:1::4
must vrs nic set n1 mac 02:00:00:00:77:01
check_equal "what is not named stays" '["10.2.0.4","fd00:1::4"]' \
	eval "nic n1 | jq -c .addresses"
must vrs nic set n1 forwarding on
check_equal "the MAC address too" 02:00:00:00:77:01 eval "nic n1 | jq -r .macAddress"
must ip link set n1 nomaster
check_equal "released: its addresses lead nowhere" \
	"VnetLocal no NIC owns the destination address" lookup n2 10.2.0.4
must ip link set n1 master blue
check_equal "enslaved again: it has none" '[]' eval "nic n1 | jq -c .addresses"
must vrs nic set n1 mac 02:00:00:00:77:01 address 10.1.0.4

#
# Subnets
#

kind=subnet
must vrs subnet set blue 10.1.0.0/24 route-table 102
before=$(subnets)
refused "outside the VNet" "not inside an address space" \
	vrs subnet set blue 10.3.0.0/24
refused "in a peered VNet" "not inside an address space" \
	vrs subnet set blue 10.9.0.0/24
refused "larger than the space" "not inside an address space" \
	vrs subnet set blue 10.0.0.0/14
refused "inside another" "overlaps 10.1.0.0/24" \
	vrs subnet set blue 10.1.0.128/25
refused "around another" "overlaps 10.1.0.0/24" \
	vrs subnet set blue 10.1.0.0/23
refused "host bits" "bits beyond its length" nlsend genl $SUBNET_SET \
	$A_IFINDEX=u32:$blue $A_SUBNET=[ 1=hex:0a010201 2=u8:24 ]
refused "a length of 33" "longer than an address" nlsend genl $SUBNET_SET \
	$A_IFINDEX=u32:$blue $A_SUBNET=[ 1=hex:0a010200 2=u8:33 ]
refused "no length" "prefix is missing" nlsend genl $SUBNET_SET \
	$A_IFINDEX=u32:$blue $A_SUBNET=[ 1=hex:0a010200 ]
refused "an address of 8 bytes" "4 or 16 bytes" nlsend genl $SUBNET_SET \
	$A_IFINDEX=u32:$blue $A_SUBNET=[ 1=hex:0a01020000000000 2=u8:24 ]
refused "nothing" "VNET_A_SUBNET is missing" nlsend genl $SUBNET_SET \
	$A_IFINDEX=u32:$blue
refused "a nest without the flag" "EINVAL" nlsend genl $SUBNET_SET \
	$A_IFINDEX=u32:$blue "$A_SUBNET=(" 1=hex:0a010200 2=u8:24 ]
refused "an unknown flag" "EINVAL" nlsend genl $SUBNET_SET \
	$A_IFINDEX=u32:$blue $A_SUBNET=[ 1=hex:0a010200 2=u8:24 4=u32:0x80 ]
refused "an unknown attribute" "EINVAL" nlsend genl $SUBNET_SET \
	$A_IFINDEX=u32:$blue $A_SUBNET=[ 1=hex:0a010200 2=u8:24 9=u32:2 ]
refused "a NIC for VNet" "n1 is no VNet" nlsend genl $SUBNET_SET \
	$A_IFINDEX=u32:$n1 $A_SUBNET=[ 1=hex:0a010200 2=u8:24 ]
refused "the main table" "Table 254 is reserved" \
	vrs subnet set blue 10.1.2.0/24 route-table 254
refused "the VNet's own table" "Table 100 is the system table of blue" \
	vrs subnet set blue 10.1.2.0/24 route-table 100
refused "another VNet's table" "Table 201 is the BGP table of red" \
	vrs subnet set blue 10.1.2.0/24 route-table 201
must vrs subnet set red 10.9.0.0/24 route-table 202
refused "another VNet's user-defined table" \
	"Table 202 is the user-defined table of red" \
	vrs subnet set blue 10.1.2.0/24 route-table 202
refused "removal of one that is not there" "no such subnet" \
	vrs subnet del blue 10.1.2.0/24
refused "list of a device that is no VNet" "n1 is no VNet" \
	nlsend genl $SUBNET_GET dump $A_IFINDEX=u32:$n1
check_equal "nothing has changed" "$before" subnets
check "the refused table is free" vrs subnet set red 10.9.1.0/24 route-table 299

check "two subnets, one table" vrs subnet set blue 10.1.2.0/24 route-table 102
must ip route add blackhole 10.77.0.0/16 table 102
check_equal "one mirror" "user 1/0" eval "mirrored blue | grep -o user.*"
check "the other changes its table" vrs subnet set blue 10.1.2.0/24 route-table 103
check_equal "two mirrors" 2 \
	eval "grep -c 'user ipv4' /sys/kernel/debug/vnet/*:100/mirrors"
check_equal "the first still has its routes" \
	"U Active 10.77.0.0/16 None" eval "rows n1 | grep 10.77"
check "no table" vrs subnet set blue 10.1.0.0/24 route-table 0
check_equal "and no routes" "" eval "rows n1 | grep 10.77 || true"
check "removal" vrs subnet del blue 10.1.2.0/24
check "a subnet as large as its space" vrs subnet set blue 10.2.0.0/16
must vrs nic set n1 address 10.2.0.4
must vrs subnet set blue 10.2.0.0/16 route-table 102
check_equal "a NIC is in the subnet of its address" \
	"U Active 10.77.0.0/16 None" eval "rows n1 | grep 10.77"
must vrs nic set n1 address 10.1.0.4 address 10.2.0.4
check_equal "of its first address" "" eval "rows n1 | grep 10.77 || true"
must vrs subnet del blue 10.2.0.0/16

#
# Reads
#

check_error "effective routes of no NIC" "VNET_A_IFINDEX is missing" \
	nlsend genl $EFFECTIVE dump
check_error "effective routes of a VNet" "blue is no NIC" \
	nlsend genl $EFFECTIVE dump $A_IFINDEX=u32:$blue
check_error "effective routes of family 7" "neither IPv4 nor IPv6" \
	nlsend genl $EFFECTIVE dump $A_IFINDEX=u32:$n1 $A_FAMILY=u8:7
check_error "lookup of nothing" "VNET_A_LOOKUP_DST is missing" \
	nlsend genl $LOOKUP $A_IFINDEX=u32:$n1
check_error "lookup of 5 bytes" "4 or 16 bytes" \
	nlsend genl $LOOKUP $A_IFINDEX=u32:$n1 $A_DST=hex:0a01000500
check_error "lookup in two families" "one family" \
	nlsend genl $LOOKUP $A_IFINDEX=u32:$n1 $A_DST=hex:0a010005 \
	$A_SRC=hex:fd000001000000000000000000000004
check_error "unknown command" "EOPNOTSUPP" nlsend genl 99 $A_IFINDEX=u32:$n1
check_equal "lookup by a NIC without address" \
	"VnetLocal 10.1.0.6 n2 NIC has no MAC or address" lookup fresh 10.1.0.6
check_equal "lookup of multicast" "None multicast or broadcast destination" \
	lookup n1 224.0.0.5

# Unprivileged users change and see nothing: each command is one of do and dump, or both.
CMD_MAX=17
# denied COMMAND...: it may do none of them
denied() {
	local cmd answers

	for ((cmd = 1; cmd <= CMD_MAX; cmd++)); do
		answers=$({ "$@" nlsend genl $cmd; "$@" nlsend genl $cmd dump; } 2>&1)
		if [[ $answers != *EPERM:* ]] || grep -qvE '^(EPERM|EOPNOTSUPP): ' <<<"$answers"; then
			echo "command $cmd: $answers"
			return 1
		fi
	done
}
unprivileged() {
	setpriv --reuid 65534 --clear-groups --inh-caps=-all "$@"
}
check "no command without privilege" denied unprivileged
check_error "there is no other" "EOPNOTSUPP" nlsend genl $((CMD_MAX + 1))
check_error "none that dumps" "EOPNOTSUPP" nlsend genl $((CMD_MAX + 1)) dump
check "nor as root of a user namespace that the network is not of" denied unshare -Ur
check_equal "whose own network is its own" green unshare -Urn sh -c '
	ip link add green type vnet vni 1 table 100 bgp_table 101 &&
	vrs show vnets -j | jq -r .[].name'

ktap_finish
