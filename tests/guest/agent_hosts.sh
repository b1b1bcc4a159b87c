#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vrsd with an NVA on another host: it is a BGP neighbor like any other, and what
# it announces is reached there.
#
#	vm1 10.1.0.4 --- blue on h1 (vrsd 10.1.1.4) --- blue on h2 --- nva 10.1.3.4 (AS 65001)

. "${0%/*}/../lib.sh"
. "${0%/*}/../datapath.sh"
. "${0%/*}/../hosts.sh"
. "${0%/*}/../vrsd.sh"
. "${0%/*}/../calls.sh"

load_module
add_underlay 1600
add_host h1 192.0.2.1/24
add_host h2 192.0.2.2/24
must ip -n h1 link add vxlan0 type vxlan external nolearning dstport 4789 local 192.0.2.1
must ip -n h1 link set vxlan0 up

add_vnet h2
add_tunnel h2
add_vm_at h2 nva blue 10.1.3.4/24
must on h2 vrs nic set nva forwarding on
must on h2 vrs endpoint set blue 10.1.1.4 host 192.0.2.1
must on h2 vrs endpoint set blue 10.1.0.4 host 192.0.2.1
must ip -n nva link add inside type dummy
must ip -n nva address add 10.250.0.10/16 dev inside
must ip -n nva link set inside up

add_guest_at h1 vm1 02:00:00:00:01:04 10.1.0.4/24

# write_config [HOST]: the NVA is at HOST. With $rare, keys that have no part in the
# rest are not as by default.
write_config() {
	cat >"$run/vrsd.yaml" <<-EOT
	tunnel: vxlan0
	vnets:
	  - name: blue
	    vni: 5001
	    table: 100
	    bgp-table: 101
	    address-spaces: [10.1.0.0/16]
	    ${rare:+ecmp-symmetric: false}
	    subnets: [{ prefix: 10.1.0.0/24${rare:+, route-table: kept} }]
	    nics:
	      - { device: vm1, mac: "02:00:00:00:01:04", addresses: [10.1.0.4]${rare:+, own-routes: true} }
	    endpoints: [${1:+{ address: 10.1.3.4, host: $1, mac: "${vm_mac[nva]}" \}, }
	      ${rare:+{ address: 10.1.0.8, host: 192.0.2.8, vni: 7001 \}}]
	    route-server:
	      addresses: [10.1.1.4]
	      neighbors:
	        - { name: nva, address: 10.1.3.4, asn: 65001 }
	route-tables: [${rare:+{ name: kept, vnet: blue, table: 2001, keep-lost: true \}}]
	EOT
}

endpoints() {
	on h1 vrs -j show endpoints blue |
		jq -r '[.[] | .address + " " + .host] | join(",")'
}

endpoints_are() {
	[ "$(endpoints)" = "$1" ]
}

# set_are VALUES: what the kernel has of the rare keys, in this order
set_are() {
	local got

	got=$({
		on h1 cat /sys/class/net/blue/vnet/ecmp_symmetric
		on h1 vrs -j show subnets blue | jq '.[] | .routeTable, .keepLost'
		on h1 vrs -j show nics blue | jq '.[] | .ownRoutes'
		on h1 vrs -j show endpoints blue | jq '[.[] | .vni] | sort[]'
	} | xargs)
	echo "$got"
	[ "$got" = "$1" ]
}

route_is_used() {
	on h1 vrs -j show next-hop vm1 10.250.0.10 |
		jq -e '.nextHopIpAddress == "10.1.3.4" and .host == "192.0.2.2"
			and .dropped == null'
}

cat >"$run/bird.conf" <<-EOT
	router id 10.0.0.1;
	protocol device {}
	protocol static { ipv4; route 10.250.0.0/16 via "inside"; }
	protocol bgp blue {
		local 10.1.3.4 as 65001;
		neighbor 10.1.1.4 as 65515;
		multihop;
		connect delay time 1;
		ipv4 { import all; export where source = RTS_STATIC; next hop self; };
	}
EOT

rare=yes
write_config 192.0.2.2
start_vrsd on h1
check "keys that are rare are set" wait_until 10 set_are "0 2001 true true 5001 7001"
rare=
write_config 192.0.2.2
check "and taken back" on h1 vrs -s "$run/rs/vrsd.sock" reload
check "by a reload" wait_until 10 set_are "1 null false false 5001"
check_equal "the tunnel is the one configured" vxlan0 \
	sh -c 'ip netns exec h1 vrs -j show tunnel | jq -r .name'
check_equal "the endpoint is" "10.1.3.4 192.0.2.2" endpoints
in_vm nva bird -f -c "$run/bird.conf" -s "$run/bird.sock" >"$run/bird.log" 2>&1 &
defer kill_process $!
check "a route learned from another host is used" wait_until 30 route_is_used
check "a VM reaches what is behind it" wait_until 5 ping_from vm1 10.250.0.10

start_calls vnet_remote_set vnet_remote_del
write_config 192.0.2.4
check "the NVA moves to another host" on h1 vrs -s "$run/rs/vrsd.sock" reload
check "where it is then" wait_until 10 endpoints_are "10.1.3.4 192.0.2.4"
check_equal "and was nowhere else in between" vnet_remote_set stop_calls
write_config 192.0.2.2
check "it moves back" on h1 vrs -s "$run/rs/vrsd.sock" reload
check "and is there" wait_until 10 endpoints_are "10.1.3.4 192.0.2.2"

must on h1 vrs endpoint del blue 10.1.3.4
must on h1 vrs endpoint set blue 10.1.0.99 host 192.0.2.9
check "what differs is repaired by a reload" \
	on h1 vrs -s "$run/rs/vrsd.sock" reload
check "what was gone is there, what was foreign is not" \
	wait_until 10 endpoints_are "10.1.3.4 192.0.2.2"
must ip -n h1 link del vxlan0
must ip -n h1 link add vxlan0 type vxlan external nolearning dstport 4789 local 192.0.2.1
must ip -n h1 link set vxlan0 up
check "a device that is made anew is the tunnel again" \
	wait_until 20 ping_from vm1 10.250.0.10

# Another tunnel, which does not always do as one
is_tunnel() { [ "$(on h1 vrs -j show tunnel | jq -r .name)" = "$1" ]; }
with_tunnel() {
	sed -i "s/^tunnel:.*/tunnel: $1/" "$run/vrsd.yaml"
	: >"$run/vrsd.log"
	on h1 vrs -s "$run/rs/vrsd.sock" reload
}
refused() { wait_until 10 grep -q "blue: $1: .*$2" "$run/vrsd.log"; }
must ip -n h1 link add vxlan1 type vxlan external nolearning dstport 4790 local 192.0.2.1
must ip -n h1 link set vxlan1 up
must ip -n h1 link add bridge type bridge
must ip -n h1 link set vxlan1 master bridge
start_calls vnet_tunnel_del
check "a tunnel that is no VXLAN device" with_tunnel eth0
check "is refused" refused eth0 "The tunnel is an external VXLAN device"
check_equal "the one before stays" "" stop_calls
check "one whose packets others take" with_tunnel vxlan1
check "is refused" refused vxlan1 "Something else receives"
check "the one before is back" is_tunnel vxlan0
check "and leads to other hosts" wait_until 5 ping_from vm1 10.250.0.10
must ip -n h1 link set vxlan1 nomaster
check "when it is free" with_tunnel vxlan1
check "it is the tunnel" wait_until 10 is_tunnel vxlan1
write_config
check "without the endpoint" on h1 vrs -s "$run/rs/vrsd.sock" reload
check "it is gone" wait_until 10 endpoints_are ""
check "and what it announced is not reached" \
	wait_until 10 lacks in_vm vm1 ping -c 1 -W 1 10.250.0.10
check "there is the first tunnel again" wait_until 10 is_tunnel vxlan0
check "as is shown" eval "on h1 vrs show tunnel | grep vxlan0"
sed -i '/^tunnel/d' "$run/vrsd.yaml"
check "without the tunnel" on h1 vrs -s "$run/rs/vrsd.sock" reload
check "it is none any more" wait_until 10 untold vxlan0 on h1 vrs show tunnel
check_equal "in JSON" null on h1 vrs show tunnel -j
ktap_finish
