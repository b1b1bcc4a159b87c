#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vrsd with a hub and its spokes: peerings out of the configuration, gateway
# transit, and route tables that lead to an appliance in the hub.
#
#	hub	10.0.0.0/16, nva 10.0.1.4 (AS 65001, BIRD), route server 10.0.0.4,
#		VPN gateway gw 10.0.3.4 (BIRD, in our AS),
#		vm0 10.0.2.4 in a subnet where BGP counts inside the VNet
#	near	10.1.0.0/16, uses the hub's gateways
#	far	10.2.0.0/16, does not, and has a route table; csr 10.2.1.4 there
#		(AS 65002, BIRD) is a neighbor of the hub's route server

. "${0%/*}/../lib.sh"
. "${0%/*}/../control.sh"
. "${0%/*}/../vrsd.sh"

load_module

# write_config NEAR-FLAGS NEAR-PROPAGATION
write_config() {
	cat >"$run/vrsd.yaml" <<-EOT
	vnets:
	  - name: hub
	    vni: 10
	    table: 100
	    bgp-table: 101
	    address-spaces: [10.0.0.0/16]
	    nics:
	      - { device: nva, mac: "02:00:00:00:01:04", addresses: [10.0.1.4], ip-forwarding: true }
	      - { device: gw, mac: "02:00:00:00:05:04", addresses: [10.0.3.4], ip-forwarding: true }
	      - { device: vm0, mac: "02:00:00:00:04:04", addresses: [10.0.2.4] }
	    subnets: [{ prefix: 10.0.2.0/24, route-table: inspect }]
	    peerings:
	      - { vnet: near, allow-gateway-transit: true }
	      - { vnet: far, allow-forwarded-traffic: true }
	    route-server:
	      addresses: [10.0.0.4]
	      neighbors:
	        - { name: nva, address: 10.0.1.4, asn: 65001 }
	        - { name: gw, address: 10.0.3.4, kind: vpn }
	        - { name: csr, address: 10.2.1.4, asn: 65002 }
	  - name: near
	    vni: 11
	    table: 110
	    bgp-table: 111
	    address-spaces: [10.1.0.0/16]
	    nics: [{ device: vm1, mac: "02:00:00:00:02:04", addresses: [10.1.0.4] }]
	    subnets: [{ prefix: 10.1.0.0/24, propagation: $2 }]
	    peerings:
	      - { vnet: hub, $1 }
	  - name: far
	    vni: 12
	    table: 120
	    bgp-table: 121
	    address-spaces: [10.2.0.0/16]
	    internet: uplink
	    nics:
	      - { device: vm2, mac: "02:00:00:00:03:04", addresses: [10.2.0.4] }
	      - { device: csr, mac: "02:00:00:00:06:04", addresses: [10.2.1.4], ip-forwarding: true }
	    subnets: [{ prefix: 10.2.0.0/24, route-table: out }]
	    peerings:
	      - { vnet: hub }
	route-tables:
	  - { name: inspect, vnet: hub, table: 2002, bgp-inside: true }
	  - name: out
	    vnet: far
	    table: 2001
	    routes:
	      - { prefix: 0.0.0.0/0, next-hop-type: VirtualAppliance, next-hop: 10.0.1.4 }
	EOT
}

sides() {
	vrs show peerings | awk 'NR > 1 { print $1, $2, $3, $4, $5, $6, $7 }' | sort
}
row() { rows "$1" | grep "$2" || true; }
row_is() { [ "$(row "$1" "$2")" = "$3" ]; }
knows() { birdc -s "$run/${2:-nva}.ctl" show route for "$1" | grep -q "^$1"; }

add_guest nva 02:00:00:00:01:04 10.0.1.4/24
add_guest gw 02:00:00:00:05:04 10.0.3.4/24
add_guest csr 02:00:00:00:06:04 10.2.1.4/24
add_guest vm0 02:00:00:00:04:04 10.0.2.4/24
add_guest vm1 02:00:00:00:02:04 10.1.0.4/24
add_guest vm2 02:00:00:00:03:04 10.2.0.4/24
must in_vm nva sysctl -qw net.ipv4.ip_forward=1
must ip -n nva address add 10.250.0.1/32 dev lo
must ip -n gw address add 10.251.0.1/32 dev lo
must ip -n csr address add 10.252.0.1/32 dev lo
must ip link add uplink type dummy
must ip link set uplink up
cat >"$run/nva.conf" <<EOT
router id 10.0.1.4; protocol device {}
protocol static { ipv4; route 10.250.0.0/16 blackhole;
	route 10.0.9.0/24 blackhole; }
protocol bgp rs4 { local as 65001; multihop; neighbor 10.0.0.4 as 65515;
	connect delay time 1; ipv4 { import all;
	export where source = RTS_STATIC; next hop self; }; }
EOT
sed 's/10.0.1.4/10.0.3.4/; s/10.250/10.251/; s/10.0.9/10.0.8/; s/65001/65515/' \
	"$run/nva.conf" >"$run/gw.conf"
sed 's/10.0.1.4/10.2.1.4/; s/10.250/10.252/; s/10.0.9/10.2.9/; s/as 65001/as 65002/' \
	"$run/nva.conf" >"$run/csr.conf"
remote="use-remote-gateways: true, allow-forwarded-traffic: true"
write_config "$remote" true
start_vrsd
for name in nva gw csr; do
	must in_vm $name bird -c "$run/$name.conf" -s "$run/$name.ctl" \
		-P "$run/$name.pid"
done

expected="\
far hub Connected on off off off
hub far Connected on on off off
hub near Connected on off on off
near hub Connected on on off on"
sides_are() { [ "$(sides)" = "$expected" ]; }
check "the sides of the configuration" wait_until 10 sides_are
check_equal "rows of the peerings" "\
D Active 10.0.0.0/16 VnetLocal
D Active 10.1.0.0/16 VNetPeering
D Active 10.2.0.0/16 VNetPeering" eval "rows nva | grep '\(VnetLocal\|VNetPeering\)$'"
check "a spoke has the hub's BGP routes" wait_until 40 row_is vm1 10.250 \
	"B Active 10.250.0.0/16 VirtualNetworkGateway 10.0.1.4"
check "and a gateway's" wait_until 40 row_is vm1 10.251 \
	"B Active 10.251.0.0/16 VirtualNetworkGateway 10.0.3.4"
check_equal "one that does not use its gateways has none" "" row vm2 10.250
check_equal "nothing is copied" "" eval \
	"ip route show table all | grep -w 'table 111'; true"
check "the NVA learns the hub" wait_until 10 knows 10.0.0.0/16
check "and the spoke that uses its gateways" wait_until 10 knows 10.1.0.0/16
check "and no other" lacks knows 10.2.0.0/16
check "packets reach the appliance" in_vm vm1 ping -n -c 1 -W 5 10.0.1.4
check_equal "a route table leads into the hub" \
	"VirtualAppliance 10.0.1.4 nva" lookup vm2 8.8.8.8
check_equal "which takes it" "nva" eval "vrs why vm2 10.1.0.4 -j | jq -r .device"

check "a subnet takes BGP routes inside the VNet" wait_until 10 row_is vm0 \
	10.0.9 "B Active 10.0.9.0/24 VirtualNetworkGateway 10.0.1.4"
check_equal "a peer does not" \
	"B Hidden 10.0.9.0/24 VirtualNetworkGateway 10.0.1.4" row vm1 10.0.9

# propagation VALUE NVA GATEWAY: what a spoke's subnet makes of the routes of
# either, Active or Hidden; and what becomes of packets.
propagation() {
	write_config "$remote" "$1"
	check "propagation: $1" ask reload
	check "a route of the NVA is $2" wait_until 10 row_is vm1 10.250 \
		"B $2 10.250.0.0/16 VirtualNetworkGateway 10.0.1.4"
	check "one of the gateway is $3" wait_until 10 row_is vm1 10.251 \
		"B $3 10.251.0.0/16 VirtualNetworkGateway 10.0.3.4"
	packets "the NVA" "$2" 10.250.0.1
	packets "the gateway" "$3" 10.251.0.1
}
packets() {
	if [ "$2" = Active ]; then
		check "packets reach $1" in_vm vm1 ping -n -c 1 -W 5 "$3"
	else
		check_equal "packets do not reach $1" "None dropped" eval \
			"lookup vm1 $3 | sed 's/ .*/ dropped/'"
		check_fail "they are lost" in_vm vm1 ping -n -c 1 -W 1 "$3"
	fi
}
check_equal "the gateway's route has the gateway's protocol" "87 rt_offload" eval \
	"ip -N -j route show table 101 10.251.0.0/16 |
		jq -r '.[] | [.protocol, .flags[]] | join(\" \")'"
propagation true Active Active
propagation gateway Hidden Active
propagation route-server Active Hidden
propagation false Hidden Hidden

# A table of the spoke alone
write_config "$remote" true
must sed -i 's/, route-table: inspect//; s/\(name: inspect, vnet:\) hub/\1 near/
	s,10.1.0.0/24,&\, route-table: inspect,' "$run/vrsd.yaml"
check "the spoke takes BGP routes inside VNets, not the hub" ask reload
check "it has what is inside the hub" wait_until 10 row_is vm1 10.0.9 \
	"B Active 10.0.9.0/24 VirtualNetworkGateway 10.0.1.4"
check "the hub has not" wait_until 10 row_is vm0 10.0.9 \
	"B Hidden 10.0.9.0/24 VirtualNetworkGateway 10.0.1.4"

# An NVA in a VNet that is peered with the route server's (TV-11)
write_config "$remote" true
check "all BGP routes again" ask reload
beyond="B Active 10.252.0.0/16 VirtualNetworkGateway 10.2.1.4"
check "a route of an NVA in a peered VNet" wait_until 40 row_is vm0 10.252 "$beyond"
check "packets reach it" in_vm vm0 ping -n -c 1 -W 5 10.252.0.1
check "it learns the hub" wait_until 10 knows 10.0.0.0/16 csr
check "and what others have announced" wait_until 10 knows 10.250.0.0/16 csr
check "others learn from it, even what is in its VNet" wait_until 10 knows 10.2.9.0/24
check_equal "where that is hidden" \
	"B Hidden 10.2.9.0/24 VirtualNetworkGateway 10.2.1.4" row gw 10.2.9
check "the hub's peer has the route" wait_until 10 row_is vm1 10.252 "$beyond"
check_equal "and drops, as it is not peered with that VNet" \
	"VirtualNetworkGateway dropped" eval \
	"lookup vm1 10.252.0.1 | sed 's/ .*/ dropped/'"
check_fail "no packet gets there" in_vm vm1 ping -n -c 1 -W 1 10.252.0.1
must ip link set csr down
check "its NIC goes down, and the route goes" wait_until 20 row_is vm0 10.252 ""
must ip link set csr up
check "it comes back" wait_until 40 row_is vm0 10.252 "$beyond"
check "and its packets" wait_until 10 in_vm vm0 ping -n -c 1 -W 5 10.252.0.1
before=$(ip route show table 101; ip nexthop show)
kill -KILL $vrsd_pid
wait $vrsd_pid 2>/dev/null
start_vrsd
check "a restart" wait_until 60 grep -q "vnet hub: all routes are there" "$run/vrsd.log"
check_equal "takes over the route and its next hop" "$before" eval \
	"ip route show table 101; ip nexthop show"

must wait_until 40 sessions 3
must wait_until 20 knows 10.1.0.0/16
counts=$(session_counts)
write_config "allow-vnet-access: true" true
check "without remote gateways" ask reload
check "the spoke's routes go" wait_until 10 row_is vm1 10.250 ""
check "the NVA forgets the spoke" wait_until 10 lacks knows 10.1.0.0/16
check_equal "without a reset" "$counts" session_counts

# The hub's route server in place of its own: only when its own routes have gone
cat >"$run/vm1.conf" <<EOT
router id 10.1.0.4; protocol device {}
protocol static { ipv4;
	$(for i in {0..7}; do printf "route 10.24$i.%d.0/24 blackhole; " {0..255}; done) }
protocol bgp rs4 { local as 65003; multihop; neighbor 10.1.0.5 as 65515;
	connect delay time 1; ipv4 { import all;
	export where source = RTS_STATIC; next hop self; }; }
EOT
must in_vm vm1 bird -c "$run/vm1.conf" -s "$run/vm1.ctl" -P "$run/vm1.pid"
must sed -i '/{ vnet: hub, allow-vnet-access/a \    route-server:\
      addresses: [10.1.0.5]\
      neighbors: [{ name: vm1, address: 10.1.0.4, asn: 65003 }]' "$run/vrsd.yaml"
check "a route server of the spoke's own" ask reload
check "its routes" wait_until 40 eval '[ "$(ip route show table 111 | wc -l)" = 2048 ]'
write_config "$remote" true
check "it gives it up for the hub's" ask reload
check "and has the hub's routes" wait_until 10 row_is vm1 10.250 \
	"B Active 10.250.0.0/16 VirtualNetworkGateway 10.0.1.4"
write_config "allow-vnet-access: true" true
check "without either" ask reload

must ip link del far
check "a VNet made anew is peered anew" wait_until 40 eval \
	"row_is nva 10.2.0.0/16 'D Active 10.2.0.0/16 VNetPeering'"
check "and leads to its NVA again" wait_until 60 row_is vm0 10.252 "$beyond"
check "with packets" wait_until 10 in_vm vm0 ping -n -c 1 -W 5 10.252.0.1

# With another table, it leaves nothing in the one it had, nor what it keeps
# while a session is away.
must sed -i 's/connect delay/graceful restart on; &/' "$run/csr.conf"
must birdc -s "$run/csr.ctl" configure >/dev/null
restarts() { show_peers | jq -e 'any(.[]; .neighbor == "csr" and .restartTime)'; }
check "a neighbor whose routes are kept while it is away" wait_until 40 restarts
check "its route is back" wait_until 40 row_is vm0 10.252 "$beyond"
must sed -i 's/bgp-table: 101/bgp-table: 102/' "$run/vrsd.yaml"
check_equal "a route into the other VNet is in a table" 10.252.0.0/16 eval \
	"ip -j route show table 101 10.252.0.0/16 | jq -r '.[].dst'"
check "the VNet gets another" ask reload
check "its routes are there" wait_until 60 eval \
	"ip route show table 102 10.252.0.0/16 | grep -q rt_offload"
check_equal "and not where they were" "" eval \
	"ip route show table all | grep -w 'table 101'; true"

# Nothing takes over from a user-defined route whose way is not there.
to_firewall="U Active 0.0.0.0/0 VirtualAppliance 10.0.1.4"
check "the other spoke's traffic goes to the firewall" wait_until 20 row_is vm2 ^U \
	"$to_firewall"
must ip link set hub down
check "the hub is down: it is dropped" wait_until 20 row_is vm2 ^U "U Active 0.0.0.0/0 None"
check_equal "and does not go to the Internet" "None dropped" eval \
	"lookup vm2 8.8.8.8 | sed 's/ .*/ dropped/'"
must ip link set hub up
check "up again: to the firewall" wait_until 40 row_is vm2 ^U "$to_firewall"

# The routers behind the way out
gateways_are() {
	[ "$({ ip -j route show table 120 default; ip -6 -j route show table 120 default; } |
		jq -r '.[] | "\(.dev) \(.gateway)"' | xargs)" = "$1" ]
}
check "the Internet is the device's link" gateways_are "uplink null"
must sed -i 's/internet: uplink/&\n    internet-gateways: [192.0.2.1, "fe80::1"]/
	s|\[10.2.0.0/16\]|[10.2.0.0/16, "fd00:2::/48"]|' "$run/vrsd.yaml"
check "or what is behind its routers" ask reload
check "one of each family" wait_until 10 gateways_are "uplink 192.0.2.1 uplink fe80::1"
must sed -i 's/192.0.2.1, //' "$run/vrsd.yaml"
check "one is given up" ask reload
check "and the other is not" wait_until 10 gateways_are "uplink null uplink fe80::1"

# When a peering ends, a next hop behind it is the VNet's still, and what it
# shares routes with is not to go with it.
ways() {
	ip -j nexthop show id "$(ip -j route show table 102 10.253.0.0/16 |
		jq '.[].nhid // 0')" 2>/dev/null | jq '.[].group | length'
}
ways_are() { [ "$(ways)" = "$1" ]; }
left_behind() { grep -c "is not wanted, removed" "$run/vrsd.log" || :; }
for name in nva csr; do
	must sed -i 's,^protocol static.*,& route 10.253.0.0/16 blackhole;,' \
		"$run/$name.conf"
	must birdc -s "$run/$name.ctl" configure >/dev/null
done
check "a route through NVAs of two VNets" wait_until 40 ways_are 2
removed=$(left_behind)
must sed -i '/{ vnet: far, /d; /name: csr, address/d
	/^ *peerings:$/{N;/{ vnet: hub }$/d}' "$run/vrsd.yaml"
check "the peering and the neighbor behind it end" ask reload
check "the route has one way left" wait_until 20 ways_are 1
check_equal "and no next hop was taken for nobody's" "$removed" left_behind
ktap_finish
