#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# TCP-AO (RFC 5925) between two vrsd, beside neighbors with a key of TCP MD5 and
# with none, on a kernel that has it: tests/check runs this in the guest "ao".
# On one that has not, what is said of a neighbor that should have it, and that
# it does not get in without.

. "${0%/*}/host.bash"

kernel_has_ao() {
	[ -z "${KERNEL:-}" ] || { [ "$KERNEL" = ao ]; return; }
	perl -MSocket -MErrno -e 'socket(my $s, AF_INET, SOCK_STREAM, 0) or die;
		getsockopt($s, 6, 40); exit($!{ENOPROTOOPT} ? 1 : 0)'
}

# server FILE ASN ADDRESSES NEIGHBOR...
server() {
	cat >"$1" <<-END
	vnets:
	  - name: blue
	    vni: 5001
	    table: 100
	    bgp-table: 101
	    address-spaces: [10.1.0.0/16, "fd00:10:1::/48"${spaces:+, $spaces}]
	    route-server:
	      asn: $2
	      addresses: [$3]
	      neighbors:
	$(printf '        - { %s }\n' "${@:4}")
	END
}

# The keys that the two have in common: key ID SECRET [MORE].
key() { echo "{ send-id: $1, recv-id: $1, key: $2${3:+, $3} }"; }
echo ao-secret-old >"$run/key"
chmod 600 "$run/key"
old="{ send-id: 1, recv-id: 1, key-file: $run/key }"
new=$(key 2 ao-secret-new "algorithm: hmac-sha-256-128")
six=$(key 3 ao-secret-six "algorithm: aes-128-cmac-96")
bird4='name: bird, address: 10.1.3.4, asn: 65002'
bird6='name: bird6, address: "fd00:10:1:3::4", asn: 65002, md5-key: md5-secret'

# rs KEYS [NEIGHBOR...]: the route server's configuration.
rs() {
	server "$run/vrsd.yaml" 65010 '10.1.1.4, "fd00:10:1:1::4"' \
		"name: sdwan, address: 10.1.2.4, asn: 65020${1:+, tcp-ao: [$1]}" \
		"name: sdwan6, address: 'fd00:10:1:2::4', asn: 65020, tcp-ao: [$six]" \
		"$bird4" "$bird6" "${@:2}"
}
# other KEYS: what an NVA has that is a vrsd as well.
other() {
	server "$run/other.yaml" 65020 '10.1.2.4, "fd00:10:1:2::4"' \
		"name: rs, address: 10.1.1.4, asn: 65010, tcp-ao: [$1]" \
		"name: rs6, address: 'fd00:10:1:1::4', asn: 65010, tcp-ao: [$six]"
}
start_other() {
	ip netns exec "$(ns sdwan)" "$vrsd" -N -d -c "$run/other.yaml" -r "$run/other" \
		-u nobody >>"$run/other.log" 2>&1 &
	other_pid=$!
	defer end_process $other_pid
	wait_until 20 grep -q "serves $run/other.yaml" "$run/other.log" ||
		{ ktap_comment <"$run/other.log"; bail_out "the other vrsd does not start"; }
}
vrs_other() { "$VNET_BUILD/vrs" -s "$run/other/vrsd.sock" "$@"; }

# bird_at NAMESPACE NAME AS LOCAL REMOTE [OPTION]: one session of a BIRD.
bird_at() {
	local family=4

	[[ $4 != *:* ]] || family=6
	cat >"$run/$2.conf" <<-END
	router id 10.1.9.$3;
	protocol device {}
	protocol bgp up {
	  local $4 as 65$3;
	  neighbor $5 as 65010;
	  multihop;
	  connect delay time 1;
	  connect retry time 2;
	  error wait time 1, 2;
	  ${6-}
	  ipv$family { import all; export none; };
	}
	END
	run_bird "$2" "$1"
	bird_pid=$!
}

# peer NEIGHBOR FILTER: whether it holds for all of its rows.
peer() {
	vrs show peers -j | jq -e --arg n "$1" "[.[] | select(.neighbor == \$n) | $2] |
		length > 0 and all" >/dev/null
}
other_peer() {
	vrs_other show peers -j | jq -e --arg n "$1" "[.[] | select(.neighbor == \$n) | $2] |
		length > 0 and all" >/dev/null
}
up='.state == "Established"'

#
# A kernel without
#

at() { [ "$1" = sdwan6 ] && echo fd00:10:1:1::4 || echo 10.1.1.4; }
without() {
	local said='TCP-AO: this kernel does not have it (CONFIG_TCP_AO, since Linux 6.7)'

	rs "$old" "name: in, range: 10.1.96.0/22, asn: 65101, tcp-ao: [$old]"
	start_vrsd
	bird_at firewall bird 002 10.1.3.4 10.1.1.4
	bird_at firewall bird6 002 fd00:10:1:3::4 fd00:10:1:1::4 'password "md5-secret";'
	check "neighbors without TCP-AO come up" wait_until 60 eval \
		'peer bird "$up" && peer bird6 "$up"'
	for name in sdwan sdwan6 in; do
		check "the log says why $name is refused" \
			grep -qF -- "neighbor $name: refused at $(at $name): $said" "$run/vrsd.log"
		check "vrs says it as well" peer $name ".problem == \"$said\""
	done
	check "in its table, too" eval 'vrs show peers | grep -F "sdwan " | grep -qF "$said"'
	check "others have no problem" peer bird '.problem == null'
	bird_at sdwan plain 020 10.1.2.4 10.1.1.4
	check "it does not come in unsigned" wait_until 60 logged \
		"neighbor sdwan .*: its keys are not there"
	check "and is not up" peer sdwan '.state != "Established"'
	rs ""
	must vrs reload
	check "configured without, it is not refused" peer sdwan '.problem == null'
	check "and comes up" wait_until 60 peer sdwan "$up"
	check_equal "a range that is gone has no problem" "" logged_problem_of in
}
logged_problem_of() {
	vrs show peers -j | jq -r --arg n "$1" '.[] | select(.neighbor == $n).problem'
}

#
# A kernel with
#

# tcp_counter NAME: of the route server's namespace.
tcp_counter() {
	in_ns rs cat /proc/net/netstat | awk -v name="$1" '/^TcpExt:/ {
		if (!n) n = split($0, names); else { split($0, values)
			for (i = 1; i <= n; i++) if (names[i] == name) print values[i] } }'
}
rises() { [ "$(tcp_counter "$1")" -gt "$2" ]; }
uses() { peer sdwan "$up and .tcpAo.sendId == $1 and .tcpAo.recvId == $1"; }
other_learned() {
	vrs_other show learned rs -j | jq -e --arg p "$1" '[.[]?[]? | select(.network == $p)] |
		length > 0' >/dev/null
}

protected() {
	rs "$old"
	other "$old"
	start_vrsd
	start_other
	bird_at firewall bird 002 10.1.3.4 10.1.1.4
	bird_at firewall bird6 002 fd00:10:1:3::4 fd00:10:1:1::4 'password "md5-secret";'
	check "TCP-AO comes up" wait_until 60 peer sdwan "$up"
	check "with the key that both have" uses 1
	check "in IPv6, too, with AES-128-CMAC-96" wait_until 60 peer sdwan6 "$up and .tcpAo.sendId == 3"
	check "vrs tells what protects it" peer sdwan '.authentication == "tcp-ao"'
	check "and that signatures are right" peer sdwan '.tcpAo.good > 0 and .tcpAo.bad == 0'
	check "beside it one without a key" wait_until 60 peer bird "$up and .tcpAo == null"
	check "and one with TCP MD5" wait_until 60 peer bird6 \
		"$up and .authentication == \"tcp-md5\""
	check "nobody has a problem" eval 'vrs show peers -j | jq -e "all(.problem == null)"'
}

rolled() {
	local counts

	counts=$(session_counts sdwan)
	rs "$old, $new"
	must vrs reload
	other "$old, $new"
	must vrs_other reload
	check "a second key changes nothing yet" uses 1
	rs "$new, $old"
	must vrs reload
	check "the new key first: the other side is asked to use it" \
		wait_until 30 peer sdwan "$up and .tcpAo.recvId == 2"
	check "and does" wait_until 60 other_peer rs "$up and .tcpAo.sendId == 2"
	other "$new, $old"
	must vrs_other reload
	check "first at both sides it is used in both directions" wait_until 60 uses 2
	other "$new"
	must vrs_other reload
	spaces=10.77.0.0/16 rs "$new"
	must vrs reload
	check "without the old key routes go on" wait_until 30 other_learned 10.77.0.0/16
	check "still with the new key" uses 2
	check_equal "the session was not reset" "$counts" session_counts sdwan
}

refused() {
	local bad required

	bad=$(tcp_counter TCPAOBad)
	other "$(key 2 ao-secret-wrong "algorithm: hmac-sha-256-128")"
	must vrs_other reload
	check "another secret ends the session" wait_until 30 peer sdwan '.state != "Established"'
	check "its segments are not taken" wait_until 60 rises TCPAOBad "$bad"
	check "it is not up" peer sdwan '.state != "Established"'
	check "its other session is" peer sdwan6 "$up"
	other "$new"
	must vrs_other reload
	check "with the right one it comes back" wait_until 60 peer sdwan "$up"

	end_process "$other_pid"
	check "it is gone" wait_until 60 peer sdwan '.state != "Established"'
	required=$(tcp_counter TCPAORequired)
	bird_at sdwan plain 020 10.1.2.4 10.1.1.4
	check "an unsigned SYN from its address is dropped" \
		wait_until 60 rises TCPAORequired "$required"
	check "so it does not come up" peer sdwan '.state != "Established"'
	end_process "$bird_pid"
	check "who has no key has not noticed" peer bird "$up and .established == 1"
	check "nor who has one of TCP MD5" peer bird6 "$up and .established == 1"
}

ranged() {
	local counts

	server "$run/vrsd.yaml" 65010 '10.1.1.4, "fd00:10:1:1::4"' "$bird4" "$bird6" \
		"name: sdwan, range: 10.1.2.0/24, asn: 65020, tcp-ao: [$old]"
	must vrs reload
	other "$old"
	start_other
	check "it dials in from a range with TCP-AO" wait_until 60 uses 1
	counts=$(session_counts sdwan)
	server "$run/vrsd.yaml" 65010 '10.1.1.4, "fd00:10:1:1::4"' "$bird4" "$bird6" \
		"name: sdwan, range: 10.1.2.0/24, asn: 65020, tcp-ao: [$old, $new]"
	must vrs reload
	other "$new, $old"
	must vrs_other reload
	check "it asks for another key, and gets it" \
		wait_until 60 peer sdwan "$up and .tcpAo.sendId == 2"
	check_equal "without a reset" "$counts" session_counts sdwan
	check "no key is logged" lacks grep -qE 'ao-secret|md5-secret' "$run/vrsd.log" "$run/other.log"
	check "none is told" untold 'ao-secret|md5-secret' vrs show peers -j
}

add_topology
if kernel_has_ao; then
	protected
	rolled
	refused
	ranged
else
	without
fi
stop_vrsd
check_equal "vrsd ends in good order" 0 echo $?
ktap_finish
