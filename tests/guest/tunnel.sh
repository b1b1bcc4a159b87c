#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Other hosts, over VXLAN: three of ours and a plain Linux.
#
#	vm1 10.1.0.4 --- blue on h1 192.0.2.1 --+
#	vm2 10.1.0.5 --+ blue on h2 192.0.2.2 --+-- underlay
#	nva 10.1.3.4 --+                        |
#	   onprem 10.250.0.10                   |
#	vm3 10.1.0.6 --- blue on h3 192.0.2.3 --+
#	   10.1.5.4 on plain Linux  192.0.2.4 --+

. "${0%/*}/../lib.sh"
. "${0%/*}/../datapath.sh"
. "${0%/*}/../hosts.sh"

# endpoints PREFIX: what every host knows of the others, by their addresses in
# one family of the underlay.
endpoints() {
	must on h1 vrs endpoint set blue 10.1.0.5 host "${1}2"
	must on h1 vrs endpoint set blue fd00:10:1::5 host "${1}2"
	must on h1 vrs endpoint set blue 10.1.3.4 host "${1}2" mac "${vm_mac[nva]}"
	must on h1 vrs endpoint set blue fd00:10:1:3::4 host "${1}2" mac "${vm_mac[nva]}"
	must on h1 vrs endpoint set blue 10.1.0.6 host "${1}3" mac "${vm_mac[vm3]}"
	must on h2 vrs endpoint set blue 10.1.0.4 host "${1}1"
	must on h2 vrs endpoint set blue fd00:10:1::4 host "${1}1"
	must on h2 vrs endpoint set blue 10.1.1.4 host "${1}1"
	must on h3 vrs endpoint set blue 10.1.0.4 host "${1}1"
}

load_module
add_underlay 1600
for i in 1 2 3 4; do
	add_host h$i 192.0.2.$i/24 2001:db8::$i/64
done
for i in 1 2 3; do
	add_vnet h$i
	add_tunnel h$i
done
add_vm_at h1 vm1 blue 10.1.0.4/24 fd00:10:1::4/64
add_vm_at h2 vm2 blue 10.1.0.5/24 fd00:10:1::5/64
add_vm_at h2 nva blue 10.1.3.4/24 fd00:10:1:3::4/64
add_vm_at h3 vm3 blue 10.1.0.6/24
must on h2 vrs nic set nva forwarding on
must ip -n h1 address add 10.1.1.4/32 dev blue
add_onprem

# Setting
check_error "an address of a NIC here" "is vm1's" \
	on h1 vrs endpoint set blue 10.1.0.4 host 192.0.2.2
check_error "an address of this host" "10.1.1.4 is the host's" \
	on h1 vrs endpoint set blue 10.1.1.4 host 192.0.2.2
check_error "an address outside the VNet" "outside the VNet" \
	on h1 vrs endpoint set blue 10.2.0.4 host 192.0.2.2
check_error "a host that cannot be" "no address another host can have" \
	on h1 vrs endpoint set blue 10.1.0.5 host 224.0.0.1
check_error "a MAC that cannot be" "no MAC address" \
	on h1 vrs endpoint set blue 10.1.0.5 host 192.0.2.2 mac 01:00:00:00:00:01
check_error "an endpoint that is not there" "no such endpoint" \
	on h1 vrs endpoint del blue 10.1.0.77
check_error "a tunnel that is none" "external VXLAN device" \
	on h1 vrs tunnel set eth0
must ip -n h1 link set vxlan0 type vxlan learning
check_error "a tunnel that learns addresses" "must not learn" \
	on h1 vrs tunnel set vxlan0
must ip -n h1 link set vxlan0 type vxlan nolearning
mac=$(ip -n h1 -j link show vxlan0 | jq -r .[].address)
must ip -n h1 link set vxlan0 address 12:34:56:78:9a:bc
check_error "a tunnel with the router's MAC" "virtual router's MAC" \
	on h1 vrs tunnel set vxlan0
must ip -n h1 link set vxlan0 address "$mac"
must ip -n h1 link add vxlan1 type vxlan external nolearning dstport 4790
check_error "a second tunnel" "vxlan0 is the tunnel" on h1 vrs tunnel set vxlan1
must ip -n h1 link del vxlan1
endpoints 192.0.2.
check_error "two VNIs of a VNet at a host" "VNI 5001 already" \
	on h1 vrs endpoint set blue 10.1.0.7 host 192.0.2.2 vni 7
must on h1 vrs endpoint set blue 10.1.0.77 host 192.0.2.7 vni 7
check "the only endpoint at a host gets another VNI" \
	on h1 vrs endpoint set blue 10.1.0.77 host 192.0.2.7 vni 8
check_equal "there it is" "192.0.2.7 8" \
	sh -c 'ip netns exec h1 vrs -j show endpoints blue | jq -r "
		.[] | select(.address == \"10.1.0.77\") |
		[.host, .vni] | join(\" \")"'
must on h1 vrs endpoint set blue 10.1.0.78 host 192.0.2.7 vni 8
check_error "no longer the only one" "VNI 8 already" \
	on h1 vrs endpoint set blue 10.1.0.77 host 192.0.2.7 vni 7
must on h1 vrs endpoint del blue 10.1.0.78
must on h1 vrs endpoint del blue 10.1.0.77
check_error "an address that is elsewhere" "10.1.0.5 is at another host" \
	on h1 vrs nic set vm1 address 10.1.0.4 address 10.1.0.5
check_equal "what is known" "10.1.3.4 192.0.2.2 5001 ${vm_mac[nva]}" \
	sh -c 'ip netns exec h1 vrs -j show endpoints blue | jq -r "
		.[] | select(.address == \"10.1.3.4\") |
		[.address, .host, .vni, .macAddress] | join(\" \")"'
must ip -n h1 route add 10.250.0.0/16 via 10.1.3.4 dev blue table 101
must ip -n h1 route add fd00:250::/32 via fd00:10:1:3::4 dev blue table 101
check_equal "a next hop at another host" "10.1.3.4 192.0.2.2 null" \
	sh -c 'ip netns exec h1 vrs -j show next-hop vm1 10.250.0.10 | jq -r "
		[.nextHopIpAddress, .host, (.dropped | tostring)] | join(\" \")"'

ends() {
	on h1 vrs why vm1 "$1" -j |
		jq -r '[.endsAt, .device, .host, .nextHops[].host] | join(" ")'
}
check_equal "where a packet through it ends" "other host  192.0.2.2 192.0.2.2" \
	ends 10.250.0.10
check_equal "and one to an address there" "other host  192.0.2.2" ends 10.1.0.5
check_equal "as text" "Ends at: other host 192.0.2.2" \
	sh -c "ip netns exec h1 vrs why vm1 10.250.0.10 | grep Ends"

# What is for other hosts is for no tenant.
must ip -n h1 route add 192.0.2.2/32 dev blue
check_counter_at "a route to the host into a VNet" h1 vm1 \
	drop_host_unreachable send_from vm1 10.1.0.5
must ip -n h1 route del 192.0.2.2/32 dev blue

# Over IPv4 and over IPv6
for underlay in 192.0.2. 2001:db8::; do
	[ $underlay = 192.0.2. ] || for h in h1 h2 h3; do
		must on $h sh -c "vrs -j show endpoints blue |
			jq -r '.[].address' | xargs -n 1 vrs endpoint del blue"
	done
	endpoints $underlay
	check "a NIC on another host ($underlay)" ping_from vm1 10.1.0.5
	check_equal "it is no hop away ($underlay)" 64 ttl_from vm1 10.1.0.5
	check "the same in IPv6 ($underlay)" ping_from vm1 fd00:10:1::5
	check "by its MAC ($underlay)" ping_from vm1 10.1.0.6
	check "bulk TCP ($underlay)" tcp_transfer vm1 vm2 10.1.0.5
	check "bulk TCP in IPv6 ($underlay)" \
		tcp_transfer vm2 vm1 fd00:10:1::4
	check "fragments ($underlay)" ping_from vm1 10.1.0.5 -s 20000
	check "through an NVA on another host ($underlay)" \
		ping_from vm1 10.250.0.10
	check_equal "the NVA is the one hop ($underlay)" 63 \
		ttl_from vm1 10.250.0.10
	check "bulk TCP through it ($underlay)" \
		tcp_transfer vm1 onprem 10.250.0.10
	check "and back ($underlay)" tcp_transfer onprem vm1 10.1.0.4
	check "IPv6 through it ($underlay)" ping_from vm1 fd00:250::10
	check "this host reaches a NIC on another ($underlay)" \
		on h1 ping -n -c 1 -W "$(seconds 2)" -I blue 10.1.0.5
	check "and is reached from there ($underlay)" ping_from vm2 10.1.1.4
done

# Who knows whom
must on h1 vrs endpoint del blue 10.1.0.6
check_counter_at "no endpoint, no NIC" h1 vm1 drop_no_nic send_from vm1 10.1.0.6
check_counter_at "a host where nothing is any more is not known" h1 vxlan0 \
	drop_unknown_host send_from vm3 10.1.0.4
check_counter_at "which the VNet counts too" h1 blue drop_unknown_host \
	send_from vm3 10.1.0.4
must on h1 vrs endpoint set blue 10.1.0.6 host 192.0.2.3
must on h3 vrs endpoint set blue 10.1.0.4 host 192.0.2.1
check "known again, by another address" ping_from vm1 10.1.0.6
must on h3 vrs endpoint set blue 10.1.0.5 host 192.0.2.1
check_counter_at "no way from host to host" h1 vxlan0 drop_no_nic \
	send_from vm3 10.1.0.5
must on h3 vrs endpoint set blue 10.1.0.5 host 192.0.2.1 mac 02:00:00:00:99:99
check_counter_at "a MAC that is nobody's" h1 vxlan0 drop_no_nic \
	send_from vm3 10.1.0.5
must on h3 vrs endpoint set blue 10.1.0.5 host 192.0.2.1 mac "${vm_mac[vm1]}"
check_counter_at "a NIC without IP forwarding gets only its own" h1 vxlan0 \
	drop_not_forwarding send_from vm3 10.1.0.5
must on h3 vrs endpoint del blue 10.1.0.4
must on h3 vrs endpoint del blue 10.1.0.5
must on h3 vrs endpoint set blue 10.1.0.4 host 192.0.2.1 vni 5002
check_counter_at "a VNI that is no VNet's" h1 vxlan0 drop_unknown_vni \
	send_from vm3 10.1.0.4
must on h3 vrs endpoint del blue 10.1.0.4

# Peering: a host may send into a VNet if something of a peer is there
must ip -n h1 link add red type vnet vni 5009 table 900 bgp_table 901
must ip -n h1 link set red up
must ip -n h1 route add 10.9.0.0/16 dev red table 900
must ip -n h1 route add 10.1.0.0/16 dev blue table 900
must ip -n h1 route add 10.9.0.0/16 dev red table 100
must ip -n h3 link add red type vnet vni 5009 table 900 bgp_table 901
must ip -n h3 link set red up
must ip -n h3 route add 10.9.0.0/16 dev red table 900
must ip -n h3 route add 10.1.0.0/16 dev blue table 900
must ip -n h3 route add 10.9.0.0/16 dev red table 100
for host in h1 h3; do
	must on $host vrs peering set blue red
	must on $host vrs peering set red blue
done
add_vm_at h1 vm9 red 10.9.0.4/24
must on h3 vrs endpoint set red 10.9.0.4 host 192.0.2.1
check "to a peered VNet on another host" ping_from vm3 10.9.0.4
must ip -n h1 route del 10.1.0.0/16 dev blue table 900
check_counter_at "not without the peering" h1 vxlan0 drop_unknown_host \
	send_from vm3 10.9.0.4

# Plain Linux, as a VM host and as a router
must ip -n h4 link add vxlan5001 address 02:00:00:00:04:04 type vxlan id 5001 \
	dstport 4789 local 192.0.2.4 remote 192.0.2.1
# Until it is used: it would speak to groups by itself.
must on h4 sysctl -qw net.ipv6.conf.vxlan5001.disable_ipv6=1
must ip -n h4 link set vxlan5001 up
must ip -n h4 address add 10.1.5.4/16 broadcast + dev vxlan5001
must ip -n h4 neigh add 10.1.0.4 lladdr 12:34:56:78:9a:bc dev vxlan5001
check_counter_at "plain Linux that is not known" h1 vxlan0 drop_unknown_host \
	send_from h4 10.1.0.4
must on h1 vrs endpoint set blue 10.1.5.4 host 192.0.2.4 mac 02:00:00:00:04:04
check "plain Linux reaches a NIC" ping_from h4 10.1.0.4
check "a NIC reaches plain Linux" ping_from vm1 10.1.5.4
check "bulk TCP with plain Linux" tcp_transfer vm1 h4 10.1.5.4
must ip -n h4 neigh replace 10.1.0.4 lladdr "${vm_mac[vm1]}" dev vxlan5001
check "plain Linux knows the NIC's MAC" ping_from h4 10.1.0.4
must ip -n h4 neigh del 10.1.0.4 lladdr "${vm_mac[vm1]}" dev vxlan5001
check_counter_at "ARP stays on its host" h1 vxlan0 drop_neighbour \
	send_from h4 10.1.0.4
check_counter_at "broadcast does too" h1 vxlan0 drop_multicast \
	send_from h4 10.1.255.255 -b
must on h4 sysctl -qw net.ipv6.conf.vxlan5001.disable_ipv6=0
must ip -n h4 address add fd00:10:1:5::4/48 dev vxlan5001 nodad
must ip -n h4 neigh add fd00:10:1::4 lladdr 12:34:56:78:9a:bc dev vxlan5001
must on h1 vrs endpoint set blue fd00:10:1:5::4 host 192.0.2.4 mac 02:00:00:00:04:04
check "plain Linux reaches a NIC in IPv6" ping_from h4 fd00:10:1::4
check "a NIC reaches plain Linux in IPv6" ping_from vm1 fd00:10:1:5::4
check "bulk TCP in IPv6 with plain Linux" tcp_transfer vm1 h4 fd00:10:1:5::4

# What was dropped of all this: the same in all places
in_sysfs() {
	on h1 sh -c "awk '{ n += \$1 } END { print n }' /sys/class/net/vxlan0/vnet*/drop_*"
}
in_genl() { on h1 vrs show tunnel -j | jq '[.stats.dropped[]] | add'; }
in_link() { ip -n h1 -s -j link show vxlan0 | jq '.[].stats64.rx.dropped'; }
alike() { [ "$(in_sysfs)" = "$(in_genl)" ] && [ "$(in_sysfs)" = "$(in_link)" ]; }
check "there are some" test "$(in_sysfs)" -ge 10
check "generic netlink and ip -s link agree" wait_until 5 alike

# A group of one next hop here and one on another host
add_vm_at h1 nva0 blue 10.1.3.9/24
must on h1 vrs nic set nva0 forwarding on
must ip -n h1 nexthop add id 1 via 10.1.3.4 dev blue
must ip -n h1 nexthop add id 2 via 10.1.3.9 dev blue
must ip -n h1 nexthop add id 3 group 1/2
must ip -n h1 route add 10.251.0.0/16 nhid 3 table 101
# shared: of many flows, some to the other host, some here, and none lost
shared() {
	flows -n 400 10.1.0.4 10.251.0.1 vm1 nva nva0 | awk '{ n[$2]++ }
		END { print (n["nva"] > 100), (n["nva0"] > 100), n["-"] + 0 }'
}
check_equal "flows are shared between hosts" "1 1 0" shared
must on h1 vrs endpoint del blue 10.1.3.4
check_equal "without the endpoint all stay here" "0 1 0" shared
must on h1 vrs endpoint set blue 10.1.3.4 host 2001:db8::2 mac "${vm_mac[nva]}"
check_equal "with it they are shared again" "1 1 0" shared
must ip -n h1 link set vxlan0 down
check_equal "without a tunnel all stay here" "0 1 0" shared
must ip -n h1 link set vxlan0 up
check_equal "and with it shared" "1 1 0" shared

# The tunnel comes and goes
must ip -n h1 link set vxlan0 down
check_counter_at "tunnel is down" h1 vm1 drop_no_tunnel send_from vm1 10.1.0.5
check_equal "it can be seen at the route" "next hop 10.1.3.4: no tunnel to its host" \
	sh -c 'ip netns exec h1 vrs -j show effective-routes vm1 | jq -r "
		.value[] | select(.addressPrefix[0] == \"10.250.0.0/16\").why"'
must ip -n h1 link set vxlan0 up
check "and up again" ping_from vm1 10.1.0.5
must ip -n h1 -6 route add unreachable 2001:db8::2/128
check_counter_at "no route to the host" h1 vm1 drop_host_unreachable \
	send_from vm1 10.1.0.5
must ip -n h1 -6 route del unreachable 2001:db8::2/128
must ip -n h1 -6 route add 2001:db8::2/128 dev vxlan0
check_counter_at "a route to the host through the tunnel itself" h1 vm1 \
	drop_host_unreachable send_from vm1 10.1.0.5
must ip -n h1 -6 route del 2001:db8::2/128 dev vxlan0
check "there is one again" ping_from vm1 10.1.0.5
must on h1 vrs tunnel del
check_counter_at "no tunnel" h1 vm1 drop_no_tunnel send_from vm1 10.1.0.5
must on h1 vrs tunnel set vxlan0
check "a tunnel again" ping_from vm1 10.1.0.5
must ip -n h1 link del vxlan0
check_counter_at "the device is gone" h1 vm1 drop_no_tunnel \
	send_from vm1 10.1.0.5
must ip -n h1 address add 2001:db8::11/64 dev eth0 nodad
add_tunnel h1 local 2001:db8::11
check_counter_at "the device's own address is used, and unknown" h2 vxlan0 \
	drop_unknown_host send_from vm1 10.1.0.5
must on h2 vrs endpoint set blue 10.1.0.4 host 2001:db8::11
check "until it is known" ping_from vm1 10.1.0.5
must ip -n h1 link del blue
check_equal "with the VNet go its endpoints" 0 \
	sh -c 'ip netns exec h1 vrs -j show endpoints | jq length'
ktap_finish
