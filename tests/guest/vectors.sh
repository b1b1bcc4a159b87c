#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Published cases that begin with BGP (those that begin with routes are in
# effective.sh): what speakers announce, what vrsd in profile azure learns and
# passes on, and what NICs have of it in the end. TV-nn is the number of the case.
#
#	home	10.0.0.0/24, 10.0.1.0/24, vm 10.0.1.10; peered with
#	one	10.101.0.0/16, csr1 10.101.2.10 (AS 65001), and
#	two	10.102.0.0/16, csr2 10.102.2.10 (AS 65002)
#	transit	10.100.0.0/23, VPN gateway vpn .196, ExpressRoute gateway er
#		.199, NVAs nva1 10.100.1.4 (AS 65001), nva2 10.100.1.5
#		(AS 65002) and nva3 10.100.1.6 (AS 65003), tvm 10.100.1.10
#
# Each speaker has a session with both instances. All are BIRD but nva3, which has
# to put 501 prefixes into one UPDATE: FRR does.

. "${0%/*}/../lib.sh"
. "${0%/*}/../control.sh"
. "${0%/*}/../vrsd.sh"

load_module

# mac_of ADDR: sets REPLY
mac_of() {
	# shellcheck disable=SC2086 # four words
	printf -v REPLY '02:00:%02x:%02x:%02x:%02x' ${1//./ }
}

# guest NAME ADDR: a VM whose NIC vrsd enslaves; the virtual router answers for
# all that it asks for
guest() {
	mac_of "$2"
	add_guest "$1" "$REPLY"
	must ip -n "$1" address add "$2/32" dev eth0
	must ip -n "$1" route add default dev eth0
}

# nic NAME ADDR: its line in the configuration
nic() {
	mac_of "$2"
	echo "{ device: $1, mac: \"$REPLY\", addresses: [$2], ip-forwarding: true }"
}

write_config() {
	cat >"$run/vrsd.yaml" <<-EOT
	vnets:
	  - name: home
	    vni: 10
	    table: 100
	    bgp-table: 101
	    address-spaces: [10.0.0.0/24, 10.0.1.0/24]
	    nics: [$(nic vm 10.0.1.10)]
	    peerings: [{ vnet: one }, { vnet: two }]
	    route-server:
	      profile: azure
	      branch-to-branch: true
	      addresses: [10.0.0.4, 10.0.0.5]
	      neighbors:
	        - { name: csr1, address: 10.101.2.10, asn: 65001 }
	        - { name: csr2, address: 10.102.2.10, asn: 65002 }
	  - name: one
	    vni: 11
	    table: 110
	    bgp-table: 111
	    address-spaces: [10.101.0.0/16]
	    nics: [$(nic csr1 10.101.2.10)]
	    peerings: [{ vnet: home }]
	  - name: two
	    vni: 12
	    table: 120
	    bgp-table: 121
	    address-spaces: [10.102.0.0/16]
	    nics: [$(nic csr2 10.102.2.10)]
	    peerings: [{ vnet: home }]
	  - name: transit
	    vni: 13
	    table: 130
	    bgp-table: 131
	    address-spaces: [10.100.0.0/23]
	    nics:
	      - $(nic vpn 10.100.0.196)
	      - $(nic er 10.100.0.199)
	      - $(nic nva1 10.100.1.4)
	      - $(nic nva2 10.100.1.5)
	      - $(nic nva3 10.100.1.6)
	      - $(nic tvm 10.100.1.10)
	    route-server:
	      profile: azure
	      branch-to-branch: true
	      addresses: [10.100.0.68, 10.100.0.69]
	      neighbors:
	        - { name: vpn, address: 10.100.0.196, kind: vpn }
	        - { name: er, address: 10.100.0.199, kind: expressroute }
	        - { name: nva1, address: 10.100.1.4, asn: 65001 }
	        - { name: nva2, address: 10.100.1.5, asn: 65002 }
	        - { name: nva3, address: 10.100.1.6, asn: 65003, prefix-limit: 1000 }
	EOT
}

# static NAME PATH PREFIX...: routes of a speaker, to be switched on and off as
# one. PATH is what comes behind the speaker's own AS, the nearest AS first.
static() {
	local asn prefix reversed='' attributes=''

	for asn in $2; do
		reversed="$asn $reversed"
	done
	for asn in $reversed; do
		attributes+="bgp_path.prepend($asn); "
	done
	echo "protocol static $1 { ipv4;"
	for prefix in "${@:3}"; do
		echo "route $prefix blackhole${attributes:+ { $attributes\}};"
	done
	echo "}"
}

# off: the protocol on standard input, to be enabled later
off() {
	sed '1s/ipv4;/disabled; ipv4;/'
}

# speaker NAME ADDR AS INSTANCE: BIRD in a VM, with the routes on standard input
speaker() {
	cat - >"$run/$1.conf" <<-EOT
	router id $2;
	protocol device {}
	$(cat)
	template bgp to_rs {
		local $2 as $3;
		multihop;
		connect delay time 1;
		ipv4 {
			import all;
			export filter {
				if source != RTS_STATIC then reject;
				if net = 10.220.0.0/16 then
					bgp_community.add((65535, 65282));
				accept;
			};
			next hop self;
		};
	}
	protocol bgp rs0 from to_rs { neighbor $4 as 65515; }
	protocol bgp rs1 from to_rs { neighbor $(other "$4") as 65515; }
	EOT
	must in_vm "$1" bird -c "$run/$1.conf" -s "$run/$1.ctl" -P "$run/$1.pid"
}
birdc_of() { birdc -s "$run/$1.ctl" "${@:2}" >/dev/null; }

# other INSTANCE: the second one's address
other() { echo "${1%.*}.$((${1##*.} + 1))"; }
# twice INSTANCE LINE...: lines of both instances, @ standing for the address
twice() {
	local instance

	for instance in "$1" "$(other "$1")"; do
		printf '%s\n' "${@:2}" | sed "s/@/$instance/g"
	done | sort
}

# learned|advertised NEIGHBOR: "INSTANCE PREFIX NEXT-HOP PATH"
lines_of() {
	ask show "$1" "$2" -j | jq -r '.[]?[]? |
		"\(.localAddress) \(.network) \(.nextHop) \(.asPath)"' | sort
}
learned() { lines_of learned "$1" | grep -F "${2:- }" || true; }
advertised() { lines_of advertised "$1" | grep -F "${2:- }" || true; }
# received NAME PREFIX: "INSTANCE NEXT-HOP ORIGIN PATH" of what BIRD has
received() {
	birdc -s "$run/$1.ctl" show route for "$2" all | awk '
		match($0, /from [0-9.]+\]/) {
			instance = substr($0, RSTART + 5, RLENGTH - 6)
		}
		/BGP.origin:/ { origin = $2 }
		/BGP.as_path:/ { path = $0; sub(/.*as_path: */, "", path) }
		/BGP.next_hop:/ { print instance, $2, origin, path }' |
		sed 's/ $//' | sort
}
bgp_rows() { rows "$1" | grep ^B || true; }
is() { [ "$("${@:2}")" = "$1" ]; }
# becomes NAME EXPECTED COMMAND...: is within the time, or what it is instead
becomes() {
	wait_until 40 is "${@:2}"
	check_equal "$@"
}
all_up() {
	ask show peers -j | jq -e "[.[] | select(.state == \"Established\")] | length == $1"
}

guest vm 10.0.1.10
guest csr1 10.101.2.10
guest csr2 10.102.2.10
guest vpn 10.100.0.196
guest er 10.100.0.199
guest nva1 10.100.1.4
guest nva2 10.100.1.5
guest nva3 10.100.1.6
guest tvm 10.100.1.10
write_config
start_vrsd

onprem="10.5.1.0/24 10.5.2.0/24 10.5.3.0/24"
# shellcheck disable=SC2086 # lists
speaker csr1 10.101.2.10 65001 10.0.0.4 < <(
	static far 65005 $onprem
	static near "" 10.101.1.0/24 10.101.2.0/24 10.101.3.0/24
)
# shellcheck disable=SC2086
speaker csr2 10.102.2.10 65002 10.0.0.4 < <(
	static far "65005 65005" $onprem
	static near "" 10.102.1.0/24 10.102.2.0/24 10.102.3.0/24
)
speaker vpn 10.100.0.196 65515 10.100.0.68 < <(static branch "" 10.200.0.0/24)
speaker er 10.100.0.199 65515 10.100.0.68 < <(
	static branch "12076 65020" 10.1.34.0/25
)
speaker nva1 10.100.1.4 65001 10.100.0.68 < <(
	static loud "" 10.222.0.0/16
	static quiet "" 10.220.0.0/16
	static loop 65515 10.10.0.0/16
	static twice 65001 10.10.0.0/16 | off
)
speaker nva2 10.100.1.5 65002 10.100.0.68 < <(static plain "" 10.221.0.0/16)
check "all sessions come up" wait_until 60 all_up 12

# A dual-homed spoke
becomes "TV-11: learned from the first" "$(twice 10.0.0.4 \
	"@ 10.101.1.0/24 10.101.2.10 65001" "@ 10.101.2.0/24 10.101.2.10 65001" \
	"@ 10.101.3.0/24 10.101.2.10 65001" "@ 10.5.1.0/24 10.101.2.10 65001-65005" \
	"@ 10.5.2.0/24 10.101.2.10 65001-65005" \
	"@ 10.5.3.0/24 10.101.2.10 65001-65005")" learned csr1
becomes "TV-11: learned from the second" "$(twice 10.0.0.4 \
	"@ 10.102.1.0/24 10.102.2.10 65002" "@ 10.102.2.0/24 10.102.2.10 65002" \
	"@ 10.102.3.0/24 10.102.2.10 65002" \
	"@ 10.5.1.0/24 10.102.2.10 65002-65005-65005" \
	"@ 10.5.2.0/24 10.102.2.10 65002-65005-65005" \
	"@ 10.5.3.0/24 10.102.2.10 65002-65005-65005")" learned csr2
becomes "TV-11: advertised to the first, no second-best" "$(twice 10.0.0.4 \
	"@ 10.0.0.0/24 @ 65515" "@ 10.0.1.0/24 @ 65515" \
	"@ 10.102.1.0/24 @ 65515-65002" "@ 10.102.2.0/24 @ 65515-65002" \
	"@ 10.102.3.0/24 @ 65515-65002")" advertised csr1
becomes "TV-11: advertised to the second" "$(twice 10.0.0.4 \
	"@ 10.0.0.0/24 @ 65515" "@ 10.0.1.0/24 @ 65515" \
	"@ 10.101.1.0/24 @ 65515-65001" "@ 10.101.2.0/24 @ 65515-65001" \
	"@ 10.101.3.0/24 @ 65515-65001" "@ 10.5.1.0/24 @ 65515-65001-65005" \
	"@ 10.5.2.0/24 @ 65515-65001-65005" \
	"@ 10.5.3.0/24 @ 65515-65001-65005")" advertised csr2

# home_rows HOP: of the VM; what is inside of peered VNets is hidden
home_rows() {
	local prefix

	for prefix in $onprem; do
		echo "B Active $prefix VirtualNetworkGateway $1"
	done
	for prefix in 10.101.1.0/24 10.101.2.0/24 10.101.3.0/24; do
		echo "B Hidden $prefix VirtualNetworkGateway 10.101.2.10"
	done
	for prefix in 10.102.1.0/24 10.102.2.0/24 10.102.3.0/24; do
		echo "B Hidden $prefix VirtualNetworkGateway 10.102.2.10"
	done
}
becomes "TV-11: rows" "$(home_rows 10.101.2.10)" bgp_rows vm
check_equal "TV-11: the peered VNets' own rows" "\
D Active 10.0.0.0/24 VnetLocal
D Active 10.0.1.0/24 VnetLocal
D Active 10.101.0.0/16 VNetPeering
D Active 10.102.0.0/16 VNetPeering" eval "rows vm | grep '\(VnetLocal\|Peering\)$'"
check_equal "TV-11: lookups" "\
VirtualNetworkGateway 10.101.2.10 csr1
VnetPeering 10.102.2.10 csr2" eval "lookup vm 10.5.2.9; lookup vm 10.102.2.10"
must birdc_of csr1 disable far
becomes "TV-11: the first loses its link, rows" "$(home_rows 10.102.2.10)" bgp_rows vm
check_equal "TV-11: lookup" "VirtualNetworkGateway 10.102.2.10 csr2" lookup vm 10.5.2.9
becomes "TV-11: the first hears of the second's" "$(twice 10.0.0.4 \
	"@ 10.5.2.0/24 @ 65515-65002-65005-65005")" advertised csr1 10.5.2.0/24

# Branch to branch
becomes "TV-18: the ExpressRoute gateway has the VPN's" "$(twice 10.100.0.68 \
	"@ 10.100.0.196 IGP")" received er 10.200.0.0/24
becomes "TV-18: and the other way round" "$(twice 10.100.0.68 \
	"@ 10.100.0.199 IGP 12076 65020")" received vpn 10.1.34.0/25
row() { rows "$1" | grep -F " $2 " || true; }
check_equal "TV-18: rows" "\
B Active 10.200.0.0/24 VirtualNetworkGateway 10.100.0.196
B Active 10.1.34.0/25 VirtualNetworkGateway 10.100.0.199" eval \
	"row tvm 10.200.0.0/24; row tvm 10.1.34.0/25"
check_equal "TV-18: lookups" "\
VirtualNetworkGateway 10.100.0.196 vpn
VirtualNetworkGateway 10.100.0.199 er" eval \
	"lookup tvm 10.200.0.9; lookup tvm 10.1.34.9"

# NO_ADVERTISE
becomes "TV-22: row" "B Active 10.220.0.0/16 VirtualNetworkGateway 10.100.1.4" \
	row tvm 10.220.0.0/16
check_equal "TV-22: lookup" "VirtualNetworkGateway 10.100.1.4 nva1" lookup tvm 10.220.0.9
becomes "TV-22: another NVA hears of its other routes" "$(twice 10.100.0.68 \
	"@ 10.222.0.0/16 @ 65515-65001")" advertised nva2 10.222.0.0/16
check_equal "TV-22: but not of that one" "" advertised nva2 10.220.0.0/16
check_equal "TV-22: nor do gateways" "" eval \
	"advertised vpn 10.220.0.0/16; advertised er 10.220.0.0/16"

# Our AS in a path, and the neighbor's twice. That its other routes have come has
# been seen.
check_equal "TV-20: no row of a path with our AS" "" row tvm 10.10.0.0/16
check_equal "TV-20: nor is it sent on" "" advertised nva2 10.10.0.0/16
must birdc_of nva1 disable loop
must birdc_of nva1 enable twice
becomes "TV-20: the same AS twice is learned" "$(twice 10.100.0.68 \
	"@ 10.10.0.0/16 10.100.1.4 65001-65001")" learned nva1 10.10.0.0/16
becomes "TV-20: row" "B Active 10.10.0.0/16 VirtualNetworkGateway 10.100.1.4" \
	row tvm 10.10.0.0/16
check_equal "TV-20: lookup" "VirtualNetworkGateway 10.100.1.4 nva1" lookup tvm 10.10.0.9

# The limit of 1,000 counts what is announced again twice
held() { ask show peers -j | jq -c '[.[] | select(.neighbor == "nva3") | .learned]'; }
frr() { vtysh --vty_socket "$run/nva3" -d bgpd "$@" >/dev/null 2>&1; }
# announce N COMMUNITY: as many prefixes, and all that were announced before
announce() {
	local i args=(-c "configure terminal" -c "route-map all permit 10"
		-c "set community $2" -c exit -c "router bgp 65003"
		-c "address-family ipv4 unicast")

	for ((i = 0; i < $1; i++)); do
		args+=(-c "network 10.$((230 + i / 256)).$((i % 256)).0/24")
	done
	frr "${args[@]}"
}
cat >"$run/nva3.conf" <<EOT
router bgp 65003
 bgp router-id 10.100.1.6
 no bgp ebgp-requires-policy
 no bgp network import-check
 neighbor rs peer-group
 neighbor rs remote-as 65515
 neighbor rs ebgp-multihop
 neighbor rs timers connect 1
 neighbor 10.100.0.68 peer-group rs
 neighbor 10.100.0.69 peer-group rs
 address-family ipv4 unicast
  neighbor rs route-map all out
 exit-address-family
exit
bgp as-path access-list own permit ^$
route-map all permit 10
 match as-path own
exit
EOT
mkdir "$run/nva3"
chown -R frr: "$run/nva3" "$run/nva3.conf"
in_vm nva3 /usr/lib/frr/bgpd -Z -n -S -f "$run/nva3.conf" -i "$run/nva3/pid" \
	--vty_socket "$run/nva3" >"$run/nva3.log" 2>&1 &
defer eval "kill -KILL \$(<'$run/nva3/pid')"
check "TV-19: an NVA with a limit" wait_until 60 all_up 14
must announce 500 65003:1
becomes "TV-19: 500 are held" "[500,500]" held
becomes "TV-19: and are rows" "B Active 10.231.7.0/24 VirtualNetworkGateway 10.100.1.6" \
	row tvm 10.231.7.0/24
check_equal "TV-19: lookup" "VirtualNetworkGateway 10.100.1.6 nva3" lookup tvm 10.231.7.9
counts=$(session_counts nva3)
must announce 500 65003:2
again() { birdc -s "$run/nva2.ctl" show route for 10.231.7.0/24 all | grep -q "(65003,$1)"; }
check "TV-19: 500 again are taken" wait_until 40 again 2
check_equal "TV-19: without a reset" "$counts" session_counts nva3
must announce 501 65003:2
becomes "TV-19: one more, too" "[501,501]" held
must announce 501 65003:3
check "TV-19: 501 again are too many" wait_until 40 grep -q \
	"nva3 .*more than 1000 prefixes, the session ends" "$run/vrsd.log"
# It may come back after 5 s, and shall not.
must kill -STOP "$(<"$run/nva3/pid")"
becomes "TV-19: all rows go" "" eval "rows tvm | grep -F 10.100.1.6; true"
check_equal "TV-19: lookup" "None dropped" eval \
	"lookup tvm 10.231.7.9 | sed 's/ .*/ dropped/'"
check_equal "TV-19: other neighbors do not notice" \
	"B Active 10.221.0.0/16 VirtualNetworkGateway 10.100.1.5" row tvm 10.221.0.0/16
ktap_finish
