#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The module is replaced as docs/operations.md has it: vrsd stops, the module goes and
# comes, vrsd starts. All that its file says is there again, and nothing by hand.
#
#	vm1 10.1.0.4, fd00:10:1::4 --- blue --- nva 10.1.3.4, fd00:10:1:3::4
#	vm2 10.2.0.4 ----------------- red, peered

. "${0%/*}/../lib.sh"
. "${0%/*}/../control.sh"
. "${0%/*}/../vrsd.sh"

load_module
cat >"$run/vrsd.yaml" <<-EOT
	vnets:
	  - name: blue
	    vni: 5001
	    table: 100
	    bgp-table: 101
	    address-spaces: [10.1.0.0/16, "fd00:10:1::/48"]
	    subnets: [{ prefix: 10.1.0.0/24, route-table: out }]
	    nics:
	      - { device: vm1, mac: "02:00:00:00:00:04", addresses: [10.1.0.4, "fd00:10:1::4"] }
	      - { device: nva, mac: "02:00:00:00:03:04", addresses: [10.1.3.4, "fd00:10:1:3::4"], ip-forwarding: true }
	    peerings: [{ vnet: red }]
	    route-server:
	      addresses: [10.1.1.4, "fd00:10:1:1::4"]
	      neighbors:
	        - { name: nva, address: 10.1.3.4, asn: 65001 }
	        - { name: nva6, address: "fd00:10:1:3::4", asn: 65001 }
	  - name: red
	    vni: 5002
	    table: 200
	    bgp-table: 201
	    address-spaces: [10.2.0.0/16]
	    nics: [{ device: vm2, mac: "02:00:00:00:02:04", addresses: [10.2.0.4] }]
	    peerings: [{ vnet: blue }]
	route-tables:
	  - name: out
	    vnet: blue
	    table: 2001
	    routes: [{ prefix: 10.66.0.0/16, next-hop-type: VirtualAppliance, next-hop: 10.1.3.4 }]
EOT

add_guest vm1 02:00:00:00:00:04 10.1.0.4/24 fd00:10:1::4/64
add_guest vm2 02:00:00:00:02:04 10.2.0.4/24
add_guest nva 02:00:00:00:03:04 10.1.3.4/24 fd00:10:1:3::4/64
must ip -n nva address add 10.250.0.1/32 dev lo
must ip -n nva address add fd00:250::1/128 dev lo nodad
cat >"$run/nva.conf" <<EOT
router id 10.1.3.4; protocol device {}
protocol static { ipv4; route 10.250.0.0/16 blackhole; }
protocol static { ipv6; route fd00:250::/32 blackhole; }
template bgp server { local as 65001; multihop; connect delay time 1; error wait time 1, 2; }
protocol bgp rs4 from server { neighbor 10.1.1.4 as 65515;
	ipv4 { import all; export where source = RTS_STATIC; next hop self; }; }
protocol bgp rs6 from server { neighbor fd00:10:1:1::4 as 65515;
	ipv6 { import all; export where source = RTS_STATIC; next hop self; }; }
EOT
must in_vm nva bird -c "$run/nva.conf" -s "$run/nva.ctl" -P "$run/nva.pid"

# in_force: what the file says and what the NVA announces, as the kernel has it
in_force() {
	vrs show nics | awk '{ print $1, $2, $3, $4, $8 }' | sort
	vrs show peerings | sort
	vrs show subnets
	for nic in vm1 vm2 nva; do
		rows $nic
		rows $nic 6
	done
}
is_in_force() { [ "$(in_force)" = "$before" ]; }
passes() {
	in_vm vm1 ping -n -c 1 -W 5 10.250.0.1 && in_vm vm1 ping -n -c 1 -W 5 fd00:250::1
}
knows() { birdc -s "$run/nva.ctl" show route for "$1" | grep -q "^$1"; }

start_vrsd
check "the sessions come up" wait_until 40 sessions 2
check "packets go by way of the NVA" wait_until 20 passes
check "the NVA knows the VNet" wait_until 10 knows 10.1.0.0/16
before=$(in_force)
echo "$before" | ktap_comment

for i in 1 2; do
	kill $vrsd_pid
	wait $vrsd_pid
	check_equal "$i: vrsd ends well" 0 echo $?
	check "the module goes" rmmod vnet
	check_fail "with the VNets" ip link show blue
	check_fail "and packets" in_vm vm1 ping -n -c 1 -W 1 10.250.0.1
	must insmod "$VNET_KO"
	start_vrsd
	check "the sessions come back" wait_until 40 sessions 2
	check "with all routes" wait_until 20 grep -q "vnet blue: all routes are there" "$run/vrsd.log"
	check "everything is as it was" wait_until 20 is_in_force
	check "packets go by way of the NVA again" wait_until 20 passes
	check "and between the VNets" in_vm vm2 ping -n -c 1 -W 5 10.1.0.4
	check "the NVA knows the VNet again" wait_until 10 knows 10.1.0.0/16
done
ktap_finish
