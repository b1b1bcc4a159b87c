#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Links of kind vnet: what may be created and changed, and what may not.

# shellcheck disable=SC2046,SC2086,SC2171 # ] is a word for nlsend, numbers need no quotes
. "${0%/*}/../lib.sh"
. "${0%/*}/../control.sh"

load_module

# nlsend link NAME LINKINFO...: 18 is IFLA_LINKINFO, 1 IFLA_INFO_KIND, 2
# IFLA_INFO_DATA; in there 1 is the VNI, 2 the table, 3 the BGP table
raw_link() {
	local name=$1
	shift
	nlsend link "$name" 18=[ 1=str:vnet 2=[ "$@" ] ]
}

details() {
	ip -d -j link show "$1" | jq -c '.[].linkinfo.info_data'
}

links() {
	ip -o link show type vnet | wc -l
}

check_equal "the module that is loaded tells its source" \
	"$(modinfo -F srcversion "$VNET_KO" | grep .)" cat /sys/module/vnet/srcversion
check "a VNet" ip link add blue type vnet vni 5001 table 100 bgp_table 101
check "another one, with a route limit" ip link add red type vnet vni 5002 \
	table 200 bgp_table 201 max_routes 7
check_equal "MAC address of the virtual router" 12:34:56:78:9a:bc \
	cat /sys/class/net/blue/address
check_equal "an L3 master that needs no ARP" "NOARP,MASTER" \
	eval "ip -o link show blue | grep -o 'NOARP,MASTER'"
check_equal "rules for its table, IPv4" 1 \
	eval "ip rule show | grep -c l3mdev"
check_equal "rules for its table, IPv6" 1 \
	eval "ip -6 rule show | grep -c l3mdev"

# Refusals: nothing may be left behind by any of them
check_error "no attributes" "VNI is missing" ip link add x type vnet
check_error "no VNI" "VNI is missing" raw_link x 2=u32:300 3=u32:301
check_error "no table" "System table id is missing" \
	raw_link x 1=u32:5003 3=u32:301
check_error "no BGP table" "BGP table id is missing" \
	raw_link x 1=u32:5003 2=u32:300
check_error "VNI 0" "EINVAL|ERANGE" raw_link x 1=u32:0 2=u32:300 3=u32:301
check_error "VNI of 25 bits" "EINVAL|ERANGE" \
	raw_link x 1=u32:16777216 2=u32:300 3=u32:301
check_error "a VNI in use" "VNI 5001 is blue's" \
	raw_link x 1=u32:5001 2=u32:300 3=u32:301
check_error "the same table twice" "Table 300 is the system table of x" \
	raw_link x 1=u32:5003 2=u32:300 3=u32:300
check_error "another VNet's system table" "Table 100 is the system table of blue" \
	raw_link x 1=u32:5003 2=u32:100 3=u32:301
check_error "another VNet's BGP table" "Table 101 is the BGP table of blue" \
	raw_link x 1=u32:5003 2=u32:300 3=u32:101
for table in 0 252 253 254 255; do
	check_error "reserved table $table" "reserved|EINVAL|ERANGE|out of range" \
		raw_link x 1=u32:5003 2=u32:$table 3=u32:301
done
check_error "an unknown attribute" "Unknown attribute type" \
	raw_link x 1=u32:5003 2=u32:300 3=u32:301 9=u32:1
check_error "attribute number 0" "EINVAL" \
	raw_link x 1=u32:5003 2=u32:300 3=u32:301 0=u32:1
check_error "a VNI of two bytes" "EINVAL|ERANGE" \
	raw_link x 1=u16:3 2=u32:300 3=u32:301
check_error "a MAC address of one's own" "virtual router's" \
	ip link add x address 02:00:00:00:00:09 type vnet vni 5003 table 300 \
	bgp_table 301
check_equal "nothing is left of what was refused" 2 links
check "the tables refused are free" ip link add x type vnet vni 5003 \
	table 300 bgp_table 301
check "and free again" ip link del x
check "and again" ip link add x type vnet vni 5003 table 301 bgp_table 300
must ip link del x

# Changes
check "another route limit" ip link set red type vnet max_routes 9
check_equal "is shown" 9 eval "details red | jq .max_routes"
check_error "another VNI" "cannot change" ip link set red type vnet vni 5003
check_error "another table" "cannot change" ip link set red type vnet table 300
check_error "another BGP table" "cannot change" \
	ip link set red type vnet bgp_table 300
check_error "an unknown attribute in a change" "Unknown attribute type" \
	nlsend link red 18=[ 1=str:vnet 2=[ 9=u32:1 ] ]
check_error "all of a change or nothing" "cannot change" \
	ip link set red type vnet max_routes 3 vni 7
check_equal "nothing of it is done" 9 eval "details red | jq .max_routes"
check_error "another MAC address" "Operation not supported" \
	ip link set red address 02:00:00:00:00:09
add_netns other
check_error "another network namespace" "Invalid argument|netns is immutable" \
	ip link set red netns other
check_error "an MTU too small for IPv6" "less than device minimum" ip link set red mtu 1000
check "another name" ip link set red name crimson

# The same ids in another namespace
check "the same ids in another namespace" ip -n other link add blue type vnet \
	vni 5001 table 100 bgp_table 101

# Slaves
check_error "a VNet as NIC" "cannot be a NIC" ip link set crimson master blue
check_error "the loopback device as NIC" "is an Ethernet device" ip link set lo master blue
must ip link add bridge0 type bridge
defer del_link bridge0
device port0
must ip link set port0 master bridge0
check "a bridge's port becomes a NIC" ip link set port0 master blue
check_error "a NIC cannot be a bridge's port as well" "resource busy" \
	ip link add link port0 name macvlan0 type macvlan
check "and another VNet's" ip link set port0 master crimson
check_equal "which counts it" 1 cat /sys/class/net/crimson/vnet/num_nics
check_equal "as the old one does not" 0 cat /sys/class/net/blue/vnet/num_nics
check "and nobody's" ip link set port0 nomaster

check "removal" ip link del blue
check "removal of the other" ip link del crimson
check_equal "no VNet is left" 0 links
ktap_finish
