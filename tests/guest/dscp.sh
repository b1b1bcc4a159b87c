#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What becomes of DSCP, ECN and TTL: between NICs nothing; in the tunnel the VXLAN
# device's TOS and TTL are used, and congestion is told across it.
#
#	vm1 10.1.0.4 --- blue on h1 192.0.2.1 === h2 192.0.2.2, blue --- vm2 10.1.0.5
#	near 10.1.0.6 --+

. "${0%/*}/../lib.sh"
. "${0%/*}/../datapath.sh"
. "${0%/*}/../hosts.sh"

load_module
add_underlay 1600
for i in 1 2; do
	add_host h$i 192.0.2.$i/24 2001:db8::$i/64
	add_vnet h$i
done
add_tunnel h2
add_vm_at h1 vm1 blue 10.1.0.4/24 fd00:10:1::4/64
add_vm_at h1 near blue 10.1.0.6/24 fd00:10:1::6/64
add_vm_at h2 vm2 blue 10.1.0.5/24 fd00:10:1::5/64

# endpoints PREFIX: of the underlay's addresses
endpoints() {
	must on h1 vrs endpoint set blue 10.1.0.5 host "${1}2"
	must on h1 vrs endpoint set blue fd00:10:1::5 host "${1}2"
	must on h2 vrs endpoint set blue 10.1.0.4 host "${1}1"
	must on h2 vrs endpoint set blue fd00:10:1::4 host "${1}1"
}

# new_tunnel [OPTION...]: of h1
new_tunnel() {
	[ ! -e "$dir/tunnel" ] || must ip -n h1 link del vxlan0
	touch "$dir/tunnel"
	add_tunnel h1 "$@"
}

# watch NETNS EXPRESSION: count the packets that it matches, as they are received
watch() {
	on "$1" nft delete table inet watch 2>/dev/null
	must on "$1" nft -f - <<-END
		table inet watch {
			chain received {
				type filter hook prerouting priority raw - 1
				$2 counter
			}
		}
	END
}

watched() {
	on "$1" nft -j list table inet watch |
		jq '[.. | .counter? // empty | .packets] | add'
}

# seen NETNS EXPRESSION COMMAND...: COMMAND sends packets that are received like this
seen() {
	watch "$1" "$2"
	"${@:3}"
	[ "$(watched "$1")" -gt 0 ] && return
	on "$1" nft list table inet watch
	return 1
}

# tos_is NETNS FAMILY MATCH TOS COMMAND...: COMMAND sends packets that MATCH, which
# are received with this TOS
tos_is() {
	local tos=$(($4))

	seen "$1" "$3 $2 dscp $((tos >> 2)) $2 ecn $((tos & 3))" "${@:5}"
}

# outer FAMILY TOS VM-ADDRESS INNER-TOS: the outer header's TOS for the inner's
outer() {
	tos_is h2 "$1" "udp dport 4789" "$2" send_from vm1 "$3" -Q "$4" -W 1
}

# outer_ttl FAMILY TTL VM-ADDRESS INNER-TTL: likewise
outer_ttl() {
	local field=ttl

	[ "$1" = ip ] || field=hoplimit
	seen h2 "udp dport 4789 $1 $field $2" send_from vm1 "$3" -t "$4" -W 1
}

dir=$(mktemp -d)
defer rm -r "$dir"
check "between NICs it stays" tos_is near ip "icmp type echo-request" 0xb9 \
	send_from vm1 10.1.0.6 -Q 0xb9
check "in IPv6" tos_is near ip6 "icmpv6 type echo-request" 0xb9 \
	send_from vm1 fd00:10:1::6 -Q 0xb9

for underlay in 192.0.2. 2001:db8::; do
	family=$([ $underlay = 192.0.2. ] && echo ip || echo ip6)
	endpoints $underlay
	new_tunnel
	check "the DSCP is 0, ECN 1 is inherited ($underlay)" \
		outer $family 0x01 10.1.0.5 0xb9
	check "ECN 2, in IPv6 ($underlay)" \
		outer $family 0x02 fd00:10:1::5 0xba
	check "no ECN ($underlay)" outer $family 0 10.1.0.5 0xb8
	check "the inner header stays ($underlay)" tos_is vm2 ip \
		"icmp type echo-request" 0xb9 send_from vm1 10.1.0.5 -Q 0xb9
	new_tunnel tos 0x48
	check "or as the device has it ($underlay)" \
		outer $family 0x4a 10.1.0.5 0xba
	new_tunnel tos inherit
	check "or inherited ($underlay)" outer $family 0xb8 10.1.0.5 0xb8
	check "with ECN ($underlay)" outer $family 0x29 10.1.0.5 0x29
	check "from IPv6 ($underlay)" outer $family 0x8a fd00:10:1::5 0x8a
	check "nothing is inherited, too ($underlay)" \
		outer $family 0 10.1.0.5 0
	check "and packets arrive ($underlay)" ping_from vm1 10.1.0.5 -Q 0xb8
	check "large ones ($underlay)" \
		ping_from vm1 10.1.0.5 -Q 0xb8 -s 4000

	check "the TTL is the host's ($underlay)" outer_ttl $family 64 10.1.0.5 9
	new_tunnel ttl 7
	check "or as the device has it ($underlay)" \
		outer_ttl $family 7 10.1.0.5 9
	new_tunnel ttl inherit
	check "or inherited ($underlay)" outer_ttl $family 9 10.1.0.5 9
	check "from IPv6 ($underlay)" outer_ttl $family 11 fd00:10:1::5 11
	check "and packets with a TTL arrive ($underlay)" \
		ping_from vm1 10.1.0.5 -t 5 -s 4000
	new_tunnel tos inherit ttl inherit
	check "both are inherited (TTL, $underlay)" \
		outer_ttl $family 13 10.1.0.5 13
	check "both are inherited (DSCP, $underlay)" \
		outer $family 0xb8 10.1.0.5 0xb8
done

# Congestion on the way
must on h2 nft -f - <<-END
	table inet congested {
		chain underlay {
			type filter hook prerouting priority raw
			udp dport 4789 ip6 ecn set ce
		}
	}
END
check "congestion on the way is told to the receiver" tos_is vm2 ip \
	"icmp type echo-request" 0xbb send_from vm1 10.1.0.5 -Q 0xba
check "in IPv6" tos_is vm2 ip6 "icmpv6 type echo-request" 0xbb \
	send_from vm1 fd00:10:1::5 -Q 0xb9
check_fail "who does not understand it loses the packet" ping_from vm1 10.1.0.5
ktap_finish
