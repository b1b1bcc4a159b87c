#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Next hop Internet is the host's own routing, with the operator's usual tools.
#
#	vm1 10.1.0.4 --- blue --- host 203.0.113.1 --- internet 203.0.113.10

. "${0%/*}/../lib.sh"
. "${0%/*}/../datapath.sh"

load_module
must ip link add blue type vnet vni 5001 table 100 bgp_table 101
must ip link set blue up
must ip route add 10.1.0.0/16 dev blue table 100
must ip address add 10.1.1.4/32 dev blue
add_vm vm1 blue 10.1.0.4/24

add_netns internet
must ip link add uplink type veth peer name eth0 netns internet
must ip address add 203.0.113.1/24 dev uplink
must ip link set uplink up
must ip -n internet address add 203.0.113.10/24 dev eth0
must ip -n internet link set eth0 up

check_counter "no route to the Internet" vm1 drop_no_route \
	send_from vm1 203.0.113.10
must ip route add default via 203.0.113.10 dev uplink table 100
check_fail "without the host's consent" ping_from vm1 203.0.113.10
must sysctl -qw net.ipv4.ip_forward=1
must ip route add 10.1.0.0/16 dev blue
must nft -f - <<-END
	table ip nat {
		chain postrouting {
			type nat hook postrouting priority srcnat
			oif uplink masquerade
		}
	}
END
check "out through masquerading, and back" ping_from vm1 203.0.113.10
check_equal "the host is the one hop" 63 ttl_from vm1 203.0.113.10
check_equal "a packet with TTL 1 gets to it, and no further" 10.1.1.4 \
	expires_at vm1 203.0.113.10
check "bulk TCP" tcp_transfer vm1 internet 203.0.113.10
must nft add chain ip nat forward \
	'{ type filter hook forward priority 0; policy drop; }'
check_fail "the operator's filter applies" ping_from vm1 203.0.113.10
must nft delete chain ip nat forward

# What the host's forwarding sends into the VNet
must ip -n internet route add 10.1.0.0/16 via 203.0.113.1
check "the host may route to a NIC" ping_from internet 10.1.0.4
check_counter "but not to the host's address in the VNet" blue drop_same_nic \
	send_from internet 10.1.1.4
check_counter "nor where nobody is" blue drop_no_nic \
	send_from internet 10.1.0.99

# The host itself is a stranger to the guest
host_listens 0.0.0.0
check_fail "a guest does not reach a listener of the host" \
	connect_from vm1 203.0.113.1
check "the Internet does" connect_from internet 203.0.113.1

# What is in another VNet is not in the Internet: the host is not to lead there.
must ip link add red type vnet vni 5002 table 110 bgp_table 111
must ip link set red up
must ip route add 10.2.0.0/16 dev red table 110
add_vm vm2 red 10.2.0.4/24
must ip route add 10.2.0.0/16 dev red table 100
check_counter "into a VNet that is not peered nothing gets" vm1 drop_no_route \
	send_from vm1 10.2.0.4
check_equal "which is explained" "no route" eval "vrs why vm1 10.2.0.4 -j | jq -r .dropped"
check_fail "nor is it answered from there" ping_from vm1 10.2.0.4
must ip route add 10.2.0.0/16 dev uplink table 102
must vrs subnet set blue 10.1.0.0/24 route-table 102
check_counter "even if a route table has it in the Internet" vm1 drop_no_route \
	send_from vm1 10.2.0.4
must vrs subnet del blue 10.1.0.0/24
must ip route del 10.2.0.0/16 dev red table 100

# An appliance takes the Internet's place
add_vm nva blue 10.1.3.4/24
must ip route add default via 10.1.3.4 dev blue table 101
check_counter "a BGP default route" vm1 drop_not_forwarding \
	send_from vm1 203.0.113.10
must ip route add blackhole 203.0.113.0/24 table 100
check_counter "None" vm1 drop_next_hop_none send_from vm1 203.0.113.10
must ip route del blackhole 203.0.113.0/24 table 100
must ip route del default table 101
check "and back again" ping_from vm1 203.0.113.10

# The same in IPv6
must ip route add fd00:10:1::/48 dev blue table 100
must ip address add fd00:10:1:1::4/128 dev blue nodad
add_vm vm6 blue fd00:10:1::4/64
must ip address add 2001:db8:113::1/64 dev uplink nodad
must ip -n internet address add 2001:db8:113::10/64 dev eth0 nodad
check_counter "IPv6: no route to the Internet" vm6 drop_no_route \
	send_from vm6 2001:db8:113::10
must ip route add default via 2001:db8:113::10 dev uplink table 100
check_fail "IPv6: without the host's consent" ping_from vm6 2001:db8:113::10
must sysctl -qw net.ipv6.conf.all.forwarding=1
must ip route add fd00:10:1::/48 dev blue
must nft -f - <<-END
	table ip6 nat {
		chain postrouting {
			type nat hook postrouting priority srcnat
			oif uplink masquerade
		}
	}
END
check "IPv6: out through masquerading, and back" \
	wait_until 5 ping_from vm6 2001:db8:113::10
check_equal "IPv6: the host is the one hop" 63 ttl_from vm6 2001:db8:113::10
check_equal "IPv6: a packet with hop limit 1 gets to it, and no further" \
	fd00:10:1:1::4 expires_at vm6 2001:db8:113::10
check "IPv6: bulk TCP" tcp_transfer vm6 internet 2001:db8:113::10
must nft add chain ip6 nat forward \
	'{ type filter hook forward priority 0; policy drop; }'
check_fail "IPv6: the operator's filter applies" ping_from vm6 2001:db8:113::10
must nft delete chain ip6 nat forward
must ip -n internet route add fd00:10:1::/48 via 2001:db8:113::1
check "IPv6: the host may route to a NIC" ping_from internet fd00:10:1::4
check_counter "IPv6: but not to the host's address in the VNet" blue \
	drop_same_nic send_from internet fd00:10:1:1::4
check_counter "IPv6: nor where nobody is" blue drop_no_nic \
	send_from internet fd00:10:1::99
host_listens ::
check_fail "IPv6: a guest does not reach a listener of the host" \
	connect_from vm6 2001:db8:113::1
check "IPv6: the Internet does" connect_from internet 2001:db8:113::1
ktap_finish
