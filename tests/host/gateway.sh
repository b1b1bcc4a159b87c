#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Gateways: an ExpressRoute gateway (FRR) and a VPN gateway (BIRD), internal peers
# in the route server's AS, next to two NVAs. What is exchanged with and without
# branch-to-branch, which route wins by the routing preference, and that neither
# takes a session reset to change.
#
#	      sdwan	10.1.2.4 (FRR, AS 65001)	10.250.0.0/16
#	      firewall	10.1.3.4 (BIRD, AS 65002)	0.0.0.0/0
#	      er	10.1.4.4 (FRR, AS 65515)	10.200.0.0/24, 10.210.0.0/16
#	      vpn	10.1.5.4 (BIRD, AS 65515)	10.201.0.0/24, 10.210.0.0/16

. "${0%/*}/host.bash"

# gateway_config [KEY...]: more keys of the route server.
gateway_config() {
	cat >"$run/vrsd.yaml" <<-EOF
	vnets:
	  - name: blue
	    vni: 5001
	    table: 100
	    bgp-table: 101
	    address-spaces: [10.1.0.0/16]
	    route-server:
	      addresses: [10.1.1.4, 10.1.1.5]
	$(printf '      %s\n' "$@")
	      neighbors:
	        - { name: sdwan, address: 10.1.2.4, asn: 65001 }
	        - { name: firewall, address: 10.1.3.4, asn: 65002 }
	        - { name: er, address: 10.1.4.4, kind: expressroute }
	        - { name: vpn, address: 10.1.5.4, kind: vpn }
	EOF
}

# A path as a circuit has it, longer than that of the VPN gateway.
start_er() {
	cat >"$run/er.conf" <<-EOF
	log file $run/er.log
	ip prefix-list shared seq 5 permit 10.210.0.0/16
	route-map circuit permit 10
	 match ip address prefix-list shared
	 set as-path prepend 12076 65020
	route-map circuit permit 20
	router bgp 65515
	 bgp router-id 10.1.4.4
	 no bgp default ipv4-unicast
	 no bgp network import-check
	 neighbor RS peer-group
	 neighbor RS remote-as 65515
	 neighbor RS timers connect 2
	 neighbor 10.1.1.4 peer-group RS
	 neighbor 10.1.1.5 peer-group RS
	 address-family ipv4 unicast
	  network 10.200.0.0/24
	  network 10.210.0.0/16
	  neighbor 10.1.1.4 activate
	  neighbor 10.1.1.5 activate
	  neighbor RS route-map circuit out
	 exit-address-family
	EOF
	run_bgpd er er
}
er() { vtysh --vty_socket "$run/er" -d bgpd -c "$1"; }
er_configure() {
	local args=() line

	for line; do
		args+=(-c "$line")
	done
	vtysh --vty_socket "$run/er" -d bgpd -c "configure terminal" "${args[@]}"
}

start_vpn() {
	cat >"$run/vpn.conf" <<-EOF
	router id 10.1.5.4;
	log "$run/vpn.log" all;
	protocol device {}
	protocol static {
	  ipv4;
	  route 10.201.0.0/24 blackhole;
	  route 10.210.0.0/16 blackhole;
	}
	template bgp to_rs {
	  local as 65515;
	  connect delay time 1;
	  ipv4 {
	    import all;
	    export filter {
	      if source != RTS_STATIC then reject;
	      if net = 10.210.0.0/16 then bgp_path.prepend(65030);
	      accept;
	    };
	    next hop self;
	  };
	}
	protocol bgp rs0 from to_rs { neighbor 10.1.1.4 as 65515; }
	protocol bgp rs1 from to_rs { neighbor 10.1.1.5 as 65515; }
	EOF
	run_bird vpn vpn
}
vpn() { birdc -s "$run/vpn.ctl" "$@"; }

# er_has PREFIX PATH HOP: from both instances, with Azure's mark; HOP may be
# "instance", the address of each.
er_has() {
	er "show bgp ipv4 unicast $1 json" | jq -e --arg path "$2" --arg hop "$3" '
		[.paths[] | select((.aspath.string | sub("Local"; "")) == $path and
			.nexthops[0].ip == (if $hop == "instance" then .peer.peerId else $hop end) and
			.community.string == "65517:65517")] | length == 2'
}
er_lacks() { er "show bgp ipv4 unicast $1 json" | jq -e '.paths // [] | length == 0'; }

# vpn_has PREFIX PATH HOP: from both instances, without a mark.
vpn_has() {
	[ "$(vpn show route all for "$1" protocol rs0 | awk -v path="$2" -v hop="$3" '
		/BGP.as_path:/ { sub(/.*BGP.as_path: */, ""); same = $0 == path }
		/BGP.next_hop:/ { at = $2 == hop }
		/BGP.community:/ { marked = 1 }
		END { print same && at && !marked }')" = 1 ]
}
vpn_knows() { vpn show route for "$1" protocol rs0 | grep -q "$1"; }

# er_reflected PREFIX CONDITION: holds of both its paths.
er_reflected() {
	er "show bgp ipv4 unicast $1 json" | jq -e "[.paths[] | select($2)] | length == 2"
}
# vpn_reflected PREFIX ORIGINATOR CLUSTER
vpn_reflected() {
	[ "$(vpn show route all for "$1" protocol rs0 |
		awk '/BGP.(originator_id|cluster_list):/ { printf "%s ", $2 }')" = "$2 $3 " ]
}

# best_of PREFIX: the neighbors whose routes to it are in use.
best_of() {
	vrs show learned -j | jq -r --arg p "$1" '[.[]?[]? |
		select(.network == $p and .best) | .neighbor] | unique | join(" ")'
}
why_not() {
	vrs show learned "$1" -j | jq -r --arg p "$2" '[.[]?[]? |
		select(.network == $p) | .why] | unique | join(" ")'
}
is_best() { [ "$(best_of "$1")" = "$2" ]; }

add_topology
add_nva er 4
add_nva vpn 5
gateway_config
start_vrsd
start_frr
start_bird
start_er
start_vpn
check "eight sessions come up" wait_until 30 sessions 8
check "the ExpressRoute gateway's route is learned" wait_until 10 learned er 10.200.0.0/24
check "the VPN gateway's route is learned" wait_until 10 learned vpn 10.201.0.0/24
check "and the NVAs'" wait_until 10 learned sdwan 10.250.0.0/16
check "the ExpressRoute gateway has the address space" \
	wait_until 10 er_has 10.1.0.0/16 "" instance
check "the VPN gateway has it" wait_until 10 vpn_has 10.1.0.0/16 "" 10.1.1.4
check "NVAs hear of each other" wait_until 10 bird_has 10.250.0.0/16 "65515 65001"
check "an NVA does not hear of a gateway" frr_lacks 10.200.0.0/24
check "nor a gateway of an NVA" er_lacks 10.250.0.0/16
check "nor of the other gateway" er_lacks 10.201.0.0/24
counts=$(session_counts)

# Vectors of the preference: ExpressRoute by default, though its path is longer.
check "ExpressRoute wins" wait_until 10 is_best 10.210.0.0/16 er
check_equal "and the other says why it does not" routing-preference why_not vpn 10.210.0.0/16
gateway_config "routing-preference: VpnGateway"
must vrs reload
check "VpnGateway: the VPN gateway wins" wait_until 10 is_best 10.210.0.0/16 vpn
gateway_config "routing-preference: ASPath"
must vrs reload
check "ASPath: the shorter path wins" wait_until 10 is_best 10.210.0.0/16 vpn
check_equal "and that is why" as-path-length why_not er 10.210.0.0/16
gateway_config
must vrs reload
check "and back" wait_until 10 is_best 10.210.0.0/16 er

gateway_config "branch-to-branch: true"
must vrs reload
check "branch-to-branch: an NVA hears of a gateway" wait_until 10 frr_has 10.200.0.0/24 65515
check "and the other, too" wait_until 10 bird_has 10.201.0.0/24 65515
check "the ExpressRoute gateway hears of an NVA, path and next hop as they are" \
	wait_until 10 er_has 10.250.0.0/16 65001 10.1.2.4
check "and of the VPN gateway" wait_until 10 er_has 10.201.0.0/24 "" 10.1.5.4
check "the VPN gateway hears of an NVA" wait_until 10 vpn_has 10.250.0.0/16 65001 10.1.2.4
check "and of the ExpressRoute gateway" wait_until 10 vpn_has 10.200.0.0/24 "" 10.1.4.4
# RFC 4456: whose it is, and that we have sent it on.
check "a gateway is told where another's route is from" wait_until 10 er_reflected 10.201.0.0/24 \
	'.originatorId == "10.1.5.4" and .clusterList.list == ["10.1.1.4"]'
check "BIRD, too" vpn_reflected 10.200.0.0/24 10.1.4.4 10.1.1.4
check "an NVA's route is not reflected" er_reflected 10.250.0.0/16 '.originatorId == null and .clusterList == null'
check_equal "and an NVA is told nothing of that" 0 sh -c "vtysh --vty_socket $run/frr -d bgpd \
	-c 'show bgp ipv4 unicast 10.200.0.0/24 json' | grep -cE 'originatorId|clusterList' || true"
check_equal "no session was reset" "$counts" session_counts

# NO_ADVERTISE keeps a route off all peers, NO_EXPORT off the external ones.
must frr_configure "route-map keep permit 10" "set community no-advertise" \
	"router bgp 65001" "address-family ipv4 unicast" \
	"neighbor RS route-map keep out"
must frr "clear bgp ipv4 unicast * soft out"
check "NO_ADVERTISE: the gateways lose the route" wait_until 10 er_lacks 10.250.0.0/16
check "and the other NVA" wait_until 10 bird_lacks 10.250.0.0/16
check "it is still in use" learned sdwan 10.250.0.0/16
must frr_configure "route-map keep permit 10" "set community no-export"
must frr "clear bgp ipv4 unicast * soft out"
check "NO_EXPORT: the gateways have it" wait_until 10 vpn_knows 10.250.0.0/16
check "the other NVA has not" bird_lacks 10.250.0.0/16
must frr_configure "route-map keep permit 10" "no set community"
must frr "clear bgp ipv4 unicast * soft out"
check "without, all have it" wait_until 10 bird_has 10.250.0.0/16 "65515 65001"

gateway_config
must vrs reload
check "without branch-to-branch the NVA has lost it" wait_until 10 frr_lacks 10.200.0.0/24
check "and the gateway" wait_until 10 er_lacks 10.250.0.0/16
check "NVAs hear of each other as before" bird_has 10.250.0.0/16 "65515 65001"
check_equal "no session was reset" "$counts" session_counts

# A gateway that is a reflector itself brings back what we have sent it.
must er_configure "router bgp 65515" "address-family ipv4 unicast" "neighbor RS route-reflector-client"
gateway_config "branch-to-branch: true"
must vrs reload
looped() { [ "$(why_not er 10.201.0.0/24)" = reflection-loop ]; }
check "what was here before is known by its CLUSTER_LIST" wait_until 40 looped
check "and not used" is_best 10.201.0.0/24 vpn
gateway_config
must vrs reload

sed -i 's/asn: 65002/&, as-override: true/' "$run/vrsd.yaml"
must vrs reload
must frr_configure "router bgp 65001" "address-family ipv4 unicast" \
	"network 10.251.0.0/16" "exit" "exit" "route-map keep permit 10" \
	"set as-path prepend 65002"
must frr "clear bgp ipv4 unicast * soft out"
check "as-override: a peer takes a path with its own AS" \
	wait_until 10 bird_has 10.251.0.0/16 "65515 65001 65515"
stop_vrsd
check_equal "vrsd ends in good order" 0 echo $?
ktap_finish
