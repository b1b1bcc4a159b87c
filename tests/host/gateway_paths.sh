#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Several paths of one prefix to gateways (RFC 7911), which get next hops as they
# are and so can balance over the NVAs by themselves: an FRR that does, and a BIRD.
# A path keeps its identifier while others come, change and go.
#
#	      sdwan	10.1.2.4 (FRR, AS 65001)	10.250.0.0/16
#	      firewall	10.1.3.4 (BIRD, AS 65002)	10.250.0.0/16
#	      er	10.1.4.4 (FRR, AS 65515)
#	      vpn	10.1.5.4 (BIRD, AS 65515)

. "${0%/*}/host.bash"

# paths_config N [BRANCH-TO-BRANCH]: N paths for each gateway.
paths_config() {
	cat >"$run/vrsd.yaml" <<-EOF
	vnets:
	  - name: blue
	    vni: 5001
	    table: 100
	    bgp-table: 101
	    address-spaces: [10.1.0.0/16]
	    route-server:
	      addresses: [10.1.1.4]
	      branch-to-branch: ${2:-true}
	      neighbors:
	        - { name: sdwan, address: 10.1.2.4, asn: 65001 }
	        - { name: firewall, address: 10.1.3.4, asn: 65002 }
	        - { name: er, address: 10.1.4.4, kind: expressroute, add-path-send: $1 }
	        - { name: vpn, address: 10.1.5.4, kind: vpn, add-path-send: $1 }
	EOF
}

start_er() {
	cat >"$run/er.conf" <<-EOF
	log file $run/er.log
	router bgp 65515
	 bgp router-id 10.1.4.4
	 bgp bestpath as-path multipath-relax
	 no bgp default ipv4-unicast
	 neighbor 10.1.1.4 remote-as 65515
	 neighbor 10.1.1.4 timers connect 2
	 address-family ipv4 unicast
	  neighbor 10.1.1.4 activate
	  maximum-paths ibgp 4
	 exit-address-family
	EOF
	run_bgpd er er
}

start_vpn() {
	cat >"$run/vpn.conf" <<-EOF
	router id 10.1.5.4;
	log "$run/vpn.log" all;
	protocol device {}
	protocol bgp rs0 {
	  local as 65515;
	  neighbor 10.1.1.4 as 65515;
	  connect delay time 1;
	  ipv4 { import all; export none; add paths rx; };
	}
	EOF
	run_bird vpn vpn
}

# er_paths: "PATH HOP IDENTIFIER" of each path that FRR has of the prefix.
er_paths() {
	vtysh --vty_socket "$run/er" -d bgpd -c "show bgp ipv4 unicast 10.250.0.0/16 json" |
		jq -r '.paths[]? | "\(.aspath.string) \(.nexthops[0].ip) \(.addpathRxId // .addPath.rxId // 0)"' | sort
}
# vpn_paths: "PATH HOP" of each that BIRD has.
vpn_paths() {
	birdc -s "$run/vpn.ctl" show route all for 10.250.0.0/16 |
		awk '/BGP.as_path:/ { path = $0; sub(/.*: */, "", path) }
			/BGP.next_hop:/ { print path, $2 }' | sort
}
# sent_paths GATEWAY: the same as er_paths, by what vrsd says.
sent_paths() {
	vrs show advertised "$1" -j | jq -r '.[]?[]? | select(.network == "10.250.0.0/16") |
		"\(.asPath | gsub("-"; " ")) \(.nextHop) \(.pathId)"' | sort
}

# both_have PATH-AND-HOP...: these and no others, with FRR by the identifiers that
# they were sent with.
both_have() {
	[ "$(er_paths | sed 's/ [0-9]*$//')" = "$(printf '%s\n' "$@" | sort)" ] &&
		[ "$(vpn_paths)" = "$(printf '%s\n' "$@" | sort)" ] &&
		[ "$(er_paths)" = "$(sent_paths er)" ]
}
# identifier GATEWAY HOP
identifier() { sent_paths "$1" | awk -v hop="$2" '$(NF - 1) == hop { print $NF }'; }
# balanced HOP...: over which FRR balances.
balanced() {
	vtysh --vty_socket "$run/er" -d bgpd -c "show bgp ipv4 unicast 10.250.0.0/16 json" |
		jq -e '[.paths[] | select(.bestpath.overall or .multipath) | .nexthops[0].ip] |
			sort == $ARGS.positional' --args "$@"
}
# firewall_announces [ATTRIBUTES]: the same prefix as sdwan
firewall_announces() {
	sed -i '/10\.250\.0\.0/d' "$run/bird.conf"
	echo "protocol static shared { ipv4; route 10.250.0.0/16 blackhole { ${1:-} }; }" >>"$run/bird.conf"
	bird configure
}

add_topology
add_nva er 4
add_nva vpn 5
paths_config 4
start_vrsd
start_frr
start_bird
start_er
start_vpn
check "four sessions come up" wait_until 30 sessions 4
must firewall_announces >/dev/null
check "both gateways have the paths of both NVAs" wait_until 30 both_have "65001 10.1.2.4" "65002 10.1.3.4"
check "FRR balances over both" wait_until 30 balanced 10.1.2.4 10.1.3.4
counts=$(session_counts)
er_id=$(identifier er 10.1.3.4)
vpn_id=$(identifier vpn 10.1.3.4)
sdwan_id=$(identifier er 10.1.2.4)
check "they differ in their identifiers" [ "$er_id" -ne "$sdwan_id" ]

must firewall_announces "bgp_path.prepend(65002);" >/dev/null
check "one becomes longer" wait_until 30 both_have "65001 10.1.2.4" "65002 65002 10.1.3.4"
check_equal "and keeps its identifier" "$er_id" identifier er 10.1.3.4
check_equal "as does the other" "$sdwan_id" identifier er 10.1.2.4
check "FRR uses the shorter one" wait_until 30 balanced 10.1.2.4

must frr_configure "router bgp 65001" "address-family ipv4 unicast" "no network 10.250.0.0/16"
check "one is withdrawn, the other stays" wait_until 30 both_have "65002 65002 10.1.3.4"
check_equal "with FRR's gateway by the identifier that it had" "$er_id" identifier er 10.1.3.4
check_equal "and with BIRD's" "$vpn_id" identifier vpn 10.1.3.4
must frr_configure "router bgp 65001" "address-family ipv4 unicast" "network 10.250.0.0/16"
check "it comes back" wait_until 30 both_have "65001 10.1.2.4" "65002 65002 10.1.3.4"
check_equal "beside the same identifier" "$er_id" identifier er 10.1.3.4

paths_config 1
must vrs reload
check "with a bound of one the best is left" wait_until 30 both_have "65001 10.1.2.4"
paths_config 4 false
must vrs reload
check "without branch-to-branch none" wait_until 30 both_have
paths_config 4
must vrs reload
check "and with it both again" wait_until 30 both_have "65001 10.1.2.4" "65002 65002 10.1.3.4"
check_equal "no session was reset" "$counts" session_counts
stop_vrsd
check_equal "vrsd ends in good order" 0 echo $?
ktap_finish
