#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# DHCP and router advertisements are the operator's: tc takes a guest's requests to a
# server before the VNet sees them, and the answers back.
#
#	vm1 --- NIC vm1 (blue) == tc == serve --- server (udhcpd, BIRD)

. "${0%/*}/../lib.sh"
. "${0%/*}/../datapath.sh"

# redirect FROM TO UDP-PORT: what arrives at FROM for a port leaves by TO.
redirect() {
	must tc qdisc add dev "$1" ingress
	must tc filter add dev "$1" ingress protocol ip u32 \
		match ip protocol 17 0xff match ip dport "$3" 0xffff \
		action mirred egress redirect dev "$2"
}

load_module
dir=$(mktemp -d)
defer rm -r "$dir"
must ip link add blue type vnet vni 5001 table 100 bgp_table 101
must ip link set blue up
must ip route add 10.1.0.0/16 dev blue table 100
add_vm vm1 blue 10.1.0.4/24
add_vm vm2 blue 10.1.0.5/24
must ip -n vm1 address flush dev eth0
# Until it is asked to: it would speak to groups by itself.
must in_vm vm1 sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1

cat >"$dir/lease" <<'END'
#!/bin/sh
[ "$1" = bound ] || exit 0
ip address add "$ip/$mask" dev "$interface" &&
	ip route add default via "$router" dev "$interface"
END
chmod +x "$dir/lease"
ask() {
	in_vm vm1 timeout "$(seconds 60)" \
		busybox udhcpc -i eth0 -f -q -n -t "$1" -T "$(seconds 2)" -s "$dir/lease"
}

check_counter "a request that nobody takes goes nowhere" vm1 drop_multicast ask 1

add_netns server
must ip link add serve type veth peer name eth0 netns server
must ip link set serve up
must ip -n server link set eth0 up
must ip -n server address add 10.1.0.2/24 dev eth0
cat >"$dir/conf" <<END
start 10.1.0.200
end 10.1.0.210
interface eth0
lease_file $dir/leases
pidfile $dir/pid
option subnet 255.255.255.0
option router 10.1.0.1
static_lease 02:00:00:00:00:01 10.1.0.4
END
touch "$dir/leases"
redirect vm1 serve 67
redirect serve vm1 68
in_vm server busybox udhcpd -f -I 10.1.0.2 "$dir/conf" >/dev/null 2>&1 &
disown
must wait_until 20 eval "in_vm server ss -Hlun 'sport = 67' | grep -q ."

check "a lease" ask 10
check_equal "the NIC's address" 10.1.0.4/24 eval \
	"ip -n vm1 -4 -br address show eth0 | awk '{ print \$3 }'"
check "with it the guest is in the VNet" ping_from vm1 10.1.0.5
check_fail "the server is not" ping_from vm2 10.1.0.2

#
# IPv6: the guest makes its address of the prefix, which is the NIC's, and sends to
# the server's link-local address, for which the virtual router answers.
#

# redirect6 FROM TO ICMP-TYPE
redirect6() {
	must tc filter add dev "$1" ingress protocol ipv6 u32 \
		match ip6 protocol 58 0xff match u8 "$3" 0xff at 40 \
		action mirred egress redirect dev "$2"
}

has_address6() { ip -n vm1 -6 -br address show eth0 | grep -qw "$1"; }
has_default6() { ip -n vm1 -6 route show default | grep -q "via fe80::"; }

own=fd00:10:1::ff:fe00:1
must ip route add fd00:10:1::/48 dev blue table 100
must vrs nic set vm1 mac 02:00:00:00:00:01 address 10.1.0.4 address $own
must vrs nic set vm2 mac 02:00:00:00:00:02 address 10.1.0.5 address fd00:10:1:2::5
must ip -n vm2 address add fd00:10:1:2::5/64 dev eth0 nodad
must ip -n vm2 route add default via fe80::1 dev eth0
must ip -n server address add fd00:10:1::2/64 dev eth0 nodad	# BIRD has its prefix of it
redirect6 vm1 serve 133
redirect6 serve vm1 134
cat >"$dir/bird.conf" <<END
router id 10.1.0.2;
protocol device {}
protocol radv {
  interface "eth0" {
    max ra interval 4;
  };
}
END
must in_vm vm1 sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0
check_fail "no default route before" has_default6
in_vm server bird -f -c "$dir/bird.conf" -s "$dir/bird.ctl" -P "$dir/bird.pid" >/dev/null 2>&1 &
disown
check "a default route" wait_until 20 has_default6
check "the NIC's address of the prefix" wait_until 20 has_address6 $own/64
check "with both the guest is in the VNet" wait_until 10 ping_from vm1 fd00:10:1:2::5
kill "$(cat "$dir/bird.pid")"
ktap_finish
