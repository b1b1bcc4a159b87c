#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# BFD, the agent and the module: when an NVA falls silent its next hop leaves
# the kernel's groups, long before BGP's hold timer would notice.
#
#	vm1	10.1.0.4
#	left	10.1.2.4 (AS 65001), BIRD with BFD
#	right	10.1.3.4 (AS 65002), BIRD with BFD
#	blue	10.1.1.4, 10.1.1.5 (AS 65515)

. "${0%/*}/../lib.sh"
. "${0%/*}/../vrsd.sh"

load_module
add_guest vm1 02:00:00:00:00:04 10.1.0.4/24
add_guest left 02:00:00:00:02:04 10.1.2.4/24
add_guest right 02:00:00:00:03:04 10.1.3.4/24

bfd="bfd: { interval: 300, multiplier: 40, multihop: true }"
cat >"$run/vrsd.yaml" <<-EOT
	vnets:
	  - name: blue
	    vni: 5001
	    table: 100
	    bgp-table: 101
	    address-spaces: [10.1.0.0/16]
	    nics:
	      - { device: vm1, mac: "02:00:00:00:00:04", addresses: [10.1.0.4] }
	      - { device: left, mac: "02:00:00:00:02:04", addresses: [10.1.2.4], ip-forwarding: true }
	      - { device: right, mac: "02:00:00:00:03:04", addresses: [10.1.3.4], ip-forwarding: true }
	    route-server:
	      addresses: [10.1.1.4, 10.1.1.5]
	      neighbors:
	        - { name: left, address: 10.1.2.4, asn: 65001, $bfd }
	        - { name: right, address: 10.1.3.4, asn: 65002, $bfd }
EOT
start_vrsd

# start_bird NAME AS ADDRESS
start_bird() {
	cat >"$run/$1.conf" <<-EOT
		router id $3;
		protocol device {}
		protocol static { ipv4; route 10.250.0.0/16 blackhole; }
		protocol bfd { multihop { interval 300 ms; multiplier 40; }; }
		template bgp server {
			local $3 as $2; multihop; bfd on;
			connect delay time 1; error wait time 1, 2;
			ipv4 { import all; export where source = RTS_STATIC; next hop self; };
		}
		protocol bgp rs4 from server { neighbor 10.1.1.4 as 65515; }
		protocol bgp rs5 from server { neighbor 10.1.1.5 as 65515; }
	EOT
	must in_vm "$1" bird -c "$run/$1.conf" -s "$run/$1.ctl" -P "$run/$1.pid"
}
start_bird left 65001 10.1.2.4
start_bird right 65002 10.1.3.4

bfd_up() { [ "$(ask show bfd -j | jq '[.[] | select(.state == "Up")] | length')" -eq "$1" ]; }
# hops: where vm1's packets to 10.250.0.0/16 may go
hops() {
	vrs show effective-routes vm1 -j | jq -r '[.value[] | select(.state == "Active" and
		(.addressPrefix | index("10.250.0.0/16"))).nextHopIpAddress[]] | sort | join(" ")'
}
are() { [ "$(hops)" = "$1" ]; }

check "BFD comes up through the module" wait_until 60 bfd_up 4
check "a route of both has two next hops" wait_until 40 are "10.1.2.4 10.1.3.4"
# It does not say goodbye, its TCP connections stay as they are.
kill -STOP "$(cat "$run/left.pid")"
check "the silent one is no next hop any more" wait_until 40 are 10.1.3.4
check "for BFD has told" grep -q "left .*session down: Cease, BFD Down" "$run/vrsd.log"
check "the other one was not touched" bfd_up 2
kill -CONT "$(cat "$run/left.pid")"
check "it comes back" wait_until 60 are "10.1.2.4 10.1.3.4"
check "and BFD with it" wait_until 60 bfd_up 4
ktap_finish
