#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The routes to other hosts are the VXLAN device's: of the VRF it is bound to, or as
# rules for its port say. The main table has none, or the wrong ones.
#
#	vm1 10.1.0.4 --- blue on h1, eth0 in VRF under --+
#	vm2 10.1.0.5 --- blue on h2, plain ---------------+-- underlay
#	vm3 10.1.0.6 --- blue on h3, by rules ------------+

. "${0%/*}/../lib.sh"
. "${0%/*}/../datapath.sh"
. "${0%/*}/../hosts.sh"

# know HOST PREFIX: where the NICs on the other hosts are, by underlay addresses
know() {
	local i

	for i in 1 2 3; do
		[ "$1" = h$i ] ||
			must on "$1" vrs endpoint set blue 10.1.0.$((i + 3)) host "$2$i"
	done
}

load_module
must modprobe vrf
add_underlay 1600
add_host h1
add_host h2 192.0.2.2/24 2001:db8::2/64
add_host h3 192.0.2.3/24 2001:db8::3/64
must ip -n h1 link add under type vrf table 10
must ip -n h1 link set under up
must ip -n h1 link set eth0 master under
must ip -n h1 address add 192.0.2.1/24 dev eth0
must ip -n h1 address add 2001:db8::1/64 dev eth0 nodad
for i in 1 2 3; do
	add_vnet h$i
done
add_tunnel h1 dev eth0
add_tunnel h2
add_tunnel h3
for i in 1 2 3; do
	add_vm_at h$i vm$i blue 10.1.0.$((i + 3))/24
done
must ip -n h3 route add 192.0.2.0/24 dev eth0 table 20
must ip -n h3 route add unreachable 192.0.2.2/32
must ip -n h3 rule add pref 100 ipproto udp dport 4789 lookup 20
must ip -n h3 -6 route add 2001:db8::/64 dev eth0 table 20
must ip -n h3 -6 route add unreachable 2001:db8::2/128
must ip -n h3 -6 rule add pref 100 ipproto udp dport 4789 lookup 20

for underlay in 192.0.2. 2001:db8::; do
	[ $underlay = 192.0.2. ] || for h in h1 h2 h3; do
		must on $h sh -c "vrs -j show endpoints blue |
			jq -r '.[].address' | xargs -n 1 vrs endpoint del blue"
	done
	for h in h1 h2 h3; do
		know $h $underlay
	done
	check "an underlay in a VRF ($underlay)" ping_from vm1 10.1.0.5
	check "bulk TCP over it ($underlay)" tcp_transfer vm1 vm2 10.1.0.5
	check "and back ($underlay)" tcp_transfer vm2 vm1 10.1.0.4
	check "rules for the tunnel's port ($underlay)" ping_from vm3 10.1.0.5
	check "bulk TCP by them ($underlay)" tcp_transfer vm3 vm2 10.1.0.5
	check "from one to the other ($underlay)" ping_from vm1 10.1.0.6
done

# The MTU is that of the route in use
must ip -n h1 route add 192.0.2.3/32 dev eth0 mtu 1000 table 10
must on h1 vrs endpoint set blue 10.1.0.6 host 192.0.2.3
check_counter_at "the MTU of the VRF's route" h1 vm1 drop_too_big \
	send_from vm1 10.1.0.6 -s 1000 -M "do"

must ip -n h1 link set vxlan0 down
check_counter_at "a tunnel that is down" h1 vm1 drop_no_tunnel send_from vm1 10.1.0.5
must ip -n h1 link set vxlan0 up
check "and up again" ping_from vm1 10.1.0.5
ktap_finish
