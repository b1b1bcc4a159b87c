# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034 # settings are for peer_start
#
# Interoperability with one BGP daemon, feature by feature. The topology is that
# of tests/host/host.bash: the daemon under test is the NVA "sdwan"; a BIRD, the
# NVA "firewall", is the witness: it announces what the daemon must learn, and
# tells how the daemon's routes arrive.
#
# A script for a daemon sources this file, defines
#
#	peer_version		prints it
#	peer_start		runs it with the settings below
#	peer_announce PREFIX [COMMUNITY...] [hop=ADDRESS] [path=ASN] [odd]
#				with another next hop than its own, with one AS
#				more behind its own, with an attribute of type
#				99, optional and transitive, of bytes 1 and 2
#	peer_withdraw PREFIX
#	peer_has PREFIX PATH [HOP]
#				it has PREFIX with this AS path (numbers with a
#				space between them), the next hop being HOP, or
#				the instance 10.1.1.4 or fd00:10:1:1::4
#	peer_has_community PREFIX A:B
#	peer_has_otc PREFIX ASN
#	peer_refresh		asks for all routes again
#	peer_up FAMILY		it says that its session is up
#	peer_shutdown TEXT	ends the session of IPv4, for this reason
#	peer_told TEXT		it says that we have ended that of IPv6 for this
#	peer_ao_key FAMILY ID	it sends with the key that has this ID
#	peer_stall		it says that it is there, and takes no more
#	peer_go_on		and takes again
#
# (what none of its features needs it may leave out) and calls run_features with
# the names of the features that it has. Those with a "+" between them share a
# start, and the settings of all. What has been seen is appended to
# $INTEROP_RESULTS, a line "feature daemon version yes" each, and "no" for the
# features in $without, which this version of the daemon does not have. What is in
# neither has not been tried. $INTEROP_FEATURES, a regular expression, chooses
# among what is given to run_features, for a run by hand.

# shellcheck source=../host/host.bash
. "${0%/*}/../host/host.bash"

# Other processes of the daemon, besides $peer_pid.
peer_others=()

# Settings for peer_start and for vrsd, that each feature may change.
reset_settings() {
	peer_asn=65001
	peer_kind=
	peer_passive=
	peer_capabilities=1
	peer_password=
	peer_ao=
	peer_gtsm=
	peer_role=
	peer_add_path=
	peer_restart_time=
	peer_long_lived=
	peer_again=
	peer_as4=1
	peer_extended_open=
	peer_queue=
	peer_enhanced=
	peer_extended_message=
	peer_extended_nexthop=
	peer_bfd=
	peer_mixed=
	peer_own_only=
	neighbor_keys=
	neighbor6_keys=
	server_keys=()
	families="4 6"
	instance_families=
	peer_range=
	witness_options=
}

# The daemon's addresses, by family, and the instances'.
peer_address() { [ "$1" = 4 ] && echo 10.1.2.4 || echo fd00:10:1:2::4; }
witness_address() { [ "$1" = 4 ] && echo 10.1.3.4 || echo fd00:10:1:3::4; }
instance() { [ "$1" = 4 ] && echo 10.1.1.4 || echo fd00:10:1:1::4; }
hop_of() { [[ $1 = *:* || $families = 6 ]] && instance 6 || instance 4; }
space() { [ "$1" = 4 ] && echo 10.1.0.0/16 || echo fd00:10:1::/48; }
announced() { [ "$1" = 4 ] && echo 10.250.0.0/16 || echo fd00:250::/32; }
witnessed() { [ "$1" = 4 ] && echo 0.0.0.0/0 || echo ::/0; }
# net FAMILY N: others than these, 1 to 9.
net() { [ "$1" = 4 ] && echo "10.24$2.0.0/16" || echo "fd00:24$2::/32"; }

# One instance of each family, so that each daemon has one session a family.
interop_config() {
	{
		cat <<-EOF
		vnets:
		  - name: blue
		    vni: 5001
		    table: 100
		    bgp-table: 101
		    address-spaces: [10.1.0.0/16, "fd00:10:1::/48"]
		    route-server:
		      addresses: [$(instances)]
		EOF
		printf '      %s\n' "${server_keys[@]}" neighbors:
		with_each neighbors
	} >"$run/vrsd.yaml"
}

instances() {
	local families=${instance_families:-$families}

	with_each instance | sed 's/.*:.*/"&"/' | paste -sd ,
}

# neighbors FAMILY: the daemon and the witness.
neighbors() {
	local is=${peer_range:+range} address who=${peer_kind:+kind: $peer_kind} keys=$neighbor_keys

	[ "$1" = 4 ] || keys+=$neighbor6_keys
	address=$(peer_address "$1")
	[ -z "$peer_range" ] || address=${address%4}$(range_of "$1")
	cat <<-EOF
	        - { name: $(name_of "$1"), ${is:-address}: "$address", ${who:-asn: $peer_asn}$keys }
	        - { name: firewall$1, address: "$(witness_address "$1")", asn: 65002 }
	EOF
}

# of_peer COMMAND...: what the daemon came with, from where it was installed.
of_peer() {
	if [ -n "${INTEROP_ROOT:-}" ]; then
		chroot "$INTEROP_ROOT" "$@"
	else
		command "$@"
	fi
}

# start_peer COMMAND...: the daemon, in its namespace.
start_peer() {
	ip netns exec "$(ns sdwan)" ${INTEROP_ROOT:+chroot "$INTEROP_ROOT"} "$@" >>"$run/peer.log" 2>&1 &
	peer_pid=$!
	defer end_process $peer_pid
}

established() {
	vrs show peers -j | jq -e --arg n "$1" \
		'any(.[]; .neighbor == $n and .state == "Established")'
}

name_of() { [ "$1" = 4 ] && echo sdwan || echo sdwan6; }

# learned_once NEIGHBOR PREFIX: from the one instance that it has a session with.
learned_once() {
	vrs show learned "$1" -j |
		jq -e --arg p "$2" 'any(.[]?[]?; .network == $p and .best)'
}

# witness_has PREFIX PATH [COMMUNITIES]: as bird(8) prints them.
witness_has() {
	bird show route "$1" all >"$run/witness"
	grep -qE "BGP\.as_path: $2\$" "$run/witness" &&
		{ [ -z "${3:-}" ] || grep -qF -- "$3" "$run/witness"; }
}

# witness_announce PREFIX [STATEMENT...]: with what bird(8)'s statements make of it.
witness_announce() {
	local family=4

	[[ $1 != *:* ]] || family=6
	echo "protocol static { ipv$family; route $1 blackhole { ${*:2} }; }" >>"$run/bird.conf"
	bird configure
}

# Everything up: vrsd, the witness, the daemon.
begin() {
	interop_config
	start_vrsd
	start_bird "$witness_options"
	peer_start
}

end() {
	local pid

	for pid in $peer_pid "${peer_others[@]}" $bird_pid; do
		end_process "$pid"
	done
	stop_vrsd
	check_equal "vrsd ends in good order" 0 echo $? ||
		tail -n 40 "$run/vrsd.log" | ktap_comment
	# So that the next is no restart.
	rm -rf "$run"/{vrsd,peer,bird}.log "$run/rs"
}

#
# Features: what is set before everything starts, and what must hold then.
#

# with_each COMMAND...: COMMAND for each family.
with_each() {
	local family

	for family in $families; do
		"$@" "$family" || return
	done
}

up() { wait_until 30 established "$(name_of "$1")"; }
still_up() { established "$(name_of "$1")"; }
announce() { peer_announce "$(announced "$1")"; }
withdraw() { peer_withdraw "$(announced "$1")"; }
routes_in() { wait_until 30 learned_once "$(name_of "$1")" "$(announced "$1")"; }
routes_on() { wait_until 30 witness_has "$(announced "$1")" "65515 $peer_asn"; }
routes_gone() { wait_until 30 lacks learned_once "$(name_of "$1")" "$(announced "$1")"; }
space_out() { wait_until 30 peer_has "$(space "$1")" 65515; }
reflected() { wait_until 30 peer_has "$(witnessed "$1")" "65515 65002"; }

feature_routes() {
	with_each announce && with_each routes_in && with_each routes_on &&
		with_each space_out && with_each reflected &&
		with_each withdraw && with_each routes_gone
}

# Both have a connection to the other before anyone says OPEN; one of the two goes.
set_collision() {
	in_ns rs nft -f - <<-EOF
	table inet silence {
	  chain in { type filter hook input priority 0; $(silent) }
	  chain out { type filter hook output priority 0; $(silent) }
	}
	EOF
}
silent() { printf 'tcp %s 179 tcp flags & psh == psh drop; ' dport sport; }
ready_collision() {
	local status

	with_each called_both_ways
	status=$?
	in_ns rs nft delete table inet silence
	[ $status -eq 0 ] && with_each up
}
called_both_ways() {
	wait_until 30 dialled "$1" && wait_until 30 dialled "$1" sport
}
feature_collision() {
	with_each collided && with_each announce && with_each routes_on &&
		with_each space_out && with_each reflected &&
		agreed '.state == "Established" and .established == 1'
}
# Not by the NOTIFICATION: who closes what has not been read yet, or has not been
# sent, takes it back.
collided() { wait_until 30 alone "$1"; }
alone() {
	[ "$(in_ns rs ss -Htn state established dst "[$(peer_address "$1")]" \
		"( sport = 179 or dport = 179 )" | wc -l)" = 1 ]
}

# Who dials is who does not have the port of BGP.
set_passive() { peer_passive=1; }
feature_passive() { with_each dialled && with_each announce && with_each routes_on && with_each space_out; }
# dialled FAMILY [sport]: by us, by it
dialled() {
	[ -n "$(in_ns rs ss -Htn state established dst "[$(peer_address "$1")]" "${2:-dport}" = 179)" ]
}

# Before there were capabilities there were IPv4 and two octets.
set_no_capabilities() {
	peer_capabilities=
	families=4
}
feature_no_capabilities() {
	agreed '.capabilities == ""' && witness_prepends 4200000002 &&
		announce 4 && routes_on 4 && space_out 4 && reflected 4 && old_path
}

set_as4() { peer_asn=4200000001; }
feature_as4() {
	with_each announce && with_each routes_on && with_each space_out
}

# One that has never heard of four octets.
set_as2() { peer_as4=; }
feature_as2() {
	agreed '.capabilities | contains("as4") | not' &&
		with_each announce && with_each routes_on &&
		with_each space_out && with_each reflected &&
		witness_prepends 4200000002 && old_path
}
# What does not fit is AS_TRANS in the path, and whole in AS4_PATH, which a daemon
# may know all the same, and sends.
peer_merged=
peer_prepends=1
witness_prepends() { witness_announce "$(net 4 1)" "bgp_path.prepend($1);"; }
old_path() {
	wait_until 30 peer_has "$(net 4 1)" "65515 65002 ${peer_merged:-23456}" &&
		{ [ -z "$peer_prepends" ] || {
			peer_announce "$(net 4 3)" path=4200000003 &&
				wait_until 30 witness_has "$(net 4 3)" "65515 $peer_asn 4200000003"
		}; }
}

# Its OPEN has the lengths of two bytes, which nothing but the wire shows.
set_extended_open() {
	peer_extended_open=1
	capture "tcp port 179" "$run/open.pcap"
}
feature_extended_open() {
	with_each opened_long && agreed '.capabilities | contains("as4")' &&
		with_each announce && with_each routes_on && with_each space_out
}
opened_long() { wait_until 30 captured "$run/open.pcap" "$(long_open_of "$1")"; }
# Behind the header are type 1, and two bytes 255 where the parameters begin.
long_open_of() {
	local ip=tcp at="((tcp[12] & 0xf0) >> 2)"

	[ "$1" = 4 ] || ip=ip6 at="40 + ((ip6[52] & 0xf0) >> 2)"
	echo "src host $(peer_address "$1") and ${ip}[$at + 18] = 1 and ${ip}[$at + 28:2] = 0xffff"
}

# capture FILTER FILE: what comes by the route server, from now to the end.
capture() {
	: >"$run/capture.log"
	ip netns exec "$(ns rs)" tcpdump -Z root -i br0 -U -w "$2" "$1" 2>"$run/capture.log" &
	defer end_process $!
	wait_until 10 grep -q "listening on" "$run/capture.log"
}
# captured FILE FILTER: whether such a packet has come.
captured() { [ -n "$(tcpdump -n -r "$1" "$2" 2>/dev/null)" ]; }

feature_communities() {
	witness_announce "$(net 4 2)" "bgp_community.add((65002,88));" &&
		peer_announce 10.250.0.0/16 65001:77 65001:1:2 &&
		wait_until 30 peer_has "$(net 4 2)" "65515 65002" &&
		peer_has_community "$(net 4 2)" 65002:88 &&
		wait_until 30 witness_has 10.250.0.0/16 "65515 65001" "(65001,77)" &&
		witness_has 10.250.0.0/16 "65515 65001" "(65001, 1, 2)" &&
		withdraw 4 && routes_gone 4
}

feature_extended_communities() {
	peer_announce 10.250.0.0/16 rt:65001:78 &&
		wait_until 30 witness_has 10.250.0.0/16 "65515 65001" "(rt, 65001, 78)" &&
		withdraw 4 && routes_gone 4
}

# Routes that stay with who gets them: the next one arrives, and they do not.
feature_well_known() { with_each stays_here && with_each stays_there; }
stays_here() {
	local community name n=3

	for community in 65281/no-export 65282/no-advertise 666/blackhole; do
		name=${community#*/}
		peer_announce "$(net "$1" 9)" "65535:${community%/*}" &&
			wait_until 30 learned_with "$(name_of "$1")" "$(net "$1" 9)" "$name" &&
			peer_announce "$(net "$1" $n)" &&
			wait_until 30 witness_has "$(net "$1" $((n++)))" "65515 $peer_asn" &&
			lacks witness_has "$(net "$1" 9)" ".*" || return
	done
	peer_announce "$(net "$1" 9)" &&
		wait_until 30 witness_has "$(net "$1" 9)" "65515 $peer_asn"
}
stays_there() {
	witness_announce "$(net "$1" 6)" "bgp_community.add((65535,65281));" &&
		witness_announce "$(net "$1" 7)" "bgp_community.add((65535,65282));" &&
		wait_until 30 learned_with "$(witness_of "$1")" "$(net "$1" 7)" no-advertise &&
		witness_announce "$(net "$1" 8)" &&
		wait_until 30 peer_has "$(net "$1" 8)" "65515 65002" &&
		lacks peer_has "$(net "$1" 6)" "65515 65002" &&
		lacks peer_has "$(net "$1" 7)" "65515 65002"
}
witness_of() { echo "firewall$1"; }

# It announces the way to another, as the head of a cluster does.
another() { [ "$1" = 4 ] && echo 10.1.2.9 || echo fd00:10:1:2::9; }
leads_elsewhere() {
	peer_announce "$(net "$1" 2)" "hop=$(another "$1")" &&
		wait_until 30 leads_to "$(name_of "$1")" "$(net "$1" 2)" "$(another "$1")" &&
		wait_until 30 witness_has "$(net "$1" 2)" "65515 $peer_asn"
}
leads_to() {
	vrs show learned "$1" -j | jq -e --arg p "$2" --arg hop "$3" \
		'any(.[]?[]?; .network == $p and .nextHop == $hop and .best)'
}
feature_next_hop() { with_each leads_elsewhere; }

# Another site of its AS is beyond the witness: the daemon would take that for a
# loop. It has a path through our AS in its turn.
set_as_override() { neighbor_keys+=", as-override: true"; }
feature_as_override() {
	witness_announce "$(net 4 1)" "bgp_path.prepend($peer_asn);" &&
		witness_announce "$(net 6 1)" "bgp_path.prepend($peer_asn);" &&
		with_each overridden
}
overridden() { wait_until 30 peer_has "$(net "$1" 1)" "65515 65002 65515"; }
set_allowas_in() { neighbor_keys+=", allowas-in: 1"; }
feature_allowas_in() { with_each through_us; }
through_us() {
	peer_announce "$(net "$1" 2)" path=65515 &&
		wait_until 30 learned_once "$(name_of "$1")" "$(net "$1" 2)" &&
		wait_until 30 witness_has "$(net "$1" 2)" "65515 $peer_asn 65515"
}

# An internal session: paths and next hops are as they are.
set_gateway() {
	peer_asn=65515
	peer_kind=vpn
	server_keys=("branch-to-branch: true")
}
feature_gateway() {
	with_each announce && with_each routes_in && with_each of_the_branch &&
		with_each own_space && with_each as_it_is && with_each withdraw && with_each routes_gone
}
of_the_branch() { wait_until 30 witness_has "$(announced "$1")" 65515; }
own_space() { wait_until 30 peer_has "$(space "$1")" ""; }
as_it_is() { wait_until 30 peer_has "$(witnessed "$1")" 65002 "$(witness_address "$1")"; }

# One session, over IPv4, for both families.
set_mixed() {
	families=4
	instance_families="4 6"
	peer_mixed=1
	witness_options+="ipv6 { import all; export where source = RTS_STATIC;
		next hop address fd00:10:1:3::4; };"
}
feature_mixed() {
	announce 4 && routes_on 4 && space_out 4 && reflected 4 &&
		announce 6 && wait_until 30 leads_to sdwan fd00:250::/32 fd00:10:1:2::4 &&
		routes_on 6 && space_out 6 && reflected 6
}

# An attribute that nobody knows goes on as it is, but for the bit Partial.
set_unknown() { capture "tcp port 179" "$run/unknown.pcap"; }
feature_unknown() { with_each goes_on; }
goes_on() {
	peer_announce "$(net "$1" 5)" odd &&
		wait_until 30 witness_has "$(net "$1" 5)" "65515 $peer_asn" &&
		wait_until 30 sent_partial "$1"
}
sent_partial() {
	tcpdump -n -x -r "$run/unknown.pcap" "dst host $(witness_address "$1")" 2>/dev/null |
		sed -n 's/^\t0x[0-9a-f]*: *//p' | tr -d ' \n' | grep -q e063020102
}

# It has the witness's default route as well: both are used, until one says that
# it is about to go.
feature_graceful_shutdown() {
	peer_announce 0.0.0.0/0 && wait_until 30 defaults_by firewall4 sdwan &&
		peer_withdraw 0.0.0.0/0 && wait_until 30 defaults_by firewall4 &&
		peer_announce 0.0.0.0/0 65535:0 && wait_until 30 shutting_down &&
		defaults_by firewall4 && peer_withdraw 0.0.0.0/0
}
defaults_by() {
	vrs show learned -j | jq -e '[.[]?[]? | select(.network == "0.0.0.0/0" and
		(.best or .why == "multipath")) | .neighbor] | unique == $ARGS.positional' --args "$@"
}
shutting_down() {
	vrs show learned sdwan -j | jq -e 'any(.[]?[]?; .network == "0.0.0.0/0" and
		(.communities | contains("graceful-shutdown")))'
}

# What it asks for again is sent, by the session that was there.
feature_refresh() {
	local was

	with_each space_out &&
		was=$(vrs show peers -j | jq 'map(select(.neighbor == "sdwan"))[0]') &&
		peer_refresh && wait_until 30 answered "$was" &&
		with_each space_out && with_each still_up &&
		peer_row ".established == $(jq .established <<<"$was")"
}
answered() {
	peer_row "$1 as \$was | .received.refresh > \$was.received.refresh and
		.sent.update > \$was.sent.update"
}

# It has to ask: what was beyond a limit, which is raised.
set_refresh_asked() {
	neighbor_keys+=", prefix-limit: 1"
	peer_own_only=1
}
feature_refresh_asked() {
	with_each announce && with_each routes_in && with_each beyond &&
		peer_row '.sent.refresh == 0' &&
		neighbor_keys=${neighbor_keys/, prefix-limit: 1/} && interop_config && vrs reload &&
		with_each no_more && with_each still_up &&
		peer_row '.sent.refresh > 0 and .established == 1'
}
beyond() {
	peer_announce "$(net "$1" 1)" && wait_until 30 logged "neighbor $(name_of "$1") .*more than 1 prefixes" &&
		lacks learned_once "$(name_of "$1")" "$(net "$1" 1)"
}
no_more() {
	wait_until 30 learned_once "$(name_of "$1")" "$(net "$1" 1)" &&
		learned_once "$(name_of "$1")" "$(announced "$1")"
}

# The same between marks of the begin and the end.
set_enhanced_refresh() { peer_enhanced=1; }
feature_enhanced_refresh() {
	agreed 'all(.capabilities, .sentCapabilities; contains("enhanced-refresh"))' &&
		feature_refresh && wait_until 30 peer_row '.sent.refresh >= 2'
}

# That another key gives no session is in tests/host/protect.sh.
set_md5() {
	peer_password=secret
	neighbor_keys+=", md5-key: secret"
}
feature_md5() { with_each announce && with_each routes_in; }

# In a kernel that has it. Which of two keys is used is changed in between.
ao_first="{ send-id: 1, recv-id: 2, key: secret }"
ao_second="{ send-id: 3, recv-id: 4, key: other, algorithm: aes-128-cmac-96 }"
set_tcp_ao() {
	peer_ao=1
	neighbor_keys+=", tcp-ao: [$ao_first, $ao_second]"
}
ao_with() {
	wait_until 60 agreed ".authentication == \"tcp-ao\" and .established == 1 and
		.tcpAo.sendId == $1 and .tcpAo.recvId == $2 and
		.tcpAo.good > 0 and .tcpAo.bad == 0"
}
feature_tcp_ao() {
	with_each announce && with_each routes_on && with_each space_out &&
		with_each reflected && ao_with 1 2 &&
		with_each peer_sends_with 2 &&
		neighbor_keys=", tcp-ao: [$ao_second, $ao_first]" &&
		interop_config && vrs reload && with_each peer_sends_with 4 &&
		with_each withdraw && with_each routes_gone && ao_with 1 4
}
peer_sends_with() { wait_until 60 peer_ao_key "$2" "$1"; }

# It dials in, from a range that has a key.
set_range() {
	set_md5
	peer_range=1
}
range_of() { [ "$1" = 4 ] && echo 0/24 || echo /64; }
feature_range() { with_each announce && with_each routes_in && with_each space_out; }

# The daemon's packets must come with the TTL that RFC 5082 asks for.
set_gtsm() {
	peer_gtsm=1
	neighbor_keys+=", ttl-security: 1"
}
feature_gtsm() { with_each announce && with_each routes_in; }

# agreed FILTER: jq's on the rows of all sessions with the daemon.
agreed() {
	vrs show peers -j |
		jq -e "[.[] | select(.neighbor | startswith(\"sdwan\"))] | length > 0 and all(.[]; $1)"
}
# peer_row FILTER: on that of its session of IPv4.
peer_row() {
	vrs show peers -j | jq -e "any(.[]; .neighbor == \"sdwan\" and ($1))"
}

# It is the customer, we are the provider: without its role there is no session.
set_roles() {
	peer_role=customer
	neighbor_keys+=", role: provider, strict-role: true"
}
feature_roles() {
	agreed '.role == "customer"' && with_each announce && with_each routes_on &&
		with_each space_out && with_each reflected
}

# Neither passes on to the other what comes from a third that is no customer.
set_otc() {
	peer_role=peer
	neighbor_keys+=", role: peer, strict-role: true"
}
feature_otc() {
	with_each announce && with_each marked_by_it && with_each space_out &&
		with_each marked_by_us && with_each kept_from_it
}
marked_by_it() {
	routes_on "$1" && grep -q "BGP.otc: $peer_asn" "$run/witness"
}
marked_by_us() { peer_has_otc "$(space "$1")" 65515; }
kept_from_it() {
	witness_announce "$(net "$1" 3)" "bgp_otc = 64999;" &&
		wait_until 30 learned_once "$(witness_of "$1")" "$(net "$1" 3)" &&
		witness_announce "$(net "$1" 4)" &&
		wait_until 30 peer_has "$(net "$1" 4)" "65515 65002" &&
		lacks peer_has "$(net "$1" 3)" "65515 65002"
}

# That several paths of a prefix go both ways is in tests/host/add_path.sh.
set_add_path() {
	peer_add_path=1
	neighbor_keys+=", add-path-receive: true, add-path-send: 4"
}
feature_add_path() {
	agreed 'all(.capabilities, .sentCapabilities; contains("add-path"))' &&
		with_each announce && with_each routes_in && with_each space_out &&
		with_each reflected && with_each identified &&
		with_each withdraw && with_each routes_gone
}
# Our end sends identifiers; without them peer_has would not have the routes.
identified() {
	vrs show advertised "$(name_of "$1")" -j |
		jq -e --arg p "$(witnessed "$1")" 'any(.[]?[]?; .network == $p and .pathId == 1)'
}

# It sends what does not fit in 4,096 bytes, and gets such from the witness.
set_extended_message() {
	peer_extended_message=1
	witness_options+="enable extended messages;"
}
feature_extended_message() {
	local last=65001:2099

	agreed 'all(.capabilities, .sentCapabilities; contains("extended-message"))' &&
		peer_announce 10.250.0.0/16 $(printf '65001:%d ' {1000..2099}) &&
		wait_until 30 witness_has 10.250.0.0/16 "65515 65001" "(${last/:/,})" &&
		witness_has 10.250.0.0/16 "65515 65001" "(65001,1000)" &&
		witness_announces_much && wait_until 30 peer_has 10.252.0.0/16 "65515 65002"
}
witness_announces_much() {
	{
		echo "protocol static much { ipv4; route 10.252.0.0/16 blackhole {"
		printf 'bgp_community.add((65002,%d));\n' {1000..2099}
		echo "}; }"
	} >>"$run/bird.conf"
	bird configure
}

# Routes of IPv4 in a session of IPv6, where the route server has no other
# address.
set_extended_nexthop() {
	peer_extended_nexthop=1
	families=6
	witness_options+="ipv4 { import all; export where source = RTS_STATIC;
		next hop self; extended next hop; };"
}
feature_extended_nexthop() {
	agreed 'all(.capabilities, .sentCapabilities; contains("extended-next-hop"))' &&
		peer_announce 10.250.0.0/16 &&
		wait_until 30 learned_by_6 10.250.0.0/16 fd00:10:1:2::4 &&
		wait_until 30 witness_has 10.250.0.0/16 "65515 65001" &&
		wait_until 30 peer_has 10.1.0.0/16 65515 &&
		wait_until 30 peer_has 0.0.0.0/0 "65515 65002"
}
learned_by_6() {
	vrs show learned sdwan6 -j | jq -e --arg p "$1" --arg hop "$2" \
		'any(.[]?[]?; .network == $p and .nextHop == $hop and .best)'
}

# Why it ends the session is told.
feature_shutdown() {
	with_each up && peer_shutdown "back at noon" &&
		wait_until 30 peer_row '.lastError | contains("Administrative Shutdown: \"back at noon\"")'
}

# And it is told why we do. That is all about the session of IPv6.
ready_shutdown_told() { up 6; }
feature_shutdown_told() {
	neighbor6_keys=", shutdown: true, shutdown-message: back by noon" &&
		interop_config && vrs reload && wait_until 30 peer_told "back by noon"
}

# It dies and comes back: meanwhile its routes are in use, and passed on.
set_helper() {
	peer_restart_time=60
	server_keys=("restart-time: 60")
}
stale_in() { wait_until 30 stale "$(name_of "$1")" "$(announced "$1")"; }
fresh_in() { routes_in "$1" && wait_until 30 lacks stale "$(name_of "$1")" "$(announced "$1")"; }
stale() {
	vrs show learned "$1" -j | jq -e --arg p "$2" \
		'any(.[]?[]?; .network == $p and .best and .stale)'
}
kill_peer() {
	kill -KILL "$peer_pid"
	wait "$peer_pid" 2>/dev/null
	wait_until 30 lacks still_up 4 && wait_until 30 lacks still_up 6
}
feature_helper() {
	with_each announce && with_each routes_on &&
		kill_peer && with_each stale_in && with_each routes_on &&
		peer_again=1 && peer_start && with_each up &&
		with_each announce && with_each fresh_in && with_each routes_on
}

# We die and come back: meanwhile the daemon has our routes. feature_restarter
# does not say goodbye, feature_notified does (RFC 8538).
set_restarter() { set_helper; }
set_notified() { set_helper; }
peer_down() { wait_until 30 lacks peer_up "$1"; }
has_space() { peer_has "$(space "$1")" 65515; }
# restart_vrsd SIGNAL
restart_vrsd() {
	with_each space_out && with_each reflected && with_each announce && with_each routes_on &&
		{ stop_vrsd "$1" || true; } && with_each peer_down && with_each has_space &&
		: >"$run/vrsd.log" && start_vrsd && with_each up &&
		wait_until 30 logged "all neighbors are back" &&
		with_each space_out && with_each reflected && with_each routes_on
}
feature_restarter() { restart_vrsd KILL; }
feature_notified() { restart_vrsd TERM; }

# One that says that all is well, and takes nothing: a bgpd of FRR whose main
# thread hangs. A vrsd that hangs says nothing, either, and meets the hold timer.
set_stalled_daemon() {
	peer_queue=100
	server_keys=("hold-time: 15" "send-hold-time: 20")
	small_buffers rs sdwan
}
feature_stalled_daemon() {
	local status

	with_each space_out && peer_stall && witness_announces_many &&
		wait_until 120 logged "neighbor sdwan .*session down: Send Hold Timer Expired" &&
		established firewall4
	status=$?
	peer_go_on
	[ $status -eq 0 ] && with_each up && with_each space_out &&
		wait_until 120 peer_has 10.195.255.0/24 "65515 65002"
}
witness_announces_many() {
	many_routes >>"$run/bird.conf"
	bird configure
}

# It does not come back in time: its routes are the last resort then, and are
# passed on as such.
set_long_lived() {
	peer_restart_time=1
	peer_long_lived=60
	server_keys=("long-lived-time: 60")
	witness_options+="graceful restart; long lived graceful restart;"
}
feature_long_lived() {
	agreed 'all(.capabilities, .sentCapabilities; contains("long-lived-graceful-restart"))' &&
		with_each announce && with_each routes_on &&
		kill_peer && with_each long_lived && with_each long_lived_on
}
long_lived() {
	wait_until 30 learned_with "$(name_of "$1")" "$(announced "$1")" llgr-stale &&
		stale "$(name_of "$1")" "$(announced "$1")"
}
long_lived_on() {
	wait_until 30 witness_has "$(announced "$1")" "65515 $peer_asn" "(65535,6)"
}
learned_with() {
	vrs show learned "$1" -j | jq -e --arg p "$2" --arg c "$3" 'any(.[]?[]?;
		.network == $p and .best and (.communities // "" | contains($c)))'
}

# We do not come back in time: the same of our routes, at the daemon.
set_left_long() {
	peer_restart_time=60
	peer_long_lived=60
	server_keys=("restart-time: 1" "long-lived-time: 60")
}
feature_left_long() {
	with_each space_out && with_each reflected && { stop_vrsd KILL || true; } &&
		with_each last_resort && : >"$run/vrsd.log" && start_vrsd && with_each up &&
		with_each space_out && with_each resort_no_more && with_each reflected
}
last_resort() { wait_until 30 peer_has_community "$(space "$1")" 65535:6 && has_space "$1"; }
resort_no_more() { wait_until 30 lacks peer_has_community "$(space "$1")" 65535:6; }

# Its silence is noticed long before a hold timer would be.
set_bfd() {
	peer_bfd=single
	peer_gtsm=1
	neighbor_keys+=", ttl-security: 1, bfd: { interval: 200, multiplier: 50 }"
}
set_bfd_multihop() {
	peer_bfd=multihop
	neighbor_keys+=", bfd: { interval: 200, multiplier: 50, multihop: true }"
}
feature_bfd_multihop() { feature_bfd; }
bfd_up() {
	wait_until 30 eval "vrs show bfd $(name_of "$1") -j | jq -e 'any(.[]; .state == \"Up\")'"
}
feature_bfd() {
	with_each bfd_up && with_each still_up && kill -STOP $peer_pid ${bfdd_pid:-} &&
		wait_until 30 logged "neighbor sdwan .*session down: Cease, BFD Down" &&
		wait_until 30 logged "neighbor sdwan6 .*session down: Cease, BFD Down"
	local status=$?
	kill -CONT $peer_pid ${bfdd_pid:-}
	return $status
}

# In the order of the table.
declare -A titles=(
	[routes]="routes of both families, both ways"
	[collision]="two connections at once, of which one goes (RFC 4271 6.8)"
	[passive]="the daemon only waits to be called"
	[mixed]="IPv6 in a session of IPv4, both ways (RFC 4760, 2545)"
	[gateway]="an internal session, as a gateway has it"
	[next_hop]="a next hop that is not the daemon"
	[as_override]="paths with its own AS, by as-override"
	[allowas_in]="paths with ours, by allowas-in"
	[as4]="4-octet AS numbers (RFC 6793)"
	[as2]="a daemon without them, and AS_TRANS"
	[no_capabilities]="a daemon without capabilities (RFC 5492)"
	[extended_open]="a long OPEN of the daemon (RFC 9072)"
	[communities]="communities and large communities (RFC 1997, 8092)"
	[well_known]="NO_EXPORT, NO_ADVERTISE, BLACKHOLE (RFC 1997, 7999)"
	[extended_communities]="extended communities (RFC 4360)"
	[unknown]="an unknown attribute, passed on as partial (RFC 4271 9)"
	[graceful_shutdown]="a route in graceful shutdown (RFC 8326)"
	[refresh]="route refresh, asked for by the daemon (RFC 2918)"
	[refresh_asked]="route refresh, asked for by vrsd (RFC 2918)"
	[enhanced_refresh]="enhanced route refresh (RFC 7313)"
	[md5]="TCP MD5 (RFC 2385)"
	[tcp_ao]="TCP-AO, and another key (RFC 5925), in a kernel with it"
	[range]="a neighbor of a range, with MD5"
	[gtsm]="TTL security (RFC 5082)"
	[roles]="roles, strict (RFC 9234)"
	[otc]="Only to Customer, set and heeded by both (RFC 9234)"
	[add_path]="routes with ADD-PATH, both ways (RFC 7911)"
	[extended_message]="messages above 4,096 bytes, both ways (RFC 8654)"
	[extended_nexthop]="IPv4 by IPv6 next hops, both ways (RFC 8950)"
	[shutdown]="the reason of a shutdown by the daemon (RFC 9003)"
	[shutdown_told]="the reason of a shutdown by vrsd (RFC 9003)"
	[helper]="graceful restart of the daemon (RFC 4724)"
	[restarter]="graceful restart of vrsd, killed (RFC 4724)"
	[notified]="graceful restart of vrsd, ended (RFC 8538)"
	[long_lived]="long-lived graceful restart of the daemon (RFC 9494)"
	[left_long]="long-lived graceful restart of vrsd (RFC 9494)"
	[stalled_daemon]="send hold timer of vrsd, the daemon hangs (RFC 9687)"
	[bfd]="BFD of one hop, up and silence (RFC 5880, 5881)"
	[bfd_multihop]="BFD of several hops, up and silence (RFC 5880, 5883)"
)

# What must be up, unless a feature says otherwise.
ready() {
	if [ "$(type -t "ready_$1")" = function ]; then
		"ready_$1"
	else
		with_each up
	fi
}

seen() { [ -z "${INTEROP_RESULTS:-}" ] || echo "$1" >>"$INTEROP_RESULTS"; }

# try DAEMON VERSION FEATURE: it is all set and started. Not by check, because a
# feature may start and end what must be known here.
try() {
	local status

	ready "$3" && "feature_$3"
	status=$?
	if [ $status -eq 0 ]; then
		seen "$3 $1 $2 yes"
	else
		vrs show learned -j >"$run/learned" 2>&1
		tail -n 40 "$run"/{try.log,vrsd.log,peer.log,learned} 2>&1 | ktap_comment >&3
	fi
	ktap_result $status "$1 $2: ${titles[$3]}" >&3
} 3>&1 >"$run/try.log" 2>&1 </dev/null

# run_features DAEMON FEATURE[+FEATURE...]...
run_features() {
	local daemon=$1 version group name
	shift

	version=$(peer_version)
	for name in ${without:-}; do
		[ -n "${titles[$name]:-}" ] || bail_out "$name is no feature"
		[[ "+${*//[ +]/+}+" != *"+$name+"* ]] || bail_out "$name is tried and left out"
		seen "$name $daemon $version no"
	done
	add_topology
	for group; do
		[[ $group =~ ${INTEROP_FEATURES:-.} ]] || continue
		reset_settings
		for name in ${group//+/ }; do
			[ "$(type -t "set_$name")" != function ] || "set_$name"
		done
		begin
		for name in ${group//+/ }; do
			try "$daemon" "$version" "$name"
		done
		end
	done
	ktap_finish
}
