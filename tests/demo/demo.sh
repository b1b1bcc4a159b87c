#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The whole path once, in a guest: an NVA's BGP announcement becomes a route in
# the loaded module, and packets follow it. Each step says what it proves and
# shows the commands with their real output; the first thing that does not
# hold ends the demo with a status other than 0.
#
#   onprem 10.250.0.10 -- sdwan 10.1.2.4 --+
#                         (FRR, AS 65001)  |
#                                          |   VNet blue, 10.1.0.0/16
#        vm1 10.1.0.4 ---------------------+   route server 10.1.1.4, 10.1.1.5
#        vm2 10.1.0.5 ---------------------+   (vrsd, AS 65515)
#                                          |
#   internet 203.0.113.10 -- firewall -----+
#                            10.1.3.4 (BIRD, AS 65002)
#
# VMs and NVAs are network namespaces; the lines are veth pairs whose host end
# has the VM's name and is a NIC of blue.

# shellcheck disable=SC2317 # the checks are called through holds and soon
set -u
cd "${0%/*}" || exit 1
# shellcheck source=../jq.sh
. ../jq.sh

run=/run/demo
bgp_table=101

#
# How the demo speaks
#

bold() { printf '\n\033[1m%s\033[0m\n' "$*"; }
step() { bold "Step $1: $2"; }
proves() { printf '  This proves: %s\n' "$*"; }

# show COMMAND...: the command and what it prints.
show() {
	printf '  $ %s\n' "$*"
	"$@" 2>&1 | sed 's/^/  | /'
	return "${PIPESTATUS[0]}"
}

# holds TEXT COMMAND...: the demo ends here unless COMMAND says yes.
holds() {
	local text=$1
	shift
	if "$@" >/dev/null 2>&1 </dev/null; then
		printf '  holds: %s\n' "$text"
	else
		printf '  DOES NOT HOLD: %s\n  (tried: %s)\n' "$text" "$*"
		tail -n 30 $run/vrsd.log | sed 's/^/  vrsd: /'
		exit 1
	fi
}

# soon TEXT COMMAND...: as holds, but it may take up to 90 s to become true.
soon() {
	local text=$1 deadline=$((SECONDS + 90))
	shift
	until "$@" >/dev/null 2>&1 </dev/null || [ $SECONDS -ge $deadline ]; do
		sleep 0.2
	done
	holds "$text" "$@"
}

not() { ! "$@"; }
in_vm() { ip netns exec "$@"; }

#
# What the steps ask
#

# effective NIC CLASS STATE PREFIX [NEXT-HOP]: is there such an effective route?
effective() {
	vrs show effective-routes "$1" --all -j |
		jq -e --arg source "$2" --arg state "$3" --arg prefix "$4" \
			--arg hop "${5-}" 'any(.value[]; .source == $source and
			.state == $state and (.addressPrefix | index($prefix)) and
			($hop == "" or (.nextHopIpAddress | index($hop))))'
}

has_bgp_row() {
	vrs show effective-routes "$1" --all -j |
		jq -e 'any(.value[]; .source == "VirtualNetworkGateway")'
}

reaches() { in_vm "$1" ping -c 3 -i 0.2 -W 2 "$2"; }

# through NVA: how many packets it has passed on, away from the VNet.
through() {
	in_vm "$1" nft -j list chain inet demo forward |
		jq '[.nftables[].rule?.expr[]?.counter? | values | .packets] | add'
}

passes_through() {
	local nva=$1 from=$2 to=$3 before
	before=$(through "$nva")
	reaches "$from" "$to" && [ "$(through "$nva")" -eq $((before + 3)) ]
}

passes_beside() {
	local nva=$1 from=$2 to=$3 before
	before=$(through "$nva")
	reaches "$from" "$to" && [ "$(through "$nva")" -eq "$before" ]
}

frr() { vtysh -N sdwan "$@"; }
bird_cli() { birdc -s $run/firewall.ctl "$@"; }
four_sessions() {
	vrs show peers -j | jq -e '[.. | objects |
		select(.state? == "Established")] | length == 4'
}

# frr_paths PREFIX AS-PATH NEXT-HOPS: those of the paths with that AS path.
frr_paths() {
	frr -c "show bgp ipv4 unicast $1 json" | jq -e --arg path "$2" \
		--argjson hops "$3" '[.paths[] | select(.aspath.string == $path) |
			.nexthops[0].ip] | sort == $hops'
}

frr_learned() { frr -c "show bgp ipv4 unicast $1 json" | jq -e '.paths | length > 0'; }
bird_learned() { bird_cli "show route for $1 protocol $2" | grep -q "^$1"; }

# Uptimes of the NVAs' four sessions, to see that none was reset.
frr_resets() { frr -c "show bgp summary json" | jq '[.ipv4Unicast.peers[].connectionsDropped] | add'; }
bird_since() { bird_cli show protocols | awk '$2 == "BGP" { print $1, $5 }'; }
# bird_since_still BEFORE: BIRD reckons the time anew for each answer, to a
# millisecond or so; a session that was reset is younger by more.
bird_since_still() {
	paste -d ' ' <(echo "$1") <(bird_since) | awk '
		function seconds(time, part) {
			split(time, part, ":")
			return part[1] * 3600 + part[2] * 60 + part[3]
		}
		{ age = seconds($4) - seconds($2) }
		NF != 4 || $1 != $3 || age > 0.1 || age < -0.1 { exit bad = 1 }
		END { exit bad || NR == 0 }'
}

# What the Loc-RIB wants and what the kernel holds, in one notation: prefix and
# next hop of each best route.
wanted() {
	{ vrs show learned sdwan -j; vrs show learned firewall -j; } |
		jq -r '.[]?[]? | select(.best) | "\(.network) \(.nextHop)"' | sort -u
}

held() {
	local prefix id group
	ip -j route show table "$bgp_table" proto bgp |
		jq -r '.[] | "\(.dst) \(.nhid)"' | sed 's/^default/0.0.0.0\/0/' |
		while read -r prefix id; do
			for group in $(ip -j nexthop show id "$id" | jq -r '.[].group[]?.id // .[].id'); do
				echo "$prefix $(ip -j nexthop show id "$group" | jq -r '.[].gateway')"
			done
		done | sort -u
}

#
# The stage
#

vm() {
	local name=$1 mac=$2 addr=$3
	ip netns add "$name"
	ip -n "$name" link set lo up
	ip link add "$name" type veth peer name eth0 address "$mac" netns "$name"
	ip link set "$name" up
	ip -n "$name" link set eth0 up
	ip -n "$name" address add "$addr" dev eth0
}

# behind NVA HOST ADDR...: a host reached through the NVA only.
behind() {
	local nva=$1 host=$2 net=${3%.*} addr
	ip netns add "$host"
	ip -n "$host" link set lo up
	ip link add eth1 netns "$nva" type veth peer name eth0 netns "$host"
	ip -n "$nva" address add "$net.1/24" dev eth1
	ip -n "$nva" link set eth1 up
	ip -n "$host" link set eth0 up
	for addr in "${@:3}"; do
		ip -n "$host" address add "$addr/24" dev eth0
	done
	ip -n "$host" route add default via "$net.1"
	in_vm "$nva" sysctl -qw net.ipv4.ip_forward=1
	in_vm "$nva" nft -f - <<-EOT
		table inet demo {
			chain forward {
				type filter hook forward priority 0;
				iifname eth0 oifname eth1 counter
			}
		}
	EOT
}

start_agent() {
	vrsd -c $run/vrsd.yaml >>$run/vrsd.log 2>&1 &
	agent=$!
}

stage() {
	mkdir -p $run
	cp vrsd.yaml $run/
	ip link add uplink type dummy
	ip link set uplink up

	vm vm1 02:00:00:00:00:04 10.1.0.4/24
	ip -n vm1 route add default via 10.1.0.1
	ip -n vm1 address add fd00:10:1::4/64 dev eth0 nodad
	vm vm2 02:00:00:00:00:05 10.1.0.5/24
	ip -n vm2 route add default via 10.1.0.1
	ip -n vm2 address add fd00:10:1::5/64 dev eth0 nodad

	vm sdwan 02:00:00:00:02:04 10.1.2.4/24
	behind sdwan onprem 10.250.0.10
	ip -n onprem address add 10.66.0.10/32 dev lo
	ip -n sdwan route add 10.66.0.10/32 via 10.250.0.10

	vm firewall 02:00:00:00:03:04 10.1.3.4/24
	behind firewall internet 203.0.113.10
}

# start_sdwan DAEMON...: and give them their configuration.
start_sdwan() {
	local daemon
	install -d -o frr -g frr /run/frr/sdwan /etc/frr/sdwan $run/frr
	cp sdwan.conf /etc/frr/sdwan/frr.conf
	echo "service integrated-vtysh-config" >/etc/frr/sdwan/vtysh.conf
	for daemon; do
		in_vm sdwan "/usr/lib/frr/$daemon" -d -N sdwan \
			--log "file:$run/frr/$daemon.log"
	done
	frr -b
}

start_firewall() {
	in_vm firewall bird -c "$PWD/firewall.conf" -s $run/firewall.ctl -P $run/bird.pid
}

#
# The steps
#

step_1() {
	step 1 "a VNet, its VMs and a route server, from one configuration file"
	proves "the module is loaded, vrsd has made VNet blue and its NICs, VMs talk directly."
	show insmod "$VNET_KO" || exit 1
	stage
	show cat $run/vrsd.yaml
	start_agent
	soon "vrsd has brought up blue with both instance addresses" \
		sh -c 'ip -4 -o address show dev blue | grep -c "10.1.1.[45]/32" | grep -qx 2'
	soon "vm1 is a NIC of blue" sh -c 'vrs show nics -j | grep -q 10.1.0.4'
	show ip -d link show blue
	show vrs show nics
	soon "vm1 reaches vm2 (IPv4)" reaches vm1 10.1.0.5
	soon "vm1 reaches vm2 (IPv6)" reaches vm1 fd00:10:1::5
}

step_2() {
	step 2 "before the NVAs speak"
	proves "without BGP a VM has the system routes only, and cannot reach what is behind an NVA."
	show vrs show effective-routes vm1
	holds "vm1 has the address space" effective vm1 Default Active 10.1.0.0/16
	holds "vm1 has no route learned by BGP" not has_bgp_row vm1
	show ip netns exec vm1 ping -c 2 -i 0.2 -W 1 10.250.0.10
	holds "10.250.0.10 is unreachable" not reaches vm1 10.250.0.10
}

step_3() {
	step 3 "the NVAs announce 10.250.0.0/16 (FRR) and 0.0.0.0/0 (BIRD)"
	proves "an announcement becomes an effective route of every NIC, and packets follow it."
	start_sdwan zebra staticd bgpd
	start_firewall
	local nic
	for nic in vm1 vm2; do
		soon "$nic: 10.250.0.0/16 through 10.1.2.4" \
			effective $nic VirtualNetworkGateway Active 10.250.0.0/16 10.1.2.4
		soon "$nic: 0.0.0.0/0 through 10.1.3.4" \
			effective $nic VirtualNetworkGateway Active 0.0.0.0/0 10.1.3.4
		holds "$nic: the system default is listed and beaten" \
			effective $nic Default Invalid 0.0.0.0/0
	done
	soon "both instances have a session with both NVAs" \
		four_sessions
	show vrs show peers
	show vrs show learned
	show vrs show effective-routes vm1 --all
	show vrs show next-hop vm1 10.250.0.10
	holds "vm1 to on-premises passes the SD-WAN NVA" \
		passes_through sdwan vm1 10.250.0.10
	holds "vm1 to the Internet passes the firewall NVA" \
		passes_through firewall vm1 203.0.113.10
	holds "vm2 to on-premises passes the SD-WAN NVA" \
		passes_through sdwan vm2 10.250.0.10
	show ip netns exec sdwan nft list chain inet demo forward
	show ip netns exec firewall nft list chain inet demo forward
	holds "vm1 to vm2 passes neither (SD-WAN)" passes_beside sdwan vm1 10.1.0.5
	holds "vm1 to vm2 passes neither (firewall)" passes_beside firewall vm1 10.1.0.5
}

step_4() {
	step 4 "the NVAs learn the VNet, and its changes"
	proves "an NVA learns the address spaces from the instance it peers with, and a new one without a reset."
	soon "FRR has learned 10.1.0.0/16" frr_learned 10.1.0.0/16
	soon "BIRD has learned 10.1.0.0/16 from both instances" bird_learned 10.1.0.0/16 rs1
	show vtysh -N sdwan -c "show bgp ipv4 unicast 10.1.0.0/16"
	show birdc -s $run/firewall.ctl show route for 10.1.0.0/16 all
	holds "FRR: path 65515, next hop the instance itself, for both" \
		frr_paths 10.1.0.0/16 65515 '["10.1.1.4","10.1.1.5"]'

	local frr_before bird_before
	frr_before=$(frr_resets)
	bird_before=$(bird_since)
	show sed -i 's|^      - 10.1.0.0/16|&\n      - 10.2.0.0/16|' $run/vrsd.yaml
	show vrs reload || exit 1
	soon "FRR has learned 10.2.0.0/16" frr_learned 10.2.0.0/16
	soon "BIRD has learned 10.2.0.0/16" bird_learned 10.2.0.0/16 rs0
	show vtysh -N sdwan -c "show bgp ipv4 unicast"
	show birdc -s $run/firewall.ctl show protocols
	holds "no session of FRR was reset" test "$(frr_resets)" -eq "$frr_before"
	holds "no session of BIRD was reset" bird_since_still "$bird_before"
}

no_10_250() {
	local nic
	for nic in vm1 vm2 sdwan firewall; do
		! effective "$nic" VirtualNetworkGateway Active 10.250.0.0/16 || return 1
	done
}

step_5() {
	step 5 "the SD-WAN NVA withdraws, comes back, and dies"
	proves "what an NVA withdraws or loses by dying is gone from every NIC, and the packets stop."
	show vtysh -N sdwan -c "configure terminal" -c "router bgp 65001" -c "no network 10.250.0.0/16"
	soon "10.250.0.0/16 has left every NIC" no_10_250
	local before
	before=$(through sdwan)
	holds "vm1 no longer reaches 10.250.0.10" not reaches vm1 10.250.0.10
	holds "no packet came to the SD-WAN NVA" test "$(through sdwan)" -eq "$before"

	show vtysh -N sdwan -c "configure terminal" -c "router bgp 65001" -c "network 10.250.0.0/16"
	soon "announced again, the route is back" \
		effective vm1 VirtualNetworkGateway Active 10.250.0.0/16 10.1.2.4
	holds "and carries packets" passes_through sdwan vm1 10.250.0.10

	show kill -KILL "$(cat /run/frr/sdwan/bgpd.pid)"
	soon "bgpd killed: 10.250.0.0/16 has left every NIC" no_10_250
	before=$(through sdwan)
	holds "vm1 no longer reaches 10.250.0.10" not reaches vm1 10.250.0.10
	holds "no packet came to the SD-WAN NVA" test "$(through sdwan)" -eq "$before"

	start_sdwan bgpd
	soon "bgpd started again: the route is back" \
		effective vm1 VirtualNetworkGateway Active 10.250.0.0/16 10.1.2.4
	show vrs show effective-routes vm1
}

same_as_wanted() { [ -n "$(wanted)" ] && [ "$(wanted)" = "$(held)" ]; }

step_6() {
	step 6 "the agent is killed and started again"
	proves "traffic does not need the agent, and a new agent makes the kernel hold what the Loc-RIB wants."
	in_vm vm1 ping -i 0.05 -c 400 10.250.0.10 >$run/ping.sdwan 2>&1 &
	local onprem=$!
	in_vm vm1 ping -i 0.05 -c 400 203.0.113.10 >$run/ping.firewall 2>&1 &
	local internet=$!
	sleep 2
	show kill -KILL $agent
	wait $agent 2>$run/killed
	soon "all of vrsd is gone" not pgrep -x vrsd
	show ip route show table $bgp_table
	sleep 2
	start_agent
	soon "all four sessions are up again" \
		four_sessions
	wait $onprem $internet
	show tail -n 3 $run/ping.sdwan
	show tail -n 3 $run/ping.firewall
	holds "no packet was lost through the SD-WAN NVA" grep -q ' 0% packet loss' $run/ping.sdwan
	holds "no packet was lost through the firewall NVA" grep -q ' 0% packet loss' $run/ping.firewall
	soon "the kernel holds what the Loc-RIB wants, no more and no less" same_as_wanted
	printf '  Loc-RIB and kernel (prefix, next hop):\n'
	wanted | sed 's/^/  | /'
}

step_7() {
	step 7 "a route by hand"
	proves "ip route programs the data plane just as the agent does."
	holds "10.66.0.10 is unreachable" not reaches vm1 10.66.0.10
	show ip route add 10.66.0.0/16 via 10.1.2.4 dev blue table $bgp_table || exit 1
	show ip route show table $bgp_table
	holds "ip route says rt_offload" \
		sh -c "ip route show table $bgp_table 10.66.0.0/16 | grep -q rt_offload"
	holds "vm1 has it" effective vm1 VirtualNetworkGateway Active 10.66.0.0/16 10.1.2.4
	holds "and packets follow it" passes_through sdwan vm1 10.66.0.10
}

bold "A route server for virtual networks, on $(uname -sr)"
step_1
step_2
step_3
step_4
step_5
step_6
step_7
bold "All seven steps hold."
exit 0
